//! A copy of a data directory, taken while it is used.
//!
//! The copy is made page by page within one read of the main file: it is the state after some commit, whole. No lock of the
//! engine is needed, so another process than the one that owns the directory may do it. It is read back and checked before
//! it gets its name: what is called `pmts.db` in the target is a whole copy. `backup.json` beside it says what it is.

use super::error::{file, opening, reading};
use super::names::Names;
use super::schema::{self, FILE, open_file};
use super::verify::{self, VerifyReport};
use super::{archive, commits};
use crate::StoreError;
use aws_lc_rs::digest::{Context, SHA256};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use serde::{Deserialize, Serialize};
use std::io::Read;
use std::path::Path;
use std::time::Duration;

/// The name of the description beside a copy.
pub(super) const MANIFEST: &str = "backup.json";
const PARTIAL: &str = "pmts.db.partial";

/// What a copy holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupReport {
    /// The format of the data.
    pub format: u32,
    /// The last commit in it.
    pub commit: u64,
    /// Its hash, in hexadecimal digits; empty: there is no commit.
    pub hash: String,
    /// How many transfers are in it.
    pub transfers: u64,
    /// One can go back to this commit and any after it.
    pub back_to: u64,
    /// The size of `pmts.db`, in bytes.
    pub bytes: u64,
    /// SHA-256 of `pmts.db`, in hexadecimal digits.
    pub sha256: String,
    /// Size and SHA-256 of `archive.db`, if entries of closed days were moved there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive: Option<(u64, String)>,
}

/// Copies the data directory `from` into the directory `to`, which is made, or is there and empty.
pub(super) fn backup(from: &Path, to: &Path) -> Result<BackupReport, StoreError> {
    let source_path = from.join(FILE);
    let source = schema::open_reader(from)?;
    schema::check(&source, &source_path)?;
    empty_dir(to)?;
    let partial = to.join(PARTIAL);
    let report = copy_all(&source, to, &partial).and_then(|db| {
        let mut report = VerifyReport::default();
        verify::main_file(&db, &Names::default(), &mut report).map_err(|e| reading(&e))?;
        if let Some(problem) = report.problems.first() {
            return Err(StoreError::Damaged(format!("the copy: {problem}")));
        }
        let (commit, hash) = commits::head(&db).map_err(|e| reading(&e))?;
        let back_to = super::undo::reaches(&db).map_err(|e| reading(&e))?;
        drop(db);
        let (bytes, sha256) = fingerprint(&partial)?;
        let archived = to.join(archive::FILE);
        let archive = archived.exists().then(|| fingerprint(&archived)).transpose()?;
        let format = if archive.is_some() { schema::WITH_ARCHIVE } else { schema::FORMAT };
        Ok(BackupReport {
            format,
            commit,
            hash: hex(&hash),
            transfers: report.transfers,
            back_to,
            bytes,
            sha256,
            archive,
        })
    });
    let report = match report {
        Ok(report) => report,
        Err(e) => {
            // What is not whole is not left behind; if even that fails, its name still says that it is not.
            let _ = std::fs::remove_file(&partial);
            let _ = std::fs::remove_file(to.join(archive::FILE));
            return Err(e);
        }
    };
    let text = serde_json::to_string_pretty(&report).map_err(|e| StoreError::Engine(e.to_string()))?;
    let manifest = to.join(MANIFEST);
    std::fs::write(&manifest, text + "\n").map_err(|e| file(&manifest, &e))?;
    named(&partial, &to.join(FILE))?;
    Ok(report)
}

/// Copies the main file within one read, then the archive if there is one: what the main file says is in it was there before.
/// Gives the copy, opened for writing.
pub(super) fn copy_all(source: &Connection, to: &Path, partial: &Path) -> Result<Connection, StoreError> {
    let db = copy(source, "main", partial)?;
    if archive::holds(&db).map_err(|e| reading(&e))? > 0 {
        drop(copy(source, archive::NAME, &to.join(archive::FILE))?);
        archive::attach(&db, to)?;
    }
    Ok(db)
}

/// Makes a directory, or takes one that has nothing in it.
pub(super) fn empty_dir(dir: &Path) -> Result<(), StoreError> {
    super::make_dir(dir)?;
    let mut found = std::fs::read_dir(dir).map_err(|e| file(dir, &e))?;
    if found.next().is_some() { Err(StoreError::Occupied(dir.to_owned())) } else { Ok(()) }
}

/// Copies one of the files of a connection within one read; gives the copy, opened for writing, without a write-ahead log.
fn copy(source: &Connection, name: &str, to: &Path) -> Result<Connection, StoreError> {
    let failed = |e: rusqlite::Error| opening(to, e);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let mut target = open_file(to, flags).map_err(failed)?;
    {
        let backup = Backup::new_with_names(source, name, &mut target, "main").map_err(failed)?;
        let mut tries = 0;
        // All pages in one step: else a commit of another process meanwhile begins the copy again.
        loop {
            match backup.step(-1).map_err(failed)? {
                StepResult::Done => break,
                _ if tries < 100 => std::thread::sleep(Duration::from_millis(100)),
                _ => return Err(StoreError::InUse(to.to_owned())),
            }
            tries += 1;
        }
    }
    target.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(())).map_err(failed)?;
    Ok(target)
}

/// Size and SHA-256 of a file.
pub(super) fn fingerprint(path: &Path) -> Result<(u64, String), StoreError> {
    let failed = |e: std::io::Error| file(path, &e);
    let mut input = std::fs::File::open(path).map_err(failed)?;
    let (mut digest, mut bytes, mut piece) = (Context::new(&SHA256), 0, vec![0; 1 << 20]);
    loop {
        match input.read(&mut piece).map_err(failed)? {
            0 => return Ok((bytes, hex(digest.finish().as_ref()))),
            n => {
                digest.update(&piece[..n]);
                bytes += n as u64;
            }
        }
    }
}

/// Gives a file that is whole its name, durably.
pub(super) fn named(partial: &Path, path: &Path) -> Result<(), StoreError> {
    let failed = |e: std::io::Error| file(path, &e);
    std::fs::File::open(partial).and_then(|f| f.sync_all()).map_err(failed)?;
    std::fs::rename(partial, path).map_err(failed)?;
    if let Some(dir) = path.parent() {
        std::fs::File::open(dir).and_then(|d| d.sync_all()).map_err(failed)?;
    }
    Ok(())
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
