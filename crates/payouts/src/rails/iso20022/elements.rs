//! Elements of a message one by one, without its schema: what the readers are made of.

use super::xml::{Bounded, DEPTH_MAX};
use crate::PayoutsError;
use crate::error::codes;
use quick_xml::Reader;
use quick_xml::events::Event;
use std::io::BufRead;

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// An element begins: the last of the path.
    Open,
    /// An element ends: the last of the path; `text` is what stood in it, if no element did.
    Close,
    /// The file ends.
    End,
}

/// Reads elements. Namespaces are not looked at: [`check`](super::check()) does.
pub(super) struct Elements<R> {
    reader: Reader<Bounded<R>>,
    buffer: Vec<u8>,
    known: &'static [&'static str],
    path: Vec<&'static str>,
    /// An empty element was opened and closes next.
    pending_close: bool,
    /// The element at the end of the path closed: it leaves the path with the next step.
    leaving: bool,
    pub(super) text: String,
    /// The attribute Ccy of the last element that opened.
    pub(super) currency: String,
    line: u64,
}

impl<R: BufRead> Elements<R> {
    /// Elements of `input`; names that are not `known` are the empty text in the path.
    pub(super) fn new(input: R, known: &'static [&'static str]) -> Self {
        Self {
            reader: Reader::from_reader(Bounded::new(input)),
            buffer: Vec::new(),
            known,
            path: Vec::new(),
            pending_close: false,
            leaving: false,
            text: String::new(),
            currency: String::new(),
            line: 1,
        }
    }

    /// The names of the open elements, outermost first.
    pub(super) fn path(&self) -> &[&'static str] {
        &self.path
    }

    /// The last names of the path, as many as asked for; empty ones before if there are fewer.
    pub(super) fn tail<const N: usize>(&self) -> [&'static str; N] {
        let at = self.path.len();
        std::array::from_fn(|i| (at + i).checked_sub(N).map_or("", |at| self.path[at]))
    }

    pub(super) fn fault(&self, code: &'static pmts_kernel::CodeInfo, message: &str) -> PayoutsError {
        PayoutsError::Content { code, line: self.line, message: message.to_owned() }
    }

    pub(super) fn next(&mut self) -> Result<Next, PayoutsError> {
        if self.leaving {
            self.path.pop();
            self.text.clear();
            self.leaving = false;
        }
        if self.pending_close {
            self.pending_close = false;
            self.leaving = true;
            return Ok(Next::Close);
        }
        loop {
            self.buffer.clear();
            self.reader.get_mut().renew();
            let event = match self.reader.read_event_into(&mut self.buffer) {
                Ok(event) => event,
                Err(quick_xml::Error::Io(e)) => {
                    return Err(std::io::Error::new(e.kind(), e.to_string()).into());
                }
                Err(_) => {
                    let message = "the XML is not well formed".to_owned();
                    return Err(PayoutsError::Content {
                        code: &codes::XML_MALFORMED,
                        line: self.line,
                        message,
                    });
                }
            };
            let lines = |text: &str| text.bytes().filter(|b| *b == b'\n').count() as u64;
            let forbidden = |line, message: &str| {
                Err(PayoutsError::Content { code: &codes::XML_FORBIDDEN, line, message: message.to_owned() })
            };
            match &event {
                Event::Start(tag) | Event::Empty(tag) => {
                    let local = tag.local_name();
                    let name =
                        self.known.iter().find(|known| **known == local.as_ref()).copied().unwrap_or("");
                    if self.path.len() == DEPTH_MAX {
                        return forbidden(self.line, "elements are nested too deep");
                    }
                    self.path.push(name);
                    self.text.clear();
                    self.currency.clear();
                    if name.ends_with("Amt")
                        && let Ok(Some(currency)) = tag.try_get_attribute("Ccy")
                    {
                        self.currency.push_str(&currency.value);
                    }
                    self.pending_close = matches!(event, Event::Empty(_));
                    return Ok(Next::Open);
                }
                Event::End(_) => {
                    self.leaving = true;
                    return Ok(Next::Close);
                }
                Event::Text(text) => {
                    self.text.push_str(text);
                    self.line += lines(text);
                }
                Event::CData(text) => {
                    self.text.push_str(text);
                    self.line += lines(text);
                }
                Event::GeneralRef(name) => match super::xml::reference(name) {
                    Some(c) => self.text.push(c),
                    None => return forbidden(self.line, "an entity that XML does not have"),
                },
                Event::DocType(_) => return forbidden(self.line, "a document type is not allowed"),
                Event::Comment(text) => self.line += lines(text),
                Event::PI(text) => self.line += lines(text),
                Event::Decl(text) => self.line += lines(text),
                Event::Eof if self.path.is_empty() => return Ok(Next::End),
                Event::Eof => {
                    let message = "the file ends inside of an element".to_owned();
                    return Err(PayoutsError::Content {
                        code: &codes::XML_MALFORMED,
                        line: self.line,
                        message,
                    });
                }
            }
        }
    }
}
