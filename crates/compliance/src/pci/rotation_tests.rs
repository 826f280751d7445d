//! Keys change while the vault is in use.

use super::*;
use crate::pci::{CardToken, DataKey, FileKms, Kms, MemoryVaultStore, Vault, VaultEntry, VaultStore};
use pmts_kernel::{ManualClock, SeededIds, Timestamp};
use pmts_sensitive::{Pan, luhn_check_digit};
use std::sync::Arc;

fn pan(n: u32) -> Pan {
    let digits = format!("424242{n:09}");
    Pan::parse(&format!("{digits}{}", luhn_check_digit(&digits).unwrap())).unwrap()
}

async fn open(store: &Arc<MemoryVaultStore>, kms: Arc<dyn Kms>, seed: u64) -> EnvelopeVault {
    let clock = Arc::new(ManualClock::new(Timestamp::from_micros(1_700_000_000_000_000)));
    EnvelopeVault::init(kms, store.clone(), Arc::new(SeededIds::new(seed, clock))).await.unwrap()
}

async fn versions(store: &MemoryVaultStore) -> Vec<u32> {
    store.page(None, 100_000).await.unwrap().iter().map(|entry| entry.key_version).collect()
}

fn key_file() -> (tempfile::TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault.key");
    FileKms::create(&path).unwrap();
    (dir, path)
}

#[tokio::test]
async fn a_new_data_key_seals_what_comes_and_then_all() {
    let ((_dir, file), store) = (key_file(), Arc::new(MemoryVaultStore::new()));
    let kms: Arc<dyn Kms> = Arc::new(FileKms::open(&file).unwrap());
    let vault = open(&store, kms.clone(), 1).await;
    let other = open(&store, kms.clone(), 2).await;
    let mut cards: Vec<(CardToken, Pan)> = Vec::new();
    for n in 0..1_200 {
        cards.push((vault.put(&pan(n)).await.unwrap().token, pan(n)));
    }
    assert_eq!(vault.standing().await.unwrap().sealed_from, 1, "a new vault has nothing older");
    assert_eq!(vault.rotate().await.unwrap(), 2);
    let token = vault.put(&pan(5_000)).await.unwrap().token;
    assert_eq!(store.by_token(token).await.unwrap().unwrap().key_version, 2);
    // Another process does not know the new key yet, and opens what was sealed with it.
    assert_eq!(other.reveal(token).await.unwrap(), pan(5_000));
    cards.push((token, pan(5_000)));

    // Cut off on the way, it goes on another time.
    let cut = vault.reseal(|done| done.seen < 400).await.unwrap();
    assert_eq!((cut.seen, cut.resealed), (500, 500));
    assert!(versions(&store).await.contains(&1));
    let done = other.reseal(|_| true).await.unwrap();
    assert_eq!((done.seen, done.resealed, done.left), (1_201, 700, 0));
    assert!(versions(&store).await.iter().all(|version| *version == 2));
    let standing = vault.standing().await.unwrap();
    assert_eq!((standing.version, standing.earlier, standing.sealed_from), (2, vec![1], 1));
    assert_eq!(vault.reseal(|_| true).await.unwrap().resealed, 0);
    assert_eq!(other.standing().await.unwrap().sealed_from, 2, "a pass found nothing");
    for (token, pan) in &cards {
        assert_eq!(
            (vault.reveal(*token).await.unwrap(), vault.put(pan).await.unwrap().token),
            (pan.clone(), *token)
        );
    }
    let again = open(&store, kms, 3).await;
    assert_eq!(again.reveal(cards[7].0).await.unwrap(), cards[7].1);
}

#[tokio::test]
async fn an_entry_that_does_not_open_keeps_nobody_from_the_rest() {
    let ((_dir, file), store) = (key_file(), Arc::new(MemoryVaultStore::new()));
    let vault = open(&store, Arc::new(FileKms::open(&file).unwrap()), 1).await;
    let token = vault.put(&pan(1)).await.unwrap().token;
    vault.put(&pan(2)).await.unwrap();
    let entry = store.by_token(token).await.unwrap().unwrap();
    let changed = VaultEntry { ciphertext: vec![0; entry.ciphertext.len()], ..entry.clone() };
    assert!(store.replace(vec![(entry, changed)]).await.unwrap());
    vault.rotate().await.unwrap();
    let done = vault.reseal(|_| true).await.unwrap();
    assert_eq!((done.seen, done.resealed, done.damaged), (2, 1, 1));
    let done = vault.reseal(|_| true).await.unwrap();
    assert_eq!((done.resealed, done.damaged, vault.standing().await.unwrap().sealed_from), (0, 1, 2));
}

#[tokio::test]
async fn a_new_key_encryption_key_wraps_all_and_the_old_one_can_go() {
    let ((_dir, file), store) = (key_file(), Arc::new(MemoryVaultStore::new()));
    let vault = open(&store, Arc::new(FileKms::open(&file).unwrap()), 1).await;
    let token = vault.put(&pan(1)).await.unwrap().token;
    vault.rotate().await.unwrap();
    let first = std::fs::read_to_string(&file).unwrap();
    let second = format!("2 {}\n", "ab".repeat(DataKey::LEN));
    std::fs::write(&file, format!("{first}{second}")).unwrap();
    let vault = open(&store, Arc::new(FileKms::open(&file).unwrap()), 2).await;
    assert_eq!(vault.standing().await.unwrap().kek_versions, [1, 1, 1]);
    let entry = store.by_token(token).await.unwrap();
    assert_eq!(vault.rewrap().await.unwrap(), 2);
    assert_eq!(vault.standing().await.unwrap().kek_versions, [2, 2, 2]);
    assert_eq!(store.by_token(token).await.unwrap(), entry, "no entry is touched");
    std::fs::write(&file, second).unwrap();
    let vault = open(&store, Arc::new(FileKms::open(&file).unwrap()), 3).await;
    assert_eq!(vault.reveal(token).await.unwrap(), pan(1));
    // Without the new one nothing opens.
    std::fs::write(&file, first).unwrap();
    let kms = Arc::new(FileKms::open(&file).unwrap());
    let clock = Arc::new(ManualClock::new(Timestamp::default()));
    let gone = EnvelopeVault::init(kms, store.clone(), Arc::new(SeededIds::new(4, clock))).await;
    assert!(matches!(gone.err(), Some(VaultError::KekVersionUnknown { .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn cards_come_and_go_while_keys_change() {
    let ((_dir, file), store) = (key_file(), Arc::new(MemoryVaultStore::new()));
    let kms: Arc<dyn Kms> = Arc::new(FileKms::open(&file).unwrap());
    let vaults = [Arc::new(open(&store, kms.clone(), 1).await), Arc::new(open(&store, kms, 2).await)];
    let mut tasks = tokio::task::JoinSet::new();
    for worker in 0..4_u32 {
        let vault = vaults[worker as usize % 2].clone();
        tasks.spawn(async move {
            for n in 0..2_000 {
                // Cards that others put as well, and some of its own.
                let pan = pan(if n % 3 == 0 { n } else { worker * 10_000 + n });
                let card = vault.put(&pan).await.unwrap();
                assert_eq!(vault.reveal(card.token).await.unwrap(), pan);
                tokio::task::yield_now().await;
            }
        });
    }
    for vault in [vaults[0].clone(), vaults[1].clone()] {
        tasks.spawn(async move {
            for _ in 0..5 {
                vault.rotate().await.unwrap();
                vault.reseal(|_| true).await.unwrap();
                vault.rewrap().await.unwrap();
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    assert_eq!(vaults[0].standing().await.unwrap().version, 11, "both rotated five times");
    vaults[0].reseal(|_| true).await.unwrap();
    assert_eq!(vaults[1].reseal(|_| true).await.unwrap().resealed, 0);
    assert!(versions(&store).await.iter().all(|version| *version == 11));
}
