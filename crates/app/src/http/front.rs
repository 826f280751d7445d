//! From the wire to a handler and back: routing, keys, limits, reading, idempotency key, headers, one line of log.

use super::api::{Api, VERSION};
use super::call::{Call, RequestId};
use super::endpoint::{Access, Endpoint, Method, Weight};
use super::input::{Node, check, read_form, read_json};
use super::reply::{Body, Reply};
use super::{HttpError, idempotency, routes};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Request, Response, StatusCode};
use pmts_identity::{ApiKey, IdentityError, KeyKind};
use pmts_kernel::Coded;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;
use zeroize::Zeroizing;

const STRIPE_VERSION: HeaderName = HeaderName::from_static("stripe-version");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
const SHOULD_RETRY: HeaderName = HeaderName::from_static("stripe-should-retry");

/// The longest path and query, in bytes.
const ADDRESS_MAX: usize = 8 * 1024;

/// Answers one request.
pub(crate) async fn answer(api: Arc<Api>, request: Request<Incoming>, from: IpAddr) -> Response<Full<Bytes>> {
    let start = Instant::now();
    let id = RequestId::from_raw(api.engine.ids.next_id());
    api.metrics.under_way.fetch_add(1, Relaxed);
    let mut seen = Seen::default();
    let version = version(request.headers());
    let options = request.method() == hyper::Method::OPTIONS;
    let reply = if options {
        Ok(Reply::text(204, String::new()))
    } else {
        match &version {
            Ok(_) => go(&api, request, from, id, &mut seen).await,
            Err(()) => Err(HttpError::Version),
        }
    };
    let mut cause = None;
    let reply = reply.unwrap_or_else(|error| {
        count(&api, &error);
        let reply = Reply::refusal(&error, &id.to_string());
        cause = Some(error);
        reply
    });
    if reply.replayed {
        api.metrics.replayed.fetch_add(1, Relaxed);
    }
    api.metrics.under_way.fetch_sub(1, Relaxed);
    let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
    api.metrics.ended(seen.endpoint, reply.status, micros);
    seen.log(id, &reply, cause.as_ref(), micros);
    let allow = match cause {
        Some(HttpError::Method(allowed)) => Some(allowed),
        _ => None,
    };
    let version = version.unwrap_or(HeaderValue::from_static(VERSION));
    response(reply, id, &version, allow)
}

/// What is known of a request when it has ended.
#[derive(Default)]
struct Seen {
    endpoint: Option<usize>,
    key: Option<Arc<ApiKey>>,
}

impl Seen {
    /// One line for each request. The path is the endpoint's: what stands in its place may be anything.
    fn log(&self, id: RequestId, reply: &Reply, cause: Option<&HttpError>, micros: u64) {
        let endpoint = self.endpoint.and_then(|i| routes::all().get(i));
        let (method, path) = endpoint.map_or(("", ""), |e| (e.method.as_str(), e.path));
        let principal = self.key.as_ref().map(|k| k.principal());
        let principal = principal.as_ref().map_or("", |p| p.as_str());
        let (status, replayed) = (reply.status, reply.replayed);
        let code = cause.map_or("", |e| e.code().code);
        if status >= 500 {
            let why = cause.map(whole).unwrap_or_default();
            tracing::error!(target: "pmts::http", request_id = %id, method, path, status, micros, principal, code, why, "request failed");
        } else {
            tracing::info!(target: "pmts::http", request_id = %id, method, path, status, micros, principal, code, replayed, "request");
        }
    }
}

/// An error with all that is behind it.
fn whole(error: &HttpError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(e) = cause {
        text += ": ";
        text += &e.to_string();
        cause = e.source();
    }
    text
}

fn count(api: &Api, error: &HttpError) {
    match error {
        HttpError::RateLimited { .. } => api.metrics.limited.fetch_add(1, Relaxed),
        HttpError::NoKey | HttpError::Key(_) | HttpError::KeyMode(_) => {
            api.metrics.unauthorized.fetch_add(1, Relaxed)
        }
        HttpError::Timeout => api.metrics.timed_out.fetch_add(1, Relaxed),
        _ => 0,
    };
}

async fn go(
    api: &Arc<Api>,
    request: Request<Incoming>,
    from: IpAddr,
    id: RequestId,
    seen: &mut Seen,
) -> Result<Reply, HttpError> {
    let (head, body) = request.into_parts();
    if head.uri.path().len() + head.uri.query().map_or(0, str::len) > ADDRESS_MAX {
        return Err(HttpError::AddressLong(ADDRESS_MAX));
    }
    let (place, endpoint, ids) = route(&head.method, head.uri.path())?;
    // That somebody was reported shows nowhere, and so not which step about a case was taken.
    seen.endpoint = (endpoint.access != Access::CaseTeam).then_some(place);
    let key = match endpoint.access {
        Access::Open => None,
        access => {
            let key = authenticate(api, &head.headers, from).await?;
            seen.key = Some(key.clone());
            admit(api, endpoint, access, &key, from)?;
            Some(key)
        }
    };
    let (sent, idempotency) = match endpoint.method {
        Method::Get | Method::Delete => (read_form(head.uri.query().unwrap_or_default().as_bytes())?, None),
        Method::Post => {
            if head.uri.query().is_some_and(|q| !q.is_empty()) {
                // What is in an address ends up in logs of others.
                return Err(HttpError::Form);
            }
            let key =
                head.headers.get(IDEMPOTENCY_KEY).map(|k| idempotency::read_key(k.as_bytes())).transpose()?;
            (read_body(api, &head.headers, body, endpoint).await?, key)
        }
    };
    check(&sent, endpoint.params)?;
    let call = Call { api: api.clone(), endpoint, id, key, from, ids, sent, idempotency };
    // On a task of its own: what was begun is carried on when the caller hangs up, or does not wait.
    let running = tokio::spawn((endpoint.run)(call));
    match tokio::time::timeout(api.limits.request, running).await {
        Ok(Ok(result)) => result,
        Ok(Err(e)) => {
            if e.is_panic() {
                api.metrics.panicked.fetch_add(1, Relaxed);
            }
            Err(HttpError::Internal)
        }
        Err(_) => Err(HttpError::Timeout),
    }
}

/// Where something can be removed it can be read and changed, too.
const ALL_THREE: &str = "GET, POST, DELETE";

/// The endpoint of a path.
fn route(method: &hyper::Method, path: &str) -> Result<(usize, &'static Endpoint, Vec<String>), HttpError> {
    let parts: Vec<&str> = path.strip_prefix('/').unwrap_or(path).split('/').collect();
    let mut others: Option<&'static str> = None;
    for (place, endpoint) in routes::all().iter().enumerate() {
        if let Some(ids) = endpoint.matches(&parts) {
            let same = method.as_str() == endpoint.method.as_str()
                || (*method == hyper::Method::HEAD && endpoint.method == Method::Get);
            if same {
                return Ok((place, endpoint, ids));
            }
            others = Some(match others {
                _ if endpoint.method == Method::Delete || others == Some(ALL_THREE) => ALL_THREE,
                Some(other) if other != endpoint.method.as_str() => "GET, POST",
                _ => endpoint.method.as_str(),
            });
        }
    }
    Err(others.map_or(HttpError::NoRoute, HttpError::Method))
}

/// The key of `Authorization: Bearer KEY`, or of Basic authentication with the key as user name.
async fn authenticate(api: &Api, headers: &HeaderMap, from: IpAddr) -> Result<Arc<ApiKey>, HttpError> {
    let result = match key_text(headers) {
        Some(text) => api.keys.verify(&text).await.map_err(HttpError::Key),
        None => Err(HttpError::NoKey),
    };
    let key = match result {
        Ok(key) => key,
        // Our own trouble is no guess.
        Err(error @ HttpError::Key(IdentityError::Store { .. })) => return Err(error),
        Err(error) => {
            // Guessing is slow.
            api.guard.address(from, api.now())?;
            return Err(error);
        }
    };
    if key.mode != api.mode {
        api.guard.address(from, api.now())?;
        return Err(HttpError::KeyMode(api.mode.as_str()));
    }
    Ok(key)
}

fn key_text(headers: &HeaderMap) -> Option<Zeroizing<String>> {
    let (scheme, rest) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(Zeroizing::new(rest.to_owned()));
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let mut plain = super::base64::decode(rest)?;
    let end = plain.iter().position(|b| *b == b':').unwrap_or(plain.len());
    plain.truncate(end);
    std::str::from_utf8(&plain).ok().map(|t| Zeroizing::new(t.to_owned()))
}

fn admit(
    api: &Api,
    endpoint: &Endpoint,
    access: Access,
    key: &ApiKey,
    from: IpAddr,
) -> Result<(), HttpError> {
    let now = api.now();
    if key.kind == KeyKind::Publishable {
        api.guard.address(from, now)?;
    }
    if !access.admits(Some(key.kind), endpoint.method) {
        return Err(match access {
            Access::CaseTeam => HttpError::CaseTeamKeyNeeded,
            _ => HttpError::SecretKeyNeeded,
        });
    }
    if key.kind == KeyKind::Publishable && endpoint.weight == Weight::Card {
        api.guard.card(from, now)?;
    }
    api.guard.key(key.id, now)
}

async fn read_body(
    api: &Api,
    headers: &HeaderMap,
    body: Incoming,
    endpoint: &Endpoint,
) -> Result<Node, HttpError> {
    let too_long = || HttpError::BodyLong(endpoint.body_max);
    let announced = match headers.get(header::CONTENT_LENGTH) {
        Some(length) => length.to_str().ok().and_then(|l| l.parse().ok()).unwrap_or(usize::MAX),
        None => 0,
    };
    if announced > endpoint.body_max {
        return Err(too_long());
    }
    let read = collect(body, announced, endpoint.body_max);
    let bytes = tokio::time::timeout(api.limits.body, read).await.map_err(|_| HttpError::BodySlow)??;
    let kind = headers.get(header::CONTENT_TYPE).map(|v| v.to_str().unwrap_or("?"));
    let kind = kind.map(|k| k.split(';').next().unwrap_or(k).trim().to_ascii_lowercase());
    match kind.as_deref() {
        Some("application/x-www-form-urlencoded") => read_form(&bytes),
        Some("application/json") if bytes.is_empty() => Ok(Node::EMPTY),
        Some("application/json") => read_json(&bytes),
        None if bytes.is_empty() => Ok(Node::EMPTY),
        _ if bytes.is_empty() => Ok(Node::EMPTY),
        _ => Err(HttpError::MediaType),
    }
}

/// Into one place that is overwritten at the end: it may hold a card number.
async fn collect(mut body: Incoming, announced: usize, max: usize) -> Result<Zeroizing<Vec<u8>>, HttpError> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(if announced == 0 { 1_024 } else { announced }));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| HttpError::BodyCut)?;
        let Some(data) = frame.data_ref() else { continue };
        if bytes.len() + data.len() > max {
            return Err(HttpError::BodyLong(max));
        }
        if bytes.capacity() - bytes.len() < data.len() {
            // Growing by itself would leave a copy behind.
            let mut larger = Zeroizing::new(Vec::with_capacity((bytes.len() + data.len()) * 2));
            larger.extend_from_slice(&bytes);
            bytes = larger;
        }
        bytes.extend_from_slice(data);
    }
    Ok(bytes)
}

/// The version the caller speaks; any is taken, and told back.
fn version(headers: &HeaderMap) -> Result<HeaderValue, ()> {
    match headers.get(STRIPE_VERSION) {
        None => Ok(HeaderValue::from_static(VERSION)),
        Some(value) => {
            let good = (1..=40).contains(&value.len()) && value.as_bytes().iter().all(u8::is_ascii_graphic);
            if good { Ok(value.clone()) } else { Err(()) }
        }
    }
}

fn response(
    reply: Reply,
    id: RequestId,
    version: &HeaderValue,
    allow: Option<&'static str>,
) -> Response<Full<Bytes>> {
    let (kind, text) = match reply.body {
        Body::Json(text) => ("application/json", text),
        Body::Text(text) => ("text/plain; version=0.0.4; charset=utf-8", text),
    };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    let fixed = HeaderValue::from_static;
    headers.insert(header::CONTENT_TYPE, fixed(kind));
    headers.insert(header::CACHE_CONTROL, fixed("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, fixed("nosniff"));
    // Browsers hand in cards with a publishable key; there are no cookies that a page could misuse.
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, fixed("*"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, fixed("Request-Id, Retry-After"));
    if reply.status == 204 {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, fixed("GET, POST"));
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            fixed("Authorization, Content-Type, Idempotency-Key, Stripe-Version"),
        );
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, fixed("600"));
    }
    if let Ok(id) = HeaderValue::from_str(&id.to_string()) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(STRIPE_VERSION, version.clone());
    if reply.replayed {
        headers.insert(REPLAYED, fixed("true"));
    }
    if let Some(wait) = reply.wait {
        let secs = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        headers.insert(header::RETRY_AFTER, HeaderValue::from(secs.max(1)));
        headers.insert(SHOULD_RETRY, fixed("true"));
    }
    if let Some(allow) = allow {
        headers.insert(header::ALLOW, fixed(allow));
    }
    if matches!(reply.status, 408 | 413) {
        // The rest of the body is not read.
        headers.insert(header::CONNECTION, fixed("close"));
    }
    response
}
