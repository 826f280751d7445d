//! Writes elements, indented, with what must be escaped escaped.

use crate::PayoutsError;
use pmts_money::Money;
use std::io::Write;

pub(super) struct Elements<W> {
    out: W,
    open: Vec<&'static str>,
}

impl<W: Write> Elements<W> {
    pub(super) const fn new(out: W) -> Self {
        Self { out, open: Vec::new() }
    }

    pub(super) fn declaration(&mut self) -> Result<(), PayoutsError> {
        Ok(writeln!(self.out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?)
    }

    fn indent(&mut self) -> Result<(), PayoutsError> {
        Ok(write!(self.out, "{:width$}", "", width = 2 * self.open.len())?)
    }

    /// Opens the outermost element of a message.
    pub(super) fn root(&mut self, name: &'static str, message: &str) -> Result<(), PayoutsError> {
        self.indent()?;
        writeln!(self.out, "<{name} xmlns=\"urn:iso:std:iso:20022:tech:xsd:{message}\">")?;
        self.open.push(name);
        Ok(())
    }

    pub(super) fn open(&mut self, name: &'static str) -> Result<(), PayoutsError> {
        self.indent()?;
        writeln!(self.out, "<{name}>")?;
        self.open.push(name);
        Ok(())
    }

    /// Closes so many elements.
    pub(super) fn close(&mut self, times: usize) -> Result<(), PayoutsError> {
        for _ in 0..times {
            if let Some(name) = self.open.pop() {
                self.indent()?;
                writeln!(self.out, "</{name}>")?;
            }
        }
        Ok(())
    }

    pub(super) fn leaf(&mut self, name: &'static str, text: &str) -> Result<(), PayoutsError> {
        self.indent()?;
        write!(self.out, "<{name}>")?;
        self.text(text)?;
        Ok(writeln!(self.out, "</{name}>")?)
    }

    /// Elements within each other, the innermost with this text.
    pub(super) fn nested(&mut self, names: &[&'static str], text: &str) -> Result<(), PayoutsError> {
        let Some((last, outer)) = names.split_last() else { return Ok(()) };
        for name in outer {
            self.open(name)?;
        }
        self.leaf(last, text)?;
        self.close(outer.len())
    }

    pub(super) fn money(&mut self, name: &'static str, money: Money) -> Result<(), PayoutsError> {
        self.indent()?;
        let (amount, code) = (money.to_decimal_string(), money.currency().code());
        Ok(writeln!(self.out, "<{name} Ccy=\"{code}\">{amount}</{name}>")?)
    }

    fn text(&mut self, text: &str) -> Result<(), PayoutsError> {
        for c in text.chars() {
            match c {
                '&' => write!(self.out, "&amp;")?,
                '<' => write!(self.out, "&lt;")?,
                '>' => write!(self.out, "&gt;")?,
                c => write!(self.out, "{c}")?,
            }
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<W, PayoutsError> {
        let open = self.open.len();
        self.close(open)?;
        self.out.flush()?;
        Ok(self.out)
    }
}

/// A text that fits its place: so many characters, none of them control characters.
///
/// # Errors
/// [`PayoutsError::Unwritable`].
pub(super) fn fits(
    record: &'static str,
    field: &'static str,
    text: &str,
    max: usize,
) -> Result<(), PayoutsError> {
    let why = if text.trim().is_empty() {
        "it is empty"
    } else if text.chars().count() > max {
        "it is too long"
    } else if text.chars().any(char::is_control) {
        "it has a control character"
    } else {
        return Ok(());
    };
    Err(PayoutsError::Unwritable { record, field, why })
}
