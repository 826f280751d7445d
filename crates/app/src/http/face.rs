//! How an error code looks over HTTP: status, type and code, in the manner of Stripe.

use pmts_kernel::{CodeInfo, Remedy};

/// The `type` of an error object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The request is wrong.
    InvalidRequest,
    /// The card was refused.
    Card,
    /// The idempotency key was used otherwise.
    Idempotency,
    /// It is our fault.
    Api,
}

impl Kind {
    /// The word in the error object.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request_error",
            Self::Card => "card_error",
            Self::Idempotency => "idempotency_error",
            Self::Api => "api_error",
        }
    }
}

/// What the caller sees of an error code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Face {
    /// The HTTP status.
    pub status: u16,
    /// The `type`.
    pub kind: Kind,
    /// The `code`.
    pub code: &'static str,
}

/// Codes with a face of their own. What is not listed follows from what the caller can do about it: see [`Face::of`].
pub const FACES: &[(&str, u16, Kind, &str)] = {
    use Kind::{Api, Card, Idempotency, InvalidRequest};
    &[
        ("HTTP_FORM", 400, InvalidRequest, "body_invalid"),
        ("HTTP_JSON", 400, InvalidRequest, "body_invalid"),
        ("HTTP_TOO_DEEP", 400, InvalidRequest, "body_too_deep"),
        ("HTTP_TOO_MANY", 400, InvalidRequest, "body_too_many_values"),
        ("HTTP_DUPLICATE", 400, InvalidRequest, "parameter_duplicate"),
        ("HTTP_MEDIA_TYPE", 415, InvalidRequest, "content_type_unsupported"),
        ("HTTP_BODY_LONG", 413, InvalidRequest, "body_too_large"),
        ("HTTP_BODY_SLOW", 408, InvalidRequest, "body_too_slow"),
        ("HTTP_BODY_CUT", 400, InvalidRequest, "body_cut"),
        ("HTTP_ADDRESS_LONG", 414, InvalidRequest, "url_too_long"),
        ("HTTP_NO_ROUTE", 404, InvalidRequest, "url_invalid"),
        ("HTTP_METHOD", 405, InvalidRequest, "method_not_allowed"),
        ("HTTP_NO_KEY", 401, InvalidRequest, "api_key_missing"),
        ("IDENTITY_KEY_MALFORMED", 401, InvalidRequest, "api_key_invalid"),
        ("IDENTITY_KEY_UNKNOWN", 401, InvalidRequest, "api_key_invalid"),
        ("IDENTITY_KEY_REVOKED", 401, InvalidRequest, "api_key_revoked"),
        ("IDENTITY_KEY_EXPIRED", 401, InvalidRequest, "api_key_expired"),
        ("HTTP_KEY_MODE", 401, InvalidRequest, "api_key_wrong_mode"),
        ("HTTP_SECRET_KEY_NEEDED", 403, InvalidRequest, "secret_key_required"),
        ("HTTP_CASE_TEAM_KEY_NEEDED", 403, InvalidRequest, "case_team_key_required"),
        ("HTTP_CLIENT_SECRET", 403, InvalidRequest, "client_secret_invalid"),
        ("HTTP_NOT_FOUND", 404, InvalidRequest, "resource_missing"),
        ("HTTP_RATE_LIMITED", 429, InvalidRequest, "rate_limit"),
        ("HTTP_IDEMPOTENCY_KEY", 400, Idempotency, "idempotency_key_invalid"),
        ("HTTP_IDEMPOTENCY_MISMATCH", 400, Idempotency, "idempotency_error"),
        ("HTTP_IDEMPOTENCY_IN_USE", 409, Idempotency, "idempotency_key_in_use"),
        ("HTTP_VERSION", 400, InvalidRequest, "version_invalid"),
        ("HTTP_TIMEOUT", 504, Api, "request_timeout"),
        ("HTTP_DRAINING", 503, Api, "server_stopping"),
        ("HTTP_INTERNAL", 500, Api, "internal"),
        ("HTTP_NO_METHOD", 400, InvalidRequest, "resource_missing"),
        ("HTTP_EXPIRY", 402, Card, "invalid_expiry_date"),
        ("SENSITIVE_PAN_LENGTH", 402, Card, "invalid_number"),
        ("SENSITIVE_PAN_NOT_DIGITS", 402, Card, "invalid_number"),
        ("SENSITIVE_PAN_CHECK_DIGIT", 402, Card, "incorrect_number"),
        ("SENSITIVE_CVV_MALFORMED", 402, Card, "invalid_cvc"),
        ("PAYMENTS_INTENT_STATE", 400, InvalidRequest, "payment_intent_unexpected_state"),
        ("PAYMENTS_OPERATION_STATE", 400, InvalidRequest, "payment_intent_unexpected_state"),
        ("PAYMENTS_NOT_CAPTURED", 400, InvalidRequest, "charge_not_captured"),
        ("PAYMENTS_REFUND_EXCEEDS", 400, InvalidRequest, "amount_too_large"),
        ("PAYMENTS_AMOUNT_NOT_POSITIVE", 400, InvalidRequest, "amount_too_small"),
        ("COMPLIANCE_TOKEN_UNKNOWN", 400, InvalidRequest, "resource_missing"),
        ("STORE_DISK_FULL", 503, Api, "storage_unavailable"),
        ("STORE_READ_ONLY", 503, Api, "storage_unavailable"),
        ("STORE_UNAVAILABLE", 503, Api, "storage_unavailable"),
        ("STORE_UNREACHABLE", 503, Api, "storage_unavailable"),
        ("STORE_STOPPED", 503, Api, "storage_unavailable"),
        ("STORE_CONFLICT", 409, InvalidRequest, "lock_timeout"),
        ("STORE_UNKNOWN", 500, Api, "outcome_unknown"),
    ]
};

impl Face {
    /// The face of a code: its own, or what follows from the remedy. What the caller cannot put right is our fault.
    pub fn of(code: &CodeInfo) -> Self {
        if let Some((_, status, kind, word)) = FACES.iter().find(|(c, ..)| *c == code.code) {
            return Self { status: *status, kind: *kind, code: word };
        }
        match code.remedy {
            Remedy::Fix => Self { status: 400, kind: Kind::InvalidRequest, code: "parameter_invalid" },
            Remedy::Decide => Self { status: 409, kind: Kind::InvalidRequest, code: "state_conflict" },
            Remedy::Retry => Self { status: 503, kind: Kind::Api, code: "try_again" },
            Remedy::Operator => Self { status: 500, kind: Kind::Api, code: "internal" },
            Remedy::Inquire => Self { status: 500, kind: Kind::Api, code: "outcome_unknown" },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn faces_are_of_codes_that_exist_and_listed_once() {
        let all: HashSet<&str> = crate::http::codes::ALL
            .iter()
            .chain(pmts_identity::codes::ALL)
            .chain(pmts_sensitive::codes::ALL)
            .chain(pmts_payments::codes::ALL)
            .chain(pmts_compliance::codes::ALL)
            .chain(pmts_store::codes::ALL)
            .map(|c| c.code)
            .collect();
        let mut seen = HashSet::new();
        for (code, status, kind, word) in FACES {
            assert!(all.contains(code), "{code}");
            assert!(seen.insert(*code), "{code}");
            assert_eq!(*kind == Kind::Api, *status >= 500, "{code}");
            assert!(word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{word}");
        }
    }
}
