//! Due diligence of a running server: what a seller may do follows from his file, which the case team alone reads; and a travel-rule message out of
//! it, judged by a library that others wrote.

use super::http_shapes::check;
use pmts_tests::served::{Reply, SECRET, Served};
use pmts_tests::{bin, tools};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

fn pmts(data: &Path, args: &[&str], by: &str) -> bin::Outcome {
    let mut all: Vec<PathBuf> = args.iter().map(PathBuf::from).collect();
    all.extend(["--data".into(), data.to_owned()]);
    if !by.is_empty() {
        all.extend(["--by".into(), by.into()]);
    }
    bin::run(all)
}

/// The seller, a company, with these documents of its register.
fn company(documents: &Value) -> Value {
    let human = json!({
        "name": "Ann Quillfeather", "birth_date": "1980-02-29", "address": "1 High Street, Leeds", "country": "GB", "pep": "no",
        "documents": [{ "kind": "passport", "reference": "shelf-7", "verified": 1_767_312_000, "expires": 2_082_844_800 }],
    });
    json!({
        "role": "seller", "reference": "s-1", "purpose": "sells books", "monthly_minor": 100_000,
        "company": {
            "name": "Quillfeather Books Ltd", "registration": "0123", "country": "GB", "address": "2 High Street, Leeds",
            "documents": documents, "owners": [{ "human": human }, { "human": human, "owns_bps": 10_000 }],
        },
    })
}

fn post(served: &Served, path: &str, body: &Value, idempotency: &str) -> Reply {
    let bearer = format!("Bearer {SECRET}");
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
        ("Idempotency-Key", idempotency),
    ];
    served.ask("POST", path, &headers, body.to_string().as_bytes())
}

fn get(served: &Served, key: &str, path: &str) -> Reply {
    served.ask("GET", path, &[("Authorization", &format!("Bearer {key}"))], b"")
}

/// A purchase of which the seller gets so much.
fn buys(served: &Served, cents: u32) -> Reply {
    let form = format!(
        "amount={cents}&currency=usd&payment_method=pm_card_visa&confirm=true&splits[0][seller]=s-1&splits[0][amount]={cents}"
    );
    served.post("/v1/payment_intents", &form)
}

#[test]
fn what_a_seller_may_do_follows_from_his_file() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    Served::start(&data, &["--sandbox"]).kill();
    let made = ["keys", "create", "--name", "bob", "--kind", "case-team", "--json"];
    let made: Value = serde_json::from_str(&pmts(&data, &made, "").expect_success()).unwrap();
    let bob = made["key"].as_str().unwrap();
    // From now on sellers without a file are as those of whom nothing is checked.
    let rules = pmts(&data, &["aml", "files", "rules", "show"], "ann").expect_success();
    let wrong = write("wrong.toml", &rules.replace("grace_days = 30", "grace_days = -1"));
    let refused = pmts(&data, &["aml", "files", "rules", "use", &wrong], "ann").expect_code(1);
    assert!(refused.starts_with("error[COMPLIANCE_DILIGENCE_RULES]"), "{refused}");
    let rules = write("rules.toml", &rules.replace("required = false", "required = true"));
    pmts(&data, &["aml", "files", "rules", "use", &rules], "ann").expect_success();

    let served = Served::start(&data, &["--sandbox"]);
    buys(&served, 60_000).expect(200);
    let stopped = buys(&served, 60_000);
    assert_eq!(stopped.status, 402, "1,000.00 are allowed before anything is checked: {stopped:?}");

    let told = post(&served, "/v1/aml/files", &company(&json!([])), "f1").expect(200);
    check("PostAmlFiles", &told);
    assert_eq!(told["missing"][0]["what"], "a verified extract of the register");
    assert_eq!(
        (told["state"].as_str(), told["may_be_paid"]["why"].as_str()),
        (Some("open"), Some("not_verified"))
    );
    let id = told["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/aml/files/{id}");
    let incomplete = served.post(&format!("{path}/submit"), "");
    assert_eq!(incomplete.json()["error"]["pmts_code"], "COMPLIANCE_DILIGENCE_INCOMPLETE");
    let both = post(&served, "/v1/aml/files", &json!({ "role": "seller", "reference": "s-1" }), "f2");
    assert_eq!((both.status, both.json()["error"]["pmts_code"].as_str()), (400, Some("APP_AML_TOLD")));
    let extract = json!([{ "kind": "register_extract", "reference": "shelf-8", "verified": 1_767_312_000 }]);
    let told = post(&served, "/v1/aml/files", &company(&extract), "f3").expect(200);
    assert_eq!((told["id"].as_str(), told["missing"].as_array().map(Vec::len)), (Some(id.as_str()), Some(0)));
    let again = post(&served, "/v1/aml/files", &company(&extract), "f3").expect(200);
    assert_eq!(again, json!({ "id": id, "object": "aml_file" }));
    let submitted = served.post(&format!("{path}/submit"), "").expect(200);
    check("PostAmlFilesFileSubmit", &submitted);
    assert_eq!(buys(&served, 60_000).status, 402, "nobody approved");

    // The file itself is for the case team.
    let whole = format!("/v1/aml/due_diligence/{id}");
    for path in ["/v1/aml/due_diligence", &whole] {
        assert_eq!(served.get(path).refusal().1, "case_team_key_required");
    }
    assert_eq!(served.post(&format!("{whole}/approve"), "").status, 403);
    check("GetAmlDueDiligence", &get(&served, bob, "/v1/aml/due_diligence?state=submitted").expect(200));
    let approved = served.post_as(bob, &format!("{whole}/approve"), "", Some("a1")).expect(200);
    check("PostAmlDueDiligenceFileApprove", &approved);
    assert_eq!(
        (approved["rating"]["level"].as_str(), approved["rating"]["points"].as_i64()),
        (Some("low"), Some(10)),
        "a company, and a further owner"
    );
    check("GetAmlDueDiligenceFile", &get(&served, bob, &whole).expect(200));
    check("GetAmlFilesFile", &served.get(&path).expect(200));
    buys(&served, 60_000).expect(200);
    let reason = "reason=a+letter+to+Xanadu+came+back";
    served.post_as(bob, &format!("{whole}/restrict"), reason, None).expect(200);
    assert_eq!(buys(&served, 100).status, 402);
    served.post_as(bob, &format!("{whole}/reopen"), "reason=it+arrived", None).expect(200);
    served.post(&format!("{path}/submit"), "").expect(200);
    served.post_as(bob, &format!("{whole}/approve"), "", None).expect(200);

    let events = served.get("/v1/events?limit=100").expect(200).to_string();
    assert!(events.contains("party.file_changed") && events.contains("party.stopped"));
    let outside = events + &served.ask("GET", "/metrics", &[], b"").text + &served.log();
    served.terminate();
    served.wait();
    for secret in ["Xanadu", "shelf-7", "sells books", "due_diligence"] {
        assert!(!outside.contains(secret), "{secret} is outside");
    }
    let shown = pmts(&data, &["aml", "files", "show", "seller:s-1"], "ann").expect_success();
    assert!(shown.contains("low risk, 10 points") && shown.contains("Xanadu"), "{shown}");
    let listed =
        pmts(&data, &["aml", "files", "list", "--state", "verified", "--json"], "ann").expect_success();
    assert_eq!((listed.lines().count(), listed.contains("Quillfeather")), (1, true));
    assert_eq!(pmts(&data, &["aml", "files", "list", "--due", "--json"], "ann").expect_success(), "");
    let nobody = pmts(&data, &["aml", "files", "show", "seller:9"], "ann").expect_code(1);
    assert!(nobody.starts_with("error[APP_RECORD_MISSING]: the file about seller:9 is missing"), "{nobody}");
    let no_file = write("no.json", "{\"human\": {\"name\": \"Ann\", \"shoe_size\": 7}}");
    let refused = pmts(&data, &["aml", "files", "put", "seller:9", &no_file], "ann").expect_code(1);
    assert!(refused.starts_with("error[APP_AML_TOLD]"), "{refused}");
    pays(dir.path(), &data, &write);
}

/// He is paid, and the message about it keeps the rules for us and for others.
fn pays(dir: &Path, data: &Path, write: &dyn Fn(&str, &str) -> String) {
    let run = |args: &[&str], by: &str| pmts(data, args, by).expect_success();
    let own = [
        "payouts",
        "account",
        "USD",
        "--name",
        "Market",
        "--iban",
        "GB29NWBK60161331926819",
        "--bic",
        "NWBKGB2L",
    ];
    run(&own, "ana");
    run(
        &[
            "sellers",
            "put",
            "s-1",
            "--name",
            "Quillfeather Books Ltd",
            "--iban",
            "GB82WEST12345698765432",
            "--schedule",
            "daily",
        ],
        "ana",
    );
    run(&["sellers", "deliver", "--all"], "ana");
    run(&["sellers", "release", "--at", "2099-01-01T00:00:00Z"], "ana");
    let proposed = run(&["payouts", "propose", "USD", "--rail", "wire", "--json"], "ana");
    let batch: Value = serde_json::from_str(proposed.lines().next().unwrap()).unwrap();
    let batch = batch["batch"].as_str().unwrap();
    run(&["payouts", "approve", batch], "ben");
    let shown = run(&["payouts", "show", batch, "--json"], "");
    let payout: Value = serde_json::from_str(shown.lines().nth(1).unwrap()).unwrap();
    let payout = payout["payout"].as_str().unwrap();
    let operator = write(
        "operator.toml",
        "name = \"Example Market Ltd\"\ncountry = \"GB\"\nlei = \"529900T8BM49AURSDO55\"\naddress = [\"1 Market Street\"]\ntown = \"London\"\n",
    );
    let out = dir.join("message.json");
    let message =
        ["aml", "travel-rule", "message", payout, "--operator", &operator, "--out", out.to_str().unwrap()];
    run(&message, "ann");
    assert!(pmts(data, &message, "ann").expect_code(1).contains("message.json"), "nothing is written over");
    let text = std::fs::read_to_string(&out).unwrap();
    assert!(text.contains("Quillfeather Books Ltd") && text.contains("GB82WEST12345698765432"), "{text}");
    let checked = bin::run(["aml", "travel-rule", "check", out.to_str().unwrap()]).expect_success();
    assert_eq!(checked, "the message keeps the rules: 1 send, 1 receive\n");
    let broken = write("broken.json", &text.replace("529900T8BM49AURSDO55", "529900T8BM49AURSDO56"));
    let refused = bin::run(["aml", "travel-rule", "check", &broken]).expect_code(1);
    assert!(refused.contains("C11"), "{refused}");
    let bad = write("bad.json", &text.replace("LEGL", "LEGAL"));
    let judge = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/js/ivms101_judge.mjs");
    let judged =
        Command::new("node").arg(judge).arg(tools::node_folder()).arg(&out).arg(&bad).output().unwrap();
    assert!(judged.status.success(), "{}", String::from_utf8_lossy(&judged.stderr));
    let judged: Vec<Value> =
        String::from_utf8(judged.stdout).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(judged[0], json!({ "valid": true, "issues": [] }));
    assert_eq!(judged[1]["valid"], false, "it judges");
}
