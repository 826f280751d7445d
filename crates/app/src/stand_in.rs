//! Stand-in: approving in the card host's place while it cannot be reached, and telling it afterwards.

use crate::duty::Duty;
use pmts_cards::{CardsError, StandIn};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How often the host is told what waits.
const PAUSE: Duration = Duration::from_secs(2);

/// Tells the card host what was approved in its place. What the host will not take becomes a task for a person, in the
/// commit that takes it from the queue.
pub struct AdviceTeller {
    pub(crate) stand_in: Arc<StandIn>,
    pub(crate) duty: Duty,
}

impl AdviceTeller {
    /// Tells what waits, as far as the host answers; gives how many it took.
    ///
    /// # Errors
    /// [`CardsError::AdviceQueue`].
    pub async fn tell(&self) -> Result<u64, CardsError> {
        Ok(self.stand_in.catch_up().await?.told)
    }

    /// Tells until `stop` turns true. Of several nodes one does it at a time.
    pub async fn work(&self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            match self.duty.unless_taken(self.tell()).await {
                Ok(None | Some(Ok(_))) => {}
                Ok(Some(Err(error))) => tracing::error!(target: "pmts::stand_in", %error, "advices wait"),
                Err(error) => tracing::error!(target: "pmts::stand_in", %error, "advices wait"),
            }
            if tokio::time::timeout(PAUSE, stop.changed()).await.is_ok_and(|changed| changed.is_err()) {
                return;
            }
        }
    }
}
