//! The features: one list, for training and for deciding.

use crate::key::KeyKind;
use std::sync::OnceLock;

/// A feature that has no value: there is no such key, or nothing to compare with.
pub const MISSING: i64 = i64::MIN;

/// What is computed for each key, in the order in which [`super::History`] writes it: name, and what it says.
///
/// Amounts are minor units, times are seconds, ratios and risks are thousandths. Windows end now; those of known labels
/// end as long ago as labels take, so that they are whole.
pub const PER_KEY: &[(&str, &str)] = &[
    ("count_10m", "payments in the last 10 minutes"),
    ("count_1h", "payments in the last hour"),
    ("count_1d", "payments in the last day"),
    ("count_7d", "payments in the last 7 days"),
    ("count_30d", "payments in the last 30 days"),
    ("sum_1h", "money in the last hour"),
    ("sum_1d", "money in the last day"),
    ("sum_7d", "money in the last 7 days"),
    ("sum_30d", "money in the last 30 days"),
    ("mean_1d", "mean amount of the last day"),
    ("mean_7d", "mean amount of the last 7 days"),
    ("mean_30d", "mean amount of the last 30 days"),
    ("max_1d", "greatest amount of the last day"),
    ("max_7d", "greatest amount of the last 7 days"),
    ("max_30d", "greatest amount of the last 30 days"),
    ("unusual_1d", "payments of an unusual amount in the last day"),
    ("unusual_7d", "payments of an unusual amount in the last 7 days"),
    ("unusual_14d", "payments of an unusual amount in the last 14 days"),
    ("amount_to_mean_7d", "amount against the mean of the last 7 days"),
    ("amount_to_mean_30d", "amount against the mean of the last 30 days"),
    ("amount_to_max_30d", "amount against the greatest of the last 30 days"),
    ("amount_to_own_mean", "amount against the mean of all payments that are not known as fraud"),
    ("max_7d_to_own_mean", "greatest amount of the last 7 days against that mean"),
    ("previous_to_own_mean", "amount before against that mean"),
    ("own_mean", "mean amount of all payments that are not known as fraud"),
    ("since_last", "time since the payment before"),
    ("since_first", "time since the first payment that went on"),
    ("seen", "payments so far that are not known as fraud"),
    ("fraud_1d", "known frauds of a day, as late as labels are"),
    ("fraud_7d", "known frauds of 7 days, as late as labels are"),
    ("fraud_30d", "known frauds of 30 days, as late as labels are"),
    ("risk_1d", "known frauds among the payments of that day"),
    ("risk_7d", "known frauds among the payments of those 7 days"),
    ("risk_30d", "known frauds among the payments of those 30 days"),
    ("ordinary_fraud", "known frauds of the last 46 days whose amount was ordinary"),
    ("frauds", "known frauds so far"),
    ("since_fraud", "time since the last known fraud"),
    ("streak", "known frauds in a row"),
    ("streak_ordinary", "of these, those whose amount was ordinary"),
    ("streak_age", "time since the first of these frauds"),
    ("ordinary_age", "time since the first of these frauds whose amount was ordinary"),
    ("good_since_fraud", "payments known as genuine since the last known fraud"),
];

/// How many other keys of a kind were seen with a key: key, other, window in seconds.
pub(super) const DISTINCT: &[(KeyKind, KeyKind, i64, &str)] = &[
    (KeyKind::Customer, KeyKind::Card, 86_400, "customer.cards_1d"),
    (KeyKind::Customer, KeyKind::Device, 604_800, "customer.devices_7d"),
    (KeyKind::Customer, KeyKind::Ip, 86_400, "customer.ips_1d"),
    (KeyKind::Customer, KeyKind::Terminal, 86_400, "customer.terminals_1d"),
    (KeyKind::Customer, KeyKind::Seller, 86_400, "customer.sellers_1d"),
    (KeyKind::Card, KeyKind::Customer, 604_800, "card.customers_7d"),
    (KeyKind::Card, KeyKind::Device, 86_400, "card.devices_1d"),
    (KeyKind::Card, KeyKind::Ip, 86_400, "card.ips_1d"),
    (KeyKind::Card, KeyKind::Seller, 3_600, "card.sellers_1h"),
    (KeyKind::Device, KeyKind::Card, 3_600, "device.cards_1h"),
    (KeyKind::Device, KeyKind::Card, 86_400, "device.cards_1d"),
    (KeyKind::Device, KeyKind::Customer, 604_800, "device.customers_7d"),
    (KeyKind::Ip, KeyKind::Card, 600, "ip.cards_10m"),
    (KeyKind::Ip, KeyKind::Card, 86_400, "ip.cards_1d"),
    (KeyKind::Ip, KeyKind::Customer, 86_400, "ip.customers_1d"),
    (KeyKind::Email, KeyKind::Card, 86_400, "email.cards_1d"),
    (KeyKind::Address, KeyKind::Customer, 604_800, "address.customers_7d"),
    (KeyKind::Seller, KeyKind::Device, 86_400, "seller.devices_1d"),
    (KeyKind::Bin, KeyKind::Ip, 3_600, "bin.ips_1h"),
];

/// How long ago two keys were seen together: key, other.
pub(super) const PAIRS: &[(KeyKind, KeyKind, &str)] = &[
    (KeyKind::Customer, KeyKind::Card, "customer.since_card"),
    (KeyKind::Customer, KeyKind::Device, "customer.since_device"),
    (KeyKind::Customer, KeyKind::Address, "customer.since_address"),
    (KeyKind::Customer, KeyKind::Seller, "customer.since_seller"),
    (KeyKind::Customer, KeyKind::Terminal, "customer.since_terminal"),
    (KeyKind::Card, KeyKind::Device, "card.since_device"),
];

/// Features of the payment itself.
pub(super) const OWN: &[(&str, &str)] = &[
    ("amount", "the amount"),
    ("hour", "hour of the day, UTC"),
    ("weekday", "day of the week, Monday is 0"),
    ("amount_rank", "payments of at least this amount among all, in millionths"),
    ("unusual", "1 if the amount is unusual for the payer or for all"),
];

/// The names of all features, in the order of a feature vector.
pub fn names() -> &'static [String] {
    static NAMES: OnceLock<Vec<String>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let own = OWN.iter().map(|(name, _)| (*name).to_owned());
        let keyed =
            KeyKind::ALL.iter().flat_map(|k| PER_KEY.iter().map(|(n, _)| format!("{}.{n}", k.name())));
        let distinct = DISTINCT.iter().map(|d| d.3.to_owned());
        let pairs = PAIRS.iter().map(|p| p.2.to_owned());
        own.chain(keyed).chain(distinct).chain(pairs).collect()
    })
}

/// The place of a feature in the vector.
pub fn index(name: &str) -> Option<usize> {
    static BY_NAME: OnceLock<std::collections::HashMap<&'static str, usize>> = OnceLock::new();
    let by_name = BY_NAME.get_or_init(|| names().iter().enumerate().map(|(i, n)| (n.as_str(), i)).collect());
    by_name.get(name).copied()
}

/// What a feature says, in words.
pub fn meaning(name: &str) -> String {
    if let Some((_, text)) = OWN.iter().find(|(n, _)| *n == name) {
        return (*text).to_owned();
    }
    let (kind, rest) = name.split_once('.').unwrap_or(("", name));
    if let Some((_, text)) = PER_KEY.iter().find(|(n, _)| *n == rest) {
        return format!("{text}, of the {kind}");
    }
    if let Some((_, other, seconds, _)) = DISTINCT.iter().find(|d| d.3 == name) {
        return format!("different {}s seen with the {kind} within {}", other.name(), span(*seconds));
    }
    if let Some((_, other, _)) = PAIRS.iter().find(|p| p.2 == name) {
        return format!(
            "time since the {kind} was last seen with this {}, of which a payment went on",
            other.name()
        );
    }
    name.to_owned()
}

fn span(seconds: i64) -> String {
    match seconds {
        s if s >= 86_400 => format!("{} days", s / 86_400),
        s if s >= 3_600 => format!("{} hours", s / 3_600),
        s => format!("{} minutes", s / 60),
    }
}
