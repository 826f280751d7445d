//! `pmts backup`, `pmts restore` and `pmts doctor --deep` as an operator uses them.

use pmts_tests::bin;
use serde_json::Value;
use std::path::Path;

fn json(args: &[&str]) -> Value {
    serde_json::from_str(&bin::run(args).expect_success()).unwrap()
}

fn trial_balance(dir: &str) -> String {
    bin::run(["ledger", "trial-balance", "--json", "--data", dir]).expect_success()
}

#[test]
fn a_shop_is_copied_lost_and_put_back() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (shop, copy, back, early) = (place("shop"), place("copy"), place("back"), place("early"));
    bin::run(["demo", "--orders", "30", "--data", &shop]).expect_success();

    let told = bin::run(["backup", "--data", &shop, "--to", &copy]).expect_success();
    assert!(told.contains("read back and checked") && told.contains("not copied: vault.key"), "{told}");
    assert!(!Path::new(&copy).join("vault.key").exists());
    let again = bin::run(["backup", "--data", &shop, "--to", &copy]).expect_code(1);
    assert!(again.contains("STORE_OCCUPIED"), "{again}");

    // All of it, with the keys from where they were kept.
    let done = json(&["restore", "--from", &copy, "--to", &back, "--json"]);
    assert_eq!(done["left_out"], 0);
    assert_eq!(done["keys_not_there"][0], "vault.key");
    let missing = bin::run(["doctor", "--data", &back]).expect_code(1);
    assert!(missing.contains("APP_PROBLEMS"), "{missing}");
    std::fs::copy(Path::new(&shop).join("vault.key"), Path::new(&back).join("vault.key")).unwrap();
    assert_eq!(trial_balance(&back), trial_balance(&shop));
    bin::run(["doctor", "--deep", "--data", &back]).expect_success();

    // As it was after an earlier commit; the shop goes on from there.
    let keyed = place("keyed");
    let report = json(&["backup", "--data", &shop, "--to", &keyed, "--with-keys", "--json"]);
    assert_eq!(report["keys_copied"][0], "vault.key");
    let commit = report["commit"].as_u64().unwrap() / 2;
    let number = commit.to_string();
    let done = json(&["restore", "--from", &keyed, "--to", &early, "--commit", &number, "--json"]);
    assert_eq!(done["commit"], commit);
    let time = done["time"].as_str().unwrap();
    bin::run(["doctor", "--deep", "--data", &early]).expect_success();
    bin::run(["demo", "--orders", "5", "--seed", "2", "--data", &early]).expect_success();
    bin::run(["doctor", "--deep", "--data", &early]).expect_success();
    let by_time = place("by_time");
    let done = json(&["restore", "--from", &keyed, "--to", &by_time, "--at", time, "--json"]);
    assert_eq!(done["commit"], commit);
    let before = bin::run(["restore", "--from", &place("nowhere"), "--to", &place("x")]).expect_code(1);
    assert!(before.contains("APP_NO_DATA"), "{before}");
}

#[test]
fn a_damaged_directory_that_cannot_be_opened_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let shop = folder.path().join("shop");
    let data = shop.to_str().unwrap();
    bin::run(["demo", "--orders", "20", "--data", data]).expect_success();
    let main = shop.join("pmts.db");
    let mut bytes = std::fs::read(&main).unwrap();
    // The root of some table: nothing of it can be reached.
    bytes[4096..4100].fill(0xff);
    std::fs::write(&main, bytes).unwrap();
    let outcome = bin::run(["doctor", "--deep", "--json", "--data", data]);
    assert_eq!(outcome.status.code(), Some(1), "{}", outcome.stderr);
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let problems = report["problems"].as_array().unwrap();
    assert!(problems.iter().any(|p| p["problem"].as_str().unwrap().contains("age 2")), "{report}");
    assert!(problems.iter().all(|p| p["remedy"].as_str().unwrap().len() > 20), "{report}");
}
