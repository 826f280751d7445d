//! The vault against honest and dishonest stores.

use super::*;
use crate::pci::{MemoryKms, MemoryVaultStore};
use pmts_kernel::{ManualClock, SeededIds, Timestamp};
use std::collections::HashSet;

const VISA: &str = "4242424242424242";

fn pan(digits: &str) -> Pan {
    Pan::parse(digits).unwrap()
}

fn ids(seed: u64) -> Arc<SeededIds> {
    Arc::new(SeededIds::new(seed, Arc::new(ManualClock::new(Timestamp::from_micros(1_700_000_000_000_000)))))
}

async fn open(
    store: &Arc<MemoryVaultStore>,
    kms_seed: u8,
    ids_seed: u64,
) -> Result<EnvelopeVault, VaultError> {
    EnvelopeVault::init(Arc::new(MemoryKms::from_seed([kms_seed; 32])), store.clone(), ids(ids_seed)).await
}

/// A store with one entry, changed.
async fn with_entry(entry: VaultEntry, keys: VaultKeys) -> Arc<MemoryVaultStore> {
    let store = Arc::new(MemoryVaultStore::new());
    store.insert_keys(keys).await.unwrap();
    store.insert(entry).await.unwrap();
    store
}

#[tokio::test]
async fn cards_come_back_after_a_restart_under_the_same_token() {
    let store = Arc::new(MemoryVaultStore::new());
    let numbers = [VISA, "378282246310005", "6759649826438453", "30569309025904", "4222222222222"];
    let mut cards = Vec::new();
    let vault = open(&store, 1, 1).await.unwrap();
    for digits in numbers {
        cards.push(vault.put(&pan(digits)).await.unwrap());
    }
    let vault = open(&store, 1, 2).await.unwrap();
    for (digits, card) in numbers.iter().zip(&cards) {
        assert_eq!(vault.reveal(card.token).await.unwrap(), pan(digits));
        assert_eq!(vault.put(&pan(digits)).await.unwrap(), *card);
        let shown = (card.first_six.as_str(), card.last_four.as_str(), card.fingerprint.len());
        assert_eq!(shown, (pan(digits).first_six(), &digits[digits.len() - 4..], 64));
    }
    assert_eq!(cards.iter().map(|c| c.token).collect::<HashSet<_>>().len(), numbers.len());
    let token = CardToken::from_raw(5);
    assert!(matches!(vault.reveal(token).await, Err(VaultError::TokenUnknown { token: t }) if t == token));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn puts_of_one_number_at_once_give_one_token() {
    let store = Arc::new(MemoryVaultStore::new());
    // Two processes that start at once: they must agree on the keys too.
    let (a, b) = tokio::join!(open(&store, 1, 1), open(&store, 1, 2));
    let vaults = [Arc::new(a.unwrap()), Arc::new(b.unwrap())];
    let mut tasks = tokio::task::JoinSet::new();
    for i in 0..64 {
        let vault = vaults[i % 2].clone();
        tasks.spawn(async move { vault.put(&pan(VISA)).await.unwrap() });
    }
    let tokens: HashSet<_> = tasks.join_all().await.into_iter().map(|card| card.token).collect();
    assert_eq!(tokens.len(), 1);
    for vault in vaults {
        assert_eq!(vault.reveal(*tokens.iter().next().unwrap()).await.unwrap(), pan(VISA));
    }
}

#[tokio::test]
async fn a_change_of_any_part_of_an_entry_is_noticed() {
    let store = Arc::new(MemoryVaultStore::new());
    let vault = open(&store, 1, 1).await.unwrap();
    let token = vault.put(&pan(VISA)).await.unwrap().token;
    let other = vault.put(&pan("5555555555554444")).await.unwrap().token;
    let (entry, other) =
        (store.by_token(token).await.unwrap().unwrap(), store.by_token(other).await.unwrap().unwrap());
    let keys = store.keys().await.unwrap().unwrap();

    let mut changed: Vec<(&str, VaultEntry)> = Vec::new();
    let mut change = |what, with: &dyn Fn(&mut VaultEntry)| {
        let mut entry = entry.clone();
        with(&mut entry);
        changed.push((what, entry));
    };
    for at in 0..entry.ciphertext.len() {
        change("text or tag", &|e| e.ciphertext[at] ^= 1);
    }
    for at in 0..entry.nonce.len() {
        change("nonce", &|e| e.nonce[at] ^= 0x80);
    }
    for at in 0..entry.fingerprint.len() {
        change("fingerprint", &|e| e.fingerprint[at] ^= 4);
    }
    change("text cut", &|e| e.ciphertext.truncate(16));
    change("text gone", &|e| e.ciphertext.clear());
    change("text longer", &|e| e.ciphertext.push(0));
    change("first six", &|e| e.first_six = "411111".into());
    change("last four", &|e| e.last_four = "1111".into());
    change("token", &|e| e.token = CardToken::from_raw(e.token.raw() ^ 1 << 70));
    change("sealed text of another card", &|e| {
        (e.ciphertext, e.nonce) = (other.ciphertext.clone(), other.nonce)
    });
    change("another card under this token", &|e| *e = VaultEntry { token: e.token, ..other.clone() });

    for (what, entry) in changed {
        let token = entry.token;
        let vault = open(&with_entry(entry.clone(), keys.clone()).await, 1, 3).await.unwrap();
        let revealed = vault.reveal(token).await;
        assert!(
            matches!(revealed, Err(VaultError::EntryDamaged { token: t }) if t == token),
            "{what}: {revealed:?}"
        );
        if entry.fingerprint == vault.fingerprint(&pan(VISA)) {
            let put = vault.put(&pan(VISA)).await;
            assert!(matches!(put, Err(VaultError::EntryDamaged { .. })), "{what}: {put:?}");
        }
    }

    let newer = VaultEntry { key_version: 2, ..entry };
    let vault = open(&with_entry(newer, keys).await, 1, 3).await.unwrap();
    let revealed = vault.reveal(token).await;
    assert!(matches!(revealed, Err(VaultError::KeyVersionUnknown { key_version: 2, .. })), "{revealed:?}");
}

#[tokio::test]
async fn another_kms_or_changed_keys_do_not_open_the_vault() {
    let store = Arc::new(MemoryVaultStore::new());
    let vault = open(&store, 1, 1).await.unwrap();
    vault.put(&pan(VISA)).await.unwrap();
    let refused = |result: Result<EnvelopeVault, VaultError>| match result {
        Ok(_) => panic!("it opened"),
        Err(error) => error,
    };
    assert!(matches!(refused(open(&store, 2, 1).await), VaultError::KeyDamaged { .. }));

    let keys = store.keys().await.unwrap().unwrap();
    let mut changed = Vec::new();
    let mut change = |with: &dyn Fn(&mut VaultKeys)| {
        let mut keys = keys.clone();
        with(&mut keys);
        changed.push(keys);
    };
    change(&|k| k.data_key.bytes[40] ^= 1);
    change(&|k| k.fingerprint_key.bytes[0] ^= 1);
    change(&|k| k.fingerprint_key.bytes.truncate(5));
    change(&|k| std::mem::swap(&mut k.data_key, &mut k.fingerprint_key));
    change(&|k| k.version = 2);
    for keys in changed {
        let store = Arc::new(MemoryVaultStore::new());
        store.insert_keys(keys.clone()).await.unwrap();
        assert!(matches!(refused(open(&store, 1, 1).await), VaultError::KeyDamaged { .. }), "{keys:?}");
    }
    let store = Arc::new(MemoryVaultStore::new());
    let mut keys = keys;
    keys.data_key.kek_version = 9;
    store.insert_keys(keys).await.unwrap();
    assert!(matches!(refused(open(&store, 1, 1).await), VaultError::KekVersionUnknown { kek_version: 9 }));
}

#[tokio::test]
async fn what_is_kept_and_printed_shows_no_number() {
    let store = Arc::new(MemoryVaultStore::new());
    let vault = open(&store, 1, 1).await.unwrap();
    let card = vault.put(&pan(VISA)).await.unwrap();
    let entry = store.by_token(card.token).await.unwrap().unwrap();
    let json = serde_json::to_string(&entry).unwrap();
    assert_eq!(serde_json::from_str::<VaultEntry>(&json).unwrap(), entry);
    let keys = store.keys().await.unwrap().unwrap();
    let keys_json = serde_json::to_string(&keys).unwrap();
    assert_eq!(serde_json::from_str::<VaultKeys>(&keys_json).unwrap(), keys);

    let damaged = vault.reveal(CardToken::from_raw(1)).await.unwrap_err();
    let texts = [
        json,
        keys_json,
        serde_json::to_string(&card).unwrap(),
        format!("{entry:#?}"),
        format!("{card:?}"),
        format!("{damaged:?} {damaged}"),
    ];
    for text in texts {
        for run in VISA.as_bytes().windows(7) {
            assert!(!text.contains(std::str::from_utf8(run).unwrap()), "{text}");
        }
    }
    // Nor in another spelling: the number as hexadecimal text, or hashed without a key.
    let plain_hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, VISA.as_bytes());
    assert!(!entry.ciphertext.windows(6).any(|w| VISA.as_bytes().starts_with(w)));
    assert_ne!(entry.fingerprint, plain_hash.as_ref());
}

#[tokio::test]
async fn two_vaults_have_nothing_in_common() {
    let (a, b) = (Arc::new(MemoryVaultStore::new()), Arc::new(MemoryVaultStore::new()));
    let card_a = open(&a, 1, 1).await.unwrap().put(&pan(VISA)).await.unwrap();
    let card_b = open(&b, 2, 1).await.unwrap().put(&pan(VISA)).await.unwrap();
    assert_ne!(card_a.fingerprint, card_b.fingerprint);
    let text = |store: Arc<MemoryVaultStore>, token| async move {
        store.by_token(token).await.unwrap().unwrap().ciphertext
    };
    assert_ne!(text(a, card_a.token).await, text(b, card_b.token).await);
}
