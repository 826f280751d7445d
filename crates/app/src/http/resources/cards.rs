//! How a card is shown.

use crate::http::shape::{Field, Of, Shape};
use pmts_payments::{Check, Checks, MethodRef};
use serde_json::{Value, json};

/// A card as it is shown.
pub(super) static CARD: Shape = Shape {
    name: "Card",
    about: "What may be shown of a card.",
    fields: &[
        Field::may("brand", Of::Text, "The card network."),
        Field::is("last4", Of::Text, "The last four digits."),
        Field::is("exp_month", Of::Integer, "The last month in which it is valid."),
        Field::is("exp_year", Of::Integer, "The year of that month."),
        Field::is("checks", Of::Object(&CHECKS), "What the issuer found."),
        Field::may("fingerprint", Of::Text, "Equal for equal card numbers."),
    ],
};

static CHECKS: Shape = Shape {
    name: "CardChecks",
    about: "What the issuer found when it compared what the cardholder gave.",
    fields: &[
        Field::may("address_line1_check", CHECK, "Street and number."),
        Field::may("address_postal_code_check", CHECK, "Postal code."),
        Field::may("cvc_check", CHECK, "Security code."),
    ],
};

const CHECK: Of = Of::Word(&["pass", "fail", "unavailable", "unchecked"]);

/// A card.
pub(super) fn card(method: &MethodRef, fingerprint: Option<&str>, checks: Option<&Checks>) -> Value {
    let (year, month) = expiry(&method.expiry_yymm);
    json!({
        "brand": method.network, "last4": method.last_four, "exp_month": month, "exp_year": year, "fingerprint": fingerprint,
        "checks": {
            "address_line1_check": checks.and_then(|c| check(c.address)),
            "address_postal_code_check": checks.and_then(|c| check(c.postal_code)),
            "cvc_check": checks.and_then(|c| check(c.security_code)),
        },
    })
}

fn check(check: Check) -> Option<&'static str> {
    match check {
        Check::Pass => Some("pass"),
        Check::Fail => Some("fail"),
        Check::Unavailable => Some("unavailable"),
        Check::Unchecked => None,
    }
}

/// Year and month of `YYMM`; zero for what is none.
fn expiry(yymm: &str) -> (u16, u8) {
    let year = yymm.get(..2).and_then(|y| y.parse::<u16>().ok()).map_or(0, |y| y + 2_000);
    (year, yymm.get(2..).and_then(|m| m.parse().ok()).unwrap_or(0))
}
