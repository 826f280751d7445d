//! Rules as versions, and lists: put there, put in force, taken back.

use super::records::{InForceRecord, ListEntry, ListEntryRecord, RulesRecord, RulesVersion};
use super::{RiskError, Screened};
use crate::engine::Told;
use crate::risk::records::DecisionRecord;
use pmts_fraud::rules::{RuleSet, starter};
use pmts_fraud::{Entry, FraudError, Key, ListKind, Lists};
use pmts_kernel::{Clock, Event, EventId, IdSource, Principal};
use pmts_store::{Commit, ListQuery, Record, Store, StoreExt, Write};
use serde_json::{Value, json};
use std::sync::Arc;

/// The most versions that a rollback can go back.
const BEFORE_MAX: usize = 100;

/// Keeps rules, lists and labels over a store.
#[derive(Clone)]
pub struct RiskDesk {
    /// Where everything is committed.
    pub store: Arc<dyn Store>,
    /// Where ids come from.
    pub ids: Arc<dyn IdSource>,
    /// What the time is.
    pub clock: Arc<dyn Clock>,
}

/// The record's id of an entry: list, kind and hash of its key.
pub(super) fn entry_id(entry: &Entry) -> u128 {
    let Entry { key, list, .. } = entry;
    (*list as u128 + 1) << 80 | (key.kind.index() as u128) << 72 | u128::from(key.hash) << 8
}

impl RiskDesk {
    /// The version of the rules that is in force, and the rules. Before any was put in force: the starting rules, version 0.
    ///
    /// # Errors
    /// [`RiskError`].
    pub async fn rules_in_force(&self) -> Result<(u64, RuleSet), RiskError> {
        match self.store.get::<InForceRecord>(1).await? {
            Some(now) => Ok((now.value.rules, self.rules(now.value.rules).await?)),
            None => Ok((0, self.rules(0).await?)),
        }
    }

    /// The rules of a version; 0: the starting rules.
    ///
    /// # Errors
    /// [`RiskError::Missing`].
    pub async fn rules(&self, version: u64) -> Result<RuleSet, RiskError> {
        if version == 0 {
            return Ok(numbered(0, &starter()?)?);
        }
        let read = self.store.get::<RulesRecord>(u128::from(version)).await?;
        let kept = read.ok_or_else(|| RiskError::Missing(format!("version {version} of the rules")))?;
        Ok(RuleSet::from_json(kept.value.0.rules.as_bytes())?)
    }

    /// All versions, the oldest first, without the starting rules.
    ///
    /// # Errors
    /// [`RiskError::Store`].
    pub async fn rule_versions(&self) -> Result<Vec<RulesVersion>, RiskError> {
        let (page, _) = self.store.list_typed::<RulesRecord>(ListQuery::all(RulesRecord::KIND)).await?;
        Ok(page.into_iter().map(|r| r.value.0).collect())
    }

    /// Keeps rules as the next version; they are not in force before they are promoted. `json`: `{"version": n, "rules": [..]}`; the
    /// number given there does not count.
    ///
    /// # Errors
    /// [`RiskError::Fraud`] for the first rule that does not fit the schema; [`RiskError::Commit`] when another was put there at
    /// the same time.
    pub async fn put_rules(&self, json: &[u8], by: &Principal) -> Result<RulesVersion, RiskError> {
        let given = RuleSet::from_json(json)?;
        let query = ListQuery { newest_first: true, limit: 1, ..ListQuery::all(RulesRecord::KIND) };
        let latest = self.store.list_typed::<RulesRecord>(query).await?.0;
        let version = latest.first().map_or(0, |r| r.value.0.version) + 1;
        let rules = String::from_utf8(numbered(version, &given)?.to_json()?)
            .map_err(|e| FraudError::RuleSet(e.to_string()))?;
        let kept = RulesVersion { version, rules, at: self.clock.now(), by: by.clone() };
        let mut commit = Commit::by(by.clone());
        commit.records.push(Write::put(&RulesRecord(kept.clone()), 0)?);
        self.store.commit(commit).await?;
        Ok(kept)
    }

    /// Puts a version of the rules in force, everywhere, without a restart. 0: the starting rules.
    ///
    /// # Errors
    /// [`RiskError::Missing`] if there is none, [`RiskError::Commit`].
    pub async fn promote_rules(&self, version: u64, by: &Principal) -> Result<InForceRecord, RiskError> {
        self.rules(version).await?;
        let (expected, mut now) = self.in_force().await?;
        if now.rules != version {
            now.before.push(now.rules);
            let over = now.before.len().saturating_sub(BEFORE_MAX);
            now.before.drain(..over);
            now.rules = version;
        }
        self.put_in_force(now, expected, by).await
    }

    /// Puts the version in force that was before the one in force.
    ///
    /// # Errors
    /// [`RiskError::Missing`] if there was none, [`RiskError::Commit`].
    pub async fn rollback_rules(&self, by: &Principal) -> Result<InForceRecord, RiskError> {
        let (expected, mut now) = self.in_force().await?;
        now.rules =
            now.before.pop().ok_or_else(|| RiskError::Missing("a version of the rules before".into()))?;
        self.put_in_force(now, expected, by).await
    }

    async fn in_force(&self) -> Result<(u64, InForceRecord), RiskError> {
        Ok(match self.store.get::<InForceRecord>(1).await? {
            Some(read) => (read.version, read.value),
            None => (0, InForceRecord { rules: 0, before: vec![] }),
        })
    }

    async fn put_in_force(
        &self,
        now: InForceRecord,
        expected: u64,
        by: &Principal,
    ) -> Result<InForceRecord, RiskError> {
        let mut commit = Commit::by(by.clone());
        commit.records.push(Write::put(&now, expected)?);
        let data = json!({ "version": now.rules });
        commit.events.push(self.event(Told::RiskRules, "risk_rules".into(), expected + 1, data));
        self.store.commit(commit).await?;
        Ok(now)
    }

    /// Puts an entry on its list, in place of one for the same key there.
    ///
    /// # Errors
    /// [`RiskError::Fraud`] without a reason, [`RiskError::Commit`].
    pub async fn list(&self, entry: Entry, by: &Principal) -> Result<ListEntry, RiskError> {
        Lists::default().put(entry.clone())?;
        self.put_entry(entry, false, by).await
    }

    /// Takes a key off a list.
    ///
    /// # Errors
    /// [`RiskError::Missing`] if it is not there, [`RiskError::Commit`].
    pub async fn unlist(&self, key: Key, list: ListKind, by: &Principal) -> Result<ListEntry, RiskError> {
        let asked = Entry { key, list, reason: String::new(), until: None };
        let there = self.store.get::<ListEntryRecord>(entry_id(&asked)).await?;
        let there = there.filter(|r| !r.value.0.removed);
        let missing = || RiskError::Missing(format!("this {} on the list", key.kind.name()));
        self.put_entry(there.ok_or_else(missing)?.value.0.entry, true, by).await
    }

    async fn put_entry(&self, entry: Entry, removed: bool, by: &Principal) -> Result<ListEntry, RiskError> {
        let kept = ListEntry { entry, removed, at: self.clock.now(), by: by.clone() };
        let id = entry_id(&kept.entry);
        let expected = self.store.get::<ListEntryRecord>(id).await?.map_or(0, |r| r.version);
        let mut commit = Commit::by(by.clone());
        commit.records.push(Write::put(&ListEntryRecord(kept.clone()), expected)?);
        let data = json!({ "entry": format!("{id:032x}"), "list": kept.entry.list, "of": kept.entry.key.kind, "removed": removed });
        commit.events.push(self.event(Told::RiskList, format!("rlist_{id:032x}"), expected + 1, data));
        self.store.commit(commit).await?;
        Ok(kept)
    }

    /// All entries that are on a list, over or not.
    ///
    /// # Errors
    /// [`RiskError::Store`].
    pub async fn entries(&self) -> Result<Vec<ListEntry>, RiskError> {
        let mut query = ListQuery::all(ListEntryRecord::KIND);
        let mut all = Vec::new();
        loop {
            let (page, next) = self.store.list_typed::<ListEntryRecord>(query.clone()).await?;
            all.extend(page.into_iter().map(|r| r.value.0).filter(|e| !e.removed));
            let Some(after) = next else { return Ok(all) };
            query.after = Some(after);
        }
    }

    /// A decision.
    ///
    /// # Errors
    /// [`RiskError::Missing`].
    pub async fn decision(&self, id: super::DecisionId) -> Result<Screened, RiskError> {
        let read = self.store.get::<DecisionRecord>(id.raw()).await?;
        read.map(|r| r.value.0).ok_or_else(|| RiskError::Missing(id.to_string()))
    }

    pub(crate) fn event(&self, told: Told, object: String, sequence: u64, data: Value) -> Event {
        let id = EventId::from_raw(self.ids.next_id());
        Event { id, kind: told.name().into(), object, sequence, at: self.clock.now(), data }
    }
}

fn numbered(version: u64, rules: &RuleSet) -> Result<RuleSet, FraudError> {
    RuleSet::new(version, rules.rules().cloned().collect())
}
