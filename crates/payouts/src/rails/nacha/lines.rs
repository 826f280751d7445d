//! The lines of a NACHA file, read one by one with the layout they had, so that they can be written as they were.

use super::record::{RECORD_LEN, Record};
use crate::PayoutsError;
use crate::error::codes;
use std::io::{BufRead, Write};

/// The longest line that is looked at; a longer one is no NACHA file.
const LINE_MAX: usize = 64 * RECORD_LEN;

/// How a line ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ending {
    /// `\n`.
    Lf,
    /// `\r\n`.
    CrLf,
    /// Nothing: the end of the file, or records without ends of lines between them.
    None,
}

impl Ending {
    const fn bytes(self) -> &'static [u8] {
        match self {
            Self::Lf => b"\n",
            Self::CrLf => b"\r\n",
            Self::None => b"",
        }
    }
}

/// A line: its record and its layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The record, filled to 94 characters.
    pub record: Record,
    /// The line, from 1; of records without ends of lines, the number of the record.
    pub number: u64,
    /// How many characters stood on the line; may be fewer or more than 94, 0 for an empty line.
    pub len: usize,
    /// What stood after column 94.
    pub rest: Vec<u8>,
    /// How it ended.
    pub ending: Ending,
}

impl Line {
    /// Writes the line as it was read.
    ///
    /// # Errors
    /// What the output says.
    pub fn write(&self, out: &mut impl Write) -> std::io::Result<()> {
        out.write_all(&self.record.bytes()[..self.len.min(RECORD_LEN)])?;
        out.write_all(&self.rest)?;
        out.write_all(self.ending.bytes())
    }
}

/// Reads lines from a stream. Memory does not depend on the length of the file.
#[derive(Debug)]
pub struct Lines<R> {
    input: R,
    buffer: Vec<u8>,
    /// Where the unread part of `buffer` begins, if records stand in it without ends of lines.
    at: usize,
    ending: Ending,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    /// Lines of `input`.
    pub const fn new(input: R) -> Self {
        Self { input, buffer: Vec::new(), at: 0, ending: Ending::None, number: 0 }
    }

    /// The next line; `None` at the end.
    ///
    /// # Errors
    /// [`PayoutsError::Io`]; [`PayoutsError::Content`] for a line that is far too long.
    pub fn next_line(&mut self) -> Result<Option<Line>, PayoutsError> {
        if self.at < self.buffer.len() {
            return Ok(Some(self.cut()));
        }
        self.buffer.clear();
        self.at = 0;
        if !self.fill()? {
            return Ok(None);
        }
        Ok(Some(self.cut()))
    }

    /// Reads a line, or a block of records without ends of lines, into the buffer.
    fn fill(&mut self) -> Result<bool, PayoutsError> {
        loop {
            let ready = self.input.fill_buf()?;
            if ready.is_empty() {
                self.ending = Ending::None;
                return Ok(!self.buffer.is_empty());
            }
            let room = LINE_MAX + 1 - self.buffer.len();
            let seen = &ready[..ready.len().min(room)];
            if let Some(end) = seen.iter().position(|b| *b == b'\n') {
                self.buffer.extend_from_slice(&seen[..end]);
                self.input.consume(end + 1);
                self.ending = if self.buffer.last() == Some(&b'\r') {
                    self.buffer.pop();
                    Ending::CrLf
                } else {
                    Ending::Lf
                };
                return Ok(true);
            }
            self.buffer.extend_from_slice(seen);
            let seen = seen.len();
            self.input.consume(seen);
            if self.buffer.len() > LINE_MAX {
                if self.buffer.first() == Some(&b'1') || self.number > 0 && self.ending == Ending::None {
                    // Records without ends of lines: take whole ones, the rest comes with the next call.
                    let more = RECORD_LEN - self.buffer.len() % RECORD_LEN;
                    let mut tail = vec![0; more % RECORD_LEN];
                    let mut got = 0;
                    while got < tail.len() {
                        let read = self.input.read(&mut tail[got..])?;
                        if read == 0 {
                            break;
                        }
                        got += read;
                    }
                    self.buffer.extend_from_slice(&tail[..got]);
                    self.ending = Ending::None;
                    return Ok(true);
                }
                return Err(PayoutsError::Content {
                    code: &codes::NACHA_LINE_LENGTH,
                    line: self.number + 1,
                    message: format!("the line has more than {LINE_MAX} characters"),
                });
            }
        }
    }

    /// The next line out of the buffer.
    fn cut(&mut self) -> Line {
        self.number += 1;
        let all = &self.buffer[self.at..];
        let several = self.buffer.len() > RECORD_LEN && self.buffer.len().is_multiple_of(RECORD_LEN);
        if several && all.len() > RECORD_LEN {
            let record = Record::from_bytes(all);
            self.at += RECORD_LEN;
            return Line {
                record,
                number: self.number,
                len: RECORD_LEN,
                rest: Vec::new(),
                ending: Ending::None,
            };
        }
        let rest = all.get(RECORD_LEN..).unwrap_or_default().to_vec();
        let line = Line {
            record: Record::from_bytes(all),
            number: self.number,
            len: all.len(),
            rest,
            ending: self.ending,
        };
        self.buffer.clear();
        self.at = 0;
        line
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = Result<Line, PayoutsError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_line().transpose()
    }
}
