//! The check of an entry and its addenda.

use super::super::class_rules::{Addenda, ClassRule};
use super::super::codes::{Direction, direction, is_prenote, is_return, is_zero_remittance};
use super::super::layout::{self, Field, Fill};
use super::super::record::{Kind, Record};
use super::super::{change_reason, return_reason};
use super::{Checker, Entry, has_check_digit};
use crate::Severity;
use crate::error::codes;

impl Checker<'_> {
    pub(super) fn entry(&mut self, record: &Record) {
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

    pub(super) fn addenda(&mut self, record: &Record) {
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
    pub(super) fn end_entry(&mut self) {
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
}
