//! Both engines pass the contract suites of the store and of the ledger.
#![allow(clippy::unwrap_used)]

use pmts_kernel::{Clock, ManualClock, Principal};
use pmts_ledger::Ledger;
use pmts_store::{EmbeddedOptions, EmbeddedStore, MemoryStore, Store, StoreLedger};
use std::sync::{Arc, Mutex};

fn memory(clock: Arc<ManualClock>) -> Arc<dyn Store> {
    Arc::new(MemoryStore::new(clock))
}

/// Embedded stores in directories that live as long as the test, with so many accounts in memory (1: they leave it all the
/// time) and so many entries in a batch of the index (1: each goes to the file, and runs are merged all the time).
struct Dirs(Mutex<Vec<tempfile::TempDir>>, usize, usize);

impl Dirs {
    fn embedded(&self, clock: Arc<ManualClock>) -> Arc<dyn Store> {
        let dir = tempfile::tempdir().unwrap();
        let options = EmbeddedOptions {
            clock: clock as Arc<dyn Clock>,
            resident_accounts: self.1,
            index_batch: self.2,
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
    for (resident, batch) in [(1, 1), (1, 7), (50_000, 50_000)] {
        let dirs = Dirs(Mutex::default(), resident, batch);
        pmts_store::contract::store(|clock| async { dirs.embedded(clock) }).await;
        pmts_ledger::contract::ledger(|clock| async { ledger_of(dirs.embedded(clock)) }).await;
    }
}
