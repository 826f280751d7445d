//! The text of a key: what the caller holds and nobody else keeps.

use crate::{IdentityError, KeyKind, Mode};
use pmts_sensitive::Secret;
use std::fmt;
use zeroize::Zeroizing;

/// `sk_test_` (`pk_`, `ck_`, `live_`) and 24 to 128 letters and digits; those that are made here have 52, from 256 random bits.
/// Prints as `[secret]`, is overwritten on drop.
#[derive(Clone)]
pub struct KeyText {
    text: Secret<Box<str>>,
    kind: KeyKind,
    mode: Mode,
}

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Five bits each: 256 bits take 52.
const CHARACTERS: usize = 52;

impl KeyText {
    /// A new key from the machine's randomness.
    ///
    /// # Errors
    /// [`IdentityError::Random`].
    pub fn random(kind: KeyKind, mode: Mode) -> Result<Self, IdentityError> {
        let mut bytes = Zeroizing::new([0; 33]);
        aws_lc_rs::rand::fill(&mut bytes[..32]).map_err(|_| IdentityError::Random)?;
        let mut text = Zeroizing::new(String::with_capacity(16 + CHARACTERS));
        for part in [kind.as_str(), "_", mode.as_str(), "_"] {
            text.push_str(part);
        }
        for i in 0..CHARACTERS {
            let (byte, bit) = (i * 5 / 8, i * 5 % 8);
            let pair = u16::from(bytes[byte]) << 8 | u16::from(bytes[byte + 1]);
            text.push(char::from(ALPHABET[usize::from(pair >> (11 - bit) & 31)]));
        }
        Self::parse(&text)
    }

    /// Reads a key.
    ///
    /// # Errors
    /// [`IdentityError::KeyMalformed`].
    pub fn parse(text: &str) -> Result<Self, IdentityError> {
        let (kind, rest) = match text.split_once('_') {
            Some(("sk", rest)) => (KeyKind::Secret, rest),
            Some(("pk", rest)) => (KeyKind::Publishable, rest),
            Some(("ck", rest)) => (KeyKind::CaseTeam, rest),
            _ => return Err(IdentityError::KeyMalformed),
        };
        let (mode, body) = match rest.split_once('_') {
            Some(("test", body)) => (Mode::Test, body),
            Some(("live", body)) => (Mode::Live, body),
            _ => return Err(IdentityError::KeyMalformed),
        };
        if (24..=128).contains(&body.len()) && body.bytes().all(|b| b.is_ascii_alphanumeric()) {
            Ok(Self { text: Secret::new(Box::from(text)), kind, mode })
        } else {
            Err(IdentityError::KeyMalformed)
        }
    }

    /// The key: to be handed to its owner once, and hashed.
    pub fn expose(&self) -> &str {
        self.text.expose()
    }

    /// What it may do, as it says itself.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// Test or live, as it says itself.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The last four characters, for people.
    pub fn last_four(&self) -> &str {
        let text = self.expose();
        &text[text.len() - 4..]
    }
}

impl fmt::Debug for KeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    #[test]
    fn made_keys_are_long_different_and_read_back() {
        let mut seen = HashSet::new();
        for kind in KeyKind::ALL {
            for mode in [Mode::Test, Mode::Live] {
                let key = KeyText::random(kind, mode).unwrap();
                assert_eq!((key.kind(), key.mode()), (kind, mode));
                assert_eq!(key.expose().len(), 8 + CHARACTERS);
                assert_eq!(format!("{key:?}"), "[secret]");
                assert!(key.expose().ends_with(key.last_four()));
                assert!(seen.insert(key.expose().to_owned()));
            }
        }
    }

    #[test]
    fn every_bit_counts() {
        let mut seen: Vec<HashSet<char>> = vec![HashSet::new(); CHARACTERS];
        for _ in 0..400 {
            let key = KeyText::random(KeyKind::Secret, Mode::Test).unwrap();
            for (at, c) in key.expose()[8..].chars().enumerate() {
                seen[at].insert(c);
            }
        }
        // The last character carries one bit only: 51 times 5 are 255.
        let (last, others) = seen.split_last().unwrap();
        assert!(others.iter().all(|s| s.len() > 20) && last.len() == 2, "{:?}", last);
    }

    #[test]
    fn other_texts_are_refused() {
        let body = "a".repeat(24);
        assert!(KeyText::parse(&format!("sk_test_{body}")).is_ok());
        for bad in [
            String::new(),
            "sk_test_".into(),
            format!("sk_test_{}", "a".repeat(23)),
            format!("sk_test_{}", "a".repeat(129)),
            format!("rk_test_{body}"),
            format!("sk_prod_{body}"),
            format!("sk_test_{body}_"),
            format!("sk_test_{body}\u{e9}"),
            format!(" sk_test_{body}"),
        ] {
            assert!(matches!(KeyText::parse(&bad), Err(IdentityError::KeyMalformed)), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(sk_test_)?\\PC{0,60}") {
            let _ = KeyText::parse(&text);
        }
    }
}
