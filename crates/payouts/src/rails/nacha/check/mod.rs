//! Whether a NACHA file is valid, and where not: one pass, memory independent of the file's size.

mod entry;

use super::class_rules::{ClassRule, class_rule};
use super::layout::{self, Field, Fill};
use super::lines::{Line, Lines};
use super::record::{Kind, RECORD_LEN, Record};
use super::totals::Totals;
use crate::accounts::aba_check_digit;
use crate::error::codes;
use crate::{Finding, Findings, PayoutsError, Severity};
use chrono::NaiveDate;
use pmts_kernel::CodeInfo;
use pmts_money::Currency;
use std::io::BufRead;

/// What a file holds, as counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Batches.
    pub batches: u64,
    /// Entries, without addenda.
    pub entries: u64,
    /// Sum of the debits, in cents.
    pub debit_cents: u64,
    /// Sum of the credits, in cents.
    pub credit_cents: u64,
}

/// Checks a file from its first to its last line and adds what is wrong to `findings`.
///
/// # Errors
/// [`PayoutsError::Io`]; [`PayoutsError::Content`] if there are no lines that could be told apart.
pub fn check(input: impl BufRead, findings: &mut Findings) -> Result<Summary, PayoutsError> {
    let mut lines = Lines::new(input);
    let mut checker = Checker::new(findings);
    while let Some(line) = lines.next_line()? {
        checker.line(&line);
    }
    Ok(checker.finish())
}

/// Where in the file the check is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Start,
    BetweenBatches,
    InBatch,
    End,
}

/// What is known of the batch that is open.
struct Batch {
    header: Record,
    rule: Option<&'static ClassRule>,
    service: u64,
    number: Option<u64>,
    totals: Totals,
    entries: u64,
    trace: Option<u64>,
}

/// What is known of the entry whose addenda come.
struct Entry {
    record: Record,
    line: u64,
    expects: bool,
    announced: Option<u64>,
    of_type: [u32; 100],
    last_sequence: u64,
    trace: u64,
    cents: u64,
    code: u64,
}

struct Checker<'a> {
    findings: &'a mut Findings,
    stage: Stage,
    line: u64,
    lines: u64,
    batch: Option<Batch>,
    entry: Option<Entry>,
    last_batch: Option<u64>,
    file: Totals,
    summary: Summary,
    blocks: Option<(u64, u64)>,
    adv: bool,
}

impl<'a> Checker<'a> {
    fn new(findings: &'a mut Findings) -> Self {
        Self {
            findings,
            stage: Stage::Start,
            line: 0,
            lines: 0,
            batch: None,
            entry: None,
            last_batch: None,
            file: Totals::default(),
            summary: Summary::default(),
            blocks: None,
            adv: false,
        }
    }

    fn say(
        &mut self,
        severity: Severity,
        code: &'static CodeInfo,
        (line, record, field): (u64, &'static str, &'static str),
        message: String,
    ) {
        self.findings.add(Finding {
            severity,
            code,
            line,
            record: record.into(),
            field: field.into(),
            message,
        });
    }

    fn error(
        &mut self,
        code: &'static CodeInfo,
        kind: Kind,
        field: &'static str,
        message: impl Into<String>,
    ) {
        self.say(Severity::Error, code, (self.line, kind.as_str(), field), message.into());
    }

    fn line(&mut self, line: &Line) {
        self.line = line.number;
        if line.len == 0 {
            return;
        }
        self.lines += 1;
        let here = |field| (line.number, line.record.kind().map_or("record", Kind::as_str), field);
        if line.rest.iter().any(|b| *b != b' ') {
            let message = format!("the line has {} characters, a record has {RECORD_LEN}", line.len);
            self.say(Severity::Error, &codes::NACHA_LINE_LENGTH, here(""), message);
        } else if line.len != RECORD_LEN {
            let message = format!("the line has {} characters, a record has {RECORD_LEN}", line.len);
            self.say(Severity::Warning, &codes::NACHA_LINE_LENGTH, here(""), message);
        }
        if !line.record.bytes().iter().all(|b| matches!(b, b' '..=b'~')) {
            let message = "a character is not printable ASCII".to_owned();
            self.say(Severity::Error, &codes::NACHA_CHARACTERS, here(""), message);
        }
        let Some(kind) = line.record.kind() else {
            let message = "the line begins with none of 1, 5, 6, 7, 8, 9".to_owned();
            self.say(Severity::Error, &codes::NACHA_RECORD_UNKNOWN, here("record type"), message);
            return;
        };
        if kind != Kind::Addenda {
            self.end_entry();
        }
        let stage_fits = match kind {
            Kind::FileHeader => self.stage == Stage::Start,
            Kind::BatchHeader | Kind::FileControl => self.stage == Stage::BetweenBatches,
            Kind::Entry | Kind::BatchControl => self.stage == Stage::InBatch,
            Kind::Addenda => self.stage == Stage::InBatch && self.entry.is_some(),
            Kind::Padding => self.stage == Stage::End,
        };
        if !stage_fits {
            self.error(&codes::NACHA_RECORD_ORDER, kind, "record type", self.misplaced(kind));
        }
        let record = &line.record;
        match kind {
            Kind::FileHeader => self.file_header(record),
            Kind::BatchHeader => self.batch_header(record),
            Kind::Entry => self.entry(record),
            Kind::Addenda => self.addenda(record),
            Kind::BatchControl => self.batch_control(record),
            Kind::FileControl => self.file_control(record),
            Kind::Padding => {}
        }
    }

    const fn misplaced(&self, kind: Kind) -> &'static str {
        match (self.stage, kind) {
            (Stage::Start, _) => "a file begins with a file header",
            (Stage::End, _) => "only lines of nines may follow the file control",
            (Stage::InBatch, Kind::BatchHeader | Kind::FileControl) => {
                "the batch before has no batch control"
            }
            (Stage::InBatch, Kind::Addenda) => "an addenda follows an entry",
            (_, Kind::FileHeader) => "a file has one file header",
            (_, Kind::Padding) => "lines of nines follow the file control",
            _ => "the record belongs into a batch, and none is open",
        }
    }

    /// Looks at the form of every field of a record.
    fn fields(&mut self, kind: Kind, record: &Record, fields: &[Field]) {
        for field in fields {
            let raw = record.raw(*field);
            if field.fill != Fill::Digits || raw.iter().all(u8::is_ascii_digit) {
                continue;
            }
            if raw.iter().all(|b| b.is_ascii_digit() || *b == b' ') {
                let message = "filled with spaces where zeros belong".to_owned();
                self.say(
                    Severity::Warning,
                    &codes::NACHA_FIELD,
                    (self.line, kind.as_str(), field.name),
                    message,
                );
            } else {
                self.error(&codes::NACHA_FIELD, kind, field.name, "only digits may stand here");
            }
        }
    }

    fn must_be(&mut self, kind: Kind, record: &Record, field: Field, expected: &str) {
        if record.text(field) != expected {
            self.error(&codes::NACHA_FIELD, kind, field.name, format!("it must be {expected}"));
        }
    }

    fn not_empty(&mut self, kind: Kind, record: &Record, field: Field) {
        if record.text(field).is_empty() {
            self.error(&codes::NACHA_FIELD, kind, field.name, "it is empty");
        }
    }

    fn date(&mut self, kind: Kind, record: &Record, field: Field, required: bool) {
        let text = record.text(field);
        let unset = text.is_empty() || text == "000000";
        if unset && !required {
            return;
        }
        if date_of(text).is_none() {
            self.error(&codes::NACHA_FIELD, kind, field.name, "it is no date in the form YYMMDD");
        }
    }

    fn file_header(&mut self, record: &Record) {
        use layout::file_header as f;
        let kind = Kind::FileHeader;
        self.fields(kind, record, f::ALL);
        for (field, expected) in
            [(f::PRIORITY, "01"), (f::RECORD_SIZE, "094"), (f::BLOCKING, "10"), (f::FORMAT, "1")]
        {
            self.must_be(kind, record, field, expected);
        }
        for field in [f::DESTINATION, f::ORIGIN] {
            let text = record.text(field);
            if text.is_empty() || text.bytes().all(|b| b == b'0') {
                self.error(&codes::NACHA_FIELD, kind, field.name, "it is empty");
            }
        }
        let destination = record.text(f::DESTINATION);
        let nine = if destination.len() == 10 { &destination[1..] } else { destination };
        if nine.len() != 9 || !has_check_digit(nine.as_bytes()) {
            self.error(
                &codes::NACHA_CHECK_DIGIT,
                kind,
                f::DESTINATION.name,
                "it is no routing number: nine digits, the last one a check digit",
            );
        }
        self.date(kind, record, f::DATE, true);
        let time = record.text(f::TIME);
        let fits = time.is_empty()
            || time.len() == 4
                && time.bytes().all(|b| b.is_ascii_digit())
                && &time[..2] < "24"
                && &time[2..] < "60";
        if !fits {
            self.error(&codes::NACHA_FIELD, kind, f::TIME.name, "it is no time in the form HHMM");
        }
        if !record.raw(f::MODIFIER).iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) {
            self.error(&codes::NACHA_FIELD, kind, f::MODIFIER.name, "it is a capital letter or a digit");
        }
        if self.stage == Stage::Start {
            self.stage = Stage::BetweenBatches;
        }
    }

    fn batch_header(&mut self, record: &Record) {
        use layout::batch_header as b;
        use layout::iat_batch_header as i;
        let kind = Kind::BatchHeader;
        let class = record.text(b::CLASS);
        let is_iat = class == "IAT" || record.text(i::INDICATOR) == "IATCOR";
        self.fields(kind, record, if is_iat { i::ALL } else { b::ALL });
        let rule = class_rule(class);
        if rule.is_none() {
            self.error(
                &codes::NACHA_CODE_UNKNOWN,
                kind,
                b::CLASS.name,
                "there is no such standard entry class",
            );
        }
        let service = record.number(b::SERVICE).unwrap_or(0);
        let is_adv = class == "ADV";
        self.adv |= is_adv;
        if !matches!((service, is_adv), (200 | 220 | 225, false) | (280, true)) {
            let message = if is_adv { "it must be 280" } else { "it must be 200, 220 or 225" };
            self.error(&codes::NACHA_CODE_UNKNOWN, kind, b::SERVICE.name, message);
        }
        if is_iat {
            self.not_empty(kind, record, i::COUNTRY);
            for field in [i::FROM_CURRENCY, i::TO_CURRENCY] {
                let named = record.text(field);
                if Currency::from_code(named).is_err() {
                    self.error(&codes::NACHA_CODE_UNKNOWN, kind, field.name, "it is no currency of ISO 4217");
                }
            }
            if !matches!(record.text(i::EXCHANGE), "FV" | "VF" | "FF") {
                self.error(&codes::NACHA_CODE_UNKNOWN, kind, i::EXCHANGE.name, "it must be FV, VF or FF");
            }
        } else {
            self.not_empty(kind, record, b::COMPANY);
        }
        self.not_empty(kind, record, b::COMPANY_ID);
        self.not_empty(kind, record, b::DESCRIPTION);
        self.date(kind, record, b::EFFECTIVE, false);
        if let Some(description) = rule.and_then(|r| r.description)
            && !record.text(b::DESCRIPTION).eq_ignore_ascii_case(description)
        {
            let message = format!("it must be {description} in this class");
            self.error(&codes::NACHA_CLASS_RULE, kind, b::DESCRIPTION.name, message);
        }
        if !matches!(record.raw(b::STATUS), b"0" | b"1" | b"2" | b" ") {
            self.error(&codes::NACHA_CODE_UNKNOWN, kind, b::STATUS.name, "it must be 0, 1 or 2");
        }
        let odfi = record.raw(b::ODFI);
        if odfi.iter().any(|d| !d.is_ascii_alphanumeric()) || odfi.iter().all(|d| *d == b'0') {
            self.error(
                &codes::NACHA_FIELD,
                kind,
                b::ODFI.name,
                "it is the first eight digits of a routing number",
            );
        }
        let number = record.number(b::BATCH);
        if let (Some(number), Some(last)) = (number, self.last_batch)
            && number <= last
        {
            let message = format!("it must be above that of the batch before, {last}");
            self.error(&codes::NACHA_TRACE, kind, b::BATCH.name, message);
        }
        self.last_batch = number.or(self.last_batch);
        self.summary.batches += 1;
        if let Some(open) = self.batch.take() {
            self.file.add(&open.totals);
        }
        self.batch = Some(Batch {
            header: *record,
            rule,
            service,
            number,
            totals: Totals::default(),
            entries: 0,
            trace: None,
        });
        if self.stage != Stage::End {
            self.stage = Stage::InBatch;
        }
    }

    fn control(
        &mut self,
        kind: Kind,
        code: &'static CodeInfo,
        record: &Record,
        (field, counted): (Field, u64),
    ) {
        let said = record.number(field).or_else(|| record.text(field).is_empty().then_some(0));
        if let Some(said) = said
            && said != counted
        {
            let name = field.name;
            self.error(code, kind, name, format!("it is {said}, counted {counted}"));
        }
    }

    fn batch_control(&mut self, record: &Record) {
        use layout::{adv_batch_control as a, batch_control as c, batch_header as b};
        let kind = Kind::BatchControl;
        let Some(batch) = self.batch.take() else {
            self.fields(kind, record, c::ALL);
            return;
        };
        let adv = batch.rule.is_some_and(|r| r.code == "ADV");
        self.fields(kind, record, if adv { a::ALL } else { c::ALL });
        let (debit, credit) = if adv { (a::DEBIT, a::CREDIT) } else { (c::DEBIT, c::CREDIT) };
        self.control(kind, &codes::NACHA_COUNT, record, (c::COUNT, batch.totals.count));
        self.control(kind, &codes::NACHA_HASH, record, (c::HASH, batch.totals.hash10()));
        self.control(kind, &codes::NACHA_TOTAL, record, (debit, batch.totals.debit));
        self.control(kind, &codes::NACHA_TOTAL, record, (credit, batch.totals.credit));
        let mismatch = &codes::NACHA_MISMATCH;
        if record.number(c::SERVICE) != Some(batch.service) {
            self.error(mismatch, kind, c::SERVICE.name, "it differs from the batch header");
        }
        let is_iat = batch.header.text(b::CLASS) == "IAT";
        let (ours, theirs) = (record.text(c::COMPANY_ID), batch.header.text(b::COMPANY_ID));
        if !adv && ours != theirs && !(is_iat && ours.is_empty()) {
            self.error(mismatch, kind, c::COMPANY_ID.name, "it differs from the batch header");
        }
        if record.raw(c::ODFI) != batch.header.raw(b::ODFI) {
            self.error(mismatch, kind, c::ODFI.name, "it differs from the batch header");
        }
        if record.number(c::BATCH) != batch.number {
            self.error(mismatch, kind, c::BATCH.name, "it differs from the batch header");
        }
        if batch.entries == 0 {
            self.error(&codes::NACHA_RECORD_ORDER, kind, "", "the batch has no entry");
        }
        self.file.add(&batch.totals);
        if self.stage != Stage::End {
            self.stage = Stage::BetweenBatches;
        }
    }

    fn file_control(&mut self, record: &Record) {
        use layout::{adv_file_control as a, file_control as c};
        let kind = Kind::FileControl;
        if let Some(open) = self.batch.take() {
            self.file.add(&open.totals);
        }
        self.fields(kind, record, if self.adv { a::ALL } else { c::ALL });
        let (debit, credit) = if self.adv { (a::DEBIT, a::CREDIT) } else { (c::DEBIT, c::CREDIT) };
        let file = self.file;
        self.control(kind, &codes::NACHA_COUNT, record, (c::BATCHES, self.summary.batches));
        self.control(kind, &codes::NACHA_COUNT, record, (c::COUNT, file.count));
        self.control(kind, &codes::NACHA_HASH, record, (c::HASH, file.hash10()));
        self.control(kind, &codes::NACHA_TOTAL, record, (debit, file.debit));
        self.control(kind, &codes::NACHA_TOTAL, record, (credit, file.credit));
        if self.summary.batches == 0 {
            self.error(&codes::NACHA_RECORD_ORDER, kind, "", "the file has no batch");
        }
        self.blocks = record.number(c::BLOCKS).map(|blocks| (self.line, blocks));
        self.stage = Stage::End;
    }

    fn finish(mut self) -> Summary {
        self.end_entry();
        if self.stage != Stage::End {
            let message = match self.stage {
                Stage::Start => "the file has no file header",
                _ => "the file has no file control",
            };
            let place = (self.line, "file", "");
            self.say(Severity::Error, &codes::NACHA_RECORD_ORDER, place, message.to_owned());
        }
        let blocks = self.lines.div_ceil(10);
        if let Some((line, said)) = self.blocks
            && said != blocks
        {
            let place = (line, Kind::FileControl.as_str(), layout::file_control::BLOCKS.name);
            let message = format!("it is {said}, counted {blocks}");
            self.say(Severity::Error, &codes::NACHA_COUNT, place, message);
        }
        if !self.lines.is_multiple_of(10) {
            let message = format!("{} lines are no multiple of ten: lines of nines are missing", self.lines);
            self.say(Severity::Warning, &codes::NACHA_BLOCKING, (0, "file", ""), message);
        }
        self.summary.debit_cents = self.file.debit;
        self.summary.credit_cents = self.file.credit;
        self.summary
    }
}

/// A date in the form YYMMDD, of the years 1970 to 2069.
fn date_of(text: &str) -> Option<NaiveDate> {
    if text.len() != 6 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let part = |range: std::ops::Range<usize>| text.get(range)?.parse::<u32>().ok();
    let year = part(0..2)?;
    let year = if year < 70 { 2000 + year } else { 1900 + year };
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, part(2..4)?, part(4..6)?)
}

/// Nine digits, the last one the check digit of the others.
fn has_check_digit(nine: &[u8]) -> bool {
    nine.len() == 9 && aba_check_digit(&nine[..8]).map(|d| d + b'0') == Some(nine[8])
}
