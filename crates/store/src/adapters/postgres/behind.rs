//! What is kept behind the commit: sums by effective day, and spans of each account's history.
//!
//! The tables hold all entries up to a sequence, their reach; a query adds the entries after it. Whichever node finds enough
//! entries after the reach adds them, a piece at a time, each in a transaction of its own that holds the row of the reach. No
//! group waits for it.

use super::error::Trouble;
use super::session::{Address, Session};
use super::{days, spans};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Keeps what lies behind the commit up.
pub(super) struct Behind {
    address: Address,
    /// So many entries are added in one piece.
    step: u64,
    /// The sequence at which it is looked again whether there is enough to add.
    next: Arc<AtomicU64>,
    running: Arc<AtomicBool>,
}

impl Behind {
    pub(super) fn new(address: Address, step: u64) -> Self {
        let step = step.max(1);
        Self { address, step, next: Arc::new(AtomicU64::new(step)), running: Arc::default() }
    }

    /// The journal has reached a sequence: adds what is missing, if it is enough, while the caller goes on.
    pub(super) fn reached(&self, sequence: u64) {
        if sequence < self.next.load(Ordering::Relaxed) || self.running.swap(true, Ordering::Acquire) {
            return;
        }
        let (address, step) = (self.address.clone(), self.step);
        let (next, running) = (self.next.clone(), self.running.clone());
        tokio::spawn(async move {
            // If another node is at it, or it fails, the next look is a piece later: nothing is wrong meanwhile.
            let reach = catch_up(&address, step).await.ok().flatten().unwrap_or(sequence);
            next.store(reach.saturating_add(step), Ordering::Relaxed);
            running.store(false, Ordering::Release);
        });
    }
}

/// Adds pieces until less than a piece is missing; gives the reach. `None`: another is at it.
async fn catch_up(address: &Address, step: u64) -> Result<Option<u64>, Trouble> {
    let session = Session::for_reports(address).await?;
    loop {
        session.batch("BEGIN").await?;
        let added = add(&session, step.cast_signed()).await;
        session.batch(if matches!(added, Ok(Some((_, true)))) { "COMMIT" } else { "ROLLBACK" }).await?;
        match added? {
            None => return Ok(None),
            Some((reach, false)) => return Ok(Some(reach.cast_unsigned())),
            Some((_, true)) => {}
        }
    }
}

/// Adds a piece: the reach now, and whether anything was added.
async fn add(session: &Arc<Session>, step: i64) -> Result<Option<(i64, bool)>, Trouble> {
    let select = "SELECT r.sequence, h.entry_sequence FROM reach r, head h WHERE r.one = 1 AND h.one = 1
                  FOR UPDATE OF r SKIP LOCKED";
    let rows = session.query(select, &[]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let (reach, last) = (row.try_get::<_, i64>(0)?, row.try_get::<_, i64>(1)?);
    if last - reach < step {
        return Ok(Some((reach, false)));
    }
    // What was left for long is added in larger pieces: a row is then changed less often.
    let until = last.min(reach.saturating_add(step.saturating_mul(4)));
    for text in [days::insert_sql(), spans::insert_sql()] {
        session.query(&text, &[&reach, &until]).await?;
    }
    session.query("UPDATE reach SET sequence = $1 WHERE one = 1", &[&until]).await?;
    Ok(Some((until, true)))
}
