//! Decisions through the gate, each committed to an embedded store on disk with its event, and followed into history.

use crate::{Options, rate};
use pmts_app::AppError;
use pmts_app::risk::{
    DecisionId, DecisionRecord, Effect, Follower, Gate, RiskConfig, RiskDesk, RiskError, Screened,
};
use pmts_fraud::{Facts, InForce};
use pmts_kernel::{Clock, Event, EventId, IdSource, Principal, SystemClock, SystemIds};
use pmts_store::{Commit, EmbeddedOptions, EmbeddedStore, Store, Write};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use tokio::sync::watch;

struct Bench {
    gate: Gate,
    follower: Arc<Follower>,
    desk: RiskDesk,
    facts: Vec<Facts>,
    next: AtomicUsize,
}

impl Bench {
    /// Decides and commits until nothing is left.
    async fn call(&self) -> Result<(), AppError> {
        while let Some(facts) = self.facts.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            let decision = self.gate.ask(facts.clone()).await;
            let id = DecisionId::from_raw(self.desk.ids.next_id());
            let screened =
                Screened { id, payment: None, operation: None, effect: Effect::Enforced, decision };
            let event = Event {
                id: EventId::from_raw(self.desk.ids.next_id()),
                kind: "risk.decided".into(),
                object: id.to_string(),
                sequence: 1,
                at: self.desk.clock.now(),
                data: json!({
                    "step": screened.step().name(), "action": screened.decision.action.name(), "by": screened.decision.by,
                    "effect": screened.effect,
                }),
            };
            let record = Write::put(&DecisionRecord(screened.clone()), 0).map_err(RiskError::from)?;
            let commit = Commit {
                records: vec![record],
                events: vec![event],
                ..Commit::by(Principal::system("bench"))
            };
            self.desk.store.commit(commit).await.map_err(RiskError::from)?;
            self.follower.committed(Arc::new(screened));
        }
        Ok(())
    }
}

async fn through(dir: &Path, callers: u64, in_force: InForce, facts: Vec<Facts>) -> Result<Value, AppError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let ids: Arc<dyn IdSource> = Arc::new(SystemIds::new(clock.clone()));
    let options = EmbeddedOptions { clock: clock.clone(), ..EmbeddedOptions::default() };
    let store: Arc<dyn Store> = Arc::new(EmbeddedStore::open(dir, options)?);
    let (desk, config) = (RiskDesk { store, ids, clock }, RiskConfig::default());
    let follower = Follower::open(desk.clone(), None, Some(dir.join("history")), &config).await?;
    follower.screen.replace(in_force);
    let gate = Gate::new(follower.screen.clone(), &config);
    let count = u64::try_from(facts.len()).unwrap_or(0);
    let bench = Arc::new(Bench { gate, follower: follower.clone(), desk, facts, next: AtomicUsize::new(0) });
    let (stop, stops) = watch::channel(false);
    let following = tokio::spawn({
        let follower = follower.clone();
        async move { follower.run(stops).await }
    });
    let begun = Instant::now();
    let callers: Vec<_> = (0..callers.max(1))
        .map(|_| {
            let bench = bench.clone();
            tokio::spawn(async move { bench.call().await })
        })
        .collect();
    let asked = callers.len();
    for caller in callers {
        caller.await.map_err(|e| AppError::Usage(e.to_string()))??;
    }
    let committed = begun.elapsed();
    follower.catch_up().await?;
    let followed = begun.elapsed();
    let _ = stop.send(true);
    let _ = following.await;
    let (groups, commits) = bench.desk.store.group_counts();
    Ok(json!({
        "decisions": count, "callers": asked, "per_second": rate(count, committed), "followed_per_second": rate(count, followed),
        "recorded": follower.stats.recorded.load(Ordering::Relaxed), "by_policy": bench.gate.stats.by_policy.load(Ordering::Relaxed),
        "commits": commits, "groups": groups, "memory_kib": crate::memory::resident().0,
    }))
}

/// Measures it in a directory that is removed afterwards.
pub(crate) fn measure(options: &Options, in_force: InForce, facts: Vec<Facts>) -> Result<Value, AppError> {
    let failed = |e: std::io::Error| AppError::Usage(format!("no directory to measure in: {e}"));
    let dir = match &options.dir {
        Some(dir) => tempfile::tempdir_in(dir),
        None => tempfile::tempdir(),
    }
    .map_err(failed)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(failed)?;
    runtime.block_on(through(dir.path(), options.callers, in_force, facts))
}
