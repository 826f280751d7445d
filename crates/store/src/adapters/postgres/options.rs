//! How the engine is run.

use pmts_kernel::{Clock, SystemClock};
use std::sync::Arc;
use std::time::Duration;

/// How the engine is run.
#[derive(Clone)]
pub struct PostgresOptions {
    /// Where times come from.
    pub clock: Arc<dyn Clock>,
    /// About so many accounts stay in memory while no other node writes.
    pub resident_accounts: usize,
    /// At most so many commits are written together; one call of `commit_many` is never divided.
    pub group_max: usize,
    /// So many connections for reading; there is one more for writing.
    pub readers: usize,
    /// So many entries are put into the histories of their accounts and summed up by day in one piece, behind the commit;
    /// a query looks through about as many that are not there yet.
    pub behind_step: u64,
    /// How long a commit is tried again, and a lost connection is made anew, before the caller is told.
    pub patience: Duration,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            resident_accounts: 100_000,
            group_max: 1_024,
            readers: 4,
            behind_step: 16_384,
            patience: Duration::from_secs(30),
        }
    }
}
