//! The books before another double-entry program, beancount: it loads the export without an error and comes to the same
//! balances, seller by seller and line by line of the chart.

use super::import_retail::{import, last_line};
use pmts_tests::{bin, data, tools};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// Runs `pmts` with these words and then the data directory.
#[track_caller]
fn pmts(words: &[&str], data: &Path) -> String {
    let args = words.iter().map(OsStr::new).chain(["--data".as_ref(), data.as_os_str()]);
    bin::run(args).expect_success()
}

/// What beancount says about a file.
#[track_caller]
fn judge(file: &Path) -> Value {
    let script =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join("py").join("beancount_judge.py");
    // Without its cache, which it would put beside the file.
    let mut command = Command::new(tools::python());
    command.arg(script).arg(file).env("BEANCOUNT_DISABLE_LOAD_CACHE", "1");
    last_line(&bin::finish(&mut command, bin::LIMIT).expect_success())
}

/// The line of the chart that an exported account is on, and the seller it belongs to.
fn line_and_seller(account: &str) -> (String, Option<String>) {
    let (_, name) = account.split_once(':').unwrap();
    // Lines of the class memo are below equity; some are called memo themselves.
    let name = name.strip_prefix("Memo:").filter(|rest| rest.contains(':')).unwrap_or(name);
    let mut parts: Vec<&str> = name.split(':').collect();
    let seller = (parts.len() > 2).then(|| parts.pop().unwrap().to_owned());
    (parts.join(".").to_lowercase().replace('-', "_"), seller)
}

#[test]
fn beancount_comes_to_the_same_balances() {
    let Some(folder) = data::folder("retail") else { return };
    let dir = TempDir::new().unwrap();
    let (data, file) = (dir.path().join("data"), dir.path().join("books.beancount"));
    let report = import(&[&folder], &data);
    let said = pmts(&["export", "--format", "beancount", "--out", file.to_str().unwrap()], &data);
    assert_eq!(
        std::fs::read_to_string(&file).unwrap(),
        pmts(&["export", "--format", "beancount"], &data),
        "a file and the standard output get the same"
    );

    let judged = judge(&file);
    assert_eq!(judged["errors"], json!([]));
    let transactions = judged["transactions"].as_u64().unwrap();
    assert!(transactions > 911, "every order has some: {transactions}");
    assert!(said.starts_with(&format!("{transactions} transactions in ")), "{said}");
    let balances = judged["balances"].as_object().unwrap();
    assert_eq!(
        judged["assertions"].as_u64(),
        Some(balances.len() as u64),
        "every account's balance is asserted"
    );
    let net = |account: &Value| account["credits"].as_i64().unwrap() - account["debits"].as_i64().unwrap();

    // What is owed to each seller, as the ledger says.
    let accounts =
        pmts(&["ledger", "accounts", "--chart", "seller.pending", "--json", "--limit", "1000"], &data);
    let ours: BTreeMap<String, i64> = accounts
        .lines()
        .map(|line| {
            let account: Value = serde_json::from_str(line).unwrap();
            let owner = account["owner"].as_str().unwrap().strip_prefix("seller:").unwrap().to_owned();
            (owner, account["balance_minor"].as_i64().unwrap())
        })
        .collect();
    let theirs: BTreeMap<String, i64> = balances
        .iter()
        .filter_map(|(name, balance)| match line_and_seller(name) {
            (line, Some(seller)) if line == "seller.pending" => Some((seller, net(balance))),
            _ => None,
        })
        .collect();
    assert_eq!(theirs.len(), 30);
    assert_eq!(theirs, ours);

    // Each payee's sales less refunds before commission, as the import says.
    let mut sold: BTreeMap<String, i64> = BTreeMap::new();
    for why in ["split", "refund part"] {
        for (account, minor) in judged["moved"][why].as_object().unwrap() {
            let payee = match line_and_seller(account) {
                (_, Some(seller)) => seller,
                (line, None) if line == "own.sales" => "platform".to_owned(),
                _ => continue,
            };
            *sold.entry(payee).or_default() -= minor.as_i64().unwrap();
        }
    }
    assert_eq!(json!(sold), report["net_by_seller"]);

    // The trial balance, line by line.
    let trial: Value = serde_json::from_str(&pmts(&["ledger", "trial-balance", "--json"], &data)).unwrap();
    let trial = &trial["trial_balance"]["GBP"];
    let mut lines: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    let (mut debits, mut credits) = (0, 0);
    for (account, balance) in balances {
        let line = lines.entry(line_and_seller(account).0).or_default();
        let (debit, credit) = (balance["debits"].as_i64().unwrap(), balance["credits"].as_i64().unwrap());
        *line = (line.0 + debit, line.1 + credit);
        (debits, credits) = (debits + debit, credits + credit);
    }
    let lines: BTreeMap<String, Value> =
        lines.into_iter().map(|(l, (d, c))| (l, json!({ "debits": d, "credits": c }))).collect();
    assert_eq!(json!(lines), trial["lines"]);
    assert_eq!((&json!(debits), &json!(credits)), (&trial["debits"], &trial["credits"]));
    assert_eq!(debits, credits);
}

#[test]
fn beancount_finds_a_changed_amount() {
    let dir = TempDir::new().unwrap();
    let (data, file) = (dir.path().join("data"), dir.path().join("books.beancount"));
    pmts(&["demo", "--orders", "20", "--seed", "3", "--answer-timeout", "100"], &data);
    pmts(&["export", "--format", "beancount", "--out", file.to_str().unwrap()], &data);
    assert_eq!(judge(&file)["errors"], json!([]));

    let text = std::fs::read_to_string(&file).unwrap();
    let at = text.find(" \"split\"").expect("a payment was split");
    let amount = at + text[at..].find(".").unwrap() - 1;
    let digit = if &text[amount..=amount] == "7" { "8" } else { "7" };
    let changed = format!("{}{digit}{}", &text[..amount], &text[amount + 1..]);
    std::fs::write(&file, changed).unwrap();
    assert_ne!(judge(&file)["errors"], json!([]), "the judge is no judge");
}
