//! What people read, word for word: the reports of the nine real trading days.

use pmts_tests::{bin, data};

/// The lines of a report without what differs from run to run.
fn report(args: &[&str]) -> String {
    let out = bin::run(args).expect_success();
    let stable = out.lines().filter(|l| !l.contains(" orders/s; ") && !l.starts_with("rejected lines: "));
    stable.map(|l| format!("{l}\n")).collect()
}

#[test]
fn the_reports_of_nine_trading_days() {
    let Some(days) = data::folder("retail") else { return };
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let data = data.to_str().unwrap();
    insta::assert_snapshot!("import", report(&["import", "retail", days.to_str().unwrap(), "--data", data]));
    insta::assert_snapshot!("trial-balance", report(&["ledger", "trial-balance", "--data", data]));
    insta::assert_snapshot!("help", bin::run(["--help"]).expect_success());
}
