//! Connectors: each joins two domains that do not know each other.

mod card_gateway;
mod vault_store;

pub use card_gateway::CardGateway;
pub use vault_store::StoredVault;
