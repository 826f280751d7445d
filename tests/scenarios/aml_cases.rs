//! Monitoring of a running server: what the shop tells becomes a case that only the case team sees, two people report it, and nothing of it is
//! anywhere else.

use super::http_shapes::check;
use pmts_tests::bin;
use pmts_tests::served::{Reply, SECRET, Served};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const NARRATIVE: &str = "He came with a suitcase from Zanzibar and paid in pieces.";
const REASON: &str = "quittance-of-zanzibar";

fn pmts(data: &Path, args: &[&str]) -> bin::Outcome {
    let mut all: Vec<PathBuf> = args.iter().map(PathBuf::from).collect();
    all.extend(["--data".into(), data.to_owned()]);
    if args[0] == "aml" {
        all.extend(["--by".into(), "ann".into()]);
    }
    bin::run(all)
}

/// A key of the case team.
fn key(data: &Path, name: &str) -> String {
    let made =
        pmts(data, &["keys", "create", "--name", name, "--kind", "case-team", "--json"]).expect_success();
    let made: Value = serde_json::from_str(&made).unwrap();
    made["key"].as_str().unwrap().to_owned()
}

fn get(served: &Served, key: &str, path: &str) -> Reply {
    served.ask("GET", path, &[("Authorization", &format!("Bearer {key}"))], b"")
}

/// Tells that these pay in 9,500 dollars twice on an afternoon.
fn tell(served: &Served, people: std::ops::Range<u32>, idempotency: &str) -> Reply {
    let piece = |party: &str, n: i64| {
        json!({
            "fact": "moved", "id": format!("{party}-{n}"), "at": 1_780_315_200 + n * 3_600, "kind": "cash_in",
            "from": format!("branch:{n}"), "to": party, "amount": 950_000, "currency": "usd",
        })
    };
    let facts: Vec<Value> = people
        .map(|n| format!("customer:{n}"))
        .flat_map(|party| [piece(&party, 1), piece(&party, 3)])
        .collect();
    let bearer = format!("Bearer {SECRET}");
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
        ("Idempotency-Key", idempotency),
    ];
    served.ask("POST", "/v1/aml/facts", &headers, json!({ "facts": facts }).to_string().as_bytes())
}

/// A list, page by page.
fn pages(served: &Served, key: &str, path: &str) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    loop {
        let after = all
            .last()
            .map_or(String::new(), |last| format!("&starting_after={}", last["id"].as_str().unwrap()));
        let page = get(served, key, &format!("{path}?limit=7{after}")).expect(200);
        all.extend(page["data"].as_array().unwrap().clone());
        if page["has_more"] != true {
            return all;
        }
    }
}

/// Waits until there are so many cases.
fn cases(served: &Served, key: &str, count: usize) -> Vec<Value> {
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        let found = pages(served, key, "/v1/aml/cases");
        if found.len() >= count {
            assert_eq!(found.len(), count);
            return found;
        }
        assert!(Instant::now() < deadline, "{} cases: {}", found.len(), served.log());
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn bytes(dir: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        all.extend(if path.is_dir() { bytes(&path) } else { std::fs::read(&path).unwrap() });
    }
    all
}

fn holds(all: &[u8], text: &str) -> bool {
    all.windows(text.len()).any(|w| w == text.as_bytes())
}

const FILER: &str = r#"
control_code = "TBSATEST"
contact = "Compliance office"
[institution]
name = "Example Market Inc"
ein = "123456789"
street = "1 Main Street"
city = "Springfield"
state = "IL"
zip = "62701"
phone = "2175550100"
"#;

#[test]
fn a_case_is_seen_and_reported_by_the_case_team_alone() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let served = Served::start(&data, &["--sandbox"]);
    let told = tell(&served, 7..8, "f1").expect(200);
    assert_eq!(told["count"], 2);
    check("PostAmlFacts", &told);
    assert_eq!(tell(&served, 7..8, "f1").expect(200), told, "the same key, the same answer");
    let wrong = served.post("/v1/aml/facts", "facts[0][fact]=moved&facts[0][at]=1");
    assert_eq!((wrong.status, wrong.json()["error"]["pmts_code"].as_str()), (400, Some("APP_AML_FACT")));
    served.terminate();
    served.wait();
    let (ann, bob) = (key(&data, "ann"), key(&data, "bob"));
    let served = Served::start(&data, &["--sandbox"]);
    let case = cases(&served, &ann, 1).remove(0);
    for (name, path) in [
        ("GetAmlCases", "/v1/aml/cases"),
        ("GetAmlAlerts", "/v1/aml/alerts"),
        ("GetAmlScenarios", "/v1/aml/scenarios"),
    ] {
        check(name, &get(&served, &ann, path).expect(200));
    }
    let id = case["id"].as_str().unwrap().to_owned();
    assert_eq!((case["subject"].as_str(), case["state"].as_str()), (Some("customer:7"), Some("open")));

    // Others see nothing of it, and the case team only works on cases.
    for path in ["/v1/aml/cases", "/v1/aml/alerts", "/v1/aml/snoozes", "/v1/aml/scenarios"] {
        assert_eq!(served.get(path).refusal().0, 403, "{path}");
        assert_eq!(served.get(path).refusal().1, "case_team_key_required");
    }
    let form = "amount=2000&currency=gbp&payment_method=pm_card_visa&confirm=true";
    assert_eq!(served.post_as(&ann, "/v1/payment_intents", form, None).refusal().0, 403);
    assert_eq!(get(&served, &ann, "/v1/payment_intents").status, 200);

    let path = format!("/v1/aml/cases/{id}");
    let decide = format!("outcome=confirmed&report=true&reason={REASON}");
    let step = |key: &str, step: &str, form: &str| served.post_as(key, &format!("{path}/{step}"), form, None);
    assert_eq!(step(&ann, "decide", &decide).status, 409, "nobody looked into it");
    step(&ann, "investigate", "").expect(200);
    let noted = served.post_as(&ann, &format!("{path}/notes"), "text=suitcase", Some("n1")).expect(200);
    assert!(noted["notes"].to_string().contains("suitcase"));
    let again = served.post_as(&ann, &format!("{path}/notes"), "text=suitcase", Some("n1")).expect(200);
    assert_eq!(again, json!({ "id": id, "object": "aml_case" }), "stored answers are no secret");
    step(&ann, "decide", &decide).expect(200);
    assert_eq!(step(&ann, "approve", "").json()["error"]["pmts_code"], "COMPLIANCE_CASE_FOUR_EYES");
    let approved = step(&bob, "approve", "").expect(200);
    check("PostAmlCasesCaseApprove", &approved);
    check("GetAmlCasesCase", &get(&served, &bob, &path).expect(200));
    assert_eq!(
        (approved["state"].as_str(), approved["notes"].to_string().matches("suitcase").count()),
        (Some("to_report"), 1)
    );
    let alerts = get(&served, &ann, "/v1/aml/alerts?subject=customer:7").expect(200);
    assert_eq!(alerts["data"][0]["scenario"], "structuring");
    let snoozed =
        served.post_as(&ann, "/v1/aml/snoozes", "scenario=cycle&party=customer:9&days=9&reason=x", None);
    assert_eq!(snoozed.expect(200)["party"], "customer:9");

    // Nothing of it is told, counted or logged.
    let mut outside = served.get("/v1/events?limit=100").expect(200).to_string();
    assert!(outside.contains("aml.facts_told"));
    outside += &served.ask("GET", "/metrics", &[], b"").text;
    assert!(outside.contains("pmts_aml_facts_total"));
    outside += &served.log();
    served.terminate();
    served.wait();
    for secret in ["zanzibar", "suitcase", "structuring", &id, "aml/cases", "alrt_", "to_report"] {
        assert!(!outside.contains(secret), "{secret} is outside");
    }

    // A file that is wrong anywhere is not taken at all, and the line is named.
    let good = r#"{"fact":"moved","id":"q","at":"2026-06-01T15:00:00Z","kind":"cash_in","from":"branch:3","to":"customer:6","amount":950000,"currency":"usd"}"#;
    let facts = dir.path().join("facts.jsonl");
    std::fs::write(&facts, format!("{good}\n\n{}\n", good.replace("950000", "-5"))).unwrap();
    let import = ["aml", "facts", "import", facts.to_str().unwrap()];
    let refused = pmts(&data, &import).expect_code(1);
    assert!(refused.starts_with("error[APP_AML_FACT]: fact 3: an amount"), "{refused}");
    std::fs::write(&facts, format!("{good}\n{}\n", good.replace("\"q\"", "\"r\""))).unwrap();
    assert_eq!(pmts(&data, &import).expect_success(), "2 facts are kept\n");
    let found = pmts(&data, &["aml", "alerts", "--subject", "customer:6"]).expect_success();
    assert!(found.contains("structuring.1"), "{found}");

    // The report, made and filed.
    let file = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let filer = file("filer.toml", FILER);
    let persons = file("persons.toml", "[[person]]\nparty = \"customer:7\"\nlast_name = \"Miller\"\n");
    let narrative = file("narrative.txt", NARRATIVE);
    let out = dir.path().join("sar.xml");
    let out_text = out.to_str().unwrap();
    let due = pmts(
        &data,
        &["aml", "report", "due", "--filer", &filer, "--from", "2026-06-01", "--to", "2026-06-30"],
    );
    let due = due.expect_success();
    assert!(due.contains("CTR") && due.contains("SAR") && due.contains(&id), "{due}");
    let sar = [
        "aml",
        "report",
        "sar",
        &id,
        "--filer",
        &filer,
        "--persons",
        &persons,
        "--narrative",
        &narrative,
        "--out",
        out_text,
        "--json",
    ];
    let made: Value = serde_json::from_str(&pmts(&data, &sar).expect_success()).unwrap();
    assert!(pmts(&data, &sar).expect_code(1).contains("is there already"));
    assert!(std::fs::read_to_string(&out).unwrap().contains("suitcase"));
    if let Some(schemas) = pmts_tests::data::folder("risk/fincen") {
        let schema = schemas.join("EFL_SARXBatchSchema.xsd");
        let judged =
            Command::new("xmllint").args(["--noout", "--schema"]).arg(schema).arg(&out).output().unwrap();
        assert!(judged.status.success(), "{}", String::from_utf8_lossy(&judged.stderr));
    }
    let batch = made["id"].as_str().unwrap();
    let served = Served::start(&data, &["--sandbox"]);
    let path = format!("/v1/aml/reports/{batch}");
    let read = get(&served, &ann, &path).expect(200);
    check("GetAmlReportsReport", &read);
    assert_eq!(read["file"].as_str(), std::fs::read_to_string(&out).ok().as_deref());
    let post = || served.post_as(&ann, &format!("{path}/filed"), "number=31000000000001", Some("filed"));
    let filed = post().expect(200);
    check("PostAmlReportsReportFiled", &filed);
    assert_eq!((filed["number"].as_i64(), filed["file"].is_null()), (Some(31_000_000_000_001), true));
    assert_eq!(
        post().expect(200),
        json!({ "id": batch, "object": "aml_report" }),
        "stored answers are no secret"
    );
    let listed = get(&served, &ann, "/v1/aml/reports").expect(200);
    check("GetAmlReports", &listed);
    assert_eq!((listed["data"].as_array().unwrap().len(), listed["data"][0]["file"].is_null()), (1, true));
    assert_eq!(served.get("/v1/aml/reports").refusal().0, 403);
    assert_eq!(get(&served, &ann, "/v1/aml/cases?starting_after=amlc_0000000000000000000000").status, 404);
    served.terminate();
    served.wait();
    let again = pmts(&data, &["aml", "report", "filed", batch, "--number", "31000000000001"]);
    assert!(again.expect_code(1).contains("COMPLIANCE_CASE_NOT_PENDING"));
    let listed = pmts(&data, &["aml", "cases", "list", "--state", "reported", "--json"]).expect_success();
    assert!(listed.contains(&id) && listed.contains("keep_until"));
    let all = bytes(&data);
    assert!(holds(&all, "customer:7"), "the search works");
    for secret in ["uitcase", "Zanzibar", REASON, "structuring", "Miller", "SuspiciousActivity"] {
        assert!(!holds(&all, secret), "{secret} is readable in the data directory");
    }
}

#[test]
fn a_server_that_is_killed_loses_no_alert() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    Served::start(&data, &["--sandbox"]).kill();
    let ann = key(&data, "ann");
    for round in 0..3 {
        let served = Served::start(&data, &["--sandbox"]);
        for chunk in 0..4 {
            let first = 40 * round + 10 * chunk;
            tell(&served, first..first + 10, &format!("r{first}")).expect(200);
            std::thread::sleep(Duration::from_millis(u64::from(60 * (round + chunk))));
        }
        served.kill();
    }
    let served = Served::start(&data, &["--sandbox"]);
    let mut subjects: Vec<String> =
        cases(&served, &ann, 120).iter().map(|c| c["subject"].as_str().unwrap().to_owned()).collect();
    subjects.sort_unstable();
    subjects.dedup();
    assert_eq!(subjects.len(), 120, "each is there once");
}
