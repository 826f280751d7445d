//! What is told of somebody, as JSON: by a file at the command line, or by a request.

use crate::aml::AmlError;
use crate::monitoring::ToldAt;
use chrono::{DateTime, NaiveDate, NaiveTime};
use pmts_compliance::aml::diligence::{
    Company, Control, Document, DocumentKind, Human, Owner, Pep, Subject, Told,
};
use pmts_compliance::aml::party::{Country, DaySpan};
use pmts_kernel::Timestamp;
use serde::Deserialize;

/// So many own or direct a company at most.
pub(crate) const OWNERS_MAX: usize = 30;
/// So many documents of one at most.
pub(crate) const DOCUMENTS_MAX: usize = 20;
/// So many nationalities at most.
pub(crate) const NATIONALITIES_MAX: usize = 10;
/// The longest name, in bytes.
pub(crate) const NAME_MAX: usize = 500;
/// The longest address, in bytes.
pub(crate) const ADDRESS_MAX: usize = 300;
/// The longest purpose, in bytes.
pub(crate) const PURPOSE_MAX: usize = 2_000;
/// The longest number of a register or reference of a document, in bytes.
pub(crate) const REFERENCE_MAX: usize = 200;

/// What is told of somebody. Either `human` or `company`.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToldFile {
    /// A human.
    pub human: Option<ToldHuman>,
    /// A company.
    pub company: Option<ToldCompany>,
    /// What they want the account for.
    #[serde(default)]
    pub purpose: String,
    /// What they say comes in within a month, in minor units of the rules' currency.
    pub monthly_minor: Option<i64>,
    /// Whether much currency is expected.
    #[serde(default)]
    pub cash_expected: bool,
}

/// A human.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToldHuman {
    /// The full name.
    #[serde(default)]
    pub name: String,
    /// When born: `1980-02-29`.
    pub birth_date: Option<String>,
    /// Where they live.
    #[serde(default)]
    pub address: String,
    /// In which country: a code or an English name.
    pub country: Option<String>,
    /// Of which countries they are nationals.
    #[serde(default)]
    pub nationalities: Vec<String>,
    /// Documents.
    #[serde(default)]
    pub documents: Vec<ToldDocument>,
    /// Whether they are politically exposed.
    #[serde(default)]
    pub pep: ToldPep,
}

/// Whether somebody is politically exposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToldPep {
    /// Nobody has looked.
    #[default]
    Unknown,
    /// They are not.
    No,
    /// They are.
    Yes,
}

/// A company.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToldCompany {
    /// Its legal name.
    #[serde(default)]
    pub name: String,
    /// Its number in the register.
    #[serde(default)]
    pub registration: String,
    /// Where it is registered: a code or an English name.
    pub country: Option<String>,
    /// Its address.
    #[serde(default)]
    pub address: String,
    /// Its documents.
    #[serde(default)]
    pub documents: Vec<ToldDocument>,
    /// Who owns or directs it.
    #[serde(default)]
    pub owners: Vec<ToldOwner>,
    /// Shares that are spread, each owner below 25 %, in hundredths of a percent.
    #[serde(default)]
    pub spread_bps: u16,
}

/// Who owns or directs a company. Who does both stands there twice.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToldOwner {
    /// How much they own, in hundredths of a percent; none: they direct it.
    pub owns_bps: Option<u16>,
    /// Who.
    pub human: ToldHuman,
}

/// A document, by reference.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToldDocument {
    /// What it is.
    pub kind: DocumentKind,
    /// What it is found by.
    pub reference: String,
    /// When somebody looked at it and took it for genuine: seconds since 1970, `2026-11-24`, or RFC 3339.
    pub verified: Option<ToldAt>,
    /// From when on it is not valid any more.
    pub expires: Option<ToldAt>,
}

/// Reads what is told from JSON.
///
/// # Errors
/// [`AmlError::Told`].
pub fn read_told(text: &str) -> Result<Told, AmlError> {
    let told: ToldFile = serde_json::from_str(text).map_err(|e| AmlError::Told(e.to_string()))?;
    told.read()
}

fn wrong<T>(what: impl Into<String>) -> Result<T, AmlError> {
    Err(AmlError::Told(what.into()))
}

fn text(of: &str, what: &str, text: String, max: usize) -> Result<String, AmlError> {
    if text.len() > max {
        return wrong(format!("{what} of the {of} is longer than {max} bytes"));
    }
    Ok(text)
}

fn country(of: &str, name: Option<String>) -> Result<Option<Country>, AmlError> {
    let Some(name) = name else { return Ok(None) };
    match Country::find(&name) {
        Some(country) => Ok(Some(country)),
        None => wrong(format!("a country of the {of} is neither a code of ISO 3166 nor an English name")),
    }
}

/// A day, at its beginning, or a moment.
fn moment(of: &str, what: &str, at: Option<ToldAt>) -> Result<Option<Timestamp>, AmlError> {
    let micros = match at {
        None => return Ok(None),
        Some(ToldAt::Seconds(secs)) => secs.checked_mul(1_000_000),
        Some(ToldAt::Text(text)) => {
            let day = text.parse::<NaiveDate>().ok().map(|day| day.and_time(NaiveTime::MIN).and_utc());
            let at = day.or_else(|| DateTime::parse_from_rfc3339(&text).ok().map(|at| at.to_utc()));
            at.map(|at| at.timestamp_micros())
        }
    };
    match micros {
        Some(micros) => Ok(Some(Timestamp::from_micros(micros))),
        None => wrong(format!("{what} of a document of the {of} is no day and no moment")),
    }
}

impl ToldFile {
    /// What is told, checked.
    ///
    /// # Errors
    /// [`AmlError::Told`].
    pub fn read(self) -> Result<Told, AmlError> {
        let subject = match (self.human, self.company) {
            (Some(human), None) => Subject::Human(human.read("human")?),
            (None, Some(company)) => Subject::Company(company.read()?),
            _ => return wrong("a file is about either a human or a company"),
        };
        if self.monthly_minor.is_some_and(|m| m < 0) {
            return wrong("what is expected within a month is less than nothing");
        }
        let purpose = text("file", "the purpose", self.purpose, PURPOSE_MAX)?;
        let (monthly_minor, cash_expected) = (self.monthly_minor, self.cash_expected);
        Ok(Told { subject, purpose, monthly_minor, cash_expected })
    }
}

impl ToldHuman {
    fn read(self, of: &str) -> Result<Human, AmlError> {
        let birth = match self.birth_date {
            None => None,
            Some(day) => match DaySpan::parse(&day) {
                Some(span) => Some(span),
                None => return wrong(format!("the date of birth of the {of} is none")),
            },
        };
        if self.nationalities.len() > NATIONALITIES_MAX {
            return wrong(format!("the {of} has more than {NATIONALITIES_MAX} nationalities"));
        }
        let mut nationalities = Vec::new();
        for name in self.nationalities {
            nationalities.extend(country(of, Some(name))?);
        }
        Ok(Human {
            name: text(of, "the name", self.name, NAME_MAX)?,
            birth,
            address: text(of, "the address", self.address, ADDRESS_MAX)?,
            country: country(of, self.country)?,
            nationalities,
            documents: documents(of, self.documents)?,
            pep: match self.pep {
                ToldPep::Unknown => Pep::Unknown,
                ToldPep::No => Pep::No,
                ToldPep::Yes => Pep::Yes,
            },
        })
    }
}

impl ToldCompany {
    fn read(self) -> Result<Company, AmlError> {
        let of = "company";
        if self.owners.len() > OWNERS_MAX {
            return wrong(format!("more than {OWNERS_MAX} own or direct the company"));
        }
        let mut owners = Vec::new();
        for (n, owner) in self.owners.into_iter().enumerate() {
            let control = match owner.owns_bps {
                None => Control::Directs,
                Some(bps @ 1..=10_000) => Control::Owns(bps),
                Some(_) => return wrong("an owner has 1 to 10,000 hundredths of a percent"),
            };
            owners.push(Owner { control, human: owner.human.read(&format!("owner {}", n + 1))? });
        }
        if self.spread_bps > 10_000 {
            return wrong("more than the whole is spread");
        }
        Ok(Company {
            name: text(of, "the name", self.name, NAME_MAX)?,
            registration: text(of, "the number in the register", self.registration, REFERENCE_MAX)?,
            country: country(of, self.country)?,
            address: text(of, "the address", self.address, ADDRESS_MAX)?,
            documents: documents(of, self.documents)?,
            owners,
            spread_bps: self.spread_bps,
        })
    }
}

fn documents(of: &str, told: Vec<ToldDocument>) -> Result<Vec<Document>, AmlError> {
    if told.len() > DOCUMENTS_MAX {
        return wrong(format!("the {of} has more than {DOCUMENTS_MAX} documents"));
    }
    let document = |told: ToldDocument| {
        Ok(Document {
            kind: told.kind,
            reference: text(of, "the reference of a document", told.reference, REFERENCE_MAX)?,
            verified: moment(of, "the verification", told.verified)?,
            expires: moment(of, "the end", told.expires)?,
        })
    };
    told.into_iter().map(document).collect()
}
