//! Reading gzip (RFC 1952): one or more members, checked by their sums.

use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZFlush, MZStatus};
use std::io::{self, BufRead, Read};

/// Reads what is inside. A file that ends early or does not fit its sums is an error, never a shorter text.
pub struct GzipReader<R> {
    inner: R,
    state: Box<InflateState>,
    inside: bool,
    begun: bool,
    sum: u32,
    length: u32,
    table: [u32; 256],
}

impl<R: BufRead> GzipReader<R> {
    /// A reader. Nothing is read yet.
    pub fn new(inner: R) -> Self {
        let state = InflateState::new_boxed(DataFormat::Raw);
        Self { inner, state, inside: false, begun: false, sum: 0, length: 0, table: table() }
    }

    fn byte(&mut self) -> io::Result<u8> {
        let mut one = [0];
        self.inner.read_exact(&mut one)?;
        Ok(one[0])
    }

    /// Reads the head of the next member. False at the end of the file.
    fn head(&mut self) -> io::Result<bool> {
        if self.begun && self.inner.fill_buf()?.is_empty() {
            return Ok(false);
        }
        let mut fixed = [0; 10];
        self.inner.read_exact(&mut fixed)?;
        if fixed[..3] != [0x1f, 0x8b, 8] {
            return Err(bad("this is not gzip"));
        }
        let flags = fixed[3];
        if flags & 4 != 0 {
            let length = u16::from_le_bytes([self.byte()?, self.byte()?]);
            for _ in 0..length {
                self.byte()?;
            }
        }
        for flag in [8, 16] {
            // A name and a comment end with a zero.
            if flags & flag != 0 {
                while self.byte()? != 0 {}
            }
        }
        if flags & 2 != 0 {
            self.byte()?;
            self.byte()?;
        }
        self.state = InflateState::new_boxed(DataFormat::Raw);
        (self.inside, self.begun, self.sum, self.length) = (true, true, u32::MAX, 0);
        Ok(true)
    }

    fn tail(&mut self) -> io::Result<()> {
        let mut tail = [0; 8];
        self.inner.read_exact(&mut tail)?;
        let number = |at: usize| u32::from_le_bytes([tail[at], tail[at + 1], tail[at + 2], tail[at + 3]]);
        self.inside = false;
        if number(0) == !self.sum && number(4) == self.length {
            Ok(())
        } else {
            Err(bad("the sums do not fit"))
        }
    }
}

impl<R: BufRead> Read for GzipReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            if !self.inside && !self.head()? {
                return Ok(0);
            }
            let input = self.inner.fill_buf()?;
            let ended = input.is_empty();
            let result = inflate(&mut self.state, input, out, MZFlush::None);
            self.inner.consume(result.bytes_consumed);
            let written = &out[..result.bytes_written];
            for b in written {
                let place = (self.sum ^ u32::from(*b)) & 0xff;
                self.sum = self.table[place as usize] ^ (self.sum >> 8);
            }
            self.length = self.length.wrapping_add(u32::try_from(written.len()).unwrap_or(0));
            match result.status {
                Ok(MZStatus::StreamEnd) => self.tail()?,
                Ok(_) => {}
                Err(miniz_oxide::MZError::Buf) if !ended => {}
                Err(_) => return Err(bad("damaged, or it ends early")),
            }
            if result.bytes_written > 0 {
                return Ok(result.bytes_written);
            }
            if ended && self.inside && result.bytes_consumed == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

fn bad(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

fn table() -> [u32; 256] {
    let mut table = [0; 256];
    for (place, n) in table.iter_mut().zip(0_u32..) {
        *place = (0..8).fold(n, |c, _| if c & 1 == 1 { 0xEDB8_8320 ^ (c >> 1) } else { c >> 1 });
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The least header: deflate, no name, no time.
    const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];

    fn stored(text: &[u8]) -> Vec<u8> {
        let mut sum = u32::MAX;
        for b in text {
            sum = table()[((sum ^ u32::from(*b)) & 0xff) as usize] ^ (sum >> 8);
        }
        let mut file = HEADER.to_vec();
        file.extend(miniz_oxide::deflate::compress_to_vec(text, 6));
        file.extend((!sum).to_le_bytes());
        file.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
        file
    }

    fn read(file: &[u8]) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        GzipReader::new(io::BufReader::with_capacity(7, file)).read_to_end(&mut text).map(|_| text)
    }

    #[test]
    fn members_are_read_one_after_the_other() {
        let text: Vec<u8> = (0..200_000_u64).flat_map(|n| (n * n).to_string().into_bytes()).collect();
        let one = stored(&text);
        assert_eq!(read(&one).unwrap(), text);
        assert_eq!(read(&[one.clone(), stored(b"more")].concat()).unwrap(), [&text[..], b"more"].concat());
    }

    #[test]
    fn a_cut_or_changed_file_is_an_error() {
        let file = stored(b"amount 12.34, amount 12.35, amount 12.36");
        for cut in 0..file.len() {
            assert!(read(&file[..cut]).is_err(), "{cut}");
        }
        for at in (0..3).chain(10..file.len()) {
            let mut changed = file.clone();
            changed[at] ^= 4;
            assert!(read(&changed).is_err(), "{at}");
        }
        assert!(read(b"TRANSACTION_ID,TX").is_err());
    }
}
