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
    /// It is declined, and the issuer says whether to try again.
    DeclineWithAdvice(ResponseCode, [u8; 2]),
    /// It takes effect but is not answered; a repeat is answered.
    Silent,
    /// It takes no effect and is not answered; a repeat does and is.
    Lost,
    /// It is answered so much later.
    Slow(Duration),
    /// It takes effect and is answered, but what comes over the wire is not right; its repeat is answered well.
    Wire(Fault),
    /// The connection is closed before it takes effect; its repeat takes effect and is answered.
    CutBefore,
    /// An authorization is approved for half the amount, rounded down, whether the request allows it or not. Below 2
    /// minor units it is approved in full.
    Partial,
    /// An authorization above so many minor units is approved for these if the request allows it, else declined with 51.
    Limit(i64),
    /// An authorization is judged as ever and answered with these letters, each if what it is about was given.
    Checks {
        /// Address verification; a capital letter.
        address: Option<u8>,
        /// The security code; a capital letter.
        security_code: Option<u8>,
    },
}

/// What is wrong with an answer on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Half of it comes, then nothing more on this connection.
    Half,
    /// It comes twice.
    Twice,
    /// The connection is closed instead.
    Cut,
    /// Bytes that are no answer come instead.
    Garbage,
    /// It has another retrieval reference.
    OtherReference,
    /// It comes after the next answer on the connection; if there is none, never.
    AfterNext,
}

impl Action {
    /// The response code and the advice, if it declines.
    pub(super) fn decline(&self) -> Option<(ResponseCode, Option<[u8; 2]>)> {
        match self {
            Self::Decline(code) => Some((code.clone(), None)),
            Self::DeclineWithAdvice(code, advice) => Some((code.clone(), Some(*advice))),
            _ => None,
        }
    }
}

impl std::fmt::Display for Behaviour {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.on {
            Some(CardOperation::Authorize) => f.write_str("authorization: ")?,
            Some(CardOperation::Advise) => f.write_str("authorization advice: ")?,
            Some(CardOperation::Increment) => f.write_str("increment: ")?,
            Some(CardOperation::Capture) => f.write_str("capture: ")?,
            Some(CardOperation::Void) => f.write_str("void: ")?,
            Some(CardOperation::Refund) => f.write_str("refund: ")?,
            Some(CardOperation::Reverse) => f.write_str("reversal: ")?,
            None => f.write_str("everything: ")?,
        }
        match &self.action {
            Action::Decline(code) => write!(f, "declined with {code}"),
            Action::DeclineWithAdvice(code, [tens, ones]) => {
                write!(f, "declined with {code}, advice {}{}", char::from(*tens), char::from(*ones))
            }
            Action::Silent => f.write_str("takes effect but is not answered; its repeat is"),
            Action::Lost => f.write_str("lost on the way; its repeat is not"),
            Action::Wire(Fault::Half) => {
                f.write_str("half of the answer comes, then nothing more on the connection")
            }
            Action::Wire(Fault::Twice) => f.write_str("answered twice"),
            Action::Wire(Fault::Cut) => {
                f.write_str("takes effect, then the connection is closed; its repeat is answered")
            }
            Action::Wire(Fault::Garbage) => f.write_str("answered with bytes that make no sense"),
            Action::Wire(Fault::OtherReference) => f.write_str("answered with another retrieval reference"),
            Action::Wire(Fault::AfterNext) => f.write_str("answered after the next answer on the connection"),
            Action::CutBefore => {
                f.write_str("the connection is closed before it takes effect; its repeat is answered")
            }
            Action::Slow(time) => write!(f, "answered after {} ms", time.as_millis()),
            Action::Partial => f.write_str("approved for half the amount, allowed or not"),
            Action::Limit(minor) => {
                write!(f, "above {minor} minor units approved for these if allowed, else 51")
            }
            Action::Checks { address, security_code } => {
                f.write_str("approved; compared:")?;
                for (what, letter) in [("address", address), ("security code", security_code)] {
                    if let Some(letter) = letter {
                        write!(f, " {what} {}", char::from(*letter))?;
                    }
                }
                Ok(())
            }
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
    advice: Option<String>,
    ms: Option<u64>,
    minor: Option<i64>,
    address: Option<char>,
    security_code: Option<char>,
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
            "advice" => Some(CardOperation::Advise),
            "increment" => Some(CardOperation::Increment),
            "capture" => Some(CardOperation::Capture),
            "void" => Some(CardOperation::Void),
            "refund" => Some(CardOperation::Refund),
            "reversal" => Some(CardOperation::Reverse),
            _ => return None,
        };
        let authorizes = on == Some(CardOperation::Authorize);
        let letter = |given: Option<char>| given.map(|l| u8::try_from(l).unwrap_or(0));
        let (address, security_code) = (letter(self.address), letter(self.security_code));
        let lettered = address.or(security_code).is_some();
        let action = match (self.does.as_str(), &self.code, self.ms, self.minor, lettered) {
            ("decline", Some(code), None, None, false) => Action::Decline(ResponseCode::from_wire(code)),
            ("silent", None, None, None, false) => Action::Silent,
            ("lost", None, None, None, false) => Action::Lost,
            ("slow", None, Some(ms), None, false) => Action::Slow(Duration::from_millis(ms)),
            ("cut-before", None, None, None, false) => Action::CutBefore,
            ("cut", None, None, None, false) => Action::Wire(Fault::Cut),
            ("half", None, None, None, false) => Action::Wire(Fault::Half),
            ("twice", None, None, None, false) => Action::Wire(Fault::Twice),
            ("garbage", None, None, None, false) => Action::Wire(Fault::Garbage),
            ("other-reference", None, None, None, false) => Action::Wire(Fault::OtherReference),
            ("after-next", None, None, None, false) => Action::Wire(Fault::AfterNext),
            ("partial", None, None, None, false) if authorizes => Action::Partial,
            ("limit", None, None, Some(minor @ 1..), false) if authorizes => Action::Limit(minor),
            ("checks", None, None, None, true) if authorizes => {
                let capital = |l: Option<u8>| l.is_none_or(|l| l.is_ascii_uppercase());
                if !capital(address) || !capital(security_code) {
                    return None;
                }
                Action::Checks { address, security_code }
            }
            _ => return None,
        };
        let action = match (action, self.advice.as_deref().map(str::as_bytes)) {
            (action, None) => action,
            (Action::Decline(code), Some([tens @ b'0'..=b'9', ones @ b'0'..=b'9'])) => {
                Action::DeclineWithAdvice(code, [*tens, *ones])
            }
            _ => return None,
        };
        let declined = !matches!(&action, Action::Decline(code) | Action::DeclineWithAdvice(code, _) if code.is_approval() || code.wire().len() != 2);
        declined.then_some(Behaviour { on, action })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_list_is_valid_and_holds_the_published_numbers() {
        let cards = TestCards::from_toml(include_str!("../../data/test-cards.toml")).unwrap();
        assert_eq!(cards.iter().count(), 41);
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
            card("4242424242424242", "on = 'all'\ndoes = 'decline'\ncode = '05'\nadvice = '3'"),
            card("4242424242424242", "on = 'all'\ndoes = 'silent'\nadvice = '03'"),
            card("4242424242424242", "on = 'capture'\ndoes = 'partial'"),
            card("4242424242424242", "on = 'all'\ndoes = 'slow'"),
            card("4242424242424242", "on = 'all'\ndoes = 'silent'\nms = 3"),
            card("4242424242424242", "on = 'authorization'\ndoes = 'limit'"),
            card("4242424242424242", "on = 'authorization'\ndoes = 'limit'\nminor = 0"),
            card("4242424242424242", "on = 'authorization'\ndoes = 'checks'"),
            card("4242424242424242", "on = 'authorization'\ndoes = 'checks'\naddress = 'n'"),
        ] {
            assert!(TestCards::from_toml(&bad).is_err(), "{bad}");
        }
    }
}
