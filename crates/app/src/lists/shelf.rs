//! The folder of lists.

use super::{Manifest, Sources, Version, source};
use crate::AppError;
use pmts_compliance::aml::lists::{ListHash, ListKind, jsonl, write_jsonl};
use pmts_compliance::aml::party::ListedParty;
use pmts_compliance::aml::{Screener, ScreeningList};
use pmts_kernel::Timestamp;
use std::fs::{self, File, TryLockError};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// What came of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The list as it is now.
    pub manifest: Manifest,
    /// Whether there is a new version; if not, the file has the entries that are in force.
    pub is_new: bool,
}

/// The folder `lists` of a data directory.
#[derive(Debug, Clone)]
pub struct Shelf {
    dir: PathBuf,
}

impl Shelf {
    /// The lists of a data directory. Nothing is opened or made.
    pub fn of(data: &Path) -> Self {
        Self { dir: data.join("lists") }
    }

    /// Imports a list from its files, as a new version that is in force from now on. The directory is made if it is not there.
    ///
    /// # Errors
    /// [`AppError::List`] and [`AppError::ListShrunk`] (unless `allow_shrink`): the version in force stays. [`AppError::ListsBusy`],
    /// [`AppError::File`].
    pub fn import(
        &self,
        list: &str,
        kind: ListKind,
        sources: Sources,
        now: Timestamp,
        allow_shrink: bool,
    ) -> Result<Imported, AppError> {
        checked_name(list)?;
        let parties = source::read(kind, &sources)?;
        let folder = self.dir.join(list);
        make_dir(&folder)?;
        let _lock = self.lock()?;
        let old = self.find(list)?;
        let hash = ListHash::of(&parties);
        let entries = parties.len() as u64;
        if let Some(current) = old.as_ref().and_then(Manifest::current) {
            if current.hash == hash
                && let Some(manifest) = &old
            {
                return Ok(Imported { manifest: manifest.clone(), is_new: false });
            }
            if entries * 2 < current.entries && !allow_shrink {
                return Err(AppError::ListShrunk {
                    list: list.to_owned(),
                    before: current.entries,
                    after: entries,
                });
            }
        }
        let number = old.as_ref().and_then(|m| m.versions.iter().map(|v| v.number).max()).unwrap_or(0) + 1;
        let names = parties.iter().map(|p| p.names.len() as u64).sum();
        replace(&folder.join(format!("{number}.jsonl")), |file| write_jsonl(&parties, file))?;
        let version = Version { number, hash, imported_at: now, sources, entries, names };
        let mut versions = old.map(|m| m.versions).unwrap_or_default();
        versions.push(version);
        let manifest = Manifest { list: list.to_owned(), kind, in_force: number, versions };
        self.put(&manifest)?;
        Ok(Imported { manifest, is_new: true })
    }

    /// Puts an earlier version in force: the one named, or the one before.
    ///
    /// # Errors
    /// [`AppError::NoList`], [`AppError::ListDamaged`], [`AppError::ListsBusy`], [`AppError::File`].
    pub fn rollback(&self, list: &str, to: Option<u32>) -> Result<Manifest, AppError> {
        let mut manifest = self.get(list)?;
        let _lock = self.lock()?;
        let version = match to {
            Some(number) => manifest.version(number),
            None => manifest.previous(),
        };
        let what = to.map_or_else(
            || format!("version of {list} before the one in force"),
            |n| format!("version {n} of {list}"),
        );
        let version = version.ok_or_else(|| AppError::NoList { what, path: self.dir.clone() })?.clone();
        self.parties(list, &version)?;
        manifest.in_force = version.number;
        self.put(&manifest)?;
        Ok(manifest)
    }

    /// All lists, by name.
    ///
    /// # Errors
    /// [`AppError::File`].
    pub fn all(&self) -> Result<Vec<Manifest>, AppError> {
        let mut found = Vec::new();
        let entries = match fs::read_dir(&self.dir) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(found),
            Err(e) => return Err(AppError::file(&self.dir)(e)),
        };
        for entry in entries {
            let entry = entry.map_err(AppError::file(&self.dir))?;
            if let Some(manifest) = entry.file_name().to_str().map(|n| self.find(n)).transpose()?.flatten() {
                found.push(manifest);
            }
        }
        found.sort_by(|a, b| a.list.cmp(&b.list));
        Ok(found)
    }

    /// A list.
    ///
    /// # Errors
    /// [`AppError::NoList`], [`AppError::File`].
    pub fn get(&self, list: &str) -> Result<Manifest, AppError> {
        checked_name(list)?;
        self.find(list)?
            .ok_or_else(|| AppError::NoList { what: format!("list {list}"), path: self.dir.clone() })
    }

    /// The entries of a version.
    ///
    /// # Errors
    /// [`AppError::ListDamaged`] if they are not those that were imported, [`AppError::File`].
    pub fn parties(&self, list: &str, version: &Version) -> Result<Vec<ListedParty>, AppError> {
        let path = self.dir.join(list).join(format!("{}.jsonl", version.number));
        let file = File::open(&path).map_err(AppError::file(&path))?;
        let parties = jsonl(file).map_err(|_| AppError::ListDamaged(path.clone()))?;
        if ListHash::of(&parties) == version.hash { Ok(parties) } else { Err(AppError::ListDamaged(path)) }
    }

    /// What screens against all lists in force.
    ///
    /// # Errors
    /// [`AppError::NoList`] if there is none, and as [`Shelf::parties`].
    pub fn screener(&self) -> Result<Screener, AppError> {
        let mut lists = Vec::new();
        for manifest in self.all()? {
            if let Some(version) = manifest.current() {
                let parties = self.parties(&manifest.list, version)?;
                lists.push(ScreeningList {
                    name: manifest.list.clone(),
                    hash: version.hash.clone(),
                    parties,
                });
            }
        }
        if lists.is_empty() {
            return Err(AppError::NoList { what: "sanctions list".to_owned(), path: self.dir.clone() });
        }
        Ok(Screener::new(lists))
    }

    fn find(&self, list: &str) -> Result<Option<Manifest>, AppError> {
        let path = self.dir.join(list).join("list.json");
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(e)
                if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) =>
            {
                return Ok(None);
            }
            Err(e) => return Err(AppError::file(path)(e)),
        };
        serde_json::from_slice(&text).map(Some).map_err(|_| AppError::ListDamaged(path))
    }

    fn put(&self, manifest: &Manifest) -> Result<(), AppError> {
        let path = self.dir.join(&manifest.list).join("list.json");
        replace(&path, |file| Ok(serde_json::to_writer_pretty(file, manifest)?))
    }

    fn lock(&self) -> Result<File, AppError> {
        let path = self.dir.join(".lock");
        let file = File::create(&path).map_err(AppError::file(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(AppError::ListsBusy(self.dir.clone())),
            Err(TryLockError::Error(e)) => Err(AppError::file(path)(e)),
        }
    }
}

/// A list's name is a name of a folder.
fn checked_name(list: &str) -> Result<(), AppError> {
    let good = !list.is_empty()
        && list.len() <= 60
        && list.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if good {
        Ok(())
    } else {
        Err(AppError::Usage(format!("{list:?} is no name of a list: letters, digits, - and _")))
    }
}

fn make_dir(dir: &Path) -> Result<(), AppError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(AppError::file(dir))
}

/// Writes a file beside its place, makes it durable, and only then gives it its name.
fn replace(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>,
) -> Result<(), AppError> {
    let beside = path.with_extension("new");
    let result = (|| {
        let mut file = BufWriter::new(File::create(&beside)?);
        write(&mut file)?;
        file.flush()?;
        file.get_ref().sync_all()?;
        fs::rename(&beside, path)?;
        path.parent().map_or(Ok(()), |dir| File::open(dir)?.sync_all())
    })();
    result.map_err(AppError::file(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = r#"{"id":"1","kind":"person","names":[{"text":"Ann Other","quality":"primary"}]}"#;

    fn import(shelf: &Shelf, dir: &Path, text: &str) -> Result<Imported, AppError> {
        let file = dir.join("own.jsonl");
        fs::write(&file, text).unwrap();
        let sources = Sources::find(ListKind::Jsonl, &file, None, None);
        shelf.import("own", ListKind::Jsonl, sources, Timestamp::from_micros(7), false)
    }

    #[test]
    fn versions_are_kept_and_rolled_back() {
        let dir = tempfile::tempdir().unwrap();
        let shelf = Shelf::of(dir.path());
        assert!(matches!(shelf.screener(), Err(AppError::NoList { .. })));
        let two = format!("{ONE}\n{}", ONE.replace("\"1\"", "\"2\""));
        assert!(import(&shelf, dir.path(), ONE).unwrap().is_new);
        assert!(!import(&shelf, dir.path(), &format!("{ONE}\n\n")).unwrap().is_new);
        assert_eq!(import(&shelf, dir.path(), &two).unwrap().manifest.in_force, 2);
        assert_eq!(shelf.screener().unwrap().names(), 2);
        assert_eq!(shelf.rollback("own", None).unwrap().in_force, 1);
        assert_eq!(shelf.screener().unwrap().names(), 1);
        assert!(matches!(shelf.rollback("own", None), Err(AppError::NoList { .. })));
        assert_eq!(shelf.rollback("own", Some(2)).unwrap().in_force, 2);
        assert!(matches!(shelf.get("../own"), Err(AppError::Usage(_))));
    }

    #[test]
    fn a_bad_or_much_shorter_list_leaves_the_old_one_in_force() {
        let dir = tempfile::tempdir().unwrap();
        let shelf = Shelf::of(dir.path());
        let three: Vec<String> = (1..4).map(|n| ONE.replace("\"1\"", &format!("\"{n}\""))).collect();
        import(&shelf, dir.path(), &three.join("\n")).unwrap();
        for bad in ["", "{", ONE] {
            assert!(import(&shelf, dir.path(), bad).is_err(), "{bad}");
            assert_eq!(shelf.get("own").unwrap().in_force, 1);
            assert_eq!(shelf.screener().unwrap().names(), 3);
        }
        // What a crash leaves before the manifest is replaced: a file, whole or in part, that nothing names.
        fs::write(dir.path().join("lists/own/2.jsonl"), ONE).unwrap();
        fs::write(dir.path().join("lists/own/list.new"), "{").unwrap();
        assert_eq!(shelf.screener().unwrap().names(), 3);
        let four = format!("{}\n{}", three.join("\n"), ONE.replace("\"1\"", "\"4\""));
        assert_eq!(import(&shelf, dir.path(), &four).unwrap().manifest.in_force, 2);
        fs::write(dir.path().join("lists/own/2.jsonl"), ONE).unwrap();
        assert!(matches!(shelf.screener(), Err(AppError::ListDamaged(_))));
        shelf.rollback("own", None).unwrap();
        assert_eq!(shelf.screener().unwrap().names(), 3);
    }
}
