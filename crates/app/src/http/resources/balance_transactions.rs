//! `/v1/balance_transactions`: what moved the balance. Each is a capture or a refund that is done.

use super::list::{LIMIT, Page, cursors};
use crate::books::Code;
use crate::engine::EngineError;
use crate::http::HttpError;
use crate::http::call::Call;
use crate::http::endpoint::{Access, BODY_MAX, Endpoint, Gives, Method, Weight};
use crate::http::input::{Kind, Param};
use crate::http::reply::Reply;
use crate::http::shape::{Field, Of, Shape};
use crate::records::OperationRecord;
use pmts_kernel::{derived_id, format_id};
use pmts_ledger::TransferId;
use pmts_payments::{Operation, OperationId, OperationKind, OperationState};
use pmts_store::{ListQuery, StoreExt};
use serde_json::{Value, json};

/// A movement.
static SHAPE: Shape = Shape {
    name: "BalanceTransaction",
    about: "What moved the balance.",
    fields: &[
        Field::is("id", Of::Text, "Its id, `txn_...`."),
        Field::is("object", Of::Word(&["balance_transaction"]), "What it is."),
        Field::is("amount", Of::Integer, "How much came in, in minor units; what went out is negative."),
        Field::is("created", Of::Moment, "When it was asked for."),
        Field::is("currency", Of::Text, "The currency, small letters."),
        Field::may("description", Of::Text, "Always null."),
        Field::is("fee", Of::Integer, "What the acquirer is expected to charge for it."),
        Field::is("net", Of::Integer, "The amount less the fee."),
        Field::is("reporting_category", Of::Word(&["charge", "refund"]), "The same as `type`."),
        Field::is("source", Of::Text, "The charge or refund."),
        Field::is("status", Of::Word(&["pending"]), "Always pending: nothing has arrived at the bank yet."),
        Field::is("type", Of::Word(&["charge", "refund"]), "What it was."),
    ],
};

pub(crate) static ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        method: Method::Get,
        path: "/v1/balance_transactions",
        name: "GetBalanceTransactions",
        about: "List what moved the balance, newest first.",
        access: Access::Secret,
        weight: Weight::Normal,
        params: {
            let [after, before] = cursors!("txn");
            &[
                LIMIT,
                after,
                before,
                Param::may("type", Kind::OneOf(&["charge", "refund"]), "Only those of this type."),
            ]
        },
        gives: Gives::Page(&SHAPE),
        body_max: BODY_MAX,
        run: |call| Box::pin(list(call)),
    },
    Endpoint {
        method: Method::Get,
        path: "/v1/balance_transactions/{id}",
        name: "GetBalanceTransactionsId",
        about: "Read what moved the balance.",
        access: Access::Secret,
        weight: Weight::Normal,
        params: &[],
        gives: Gives::Object(&SHAPE),
        body_max: BODY_MAX,
        run: |call| Box::pin(read(call)),
    },
];

fn moves(operation: &Operation) -> bool {
    operation.state == OperationState::Succeeded
        && matches!(operation.kind, OperationKind::Capture | OperationKind::Refund)
}

/// What the acquirer is expected to charge for a capture: the transfer that booked it. A capture has few transfers before
/// the parts of the payees, and this is one of them.
async fn fee(call: &Call, capture: &Operation) -> Result<i64, HttpError> {
    for tag in 1..=6 {
        let id = TransferId::from_raw(derived_id(capture.id.raw(), tag));
        let Some(entry) = call.api.store.entry(id).await? else { break };
        if entry.transfer.code == Code::ProcessingFee.number() {
            return Ok(entry.transfer.amount.minor());
        }
    }
    Ok(0)
}

async fn render(call: &Call, operation: &Operation) -> Result<Value, HttpError> {
    let (kind, amount, fee, source) = match operation.kind {
        OperationKind::Refund => {
            ("refund", -operation.amount.minor(), 0, format_id("re", operation.id.raw()))
        }
        _ => {
            let intent = call.api.engine.intent(operation.payment).await?.value;
            let charge = intent.attempt.map_or(0, OperationId::raw);
            ("charge", operation.effective().minor(), fee(call, operation).await?, format_id("ch", charge))
        }
    };
    Ok(json!({
        "id": format_id("txn", operation.id.raw()),
        "object": "balance_transaction",
        "amount": amount,
        "created": operation.created.as_secs(),
        "currency": operation.amount.currency().code().to_ascii_lowercase(),
        "description": null,
        "fee": fee,
        "net": amount - fee,
        "reporting_category": kind,
        "source": source,
        "status": "pending",
        "type": kind,
    }))
}

async fn read(call: Call) -> Result<Reply, HttpError> {
    let id = OperationId::from_raw(call.path_id("txn", "balance_transaction")?);
    let operation = match call.api.engine.operation(id).await {
        Ok(read) if moves(&read.value) => read.value,
        Ok(_) | Err(EngineError::Missing(_)) => {
            return Err(HttpError::NotFound { what: "balance_transaction", param: "id" });
        }
        Err(other) => return Err(other.into()),
    };
    Ok(Reply::ok(&render(&call, &operation).await?))
}

async fn list(call: Call) -> Result<Reply, HttpError> {
    let (api, params) = (&call.api, call.params());
    let page = Page::read(params, "txn", "balance_transaction")?;
    let wanted = match params.text("type") {
        Some("charge") => Some(OperationKind::Capture),
        Some(_) => Some(OperationKind::Refund),
        None => None,
    };
    let mut query = ListQuery {
        key: Some(("list", "movement".to_owned())),
        after: page.cursor,
        newest_first: !page.backwards,
        limit: page.limit + 1,
        ..ListQuery::all("operation")
    };
    let mut found: Vec<Operation> = Vec::new();
    loop {
        let (records, next) = api.store.list_typed::<OperationRecord>(query.clone()).await?;
        let all = records.into_iter().map(|r| r.value.0);
        found.extend(all.filter(|o| wanted.is_none_or(|kind| o.kind == kind)));
        query.after = next;
        if next.is_none() || found.len() > page.limit {
            break;
        }
    }
    found.truncate(page.limit + 1);
    let mut rendered = Vec::with_capacity(found.len());
    for operation in &found {
        rendered.push(render(&call, operation).await?);
    }
    Ok(Reply::ok(&page.envelope(rendered, "/v1/balance_transactions", |value| value)))
}
