//! What the platform does, as facts.

use super::*;
use pmts_app::monitoring::Facts;
use pmts_app::payouts::{PayoutDesk, Proposal};
use pmts_app::risk::{LabelSource, RiskConfig, RiskMode, Signals};
use pmts_compliance::aml::monitor::{Movement, MovementKind};
use pmts_fraud::KeyKind;
use pmts_kernel::{Event, EventId};
use pmts_money::Currency;
use pmts_payouts::rails::OwnAccount;
use pmts_payouts::sellers::{Destination, Kyc, PayeeRef, Schedule, Seller, Terms};

fn moved(facts: &[Fact]) -> Vec<(MovementKind, &str, &str, i64)> {
    let one = |f| match f {
        &Fact::Moved(Movement { ref from, ref to, kind, ref amount, .. }) => {
            Some((kind, from.as_str(), to.as_str(), amount.minor()))
        }
        _ => None,
    };
    facts.iter().filter_map(one).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn read_facts_refuses_what_is_none() {
    let good = json!({ "fact": "moved", "at": 1, "id": "m", "kind": "cash_in", "from": "a", "to": "b", "amount": 1, "currency": "usd" });
    let with = |name: &str, value: serde_json::Value| {
        let mut fact = good.clone();
        fact[name] = value;
        serde_json::from_value::<ToldFact>(fact).map_or(None, |told| Some(read_facts(vec![told])))
    };
    assert!(with("at", json!("2026-06-01T12:00:00Z")).unwrap().is_ok());
    for (name, value) in [
        ("at", json!("yesterday")),
        ("at", json!(i64::MAX)),
        ("id", json!("")),
        ("id", json!("x".repeat(129))),
        ("from", json!("a\nb")),
        ("to", json!("a")),
        ("amount", json!(0)),
        ("amount", json!(-1)),
        ("amount", json!(null)),
        ("currency", json!("XXZ")),
        ("kind", json!(null)),
        ("value_minor", json!(0)),
        ("from_country", json!("Atlantis")),
        ("fact", json!("linked")),
    ] {
        let refused = with(name, value.clone()).unwrap().unwrap_err();
        assert_eq!(refused.code().code, "APP_AML_FACT", "{name} {value}");
    }
    assert!(with("fact", json!("gone")).is_none() && with("more", json!(1)).is_none());
    assert!(read_facts(Vec::new()).is_err());
    let b = Bench::new().await;
    let ahead = b.engine().clock.now().as_secs() + 2 * 86_400;
    let late = read(&[json!({ "fact": "opened", "at": ahead, "party": "customer:1" })]);
    let e = desk(&b).tell(late, &who("shop"), &unanswered).await.unwrap_err();
    assert_eq!(e.code().code, "APP_AML_FACT");
}

#[tokio::test(flavor = "multi_thread")]
async fn purchases_refunds_and_disputes_are_movements() {
    let config = RiskConfig { mode: RiskMode::Watch, ..RiskConfig::default() };
    let b = Bench::screened(Some(config)).await;
    let engine = b.engine();
    let card = b.platform.vault.put(&pmts_sensitive::Pan::parse("4242424242424242").unwrap()).await.unwrap();
    let mut new = b.new_payment("4242424242424242", pmts_payments::CaptureMethod::Automatic).await;
    new.customer = Some(pmts_payments::CustomerRef::try_new("ann").unwrap());
    let mut signals = Signals::default();
    signals.key(KeyKind::Device, "phone-1");
    signals.attribute("card_country", "IR").unwrap();
    let confirm = pmts_app::engine::Confirm { signals, ..Default::default() };
    let view = engine.create_and_confirm(new, confirm, &engine.own_request()).await.unwrap();
    let payment = view.intent.id;
    b.refund(payment).await;
    let desk_of_risk = &engine.risk.as_ref().unwrap().desk;
    assert!(desk_of_risk.label(payment, true, LabelSource::Dispute, &who("bank")).await.unwrap());

    let rates = b.platform.dir.join("fx");
    std::fs::create_dir_all(&rates).unwrap();
    let now = chrono::DateTime::from_timestamp(engine.clock.now().as_secs(), 0).unwrap();
    let today = now.date_naive();
    std::fs::write(rates.join("rates-eur.csv"), format!("Date,USD,GBP,\n{today},1.20,0.80,\n")).unwrap();
    let facts = facts_of(&b);
    let mut all = Vec::new();
    for recorded in b.platform.store.events(0, 1_000).await.unwrap() {
        all.extend(facts.of(&recorded.event, Currency::USD).await.unwrap());
    }
    assert_eq!(
        moved(&all),
        [
            (MovementKind::Purchase, "customer:ann", "seller:22", 7_000),
            (MovementKind::Refund, "seller:22", "customer:ann", 1_000),
            (MovementKind::Chargeback, "seller:22", "customer:ann", 7_000),
        ],
        "the marketplace's own part is nobody's"
    );
    let Some(Fact::Moved(bought)) = all.iter().find(|f| matches!(f, Fact::Moved(_))) else { unreachable!() };
    assert_eq!(bought.value_minor, Some(10_500), "70 pounds at 1.20 dollars for 0.80 pounds");
    assert_eq!(bought.from_country.as_ref().map(|c| c.code()), Some("IR"));
    let tokens: Vec<&str> = all
        .iter()
        .filter_map(|f| if let Fact::Linked { token, .. } = f { Some(token.as_str()) } else { None })
        .collect();
    assert!(tokens.contains(&format!("card:{}", card.token).as_str()), "{tokens:?}");
    assert!(tokens.iter().any(|t| t.starts_with("device:")), "{tokens:?}");
    assert!(all.iter().any(|f| matches!(f, Fact::Opened { party, .. } if party == "customer:ann")));

    // Without a rate nothing is judged, and that is counted.
    std::fs::remove_dir_all(&rates).unwrap();
    watch(&b).await;
    assert_eq!(desk(&b).place().await.unwrap().value.unpriced, 3);
}

fn facts_of(b: &Bench) -> Facts {
    Facts::new(desk(b).clone(), std::sync::Arc::new(pmts_app::rates::Rates::of(&b.platform.dir)))
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_of_several_captures_are_each_counted_once() {
    use pmts_payments::decide::CaptureRequest;
    use pmts_payments::{Part, Payee};
    let b = Bench::new().await;
    let held = b.hold("4242424242424242").await;
    let engine = b.engine();
    let part = Part { payee: Payee::seller("22").unwrap(), amount: bench::gbp(2_500) };
    let some = CaptureRequest { amount: Some(bench::gbp(2_500)), more_follows: true, parts: vec![part] };
    engine.capture(held.intent.id, &some, &engine.own_request()).await.unwrap();
    engine.capture(held.intent.id, &CaptureRequest::default(), &engine.own_request()).await.unwrap();
    let facts = facts_of(&b);
    let mut ids = std::collections::BTreeMap::new();
    for recorded in b.platform.store.events(0, 1_000).await.unwrap() {
        for fact in facts.of(&recorded.event, Currency::GBP).await.unwrap() {
            let Fact::Moved(m) = fact else { continue };
            assert!(m.from.starts_with("card:"), "a buyer without a reference: {}", m.from);
            ids.insert(m.id, m.amount.minor());
        }
    }
    assert_eq!(ids.into_values().collect::<Vec<_>>(), [2_500, 4_500], "told twice with the same ids");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payout_is_a_withdrawal_to_a_hash_of_the_account() {
    let b = Bench::new().await;
    let engine = b.engine();
    let (store, ids, clock) = (engine.store.clone(), engine.ids.clone(), engine.clock.clone());
    let pays = PayoutDesk::new(store, ids, clock, None);
    let account = |iban: &str| Destination::iban(iban, None).unwrap();
    let own = account("GB29NWBK60161331926819");
    let own = OwnAccount { name: "Market".into(), account: own, currency: Currency::GBP };
    pays.put_own_account(own, &who("ann")).await.unwrap();
    for iban in ["NL91ABNA0417164300", "GB82WEST12345698765432"] {
        let seller = Seller {
            payee: PayeeRef::try_new("22").unwrap(),
            name: "Shop".into(),
            kyc: Kyc::Verified,
            destination: Some(account(iban)),
            failed: None,
            known_since: None,
            account_changed: None,
            terms: Terms { schedule: Schedule::Daily, hold_days: 0, ..Terms::default() },
        };
        pays.put_seller(seller, &who("ann")).await.unwrap();
    }
    let payment = b.buy("4242424242424242").await;
    pays.delivered(payment.id, engine.clock.now(), &who("ann")).await.unwrap();
    pays.release_due(Timestamp::MAX, &who("ann")).await.unwrap();
    let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
    let asked = Some(PayeeRef::try_new("22").unwrap());
    let proposal = Proposal { rail: "wire".into(), currency: Currency::GBP, day, execution: day, asked };
    let (batches, _) = pays.propose(&proposal, &who("ann")).await.unwrap();
    let payouts = pays.payouts(batches[0].id).await.unwrap();
    let event = Event {
        id: EventId::from_raw(engine.ids.next_id()),
        kind: "payout.paid".into(),
        object: payouts[0].value.id.to_string(),
        sequence: 1,
        at: engine.clock.now(),
        data: json!({}),
    };
    let facts = facts_of(&b).of(&event, Currency::GBP).await.unwrap();
    let movements = moved(&facts);
    let [(MovementKind::Withdrawal, "seller:22", to, 6_300)] = movements.as_slice() else {
        panic!("{movements:?}");
    };
    assert!(to.starts_with("account:") && !to.contains("WEST") && to.len() == 8 + 32, "{to}");
    let changed =
        facts.iter().any(|f| matches!(f, Fact::PayoutAccountChanged { party, .. } if party == "seller:22"));
    assert!(changed, "the account is another than at first: {facts:?}");
    let Some(Fact::Moved(m)) = facts.iter().find(|f| matches!(f, Fact::Moved(_))) else { unreachable!() };
    assert_eq!(m.to_country.as_ref().map(|c| c.code()), Some("GB"));
}
