//! Seals anew, while the server runs, what is sealed with an earlier data key of the vault.

use crate::duty::Duty;
use pmts_compliance::VaultError;
use pmts_compliance::pci::EnvelopeVault;
use pmts_kernel::{Clock, IdSource};
use pmts_store::Store;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// The id of the job of the node that does it.
const RESEALING: u128 = 23 << 8;
/// How often it is looked whether the keys were rotated. Every node looks, so that all know them.
const LOOK: Duration = Duration::from_secs(30);

/// Does it; of several nodes, one.
pub(crate) struct Resealer {
    vault: Arc<EnvelopeVault>,
    duty: Duty,
}

impl Resealer {
    pub(crate) fn new(
        vault: Arc<EnvelopeVault>,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        ids: &dyn IdSource,
    ) -> Self {
        Self { vault, duty: Duty::new(store, clock, ids, &["duty.reseal"], RESEALING) }
    }

    /// Until `stop` turns true. What is cut off goes on at the next start.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            if let Err(error) = self.look(&stop).await {
                tracing::warn!(target: "pmts::vault", %error, "cards are sealed anew later");
            }
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    async fn look(&self, stop: &watch::Receiver<bool>) -> Result<(), VaultError> {
        let standing = self.vault.standing().await?;
        if standing.sealed_from >= standing.version {
            return Ok(());
        }
        let pass = self.vault.reseal(|_| !*stop.borrow());
        let done = self.duty.unless_taken(pass).await.map_err(|e| VaultError::Store { source: e.into() })?;
        let done = done.transpose()?;
        if let Some(damaged) = done.map(|done| done.damaged).filter(|damaged| *damaged > 0) {
            tracing::error!(target: "pmts::vault", damaged, "cards do not open and stay as they are");
        }
        if let Some(done) = done.filter(|done| done.resealed > 0) {
            let (seen, resealed, version) = (done.seen, done.resealed, standing.version);
            tracing::info!(target: "pmts::vault", seen, resealed, version, "cards are sealed with the new key");
        }
        Ok(())
    }
}
