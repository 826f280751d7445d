//! Frames on a stream: a length, perhaps the addresses of a network (TPDU), then the message.

use crate::CardsError;
use std::fmt;
use std::str::FromStr;
use zeroize::Zeroize;

/// The shortest message: a packed type and a bitmap.
const MESSAGE_BYTES_MIN: usize = 10;
const TPDU_BYTES: usize = 5;

/// How the length of a frame is written. It counts what follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum LengthHeader {
    /// Two bytes, most significant first: up to 65,535.
    #[default]
    Binary2,
    /// Four ASCII digits: up to 9,999.
    Ascii4,
    /// Four digits in two bytes: up to 9,999.
    Bcd2,
}

/// The transport protocol data unit that terminals' networks put before a message: five bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tpdu {
    /// The protocol: 0x60 for transactions.
    pub id: u8,
    /// The receiver's address, four packed digits.
    pub destination: [u8; 2],
    /// The sender's address, four packed digits.
    pub source: [u8; 2],
}

/// How messages lie on a stream.
///
/// As text: `binary2`, `ascii4` or `bcd2`, with a `+` and ten hexadecimal digits if there is a TPDU: `bcd2+6000030000`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Framing {
    /// The length.
    pub length: LengthHeader,
    /// What we put before a message that is no answer, if the other side expects it.
    pub tpdu: Option<Tpdu>,
}

impl LengthHeader {
    const fn bytes(self) -> usize {
        match self {
            Self::Binary2 | Self::Bcd2 => 2,
            Self::Ascii4 => 4,
        }
    }

    const fn longest(self) -> usize {
        match self {
            Self::Binary2 => u16::MAX as usize,
            Self::Ascii4 | Self::Bcd2 => 9999,
        }
    }

    fn write(self, length: usize, out: &mut Vec<u8>) {
        let digit = |unit: usize| (length / unit % 10) as u8;
        match self {
            Self::Binary2 => out.extend_from_slice(&[(length >> 8) as u8, length as u8]),
            Self::Ascii4 => out.extend([1000, 100, 10, 1].map(|unit| b'0' + digit(unit))),
            Self::Bcd2 => out.extend([1000, 10].map(|unit| digit(unit) << 4 | digit(unit / 10))),
        }
    }

    /// The length in these bytes; `None` if they are not digits.
    fn read(self, bytes: &[u8]) -> Option<usize> {
        bytes.iter().try_fold(0_usize, |n, byte| match self {
            Self::Binary2 => Some(n << 8 | usize::from(*byte)),
            Self::Ascii4 => byte.is_ascii_digit().then(|| n * 10 + usize::from(byte - b'0')),
            Self::Bcd2 => {
                let (high, low) = (usize::from(byte >> 4), usize::from(byte & 15));
                (high < 10 && low < 10).then_some(n * 100 + high * 10 + low)
            }
        })
    }
}

impl Tpdu {
    /// The five bytes.
    pub const fn bytes(self) -> [u8; TPDU_BYTES] {
        let Self { id, destination, source } = self;
        [id, destination[0], destination[1], source[0], source[1]]
    }

    /// From five bytes.
    pub const fn from_bytes(bytes: [u8; TPDU_BYTES]) -> Self {
        Self { id: bytes[0], destination: [bytes[1], bytes[2]], source: [bytes[3], bytes[4]] }
    }

    /// The way back.
    #[must_use]
    pub const fn answer(self) -> Self {
        Self { id: self.id, destination: self.source, source: self.destination }
    }
}

impl Framing {
    const fn head(self) -> usize {
        if self.tpdu.is_some() { TPDU_BYTES } else { 0 }
    }

    /// The shortest frame, in bytes after its length.
    const fn shortest(self) -> usize {
        MESSAGE_BYTES_MIN + self.head()
    }

    /// Appends a frame around `message`.
    ///
    /// # Errors
    /// [`CardsError::FrameLength`] when it is too short or too long to be framed; `out` is then as it was.
    pub fn push(self, message: &[u8], out: &mut Vec<u8>) -> Result<(), CardsError> {
        let (length, min, max) = (self.head() + message.len(), self.shortest(), self.length.longest());
        if !(min..=max).contains(&length) {
            return Err(CardsError::FrameLength { length, min, max });
        }
        self.length.write(length, out);
        if let Some(tpdu) = self.tpdu {
            out.extend_from_slice(&tpdu.bytes());
        }
        out.extend_from_slice(message);
        Ok(())
    }

    /// How an answer to a frame that came with this TPDU is framed.
    #[must_use]
    pub fn answering(self, received: Option<Tpdu>) -> Self {
        Self { tpdu: self.tpdu.and(received.map(Tpdu::answer)).or(self.tpdu), ..self }
    }
}

impl fmt::Display for Framing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.length {
            LengthHeader::Binary2 => "binary2",
            LengthHeader::Ascii4 => "ascii4",
            LengthHeader::Bcd2 => "bcd2",
        })?;
        if let Some(tpdu) = self.tpdu {
            f.write_str("+")?;
            tpdu.bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        }
        Ok(())
    }
}

impl FromStr for Framing {
    type Err = CardsError;

    fn from_str(text: &str) -> Result<Self, CardsError> {
        let (name, tpdu) = text.split_once('+').map_or((text, None), |(name, tpdu)| (name, Some(tpdu)));
        let length = match name {
            "binary2" => LengthHeader::Binary2,
            "ascii4" => LengthHeader::Ascii4,
            "bcd2" => LengthHeader::Bcd2,
            _ => return Err(CardsError::FramingUnknown),
        };
        let tpdu = tpdu.map(|digits| {
            let mut bytes = Vec::with_capacity(TPDU_BYTES);
            super::packed::unhex(digits.to_ascii_uppercase().as_bytes(), &mut bytes).ok()?;
            Some(Tpdu::from_bytes(bytes.try_into().ok()?))
        });
        match tpdu {
            Some(None) => Err(CardsError::FramingUnknown),
            tpdu => Ok(Self { length, tpdu: tpdu.flatten() }),
        }
    }
}

/// The bytes of a message, and what stood before them if the framing has a TPDU.
pub type Frame<'a> = (&'a [u8], Option<Tpdu>);

/// Cuts a stream of bytes into frames. Memory stays within what was pushed but not yet taken.
///
/// Push what was read, then take frames until there is none; what is taken is overwritten at the next push.
pub struct Frames {
    framing: Framing,
    buffer: Vec<u8>,
    taken: usize,
    frame_bytes_max: usize,
}

impl Frames {
    /// Refuses frames longer than `frame_bytes_max`.
    pub fn new(framing: Framing, frame_bytes_max: usize) -> Self {
        Self { framing, buffer: Vec::new(), taken: 0, frame_bytes_max }
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

    /// The message of the next whole frame, and what stands before it if the framing has a TPDU; `None` when more bytes
    /// are needed.
    ///
    /// # Errors
    /// [`CardsError::FrameLength`], [`CardsError::FrameMalformed`]: the stream cannot be trusted any more, close it.
    pub fn take(&mut self) -> Result<Option<Frame<'_>>, CardsError> {
        let Framing { length: header, .. } = self.framing;
        let Some((prefix, rest)) = self.buffer[self.taken..].split_at_checked(header.bytes()) else {
            return Ok(None);
        };
        let length = header.read(prefix).ok_or(CardsError::FrameMalformed)?;
        let (min, max) = (self.framing.shortest(), self.frame_bytes_max);
        if !(min..=max).contains(&length) {
            return Err(CardsError::FrameLength { length, min, max });
        }
        if rest.len() < length {
            return Ok(None);
        }
        let mut start = self.taken + header.bytes();
        self.taken = start + length;
        let mut tpdu = None;
        if self.framing.tpdu.is_some() {
            tpdu = self.buffer[start..].first_chunk().copied().map(Tpdu::from_bytes);
            start += TPDU_BYTES;
        }
        Ok(Some((&self.buffer[start..self.taken], tpdu)))
    }

    /// Whether the beginning of a frame waits for the rest of it.
    pub fn is_midway(&self) -> bool {
        self.taken < self.buffer.len()
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

    fn framings() -> Vec<Framing> {
        ["binary2", "ascii4", "bcd2", "bcd2+6000030001", "binary2+6000030001", "ascii4+60aabbccdd"]
            .map(|name| name.parse().unwrap())
            .to_vec()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn frames_come_out_as_they_went_in_however_the_stream_is_cut(
            framing in proptest::sample::select(framings()),
            messages in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 12..300), 0..8),
            step in 1_usize..400,
        ) {
            let mut stream = Vec::new();
            for m in &messages {
                framing.push(m, &mut stream).unwrap();
            }
            let (mut frames, mut out, mut again) = (Frames::new(framing, 4096), Vec::new(), Vec::new());
            for piece in stream.chunks(step) {
                frames.push(piece);
                while let Some((m, tpdu)) = frames.take().unwrap() {
                    prop_assert_eq!(tpdu, framing.tpdu);
                    framing.push(m, &mut again).unwrap();
                    out.push(m.to_vec());
                }
            }
            prop_assert_eq!(out, messages);
            prop_assert_eq!(again, stream);
            prop_assert!(!frames.is_midway());
        }

        #[test]
        fn any_stream_is_cut_or_refused(framing in proptest::sample::select(framings()), stream in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut frames = Frames::new(framing, 100);
            frames.push(&stream);
            while let Ok(Some((m, _))) = frames.take() {
                prop_assert!((10..=100).contains(&m.len()));
            }
        }
    }

    #[test]
    fn lengths_outside_the_bounds_are_refused() {
        let mut frames = Frames::new(Framing::default(), 100);
        frames.push(&[0, 101]);
        assert_eq!(frames.take(), Err(CardsError::FrameLength { length: 101, min: 10, max: 100 }));
        for framing in framings() {
            assert!(framing.push(&[0; 9], &mut Vec::new()).is_err());
            assert!(framing.push(&vec![0; 70_000], &mut Vec::new()).is_err());
            let fits = framing.push(&vec![0; 9_999], &mut Vec::new()).is_ok();
            assert_eq!(fits, framing.tpdu.is_none() || framing.length == LengthHeader::Binary2, "{framing}");
        }
    }

    #[test]
    fn the_same_message_in_each_framing() {
        let message = [7; 12];
        let framed = |name: &str| {
            let mut out = Vec::new();
            name.parse::<Framing>().unwrap().push(&message, &mut out).unwrap();
            out[..out.len() - 12].to_vec()
        };
        assert_eq!(framed("binary2"), [0, 12]);
        assert_eq!(framed("ascii4"), *b"0012");
        assert_eq!(framed("bcd2"), [0, 0x12]);
        assert_eq!(framed("bcd2+6000030001"), [0, 0x17, 0x60, 0, 3, 0, 1]);
        for (framing, head) in [("ascii4", &b"00x2"[..]), ("bcd2", &[0, 0x1a])] {
            let mut frames = Frames::new(framing.parse().unwrap(), 100);
            frames.push(head);
            assert_eq!(frames.take(), Err(CardsError::FrameMalformed));
        }
    }

    #[test]
    fn an_answer_goes_back_to_where_the_request_came_from() {
        let framing: Framing = "bcd2+6000030001".parse().unwrap();
        let mut stream = Vec::new();
        framing.push(&[7; 12], &mut stream).unwrap();
        let mut frames = Frames::new("bcd2+6099990000".parse().unwrap(), 100);
        frames.push(&stream);
        let (_, tpdu) = frames.take().unwrap().unwrap();
        assert_eq!(tpdu, framing.tpdu);
        assert_eq!(framing.answering(tpdu).to_string(), "bcd2+6000010003");
        assert_eq!(Framing::default().answering(tpdu), Framing::default());
    }

    #[test]
    fn names_of_framings() {
        for framing in framings() {
            assert_eq!(framing.to_string().parse(), Ok(framing));
        }
        for bad in ["", "binary", "binary2+", "bcd2+60", "bcd2+600003000g", "bcd2+600003000100"] {
            assert_eq!(bad.parse::<Framing>(), Err(CardsError::FramingUnknown), "{bad}");
        }
    }
}
