//! Monitoring over a store: what happens becomes facts, facts alerts, alerts cases, cases reports; nothing twice, nothing lost, nothing told.
#![allow(clippy::unwrap_used)]

#[path = "../bench/mod.rs"]
mod bench;
mod facts;
mod kept;
mod reports;

use bench::Bench;
use pmts_app::aml::{AmlError, unanswered};
use pmts_app::monitoring::{AlertKept, CaseDesk, CaseId, CaseStep, ToldFact, Watcher, read_facts};
use pmts_compliance::aml::cases::{Case, CaseError, CaseState, Clock};
use pmts_compliance::aml::monitor::{Fact, Outcome, SHIPPED};
use pmts_kernel::{Coded, Principal, Timestamp};
use serde_json::json;

fn who(name: &str) -> Principal {
    Principal::try_new(format!("user:{name}")).unwrap()
}

fn desk(b: &Bench) -> &CaseDesk {
    &b.platform.cases
}

fn read(values: &[serde_json::Value]) -> Vec<Fact> {
    let told: Vec<ToldFact> = values.iter().map(|v| serde_json::from_value(v.clone()).unwrap()).collect();
    read_facts(told).unwrap()
}

/// Somebody pays in 9,500 dollars twice on an afternoon, `day` days after 2026-06-01.
fn cash(party: &str, day: i64) -> Vec<Fact> {
    let piece = |n: i64| {
        json!({
            "fact": "moved", "id": format!("{party}-{day}-{n}"), "at": 1_780_315_200 + day * 86_400 + n * 3_600, "kind": "cash_in",
            "from": format!("branch:{n}"), "to": party, "amount": 950_000, "currency": "usd",
        })
    };
    read(&[piece(1), piece(3)])
}

async fn tell(b: &Bench, facts: Vec<Fact>) {
    desk(b).tell(facts, &who("shop"), &unanswered).await.unwrap();
}

async fn watch(b: &Bench) -> Watcher {
    let watcher = b.platform.watcher().await.unwrap();
    watcher.catch_up(true, &mut |_| true).await.unwrap();
    watcher
}

async fn alerts(b: &Bench) -> Vec<AlertKept> {
    desk(b).alerts(None, None, Timestamp::default()).await.unwrap()
}

async fn open(b: &Bench) -> Vec<Case> {
    desk(b).cases(None, None).await.unwrap()
}

fn id(case: &Case) -> CaseId {
    case.id.parse().unwrap()
}

async fn step(b: &Bench, case: &Case, step: CaseStep, by: &str) -> Result<Case, AmlError> {
    desk(b).step(id(case), &step, &who(by), &unanswered).await
}

fn decide(report: bool) -> CaseStep {
    CaseStep::Decide { outcome: Outcome::Confirmed, report, reason: "cash in pieces".into() }
}

/// A case about somebody, investigated, decided and approved.
async fn decided(b: &Bench, case: &Case, report: bool) -> Case {
    step(b, case, CaseStep::Investigate(String::new()), "ann").await.unwrap();
    step(b, case, decide(report), "ann").await.unwrap();
    step(b, case, CaseStep::Approve, "bob").await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_found_becomes_a_case_that_two_people_decide() {
    let b = Bench::new().await;
    tell(&b, cash("customer:7", 0)).await;
    watch(&b).await;
    let found = alerts(&b).await;
    assert_eq!(found.len(), 1);
    let alert = &found[0].alert;
    assert_eq!((alert.scenario.as_str(), alert.subject.as_str()), ("structuring", "customer:7"));
    assert_eq!(alert.why, "2 cash payments below 1000000, together 1900000, within 1 day(s)");
    let cases = open(&b).await;
    assert_eq!((cases.len(), found[0].case), (1, Some(id(&cases[0]))));
    assert_eq!(cases[0].clocks().iter().map(|(c, _)| *c).collect::<Vec<_>>(), [Clock::Look, Clock::Report]);

    let case = &cases[0];
    let refused = |error: AmlError| error.code().code;
    let e = step(&b, case, decide(true), "ann").await.unwrap_err();
    assert_eq!(refused(e), "COMPLIANCE_CASE_MOVE");
    step(&b, case, CaseStep::Investigate(String::new()), "ann").await.unwrap();
    let e = step(&b, case, CaseStep::Wait(" ".into()), "ann").await.unwrap_err();
    assert_eq!(refused(e), "COMPLIANCE_CASE_REASON");
    step(&b, case, CaseStep::Wait("statement of account asked for".into()), "ann").await.unwrap();
    step(&b, case, CaseStep::Investigate(String::new()), "ann").await.unwrap();
    step(&b, case, decide(false), "ann").await.unwrap();
    let e = step(&b, case, CaseStep::Approve, "ann").await.unwrap_err();
    assert!(matches!(e, AmlError::Case(CaseError::SamePerson)));
    let closed = step(&b, case, CaseStep::Approve, "bob").await.unwrap();
    assert_eq!(closed.state, CaseState::Closed);
    assert!(open(&b).await.is_empty());
    assert_eq!(desk(&b).cases(Some(CaseState::Closed), None).await.unwrap().len(), 1);
    let score = desk(&b).scores().await.unwrap().into_iter().find(|s| s.scenario == "structuring").unwrap();
    assert_eq!((score.score.confirmed, score.precision_bps), (1, Some(10_000)));

    // What goes on beyond the quiet time is another case, linked with the one before.
    tell(&b, cash("customer:7", 40)).await;
    watch(&b).await;
    let again = open(&b).await;
    assert_eq!((again.len(), again[0].links.as_slice()), (1, [case.id.clone()].as_slice()));
    let long = CaseStep::Note("x".repeat(10_001));
    assert_eq!(refused(step(&b, case, long, "ann").await.unwrap_err()), "APP_AML_INPUT");
    let nowhere = CaseId::from_raw(7 << 64);
    let e = desk(&b).step(nowhere, &CaseStep::GiveBack, &who("ann"), &unanswered).await.unwrap_err();
    assert_eq!(refused(e), "APP_RECORD_MISSING");
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_of_those_who_act_together_are_linked() {
    let b = Bench::new().await;
    tell(&b, cash("customer:1", 0)).await;
    tell(&b, cash("customer:2", 0)).await;
    watch(&b).await;
    let cases = open(&b).await;
    assert_eq!(cases.len(), 2);
    step(&b, &cases[0], CaseStep::Link(id(&cases[1])), "ann").await.unwrap();
    let cases = open(&b).await;
    assert_eq!((&cases[0].links, &cases[1].links), (&vec![cases[1].id.clone()], &vec![cases[0].id.clone()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snooze_and_the_shadow_keep_alerts_and_make_no_cases() {
    let b = Bench::new().await;
    let snooze = async |scenario: &str, reason: &str, days: u32| {
        desk(&b).snooze(scenario, "customer:1", days, reason, &who("ann"), &unanswered).await
    };
    for (refused, code) in [
        (snooze("structuring", " ", 30).await, "COMPLIANCE_CASE_REASON"),
        (snooze("structuring", "x", 0).await, "APP_AML_INPUT"),
        (snooze("structuring", "x", 366).await, "APP_AML_INPUT"),
        (snooze("no such", "x", 30).await, "APP_RECORD_MISSING"),
    ] {
        assert_eq!(refused.unwrap_err().code().code, code);
    }
    let kept = snooze("structuring", "sells cars", 30).await.unwrap();
    tell(&b, cash("customer:1", 0)).await;
    tell(&b, cash("customer:2", 0)).await;
    watch(&b).await;
    let became: Vec<_> = alerts(&b).await.into_iter().map(|a| (a.alert.subject, a.snoozed)).collect();
    assert_eq!(became.len(), 2);
    assert!(became.contains(&("customer:1".into(), Some(kept.id))));
    assert_eq!(open(&b).await.iter().map(|c| c.subject.as_str()).collect::<Vec<_>>(), ["customer:2"]);

    // Other scenarios in force: the one is retired, its next version runs in the shadow.
    let text = SHIPPED.replacen("state = \"live\"", "state = \"retired\"", 1);
    let first = SHIPPED[SHIPPED.find("[[scenario]]").unwrap()..].split("[[scenario]]").nth(1).unwrap();
    let second = first.replace("version = 1", "version = 2");
    let e = desk(&b).put_scenarios(&format!("{text}\n[[scenario]]{second}"), &who("ann")).await.unwrap_err();
    assert_eq!(e.code().code, "COMPLIANCE_SCENARIO_INVALID", "a new version is not live at once");
    let second = second.replace("state = \"live\"", "state = \"shadow\"");
    let put = desk(&b).put_scenarios(&format!("{text}\n[[scenario]]{second}"), &who("ann")).await.unwrap();
    assert_eq!((put.number, desk(&b).scenarios().await.unwrap().0), (1, 1));
    tell(&b, cash("customer:3", 0)).await;
    watch(&b).await;
    let shadow = desk(&b).alerts(None, Some("customer:3"), Timestamp::default()).await.unwrap();
    assert_eq!(shadow.len(), 1);
    assert_eq!((shadow[0].alert.version, shadow[0].case, shadow[0].snoozed), (2, None, None));
    assert_eq!(open(&b).await.len(), 1);
}
