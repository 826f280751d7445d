//! Stand-in: approving in the card host's place while it cannot be reached, and telling it afterwards.

use crate::records::{Task, TaskId};
use pmts_cards::{CardsError, StandIn};
use pmts_kernel::{Clock, IdSource, Principal};
use pmts_store::{Commit, CommitError, EmbeddedStore, Store, Write};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How often the host is told what waits.
const PAUSE: Duration = Duration::from_secs(2);

/// Tells the card host what was approved in its place, and asks a person about what the host would not take.
pub struct AdviceTeller {
    pub(crate) stand_in: Arc<StandIn>,
    pub(crate) store: Arc<EmbeddedStore>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl AdviceTeller {
    /// Tells what waits, as far as the host answers; gives how many it took.
    ///
    /// # Errors
    /// [`CardsError::AdviceQueue`]; so too when a task for a person cannot be written.
    pub async fn tell(&self) -> Result<u64, CardsError> {
        let done = self.stand_in.catch_up().await?;
        for (keys, response) in done.refused {
            let task = Task {
                id: TaskId::from_raw(self.ids.next_id()),
                payment: None,
                operation: None,
                what: format!(
                    "the card host refused an approval that was given in its place: trace number {}, retrieval reference {}, \
                     response {response}; its capture will be refused, too",
                    keys.stan, keys.rrn
                ),
                created: self.clock.now(),
                done: None,
            };
            let failed = |e: CommitError| CardsError::AdviceQueue { reason: e.to_string().into() };
            let write = Write::put(&task, 0).map_err(failed)?;
            let by = Principal::system("stand_in");
            self.store.commit(Commit { records: vec![write], ..Commit::by(by) }).await.map_err(failed)?;
        }
        Ok(done.told)
    }

    /// Tells until `stop` turns true.
    pub async fn work(&self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            if let Err(error) = self.tell().await {
                tracing::error!(target: "pmts::stand_in", %error, "advices wait");
            }
            if tokio::time::timeout(PAUSE, stop.changed()).await.is_ok_and(|changed| changed.is_err()) {
                return;
            }
        }
    }
}
