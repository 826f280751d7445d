//! Keeps history, rules and lists as the committed events say.

use super::records::{DecisionRecord, LabelRecord, ListEntryRecord, Screened};
use super::snapshot::{self, Position};
use super::{DecisionId, LabelId, RiskConfig, RiskDesk, RiskError};
use crate::fraud::FraudShelf;
use crate::records::IntentRecord;
use pmts_fraud::features::{History, Outcome};
use pmts_fraud::{InForce, Lists, MemoryScreen, Scorer, Step};
use pmts_kernel::Event;
use pmts_payments::PaymentId;
use pmts_store::{RecordedEvent, StoreExt};
use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, watch};

/// How many events are read at a time.
const PAGE: usize = 1_000;
/// How many decisions of this node are kept so that they need not be read back.
const RECENT_MAX: usize = 20_000;
/// How often events of other nodes are looked for, and the model in force.
const LOOK: Duration = Duration::from_millis(250);
/// After a decision the follower waits so long for more of them.
const GATHER: Duration = Duration::from_millis(25);
/// How often history is written to its file, if it changed.
const SAVE: Duration = Duration::from_secs(300);

/// After so many events read at a start it is written at once.
const SAVE_AFTER: usize = 100_000;

/// What the follower has done, for metrics.
#[derive(Debug, Default)]
pub struct FollowerStats {
    /// The position in the outbox up to which everything is in.
    pub position: AtomicU64,
    /// Decisions taken into history.
    pub recorded: AtomicU64,
    /// Times something could not be read and was tried again.
    pub failed: AtomicU64,
}

/// Follows the events of the outbox, in order, and keeps the screen's history, rules and lists as they say.
pub struct Follower {
    desk: RiskDesk,
    /// The screen it keeps.
    pub screen: Arc<MemoryScreen>,
    shelf: Option<FraudShelf>,
    file: Option<PathBuf>,
    place: tokio::sync::Mutex<Place>,
    recent: Mutex<HashMap<DecisionId, Arc<Screened>>>,
    wake: Notify,
    /// What it has done.
    pub stats: FollowerStats,
}

#[derive(Default)]
struct Place {
    position: Position,
    /// Events from the aged position on that were read already.
    ahead: VecDeque<RecordedEvent>,
    model: Option<u32>,
    saved: u64,
}

impl Follower {
    /// Opens the screen of a store: history from its file and the events since, rules and lists from their records, the model in
    /// force from its shelf. `file`: where history is kept; `None`: it is rebuilt with each start.
    ///
    /// # Errors
    /// [`RiskError`].
    pub async fn open(
        desk: RiskDesk,
        shelf: Option<FraudShelf>,
        file: Option<PathBuf>,
        config: &RiskConfig,
    ) -> Result<Arc<Self>, RiskError> {
        let found = file.as_deref().and_then(|f| snapshot::load(f, &config.history));
        let (mut position, mut history) =
            found.unwrap_or_else(|| (Position::default(), History::new(config.history)));
        if let Some(expected) = position.event {
            let there = desk.store.events(position.read.saturating_sub(1), 1).await?;
            if there.first().is_none_or(|e| e.event.id != expected) {
                (position, history) = (Position::default(), History::new(config.history));
            }
        }
        let (_, rules) = desk.rules_in_force().await?;
        let in_force =
            InForce { rules, lists: Lists::default(), scorer: None, thresholds: config.thresholds };
        let follower = Self {
            desk,
            screen: Arc::new(MemoryScreen::new(history, in_force)),
            shelf,
            file,
            place: tokio::sync::Mutex::default(),
            recent: Mutex::default(),
            wake: Notify::new(),
            stats: FollowerStats::default(),
        };
        follower.reload_lists().await?;
        {
            let mut place = follower.place.lock().await;
            (place.saved, place.position) = (follower.screen.with_history(History::changes), position);
            follower.reload_model(&mut place);
        }
        // Whoever is killed before the first save does not read it all again.
        if follower.catch_up().await? > SAVE_AFTER {
            follower.save().await;
        }
        Ok(Arc::new(follower))
    }

    /// A decision of this node that is committed: it need not be read back.
    pub fn committed(&self, screened: Arc<Screened>) {
        if screened.step() == Step::Authorization {
            let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
            if recent.len() < RECENT_MAX {
                recent.insert(screened.id, screened);
            }
        }
        self.wake.notify_one();
    }

    /// Follows until `stop` turns true, then writes history to its file.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        let (mut saved, mut looked) = (Instant::now(), Instant::now());
        while !*stop.borrow() {
            tokio::select! {
                changed = stop.changed() => if changed.is_err() { break },
                () = self.wake.notified() => tokio::time::sleep(GATHER).await,
                () = tokio::time::sleep(LOOK) => {}
            }
            if let Err(error) = self.catch_up().await {
                self.stats.failed.fetch_add(1, Ordering::Relaxed);
                tracing::warn!(target: "pmts::risk", %error, "history waits");
                tokio::time::sleep(LOOK).await;
            }
            if looked.elapsed() > LOOK * 8 {
                looked = Instant::now();
                self.reload_model(&mut *self.place.lock().await);
            }
            if saved.elapsed() > SAVE {
                saved = Instant::now();
                self.save().await;
            }
        }
        self.save().await;
    }

    /// Takes in all events there are. Says how many.
    ///
    /// # Errors
    /// [`RiskError::Store`]; what was taken in before stays.
    pub async fn catch_up(&self) -> Result<usize, RiskError> {
        let mut place = self.place.lock().await;
        let mut taken = 0;
        loop {
            let page = self.desk.store.events(place.position.read, PAGE).await?;
            for recorded in &page {
                self.take(&mut place, &recorded.event).await?;
                (place.position.read, place.position.event) = (recorded.sequence, Some(recorded.event.id));
                self.stats.position.store(recorded.sequence, Ordering::Relaxed);
                taken += 1;
            }
            if page.len() < PAGE {
                return Ok(taken);
            }
        }
    }

    /// Writes history to its file, if there is one and it changed.
    pub async fn save(&self) {
        let mut place = self.place.lock().await;
        let changes = self.screen.with_history(History::changes);
        let Some(file) = self.file.clone().filter(|_| changes != place.saved) else { return };
        let (screen, position) = (self.screen.clone(), place.position.clone());
        // Nobody else changes history while this place is held.
        let written = tokio::task::spawn_blocking(move || {
            screen.with_history(|history| snapshot::save(&file, &position, history))
        });
        match written.await {
            Ok(Ok(_)) => place.saved = changes,
            Ok(Err(error)) => tracing::warn!(target: "pmts::risk", %error, "history is not written"),
            Err(error) => tracing::warn!(target: "pmts::risk", %error, "history is not written"),
        }
    }

    async fn take(&self, place: &mut Place, event: &Event) -> Result<(), RiskError> {
        match event.kind.as_str() {
            "risk.decided" => {
                if event.data["step"] != Step::Authorization.name() {
                    return Ok(());
                }
                let Some(screened) = self.decision(&event.object).await? else { return Ok(()) };
                self.age(place, screened.decision.facts.at).await?;
                let facts = &screened.decision.facts;
                if screened.stopped() {
                    self.screen.record_stopped_now(facts);
                } else {
                    self.screen.record_now(facts);
                }
                self.stats.recorded.fetch_add(1, Ordering::Relaxed);
            }
            "risk.labelled" => {
                let Ok(id) = event.object.parse::<LabelId>() else { return Ok(()) };
                let Some(label) = self.desk.store.get::<LabelRecord>(id.raw()).await? else { return Ok(()) };
                let label = label.value;
                let delay = self.screen.with_history(|h| h.options().label_delay);
                if label.fraud && label.recorded.at.saturating_add(delay) > label.at.as_secs() {
                    place.position.frauds.insert(label.decision.raw());
                }
                self.screen.label_now(&label.recorded, label.fraud);
                if let Some(outcome) = label.outcome {
                    self.screen.end_now(&label.recorded, outcome, label.at.as_secs());
                }
            }
            "payment.declined" => {
                let decision = event.data["decision"].as_str().unwrap_or_default();
                if let Some(screened) = self.decision(decision).await? {
                    self.screen.end_now(&screened.recorded(), Outcome::Declined, event.at.as_secs());
                }
            }
            "refund.succeeded" => {
                let payment = event.data["payment"].as_str().unwrap_or_default();
                if let Some(screened) = self.of_payment(payment).await? {
                    let amount = refunded(event);
                    let at = event.at.as_secs();
                    self.screen.end_now(&screened.recorded(), Outcome::Refunded { amount }, at);
                }
            }
            "risk.rules_promoted" => {
                let (_, rules) = self.desk.rules_in_force().await?;
                let now = self.screen.in_force();
                self.screen.replace(InForce { rules, ..(*now).clone() });
            }
            "risk.list_changed" => {
                let id = event.data["entry"].as_str().and_then(|id| u128::from_str_radix(id, 16).ok());
                let Some(id) = id else { return Ok(()) };
                let Some(read) = self.desk.store.get::<ListEntryRecord>(id).await? else { return Ok(()) };
                let mut now = (*self.screen.in_force()).clone();
                let entry = read.value.0;
                if entry.removed {
                    now.lists.remove(entry.entry.key, entry.entry.list);
                } else {
                    now.lists.put(entry.entry)?;
                }
                self.screen.replace(now);
            }
            _ => {}
        }
        Ok(())
    }

    /// Payments as old as labels take count as genuine from now on, those labelled as fraud left out: by the time of the
    /// payment that comes, so that every node and every replay does it at the same place.
    async fn age(&self, place: &mut Place, now: i64) -> Result<(), RiskError> {
        let until = now.saturating_sub(self.screen.with_history(|h| h.options().label_delay));
        loop {
            if place.ahead.is_empty() {
                // Nothing beyond what history has.
                let Some(left) = place.position.read.checked_sub(place.position.aged) else { return Ok(()) };
                let limit = usize::try_from(left).unwrap_or(PAGE).min(PAGE);
                if limit == 0 {
                    return Ok(());
                }
                place.ahead = self.desk.store.events(place.position.aged, limit).await?.into();
            }
            let Some(next) = place.ahead.front() else { return Ok(()) };
            if next.event.at.as_secs() > until {
                return Ok(());
            }
            let authorization =
                next.event.kind == "risk.decided" && next.event.data["step"] == Step::Authorization.name();
            if authorization
                && let Some(screened) = self.decision(&next.event.object).await?
                && !place.position.frauds.remove(&screened.id.raw())
                // Nobody complains of what was stopped.
                && !screened.stopped()
            {
                self.screen.label_now(&screened.recorded(), false);
            }
            if let Some(done) = place.ahead.pop_front() {
                place.position.aged = done.sequence;
            }
        }
    }

    async fn decision(&self, id: &str) -> Result<Option<Arc<Screened>>, RiskError> {
        let Ok(id) = id.parse::<DecisionId>() else { return Ok(None) };
        if let Some(known) = self.recent.lock().unwrap_or_else(PoisonError::into_inner).remove(&id) {
            return Ok(Some(known));
        }
        Ok(self.desk.store.get::<DecisionRecord>(id.raw()).await?.map(|r| Arc::new(r.value.0)))
    }

    /// The decision about the latest attempt of a payment.
    async fn of_payment(&self, payment: &str) -> Result<Option<Arc<Screened>>, RiskError> {
        let Ok(id) = payment.parse::<PaymentId>() else { return Ok(None) };
        let Some(read) = self.desk.store.get::<IntentRecord>(id.raw()).await? else { return Ok(None) };
        match read.value.0.risk.decision {
            Some(decision) => self.decision(&decision).await,
            None => Ok(None),
        }
    }

    async fn reload_lists(&self) -> Result<(), RiskError> {
        let entries: Vec<_> = self.desk.entries().await?.into_iter().map(|e| e.entry).collect();
        let now = self.screen.in_force();
        self.screen.replace(InForce { lists: Lists::from(entries), ..(*now).clone() });
        Ok(())
    }

    /// Puts the model in force that its shelf names, if it is another than before.
    fn reload_model(&self, place: &mut Place) {
        let Some(shelf) = &self.shelf else { return };
        let wanted = match shelf.manifest() {
            Ok(manifest) => manifest.in_force,
            Err(error) => {
                tracing::warn!(target: "pmts::risk", %error, "the model in force cannot be read: the one before stays");
                return;
            }
        };
        if wanted == place.model {
            return;
        }
        let scorer = match wanted.map(|number| shelf.model(Some(number))).transpose() {
            Ok(found) => found.map(|(_, model)| Arc::new(model) as Arc<dyn Scorer>),
            Err(error) => {
                tracing::warn!(target: "pmts::risk", %error, "the model in force cannot be read: the one before stays");
                return;
            }
        };
        let now = self.screen.in_force();
        self.screen.replace(InForce { scorer, ..(*now).clone() });
        tracing::info!(target: "pmts::risk", model = wanted, "the model in force");
        place.model = wanted;
    }
}

/// What a refund took, as the screen compares amounts.
fn refunded(event: &Event) -> i64 {
    let minor = event.data["amount"].as_i64().unwrap_or_default();
    let currency = event.data["currency"].as_str().unwrap_or_default();
    pmts_money::Currency::from_code(currency)
        .map_or(minor, |c| super::compared(pmts_money::Money::new(minor, c)))
}
