//! Entries of closed days in a file of their own: every read finds them, what is closed goes and nothing else, and a crash in
//! between loses nothing.
#![allow(clippy::unwrap_used)]

mod history;

use history::{Random, history};
use pmts_kernel::{Coded, ManualClock, Principal, Timestamp};
use pmts_ledger::{
    AccountChange, AccountFilter, AccountId, DayQuery, EntityCode, HistoryOf, HistoryQuery, StatementQuery,
    Transfer, TransferCode, TransferId,
};
use pmts_money::{Currency, Money};
use pmts_store::{ArchiveReport, Commit, EmbeddedOptions, EmbeddedStore, Store, StoreError, Until};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const HOUR: i64 = 3_600_000_000;
const KEEP: Duration = Duration::from_secs(2 * 86_400);

fn open(dir: &Path, clock: &Arc<ManualClock>) -> EmbeddedStore {
    let options = EmbeddedOptions {
        clock: clock.clone(),
        index_batch: 60,
        resident_accounts: 2,
        ..EmbeddedOptions::default()
    };
    EmbeddedStore::open(dir, options).unwrap()
}

fn clock(at: i64) -> Arc<ManualClock> {
    Arc::new(ManualClock::new(Timestamp::from_micros(at)))
}

fn close(day: i32) -> Commit {
    let change = AccountChange::SetPeriod { entity: EntityCode::default(), closed_through: Some(day) };
    Commit { accounts: vec![change], ..Commit::by(Principal::system("test")) }
}

fn pay(id: u128, debit: u128, credit: u128) -> Transfer {
    let account = |n: u128| AccountId::from_raw((n + 1) << 8);
    Transfer::post(
        TransferId::from_raw(id),
        account(debit),
        account(credit),
        Money::new(1, Currency::EUR),
        TransferCode(1),
    )
}

fn commit(transfers: Vec<Transfer>) -> Commit {
    Commit { transfers, ..Commit::by(Principal::system("test")) }
}

/// Twenty days, a commit each hour, the books closed through day 11.
async fn twenty_days(dir: &Path) -> i64 {
    let clock = clock(0);
    let store = open(dir, &clock);
    for commit in history(9, 480) {
        clock.advance_micros(HOUR);
        let _ = store.commit(commit).await;
    }
    store.commit(close(11)).await.unwrap();
    assert_eq!(store.periods().await.unwrap(), [(EntityCode::default(), 11)]);
    480 * HOUR
}

fn archive(dir: &Path, through: Option<i32>, now: i64) -> Result<ArchiveReport, StoreError> {
    EmbeddedStore::archive(dir, through, KEEP, Timestamp::from_micros(now))
}

/// The answers to every read of the past.
async fn past(store: &EmbeddedStore) -> Vec<String> {
    let entries = store.entries(0, 100_000).await.unwrap();
    let mut all: Vec<String> = entries.iter().map(|e| format!("{e:?}")).collect();
    for entry in entries.iter().step_by(7) {
        let id = entry.transfer.id;
        all.push(format!("{:?}", store.entry(id).await.unwrap().unwrap()));
    }
    let accounts = store.accounts(AccountFilter { limit: 1_000, ..AccountFilter::default() }).await.unwrap();
    for account in accounts.accounts {
        let id = account.account.id;
        all.push(format!("{account:?}"));
        for hours in [0, 1, 30, 100, 250, 290, 400, 479] {
            let at = Timestamp::from_micros(hours * HOUR);
            let day = i32::try_from(hours / 24).unwrap();
            all.push(format!("{:?}", store.balance_at(id, at).await.unwrap()));
            all.push(format!("{:?}", store.balance_on(id, day).await.unwrap()));
            all.push(format!("{:?}", store.trial_balance(Some(at)).await.unwrap()));
        }
        let of = HistoryOf::Account(id);
        for newest_first in [false, true] {
            let query = HistoryQuery { newest_first, limit: 500, ..HistoryQuery::of(of.clone()) };
            all.push(format!("{:?}", store.history(query).await.unwrap()));
        }
        all.push(format!("{:?}", store.statement(StatementQuery::all(id)).await.unwrap()));
    }
    all.push(format!("{:?}", store.day_totals(DayQuery::default()).await.unwrap()));
    all
}

fn copy_dir(from: &Path) -> tempfile::TempDir {
    let to = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), to.path().join(file.file_name())).unwrap();
    }
    to
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_read_is_answered_as_before() {
    let dir = tempfile::tempdir().unwrap();
    let now = twenty_days(dir.path()).await;
    let clock = clock(now);
    let before = past(&open(dir.path(), &clock)).await;
    let entries = open(dir.path(), &clock).entries(0, 100_000).await.unwrap();
    let expected = entries.iter().filter(|e| e.time.as_micros() < 12 * 24 * HOUR).count() as u64;

    let report = archive(dir.path(), None, now).unwrap();
    assert_eq!((report.through, report.moved, report.last, report.waiting), (11, expected, expected, 0));
    assert!(expected > 80, "{report:?}");
    assert!(report.main_bytes.1 < report.main_bytes.0 && report.archive_bytes > 0, "{report:?}");
    assert_eq!(EmbeddedStore::inspect(dir.path()).unwrap().problems, [""; 0]);
    for round in 0..2 {
        if round == 1 {
            // The index is made anew from both files.
            std::fs::remove_file(dir.path().join("index.db")).unwrap();
        }
        let store = open(dir.path(), &clock);
        assert_eq!(past(&store).await, before);
        assert_eq!(store.verify().await.unwrap().problems, [""; 0]);
    }

    // What was recorded then is still known: a repeat succeeds, other content is refused, closed days are closed.
    let store = open(dir.path(), &clock);
    let old = entries.iter().find(|e| e.kind == pmts_ledger::EntryKind::Posted).unwrap();
    let again = store.commit(commit(vec![old.transfer.clone()])).await.unwrap();
    assert!(again.repeated && again.entries.is_empty());
    let other = Transfer { code: TransferCode(99), ..old.transfer.clone() };
    assert_eq!(store.commit(commit(vec![other])).await.unwrap_err().code().code, "LEDGER_ID_TAKEN");
    let back = pay(1 << 80, 0, 1).effective_on(11);
    assert_eq!(store.commit(commit(vec![back])).await.unwrap_err().code().code, "LEDGER_PERIOD_CLOSED");

    // Life goes on, more days are closed and follow.
    clock.advance_micros(HOUR);
    store.commit(commit(vec![pay(2 << 80, 0, 1)])).await.unwrap();
    store.commit(close(15)).await.unwrap();
    let before = past(&store).await;
    drop(store);
    let second = archive(dir.path(), Some(14), now + HOUR).unwrap();
    assert!(second.moved > 20 && second.last == report.last + second.moved, "{second:?}");
    assert_eq!(archive(dir.path(), Some(14), now + HOUR).unwrap().moved, 0, "there is nothing more to move");
    let store = open(dir.path(), &clock);
    assert_eq!(past(&store).await, before);
    drop(store);
    assert_eq!(EmbeddedStore::inspect(dir.path()).unwrap().problems, [""; 0]);

    // A copy has both files, and is put back to what can still be put back.
    let (copy, back) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let report = EmbeddedStore::backup(dir.path(), copy.path()).unwrap();
    assert!(report.archive.is_some() && report.back_to > 300, "{report:?}");
    let early =
        EmbeddedStore::restore(copy.path(), back.path(), Until::Commit(report.back_to - 1)).unwrap_err();
    assert!(matches!(early, StoreError::TooEarly { .. }), "{early}");
    EmbeddedStore::restore(copy.path(), back.path(), Until::Commit(report.back_to)).unwrap();
    assert_eq!(EmbeddedStore::inspect(back.path()).unwrap().problems, [""; 0]);
    let whole = tempfile::tempdir().unwrap();
    EmbeddedStore::restore(copy.path(), whole.path(), Until::Last).unwrap();
    assert_eq!(past(&open(whole.path(), &clock)).await, before);
    let mut random = Random(3);
    let mut bytes = std::fs::read(copy.path().join("archive.db")).unwrap();
    let at = usize::try_from(random.below(bytes.len() as u64)).unwrap();
    bytes[at] ^= 4;
    std::fs::write(copy.path().join("archive.db"), bytes).unwrap();
    let other = tempfile::tempdir().unwrap();
    let error = EmbeddedStore::restore(copy.path(), other.path(), Until::Last).unwrap_err();
    assert!(error.to_string().contains("archive.db is not the file that was copied"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_closed_days_go_and_not_the_latest() {
    let dir = tempfile::tempdir().unwrap();
    let now = twenty_days(dir.path()).await;
    let open_day = archive(dir.path(), Some(12), now).unwrap_err();
    assert_eq!(
        (open_day.code().code, open_day.to_string().contains("entity 0")),
        ("STORE_PERIOD_OPEN", true),
        "{open_day}"
    );
    assert!(!dir.path().join("archive.db").exists());
    let empty = tempfile::tempdir().unwrap();
    archive(empty.path(), None, now).unwrap_err();
    assert_eq!(std::fs::read_dir(empty.path()).unwrap().count(), 0, "nothing is made where nothing was");
    // Closed or not, what can still be put back stays.
    let early = archive(dir.path(), Some(11), 10 * 24 * HOUR).unwrap();
    assert!(early.waiting > 10 && early.moved > 50, "{early:?}");
    let rest = archive(dir.path(), Some(11), now).unwrap();
    assert_eq!((rest.moved, rest.waiting), (early.waiting, 0));
    {
        let _store = open(dir.path(), &clock(now));
        let busy = archive(dir.path(), Some(11), now).unwrap_err();
        assert_eq!(busy.code().code, "STORE_IN_USE");
    }
    std::fs::rename(dir.path().join("archive.db"), dir.path().join("elsewhere.db")).unwrap();
    let missing = EmbeddedStore::open(dir.path(), EmbeddedOptions::default()).err().unwrap();
    assert_eq!(missing.code().code, "STORE_ARCHIVE_MISSING", "{missing}");
    let told = EmbeddedStore::inspect(dir.path()).unwrap().problems;
    assert!(told.iter().any(|p| p.contains("archive.db is missing")), "{told:?}");
    std::fs::rename(dir.path().join("elsewhere.db"), dir.path().join("archive.db")).unwrap();
    assert_eq!(open(dir.path(), &clock(now)).verify().await.unwrap().problems, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_between_the_two_files_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let now = twenty_days(dir.path()).await;
    let clock = clock(now);
    let before = past(&open(dir.path(), &clock)).await;
    let done = copy_dir(dir.path());
    archive(done.path(), Some(11), now).unwrap();
    // The archive is written, the main file does not know of it: then a process that was cut off while it wrote it.
    for cut in [None, Some(5_000)] {
        let crashed = copy_dir(dir.path());
        let mut bytes = std::fs::read(done.path().join("archive.db")).unwrap();
        bytes.truncate(cut.unwrap_or(bytes.len()));
        let name = if cut.is_some() { "archive.db.partial" } else { "archive.db" };
        std::fs::write(crashed.path().join(name), bytes).unwrap();
        assert_eq!(past(&open(crashed.path(), &clock)).await, before);
        let again = archive(crashed.path(), Some(11), now).unwrap();
        assert!(again.moved > 80);
        assert_eq!(past(&open(crashed.path(), &clock)).await, before);
        assert_eq!(EmbeddedStore::inspect(crashed.path()).unwrap().problems, [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_turned_bit_in_the_archive_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let now = twenty_days(dir.path()).await;
    archive(dir.path(), Some(11), now).unwrap();
    let whole = std::fs::read(dir.path().join("archive.db")).unwrap();
    let mut random = Random(11);
    let (mut named, rounds) = (0, 60);
    for _ in 0..rounds {
        let mut bytes = whole.clone();
        let at = usize::try_from(random.below(bytes.len() as u64)).unwrap();
        bytes[at] ^= 1 << random.below(8);
        std::fs::write(dir.path().join("archive.db"), &bytes).unwrap();
        let problems = EmbeddedStore::inspect(dir.path()).unwrap().problems;
        if problems.is_empty() {
            // In free space: what is read has not changed.
            let rows = |path: &Path| -> Vec<Vec<u8>> {
                let db = rusqlite::Connection::open(path).unwrap();
                let mut select = db.prepare("SELECT body FROM entries ORDER BY first").unwrap();
                let rows = select.query_map([], |r| r.get(0)).unwrap();
                rows.collect::<Result<_, _>>().unwrap()
            };
            let other = tempfile::tempdir().unwrap();
            std::fs::write(other.path().join("whole.db"), &whole).unwrap();
            assert_eq!(
                rows(&dir.path().join("archive.db")),
                rows(&other.path().join("whole.db")),
                "byte {at}"
            );
        } else {
            named += 1;
        }
    }
    assert!(named > rounds / 3, "{named}");
}
