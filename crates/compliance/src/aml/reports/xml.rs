//! XML of the BSA E-Filing System: every element with content of its own has a number that is unique in the file.

use crate::aml::party::Day;

/// What is written, with the next number.
pub(super) struct Xml {
    text: String,
    next: u64,
}

impl Xml {
    pub(super) fn new() -> Self {
        Self { text: String::new(), next: 0 }
    }

    /// An element with a number, and what is in it.
    pub(super) fn group(&mut self, name: &str, inside: impl FnOnce(&mut Self)) {
        self.next += 1;
        self.text.push_str(&format!("<fc2:{name} SeqNum=\"{}\">", self.next));
        inside(self);
        self.text.push_str(&format!("</fc2:{name}>"));
    }

    /// An element with text: at most `most` characters, spaces as the schema wants them. Characters that XML does not have are left out.
    pub(super) fn text(&mut self, name: &str, text: &str, most: usize) {
        let single = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let cut: String = single.chars().filter(|c| !c.is_control()).take(most).collect();
        self.text.push_str(&format!("<fc2:{name}>"));
        for c in cut.trim_end().chars() {
            match c {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                '\u{fffe}' | '\u{ffff}' => {}
                other => self.text.push(other),
            }
        }
        self.text.push_str(&format!("</fc2:{name}>"));
    }

    /// The same if there is text.
    pub(super) fn text_if(&mut self, name: &str, text: &str, most: usize) {
        if !text.trim().is_empty() {
            self.text(name, text, most);
        }
    }

    pub(super) fn yes(&mut self, name: &str) {
        self.text(name, "Y", 1);
    }

    pub(super) fn date(&mut self, name: &str, day: Day) {
        self.text(name, &format!("{:04}{:02}{:02}", day.year(), day.month(), day.day()), 8);
    }

    /// Whole dollars: what is over is rounded up, as FinCEN asks for.
    pub(super) fn dollars(&mut self, name: &str, cents: i64) {
        self.text(name, &dollars(cents).to_string(), 15);
    }

    /// The file. Counts stand at its head.
    pub(super) fn file(self, form: &str, head: &[(&str, i64)]) -> String {
        let head: String = head.iter().map(|(name, value)| format!(" {name}=\"{value}\"")).collect();
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<fc2:EFilingBatchXML xmlns:fc2=\"www.fincen.gov/base\"{head}>\
             <fc2:FormTypeCode>{form}</fc2:FormTypeCode>{}</fc2:EFilingBatchXML>\n",
            self.text
        )
    }
}

pub(super) fn dollars(cents: i64) -> i64 {
    cents.max(0).saturating_add(99) / 100
}
