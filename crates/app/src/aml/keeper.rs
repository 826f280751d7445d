//! Follows the lists while the server runs: other versions are taken into use, and everyone is screened against them.

use super::{AmlDesk, ListWatch};
use crate::duty::Duty;
use pmts_kernel::Principal;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// The id of the job of the node that screens everyone again.
const RESCREENING: u128 = 20 << 8;
/// How often the lists are looked at.
const LOOK: Duration = Duration::from_secs(2);

/// How often it is told how far it is.
const TOLD_EVERY: Duration = Duration::from_secs(10);

/// Follows the lists. Of several nodes, each of which looks at the lists beside its own data, one screens everyone again.
pub(crate) struct Keeper {
    desk: Arc<AmlDesk>,
    lists: Arc<ListWatch>,
    duty: Duty,
}

impl Keeper {
    pub(crate) fn new(desk: Arc<AmlDesk>, lists: Arc<ListWatch>) -> Self {
        let duty =
            Duty::new(desk.store.clone(), desk.clock.clone(), &*desk.ids, &["duty.rescreen"], RESCREENING);
        Self { desk, lists, duty }
    }

    /// Follows until `stop` turns true. A screening that is cut off goes on at the next start.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            match self.lists.look().await {
                Ok(true) => tracing::info!(target: "pmts::aml", "other sanctions lists are in force"),
                Ok(false) => {}
                Err(error) => {
                    tracing::error!(target: "pmts::aml", %error, "the sanctions lists cannot be read: those before stay in force");
                }
            }
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                () = self.keep_up() => {}
            }
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    /// Screens everyone against the lists in force, if somebody was not.
    async fn keep_up(&self) {
        match self.desk.is_rescreened().await {
            Ok(true) => return,
            Ok(false) => {}
            Err(error) => return tracing::warn!(target: "pmts::aml", %error, "nobody knows who was screened"),
        }
        match self.duty.unless_taken(self.rescreen()).await {
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(target: "pmts::aml", %error, "everyone is to be screened again, later")
            }
        }
    }

    async fn rescreen(&self) {
        let by = Principal::system("rescreen");
        let done = async {
            let Some(begun) = self.desk.begin_rescreen(&by).await? else { return Ok(None) };
            let delta = match self.lists.delta(&begun.value.before, &begun.value.lists) {
                Ok(delta) => delta.map(Arc::new),
                Err(error) => {
                    tracing::warn!(target: "pmts::aml", %error, "what changed is not known: everyone is compared with all");
                    None
                }
            };
            let mut told = Instant::now();
            let tell = |state: &super::Rescreen| {
                if state.finished.is_none() && told.elapsed() < TOLD_EVERY {
                    return;
                }
                told = Instant::now();
                let super::Rescreen { done, held, released, .. } = state;
                tracing::info!(target: "pmts::aml", done, held, released, "screening everyone again");
            };
            self.desk.rescreen(begun, delta, &by, tell).await.map(Some)
        };
        if let Err(error) = done.await {
            tracing::warn!(target: "pmts::aml", %error, "everyone is to be screened again, later");
        }
    }
}
