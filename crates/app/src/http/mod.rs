//! The HTTP front: payments in the manner of one named version of Stripe's public API ([`VERSION`]), and the ledger beside
//! them.
//!
//! ```text
//! server ─▶ front: route, key, limits, read, check ─▶ handler (resources/) ─▶ engine, store
//!                                                        │ idempotency: turn, slot
//!                                                        ▼
//!                                                      reply ─▶ headers, log, metrics
//! ```
//!
//! * An [`Endpoint`] is its address, who may call it, its parameters and what it answers. The list of them
//!   ([`endpoints`]) makes the routes, the checks and the OpenAPI document ([`openapi`]).
//! * `input` reads forms and JSON into one tree and holds it against the parameters: unknown, missing and wrong ones are
//!   refused with a code and the name of the parameter.
//! * `resources` has a file for each resource.
//! * An [`HttpError`] is every refusal; [`FACES`] says how each code looks to the caller.

mod api;
mod base64;
mod call;
mod deviations;
mod endpoint;
mod error;
mod face;
mod fixed_methods;
mod front;
mod guard;
mod idempotency;
mod input;
mod metrics;
mod openapi;
mod reply;
mod resources;
mod routes;
mod security_codes;
mod server;
mod shape;
mod tls;

pub use api::{Api, Ground, Limits, VERSION};
pub use deviations::DEVIATIONS;
pub use endpoint::{Access, Endpoint, Gives, Method, Weight};
pub use error::{HttpError, ParamFault, codes};
pub use face::{FACES, Face, Kind as ErrorKind};
pub use guard::Rates;
pub use input::{Kind, Param};
pub use openapi::document as openapi;
pub(crate) use resources::event_of;
pub use resources::{EVENT_TYPES, MethodId, PaymentMethodRecord};
pub use routes::all as endpoints;
pub use server::Server;
pub use shape::{Field, Of, Shape};
pub use tls::TlsFiles;

use pmts_kernel::CodeInfo;

/// Every error code that a caller may see.
pub fn error_codes() -> impl Iterator<Item = &'static CodeInfo> {
    [
        codes::ALL,
        pmts_identity::codes::ALL,
        pmts_sensitive::codes::ALL,
        pmts_money::codes::ALL,
        pmts_payments::codes::ALL,
        pmts_ledger::codes::ALL,
        pmts_compliance::codes::ALL,
        pmts_store::codes::ALL,
        crate::codes::ALL,
    ]
    .into_iter()
    .flatten()
}
