//! Rules to begin with.

use super::rule::RuleSet;
use crate::error::FraudError;

/// The starting rules: card testing, account take-over, refund abuse, collusion of seller and buyer, abuse of promotions, friendly
/// fraud. All in shadow but those that hardly ever hit an honest payer: look at what they would have done, then set them live.
///
/// # Errors
/// None; a test reads them.
pub fn starter() -> Result<RuleSet, FraudError> {
    RuleSet::from_json(include_bytes!("../../data/starter_rules.json"))
}
