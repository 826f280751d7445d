//! Endpoints are made, changed, given a new secret, removed.

use super::endpoint::{Endpoint, EndpointId, EndpointRecord};
use crate::outgoing::{Reach, Target};
use pmts_kernel::{Clock, CodeInfo, Coded, IdSource, Principal};
use pmts_store::{Commit, CommitError, ListQuery, Record, Store, StoreError, StoreExt, Versioned, Write};
use std::sync::Arc;

/// Why something was not done about an endpoint. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// It cannot be called.
    #[error(
        "{0} cannot be called: https, and not into a private network; in test mode also http to this machine"
    )]
    Url(String),
    /// There is none of this id.
    #[error("{0} is missing")]
    Missing(String),
    /// More than are kept.
    #[error("at most {0} endpoints are kept")]
    TooMany(usize),
    /// The commit was refused or failed.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Coded for WebhookError {
    fn code(&self) -> &'static CodeInfo {
        match self {
            Self::Url(_) => &crate::codes::WEBHOOK_URL,
            Self::Missing(_) => &crate::codes::RECORD_MISSING,
            Self::TooMany(_) => &crate::codes::WEBHOOK_TOO_MANY,
            Self::Commit(e) => e.code(),
            Self::Store(e) => e.code(),
        }
    }
}

/// An endpoint to be made.
#[derive(Debug, Clone, Default)]
pub struct NewEndpoint {
    /// Where it is.
    pub url: String,
    /// Which events it wants; none: all.
    pub events: Vec<String>,
    /// A sentence.
    pub description: String,
}

/// What to change; `None` leaves it.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// Where it is.
    pub url: Option<String>,
    /// Which events it wants.
    pub events: Option<Vec<String>>,
    /// Whether it is called.
    pub enabled: Option<bool>,
    /// A sentence.
    pub description: Option<String>,
}

/// Keeps endpoints.
#[derive(Clone)]
pub struct WebhookDesk {
    /// Where everything is committed.
    pub store: Arc<dyn Store>,
    /// Where ids come from.
    pub ids: Arc<dyn IdSource>,
    /// What the time is.
    pub clock: Arc<dyn Clock>,
    /// What may be called.
    pub reach: Reach,
}

impl WebhookDesk {
    /// The most endpoints.
    pub const MOST: usize = 16;

    /// All endpoints, the oldest first.
    ///
    /// # Errors
    /// [`WebhookError::Store`].
    pub async fn all(&self) -> Result<Vec<Endpoint>, WebhookError> {
        let (page, _) = self.store.list_typed::<EndpointRecord>(ListQuery::all(EndpointRecord::KIND)).await?;
        Ok(page.into_iter().map(|r| r.value.0).collect())
    }

    /// An endpoint.
    ///
    /// # Errors
    /// [`WebhookError::Missing`].
    pub async fn get(&self, id: EndpointId) -> Result<Versioned<Endpoint>, WebhookError> {
        let read = self.store.get::<EndpointRecord>(id.raw()).await?;
        let read = read.ok_or_else(|| WebhookError::Missing(id.to_string()))?;
        Ok(Versioned { version: read.version, value: read.value.0 })
    }

    fn judged(&self, url: &str) -> Result<(), WebhookError> {
        let target = Target::parse(url, self.reach).ok_or_else(|| WebhookError::Url(url.to_owned()))?;
        let literal = target.host.parse().ok();
        let closed = literal.is_some_and(|address| !self.reach.allows(address));
        if closed { Err(WebhookError::Url(url.to_owned())) } else { Ok(()) }
    }

    /// Makes an endpoint: it is told what happens from now on.
    ///
    /// # Errors
    /// [`WebhookError::Url`], [`WebhookError::TooMany`].
    pub async fn create(&self, new: NewEndpoint, by: &Principal) -> Result<Endpoint, WebhookError> {
        self.judged(&new.url)?;
        if self.all().await?.len() >= Self::MOST {
            return Err(WebhookError::TooMany(Self::MOST));
        }
        let now = self.clock.now();
        let position = self.store.events_before(u64::MAX, 1).await?.first().map_or(0, |e| e.sequence);
        let events = if new.events.is_empty() { vec!["*".to_owned()] } else { new.events };
        let endpoint = Endpoint {
            id: EndpointId::from_raw(self.ids.next_id()),
            url: new.url,
            events,
            enabled: true,
            description: new.description,
            created: now,
            secret: 1,
            before: None,
            position,
            tries: 0,
            next: now,
            failing: None,
            recent: vec![],
        };
        self.put(&endpoint, 0, by).await?;
        Ok(endpoint)
    }

    pub(super) async fn put(
        &self,
        endpoint: &Endpoint,
        version: u64,
        by: &Principal,
    ) -> Result<(), WebhookError> {
        let mut commit = Commit::by(by.clone());
        commit.records.push(Write::put(&EndpointRecord(endpoint.clone()), version)?);
        self.store.commit(commit).await?;
        Ok(())
    }

    async fn changed(
        &self,
        id: EndpointId,
        by: &Principal,
        change: impl Fn(&mut Endpoint),
    ) -> Result<Endpoint, WebhookError> {
        loop {
            let Versioned { version, value: mut endpoint } = self.get(id).await?;
            change(&mut endpoint);
            match self.put(&endpoint, version, by).await {
                // The sender was faster.
                Err(WebhookError::Commit(CommitError::Conflict { .. })) => tokio::task::yield_now().await,
                done => return done.map(|()| endpoint),
            }
        }
    }

    /// Changes an endpoint. Enabled again, it goes on where it was: nothing is left out.
    ///
    /// # Errors
    /// [`WebhookError::Url`], [`WebhookError::Missing`].
    pub async fn update(
        &self,
        id: EndpointId,
        changes: Changes,
        by: &Principal,
    ) -> Result<Endpoint, WebhookError> {
        if let Some(url) = &changes.url {
            self.judged(url)?;
        }
        let now = self.clock.now();
        self.changed(id, by, |endpoint| {
            let Changes { url, events, enabled, description } = changes.clone();
            endpoint.url = url.unwrap_or(std::mem::take(&mut endpoint.url));
            endpoint.events = events.unwrap_or(std::mem::take(&mut endpoint.events));
            endpoint.description = description.unwrap_or(std::mem::take(&mut endpoint.description));
            if enabled == Some(true) {
                (endpoint.tries, endpoint.next, endpoint.failing) = (0, now, None);
            }
            endpoint.enabled = enabled.unwrap_or(endpoint.enabled);
        })
        .await
    }

    /// Gives it a new secret; the one before signs, too, for a day.
    ///
    /// # Errors
    /// [`WebhookError::Missing`].
    pub async fn rotate(&self, id: EndpointId, by: &Principal) -> Result<Endpoint, WebhookError> {
        let until = self.clock.now().saturating_add_secs(Endpoint::OVERLAP_SECS);
        self.changed(id, by, |endpoint| {
            endpoint.before = Some((endpoint.secret, until));
            endpoint.secret += 1;
        })
        .await
    }

    /// Removes it.
    ///
    /// # Errors
    /// [`WebhookError::Missing`].
    pub async fn remove(&self, id: EndpointId, by: &Principal) -> Result<Endpoint, WebhookError> {
        loop {
            let Versioned { version, value: endpoint } = self.get(id).await?;
            let mut commit = Commit::by(by.clone());
            let write =
                Write { body: None, keys: vec![], ..Write::put(&EndpointRecord(endpoint.clone()), version)? };
            commit.records.push(write);
            match self.store.commit(commit).await {
                Err(CommitError::Conflict { .. }) => tokio::task::yield_now().await,
                Err(other) => return Err(other.into()),
                Ok(_) => return Ok(endpoint),
            }
        }
    }
}
