//! Who files, and about whom, as files that the case team writes. TOML; none of it can be printed.

use crate::aml::AmlError;
use pmts_compliance::aml::reports::{CashFor, CashReport, Filer, Institution, Reported};
use serde::Deserialize;

/// Who files:
///
/// ```toml
/// control_code = "PBSA8180"           # of the E-Filing System
/// contact = "Compliance office"       # whom FinCEN may ask
/// offset_minutes = -300               # where a business day begins, east of UTC
/// closed = ["2026-11-26"]             # holidays
/// [institution]
/// name = "Example Market Inc"
/// ein = "123456789"
/// street = "1 Main Street"
/// city = "Springfield"
/// state = "IL"
/// zip = "62701"
/// phone = "2175550100"
/// ```
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilerFile {
    control_code: String,
    contact: String,
    /// Where a business day begins, in minutes east of UTC.
    #[serde(default)]
    pub offset_minutes: i64,
    #[serde(default)]
    closed: Vec<String>,
    institution: InstitutionPart,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct InstitutionPart {
    name: String,
    ein: String,
    street: String,
    city: String,
    state: String,
    zip: String,
    phone: String,
}

/// About whom: a list of `[[person]]`, each with `party` and, as far as they are known, `entity`, `last_name`, `first_name`, `birth`, `tin`,
/// `street`, `city`, `state`, `zip`, `country`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonsFile {
    person: Vec<PersonPart>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct PersonPart {
    party: String,
    #[serde(default)]
    entity: bool,
    last_name: String,
    #[serde(default)]
    first_name: String,
    birth: Option<String>,
    #[serde(default)]
    tin: String,
    #[serde(default)]
    street: String,
    #[serde(default)]
    city: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    zip: String,
    #[serde(default)]
    country: String,
}

/// Cash that was received in the trade, for form 8300: a list of `[[report]]`, each with `received` (a date), `cents`, `price_cents`, `cash_for`
/// (`personal_property`, `real_property`, `personal_services`, `business_services`, `intangible_property`, `debt`), `person` as in
/// [`PersonsFile`], and, if need be, `description`, `occupation`, `in_parts`, `suspicious`, `on_behalf_of`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CashReportsFile {
    report: Vec<CashReportPart>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct CashReportPart {
    received: String,
    cents: i64,
    price_cents: i64,
    cash_for: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    occupation: String,
    #[serde(default)]
    in_parts: bool,
    #[serde(default)]
    suspicious: bool,
    person: PersonPart,
    on_behalf_of: Option<PersonPart>,
}

/// Says where, and nothing of what stands there: it may be a name.
pub(crate) fn read<T: serde::de::DeserializeOwned>(what: &'static str, text: &str) -> Result<T, AmlError> {
    toml::from_str(text).map_err(|error| {
        let line =
            error.span().map_or(1, |at| text.get(..at.start).unwrap_or(text).matches('\n').count() + 1);
        AmlError::File { what, line }
    })
}

fn digits(text: &str, least: usize, most: usize) -> bool {
    (least..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

impl FilerFile {
    /// Reads it.
    ///
    /// # Errors
    /// [`AmlError::File`], [`AmlError::Filer`].
    pub fn read(text: &str) -> Result<Self, AmlError> {
        let file: Self = read("filer", text)?;
        let at = &file.institution;
        let wrong = [
            ("ein, nine digits", !digits(&at.ein, 9, 9)),
            ("zip, five or nine digits", !digits(&at.zip, 5, 9)),
            ("phone, digits", !digits(&at.phone, 1, 16)),
            ("state, two letters", at.state.len() != 2),
            ("name", at.name.trim().is_empty()),
            ("control_code", file.control_code.trim().is_empty()),
            ("contact", file.contact.trim().is_empty()),
            ("offset_minutes, within a day", file.offset_minutes.abs() > 1_440),
            ("closed, dates", file.closed.iter().any(|day| number(day).is_none())),
        ];
        match wrong.into_iter().find(|(_, wrong)| *wrong) {
            Some((what, _)) => Err(AmlError::Filer(what)),
            None => Ok(file),
        }
    }

    /// Whether a day, in days since 1970-01-01, is a holiday.
    pub fn is_closed(&self, day: i64) -> bool {
        self.closed.iter().any(|closed| number(closed) == Some(day))
    }

    pub(super) fn filer(&self) -> Filer {
        let InstitutionPart { name, ein, street, city, state, zip, phone } = self.institution.clone();
        let institution = Institution { name, ein, street, city, state, zip, phone };
        Filer { institution, control_code: self.control_code.clone(), contact: self.contact.clone() }
    }
}

/// The number of a date, in days since 1970-01-01.
fn number(date: &str) -> Option<i64> {
    let day = chrono::NaiveDate::parse_from_str(date, "%Y-%m-%d").ok()?;
    Some(day.signed_duration_since(chrono::NaiveDate::default()).num_days())
}

impl PersonsFile {
    /// Reads it.
    ///
    /// # Errors
    /// [`AmlError::File`], [`AmlError::Filer`].
    pub fn read(text: &str) -> Result<Self, AmlError> {
        let file: Self = read("persons", text)?;
        file.person.iter().try_for_each(PersonPart::check)?;
        Ok(file)
    }

    /// Who a party is.
    pub(super) fn of(&self, party: &str) -> Option<Reported> {
        Some(self.person.iter().find(|p| p.party == party)?.clone().reported())
    }
}

impl PersonPart {
    fn check(&self) -> Result<(), AmlError> {
        let wrong = [
            ("last_name", self.last_name.trim().is_empty()),
            ("tin, nine digits", !self.tin.is_empty() && !digits(&self.tin, 9, 9)),
            ("birth, a date", self.birth.as_deref().is_some_and(|b| birth(b).is_none())),
        ];
        wrong.into_iter().find(|(_, wrong)| *wrong).map_or(Ok(()), |(what, _)| Err(AmlError::Filer(what)))
    }

    fn reported(self) -> Reported {
        Reported {
            is_entity: self.entity,
            last_name: self.last_name,
            first_name: self.first_name,
            birth: self.birth.as_deref().and_then(birth),
            tin: self.tin,
            street: self.street,
            city: self.city,
            state: self.state,
            zip: self.zip,
            country: self.country,
        }
    }
}

impl CashReportsFile {
    /// Reads it.
    ///
    /// # Errors
    /// [`AmlError::File`], [`AmlError::Filer`].
    pub fn read(text: &str) -> Result<Self, AmlError> {
        let file: Self = read("reports", text)?;
        for report in &file.report {
            report.person.check()?;
            report.on_behalf_of.iter().try_for_each(PersonPart::check)?;
            let wrong = [
                ("received, a date", birth(&report.received).is_none()),
                ("cash_for, one of its words", cash_for(&report.cash_for).is_none()),
                ("an individual from whom cash was received", report.person.entity),
            ];
            if let Some((what, _)) = wrong.into_iter().find(|(_, wrong)| *wrong) {
                return Err(AmlError::Filer(what));
            }
        }
        Ok(file)
    }

    /// About whom they are.
    pub(super) fn parties(&self) -> Vec<String> {
        self.report.iter().map(|r| r.person.party.clone()).collect()
    }

    pub(super) fn reports(&self) -> Vec<CashReport> {
        let report = |r: CashReportPart| {
            Some(CashReport {
                person: r.person.reported(),
                occupation: r.occupation,
                on_behalf_of: r.on_behalf_of.map(PersonPart::reported),
                cents: r.cents,
                price_cents: r.price_cents,
                day: birth(&r.received)?,
                in_parts: r.in_parts,
                cash_for: cash_for(&r.cash_for)?,
                description: r.description,
                suspicious: r.suspicious,
            })
        };
        self.report.iter().cloned().filter_map(report).collect()
    }
}

fn cash_for(word: &str) -> Option<CashFor> {
    Some(match word {
        "personal_property" => CashFor::PersonalProperty,
        "real_property" => CashFor::RealProperty,
        "personal_services" => CashFor::PersonalServices,
        "business_services" => CashFor::BusinessServices,
        "intangible_property" => CashFor::IntangibleProperty,
        "debt" => CashFor::Debt,
        _ => return None,
    })
}

fn birth(text: &str) -> Option<pmts_compliance::aml::party::Day> {
    let day = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    day_of(day)
}

/// A date as reports write it.
pub(super) fn day_of(day: chrono::NaiveDate) -> Option<pmts_compliance::aml::party::Day> {
    use chrono::Datelike;
    let (month, date) = (u8::try_from(day.month()).ok()?, u8::try_from(day.day()).ok()?);
    pmts_compliance::aml::party::Day::new(u16::try_from(day.year()).ok()?, month, date)
}
