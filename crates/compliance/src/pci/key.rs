//! A key in the clear, in memory only.

use pmts_sensitive::Secret;
use std::fmt;

/// 32 bytes of key. Prints as `[secret]`, has no serialized form, is overwritten on drop.
pub struct DataKey(Secret<Box<[u8]>>);

impl DataKey {
    /// How many bytes a key has.
    pub const LEN: usize = 32;

    /// Takes over 32 bytes; `None` for any other number. The bytes given are overwritten in both cases.
    pub fn take(bytes: Vec<u8>) -> Option<Self> {
        let key = Secret::new(bytes.into_boxed_slice());
        (key.expose().len() == Self::LEN).then_some(Self(key))
    }

    /// The bytes, always [`DataKey::LEN`] of them. For an implementation of [`Kms`](crate::pci::Kms), nothing else.
    pub fn expose(&self) -> &[u8] {
        self.0.expose()
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_32_bytes_and_prints_nothing() {
        let key = DataKey::take(vec![7; 32]).unwrap();
        assert_eq!((key.expose(), format!("{key:?}").as_str()), (&[7; 32][..], "[secret]"));
        assert!(DataKey::take(vec![7; 31]).is_none() && DataKey::take(vec![]).is_none());
    }
}
