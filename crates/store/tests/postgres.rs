//! The Postgres engine on a server of its own: the contract suites, equal answers with the memory twin, several nodes.
#![allow(clippy::unwrap_used)]

mod support;

use pmts_kernel::{Clock, ManualClock, Principal};
use pmts_ledger::Ledger;
use pmts_store::{PostgresOptions, PostgresStore, Store, StoreLedger};
use std::sync::Arc;
use support::Databases;

fn options(clock: &Arc<ManualClock>) -> PostgresOptions {
    PostgresOptions { clock: clock.clone() as Arc<dyn Clock>, readers: 2, ..PostgresOptions::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_keeps_the_contract() {
    let Some(databases) = Databases::start(&[]) else { return };
    let databases = &databases;
    let make = |clock: Arc<ManualClock>| async move {
        let store = PostgresStore::open(&databases.new_database().await, options(&clock)).await.unwrap();
        Arc::new(store) as Arc<dyn Store>
    };
    pmts_store::contract::store(make).await;
    pmts_ledger::contract::ledger(|clock| async move {
        Arc::new(StoreLedger::new(make(clock).await, Principal::system("contract"))) as Arc<dyn Ledger>
    })
    .await;
}
