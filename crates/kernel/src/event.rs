//! The envelope of an outgoing event.

use crate::{Timestamp, typed_id};
use serde::{Deserialize, Serialize};

typed_id! {
    /// An outgoing event.
    pub struct EventId("evt");
}

/// Something that happened, told to the outside in the same commit as the change itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Unique; consumers drop repeats by it.
    pub id: EventId,
    /// What happened: `payment.captured`.
    pub kind: String,
    /// The object it happened to, in text form: `pay_...`. Delivery is in order per object.
    pub object: String,
    /// The version of the object after the change: grows from event to event of one object, with gaps where a change was
    /// not told.
    pub sequence: u64,
    /// When it was decided.
    pub at: Timestamp,
    /// The facts, without card or personal data.
    pub data: serde_json::Value,
}
