//! What can go wrong with rules, models and files of history.

use pmts_kernel::{CodeInfo, Coded};

/// An error of this crate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FraudError {
    /// A rule cannot be read, or asks for something that does not exist or is of another type.
    #[error("rule {rule}: at character {at}: {why}")]
    Rule {
        /// Which rule.
        rule: String,
        /// Where in its expression, from 1.
        at: usize,
        /// What is wrong.
        why: String,
    },
    /// A set of rules is not right as a whole.
    #[error("rules: {0}")]
    RuleSet(String),
    /// A model is not right.
    #[error("model: {0}")]
    Model(String),
    /// There is too little to learn from.
    #[error("too little to learn from: {0}")]
    TooLittle(String),
    /// A text is empty or too long.
    #[error("a text is needed, of at most {max} bytes")]
    Text {
        /// The longest.
        max: usize,
    },
    /// More of something than is kept.
    #[error("1 to {max} {what} are taken")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The most.
        max: usize,
    },
    /// It is not in a state for this.
    #[error("{what} that is {from} does not become {to}")]
    Move {
        /// What.
        what: &'static str,
        /// Where it stands.
        from: &'static str,
        /// Where it was to go.
        to: &'static str,
    },
    /// Somebody else looks at it, or nobody who asks does.
    #[error("it is claimed by {by}: whoever closes a review has claimed it")]
    Claimed {
        /// Who.
        by: String,
    },
    /// Another person has to do this.
    #[error("another person has to decide this")]
    FourEyes,
    /// A scorer or a screen did not answer.
    #[error("the fraud screen did not answer: {0}")]
    Unavailable(String),
}

pmts_kernel::error_codes! {
    /// A rule.
    RULE_INVALID = "FRAUD_RULE_INVALID", Fix, "a rule cannot be read or does not fit the facts it may ask for";
    /// A set of rules.
    RULE_SET_INVALID = "FRAUD_RULE_SET_INVALID", Fix, "a set of rules or a list is not right as a whole";
    /// A model.
    MODEL_INVALID = "FRAUD_MODEL_INVALID", Fix, "a model file is damaged, or of features that are not known here";
    /// Training.
    TOO_LITTLE = "FRAUD_TOO_LITTLE", Fix, "a model needs fraud and genuine payments to learn from";
    /// Text.
    TEXT = "FRAUD_TEXT", Fix, "a note, a reason or a name is empty or too long";
    /// Too many.
    TOO_MANY = "FRAUD_TOO_MANY", Fix, "more items, links or notes than are kept, or none";
    /// Wrong state.
    MOVE = "FRAUD_MOVE", Decide, "a review, case, bulk action or appeal is not in a state for this";
    /// Claimed.
    CLAIMED = "FRAUD_CLAIMED", Decide, "a review is claimed by somebody else, or by nobody: claim it first";
    /// Four eyes.
    FOUR_EYES = "FRAUD_FOUR_EYES", Decide, "another person, or a person at all, has to decide this";
    /// Unavailable.
    UNAVAILABLE = "FRAUD_UNAVAILABLE", Retry, "the fraud screen did not answer in time: the stated policy holds";
}

impl Coded for FraudError {
    fn code(&self) -> &'static CodeInfo {
        match self {
            Self::Rule { .. } => &codes::RULE_INVALID,
            Self::RuleSet(_) => &codes::RULE_SET_INVALID,
            Self::Model(_) => &codes::MODEL_INVALID,
            Self::TooLittle(_) => &codes::TOO_LITTLE,
            Self::Text { .. } => &codes::TEXT,
            Self::TooMany { .. } => &codes::TOO_MANY,
            Self::Move { .. } => &codes::MOVE,
            Self::Claimed { .. } => &codes::CLAIMED,
            Self::FourEyes => &codes::FOUR_EYES,
            Self::Unavailable(_) => &codes::UNAVAILABLE,
        }
    }
}
