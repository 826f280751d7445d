//! The keys of the vault change: while the server runs, without a failed request, and whatever was sealed before opens.

use pmts_tests::bin;
use pmts_tests::served::Served;
use serde_json::Value;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

fn vault(data: &Path, command: &str) -> Value {
    let told = bin::run(["vault", command, "--json", "--data", data.to_str().unwrap()]).expect_success();
    serde_json::from_str(&told).unwrap()
}

#[test]
fn keys_are_changed_while_payments_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let path = data.to_str().unwrap();
    bin::run(["demo", "--orders", "1500", "--data", path]).expect_success();
    let before = vault(&data, "keys");
    assert_eq!((&before["version"], &before["sealed_from"]), (&1.into(), &1.into()));
    let after = vault(&data, "rotate");
    assert_eq!((&after["version"], &after["sealed_from"]), (&2.into(), &1.into()));

    // The server seals all anew while cards come and payments with earlier ones are made.
    let served = Served::start(&data, &["--sandbox", "--rate-key", "100000"]);
    let card = "type=card&card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=2031&card[cvc]=123";
    let method = served.post("/v1/payment_methods", card).expect(200)["id"].as_str().unwrap().to_owned();
    let (stop, done) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let form = format!("amount=500&currency=gbp&confirm=true&payment_method={method}");
                    let paid = served.post("/v1/payment_intents", &form).expect(200);
                    assert_eq!(paid["status"], "succeeded");
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let deadline = Instant::now() + Duration::from_secs(60);
        while !served.log().contains("cards are sealed with the new key") {
            assert!(Instant::now() < deadline, "{}", served.log());
            std::thread::sleep(Duration::from_millis(50));
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert!(done.load(Ordering::Relaxed) > 0);
    served.terminate();
    served.wait();
    let resealed = vault(&data, "reseal");
    assert_eq!((&resealed["resealed"], &resealed["sealed_from"]), (&0.into(), &2.into()), "nothing was left");

    // Another key-encryption key wraps all, and the first one can go.
    let file = data.join("vault.key");
    let first = std::fs::read_to_string(&file).unwrap();
    let second = format!("2 {}\n", "5a".repeat(32));
    std::fs::write(&file, format!("{first}{second}")).unwrap();
    assert_eq!(vault(&data, "keys")["kek_versions"], serde_json::json!([1]));
    assert_eq!(vault(&data, "rewrap")["kek_versions"], serde_json::json!([2]));
    std::fs::write(&file, second).unwrap();
    let served = Served::start(&data, &["--sandbox"]);
    let form = format!("amount=700&currency=gbp&confirm=true&payment_method={method}");
    assert_eq!(served.post("/v1/payment_intents", &form).expect(200)["status"], "succeeded");
    served.terminate();
    served.wait();

    // Who did it is told.
    let told = bin::run(["audit", "list", "--json", "--data", path]).expect_success();
    assert_eq!(told.matches("vault_keys").count(), 4, "rotated, noted twice or less, wrapped anew: {told}");
    std::fs::remove_file(&file).unwrap();
    let gone = bin::run(["vault", "keys", "--data", path]).expect_code(1);
    assert!(gone.contains("APP_KEY_MISSING"), "{gone}");
}
