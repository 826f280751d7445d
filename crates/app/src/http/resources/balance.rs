//! `/v1/balance`: what the acquirer owes us for captured payments, less what it is expected to charge.

use crate::books::Line;
use crate::http::HttpError;
use crate::http::call::Call;
use crate::http::endpoint::{Access, BODY_MAX, Endpoint, Gives, Method, Weight};
use crate::http::reply::Reply;
use crate::http::shape::{Field, Of, Shape};
use pmts_ledger::AccountFilter;
use serde_json::json;
use std::collections::BTreeMap;

/// The balance.
static SHAPE: Shape = Shape {
    name: "Balance",
    about: "What the acquirer owes us for captured payments, less what it is expected to charge: the sum of the balance \
            transactions. Nothing of it is `available` before money arrives at the bank.",
    fields: &[
        Field::is("object", Of::Word(&["balance"]), "What it is."),
        Field::is("available", Of::List(&AMOUNT), "What has arrived, by currency."),
        Field::is("livemode", Of::Bool, "Whether it is real money."),
        Field::is("pending", Of::List(&AMOUNT), "What has not, by currency."),
    ],
};

static AMOUNT: Shape = Shape {
    name: "BalanceAmount",
    about: "An amount in one currency.",
    fields: &[
        Field::is("amount", Of::Integer, "In minor units; can be negative."),
        Field::is("currency", Of::Text, "The currency, small letters."),
        Field::is("source_types", Of::Free, "The same by kind of payment."),
    ],
};

pub(crate) static ENDPOINTS: &[Endpoint] = &[Endpoint {
    method: Method::Get,
    path: "/v1/balance",
    name: "GetBalance",
    about: "Read the balance.",
    access: Access::Secret,
    weight: Weight::Normal,
    params: &[],
    gives: Gives::Object(&SHAPE),
    body_max: BODY_MAX,
    run: |call| Box::pin(read(call)),
}];

async fn read(call: Call) -> Result<Reply, HttpError> {
    let mut pending: BTreeMap<&str, i64> = BTreeMap::new();
    for (line, sign) in [(Line::AcquirerReceivable, 1), (Line::AccruedAcquirerFees, -1)] {
        let mut after = None;
        loop {
            let filter = AccountFilter { chart: Some(line.code()), owner: None, after, limit: 1_000 };
            let page = call.api.store.accounts(filter).await?;
            for state in &page.accounts {
                let sum = pending.entry(state.account.currency.code()).or_default();
                *sum = sum.saturating_add(state.net_minor().saturating_mul(sign));
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    let amounts = |sums: &dyn Fn(i64) -> i64| -> Vec<serde_json::Value> {
        let one = |(code, sum): (&&str, &i64)| {
            let amount = sums(*sum);
            json!({ "amount": amount, "currency": code.to_ascii_lowercase(), "source_types": { "card": amount } })
        };
        pending.iter().map(one).collect()
    };
    Ok(Reply::ok(&json!({
        "object": "balance", "livemode": call.api.live(), "available": amounts(&|_| 0), "pending": amounts(&|sum| sum),
    })))
}
