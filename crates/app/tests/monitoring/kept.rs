//! What is kept: sealed, once, and all of it, whoever is cut off or takes over.

use super::*;
use pmts_app::engine::TOLD;
use pmts_compliance::aml::monitor::{Alert, Monitor, MonitorFailed, ScenarioState};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// All bytes of all files of a directory.
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

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_case_is_told_or_readable_where_it_is_kept() {
    let b = Bench::new().await;
    tell(&b, cash("customer:7", 0)).await;
    let watcher = watch(&b).await;
    watcher.save().await;
    let case = open(&b).await.remove(0);
    step(&b, &case, CaseStep::Investigate(String::new()), "ann").await.unwrap();
    step(&b, &case, CaseStep::Note("he was seen with a suitcase".into()), "ann").await.unwrap();
    step(&b, &case, decide(true), "ann").await.unwrap();
    step(&b, &case, CaseStep::Approve, "bob").await.unwrap();
    let reason = "collects for a parish";
    desk(&b).snooze("cycle", "customer:9", 5, reason, &who("ann"), &unanswered).await.unwrap();

    let told = b.platform.store.events(0, 1_000).await.unwrap();
    let kinds: BTreeSet<&str> = told.iter().map(|e| e.event.kind.as_str()).collect();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["aml.facts_told"]);
    let words = |kind: &&(&str, &str)| {
        let (kind, about) = kind;
        ["alert", "suspic", "aml.case", "launder", "sar"]
            .iter()
            .any(|w| kind.contains(w) || about.contains(w))
    };
    assert_eq!(TOLD.iter().filter(words).collect::<Vec<_>>(), Vec::<&(&str, &str)>::new());
    let all = bytes(&b.platform.dir);
    assert!(holds(&all, "customer:7-0-1"), "what the shop told is there: the search works");
    for secret in ["suitcase", "cash in pieces", "structuring", reason, "amlc_", "InReview", "in_review"] {
        assert!(!holds(&all, secret), "{secret}");
    }
    // With another key nothing opens, and nothing else is given out for it.
    let (store, ids, clock) = (b.platform.store.clone(), b.engine().ids.clone(), b.engine().clock.clone());
    let kms = pmts_compliance::pci::MemoryKms::random();
    let other = CaseDesk::open(store, ids, clock, &kms).await;
    assert_eq!(other.err().unwrap().code().code, "COMPLIANCE_VAULT_KEY_DAMAGED");
}

/// All alerts, and the cases about everybody, as far as they do not depend on the moment.
async fn all(b: &Bench) -> (BTreeSet<String>, Vec<(String, BTreeSet<String>)>) {
    let ids = alerts(b).await.into_iter().map(|a| a.alert.id).collect();
    let mut cases: Vec<_> = open(b)
        .await
        .into_iter()
        .map(|c| (c.subject, c.alerts.into_iter().map(|(id, ..)| id).collect()))
        .collect();
    cases.sort();
    (ids, cases)
}

async fn traffic(b: &Bench, from: i64, to: i64) {
    for n in from..to {
        tell(b, cash(&format!("customer:{}", n % 17), n)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_cut_off_or_taken_over_from_loses_nothing_and_nothing_is_there_twice() {
    let whole = Bench::new().await;
    traffic(&whole, 0, 60).await;
    watch(&whole).await;
    let expected = all(&whole).await;
    assert!(expected.0.len() > 17, "{expected:?}");

    // Cut off at every event, with and without what was saved; each that follows begins anew.
    let b = Bench::new().await;
    traffic(&b, 0, 30).await;
    for n in 0..30 {
        let watcher = b.platform.watcher().await.unwrap();
        let mut seen = 0;
        let _ = tokio::time::timeout(
            std::time::Duration::from_millis(n),
            watcher.catch_up(true, &mut |_| {
                seen += 1;
                seen < 2
            }),
        )
        .await;
        if n % 3 == 0 {
            watcher.save().await;
        }
    }
    // One that only follows knows what the others kept, and goes on when it takes over.
    let follower = b.platform.watcher().await.unwrap();
    watch(&b).await;
    assert_eq!(follower.catch_up(false, &mut |_| true).await.unwrap().kept, 0);
    traffic(&b, 30, 45).await;
    follower.catch_up(true, &mut |_| true).await.unwrap();
    // Two at once.
    traffic(&b, 45, 60).await;
    let (one, two) = (b.platform.watcher().await.unwrap(), b.platform.watcher().await.unwrap());
    let mut all_of_it = (|_| true, |_| true);
    let (first, second) =
        tokio::join!(one.catch_up(true, &mut all_of_it.0), two.catch_up(true, &mut all_of_it.1));
    first.unwrap();
    second.unwrap();
    assert_eq!(all(&b).await, expected);

    // What was saved and is damaged is built again.
    one.save().await;
    let file = b.platform.dir.join("aml").join("history");
    let mut damaged = std::fs::read(&file).unwrap();
    let middle = damaged.len() / 2;
    damaged[middle] = if damaged[middle] == b'0' { b'1' } else { b'0' };
    std::fs::write(&file, damaged).unwrap();
    watch(&b).await;
    assert_eq!(all(&b).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_put_in_the_place_of_another_does_not_open() {
    let b = Bench::new().await;
    tell(&b, cash("customer:1", 0)).await;
    watch(&b).await;
    let case = open(&b).await.remove(0);
    // Somebody who can write to the store, and has no key, replaces the case by an older state of the alert.
    let kind = "aml_sealed";
    let alert = alerts(&b).await.remove(0);
    let stored = b.platform.store.read(kind, alert.id.raw()).await.unwrap().unwrap();
    let held = b.platform.store.read(kind, id(&case).raw()).await.unwrap().unwrap();
    let sealed =
        |body: &str| body.split("\"sealed\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let mixed = held.body.replace(&sealed(&held.body), &sealed(&stored.body));
    let (expected, body) = (held.version, Some(mixed));
    let write = pmts_store::Write { kind, id: held.id, expected, body, keys: Vec::new() };
    let commit = pmts_store::Commit { records: vec![write], ..pmts_store::Commit::by(who("mallory")) };
    b.platform.store.commit(commit).await.unwrap();
    let e = desk(&b).case(id(&case)).await.unwrap_err();
    assert_eq!(e.code().code, "APP_AML_SEALED");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_remembered_is_taken_from_its_file_and_not_watched_again() {
    let b = Bench::new().await;
    let events = async || b.platform.store.events_before(u64::MAX, 1).await.unwrap()[0].sequence;
    tell(&b, cash("customer:1", 0)).await;
    watch(&b).await.save().await;
    for day in 1..4 {
        // Nothing that is alerted.
        tell(&b, read(&[json!({ "fact": "opened", "at": 1_780_315_200 + day, "party": "customer:2" })]))
            .await;
        let watcher = b.platform.watcher().await.unwrap();
        let position = &watcher.stats.position;
        assert_eq!(position.load(std::sync::atomic::Ordering::Relaxed), events().await - 1, "from the file");
        watcher.catch_up(true, &mut |_| true).await.unwrap();
        assert_eq!(desk(&b).place().await.unwrap().value.read, events().await);
        watcher.save().await;
    }
}

/// A provider elsewhere that finds everything suspicious.
struct Elsewhere;

#[async_trait::async_trait]
impl Monitor for Elsewhere {
    async fn observe(&self, fact: &Fact) -> Result<Vec<Alert>, MonitorFailed> {
        let Fact::Moved(m) = fact else { return Ok(Vec::new()) };
        Ok(vec![Alert {
            id: format!("elsewhere:{}", m.id),
            scenario: "elsewhere".into(),
            version: 3,
            state: ScenarioState::Live,
            subject: m.to.clone(),
            parties: vec![m.to.clone()],
            at: m.at,
            movements: vec![m.id.clone()],
            figures: Vec::new(),
            why: "it says so".into(),
        }])
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_provider_can_stand_in() {
    let b = Bench::new().await;
    let open_with = async || {
        let rates = Arc::new(pmts_app::rates::Rates::of(&b.platform.dir));
        Watcher::of_provider(desk(&b).clone(), rates, Arc::new(Elsewhere)).await.unwrap()
    };
    tell(&b, cash("customer:1", 0)).await;
    open_with().await.catch_up(true, &mut |_| true).await.unwrap();
    tell(&b, cash("customer:1", 1)).await;
    let taken = open_with().await.catch_up(true, &mut |_| true).await.unwrap();
    assert_eq!((taken.kept, taken.opened), (2, 0), "what was watched before is not told again");
    let cases = open(&b).await;
    assert_eq!((cases.len(), cases[0].alerts.len()), (1, 4));
}

#[tokio::test]
async fn a_key_that_is_lost_is_not_made_anew_while_it_has_sealed_something() {
    let dir = tempfile::tempdir().unwrap();
    let clock: Arc<dyn pmts_kernel::Clock> = Arc::new(pmts_kernel::SystemClock);
    let ids: Arc<dyn pmts_kernel::IdSource> = Arc::new(pmts_kernel::SystemIds::new(clock.clone()));
    let store: Arc<dyn pmts_store::Store> = Arc::new(pmts_store::MemoryStore::new(clock.clone()));
    // Cards are kept, and no case yet.
    let kms = Arc::new(pmts_compliance::pci::MemoryKms::random());
    let place = Arc::new(pmts_app::connectors::StoredVault::new(store.clone()));
    pmts_compliance::pci::EnvelopeVault::init(kms, place, ids.clone()).await.unwrap();
    let opened = CaseDesk::of(dir.path(), store, ids.clone(), clock.clone()).await;
    assert_eq!(opened.err().unwrap().code().code, "APP_KEY_MISSING");
    assert!(!dir.path().join("vault.key").exists());
    let empty = Arc::new(pmts_store::MemoryStore::new(clock.clone()));
    CaseDesk::of(dir.path(), empty, ids, clock).await.unwrap();
}
