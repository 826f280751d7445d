//! Records written by a group: several commits may write the same one, the database sees the last.

use super::batch::Batch;
use super::documents::{KeyRow, RecordDeleteRow, RecordRow, RecordUpdateRow};
use super::load::{Past, RecordRead};
use super::value::Id;
use crate::Write;
use std::collections::{BTreeSet, HashMap};

/// What was written last.
struct Now {
    commit: u64,
    body: String,
    keys: Vec<(&'static str, String)>,
}

/// A record as the group leaves it.
struct Written {
    read: RecordRead,
    version: u64,
    /// `None`: deleted.
    now: Option<Now>,
}

/// The records that a group has written so far.
#[derive(Default)]
pub(super) struct RecordOverlay(HashMap<(&'static str, u128), Written>);

impl RecordOverlay {
    /// The version of a record now; 0: there is none.
    pub(super) fn version(&self, past: &Past, write: &Write) -> u64 {
        let key = (write.kind, write.id);
        match self.0.get(&key) {
            Some(written) => written.version,
            None => past.records.get(&key).map_or(0, |r| r.version),
        }
    }

    /// Writes or deletes.
    pub(super) fn write(&mut self, past: &Past, write: &Write, commit: u64) {
        let key = (write.kind, write.id);
        let written = self.0.entry(key).or_insert_with(|| Written {
            read: past.records.get(&key).cloned().unwrap_or_default(),
            version: 0,
            now: None,
        });
        written.now =
            write.body.as_ref().map(|body| Now { commit, body: body.clone(), keys: write.keys.clone() });
        written.version = if written.now.is_some() { write.expected + 1 } else { 0 };
    }

    /// The rows of the group.
    pub(super) fn close(self, batch: &mut Batch) {
        for ((kind, record), written) in self.0 {
            let id = Id(record);
            let old = written.read.keys.unwrap_or_default();
            let old = serde_json::from_str::<BTreeSet<(String, String)>>(&old).unwrap_or_default();
            let mut new = BTreeSet::new();
            if let Some(Now { commit, body, keys }) = written.now {
                new.extend(keys.into_iter().map(|(name, key)| (name.to_owned(), key)));
                // Pairs of texts always have a text form.
                let keys = serde_json::to_string(&new).unwrap_or_default();
                let (version, commit_number) = (written.version.cast_signed(), commit.cast_signed());
                if written.read.version == 0 {
                    batch.records.push(RecordRow { kind, id, version, commit_number, keys, body });
                } else {
                    let expected = written.read.version.cast_signed();
                    batch.updated.push(RecordUpdateRow {
                        kind,
                        id,
                        expected,
                        version,
                        commit_number,
                        keys,
                        body,
                    });
                }
            } else if written.read.version != 0 {
                batch.deleted.push(RecordDeleteRow { kind, id });
            }
            for (name, key) in old.difference(&new).cloned() {
                batch.keys_gone.push(KeyRow { kind, name, key, id });
            }
            for (name, key) in new.difference(&old).cloned() {
                batch.keys_new.push(KeyRow { kind, name, key, id });
            }
        }
    }
}
