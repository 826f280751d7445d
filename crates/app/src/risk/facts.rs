//! What the screen is asked about.

use super::Signals;
use pmts_fraud::features::FOLLOWS;
use pmts_fraud::{Facts, Key, KeyKind, Step, Value};
use pmts_kernel::Timestamp;
use pmts_money::Money;
use pmts_payments::{Check, Checks, Intent, Payee};
use std::collections::BTreeMap;

/// An amount as the screen compares it: hundredths of the main unit of its own currency, whatever its minor unit is. Not converted:
/// a platform of many currencies tells them apart by the attribute `currency`.
pub fn compared(amount: Money) -> i64 {
    let digits = u32::from(amount.currency().digits());
    let minor = amount.minor().max(0);
    match digits {
        0..=2 => minor.saturating_mul(10_i64.pow(2 - digits)),
        more => minor / 10_i64.saturating_pow(more - 2),
    }
}

fn of_payment(step: Step, intent: &Intent, amount: Money, now: Timestamp) -> Facts {
    let mut keys = Vec::with_capacity(10);
    if let Some(customer) = &intent.customer {
        keys.push(Key::of(KeyKind::Customer, customer.as_str()));
    }
    if let Some(method) = &intent.method {
        keys.push(Key::of(KeyKind::Card, &method.token));
        keys.extend(method.first_six.iter().map(|bin| Key::of(KeyKind::Bin, bin)));
    }
    // Of several sellers the one with the greatest part.
    let sellers = intent.splits.iter().filter_map(|s| match &s.payee {
        Payee::Seller(seller) => Some((s.gross.minor(), seller)),
        Payee::Platform => None,
    });
    if let Some((_, seller)) = sellers.max_by_key(|(gross, _)| *gross) {
        keys.push(Key::of(KeyKind::Seller, seller.as_str()));
    }
    let currency = Value::Text(intent.amount.currency().code().to_owned());
    Facts {
        id: intent.id.to_string(),
        step,
        at: now.as_secs(),
        amount: compared(amount),
        keys,
        attributes: BTreeMap::from([("currency".to_owned(), currency)]),
    }
}

/// Of an authorization that is about to be sent.
pub fn of_authorization(intent: &Intent, signals: &Signals, now: Timestamp) -> Facts {
    let mut facts = of_payment(Step::Authorization, intent, intent.amount, now);
    add(&mut facts, &signals.keys, signals.attributes.iter());
    if let Some(challenge) = intent.risk.challenge.as_ref().filter(|c| c.passed(intent, now))
        && challenge.factor.as_deref() == Some("three_ds")
    {
        facts.attributes.insert("three_ds".into(), Value::Text("authenticated".into()));
    }
    facts
}

/// Of a capture of `amount`. `authorized` are the facts the authorization was decided upon, `checks` what the issuer found.
pub fn of_capture(
    intent: &Intent,
    amount: Money,
    authorized: Option<&Facts>,
    checks: Option<&Checks>,
    now: Timestamp,
) -> Facts {
    let mut facts = of_payment(Step::Capture, intent, amount, now);
    if let Some(before) = authorized {
        add_before(&mut facts, before);
    }
    if let Some(checks) = checks {
        let text = |t: &str| Value::Text(t.to_owned());
        let avs = match (checks.address, checks.postal_code) {
            (Check::Pass, Check::Pass) => "match",
            (Check::Pass, _) | (_, Check::Pass) => "partial",
            (Check::Fail, _) | (_, Check::Fail) => "no_match",
            _ => "unavailable",
        };
        let cvv = match checks.security_code {
            Check::Pass => "match",
            Check::Fail => "no_match",
            _ => "unavailable",
        };
        facts.attributes.insert("avs".into(), text(avs));
        facts.attributes.insert("cvv".into(), text(cvv));
    }
    facts
}

/// Of a refund of `amount`.
pub fn of_refund(intent: &Intent, amount: Money, authorized: Option<&Facts>, now: Timestamp) -> Facts {
    let mut facts = of_payment(Step::Refund, intent, amount, now);
    if let Some(before) = authorized {
        add_before(&mut facts, before);
    }
    facts
}

/// Of a payout: how long the seller is known and how long ago its account was changed, in seconds; `None`: not known, never.
pub fn of_payout(
    id: String,
    seller: &str,
    amount: Money,
    seller_age: Option<i64>,
    account_age: Option<i64>,
    now: Timestamp,
) -> Facts {
    let attributes = [
        ("currency", Some(Value::Text(amount.currency().code().to_owned()))),
        ("seller_age", seller_age.map(Value::Int)),
        ("since_payout_account_change", account_age.map(Value::Int)),
    ];
    let attributes = attributes.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Facts {
        id,
        step: Step::Payout,
        at: now.as_secs(),
        amount: compared(amount),
        keys: vec![Key::of(KeyKind::Seller, seller)],
        attributes: attributes.collect(),
    }
}

/// Adds what an earlier step was decided upon, but for what follows from history: that is asked anew.
fn add_before(facts: &mut Facts, before: &Facts) {
    let told = before.attributes.iter().filter(|(name, _)| !FOLLOWS.contains(&name.as_str()));
    add(facts, &before.keys, told);
}

/// Adds what is not there yet.
fn add<'a>(facts: &mut Facts, keys: &[Key], attributes: impl Iterator<Item = (&'a String, &'a Value)>) {
    for key in keys {
        if facts.key(key.kind).is_none() {
            facts.keys.push(*key);
        }
    }
    for (name, value) in attributes {
        facts.attributes.entry(name.clone()).or_insert_with(|| value.clone());
    }
}
