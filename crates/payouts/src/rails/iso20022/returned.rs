//! Payments that came back from another bank: pacs.004.

use super::amount::amount;
use super::elements::{Elements, Next};
use crate::PayoutsError;
use crate::error::codes;
use pmts_money::Money;
use std::io::BufRead;

/// A payment that came back. Money is put back once, keyed on what the original is known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentReturned {
    /// The return's own identifier; may be empty.
    pub return_id: String,
    /// UETR of the original; may be empty.
    pub uetr: String,
    /// End-to-end identifier of the original; may be empty.
    pub end_to_end_id: String,
    /// What comes back: less than the original if a bank kept costs.
    pub amount: Money,
    /// Why: `AC04`; may be empty.
    pub reason: String,
}

const KNOWN: &[&str] = &[
    "PmtRtr",
    "TxInf",
    "RtrId",
    "OrgnlUETR",
    "OrgnlEndToEndId",
    "RtrdIntrBkSttlmAmt",
    "RtrRsnInf",
    "Rsn",
    "Cd",
    "Prtry",
];

/// Reads the returns of a pacs.004. It does not check: `check` does.
///
/// # Errors
/// [`PayoutsError::Io`]; [`PayoutsError::Content`] for XML that cannot be read, an amount that is none, or another message.
pub fn read_returns(input: impl BufRead) -> Result<Vec<PaymentReturned>, PayoutsError> {
    let mut e = Elements::new(input, KNOWN);
    let mut all = Vec::new();
    let mut is_return = false;
    let [mut return_id, mut uetr, mut end_to_end_id, mut reason] = [const { String::new() }; 4];
    let mut money = None;
    loop {
        match e.next()? {
            Next::End => break,
            Next::Open => {
                is_return |= e.tail::<1>() == ["PmtRtr"];
                continue;
            }
            Next::Close => {}
        }
        let text = e.text.trim();
        match e.tail::<4>() {
            [_, _, "TxInf", "RtrId"] => text.clone_into(&mut return_id),
            [_, _, "TxInf", "OrgnlUETR"] => text.clone_into(&mut uetr),
            [_, _, "TxInf", "OrgnlEndToEndId"] => text.clone_into(&mut end_to_end_id),
            [_, _, "TxInf", "RtrdIntrBkSttlmAmt"] => {
                let read = amount(text, &e.currency);
                money = Some(read.map_err(|x| e.fault(&codes::ISO_CURRENCY, &x.to_string()))?);
            }
            ["TxInf", "RtrRsnInf", "Rsn", "Cd" | "Prtry"] => text.clone_into(&mut reason),
            [_, _, _, "TxInf"] => {
                let missing = || e.fault(&codes::ISO_ELEMENT_MISSING, "a return has no amount");
                all.push(PaymentReturned {
                    return_id: std::mem::take(&mut return_id),
                    uetr: std::mem::take(&mut uetr),
                    end_to_end_id: std::mem::take(&mut end_to_end_id),
                    amount: money.take().ok_or_else(missing)?,
                    reason: std::mem::take(&mut reason),
                });
            }
            _ => {}
        }
    }
    if is_return { Ok(all) } else { Err(e.fault(&codes::ISO_MESSAGE_UNKNOWN, "it is no pacs.004")) }
}
