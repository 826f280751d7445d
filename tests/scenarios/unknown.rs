//! `pmts unknown`: what nobody outside says anything about is listed with age, amount and next try, shown, and decided by
//! a person, once.

use pmts_app::engine::{Confirm, Engine};
use pmts_app::platform::{Host, Platform, PlatformConfig};
use pmts_money::{Currency, Money};
use pmts_payments::{CaptureMethod, CaptureRequest, MethodRef, NewPayment, Payee, PaymentId, Split};
use pmts_sandbox::issuer::{Issuer, IssuerConfig};
use pmts_sensitive::Pan;
use pmts_tests::bin;
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

/// A hold, and a capture of it to which the host never answered before it went away for good.
fn silent_capture(dir: &Path) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let issuer = Issuer::bind("127.0.0.1:0", IssuerConfig::default()).await.unwrap();
        let config =
            PlatformConfig { answer_timeout: Duration::from_millis(300), ..PlatformConfig::default() };
        let host = Host::At(issuer.local_addr().to_string());
        let platform = Platform::open(dir, config, host).await.unwrap();
        let engine: &Engine = &platform.engine;
        let id = hold(&platform, engine).await;
        // This card's captures are left without an answer the first time.
        let own = engine.own_request();
        let view = engine.capture(id, &CaptureRequest::default(), &own).await.unwrap();
        assert!(!view.operation.unwrap().state.is_final());
    });
}

async fn hold(platform: &Platform, engine: &Engine) -> PaymentId {
    let card = platform.vault.put(&Pan::parse("4000001200000040").unwrap()).await.unwrap();
    let gbp = |minor| Money::new(minor, Currency::GBP);
    let new = NewPayment {
        method: Some(MethodRef::new(card.token.to_string(), card.last_four, "4912")),
        capture: CaptureMethod::Manual,
        ..NewPayment::of_splits(vec![Split::new(Payee::Platform, gbp(123_456), gbp(0)).unwrap()]).unwrap()
    };
    engine.create_and_confirm(new, Confirm::default(), &engine.own_request()).await.unwrap().intent.id
}

#[test]
fn an_unknown_is_listed_shown_and_decided_once() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    silent_capture(&data);
    let data = data.to_str().unwrap();
    let run = |args: &[&str]| bin::run([&["unknown"], args, &["--data", data]].concat());

    let listed: Value = serde_json::from_str(&run(&["list", "--json"]).expect_success()).unwrap();
    assert_eq!((&listed["kind"], &listed["state"]), (&"capture".into(), &"unknown".into()));
    assert_eq!((&listed["amount"], &listed["currency"]), (&123_456.into(), &"GBP".into()));
    assert!(listed["next_try"].is_string() && listed["age_seconds"].is_u64(), "{listed}");
    let id = listed["operation"].as_str().unwrap();

    let table = run(&["list"]).expect_success();
    assert!(table.contains(id) && table.contains("1,234.56 GBP"), "{table}");
    let shown = run(&["show", id]).expect_success();
    for part in ["capture of 1,234.56 GBP", "unknown", "reference", "card       ending in 0040"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains("4000001200000040"));

    let wrong = run(&["resolve", id, "--as", "happened", "--by", "two words"]).expect_code(1);
    assert!(wrong.contains("APP_USAGE"), "{wrong}");
    run(&["resolve", id, "--as", "perhaps", "--by", "ada"]).expect_code(2);
    let done = run(&["resolve", id, "--as", "happened", "--by", "ada"]).expect_success();
    assert!(done.contains("is succeeded"), "{done}");
    let twice = run(&["resolve", id, "--as", "did-not-happen", "--by", "ada"]).expect_code(1);
    assert!(twice.contains("APP_NOT_BY_HAND"), "{twice}");
    assert_eq!(run(&["list"]).expect_success(), "nothing is unknown\n");
    let other = run(&["show", "op_0123"]).expect_code(2);
    assert!(other.contains("op_0123"), "{other}");

    // The person stands on the commit, and the books are right.
    let balance = bin::run(["ledger", "accounts", "--chart", "pay.refundable", "--json", "--data", data]);
    assert!(balance.expect_success().contains("123456"));
    bin::run(["doctor", "--data", data]).expect_success();
}
