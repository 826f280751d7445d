//! Entries with what belongs to them, one at a time: what a payout's returns and changes are found with.

use super::layout::{addenda98, addenda99, batch_header, entry};
use super::lines::Lines;
use super::record::{Kind, Record};
use super::{Direction, direction};
use crate::PayoutsError;
use crate::error::codes;
use std::io::BufRead;

/// The most addenda of an entry.
const ADDENDA_MAX: usize = 9_999;

/// An entry, the header of its batch and its addenda.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The line of the entry, from 1.
    pub line: u64,
    /// The batch header before it.
    pub batch: Record,
    /// The entry detail record.
    pub record: Record,
    /// Its addenda, in order.
    pub addenda: Vec<Record>,
}

/// A return of an earlier entry: addenda of type 99.
#[derive(Clone, PartialEq, Eq)]
pub struct Return {
    /// The reason: `R03`.
    pub reason: String,
    /// The trace number of the entry that is returned: on it, money is put back once.
    pub original_trace: String,
    /// The amount, in cents.
    pub cents: u64,
    /// Whether a credit (a payout) or a debit comes back.
    pub direction: Direction,
}

/// A notification of change: addenda of type 98.
#[derive(Clone, PartialEq, Eq)]
pub struct Change {
    /// What is to be changed: `C01`.
    pub reason: String,
    /// The trace number of the entry it is about.
    pub original_trace: String,
    /// What is right instead, in the form that the reason prescribes.
    pub corrected: String,
}

impl Entry {
    /// The amount in cents; `None` if there are no digits.
    pub fn cents(&self) -> Option<u64> {
        self.record.number(entry::AMOUNT)
    }

    /// The standard entry class.
    pub fn class(&self) -> &str {
        self.batch.text(batch_header::CLASS)
    }

    /// The return that this entry is, if it is one.
    pub fn returned(&self) -> Option<Return> {
        let addenda = self.addenda.iter().find(|a| a.addenda_type() == b"99")?;
        Some(Return {
            reason: addenda.text(addenda99::CODE).to_owned(),
            original_trace: addenda.text(addenda99::ORIGINAL_TRACE).to_owned(),
            cents: self.cents()?,
            direction: direction(self.record.number(entry::CODE)?)?,
        })
    }

    /// The notification of change that this entry is, if it is one.
    pub fn changed(&self) -> Option<Change> {
        let addenda = self.addenda.iter().find(|a| a.addenda_type() == b"98")?;
        Some(Change {
            reason: addenda.text(addenda98::CODE).to_owned(),
            original_trace: addenda.text(addenda98::ORIGINAL_TRACE).to_owned(),
            corrected: addenda.text(addenda98::CORRECTED).to_owned(),
        })
    }
}

/// Without amounts and traces it would say nothing; without account data it says enough.
impl std::fmt::Debug for Return {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Return({} of {}, {} cents, {:?})",
            self.reason, self.original_trace, self.cents, self.direction
        )
    }
}

/// The corrected data may be an account number: it is left out.
impl std::fmt::Debug for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Change({} of {})", self.reason, self.original_trace)
    }
}

/// Reads entries from a stream. It does not check: [`check`](super::check()) does.
#[derive(Debug)]
pub struct Reader<R> {
    lines: Lines<R>,
    batch: Option<Record>,
    ahead: Option<(u64, Record)>,
}

impl<R: BufRead> Reader<R> {
    /// Entries of `input`.
    pub const fn new(input: R) -> Self {
        Self { lines: Lines::new(input), batch: None, ahead: None }
    }

    /// The next entry; `None` at the end.
    ///
    /// # Errors
    /// [`PayoutsError::Io`]; [`PayoutsError::Content`] for an entry outside of a batch or with too many addenda.
    pub fn next_entry(&mut self) -> Result<Option<Entry>, PayoutsError> {
        let Some((line, record)) = self.next_start()? else { return Ok(None) };
        let content = |code, message: &str| PayoutsError::Content { code, line, message: message.to_owned() };
        let batch =
            self.batch.ok_or_else(|| content(&codes::NACHA_RECORD_ORDER, "the entry is in no batch"))?;
        let mut addenda = Vec::new();
        while let Some(next) = self.lines.next_line()? {
            match next.record.kind() {
                Some(Kind::Addenda) if addenda.len() == ADDENDA_MAX => {
                    return Err(content(&codes::NACHA_COUNT, "the entry has more than 9,999 addenda"));
                }
                Some(Kind::Addenda) => addenda.push(next.record),
                Some(Kind::Entry) => {
                    self.ahead = Some((next.number, next.record));
                    break;
                }
                Some(Kind::BatchHeader) => {
                    self.batch = Some(next.record);
                    break;
                }
                Some(_) => break,
                None => {}
            }
        }
        Ok(Some(Entry { line, batch, record, addenda }))
    }

    /// The next entry detail record.
    fn next_start(&mut self) -> Result<Option<(u64, Record)>, PayoutsError> {
        if let Some(ahead) = self.ahead.take() {
            return Ok(Some(ahead));
        }
        while let Some(line) = self.lines.next_line()? {
            match line.record.kind() {
                Some(Kind::Entry) => return Ok(Some((line.number, line.record))),
                Some(Kind::BatchHeader) => self.batch = Some(line.record),
                _ => {}
            }
        }
        Ok(None)
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<Entry, PayoutsError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_entry().transpose()
    }
}
