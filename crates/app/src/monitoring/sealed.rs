//! Records that only the case team can read: content sealed, names hashed.

use super::CaseDesk;
use crate::aml::AmlError;
use pmts_store::{ListQuery, Record, StoreExt, Versioned, Write};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// What is kept sealed.
pub(crate) trait Kept: Serialize + DeserializeOwned {
    /// What it is. On disk, sealed, and stays.
    const WHAT: &'static str;

    /// Its id.
    fn id(&self) -> u128;

    /// By what it is listed, beside [`Kept::WHAT`].
    fn names(&self) -> Vec<String>;
}

/// A sealed record. Whoever reads it sees how long it is, when it changed, and which others have a name in common with it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SealedRecord {
    id: u128,
    names: Vec<String>,
    sealed: String,
}

impl Record for SealedRecord {
    const KIND: &'static str = "aml_sealed";

    fn record_id(&self) -> u128 {
        self.id
    }

    fn keys(&self) -> Vec<(&'static str, String)> {
        self.names.iter().map(|name| ("name", name.clone())).collect()
    }
}

impl CaseDesk {
    /// What stands for a name in indexes: 32 hexadecimal digits.
    pub(crate) fn name_of(&self, name: &str) -> String {
        self.seal.name(name)
    }

    /// Opens a sealed record, if it is of this type.
    fn unsealed<T: Kept>(&self, read: Versioned<SealedRecord>) -> Result<Versioned<T>, AmlError> {
        let SealedRecord { id, sealed, .. } = read.value;
        let plain = self.seal.unseal(&bound::<T>(id), &sealed).ok_or(AmlError::Sealed)?;
        let value = serde_json::from_slice(&plain).map_err(|_| AmlError::Sealed)?;
        Ok(Versioned { version: read.version, value })
    }

    pub(crate) fn write<T: Kept>(&self, value: &T, expected: u64) -> Result<Write, AmlError> {
        let id = value.id();
        let plain = zeroize::Zeroizing::new(serde_json::to_vec(value).map_err(|_| AmlError::Sealed)?);
        let sealed = self.seal.seal(&bound::<T>(id), &plain).ok_or(AmlError::Sealed)?;
        let names = [T::WHAT.to_owned()].into_iter().chain(value.names());
        let names = names.map(|name| self.seal.name(&name)).collect();
        Ok(Write::put(&SealedRecord { id, names, sealed }, expected)?)
    }

    pub(crate) async fn find<T: Kept>(&self, id: u128) -> Result<Option<Versioned<T>>, AmlError> {
        let read = self.store.get::<SealedRecord>(id).await?;
        // What is kept under an id of another type is nothing that was asked for.
        let what = self.seal.name(T::WHAT);
        read.filter(|r| r.value.names.contains(&what)).map(|r| self.unsealed(r)).transpose()
    }

    /// A page of those with a name, newest first, and the cursor of the next.
    pub(crate) async fn page<T: Kept>(
        &self,
        name: &str,
        after: Option<u128>,
        limit: usize,
    ) -> Result<(Vec<Versioned<T>>, Option<u128>), AmlError> {
        let query = ListQuery {
            after,
            limit,
            newest_first: true,
            ..ListQuery::with_key(SealedRecord::KIND, "name", self.seal.name(name))
        };
        let (page, next) = self.store.list_typed::<SealedRecord>(query).await?;
        Ok((page.into_iter().map(|r| self.unsealed(r)).collect::<Result<_, _>>()?, next))
    }

    /// All with a name, newest first.
    pub(crate) async fn every<T: Kept>(&self, name: &str) -> Result<Vec<Versioned<T>>, AmlError> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let (page, next) = self.page(name, after, 0).await?;
            all.extend(page);
            if next.is_none() {
                return Ok(all);
            }
            after = next;
        }
    }
}

/// What a text is bound to: it cannot be put in the place of another.
fn bound<T: Kept>(id: u128) -> String {
    format!("{}/{id:032x}", T::WHAT)
}

/// Does a step again as long as others write the same at the same time. The step is the body of an async block.
macro_rules! while_others_are_faster {
    ($step:block) => {{
        let mut tries = 0;
        loop {
            let done: Result<_, $crate::aml::AmlError> = async $step.await;
            match done {
                Err(error) if $crate::aml::others_were_faster(&error) && tries < $crate::monitoring::TRIES => tries += 1,
                done => break done,
            }
        }
    }};
}
pub(crate) use while_others_are_faster;
