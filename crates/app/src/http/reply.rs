//! What an endpoint answers, and the error object.

use super::HttpError;
use pmts_kernel::Coded;
use serde_json::{Value, json};

/// An answer: status and body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The body.
    pub(crate) body: Body,
    /// Seconds or milliseconds to wait before asking again, for 409, 429 and 503.
    pub(crate) wait: Option<std::time::Duration>,
    /// It was given before to the same idempotency key.
    pub(crate) replayed: bool,
}

/// The body of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Body {
    /// JSON text.
    Json(String),
    /// Plain text.
    Text(String),
}

impl Reply {
    /// All is well.
    pub(crate) fn ok(value: &Value) -> Self {
        Self::json(200, value.to_string())
    }

    /// JSON text with a status.
    pub(crate) fn json(status: u16, body: String) -> Self {
        Self { status, body: Body::Json(body), wait: None, replayed: false }
    }

    /// Plain text with a status.
    pub(crate) fn text(status: u16, body: String) -> Self {
        Self { status, body: Body::Text(body), wait: None, replayed: false }
    }

    /// The error object of a refusal.
    pub(crate) fn refusal(error: &HttpError, request: &str) -> Self {
        let face = error.face();
        let mut object = json!({
            "type": face.kind.as_str(),
            "code": face.code,
            "message": error.to_string(),
            "pmts_code": error.code().code,
            "doc_url": doc_url(error.code().code),
            "request_id": request,
        });
        if let Some(param) = error.param() {
            object["param"] = json!(param);
        }
        if face.status >= 500 {
            // What is inside stays inside: the log has it.
            object["message"] = json!(error.code().meaning);
        }
        let mut reply = Self::json(face.status, json!({ "error": object }).to_string());
        reply.wait = match error {
            HttpError::RateLimited { wait } => Some(*wait),
            HttpError::IdempotencyInUse => Some(std::time::Duration::from_secs(1)),
            _ if face.status == 503 => Some(std::time::Duration::from_secs(1)),
            _ => None,
        };
        reply
    }

    /// The text under which an answer is stored: `{"status":200,"body":{...}}`.
    pub(crate) fn stored(status: u16, body: &str) -> String {
        format!("{{\"status\":{status},\"body\":{body}}}")
    }

    /// Reads a stored answer.
    pub(crate) fn replay(stored: &str) -> Option<Self> {
        let rest = stored.strip_prefix("{\"status\":")?;
        let (status, rest) = rest.split_once(",\"body\":")?;
        let body = rest.strip_suffix('}')?;
        Some(Self { replayed: true, ..Self::json(status.parse().ok()?, body.to_owned()) })
    }
}

/// Where a code is explained.
pub(crate) fn doc_url(code: &str) -> String {
    format!("/v1/error_codes/{code}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::ParamFault;

    #[test]
    fn stored_answers_are_read_back() {
        let reply = Reply::json(402, r#"{"error":{"code":"x","body":","}}"#.into());
        let Body::Json(body) = &reply.body else { panic!() };
        let back = Reply::replay(&Reply::stored(402, body)).unwrap();
        assert_eq!(back, Reply { replayed: true, ..reply });
        for bad in ["", "{}", "{\"status\":x,\"body\":{}}", "{\"status\":200,\"body\":{}"] {
            let read = Reply::replay(bad);
            assert!(read.is_none() || bad.ends_with("{}"), "{bad}");
        }
    }

    #[test]
    fn a_refusal_names_code_parameter_and_place() {
        let error = HttpError::Param { fault: ParamFault::Missing, param: "amount".into() };
        let reply = Reply::refusal(&error, "req_1");
        let Body::Json(body) = reply.body else { panic!() };
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(reply.status, 400);
        assert_eq!(
            body["error"],
            json!({
                "type": "invalid_request_error", "code": "parameter_missing", "param": "amount", "message": "amount: it must be there",
                "pmts_code": "HTTP_PARAMETER", "doc_url": "/v1/error_codes/HTTP_PARAMETER", "request_id": "req_1",
            })
        );
    }
}
