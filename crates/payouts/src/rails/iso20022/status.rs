//! What the bank says of payments: pain.002 in the versions 03, 11, 13 and those between.

use super::elements::{Elements, Next};
use crate::PayoutsError;
use crate::error::codes;
use std::io::BufRead;

/// A report. Statuses may stand at any of three levels: whoever takes them applies the nearest one to a payment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StatusReport {
    /// The report's own identifier.
    pub message_id: String,
    /// The identifier of the file it is about.
    pub original_message_id: String,
    /// The status of the whole file: ACTC, ACCP, ACSP, ACSC, PART, PDNG, RJCT; empty if not given.
    pub group_status: String,
    /// Reasons for it: `AM04`.
    pub group_reasons: Vec<String>,
    /// Batches and payments that are named, in order.
    pub payments: Vec<PaymentStatus>,
}

/// The status of a batch, or of a payment in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PaymentStatus {
    /// The batch.
    pub payment_id: String,
    /// The payment; empty if the status is that of the whole batch.
    pub end_to_end_id: String,
    /// The instruction, if named.
    pub instruction_id: String,
    /// The status; empty if not given.
    pub status: String,
    /// Reasons for it: `AC04`.
    pub reasons: Vec<String>,
}

const KNOWN: &[&str] = &[
    "CstmrPmtStsRpt",
    "GrpHdr",
    "MsgId",
    "OrgnlGrpInfAndSts",
    "OrgnlMsgId",
    "GrpSts",
    "StsRsnInf",
    "Rsn",
    "Cd",
    "Prtry",
    "OrgnlPmtInfAndSts",
    "OrgnlPmtInfId",
    "PmtInfSts",
    "TxInfAndSts",
    "OrgnlInstrId",
    "OrgnlEndToEndId",
    "TxSts",
];

impl StatusReport {
    /// Reads a report. It does not check: `check` does.
    ///
    /// # Errors
    /// [`PayoutsError::Io`]; [`PayoutsError::Content`] for XML that cannot be read or is no report.
    pub fn read(input: impl BufRead) -> Result<Self, PayoutsError> {
        let mut e = Elements::new(input, KNOWN);
        let mut report = Self::default();
        let mut batch = PaymentStatus::default();
        let mut payment = PaymentStatus::default();
        let mut is_report = false;
        loop {
            let next = e.next()?;
            if next == Next::End {
                break;
            }
            if next == Next::Open {
                match e.tail::<1>() {
                    ["CstmrPmtStsRpt"] => is_report = true,
                    ["OrgnlPmtInfAndSts"] => batch = PaymentStatus::default(),
                    ["TxInfAndSts"] => {
                        payment = PaymentStatus {
                            payment_id: batch.payment_id.clone(),
                            ..PaymentStatus::default()
                        };
                    }
                    _ => {}
                }
                continue;
            }
            let text = e.text.trim().to_owned();
            match e.tail::<4>() {
                [_, _, "GrpHdr", "MsgId"] => report.message_id = text,
                [_, _, "OrgnlGrpInfAndSts", "OrgnlMsgId"] => report.original_message_id = text,
                [_, _, "OrgnlGrpInfAndSts", "GrpSts"] => report.group_status = text,
                ["OrgnlGrpInfAndSts", "StsRsnInf", "Rsn", "Cd" | "Prtry"] => report.group_reasons.push(text),
                [_, _, "OrgnlPmtInfAndSts", "OrgnlPmtInfId"] => batch.payment_id = text,
                [_, _, "OrgnlPmtInfAndSts", "PmtInfSts"] => batch.status = text,
                ["OrgnlPmtInfAndSts", "StsRsnInf", "Rsn", "Cd" | "Prtry"] => batch.reasons.push(text),
                [_, _, "TxInfAndSts", "OrgnlInstrId"] => payment.instruction_id = text,
                [_, _, "TxInfAndSts", "OrgnlEndToEndId"] => payment.end_to_end_id = text,
                [_, _, "TxInfAndSts", "TxSts"] => payment.status = text,
                ["TxInfAndSts", "StsRsnInf", "Rsn", "Cd" | "Prtry"] => payment.reasons.push(text),
                [_, _, _, "TxInfAndSts"] => report.payments.push(std::mem::take(&mut payment)),
                [_, _, _, "OrgnlPmtInfAndSts"] if !batch.status.is_empty() => {
                    report.payments.push(std::mem::take(&mut batch));
                }
                _ => {}
            }
        }
        if is_report { Ok(report) } else { Err(e.fault(&codes::ISO_MESSAGE_UNKNOWN, "it is no pain.002")) }
    }
}
