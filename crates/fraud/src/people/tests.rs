use super::*;
use crate::decision::{Action, FailPolicy};
use crate::facts::{Facts, Step};
use crate::{Decision, FraudError};
use pmts_kernel::{Coded, Principal, Timestamp};

fn who(name: &str) -> Principal {
    Principal::try_new(format!("user:{name}")).unwrap()
}

fn at(secs: i64) -> Timestamp {
    Timestamp::from_micros(secs * 1_000_000)
}

fn decision(amount: i64, step: Step) -> Decision {
    let facts =
        Facts { id: "pay_1".into(), step, at: 0, amount, keys: vec![], attributes: Default::default() };
    FailPolicy { open_below: 0, step_up_below: 0 }.decide(&facts, "down")
}

fn review(amount: i64, held_until: Option<Timestamp>) -> Review {
    let decision = decision(amount, Step::Authorization);
    let of = ReviewOf {
        about: "pay_1".into(),
        seller: None,
        amount,
        currency: "GBP".into(),
        decision_id: "rdec_1".into(),
        decision: &decision,
        held_until,
    };
    Review::open("prv_1", of, at(0))
}

#[test]
fn every_move_of_reviews_and_cases_is_in_its_table_or_refused() {
    for from in ReviewState::ALL {
        for to in ReviewState::ALL {
            assert_eq!(from.may_become(to), REVIEW_MOVES.contains(&(from, to)), "{from:?} {to:?}");
        }
    }
    let closed = || {
        let mut r = review(100, None);
        r.claim(&who("a"), at(1)).unwrap();
        r.close(Outcome::Legitimate, "known customer", &who("a"), at(2)).unwrap();
        r
    };
    let ann = who("a");
    let moved = "FRAUD_MOVE";
    assert_eq!(closed().claim(&ann, at(3)).unwrap_err().code().code, moved);
    assert_eq!(closed().give_back(&ann, at(3)).unwrap_err().code().code, moved);
    assert_eq!(closed().close(Outcome::Fraud, "no", &ann, at(3)).unwrap_err().code().code, moved);
    let bulk = closed().close_in_bulk(Outcome::Fraud, "no", [&ann, &who("b")], at(3));
    assert_eq!(bulk.unwrap_err().code().code, moved);
    assert_eq!(review(1, None).give_back(&ann, at(3)).unwrap_err().code().code, moved);

    let mut case = Case::open("c", "a ring", at(0)).unwrap();
    assert_eq!(case.close(CaseOutcome::Fraud, "x").unwrap_err().code().code, moved, "nobody works on it");
    assert_eq!(case.give_back().unwrap_err().code().code, moved);
    case.take(&ann).unwrap();
    assert_eq!(case.take(&ann).unwrap_err().code().code, moved);
    case.close(CaseOutcome::Fraud, "a ring of four").unwrap();
    assert_eq!(case.give_back().unwrap_err().code().code, moved);
    case.take(&who("b")).unwrap();
    assert_eq!(case.outcome, None, "taken up again");
}

#[test]
fn a_claim_is_one_persons_until_it_runs_out() {
    let (ann, bob) = (who("a"), who("b"));
    let mut r = review(100, None);
    assert!(r.close(Outcome::Fraud, "seen", &ann, at(1)).is_err(), "who closes it has claimed it");
    r.claim(&ann, at(1)).unwrap();
    r.claim(&ann, at(2)).unwrap();
    assert_eq!(r.claim(&bob, at(3)).unwrap_err(), FraudError::Claimed { by: "user:a".into() });
    assert!(r.give_back(&bob, at(3)).is_err());
    assert!(r.close(Outcome::Fraud, "seen", &bob, at(3)).is_err());
    let late = at(2 + Review::CLAIM_SECS);
    assert!(r.close(Outcome::Fraud, "seen", &ann, late).is_err(), "the claim ran out");
    r.claim(&bob, late).unwrap();
    assert!(r.close(Outcome::Fraud, "  ", &bob, late).is_err(), "a reason is given");
    r.close(Outcome::Fraud, "the card was reported", &bob, late).unwrap();
    assert_eq!(r.end.as_ref().map(|e| (e.outcome, e.by.clone())), Some((Outcome::Fraud, bob)));
    r.note(&ann, "the customer called", late).unwrap();
}

#[test]
fn what_is_urgent_comes_first_and_before_the_hold_ends() {
    let (small, large) = (review(5_000, None), review(90_000_000, None));
    assert_eq!((small.priority, large.priority), (5, 400));
    assert_eq!((small.due, large.due), (at(72 * 3_600), at(24 * 3_600)));
    assert_eq!(review(5_000, Some(at(10 * 3_600))).due, at(4 * 3_600), "six hours before the hold ends");
    assert_eq!(review(5_000, Some(at(3_600))).due, at(0), "at once");
    let payout = Review::priority_of(&decision(5_000, Step::Payout));
    assert_eq!(payout, 105);
    let mut queue = [small.clone(), large.clone()];
    queue.sort_by_key(|r| r.rank(at(1)));
    assert_eq!(queue[0].priority, 400);
    queue.sort_by_key(|r| r.rank(at(73 * 3_600)));
    assert_eq!(queue[0].priority, 400, "both are overdue");
    assert!(Review::wanted(Action::Review) && !Review::wanted(Action::Block));
}

#[test]
fn two_people_agree_on_a_bulk_action_and_each_item_is_done_once() {
    let (ann, bob) = (who("a"), who("b"));
    let items = vec!["prv_1".to_owned(), "prv_2".into(), "prv_1".into()];
    let action = BulkAction::CloseReviews { outcome: Outcome::Fraud };
    let mut bulk = Bulk::propose("b", action.clone(), items, "a ring", &ann, at(0)).unwrap();
    assert_eq!(bulk.items.len(), 2);
    assert_eq!(bulk.next(), None);
    assert_eq!(bulk.decide(true, &ann).unwrap_err(), FraudError::FourEyes);
    bulk.decide(true, &bob).unwrap();
    assert!(bulk.decide(false, &bob).is_err());
    while let Some(item) = bulk.next().map(str::to_owned) {
        bulk.did(format!("{item} done"));
    }
    bulk.did("nothing is left".into());
    assert_eq!((bulk.state, bulk.results.len()), (BulkState::Done, 2));
    assert!(Bulk::propose("b", action.clone(), vec![], "x", &ann, at(0)).is_err());
    let many = (0..=Bulk::ITEMS_MAX).map(|n| n.to_string()).collect();
    assert_eq!(Bulk::propose("b", action, many, "x", &ann, at(0)).unwrap_err().code().code, "FRAUD_TOO_MANY");
}

#[test]
fn an_appeal_is_answered_once_and_by_a_person() {
    let mut appeal = Appeal::ask("a", "pay_1".into(), "rdec_1".into(), vec![], "It was me.", at(0)).unwrap();
    assert_eq!(appeal.due, at(28 * 86_400));
    assert!(appeal.told().contains("within a month"));
    let robot = Principal::system("serve");
    assert_eq!(appeal.answer(AppealAnswer::Stands, "x", &robot, at(1)).unwrap_err(), FraudError::FourEyes);
    appeal
        .answer(AppealAnswer::Overturned, "the address was new, the person is not", &who("a"), at(2))
        .unwrap();
    assert!(appeal.answer(AppealAnswer::Stands, "x", &who("a"), at(3)).is_err());
    for text in [appeal.told(), AppealText::stands().told()] {
        for word in ["rule", "score", "model", "list", "device"] {
            assert!(!text.to_lowercase().contains(word), "{text}");
        }
    }
}

struct AppealText;

impl AppealText {
    fn stands() -> Appeal {
        let mut appeal = Appeal::ask("a", "p".into(), "d".into(), vec![], "me", at(0)).unwrap();
        appeal.answer(AppealAnswer::Stands, "the card was stolen", &who("a"), at(1)).unwrap();
        appeal
    }
}

#[test]
fn a_case_finds_what_belongs_together_once() {
    let mut case = Case::open("c", "a ring", at(0)).unwrap();
    let ann = who("a");
    assert!(case.link(LinkKind::Customer, "ann", "same device", &ann, at(1)).unwrap());
    assert!(!case.link(LinkKind::Customer, "ann", "again", &ann, at(2)).unwrap());
    assert!(case.link(LinkKind::Payment, " ", "x", &ann, at(2)).is_err());
    for (kind, name) in LinkKind::ALL {
        assert_eq!((LinkKind::parse(name), kind.name()), (Some(kind), name));
    }
    for n in 1..Case::LINKS_MAX {
        case.link(LinkKind::Payment, &n.to_string(), "x", &ann, at(3)).unwrap();
    }
    assert!(case.link(LinkKind::Payment, "one more", "x", &ann, at(3)).is_err());
}
