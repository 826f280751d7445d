//! How a decline looks to the caller.

use pmts_payments::{Decline, DeclineCode, Retry};

/// What the caller sees of a decline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shown {
    /// The `code` of the error.
    pub(super) code: &'static str,
    /// The `decline_code`.
    pub(super) decline_code: &'static str,
    /// A sentence for people.
    pub(super) message: &'static str,
}

/// What the caller sees of a reason.
pub(super) fn shown(code: DeclineCode) -> Shown {
    let (code, decline_code, message) = match code {
        DeclineCode::DoNotHonor => ("card_declined", "do_not_honor", "The card was declined."),
        DeclineCode::InsufficientFunds => {
            ("card_declined", "insufficient_funds", "There is not enough money on the card.")
        }
        DeclineCode::ExpiredCard => ("expired_card", "expired_card", "The card has expired."),
        DeclineCode::InvalidNumber => ("incorrect_number", "incorrect_number", "There is no such card."),
        DeclineCode::LostCard => ("card_declined", "lost_card", "The card was declined."),
        DeclineCode::StolenCard => ("card_declined", "stolen_card", "The card was declined."),
        DeclineCode::Blocked => ("card_declined", "fraudulent", "The payment was refused. Nothing was sent."),
        DeclineCode::Fraud => ("card_declined", "fraudulent", "The card was declined."),
        DeclineCode::LimitExceeded => {
            ("card_declined", "card_velocity_exceeded", "A limit of the card is exceeded.")
        }
        DeclineCode::IssuerUnavailable => (
            "processing_error",
            "issuer_not_available",
            "The issuer could not be reached. Nothing was taken.",
        ),
        DeclineCode::PartialApproval => (
            "card_declined",
            "partial_approval",
            "The issuer approved a part only, which was not asked for. Nothing was taken.",
        ),
        DeclineCode::ReversedAfterTimeout => (
            "processing_error",
            "reversed_after_timeout",
            "The issuer did not answer in time, and the authorization was taken back.",
        ),
        DeclineCode::GatewayUnavailable => (
            "processing_error",
            "gateway_unavailable",
            "The card host could not be reached. Nothing was sent.",
        ),
        DeclineCode::IncorrectCvc => {
            ("incorrect_cvc", "incorrect_cvc", "The security code of the card is wrong.")
        }
        DeclineCode::AuthenticationRequired => {
            ("authentication_required", "authentication_required", "The cardholder must prove who it is.")
        }
        DeclineCode::NotPermitted => {
            ("card_declined", "transaction_not_allowed", "The card does not allow this kind of sale.")
        }
        DeclineCode::InvalidAmount => {
            ("card_declined", "invalid_amount", "The issuer does not take this amount.")
        }
        DeclineCode::Other => ("card_declined", "generic_decline", "The card was declined."),
    };
    Shown { code, decline_code, message }
}

/// What to do about it, in Stripe's words.
pub(super) fn advice(decline: &Decline) -> Option<&'static str> {
    match decline.retry {
        Some(Retry::Never) => Some("do_not_try_again"),
        Some(Retry::After(_)) => Some("try_again_later"),
        Some(Retry::NewData) => Some("confirm_card_data"),
        None => None,
    }
}
