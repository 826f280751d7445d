//! `/v1/events`: what happened, as it lies in the outbox.

use super::list::{LIMIT, Page, cursors};
use crate::http::HttpError;
use crate::http::api::VERSION;
use crate::http::call::Call;
use crate::http::endpoint::{Access, BODY_MAX, Endpoint, Gives, Method, Weight};
use crate::http::input::{Kind, Param};
use crate::http::reply::Reply;
use crate::http::shape::{Field, Of, Shape};
use pmts_kernel::{EventId, format_id, timestamp_of_id};
use pmts_payments::{OperationId, PaymentId};
use pmts_store::RecordedEvent;
use serde_json::{Value, json};

/// An event.
static SHAPE: Shape = Shape {
    name: "Event",
    about: "Something that happened.",
    fields: &[
        Field::is("id", Of::Text, "Its id, `evt_...`."),
        Field::is("object", Of::Word(&["event"]), "What it is."),
        Field::is("api_version", Of::Text, "The version of the shapes."),
        Field::is("created", Of::Moment, "When it was decided."),
        Field::is(
            "data",
            Of::Free,
            "`object` has the facts as they were: its id, its kind, amount and currency among them.",
        ),
        Field::is("livemode", Of::Bool, "Whether it is real money."),
        Field::is(
            "pending_webhooks",
            Of::Integer,
            "Always zero: whether endpoints were told is shown with them.",
        ),
        Field::may("request", Of::Free, "Always null."),
        Field::is(
            "sequence",
            Of::Integer,
            "The version of the object after it: events of one object are in its order.",
        ),
        Field::is("type", Of::Text, "What happened: `payment_intent.succeeded`."),
    ],
};

pub(crate) static ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        method: Method::Get,
        path: "/v1/events",
        name: "GetEvents",
        about: "List events, newest first.",
        access: Access::Secret,
        weight: Weight::Normal,
        params: {
            let [after, before] = cursors!("evt");
            &[LIMIT, after, before, Param::may("type", Kind::Text { max: 100 }, "Only those of this type.")]
        },
        gives: Gives::Page(&SHAPE),
        body_max: BODY_MAX,
        run: |call| Box::pin(list(call)),
    },
    Endpoint {
        method: Method::Get,
        path: "/v1/events/{id}",
        name: "GetEventsId",
        about: "Read an event.",
        access: Access::Secret,
        weight: Weight::Normal,
        params: &[],
        gives: Gives::Object(&SHAPE),
        body_max: BODY_MAX,
        run: |call| Box::pin(read(call)),
    },
];

/// Our names and Stripe's. Those that are not listed keep ours.
pub const TYPES: &[(&str, &str)] = &[
    ("payment.created", "payment_intent.created"),
    ("payment.processing", "payment_intent.processing"),
    ("payment.authorized", "payment_intent.amount_capturable_updated"),
    ("payment.incremented", "payment_intent.amount_capturable_updated"),
    ("payment.partly_captured", "payment_intent.partially_captured"),
    ("payment.declined", "payment_intent.payment_failed"),
    ("payment.captured", "payment_intent.succeeded"),
    ("payment.canceled", "payment_intent.canceled"),
    ("refund.processing", "refund.created"),
    ("refund.succeeded", "refund.updated"),
    ("refund.failed", "refund.failed"),
];

fn shown(kind: &str) -> &str {
    TYPES.iter().find(|(ours, _)| *ours == kind).map_or(kind, |(_, theirs)| theirs)
}

/// An event as it is shown and told, and its name at the API.
pub(crate) fn event_of(event: &RecordedEvent, live: bool) -> (Value, &str) {
    (render(event, live), shown(&event.event.kind))
}

fn render(event: &RecordedEvent, live: bool) -> Value {
    let event = &event.event;
    let (id, kind) = match (event.object.parse::<PaymentId>(), event.object.parse::<OperationId>()) {
        (Ok(payment), _) => (format_id("pi", payment.raw()), "payment_intent"),
        (_, Ok(refund)) => (format_id("re", refund.raw()), "refund"),
        _ => (event.object.clone(), "object"),
    };
    let mut object = event.data.clone();
    if let Some(map) = object.as_object_mut() {
        if let Some(currency) = map.get("currency").and_then(Value::as_str).map(str::to_ascii_lowercase) {
            map.insert("currency".into(), currency.into());
        }
        if let Some(payment) = map.remove("payment") {
            let payment = payment.as_str().and_then(|p| p.parse::<PaymentId>().ok());
            map.insert("payment_intent".into(), json!(payment.map(|p| format_id("pi", p.raw()))));
        }
        map.insert("id".into(), id.into());
        map.insert("object".into(), kind.into());
    }
    json!({
        "id": event.id.to_string(),
        "object": "event",
        "api_version": VERSION,
        "created": event.at.as_secs(),
        "data": { "object": object },
        "livemode": live,
        "pending_webhooks": 0,
        "request": null,
        "sequence": event.sequence,
        "type": shown(&event.kind),
    })
}

/// How many events are looked at in one go.
const STEP: usize = 500;
/// How many events are looked at for one request.
const LOOK_MAX: usize = 200_000;

/// The place of an event in the outbox. Ids grow with time and an event is committed soon after it was decided, so the
/// outbox is halved down to what was decided about then, and that is looked through.
pub(super) async fn find(call: &Call, id: EventId, param: &'static str) -> Result<RecordedEvent, HttpError> {
    let store = &call.api.store;
    let made = timestamp_of_id(id.raw());
    let (oldest, newest) = (made.saturating_add_secs(-60), made.saturating_add_secs(60));
    // All events up to `left` were decided by `newest`, the one after `right` was not, or there is none.
    let last = store.events_before(u64::MAX, 1).await?.first().map_or(0, |e| e.sequence);
    let (mut left, mut right) = (0, last);
    while left < right {
        let middle = left + (right - left) / 2;
        match store.events(middle, 1).await?.first() {
            Some(event) if event.event.at <= newest => left = event.sequence,
            _ => right = middle,
        }
    }
    let mut before = left.saturating_add(1);
    for _ in 0..LOOK_MAX / STEP {
        let page = store.events_before(before, STEP).await?;
        if let Some(found) = page.iter().find(|e| e.event.id == id) {
            return Ok(found.clone());
        }
        match page.last() {
            Some(last) if last.event.at >= oldest => before = last.sequence,
            _ => break,
        }
    }
    Err(HttpError::NotFound { what: "event", param })
}

async fn read(call: Call) -> Result<Reply, HttpError> {
    let id = EventId::from_raw(call.path_id("evt", "event")?);
    let event = find(&call, id, "id").await?;
    Ok(Reply::ok(&render(&event, call.api.live())))
}

async fn list(call: Call) -> Result<Reply, HttpError> {
    let params = call.params();
    let page = Page::read(params, "evt", "event")?;
    let param = if page.backwards { "ending_before" } else { "starting_after" };
    let mut at = match page.cursor {
        Some(id) => find(&call, EventId::from_raw(id), param).await?.sequence,
        None => u64::MAX,
    };
    let wanted = params.text("type");
    let mut found: Vec<RecordedEvent> = Vec::new();
    for _ in 0..LOOK_MAX / STEP {
        let step = if wanted.is_some() { STEP } else { page.limit + 1 };
        let events = if page.backwards {
            call.api.store.events(at, step).await?
        } else {
            call.api.store.events_before(at, step).await?
        };
        let Some(last) = events.last().map(|e| e.sequence) else { break };
        found.extend(events.into_iter().filter(|e| wanted.is_none_or(|w| shown(&e.event.kind) == w)));
        at = last;
        if found.len() > page.limit {
            break;
        }
    }
    let live = call.api.live();
    Ok(Reply::ok(&page.envelope(found, "/v1/events", |event| render(&event, live))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_ours_exists() {
        for (ours, _) in TYPES {
            assert!(crate::engine::TOLD.iter().any(|(name, _)| name == ours), "{ours}");
        }
    }
}
