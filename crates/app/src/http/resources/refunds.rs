//! `/v1/refunds`.

use super::decline::shown;
use super::list::{LIMIT, Page, cursors};
use super::splits::PARTS;
use super::{charges, intent_params, outcome, splits};
use crate::engine::{EngineError, Refund};
use crate::http::HttpError;
use crate::http::call::{Call, read_id};
use crate::http::endpoint::{Access, BODY_MAX, Endpoint, Gives, Method, Weight};
use crate::http::input::{Kind, Param, Params};
use crate::http::reply::Reply;
use crate::http::shape::{Field, Of, Shape};
use crate::records::OperationRecord;
use pmts_kernel::format_id;
use pmts_money::Money;
use pmts_payments::{Operation, OperationId, OperationKind, OperationState, PaymentId};
use pmts_store::{ListQuery, StoreExt};
use serde_json::{Value, json};
use std::sync::Arc;

/// A refund.
pub(super) static SHAPE: Shape = Shape {
    name: "Refund",
    about: "Money that goes back to the customer.",
    fields: &[
        Field::is("id", Of::Text, "Its id, `re_...`."),
        Field::is("object", Of::Word(&["refund"]), "What it is."),
        Field::is("amount", Of::Integer, "How much, in minor units."),
        Field::may("balance_transaction", Of::Text, "Its movement, once it is on its way."),
        Field::may(
            "charge",
            Of::Text,
            "The charge it is of; told when the refund is made or read by itself.",
        ),
        Field::is("created", Of::Moment, "When it was asked for."),
        Field::is("currency", Of::Text, "In which currency, small letters."),
        Field::may("failure_reason", Of::Text, "Why it failed. It is still owed then."),
        Field::is("metadata", Of::Texts, "Names and values of the caller's own."),
        Field::is("payment_intent", Of::Text, "The payment."),
        Field::may("reason", Of::Word(REASONS), "Why, as the caller said."),
        Field::is("splits", Of::List(&PART), "Whose parts."),
        Field::is(
            "status",
            Of::Word(&["succeeded", "pending", "failed"]),
            "An outcome that is not known yet is `pending`.",
        ),
    ],
};

static PART: Shape = Shape {
    name: "RefundPart",
    about: "One payee's part of a refund.",
    fields: &[
        Field::is("seller", Of::Text, "The seller, or `platform`."),
        Field::is("amount", Of::Integer, "How much of the part, in minor units."),
    ],
};

const REASONS: &[&str] = &["duplicate", "fraudulent", "requested_by_customer"];

const fn read_only(
    path: &'static str,
    name: &'static str,
    about: &'static str,
    params: &'static [Param],
    gives: Gives,
    run: fn(Call) -> crate::http::endpoint::Running,
) -> Endpoint {
    Endpoint {
        method: Method::Get,
        path,
        name,
        about,
        access: Access::Secret,
        weight: Weight::Normal,
        params,
        gives,
        body_max: BODY_MAX,
        run,
    }
}

const LIST: &[Param] = {
    let [after, before] = cursors!("re");
    &[
        LIMIT,
        after,
        before,
        Param::may("payment_intent", Kind::Id(&["pi"]), "Only those of this payment."),
        Param::may("charge", Kind::Id(&["ch"]), "Only those of this charge."),
    ]
};

pub(crate) static ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        method: Method::Post,
        ..read_only(
            "/v1/refunds",
            "PostRefunds",
            "Refund a payment, all that is left or a part.",
            &[
                Param::may("payment_intent", Kind::Id(&["pi"]), "The payment."),
                Param::may("charge", Kind::Id(&["ch"]), "Its charge, in the place of the payment."),
                Param::may(
                    "amount",
                    Kind::Integer { min: 1, max: intent_params::AMOUNT_MAX },
                    "How much, in minor units; all that is left if it is left out.",
                ),
                Param::may("reason", Kind::OneOf(REASONS), "Why."),
                Param::may("metadata", Kind::Metadata, "Names and values of your own."),
                PARTS,
            ],
            Gives::Object(&SHAPE),
            |call| Box::pin(create(call)),
        )
    },
    read_only(
        "/v1/refunds",
        "GetRefunds",
        "List refunds, newest first.",
        LIST,
        Gives::Page(&SHAPE),
        |call| Box::pin(list(call)),
    ),
    read_only("/v1/refunds/{id}", "GetRefundsRefund", "Read a refund.", &[], Gives::Object(&SHAPE), |call| {
        Box::pin(read(call))
    }),
];

/// A refund.
pub(super) fn render(refund: &Operation, charge: Option<OperationId>) -> Value {
    let status = match refund.state {
        OperationState::Succeeded => "succeeded",
        OperationState::Declined | OperationState::NotSent | OperationState::Reversed => "failed",
        OperationState::Pending | OperationState::Unknown | OperationState::Reversing => "pending",
    };
    json!({
        "id": format_id("re", refund.id.raw()),
        "object": "refund",
        "amount": refund.amount.minor(),
        "balance_transaction": (status == "succeeded").then(|| format_id("txn", refund.id.raw())),
        "charge": charge.map(|c| format_id("ch", c.raw())),
        "created": refund.created.as_secs(),
        "currency": refund.amount.currency().code().to_ascii_lowercase(),
        "failure_reason": refund.decline.as_ref().filter(|_| status == "failed").map(|d| shown(d.code).decline_code),
        "metadata": refund.metadata,
        "payment_intent": format_id("pi", refund.payment.raw()),
        "reason": refund.reason,
        "splits": refund.parts.iter().map(|p| json!({ "seller": p.payee.to_string(), "amount": p.amount.minor() })).collect::<Vec<_>>(),
        "status": status,
    })
}

/// The payment that is named, itself or by its charge.
async fn payment(call: &Call, params: Params<'_>) -> Result<Option<PaymentId>, HttpError> {
    let by_charge = match params.text("charge") {
        Some(text) => {
            let id = read_id("ch", text).ok_or(HttpError::NotFound { what: "charge", param: "charge" })?;
            Some(charges::find(call, id, "charge").await?.payment)
        }
        None => None,
    };
    let by_name = match params.text("payment_intent") {
        Some(text) => {
            let not_found = HttpError::NotFound { what: "payment_intent", param: "payment_intent" };
            Some(read_id("pi", text).map(PaymentId::from_raw).ok_or(not_found)?)
        }
        None => None,
    };
    match (by_charge, by_name) {
        (Some(a), Some(b)) if a != b => Err(HttpError::combination("charge", "it is of another payment")),
        (a, b) => Ok(b.or(a)),
    }
}

async fn create(call: Call) -> Result<Reply, HttpError> {
    let render: outcome::Render = Arc::new(|view| match &view.operation {
        Some(refund) => (200, render(refund, view.intent.attempt).to_string()),
        None => (500, "{}".into()),
    });
    outcome::once(&call, render, async |request| {
        let params = call.params();
        let id = payment(&call, params).await?.ok_or_else(|| HttpError::missing("payment_intent"))?;
        let not_found = |e| match e {
            EngineError::Missing(_) => {
                HttpError::NotFound { what: "payment_intent", param: "payment_intent" }
            }
            other => other.into(),
        };
        let currency = call.api.engine.intent(id).await.map_err(not_found)?.value.amount.currency();
        let amount = params.integer("amount").map(|n| Money::new(n, currency));
        let parts = splits::parts(params, Money::new(0, currency))?;
        if let Some(amount) = amount
            && !parts.is_empty()
        {
            let sum = Money::sum(currency, parts.iter().map(|p| p.amount))?;
            if sum != amount {
                return Err(HttpError::combination("splits", "they do not add up to the amount"));
            }
        }
        let refund = Refund {
            amount,
            parts: parts.into_iter().map(|p| (p.payee, p.amount)).collect(),
            reason: params.string("reason"),
            metadata: params.metadata().unwrap_or_default().onto(Default::default()),
        };
        call.api.engine.refund_payment(id, refund, &request).await.map_err(not_found)
    })
    .await
}

async fn read(call: Call) -> Result<Reply, HttpError> {
    let not_found = || HttpError::NotFound { what: "refund", param: "id" };
    let id = OperationId::from_raw(call.path_id("re", "refund")?);
    let refund = match call.api.engine.operation(id).await {
        Ok(read) if read.value.kind == OperationKind::Refund => read.value,
        Ok(_) | Err(EngineError::Missing(_)) => return Err(not_found()),
        Err(other) => return Err(other.into()),
    };
    let intent = call.api.engine.intent(refund.payment).await?.value;
    Ok(Reply::ok(&render(&refund, intent.attempt)))
}

async fn list(call: Call) -> Result<Reply, HttpError> {
    let (api, params) = (&call.api, call.params());
    let page = Page::read(params, "re", "refund")?;
    let key = match payment(&call, params).await? {
        Some(payment) => ("payment", payment.to_string()),
        None => ("list", "refund".to_owned()),
    };
    let mut query = ListQuery {
        key: Some(key),
        after: page.cursor,
        newest_first: !page.backwards,
        limit: page.limit + 1,
        ..ListQuery::all("operation")
    };
    let mut found = Vec::new();
    loop {
        let (records, next) = api.store.list_typed::<OperationRecord>(query.clone()).await?;
        let refunds = records.into_iter().map(|r| r.value.0);
        found.extend(refunds.filter(|o| o.kind == OperationKind::Refund));
        query.after = next;
        if next.is_none() || found.len() > page.limit {
            break;
        }
    }
    Ok(Reply::ok(&page.envelope(found, "/v1/refunds", |refund| render(&refund, None))))
}
