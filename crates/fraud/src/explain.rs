//! A decision in words: for an analyst, and for the person it concerns.

use crate::decision::{Action, DecidedBy, Decision};
use crate::facts::Facts;
use crate::features::meaning;
use crate::key::KeyKind;
use crate::lists::ListKind;
use crate::model::Contribution;

/// Sentences for an analyst: what was decided, by what, on which grounds, with which versions. No key's value is in them.
pub fn for_analyst(d: &Decision) -> Vec<String> {
    let mut lines = vec![match d.by {
        DecidedBy::Nothing => "Allowed: nothing spoke against it.".to_owned(),
        DecidedBy::List => format!("{}: a list decides.", said(d.action)),
        DecidedBy::Rule => format!("{}: a rule decides.", said(d.action)),
        DecidedBy::Score => format!("{}: the score alone decides.", said(d.action)),
        DecidedBy::Policy => format!(
            "{}: the screen did not answer, so the stated policy for this amount held.",
            said(d.action)
        ),
    }];
    for l in &d.listed {
        let list = match l.list {
            ListKind::Allow => "allow",
            ListKind::Review => "review",
            ListKind::Block => "block",
        };
        lines.push(format!("The {} is on the {list} list: {}.", l.of, l.reason.trim_end_matches('.')));
    }
    for h in &d.hits {
        let weight = if h.live { "" } else { " (in shadow, it decided nothing)" };
        lines.push(format!(
            "Rule {} asks for {}{weight}: {}.",
            h.rule,
            h.action.name(),
            h.reason.trim_end_matches('.')
        ));
    }
    if let (Some(score), Some(p)) = (d.score, d.probability) {
        lines.push(format!(
            "The model sees fraud in {} of 100 such payments (score {}).",
            hundredths(p),
            micro(score)
        ));
        for c in d.contributions.iter().take(5) {
            lines.push(reason(c));
        }
    }
    if let Some(fault) = &d.fault {
        lines.push(format!("Something was wrong: {fault}."));
    }
    let model = d.model.as_deref().unwrap_or("none");
    lines.push(format!("Rules version {}, model {model}.", d.rules_version));
    lines
}

fn reason(c: &Contribution) -> String {
    let direction = if c.micro > 0 { "for" } else { "against" };
    let value = c.value.map_or_else(|| "not known".to_owned(), |v| value(&c.feature, v));
    format!("  {} speaks {direction} fraud: {}, {value}.", micro(c.micro), meaning(&c.feature))
}

/// A feature's value with its unit.
fn value(feature: &str, v: i64) -> String {
    let name = feature.rsplit('.').next().unwrap_or(feature);
    if name.starts_with("since") || name.ends_with("_age") {
        return match v {
            v if v >= 2 * 86_400 => format!("{} days", v / 86_400),
            v if v >= 2 * 3_600 => format!("{} hours", v / 3_600),
            v => format!("{v} seconds"),
        };
    }
    if name.contains("_to_") {
        return format!("{}.{:02} times", v / 1_000, v.rem_euclid(1_000) / 10);
    }
    if name.starts_with("risk") {
        return format!("{} of 1,000", v);
    }
    if name == "amount"
        || name.starts_with("sum")
        || name.starts_with("mean")
        || name.starts_with("max")
        || name == "own_mean"
    {
        return format!("{v} minor units");
    }
    v.to_string()
}

fn micro(v: i64) -> String {
    let sign = if v < 0 { "-" } else { "+" };
    format!("{sign}{}.{:02}", v.abs() / 1_000_000, v.abs() % 1_000_000 / 10_000)
}

fn hundredths(p: u32) -> String {
    format!("{}.{:02}", p / 10_000, p % 10_000 / 100)
}

fn said(action: Action) -> &'static str {
    match action {
        Action::Allow => "Allowed",
        Action::StepUp => "Challenged",
        Action::Review => "Held for review",
        Action::Block => "Refused",
    }
}

/// What the person it concerns is told: true, plain, and of no help to a fraudster. It names no rule, no list and no score,
/// and says how a person can be asked to look at it (GDPR, article 22).
pub fn for_customer(d: &Decision) -> &'static str {
    match d.action {
        Action::Allow => "Your payment was accepted.",
        Action::StepUp => {
            "We need to be sure that it is you who pays. Please confirm the payment with your bank or with the code that we sent you."
        }
        Action::Review => {
            "We are checking your payment before we go on. You do not need to do anything; we will tell you what comes of it."
        }
        Action::Block => {
            "We could not accept this payment. An automatic check of the payment's details decided so. You may pay in another \
             way. You also may ask us to have a person look at the decision, and tell us your view of it."
        }
    }
}

/// What a decision used of a person's data, for whoever it concerns (GDPR, articles 13(2)(f) and 15(1)(h)): kinds of data in plain
/// words, no values, no rules.
pub fn data_used(facts: &Facts) -> Vec<String> {
    let keys = facts.keys.iter().map(|k| match k.kind {
        KeyKind::Customer => "your customer account with the shop, and your earlier payments",
        KeyKind::Card => "the card, as a code that is not its number",
        KeyKind::Device => "the device you paid with",
        KeyKind::Ip | KeyKind::Network => "the internet address you paid from",
        KeyKind::Email => "your e-mail address, as a code",
        KeyKind::Address => "the delivery address, as a code",
        KeyKind::Seller | KeyKind::Terminal => "who you bought from",
        KeyKind::Bin => "which bank issued the card",
    });
    let attributes = facts.attributes.keys().filter_map(|name| match name.as_str() {
        "avs" | "cvv" | "three_ds" => {
            Some("what your bank answered about address, security code and identity")
        }
        "card_country" | "ip_country" | "ship_country" | "customer_country" => {
            Some("the countries of card, delivery and internet address")
        }
        "latitude" | "longitude" | "travel_kmh" | "time_zone_differs" => Some("where you were when you paid"),
        "account_age" | "since_password_change" | "since_contact_change" | "failed_logins_1h" => {
            Some("the age of your account, changes of it, and logins")
        }
        "declines_1h" | "refunds_30d" | "refunded_30d" | "disputes_180d" | "payments_30d"
        | "promotions_30d" | "promotion" => {
            Some("declined payments, refunds, disputes and promotions of yours")
        }
        "shares_with_seller" => Some("what you and the seller have in common"),
        "anonymous_network" => Some("the internet address you paid from"),
        _ => None,
    });
    let mut used = vec!["amount, currency and time of the payment".to_owned()];
    for what in keys.chain(attributes) {
        if !used.iter().any(|u| u == what) {
            used.push(what.to_owned());
        }
    }
    used
}
