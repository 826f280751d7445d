//! Follows the outbox: each event becomes facts, facts go to the monitor, alerts become cases.

use super::facts::Facts;
use super::snapshot::{self, Position};
use super::{CaseDesk, Taken};
use crate::aml::AmlError;
use crate::duty::Duty;
use crate::rates::Rates;
use pmts_compliance::aml::monitor::{Alert, MemoryMonitor, Monitor, MonitorFailed, ScenarioSet};
use pmts_kernel::{EventId, Principal};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, watch};

/// How many events are read at a time.
const PAGE: usize = 1_000;
/// How often new events are looked for.
const LOOK: Duration = Duration::from_millis(250);
/// How often scenarios and rates are looked at.
const LOOK_AT_SETTINGS: Duration = Duration::from_secs(2);
/// How often history is written to its file, if it changed.
const SAVE: Duration = Duration::from_secs(300);
/// After so many events read at a start it is written at once.
const SAVE_AFTER: u64 = 100_000;
/// How far it is stands in the store at least every so many events, and at their end.
const PLACE_EVENTS: u64 = 20_000;
/// The id of the job of the node whose alerts are kept.
const WATCHING: u128 = 21 << 8;

/// What the watcher has done. It counts events and facts, and nothing that tells of anybody.
#[derive(Debug, Default)]
pub struct WatcherStats {
    /// The position in the outbox up to which everything was watched.
    pub position: AtomicU64,
    /// Facts that were watched.
    pub facts: AtomicU64,
    /// Movements that could not be judged, since their worth is not known.
    pub unpriced: AtomicU64,
    /// Movements and parties that were dropped before their time, because there were too many: something may have been missed.
    pub forgotten: AtomicU64,
    /// Times something could not be read and was tried again.
    pub failed: AtomicU64,
}

/// Follows the outbox. Every node remembers what happens; one of them keeps the alerts.
pub struct Watcher {
    desk: CaseDesk,
    facts: Facts,
    rates: Arc<Rates>,
    file: Option<PathBuf>,
    state: Mutex<State>,
    /// What it has done.
    pub stats: WatcherStats,
}

struct State {
    monitor: Arc<dyn Monitor>,
    /// The monitor, if it is ours and remembers in this process.
    memory: Option<Arc<MemoryMonitor>>,
    set: ScenarioSet,
    number: u32,
    position: Position,
    /// Found and not kept yet.
    found: Vec<Alert>,
    unpriced: u64,
    /// What the store says of how far it is.
    placed: u64,
    saved: u64,
}

impl Watcher {
    /// Opens the watcher of a desk with our own monitor: what it remembers comes from its file, and from the events since.
    ///
    /// # Errors
    /// [`AmlError`].
    pub async fn open(desk: CaseDesk, rates: Arc<Rates>, file: Option<PathBuf>) -> Result<Self, AmlError> {
        let (number, set) = desk.scenarios().await?;
        let placed = desk.place().await?.value.read;
        let mut start = (Position::default(), None);
        if let Some((position, saved)) = file.as_deref().and_then(|f| snapshot::load(&desk, f))
            && position.read <= placed
            && is_there(&desk, position).await?
            && let Some(memory) = MemoryMonitor::restored(set.clone(), saved)
        {
            start = (position, Some(memory));
        }
        let (position, memory) = start;
        let memory = Arc::new(memory.unwrap_or_else(|| MemoryMonitor::new(set.clone())));
        let state = State {
            monitor: memory.clone(),
            memory: Some(memory),
            set,
            number,
            position,
            found: Vec::new(),
            unpriced: 0,
            placed,
            saved: position.read,
        };
        Ok(Self::with(desk, rates, file, state))
    }

    /// A watcher with another provider's monitor, which remembers by itself.
    ///
    /// # Errors
    /// [`AmlError`].
    pub async fn of_provider(
        desk: CaseDesk,
        rates: Arc<Rates>,
        monitor: Arc<dyn Monitor>,
    ) -> Result<Self, AmlError> {
        let (number, set) = desk.scenarios().await?;
        let placed = desk.place().await?.value.read;
        let position = Position { read: placed, event: None };
        let state = State {
            monitor,
            memory: None,
            set,
            number,
            position,
            found: Vec::new(),
            unpriced: 0,
            placed,
            saved: placed,
        };
        Ok(Self::with(desk, rates, None, state))
    }

    fn with(desk: CaseDesk, rates: Arc<Rates>, file: Option<PathBuf>, state: State) -> Self {
        let facts = Facts::new(desk.clone(), rates.clone());
        let stats = WatcherStats::default();
        stats.position.store(state.position.read, Relaxed);
        Self { desk, facts, rates, file, state: Mutex::new(state), stats }
    }

    /// Follows until `stop` turns true, then writes what is remembered to its file. Of several nodes one keeps alerts; the others follow it, so
    /// that one of them can go on where it ended.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        let (store, clock) = (self.desk.store.clone(), self.desk.clock.clone());
        let duty = Duty::new(store, clock, &*self.desk.ids, &["duty.monitor"], WATCHING);
        let mut saved = Instant::now();
        while !*stop.borrow() {
            let followed = async {
                self.follow(&mut stop.clone(), &mut saved).await;
            };
            let taken = match duty.unless_taken(followed).await {
                Ok(done) => done.is_some(),
                Err(error) => {
                    self.failed(&error.into());
                    false
                }
            };
            if !taken
                && !*stop.borrow()
                && let Err(error) = self.catch_up(false, &mut |_| true).await
            {
                self.failed(&error);
            }
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => {}
                () = tokio::time::sleep(LOOK * 4) => {}
            }
        }
        self.save().await;
    }

    /// Follows and keeps alerts, until `stop` turns true.
    async fn follow(&self, stop: &mut watch::Receiver<bool>, saved: &mut Instant) {
        let mut looked = Instant::now();
        while !*stop.borrow() {
            if looked.elapsed() > LOOK_AT_SETTINGS {
                looked = Instant::now();
                self.rates.look();
                if let Err(error) = self.look_at_scenarios().await {
                    self.failed(&error);
                }
            }
            let stopping = stop.clone();
            if let Err(error) = self.catch_up(true, &mut |_| !*stopping.borrow()).await {
                self.failed(&error);
                tokio::time::sleep(LOOK).await;
            }
            if saved.elapsed() > SAVE {
                *saved = Instant::now();
                self.save().await;
            }
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    fn failed(&self, error: &AmlError) {
        self.stats.failed.fetch_add(1, Relaxed);
        tracing::warn!(target: "pmts::aml", %error, "the monitoring waits");
    }

    /// Takes scenarios into use that were put in force since.
    async fn look_at_scenarios(&self) -> Result<(), AmlError> {
        let (number, set) = self.desk.scenarios().await?;
        let mut state = self.state.lock().await;
        if number == state.number {
            return Ok(());
        }
        if let Some(memory) = &state.memory
            && !memory.replace(set.clone())
        {
            // Other bounds, another currency: all that happened is watched again, and nothing of it told.
            let fresh = Arc::new(MemoryMonitor::new(set.clone()));
            (state.monitor, state.memory) = (fresh.clone(), Some(fresh));
            (state.position, state.found) = (Position::default(), Vec::new());
        }
        (state.number, state.set) = (number, set);
        Ok(())
    }

    /// Watches all events there are, while `more` says so of the position reached. With `keeping`, alerts are kept; without, it goes no farther
    /// than another node has kept them. Gives what was kept.
    ///
    /// # Errors
    /// [`AmlError`]; what was watched before stays, and what was found is kept with the next call.
    pub async fn catch_up(
        &self,
        keeping: bool,
        more: &mut (dyn FnMut(u64) -> bool + Send),
    ) -> Result<Taken, AmlError> {
        let mut state = self.state.lock().await;
        let begun = state.position.read;
        state.placed = self.desk.place().await?.value.read;
        let mut all = Taken::default();
        loop {
            let left = if keeping { u64::MAX } else { state.placed.saturating_sub(state.position.read) };
            let limit = usize::try_from(left).unwrap_or(PAGE).min(PAGE);
            let page = if limit == 0 {
                Vec::new()
            } else {
                self.desk.store.events(state.position.read, limit).await?
            };
            for recorded in &page {
                self.watch(&mut state, recorded.sequence, &recorded.event).await?;
                state.position = Position { read: recorded.sequence, event: Some(recorded.event.id) };
                self.stats.position.store(recorded.sequence, Relaxed);
            }
            let ended = page.len() < PAGE || !more(state.position.read);
            if keeping {
                let taken = self.keep(&mut state, ended).await?;
                (all.kept, all.opened) = (all.kept + taken.kept, all.opened + taken.opened);
            }
            if ended {
                if let Some(memory) = &state.memory {
                    let forgotten = memory.forgotten();
                    let sum = forgotten.movements.saturating_add(forgotten.parties);
                    self.stats.forgotten.store(sum, Relaxed);
                }
                let read = state.position.read;
                drop(state);
                if read.saturating_sub(begun) > SAVE_AFTER {
                    self.save().await;
                }
                return Ok(all);
            }
        }
    }

    /// Keeps what was found, and how far it is.
    async fn keep(&self, state: &mut State, now: bool) -> Result<Taken, AmlError> {
        let read = state.position.read;
        let ahead = read.saturating_sub(state.placed);
        if ahead == 0 || (state.found.is_empty() && !now && ahead < PLACE_EVENTS) {
            return Ok(Taken::default());
        }
        let by = Principal::system("monitor");
        let taken = self.desk.take(&state.found, read, state.unpriced, &by).await?;
        state.found.clear();
        (state.unpriced, state.placed) = (0, read);
        Ok(taken)
    }

    async fn watch(
        &self,
        state: &mut State,
        sequence: u64,
        event: &pmts_kernel::Event,
    ) -> Result<(), AmlError> {
        // What another node, or this one before it ended, has kept is remembered and not told again.
        let new = sequence > state.placed;
        for fact in self.facts.of(event, state.set.currency).await? {
            match state.monitor.observe(&fact).await {
                Ok(alerts) if new => state.found.extend(alerts),
                Ok(_) => {}
                Err(MonitorFailed::Unpriced(_)) => {
                    state.unpriced += u64::from(new);
                    self.stats.unpriced.fetch_add(u64::from(new), Relaxed);
                }
                Err(error) => return Err(error.into()),
            }
            self.stats.facts.fetch_add(1, Relaxed);
        }
        Ok(())
    }

    /// Writes what is remembered to its file, if there is one and it changed.
    pub async fn save(&self) {
        let mut state = self.state.lock().await;
        let Some(file) = self.file.clone() else { return };
        let Some(memory) = state.memory.clone() else { return };
        if state.position.read == state.saved {
            return;
        }
        // What is found and not kept would not be found again.
        if !state.found.is_empty() || state.position.read > state.placed {
            return;
        }
        let (desk, position) = (self.desk.clone(), state.position);
        let written =
            tokio::task::spawn_blocking(move || snapshot::save(&desk, &file, position, memory.saved()));
        match written.await {
            Ok(Ok(())) => state.saved = position.read,
            Ok(Err(error)) => tracing::warn!(target: "pmts::aml", %error, "history is not written"),
            Err(error) => tracing::warn!(target: "pmts::aml", %error, "history is not written"),
        }
    }
}

/// Whether a position is one of this store.
async fn is_there(desk: &CaseDesk, position: Position) -> Result<bool, AmlError> {
    let Some(expected): Option<EventId> = position.event else { return Ok(false) };
    let there = desk.store.events(position.read.saturating_sub(1), 1).await?;
    Ok(there.first().is_some_and(|e| e.event.id == expected))
}
