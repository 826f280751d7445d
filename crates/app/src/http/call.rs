//! One request, read and checked, on its way to its handler.

use super::HttpError;
use super::api::Api;
use super::endpoint::Endpoint;
use super::input::{Node, Params};
use crate::engine::Request;
use pmts_identity::{ApiKey, KeyKind};
use pmts_kernel::{Principal, typed_id};
use std::str::FromStr;
use std::sync::Arc;

typed_id! {
    /// A request: the name it is found by in logs.
    pub struct RequestId("req");
}

/// One request, read and checked.
pub(crate) struct Call {
    /// What it is asked of.
    pub(crate) api: Arc<Api>,
    /// The endpoint.
    pub(crate) endpoint: &'static Endpoint,
    /// Its name in logs.
    pub(crate) id: RequestId,
    /// The key it came with; `None` only where anybody may call.
    pub(crate) key: Option<Arc<ApiKey>>,
    /// Where it comes from.
    pub(crate) from: std::net::IpAddr,
    /// The parts of the path that stand for `{...}`.
    pub(crate) ids: Vec<String>,
    /// What was sent; it fits the parameters of the endpoint.
    pub(crate) sent: Node,
    /// Its idempotency key.
    pub(crate) idempotency: Option<String>,
}

impl Call {
    /// What was sent.
    pub(crate) fn params(&self) -> Params<'_> {
        Params::new(&self.sent)
    }

    /// On whose behalf.
    pub(crate) fn principal(&self) -> Principal {
        self.key.as_ref().map_or_else(|| Principal::system("http"), |k| k.principal())
    }

    /// The request as the engine knows it, without an answer to keep.
    pub(crate) fn request(&self) -> Request {
        Request { by: self.principal(), answer: None, trace: Some(self.id.to_string()) }
    }

    /// Whether it came with a publishable key: the client secret is asked for, and less is told.
    pub(crate) fn is_public(&self) -> bool {
        self.key.as_ref().is_some_and(|k| k.kind == KeyKind::Publishable)
    }

    /// The id in the path, which begins with `prefix`.
    ///
    /// # Errors
    /// [`HttpError::NotFound`] unless it can be one.
    pub(crate) fn path_id(&self, prefix: &'static str, what: &'static str) -> Result<u128, HttpError> {
        let text = self.ids.first().map(String::as_str).unwrap_or_default();
        read_id(prefix, text).ok_or(HttpError::NotFound { what, param: "id" })
    }

    /// A typed id in the path, in its own text form.
    ///
    /// # Errors
    /// [`HttpError::NotFound`] unless it is one.
    pub(crate) fn path_typed<I: FromStr>(&self, what: &'static str) -> Result<I, HttpError> {
        let text = self.ids.first().map(String::as_str).unwrap_or_default();
        text.parse().map_err(|_| HttpError::NotFound { what, param: "id" })
    }
}

/// Reads `prefix_` and 26 digits of base 32.
pub(crate) fn read_id(prefix: &'static str, text: &str) -> Option<u128> {
    pmts_kernel::parse_id(prefix, text).ok()
}
