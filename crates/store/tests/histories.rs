//! Random histories on the stores: equal answers and equal reads to the reference's, whatever leaves memory when,
//! and however often the directory is opened again.
#![allow(clippy::unwrap_used)]

use pmts_kernel::{Clock, ManualClock, Principal, Timestamp};
use pmts_ledger::contract::model;
use pmts_store::{EmbeddedOptions, EmbeddedStore, MemoryStore, StoreLedger};
use std::sync::Arc;

fn options(clock: &Arc<ManualClock>, seed: u64) -> EmbeddedOptions {
    EmbeddedOptions {
        clock: clock.clone() as Arc<dyn Clock>,
        resident_accounts: if seed.is_multiple_of(3) { 50_000 } else { 1 },
        index_batch: [1, 3, 10, 50_000][usize::try_from(seed % 4).unwrap()],
        ..EmbeddedOptions::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_embedded_store_gives_equal_answers_to_equal_histories() {
    for seed in 1_000..1_040 {
        let clock = Arc::new(ManualClock::new(Timestamp::from_micros(1)));
        let dir = tempfile::tempdir().unwrap();
        let store = Arc::new(EmbeddedStore::open(dir.path(), options(&clock, seed)).unwrap());
        let ledger = StoreLedger::new(store.clone(), Principal::system("model"));
        model::replay(&ledger, &clock, seed, 160).await;
        let report = store.verify().await.unwrap();
        assert_eq!(report.problems, Vec::<String>::new(), "seed {seed}");
    }
}

#[tokio::test]
async fn the_memory_store_gives_equal_answers_to_equal_histories() {
    for seed in 2_000..2_040 {
        let clock = Arc::new(ManualClock::new(Timestamp::from_micros(1)));
        let store = Arc::new(MemoryStore::new(clock.clone()));
        model::replay(&StoreLedger::new(store, Principal::system("model")), &clock, seed, 160).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_history_goes_on_after_the_directory_was_opened_again() {
    for seed in 3_000..3_012 {
        let clock = Arc::new(ManualClock::new(Timestamp::from_micros(1)));
        let dir = tempfile::tempdir().unwrap();
        let mut play = model::Play::new(seed);
        for _ in 0..12 {
            let store = Arc::new(EmbeddedStore::open(dir.path(), options(&clock, seed)).unwrap());
            let ledger = StoreLedger::new(store, Principal::system("model"));
            model::go_on(&ledger, &clock, &mut play, 10).await;
        }
    }
}
