//! The risk screen of a running server, over HTTP and on the command line; a sealed report opened by another's program.

use pmts_tests::served::{Reply, Served};
use pmts_tests::{bin, tools};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const RULES: &str = r#"{"rules": [
  {"id": "large", "when": "step == 'authorization' && amount >= 50_000", "action": "review", "state": "live", "reason": "a large amount"},
  {"id": "device", "when": "step == 'authorization' && amount >= 20_000 && !has(customer.since_device)", "action": "step_up",
   "state": "live", "reason": "much from a device not seen before"}]}"#;

fn pay(served: &Served, amount: u32, device: &str) -> Reply {
    let risk = format!(
        "risk[device]={device}&risk[ip]=192.0.2.7&risk[email]=ann%40example.org&risk[signals][digital]=true"
    );
    let form =
        format!("amount={amount}&currency=gbp&payment_method=pm_card_visa&confirm=true&customer=ann&{risk}");
    served.post("/v1/payment_intents", &form)
}

fn json(served: &Served, path: &str, body: &str) -> Reply {
    let auth = format!("Bearer {}", pmts_tests::served::SECRET);
    served.ask(
        "POST",
        path,
        &[("authorization", &auth), ("content-type", "application/json")],
        body.as_bytes(),
    )
}

/// Makes payments until one is as wanted: what was put in force reaches the screen within a moment.
fn soon(make: impl Fn() -> Reply, wanted: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let reply = make().json();
        if wanted(&reply) {
            return reply;
        }
        assert!(Instant::now() < deadline, "{reply}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn code(reply: &Reply) -> String {
    text(&reply.json()["error"], "pmts_code").to_owned()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} in {value}"))
}

fn script(args: &[&str]) -> Command {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join("py").join("age_judge.py");
    let mut command = Command::new(tools::python());
    command.arg(script).args(args);
    command
}

fn pmts(data: &Path, args: &[&str]) -> bin::Outcome {
    let mut all: Vec<PathBuf> = vec!["fraud".into()];
    all.extend(args.iter().map(PathBuf::from));
    all.extend(["--data".into(), data.to_owned()]);
    bin::run(all)
}

#[test]
fn payments_are_challenged_held_and_refused_and_people_decide() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let served = Served::start(&data, &["--sandbox"]);

    // Rules: judged when kept, in force without a restart.
    let bad = RULES.replace("amount >= 50_000", "amont >= 50_000");
    let refused = json(&served, "/v1/risk/rules", &bad);
    assert_eq!((refused.status, code(&refused).as_str()), (400, "FRAUD_RULE_INVALID"), "{refused:?}");
    let kept = json(&served, "/v1/risk/rules", RULES).expect(200);
    assert_eq!((kept["version"].as_i64(), kept["in_force"].as_bool()), (Some(1), Some(false)));
    served.post("/v1/risk/rules/1/promote", "").expect(200);
    let unknown = served.post("/v1/payment_intents", "amount=1&currency=gbp&risk[signals][no_such]=1");
    assert_eq!((unknown.status, code(&unknown).as_str()), (400, "APP_RISK_SIGNAL"));

    // A challenge. Each try has a device that was not seen before.
    let tries = std::cell::Cell::new(100);
    let asked = soon(
        || pay(&served, 30_000, &format!("d{}", tries.replace(tries.get() + 1))),
        |p| p["status"] == "requires_action",
    );
    let (pi, challenge) = (text(&asked, "id"), text(&asked["next_action"]["challenge"], "id"));
    let passed = format!("challenge={challenge}&result=passed&factor=three_ds");
    let path = format!("/v1/payment_intents/{pi}/challenge");
    let other = served.post(&path, &passed.replace(challenge, "chal_00000000000000000000000000"));
    assert_eq!(other.status, 409, "{other:?}");
    assert_eq!(text(&served.post(&path, &passed).expect(200), "status"), "requires_confirmation");
    let paid = served.post(&format!("/v1/payment_intents/{pi}/confirm"), "").expect(200);
    assert_eq!(text(&paid, "status"), "succeeded");
    let absent = served.post(
        "/v1/payment_intents",
        "amount=30000&currency=gbp&payment_method=pm_card_visa&confirm=true&off_session=true&customer=bob&risk[device]=d9",
    );
    assert_eq!((absent.status, text(&absent.json()["error"], "code")), (402, "authentication_required"));

    // A review: held, not captured; released by one, given up by the other.
    let mut ends = Vec::new();
    for outcome in ["customer_confirmed", "fraud"] {
        let held = pay(&served, 60_000, "d1").expect(200);
        assert_eq!(text(&held, "status"), "requires_capture");
        let (pi, review) = (text(&held, "id").to_owned(), text(&held, "review").to_owned());
        let early = served.post(&format!("/v1/payment_intents/{pi}/capture"), "");
        assert_eq!((early.status, code(&early).as_str()), (409, "PAYMENTS_UNDER_REVIEW"));
        let queue = served.get("/v1/reviews").expect(200);
        assert_eq!(text(&queue["data"][0], "id"), review);
        let close = format!("outcome={outcome}&reason=called");
        let path = format!("/v1/reviews/{review}/close");
        assert_eq!(code(&served.post(&path, &close)), "FRAUD_CLAIMED");
        served.post(&format!("/v1/reviews/{review}/claim"), "").expect(200);
        served.post(&format!("/v1/reviews/{review}/notes"), "text=called+back").expect(200);
        let closed = served.post_once(&path, &close, outcome).expect(200);
        assert_eq!((closed["open"].as_bool(), text(&closed, "closed_reason")), (Some(false), outcome));
        assert_eq!(
            served.post_once(&path, &close, outcome).expect(200),
            closed,
            "the same key, the same answer"
        );
        ends.push((
            text(&served.get(&format!("/v1/payment_intents/{pi}")).expect(200), "status").to_owned(),
            pi,
            review,
        ));
    }
    assert_eq!((ends[0].0.as_str(), ends[1].0.as_str()), ("succeeded", "canceled"));
    let approved = pay(&served, 60_000, "d1").expect(200);
    served.post(&format!("/v1/reviews/{}/approve", text(&approved, "review")), "").expect(200);
    let paid = served.get(&format!("/v1/payment_intents/{}", text(&approved, "id"))).expect(200);
    assert_eq!(text(&paid, "status"), "succeeded");

    // A list; a refused person is heard.
    served.post("/v1/risk/list_entries", "list=block&key=device&value=stolen&reason=a+ring").expect(200);
    let refused = soon(|| pay(&served, 1_000, "stolen"), |p| p["error"]["decline_code"] == "fraudulent");
    let pi = text(&refused["error"]["payment_intent"], "id").to_owned();
    let appeal = served.post("/v1/risk/appeals", &format!("payment_intent={pi}&view=It+was+me")).expect(200);
    assert!(appeal["data_used"].to_string().contains("the device you paid with"), "{appeal}");
    let answer = format!("/v1/risk/appeals/{}/answer", text(&appeal, "id"));
    let answered = served.post(&answer, "answer=stands&reason=the+device+is+reported").expect(200);
    assert!(text(&answered, "message").contains("A person looked"));
    assert_eq!(served.post(&answer, "answer=overturned&reason=x").status, 409);
    let again = served.post("/v1/risk/appeals", &format!("payment_intent={pi}&view=Again")).expect(200);
    assert_eq!(again["id"], appeal["id"], "a refusal is answered once");

    // Why.
    let why = served.get(&format!("/v1/risk/decisions?payment_intent={pi}")).expect(200);
    let first = &why["data"][0];
    assert_eq!((text(first, "action"), text(first, "effect")), ("block", "enforced"));
    assert!(first["analyst"].to_string().contains("a ring"), "{first}");
    assert!(!text(first, "customer").contains("ring"), "the customer is told nothing that helps");

    // A case, and a bulk action that its proposer cannot approve.
    let case = served.post("/v1/risk/cases", "title=one+phone").expect(200);
    let case = text(&case, "id").to_owned();
    let own = pmts_payments::PaymentId::from_raw(pmts_kernel::parse_id("pi", &pi).unwrap());
    served
        .post(&format!("/v1/risk/cases/{case}/links"), &format!("kind=payment&value={own}&why=same+phone"))
        .expect(200);
    let review = &ends[1].2;
    served
        .post(&format!("/v1/risk/cases/{case}/links"), &format!("kind=review&value={review}&why=same+phone"))
        .expect(200);
    let found = served.get(&format!("/v1/risk/cases?kind=payment&value={own}")).expect(200);
    assert_eq!(text(&found["data"][0], "id"), case);
    let bulk = served
        .post("/v1/risk/bulk_actions", &format!("action=label&fraud=true&items[]={pi}&reason=a+ring"))
        .expect(200);
    let bulk = text(&bulk, "id").to_owned();
    let alone = served.post(&format!("/v1/risk/bulk_actions/{bulk}/approve"), "");
    assert_eq!((alone.status, code(&alone).as_str()), (409, "FRAUD_FOUR_EYES"));

    // The case as a sealed file, and what is told outside of people's work: no names, no reasons.
    let keys = bin::finish(&mut script(&["new"]), bin::LIMIT).expect_success();
    let (recipient, identity) = keys.trim().split_once('\n').unwrap();
    let reports = format!("/v1/risk/cases/{case}/reports");
    assert_eq!(code(&served.post(&reports, "recipient=age1no")), "APP_RISK_RECIPIENT");
    let made = served.post(&reports, &format!("recipient={recipient}")).expect(200);
    let file = dir.path().join("sealed.txt");
    std::fs::write(&file, text(&made, "file")).unwrap();
    let file = file.to_str().unwrap();
    let plain = bin::finish(&mut script(&["open", identity, file]), bin::LIMIT).expect_success();
    assert!(plain.contains(&own.to_string()) && plain.contains("same phone"));
    let listed = served.get(&reports).expect(200);
    assert_eq!(
        (text(&listed["data"][0], "sha256"), &listed["data"][0]["file"]),
        (text(&made, "sha256"), &Value::Null)
    );
    let mut events = Vec::new();
    let mut after = String::new();
    loop {
        let page = served.get(&format!("/v1/events?limit=100{after}")).expect(200);
        events.extend(page["data"].as_array().unwrap().iter().cloned());
        if page["has_more"] != true {
            break;
        }
        after = format!("&starting_after={}", text(events.last().unwrap(), "id"));
    }
    for kind in ["case.opened", "case.report_made", "bulk_action.proposed", "appeal.asked", "appeal.answered"]
    {
        let told: Vec<_> = events.iter().filter(|e| text(e, "type").ends_with(kind)).collect();
        assert_eq!(told.len(), 1, "{kind}");
        for secret in ["It was me", "reported", recipient] {
            assert!(!told[0].to_string().contains(secret), "{told:?}");
        }
    }

    let metrics = served.get("/metrics").text;
    // One more if the list came between an authorization and its capture.
    let blocks = ["1", "2"].map(|n| format!("pmts_risk_decisions_total{{action=\"block\"}} {n}\n"));
    assert!(blocks.iter().any(|b| metrics.contains(b)), "{metrics}");
    assert!(metrics.contains("pmts_risk_policy_total 0"));
    let log = served.log();
    for secret in ["ann@example.org", "192.0.2.7", "4242424242424242"] {
        assert!(!log.contains(secret), "the log has {secret}");
    }
    served.terminate();
    assert!(served.wait().success());
    assert!(data.join("risk").join("history").is_file(), "history is kept");

    // On the command line, with the server stopped.
    let told = pmts(&data, &["explain", &pi]).expect_success();
    assert!(told.contains("a ring") && told.contains("To the customer"), "{told}");
    let approved = pmts(&data, &["bulk", "approve", &bulk, "--by", "bob", "--json"]).expect_success();
    let approved: Value = serde_json::from_str(&approved).unwrap();
    assert_eq!((text(&approved, "state"), approved["results"][0].as_str()), ("done", Some("")));
}

#[test]
fn a_report_opens_for_its_recipient_only() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let served = Served::start(&data, &["--sandbox"]);
    let paid = pay(&served, 1_000, "d1").expect(200);
    let pi = text(&paid, "id").to_owned();
    served.terminate();
    assert!(served.wait().success());

    let keys = bin::finish(&mut script(&["new"]), bin::LIMIT).expect_success();
    let (recipient, identity) = keys.trim().split_once('\n').unwrap();
    let opened = pmts(&data, &["cases", "open", "a ring", "--by", "ann", "--json"]).expect_success();
    let case: Value = serde_json::from_str(&opened).unwrap();
    let case = text(&case, "id").to_owned();
    let own = pmts_payments::PaymentId::from_raw(pmts_kernel::parse_id("pi", &pi).unwrap());
    let link = format!("payment:{own}");
    pmts(&data, &["cases", "link", &case, &link, "--why", "same phone", "--by", "ann"]).expect_success();
    let out = dir.path().join("report.age");
    let file = out.to_str().unwrap();
    let report = ["cases", "report", &case, "--to", recipient, "--out", file, "--by", "ann"];
    let bad = ["cases", "report", &case, "--to", "age1no", "--out", file, "--by", "ann"];
    assert!(pmts(&data, &bad).expect_code(1).contains("APP_RISK_RECIPIENT"));
    assert!(!out.exists(), "nothing is left of a refused report");
    pmts(&data, &report).expect_success();
    assert!(!pmts(&data, &report).status.success(), "a file that is there stays");

    let plain = bin::finish(&mut script(&["open", identity, file]), bin::LIMIT).expect_success();
    let plain: Value = serde_json::from_str(&plain).unwrap();
    let parts = plain["parts"].as_object().unwrap();
    assert!(parts.len() >= 2 && plain["manifest"].to_string().contains(&case), "{plain}");
    let all = plain.to_string();
    assert!(all.contains(&own.to_string()) && all.contains("same phone"));
    assert!(!all.contains("4242424242424242") && !all.contains("ann@example.org"));
}
