//! Whom a payout goes to is screened, and what was found holds it.

use super::step::Step;
use super::{DeskError, PayoutDesk};
use crate::aml::{AmlDesk, Known, PartyId};
use pmts_compliance::aml::Subject;
use pmts_compliance::aml::cases::Role;
use pmts_compliance::aml::names::PartyKind;
use pmts_kernel::Principal;
use pmts_payouts::sellers::{Destination, PayeeRef};

impl PayoutDesk {
    /// Everyone a payout to a seller goes to: the seller as they are known, the holder of the account if that is another name, and the bank
    /// if it is named.
    async fn payees(
        &self,
        aml: &AmlDesk,
        payee: &PayeeRef,
        name: &str,
        destination: Option<&Destination>,
    ) -> Result<Vec<Known>, DeskError> {
        let reference = payee.to_string();
        let holder = Subject { name: name.to_owned(), ..Subject::default() };
        let known = aml.party(Role::Seller, &reference).await?.map(|p| p.value);
        let (subject, acts_for) =
            known.map_or_else(|| (holder.clone(), Vec::new()), |p| (p.subject, p.acts_for));
        let mut all = Vec::new();
        if subject.name != holder.name {
            let acts_for = vec![(Role::Seller, reference.clone())];
            let role = Role::Beneficiary;
            all.push(Known { role, reference: reference.clone(), acts_for, subject: holder });
        }
        all.push(Known { role: Role::Seller, reference, acts_for, subject });
        if let Some(bic) = destination.and_then(Destination::bic) {
            // The bank is known by its number alone, which is no name; lists have it with the branch and without.
            let (kind, mut identifiers) = (Some(PartyKind::Company), vec![bic.to_owned()]);
            identifiers.extend(bic.get(..8).filter(|head| *head != bic).map(str::to_owned));
            let subject = Subject { kind, identifiers, ..Subject::default() };
            let (role, reference) = (Role::Bank, bic.to_owned());
            all.push(Known { role, reference, acts_for: Vec::new(), subject });
        }
        Ok(all)
    }

    /// Screens everyone a payout goes to, within a step: what is found holds them from the commit of that step on. Gives why the payout is
    /// held; `None`: it goes on.
    pub(super) async fn held_in(
        &self,
        step: &mut Step<'_>,
        payee: &PayeeRef,
        name: &str,
        destination: Option<&Destination>,
    ) -> Result<Option<String>, DeskError> {
        let Some(aml) = &self.aml else { return Ok(None) };
        let mut why = None;
        for known in self.payees(aml, payee, name, destination).await? {
            let id = PartyId::of(known.role, &known.reference);
            let held = match step.screened.get(&id) {
                Some(held) => held.clone(),
                None => {
                    let screened = aml.screen(&known).await?;
                    let held = screened.held();
                    step.also(screened.records, screened.events);
                    step.screened.insert(id, held.clone());
                    held
                }
            };
            why = why.or(held);
        }
        match why {
            Some(why) => Ok(Some(why)),
            None => Ok(aml.hold_by_others(Role::Seller, payee.as_str()).await?),
        }
    }

    /// The same by itself: what is found is committed at once if it holds somebody, and nothing is written otherwise.
    pub(super) async fn held_before(
        &self,
        payee: &PayeeRef,
        name: &str,
        destination: Option<&Destination>,
        by: &Principal,
    ) -> Result<Option<String>, DeskError> {
        let Some(aml) = &self.aml else { return Ok(None) };
        let mut why = None;
        for known in self.payees(aml, payee, name, destination).await? {
            let screened = aml.screen(&known).await?;
            let held = screened.held();
            if screened.changed {
                let mut step = Step::new(self, by);
                step.also(screened.records, screened.events);
                step.commit().await?;
            }
            why = why.or(held);
        }
        match why {
            Some(why) => Ok(Some(why)),
            None => Ok(aml.hold_by_others(Role::Seller, payee.as_str()).await?),
        }
    }
}
