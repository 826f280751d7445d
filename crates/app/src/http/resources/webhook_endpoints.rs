//! `/v1/webhook_endpoints`: who is told what happens.

use super::once::once;
use crate::http::HttpError;
use crate::http::call::{Call, read_id};
use crate::http::endpoint::{Access, BODY_MAX, Endpoint as Route, Gives, Method, Running, Weight};
use crate::http::input::{Kind, Param};
use crate::http::reply::Reply;
use crate::http::shape::{Field, Of, Shape};
use crate::webhooks::{Changes, Endpoint, EndpointId, NewEndpoint, WebhookDesk, WebhookError, secret};
use pmts_kernel::{EventId, format_id};
use serde_json::{Value, json};

/// An endpoint.
static SHAPE: Shape = Shape {
    name: "WebhookEndpoint",
    about: "Where events are told.",
    fields: &[
        Field::is("id", Of::Text, "Its id, `we_...`."),
        Field::is("object", Of::Word(&["webhook_endpoint"]), "What it is."),
        Field::is("attempts", Of::List(&ATTEMPT), "The latest calls, the latest last."),
        Field::is("created", Of::Moment, "When it was made."),
        Field::is("description", Of::Text, "A sentence of yours; may be empty."),
        Field::is("enabled_events", Of::TextList, "Which events it wants; `*`: all."),
        Field::may("failing_since", Of::Moment, "Since when nothing was taken."),
        Field::is("livemode", Of::Bool, "Whether it is real money."),
        Field::is("position", Of::Integer, "The number of the last event that it was told, or did not want."),
        Field::may(
            "secret",
            Of::Text,
            "What signatures are made with: told when it is made and when it is changed, only then.",
        ),
        Field::is("status", Of::Word(&["enabled", "disabled"]), "Whether it is called."),
        Field::is("url", Of::Text, "Where it is."),
    ],
};

static ATTEMPT: Shape = Shape {
    name: "WebhookAttempt",
    about: "One call.",
    fields: &[
        Field::is("at", Of::Moment, "When."),
        Field::is("event", Of::Text, "About which event."),
        Field::may("fault", Of::Text, "What was wrong."),
        Field::may("status", Of::Integer, "The status of the answer."),
        Field::is("taken", Of::Bool, "Whether it was taken: any 2xx."),
        Field::is("took_ms", Of::Integer, "How long it took, in milliseconds."),
    ],
};

static GONE: Shape = Shape {
    name: "WebhookEndpointGone",
    about: "An endpoint that was removed.",
    fields: &[
        Field::is("id", Of::Text, "Its id."),
        Field::is("object", Of::Word(&["webhook_endpoint"]), "What it was."),
        Field::is("deleted", Of::Bool, "Always true."),
    ],
};

const EVENTS: Kind = Kind::List { of: &Kind::Reference { max: 100 }, max: 100 };
const ABOUT: Param = Param::may("description", Kind::TextOrNothing { max: 500 }, "A sentence of yours.");

const fn route(
    method: Method,
    path: &'static str,
    name: &'static str,
    about: &'static str,
    params: &'static [Param],
    gives: Gives,
    run: fn(Call) -> Running,
) -> Route {
    let (access, weight, body_max) = (Access::Secret, Weight::Normal, BODY_MAX);
    Route { method, path, name, about, access, weight, params, gives, body_max, run }
}

pub(crate) static ENDPOINTS: &[Route] = &[
    route(
        Method::Post,
        "/v1/webhook_endpoints",
        "PostWebhookEndpoints",
        "Make an endpoint: it is told what happens from now on.",
        &[
            Param::must(
                "url",
                Kind::Text { max: 2_000 },
                "Where it is: `https`; in test mode also `http` to this machine.",
            ),
            Param::must("enabled_events", EVENTS, "Which events it wants; `*`: all."),
            ABOUT,
        ],
        Gives::Object(&SHAPE),
        |call| once(call, |call| Box::pin(create(call))),
    ),
    route(
        Method::Get,
        "/v1/webhook_endpoints",
        "GetWebhookEndpoints",
        "List all endpoints.",
        &[],
        Gives::Page(&SHAPE),
        |call| Box::pin(list(call)),
    ),
    route(
        Method::Get,
        "/v1/webhook_endpoints/{id}",
        "GetWebhookEndpointsWebhookEndpoint",
        "Read an endpoint with its latest calls.",
        &[],
        Gives::Object(&SHAPE),
        |call| Box::pin(read(call)),
    ),
    route(
        Method::Post,
        "/v1/webhook_endpoints/{id}",
        "PostWebhookEndpointsWebhookEndpoint",
        "Change an endpoint. Enabled again, it goes on where it was: nothing is left out.",
        &[
            Param::may("url", Kind::Text { max: 2_000 }, "Where it is."),
            Param::may("enabled_events", EVENTS, "Which events it wants."),
            Param::may("disabled", Kind::Bool, "Whether it is not called."),
            ABOUT,
        ],
        Gives::Object(&SHAPE),
        |call| once(call, |call| Box::pin(update(call))),
    ),
    route(
        Method::Post,
        "/v1/webhook_endpoints/{id}/rotate_secret",
        "PostWebhookEndpointsWebhookEndpointRotateSecret",
        "Give it a new secret; for a day the one before signs, too.",
        &[],
        Gives::Object(&SHAPE),
        |call| once(call, |call| Box::pin(rotate(call))),
    ),
    route(
        Method::Post,
        "/v1/webhook_endpoints/{id}/resend",
        "PostWebhookEndpointsWebhookEndpointResend",
        "Tell it an event again, at once.",
        &[Param::must("event", Kind::Id(&["evt"]), "Which event.")],
        Gives::Object(&ATTEMPT),
        |call| Box::pin(resend(call)),
    ),
    route(
        Method::Delete,
        "/v1/webhook_endpoints/{id}",
        "DeleteWebhookEndpointsWebhookEndpoint",
        "Remove an endpoint.",
        &[],
        Gives::Object(&GONE),
        |call| Box::pin(remove(call)),
    ),
];

fn desk(call: &Call) -> WebhookDesk {
    let engine = &call.api.engine;
    let (store, ids, clock) = (engine.store.clone(), engine.ids.clone(), engine.clock.clone());
    WebhookDesk { store, ids, clock, reach: call.api.reach }
}

fn id(call: &Call) -> Result<EndpointId, HttpError> {
    call.path_typed("webhook_endpoint")
}

fn told(error: WebhookError) -> HttpError {
    match error {
        WebhookError::Missing(_) => HttpError::NotFound { what: "webhook_endpoint", param: "id" },
        WebhookError::Url(_) => HttpError::combination("url", "it cannot be called: see the reference"),
        WebhookError::TooMany(_) => HttpError::combination("url", "at most 16 endpoints are kept"),
        WebhookError::Commit(e) => e.into(),
        WebhookError::Store(e) => e.into(),
    }
}

fn attempt(a: &crate::webhooks::Attempt) -> Value {
    json!({
        "at": a.at.as_secs(), "event": a.event, "fault": a.fault, "status": a.status, "taken": a.taken(), "took_ms": a.took_ms,
    })
}

fn shown(call: &Call, e: &Endpoint, with_secret: bool) -> Value {
    let secret = with_secret.then(|| secret(call.api.keys.pepper(), e.id, e.secret));
    json!({
        "id": e.id,
        "object": "webhook_endpoint",
        "attempts": e.recent.iter().map(attempt).collect::<Vec<_>>(),
        "created": e.created.as_secs(),
        "description": e.description,
        "enabled_events": e.events,
        "failing_since": e.failing.map(|f| f.as_secs()),
        "livemode": call.api.live(),
        "position": e.position,
        "secret": secret,
        "status": if e.enabled { "enabled" } else { "disabled" },
        "url": e.url,
    })
}

fn events(call: &Call) -> Option<Vec<String>> {
    let params = call.params();
    params
        .has("enabled_events")
        .then(|| params.texts("enabled_events").into_iter().map(str::to_owned).collect())
}

async fn create(call: Call) -> Result<Reply, HttpError> {
    let params = call.params();
    let new = NewEndpoint {
        url: params.string("url").unwrap_or_default(),
        events: events(&call).unwrap_or_default(),
        description: params.string("description").unwrap_or_default(),
    };
    let made = desk(&call).create(new, &call.principal()).await.map_err(told)?;
    Ok(Reply::ok(&shown(&call, &made, true)))
}

async fn list(call: Call) -> Result<Reply, HttpError> {
    let all = desk(&call).all().await.map_err(told)?;
    let data: Vec<Value> = all.iter().map(|e| shown(&call, e, false)).collect();
    Ok(Reply::ok(
        &json!({ "object": "list", "url": "/v1/webhook_endpoints", "has_more": false, "data": data }),
    ))
}

async fn read(call: Call) -> Result<Reply, HttpError> {
    let found = desk(&call).get(id(&call)?).await.map_err(told)?.value;
    Ok(Reply::ok(&shown(&call, &found, false)))
}

async fn update(call: Call) -> Result<Reply, HttpError> {
    let params = call.params();
    let changes = Changes {
        url: params.string("url"),
        events: events(&call),
        enabled: params.boolean("disabled").map(|d| !d),
        description: params.string("description"),
    };
    let changed = desk(&call).update(id(&call)?, changes, &call.principal()).await.map_err(told)?;
    Ok(Reply::ok(&shown(&call, &changed, false)))
}

async fn rotate(call: Call) -> Result<Reply, HttpError> {
    let changed = desk(&call).rotate(id(&call)?, &call.principal()).await.map_err(told)?;
    Ok(Reply::ok(&shown(&call, &changed, true)))
}

async fn resend(call: Call) -> Result<Reply, HttpError> {
    let endpoint = desk(&call).get(id(&call)?).await.map_err(told)?.value;
    let event = call.params().text("event").and_then(|e| read_id("evt", e)).map(EventId::from_raw);
    let event = event.ok_or(HttpError::NotFound { what: "event", param: "event" })?;
    let recorded = super::events::find(&call, event, "event").await?;
    let (value, _) = super::events::event_of(&recorded, call.api.live());
    let told = call.api.webhooks.call(&endpoint, &recorded, &value.to_string()).await;
    debug_assert_eq!(format_id("evt", told.event.raw()), told.event.to_string());
    Ok(Reply::ok(&attempt(&told)))
}

async fn remove(call: Call) -> Result<Reply, HttpError> {
    let gone = desk(&call).remove(id(&call)?, &call.principal()).await.map_err(told)?;
    Ok(Reply::ok(&json!({ "id": gone.id, "object": "webhook_endpoint", "deleted": true })))
}
