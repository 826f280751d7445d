//! Rules: data in one expression language, checked when they are saved.
//!
//! The language is the part of CEL (Common Expression Language) that needs no floats: `&& || ! == != < <= > >= + - * / %`,
//! `in [..]`, `has(x)`, whole numbers (`10_000`), texts, `true` and `false`.
//!
//! ```
//! use pmts_fraud::rules::{Rule, RuleSet};
//! let rules = r#"{"version":1,"rules":[{"id":"many_cards","when":"device.cards_1h >= 4","action":"block","state":"live",
//!     "reason":"many cards from one device"}]}"#;
//! assert!(RuleSet::from_json(rules.as_bytes()).is_ok());
//! let wrong = rules.replace(">= 4", ">= '4'");
//! assert!(RuleSet::from_json(wrong.as_bytes()).unwrap_err().to_string().contains("type text, not int"));
//! ```

mod eval;
#[cfg(test)]
mod laws;
mod lexer;
mod parse;
mod rule;
mod schema;
mod starter;

pub use eval::{Asked, Expression};
pub use rule::{Hit, Rule, RuleSet, RuleState};
pub use schema::{ATTRIBUTES, Schema, Type};
pub use starter::starter;
