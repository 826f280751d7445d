//! Due diligence over a store: what a seller may do follows from his file, in the commit in which it changes, and only the case team reads it.
#![allow(clippy::unwrap_used)]

#[path = "../bench/mod.rs"]
mod bench;
mod paid;
mod received;

use bench::Bench;
use pmts_app::aml::{AmlError, Known, unanswered};
use pmts_app::diligence::{DiligenceDesk, FileKept, FileStep, read_told};
use pmts_app::lists::{Shelf, Sources};
use pmts_compliance::aml::Subject;
use pmts_compliance::aml::cases::Role;
use pmts_compliance::aml::diligence::{DiligenceError, FileState, Level, SHIPPED, Told};
use pmts_compliance::aml::lists::ListKind;
use pmts_kernel::{Coded, ManualClock, Principal, Timestamp};
use serde_json::{Value, json};
use std::sync::Arc;

const DAY: i64 = 86_400;

fn who(name: &str) -> Principal {
    Principal::try_new(format!("user:{name}")).unwrap()
}

fn desk(b: &Bench) -> &DiligenceDesk {
    b.engine().diligence.as_deref().unwrap()
}

/// The desk at another time.
fn later(b: &Bench, days: i64) -> DiligenceDesk {
    let now = b.engine().clock.now().saturating_add_secs(days * DAY);
    let mut desk = desk(b).clone();
    desk.cases.clock = Arc::new(ManualClock::new(now));
    desk
}

fn human(name: &str) -> Value {
    json!({
        "name": name, "birth_date": "1980-02-29", "address": "1 High Street, Leeds", "country": "GB", "pep": "no",
        "documents": [{ "kind": "passport", "reference": "shelf-7", "verified": "2026-01-02", "expires": "2036-01-02" }],
    })
}

fn told(value: &Value) -> Told {
    read_told(&value.to_string()).unwrap()
}

fn ann(purpose: &str) -> Told {
    told(&json!({ "human": human("Ann Quillfeather"), "purpose": purpose, "monthly_minor": 100_000 }))
}

fn company(owners: &[(&str, Option<u16>)]) -> Told {
    let owner = |(name, bps): &(&str, Option<u16>)| json!({ "owns_bps": bps, "human": human(name) });
    let extract = json!([{ "kind": "register_extract", "reference": "shelf-8", "verified": 1_767_312_000 }]);
    told(&json!({
        "company": {
            "name": "Books Ltd", "registration": "0123", "country": "United Kingdom", "address": "2 High Street", "documents": extract,
            "owners": owners.iter().map(owner).collect::<Vec<_>>(),
        },
        "purpose": "sells books", "monthly_minor": 100_000,
    }))
}

async fn tell(b: &Bench, told: &Told) -> FileKept {
    desk(b).tell(Role::Seller, "22", told, &who("shop"), &unanswered).await.unwrap()
}

async fn step(b: &Bench, kept: &FileKept, step: FileStep, by: &str) -> Result<FileKept, AmlError> {
    desk(b).step(kept.id, &step, &who(by), &unanswered).await
}

/// The file about seller 22, approved.
async fn verified(b: &Bench) -> FileKept {
    let kept = tell(b, &ann("sells books")).await;
    step(b, &kept, FileStep::Submit, "shop").await.unwrap();
    step(b, &kept, FileStep::Approve, "bob").await.unwrap()
}

/// Rules in pounds with these limits; limits of other levels as those of the lowest.
async fn rules(b: &Bench, required: bool, unverified: i64, receive: i64, paid: i64) {
    let line = |text: &str, name: &str, value: String| {
        let lines = text.lines().map(|l| match l.split_once(" = ") {
            Some((n, _)) if n == name => format!("{name} = {value}"),
            _ => l.to_owned(),
        });
        lines.collect::<Vec<_>>().join("\n")
    };
    let mut text = line(SHIPPED, "currency", "\"GBP\"".into());
    text = line(&text, "required", required.to_string());
    text = line(&text, "unverified_receive_minor", unverified.to_string());
    text = line(&text, "receive_minor", format!("[{receive}, {receive}, {receive}]"));
    text = line(&text, "paid_minor", format!("[{paid}, {paid}, {paid}]"));
    desk(b).put_rules(&text, &who("ann")).await.unwrap();
}

/// Puts a list of these names in force.
async fn list(b: &Bench, names: &[&str]) {
    let file = b.platform.dir.join("own.jsonl");
    let lines = names.iter().enumerate().map(|(n, name)| {
        format!(r#"{{"id":"{n}","kind":"person","names":[{{"text":"{name}","quality":"primary"}}]}}"#)
    });
    std::fs::write(&file, lines.collect::<Vec<_>>().join("\n")).unwrap();
    let sources = Sources::find(ListKind::Jsonl, &file, None, None);
    let at = Timestamp::from_micros(0);
    Shelf::of(&b.platform.dir).import("own", ListKind::Jsonl, sources, at, true).unwrap();
    assert!(b.platform.lists.look().await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_in_a_file_is_screened_in_its_commit() {
    let b = Bench::new().await;
    list(&b, &["Ozymandias Quillfeather"]).await;
    let aml = b.engine().aml.clone().unwrap();
    // What was told of the seller elsewhere stays.
    let subject =
        Subject { name: "Books".into(), identifiers: vec!["IMO 9074729".into()], ..Default::default() };
    let known = Known { role: Role::Seller, reference: "22".into(), acts_for: vec![], subject };
    aml.put_party(&known, &who("ann"), &unanswered).await.unwrap();

    let directs = ("Ann Quillfeather", None);
    tell(&b, &company(&[directs, ("Ozymandias Quillfeather", Some(10_000))])).await;
    let why = aml.hold_on(Role::Seller, "22").await.unwrap().unwrap();
    assert!(why.contains("owner") && why.contains("hit_"), "{why}");
    let seller = aml.party(Role::Seller, "22").await.unwrap().unwrap().value.subject;
    assert_eq!(
        (seller.name.as_str(), seller.identifiers),
        ("Books Ltd", vec!["IMO 9074729".into(), "0123".into()])
    );
    // Somebody else owns it now.
    tell(&b, &company(&[directs, ("Ann Quillfeather", Some(10_000))])).await;
    assert_eq!(aml.hold_on(Role::Seller, "22").await.unwrap(), None);
    let owners = aml.parties(Some(Role::Owner), false).await.unwrap();
    assert_eq!(owners.len(), 2, "who owns and directs is one person");
    assert_eq!(owners.iter().filter(|o| o.acts_for.is_empty()).count(), 1);
    // Nobody who cannot be screened is kept.
    let nameless = told(&json!({ "human": { "name": "..." } }));
    let e = desk(&b).tell(Role::Seller, "9", &nameless, &who("shop"), &unanswered).await.err().unwrap();
    assert_eq!(e.code().code, "APP_AML_PARTY");
    assert!(desk(&b).file_of(Role::Seller, "9").await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_wrongly_is_refused_and_named() {
    let with = |of: &str, key: &str, value: Value| {
        let mut file = json!({ "human": human("Ann"), "purpose": "x" });
        match of {
            "file" => file[key] = value,
            "document" => file["human"]["documents"][0][key] = value,
            of => file[of][key] = value,
        }
        read_told(&file.to_string()).err().map(|e| (e.code().code, e.to_string()))
    };
    assert_eq!(with("file", "purpose", json!("y")), None);
    for (of, key, value, says) in [
        ("file", "company", json!({}), "either a human or a company"),
        ("file", "human", json!(null), "either a human or a company"),
        ("file", "monthly_minor", json!(-1), "less than nothing"),
        ("file", "purpose", json!("x".repeat(2_001)), "longer than 2000 bytes"),
        ("file", "reported", json!(true), "unknown field"),
        ("human", "birth_date", json!("1980-02-30"), "date of birth"),
        ("human", "country", json!("Atlantis"), "a country of the human"),
        ("human", "nationalities", json!(["GB", "Atlantis"]), "a country of the human"),
        ("human", "pep", json!("maybe"), "unknown variant"),
        ("document", "kind", json!("library_card"), "unknown variant"),
        ("document", "verified", json!("yesterday"), "is no day and no moment"),
        ("document", "expires", json!(i64::MAX), "is no day and no moment"),
    ] {
        let (code, text) = with(of, key, value).unwrap();
        assert_eq!(code, "APP_AML_TOLD");
        assert!(text.contains(says), "{text}");
    }
    let owner = json!({ "owns_bps": 0, "human": human("Ann") });
    let e = read_told(&json!({ "company": { "owners": [owner] } }).to_string()).err().unwrap();
    assert!(e.to_string().contains("1 to 10,000"), "{e}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_read_by_the_case_team_alone() {
    let b = Bench::new().await;
    let kept = verified(&b).await;
    step(&b, &kept, FileStep::Restrict("a letter to Xanadu came back".into()), "bob").await.unwrap();
    let store = &b.platform.store;
    let events = store.events(0, 100).await.unwrap();
    let of_file = events.iter().filter(|e| e.event.kind == "party.file_changed");
    let states: Vec<Value> = of_file.map(|e| e.event.data.clone()).collect();
    let state = |state: &str| json!({ "role": "seller", "reference": "22", "state": state });
    assert_eq!(states, ["open", "submitted", "verified", "restricted"].map(state));
    let sealed = store.list(pmts_store::ListQuery::all("aml_sealed")).await.unwrap();
    let shown = format!("{events:?} {sealed:?}");
    for secret in ["Quillfeather", "shelf-7", "sells books", "Xanadu", "seller:22", "High Street"] {
        assert!(!shown.contains(secret), "{secret} is outside");
    }
    let open = desk(&b).file_of(Role::Seller, "22").await.unwrap().unwrap().value;
    assert!(open.file.events.iter().any(|e| e.text.contains("Xanadu")));
    let standing = json!(desk(&b).standing(&open).await.unwrap());
    let fields: Vec<&String> = standing.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["id", "may_be_paid", "may_receive", "missing", "reference", "role", "state"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn at_high_risk_two_people_approve() {
    let b = Bench::new().await;
    let mut file =
        json!({ "human": human("Ann Quillfeather"), "purpose": "sells books", "monthly_minor": 1 });
    file["human"]["pep"] = json!("yes");
    let kept = tell(&b, &told(&file)).await;
    let e = step(&b, &kept, FileStep::Submit, "ann").await.err().unwrap();
    assert!(matches!(&e, AmlError::Diligence(DiligenceError::Incomplete(m)) if m.len() == 2), "{e}");
    let more = ["source_of_funds", "source_of_wealth"]
        .map(|kind| json!({ "kind": kind, "reference": kind, "verified": "2026-01-02T10:00:00Z" }));
    file["human"]["documents"].as_array_mut().unwrap().extend(more);
    tell(&b, &told(&file)).await;
    step(&b, &kept, FileStep::Submit, "ann").await.unwrap();
    let e = step(&b, &kept, FileStep::Approve, "ann").await.err().unwrap();
    assert_eq!(e.code().code, "COMPLIANCE_DILIGENCE_FOUR_EYES");
    let kept = step(&b, &kept, FileStep::Approve, "bob").await.unwrap();
    assert_eq!(kept.file.rating.unwrap().level, Level::High);
    let long = FileStep::Restrict("x".repeat(2_001));
    assert_eq!(step(&b, &open(&b).await, long, "bob").await.err().unwrap().code().code, "APP_AML_INPUT");
}

async fn open(b: &Bench) -> FileKept {
    desk(b).file_of(Role::Seller, "22").await.unwrap().unwrap().value
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_that_comes_due_is_told_once_and_stops_everything_when_nobody_looks() {
    let b = Bench::new().await;
    verified(&b).await;
    let rules = desk(&b).rules().await.unwrap().1;
    let (due, grace) = (rules.review_days[0], rules.grace_days);
    let listed = async || desk(&b).files(None, true, None, 10).await.unwrap().0.len();
    assert_eq!((later(&b, due - 1).tell_reviews().await.unwrap(), listed().await), (0, 0));
    assert_eq!((later(&b, due + 2).tell_reviews().await.unwrap(), listed().await), (1, 1));
    assert_eq!((later(&b, due + 3).tell_reviews().await.unwrap(), listed().await), (0, 1), "once");
    let kept = open(&b).await;
    let may = async |days: i64| {
        let standing = later(&b, days).standing(&kept).await.unwrap();
        json!(standing)["may_be_paid"]["may"].as_str().unwrap().to_owned()
    };
    assert_eq!(may(due + grace - 1).await, "up_to");
    assert_eq!(may(due + grace + 1).await, "nothing");
    later(&b, due + 4)
        .step(kept.id, &FileStep::Reopen("its review".into()), &who("bob"), &unanswered)
        .await
        .unwrap();
    assert_eq!(listed().await, 0, "somebody looks at it");
    for (by, step) in [("ann", FileStep::Submit), ("bob", FileStep::Approve)] {
        later(&b, due + 5).step(kept.id, &step, &who(by), &unanswered).await.unwrap();
    }
    assert_eq!((later(&b, due + 6).tell_reviews().await.unwrap(), listed().await), (0, 0));
    assert_eq!(later(&b, 2 * due + 9).tell_reviews().await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_tell_at_once_keep_one_file() {
    let b = Bench::new().await;
    let tasks = (0..8).map(|n| {
        let desk = desk(&b).clone();
        tokio::spawn(async move {
            let told = ann(&format!("sells books of shelf {n}"));
            desk.tell(Role::Seller, "22", &told, &who("shop"), &unanswered).await.unwrap().id
        })
    });
    let mut ids = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        ids.push(task.await.unwrap());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
    let (all, _) = desk(&b).files(Some(FileState::Open), false, None, 10).await.unwrap();
    assert_eq!((all.len(), all[0].file.events.len()), (1, 7), "each was told, and none was lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_that_are_put_are_in_force_for_every_desk_at_once() {
    let b = Bench::new().await;
    let (mine, other) =
        (desk(&b).clone(), DiligenceDesk::new(desk(&b).cases.clone(), None, desk(&b).rates.clone()));
    assert_eq!((mine.rules().await.unwrap().0, other.rules().await.unwrap().0), (0, 0));
    rules(&b, true, 1, 2, 3).await;
    rules(&b, true, 1, 2, 4).await;
    let (number, seen) = other.rules().await.unwrap();
    assert_eq!((number, seen.limits.paid_minor, seen.required), (2, [4, 4, 4], true));
    assert!(other.rules_file().await.unwrap().1.contains("paid_minor = [4, 4, 4]"));
    let e = mine.put_rules("version = 1", &who("ann")).await.err().unwrap();
    assert_eq!(e.code().code, "COMPLIANCE_DILIGENCE_RULES");
    assert_eq!(mine.rules().await.unwrap().0, 2);
}
