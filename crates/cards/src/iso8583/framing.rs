//! Frames on a stream: two bytes of length, most significant first, then the message.

use crate::CardsError;
use zeroize::Zeroize;

/// The shortest message: type and bitmap.
const FRAME_BYTES_MIN: usize = 12;

/// Appends a frame around `message`.
///
/// # Errors
/// [`CardsError::FrameLength`] when it is shorter than 12 or longer than 65,535 bytes.
pub fn push_frame(message: &[u8], out: &mut Vec<u8>) -> Result<(), CardsError> {
    let length = message.len();
    let error = CardsError::FrameLength { length, min: FRAME_BYTES_MIN, max: usize::from(u16::MAX) };
    match u16::try_from(length) {
        Ok(prefix) if length >= FRAME_BYTES_MIN => {
            out.extend_from_slice(&prefix.to_be_bytes());
            out.extend_from_slice(message);
            Ok(())
        }
        _ => Err(error),
    }
}

/// Cuts a stream of bytes into frames. Memory stays within what was pushed but not yet taken.
///
/// Push what was read, then take frames until there is none; what is taken is overwritten at the next push.
pub struct Frames {
    buffer: Vec<u8>,
    taken: usize,
    frame_bytes_max: usize,
}

impl Frames {
    /// Refuses frames longer than `frame_bytes_max`.
    pub fn new(frame_bytes_max: usize) -> Self {
        Self { buffer: Vec::new(), taken: 0, frame_bytes_max }
    }

    /// Adds bytes that were read.
    pub fn push(&mut self, bytes: &[u8]) {
        let rest = self.buffer.len() - self.taken;
        self.buffer.copy_within(self.taken.., 0);
        self.buffer[rest..].zeroize();
        self.buffer.truncate(rest);
        self.taken = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The message of the next whole frame; `None` when more bytes are needed.
    ///
    /// # Errors
    /// [`CardsError::FrameLength`]: the stream cannot be trusted any more, close it.
    pub fn take(&mut self) -> Result<Option<&[u8]>, CardsError> {
        let Some((prefix, rest)) = self.buffer[self.taken..].split_first_chunk::<2>() else {
            return Ok(None);
        };
        let length = usize::from(u16::from_be_bytes(*prefix));
        if !(FRAME_BYTES_MIN..=self.frame_bytes_max).contains(&length) {
            return Err(CardsError::FrameLength { length, min: FRAME_BYTES_MIN, max: self.frame_bytes_max });
        }
        if rest.len() < length {
            return Ok(None);
        }
        let start = self.taken + 2;
        self.taken = start + length;
        Ok(Some(&self.buffer[start..self.taken]))
    }
}

impl Drop for Frames {
    fn drop(&mut self) {
        self.buffer.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]

        #[test]
        fn frames_come_out_as_they_went_in_however_the_stream_is_cut(
            messages in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 12..60), 0..8),
            step in 1_usize..40,
        ) {
            let mut stream = Vec::new();
            for m in &messages {
                push_frame(m, &mut stream).unwrap();
            }
            let (mut frames, mut out) = (Frames::new(4096), Vec::new());
            for piece in stream.chunks(step) {
                frames.push(piece);
                while let Some(m) = frames.take().unwrap() {
                    out.push(m.to_vec());
                }
            }
            prop_assert_eq!(out, messages);
        }

        #[test]
        fn any_stream_is_cut_or_refused(stream in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut frames = Frames::new(100);
            frames.push(&stream);
            while let Ok(Some(m)) = frames.take() {
                prop_assert!((12..=100).contains(&m.len()));
            }
        }
    }

    #[test]
    fn lengths_outside_the_bounds_are_refused() {
        let mut frames = Frames::new(100);
        frames.push(&[0, 101]);
        assert_eq!(frames.take(), Err(CardsError::FrameLength { length: 101, min: 12, max: 100 }));
        assert!(push_frame(&[0; 11], &mut Vec::new()).is_err());
        assert!(push_frame(&vec![0; 70_000], &mut Vec::new()).is_err());
    }
}
