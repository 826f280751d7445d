//! Random histories on the stores: equal answers and equal reads to the reference's, whatever leaves memory when,
//! and however often the directory is opened again.
#![allow(clippy::unwrap_used)]

use pmts_kernel::{Clock, ManualClock, Principal, Timestamp};
use pmts_ledger::contract::model;
use pmts_ledger::{LedgerError, Posted};
use pmts_store::{Commit, CommitError, EmbeddedOptions, EmbeddedStore, MemoryStore, Store, StoreLedger};
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

/// What is written together sees what came before it in the same write: journals, marks on ids, holds that ended.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_history_written_in_groups_gets_the_same_answers() {
    let mut largest = 0;
    for seed in 4_000..4_060 {
        let clock = Arc::new(ManualClock::new(Timestamp::from_micros(1)));
        let dir = tempfile::tempdir().unwrap();
        let store = EmbeddedStore::open(dir.path(), options(&clock, seed)).unwrap();
        let steps = model::history(seed, 200);
        // The clock is read for each commit, so only steps of one moment can stand in a group.
        for group in steps.chunk_by(|a, b| a.now == b.now) {
            clock.set(group[0].now);
            let commits = group.iter().map(|step| {
                let journal = step.journal.clone();
                Commit {
                    accounts: journal.accounts,
                    conditions: journal.conditions,
                    transfers: journal.transfers,
                    at: journal.at,
                    ..Commit::by(Principal::system("model"))
                }
            });
            largest = largest.max(group.len());
            let answers = store.commit_many(commits.collect()).await;
            for (step, answer) in group.iter().zip(answers) {
                let given = match answer {
                    Ok(done) => Ok(Posted { entries: done.entries, repeated: done.repeated }),
                    Err(CommitError::Refused(refused)) => Err(LedgerError::Refused(refused)),
                    Err(other) => panic!("the store failed: {other}"),
                };
                assert_eq!(model::answer(given), step.answer, "seed {seed}: {:#?}", step.journal);
            }
        }
        assert_eq!(store.verify().await.unwrap().problems, Vec::<String>::new(), "seed {seed}");
    }
    assert!(largest >= 5, "groups have many members");
}
