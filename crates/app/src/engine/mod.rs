//! The engine: carries a decision through. Commit the intent, do the effect, commit the outcome; and work on what is
//! unknown until it is known.
//!
//! | file | what |
//! | --- | --- |
//! | `request.rs` | on whose behalf a step is done, and where its answer is kept |
//! | `create.rs`, `confirm.rs`, `capture.rs`, `cancel.rs`, `increment.rs`, `refund.rs` | what a caller can ask for |
//! | `held.rs` | whether somebody in a payment is held by the sanctions screening, or may not receive |
//! | `risk.rs` | the risk screen before each step that moves money, and what people say about it |
//! | `outcome.rs` | what became of an effect, committed: the same way for a caller's request and for recovery |
//! | `recovery.rs`, `worker.rs`, `by_hand.rs` | works on what is open: one by one, all the time, and by a person |
//! | `shift.rs` | the jobs that one worker holds |
//! | `view.rs`, `recent.rs` | a payment and its money, read, and remembered |
//! | `unit.rs` | one commit: records, transfers, events, jobs, answer |
//! | `told.rs` | the events that are told |

mod by_hand;
mod cancel;
mod capture;
mod confirm;
mod create;
mod error;
mod held;
mod increment;
mod outcome;
mod recent;
mod recovery;
mod refund;
mod request;
mod risk;
mod shift;
mod told;
mod unit;
mod view;
mod worker;

pub use by_hand::{OpenOperation, Verdict};
pub use confirm::Confirm;
pub use error::EngineError;
pub use recent::RecentMoney;
pub use recovery::{Left, RecoverySummary, UNRESOLVED_TRIES};
pub use refund::{Refund, RefundOrder};
pub use request::{AnswerSlot, CLAIM, Claim, Render, Request};
pub use risk::ReviewEnd;
pub(crate) use shift::{RENEW, Shift};
pub use told::{TOLD, Told};
pub use view::PaymentView;
pub use worker::WorkerStats;

use crate::aml::AmlDesk;
use crate::books::Books;
use crate::diligence::DiligenceDesk;
use crate::risk::Risk;
use pmts_kernel::{Clock, IdSource, Principal};
use pmts_payments::{Birth, Gateway, OperationId};
use pmts_store::Store;
use std::sync::Arc;

/// Runs payments over a store and a gateway.
#[derive(Clone)]
pub struct Engine {
    /// Where everything is committed.
    pub store: Arc<dyn Store>,
    /// Who moves the money outside.
    pub gateway: Arc<dyn Gateway>,
    /// Where ids come from.
    pub ids: Arc<dyn IdSource>,
    /// What the time is.
    pub clock: Arc<dyn Clock>,
    /// How facts are booked.
    pub books: Books,
    /// On whose behalf, where no caller asks.
    pub by: Principal,
    /// The money of payments that were touched lately.
    pub recent: Arc<RecentMoney>,
    /// The risk screen; `None`: it is not asked.
    pub risk: Option<Arc<Risk>>,
    /// Who is held by the sanctions screening; `None`: it is not asked.
    pub aml: Option<Arc<AmlDesk>>,
    /// What sellers may receive by their files of due diligence; `None`: it is not asked.
    pub diligence: Option<Arc<DiligenceDesk>>,
    /// Real money, not a test: payments of the other mode are not seen.
    pub live: bool,
    /// How long an open operation is worked on before a person is asked, in seconds since it was decided.
    pub give_up_after_secs: i64,
    /// How long an operation that was just sent is left to whoever sent it, in seconds. Longer than its answer is waited for.
    pub grace_secs: i64,
}

/// A week: [`Engine::give_up_after_secs`] unless it is configured.
pub const GIVE_UP_AFTER_SECS: i64 = 7 * 86_400;
/// Two minutes: [`Engine::grace_secs`] unless it is configured.
pub const GRACE_SECS: i64 = 120;

impl Engine {
    /// What a new operation is born with.
    fn birth(&self, request: &Request) -> Birth {
        let now = self.clock.now();
        let id = OperationId::from_raw(self.ids.next_id());
        Birth { id, reference: self.gateway.reference(now), now, trace: request.trace.clone() }
    }

    /// A request of the platform itself.
    pub fn own_request(&self) -> Request {
        Request { by: self.by.clone(), answer: None, trace: None }
    }
}
