//! What an outage or a slip of the hand must not destroy.

use crate::import_retail::{doctor, import, last_line, totals};
use pmts_tests::{bin, data};
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

const HEAD: &str = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";
const ORDER: &str = "1001,22001,X,2,2010-12-01 08:00:00,5.00,7,UK\n";
const LATER: &str = "1002,22001,X,2,2010-12-01 10:00:00,5.00,7,UK\n";
const BACK: &str = "C1003,22001,X,-1,2010-12-01 09:00:00,5.00,7,UK\n";

fn shop(lines: &str) -> (TempDir, String, String) {
    let dir = tempfile::tempdir().unwrap();
    let (file, data) = (dir.path().join("day.csv"), dir.path().join("data"));
    std::fs::write(&file, format!("{HEAD}{lines}")).unwrap();
    let text = |p: &Path| p.to_str().unwrap().to_owned();
    (dir, text(&file), text(&data))
}

/// Nobody listens there.
const NOBODY: [&str; 2] = ["--issuer", "127.0.0.1:1"];

#[test]
fn a_host_that_was_down_changes_nothing_in_the_end() {
    let Some(days) = data::folder("retail") else { return };
    let dir = tempfile::tempdir().unwrap();
    let undisturbed = totals(import(&[&days], &dir.path().join("one")));
    let data = dir.path().join("two");
    let args = ["import", "retail", days.to_str().unwrap(), "--json", "--data", data.to_str().unwrap()];
    let outage = bin::run(args.iter().chain(&NOBODY));
    assert_eq!(outage.status.code(), Some(1));
    assert!(outage.stderr.contains("error[APP_UNPAID]"), "{}", outage.stderr);
    let report = last_line(&outage.stdout);
    assert_eq!((&report["orders"], &report["refunds_minor"]), (&0.into(), &0.into()));
    assert_eq!(totals(import(&[&days], &data)), undisturbed, "orders are paid and their returns refunded");
    doctor(&data);
}

#[test]
fn a_return_that_waited_is_of_an_earlier_order_only() {
    let (_dir, file, data) = shop(&format!("{ORDER}{BACK}{LATER}"));
    bin::run(["import", "retail", &file, "--data", &data].iter().chain(&NOBODY)).expect_code(1);
    let report =
        last_line(&bin::run(["import", "retail", &file, "--data", &data, "--json"]).expect_success());
    assert_eq!((&report["orders"], &report["refunds_minor"]), (&2.into(), &500.into()));
    let lines = bin::run(["ledger", "statement", "seller.pending", "seller:22", "--data", &data, "--json"])
        .expect_success();
    let line = |why: &str| {
        lines
            .lines()
            .map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap())
            .find(|l| l["why"] == why)
            .unwrap()
    };
    let first = bin::run(["ledger", "accounts", "--chart", "pay.refundable", "--data", &data, "--json"])
        .expect_success();
    let first: serde_json::Value = serde_json::from_str(first.lines().next().unwrap()).unwrap();
    assert_eq!(
        first["owner"],
        line("refund part")["payment"],
        "the first order is refunded, not the later one"
    );
}

#[test]
fn a_return_in_another_currency_is_rejected_and_the_rest_goes_on() {
    let (dir, file, data) = shop(ORDER);
    bin::run(["import", "retail", &file, "--data", &data]).expect_success();
    let other = dir.path().join("other.csv");
    std::fs::write(&other, format!("{HEAD}{BACK}{LATER}")).unwrap();
    let args = ["import", "retail", other.to_str().unwrap(), "--data", &data, "--currency", "EUR", "--json"];
    let report = last_line(&bin::run(args).expect_success());
    assert_eq!((&report["orders"], &report["rejected"]["original_not_found"]), (&1.into(), &1.into()));
}

#[test]
fn an_emptied_main_file_is_not_taken_for_a_new_platform() {
    let (_dir, file, data) = shop(ORDER);
    bin::run(["import", "retail", &file, "--data", &data]).expect_success();
    let main = Path::new(&data).join("pmts.db");
    for log in ["pmts.db-wal", "pmts.db-shm"] {
        let _ = std::fs::remove_file(Path::new(&data).join(log));
    }
    std::fs::write(&main, "").unwrap();
    assert!(bin::run(["doctor", "--data", &data]).expect_code(1).contains("APP_NO_DATA"));
    assert!(bin::run(["import", "retail", &file, "--data", &data]).expect_code(1).contains("STORE_DAMAGED"));
    assert_eq!(std::fs::metadata(&main).unwrap().len(), 0, "nothing was written over it");
}

#[test]
fn output_does_not_go_over_what_is_needed() {
    let (_dir, file, data) = shop(ORDER);
    bin::run(["import", "retail", &file, "--data", &data]).expect_success();
    let main = Path::new(&data).join("pmts.db");
    let into_data =
        bin::run(["export", "--format", "beancount", "--data", &data, "--out", main.to_str().unwrap()]);
    assert!(into_data.expect_code(1).contains("APP_USAGE"));
    let over_input = bin::run(["import", "retail", &file, "--data", &data, "--rejects", &file]);
    assert!(over_input.expect_code(1).contains("APP_USAGE"));
    assert!(std::fs::read_to_string(&file).unwrap().starts_with(HEAD));
    doctor(Path::new(&data));
}

#[test]
fn a_lost_key_is_named_and_not_replaced() {
    let (_dir, file, data) = shop(ORDER);
    bin::run(["import", "retail", &file, "--data", &data]).expect_success();
    let key = Path::new(&data).join("vault.key");
    let safe = Path::new(&data).join("elsewhere");
    std::fs::rename(&key, &safe).unwrap();
    assert!(
        bin::run(["import", "retail", &file, "--data", &data]).expect_code(1).contains("APP_KEY_MISSING")
    );
    assert!(!key.exists());
    std::fs::rename(&safe, &key).unwrap();
    bin::run(["import", "retail", &file, "--data", &data]).expect_success();
}

#[test]
fn an_import_that_nobody_listens_to_ends_as_it_should() {
    let (_dir, file, data) = shop(&format!("{ORDER}bad\n"));
    // Standard error is a pipe whose other end is closed.
    let mut gone = Command::new("true").stdin(Stdio::piped()).spawn().unwrap();
    let pipe = gone.stdin.take().unwrap();
    gone.wait().unwrap();
    let mut command = bin::command(["import", "retail", &file, "--data", &data, "--issuer", "127.0.0.1:1"]);
    let status = command.stdout(Stdio::null()).stderr(pipe).status().unwrap();
    assert_eq!(status.code(), Some(1), "an error, not a panic (101)");
    assert!(Path::new(&data).join("rejects-retail.csv").exists(), "the rejects are where they belong");
}
