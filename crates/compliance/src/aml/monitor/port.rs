//! The port: whoever monitors.

use super::alert::Alert;
use super::fact::Fact;
use super::history::Forgotten;
use super::saved::SavedWatch;
use super::scenario::ScenarioSet;
use super::watch::{Snooze, Unpriced, Watch};
use crate::error::codes;
use async_trait::async_trait;
use pmts_kernel::{CodeInfo, Coded, Timestamp};
use std::error::Error;
use std::sync::{Mutex, PoisonError};

/// Why a monitor did not take in what it was told. **Not the same as no alert.**
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MonitorFailed {
    /// The fact cannot be judged.
    #[error(transparent)]
    Unpriced(#[from] Unpriced),
    /// The provider did not answer.
    #[error("the monitoring did not answer")]
    Provider {
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },
}

impl Coded for MonitorFailed {
    fn code(&self) -> &'static CodeInfo {
        match self {
            Self::Unpriced(error) => error.code(),
            Self::Provider { .. } => &codes::MONITOR_FAILED,
        }
    }
}

/// Looks at what happens to money, and says what is suspicious.
///
/// # Contract
/// - Facts are told in order of their times, as well as that is possible; a late one is taken in, too.
/// - A movement that is told twice counts once, and gives no alert the second time.
/// - One ordinary purchase is no alert. Currency paid in twice on a day, each time just below 10,000 dollars, is one.
/// - An alert names the movement that caused it or earlier ones, and customers that it was told of; it says why, and has an id of its own.
/// - The same facts give the same alerts.
/// - Any number of callers at once.
///
/// [`contract::monitor`](super::contract::monitor) tries these.
#[async_trait]
pub trait Monitor: Send + Sync {
    /// Tells what happened; gives what is suspicious about it.
    ///
    /// # Errors
    /// [`MonitorFailed`].
    async fn observe(&self, fact: &Fact) -> Result<Vec<Alert>, MonitorFailed>;
}

/// [`Monitor`] in memory: a [`Watch`] behind a lock.
#[derive(Debug)]
pub struct MemoryMonitor {
    watch: Mutex<Watch>,
}

impl MemoryMonitor {
    /// Monitors with these scenarios.
    pub fn new(set: ScenarioSet) -> Self {
        Self { watch: Mutex::new(Watch::new(set)) }
    }

    /// Goes on with what was remembered; see [`Watch::restored`].
    pub fn restored(set: ScenarioSet, saved: SavedWatch) -> Option<Self> {
        Some(Self { watch: Mutex::new(Watch::restored(set, saved)?) })
    }

    /// See [`Watch::saved`].
    pub fn saved(&self) -> SavedWatch {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner).saved()
    }

    /// See [`Watch::replace`].
    pub fn replace(&self, set: ScenarioSet) -> bool {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner).replace(set)
    }

    /// What was dropped before its time.
    pub fn forgotten(&self) -> Forgotten {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner).forgotten()
    }

    /// See [`Watch::snooze`].
    pub fn snooze(&self, snooze: Snooze, now: Timestamp) {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner).snooze(snooze, now);
    }
}

#[async_trait]
impl Monitor for MemoryMonitor {
    async fn observe(&self, fact: &Fact) -> Result<Vec<Alert>, MonitorFailed> {
        Ok(self.watch.lock().unwrap_or_else(PoisonError::into_inner).observe(fact)?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::contract;
    use super::super::scenario::shipped;
    use super::*;
    use std::sync::Arc;

    #[tokio::test]
    async fn memory_keeps_the_contract() {
        contract::monitor(async || Arc::new(MemoryMonitor::new(shipped().unwrap())) as Arc<dyn Monitor>)
            .await;
    }

    struct Silent;

    #[async_trait]
    impl Monitor for Silent {
        async fn observe(&self, _: &Fact) -> Result<Vec<Alert>, MonitorFailed> {
            Ok(Vec::new())
        }
    }

    #[tokio::test]
    #[should_panic(expected = "is suspicious")]
    async fn the_suite_tells_who_never_says_anything() {
        contract::monitor(async || Arc::new(Silent) as Arc<dyn Monitor>).await;
    }
}
