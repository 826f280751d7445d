//! What the issuer knows and decides, without a connection or a clock.

use super::recent::Recent;
use super::totals::IssuerTotals;
use super::{Action, Fault, TestCards};
use chrono::Datelike;
use pmts_cards::iso8583::{FieldTable, Message, Mti};
use pmts_cards::message::{
    CardOperation, CardRequest, HostRequest, Remarks, Verdict, answer, network_answer,
};
use pmts_cards::{CardsError, MessageKey, Network, ResponseCode};
use pmts_kernel::Timestamp;
use pmts_money::{Currency, Money};
use pmts_sensitive::luhn_valid;
use std::collections::{BTreeMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// What the issuer does about a message.
#[derive(Debug)]
pub enum Reply {
    /// It answers, so much later.
    Answer {
        /// The answer.
        message: Box<Message>,
        /// How much later.
        after: Duration,
        /// What is wrong with it on the wire.
        fault: Option<Fault>,
    },
    /// It closes the connection.
    Cut,
    /// It does not answer.
    Silence,
    /// The message is no request at all: the connection cannot be trusted.
    Refused(CardsError),
}

/// How a verdict is told.
#[derive(PartialEq, Eq)]
enum How {
    AtOnce,
    After(Duration),
    Wrong(Fault),
    Cut,
}

/// Something that took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effect {
    /// What was done.
    pub operation: CardOperation,
    /// How much: approved, captured, refunded or set free.
    pub amount: Money,
}

/// The issuer's books. The same messages in the same order give the same answers.
pub struct IssuerBook {
    cards: TestCards,
    hasher: RandomState,
    /// Approved and declined.
    authorizations: Recent<Origin, Authorization>,
    /// Everything but authorizations.
    followers: Recent<(CardOperation, Origin), Follower>,
    /// Authorizations and increments that were reversed before they came.
    tombstones: Recent<Origin, ()>,
    effects: VecDeque<([u8; 12], Effect)>,
    recent_max: usize,
    totals: BTreeMap<Currency, IssuerTotals>,
    approvals: u64,
    unmatched_refunds: u64,
    take_unknown_captures: bool,
}

/// Which message: fields 11, 7 and 32.
type Origin = (MessageKey, u64);

struct Authorization {
    /// A hash of the card number.
    card: u64,
    asked: Money,
    response: ResponseCode,
    /// The count of approvals that the approval code is made from; 0 if declined.
    approval: u64,
    /// The approval code, if it was approved in the issuer's place.
    given_code: Option<[u8; 6]>,
    /// What was approved, in minor units.
    approved: i64,
    /// What is authorized: what was approved and added, less what was reversed.
    authorized: i64,
    captured: i64,
    /// Whether the last capture was taken.
    finished: bool,
    refunded: i64,
    /// Whether all of it was reversed or voided.
    reversed: bool,
    remarks: Remarks,
}

struct Follower {
    amount: Money,
    response: ResponseCode,
    /// The authorization it is about.
    about: Option<Origin>,
    /// As of the authorization, if it is an increment that was approved.
    approval: u64,
    /// Whether it is an increment that was reversed.
    undone: bool,
    /// Whether to try again, if it was declined.
    advice: Option<[u8; 2]>,
}

impl Follower {
    fn verdict(&self) -> Verdict {
        let approval_code = (self.approval > 0).then(|| approval_code(self.approval));
        let remarks = Remarks { advice: self.advice, ..Remarks::default() };
        Verdict { approval_code, remarks, ..Verdict::bare(self.response.clone()) }
    }
}

impl Authorization {
    fn verdict(&self) -> Verdict {
        let partial = self.response == ResponseCode::PartialApproval;
        Verdict {
            response: self.response.clone(),
            approval_code: (self.approval > 0).then(|| approval_code(self.approval)),
            partial: partial.then(|| Money::new(self.approved, self.asked.currency())),
            remarks: self.remarks,
        }
    }
}

/// Six digits and capital letters.
fn approval_code(mut count: u64) -> String {
    let mut code = [b'0'; 6];
    for place in code.iter_mut().rev() {
        let digit = (count % 36) as u8;
        *place = if digit < 10 { b'0' + digit } else { b'A' + digit - 10 };
        count /= 36;
    }
    code.iter().map(|b| char::from(*b)).collect()
}

impl IssuerBook {
    /// Empty books.
    pub fn new(cards: TestCards, recent_max: usize) -> Self {
        Self {
            cards,
            hasher: RandomState::new(),
            authorizations: Recent::new(recent_max),
            followers: Recent::new(recent_max),
            tombstones: Recent::new(recent_max),
            effects: VecDeque::new(),
            recent_max,
            totals: BTreeMap::new(),
            approvals: 0,
            unmatched_refunds: 0,
            take_unknown_captures: false,
        }
    }

    /// The same books, which take a capture with an approval code although its authorization is not found.
    #[must_use]
    pub fn taking_unknown_captures(mut self) -> Self {
        self.take_unknown_captures = true;
        self
    }

    /// Takes a message. `now` gives the year, which messages do not carry.
    pub fn handle(&mut self, message: &Message, now: Timestamp, table: &FieldTable) -> Reply {
        let (result, how) = match HostRequest::read(message) {
            Ok(HostRequest::Network(code)) => (network_answer(message, code, table), How::AtOnce),
            Ok(HostRequest::Card(request)) => {
                let (verdict, how) = self.decide(&request, now);
                match verdict {
                    Some(verdict) => (answer(message, &verdict, table), how),
                    None if how == How::Cut => return Reply::Cut,
                    None => return Reply::Silence,
                }
            }
            Err(_) if message.mti().is_request() && MessageKey::of(message).is_ok() => {
                (answer(message, &Verdict::bare(ResponseCode::FormatError), table), How::AtOnce)
            }
            Err(error) => return Reply::Refused(error),
        };
        let (after, fault) = match how {
            How::After(time) => (time, None),
            How::Wrong(fault) => (Duration::ZERO, Some(fault)),
            How::AtOnce | How::Cut => (Duration::ZERO, None),
        };
        match result {
            Ok(message) => Reply::Answer { message: Box::new(message), after, fault },
            Err(error) => Reply::Refused(error),
        }
    }

    /// What took effect, by currency.
    pub fn totals(&self) -> &BTreeMap<Currency, IssuerTotals> {
        &self.totals
    }

    /// What took effect under a retrieval reference number, oldest first, as far as it is kept in detail. Looks through
    /// all that is kept: for tests.
    pub fn effects(&self, rrn: &str) -> Vec<Effect> {
        self.effects.iter().filter(|(kept, _)| kept == rrn.as_bytes()).map(|(_, effect)| *effect).collect()
    }

    /// Refunds whose sale was not known.
    pub fn unmatched_refunds(&self) -> u64 {
        self.unmatched_refunds
    }

    /// The verdict, if it is told, and how.
    fn decide(&mut self, request: &CardRequest<'_>, now: Timestamp) -> (Option<Verdict>, How) {
        let action = self.cards.action(request.pan, request.operation).cloned();
        match action {
            Some(Action::Lost) if !request.repeat => return (None, How::AtOnce),
            Some(Action::CutBefore) if !request.repeat => return (None, How::Cut),
            _ => {}
        }
        let origin = (request.key, request.acquirer);
        let verdict = match request.operation {
            CardOperation::Authorize => self.authorize(origin, request, action.as_ref(), now),
            CardOperation::Advise => self.advise(origin, request),
            _ => self.follow(origin, request, action.as_ref()),
        };
        match action {
            Some(Action::Silent) if !request.repeat => (None, How::AtOnce),
            Some(Action::Wire(Fault::Cut)) if !request.repeat => (None, How::Cut),
            Some(Action::Wire(fault)) if !request.repeat => (Some(verdict), How::Wrong(fault)),
            Some(Action::Slow(after)) => (Some(verdict), How::After(after)),
            _ => (Some(verdict), How::AtOnce),
        }
    }

    fn authorize(
        &mut self,
        origin: Origin,
        request: &CardRequest<'_>,
        action: Option<&Action>,
        now: Timestamp,
    ) -> Verdict {
        let (card, asked) = (self.hasher.hash_one(request.pan), request.amount);
        if let Some(known) = self.authorizations.get(&origin) {
            let same = known.asked == asked && known.card == card;
            return if same { known.verdict() } else { Verdict::bare(ResponseCode::Duplicate) };
        }
        let reversed_before = self.tombstones.get(&origin).map(|()| ResponseCode::DoNotHonor);
        let (response, approved) = match reversed_before.or_else(|| refusal(request, action, now)) {
            Some(response) => (response, 0),
            None => granted(request, action),
        };
        let mut approval = 0;
        if response.is_approval() {
            self.approvals += 1;
            approval = self.approvals;
            self.effect(request, approved);
        }
        let kept = Authorization {
            card,
            asked,
            response,
            approval,
            given_code: None,
            approved,
            authorized: approved,
            captured: 0,
            finished: false,
            refunded: 0,
            reversed: false,
            remarks: compared(request, action),
        };
        let verdict = kept.verdict();
        self.authorizations.insert(origin, kept);
        verdict
    }

    /// Takes what was approved in its place: it cannot be declined.
    fn advise(&mut self, origin: Origin, request: &CardRequest<'_>) -> Verdict {
        let (card, asked) = (self.hasher.hash_one(request.pan), request.amount);
        if let Some(known) = self.authorizations.get(&origin) {
            let same = known.asked == asked && known.card == card && known.given_code.is_some();
            let response = if same { ResponseCode::Approved } else { ResponseCode::Duplicate };
            return Verdict::bare(response);
        }
        let minor = asked.minor();
        self.approvals += 1;
        self.effect(request, minor);
        let given_code = request.approval_code.and_then(|code| code.as_bytes().try_into().ok());
        let kept = Authorization {
            card,
            asked,
            response: ResponseCode::Approved,
            approval: self.approvals,
            given_code: Some(given_code.unwrap_or_default()),
            approved: minor,
            authorized: minor,
            captured: 0,
            finished: false,
            refunded: 0,
            reversed: false,
            remarks: Remarks::default(),
        };
        self.authorizations.insert(origin, kept);
        Verdict::bare(ResponseCode::Approved)
    }

    fn follow(&mut self, origin: Origin, request: &CardRequest<'_>, action: Option<&Action>) -> Verdict {
        let place = (request.operation, origin);
        if let Some(known) = self.followers.get(&place) {
            let same = known.amount == request.amount;
            return if same { known.verdict() } else { Verdict::bare(ResponseCode::Duplicate) };
        }
        let about = self.about(request);
        let declined = action.and_then(Action::decline);
        let advice = declined.as_ref().and_then(|(_, advice)| *advice);
        let result = match (declined, request.operation) {
            (Some((code, _)), _) => Err(code),
            (_, CardOperation::Increment) => self.increment(origin, about, request),
            (_, CardOperation::Capture) => self.capture(about, request),
            (_, CardOperation::Void) => self.void(about, request),
            (_, CardOperation::Refund) => self.refund(about, request),
            _ => self.reverse(about, request),
        };
        let response = match result {
            Ok(minor) => {
                self.effect(request, minor);
                ResponseCode::Approved
            }
            Err(response) => response,
        };
        let added = request.operation == CardOperation::Increment && response.is_approval();
        let known = about.filter(|_| added).and_then(|origin| self.authorizations.get(&origin));
        let approval = known.map_or(0, |known| known.approval);
        let kept = Follower { amount: request.amount, response, about, approval, undone: false, advice };
        let verdict = kept.verdict();
        self.followers.insert(place, kept);
        verdict
    }

    /// The authorization that a request is about.
    fn about(&self, request: &CardRequest<'_>) -> Option<Origin> {
        let original = request.original?;
        let origin = (original.key, original.acquirer);
        match original.mti {
            Mti::AUTHORIZATION_REQUEST | Mti::AUTHORIZATION_ADVICE => {
                match self.followers.get(&(CardOperation::Increment, origin)) {
                    Some(increment) if request.operation == CardOperation::Reverse => increment.about,
                    _ => Some(origin),
                }
            }
            Mti::FINANCIAL_ADVICE => self.followers.get(&(CardOperation::Capture, origin))?.about,
            _ => None,
        }
    }

    /// The authorization, if it is kept and of the same card and currency.
    fn matching(
        &mut self,
        about: Option<Origin>,
        request: &CardRequest<'_>,
    ) -> Result<&mut Authorization, ResponseCode> {
        let card = self.hasher.hash_one(request.pan);
        let known = about
            .and_then(|origin| self.authorizations.get_mut(&origin))
            .ok_or(ResponseCode::OriginalNotFound)?;
        let other_code = |given: &str| match known.given_code {
            Some(code) => given.as_bytes() != code,
            None => known.approval == 0 || given != approval_code(known.approval),
        };
        if known.card != card || request.approval_code.is_some_and(other_code) {
            return Err(ResponseCode::InvalidTransaction);
        }
        if known.asked.currency() != request.amount.currency() {
            return Err(ResponseCode::InvalidAmount);
        }
        Ok(known)
    }

    fn increment(
        &mut self,
        origin: Origin,
        about: Option<Origin>,
        request: &CardRequest<'_>,
    ) -> Result<i64, ResponseCode> {
        if self.tombstones.get(&origin).is_some() {
            return Err(ResponseCode::DoNotHonor);
        }
        let known = self.matching(about, request)?;
        if !known.response.is_approval() || known.reversed || known.finished {
            return Err(ResponseCode::InvalidTransaction);
        }
        let minor = request.amount.minor();
        let held = known.authorized.checked_add(minor).ok_or(ResponseCode::InvalidAmount)?;
        if request.total.is_some_and(|total| total != Money::new(held, request.amount.currency())) {
            return Err(ResponseCode::InvalidAmount);
        }
        known.authorized = held;
        Ok(minor)
    }

    fn capture(&mut self, about: Option<Origin>, request: &CardRequest<'_>) -> Result<i64, ResponseCode> {
        let take_unknown = self.take_unknown_captures && request.approval_code.is_some();
        let known = match self.matching(about, request) {
            // A completion is an advice. An issuer that forgets with its process takes one of a sale from before.
            Err(ResponseCode::OriginalNotFound) if take_unknown => {
                return Ok(request.amount.minor());
            }
            known => known?,
        };
        if !known.response.is_approval() || known.finished {
            return Err(ResponseCode::InvalidTransaction);
        }
        let minor = request.amount.minor();
        if minor > known.authorized - known.captured {
            return Err(ResponseCode::InvalidAmount);
        }
        known.captured += minor;
        known.finished = request.last;
        Ok(minor)
    }

    fn void(&mut self, about: Option<Origin>, request: &CardRequest<'_>) -> Result<i64, ResponseCode> {
        let known = self.matching(about, request)?;
        if !known.response.is_approval() || known.reversed || known.captured > 0 {
            return Err(ResponseCode::InvalidTransaction);
        }
        if request.amount.minor() != known.authorized {
            return Err(ResponseCode::InvalidAmount);
        }
        known.reversed = true;
        Ok(std::mem::take(&mut known.authorized))
    }

    fn refund(&mut self, about: Option<Origin>, request: &CardRequest<'_>) -> Result<i64, ResponseCode> {
        let minor = request.amount.minor();
        match self.matching(about, request) {
            Ok(known) if minor <= known.captured - known.refunded => known.refunded += minor,
            Ok(_) => return Err(ResponseCode::InvalidAmount),
            Err(ResponseCode::OriginalNotFound) => self.unmatched_refunds += 1,
            Err(response) => return Err(response),
        }
        Ok(minor)
    }

    /// What was set free. A reversal of what was declined is accepted and does not count.
    fn reverse(&mut self, about: Option<Origin>, request: &CardRequest<'_>) -> Result<i64, ResponseCode> {
        let origin = request.original.map(|original| (original.key, original.acquirer));
        if let Some(origin) = origin.filter(|origin| Some(*origin) != about) {
            return self.reverse_increment(origin, about, request);
        }
        let known = match self.matching(about, request) {
            Ok(known) => known,
            Err(response) => {
                if let (ResponseCode::OriginalNotFound, Some(origin)) = (&response, about) {
                    self.tombstones.insert(origin, ());
                }
                return Err(response);
            }
        };
        let remaining = request.remaining.map_or(0, |money| money.minor());
        if known.reversed {
            return Err(ResponseCode::Duplicate);
        }
        if request.remaining.is_none() && known.captured > 0 {
            return Err(ResponseCode::InvalidTransaction);
        }
        if remaining > known.authorized || remaining < known.captured {
            return Err(if known.response.is_approval() {
                ResponseCode::InvalidAmount
            } else {
                ResponseCode::Approved
            });
        }
        let freed = known.authorized - remaining;
        known.authorized = remaining;
        known.reversed = request.remaining.is_none();
        Ok(freed)
    }

    /// What was set free of an increment. One that was declined is accepted and does not count.
    fn reverse_increment(
        &mut self,
        origin: Origin,
        about: Option<Origin>,
        request: &CardRequest<'_>,
    ) -> Result<i64, ResponseCode> {
        let place = (CardOperation::Increment, origin);
        let (amount, approved, undone) = match self.followers.get(&place) {
            Some(increment) => (increment.amount, increment.response.is_approval(), increment.undone),
            None => return Err(ResponseCode::OriginalNotFound),
        };
        if !approved {
            return Ok(0);
        }
        let known = self.matching(about, request)?;
        if undone || known.reversed {
            return Err(ResponseCode::Duplicate);
        }
        if request.amount != amount || request.remaining.is_some() {
            return Err(ResponseCode::InvalidAmount);
        }
        if known.authorized - amount.minor() < known.captured {
            return Err(ResponseCode::InvalidTransaction);
        }
        known.authorized -= amount.minor();
        if let Some(increment) = self.followers.get_mut(&place) {
            increment.undone = true;
        }
        Ok(amount.minor())
    }

    fn effect(&mut self, request: &CardRequest<'_>, minor: i64) {
        // Nothing moved: a reversal of what was declined, or to what was authorized anyway.
        if minor == 0 {
            return;
        }
        let amount = Money::new(minor, request.amount.currency());
        self.totals.entry(amount.currency()).or_default().add(request.operation, minor);
        if self.effects.len() >= self.recent_max {
            self.effects.pop_front();
        }
        self.effects.push_back((request.rrn, Effect { operation: request.operation, amount }));
    }
}

/// Why an authorization is declined, if it is.
fn refusal(request: &CardRequest<'_>, action: Option<&Action>, now: Timestamp) -> Option<ResponseCode> {
    if let Some((code, _)) = action.and_then(Action::decline) {
        return Some(code);
    }
    if !luhn_valid(request.pan) {
        return Some(ResponseCode::InvalidCardNumber);
    }
    let (year, month) = sent_in(request.key, now);
    if request.expiry.is_none_or(|expiry| !expiry.is_valid_in(year, month)) {
        return Some(ResponseCode::ExpiredCard);
    }
    if request.cvv.is_some_and(|cvv| !security_code_fits(request.pan, cvv)) {
        return Some(ResponseCode::SecurityCodeMismatch);
    }
    (request.amount.minor() == 0).then_some(ResponseCode::NoReasonToDecline)
}

/// How much of an authorization that is not refused is approved.
fn granted(request: &CardRequest<'_>, action: Option<&Action>) -> (ResponseCode, i64) {
    let asked = request.amount.minor();
    match action {
        Some(Action::Partial) if asked >= 2 => (ResponseCode::PartialApproval, asked / 2),
        Some(Action::Limit(limit)) if asked > *limit && request.allow_partial => {
            (ResponseCode::PartialApproval, *limit)
        }
        Some(Action::Limit(limit)) if asked > *limit => (ResponseCode::InsufficientFunds, 0),
        _ => (ResponseCode::Approved, asked),
    }
}

/// What is said about address and security code, if they were given: right, unless the card says otherwise.
fn compared(request: &CardRequest<'_>, action: Option<&Action>) -> Remarks {
    let (address, code) = match action {
        Some(Action::Checks { address, security_code }) => (*address, *security_code),
        _ => (None, None),
    };
    let code_is_right = request.cvv.is_none_or(|cvv| security_code_fits(request.pan, cvv));
    let security_code = code.unwrap_or(if code_is_right { b'M' } else { b'N' });
    Remarks {
        address: request.address.map(|_| address.unwrap_or(b'Y')),
        security_code: request.cvv.map(|_| security_code),
        advice: action.and_then(Action::decline).and_then(|(_, advice)| advice),
    }
}

/// Whether a security code has the network's number of digits and is not all zeros.
fn security_code_fits(pan: &str, code: &str) -> bool {
    let digits = Network::of_digits(pan).map_or(3, |network| usize::from(network.security_code().digits));
    code.len() == digits && code.bytes().any(|b| b != b'0')
}

/// The year and month in which a message was sent: its own month, in the year that puts it nearest to now.
fn sent_in(key: MessageKey, now: Timestamp) -> (i32, u8) {
    let date = chrono::DateTime::from_timestamp(now.as_secs(), 0).unwrap_or_default();
    let (year, this_month) = (date.year(), i64::from(date.month()));
    let month = u8::try_from(key.transmitted / 100_000_000).unwrap_or(0);
    match i64::from(month) - this_month {
        ahead if ahead > 6 => (year - 1, month),
        ahead if ahead < -6 => (year + 1, month),
        _ => (year, month),
    }
}

#[cfg(test)]
#[path = "book_tests.rs"]
mod tests;
