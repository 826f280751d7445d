//! AES-256-GCM-SIV (RFC 8452), as little of it as is needed.

use crate::pci::DataKey;
use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroizing;

/// How many bytes a nonce has.
pub(crate) const NONCE_LEN: usize = 12;
/// How many bytes a sealed text is longer than the plain one.
const TAG_LEN: usize = 16;

/// A key, ready for use.
pub(crate) struct SealingKey(LessSafeKey);

impl SealingKey {
    pub(crate) fn new(key: &DataKey) -> Self {
        let key =
            UnboundKey::new(&AES_256_GCM_SIV, key.expose()).expect("a data key has the length of the cipher");
        Self(LessSafeKey::new(key))
    }

    /// The text, sealed together with `bound`, which is not in it. With this cipher a repeated nonce gives away only
    /// whether text and `bound` were both the same.
    pub(crate) fn seal(&self, nonce: [u8; NONCE_LEN], bound: &[u8], plain: &[u8]) -> Vec<u8> {
        let mut text = Vec::with_capacity(plain.len() + TAG_LEN);
        text.extend_from_slice(plain);
        self.0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(bound), &mut text)
            .expect("sealing fails only for texts far longer than a card number");
        text
    }

    /// The plain text; `None` if nonce, `bound`, text or key is not the one it was sealed with.
    pub(crate) fn open(
        &self,
        nonce: [u8; NONCE_LEN],
        bound: &[u8],
        sealed: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        let mut text = Zeroizing::new(sealed.to_vec());
        let plain =
            self.0.open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(bound), &mut text).ok()?;
        let len = plain.len();
        text.truncate(len);
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pci::hex;

    fn key(text: &str) -> SealingKey {
        SealingKey::new(&DataKey::take(hex::decode(text).unwrap()).unwrap())
    }

    /// RFC 8452, appendix C.2: key, nonce and results as printed there.
    #[test]
    fn vectors_of_the_standard() {
        let key = key("0100000000000000000000000000000000000000000000000000000000000000");
        let nonce = hex::decode("030000000000000000000000").unwrap().try_into().unwrap();
        let check = |bound: &str, plain: &str, result: &str| {
            let (bound, plain) = (hex::decode(bound).unwrap(), hex::decode(plain).unwrap());
            let sealed = key.seal(nonce, &bound, &plain);
            assert_eq!(hex::encode(&sealed), result);
            assert_eq!(*key.open(nonce, &bound, &sealed).unwrap(), plain);
        };
        check("", "", "07f5f4169bbf55a8400cd47ea6fd400f");
        check("", "0100000000000000", "c2ef328e5c71c83b843122130f7364b761e0b97427e3df28");
        check("01", "0200000000000000", "1de22967237a813291213f267e3b452f02d01ae33e4ec854");
    }

    #[test]
    fn any_changed_bit_is_noticed() {
        let (sealing, nonce, bound) = (key(&"07".repeat(32)), [9; 12], b"bound");
        let sealed = sealing.seal(nonce, bound, b"4242424242424242");
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(sealing.open(nonce, bound, &changed).is_none());
        }
        assert!(sealing.open([8; 12], bound, &sealed).is_none());
        assert!(sealing.open(nonce, b"other", &sealed).is_none());
        assert!(
            sealing.open(nonce, bound, &sealed[..15]).is_none() && sealing.open(nonce, bound, b"").is_none()
        );
        assert!(key(&"08".repeat(32)).open(nonce, bound, &sealed).is_none());
    }
}
