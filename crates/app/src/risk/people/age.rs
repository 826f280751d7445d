//! A file sealed to one recipient in the public format `age` (age-encryption.org/v1), so that they can open it with programs that
//! others wrote. The recipient is an X25519 key, written `age1...`. What is sealed cannot be opened here again.

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{EphemeralPrivateKey, UnparsedPublicKey, X25519, agree_ephemeral};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::{hkdf, hmac, rand};
use zeroize::Zeroizing;

/// Bytes of content in one piece of the format.
const PIECE: usize = 64 * 1024;
const LETTERS: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// Who can open a file: the public half of an X25519 key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Recipient([u8; 32]);

impl Recipient {
    /// Reads `age1...` (Bech32 of 32 bytes, lower case). `None`: a letter is wrong, or it is something else, such as a secret key.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let letters = text.strip_prefix("age1")?;
        let values: Option<Vec<u8>> = letters
            .bytes()
            .map(|b| LETTERS.iter().position(|l| *l == b).and_then(|p| u8::try_from(p).ok()))
            .collect();
        let values = values?;
        let (data, sum) = values.split_at_checked(values.len().checked_sub(6)?)?;
        if data.len() != 52 || sum.len() != 6 {
            return None;
        }
        let high = b"age".iter().map(|b| b >> 5);
        let low = b"age".iter().map(|b| b & 31);
        let all = high.chain([0]).chain(low).chain(values.iter().copied());
        if all.fold(1, bech32_step) != 1 {
            return None;
        }
        let mut bytes = [0; 32];
        let mut bits = (0_u32, 0_u32);
        let mut at = 0;
        for value in data {
            bits = ((bits.0 << 5) | u32::from(*value), bits.1 + 5);
            if bits.1 >= 8 {
                bits.1 -= 8;
                *bytes.get_mut(at)? = u8::try_from(bits.0 >> bits.1).ok()?;
                bits.0 &= (1 << bits.1) - 1;
                at += 1;
            }
        }
        (at == 32 && bits.0 == 0).then_some(Self(bytes))
    }

    /// Seals `content` to this recipient with a key that is made for this file alone.
    ///
    /// # Errors
    /// [`Unspecified`]: the operating system gives no random bytes, or the recipient's key is no point that can be used.
    pub(super) fn seal(&self, content: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let mut file_key = Zeroizing::new([0; 16]);
        rand::fill(file_key.as_mut_slice())?;
        let mut salt = [0; 16];
        rand::fill(&mut salt)?;
        let header = self.header(&file_key)?;
        let mac_key = derive(&file_key[..], &[], b"header")?;
        let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &mac_key[..]), header.as_bytes());
        let mut out = format!("{header} {}\n", base64(mac.as_ref())).into_bytes();
        out.extend(salt);
        pieces(&*derive(&file_key[..], &salt, b"payload")?, content, &mut out)?;
        Ok(out)
    }

    /// The head up to what is signed of it: the key of the file, locked with a secret that only the recipient can find again.
    fn header(&self, file_key: &[u8; 16]) -> Result<String, Unspecified> {
        let own = EphemeralPrivateKey::generate(&X25519, &SystemRandom::new())?;
        let share = own.compute_public_key()?;
        let salt = [share.as_ref(), &self.0].concat();
        let theirs = UnparsedPublicKey::new(&X25519, self.0);
        let lock = agree_ephemeral(own, theirs, Unspecified, |secret| {
            if secret.iter().all(|b| *b == 0) {
                return Err(Unspecified);
            }
            derive(secret, &salt, b"age-encryption.org/v1/X25519")
        })?;
        let mut locked = file_key.to_vec();
        cipher(&lock)?.seal_in_place_append_tag(
            Nonce::assume_unique_for_key([0; 12]),
            Aad::empty(),
            &mut locked,
        )?;
        Ok(format!("age-encryption.org/v1\n-> X25519 {}\n{}\n---", base64(share.as_ref()), base64(&locked)))
    }
}

/// A sealed file as text, for where bytes cannot be: the programs that open the one open the other.
pub(crate) fn armored(file: &[u8]) -> String {
    let mut text = "-----BEGIN AGE ENCRYPTED FILE-----\n".to_owned();
    for line in file.chunks(48) {
        text.push_str(&base64(line));
        text.push_str(["", "==", "="][line.len() % 3]);
        text.push('\n');
    }
    text + "-----END AGE ENCRYPTED FILE-----\n"
}

/// Content in pieces, each sealed with its number; the last says that it is.
fn pieces(key: &[u8; 32], content: &[u8], out: &mut Vec<u8>) -> Result<(), Unspecified> {
    let cipher = cipher(key)?;
    let all: Vec<&[u8]> = if content.is_empty() { vec![&[]] } else { content.chunks(PIECE).collect() };
    for (number, piece) in (0_u64..).zip(&all) {
        let mut nonce = [0; 12];
        nonce[3..11].copy_from_slice(&number.to_be_bytes());
        nonce[11] = u8::from(usize::try_from(number).is_ok_and(|n| n + 1 == all.len()));
        let mut sealed = piece.to_vec();
        cipher.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed)?;
        out.extend(sealed);
    }
    Ok(())
}

fn cipher(key: &[u8; 32]) -> Result<LessSafeKey, Unspecified> {
    Ok(LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, key)?))
}

fn derive(secret: &[u8], salt: &[u8], info: &[u8]) -> Result<Zeroizing<[u8; 32]>, Unspecified> {
    let mut key = Zeroizing::new([0; 32]);
    let found = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(secret);
    found.expand(&[info], hkdf::HKDF_SHA256)?.fill(key.as_mut_slice())?;
    Ok(key)
}

/// One step of the check sum of Bech32 (BIP 173).
fn bech32_step(sum: u32, value: u8) -> u32 {
    const PARTS: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let next = ((sum & 0x01ff_ffff) << 5) ^ u32::from(value);
    (0..5).filter(|i| (sum >> 25) >> i & 1 == 1).fold(next, |sum, i| sum ^ PARTS[i])
}

/// Base64 without fill, as the head of the format has it.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let word =
            (0..3).fold(0_usize, |word, i| word << 8 | usize::from(three.get(i).copied().unwrap_or(0)));
        for i in 0..=three.len() {
            text.push(char::from(LETTERS[word >> (18 - 6 * i) & 63]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of the example in the format's own description.
    const KEY: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

    #[test]
    fn a_recipient_with_any_letter_changed_is_none() {
        assert!(Recipient::parse(KEY).is_some());
        for at in 4..KEY.len() {
            let mut other = KEY.as_bytes().to_vec();
            other[at] = if other[at] == b'q' { b'p' } else { b'q' };
            assert_eq!(Recipient::parse(std::str::from_utf8(&other).expect("letters")), None, "letter {at}");
        }
        for bad in ["", "age1", "age1q", &KEY[..61], &KEY.to_uppercase(), "age1é"] {
            assert_eq!(Recipient::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn base64_has_no_fill() {
        assert_eq!(
            ["", "f", "fo", "foo", "foob"].map(|t| base64(t.as_bytes())),
            ["", "Zg", "Zm8", "Zm9v", "Zm9vYg"]
        );
    }

    #[test]
    fn the_length_is_head_and_sixteen_bytes_for_each_piece() {
        let to = Recipient::parse(KEY).expect("a key");
        let length = |content: usize| to.seal(&vec![7; content]).expect("sealed").len();
        let empty = length(0);
        for (content, pieces) in [(1, 1), (PIECE, 1), (PIECE + 1, 2), (2 * PIECE, 2)] {
            assert_eq!(length(content), empty + content + 16 * (pieces - 1), "{content}");
        }
        assert!(Recipient([0; 32]).seal(b"x").is_err(), "a point that makes every secret the same");
    }
}
