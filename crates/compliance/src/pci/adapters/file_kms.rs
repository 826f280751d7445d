//! A key service whose key-encryption keys are in a file: for one machine without a hardware or network service.

use super::key_ring::KeyRing;
use crate::VaultError;
use crate::pci::seal::NONCE_LEN;
use crate::pci::{DataKey, Kms, WrappedKey, hex};
use async_trait::async_trait;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use zeroize::Zeroizing;

/// A [`Kms`] with its keys in a file that only its owner may access. The file is read once.
///
/// Each line is a version, a space, and 32 bytes in lower-case hexadecimal; empty lines and lines that start with `#`
/// are left out. The highest version wraps; the others are kept for what they have wrapped. To change the key, add a
/// line. Keep a copy of the file in a safe place, apart from the entries: without it no card can be read any more.
pub struct FileKms {
    ring: KeyRing,
}

/// A key file is small; more than this is not read.
const LEN_MAX: u64 = 64 * 1024;

impl FileKms {
    /// Makes a file with a new random key, mode 0600, and opens it. It is on the disk when this returns.
    ///
    /// # Errors
    /// [`VaultError::KeyFile`], also if there is a file already: a key is never overwritten.
    pub fn create(path: &Path) -> Result<Self, VaultError> {
        write_new(path).map_err(|source| VaultError::KeyFile { path: path.to_owned(), source })?;
        Self::open(path)
    }

    /// Opens a key file.
    ///
    /// # Errors
    /// [`VaultError::KeyFile`], [`VaultError::KeyFileExposed`] if group or others have any access to it,
    /// [`VaultError::KeyFileMalformed`].
    pub fn open(path: &Path) -> Result<Self, VaultError> {
        let failed = |source| VaultError::KeyFile { path: path.to_owned(), source };
        let file = File::open(path).map_err(failed)?;
        // Of the opened file, not of whatever the path leads to a moment later.
        let facts = file.metadata().map_err(failed)?;
        let mode = facts.permissions().mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(VaultError::KeyFileExposed { path: path.to_owned(), mode });
        }
        let malformed = || VaultError::KeyFileMalformed { path: path.to_owned() };
        if !facts.is_file() || facts.len() > LEN_MAX {
            return Err(malformed());
        }
        // One byte more than needed, so reading to the end does not grow the buffer and leave a copy behind.
        let capacity = usize::try_from(facts.len()).map_err(|_| malformed())? + 1;
        let mut text = Zeroizing::new(Vec::with_capacity(capacity));
        file.take(LEN_MAX).read_to_end(&mut text).map_err(failed)?;
        let keys = std::str::from_utf8(&text).ok().and_then(read_keys).ok_or_else(malformed)?;
        KeyRing::new(keys).map(|ring| Self { ring }).ok_or_else(malformed)
    }

    /// Opens a key file; makes it if there is none.
    ///
    /// # Errors
    /// Those of [`FileKms::create`] and [`FileKms::open`].
    pub fn open_or_create(path: &Path) -> Result<Self, VaultError> {
        match Self::open(path) {
            Err(VaultError::KeyFile { source, .. }) if source.kind() == ErrorKind::NotFound => {
                Self::create(path)
            }
            result => result,
        }
    }
}

/// `None` if a line is malformed or a version stands twice.
fn read_keys(text: &str) -> Option<Vec<(u32, DataKey)>> {
    let mut keys: Vec<(u32, DataKey)> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (version, key) = line.split_once(' ')?;
        let version = version.parse().ok()?;
        if keys.iter().any(|(earlier, _)| *earlier == version) {
            return None;
        }
        keys.push((version, DataKey::take(hex::decode(key)?)?));
    }
    Some(keys)
}

fn write_new(path: &Path) -> io::Result<()> {
    let mut key = Zeroizing::new([0; DataKey::LEN]);
    random(key.as_mut_slice())?;
    let digits = Zeroizing::new(hex::encode(key.as_slice()));
    let text = Zeroizing::new(format!("1 {}\n", digits.as_str()));
    // Written whole under another name first: a process that is killed on the way leaves no half key under the right one.
    let mut partial = path.as_os_str().to_owned();
    partial.push(format!(".{}", std::process::id()));
    let partial = Path::new(&partial);
    let _ = std::fs::remove_file(partial);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(partial)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    // A link, unlike a rename, never takes the place of a key that is there.
    let linked = written.and_then(|()| std::fs::hard_link(partial, path));
    std::fs::remove_file(partial)?;
    linked?;
    // The name of the file has to be on the disk too.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

fn random(bytes: &mut [u8]) -> io::Result<()> {
    aws_lc_rs::rand::fill(bytes).map_err(|_| io::Error::other("the operating system gives no random bytes"))
}

#[async_trait]
impl Kms for FileKms {
    async fn new_key(&self, context: &str) -> Result<(DataKey, WrappedKey), VaultError> {
        let mut bytes = vec![0; DataKey::LEN];
        random(&mut bytes).map_err(|e| VaultError::Kms { source: e.into() })?;
        let key = DataKey::take(bytes).expect("it has the length of a key");
        let wrapped = self.wrap_key(&key, context).await?;
        Ok((key, wrapped))
    }

    async fn wrap_key(&self, key: &DataKey, context: &str) -> Result<WrappedKey, VaultError> {
        let mut nonce = [0; NONCE_LEN];
        random(&mut nonce).map_err(|e| VaultError::Kms { source: e.into() })?;
        Ok(self.ring.wrap(nonce, key, context))
    }

    async fn unwrap_key(&self, wrapped: &WrappedKey, context: &str) -> Result<DataKey, VaultError> {
        self.ring.unwrap(wrapped, context)
    }

    fn current_version(&self) -> u32 {
        self.ring.current()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::path::PathBuf;
    use tempfile::TempDir;

    fn place() -> (TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kek");
        (folder, path)
    }

    fn write(path: &Path, text: &str, mode: u32) {
        fs::write(path, text).unwrap();
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    /// The error of a call that must fail.
    fn refused(result: Result<FileKms, VaultError>) -> VaultError {
        result.map(|_| ()).unwrap_err()
    }

    #[tokio::test]
    async fn keeps_the_contract() {
        let (_folder, path) = place();
        crate::pci::contract::kms(&FileKms::create(&path).unwrap()).await;
    }

    #[tokio::test]
    async fn the_same_file_unwraps_and_another_does_not() {
        let (_folder, path) = place();
        let (key, wrapped) = FileKms::open_or_create(&path).unwrap().new_key("x").await.unwrap();
        let again = FileKms::open_or_create(&path).unwrap().unwrap_key(&wrapped, "x").await.unwrap();
        assert_eq!(key.expose(), again.expose());

        let (_other_folder, other) = place();
        let error = FileKms::create(&other).unwrap().unwrap_key(&wrapped, "x").await.unwrap_err();
        assert!(matches!(error, VaultError::KeyDamaged { context } if context == "x"));
    }

    #[tokio::test]
    async fn a_line_more_is_a_new_version_and_the_old_one_still_unwraps() {
        let (_folder, path) = place();
        let (key, wrapped) = FileKms::create(&path).unwrap().new_key("x").await.unwrap();
        let text = fs::read_to_string(&path).unwrap() + "\n# from 2026-12-01\n7 " + &"ab".repeat(32) + "\n";
        write(&path, &text, 0o600);
        let kms = FileKms::open(&path).unwrap();
        assert_eq!((kms.current_version(), wrapped.kek_version), (7, 1));
        assert_eq!(kms.unwrap_key(&wrapped, "x").await.unwrap().expose(), key.expose());
        assert_eq!(kms.wrap_key(&key, "x").await.unwrap().kek_version, 7);
        let moved = WrappedKey { kek_version: 7, ..wrapped };
        assert!(matches!(kms.unwrap_key(&moved, "x").await, Err(VaultError::KeyDamaged { .. })));
    }

    #[test]
    fn only_the_owner_has_access() {
        let (_folder, path) = place();
        FileKms::create(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
        for mode in [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o644, 0o666] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let error = refused(FileKms::open(&path));
            assert!(
                matches!(error, VaultError::KeyFileExposed { mode: m, .. } if m == mode),
                "{mode:o}: {error:?}"
            );
        }
        fs::set_permissions(&path, Permissions::from_mode(0o400)).unwrap();
        assert!(FileKms::open(&path).is_ok());
    }

    #[test]
    fn a_key_is_never_overwritten() {
        let (_folder, path) = place();
        FileKms::create(&path).unwrap();
        let before = fs::read(&path).unwrap();
        let error = refused(FileKms::create(&path));
        assert!(
            matches!(error, VaultError::KeyFile { source, .. } if source.kind() == ErrorKind::AlreadyExists)
        );
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    #[test]
    fn other_content_is_refused() {
        let (_folder, path) = place();
        assert!(matches!(refused(FileKms::open(&path)), VaultError::KeyFile { .. }));
        let good = "ab".repeat(32);
        let bad = [
            String::new(),
            "# nothing\n".into(),
            good.clone(),
            format!("1 {}\n", &good[2..]),
            format!("1 {good}00\n"),
            format!("x {good}\n"),
            format!("1 {}\n", good.to_uppercase()),
            format!("1 {good}\n1 {good}\n"),
            format!("1 {good}\n").repeat(2000),
        ];
        for text in bad {
            write(&path, &text, 0o600);
            let error = refused(FileKms::open(&path));
            assert!(matches!(error, VaultError::KeyFileMalformed { .. }), "{error:?}");
            assert!(!format!("{error:?} {error}").contains("abab"));
        }
    }
}
