//! Where keys are kept: in memory. On disk they are kept by whoever composes the platform.

mod memory_store;

pub use memory_store::MemoryKeyStore;
