//! `/v1/aml/facts`: what the shop tells the monitoring of.

use super::once::{Kept, once_with};
use crate::http::HttpError;
use crate::http::call::Call;
use crate::http::endpoint::{Access, Endpoint, Gives, Method, Weight};
use crate::http::input::{Kind, Param, Params};
use crate::http::reply::Reply;
use crate::http::shape::{Field, Of, Shape};
use crate::monitoring::{FACTS_MAX, FactsRecord, ToldAt, ToldFact, ToldKind, read_facts};
use pmts_compliance::aml::monitor::MovementKind;
use serde_json::{Value, json};

/// Facts that were told together.
static FACTS: Shape = Shape {
    name: "AmlFacts",
    about: "Facts that were told together.",
    fields: &[
        Field::is("id", Of::Text, "Their id, `facts_...`."),
        Field::is("object", Of::Word(&["aml_facts"]), "What it is."),
        Field::is("count", Of::Integer, "How many."),
        Field::is("created", Of::Moment, "When they were told."),
    ],
};

const TOLD: &[&str] = &["moved", "opened", "linked", "payout_account_changed"];
const KINDS: &[&str] =
    &["cash_in", "cash_out", "deposit", "withdrawal", "transfer", "purchase", "refund", "chargeback"];
const ID: Kind = Kind::Text { max: 128 };

static FACT: &[Param] = &[
    Param::must("fact", Kind::OneOf(TOLD), "What is told."),
    Param::must("at", Kind::Moment, "When it happened."),
    Param::may("id", ID, "Of a movement: its id; told twice, it counts once."),
    Param::may("kind", Kind::OneOf(KINDS), "Of a movement: what sort."),
    Param::may(
        "from",
        ID,
        "Of a movement: who paid, as `customer:22`, `seller:7`, or a name for an account elsewhere.",
    ),
    Param::may("to", ID, "Of a movement: who was paid."),
    Param::may("amount", Kind::Integer { min: 1, max: i64::MAX }, "Of a movement: how much, in minor units."),
    Param::may("currency", Kind::Currency, "Of a movement: its currency."),
    Param::may(
        "value_minor",
        Kind::Integer { min: 1, max: i64::MAX },
        "Of a movement: its worth in minor units of the scenarios' currency, if the platform has no rate for it.",
    ),
    Param::may("from_country", Kind::Text { max: 60 }, "Of a movement: where the payer's account is."),
    Param::may("to_country", Kind::Text { max: 60 }, "Of a movement: where the payee's account is."),
    Param::may("party", ID, "Else: who."),
    Param::may("token", ID, "Of something used: a token, never the number itself."),
    Param::may(
        "monthly_minor",
        Kind::Integer { min: 0, max: i64::MAX },
        "Of an account opened: what was said would come in within a month, in minor units of the scenarios' currency.",
    ),
];

pub(crate) static ENDPOINTS: &[Endpoint] = &[Endpoint {
    method: Method::Post,
    path: "/v1/aml/facts",
    name: "PostAmlFacts",
    about: "Tell the monitoring of what the platform does not see: currency paid in or out, accounts elsewhere, devices, what was declared of an account.",
    access: Access::Secret,
    weight: Weight::Normal,
    params: &[Param::must("facts", Kind::List { of: &Kind::Object(FACT), max: FACTS_MAX }, "The facts.")],
    gives: Gives::Object(&FACTS),
    body_max: 512 * 1024,
    run: |call| once_with(call, |call, kept| Box::pin(tell(call, kept))),
}];

fn told(fact: Params<'_>) -> ToldFact {
    let kind = match fact.text("fact") {
        Some("opened") => ToldKind::Opened,
        Some("linked") => ToldKind::Linked,
        Some("payout_account_changed") => ToldKind::PayoutAccountChanged,
        _ => ToldKind::Moved,
    };
    let moved = fact.text("kind").map(|kind| match kind {
        "cash_in" => MovementKind::CashIn,
        "cash_out" => MovementKind::CashOut,
        "deposit" => MovementKind::Deposit,
        "withdrawal" => MovementKind::Withdrawal,
        "transfer" => MovementKind::Transfer,
        "refund" => MovementKind::Refund,
        "chargeback" => MovementKind::Chargeback,
        _ => MovementKind::Purchase,
    });
    ToldFact {
        fact: kind,
        at: ToldAt::Seconds(fact.moment("at").unwrap_or_default().as_secs()),
        id: fact.string("id"),
        kind: moved,
        from: fact.string("from"),
        to: fact.string("to"),
        amount: fact.integer("amount"),
        currency: fact.currency("currency").map(|c| c.code().to_owned()),
        value_minor: fact.integer("value_minor"),
        from_country: fact.string("from_country"),
        to_country: fact.string("to_country"),
        party: fact.string("party"),
        token: fact.string("token"),
        monthly_minor: fact.integer("monthly_minor"),
    }
}

fn shown(facts: &FactsRecord) -> Value {
    json!({
        "id": facts.id,
        "object": "aml_facts",
        "count": facts.facts.len(),
        "created": facts.at.as_secs(),
    })
}

async fn tell(call: Call, kept: Kept) -> Result<Reply, HttpError> {
    let sent = call.params().objects("facts").unwrap_or_default();
    let facts = read_facts(sent.into_iter().map(told).collect())?;
    let answer = |facts: &FactsRecord| kept.answer(&shown(facts));
    let record = call.api.cases.tell(facts, &call.principal(), &answer).await?;
    Ok(Reply::ok(&shown(&record)))
}
