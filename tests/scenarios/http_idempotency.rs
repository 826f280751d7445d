//! Idempotency over HTTP: many equal requests at once, crashes in between, stored declines, other parameters.

use pmts_money::Currency;
use pmts_sandbox::issuer::{Issuer, IssuerConfig};
use pmts_tests::served::{Reply, Served};
use serde_json::Value;
use std::time::Duration;
use tokio::runtime::Runtime;

/// A server in test mode over an issuer in this process, so that what reached it can be counted.
struct Bench {
    runtime: Runtime,
    issuer: Issuer,
    dir: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let issuer = runtime.block_on(Issuer::bind("127.0.0.1:0", IssuerConfig::default())).unwrap();
        Self { runtime, issuer, dir: tempfile::tempdir().unwrap() }
    }

    fn serve(&self) -> Served {
        let host = self.issuer.local_addr().to_string();
        Served::start(&self.dir.path().join("data"), &["--mode", "test", "--host", &host])
    }

    /// How many authorizations, captures and reversals the issuer has done, in GBP.
    fn counts(&self) -> (u64, u64, u64) {
        let _inside = self.runtime.enter();
        let totals = self.issuer.all_totals().into_iter().find(|(c, _)| *c == Currency::GBP);
        totals.map_or((0, 0, 0), |(_, t)| (t.authorized.count, t.captured.count, t.reversed.count))
    }
}

const PAY: &str = "amount=1000&currency=gbp&payment_method=pm_card_visa&confirm=true";

fn number_of_intents(served: &Served) -> usize {
    let page = served.get("/v1/payment_intents?limit=100").expect(200);
    page["data"].as_array().unwrap().len()
}

#[test]
fn a_hundred_equal_requests_at_once_are_one_payment() {
    let bench = Bench::new();
    let served = bench.serve();
    let answers: Vec<Reply> = std::thread::scope(|scope| {
        let tasks: Vec<_> =
            (0..100).map(|_| scope.spawn(|| served.post_once("/v1/payment_intents", PAY, "one"))).collect();
        tasks.into_iter().map(|t| t.join().unwrap()).collect()
    });
    let first = answers.iter().find(|a| a.status == 200).expect("one is answered").json();
    for answer in &answers {
        match answer.status {
            200 => assert_eq!(answer.json(), first, "all have the same answer"),
            // It waited for long enough.
            409 => assert_eq!(answer.refusal().1, "idempotency_key_in_use"),
            _ => panic!("{answer:?}"),
        }
    }
    let fresh =
        answers.iter().filter(|a| a.status == 200 && a.header("idempotent-replayed").is_none()).count();
    assert_eq!(fresh, 1, "one was done, the others were told");
    assert_eq!(number_of_intents(&served), 1);
    assert_eq!(bench.counts(), (1, 1, 0), "one authorization and one capture on the wire");

    let capture = |key: &str| {
        served.post_once("/v1/refunds", &format!("payment_intent={}", first["id"].as_str().unwrap()), key)
    };
    let answers: Vec<Reply> = std::thread::scope(|scope| {
        let tasks: Vec<_> = (0..20).map(|_| scope.spawn(|| capture("refund"))).collect();
        tasks.into_iter().map(|t| t.join().unwrap()).collect()
    });
    let ids: std::collections::BTreeSet<String> =
        answers.iter().filter(|a| a.status == 200).map(|a| a.json()["id"].to_string()).collect();
    assert_eq!(ids.len(), 1, "one refund: {answers:?}");
}

#[test]
fn the_same_key_with_another_request_is_refused_and_a_decline_is_kept() {
    let bench = Bench::new();
    let served = bench.serve();
    let declined =
        "amount=900&currency=gbp&payment_method=pm_card_chargeDeclinedInsufficientFunds&confirm=true";
    let first = served.post_once("/v1/payment_intents", declined, "k");
    assert_eq!(first.refusal().0, 402);
    let second = served.post_once("/v1/payment_intents", declined, "k");
    assert_eq!((second.status, second.json()), (402, first.json()), "a decline is an answer like others");
    assert_eq!(second.header("idempotent-replayed"), Some("true"));
    assert_eq!(number_of_intents(&served), 1);

    let other = served.post_once("/v1/payment_intents", PAY, "k");
    assert_eq!((other.status, other.json()["error"]["type"].as_str()), (400, Some("idempotency_error")));
    // In another order, and as JSON, it is the same request.
    let json = br#"{"confirm":true,"payment_method":"pm_card_chargeDeclinedInsufficientFunds","currency":"gbp","amount":900}"#;
    let bearer = format!("Bearer {}", pmts_tests::served::SECRET);
    let headers =
        [("Authorization", bearer.as_str()), ("Content-Type", "application/json"), ("Idempotency-Key", "k")];
    assert_eq!(served.ask("POST", "/v1/payment_intents", &headers, json).json(), first.json());

    // What was refused before there was anything is not kept: put right, it goes through under the same key.
    assert_eq!(served.post_once("/v1/payment_intents", "amount=5", "fresh").refusal().1, "parameter_missing");
    assert_eq!(served.post_once("/v1/payment_intents", PAY, "fresh").expect(200)["status"], "succeeded");
    // The key belongs to an endpoint.
    let elsewhere =
        served.post_once("/v1/payment_methods", "type=card&card[token]=tok_visa", "fresh").expect(200);
    let again = served.post_once("/v1/payment_methods", "type=card&card[token]=tok_visa", "fresh");
    assert_eq!((again.json(), again.header("idempotent-replayed")), (elsewhere, Some("true")));
    for bad in ["", " \t", &"x".repeat(256)] {
        let reply = served.post_once("/v1/payment_intents", PAY, bad);
        assert!(
            reply.status == 200 && bad.trim().is_empty() && !bad.is_empty() || reply.status == 400,
            "{reply:?}"
        );
    }

    // Answers outlive the process.
    let id = served.id();
    served.kill();
    let served = bench.serve();
    assert_ne!(served.id(), id);
    assert_eq!(served.post_once("/v1/payment_intents", declined, "k").json(), first.json());
}

/// The answer to a request that a process was killed over, once there is one.
fn settled(served: &Served, ask: impl Fn(&Served) -> Reply) -> (u16, Value) {
    for _ in 0..600 {
        let reply = ask(served);
        if reply.status != 409 {
            return (reply.status, reply.json());
        }
        assert_eq!(reply.refusal().1, "idempotency_key_in_use");
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("the request is never settled");
}

/// Kills the server when `ready` says so, while a request is under way.
fn kill_over(bench: &Bench, served: Served, path: &str, form: &str, ready: impl Fn(&Bench) -> bool) {
    std::thread::scope(|scope| {
        let running = scope.spawn(|| {
            let bearer = format!("Bearer {}", pmts_tests::served::SECRET);
            let headers = [
                ("Authorization", bearer.as_str()),
                ("Content-Type", "application/x-www-form-urlencoded"),
                ("Idempotency-Key", "crash"),
            ];
            served.try_ask("POST", path, &headers, form.as_bytes())
        });
        while !ready(bench) {
            std::thread::sleep(Duration::from_millis(2));
        }
        served.signal("KILL");
        let answer = running.join().unwrap();
        assert!(answer.is_err(), "it was killed before it could answer: {answer:?}");
    });
    served.kill();
}

#[test]
fn a_kill_between_authorization_and_answer_leaves_one_payment() {
    let bench = Bench::new();
    let served = bench.serve();
    // The issuer does it and answers three seconds later.
    let card = "payment_method_data[type]=card&payment_method_data[card][number]=4000001200000115\
                &payment_method_data[card][exp_month]=12&payment_method_data[card][exp_year]=49";
    let form = format!("amount=1000&currency=gbp&confirm=true&{card}");
    kill_over(&bench, served, "/v1/payment_intents", &form, |b| b.counts().0 == 1);

    let served = bench.serve();
    let ask = |served: &Served| served.post_once("/v1/payment_intents", &form, "crash");
    let (status, body) = settled(&served, ask);
    // The authorization was taken back, since nobody can know what came of it; or that is still under way.
    let intent = if status == 402 { &body["error"]["payment_intent"] } else { &body };
    assert!(matches!(intent["status"].as_str(), Some("requires_payment_method" | "processing")), "{body}");
    assert_eq!(settled(&served, ask), (status, body.clone()), "what was answered once stays");
    assert_eq!(number_of_intents(&served), 1);
    let path = format!("/v1/payment_intents/{}", intent["id"].as_str().unwrap());
    for _ in 0..600 {
        if served.get(&path).expect(200)["status"] == "requires_payment_method" {
            assert_eq!(bench.counts(), (1, 0, 1), "authorized once, taken back once");
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("it is never taken back");
}

#[test]
fn a_kill_between_capture_and_answer_captures_once() {
    let bench = Bench::new();
    let served = bench.serve();
    // Captures of this card are done but not answered; their repeat is.
    let card = "payment_method_data[type]=card&payment_method_data[card][number]=4000001200000040\
                &payment_method_data[card][exp_month]=12&payment_method_data[card][exp_year]=49";
    let form = format!("amount=1000&currency=gbp&confirm=true&capture_method=manual&{card}");
    let held = served.post("/v1/payment_intents", &form).expect(200);
    assert_eq!(held["status"], "requires_capture");
    let path = format!("/v1/payment_intents/{}", held["id"].as_str().unwrap());
    let capture = format!("{path}/capture");
    kill_over(&bench, served, &capture, "", |b| b.counts().1 == 1);

    let served = bench.serve();
    let (status, body) = settled(&served, |s| s.post_once(&capture, "", "crash"));
    assert_eq!(status, 200, "{body}");
    assert!(matches!(body["status"].as_str(), Some("succeeded" | "processing")), "{body}");
    for _ in 0..600 {
        if served.get(&path).expect(200)["status"] == "succeeded" {
            assert_eq!(bench.counts(), (1, 1, 0), "captured once");
            assert_eq!(served.get("/v1/ledger/trial_balance").expect(200)["balanced"], true);
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("it is never captured");
}

#[test]
fn an_unknown_outcome_is_answered_as_processing_and_that_stays_the_answer() {
    let bench = Bench::new();
    let host = bench.issuer.local_addr().to_string();
    let args = ["--mode", "test", "--host", &host, "--answer-timeout", "200"];
    let served = Served::start(&bench.dir.path().join("data"), &args);
    let card = "payment_method_data[type]=card&payment_method_data[card][number]=4000001200000032\
                &payment_method_data[card][exp_month]=12&payment_method_data[card][exp_year]=49";
    let form = format!("amount=1000&currency=gbp&confirm=true&{card}");
    let first = served.post_once("/v1/payment_intents", &form, "u").expect(200);
    assert_eq!(first["status"], "processing", "not declined, not paid");
    let path = format!("/v1/payment_intents/{}", first["id"].as_str().unwrap());
    for _ in 0..600 {
        let now = served.get(&path).expect(200);
        if now["status"] == "requires_payment_method" {
            assert_eq!(now["last_payment_error"]["decline_code"], "reversed_after_timeout");
            assert_eq!(served.post_once("/v1/payment_intents", &form, "u").expect(200), first);
            return;
        }
        assert_eq!(now["status"], "processing");
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("it is never taken back");
}
