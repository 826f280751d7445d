//! CSV records with the numbers of the lines they begin on, as an editor counts them.
//!
//! A record is a line; with line ends inside quotes it is several. A quote that is never closed spoils its own line only.

use csv::ByteRecord;
use std::collections::VecDeque;
use std::io::{self, BufRead, Read};

/// Longest line, in bytes.
const LINE_MAX: usize = 1 << 16;
/// Most lines of one record.
const LINES_MAX: usize = 64;

/// Reads records from `input`.
pub(super) struct CsvLines<R> {
    input: R,
    /// Number of the next line.
    number: u64,
    /// Lines that were read but belong to later records.
    ahead: VecDeque<Vec<u8>>,
}

/// A record, or a line that is none.
pub(super) struct CsvLine {
    /// The line it begins on, from 1.
    pub(super) number: u64,
    /// Its fields, or the bytes of the line and what is wrong with it.
    pub(super) fields: Result<ByteRecord, (Vec<u8>, &'static str)>,
}

impl<R: BufRead> CsvLines<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, number: 1, ahead: VecDeque::new() }
    }

    /// The next record; lines without any character are passed over.
    pub(super) fn next(&mut self) -> io::Result<Option<CsvLine>> {
        loop {
            let number = self.number;
            let Some(mut bytes) = self.line()? else { return Ok(None) };
            self.number += 1;
            if trimmed(&bytes).is_empty() {
                continue;
            }
            if bytes.len() > LINE_MAX {
                bytes.truncate(LINE_MAX);
                return Ok(Some(CsvLine {
                    number,
                    fields: Err((bytes, "the line is longer than 65536 bytes")),
                }));
            }
            return Ok(Some(CsvLine { number, fields: self.fields(bytes)? }));
        }
    }

    fn fields(&mut self, first: Vec<u8>) -> io::Result<Result<ByteRecord, (Vec<u8>, &'static str)>> {
        let mut bytes = first.clone();
        let mut more = Vec::new();
        while quotes(&bytes) % 2 == 1 {
            let full = more.len() == LINES_MAX || bytes.len() > LINE_MAX;
            match if full { None } else { self.line()? } {
                Some(line) => {
                    bytes.extend_from_slice(&line);
                    more.push(line);
                }
                None => {
                    // What was read ahead is read again as lines of its own.
                    more.into_iter().rev().for_each(|line| self.ahead.push_front(line));
                    return Ok(Err((first, "a quote is never closed")));
                }
            }
        }
        self.number += more.len() as u64;
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(trimmed(&bytes));
        let mut record = ByteRecord::new();
        let one = reader.read_byte_record(&mut record).unwrap_or(false)
            && !reader.read_byte_record(&mut ByteRecord::new()).unwrap_or(true);
        Ok(if one { Ok(record) } else { Err((first, "a carriage return inside the line")) })
    }

    /// The next line with its end; one that is too long is cut after one byte too many.
    fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        if let Some(line) = self.ahead.pop_front() {
            return Ok(Some(line));
        }
        let mut line = Vec::new();
        self.input.by_ref().take(LINE_MAX as u64 + 1).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(None);
        }
        if line.len() > LINE_MAX && !line.ends_with(b"\n") {
            self.input.skip_until(b'\n')?;
        }
        Ok(Some(line))
    }
}

fn quotes(bytes: &[u8]) -> usize {
    bytes.iter().filter(|b| **b == b'"').count()
}

/// The line without its end.
fn trimmed(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(u64, Result<Vec<String>, &'static str>)> {
        let mut lines = CsvLines::new(text.as_bytes());
        let mut all = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            let text = |r: ByteRecord| r.iter().map(|f| String::from_utf8_lossy(f).into_owned()).collect();
            all.push((line.number, line.fields.map(text).map_err(|(_, why)| why)));
        }
        all
    }

    fn fields(list: &[&str]) -> Result<Vec<String>, &'static str> {
        Ok(list.iter().map(|s| (*s).to_owned()).collect())
    }

    #[test]
    fn lines_are_numbered_as_an_editor_does() {
        let expected = [(1, fields(&["a", "b"])), (3, fields(&["c", "d"])), (4, fields(&["e"]))];
        assert_eq!(read("a,b\n\nc,d\ne"), expected);
        assert_eq!(read("a,b\r\n\r\nc,d\r\ne\r\n"), expected);
    }

    #[test]
    fn quotes_may_hold_line_ends_and_an_open_one_spoils_its_own_line() {
        assert_eq!(
            read("a,\"x\ny \"\"z\"\"\"\nb\n"),
            [(1, fields(&["a", "x\ny \"z\""])), (3, fields(&["b"]))]
        );
        assert_eq!(
            read("a,\"x\nb\nc\n"),
            [(1, Err("a quote is never closed")), (2, fields(&["b"])), (3, fields(&["c"]))]
        );
        let many: String =
            std::iter::once("a,\"x\n".to_owned()).chain((0..200).map(|n| format!("{n}\n"))).collect();
        let read_back = read(&many);
        assert_eq!(
            (read_back.len(), &read_back[0].1, read_back[200].0),
            (201, &Err("a quote is never closed"), 201)
        );
    }

    #[test]
    fn long_lines_and_stray_carriage_returns_are_told() {
        let long = "x".repeat(LINE_MAX + 100);
        assert_eq!(
            read(&format!("{long}\nb\n")),
            [(1, Err("the line is longer than 65536 bytes")), (2, fields(&["b"]))]
        );
        assert_eq!(read("a\rb\nc\n"), [(1, Err("a carriage return inside the line")), (2, fields(&["c"]))]);
    }
}
