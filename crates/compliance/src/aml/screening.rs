//! The port: whoever screens.

use super::details::Details;
use super::lists::ListHash;
use super::matching::Why;
use super::names::PartyKind;
use super::party::ListedParty;
use super::screener::{Match, Screener, Subject};
use crate::error::codes;
use async_trait::async_trait;
use pmts_kernel::{CodeInfo, Coded};
use std::error::Error;
use std::sync::{Arc, PoisonError, RwLock};

/// The least score of a match that is told.
pub const TOLD: u16 = 500;

/// An entry that a subject may be, as any provider tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Which list.
    pub list: String,
    /// Which version of it: for a foreign provider, whatever it gives to name one.
    pub version: String,
    /// Which entry, by the list's own id.
    pub id: String,
    /// What stands there, as a hash: another one once the entry changes. Of a foreign provider whatever changes then, such as the version.
    pub entry: String,
    /// What it is.
    pub kind: PartyKind,
    /// Its name that is most like the subject's.
    pub name: String,
    /// 0 to 1,000.
    pub score: u16,
    /// Whether a person must look at it.
    pub hit: bool,
    /// Why, if the provider tells.
    pub why: Option<(Why, Details)>,
}

impl Found {
    /// What a screener found.
    pub fn of(found: Match<'_>) -> Self {
        Self {
            list: found.list.name.clone(),
            version: found.list.hash.as_str().to_owned(),
            id: found.party.id.clone(),
            entry: entry_hash(found.party),
            kind: found.party.kind,
            name: found.name.to_owned(),
            score: found.score,
            hit: found.hit,
            why: Some((found.why, found.details)),
        }
    }
}

fn entry_hash(party: &ListedParty) -> String {
    ListHash::of(std::slice::from_ref(party)).as_str().to_owned()
}

/// What became of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// The provider cannot tell.
    Unknown,
    /// It is not on the list, or there is no such list.
    Gone,
    /// It is there, with this hash: [`Found::entry`].
    There(String),
}

/// What came of a screening.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Screened {
    /// The likeliest first.
    pub found: Vec<Found>,
    /// The lists that were screened against, each with its version, whether anything was found on them or not.
    pub lists: Vec<(String, String)>,
}

impl Screened {
    /// Whether a person must look at it.
    pub fn is_hit(&self) -> bool {
        self.found.iter().any(|found| found.hit)
    }
}

/// A provider could not answer. **Not the same as no hit**: whoever asked must not go on as if nobody was found.
#[derive(Debug, thiserror::Error)]
#[error("the screening did not answer")]
pub struct ScreeningFailed {
    /// Why.
    #[source]
    pub source: Box<dyn Error + Send + Sync>,
}

impl Coded for ScreeningFailed {
    fn code(&self) -> &'static CodeInfo {
        &codes::SCREENING_FAILED
    }
}

/// Screens subjects against the lists in force.
///
/// # Contract
/// - Who bears a listed name, in any letter case, is a hit; a name that has nothing in common with any on the lists is not.
/// - Matches come by falling score; what is a hit scores no less than what is none. Each entry comes once.
/// - The lists and their versions are told with every answer, also when nothing was found.
/// - The same subject against the same versions gets the same answer.
/// - A subject without letters or digits in its name is an answer without matches, not an error.
/// - Any number of callers at once.
///
/// [`contract::screening`](super::contract::screening) tries these.
#[async_trait]
pub trait Screening: Send + Sync {
    /// Screens a subject.
    ///
    /// # Errors
    /// [`ScreeningFailed`].
    async fn screen(&self, subject: &Subject) -> Result<Screened, ScreeningFailed>;

    /// What became of an entry, by list and the list's own id. A provider that cannot tell leaves this as it is.
    ///
    /// # Errors
    /// [`ScreeningFailed`].
    async fn standing(&self, _list: &str, _entry: &str) -> Result<Standing, ScreeningFailed> {
        Ok(Standing::Unknown)
    }
}

/// [`Screening`] in memory: a [`Screener`] that can be replaced while others use it.
pub struct MemoryScreening {
    screener: RwLock<Arc<Screener>>,
}

impl MemoryScreening {
    /// Screens with this.
    pub fn new(screener: Screener) -> Self {
        Self { screener: RwLock::new(Arc::new(screener)) }
    }

    /// From now on screens with this, all lists at once. Who is being screened is screened with the old one.
    pub fn replace(&self, screener: Screener) {
        *self.screener.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(screener);
    }

    fn current(&self) -> Arc<Screener> {
        self.screener.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Screening for MemoryScreening {
    async fn screen(&self, subject: &Subject) -> Result<Screened, ScreeningFailed> {
        let screener = self.current();
        let version = |hash: &ListHash| hash.as_str().to_owned();
        let lists = screener.lists().iter().map(|l| (l.name.clone(), version(&l.hash))).collect();
        let found = screener.screen(subject, TOLD).into_iter().map(Found::of);
        Ok(Screened { found: found.collect(), lists })
    }

    async fn standing(&self, list: &str, entry: &str) -> Result<Standing, ScreeningFailed> {
        let screener = self.current();
        let list = screener.lists().iter().find(|l| l.name == list);
        let party = list.and_then(|l| l.parties.iter().find(|p| p.id == entry));
        Ok(party.map_or(Standing::Gone, |party| Standing::There(entry_hash(party))))
    }
}

#[cfg(test)]
mod tests {
    use super::super::contract;
    use super::*;
    use crate::aml::ScreeningList;

    fn screener(parties: Vec<ListedParty>) -> Screener {
        Screener::new(vec![ScreeningList { name: "own".to_owned(), hash: ListHash::of(&parties), parties }])
    }

    #[tokio::test]
    async fn memory_keeps_the_contract() {
        contract::screening(async |parties| {
            Arc::new(MemoryScreening::new(screener(parties))) as Arc<dyn Screening>
        })
        .await;
    }

    #[tokio::test]
    async fn a_new_version_takes_the_place_of_the_old_one() {
        let screening = MemoryScreening::new(screener(contract::parties()));
        let subject = Subject { name: contract::parties()[0].primary().to_owned(), ..Subject::default() };
        let before = screening.screen(&subject).await.unwrap();
        assert!(before.is_hit());
        screening.replace(screener(contract::parties().split_off(1)));
        let after = screening.screen(&subject).await.unwrap();
        assert!(!after.is_hit());
        assert_ne!(before.lists, after.lists);
        let [gone, stays] = [0, 1].map(|n| contract::parties()[n].clone());
        assert_eq!(screening.standing("own", &gone.id).await.unwrap(), Standing::Gone);
        assert_eq!(screening.standing("other", &stays.id).await.unwrap(), Standing::Gone);
        assert_eq!(screening.standing("own", &stays.id).await.unwrap(), Standing::There(entry_hash(&stays)));
    }

    #[tokio::test]
    async fn without_lists_nobody_is_found_and_that_is_told() {
        let screening = MemoryScreening::new(Screener::new(Vec::new()));
        let subject = Subject { name: contract::parties()[0].primary().to_owned(), ..Subject::default() };
        assert_eq!(screening.screen(&subject).await.unwrap(), Screened::default());
    }

    /// Finds nobody.
    struct Blind;

    #[async_trait]
    impl Screening for Blind {
        async fn screen(&self, _: &Subject) -> Result<Screened, ScreeningFailed> {
            Ok(Screened { found: vec![], lists: vec![("own".to_owned(), "1".to_owned())] })
        }
    }

    #[tokio::test]
    #[should_panic(expected = "a listed name is a hit")]
    async fn one_that_finds_nobody_breaks_it() {
        contract::screening(async |_| Arc::new(Blind) as Arc<dyn Screening>).await;
    }
}
