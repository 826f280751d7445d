//! A key service in memory: for tests, simulation and demonstrations.

use super::key_ring::KeyRing;
use crate::VaultError;
use crate::pci::seal::NONCE_LEN;
use crate::pci::{DataKey, Kms, WrappedKey};
use async_trait::async_trait;
use aws_lc_rs::hmac;
use std::sync::atomic::{AtomicU64, Ordering};

/// A [`Kms`] whose key-encryption key is gone with it: what it wrapped cannot be read afterwards. Everything comes from
/// a seed, so two with the same seed do the same in the same order.
pub struct MemoryKms {
    ring: KeyRing,
    seed: hmac::Key,
    count: AtomicU64,
}

impl MemoryKms {
    /// From a seed. Not for real cards, unless nobody can know the seed.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        let seed = hmac::Key::new(hmac::HMAC_SHA256, &seed);
        let kek = derived_key(&seed, 0);
        let ring = KeyRing::new([(1, kek)]).expect("there is one key");
        Self { ring, seed, count: AtomicU64::new(1) }
    }

    /// From the machine's random source.
    ///
    /// # Panics
    /// If the operating system gives no random bytes.
    pub fn random() -> Self {
        let mut seed = [0; 32];
        aws_lc_rs::rand::fill(&mut seed).expect("the operating system gives random bytes");
        Self::from_seed(seed)
    }

    fn next_count(&self) -> u64 {
        self.count.fetch_add(1, Ordering::Relaxed)
    }
}

/// The `count`-th key of a seed.
fn derived_key(seed: &hmac::Key, count: u64) -> DataKey {
    let bytes = hmac::sign(seed, &count.to_be_bytes()).as_ref().to_vec();
    DataKey::take(bytes).expect("SHA-256 has 32 bytes")
}

#[async_trait]
impl Kms for MemoryKms {
    async fn new_key(&self, context: &str) -> Result<(DataKey, WrappedKey), VaultError> {
        let key = derived_key(&self.seed, self.next_count());
        let wrapped = self.wrap_key(&key, context).await?;
        Ok((key, wrapped))
    }

    async fn wrap_key(&self, key: &DataKey, context: &str) -> Result<WrappedKey, VaultError> {
        let mut nonce = [0; NONCE_LEN];
        nonce[NONCE_LEN - 8..].copy_from_slice(&self.next_count().to_be_bytes());
        Ok(self.ring.wrap(nonce, key, context))
    }

    async fn unwrap_key(&self, wrapped: &WrappedKey, context: &str) -> Result<DataKey, VaultError> {
        self.ring.unwrap(wrapped, context)
    }

    fn current_version(&self) -> u32 {
        self.ring.current()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn keeps_the_contract() {
        crate::pci::contract::kms(&MemoryKms::random()).await;
    }

    #[tokio::test]
    async fn the_seed_decides() {
        let key = async |seed| MemoryKms::from_seed([seed; 32]).new_key("x").await.unwrap().1;
        assert_eq!(key(1).await, key(1).await);
        assert_ne!(key(1).await, key(2).await);
    }
}
