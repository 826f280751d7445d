//! Copies of a directory in use, and directories put back to any commit: equal, table by table, to one that never went on.
#![allow(clippy::unwrap_used)]

mod history;

use history::history;
use pmts_kernel::{Coded, ManualClock, Timestamp};
use pmts_store::{Commit, EmbeddedOptions, EmbeddedStore, ListQuery, Store, StoreError, Until};
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

fn open(dir: &Path, clock: &Arc<ManualClock>, undo_for: Duration) -> EmbeddedStore {
    let options = EmbeddedOptions { clock: clock.clone(), undo_for, ..EmbeddedOptions::default() };
    EmbeddedStore::open(dir, options).unwrap()
}

const WEEK: Duration = Duration::from_secs(7 * 86_400);

/// All rows of all tables but those whose rows are packed by group, and the last hash.
fn content(dir: &Path) -> Vec<String> {
    let db = Connection::open(dir.join("pmts.db")).unwrap();
    let mut all = Vec::new();
    for table in [
        "accounts",
        "account_changes",
        "periods",
        "refusals",
        "records",
        "record_keys",
        "jobs",
        "events",
        "answers",
    ] {
        let mut select = db.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2, 3")).unwrap();
        let columns = select.column_count();
        let mut rows = select.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let row: Vec<String> = (0..columns).map(|n| format!("{:?}", row.get_ref(n).unwrap())).collect();
            all.push(format!("{table} {}", row.join("|")));
        }
    }
    let head = "SELECT last, hash FROM commits ORDER BY first DESC LIMIT 1";
    let head: (i64, Vec<u8>) = db.query_row(head, [], |r| Ok((r.get(0)?, r.get(1)?))).unwrap();
    all.push(format!("{head:?}"));
    all
}

async fn run(store: &EmbeddedStore, clock: &ManualClock, commits: &[Commit]) {
    // The clock stands still within a call: so it is the same for those who make the same commits one by one.
    clock.advance_micros(1_000_000);
    for (outcome, commit) in store.commit_many(commits.to_vec()).await.into_iter().zip(commits) {
        if commit.transfers.is_empty() {
            outcome.unwrap();
        }
    }
}

#[tokio::test]
async fn a_directory_is_put_back_to_any_commit() {
    for seed in 0..2 {
        let commits = history(seed, 60);
        let clock = || Arc::new(ManualClock::new(Timestamp::from_micros(0)));
        // One directory has it all, written in groups of several commits.
        let (whole, time) = (tempfile::tempdir().unwrap(), clock());
        {
            let store = open(whole.path(), &time, WEEK);
            for group in commits.chunks(7) {
                run(&store, &time, group).await;
            }
        }
        let copy = tempfile::tempdir().unwrap();
        let report = EmbeddedStore::backup(whole.path(), copy.path()).unwrap();
        assert_eq!(report.back_to, 0);

        // Another one stops after each group: what is put back to that commit is the same.
        let (short, time) = (tempfile::tempdir().unwrap(), clock());
        let mut checked = 0;
        for group in commits.chunks(7) {
            let store = open(short.path(), &time, WEEK);
            run(&store, &time, group).await;
            drop(store);
            let head: u64 = head(short.path());
            let at = time_now(&time);
            // By number, and by time: the next group is a second later, and its entries after that.
            for until in [Until::Commit(head), Until::Time(at)] {
                let back = tempfile::tempdir().unwrap();
                let report = EmbeddedStore::restore(copy.path(), back.path(), until).unwrap();
                assert_eq!(report.commit, head, "{until:?}");
                assert_eq!(content(back.path()), content(short.path()), "seed {seed}, {until:?}");
                let store = open(back.path(), &time, WEEK);
                assert_eq!(store.verify().await.unwrap().problems, [""; 0]);
                let twin = open(short.path(), &time, WEEK);
                assert_eq!(store.entries(0, 1_000).await.unwrap(), twin.entries(0, 1_000).await.unwrap());
                assert_eq!(store.trial_balance(None).await.unwrap(), twin.trial_balance(None).await.unwrap());
                checked += 1;
            }
        }
        // Within a group, too: the chain ends there, and all is well.
        for commit in (1..head(whole.path())).step_by(3) {
            let back = tempfile::tempdir().unwrap();
            let report = EmbeddedStore::restore(copy.path(), back.path(), Until::Commit(commit)).unwrap();
            assert_eq!(report.commit, commit);
            let store = open(back.path(), &time, WEEK);
            assert_eq!(store.verify().await.unwrap().problems, [""; 0]);
            checked += 1;
        }
        println!("seed {seed}: {checked} times put back");
    }
}

fn time_now(clock: &ManualClock) -> Timestamp {
    // Entries of one group have times a microsecond apart.
    Timestamp::from_micros(pmts_kernel::Clock::now(clock).as_micros() + 999_999)
}

fn head(dir: &Path) -> u64 {
    let db = Connection::open(dir.join("pmts.db")).unwrap();
    db.query_row("SELECT max(last) FROM commits", [], |r| r.get::<_, i64>(0)).unwrap().cast_unsigned()
}

#[tokio::test]
async fn what_was_thrown_away_cannot_be_put_back() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), Arc::new(ManualClock::new(Timestamp::from_micros(0))));
    {
        let store = open(dir.path(), &clock, Duration::from_secs(50));
        for commit in history(1, 200) {
            run(&store, &clock, &[commit]).await;
        }
        assert_eq!(store.verify().await.unwrap().problems, [""; 0]);
    }
    let (copy, back) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let report = EmbeddedStore::backup(dir.path(), copy.path()).unwrap();
    assert!(report.back_to > 50 && report.back_to < report.commit - 20, "{report:?}");
    let early =
        EmbeddedStore::restore(copy.path(), back.path(), Until::Commit(report.back_to - 1)).unwrap_err();
    assert!(matches!(early, StoreError::TooEarly { earliest, .. } if earliest == report.back_to), "{early}");
    assert_eq!(std::fs::read_dir(back.path()).unwrap().count(), 0, "nothing is left behind");
    let done = EmbeddedStore::restore(copy.path(), back.path(), Until::Commit(report.back_to)).unwrap();
    assert_eq!(done.left_out, report.commit - report.back_to);
}

#[tokio::test]
async fn copies_are_taken_while_commits_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(Timestamp::from_micros(0)));
    let store = Arc::new(open(dir.path(), &clock, WEEK));
    let writing = {
        let (store, clock) = (store.clone(), clock.clone());
        tokio::spawn(async move {
            for commit in history(3, 600) {
                run(&store, &clock, &[commit]).await;
            }
        })
    };
    let mut copies = Vec::new();
    while copies.len() < 5 {
        let copy = tempfile::tempdir().unwrap();
        let report = EmbeddedStore::backup(dir.path(), &copy.path().join("new")).unwrap();
        copies.push((copy, report));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    writing.await.unwrap();
    for (copy, report) in &copies {
        let back = tempfile::tempdir().unwrap();
        let done = EmbeddedStore::restore(&copy.path().join("new"), back.path(), Until::Last).unwrap();
        assert_eq!((done.commit, &done.hash, done.left_out), (report.commit, &report.hash, 0));
        let restored = open(back.path(), &clock, WEEK);
        assert_eq!(restored.verify().await.unwrap().problems, [""; 0]);
        restored.list(ListQuery::all("thing")).await.unwrap();
    }
}

#[tokio::test]
async fn a_copy_goes_into_an_empty_place_and_is_known_again() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), Arc::new(ManualClock::new(Timestamp::from_micros(0))));
    let store = open(dir.path(), &clock, WEEK);
    for commit in history(2, 40) {
        run(&store, &clock, &[commit]).await;
    }
    assert_eq!(EmbeddedStore::backup(dir.path(), dir.path()).unwrap_err().code().code, "STORE_OCCUPIED");
    let copy = tempfile::tempdir().unwrap();
    EmbeddedStore::backup(dir.path(), copy.path()).unwrap();
    let path = copy.path().join("pmts.db");
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let back = tempfile::tempdir().unwrap();
    let turned = EmbeddedStore::restore(copy.path(), back.path(), Until::Last).unwrap_err();
    assert_eq!(turned.code().code, "STORE_DAMAGED", "{turned}");
    // A damaged directory is not copied: the copy would be taken for a good one.
    drop(store);
    let db = Connection::open(dir.path().join("pmts.db")).unwrap();
    assert_eq!(db.execute("UPDATE events SET data = '0' WHERE seq = 2", []).unwrap(), 1);
    drop(db);
    let to = tempfile::tempdir().unwrap();
    let damaged = EmbeddedStore::backup(dir.path(), to.path()).unwrap_err();
    assert!(damaged.to_string().contains("event 2"), "{damaged}");
    assert_eq!(std::fs::read_dir(to.path()).unwrap().count(), 0);
}
