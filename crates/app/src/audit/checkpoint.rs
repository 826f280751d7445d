//! Checkpoints: how far the audit had come, signed, to be kept outside.
//!
//! ```text
//! pmts-audit-checkpoint 1
//! rows 812
//! hash 3f0c...
//! at 2026-11-24T09:00:00.000000Z
//! key 9a41...
//! signature 77e0...
//! ```
//!
//! The signature (Ed25519, RFC 8032) is over the lines before it, each with its line feed. `key` is the public key, 32 bytes in hex.

use super::row::Head;
use crate::{AppError, hex};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use pmts_kernel::Timestamp;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The name of the key's file in the data directory: PKCS #8, DER.
pub const KEY_FILE: &str = "audit.key";
const TITLE: &str = "pmts-audit-checkpoint 1";

/// Signs checkpoints.
pub struct Signer(Ed25519KeyPair);

impl Signer {
    /// With the key of a data directory, which is made if there is none.
    ///
    /// # Errors
    /// [`AppError::File`] if it cannot be read or made; [`AppError::Checkpoint`] if it is no such key.
    pub fn open_or_create(data: &Path) -> Result<Self, AppError> {
        let path = data.join(KEY_FILE);
        let wrong = || AppError::Checkpoint(format!("{} is no Ed25519 key", path.display()));
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Ok(mut file) => {
                let pair = Ed25519KeyPair::generate().map_err(|_| wrong())?;
                let der = pair.to_pkcs8v1().map_err(|_| wrong())?;
                file.write_all(der.as_ref())
                    .and_then(|()| file.sync_all())
                    .map_err(AppError::file(path.clone()))?;
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(AppError::file(path)(error)),
        }
        let der = Zeroizing::new(std::fs::read(&path).map_err(AppError::file(path.clone()))?);
        Ok(Self(Ed25519KeyPair::from_pkcs8(&der).map_err(|_| wrong())?))
    }

    /// Its public key in hex.
    pub fn public_key(&self) -> String {
        hex::encode(self.0.public_key().as_ref())
    }

    /// The text of a checkpoint.
    pub fn sign(&self, head: &Head, at: Timestamp) -> String {
        let at = chrono::DateTime::from_timestamp_micros(at.as_micros()).unwrap_or_default();
        let at = at.format("%Y-%m-%dT%H:%M:%S%.6fZ");
        let hash = if head.rows == 0 { "none" } else { &head.hash };
        let signed =
            format!("{TITLE}\nrows {}\nhash {hash}\nat {at}\nkey {}\n", head.rows, self.public_key());
        let signature = hex::encode(self.0.sign(signed.as_bytes()).as_ref());
        format!("{signed}signature {signature}\n")
    }
}

/// A checkpoint whose signature holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// How far the audit had come.
    pub head: Head,
    /// When, as it is written there.
    pub at: String,
}

impl Checkpoint {
    /// Reads a checkpoint and checks its signature with this public key, 32 bytes in hex.
    ///
    /// # Errors
    /// [`AppError::Checkpoint`] if it has another form, is of another key, or its signature is wrong.
    pub fn read(text: &str, public_key: &str) -> Result<Self, AppError> {
        let wrong = |what: &str| AppError::Checkpoint(what.to_owned());
        let malformed = || wrong("it is no checkpoint, or was cut off");
        let (signed, signature) = text.split_once("signature ").ok_or_else(malformed)?;
        let mut lines = signed.lines();
        let title = lines.next();
        let mut value = |name: &str| {
            let (found, value) = lines.next()?.split_once(' ')?;
            (found == name).then_some(value.to_owned())
        };
        let (Some(TITLE), Some(rows), Some(hash), Some(at), Some(key)) =
            (title, value("rows"), value("hash"), value("at"), value("key"))
        else {
            return Err(malformed());
        };
        let rows: u64 = rows.parse().map_err(|_| malformed())?;
        if !key.eq_ignore_ascii_case(public_key.trim()) {
            return Err(wrong("it was signed with another key"));
        }
        let (key, signature) = (hex::decode(&key), hex::decode(signature.trim_end()));
        let (Some(key), Some(signature)) = (key, signature) else { return Err(malformed()) };
        UnparsedPublicKey::new(&ED25519, key)
            .verify(signed.as_bytes(), &signature)
            .map_err(|_| wrong("its signature is wrong"))?;
        let hash = if rows == 0 { String::new() } else { hash };
        Ok(Self { head: Head { rows, hash }, at })
    }
}

/// Where the key of a data directory is.
pub fn key_file(data: &Path) -> PathBuf {
    data.join(KEY_FILE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_is_read_back_and_any_changed_byte_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let signer = Signer::open_or_create(dir.path()).unwrap();
        let key = signer.public_key();
        assert_eq!(Signer::open_or_create(dir.path()).unwrap().public_key(), key, "the key stays");
        let head = Head { rows: 812, hash: "ab".repeat(32) };
        let text = signer.sign(&head, Timestamp::from_micros(1_000_001));
        let read = Checkpoint::read(&text, &key.to_uppercase()).unwrap();
        assert_eq!((read.head, read.at.as_str()), (head, "1970-01-01T00:00:01.000001Z"));
        for at in 0..text.len() - 1 {
            let mut other = text.clone().into_bytes();
            other[at] ^= 1;
            let other = String::from_utf8(other).unwrap();
            assert!(Checkpoint::read(&other, &key).is_err(), "byte {at}");
        }
        for cut in 0..text.len() - 1 {
            assert!(Checkpoint::read(&text[..cut], &key).is_err(), "cut at {cut}");
        }
        let other = tempfile::tempdir().unwrap();
        let other = Signer::open_or_create(other.path()).unwrap().public_key();
        assert!(Checkpoint::read(&text, &other).is_err(), "of another key");
        let none = signer.sign(&Head::default(), Timestamp::default());
        assert_eq!(Checkpoint::read(&none, &key).unwrap().head, Head::default());
        std::fs::write(dir.path().join(KEY_FILE), b"no key").unwrap();
        assert!(matches!(Signer::open_or_create(dir.path()), Err(AppError::Checkpoint(_))));
    }
}
