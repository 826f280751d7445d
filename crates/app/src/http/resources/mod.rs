//! The resources: a file each, with its parameters, its handlers and what it answers.

pub(super) mod aml_cases;
pub(super) mod aml_facts;
pub(super) mod aml_files;
pub(super) mod aml_hits;
pub(super) mod aml_parties;
pub(super) mod aml_reports;
pub(super) mod aml_screen;
pub(super) mod balance;
pub(super) mod balance_transactions;
mod cards;
pub(super) mod charges;
mod decline;
pub(super) mod events;
mod intent_params;
mod intent_view;
pub(super) mod ledger;
mod list;
mod once;
mod outcome;
pub(super) mod payment_intents;
pub(super) mod payment_methods;
pub(super) mod refunds;
pub(super) mod reviews;
pub(super) mod risk;
mod risk_metrics;
mod risk_params;
pub(super) mod risk_people;
pub(super) mod risk_reports;
pub(super) mod service;
mod splits;
mod test_methods;
pub(super) mod webhook_endpoints;

pub use events::TYPES as EVENT_TYPES;
pub(crate) use events::event_of;
pub use payment_methods::{MethodId, PaymentMethodRecord};
