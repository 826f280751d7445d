//! Commits packed into blocks: a row of `commits` holds the commits of one group, or some of them.
//!
//! A commit's facts are the checksums of what it wrote, in the order accounts opened, accounts changed, periods, entries,
//! a mark of refusal; its state, those of records, events, jobs and the answer. The digest of the facts can be made again
//! from the rows; that of the state cannot, since state is overwritten, so it is kept.

use super::codec::{Damaged, Input, put_bytes, put_signed};
use super::rows::{Checked, damaged, unsigned};
use aws_lc_rs::digest::{SHA256, digest};
use pmts_kernel::Timestamp;
use rusqlite::{Connection, Row, params};

/// Most commits in a row.
pub(super) const MOST: usize = 1_024;

const NEW_PRINCIPAL: u8 = 1;
const STATE: u8 = 2;

/// A SHA-256 digest.
pub(super) type Digest = [u8; 32];

/// The digest of bytes.
pub(super) fn sha(bytes: &[u8]) -> Digest {
    digest(&SHA256, bytes).as_ref().try_into().unwrap_or_default()
}

/// The hash of a commit: SHA-256 over the hash before it (none before the first) and all it is.
pub(super) fn chain(
    before: &[u8],
    seq: u64,
    time: Timestamp,
    by: &str,
    facts: &Digest,
    state: &Digest,
) -> Digest {
    let mut bytes = [0u8; 320];
    let mut at = 0;
    let mut long = Vec::new();
    let parts: [&[u8]; 7] =
        [before, &seq.to_le_bytes(), &time.as_micros().to_le_bytes(), by.as_bytes(), &[0], facts, state];
    if parts.iter().map(|p| p.len()).sum::<usize>() > bytes.len() {
        parts.iter().for_each(|p| long.extend_from_slice(p));
        return sha(&long);
    }
    for part in parts {
        bytes[at..at + part.len()].copy_from_slice(part);
        at += part.len();
    }
    sha(&bytes[..at])
}

/// A row of `commits` that is being written.
#[derive(Default)]
pub(super) struct CommitsWriter {
    body: Vec<u8>,
    first: u64,
    pub(super) count: usize,
    time: i64,
    before: i64,
    by: String,
}

impl CommitsWriter {
    /// Adds a commit. `state`: the digest of its state, if it has any.
    pub(super) fn push(&mut self, seq: u64, time: Timestamp, by: &str, state: Option<&Digest>) {
        let time = time.as_micros();
        if self.count == 0 {
            (self.first, self.time, self.before) = (seq, time, 0);
        }
        let new = self.count == 0 || self.by != by;
        self.body.push(if new { NEW_PRINCIPAL } else { 0 } | if state.is_some() { STATE } else { 0 });
        put_signed(&mut self.body, time.wrapping_sub(self.before));
        if new {
            put_bytes(&mut self.body, by.as_bytes());
            by.clone_into(&mut self.by);
        }
        self.body.extend_from_slice(state.map_or(&[][..], |d| d));
        self.before = time;
        self.count += 1;
    }

    /// Appends the row, which ends with `hash`; nothing if it is empty. The writer is empty then.
    pub(super) fn insert(&mut self, db: &Connection, c: &mut Checked, hash: &Digest) -> rusqlite::Result<()> {
        if self.count == 0 {
            return Ok(());
        }
        let (first, last) = (self.first.cast_signed(), (self.first + self.count as u64 - 1).cast_signed());
        let sum = row_checksum(c, first, last, self.time, &self.body, hash);
        db.prepare_cached("INSERT INTO commits VALUES (?, ?, ?, ?, ?, ?)")?
            .execute(params![first, last, self.time, self.body, hash, sum])?;
        self.clear();
        Ok(())
    }

    /// Forgets what was not inserted.
    pub(super) fn clear(&mut self) {
        self.body.clear();
        self.count = 0;
    }
}

fn row_checksum(c: &mut Checked, first: i64, last: i64, time: i64, body: &[u8], hash: &[u8]) -> i64 {
    c.int(first).int(last).int(time).bytes(body).bytes(hash).sum()
}

/// A commit as read back.
pub(super) struct ReadCommit {
    pub(super) seq: u64,
    pub(super) time: Timestamp,
    pub(super) by: String,
    pub(super) state: Digest,
}

/// The commits of a row, and the hash after the last.
pub(super) struct CommitRow {
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) commits: Vec<ReadCommit>,
    pub(super) hash: Vec<u8>,
}

/// Reads and checks a row of `commits`.
pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<CommitRow> {
    let (first, last, time): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let (body, hash) = (row.get_ref(3)?.as_blob()?, row.get_ref(4)?.as_blob()?);
    let named = |what: &str| damaged(5, &format!("commits {first} to {last}: {what}"));
    if row_checksum(&mut Checked::default(), first, last, time, body, hash) != row.get::<_, i64>(5)? {
        return Err(named("the row does not match its checksum"));
    }
    let first = unsigned(row, 0)?;
    let commits = unpack(body, first).map_err(|e| named(e.0))?;
    if first + commits.len() as u64 != unsigned(row, 1)? + 1 {
        return Err(named("the row holds another number of commits"));
    }
    Ok(CommitRow { first, last: last.cast_unsigned(), commits, hash: hash.to_vec() })
}

fn unpack(body: &[u8], first: u64) -> Result<Vec<ReadCommit>, Damaged> {
    let (mut input, mut before, mut by) = (Input(body), 0i64, String::new());
    let mut commits = Vec::new();
    let nothing = sha(&[]);
    while !input.is_empty() {
        let flags = input.byte()?;
        before = before.wrapping_add(input.signed()?);
        if flags & NEW_PRINCIPAL != 0 {
            input.text()?.clone_into(&mut by);
        }
        let state = if flags & STATE != 0 {
            input.take(32)?.try_into().map_err(|_| Damaged("a digest is too short"))?
        } else {
            nothing
        };
        commits.push(ReadCommit {
            seq: first + commits.len() as u64,
            time: Timestamp::from_micros(before),
            by: by.clone(),
            state,
        });
    }
    Ok(commits)
}

/// Number and hash of the last commit; 0 and none if there is none.
pub(super) fn head(db: &Connection) -> rusqlite::Result<(u64, Vec<u8>)> {
    let mut select = db.prepare("SELECT last, hash FROM commits ORDER BY first DESC LIMIT 1")?;
    let mut rows = select.query([])?;
    rows.next()?.map_or(Ok((0, Vec::new())), |r| Ok((unsigned(r, 0)?, r.get(1)?)))
}
