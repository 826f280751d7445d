//! `/v1/risk/cases`, `/v1/risk/bulk_actions`, `/v1/risk/appeals`.

use super::once::once;
use super::reviews::{NOTE, OUTCOMES, REASON, TEXT};
use crate::engine::EngineError;
use crate::http::HttpError;
use crate::http::call::{Call, read_id};
use crate::http::endpoint::{Access, BODY_MAX, Endpoint, Gives, Method, Running, Weight};
use crate::http::input::{Kind, Param};
use crate::http::reply::Reply;
use crate::http::shape::{Field, Of, Shape};
use crate::risk::people::{AppealId, BulkId, CaseId, PeopleDesk};
use pmts_fraud::people::{
    Appeal, AppealAnswer, Bulk, BulkAction, Case, CaseOutcome, CaseState, LinkKind, Outcome,
};
use pmts_kernel::format_id;
use pmts_payments::PaymentId;
use serde_json::{Value, json};

/// A case.
static CASE: Shape = Shape {
    name: "RiskCase",
    about: "Payments, customers, devices and so on that belong together.",
    fields: &[
        Field::is("id", Of::Text, "Its id, `rcase_...`."),
        Field::is("object", Of::Word(&["risk_case"]), "What it is."),
        Field::may("assigned", Of::Text, "Who works on it."),
        Field::is("created", Of::Moment, "When it was opened."),
        Field::is("due", Of::Moment, "By when it is to be closed."),
        Field::is("links", Of::List(&LINK), "What belongs to it."),
        Field::is("notes", Of::List(&NOTE), "What was written."),
        Field::may("outcome", Of::Word(CASE_OUTCOMES), "How it ended."),
        Field::may("reason", Of::Text, "Why."),
        Field::is("state", Of::Word(STATES), "Where it stands."),
        Field::is("title", Of::Text, "What it is about."),
    ],
};

static LINK: Shape = Shape {
    name: "RiskCaseLink",
    about: "What belongs to a case.",
    fields: &[
        Field::is("at", Of::Moment, "When it was linked."),
        Field::is("by", Of::Text, "Who linked it."),
        Field::is("kind", Of::Word(LINKS), "What it names."),
        Field::is("value", Of::Text, "Which one."),
        Field::is("why", Of::Text, "Why."),
    ],
};

/// A bulk action.
static BULK: Shape = Shape {
    name: "RiskBulkAction",
    about: "The same done to many, if another key agrees.",
    fields: &[
        Field::is("id", Of::Text, "Its id, `rbulk_...`."),
        Field::is("object", Of::Word(&["risk_bulk_action"]), "What it is."),
        Field::is("action", Of::Word(&["close_reviews", "label"]), "What is done to each."),
        Field::is("created", Of::Moment, "When it was proposed."),
        Field::may("decided_by", Of::Text, "Who agreed, or did not."),
        Field::may("fraud", Of::Bool, "The label."),
        Field::is("items", Of::TextList, "To what."),
        Field::may("outcome", Of::Word(OUTCOMES), "The outcome of the reviews."),
        Field::is("proposed_by", Of::Text, "Who wants it."),
        Field::is("reason", Of::Text, "Why."),
        Field::is("results", Of::TextList, "What came of each so far, in their order; empty: it is done."),
        Field::is("state", Of::Word(&["proposed", "approved", "rejected", "done"]), "How far it is."),
    ],
};

/// An appeal.
static APPEAL: Shape = Shape {
    name: "RiskAppeal",
    about: "A refused person asks for a person (GDPR, article 22).",
    fields: &[
        Field::is("id", Of::Text, "Its id, `rapp_...`."),
        Field::is("object", Of::Word(&["risk_appeal"]), "What it is."),
        Field::may("answer", Of::Word(ANSWERS), "The answer."),
        Field::is("created", Of::Moment, "When it was asked."),
        Field::is(
            "data_used",
            Of::TextList,
            "What the decision used of the person's data: kinds of data, to be told to them.",
        ),
        Field::is("due", Of::Moment, "By when it is answered."),
        Field::is("message", Of::Text, "What the person is told, as it stands now."),
        Field::is("payment_intent", Of::Text, "Which payment."),
        Field::may("reason", Of::Text, "The reason, for the file: not for the person."),
        Field::is("risk_decision", Of::Text, "Which decision."),
        Field::is("view", Of::Text, "Their view of it, in their words."),
    ],
};

const STATES: &[&str] = &["open", "investigating", "closed"];
const CASE_OUTCOMES: &[&str] = &["fraud", "no_fraud", "unclear"];
const LINKS: &[&str] = &["payment", "review", "customer", "seller", "card", "key"];
const ANSWERS: &[&str] = &["stands", "overturned"];

/// An endpoint of people's work: with a secret key.
pub(super) const fn endpoint(
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

const KIND: Param = Param::must("kind", Kind::OneOf(LINKS), "What it names.");
const VALUE: Param = Param::must("value", Kind::Text { max: 200 }, "Which one.");

pub(crate) static ENDPOINTS: &[Endpoint] = &[
    endpoint(
        Method::Get,
        "/v1/risk/cases",
        "GetRiskCases",
        "List cases, newest first.",
        &[
            Param::may("state", Kind::OneOf(STATES), "Only those that stand there."),
            Param::may("kind", Kind::OneOf(LINKS), "Only those to which `value` of this kind belongs."),
            Param::may("value", Kind::Text { max: 200 }, "Which one."),
        ],
        Gives::Page(&CASE),
        |call| Box::pin(cases(call)),
    ),
    endpoint(
        Method::Post,
        "/v1/risk/cases",
        "PostRiskCases",
        "Open a case.",
        &[Param::must("title", Kind::Text { max: 500 }, "What it is about, a sentence.")],
        Gives::Object(&CASE),
        |call| once(call, |call| Box::pin(open_case(call))),
    ),
    endpoint(
        Method::Get,
        "/v1/risk/cases/{id}",
        "GetRiskCasesCase",
        "Read a case.",
        &[],
        Gives::Object(&CASE),
        |call| Box::pin(case(call)),
    ),
    endpoint(
        Method::Post,
        "/v1/risk/cases/{id}/take",
        "PostRiskCasesCaseTake",
        "Work on it.",
        &[],
        Gives::Object(&CASE),
        |call| once(call, |call| Box::pin(take(call))),
    ),
    endpoint(
        Method::Post,
        "/v1/risk/cases/{id}/links",
        "PostRiskCasesCaseLinks",
        "Link something to it.",
        &[KIND, VALUE, Param::must("why", Kind::Text { max: 2_000 }, "Why.")],
        Gives::Object(&CASE),
        |call| once(call, |call| Box::pin(link(call))),
    ),
    endpoint(
        Method::Post,
        "/v1/risk/cases/{id}/notes",
        "PostRiskCasesCaseNotes",
        "Add a note.",
        &[TEXT],
        Gives::Object(&CASE),
        |call| once(call, |call| Box::pin(note(call))),
    ),
    endpoint(
        Method::Post,
        "/v1/risk/cases/{id}/close",
        "PostRiskCasesCaseClose",
        "Close it.",
        &[Param::must("outcome", Kind::OneOf(CASE_OUTCOMES), "How it ended."), REASON],
        Gives::Object(&CASE),
        |call| once(call, |call| Box::pin(close(call))),
    ),
    endpoint(
        Method::Get,
        "/v1/risk/bulk_actions",
        "GetRiskBulkActions",
        "List bulk actions, newest first.",
        &[],
        Gives::Page(&BULK),
        |call| Box::pin(bulks(call)),
    ),
    endpoint(
        Method::Post,
        "/v1/risk/bulk_actions",
        "PostRiskBulkActions",
        "Propose a bulk action. Nothing is done before another key agrees.",
        &[
            Param::must("action", Kind::OneOf(&["close_reviews", "label"]), "What is done to each."),
            Param::must(
                "items",
                Kind::List { of: &Kind::Id(&["prv", "pi"]), max: 1_000 },
                "Reviews, or payments.",
            ),
            Param::may("outcome", Kind::OneOf(OUTCOMES), "Of `close_reviews`."),
            Param::may("fraud", Kind::Bool, "Of `label`."),
            REASON,
        ],
        Gives::Object(&BULK),
        |call| once(call, |call| Box::pin(propose(call))),
    ),
    endpoint(
        Method::Get,
        "/v1/risk/bulk_actions/{id}",
        "GetRiskBulkActionsBulk",
        "Read a bulk action.",
        &[],
        Gives::Object(&BULK),
        |call| Box::pin(bulk(call)),
    ),
    endpoint(
        Method::Post,
        "/v1/risk/bulk_actions/{id}/approve",
        "PostRiskBulkActionsBulkApprove",
        "Agree, with another key than it was proposed with: it is done item by item.",
        &[],
        Gives::Object(&BULK),
        |call| once(call, |call| Box::pin(decide(call, true))),
    ),
    endpoint(
        Method::Post,
        "/v1/risk/bulk_actions/{id}/reject",
        "PostRiskBulkActionsBulkReject",
        "Do not agree.",
        &[],
        Gives::Object(&BULK),
        |call| once(call, |call| Box::pin(decide(call, false))),
    ),
    endpoint(
        Method::Get,
        "/v1/risk/appeals",
        "GetRiskAppeals",
        "List open appeals, the one that is due first at the head.",
        &[],
        Gives::Page(&APPEAL),
        |call| Box::pin(appeals(call)),
    ),
    endpoint(
        Method::Post,
        "/v1/risk/appeals",
        "PostRiskAppeals",
        "Take what a refused person asks about a payment that the screen refused.",
        &[
            Param::must("payment_intent", Kind::Id(&["pi"]), "Which payment."),
            Param::must("view", Kind::Text { max: 2_000 }, "Their view of it, in their words."),
        ],
        Gives::Object(&APPEAL),
        |call| once(call, |call| Box::pin(appeal(call))),
    ),
    endpoint(
        Method::Get,
        "/v1/risk/appeals/{id}",
        "GetRiskAppealsAppeal",
        "Read an appeal.",
        &[],
        Gives::Object(&APPEAL),
        |call| Box::pin(read_appeal(call)),
    ),
    endpoint(
        Method::Post,
        "/v1/risk/appeals/{id}/answer",
        "PostRiskAppealsAppealAnswer",
        "Answer it, once.",
        &[Param::must("answer", Kind::OneOf(ANSWERS), "Whether the refusal stands."), REASON],
        Gives::Object(&APPEAL),
        |call| once(call, |call| Box::pin(answer(call))),
    ),
];

pub(super) fn people(call: &Call) -> PeopleDesk {
    PeopleDesk { engine: call.api.engine.clone() }
}

/// What is missing was named by the caller.
pub(super) fn told(what: &'static str) -> impl Fn(EngineError) -> HttpError {
    move |error| match error {
        EngineError::Missing(_) => HttpError::NotFound { what, param: "id" },
        other => other.into(),
    }
}

pub(super) fn list_of(url: &str, data: Vec<Value>) -> Reply {
    Reply::ok(&json!({ "object": "list", "url": url, "has_more": false, "data": data }))
}

fn case_shown(case: &Case) -> Value {
    let links = case.links.iter().map(
        |l| json!({ "at": l.at.as_secs(), "by": l.by, "kind": l.kind.name(), "value": l.value, "why": l.why }),
    );
    let notes = case.notes.iter().map(|n| json!({ "at": n.at.as_secs(), "by": n.by, "text": n.text }));
    json!({
        "id": case.id,
        "object": "risk_case",
        "assigned": case.assigned,
        "created": case.opened.as_secs(),
        "due": case.due.as_secs(),
        "links": links.collect::<Vec<_>>(),
        "notes": notes.collect::<Vec<_>>(),
        "outcome": case.outcome.as_ref().map(|(o, _)| o),
        "reason": case.outcome.as_ref().map(|(_, why)| why),
        "state": case.state.name(),
        "title": case.title,
    })
}

pub(super) fn case_id(call: &Call) -> Result<CaseId, HttpError> {
    call.path_typed("risk_case")
}

async fn cases(call: Call) -> Result<Reply, HttpError> {
    let params = call.params();
    let state = params.text("state").and_then(|s| CaseState::ALL.into_iter().find(|c| c.name() == s));
    let link = match (params.text("kind").and_then(LinkKind::parse), params.text("value")) {
        (Some(kind), Some(value)) => Some((kind, value)),
        (None, None) => None,
        _ => return Err(HttpError::combination("kind", "it goes together with value")),
    };
    let found = people(&call).cases(state, link).await?;
    Ok(list_of("/v1/risk/cases", found.iter().map(case_shown).collect()))
}

async fn open_case(call: Call) -> Result<Reply, HttpError> {
    let title = call.params().string("title").unwrap_or_default();
    Ok(Reply::ok(&case_shown(&people(&call).open_case(&title, &call.principal()).await?)))
}

async fn case(call: Call) -> Result<Reply, HttpError> {
    let case = people(&call).case(case_id(&call)?).await.map_err(told("risk_case"))?.value;
    Ok(Reply::ok(&case_shown(&case)))
}

async fn take(call: Call) -> Result<Reply, HttpError> {
    let case =
        people(&call).take_case(case_id(&call)?, &call.principal()).await.map_err(told("risk_case"))?;
    Ok(Reply::ok(&case_shown(&case)))
}

async fn link(call: Call) -> Result<Reply, HttpError> {
    let params = call.params();
    let kind = params.text("kind").and_then(LinkKind::parse).unwrap_or(LinkKind::Key);
    let (value, why) = (params.text("value").unwrap_or_default(), params.text("why").unwrap_or_default());
    let desk = people(&call);
    let case =
        desk.link(case_id(&call)?, (kind, value), why, &call.principal()).await.map_err(told("risk_case"))?;
    Ok(Reply::ok(&case_shown(&case)))
}

async fn note(call: Call) -> Result<Reply, HttpError> {
    let text = call.params().string("text").unwrap_or_default();
    let case = people(&call)
        .note_case(case_id(&call)?, &text, &call.principal())
        .await
        .map_err(told("risk_case"))?;
    Ok(Reply::ok(&case_shown(&case)))
}

async fn close(call: Call) -> Result<Reply, HttpError> {
    let params = call.params();
    let outcome = match params.text("outcome") {
        Some("fraud") => CaseOutcome::Fraud,
        Some("no_fraud") => CaseOutcome::NoFraud,
        _ => CaseOutcome::Unclear,
    };
    let reason = params.text("reason").unwrap_or_default();
    let desk = people(&call);
    let case = desk
        .close_case(case_id(&call)?, outcome, reason, &call.principal())
        .await
        .map_err(told("risk_case"))?;
    Ok(Reply::ok(&case_shown(&case)))
}

fn bulk_shown(bulk: &Bulk) -> Value {
    let (action, outcome, fraud) = match &bulk.action {
        BulkAction::CloseReviews { outcome } => ("close_reviews", Some(outcome.name()), None),
        BulkAction::Label { fraud } => ("label", None, Some(*fraud)),
    };
    let items = bulk.items.iter().map(|item| {
        let payment = item.parse::<PaymentId>().ok();
        payment.map_or_else(|| item.clone(), |p| format_id("pi", p.raw()))
    });
    json!({
        "id": bulk.id,
        "object": "risk_bulk_action",
        "action": action,
        "created": bulk.at.as_secs(),
        "decided_by": bulk.decided_by,
        "fraud": fraud,
        "items": items.collect::<Vec<_>>(),
        "outcome": outcome,
        "proposed_by": bulk.proposed_by,
        "reason": bulk.reason,
        "results": bulk.results,
        "state": bulk.state,
    })
}

async fn propose(call: Call) -> Result<Reply, HttpError> {
    let params = call.params();
    let action = match (
        params.text("action"),
        params.text("outcome").and_then(Outcome::parse),
        params.boolean("fraud"),
    ) {
        (Some("close_reviews"), Some(outcome), None) => BulkAction::CloseReviews { outcome },
        (Some("label"), None, Some(fraud)) => BulkAction::Label { fraud },
        (Some("label"), ..) => return Err(HttpError::combination("fraud", "label needs it, and no outcome")),
        _ => return Err(HttpError::combination("outcome", "close_reviews needs it, and no fraud")),
    };
    let items = params.texts("items").into_iter().map(|item| {
        let payment = read_id("pi", item).map(PaymentId::from_raw);
        payment.map_or_else(|| item.to_owned(), |p| p.to_string())
    });
    let reason = params.text("reason").unwrap_or_default();
    let bulk = people(&call).propose_bulk(action, items.collect(), reason, &call.principal()).await?;
    Ok(Reply::ok(&bulk_shown(&bulk)))
}

async fn bulks(call: Call) -> Result<Reply, HttpError> {
    Ok(list_of("/v1/risk/bulk_actions", people(&call).bulks().await?.iter().map(bulk_shown).collect()))
}

async fn bulk(call: Call) -> Result<Reply, HttpError> {
    let id: BulkId = call.path_typed("risk_bulk_action")?;
    Ok(Reply::ok(&bulk_shown(&people(&call).bulk(id).await.map_err(told("risk_bulk_action"))?.value)))
}

async fn decide(call: Call, agree: bool) -> Result<Reply, HttpError> {
    let id: BulkId = call.path_typed("risk_bulk_action")?;
    let done = people(&call).decide_bulk(id, agree, &call.principal()).await;
    Ok(Reply::ok(&bulk_shown(&done.map_err(told("risk_bulk_action"))?)))
}

fn appeal_shown(appeal: &Appeal) -> Value {
    let payment = appeal.payment.parse::<PaymentId>().ok();
    json!({
        "id": appeal.id,
        "object": "risk_appeal",
        "answer": appeal.answer.as_ref().map(|a| a.0),
        "created": appeal.asked.as_secs(),
        "data_used": appeal.data_used,
        "due": appeal.due.as_secs(),
        "message": appeal.told(),
        "payment_intent": payment.map(|p| format_id("pi", p.raw())),
        "reason": appeal.answer.as_ref().map(|a| &a.1),
        "risk_decision": appeal.decision,
        "view": appeal.view,
    })
}

async fn appeals(call: Call) -> Result<Reply, HttpError> {
    Ok(list_of("/v1/risk/appeals", people(&call).appeals().await?.iter().map(appeal_shown).collect()))
}

async fn appeal(call: Call) -> Result<Reply, HttpError> {
    let params = call.params();
    let missing = || HttpError::NotFound { what: "refusal of the screen", param: "payment_intent" };
    let payment = params.text("payment_intent").and_then(|p| read_id("pi", p)).ok_or_else(missing)?;
    let view = params.text("view").unwrap_or_default();
    let taken = people(&call).appeal(PaymentId::from_raw(payment), view, &call.principal()).await;
    let appeal =
        taken.map_err(|e| if matches!(e, EngineError::Missing(_)) { missing() } else { e.into() })?;
    Ok(Reply::ok(&appeal_shown(&appeal)))
}

async fn read_appeal(call: Call) -> Result<Reply, HttpError> {
    let id: AppealId = call.path_typed("risk_appeal")?;
    Ok(Reply::ok(&appeal_shown(&people(&call).read_appeal(id).await.map_err(told("risk_appeal"))?.value)))
}

async fn answer(call: Call) -> Result<Reply, HttpError> {
    let id: AppealId = call.path_typed("risk_appeal")?;
    let params = call.params();
    let answer = match params.text("answer") {
        Some("overturned") => AppealAnswer::Overturned,
        _ => AppealAnswer::Stands,
    };
    let reason = params.text("reason").unwrap_or_default();
    let done = people(&call).answer(id, answer, reason, &call.principal()).await;
    Ok(Reply::ok(&appeal_shown(&done.map_err(told("risk_appeal"))?)))
}
