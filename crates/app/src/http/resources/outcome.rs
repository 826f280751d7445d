//! The answer to a request that had an effect outside: the object, or the error object of a decline with the payment in it.

use super::intent_view::{self, Look};
use crate::engine::{AnswerSlot, PaymentView, Request};
use crate::http::HttpError;
use crate::http::api::Api;
use crate::http::call::Call;
use crate::http::reply::Reply;
use pmts_payments::{Decline, DeclineCode, IntentState, OperationKind, OperationState};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};

/// Makes status and body of an answer.
pub(super) type Render = Arc<dyn Fn(&PaymentView) -> (u16, String) + Send + Sync>;

/// An answer that was made to be stored, and of what.
type Made = (PaymentView, u16, String);

/// Does a request about a payment once, whatever its idempotency key says, and answers it.
///
/// # Errors
/// Those of `run`, and of the idempotency key.
pub(super) async fn once<F>(
    call: &Call,
    render: Render,
    run: impl FnOnce(Request) -> F,
) -> Result<Reply, HttpError>
where
    F: Future<Output = Result<PaymentView, HttpError>>,
{
    let (slot, held) = call.turn().await?.unzip();
    let mut request = call.request();
    let made: Arc<Mutex<Option<Made>>> = Arc::default();
    request.answer = slot.clone().map(|slot| {
        let (render, made) = (render.clone(), made.clone());
        AnswerSlot {
            scope: slot.scope,
            key: slot.key,
            fingerprint: slot.fingerprint,
            render: Arc::new(move |view| {
                let (status, body) = render(view);
                let stored = Reply::stored(status, &body);
                *made.lock().unwrap_or_else(PoisonError::into_inner) = Some((view.clone(), status, body));
                stored
            }),
        }
    });
    let result = run(request).await;
    let reply = match (result, &slot) {
        (Ok(view), _) => {
            let made = made.lock().unwrap_or_else(PoisonError::into_inner).take();
            let (status, body) = match made {
                Some((of, status, body)) if of == view => (status, body),
                _ => render(&view),
            };
            Ok(Reply::json(status, body))
        }
        // What cannot be done may have been done before, under this key.
        (Err(error), Some(slot)) => match call.recorded(slot, |view| render(view)).await? {
            Some(reply) => Ok(reply),
            None => Err(error),
        },
        (Err(error), None) => Err(error),
    };
    drop(held);
    reply
}

/// The answer to a request about a payment intent.
pub(super) fn of_intent(api: &Arc<Api>, look: Look) -> Render {
    answered(api, look, refusal)
}

/// The answer to a confirmation: a challenge that turns out as failed refuses it, with nothing sent.
pub(super) fn of_confirmation(api: &Arc<Api>, look: Look) -> Render {
    answered(api, look, |view| {
        let unsent = view.operation.is_none() && view.intent.state == IntentState::Declined;
        refusal(view).or_else(|| view.intent.decline.clone().filter(|_| unsent))
    })
}

fn answered(api: &Arc<Api>, look: Look, refusal: fn(&PaymentView) -> Option<Decline>) -> Render {
    let api = api.clone();
    Arc::new(move |view| {
        let intent = intent_view::render(&api, view, look);
        match refusal(view) {
            None => (200, intent.to_string()),
            Some(decline) => (402, declined(view, &decline, intent)),
        }
    })
}

/// Why the operation that was asked for was refused. What is not known yet is no refusal.
fn refusal(view: &PaymentView) -> Option<Decline> {
    let operation = view.operation.as_ref()?;
    let refused = matches!(
        operation.state,
        OperationState::Declined | OperationState::NotSent | OperationState::Reversed
    );
    if !refused || matches!(operation.kind, OperationKind::Refund | OperationKind::Release) {
        return None;
    }
    let other = || Decline { code: DeclineCode::Other, raw: None, retry: None };
    Some(operation.decline.clone().or_else(|| view.intent.decline.clone()).unwrap_or_else(other))
}

fn declined(view: &PaymentView, decline: &Decline, intent: Value) -> String {
    let mut error = intent_view::error(view, decline);
    error["payment_intent"] = intent;
    json!({ "error": error }).to_string()
}
