//! Currency Transaction Reports (FinCEN form 112).

use super::cash::CashDay;
use super::filer::{Filer, PARTIES, ReportError, Reported};
use super::xml::{Xml, dollars};
use crate::aml::party::Day;

/// A report: a person's currency of a business day.
pub struct Ctr {
    /// Who paid or was paid, for itself.
    pub person: Reported,
    /// How much.
    pub cash: CashDay,
    /// The business day, as a date.
    pub day: Day,
}

/// Writes a batch, valid against `EFL_CTRXBatchSchema.xsd`, version 1.2. Reports are due 15 days after the business day (31 CFR 1010.306(a)(1)).
///
/// # Errors
/// [`ReportError::Empty`]; [`ReportError::Amount`] if a report is about nothing.
pub fn ctr_batch(filer: &Filer, filed: Day, reports: &[Ctr]) -> Result<String, ReportError> {
    if reports.is_empty() {
        return Err(ReportError::Empty);
    }
    let mut xml = Xml::new();
    let mut total = 0_i64;
    for (n, report) in reports.iter().enumerate() {
        let cash = &report.cash;
        let amount = dollars(cash.in_cents).saturating_add(dollars(cash.out_cents));
        if amount == 0 || cash.in_cents < 0 || cash.out_cents < 0 {
            return Err(ReportError::Amount { number: n + 1 });
        }
        total = total.saturating_add(amount);
        xml.group("Activity", |x| {
            x.date("FilingDateText", filed);
            x.group("ActivityAssociation", |x| {
                x.text("CorrectsAmendsPriorReportIndicator", "", 1);
                x.text("FinCENDirectBackFileIndicator", "", 1);
                x.yes("InitialReportIndicator");
            });
            filer.write(x);
            filer.write_location(x, |x| {
                cash_of(x, cash);
                x.text("PrimaryRegulatorTypeCode", "7", 2);
            });
            x.group("Party", |x| {
                x.text("ActivityPartyTypeCode", "50", 2);
                let person = &report.person;
                match person.birth {
                    Some(birth) if !person.is_entity => x.date("IndividualBirthDateText", birth),
                    None if !person.is_entity => x.yes("BirthDateUnknownIndicator"),
                    _ => {}
                }
                cash_of(x, cash);
                if person.is_entity {
                    x.yes("PartyAsEntityOrganizationIndicator");
                }
                person.write(x);
            });
            activity(x, report);
        });
    }
    let count = i64::try_from(reports.len()).unwrap_or(i64::MAX);
    Ok(xml.file("CTRX", &[("TotalAmount", total), ("PartyCount", count * PARTIES), ("ActivityCount", count)]))
}

fn cash_of(x: &mut Xml, cash: &CashDay) {
    if cash.in_cents > 0 {
        x.dollars("IndividualEntityCashInAmountText", cash.in_cents);
    }
    if cash.out_cents > 0 {
        x.dollars("IndividualEntityCashOutAmountText", cash.out_cents);
    }
}

fn activity(x: &mut Xml, report: &Ctr) {
    let cash = &report.cash;
    x.group("CurrencyTransactionActivity", |x| {
        x.text("AggregateTransactionIndicator", if cash.paid.len() > 1 { "Y" } else { "" }, 1);
        for other in ["ArmoredCarService", "ATM", "MailDepositShipment", "NightDeposit", "SharedBranching"] {
            x.text(&format!("{other}Indicator"), "", 1);
        }
        let amount = |cents| if cents > 0 { dollars(cents).to_string() } else { String::new() };
        x.text("TotalCashInReceiveAmountText", &amount(cash.in_cents), 15);
        x.text("TotalCashOutAmountText", &amount(cash.out_cents), 15);
        x.date("TransactionDateText", report.day);
        // Deposits, withdrawals.
        for (code, cents) in
            [("55", cash.in_cents), ("56", cash.out_cents)].into_iter().filter(|(_, c)| *c > 0)
        {
            x.group("CurrencyTransactionActivityDetail", |x| {
                x.text("CurrencyTransactionActivityDetailTypeCode", code, 3);
                x.dollars("DetailTransactionAmountText", cents);
                x.text("OtherCurrencyTransactionActivityDetailText", "", 50);
                x.text("OtherForeignCurrencyCountryText", "", 2);
            });
        }
    });
}
