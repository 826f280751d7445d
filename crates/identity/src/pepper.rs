//! The secret behind the hashes.

use crate::{IdentityError, hex};
use aws_lc_rs::hmac;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use zeroize::Zeroizing;

/// A key for HMAC-SHA-256. What it makes cannot be tried out without it. Prints as `[secret]`.
pub struct Pepper(hmac::Key);

const LEN: usize = 32;

impl Pepper {
    /// A new one, which is not kept: for tests.
    ///
    /// # Errors
    /// [`IdentityError::Random`].
    pub fn random() -> Result<Self, IdentityError> {
        let mut bytes = Zeroizing::new([0; LEN]);
        aws_lc_rs::rand::fill(bytes.as_mut_slice()).map_err(|_| IdentityError::Random)?;
        Ok(Self::from_bytes(bytes.as_slice()))
    }

    fn from_bytes(bytes: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// Opens a pepper file: 64 lower-case hexadecimal digits and a line end, mode 0600. Makes it if there is none; it is on
    /// the disk then.
    ///
    /// # Errors
    /// [`IdentityError::PepperFile`], [`IdentityError::PepperExposed`], [`IdentityError::PepperMalformed`],
    /// [`IdentityError::Random`].
    pub fn open_or_create(path: &Path) -> Result<Self, IdentityError> {
        match Self::open(path) {
            Err(IdentityError::PepperFile { source, .. }) if source.kind() == ErrorKind::NotFound => {
                create(path)?;
                Self::open(path)
            }
            result => result,
        }
    }

    /// Opens a pepper file.
    ///
    /// # Errors
    /// As [`Pepper::open_or_create`].
    pub fn open(path: &Path) -> Result<Self, IdentityError> {
        let failed = |source| IdentityError::PepperFile { path: path.to_owned(), source };
        let file = File::open(path).map_err(failed)?;
        let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(IdentityError::PepperExposed { path: path.to_owned(), mode });
        }
        let mut text = Zeroizing::new(Vec::with_capacity(2 * LEN + 2));
        file.take(2 * LEN as u64 + 2).read_to_end(&mut text).map_err(failed)?;
        let digits = std::str::from_utf8(&text).ok().and_then(|t| t.strip_suffix('\n'));
        let bytes = digits.and_then(hex::decode).map(Zeroizing::new).filter(|b| b.len() == LEN);
        bytes.map(|b| Self::from_bytes(&b)).ok_or_else(|| IdentityError::PepperMalformed(path.to_owned()))
    }

    /// The HMAC of some text for one purpose. Different purposes give unrelated results.
    pub fn mac(&self, purpose: &str, text: &[u8]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        // The length keeps purpose and text apart.
        context.update(&(purpose.len() as u64).to_be_bytes());
        context.update(purpose.as_bytes());
        context.update(text);
        let mut out = [0; 32];
        out.copy_from_slice(context.sign().as_ref());
        out
    }

    /// The same as lower-case hexadecimal text.
    pub fn mac_hex(&self, purpose: &str, text: &[u8]) -> String {
        hex::encode(&self.mac(purpose, text))
    }
}

impl std::fmt::Debug for Pepper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

fn create(path: &Path) -> Result<(), IdentityError> {
    let mut bytes = Zeroizing::new([0; LEN]);
    aws_lc_rs::rand::fill(bytes.as_mut_slice()).map_err(|_| IdentityError::Random)?;
    let mut text = Zeroizing::new(hex::encode(bytes.as_slice()));
    text.push('\n');
    write_new(path, text.as_bytes())
        .map_err(|source| IdentityError::PepperFile { path: path.to_owned(), source })
}

/// Written whole under another name first: a process that is killed on the way leaves no half file under the right one.
fn write_new(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut partial = path.as_os_str().to_owned();
    partial.push(format!(".{}", std::process::id()));
    let partial = Path::new(&partial);
    let _ = std::fs::remove_file(partial);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(partial)?;
    let written = file.write_all(text).and_then(|()| file.sync_all());
    // A link, unlike a rename, never takes the place of a file that is there.
    let linked = written.and_then(|()| std::fs::hard_link(partial, path));
    std::fs::remove_file(partial)?;
    linked?;
    let folder = path.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};

    #[test]
    fn the_same_file_gives_the_same_hashes_and_another_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pepper");
        let first = Pepper::open_or_create(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
        let again = Pepper::open_or_create(&path).unwrap();
        assert_eq!(first.mac("a", b"b"), again.mac("a", b"b"));
        assert_ne!(first.mac("a", b"b"), first.mac("ab", b""));
        assert_ne!(first.mac("a", b"b"), Pepper::random().unwrap().mac("a", b"b"));
        assert_eq!(format!("{first:?}"), "[secret]");
    }

    #[test]
    fn only_the_owner_has_access_and_nothing_else_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pepper");
        Pepper::open_or_create(&path).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(Pepper::open(&path), Err(IdentityError::PepperExposed { mode: 0o640, .. })));
        for bad in
            ["", "00\n", &"0".repeat(64), &format!("{}\n", "0".repeat(66)), &format!("{}\n", "G".repeat(64))]
        {
            fs::write(&path, bad).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
            assert!(matches!(Pepper::open_or_create(&path), Err(IdentityError::PepperMalformed(_))), "{bad}");
        }
        assert!(matches!(
            Pepper::open(dir.path()),
            Err(IdentityError::PepperFile { .. } | IdentityError::PepperExposed { .. })
        ));
    }

    #[test]
    fn hmac_sha256_of_a_published_case() {
        // RFC 4231, case 2, with what this type puts before the text taken into account by the key alone.
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"Jefe");
        let tag = hmac::sign(&key, b"what do ya want for nothing?");
        assert_eq!(
            hex::encode(tag.as_ref()),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
