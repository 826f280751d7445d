//! The payment methods that are always there in test mode. Names and numbers are those of Stripe's public testing page;
//! what happens to them is what the sandbox issuer does with the number.

/// A payment method of test mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TestMethod {
    /// Its name as a payment method.
    pub(super) method: &'static str,
    /// Its name as a card token.
    pub(super) token: &'static str,
    /// The card number. None is a real card's.
    pub(super) pan: &'static str,
}

/// The expiry date of all of them, YYMM.
pub(super) const EXPIRY: &str = "4912";

const fn method(method: &'static str, token: &'static str, pan: &'static str) -> TestMethod {
    TestMethod { method, token, pan }
}

/// All of them.
pub(super) const METHODS: &[TestMethod] = &[
    method("pm_card_visa", "tok_visa", "4242424242424242"),
    method("pm_card_visa_debit", "tok_visa_debit", "4000056655665556"),
    method("pm_card_mastercard", "tok_mastercard", "5555555555554444"),
    method("pm_card_mastercard_debit", "tok_mastercard_debit", "5200828282828210"),
    method("pm_card_amex", "tok_amex", "378282246310005"),
    method("pm_card_discover", "tok_discover", "6011111111111117"),
    method("pm_card_diners", "tok_diners", "3056930009020004"),
    method("pm_card_jcb", "tok_jcb", "3566002020360505"),
    method("pm_card_unionpay", "tok_unionpay", "6200000000000005"),
    method("pm_card_visa_chargeDeclined", "tok_visa_chargeDeclined", "4000000000000002"),
    method("pm_card_chargeDeclined", "tok_chargeDeclined", "4000000000000002"),
    method(
        "pm_card_visa_chargeDeclinedInsufficientFunds",
        "tok_visa_chargeDeclinedInsufficientFunds",
        "4000000000009995",
    ),
    method(
        "pm_card_chargeDeclinedInsufficientFunds",
        "tok_chargeDeclinedInsufficientFunds",
        "4000000000009995",
    ),
    method("pm_card_visa_chargeDeclinedLostCard", "tok_visa_chargeDeclinedLostCard", "4000000000009987"),
    method("pm_card_visa_chargeDeclinedStolenCard", "tok_visa_chargeDeclinedStolenCard", "4000000000009979"),
    method("pm_card_chargeDeclinedExpiredCard", "tok_chargeDeclinedExpiredCard", "4000000000000069"),
    method("pm_card_chargeDeclinedIncorrectCvc", "tok_chargeDeclinedIncorrectCvc", "4000000000000127"),
    method("pm_card_chargeDeclinedProcessingError", "tok_chargeDeclinedProcessingError", "4000000000000119"),
    method("pm_card_chargeDeclinedFraudulent", "tok_chargeDeclinedFraudulent", "4100000000000019"),
    method("pm_card_refundFail", "tok_refundFail", "4000000000005126"),
];

/// The method of a name, as payment method or as token.
pub(super) fn find(name: &str) -> Option<&'static TestMethod> {
    METHODS.iter().find(|m| m.method == name || m.token == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn numbers_are_well_formed_and_names_are_there_once() {
        let mut names = HashSet::new();
        for m in METHODS {
            assert!(pmts_sensitive::Pan::parse(m.pan).is_ok(), "{}", m.method);
            assert!(names.insert(m.method) && names.insert(m.token), "{}", m.method);
            assert_eq!(find(m.token), Some(m));
            assert_eq!(m.method.strip_prefix("pm_card_"), m.token.strip_prefix("tok_"));
        }
    }
}
