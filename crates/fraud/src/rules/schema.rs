//! What rules may ask for, and of which type it is.

use crate::facts::Value;
use crate::features;
use serde::{Deserialize, Serialize};

/// The type of a value or an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Type {
    /// Yes or no.
    Bool,
    /// A whole number.
    Int,
    /// A text.
    Text,
}

impl Type {
    /// The name in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Text => "text",
        }
    }
}

/// Where a value that a rule asks for comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// A place of the feature vector.
    Feature(usize),
    /// The name of the step.
    Step,
    /// The probability of fraud by the model, in millionths.
    Probability,
    /// An attribute of the facts.
    Attribute(&'static str),
}

/// The attributes of facts: name, type, and what it says.
pub const ATTRIBUTES: &[(&str, Type, &str)] = &[
    ("currency", Type::Text, "the payment's currency, three capital letters"),
    ("card_country", Type::Text, "where the card was issued, two capital letters"),
    ("ip_country", Type::Text, "where the internet address is"),
    ("ship_country", Type::Text, "where the goods go"),
    ("customer_country", Type::Text, "where the customer lives"),
    ("avs", Type::Text, "what the issuer said of the address: match, partial, no_match, unavailable"),
    ("cvv", Type::Text, "what the issuer said of the code: match, no_match, unavailable"),
    ("three_ds", Type::Text, "what came of 3-D Secure: authenticated, attempted, failed, unavailable, none"),
    ("time_zone_differs", Type::Bool, "the device's time zone is not that of its internet address"),
    ("anonymous_network", Type::Bool, "the internet address hides who uses it"),
    ("travel_kmh", Type::Int, "the speed needed to come here from where the customer was before, in km/h"),
    ("latitude", Type::Int, "where the payer is, millionths of a degree north"),
    ("longitude", Type::Int, "where the payer is, millionths of a degree east"),
    ("account_age", Type::Int, "how old the customer's account is, in seconds"),
    ("since_password_change", Type::Int, "time since the password was changed, in seconds"),
    ("since_contact_change", Type::Int, "time since e-mail or telephone was changed, in seconds"),
    ("failed_logins_1h", Type::Int, "logins that failed in the last hour"),
    ("declines_1h", Type::Int, "payments of the card or device declined in the last hour"),
    ("refunds_30d", Type::Int, "refunds to the customer in the last 30 days"),
    ("payments_30d", Type::Int, "payments of the customer in the last 30 days"),
    ("refunded_30d", Type::Int, "money refunded to the customer in the last 30 days, minor units"),
    ("disputes_180d", Type::Int, "disputes of the customer in the last 180 days"),
    ("delivered", Type::Bool, "the goods are known as delivered"),
    ("digital", Type::Bool, "nothing is shipped"),
    ("promotion", Type::Bool, "a promotion or coupon is used"),
    ("promotions_30d", Type::Int, "promotions used from the same device or address in the last 30 days"),
    (
        "shares_with_seller",
        Type::Bool,
        "buyer and seller share a device, a card, an address or a bank account",
    ),
    ("seller_age", Type::Int, "how old the seller's account is, in seconds"),
    (
        "since_payout_account_change",
        Type::Int,
        "time since the seller's bank account was changed, in seconds",
    ),
    ("buyers_of_seller_30d", Type::Int, "different buyers of the seller in the last 30 days"),
];

/// What rules may ask for: features, attributes, `step` and `probability`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Schema;

impl Schema {
    pub(super) fn find(name: &str) -> Option<(Source, Type)> {
        match name {
            "step" => return Some((Source::Step, Type::Text)),
            "probability" => return Some((Source::Probability, Type::Int)),
            _ => {}
        }
        if let Some((name, of, _)) = ATTRIBUTES.iter().find(|a| a.0 == name) {
            return Some((Source::Attribute(name), *of));
        }
        features::index(name).map(|i| (Source::Feature(i), Type::Int))
    }

    /// The type of an attribute; `None`: there is none of this name.
    pub fn attribute(name: &str) -> Option<Type> {
        ATTRIBUTES.iter().find(|a| a.0 == name).map(|a| a.1)
    }

    /// Whether an attribute is known and its value of the right type.
    pub fn fits(name: &str, value: &Value) -> bool {
        ATTRIBUTES.iter().any(|(n, of, _)| {
            *n == name
                && matches!(
                    (of, value),
                    (Type::Bool, Value::Bool(_)) | (Type::Int, Value::Int(_)) | (Type::Text, Value::Text(_))
                )
        })
    }
}
