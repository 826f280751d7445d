//! Everybody in a file is screened against sanctions lists.

use super::FileKept;
use crate::aml::{AmlDesk, AmlError, Known};
use pmts_compliance::aml::Subject as Screened;
use pmts_compliance::aml::cases::Role;
use pmts_compliance::aml::diligence::{Human, Subject};
use pmts_compliance::aml::names::PartyKind;
use xxhash_rust::xxh3::xxh3_128;

/// Everybody in a file: whom it is about, and of a company each who owns or directs it; then those who did so in the file before and do so no more.
///
/// # Errors
/// [`AmlError::Party`] if somebody cannot be screened with what is told.
pub(super) async fn people(
    aml: &AmlDesk,
    before: Option<&FileKept>,
    kept: &FileKept,
) -> Result<Vec<Known>, AmlError> {
    let (role, reference) = (kept.role, &kept.reference);
    let known = aml.party(role, reference).await?.map(|p| p.value);
    // What was told of them elsewhere stays.
    let (mut subject, acts_for) = known.map(|p| (p.subject, p.acts_for)).unwrap_or_default();
    match &kept.file.told.subject {
        Subject::Human(human) => add(&mut subject, human),
        Subject::Company(company) => {
            subject.name.clone_from(&company.name);
            subject.kind = Some(PartyKind::Company);
            add_to(&mut subject.countries, company.country);
            let number = Some(company.registration.trim().to_owned()).filter(|n| !n.is_empty());
            add_to(&mut subject.identifiers, number);
            address(&mut subject, &company.address);
        }
    }
    let mut all = vec![Known { role, reference: reference.clone(), acts_for, subject }];
    let owners = owners(kept);
    let gone = before.map(self::owners).unwrap_or_default();
    for (id, human) in gone.into_iter().filter(|(id, _)| !owners.iter().any(|(other, _)| other == id)) {
        all.push(owner(id, human, Vec::new()));
    }
    all.extend(owners.into_iter().map(|(id, human)| owner(id, human, vec![(role, reference.clone())])));
    all.iter().try_for_each(Known::check)?;
    Ok(all)
}

/// Those who own or direct a company, each by a reference that is made of whom the file is about and who they are.
fn owners(kept: &FileKept) -> Vec<(String, &Human)> {
    let Subject::Company(company) = &kept.file.told.subject else { return Vec::new() };
    let mut all: Vec<(String, &Human)> = Vec::new();
    for human in company.owners.iter().map(|o| &o.human).filter(|h| !h.name.trim().is_empty()) {
        let birth = human.birth.map(|b| b.to_string()).unwrap_or_default();
        let of = format!("{}\0{}\0{}\0{birth}", kept.role.name(), kept.reference, human.name);
        let id = format!("{:032x}", xxh3_128(of.as_bytes()));
        // Who owns and directs is one person.
        if !all.iter().any(|(other, _)| *other == id) {
            all.push((id, human));
        }
    }
    all
}

fn owner(reference: String, human: &Human, acts_for: Vec<(Role, String)>) -> Known {
    let mut subject = Screened::default();
    add(&mut subject, human);
    Known { role: Role::Owner, reference, acts_for, subject }
}

fn add(subject: &mut Screened, human: &Human) {
    subject.name.clone_from(&human.name);
    subject.kind = Some(PartyKind::Person);
    subject.birth = human.birth.or(subject.birth);
    for country in human.country.iter().chain(&human.nationalities) {
        add_to(&mut subject.countries, Some(*country));
    }
    address(subject, &human.address);
}

fn add_to<T: PartialEq>(all: &mut Vec<T>, one: Option<T>) {
    if let Some(one) = one.filter(|one| !all.contains(one)) {
        all.push(one);
    }
}

fn address(subject: &mut Screened, address: &str) {
    if !address.trim().is_empty() {
        subject.address = Some(address.to_owned());
    }
}
