//! `/v1/risk`: decisions of the screen, labels, rules and lists.

use super::once::once;
use crate::http::HttpError;
use crate::http::call::{Call, read_id};
use crate::http::endpoint::{Access, BODY_MAX, Endpoint, Gives, Method, Running, Weight};
use crate::http::input::{Kind, Param};
use crate::http::reply::Reply;
use crate::http::shape::{Field, Of, Shape};
use crate::risk::{DecisionId, InForceRecord, LabelSource, ListEntry, RiskDesk, RiskError, Screened};
use pmts_fraud::rules::{Rule, RuleSet};
use pmts_fraud::{Entry, Key, KeyKind, ListKind, explain};
use pmts_kernel::format_id;
use pmts_payments::PaymentId;
use serde_json::{Value, json};

/// A decision.
static DECISION: Shape = Shape {
    name: "RiskDecision",
    about: "A decision of the risk screen, with all that led to it.",
    fields: &[
        Field::is("id", Of::Text, "Its id, `rdec_...`."),
        Field::is("object", Of::Word(&["risk_decision"]), "What it is."),
        Field::is("action", Of::Word(ACTIONS), "What it says."),
        Field::is("analyst", Of::TextList, "Why, for an analyst, in sentences."),
        Field::is("created", Of::Moment, "When it was made."),
        Field::is("customer", Of::Text, "Why, in words a customer may read: nothing in them helps fraud."),
        Field::is("decision", Of::Free, "Facts, features, rules that held, score, contributions, versions."),
        Field::is(
            "effect",
            Of::Word(&["enforced", "watched", "challenged", "released", "awaiting"]),
            "What it did: what it says, nothing because the screen only watches, nothing because a challenge was passed or a person looked, or nothing was sent because a challenge asked before is not passed.",
        ),
        Field::may("payment_intent", Of::Text, "About which payment."),
        Field::is("step", Of::Word(&["authorization", "capture", "payout", "refund"]), "Before which step."),
    ],
};

const ACTIONS: &[&str] = &["allow", "step_up", "review", "block"];

/// A version of the rules.
static RULES: Shape = Shape {
    name: "RiskRules",
    about: "A version of the rules.",
    fields: &[
        Field::is("object", Of::Word(&["risk_rules"]), "What it is."),
        Field::is("in_force", Of::Bool, "Whether it decides."),
        Field::is("rules", Of::List(&RULE_SHAPE), "The rules."),
        Field::is("version", Of::Integer, "Its number; 0: the starting rules."),
    ],
};

static RULE_SHAPE: Shape = Shape {
    name: "RiskRule",
    about: "A rule.",
    fields: &[
        Field::is("id", Of::Text, "Its id."),
        Field::is("action", Of::Word(ACTIONS), "What it asks for."),
        Field::is("against", Of::Text, "Against which kind of fraud; may be empty."),
        Field::is("reason", Of::Text, "Why, for analysts."),
        Field::is("state", Of::Word(&["draft", "shadow", "live"]), "How far it has come."),
        Field::is("when", Of::Text, "When it holds."),
    ],
};

/// An entry of a list.
static ENTRY: Shape = Shape {
    name: "RiskListEntry",
    about: "An entry of a list of the screen.",
    fields: &[
        Field::is("object", Of::Word(&["risk_list_entry"]), "What it is."),
        Field::is("created", Of::Moment, "When it was put there."),
        Field::is("hash", Of::Text, "The hash of the value, 16 hexadecimal digits: the value is not kept."),
        Field::is("key", Of::Word(KEYS), "What the value is of."),
        Field::is("list", Of::Word(LISTS), "Which list."),
        Field::is("reason", Of::Text, "Why."),
        Field::is("removed", Of::Bool, "Whether it was taken off."),
        Field::may("until", Of::Moment, "Until when."),
    ],
};

const LISTS: &[&str] = &["allow", "review", "block"];
const KEYS: &[&str] =
    &["customer", "card", "device", "ip", "network", "email", "address", "seller", "terminal", "bin"];

/// A label.
static LABEL: Shape = Shape {
    name: "RiskLabel",
    about: "What became known of a payment.",
    fields: &[
        Field::is("object", Of::Word(&["risk_label"]), "What it is."),
        Field::is("fraud", Of::Bool, "Whether it is fraud."),
        Field::is("payment_intent", Of::Text, "Of which payment."),
        Field::is("source", Of::Word(SOURCES), "Who says so."),
        Field::is(
            "taken",
            Of::Bool,
            "Whether it is news: not if the same or a stronger source said so before, or the payment was never screened.",
        ),
    ],
};

const SOURCES: &[&str] = &["shop", "dispute"];

const RULE: Kind = Kind::Object(&[
    Param::must("id", Kind::Reference { max: 60 }, "Its id: letters, digits and `_`."),
    Param::must(
        "when",
        Kind::Text { max: 4_000 },
        "When it holds: an expression over features and attributes.",
    ),
    Param::must("action", Kind::OneOf(ACTIONS), "What it asks for."),
    Param::must("state", Kind::OneOf(&["draft", "shadow", "live"]), "How far it has come."),
    Param::must("reason", Kind::Text { max: 500 }, "Why, for analysts."),
    Param::may("against", Kind::Text { max: 100 }, "Against which kind of fraud."),
]);

const ON_LIST: &[Param] = &[
    Param::must("list", Kind::OneOf(LISTS), "Which list."),
    Param::must(
        "key",
        Kind::OneOf(KEYS),
        "What the value is of. A card is named by its payment method, `pm_...`.",
    ),
    Param::must("value", Kind::Text { max: 512 }, "The value; a hash of it is kept."),
    Param::must("reason", Kind::Text { max: 500 }, "Why."),
    Param::may("until", Kind::Moment, "Until when; without it until it is taken off."),
];

const OFF_LIST: &[Param] = &[
    Param::must("list", Kind::OneOf(LISTS), "Which list."),
    Param::must("key", Kind::OneOf(KEYS), "What the value is of."),
    Param::must("value", Kind::Text { max: 512 }, "The value."),
];

const fn endpoint(
    method: Method,
    path: &'static str,
    name: &'static str,
    about: &'static str,
    params: &'static [Param],
    gives: Gives,
    run: fn(Call) -> Running,
) -> Endpoint {
    let (access, weight, body_max) = (Access::Secret, Weight::Normal, BODY_MAX);
    Endpoint { method, path, name, about, access, weight, params, gives, body_max, run }
}

pub(crate) static ENDPOINTS: &[Endpoint] = &[
    endpoint(
        Method::Get,
        "/v1/risk/decisions",
        "GetRiskDecisions",
        "List the decisions about a payment, the oldest first.",
        &[Param::must("payment_intent", Kind::Id(&["pi"]), "Which payment.")],
        Gives::Page(&DECISION),
        |call| Box::pin(decisions(call)),
    ),
    endpoint(
        Method::Get,
        "/v1/risk/decisions/{id}",
        "GetRiskDecisionsId",
        "Read a decision.",
        &[],
        Gives::Object(&DECISION),
        |call| Box::pin(decision(call)),
    ),
    endpoint(
        Method::Post,
        "/v1/risk/labels",
        "PostRiskLabels",
        "Tell whether a payment was fraud.",
        &[
            Param::must("payment_intent", Kind::Id(&["pi"]), "Which payment."),
            Param::must("fraud", Kind::Bool, "Whether it was fraud."),
            Param::must(
                "source",
                Kind::OneOf(SOURCES),
                "Who says so: the shop, or a dispute or report of the cardholder.",
            ),
        ],
        Gives::Object(&LABEL),
        |call| once(call, |call| Box::pin(label(call))),
    ),
    endpoint(
        Method::Get,
        "/v1/risk/rules",
        "GetRiskRules",
        "Read the rules in force.",
        &[],
        Gives::Object(&RULES),
        |call| Box::pin(rules_in_force(call)),
    ),
    endpoint(
        Method::Get,
        "/v1/risk/rules/{version}",
        "GetRiskRulesVersion",
        "Read a version of the rules.",
        &[],
        Gives::Object(&RULES),
        |call| Box::pin(rules(call)),
    ),
    Endpoint {
        body_max: 1024 * 1024,
        ..endpoint(
            Method::Post,
            "/v1/risk/rules",
            "PostRiskRules",
            "Keep rules as the next version. They are not in force before they are promoted.",
            &[Param::must("rules", Kind::List { of: &RULE, max: 1_000 }, "All rules of the version.")],
            Gives::Object(&RULES),
            |call| once(call, |call| Box::pin(put_rules(call))),
        )
    },
    endpoint(
        Method::Post,
        "/v1/risk/rules/{version}/promote",
        "PostRiskRulesVersionPromote",
        "Put a version of the rules in force, at once and without a restart.",
        &[],
        Gives::Object(&RULES),
        |call| once(call, |call| Box::pin(promote(call))),
    ),
    endpoint(
        Method::Post,
        "/v1/risk/rules/rollback",
        "PostRiskRulesRollback",
        "Put the version of the rules in force that was before.",
        &[],
        Gives::Object(&RULES),
        |call| once(call, |call| Box::pin(rollback(call))),
    ),
    endpoint(
        Method::Get,
        "/v1/risk/list_entries",
        "GetRiskListEntries",
        "List all entries of the lists.",
        &[],
        Gives::Page(&ENTRY),
        |call| Box::pin(entries(call)),
    ),
    endpoint(
        Method::Post,
        "/v1/risk/list_entries",
        "PostRiskListEntries",
        "Put a value on a list, in place of an entry for it there.",
        ON_LIST,
        Gives::Object(&ENTRY),
        |call| once(call, |call| Box::pin(enlist(call))),
    ),
    endpoint(
        Method::Post,
        "/v1/risk/list_entries/remove",
        "PostRiskListEntriesRemove",
        "Take a value off a list.",
        OFF_LIST,
        Gives::Object(&ENTRY),
        |call| once(call, |call| Box::pin(unlist(call))),
    ),
];

fn desk(call: &Call) -> RiskDesk {
    let engine = &call.api.engine;
    RiskDesk { store: engine.store.clone(), ids: engine.ids.clone(), clock: engine.clock.clone() }
}

/// What is missing was named by the caller.
fn refused(what: &'static str) -> impl Fn(RiskError) -> HttpError {
    move |error| match error {
        RiskError::Missing(_) => HttpError::NotFound { what, param: "id" },
        other => other.into(),
    }
}

/// A decision as it is answered.
fn shown(screened: &Screened) -> Value {
    let decision = &screened.decision;
    json!({
        "id": screened.id,
        "object": "risk_decision",
        "action": decision.action.name(),
        "analyst": explain::for_analyst(decision),
        "created": decision.facts.at,
        "customer": explain::for_customer(decision),
        "decision": decision,
        "effect": screened.effect,
        "payment_intent": screened.payment.map(|p| format_id("pi", p.raw())),
        "step": screened.step().name(),
    })
}

fn payment(call: &Call) -> Result<PaymentId, HttpError> {
    let named = call.params().text("payment_intent").and_then(|p| read_id("pi", p)).map(PaymentId::from_raw);
    named.ok_or(HttpError::NotFound { what: "payment_intent", param: "payment_intent" })
}

async fn decisions(call: Call) -> Result<Reply, HttpError> {
    let found = desk(&call).decisions(&payment(&call)?.to_string()).await?;
    let data: Vec<Value> = found.iter().map(shown).collect();
    Ok(Reply::ok(&json!({ "object": "list", "url": "/v1/risk/decisions", "has_more": false, "data": data })))
}

async fn decision(call: Call) -> Result<Reply, HttpError> {
    let id: DecisionId = call.path_typed("risk_decision")?;
    Ok(Reply::ok(&shown(&desk(&call).decision(id).await.map_err(refused("risk_decision"))?)))
}

async fn label(call: Call) -> Result<Reply, HttpError> {
    let id = payment(&call)?;
    let params = call.params();
    let fraud = params.boolean("fraud").unwrap_or_default();
    let source = match params.text("source") {
        Some("dispute") => LabelSource::Dispute,
        _ => LabelSource::Shop,
    };
    call.api
        .engine
        .intent(id)
        .await
        .map_err(|_| HttpError::NotFound { what: "payment_intent", param: "payment_intent" })?;
    let taken = desk(&call).label(id, fraud, source, &call.principal()).await?;
    Ok(Reply::ok(&json!({
        "object": "risk_label", "fraud": fraud, "payment_intent": format_id("pi", id.raw()), "source": source.name(), "taken": taken,
    })))
}

fn rules_shown(version: u64, in_force: u64, rules: &RuleSet) -> Value {
    let list: Vec<&Rule> = rules.rules().collect();
    json!({ "object": "risk_rules", "in_force": version == in_force, "rules": list, "version": version })
}

async fn rules_in_force(call: Call) -> Result<Reply, HttpError> {
    let (version, rules) = desk(&call).rules_in_force().await?;
    Ok(Reply::ok(&rules_shown(version, version, &rules)))
}

fn version(call: &Call) -> Result<u64, HttpError> {
    let text = call.ids.first().map(String::as_str).unwrap_or_default();
    text.parse().map_err(|_| HttpError::NotFound { what: "risk_rules", param: "version" })
}

async fn rules(call: Call) -> Result<Reply, HttpError> {
    let (desk, version) = (desk(&call), version(&call)?);
    let (in_force, _) = desk.rules_in_force().await?;
    let rules = desk.rules(version).await.map_err(refused("risk_rules"))?;
    Ok(Reply::ok(&rules_shown(version, in_force, &rules)))
}

async fn put_rules(call: Call) -> Result<Reply, HttpError> {
    let desk = desk(&call);
    let sent = call.params().objects("rules").unwrap_or_default();
    let rules: Vec<Value> = sent
        .iter()
        .map(|r| {
            let text = |name: &str| r.text(name).unwrap_or_default();
            json!({
                "id": text("id"), "when": text("when"), "action": text("action"), "state": text("state"), "reason": text("reason"),
                "against": text("against"),
            })
        })
        .collect();
    let file = json!({ "version": 1, "rules": rules }).to_string();
    let kept = desk.put_rules(file.as_bytes(), &call.principal()).await?;
    let (in_force, _) = desk.rules_in_force().await?;
    Ok(Reply::ok(&rules_shown(kept.version, in_force, &desk.rules(kept.version).await?)))
}

async fn now_in_force(desk: &RiskDesk, now: &InForceRecord) -> Result<Reply, HttpError> {
    Ok(Reply::ok(&rules_shown(now.rules, now.rules, &desk.rules(now.rules).await?)))
}

async fn promote(call: Call) -> Result<Reply, HttpError> {
    let (desk, version) = (desk(&call), version(&call)?);
    let now = desk.promote_rules(version, &call.principal()).await.map_err(refused("risk_rules"))?;
    now_in_force(&desk, &now).await
}

async fn rollback(call: Call) -> Result<Reply, HttpError> {
    let desk = desk(&call);
    let now = desk.rollback_rules(&call.principal()).await.map_err(refused("risk_rules"))?;
    now_in_force(&desk, &now).await
}

fn entry_shown(kept: &ListEntry) -> Value {
    let Entry { key, list, reason, until } = &kept.entry;
    json!({
        "object": "risk_list_entry",
        "created": kept.at.as_secs(),
        "hash": format!("{:016x}", key.hash),
        "key": key.kind.name(),
        "list": list,
        "reason": reason,
        "removed": kept.removed,
        "until": until,
    })
}

async fn entries(call: Call) -> Result<Reply, HttpError> {
    let found = desk(&call).entries().await?;
    let data: Vec<Value> = found.iter().map(entry_shown).collect();
    Ok(Reply::ok(
        &json!({ "object": "list", "url": "/v1/risk/list_entries", "has_more": false, "data": data }),
    ))
}

/// List and key that were sent. A card is named by its payment method: its number is never sent here.
async fn listed(call: &Call) -> Result<(ListKind, Key), HttpError> {
    let params = call.params();
    let list = match params.text("list") {
        Some("allow") => ListKind::Allow,
        Some("review") => ListKind::Review,
        _ => ListKind::Block,
    };
    let kind = params.text("key").and_then(KeyKind::parse).unwrap_or(KeyKind::Customer);
    let value = params.text("value").unwrap_or_default();
    if kind != KeyKind::Card {
        return Ok((list, Key::of(kind, value)));
    }
    let method = super::payment_methods::method_of(call, value).await?;
    Ok((list, Key::of(kind, &method.token)))
}

async fn enlist(call: Call) -> Result<Reply, HttpError> {
    let (list, key) = listed(&call).await?;
    let params = call.params();
    let reason = params.string("reason").unwrap_or_default();
    let until = params.moment("until").map(|m| m.as_secs());
    let kept = desk(&call).list(Entry { key, list, reason, until }, &call.principal()).await?;
    Ok(Reply::ok(&entry_shown(&kept)))
}

async fn unlist(call: Call) -> Result<Reply, HttpError> {
    let (list, key) = listed(&call).await?;
    let kept = desk(&call).unlist(key, list, &call.principal()).await.map_err(refused("risk_list_entry"))?;
    Ok(Reply::ok(&entry_shown(&kept)))
}
