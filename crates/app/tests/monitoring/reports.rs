//! Reports: what is due, made, kept, filed.

use super::*;
use chrono::NaiveDate;
use pmts_app::aml::unanswered;
use pmts_app::monitoring::{FilerFile, Form, PersonsFile, SarRequest};
use pmts_compliance::aml::cases::Role;
use pmts_compliance::aml::diligence::Level;
use pmts_compliance::aml::reports::Narrative;

const FILER: &str = r#"
control_code = "PBSA8180"
contact = "Compliance office"
offset_minutes = -300
[institution]
name = "Example Market Inc"
ein = "123456789"
street = "1 Main Street"
city = "Springfield"
state = "IL"
zip = "62701"
phone = "2175550100"
"#;

const PERSONS: &str = r#"
[[person]]
party = "customer:7"
last_name = "Miller"
first_name = "Ann"
birth = "1980-02-29"
"#;

fn filer() -> FilerFile {
    FilerFile::read(FILER).unwrap()
}

fn persons() -> PersonsFile {
    PersonsFile::read(PERSONS).unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn request<'a>(filer: &'a FilerFile, persons: &'a PersonsFile) -> SarRequest<'a> {
    let narrative = Narrative::new("He paid in cash, in pieces.".into());
    SarRequest { filer, persons, narrative, cents: None, from: None, to: None, continues: None }
}

#[test]
fn files_that_are_not_right_are_refused_without_their_content() {
    for (from, to, code) in [
        ("\"123456789\"", "\"12345\"", "APP_AML_INPUT"),
        ("zip = \"62701\"", "zip = \"SECRET\"", "APP_AML_INPUT"),
        ("city = ", "town = ", "APP_AML_INPUT"),
        ("offset_minutes = -300", "offset_minutes = -30000", "APP_AML_INPUT"),
        ("contact = ", "contact: ", "APP_AML_INPUT"),
    ] {
        let error = FilerFile::read(&FILER.replace(from, to)).err().unwrap();
        assert_eq!(error.code().code, code, "{to}");
        assert!(!error.to_string().contains("SECRET"));
    }
    let born = PERSONS.replace("1980-02-29", "1981-02-29");
    assert!(PersonsFile::read(&born).is_err() && PersonsFile::read(&PERSONS.replace("Miller", " ")).is_err());
    let e = PersonsFile::read(&PERSONS.replace("birth = \"1980", "birth = 1980")).err().unwrap();
    assert_eq!(e.to_string(), "the file of the persons is malformed in line 6");
}

#[tokio::test(flavor = "multi_thread")]
async fn currency_above_the_threshold_is_due_and_reported_once() {
    let b = Bench::new().await;
    // 2026-06-01 is a Monday; 2026-06-06 a Saturday, which belongs to the Monday after.
    tell(&b, cash("customer:7", 0)).await;
    tell(&b, cash("customer:7", 0)).await;
    tell(&b, cash("customer:8", 5)).await;
    let due = async |from: &str, to: &str| {
        let found = desk(&b).cash_due(day(from), day(to), &filer()).await.unwrap();
        let shown = found.into_iter();
        shown
            .map(|d| (d.cash.person, d.cash.in_cents, d.due.to_string(), d.filing.is_some(), d.filed))
            .collect::<Vec<_>>()
    };
    let seven = |made, filed| ("customer:7".to_owned(), 1_900_000, "2026-06-16".to_owned(), made, filed);
    assert_eq!(due("2026-06-01", "2026-06-05").await, [seven(false, false)], "told twice, it counts once");
    assert_eq!(due("2026-06-08", "2026-06-08").await.len(), 1);
    assert_eq!(due("2026-06-09", "2026-06-30").await, []);
    let days = (day("2026-06-01"), day("2026-06-30"));
    let e = desk(&b).make_ctr(days, &filer(), &persons(), &who("ann")).await.err().unwrap();
    assert_eq!(e.code().code, "APP_RECORD_MISSING", "nobody says who customer:8 is");
    let days = (day("2026-06-01"), day("2026-06-05"));
    let made = desk(&b).make_ctr(days, &filer(), &persons(), &who("ann")).await.unwrap();
    assert!(made.form == Form::Ctr && made.file.contains("Miller") && made.file.contains("19000"));
    let e = desk(&b).make_ctr(days, &filer(), &persons(), &who("ann")).await.err().unwrap();
    assert_eq!(e.code().code, "COMPLIANCE_REPORT_INVALID", "it is in a batch already");
    desk(&b).filed(made.id, 31_000_000_000_001, &who("ann"), &unanswered).await.unwrap();
    assert_eq!(due("2026-06-01", "2026-06-05").await, [seven(true, true)]);
    let twice = desk(&b).filed(made.id, 31_000_000_000_001, &who("ann"), &unanswered).await;
    assert!(matches!(twice, Err(AmlError::Case(CaseError::NotPending))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_is_reported_kept_and_reported_again() {
    let b = Bench::new().await;
    tell(&b, cash("customer:7", 0)).await;
    watch(&b).await;
    let case = open(&b).await.remove(0);
    let (filer, persons) = (filer(), persons());
    let make = async || desk(&b).make_sar(id(&case), request(&filer, &persons), &who("ann")).await;
    assert!(matches!(make().await, Err(AmlError::Case(CaseError::Move { .. }))), "nobody has decided");
    decided(&b, &case, true).await;
    let made = make().await.unwrap();
    for text in ["Miller", "He paid in cash, in pieces.", "19000", "20260601", "InitialReportIndicator"] {
        assert!(made.file.contains(text), "{text}");
    }
    desk(&b).filed(made.id, 31_000_000_000_001, &who("ann"), &unanswered).await.unwrap();
    let reported = desk(&b).case(id(&case)).await.unwrap().value;
    assert_eq!(reported.state, CaseState::Reported);
    let kept = desk(&b).filing(made.id).await.unwrap().value;
    assert_eq!(Some(kept.keep_until()), reported.keep_until());
    assert_eq!(kept.file, made.file);

    // His file of due diligence knows it from its next rating on; what it comes to for others does not.
    let files = b.engine().diligence.clone().unwrap();
    let told = r#"{ "human": { "name": "Ann Miller", "birth_date": "1980-02-29", "address": "1 Main Street", "country": "US", "pep": "no",
        "documents": [{ "kind": "passport", "reference": "p", "verified": "2026-01-02" }] }, "purpose": "buys", "monthly_minor": 1 }"#;
    let told = pmts_app::diligence::read_told(told).unwrap();
    let file = async |reference: &str| {
        let told = files.tell(Role::Customer, reference, &told, &who("shop"), &unanswered).await.unwrap();
        let submit = pmts_app::diligence::FileStep::Submit;
        let kept = files.step(told.id, &submit, &who("shop"), &unanswered).await.unwrap();
        let standing = json!(files.standing(&kept).await.unwrap());
        (kept.file.rating.unwrap(), standing)
    };
    let ((seven, shown), (eight, other)) = (file("7").await, file("8").await);
    assert_eq!((seven.level, eight.level), (Level::High, Level::Low));
    assert_eq!(seven.why, [("reported".to_owned(), 50)]);
    for name in ["state", "missing", "may_receive", "may_be_paid"] {
        assert_eq!(shown[name], other[name]);
    }

    // It goes on: the next report names the one before.
    let again = CaseStep::Investigate("it goes on".into());
    step(&b, &case, again, "ann").await.unwrap();
    step(&b, &case, decide(true), "ann").await.unwrap();
    step(&b, &case, CaseStep::Approve, "bob").await.unwrap();
    let second = make().await.unwrap();
    assert!(
        second.file.contains("31000000000001") && second.file.contains("ContinuingActivityReportIndicator")
    );
    assert_eq!(desk(&b).filings().await.unwrap().len(), 2);
}
