//! Closing the books, `pmts archive`, and the reads of the past, as a bookkeeper types them.

use pmts_kernel::{Clock, ManualClock, Principal, Timestamp};
use pmts_ledger::{
    Account, AccountChange, AccountId, ChartCode, EntityCode, Metadata, Side, Transfer, TransferCode,
    TransferId,
};
use pmts_money::{Currency, Money};
use pmts_store::{Commit, EmbeddedOptions, EmbeddedStore, Store};
use pmts_tests::bin;
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;

const DAY: i64 = 86_400_000_000;
/// 2024-03-01.
const FIRST: i64 = 19_783;

fn account(n: u128) -> AccountId {
    AccountId::from_raw(n + 1)
}

/// Forty days of a shop that is older than this test: a sale of 1.00 EUR an hour, paid to one of two sellers under one roof.
async fn forty_days(dir: &Path) {
    let clock = Arc::new(ManualClock::new(Timestamp::from_micros(FIRST * DAY)));
    let options = EmbeddedOptions { clock: clock.clone() as Arc<dyn Clock>, ..EmbeddedOptions::default() };
    let store = EmbeddedStore::open(dir, options).unwrap();
    let open = |n, side| {
        let account = Account::new(account(n), Currency::EUR, ChartCode(1), side);
        AccountChange::Open(Account {
            entity: EntityCode(1),
            parent: (n > 1).then(|| self::account(1)),
            ..account
        })
    };
    let accounts = (0..4).map(|n| open(n, if n == 0 { Side::Debit } else { Side::Credit })).collect();
    store.commit(Commit { accounts, ..Commit::by(Principal::system("test")) }).await.unwrap();
    for n in 0..40 * 24u128 {
        clock.advance_micros(DAY / 24);
        let transfer = Transfer::post(
            TransferId::from_raw(n + 1),
            account(0),
            account(2 + n % 2),
            Money::new(100, Currency::EUR),
            TransferCode(1),
        )
        .with_reference(1_000 + n / 10)
        .with_metadata(Metadata::try_new([("shelf", (n % 7).to_string())]).unwrap());
        store
            .commit(Commit { transfers: vec![transfer], ..Commit::by(Principal::system("test")) })
            .await
            .unwrap();
    }
}

fn lines(args: &[&str]) -> Vec<Value> {
    let text = bin::run(args).expect_success();
    text.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn books_are_closed_and_put_away_and_still_answer() {
    let folder = tempfile::tempdir().unwrap();
    let shop = folder.path().join("shop");
    forty_days(&shop).await;
    let data = shop.to_str().unwrap();
    let id = |n| account(n).to_string();
    let ask = || {
        let mut all = Vec::new();
        for args in [
            vec!["history", "--limit", "10000"],
            vec!["history", "--metadata", "shelf=3", "--newest-first"],
            vec!["history", "--payment", "pay_000000000000000000000000z9"],
            vec!["days"],
            vec!["days", "--from", "2024-03-10", "--until", "2024-03-11", "--currency", "EUR"],
            vec!["trial-balance", "--at", "2024-03-15"],
        ] {
            let args: Vec<&str> = [&["ledger"], &args[..], &["--json", "--data", data]].concat();
            all.push(lines(&args));
        }
        for day in ["2024-03-05", "2024-03-31", "2024-04-05"] {
            for how in ["--at", "--on"] {
                all.push(lines(&["ledger", "balance", &id(2), how, day, "--json", "--data", data]));
            }
        }
        all.push(lines(&["ledger", "balance", &id(1), "--rolled-up", "--json", "--data", data]));
        all
    };
    let before = ask();
    assert_eq!(before[0].len(), 960);
    assert_eq!(before[2].len(), 10, "ten sales of one payment");
    assert_eq!(before[4].len(), 2, "two days of one line");
    assert_eq!(before[4][0]["debits"], "2400");
    let totals: u64 = before[3].iter().map(|d| d["count"].as_u64().unwrap()).sum();
    assert_eq!(totals, 2 * 960);
    let rolled = &before.last().unwrap()[0];
    assert_eq!((rolled["credits"].as_str(), rolled["accounts"].as_u64()), (Some("96000"), Some(3)));

    let open = bin::run(["archive", "--data", data]).expect_code(1);
    assert!(open.contains("STORE_PERIOD_OPEN"), "{open}");
    let close = ["ledger", "close", "--by", "ada", "--data", data, "--through"];
    let today = bin::run(close.iter().copied().chain(["2999-12-31"])).expect_code(1);
    assert!(today.contains("is not over"), "{today}");
    bin::run(close.iter().copied().chain(["2024-03-31"])).expect_success();
    let less = bin::run(close.iter().copied().chain(["2024-03-30"])).expect_code(1);
    assert!(less.contains("closed through 2024-03-31 already"), "{less}");
    let periods = bin::run(["ledger", "periods", "--data", data]).expect_success();
    assert!(periods.contains("2024-03-31"), "{periods}");

    let report = &lines(&["archive", "--json", "--data", data])[0];
    let moved = report["moved"].as_u64().unwrap();
    assert_eq!(
        (report["through"].as_str(), moved, report["waiting"].as_u64()),
        (Some("2024-03-31"), 743, Some(0))
    );
    assert!(shop.join("archive.db").exists());
    assert_eq!(ask(), before);
    bin::run(["doctor", "--deep", "--data", data]).expect_success();
    let text = bin::run(["archive", "--data", data]).expect_success();
    assert!(text.starts_with("0 entries up to 2024-03-31 moved"), "{text}");

    // A copy is whole, and a day that is opened again can be closed again.
    let (copy, back) = (folder.path().join("copy"), folder.path().join("back"));
    let [copy, back] = [&copy, &back].map(|p| p.to_str().unwrap());
    bin::run(["backup", "--data", data, "--to", copy]).expect_success();
    bin::run(["restore", "--from", copy, "--to", back]).expect_success();
    bin::run(["doctor", "--deep", "--data", back]).expect_success();
    bin::run(["ledger", "reopen", "--by", "ada", "--through", "2024-03-30", "--data", data]).expect_success();
    let wrong = bin::run(["ledger", "reopen", "--by", "ada", "--through", "2024-04-30", "--data", data])
        .expect_code(1);
    assert!(wrong.contains("not closed"), "{wrong}");
    bin::run(close.iter().copied().chain(["2024-04-02"])).expect_success();
    let report = &lines(&["archive", "--json", "--data", data])[0];
    assert_eq!(report["moved"], 48);
    assert_eq!(ask(), before);
}
