//! Whether a NACHA file is valid, and where not: one pass, memory independent of the file's size.

use super::class_rules::{Addenda, ClassRule, class_rule};
use super::codes::{Direction, direction, is_prenote, is_return, is_zero_remittance};
use super::layout::{self, Field, Fill};
use super::lines::{Line, Lines};
use super::record::{Kind, RECORD_LEN, Record};
use super::totals::Totals;
use super::{change_reason, return_reason};
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
            self.error(&codes::NACHA_RECORD_ORDER, kind, "record type", format!("{}", self.misplaced(kind)));
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

    fn entry(&mut self, record: &Record) {
        use layout::{adv_entry as a, ctx_entry as x, entry as e, iat_entry as i};
        let kind = Kind::Entry;
        let (class, header, service) = match &self.batch {
            Some(batch) => (batch.rule.map_or("", |r| r.code), Some(batch.header), batch.service),
            None => ("", None, 0),
        };
        let (fields, amount) = match class {
            "CTX" | "TRX" | "ATX" => (x::ALL, x::AMOUNT),
            "IAT" => (i::ALL, i::AMOUNT),
            "ADV" => (a::ALL, a::AMOUNT),
            _ => (e::ALL, e::AMOUNT),
        };
        self.fields(kind, record, fields);
        let code = record.number(e::CODE).unwrap_or(0);
        let way = direction(code);
        if way.is_none() || (class == "ADV") != (code > 80) {
            self.error(&codes::NACHA_CODE_UNKNOWN, kind, e::CODE.name, "there is no such transaction code");
        }
        if !has_check_digit(&record.bytes()[3..12]) {
            let message = "it does not fit the routing number";
            self.error(&codes::NACHA_CHECK_DIGIT, kind, e::CHECK.name, message);
        }
        let wrong_way = match (service, way) {
            (220, Some(Direction::Debit)) => Some("a debit in a batch of credits only"),
            (225, Some(Direction::Credit)) => Some("a credit in a batch of debits only"),
            _ => None,
        };
        if let Some(message) = wrong_way {
            // Files of class IAT in use do not keep to it.
            let severity = if class == "IAT" { Severity::Warning } else { Severity::Error };
            let place = (self.line, kind.as_str(), e::CODE.name);
            self.say(severity, &codes::NACHA_MISMATCH, place, message.to_owned());
        }
        if class != "ADV" {
            if class == "IAT" {
                self.not_empty(kind, record, i::ACCOUNT);
            } else {
                self.not_empty(kind, record, e::ACCOUNT);
                let named = if fields == x::ALL { x::NAME } else { e::NAME };
                if !matches!(class, "TRC" | "XCK" | "ARC" | "BOC" | "POP") {
                    self.not_empty(kind, record, named);
                }
            }
        }
        let indicator = record.raw(e::INDICATOR)[0];
        if !matches!(indicator, b'0' | b'1' | b' ') {
            self.error(&codes::NACHA_CODE_UNKNOWN, kind, e::INDICATOR.name, "it must be 0 or 1");
        }
        let trace = record.number(e::TRACE);
        if class != "ADV" {
            self.trace(record, header.as_ref(), trace);
        }
        let cents = record.number(amount).unwrap_or(0);
        let rdfi = record.number(e::RDFI).unwrap_or(0);
        self.summary.entries += 1;
        if let Some(batch) = &mut self.batch {
            batch.totals.entry(rdfi, way, cents);
            batch.entries += 1;
            batch.trace = trace.or(batch.trace);
        }
        let announced = (fields == x::ALL).then(|| record.number(x::ADDENDA)).flatten();
        self.entry = Some(Entry {
            record: *record,
            line: self.line,
            expects: indicator == b'1',
            announced,
            of_type: [0; 100],
            last_sequence: 0,
            trace: trace.unwrap_or(0),
            cents,
            code,
        });
    }

    fn trace(&mut self, record: &Record, header: Option<&Record>, trace: Option<u64>) {
        use layout::{batch_header as b, entry as e};
        let kind = Kind::Entry;
        let Some(trace) = trace else {
            self.error(&codes::NACHA_FIELD, kind, e::TRACE.name, "only digits may stand here");
            return;
        };
        if header.is_some_and(|h| h.raw(b::ODFI) != &record.raw(e::TRACE)[..8]) {
            let message = "its first eight digits differ from the originating bank of the batch header";
            self.error(&codes::NACHA_TRACE, kind, e::TRACE.name, message);
        }
        if self.batch.as_ref().and_then(|b| b.trace).is_some_and(|last| trace <= last) {
            let message = "it must be above that of the entry before";
            self.error(&codes::NACHA_TRACE, kind, e::TRACE.name, message);
        }
    }

    fn addenda(&mut self, record: &Record) {
        use layout::{addenda02, addenda05, addenda98, addenda99, iat_extra, iat_party};
        let kind = Kind::Addenda;
        let number = record.number(addenda05::TYPE).unwrap_or(0);
        let rule = self.batch.as_ref().and_then(|b| b.rule);
        let is_iat = rule.is_some_and(|r| r.addenda == Addenda::Iat);
        let fields = match (number, is_iat) {
            (2, false) => addenda02::ALL,
            (5, false) => addenda05::ALL,
            (10..=16, true) => iat_party::ALL,
            (17 | 18, true) => iat_extra::ALL,
            (98, _) => addenda98::ALL,
            (99, _) => addenda99::ALL,
            // Of a class that is not known, that is said once, at its header.
            (2..=18, _) if rule.is_none() => &[],
            _ => {
                self.error(
                    &codes::NACHA_CODE_UNKNOWN,
                    kind,
                    addenda05::TYPE.name,
                    "there is no such addenda type in this class",
                );
                &[]
            }
        };
        self.fields(kind, record, fields);
        if let Some(batch) = &mut self.batch {
            batch.totals.count += 1;
        }
        match number {
            98 => {
                if change_reason(record.text(addenda98::CODE)).is_none() {
                    self.error(
                        &codes::NACHA_CODE_UNKNOWN,
                        kind,
                        addenda98::CODE.name,
                        "there is no such change code",
                    );
                }
                self.not_empty(kind, record, addenda98::CORRECTED);
            }
            99 => {
                if return_reason(record.text(addenda99::CODE)).is_none() {
                    self.error(
                        &codes::NACHA_CODE_UNKNOWN,
                        kind,
                        addenda99::CODE.name,
                        "there is no such return reason",
                    );
                }
                self.not_empty(kind, record, addenda99::ORIGINAL_TRACE);
            }
            10 => self.not_empty(
                kind,
                record,
                Field { name: "receiving company name", at: 47, len: 35, fill: Fill::Text },
            ),
            _ => {}
        }
        let Some(entry) = &mut self.entry else { return };
        if let Some(count) = usize::try_from(number).ok().and_then(|n| entry.of_type.get_mut(n)) {
            *count += 1;
        }
        let (trace, last) = (entry.trace, entry.last_sequence);
        let sequence = record.number(addenda05::SEQUENCE).unwrap_or(0);
        let numbered = matches!(number, 5) || is_iat && matches!(number, 10..=18);
        if numbered && record.number(addenda05::ENTRY).is_some_and(|own| own != trace % 10_000_000) {
            let message = "it differs from the last seven digits of the entry's trace number";
            self.error(&codes::NACHA_TRACE, kind, addenda05::ENTRY.name, message);
        }
        if number == 5 {
            if sequence != last + 1 {
                let message = format!("it is {sequence}, the addenda before has {last}");
                self.error(&codes::NACHA_TRACE, kind, addenda05::SEQUENCE.name, message);
            }
            if let Some(entry) = &mut self.entry {
                entry.last_sequence = sequence;
            }
        }
    }

    /// All addenda of the entry are seen.
    fn end_entry(&mut self) {
        let Some(entry) = self.entry.take() else { return };
        let Some(rule) = self.batch.as_ref().and_then(|b| b.rule) else { return };
        use layout::{addenda05, entry as e};
        let here = |field| (entry.line, Kind::Entry.as_str(), field);
        let seen: u32 = entry.of_type.iter().sum();
        let indicator = here(e::INDICATOR.name);
        if entry.expects && seen == 0 {
            let message = "it announces addenda, and none follow".to_owned();
            self.say(Severity::Error, &codes::NACHA_COUNT, indicator, message);
        }
        if !entry.expects && seen > 0 {
            let message = "it announces no addenda, and some follow".to_owned();
            self.say(Severity::Error, &codes::NACHA_COUNT, indicator, message);
        }
        let class_rule = &codes::NACHA_CLASS_RULE;
        let answered = entry.of_type[99] > 0 || entry.of_type[98] > 0;
        let kinds = here(addenda05::TYPE.name);
        if entry.of_type[99] + entry.of_type[98] > 1 {
            self.say(
                Severity::Error,
                class_rule,
                kinds,
                "an entry has one addenda of type 98 or 99".to_owned(),
            );
        }
        if !answered {
            let fits = match rule.addenda {
                Addenda::None => seen == 0,
                Addenda::Remark(most) => entry.of_type[2] == 0 && entry.of_type[5] <= most,
                Addenda::Terminal => entry.of_type[2] == 1 && seen == 1,
                Addenda::Iat => {
                    entry.of_type[10..=16].iter().all(|n| *n == 1)
                        && entry.of_type[17] <= 2
                        && entry.of_type[18] <= 5
                }
                Addenda::Change => false,
            };
            if !fits {
                let what = match rule.addenda {
                    Addenda::None => "no addenda".to_owned(),
                    Addenda::Remark(most) => format!("at most {most} addenda, of type 05"),
                    Addenda::Terminal => "one addenda, of type 02".to_owned(),
                    Addenda::Iat => {
                        "one addenda of each type from 10 to 16, at most two of type 17 and five of type 18"
                            .to_owned()
                    }
                    Addenda::Change => "one addenda, of type 98".to_owned(),
                };
                let message = format!("an entry of class {} has {what}", rule.code);
                self.say(Severity::Error, class_rule, kinds, message);
            }
            if let Some(announced) = entry.announced
                && announced != u64::from(entry.of_type[5])
            {
                let message = format!("it is {announced}, {} follow", entry.of_type[5]);
                let field = here(layout::ctx_entry::ADDENDA.name);
                self.say(Severity::Error, &codes::NACHA_COUNT, field, message);
            }
        }
        self.amount(&entry, rule, answered);
    }

    fn amount(&mut self, entry: &Entry, rule: &ClassRule, answered: bool) {
        use layout::entry as e;
        let here = |field| (entry.line, Kind::Entry.as_str(), field);
        let class_rule = &codes::NACHA_CLASS_RULE;
        let (code, cents) = (entry.code, entry.cents);
        let zero = entry.of_type[98] > 0 || is_prenote(code) || is_zero_remittance(code) || rule.zero;
        if zero && cents != 0 {
            let message = "prenotes, notifications of change and entries without money have the amount zero";
            self.say(Severity::Error, class_rule, here(e::AMOUNT.name), message.to_owned());
        }
        let numeric = entry.record.raw(e::AMOUNT).iter().all(u8::is_ascii_digit);
        if !zero && cents == 0 && numeric && !answered && !is_return(code) && rule.code != "ADV" {
            self.say(Severity::Error, class_rule, here(e::AMOUNT.name), "it is zero".to_owned());
        }
        if answered {
            return;
        }
        if rule.cents_max.is_some_and(|most| cents > most) {
            let message = format!("it is above what class {} allows", rule.code);
            self.say(Severity::Error, class_rule, here(e::AMOUNT.name), message);
        }
        if let (Some(only), Some(way)) = (rule.only, direction(code))
            && only != way
        {
            let only = if only == Direction::Debit { "debits" } else { "credits" };
            let message = format!("class {} has {only} only", rule.code);
            self.say(Severity::Error, class_rule, here(e::CODE.name), message);
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
