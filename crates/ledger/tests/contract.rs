//! The memory ledger passes the contract suite.

use pmts_ledger::{Ledger, MemoryLedger, contract};
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread")]
async fn memory_ledger_keeps_the_contract() {
    contract::ledger(|clock| async move { Arc::new(MemoryLedger::new(clock)) as Arc<dyn Ledger> }).await;
}
