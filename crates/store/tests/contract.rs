//! Both engines pass the contract suites of the store and of the ledger.
#![allow(clippy::unwrap_used)]

use pmts_kernel::{Clock, ManualClock, Principal};
use pmts_ledger::{Ledger, contract::model};
use pmts_store::{EmbeddedOptions, EmbeddedStore, MemoryStore, Store, StoreLedger};
use std::sync::{Arc, Mutex};

fn memory(clock: Arc<ManualClock>) -> Arc<dyn Store> {
    Arc::new(MemoryStore::new(clock))
}

/// Embedded stores in directories that live as long as the test. `resident`: 1 lets accounts leave memory all the time.
struct Dirs(Mutex<Vec<tempfile::TempDir>>, usize);

impl Dirs {
    fn embedded(&self, clock: Arc<ManualClock>) -> Arc<dyn Store> {
        let dir = tempfile::tempdir().unwrap();
        let options = EmbeddedOptions {
            clock: clock as Arc<dyn Clock>,
            resident_accounts: self.1,
            ..EmbeddedOptions::default()
        };
        let store = EmbeddedStore::open(dir.path(), options).unwrap();
        self.0.lock().unwrap().push(dir);
        Arc::new(store)
    }
}

fn ledger_of(store: Arc<dyn Store>) -> Arc<dyn Ledger> {
    Arc::new(StoreLedger::new(store, Principal::system("contract")))
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_keeps_the_contract() {
    pmts_store::contract::store(|clock| async move { memory(clock) }).await;
    pmts_ledger::contract::ledger(|clock| async move { ledger_of(memory(clock)) }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn embedded_keeps_the_contract() {
    for resident in [1, 50_000] {
        let dirs = Dirs(Mutex::default(), resident);
        pmts_store::contract::store(|clock| async { dirs.embedded(clock) }).await;
        pmts_ledger::contract::ledger(|clock| async { ledger_of(dirs.embedded(clock)) }).await;
    }
}

/// Equal histories get equal answers and reads from every engine.
#[tokio::test(flavor = "multi_thread")]
async fn random_histories_get_the_answers_of_the_reference() {
    for seed in 0..30 {
        let clock = Arc::new(ManualClock::default());
        model::replay(&*ledger_of(memory(clock.clone())), &clock, seed, 160).await;
    }
    for (resident, seeds) in [(1, 100..115), (50_000, 200..215)] {
        let dirs = Dirs(Mutex::default(), resident);
        for seed in seeds {
            let clock = Arc::new(ManualClock::default());
            model::replay(&*ledger_of(dirs.embedded(clock.clone())), &clock, seed, 160).await;
        }
    }
}

/// An engine on disk goes on where it stood when it was closed.
#[tokio::test(flavor = "multi_thread")]
async fn a_history_goes_on_after_the_store_was_opened_again() {
    for seed in 300..310 {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::default());
        let mut play = model::Play::new(seed);
        for _ in 0..12 {
            let options = EmbeddedOptions { clock: clock.clone(), ..EmbeddedOptions::default() };
            let store = Arc::new(EmbeddedStore::open(dir.path(), options).unwrap());
            model::go_on(&*ledger_of(store), &clock, &mut play, 10).await;
        }
    }
}
