//! One commit of a step: records, transfers, events.

use super::{DeskError, PayoutDesk};
use crate::aml::PartyId;
use crate::books::Journal;
use crate::engine::Told;
use crate::records::{Task, TaskId};
use pmts_kernel::{Event, EventId, Principal, Timestamp};
use pmts_store::{Commit, Record, Write};
use serde_json::Value;
use std::collections::HashMap;

/// A commit being put together.
pub(super) struct Step<'a> {
    desk: &'a PayoutDesk,
    pub(super) now: Timestamp,
    pub(super) journal: Journal,
    commit: Commit,
    used: Vec<String>,
    /// Who was screened in this step already, with what holds them.
    pub(super) screened: HashMap<PartyId, Option<String>>,
}

impl<'a> Step<'a> {
    pub(super) fn new(desk: &'a PayoutDesk, by: &Principal) -> Self {
        Self {
            desk,
            now: desk.clock.now(),
            journal: Journal::default(),
            commit: Commit::by(by.clone()),
            used: Vec::new(),
            screened: HashMap::new(),
        }
    }

    /// Writes a record that was read at version `expected`; 0: it is new.
    pub(super) fn put<R: Record>(&mut self, record: &R, expected: u64) -> Result<(), DeskError> {
        self.commit.records.push(Write::put(record, expected)?);
        Ok(())
    }

    /// Writes records and tells events that were made elsewhere.
    pub(super) fn also(&mut self, records: Vec<Write>, events: Vec<Event>) {
        self.commit.records.extend(records);
        self.commit.events.extend(events);
    }

    /// Whether something that may be used once was not used in this step before.
    pub(super) fn uses(&mut self, id: &str) -> bool {
        let first = !self.used.iter().any(|u| u == id);
        self.used.push(id.to_owned());
        first
    }

    /// Tells of an object at its version after this.
    pub(super) fn tell(&mut self, told: Told, object: String, sequence: u64, data: Value) {
        let id = EventId::from_raw(self.desk.ids.next_id());
        let (kind, at) = (told.name().into(), self.now);
        self.commit.events.push(Event { id, kind, object, sequence, at, data });
    }

    /// Asks a person.
    pub(super) fn ask(&mut self, what: String) -> Result<(), DeskError> {
        let id = TaskId::from_raw(self.desk.ids.next_id());
        let task = Task { id, payment: None, operation: None, what, created: self.now, done: None };
        self.put(&task, 0)
    }

    /// Commits it all.
    pub(super) async fn commit(mut self) -> Result<(), DeskError> {
        (self.commit.accounts, self.commit.transfers) = (self.journal.accounts, self.journal.transfers);
        self.desk.store.commit(self.commit).await?;
        Ok(())
    }
}
