//! Implementations of the ports.

mod file_kms;
mod key_ring;
mod memory_kms;
mod memory_store;

pub use file_kms::FileKms;
pub use memory_kms::MemoryKms;
pub use memory_store::MemoryVaultStore;
