//! Connectors: each joins two domains that do not know each other.

mod advice_queue;
mod card_gateway;
mod key_store;
mod vault_store;

pub use advice_queue::StoredAdvices;
pub use card_gateway::CardGateway;
pub use key_store::StoredKeys;
pub use vault_store::StoredVault;
