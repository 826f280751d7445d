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
            Self::Unavailable(_) => &codes::UNAVAILABLE,
        }
    }
}
