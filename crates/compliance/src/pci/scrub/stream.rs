//! Card numbers in what is too long to be held: files, streams.

use super::scrubber::{Finding, Scrubber};
use std::io::{ErrorKind, Read};
use zeroize::Zeroizing;

/// What is read at a time.
const PIECE: usize = 1 << 20;
/// So much stands before and after a place when it is judged. No number, nor what says what it is, is longer.
const AROUND: usize = 4_096;

impl Scrubber {
    /// The card numbers in all that a reader gives, in its order, each with the place of its first byte; [`Finding::at`] is within the piece
    /// that was read and says only how long it is. Gives how many bytes were read. What was read is wiped from memory.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn find_in(
        &mut self,
        mut reader: impl Read,
        mut take: impl FnMut(u64, Finding),
    ) -> std::io::Result<u64> {
        let mut piece = Zeroizing::new(vec![0; PIECE + 2 * AROUND]);
        // How much of the piece is filled, where in the whole it begins, and up to where in it all was told.
        let (mut filled, mut begins, mut told) = (0, 0_u64, 0);
        loop {
            let read = match reader.read(&mut piece[filled..]) {
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            filled += read;
            if read > 0 && filled < piece.len() {
                continue;
            }
            let to = if read == 0 { filled } else { filled - AROUND };
            for finding in self.find(&piece[..filled]) {
                if (told..to).contains(&finding.at.start) {
                    take(begins + finding.at.start as u64, finding);
                }
            }
            if read == 0 {
                return Ok(begins + filled as u64);
            }
            let keep = to - AROUND;
            piece.copy_within(keep..filled, 0);
            (filled, begins, told) = (filled - keep, begins + keep as u64, AROUND);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Caution;
    use super::*;

    /// Gives odd pieces, and is interrupted in between.
    struct Drips<'a>(&'a [u8], usize);

    impl Read for Drips<'_> {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            self.1 += 1;
            if self.1.is_multiple_of(7) {
                return Err(ErrorKind::Interrupted.into());
            }
            let some = into.len().min(self.0.len()).min(1 + self.1 * 7_919 % 60_000);
            into[..some].copy_from_slice(&self.0[..some]);
            self.0 = &self.0[some..];
            Ok(some)
        }
    }

    #[test]
    fn numbers_are_found_once_wherever_pieces_end() {
        let card = b"4242424242424242";
        let mut text = vec![b'.'; 3 * PIECE + 5];
        // Around each end of a piece, begun a byte later each time.
        let mut places = vec![0, text.len() - card.len()];
        for end in [PIECE + AROUND, PIECE + 2 * AROUND, 2 * PIECE + AROUND, 2 * PIECE + 2 * AROUND] {
            places.extend((0..12).map(|n| end - 200 + n * 33));
        }
        places.iter().for_each(|at| text[*at..*at + card.len()].copy_from_slice(card));
        places.sort_unstable();
        let mut found = Vec::new();
        let read = Scrubber::new(Caution::Any).find_in(Drips(&text, 0), |at, _| found.push(at as usize));
        assert_eq!((read.unwrap(), found), (text.len() as u64, places));
    }

    #[test]
    fn what_cannot_be_read_is_an_error_and_nothing_is_no_number() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
                Err(ErrorKind::PermissionDenied.into())
            }
        }
        let mut scrubber = Scrubber::new(Caution::Any);
        assert!(scrubber.find_in(Broken, |_, _| {}).is_err());
        assert_eq!(scrubber.find_in(&b""[..], |_, _| panic!("a number in nothing")).unwrap(), 0);
    }
}
