//! All endpoints, all the time: a task each, so that a slow one holds up no other.

use super::desk::{WebhookDesk, WebhookError};
use super::endpoint::{Attempt, Endpoint, EndpointId};
use super::sign::{header, secret};
use crate::http::event_of;
use crate::outgoing::{Call, Caller};
use crate::records::{Task, TaskId};
use pmts_identity::KeyRing;
use pmts_kernel::Principal;
use pmts_store::{Commit, CommitError, RecordedEvent, Versioned, Write};
use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How often endpoints and events are looked for.
const LOOK: Duration = Duration::from_millis(500);
/// How long a call may take in all.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many events are read at a time.
const PAGE: usize = 100;

/// What was sent, for metrics.
#[derive(Debug, Default)]
pub struct SenderStats {
    /// Calls that were taken.
    pub taken: AtomicU64,
    /// Calls that were not.
    pub failed: AtomicU64,
    /// Endpoints disabled because nothing was taken for three days.
    pub disabled: AtomicU64,
}

/// Tells endpoints what happens.
pub struct Sender {
    desk: WebhookDesk,
    keys: Arc<KeyRing>,
    caller: Caller,
    live: bool,
    by: Principal,
    running: Mutex<HashSet<EndpointId>>,
    /// What was sent.
    pub stats: SenderStats,
}

impl Sender {
    /// Over these endpoints; `live`: events say that real money moves.
    pub fn new(desk: WebhookDesk, keys: Arc<KeyRing>, live: bool) -> Arc<Self> {
        let caller = Caller::new(desk.reach);
        let by = Principal::system("webhooks");
        Arc::new(Self {
            desk,
            keys,
            caller,
            live,
            by,
            running: Mutex::default(),
            stats: SenderStats::default(),
        })
    }

    /// Sends until `stop` turns true; calls under way are finished.
    pub async fn run(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut tasks = JoinSet::new();
        // What an earlier run was cut off from.
        self.running().clear();
        while !*stop.borrow() {
            match self.desk.all().await {
                Ok(all) => {
                    for endpoint in all.into_iter().filter(|e| e.enabled) {
                        if self.running().insert(endpoint.id) {
                            let (sender, stop) = (self.clone(), stop.clone());
                            tasks.spawn(async move {
                                sender.serve(endpoint.id, stop).await;
                                sender.running().remove(&endpoint.id);
                            });
                        }
                    }
                }
                Err(error) => tracing::warn!(target: "pmts::webhooks", %error, "endpoints are not read"),
            }
            while tasks.try_join_next().is_some() {}
            tokio::select! {
                changed = stop.changed() => if changed.is_err() { break },
                () = tokio::time::sleep(LOOK) => {}
            }
        }
        while tasks.join_next().await.is_some() {}
    }

    fn running(&self) -> std::sync::MutexGuard<'_, HashSet<EndpointId>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells one endpoint what happens until it is gone, disabled, or all stops.
    async fn serve(&self, id: EndpointId, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            match self.round(id, &stop).await {
                Ok(true) => {}
                Ok(false) => {
                    tokio::select! {
                        changed = stop.changed() => if changed.is_err() { return },
                        () = tokio::time::sleep(LOOK) => {}
                    }
                }
                Err(WebhookError::Missing(_)) => return,
                Err(error) => {
                    tracing::warn!(target: "pmts::webhooks", %id, %error, "an endpoint waits");
                    tokio::time::sleep(LOOK * 4).await;
                }
            }
            match self.desk.get(id).await {
                Ok(read) if read.value.enabled => {}
                _ => return,
            }
        }
    }

    /// Tells it one page of events; `false`: there is nothing to do now.
    async fn round(&self, id: EndpointId, stop: &watch::Receiver<bool>) -> Result<bool, WebhookError> {
        let Versioned { mut version, value: mut endpoint } = self.desk.get(id).await?;
        if !endpoint.enabled || endpoint.next > self.desk.clock.now() {
            return Ok(false);
        }
        let page = self.desk.store.events(endpoint.position, PAGE).await?;
        if page.is_empty() {
            return Ok(false);
        }
        let mut kept = endpoint.position;
        for recorded in &page {
            if *stop.borrow() {
                break;
            }
            let (value, theirs) = event_of(recorded, self.live);
            if !endpoint.wants(&recorded.event.kind, theirs) {
                endpoint.position = recorded.sequence;
                continue;
            }
            let attempt = self.call(&endpoint, recorded, &value.to_string()).await;
            let taken = attempt.taken();
            let jitter = recorded.event.id.raw().to_le_bytes()[1];
            let disabled = endpoint.took(attempt, recorded.sequence, jitter);
            // Kept call by call: what a person changes counts from the next call on, and nothing that was taken is told again.
            let read = self.keep(endpoint, version, disabled).await?;
            (endpoint, version, kept) = (read.value, read.version, recorded.sequence);
            if !taken || !endpoint.enabled || endpoint.position != recorded.sequence {
                return Ok(!disabled);
            }
        }
        // Events at the end that it does not want.
        if endpoint.position != kept {
            self.keep(endpoint, version, false).await?;
        }
        Ok(true)
    }

    /// Calls an endpoint about an event.
    pub async fn call(&self, endpoint: &Endpoint, recorded: &RecordedEvent, body: &str) -> Attempt {
        let (at, started) = (self.desk.clock.now(), Instant::now());
        let secrets: Vec<String> =
            endpoint.signing(at).into_iter().map(|n| secret(self.keys.pepper(), endpoint.id, n)).collect();
        let signature = header(&secrets, at.as_secs(), body);
        let headers = [("stripe-signature", signature.as_str())];
        let call = Call { url: &endpoint.url, headers: &headers, body: Some(body), patience: PATIENCE };
        let (status, fault) = match self.caller.call(call).await.map(|answer| answer.status) {
            Ok(status) if (200..300).contains(&status) => (Some(status), None),
            Ok(status) => (Some(status), Some(format!("status {status}"))),
            Err(why) => (None, Some(why)),
        };
        let counter = if fault.is_none() { &self.stats.taken } else { &self.stats.failed };
        counter.fetch_add(1, Ordering::Relaxed);
        let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Attempt { at, event: recorded.event.id, status, fault, took_ms }
    }

    /// Keeps where an endpoint is. If it was changed meanwhile, what a person said stands and the place is kept with it.
    async fn keep(
        &self,
        endpoint: Endpoint,
        version: u64,
        disabled: bool,
    ) -> Result<Versioned<Endpoint>, WebhookError> {
        let (mut endpoint, mut version) = (endpoint, version);
        self.stats.disabled.fetch_add(u64::from(disabled), Ordering::Relaxed);
        loop {
            let mut commit = Commit::by(self.by.clone());
            commit.records.push(Write::put(&super::EndpointRecord(endpoint.clone()), version)?);
            if disabled {
                let what = format!(
                    "the webhook endpoint {} took nothing for three days and is disabled: mend it, then enable it; it goes on where it was",
                    endpoint.id
                );
                let id = TaskId::from_raw(self.desk.ids.next_id());
                let created = self.desk.clock.now();
                let task = Task { id, payment: None, operation: None, what, created, done: None };
                commit.records.push(Write::put(&task, 0)?);
            }
            match self.desk.store.commit(commit).await {
                Ok(_) => return Ok(Versioned { version: version + 1, value: endpoint }),
                Err(CommitError::Conflict { .. }) => {
                    let now = self.desk.get(endpoint.id).await?;
                    // Another is further: its place stands.
                    if now.value.position > endpoint.position {
                        return Ok(now);
                    }
                    let enabled = now.value.enabled && !disabled;
                    let Endpoint { position, tries, next, failing, recent, .. } = endpoint;
                    endpoint = Endpoint { enabled, position, tries, next, failing, recent, ..now.value };
                    version = now.version;
                }
                Err(other) => return Err(other.into()),
            }
        }
    }
}
