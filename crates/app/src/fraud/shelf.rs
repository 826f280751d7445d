//! Models as versions: the folder `fraud` beside the data.

use crate::AppError;
use pmts_fraud::model::{Metrics, Model};
use pmts_kernel::Timestamp;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::xxh3_128;

/// A trained model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelVersion {
    /// Counted from 1.
    pub number: u32,
    /// When it was trained.
    pub trained_at: Timestamp,
    /// What it learned from, in words.
    pub learned_from: String,
    /// The hash of its file.
    pub hash: String,
    /// How good it was on payments it had not seen, if that was measured.
    #[serde(default)]
    pub metrics: Option<Metrics>,
}

/// The versions, and which of them is in force: the file `models.json`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelManifest {
    /// The version in force, if one was promoted.
    pub in_force: Option<u32>,
    /// Those that were in force before, the latest last.
    pub before: Vec<u32>,
    /// All versions, the oldest first.
    pub versions: Vec<ModelVersion>,
}

/// The folder of models.
#[derive(Debug, Clone)]
pub struct FraudShelf {
    dir: PathBuf,
}

impl FraudShelf {
    /// The models of a data directory. Nothing is opened or made.
    pub fn of(data: &Path) -> Self {
        Self { dir: data.join("fraud") }
    }

    /// The versions.
    ///
    /// # Errors
    /// [`AppError::File`], [`AppError::ModelDamaged`].
    pub fn manifest(&self) -> Result<ModelManifest, AppError> {
        let path = self.dir.join("models.json");
        match fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text).map_err(|_| AppError::ModelDamaged(path)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(ModelManifest::default()),
            Err(e) => Err(AppError::file(path)(e)),
        }
    }

    /// Keeps a model as the next version. It is not in force before it is promoted.
    ///
    /// # Errors
    /// [`AppError::File`], [`AppError::ModelDamaged`], [`AppError::ListsBusy`].
    pub fn add(
        &self,
        mut model: Model,
        learned_from: &str,
        metrics: Option<Metrics>,
        now: Timestamp,
    ) -> Result<ModelVersion, AppError> {
        fs::create_dir_all(&self.dir).map_err(AppError::file(&self.dir))?;
        let _lock = self.lock()?;
        let mut manifest = self.manifest()?;
        let number = manifest.versions.iter().map(|v| v.number).max().unwrap_or(0) + 1;
        model.name = format!("model {number}");
        let bytes = model.to_json()?;
        let hash = format!("{:032x}", xxh3_128(&bytes));
        let learned_from = learned_from.to_owned();
        let version = ModelVersion { number, trained_at: now, learned_from, hash, metrics };
        replace(&self.path(number), &bytes)?;
        manifest.versions.push(version.clone());
        self.put(&manifest)?;
        Ok(version)
    }

    /// The model of a version; without one, the model in force.
    ///
    /// # Errors
    /// [`AppError::NoModel`], [`AppError::ModelDamaged`] if it is not what was kept, [`AppError::File`].
    pub fn model(&self, number: Option<u32>) -> Result<(ModelVersion, Model), AppError> {
        let manifest = self.manifest()?;
        let none = || AppError::NoModel { number, path: self.dir.clone() };
        let number = number.or(manifest.in_force).ok_or_else(none)?;
        let version = manifest.versions.iter().find(|v| v.number == number).ok_or_else(none)?;
        let path = self.path(number);
        let bytes = fs::read(&path).map_err(AppError::file(&path))?;
        if format!("{:032x}", xxh3_128(&bytes)) != version.hash {
            return Err(AppError::ModelDamaged(path));
        }
        Ok((version.clone(), Model::from_json(&bytes)?))
    }

    /// Puts a version in force.
    ///
    /// # Errors
    /// As [`FraudShelf::model`], and [`AppError::ListsBusy`].
    pub fn promote(&self, number: u32) -> Result<ModelManifest, AppError> {
        let _lock = self.lock()?;
        self.model(Some(number))?;
        let mut manifest = self.manifest()?;
        if let Some(old) = manifest.in_force.filter(|old| *old != number) {
            manifest.before.push(old);
        }
        manifest.in_force = Some(number);
        self.put(&manifest)?;
        Ok(manifest)
    }

    /// Puts the version in force that was before the one in force.
    ///
    /// # Errors
    /// [`AppError::NoModel`] if there was none; as [`FraudShelf::promote`].
    pub fn rollback(&self) -> Result<ModelManifest, AppError> {
        let _lock = self.lock()?;
        let mut manifest = self.manifest()?;
        let none = || AppError::NoModel { number: None, path: self.dir.clone() };
        let number = manifest.before.pop().ok_or_else(none)?;
        self.model(Some(number))?;
        manifest.in_force = Some(number);
        self.put(&manifest)?;
        Ok(manifest)
    }

    fn path(&self, number: u32) -> PathBuf {
        self.dir.join(format!("model-{number}.json"))
    }

    fn put(&self, manifest: &ModelManifest) -> Result<(), AppError> {
        let path = self.dir.join("models.json");
        let bytes = serde_json::to_vec_pretty(manifest).map_err(|e| AppError::file(&path)(e.into()))?;
        replace(&path, &bytes)
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

/// Writes a file beside its place, makes it durable, and only then gives it its name.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), AppError> {
    let beside = path.with_extension("new");
    let result = (|| {
        let mut file = File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        path.parent().map_or(Ok(()), |dir| File::open(dir)?.sync_all())
    })();
    result.map_err(AppError::file(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> Model {
        Model::new("made up", vec!["amount".to_owned()], 5, Vec::new(), Vec::new()).unwrap()
    }

    #[test]
    fn versions_are_promoted_rolled_back_and_checked() {
        let dir = tempfile::tempdir().unwrap();
        let shelf = FraudShelf::of(dir.path());
        let now = Timestamp::from_micros(7);
        assert!(matches!(shelf.model(None), Err(AppError::NoModel { .. })));
        for n in 1..=3 {
            assert_eq!(shelf.add(model(), "nothing", None, now).unwrap().number, n);
            assert!(shelf.manifest().unwrap().in_force.is_none(), "a person promotes");
        }
        shelf.promote(1).unwrap();
        shelf.promote(3).unwrap();
        shelf.promote(3).unwrap();
        assert_eq!(shelf.model(None).unwrap().1.name, "model 3");
        assert_eq!(shelf.rollback().unwrap().in_force, Some(1));
        assert!(matches!(shelf.rollback(), Err(AppError::NoModel { .. })));
        assert!(matches!(shelf.promote(9), Err(AppError::NoModel { .. })));
        let path = dir.path().join("fraud/model-3.json");
        let changed = fs::read_to_string(&path).unwrap().replace("\"start\":5", "\"start\":6");
        fs::write(&path, changed).unwrap();
        assert!(matches!(shelf.promote(3), Err(AppError::ModelDamaged(_))));
        assert_eq!(shelf.manifest().unwrap().in_force, Some(1));
    }
}
