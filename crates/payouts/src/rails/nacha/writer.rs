//! NACHA files as banks want them: 94 characters, blocks of ten lines, counts, hash and sums made here.

use super::codes::{Direction, direction};
use super::layout::{
    addenda05, batch_control as bc, batch_header as bh, ctx_entry, entry as en, file_control as fc,
    file_header as fh,
};
use super::record::{Kind, Record};
use super::totals::Totals;
use crate::{PayoutsError, accounts};
use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};
use std::io::Write;

/// What the file header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileDraft {
    /// The routing number the file is sent to, nine digits.
    pub destination: String,
    /// Who sends it: a routing number or what the bank gave, at most ten characters.
    pub origin: String,
    /// When it was made, in the bank's time.
    pub created: NaiveDateTime,
    /// A to Z, then 0 to 9: tells the files of a day apart.
    pub modifier: char,
    /// Name of the destination, at most 23 characters.
    pub destination_name: String,
    /// Name of the origin, at most 23 characters.
    pub origin_name: String,
}

/// What a batch header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchDraft {
    /// PPD, CCD, CTX or WEB.
    pub class: String,
    /// The company's name, at most 16 characters.
    pub company: String,
    /// The company's number at the bank, at most 10 characters.
    pub company_id: String,
    /// What the receiver reads, at most 10 characters.
    pub description: String,
    /// The day the money is to move; a banking day.
    pub effective: NaiveDate,
    /// The first eight digits of the originating bank's routing number.
    pub odfi: String,
    /// Credits only, debits only, or both if `None`.
    pub only: Option<Direction>,
}

/// What an entry says.
#[derive(Clone, PartialEq, Eq)]
pub struct EntryDraft {
    /// The transaction code: 22 pays into a checking account, 32 into a savings account.
    pub code: u8,
    /// The receiving bank's routing number, nine digits.
    pub routing: String,
    /// The account, at most 17 characters.
    pub account: String,
    /// Cents.
    pub cents: u64,
    /// The receiver's number at the company, at most 15 characters.
    pub id: String,
    /// The receiver's name, at most 22 characters; 16 in class CTX.
    pub name: String,
    /// Remittance: one addenda of at most 80 characters each; one at most but in class CTX.
    pub remittance: Vec<String>,
}

/// Who is paid is left out.
impl std::fmt::Debug for EntryDraft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "EntryDraft({}, {} cents)", self.code, self.cents)
    }
}

/// Writes a file as it goes: memory does not depend on the number of entries.
///
/// ```
/// use pmts_payouts::rails::nacha::{BatchDraft, Direction, EntryDraft, FileDraft, Writer, check};
/// # use chrono::NaiveDate;
/// let day = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
/// let file = FileDraft {
///     destination: "231380104".into(), origin: "121042882".into(), created: day.and_hms_opt(9, 30, 0).unwrap(),
///     modifier: 'A', destination_name: "A BANK".into(), origin_name: "A SHOP".into(),
/// };
/// let batch = BatchDraft {
///     class: "PPD".into(), company: "A SHOP".into(), company_id: "1234567890".into(), description: "PAYOUT".into(),
///     effective: day.succ_opt().unwrap(), odfi: "12104288".into(), only: Some(Direction::Credit),
/// };
/// let entry = EntryDraft {
///     code: 22, routing: "231380104".into(), account: "12345678".into(), cents: 12_345, id: "S-1".into(),
///     name: "ADA SELLER".into(), remittance: vec![],
/// };
/// let mut writer = Writer::new(Vec::new(), &file)?;
/// writer.batch(&batch)?;
/// let trace = writer.entry(&entry)?;
/// assert_eq!(trace, "121042880000001");
/// let bytes = writer.finish()?;
/// let mut findings = Default::default();
/// check(&bytes[..], &mut findings)?;
/// assert!(findings.kept().is_empty());
/// # Ok::<(), pmts_payouts::PayoutsError>(())
/// ```
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    lines: u64,
    batches: u64,
    entries: u64,
    file: Totals,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    header: Record,
    only: Option<Direction>,
    is_ctx: bool,
    totals: Totals,
}

/// The most entries and addenda of a batch: six digits.
const COUNT_MAX: u64 = 999_999;

const fn unwritable(record: &'static str, field: &'static str, why: &'static str) -> PayoutsError {
    PayoutsError::Unwritable { record, field, why }
}

impl<W: Write> Writer<W> {
    /// Begins a file with its header.
    ///
    /// # Errors
    /// [`PayoutsError::Unwritable`], [`PayoutsError::Account`] for the destination, [`PayoutsError::Io`].
    pub fn new(out: W, draft: &FileDraft) -> Result<Self, PayoutsError> {
        accounts::aba(&draft.destination)?;
        if !(draft.modifier.is_ascii_uppercase() || draft.modifier.is_ascii_digit()) {
            return Err(unwritable("file header", fh::MODIFIER.name, "it is a capital letter or a digit"));
        }
        if draft.origin.trim().is_empty() {
            return Err(unwritable("file header", fh::ORIGIN.name, "it is empty"));
        }
        let mut record = Record::new(Kind::FileHeader);
        record.set(fh::PRIORITY, "01")?;
        record.set(fh::DESTINATION, &format!("{:>10}", draft.destination))?;
        record.set(fh::ORIGIN, &format!("{:>10}", draft.origin))?;
        record.set(fh::DATE, &yymmdd(draft.created.date()))?;
        record.set(fh::TIME, &format!("{:02}{:02}", draft.created.hour(), draft.created.minute()))?;
        record.set(fh::MODIFIER, &draft.modifier.to_string())?;
        record.set(fh::RECORD_SIZE, "094")?;
        record.set(fh::BLOCKING, "10")?;
        record.set(fh::FORMAT, "1")?;
        record.set(fh::DESTINATION_NAME, &draft.destination_name)?;
        record.set(fh::ORIGIN_NAME, &draft.origin_name)?;
        let mut writer = Self { out, lines: 0, batches: 0, entries: 0, file: Totals::default(), open: None };
        writer.put(&record)?;
        Ok(writer)
    }

    /// Begins a batch; ends the one before.
    ///
    /// # Errors
    /// [`PayoutsError::Unwritable`], [`PayoutsError::Io`].
    pub fn batch(&mut self, draft: &BatchDraft) -> Result<(), PayoutsError> {
        self.end_batch()?;
        if !matches!(draft.class.as_str(), "PPD" | "CCD" | "CTX" | "WEB") {
            return Err(unwritable(
                "batch header",
                bh::CLASS.name,
                "only PPD, CCD, CTX and WEB are written here",
            ));
        }
        for (field, value) in [
            (bh::COMPANY, &draft.company),
            (bh::COMPANY_ID, &draft.company_id),
            (bh::DESCRIPTION, &draft.description),
        ] {
            if value.trim().is_empty() {
                return Err(unwritable("batch header", field.name, "it is empty"));
            }
        }
        if accounts::aba_check_digit(draft.odfi.as_bytes()).is_none() {
            return Err(unwritable(
                "batch header",
                bh::ODFI.name,
                "it is the first eight digits of a routing number",
            ));
        }
        let mut record = Record::new(Kind::BatchHeader);
        let service = match draft.only {
            None => "200",
            Some(Direction::Credit) => "220",
            Some(Direction::Debit) => "225",
        };
        record.set(bh::SERVICE, service)?;
        record.set(bh::COMPANY, &draft.company)?;
        record.set(bh::COMPANY_ID, &draft.company_id)?;
        record.set(bh::CLASS, &draft.class)?;
        record.set(bh::DESCRIPTION, &draft.description)?;
        record.set(bh::EFFECTIVE, &yymmdd(draft.effective))?;
        record.set(bh::STATUS, "1")?;
        record.set(bh::ODFI, &draft.odfi)?;
        record.set_number(bh::BATCH, self.batches + 1)?;
        self.put(&record)?;
        self.batches += 1;
        self.open = Some(Open {
            header: record,
            only: draft.only,
            is_ctx: draft.class == "CTX",
            totals: Totals::default(),
        });
        Ok(())
    }

    /// Writes an entry with its remittance into the open batch. Returns its trace number, by which a return names it.
    ///
    /// # Errors
    /// [`PayoutsError::Unwritable`], [`PayoutsError::Account`] for the routing number, [`PayoutsError::Io`].
    pub fn entry(&mut self, draft: &EntryDraft) -> Result<String, PayoutsError> {
        let name = "entry detail";
        let number = self.entries + 1;
        let Some(open) = &mut self.open else {
            return Err(unwritable(name, "record type", "no batch is open"));
        };
        let code = u64::from(draft.code);
        let Some(way) = direction(code).filter(|_| code < 80 && !super::codes::is_return(code)) else {
            return Err(unwritable(name, en::CODE.name, "there is no such transaction code"));
        };
        if open.only.is_some_and(|only| only != way) {
            return Err(unwritable(name, en::CODE.name, "the batch is for the other direction"));
        }
        let zero = super::is_prenote(code) || super::codes::is_zero_remittance(code);
        if zero != (draft.cents == 0) {
            return Err(unwritable(
                name,
                en::AMOUNT.name,
                "only prenotes and remittance alone are without money",
            ));
        }
        accounts::aba(&draft.routing)?;
        for (field, value) in [(en::ACCOUNT, &draft.account), (en::NAME, &draft.name)] {
            if value.trim().is_empty() {
                return Err(unwritable(name, field.name, "it is empty"));
            }
        }
        if draft.remittance.len() > if open.is_ctx { 9_999 } else { 1 } {
            return Err(unwritable(name, "addenda", "the class allows fewer"));
        }
        if open.totals.count + 1 + draft.remittance.len() as u64 > COUNT_MAX {
            return Err(unwritable(name, bc::COUNT.name, "a batch has at most 999,999 entries and addenda"));
        }
        let mut record = Record::new(Kind::Entry);
        record.set_number(en::CODE, code)?;
        record.set(en::RDFI, &draft.routing[..8])?;
        record.set(en::CHECK, &draft.routing[8..])?;
        record.set(en::ACCOUNT, &draft.account)?;
        record.set_number(en::AMOUNT, draft.cents)?;
        record.set(en::ID, &draft.id)?;
        if open.is_ctx {
            record.set_number(ctx_entry::ADDENDA, draft.remittance.len() as u64)?;
            record.set(ctx_entry::NAME, &draft.name)?;
        } else {
            record.set(en::NAME, &draft.name)?;
        }
        record.set_number(en::INDICATOR, u64::from(!draft.remittance.is_empty()))?;
        if number > 9_999_999 {
            return Err(unwritable(name, en::TRACE.name, "a file has at most 9,999,999 entries"));
        }
        let trace = format!("{}{number:07}", open.header.text(bh::ODFI));
        record.set(en::TRACE, &trace)?;
        let mut addenda = Vec::with_capacity(draft.remittance.len());
        for (i, text) in (1u64..).zip(&draft.remittance) {
            let mut one = Record::new(Kind::Addenda);
            one.set(addenda05::TYPE, "05")?;
            one.set(addenda05::INFORMATION, text)?;
            one.set_number(addenda05::SEQUENCE, i)?;
            one.set_number(addenda05::ENTRY, number)?;
            addenda.push(one);
        }
        let rdfi = record.number(en::RDFI).unwrap_or(0);
        open.totals.entry(rdfi, Some(way), draft.cents);
        open.totals.count += addenda.len() as u64;
        self.entries = number;
        self.put(&record)?;
        for one in &addenda {
            self.put(one)?;
        }
        Ok(trace)
    }

    /// Ends the batch and the file. Returns the output.
    ///
    /// # Errors
    /// [`PayoutsError::Unwritable`] if there is no batch, or a total has too many digits; [`PayoutsError::Io`].
    pub fn finish(mut self) -> Result<W, PayoutsError> {
        self.end_batch()?;
        if self.batches == 0 {
            return Err(unwritable("file control", fc::BATCHES.name, "the file has no batch"));
        }
        let mut record = Record::new(Kind::FileControl);
        record.set_number(fc::BATCHES, self.batches)?;
        record.set_number(fc::BLOCKS, (self.lines + 1).div_ceil(10))?;
        record.set_number(fc::COUNT, self.file.count)?;
        record.set_number(fc::HASH, self.file.hash10())?;
        record.set_number(fc::DEBIT, self.file.debit)?;
        record.set_number(fc::CREDIT, self.file.credit)?;
        self.put(&record)?;
        while !self.lines.is_multiple_of(10) {
            self.put(&Record::new(Kind::Padding))?;
        }
        self.out.flush()?;
        Ok(self.out)
    }

    fn end_batch(&mut self) -> Result<(), PayoutsError> {
        let Some(open) = self.open.take() else { return Ok(()) };
        if open.totals.count == 0 {
            return Err(unwritable("batch control", bc::COUNT.name, "the batch has no entry"));
        }
        let mut record = Record::new(Kind::BatchControl);
        record.set(bc::SERVICE, open.header.text(bh::SERVICE))?;
        record.set_number(bc::COUNT, open.totals.count)?;
        record.set_number(bc::HASH, open.totals.hash10())?;
        record.set_number(bc::DEBIT, open.totals.debit)?;
        record.set_number(bc::CREDIT, open.totals.credit)?;
        record.set(bc::COMPANY_ID, open.header.text(bh::COMPANY_ID))?;
        record.set(bc::ODFI, open.header.text(bh::ODFI))?;
        record.set_number(bc::BATCH, self.batches)?;
        self.file.add(&open.totals);
        self.put(&record)
    }

    fn put(&mut self, record: &Record) -> Result<(), PayoutsError> {
        self.out.write_all(record.bytes())?;
        self.out.write_all(b"\n")?;
        self.lines += 1;
        Ok(())
    }
}

fn yymmdd(day: NaiveDate) -> String {
    format!("{:02}{:02}{:02}", day.year().rem_euclid(100), day.month(), day.day())
}
