//! Which card does what.

use crate::SandboxError;
use pmts_cards::ResponseCode;
use pmts_cards::message::CardOperation;
use pmts_sensitive::luhn_valid;
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

/// What the issuer does with a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behaviour {
    /// The request that it happens to; `None` for all.
    pub on: Option<CardOperation>,
    /// What happens.
    pub action: Action,
}

/// What happens to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// It is declined.
    Decline(ResponseCode),
    /// It takes effect but is not answered; a repeat is answered.
    Silent,
    /// It takes no effect and is not answered; a repeat does and is.
    Lost,
    /// It is answered so much later.
    Slow(Duration),
    /// An authorization is approved for half the amount, rounded down. Below 2 minor units it is approved in full.
    Partial,
}

impl std::fmt::Display for Behaviour {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.on {
            Some(CardOperation::Authorize) => f.write_str("authorization: ")?,
            Some(CardOperation::Capture) => f.write_str("capture: ")?,
            Some(CardOperation::Refund) => f.write_str("refund: ")?,
            Some(CardOperation::Reverse) => f.write_str("reversal: ")?,
            None => f.write_str("everything: ")?,
        }
        match &self.action {
            Action::Decline(code) => write!(f, "declined with {code}"),
            Action::Silent => f.write_str("takes effect but is not answered; its repeat is"),
            Action::Lost => f.write_str("lost on the way; its repeat is not"),
            Action::Slow(time) => write!(f, "answered after {} ms", time.as_millis()),
            Action::Partial => f.write_str("approved for half the amount"),
        }
    }
}

/// The cards that are not just approved.
#[derive(Debug, Clone)]
pub struct TestCards {
    by_pan: Arc<HashMap<String, Behaviour>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    card: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    pan: String,
    on: String,
    does: String,
    code: Option<String>,
    ms: Option<u64>,
    #[serde(rename = "note")]
    _note: String,
}

static PUBLISHED: LazyLock<TestCards> = LazyLock::new(|| {
    TestCards::from_toml(include_str!("../../data/test-cards.toml"))
        .expect("the built-in list is valid: a test loads it")
});

impl TestCards {
    /// No card is special.
    pub fn none() -> Self {
        Self { by_pan: Arc::default() }
    }

    /// Reads a list in the form of `data/test-cards.toml`.
    ///
    /// # Errors
    /// [`SandboxError::TestCards`] when the text is not TOML of this shape, a check digit is wrong, a number is there
    /// twice, or an entry makes no sense.
    pub fn from_toml(text: &str) -> Result<Self, SandboxError> {
        let bad = |reason: String| SandboxError::TestCards { reason };
        let file: File = toml::from_str(text).map_err(|e| bad(e.message().to_owned()))?;
        let mut by_pan = HashMap::new();
        for (place, entry) in file.card.into_iter().enumerate() {
            if !luhn_valid(&entry.pan) {
                return Err(bad(format!("entry {place}: the check digit is wrong")));
            }
            let behaviour = entry.behaviour().ok_or_else(|| bad(format!("entry {place}: makes no sense")))?;
            if by_pan.insert(entry.pan, behaviour).is_some() {
                return Err(bad(format!("entry {place}: the card is there twice")));
            }
        }
        Ok(Self { by_pan: Arc::new(by_pan) })
    }

    /// The same list with one card added or changed.
    #[must_use]
    pub fn with(mut self, pan: impl Into<String>, on: Option<CardOperation>, action: Action) -> Self {
        Arc::make_mut(&mut self.by_pan).insert(pan.into(), Behaviour { on, action });
        self
    }

    /// What happens to this request on this card; `None` if nothing special.
    pub fn action(&self, pan: &str, operation: CardOperation) -> Option<&Action> {
        let behaviour = self.by_pan.get(pan)?;
        behaviour.on.is_none_or(|on| on == operation).then_some(&behaviour.action)
    }

    /// All listed cards, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Behaviour)> {
        self.by_pan.iter().map(|(pan, behaviour)| (pan.as_str(), behaviour))
    }
}

impl Default for TestCards {
    /// The documented cards: `data/test-cards.toml`.
    fn default() -> Self {
        PUBLISHED.clone()
    }
}

impl Entry {
    fn behaviour(&self) -> Option<Behaviour> {
        let on = match self.on.as_str() {
            "all" => None,
            "authorization" => Some(CardOperation::Authorize),
            "capture" => Some(CardOperation::Capture),
            "refund" => Some(CardOperation::Refund),
            "reversal" => Some(CardOperation::Reverse),
            _ => return None,
        };
        let action = match (self.does.as_str(), &self.code, self.ms) {
            ("decline", Some(code), None) => Action::Decline(ResponseCode::from_wire(code)),
            ("silent", None, None) => Action::Silent,
            ("lost", None, None) => Action::Lost,
            ("slow", None, Some(ms)) => Action::Slow(Duration::from_millis(ms)),
            ("partial", None, None) if on == Some(CardOperation::Authorize) => Action::Partial,
            _ => return None,
        };
        let declined =
            !matches!(&action, Action::Decline(code) if code.is_approval() || code.wire().len() != 2);
        declined.then_some(Behaviour { on, action })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_list_is_valid_and_holds_the_published_numbers() {
        let cards = TestCards::from_toml(include_str!("../../data/test-cards.toml")).unwrap();
        assert_eq!(cards.iter().count(), 21);
        let on = CardOperation::Authorize;
        assert_eq!(
            cards.action("4000000000009995", on),
            Some(&Action::Decline(ResponseCode::InsufficientFunds))
        );
        assert_eq!(cards.action("4000000000009995", CardOperation::Capture), None);
        assert_eq!(cards.action("4242424242424242", on), None);
    }

    #[test]
    fn lists_that_make_no_sense_are_refused() {
        let card = |pan: &str, rest: &str| format!("[[card]]\npan = '{pan}'\nnote = ''\n{rest}\n");
        let good = card("4242424242424242", "on = 'all'\ndoes = 'silent'");
        assert!(TestCards::from_toml(&good).is_ok());
        for bad in [
            good.repeat(2),
            card("4242424242424241", "on = 'all'\ndoes = 'silent'"),
            card("4242424242424242", "on = 'never'\ndoes = 'silent'"),
            card("4242424242424242", "on = 'all'\ndoes = 'decline'"),
            card("4242424242424242", "on = 'all'\ndoes = 'decline'\ncode = '00'"),
            card("4242424242424242", "on = 'all'\ndoes = 'decline'\ncode = '051'"),
            card("4242424242424242", "on = 'capture'\ndoes = 'partial'"),
            card("4242424242424242", "on = 'all'\ndoes = 'slow'"),
            card("4242424242424242", "on = 'all'\ndoes = 'silent'\nms = 3"),
        ] {
            assert!(TestCards::from_toml(&bad).is_err(), "{bad}");
        }
    }
}
