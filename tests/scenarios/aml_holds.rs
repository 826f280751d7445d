//! Sanctions screening of a running server: a list that comes into force holds a customer, two people let them go.

use super::http_shapes::check;
use pmts_tests::bin;
use pmts_tests::served::{Reply, Served};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const ENTRY: &str = r#"{"id":"7","kind":"person","names":[{"text":"Usama bin LADIN","quality":"primary"}]}"#;

fn pmts(data: &Path, args: &[&str]) -> bin::Outcome {
    let mut all: Vec<PathBuf> = args.iter().map(PathBuf::from).collect();
    all.extend(["--data".into(), data.to_owned()]);
    bin::run(all)
}

fn pay(served: &Served) -> Reply {
    let form = "amount=2000&currency=gbp&payment_method=pm_card_visa&confirm=true&customer=ann";
    served.post("/v1/payment_intents", form)
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} in {value}"))
}

#[test]
fn a_list_that_comes_into_force_holds_a_customer_until_two_people_let_them_go() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let served = Served::start(&data, &["--sandbox"]);
    let ann = "role=customer&reference=ann&name=Osama+bin+Laden&birth_date=1990&countries[]=GB";
    let known = served.post_once("/v1/aml/parties", ann, "k1").expect(200);
    assert_eq!((text(&known, "status"), text(&known, "birth_date")), ("not_screened", "1990"));
    assert_eq!(
        served.post_once("/v1/aml/parties", ann, "k1").expect(200),
        known,
        "the same key, the same answer"
    );
    let nobody = served.post("/v1/aml/parties", "role=customer&reference=bob&name=--");
    assert_eq!((nobody.status, text(&nobody.json()["error"], "pmts_code")), (400, "APP_AML_PARTY"));
    assert_eq!(text(&pay(&served).expect(200), "status"), "succeeded");

    // Imported beside the running server, which takes it into use and screens everyone again.
    let file = dir.path().join("own.jsonl");
    std::fs::write(&file, ENTRY).unwrap();
    pmts(&data, &["lists", "import", "jsonl", file.to_str().unwrap()]).expect_success();
    let path = format!("/v1/aml/parties/{}", text(&known, "id"));
    let deadline = Instant::now() + Duration::from_secs(60);
    while text(&served.get(&path).expect(200), "status") != "held" {
        assert!(Instant::now() < deadline, "nobody was screened again: {}", served.log());
        std::thread::sleep(Duration::from_millis(100));
    }
    let refused = pay(&served);
    assert_eq!((refused.status, text(&refused.json()["error"], "code")), (402, "card_declined"));
    assert!(!refused.json().to_string().contains("LADIN"), "a payer is not told of lists");
    let hits = served.get("/v1/aml/hits").expect(200);
    let hit = &hits["data"][0];
    assert_eq!((text(hit, "listed_name"), text(hit, "reference")), ("Usama bin LADIN", "ann"));
    let id = text(hit, "id").to_owned();

    // A name is screened without being kept.
    let screened = served.post("/v1/aml/screen", "name=Osama+bin+Laden&countries[]=SA").expect(200);
    check("PostAmlScreen", &screened);
    assert_eq!((screened["hit"].as_bool(), text(&screened["matches"][0], "entry")), (Some(true), "7"));
    let clean = served.post("/v1/aml/screen", "name=Ann+Other").expect(200);
    assert_eq!(
        (clean["hit"].as_bool(), clean["score"].as_i64(), &clean["lists"]),
        (Some(false), Some(0), &screened["lists"])
    );
    let nothing = served.post("/v1/aml/screen", "name=--");
    assert_eq!((nothing.status, text(&nothing.json()["error"], "pmts_code")), (400, "APP_AML_PARTY"));
    let pair = served.post("/v1/aml/screen/pair", "name1=Sergei+Lavrov&name2=Lavrow+Sergey").expect(200);
    check("PostAmlScreenPair", &pair);
    assert_eq!((pair["hit"].as_bool(), text(&pair, "kind")), (Some(true), "person"));
    let lists = served.get("/v1/aml/lists").expect(200);
    check("GetAmlLists", &lists);
    assert_eq!(lists["data"][0]["version"], screened["lists"]["own"]);
    assert_eq!(served.get("/v1/aml/parties").expect(200)["data"].as_array().unwrap().len(), 1);

    // One key proposes; it cannot agree with itself.
    let path = format!("/v1/aml/hits/{id}");
    let said = served.post(&format!("{path}/propose"), "verdict=another&reason=born+1990").expect(200);
    assert_eq!(text(&said, "status"), "proposed");
    let alone = served.post(&format!("{path}/approve"), "");
    assert_eq!((alone.status, text(&alone.json()["error"], "pmts_code")), (409, "COMPLIANCE_CASE_FOUR_EYES"));
    let done = served.get("/v1/aml/rescreen").expect(200);
    assert_eq!((done["done"].as_i64(), done["held"].as_i64()), (Some(1), Some(1)));
    let told = served.get("/v1/events?limit=100").expect(200).to_string();
    assert!(told.contains("party.held") && told.contains("party.stopped"));
    assert!(!told.contains("Laden") && !told.contains("LADIN"), "events name nobody");
    served.terminate();
    served.wait();

    let approve = ["aml", "hits", "approve", &id, "--by", "bob", "--json"];
    let approved = pmts(&data, &approve).expect_success();
    let approved: Value = serde_json::from_str(&approved).unwrap();
    assert_eq!(text(&approved["review"]["state"], "state"), "decided");
    assert!(pmts(&data, &approve).expect_code(1).contains("COMPLIANCE_CASE_NOT_PENDING"));
    let served = Served::start(&data, &["--sandbox"]);
    assert_eq!(text(&pay(&served).expect(200), "status"), "succeeded");
}
