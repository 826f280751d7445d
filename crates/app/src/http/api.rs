//! What all endpoints share.

use super::fixed_methods::FixedMethods;
use super::guard::{Guard, Rates};
use super::idempotency::UnderWay;
use super::metrics::Metrics;
use super::routes;
use super::security_codes::SecurityCodes;
use crate::engine::{Engine, WorkerStats};
use crate::monitoring::{CaseDesk, Watcher};
use crate::outgoing::Reach;
use crate::webhooks::{Sender, WebhookDesk};
use pmts_cards::Iso8583Link;
use pmts_compliance::pci::Vault;
use pmts_identity::{KeyRing, Mode};
use pmts_kernel::Timestamp;
use pmts_store::{Store, VerifierStats};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// The version of Stripe's public API whose shapes are followed.
pub const VERSION: &str = "2026-10-28.endive";

/// Limits of the HTTP front.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// How much is let through.
    pub rates: Rates,
    /// Most connections at a time; more wait to be taken.
    pub connections: usize,
    /// How long the head of a request, and a TLS handshake, may take; also how long a connection may be idle.
    pub head: Duration,
    /// How long the body of a request may take.
    pub body: Duration,
    /// How long a request may take before it is answered that it is carried on. Longer than the card host is waited for.
    pub request: Duration,
    /// How long requests under way are waited for at the end.
    pub drain: Duration,
}

impl Default for Limits {
    /// 1,024 connections, 30 s for a head, 10 s for a body, 30 s for a request, 30 s at the end.
    fn default() -> Self {
        Self {
            rates: Rates::default(),
            connections: 1_024,
            head: Duration::from_secs(30),
            body: Duration::from_secs(10),
            request: Duration::from_secs(30),
            drain: Duration::from_secs(30),
        }
    }
}

/// What all endpoints share.
pub struct Api {
    /// Runs payments.
    pub(crate) engine: Engine,
    /// What is read and written beside payments.
    pub(crate) store: Arc<dyn Store>,
    /// Keeps cards.
    pub(crate) vault: Arc<dyn Vault>,
    /// The link to the card host, for metrics.
    pub(crate) link: Arc<Iso8583Link>,
    /// Who may call.
    pub(crate) keys: Arc<KeyRing>,
    /// Test or live: keys of the other mode are refused.
    pub(crate) mode: Mode,
    /// Limits.
    pub(crate) limits: Limits,
    pub(crate) guard: Guard,
    pub(crate) under_way: UnderWay,
    pub(crate) codes: SecurityCodes,
    pub(crate) fixed: FixedMethods,
    pub(crate) metrics: Metrics,
    /// What the recovery worker has seen.
    pub(crate) worker: Arc<WorkerStats>,
    /// What the verifier of the books has seen.
    pub(crate) verifier: Arc<VerifierStats>,
    /// Where the case team works.
    pub(crate) cases: Arc<CaseDesk>,
    /// Watches for money laundering.
    pub(crate) watcher: Option<Arc<Watcher>>,
    /// Tells endpoints what happens.
    pub(crate) webhooks: Arc<Sender>,
    /// What webhooks may call.
    pub(crate) reach: Reach,
    /// It is about to stop.
    pub(crate) draining: AtomicBool,
}

/// What the front stands on.
pub struct Ground {
    /// Runs payments.
    pub engine: Engine,
    /// What is read and written beside payments.
    pub store: Arc<dyn Store>,
    /// Keeps cards.
    pub vault: Arc<dyn Vault>,
    /// The link to the card host, for metrics.
    pub link: Arc<Iso8583Link>,
    /// Who may call.
    pub keys: Arc<KeyRing>,
    /// What the recovery worker has seen, for metrics.
    pub worker: Arc<WorkerStats>,
    /// What the verifier of the books has seen, for metrics.
    pub verifier: Arc<VerifierStats>,
    /// Where the case team works.
    pub cases: Arc<CaseDesk>,
    /// Watches for money laundering, for metrics.
    pub watcher: Option<Arc<Watcher>>,
    /// What webhooks may call.
    pub reach: Reach,
}

impl Api {
    /// Over these parts, for keys of one mode.
    pub fn new(ground: Ground, mode: Mode, limits: Limits) -> Self {
        let Ground { engine, store, vault, link, keys, worker, verifier, cases, watcher, reach } = ground;
        let (ids, clock) = (engine.ids.clone(), engine.clock.clone());
        let desk = WebhookDesk { store: store.clone(), ids, clock, reach };
        let webhooks = Sender::new(desk, keys.clone(), mode == Mode::Live);
        Self {
            engine,
            store,
            vault,
            link,
            keys,
            mode,
            guard: Guard::new(limits.rates),
            limits,
            under_way: UnderWay::default(),
            codes: SecurityCodes::default(),
            fixed: FixedMethods::default(),
            metrics: Metrics::new(routes::all().len()),
            worker,
            verifier,
            cases,
            watcher,
            webhooks,
            reach,
            draining: AtomicBool::new(false),
        }
    }

    /// Whether real money moves.
    pub(crate) fn live(&self) -> bool {
        self.mode == Mode::Live
    }

    /// Now.
    pub(crate) fn now(&self) -> Timestamp {
        self.engine.clock.now()
    }

    /// Forgets what is too old; call it now and then.
    pub(crate) fn forget_old(&self) {
        self.codes.forget_old(self.now());
    }
}
