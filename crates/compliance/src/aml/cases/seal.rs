//! Seals what only the case team may read.

use crate::VaultError;
use crate::pci::{Kms, WrappedKey};
use crate::pci::{NONCE_LEN, SealingKey, hex};
use aws_lc_rs::{hmac, rand};
use serde::{Deserialize, Serialize};
use std::fmt;
use zeroize::Zeroizing;

/// The keys of a case team, wrapped. Made once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseKeys {
    /// Seals what is kept.
    pub contents: WrappedKey,
    /// Hashes the names that it is found by.
    pub names: WrappedKey,
}

const CONTENTS: &str = "pmts cases, contents key";
const NAMES: &str = "pmts cases, names key";

impl CaseKeys {
    /// The same keys, wrapped anew with what the key service wraps with now.
    ///
    /// # Errors
    /// [`VaultError::KekVersionUnknown`], [`VaultError::KeyDamaged`], [`VaultError::Kms`].
    pub async fn rewrapped(&self, kms: &dyn Kms) -> Result<Self, VaultError> {
        let contents = kms.unwrap_key(&self.contents, CONTENTS).await?;
        let names = kms.unwrap_key(&self.names, NAMES).await?;
        Ok(Self {
            contents: kms.wrap_key(&contents, CONTENTS).await?,
            names: kms.wrap_key(&names, NAMES).await?,
        })
    }

    /// New keys.
    ///
    /// # Errors
    /// [`VaultError::Kms`].
    pub async fn new(kms: &dyn Kms) -> Result<Self, VaultError> {
        Ok(Self { contents: kms.new_key(CONTENTS).await?.1, names: kms.new_key(NAMES).await?.1 })
    }
}

/// Seals texts (AES-256-GCM-SIV, RFC 8452) and hashes names (HMAC-SHA-256): whoever has the store and not the key reads neither what a case
/// says nor whom it is about (31 U.S.C. 5318(g)(2): nobody who need not know learns of a report). That there are sealed texts, how long they
/// are and when they change is not hidden.
pub struct CaseSeal {
    contents: SealingKey,
    names: hmac::Key,
}

impl fmt::Debug for CaseSeal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CaseSeal([secret])")
    }
}

impl CaseSeal {
    /// With the keys that `kms` wrapped.
    ///
    /// # Errors
    /// [`VaultError::KeyDamaged`], [`VaultError::KekVersionUnknown`], [`VaultError::Kms`].
    pub async fn open(kms: &dyn Kms, keys: &CaseKeys) -> Result<Self, VaultError> {
        let contents = kms.unwrap_key(&keys.contents, CONTENTS).await?;
        let names = kms.unwrap_key(&keys.names, NAMES).await?;
        let names = hmac::Key::new(hmac::HMAC_SHA256, names.expose());
        Ok(Self { contents: SealingKey::new(&contents), names })
    }

    /// The text, sealed, in hexadecimal; it opens only with the same `bound`, which says what it is and where it lies. `None`: the machine gives no random
    /// bytes.
    pub fn seal(&self, bound: &str, plain: &[u8]) -> Option<String> {
        let mut nonce = [0; NONCE_LEN];
        rand::fill(&mut nonce).ok()?;
        let mut sealed = nonce.to_vec();
        sealed.extend(self.contents.seal(nonce, bound.as_bytes(), plain));
        Some(hex::encode(&sealed))
    }

    /// The text again; `None`: it was changed, lies elsewhere, or was sealed with another key.
    pub fn unseal(&self, bound: &str, sealed: &str) -> Option<Zeroizing<Vec<u8>>> {
        let sealed = hex::decode(sealed)?;
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>()?;
        self.contents.open(*nonce, bound.as_bytes(), sealed)
    }

    /// What stands for a name in an index: the same for the same name, and nothing else of it.
    pub fn name(&self, name: &str) -> String {
        let tag = hmac::sign(&self.names, name.as_bytes());
        hex::encode(&tag.as_ref()[..16])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pci::MemoryKms;

    #[tokio::test]
    async fn what_is_sealed_opens_in_its_place_only() {
        let kms = MemoryKms::random();
        let keys = CaseKeys::new(&kms).await.unwrap();
        let (one, two) =
            (CaseSeal::open(&kms, &keys).await.unwrap(), CaseSeal::open(&kms, &keys).await.unwrap());
        let sealed = one.seal("case/1", b"he paid in cash").unwrap();
        assert_eq!(&**two.unseal("case/1", &sealed).unwrap(), b"he paid in cash");
        assert_ne!(sealed, one.seal("case/1", b"he paid in cash").unwrap());
        assert!(!hex::decode(&sealed).unwrap().windows(4).any(|w| w == b"cash"));
        assert!(one.unseal("case/2", &sealed).is_none() && one.unseal("case/1", &sealed[..20]).is_none());
        assert_eq!(one.name("seller:1"), two.name("seller:1"));
        assert_ne!(one.name("seller:1"), one.name("seller:2"));
        let others = CaseKeys::new(&kms).await.unwrap();
        let other = CaseSeal::open(&kms, &others).await.unwrap();
        assert!(other.unseal("case/1", &sealed).is_none() && other.name("seller:1") != one.name("seller:1"));
        let swapped = CaseKeys { contents: keys.names.clone(), names: keys.contents.clone() };
        assert!(CaseSeal::open(&kms, &swapped).await.is_err());
        assert_eq!(format!("{one:?}"), "CaseSeal([secret])");
    }
}
