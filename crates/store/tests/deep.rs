//! A bit turned anywhere in a directory is found and named, or it is nothing that anybody reads.
#![allow(clippy::unwrap_used)]

mod history;

use history::{Random, history};
use pmts_kernel::{Clock, ManualClock, Timestamp};
use pmts_store::{EmbeddedOptions, EmbeddedStore, Store};
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;

fn options(clock: &Arc<ManualClock>) -> EmbeddedOptions {
    // Small batches: the index file has several runs.
    EmbeddedOptions { clock: clock.clone() as Arc<dyn Clock>, index_batch: 150, ..EmbeddedOptions::default() }
}

async fn made(dir: &Path, count: u64, orderly: bool) -> Option<EmbeddedStore> {
    let clock = Arc::new(ManualClock::new(Timestamp::from_micros(0)));
    let store = EmbeddedStore::open(dir, options(&clock)).unwrap();
    for (n, commit) in history(7, count).into_iter().enumerate() {
        clock.advance_micros(1_000_000);
        let outcome = store.commit(commit.clone()).await;
        assert!(outcome.is_ok() || !commit.transfers.is_empty(), "{n}: {outcome:?}");
    }
    (!orderly).then_some(store)
}

fn copy(from: &Path) -> tempfile::TempDir {
    let to = tempfile::tempdir().unwrap();
    for name in ["pmts.db", "pmts.db-wal", "index.db", "index.db-wal"] {
        if from.join(name).exists() {
            std::fs::copy(from.join(name), to.path().join(name)).unwrap();
        }
    }
    to
}

/// Every row of every table of a file; an error where it cannot be read.
fn content(path: &Path) -> rusqlite::Result<Vec<String>> {
    let db = Connection::open(path)?;
    let mut all = Vec::new();
    let tables: Vec<(String, String)> = db
        .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'table'")?
        .query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (table, sql) in tables {
        all.push(sql);
        let mut select = db.prepare(&format!("SELECT * FROM {table}"))?;
        let columns = select.column_count();
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let row: rusqlite::Result<Vec<String>> =
                (0..columns).map(|n| row.get_ref(n).map(|v| format!("{v:?}"))).collect();
            all.push(format!("{table} {}", row?.join("|")));
        }
    }
    Ok(all)
}

fn turn(path: &Path, random: &mut Random) -> (u64, u8) {
    let mut bytes = std::fs::read(path).unwrap();
    let (at, bit) = (random.below(bytes.len() as u64), 1u8 << random.below(8));
    bytes[usize::try_from(at).unwrap()] ^= bit;
    std::fs::write(path, bytes).unwrap();
    (at, bit)
}

#[tokio::test]
async fn a_turned_bit_is_named_or_in_free_space() {
    let whole = tempfile::tempdir().unwrap();
    made(whole.path(), 900, true).await;
    assert_eq!(EmbeddedStore::inspect(whole.path()).unwrap().problems, [""; 0]);
    let mut random = Random(5);
    for (file, rounds) in [("pmts.db", 250), ("index.db", 150)] {
        let before = content(&whole.path().join(file)).unwrap();
        let (mut named, mut free, mut healed) = (0, 0, 0);
        for round in 0..rounds {
            let dir = copy(whole.path());
            let (at, bit) = turn(&dir.path().join(file), &mut random);
            let report = EmbeddedStore::inspect(dir.path()).unwrap();
            if report.problems.is_empty() {
                // Nothing that is read has changed: the bit was in free space, or in a field that nobody reads.
                let now = content(&dir.path().join(file));
                assert!(now.is_ok_and(|now| now == before), "{file}: bit {bit} of byte {at} was not found");
                free += 1;
                continue;
            }
            named += 1;
            if file == "index.db" && round % 10 == 0 {
                assert!(
                    report.problems.iter().all(|p| p.contains("can be deleted")),
                    "{:?}",
                    report.problems
                );
                std::fs::remove_file(dir.path().join(file)).unwrap();
                let clock = Arc::new(ManualClock::new(Timestamp::from_micros(0)));
                let store = EmbeddedStore::open(dir.path(), options(&clock)).unwrap();
                assert_eq!(store.verify().await.unwrap().problems, [""; 0]);
                drop(store);
                assert_eq!(EmbeddedStore::inspect(dir.path()).unwrap().problems, [""; 0]);
                healed += 1;
            }
        }
        println!(
            "{file}: {rounds} bits turned, {named} named, {free} in free space, {healed} indexes built anew"
        );
        assert!(named > rounds / 4, "{file}: too little was named to prove anything");
    }
}

#[tokio::test]
async fn a_turned_bit_in_a_log_that_was_left_is_named() {
    let whole = tempfile::tempdir().unwrap();
    let store = made(whole.path(), 60, false).await;
    // As a killed process leaves it.
    let left = copy(whole.path());
    drop(store);
    let head = |dir: &Path| -> i64 {
        let db = Connection::open(dir.join("pmts.db")).unwrap();
        db.query_row("SELECT max(last) FROM commits", [], |r| r.get::<_, Option<i64>>(0))
            .unwrap_or_default()
            .unwrap_or(0)
    };
    let last = head(copy(left.path()).path());
    assert!(last > 50);
    assert_eq!(EmbeddedStore::inspect(copy(left.path()).path()).unwrap().problems, [""; 0]);
    let (mut random, mut named, mut torn, mut nothing) = (Random(9), 0, 0, 0);
    for _ in 0..120 {
        let dir = copy(left.path());
        turn(&dir.path().join("pmts.db-wal"), &mut random);
        if !EmbeddedStore::inspect(dir.path()).unwrap().problems.is_empty() {
            named += 1;
        } else if head(dir.path()) == last {
            nothing += 1;
        } else {
            // In the very last commit it looks like a write that a crash cut off.
            assert_eq!(head(dir.path()), last - 1);
            torn += 1;
        }
    }
    println!(
        "log: 120 bits turned, {named} named, {torn} as if cut off in the last commit, {nothing} where nothing is read"
    );
    assert!(named > 100);
}

#[tokio::test]
async fn what_has_no_checksum_is_compared() {
    let whole = tempfile::tempdir().unwrap();
    made(whole.path(), 300, true).await;
    for (file, sql, named) in [
        ("pmts.db", "DELETE FROM record_keys WHERE id = (SELECT max(id) FROM record_keys)", "record_keys"),
        (
            "pmts.db",
            "UPDATE record_keys SET key = 'x' WHERE id = (SELECT max(id) FROM record_keys)",
            "record_keys",
        ),
        ("pmts.db", "UPDATE undo_records SET until = until + 1 WHERE seq = 2", "does not match its seal"),
        ("pmts.db", "UPDATE undo_jobs SET body = 'x' WHERE seq = 2", "does not match its checksum"),
        ("pmts.db", "UPDATE meta SET value = '100000' WHERE key = 'undo_from'", "undo_from"),
        ("pmts.db", "DELETE FROM events WHERE seq = 3", "an event before 4 is missing"),
        ("pmts.db", "DELETE FROM answers WHERE seq = 3", "an answer before 4 is missing"),
        ("pmts.db", "DROP INDEX jobs_due", "index jobs_due is not as the format has it"),
        ("index.db", "UPDATE days SET count = count + 1", "the table days does not follow"),
        ("index.db", "INSERT INTO off_days VALUES (1, 1, 1, 1, 1, 1)", "the table off_days does not follow"),
        (
            "index.db",
            "INSERT INTO open_reservations VALUES (x'00', 1)",
            "the table open_reservations does not follow",
        ),
        (
            "index.db",
            "DELETE FROM runs WHERE id = (SELECT max(id) FROM runs WHERE kind = 1)",
            "hold other entries",
        ),
        (
            "index.db",
            "UPDATE pages SET body = zeroblob(10) WHERE id = (SELECT max(id) FROM pages)",
            "checksum",
        ),
    ] {
        let dir = copy(whole.path());
        let db = Connection::open(dir.path().join(file)).unwrap();
        db.execute_batch(sql).unwrap();
        drop(db);
        let report = EmbeddedStore::inspect(dir.path()).unwrap();
        assert!(report.problems.iter().any(|p| p.contains(named)), "{sql}: {:?}", report.problems);
    }
}
