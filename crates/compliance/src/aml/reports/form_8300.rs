//! Reports of cash payments over 10,000 dollars received in a trade or business (form 8300; 26 U.S.C. 6050I, 31 CFR 1010.330).

use super::filer::{Filer, ReportError, Reported};
use super::xml::{Xml, dollars};
use crate::aml::party::Day;

/// What the cash was for, as the form names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CashFor {
    /// Personal property was purchased: goods.
    PersonalProperty,
    /// Real property was purchased.
    RealProperty,
    /// Personal services were provided.
    PersonalServices,
    /// Business services were provided.
    BusinessServices,
    /// Intangible property was purchased: licences, digital goods.
    IntangibleProperty,
    /// A debt was paid.
    Debt,
}

impl CashFor {
    fn code(self) -> &'static str {
        match self {
            Self::PersonalProperty => "1",
            Self::RealProperty => "2",
            Self::PersonalServices => "3",
            Self::BusinessServices => "4",
            Self::IntangibleProperty => "5",
            Self::Debt => "6",
        }
    }
}

/// A report: cash that was received in one transaction, or in related ones.
pub struct CashReport {
    /// From whom it was received.
    pub person: Reported,
    /// What the person does for a living; empty if it is not known.
    pub occupation: String,
    /// On whose behalf, if not their own.
    pub on_behalf_of: Option<Reported>,
    /// How much, in cents: more than 10,000 dollars.
    pub cents: i64,
    /// The whole price, in cents.
    pub price_cents: i64,
    /// When the cash, or the part of it with which it was more than 10,000 dollars, was received.
    pub day: Day,
    /// Whether it was paid in parts.
    pub in_parts: bool,
    /// What it was for.
    pub cash_for: CashFor,
    /// What it was for, in words.
    pub description: String,
    /// Whether it is suspicious. This box is voluntary; **like a SAR, nobody who need not know may learn of it.**
    pub suspicious: bool,
}

/// More than so much is reported: 10,000 dollars, in cents.
const REPORTED_ABOVE: i64 = 1_000_000;

/// Writes a batch, valid against `EFL_8300XBatchSchema.xsd`, version 1.0. Reports are due 15 days after the cash was received (31 CFR 1010.330(e)(1)).
///
/// # Errors
/// [`ReportError::Empty`]; [`ReportError::Amount`] for cash that is not reported, or more than the price.
pub fn form_8300_batch(filer: &Filer, filed: Day, reports: &[CashReport]) -> Result<String, ReportError> {
    if reports.is_empty() {
        return Err(ReportError::Empty);
    }
    let mut xml = Xml::new();
    let (mut total, mut parties) = (0_i64, 0_i64);
    for (n, report) in reports.iter().enumerate() {
        if report.cents <= REPORTED_ABOVE || report.price_cents < report.cents {
            return Err(ReportError::Amount { number: n + 1 });
        }
        total = total.saturating_add(dollars(report.cents));
        parties += 6 + i64::from(report.on_behalf_of.is_some());
        xml.group("Activity", |x| {
            x.date("FilingDateText", filed);
            if report.suspicious {
                x.yes("SuspiciousTransactionIndicator");
            }
            x.group("ActivityAssociation", |x| x.yes("InitialReportIndicator"));
            filer.write_transmitter(x, "2");
            person(x, "16", &report.person, &report.occupation);
            if let Some(other) = &report.on_behalf_of {
                person(x, "23", other, "");
            }
            filer.write_business(x);
            activity(x, report);
        });
    }
    let count = i64::try_from(reports.len()).unwrap_or(i64::MAX);
    let head = [("TotalAmount", total), ("PartyCount", parties), ("ActivityCount", count)];
    Ok(xml.file("8300X", &head))
}

fn person(x: &mut Xml, code: &str, person: &Reported, occupation: &str) {
    x.group("Party", |x| {
        x.text("ActivityPartyTypeCode", code, 2);
        match person.birth {
            Some(birth) if !person.is_entity => x.date("IndividualBirthDateText", birth),
            _ => {}
        }
        // From whom cash is received is an individual; on whose behalf may be anybody.
        if code == "23" {
            x.text("PartyTypeCode", if person.is_entity { "O" } else { "I" }, 1);
        }
        person.write_known(x);
        if !occupation.trim().is_empty() {
            x.group("PartyOccupationBusiness", |x| x.text("OccupationBusinessText", occupation, 30));
        }
    });
}

fn activity(x: &mut Xml, report: &CashReport) {
    x.group("CurrencyTransactionActivity", |x| {
        if report.in_parts {
            x.yes("InstallmentPaymentOtherIndicator");
        }
        x.dollars("TotalCashInReceiveAmountText", report.cents);
        x.dollars("TotalPriceAmountText", report.price_cents);
        x.date("TransactionDateText", report.day);
        // What was received, and what for.
        x.group("CurrencyTransactionActivityDetail", |x| {
            x.dollars("DetailTransactionAmountText", report.cents);
            x.text("InstrumentProductServiceTypeCode", "35", 2);
        });
        x.group("CurrencyTransactionActivityDetail", |x| {
            x.text("CurrencyTransactionActivityDetailTypeCode", report.cash_for.code(), 3);
            x.text_if("DetailTransactionDescription", &report.description, 750);
        });
    });
}

#[cfg(test)]
mod tests {
    use super::super::filer::Institution;
    use super::*;

    fn report(cents: i64, price_cents: i64) -> CashReport {
        CashReport {
            person: Reported { last_name: "Miller".to_owned(), ..Reported::default() },
            occupation: String::new(),
            on_behalf_of: None,
            cents,
            price_cents,
            day: Day::new(2026, 6, 1).unwrap(),
            in_parts: false,
            cash_for: CashFor::PersonalProperty,
            description: String::new(),
            suspicious: false,
        }
    }

    #[test]
    fn cash_that_is_not_reported_or_more_than_the_price_is_refused() {
        let text = |t: &str| t.to_owned();
        let institution = Institution {
            name: text("Example"),
            ein: text("123456789"),
            street: text("1 Main Street"),
            city: text("Springfield"),
            state: text("IL"),
            zip: text("62701"),
            phone: text("2175550100"),
        };
        let filer = Filer { institution, control_code: text("TBSATEST"), contact: text("Office") };
        let day = Day::new(2026, 6, 9).unwrap();
        let batch = |reports: &[CashReport]| form_8300_batch(&filer, day, reports);
        assert_eq!(batch(&[]), Err(ReportError::Empty));
        assert_eq!(batch(&[report(1_000_000, 1_000_000)]), Err(ReportError::Amount { number: 1 }));
        let two = [report(1_000_001, 1_000_001), report(1_500_000, 1_499_999)];
        assert_eq!(batch(&two), Err(ReportError::Amount { number: 2 }));
        let file = batch(&two[..1]).unwrap();
        assert!(file.contains("TotalAmount=\"10001\" PartyCount=\"6\" ActivityCount=\"1\""), "{file}");
        assert!(!file.contains("Suspicious"), "a box that is not ticked is not there");
    }
}
