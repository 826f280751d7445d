//! `/v1/charges`: a charge is an authorization, with what was captured and refunded of it.

use super::cards::card;
use super::decline::shown;
use super::intent_view::{currency, id as intent_id};
use super::list::{LIMIT, Page, cursors};
use crate::engine::{EngineError, PaymentView};
use crate::http::HttpError;
use crate::http::call::Call;
use crate::http::endpoint::{Access, BODY_MAX, Endpoint, Gives, Method, Weight};
use crate::http::input::{Kind, Param};
use crate::http::reply::Reply;
use crate::http::shape::{Field, Of, Shape};
use crate::records::OperationRecord;
use pmts_kernel::format_id;
use pmts_payments::{IntentState, Operation, OperationId, OperationKind, OperationState, PaymentId};
use pmts_store::{ListQuery, StoreExt};
use serde_json::{Value, json};

/// A charge.
pub(super) static SHAPE: Shape = Shape {
    name: "Charge",
    about: "An authorization of a payment, with what was captured and refunded of it.",
    fields: &[
        Field::is("id", Of::Text, "Its id, `ch_...`."),
        Field::is("object", Of::Word(&["charge"]), "What it is."),
        Field::is(
            "amount",
            Of::Integer,
            "What is held or was captured, in minor units; of one that failed, what was asked for.",
        ),
        Field::is("amount_captured", Of::Integer, "What was captured."),
        Field::is("amount_refunded", Of::Integer, "What went back or is about to."),
        Field::may("authorization_code", Of::Text, "The issuer's approval code."),
        Field::may(
            "balance_transaction",
            Of::Text,
            "The movement of its first capture; told when the charge is read by itself.",
        ),
        Field::is("captured", Of::Bool, "Whether all that will be captured is captured."),
        Field::is("created", Of::Moment, "When it was asked for."),
        Field::is("currency", Of::Text, "In which currency, small letters."),
        Field::may("customer", Of::Text, "Who pays, in the caller's numbering."),
        Field::may("description", Of::Text, "A sentence for people."),
        Field::is("disputed", Of::Bool, "Always false."),
        Field::may("failure_code", Of::Text, "Why it failed."),
        Field::may("failure_message", Of::Text, "The same for people."),
        Field::is("livemode", Of::Bool, "Whether it is real money."),
        Field::is("metadata", Of::Texts, "Those of the payment."),
        Field::is("outcome", Of::Object(&OUTCOME), "What the issuer said."),
        Field::is("paid", Of::Bool, "Whether the issuer approved it."),
        Field::is("payment_intent", Of::Text, "The payment."),
        Field::may("payment_method", Of::Text, "How it was asked for."),
        Field::may("payment_method_details", Of::Free, "The card, as far as it may be shown."),
        Field::is("refunded", Of::Bool, "Whether all that was captured went back."),
        Field::is(
            "status",
            Of::Word(&["succeeded", "pending", "failed"]),
            "An outcome that is not known yet is `pending`.",
        ),
    ],
};

static OUTCOME: Shape = Shape {
    name: "ChargeOutcome",
    about: "What the issuer said.",
    fields: &[
        Field::is(
            "network_status",
            Of::Word(&[
                "approved_by_network",
                "declined_by_network",
                "not_sent_to_network",
                "reversed_after_approval",
            ]),
            "How it ended there.",
        ),
        Field::may("network_decline_code", Of::Text, "The issuer's own code."),
        Field::may("reason", Of::Text, "Why it failed."),
        Field::may("seller_message", Of::Text, "The same for people."),
        Field::is("type", Of::Word(&["authorized", "issuer_declined", "invalid", "pending"]), "In a word."),
    ],
};

pub(crate) static ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        method: Method::Get,
        path: "/v1/charges",
        name: "GetCharges",
        about: "List charges, newest first.",
        access: Access::Secret,
        weight: Weight::Normal,
        params: {
            let [after, before] = cursors!("ch");
            &[
                LIMIT,
                after,
                before,
                Param::may("payment_intent", Kind::Id(&["pi"]), "Only those of this payment."),
            ]
        },
        gives: Gives::Page(&SHAPE),
        body_max: BODY_MAX,
        run: |call| Box::pin(list(call)),
    },
    Endpoint {
        method: Method::Get,
        path: "/v1/charges/{id}",
        name: "GetChargesCharge",
        about: "Read a charge.",
        access: Access::Secret,
        weight: Weight::Normal,
        params: &[],
        gives: Gives::Object(&SHAPE),
        body_max: BODY_MAX,
        run: |call| Box::pin(read(call)),
    },
];

/// A charge. `movement` is the id of its first capture, if that was looked up.
pub(super) fn render(view: &PaymentView, charge: &Operation, movement: Option<OperationId>) -> Value {
    let intent = &view.intent;
    // The ledger knows the money of a payment; only its latest authorization can have any.
    let latest = intent.attempt == Some(charge.id);
    let paid = charge.state == OperationState::Succeeded;
    let (captured, refunded) =
        if latest { (view.money.captured.minor(), view.money.refunded.minor()) } else { (0, 0) };
    let amount = match () {
        () if latest && paid && intent.state == IntentState::Captured => captured,
        () if latest && paid => view.money.authorized.minor(),
        () => charge.effective().minor(),
    };
    let failed = charge.decline.as_ref().filter(|_| !paid).map(|d| shown(d.code));
    let status = match charge.state {
        OperationState::Succeeded => "succeeded",
        OperationState::Pending | OperationState::Unknown | OperationState::Reversing => "pending",
        OperationState::Declined | OperationState::Reversed | OperationState::NotSent => "failed",
    };
    let method = charge.method.as_ref().or(intent.method.as_ref());
    json!({
        "id": format_id("ch", charge.id.raw()),
        "object": "charge",
        "amount": amount,
        "amount_captured": captured,
        "amount_refunded": refunded,
        "authorization_code": charge.approval_code,
        "balance_transaction": movement.map(|m| format_id("txn", m.raw())),
        "captured": latest && intent.state == IntentState::Captured,
        "created": charge.created.as_secs(),
        "currency": currency(intent),
        "customer": intent.customer,
        "description": intent.details.description,
        "disputed": false,
        "failure_code": failed.map(|f| f.code),
        "failure_message": failed.map(|f| f.message),
        "livemode": charge.live,
        "metadata": intent.details.metadata,
        "outcome": {
            "network_status": match charge.state {
                OperationState::Succeeded => "approved_by_network",
                OperationState::Declined => "declined_by_network",
                OperationState::Reversed | OperationState::Reversing => "reversed_after_approval",
                _ => "not_sent_to_network",
            },
            "network_decline_code": charge.decline.as_ref().and_then(|d| d.raw.as_deref()),
            "reason": failed.map(|f| f.decline_code),
            "seller_message": failed.map(|f| f.message),
            "type": match charge.state {
                OperationState::Succeeded => "authorized",
                OperationState::Declined => "issuer_declined",
                OperationState::Reversed | OperationState::NotSent => "invalid",
                _ => "pending",
            },
        },
        "paid": paid,
        "payment_intent": intent_id(intent),
        "payment_method": method.and_then(|m| m.name.as_deref()),
        "payment_method_details": method.map(|m| json!({ "type": "card", "card": card(m, None, Some(&charge.checks)) })),
        "refunded": captured > 0 && refunded == captured,
        "status": status,
    })
}

fn missing(error: EngineError) -> HttpError {
    match error {
        EngineError::Missing(_) => HttpError::NotFound { what: "charge", param: "id" },
        other => other.into(),
    }
}

/// The charge of an id in the path or a parameter.
pub(super) async fn find(call: &Call, id: u128, param: &'static str) -> Result<Operation, HttpError> {
    let not_found = || HttpError::NotFound { what: "charge", param };
    match call.api.engine.operation(OperationId::from_raw(id)).await {
        Ok(read) if read.value.kind == OperationKind::Authorize => Ok(read.value),
        Ok(_) | Err(EngineError::Missing(_)) => Err(not_found()),
        Err(other) => Err(other.into()),
    }
}

async fn read(call: Call) -> Result<Reply, HttpError> {
    let charge = find(&call, call.path_id("ch", "charge")?, "id").await?;
    let view = call.api.engine.view(charge.payment, None).await.map_err(missing)?;
    let query = ListQuery::with_key("operation", "payment", charge.payment.to_string());
    let (all, _) = call.api.store.list_typed::<OperationRecord>(query).await?;
    let movement = all.into_iter().map(|o| o.value.0).find(|o| {
        o.kind == OperationKind::Capture && o.state == OperationState::Succeeded && o.id > charge.id
    });
    let movement = movement.filter(|_| view.intent.attempt == Some(charge.id)).map(|o| o.id);
    Ok(Reply::ok(&render(&view, &charge, movement)))
}

async fn list(call: Call) -> Result<Reply, HttpError> {
    let (api, params) = (&call.api, call.params());
    let page = Page::read(params, "ch", "charge")?;
    let payment = match params.text("payment_intent") {
        Some(text) => {
            let not_found = HttpError::NotFound { what: "payment_intent", param: "payment_intent" };
            Some(crate::http::call::read_id("pi", text).map(PaymentId::from_raw).ok_or(not_found)?)
        }
        None => None,
    };
    let key = match payment {
        Some(payment) => ("payment", payment.to_string()),
        None => ("list", "charge".to_owned()),
    };
    let mut query = ListQuery {
        key: Some(key),
        after: page.cursor,
        newest_first: !page.backwards,
        limit: page.limit + 1,
        ..ListQuery::all("operation")
    };
    let mut found = Vec::new();
    // Among the operations of one payment there are others between the charges.
    loop {
        let (records, next) = api.store.list_typed::<OperationRecord>(query.clone()).await?;
        let charges = records.into_iter().map(|r| r.value.0);
        found.extend(charges.filter(|o| o.kind == OperationKind::Authorize && o.live == api.live()));
        query.after = next;
        if next.is_none() || found.len() > page.limit {
            break;
        }
    }
    let mut views = Vec::with_capacity(found.len());
    for charge in found {
        views.push((api.engine.view(charge.payment, None).await.map_err(missing)?, charge));
    }
    let list = page.envelope(views, "/v1/charges", |(view, charge)| render(&view, &charge, None));
    Ok(Reply::ok(&list))
}
