//! Idempotency: the same key with the same request has one effect and one answer, however often and however many at once
//! it is sent, and across a crash in between.

use super::HttpError;
use super::api::Api;
use super::call::Call;
use super::endpoint::Access;
use super::reply::Reply;
use crate::card_scan::holds_card_number;
use crate::engine::{CLAIM, Claim, EngineError, PaymentView};
use pmts_payments::{Operation, OperationState};
use pmts_store::{Answer, Commit, CommitError};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use zeroize::Zeroizing;

/// How long a twin waits for the first.
const WAIT: Duration = Duration::from_secs(2);
/// So long after it was decided an operation may still be under way.
const UNDER_WAY_SECS: i64 = 120;
/// The longest key.
pub(crate) const KEY_MAX: usize = 255;
const PURPOSE: &str = "request fingerprint";
const KEY_PURPOSE: &str = "idempotency key";

/// The place of the answer to one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slot {
    /// Mode, kind of key and endpoint.
    pub(crate) scope: String,
    /// The caller's key, or its keyed hash.
    pub(crate) key: String,
    /// Keyed hash of what was sent and of the ids in the path.
    pub(crate) fingerprint: String,
}

/// The keys whose requests are under way in this process.
#[derive(Default)]
pub(crate) struct UnderWay(Mutex<HashMap<(String, String), watch::Receiver<()>>>);

/// Holds a key while its request is under way.
pub(crate) struct Held {
    api: Arc<Api>,
    key: (String, String),
    /// Dropped with this: whoever waits is woken.
    _done: watch::Sender<()>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.api.under_way.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

impl Call {
    /// Where the answer to this request is kept.
    pub(crate) fn slot(&self) -> Option<Slot> {
        // A key that may be a card number is kept as a keyed hash: the same key has the same one.
        let key = self.idempotency.as_ref().map(|key| match holds_card_number(key) {
            true => self.api.keys.pepper().mac_hex(KEY_PURPOSE, key.as_bytes()),
            false => key.clone(),
        })?;
        let mut text = Zeroizing::new(String::with_capacity(1_024));
        for id in &self.ids {
            text.push_str(id);
            text.push('/');
        }
        self.sent.canonical(&mut text);
        let fingerprint = self.api.keys.pepper().mac_hex(PURPOSE, text.as_bytes());
        // What a payer may do with a key that everybody can see must not get in the way of the shop's own requests.
        let caller = match self.endpoint.access {
            Access::CaseTeam => "case-team",
            _ if self.is_public() => "public",
            _ => "secret",
        };
        let (method, path) = (self.endpoint.method.as_str(), self.endpoint.path);
        let scope = format!("v1/{}/{caller}/{method} {path}", self.api.mode);
        Some(Slot { scope, key, fingerprint })
    }

    /// Holds the request's key, if it has one, so that no twin in this process runs beside it.
    ///
    /// Whether it was answered before need not be asked first: the first commit of a request names its key, and is refused
    /// if that was named before. Whoever cannot go on asks [`Call::recorded`] why.
    ///
    /// # Errors
    /// [`HttpError::IdempotencyInUse`] when a twin is under way for too long.
    pub(crate) async fn turn(&self) -> Result<Option<(Slot, Held)>, HttpError> {
        let Some(slot) = self.slot() else { return Ok(None) };
        let held = hold(&self.api, &slot).await?;
        Ok(Some((slot, held)))
    }

    /// What was answered under this key before. `render` makes the answer of a request whose process ended before it was
    /// stored.
    ///
    /// # Errors
    /// [`HttpError::IdempotencyMismatch`], [`HttpError::IdempotencyInUse`], [`HttpError::Engine`].
    pub(crate) async fn recorded(
        &self,
        slot: &Slot,
        render: impl Fn(&PaymentView) -> (u16, String),
    ) -> Result<Option<Reply>, HttpError> {
        if let Some(answer) = self.api.store.answer(&slot.scope, &slot.key).await? {
            return replay(slot, &answer).map(Some);
        }
        let claim = format!("{}{CLAIM}", slot.scope);
        match self.api.store.answer(&claim, &slot.key).await? {
            // What was done with its first commit has its answer in the claim's place.
            Some(answer) if Reply::replay(&answer.body).is_some() => replay(slot, &answer).map(Some),
            Some(claim) => self.resume(slot, &claim, render).await.map(Some),
            None => Ok(None),
        }
    }

    /// A request that was begun and has no answer: its process ended in between, or it took too long. Once its operation is
    /// known to have been worked on, it is answered as things are now.
    async fn resume(
        &self,
        slot: &Slot,
        claim: &Answer,
        render: impl Fn(&PaymentView) -> (u16, String),
    ) -> Result<Reply, HttpError> {
        if claim.fingerprint != slot.fingerprint {
            return Err(HttpError::IdempotencyMismatch);
        }
        let claim: Claim = serde_json::from_str(&claim.body)
            .map_err(|_| EngineError::Missing(format!("the claim of {}", slot.scope)))?;
        let view = self.api.engine.view(claim.payment, Some(claim.operation)).await?;
        let under_way = |o: &Operation| {
            o.state == OperationState::Pending
                && o.created.saturating_add_secs(UNDER_WAY_SECS) > self.api.now()
        };
        if view.operation.as_ref().is_none_or(under_way) {
            return Err(HttpError::IdempotencyInUse);
        }
        let (status, body) = render(&view);
        let answer = Answer {
            scope: slot.scope.clone(),
            key: slot.key.clone(),
            fingerprint: slot.fingerprint.clone(),
            body: Reply::stored(status, &body),
        };
        let commit = Commit { answer: Some(answer), ..Commit::by(self.principal()) };
        match self.api.store.commit(commit).await {
            Ok(_) => Ok(Reply { replayed: true, ..Reply::json(status, body) }),
            Err(CommitError::Answered(first)) => replay(slot, &first),
            Err(other) => Err(other.into()),
        }
    }
}

/// Waits until no other request with the key is under way.
async fn hold(api: &Arc<Api>, slot: &Slot) -> Result<Held, HttpError> {
    let deadline = tokio::time::Instant::now() + WAIT;
    let key = (slot.scope.clone(), slot.key.clone());
    loop {
        let (done, waiting) = watch::channel(());
        let first = {
            let mut under_way = api.under_way.0.lock().unwrap_or_else(PoisonError::into_inner);
            match under_way.get(&key) {
                Some(first) => first.clone(),
                None => {
                    under_way.insert(key.clone(), waiting);
                    return Ok(Held { api: api.clone(), key, _done: done });
                }
            }
        };
        let mut first = first;
        // Nothing is ever sent: it ends when the first is done.
        if tokio::time::timeout_at(deadline, first.changed()).await.is_err() {
            return Err(HttpError::IdempotencyInUse);
        }
    }
}

/// The answer that was given.
pub(crate) fn replay(slot: &Slot, answer: &Answer) -> Result<Reply, HttpError> {
    if answer.fingerprint != slot.fingerprint {
        return Err(HttpError::IdempotencyMismatch);
    }
    Reply::replay(&answer.body)
        .ok_or_else(|| EngineError::Missing(format!("the stored answer of {}", slot.scope)).into())
}

/// Reads the header.
pub(crate) fn read_key(text: &[u8]) -> Result<String, HttpError> {
    let good = (1..=KEY_MAX).contains(&text.len()) && text.iter().all(|b| b.is_ascii_graphic() || *b == b' ');
    match std::str::from_utf8(text) {
        Ok(text) if good => Ok(text.to_owned()),
        _ => Err(HttpError::IdempotencyKey),
    }
}
