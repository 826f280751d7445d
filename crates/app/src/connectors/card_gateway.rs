//! Payments' gateway over a card host: the only place where a token becomes a card number, for one message.

use async_trait::async_trait;
use pmts_cards::iso8583::Mti;
use pmts_cards::{
    AuthorizationRequest, BillingAddress, CaptureRequest, CardAuthorizer, CheckResult, Expiry, HostAnswer,
    IncrementRequest, Merchant, OriginalData, RefundRequest, ResponseCode, RetryAdvice, ReversalRequest,
    Sale, VoidRequest, WireKeys,
};
use pmts_compliance::pci::Vault;
use pmts_kernel::Timestamp;
use pmts_payments::{
    self as payments, CardDetails, Check, Checks, DeclineCode, Gateway, GatewayOutcome, GatewayReference,
    MethodRef, Operation, Retry,
};
use pmts_sensitive::Pan;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Sends operations to a card host.
pub struct CardGateway {
    host: Arc<dyn CardAuthorizer>,
    vault: Arc<dyn Vault>,
    merchant: Merchant,
    acquirer: String,
    trace: AtomicU32,
    /// How many nodes there can be, and which of them this is: trace numbers go up by the first, from the second.
    lanes: u32,
    lane: AtomicU32,
}

impl CardGateway {
    /// Trace numbers go on from `first_trace`: take one that differs from run to run, so that a restart within the same
    /// second uses others.
    pub fn new(
        host: Arc<dyn CardAuthorizer>,
        vault: Arc<dyn Vault>,
        merchant: Merchant,
        acquirer: String,
        first_trace: u32,
    ) -> Self {
        let (trace, lane) = (AtomicU32::new(first_trace), AtomicU32::new(0));
        Self { host, vault, merchant, acquirer, trace, lanes: 1, lane }
    }

    /// One of `lanes` gateways, the `lane`th from 0, that share a place at the host: no two use the same trace number.
    #[must_use]
    pub fn in_lane(mut self, lanes: u32, lane: u32) -> Self {
        self.lanes = lanes.clamp(1, 999_999);
        self.change_lane(lane);
        self
    }

    /// Goes on in another lane.
    pub fn change_lane(&self, lane: u32) {
        self.lane.store(lane.min(self.lanes - 1), Ordering::Relaxed);
    }

    async fn card(&self, method: Option<&MethodRef>) -> Result<(Pan, Expiry), GatewayOutcome> {
        let not_sent = |why: String| GatewayOutcome::NotSent { why };
        let method = method.ok_or_else(|| not_sent("there is no card".into()))?;
        let token = method.token.parse().map_err(|_| not_sent("the token is malformed".into()))?;
        let pan = self.vault.reveal(token).await.map_err(|e| not_sent(e.to_string()))?;
        let expiry = Expiry::parse_yymm(&method.expiry_yymm).map_err(|e| not_sent(e.to_string()))?;
        Ok((pan, expiry))
    }

    /// The sale that `original` began or added to.
    async fn sale(&self, sale: &payments::Sale, original: &Operation) -> Result<Sale, GatewayOutcome> {
        let (pan, expiry) = self.card(sale.authorization.method.as_ref()).await?;
        let original_data = OriginalData {
            mti: Mti::AUTHORIZATION_REQUEST,
            keys: self.keys_of(sale, original)?,
            acquirer: self.acquirer.clone(),
        };
        let (approval_code, merchant) = (original.approval_code.clone(), self.merchant.clone());
        Ok(Sale { original: original_data, approval_code, pan, expiry, merchant })
    }

    /// The keys of an operation: an increment has the retrieval reference of the authorization.
    fn keys_of(&self, sale: &payments::Sale, operation: &Operation) -> Result<WireKeys, GatewayOutcome> {
        if operation.id == sale.authorization.id {
            keys(&operation.reference, operation)
        } else {
            self.following(sale, operation, &operation.reference)
        }
    }

    /// The keys of a message about a sale: the retrieval reference of its authorization, own trace number.
    fn following(
        &self,
        sale: &payments::Sale,
        operation: &Operation,
        own: &GatewayReference,
    ) -> Result<WireKeys, GatewayOutcome> {
        let own = keys(own, operation)?;
        let mut keys =
            keys(&sale.authorization.reference, operation)?.following(own.stan, own.transmitted_at);
        keys.trace = own.trace;
        Ok(keys)
    }

    async fn try_authorize(
        &self,
        operation: &Operation,
        card: &CardDetails,
    ) -> Result<GatewayOutcome, GatewayOutcome> {
        let (pan, expiry) = self.card(card.method.as_ref()).await?;
        let address =
            card.address.clone().map(|a| BillingAddress { line: a.line, postal_code: a.postal_code });
        let request = AuthorizationRequest {
            keys: keys(&operation.reference, operation)?,
            pan,
            expiry,
            cvv: card.security_code.clone(),
            address,
            amount: operation.amount,
            allow_partial: operation.allow_partial,
            merchant: self.merchant.clone(),
        };
        Ok(outcome(self.host.authorize(&request).await))
    }

    async fn try_increment(
        &self,
        operation: &Operation,
        sale: &payments::Sale,
    ) -> Result<GatewayOutcome, GatewayOutcome> {
        let total = sale.authorized.checked_add(operation.amount);
        let request = IncrementRequest {
            keys: self.keys_of(sale, operation)?,
            sale: self.sale(sale, &sale.authorization).await?,
            amount: operation.amount,
            total: total.map_err(|e| GatewayOutcome::NotSent { why: e.to_string() })?,
        };
        Ok(outcome(self.host.increment(&request).await))
    }

    async fn try_capture(
        &self,
        operation: &Operation,
        sale: &payments::Sale,
        repeat: bool,
    ) -> Result<GatewayOutcome, GatewayOutcome> {
        let request = CaptureRequest {
            keys: self.following(sale, operation, &operation.reference)?,
            sale: self.sale(sale, &sale.authorization).await?,
            repeat,
            amount: operation.amount,
            last: operation.last,
        };
        Ok(settled(self.host.capture(&request).await, repeat))
    }

    async fn try_void(
        &self,
        operation: &Operation,
        sale: &payments::Sale,
        repeat: bool,
    ) -> Result<GatewayOutcome, GatewayOutcome> {
        let request = VoidRequest {
            keys: self.following(sale, operation, &operation.reference)?,
            sale: self.sale(sale, &sale.authorization).await?,
            repeat,
            amount: operation.amount,
        };
        Ok(match self.host.void(&request).await {
            // There is no hold, or none any more: that is what was asked for.
            HostAnswer::Answered(answer) if answer.response == ResponseCode::OriginalNotFound => {
                GatewayOutcome::Approved { approval_code: None, amount: None, checks: Checks::default() }
            }
            answer => settled(answer, repeat),
        })
    }

    async fn try_refund(
        &self,
        operation: &Operation,
        sale: &payments::Sale,
        repeat: bool,
    ) -> Result<GatewayOutcome, GatewayOutcome> {
        let request = RefundRequest {
            keys: keys(&operation.reference, operation)?,
            sale: self.sale(sale, &sale.authorization).await?,
            repeat,
            amount: operation.amount,
        };
        Ok(settled(self.host.refund(&request).await, repeat))
    }

    async fn try_release(
        &self,
        operation: &Operation,
        sale: &payments::Sale,
        repeat: bool,
    ) -> Result<GatewayOutcome, GatewayOutcome> {
        let request = ReversalRequest {
            keys: self.following(sale, operation, &operation.reference)?,
            sale: self.sale(sale, &sale.authorization).await?,
            repeat,
            amount: sale.authorized,
            remaining: Some(sale.captured),
        };
        Ok(taken_back(self.host.reverse(&request).await))
    }

    async fn try_reverse(
        &self,
        operation: &Operation,
        sale: &payments::Sale,
        repeat: bool,
    ) -> Result<GatewayOutcome, GatewayOutcome> {
        let reference = operation
            .reversal
            .as_ref()
            .ok_or_else(|| GatewayOutcome::NotSent { why: "there is nothing to reverse".into() })?;
        let request = ReversalRequest {
            keys: self.following(sale, operation, reference)?,
            sale: self.sale(sale, operation).await?,
            repeat,
            amount: operation.amount,
            remaining: None,
        };
        Ok(taken_back(self.host.reverse(&request).await))
    }
}

/// What became of a reversal: an advice cannot be declined, so any answer that does not settle it leaves it open, and it
/// is sent again.
fn taken_back(answer: HostAnswer) -> GatewayOutcome {
    match answer {
        HostAnswer::Answered(answer) if answer.response.settles_reversal() => GatewayOutcome::Approved {
            approval_code: answer.approval_code,
            amount: None,
            checks: Checks::default(),
        },
        HostAnswer::Answered(answer) => GatewayOutcome::Unknown {
            why: format!("the host answered the reversal with {}", answer.response),
        },
        other => outcome(other),
    }
}

/// The trace number of a turn, 1 to 999999.
fn trace_number(turn: u32, lanes: u32, lane: u32) -> u32 {
    turn % (999_999 / lanes) * lanes + lane + 1
}

/// A reference is the keys of the message: trace number, time in microseconds, retrieval reference.
fn keys(reference: &GatewayReference, operation: &Operation) -> Result<WireKeys, GatewayOutcome> {
    let mut parts = reference.0.splitn(3, '/');
    let mut read = || {
        let stan = parts.next()?.parse().ok()?;
        let transmitted_at = Timestamp::from_micros(parts.next()?.parse().ok()?);
        Some(WireKeys { stan, transmitted_at, rrn: parts.next()?.to_owned(), trace: operation.trace.clone() })
    };
    read().ok_or_else(|| GatewayOutcome::NotSent { why: "the reference is not one of this gateway".into() })
}

fn outcome(answer: HostAnswer) -> GatewayOutcome {
    match answer {
        HostAnswer::Answered(answer) if answer.response.is_approval() => GatewayOutcome::Approved {
            approval_code: answer.approval_code,
            amount: answer.amount,
            checks: checks(answer.checks),
        },
        HostAnswer::Answered(answer) => GatewayOutcome::Declined {
            code: decline_code(&answer.response),
            raw: Some(answer.response.wire().to_owned()),
            retry: answer.advice.and_then(retry),
            checks: checks(answer.checks),
        },
        HostAnswer::NotSent { why } => GatewayOutcome::NotSent { why },
        HostAnswer::Unknown { why } => GatewayOutcome::Unknown { why },
    }
}

fn checks(found: pmts_cards::Checks) -> Checks {
    let check = |result| match result {
        CheckResult::Pass => Check::Pass,
        CheckResult::Fail => Check::Fail,
        CheckResult::Unavailable => Check::Unavailable,
        CheckResult::Unchecked => Check::Unchecked,
    };
    Checks {
        address: check(found.address),
        postal_code: check(found.postal_code),
        security_code: check(found.security_code),
    }
}

fn retry(advice: RetryAdvice) -> Option<Retry> {
    match advice {
        RetryAdvice::Never => Some(Retry::Never),
        RetryAdvice::NewData => Some(Retry::NewData),
        RetryAdvice::After(wait) => Some(Retry::After(wait.as_secs())),
        RetryAdvice::AnyTime => None,
    }
}

/// What became of a capture or refund. Unlike an authorization it cannot be taken back, so only an answer that says for
/// certain that it did not happen is a refusal: a duplicate of what was sent before is that, done; a host that failed or
/// could not reach the issuer is asked again.
fn settled(answer: HostAnswer, repeat: bool) -> GatewayOutcome {
    use ResponseCode as R;
    let HostAnswer::Answered(answer) = answer else { return outcome(answer) };
    match answer.response {
        R::Duplicate if repeat => GatewayOutcome::Approved {
            approval_code: answer.approval_code,
            amount: None,
            checks: Checks::default(),
        },
        R::ReceivedTooLate
        | R::IssuerUnavailable
        | R::RoutingUnknown
        | R::SystemMalfunction
        | R::Duplicate => GatewayOutcome::Unknown { why: format!("the host answered {}", answer.response) },
        _ => outcome(HostAnswer::Answered(answer)),
    }
}

fn decline_code(response: &ResponseCode) -> DeclineCode {
    use ResponseCode as R;
    match response {
        R::DoNotHonor | R::ReferToIssuer => DeclineCode::DoNotHonor,
        R::InsufficientFunds => DeclineCode::InsufficientFunds,
        R::ExpiredCard => DeclineCode::ExpiredCard,
        R::InvalidCardNumber | R::NoSuchIssuer => DeclineCode::InvalidNumber,
        R::LostCard => DeclineCode::LostCard,
        R::StolenCard | R::PickUp => DeclineCode::StolenCard,
        R::SuspectedFraud => DeclineCode::Fraud,
        R::ExceedsAmountLimit | R::ExceedsFrequencyLimit => DeclineCode::LimitExceeded,
        R::IssuerUnavailable | R::SystemMalfunction | R::RoutingUnknown => DeclineCode::IssuerUnavailable,
        _ => DeclineCode::Other,
    }
}

#[async_trait]
impl Gateway for CardGateway {
    fn reference(&self, now: Timestamp) -> GatewayReference {
        let turn = self.trace.fetch_add(1, Ordering::Relaxed);
        let stan = trace_number(turn, self.lanes, self.lane.load(Ordering::Relaxed));
        let (days, seconds) = (now.as_secs().div_euclid(86_400), now.as_secs().rem_euclid(86_400));
        let (year, day) = year_and_day(days);
        // By use of the field: last digit of the year, day of the year, hour, trace number.
        let rrn = format!("{}{day:03}{:02}{stan:06}", year % 10, seconds / 3600);
        GatewayReference(format!("{stan}/{}/{rrn}", now.as_micros()))
    }

    async fn authorize(&self, operation: &Operation, card: &CardDetails) -> GatewayOutcome {
        self.try_authorize(operation, card).await.unwrap_or_else(|early| early)
    }

    async fn increment(
        &self,
        operation: &Operation,
        sale: &payments::Sale,
        _card: &CardDetails,
    ) -> GatewayOutcome {
        self.try_increment(operation, sale).await.unwrap_or_else(|early| early)
    }

    async fn capture(
        &self,
        operation: &Operation,
        sale: &payments::Sale,
        _card: &CardDetails,
        repeat: bool,
    ) -> GatewayOutcome {
        self.try_capture(operation, sale, repeat).await.unwrap_or_else(|early| early)
    }

    async fn void(
        &self,
        operation: &Operation,
        sale: &payments::Sale,
        _card: &CardDetails,
        repeat: bool,
    ) -> GatewayOutcome {
        self.try_void(operation, sale, repeat).await.unwrap_or_else(|early| early)
    }

    async fn release(
        &self,
        operation: &Operation,
        sale: &payments::Sale,
        _card: &CardDetails,
        repeat: bool,
    ) -> GatewayOutcome {
        self.try_release(operation, sale, repeat).await.unwrap_or_else(|early| early)
    }

    async fn refund(
        &self,
        operation: &Operation,
        sale: &payments::Sale,
        _card: &CardDetails,
        repeat: bool,
    ) -> GatewayOutcome {
        self.try_refund(operation, sale, repeat).await.unwrap_or_else(|early| early)
    }

    async fn reverse(
        &self,
        operation: &Operation,
        sale: &payments::Sale,
        _card: &CardDetails,
        repeat: bool,
    ) -> GatewayOutcome {
        self.try_reverse(operation, sale, repeat).await.unwrap_or_else(|early| early)
    }
}

/// Year and day of the year (from 1) of a count of days since 1970-01-01.
fn year_and_day(days: i64) -> (i32, u32) {
    use chrono::Datelike;
    let date = i32::try_from(days).ok().and_then(chrono::NaiveDate::from_epoch_days).unwrap_or_default();
    (date.year().rem_euclid(10_000), date.ordinal())
}

#[cfg(test)]
mod tests {
    use super::*;
    use pmts_cards::Answer;

    #[test]
    fn only_a_certain_no_refuses_a_capture_or_refund() {
        let answered = |wire: &str| HostAnswer::from(Answer::bare(ResponseCode::from_wire(wire)));
        for (wire, repeat, expected) in [
            ("00", false, "approved"),
            ("94", true, "approved"),
            ("94", false, "unknown"),
            ("68", true, "unknown"),
            ("91", false, "unknown"),
            ("96", false, "unknown"),
            ("05", true, "declined"),
            ("25", true, "declined"),
        ] {
            let got = match settled(answered(wire), repeat) {
                GatewayOutcome::Approved { .. } => "approved",
                GatewayOutcome::Unknown { .. } => "unknown",
                GatewayOutcome::Declined { .. } => "declined",
                GatewayOutcome::NotSent { .. } => "not sent",
            };
            assert_eq!(got, expected, "{wire} {repeat}");
        }
        assert!(
            matches!(outcome(answered("91")), GatewayOutcome::Declined { .. }),
            "an authorization may simply be tried again"
        );
    }

    #[test]
    fn lanes_share_the_trace_numbers_and_no_two_have_the_same() {
        use std::collections::HashSet;
        let all = |lanes: u32, lane: u32| (0..1_000_000).map(move |turn| trace_number(turn, lanes, lane));
        assert_eq!(all(1, 0).collect::<HashSet<_>>().len(), 999_999);
        let mut seen = HashSet::new();
        for lane in 0..16 {
            let own: HashSet<u32> = all(16, lane).collect();
            assert!(own.iter().all(|n| (1..=999_999).contains(n)) && own.len() == 62_499);
            seen.extend(own);
        }
        assert_eq!(seen.len(), 16 * 62_499);
    }
}
