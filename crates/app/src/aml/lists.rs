//! The lists in force, watched: when a version comes or goes, what changed is known.

use crate::AppError;
use crate::lists::Shelf;
use pmts_compliance::aml::lists::{ListDiff, ListHash, PartyChange};
use pmts_compliance::aml::{MemoryScreening, Screener, Screening, ScreeningList, Subject};
use std::sync::Arc;

/// Lists, each with its version.
pub(super) type Versions = Vec<(String, String)>;

/// What came onto lists or changed there, to be screened against before all of them.
pub struct Delta {
    /// How many entries.
    pub entries: usize,
    /// Those entries.
    pub screener: Screener,
}

/// Screens against the lists of a shelf, and follows them.
pub struct ListWatch {
    shelf: Shelf,
    screening: Arc<MemoryScreening>,
}

impl ListWatch {
    /// Over the lists of a shelf as they are now; none are an answer without matches.
    ///
    /// # Errors
    /// [`AppError::ListDamaged`], [`AppError::File`].
    pub fn open(shelf: Shelf) -> Result<Self, AppError> {
        let screening = Arc::new(MemoryScreening::new(screener(&shelf)?));
        Ok(Self { shelf, screening })
    }

    /// What screens.
    pub fn screening(&self) -> Arc<dyn Screening> {
        self.screening.clone()
    }

    /// The lists that are screened against, each with its version.
    pub async fn versions(&self) -> Versions {
        self.screening.screen(&Subject::default()).await.map(|s| s.lists).unwrap_or_default()
    }

    /// Looks whether other versions are in force than those that are screened against, and screens against them from now on. Says whether
    /// they are others. On an error the lists stay as they were.
    ///
    /// # Errors
    /// [`AppError::ListDamaged`], [`AppError::File`].
    pub async fn look(&self) -> Result<bool, AppError> {
        if self.on_shelf()? == self.versions().await {
            return Ok(false);
        }
        let shelf = self.shelf.clone();
        let screener = tokio::task::spawn_blocking(move || screener(&shelf)).await;
        let screener = screener.map_err(|e| AppError::Usage(format!("the lists were not read: {e}")))??;
        self.screening.replace(screener);
        Ok(true)
    }

    /// The versions in force.
    fn on_shelf(&self) -> Result<Versions, AppError> {
        let all = self.shelf.all()?;
        let current =
            all.iter().filter_map(|m| Some((m.list.clone(), m.current()?.hash.as_str().to_owned())));
        Ok(current.collect())
    }

    /// What is on the lists of `now` and was not, or otherwise, on those of `before`. `None`: that is not known, for a version of one of
    /// them is no longer there.
    ///
    /// # Errors
    /// [`AppError::ListDamaged`], [`AppError::File`].
    pub fn delta(
        &self,
        before: &[(String, String)],
        now: &[(String, String)],
    ) -> Result<Option<Delta>, AppError> {
        let mut lists = Vec::new();
        for (list, hash) in now {
            let old = before.iter().find(|(name, _)| name == list).map(|(_, old)| old);
            if old == Some(hash) {
                continue;
            }
            let Some((hash, new)) = self.entries(list, hash)? else { return Ok(None) };
            let old = match old.map(|old| self.entries(list, old)).transpose()? {
                Some(Some((_, entries))) => entries,
                Some(None) => return Ok(None),
                None => Vec::new(),
            };
            let changed =
                ListDiff::between(&old, &new).changes.into_iter().filter_map(|change| match change {
                    PartyChange::Added(party) | PartyChange::Changed { to: party, .. } => Some(party.clone()),
                    PartyChange::Removed(_) => None,
                });
            lists.push(ScreeningList { name: list.clone(), hash, parties: changed.collect() });
        }
        let entries = lists.iter().map(|l| l.parties.len()).sum();
        Ok(Some(Delta { entries, screener: Screener::new(lists) }))
    }

    fn entries(
        &self,
        list: &str,
        hash: &str,
    ) -> Result<Option<(ListHash, Vec<pmts_compliance::aml::party::ListedParty>)>, AppError> {
        let Some(manifest) = self.shelf.all()?.into_iter().find(|m| m.list == list) else { return Ok(None) };
        let Some(version) = manifest.versions.iter().find(|v| v.hash.as_str() == hash) else {
            return Ok(None);
        };
        Ok(Some((version.hash.clone(), self.shelf.parties(list, version)?)))
    }
}

fn screener(shelf: &Shelf) -> Result<Screener, AppError> {
    match shelf.screener() {
        Err(AppError::NoList { .. }) => Ok(Screener::new(Vec::new())),
        other => other,
    }
}
