//! Laws of decisions.

use crate::decision::{Action, DecidedBy, FailPolicy, Thresholds, decide};
use crate::error::FraudError;
use crate::explain;
use crate::facts::{Facts, Step};
use crate::features::{History, names};
use crate::key::{Key, KeyKind};
use crate::lists::{Entry, ListKind, Lists};
use crate::model::Model;
use crate::rules::{Rule, RuleSet, RuleState};
use crate::screen::{FraudScreen, InForce, MemoryScreen, Score, Scorer};
use std::collections::BTreeMap;
use std::sync::Arc;

struct Says(Result<i64, ()>);

impl Scorer for Says {
    fn score(&self, _: &Facts, _: &[i64]) -> Result<Score, FraudError> {
        match self.0 {
            Ok(micro) => Ok(Score { micro, contributions: Vec::new(), model: "says".to_owned() }),
            Err(()) => Err(FraudError::Unavailable("asleep".to_owned())),
        }
    }
}

fn facts(amount: i64) -> Facts {
    let keys = vec![Key::of(KeyKind::Email, "a@example.org"), Key::of(KeyKind::Card, "fp")];
    Facts {
        id: "pay".to_owned(),
        step: Step::Authorization,
        at: 1_000,
        amount,
        keys,
        attributes: BTreeMap::new(),
    }
}

fn rules(state: RuleState) -> RuleSet {
    let rule = Rule {
        id: "large".to_owned(),
        when: "amount > 1_000".to_owned(),
        action: Action::Review,
        state,
        reason: "large".to_owned(),
        against: String::new(),
    };
    RuleSet::new(7, vec![rule]).unwrap()
}

fn action(amount: i64, lists: &Lists, state: RuleState, score: i64) -> (Action, DecidedBy) {
    let features = History::default().features(&facts(amount));
    let d = decide(
        &facts(amount),
        &features,
        lists,
        &rules(state),
        Some(&Says(Ok(score))),
        &Thresholds::default(),
    );
    (d.action, d.by)
}

#[test]
fn lists_stand_above_rules_and_the_strictest_of_rules_and_score_decides() {
    let none = Lists::default();
    assert_eq!(action(10, &none, RuleState::Live, -9_000_000), (Action::Allow, DecidedBy::Nothing));
    assert_eq!(action(5_000, &none, RuleState::Live, -9_000_000), (Action::Review, DecidedBy::Rule));
    assert_eq!(action(5_000, &none, RuleState::Shadow, -9_000_000), (Action::Allow, DecidedBy::Nothing));
    assert_eq!(action(5_000, &none, RuleState::Live, 9_000_000), (Action::Block, DecidedBy::Score));
    assert_eq!(action(10, &none, RuleState::Live, 0), (Action::StepUp, DecidedBy::Score));
    let mut lists = Lists::default();
    let entry = |list, until| Entry {
        key: Key::of(KeyKind::Email, " A@example.org"),
        list,
        reason: "known".to_owned(),
        until,
    };
    lists.put(entry(ListKind::Allow, None)).unwrap();
    assert_eq!(action(5_000, &lists, RuleState::Live, 9_000_000), (Action::Allow, DecidedBy::List));
    lists.put(entry(ListKind::Block, Some(1_000))).unwrap();
    assert_eq!(action(10, &lists, RuleState::Live, 0).0, Action::Allow, "the block has ended");
    lists.put(entry(ListKind::Block, Some(1_001))).unwrap();
    assert_eq!(action(10, &lists, RuleState::Live, 0), (Action::Block, DecidedBy::List));
    assert_eq!(lists.expire(1_001), 1);
    assert!(lists.put(Entry { reason: " ".to_owned(), ..entry(ListKind::Block, None) }).is_err());
}

#[test]
fn a_scorer_that_fails_leaves_rules_and_says_so() {
    let features = History::default().features(&facts(5_000));
    let d = decide(
        &facts(5_000),
        &features,
        &Lists::default(),
        &rules(RuleState::Live),
        Some(&Says(Err(()))),
        &Thresholds::default(),
    );
    assert_eq!((d.action, d.by, d.score), (Action::Review, DecidedBy::Rule, None));
    assert!(explain::for_analyst(&d).iter().any(|l| l.contains("asleep")));
}

#[test]
fn the_policy_goes_by_the_amount() {
    let policy = FailPolicy::default();
    let of = |amount| policy.decide(&facts(amount), "no answer in 50 ms").action;
    assert_eq!(
        [of(4_999), of(5_000), of(49_999), of(50_000)],
        [Action::Allow, Action::StepUp, Action::StepUp, Action::Review]
    );
}

#[test]
fn what_the_customer_is_told_names_no_rule_and_offers_a_person() {
    let features = History::default().features(&facts(5_000));
    let d = decide(
        &facts(5_000),
        &features,
        &Lists::default(),
        &rules(RuleState::Live),
        Some(&Says(Ok(9_000_000))),
        &Thresholds::default(),
    );
    let words = explain::for_customer(&d);
    assert!(words.contains("person") && !words.contains("large") && !words.contains("score"));
    let told = explain::for_analyst(&d).join("\n");
    assert!(
        told.contains("Rule large asks for review: large.") && told.contains("Rules version 7, model says."),
        "{told}"
    );
    assert!(!told.contains("example.org"), "no key's value");
    let kept: crate::Decision = serde_json::from_slice(&serde_json::to_vec(&d).unwrap()).unwrap();
    assert_eq!(kept, d);
}

#[tokio::test]
async fn the_screen_of_this_crate_keeps_to_the_contract_and_swaps_while_in_use() {
    let model = Model::new("m", vec!["amount".to_owned()], -4_000_000, Vec::new(), Vec::new()).unwrap();
    crate::contract::scorer(&model);
    let in_force = |state| InForce {
        rules: rules(state),
        lists: Lists::default(),
        scorer: Some(Arc::new(Says(Ok(-9_000_000)))),
        thresholds: Thresholds::default(),
    };
    let screen = MemoryScreen::new(History::default(), in_force(RuleState::Shadow));
    crate::contract::screen(&screen).await;
    assert_eq!(screen.screen(&facts(5_000)).await.unwrap().action, Action::Allow);
    screen.replace(in_force(RuleState::Live));
    let decision = screen.screen(&facts(5_000)).await.unwrap();
    assert_eq!(decision.action, Action::Review);
    assert!(decision.features.iter().all(|(n, _)| names().contains(n)));
}
