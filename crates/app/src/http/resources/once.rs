//! Requests whose answer is kept beside their effect: the same key gives the same answer.

use crate::aml::AmlError;
use crate::engine::EngineError;
use crate::http::HttpError;
use crate::http::call::Call;
use crate::http::endpoint::Running;
use crate::http::idempotency::{Slot, replay};
use crate::http::reply::{Body, Reply};
use pmts_store::{Answer, Commit, CommitError};
use serde_json::Value;

/// What is shown once: a repeat of the key is answered without it.
const SHOWN_ONCE: [&str; 2] = ["secret", "file"];

/// An answer as it is kept.
fn kept_of(body: &str) -> String {
    let Ok(Value::Object(mut object)) = serde_json::from_str(body) else { return body.to_owned() };
    if !SHOWN_ONCE.iter().any(|name| object.contains_key(*name)) {
        return body.to_owned();
    }
    for name in SHOWN_ONCE {
        object.entry(name).and_modify(|value| *value = Value::Null);
    }
    Value::Object(object).to_string()
}

/// Runs a handler once for an idempotency key and keeps its answer. The answer is a commit of its own, after the effect's: if the process
/// ends between the two, the request is done again. The handlers that use this bear that: what they do twice is there once, is
/// refused with a typed error, or is one more note or version.
pub(super) fn once(call: Call, handler: fn(Call) -> Running) -> Running {
    Box::pin(async move {
        let Some((slot, held)) = call.turn().await? else { return handler(call).await };
        if let Some(reply) = call.recorded(&slot, |_| (500, "{}".into())).await? {
            return Ok(reply);
        }
        let (store, by) = (call.api.store.clone(), call.principal());
        let reply = handler(call).await?;
        let Body::Json(body) = &reply.body else { return Ok(reply) };
        let answer = Answer {
            scope: slot.scope.clone(),
            key: slot.key.clone(),
            fingerprint: slot.fingerprint.clone(),
            body: Reply::stored(reply.status, &kept_of(body)),
        };
        let kept = store.commit(Commit { answer: Some(answer), ..Commit::by(by) }).await;
        drop(held);
        match kept {
            Ok(_) => Ok(reply),
            Err(CommitError::Answered(first)) => replay(&slot, &first),
            Err(other) => Err(HttpError::from(other)),
        }
    })
}

/// Makes the answer that is kept in the same commit as what it tells of.
#[derive(Clone)]
pub(super) struct Kept(Option<Slot>);

impl Kept {
    /// The answer with this body; `None`: the request came without a key.
    pub(super) fn answer(&self, body: &Value) -> Option<Answer> {
        let slot = self.0.as_ref()?;
        Some(Answer {
            scope: slot.scope.clone(),
            key: slot.key.clone(),
            fingerprint: slot.fingerprint.clone(),
            body: Reply::stored(200, &body.to_string()),
        })
    }
}

/// Runs a handler once for an idempotency key. The handler keeps its answer in the commit of the effect, with [`Kept::answer`].
pub(super) fn once_with(call: Call, handler: fn(Call, Kept) -> Running) -> Running {
    Box::pin(async move {
        let Some((slot, held)) = call.turn().await? else { return handler(call, Kept(None)).await };
        if let Some(reply) = call.recorded(&slot, |_| (500, "{}".into())).await? {
            return Ok(reply);
        }
        let done = handler(call, Kept(Some(slot.clone()))).await;
        drop(held);
        match done {
            Err(HttpError::Engine(EngineError::Commit(CommitError::Answered(first))))
            | Err(HttpError::Engine(EngineError::Aml(AmlError::Commit(CommitError::Answered(first))))) => {
                replay(&slot, &first)
            }
            other => other,
        }
    })
}
