//! Payments' gateway over a card host: the only place where a token becomes a card number, for one message.

use async_trait::async_trait;
use pmts_cards::iso8583::Mti;
use pmts_cards::{
    AuthorizationRequest, CaptureRequest, CardAuthorizer, Expiry, HostAnswer, Merchant, OriginalData,
    RefundRequest, ResponseCode, ReversalRequest, Sale, WireKeys,
};
use pmts_compliance::pci::Vault;
use pmts_kernel::Timestamp;
use pmts_payments::{CardDetails, DeclineCode, Gateway, GatewayOutcome, GatewayReference, Operation};
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
        Self { host, vault, merchant, acquirer, trace: AtomicU32::new(first_trace) }
    }

    async fn card(&self, card: &CardDetails) -> Result<(Pan, Expiry), GatewayOutcome> {
        let not_sent = |why: String| GatewayOutcome::NotSent { why };
        let token = card.method.token.parse().map_err(|_| not_sent("the token is malformed".into()))?;
        let pan = self.vault.reveal(token).await.map_err(|e| not_sent(e.to_string()))?;
        let expiry = Expiry::parse_yymm(&card.method.expiry_yymm).map_err(|e| not_sent(e.to_string()))?;
        Ok((pan, expiry))
    }

    /// The sale that `authorization` began.
    async fn sale(&self, authorization: &Operation, card: &CardDetails) -> Result<Sale, GatewayOutcome> {
        let (pan, expiry) = self.card(card).await?;
        let original = OriginalData {
            mti: Mti::AUTHORIZATION_REQUEST,
            keys: keys(&authorization.reference)?,
            acquirer: self.acquirer.clone(),
        };
        let (approval_code, merchant) = (authorization.approval_code.clone(), self.merchant.clone());
        Ok(Sale { original, approval_code, pan, expiry, merchant })
    }

    /// The keys of a message about the sale that `authorization` began: its retrieval reference, own trace number.
    fn following(
        &self,
        authorization: &Operation,
        own: &GatewayReference,
    ) -> Result<WireKeys, GatewayOutcome> {
        let own = keys(own)?;
        Ok(keys(&authorization.reference)?.following(own.stan, own.transmitted_at))
    }

    async fn try_authorize(
        &self,
        operation: &Operation,
        card: &CardDetails,
    ) -> Result<GatewayOutcome, GatewayOutcome> {
        let (pan, expiry) = self.card(card).await?;
        let keys = keys(&operation.reference)?;
        let request = AuthorizationRequest {
            keys,
            pan,
            expiry,
            cvv: None,
            address: None,
            amount: operation.amount,
            allow_partial: false,
            merchant: self.merchant.clone(),
        };
        Ok(outcome(self.host.authorize(&request).await))
    }

    async fn try_capture(
        &self,
        operation: &Operation,
        authorization: &Operation,
        card: &CardDetails,
        repeat: bool,
    ) -> Result<GatewayOutcome, GatewayOutcome> {
        let request = CaptureRequest {
            keys: self.following(authorization, &operation.reference)?,
            sale: self.sale(authorization, card).await?,
            repeat,
            amount: operation.amount,
            // There is one capture for an authorization.
            last: true,
        };
        Ok(settled(self.host.capture(&request).await, repeat))
    }

    async fn try_refund(
        &self,
        operation: &Operation,
        authorization: &Operation,
        card: &CardDetails,
        repeat: bool,
    ) -> Result<GatewayOutcome, GatewayOutcome> {
        let request = RefundRequest {
            keys: keys(&operation.reference)?,
            sale: self.sale(authorization, card).await?,
            repeat,
            amount: operation.amount,
        };
        Ok(settled(self.host.refund(&request).await, repeat))
    }

    async fn try_reverse(
        &self,
        authorization: &Operation,
        card: &CardDetails,
        repeat: bool,
    ) -> Result<GatewayOutcome, GatewayOutcome> {
        let reference = authorization
            .reversal
            .as_ref()
            .ok_or_else(|| GatewayOutcome::NotSent { why: "there is nothing to reverse".into() })?;
        let request = ReversalRequest {
            keys: self.following(authorization, reference)?,
            sale: self.sale(authorization, card).await?,
            repeat,
            amount: authorization.amount,
            remaining: None,
        };
        Ok(match self.host.reverse(&request).await {
            HostAnswer::Answered(answer) if answer.response.settles_reversal() => {
                GatewayOutcome::Approved { approval_code: answer.approval_code, amount: None }
            }
            // An advice cannot be declined: any other answer leaves it open, and it is sent again.
            HostAnswer::Answered(answer) => GatewayOutcome::Unknown {
                why: format!("the host answered the reversal with {}", answer.response),
            },
            other => outcome(other),
        })
    }
}

/// A reference is the keys of the message: trace number, time in microseconds, retrieval reference.
fn keys(reference: &GatewayReference) -> Result<WireKeys, GatewayOutcome> {
    let mut parts = reference.0.splitn(3, '/');
    let mut read = || {
        let stan = parts.next()?.parse().ok()?;
        let transmitted_at = Timestamp::from_micros(parts.next()?.parse().ok()?);
        Some(WireKeys { stan, transmitted_at, rrn: parts.next()?.to_owned(), trace: None })
    };
    read().ok_or_else(|| GatewayOutcome::NotSent { why: "the reference is not one of this gateway".into() })
}

fn outcome(answer: HostAnswer) -> GatewayOutcome {
    match answer {
        HostAnswer::Answered(answer) if answer.response.is_approval() => {
            GatewayOutcome::Approved { approval_code: answer.approval_code, amount: answer.amount }
        }
        HostAnswer::Answered(answer) => GatewayOutcome::Declined {
            code: decline_code(&answer.response),
            raw: Some(answer.response.wire().to_owned()),
        },
        HostAnswer::NotSent { why } => GatewayOutcome::NotSent { why },
        HostAnswer::Unknown { why } => GatewayOutcome::Unknown { why },
    }
}

/// What became of a capture or refund. Unlike an authorization it cannot be taken back, so only an answer that says for
/// certain that it did not happen is a refusal: a duplicate of what was sent before is that, done; a host that failed or
/// could not reach the issuer is asked again.
fn settled(answer: HostAnswer, repeat: bool) -> GatewayOutcome {
    use ResponseCode as R;
    let HostAnswer::Answered(answer) = answer else { return outcome(answer) };
    match answer.response {
        R::Duplicate if repeat => {
            GatewayOutcome::Approved { approval_code: answer.approval_code, amount: None }
        }
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
        let stan = self.trace.fetch_add(1, Ordering::Relaxed) % 999_999 + 1;
        let (days, seconds) = (now.as_secs().div_euclid(86_400), now.as_secs().rem_euclid(86_400));
        let (year, day) = year_and_day(days);
        // By use of the field: last digit of the year, day of the year, hour, trace number.
        let rrn = format!("{}{day:03}{:02}{stan:06}", year % 10, seconds / 3600);
        GatewayReference(format!("{stan}/{}/{rrn}", now.as_micros()))
    }

    async fn authorize(&self, operation: &Operation, card: &CardDetails) -> GatewayOutcome {
        self.try_authorize(operation, card).await.unwrap_or_else(|early| early)
    }

    async fn capture(
        &self,
        operation: &Operation,
        authorization: &Operation,
        card: &CardDetails,
        repeat: bool,
    ) -> GatewayOutcome {
        self.try_capture(operation, authorization, card, repeat).await.unwrap_or_else(|early| early)
    }

    async fn refund(
        &self,
        operation: &Operation,
        authorization: &Operation,
        card: &CardDetails,
        repeat: bool,
    ) -> GatewayOutcome {
        self.try_refund(operation, authorization, card, repeat).await.unwrap_or_else(|early| early)
    }

    async fn reverse(&self, authorization: &Operation, card: &CardDetails, repeat: bool) -> GatewayOutcome {
        self.try_reverse(authorization, card, repeat).await.unwrap_or_else(|early| early)
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
}
