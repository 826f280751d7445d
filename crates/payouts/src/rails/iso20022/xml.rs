//! The guarded XML reader: bounded tokens, and the line of each.

use std::io::{BufRead, Read, Result};

/// The most bytes of a tag or a text.
pub(super) const TOKEN_MAX: usize = 1 << 20;
/// The deepest nesting of elements.
pub(super) const DEPTH_MAX: usize = 64;

/// Counts what is taken for one token and stops where it becomes too long: memory stays bounded whatever the file.
#[derive(Debug)]
pub(super) struct Bounded<R> {
    input: R,
    left: usize,
}

impl<R> Bounded<R> {
    pub(super) const fn new(input: R) -> Self {
        Self { input, left: TOKEN_MAX }
    }

    /// A new token begins.
    pub(super) const fn renew(&mut self) {
        self.left = TOKEN_MAX;
    }
}

impl<R: BufRead> Read for Bounded<R> {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        let n = self.fill_buf()?.read(buf)?;
        self.consume(n);
        Ok(n)
    }
}

impl<R: BufRead> BufRead for Bounded<R> {
    fn fill_buf(&mut self) -> Result<&[u8]> {
        if self.left == 0 {
            return Err(std::io::Error::other("a tag or a text has more than 1 MiB"));
        }
        let ready = self.input.fill_buf()?;
        Ok(&ready[..ready.len().min(self.left)])
    }

    fn consume(&mut self, amount: usize) {
        self.left = self.left.saturating_sub(amount);
        self.input.consume(amount);
    }
}

/// The character that a reference stands for: one of the five that XML has, or a number. `None` for others.
pub(super) fn reference(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code).filter(|c| *c >= ' ' || matches!(c, '\t' | '\n' | '\r'))
        }
    }
}
