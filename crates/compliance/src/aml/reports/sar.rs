//! Suspicious Activity Reports (FinCEN form 111).

use super::filer::{Filer, PARTIES, ReportError, Reported};
use super::xml::{Xml, dollars};
use crate::aml::party::Day;

/// What is suspected, as the form names it.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Suspicion {
    /// 1, 114: transactions below the threshold of the CTR.
    BelowCtrThreshold,
    /// 8, 805: suspicious wire transfers.
    WireTransfers,
    /// 8, 809: straw men.
    StrawMen,
    /// 8, 812: out of pattern for the customer.
    OutOfPattern,
    /// 8, 821: the source of the money.
    Source,
    /// 8, 824: a funnel account.
    FunnelAccount,
    /// 9, 911: two or more who work together.
    Together,
    /// 3, 305: cards.
    CardFraud,
}

impl Suspicion {
    /// What a scenario of the monitoring points to.
    pub fn of_scenario(name: &str) -> Self {
        match name {
            "structuring" | "smurfing" | "travel_rule" => Self::BelowCtrThreshold,
            "rapid_in_out" | "corridor" | "cycle" => Self::WireTransfers,
            "mule_chain" | "layers" | "scatter_gather" => Self::StrawMen,
            "fan_in" | "fan_out" | "gather_scatter" => Self::FunnelAccount,
            "collusion" => Self::Together,
            "refund_abuse" | "chargeback_ring" => Self::CardFraud,
            "round_amounts" => Self::Source,
            _ => Self::OutOfPattern,
        }
    }

    fn codes(self) -> (&'static str, &'static str) {
        match self {
            Self::BelowCtrThreshold => ("1", "114"),
            Self::WireTransfers => ("8", "805"),
            Self::StrawMen => ("8", "809"),
            Self::OutOfPattern => ("8", "812"),
            Self::Source => ("8", "821"),
            Self::FunnelAccount => ("8", "824"),
            Self::Together => ("9", "911"),
            Self::CardFraud => ("3", "305"),
        }
    }
}

/// What happened, told. It can be neither printed nor serialized:
///
/// ```compile_fail
/// # use pmts_compliance::aml::reports::Narrative;
/// println!("{:?}", Narrative::new("he paid in cash".to_owned()));
/// ```
/// ```compile_fail
/// # use pmts_compliance::aml::reports::Narrative;
/// println!("{}", Narrative::new("he paid in cash".to_owned()));
/// ```
/// ```compile_fail
/// # use pmts_compliance::aml::reports::Narrative;
/// serde_json::to_string(&Narrative::new("he paid in cash".to_owned()));
/// ```
/// ```
/// # use pmts_compliance::aml::reports::Narrative;
/// let told = Narrative::new("he paid in cash".to_owned());
/// # drop(told);
/// ```
pub struct Narrative(String);

impl Narrative {
    /// From text of at most 20,000 characters.
    pub fn new(text: String) -> Self {
        Self(text)
    }
}

/// A report. It can be neither printed nor serialized.
pub struct Sar {
    /// About whom.
    pub subject: Reported,
    /// What is suspected; each once.
    pub suspicions: Vec<Suspicion>,
    /// How much, in cents.
    pub cents: i64,
    /// From when on.
    pub from: Day,
    /// Until when.
    pub to: Day,
    /// What happened.
    pub narrative: Narrative,
    /// If it goes on from a report before: the number that FinCEN gave that, of up to 14 digits.
    pub continues: Option<u64>,
}

/// A piece of the narrative has so many characters at most, and there are so many.
const PIECE: usize = 4_000;
const PIECES: usize = 5;

/// Writes a batch, valid against `EFL_SARXBatchSchema.xsd`. Of all that is kept of a report this is the only thing that may leave the case team,
/// and only to FinCEN.
///
/// # Errors
/// [`ReportError::Empty`]; [`ReportError::Amount`] if nothing is suspected, or an amount or number does not fit; [`ReportError::Narrative`].
pub fn sar_batch(filer: &Filer, filed: Day, reports: &[Sar]) -> Result<String, ReportError> {
    if reports.is_empty() {
        return Err(ReportError::Empty);
    }
    let mut xml = Xml::new();
    let mut total = 0_i64;
    for (n, report) in reports.iter().enumerate() {
        let text: Vec<char> =
            report.narrative.0.split_whitespace().collect::<Vec<_>>().join(" ").chars().collect();
        if text.is_empty() || text.len() > PIECE * PIECES {
            return Err(ReportError::Narrative { number: n + 1 });
        }
        let too_long = report.continues.is_some_and(|number| number >= 100_000_000_000_000);
        if report.cents < 0 || report.suspicions.is_empty() || too_long {
            return Err(ReportError::Amount { number: n + 1 });
        }
        total = total.saturating_add(dollars(report.cents));
        xml.group("Activity", |x| {
            if let Some(number) = report.continues {
                x.text("EFilingPriorDocumentNumber", &number.to_string(), 14);
            }
            x.date("FilingDateText", filed);
            x.group("ActivityAssociation", |x| match report.continues {
                Some(_) => x.yes("ContinuingActivityReportIndicator"),
                None => x.yes("InitialReportIndicator"),
            });
            filer.write(x);
            filer.write_location(x, |x| x.text("PrimaryRegulatorTypeCode", "7", 2));
            subject(x, &report.subject);
            suspicious(x, report);
            for (at, piece) in text.chunks(PIECE).enumerate() {
                x.group("ActivityNarrativeInformation", |x| {
                    x.text("ActivityNarrativeSequenceNumber", &(at + 1).to_string(), 1);
                    x.text("ActivityNarrativeText", &piece.iter().collect::<String>(), PIECE);
                });
            }
        });
    }
    let count = i64::try_from(reports.len()).unwrap_or(i64::MAX);
    let head = [
        ("TotalAmount", total),
        ("PartyCount", count * PARTIES),
        ("ActivityCount", count),
        ("ActivityAttachmentCount", 0),
        ("AttachmentCount", 0),
    ];
    Ok(xml.file("SARX", &head))
}

fn subject(x: &mut Xml, subject: &Reported) {
    x.group("Party", |x| {
        x.text("ActivityPartyTypeCode", "33", 2);
        match subject.birth {
            Some(birth) if !subject.is_entity => x.date("IndividualBirthDateText", birth),
            None if !subject.is_entity => x.yes("BirthDateUnknownIndicator"),
            _ => x.yes("PartyAsEntityOrganizationIndicator"),
        }
        subject.write(x);
    });
}

fn suspicious(x: &mut Xml, report: &Sar) {
    x.group("SuspiciousActivity", |x| {
        x.date("SuspiciousActivityFromDateText", report.from);
        x.date("SuspiciousActivityToDateText", report.to);
        x.dollars("TotalSuspiciousAmountText", report.cents);
        let mut told = Vec::new();
        for suspicion in &report.suspicions {
            if !told.contains(suspicion) {
                told.push(*suspicion);
                let (kind, code) = suspicion.codes();
                x.group("SuspiciousActivityClassification", |x| {
                    x.text("SuspiciousActivitySubtypeID", code, 4);
                    x.text("SuspiciousActivityTypeID", kind, 2);
                });
            }
        }
    });
}
