//! Webhooks: every event of the outbox is told to every endpoint that wants it, in order, at least once, signed.
//!
//! ```text
//! outbox ─▶ position of the endpoint ─▶ POST, signed ─▶ 2xx: the position moves on
//!                                                    └▶ else: again after 5 s, 10 s, 20 s ... 1 h; after three days the endpoint is
//!                                                       disabled and a person asked. Nothing is left out: enabled again, it goes on there.
//! ```
//!
//! | file | what |
//! | --- | --- |
//! | `endpoint.rs` | an endpoint as it is kept |
//! | `desk.rs` | made, changed, given a new secret, removed |
//! | `sign.rs` | secrets and signatures |
//! | `sender.rs` | all endpoints, all the time |

mod desk;
mod endpoint;
mod sender;
mod sign;

pub use desk::{Changes, NewEndpoint, WebhookDesk, WebhookError};
pub use endpoint::{Attempt, Endpoint, EndpointId, EndpointRecord};
pub use sender::{Sender, SenderStats};
pub use sign::{header, secret};
