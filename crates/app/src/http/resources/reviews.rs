//! `/v1/reviews`: payments and payouts that wait for a person.

use super::once::once;
use super::risk_people::{endpoint, list_of, people, told};
use crate::http::HttpError;
use crate::http::call::Call;
use crate::http::endpoint::{Endpoint, Gives, Method};
use crate::http::input::{Kind, Param};
use crate::http::reply::Reply;
use crate::http::shape::{Field, Of, Shape};
use pmts_fraud::people::{Outcome, Review, ReviewState};
use pmts_kernel::format_id;
use pmts_payments::{PaymentId, ReviewId};
use serde_json::{Value, json};

/// A review.
static SHAPE: Shape = Shape {
    name: "Review",
    about: "A payment or payout that waits for a person.",
    fields: &[
        Field::is("id", Of::Text, "Its id, `prv_...`."),
        Field::is("object", Of::Word(&["review"]), "What it is."),
        Field::is("about", Of::Text, "The id of the payment or payout in our own numbering."),
        Field::is("amount", Of::Integer, "How much, in minor units."),
        Field::may("claimed_by", Of::Text, "Who looks at it."),
        Field::may("claimed_until", Of::Moment, "Until when the claim holds."),
        Field::may("closed_reason", Of::Word(OUTCOMES), "What came of it."),
        Field::is("created", Of::Moment, "When it was opened."),
        Field::is("currency", Of::Text, "In which currency, small letters."),
        Field::is("due", Of::Moment, "By when it is to be closed."),
        Field::is("livemode", Of::Bool, "Whether it is real money."),
        Field::is("notes", Of::List(&NOTE), "What was written."),
        Field::is("open", Of::Bool, "Whether it is not closed yet."),
        Field::is("opened_reason", Of::Word(&["rule"]), "Always `rule`: the screen opened it."),
        Field::may("payment_intent", Of::Text, "Which payment."),
        Field::is("priority", Of::Integer, "0 to 1,000, the most urgent highest."),
        Field::may("reason", Of::Text, "Why it was closed so."),
        Field::is("risk_decision", Of::Text, "The decision that opened it."),
        Field::may("seller", Of::Text, "The seller, of a payout."),
        Field::is("step", Of::Word(&["authorization", "capture", "payout", "refund"]), "What waits."),
        Field::is("why", Of::TextList, "Why it was opened, in sentences."),
    ],
};

/// A note.
pub(super) static NOTE: Shape = Shape {
    name: "RiskNote",
    about: "What somebody wrote.",
    fields: &[
        Field::is("at", Of::Moment, "When."),
        Field::is("by", Of::Text, "Who."),
        Field::is("text", Of::Text, "What."),
    ],
};

pub(super) const OUTCOMES: &[&str] =
    &["legitimate", "customer_confirmed", "fraud", "not_reachable", "given_up"];

/// What somebody writes.
pub(super) const TEXT: Param = Param::must("text", Kind::Text { max: 2_000 }, "What is to be kept.");
pub(super) const REASON: Param = Param::must("reason", Kind::Text { max: 2_000 }, "Why.");

pub(crate) static ENDPOINTS: &[Endpoint] = &[
    endpoint(
        Method::Get,
        "/v1/reviews",
        "GetReviews",
        "List the queue: what is overdue first, then by priority. Closed ones only if they are asked for.",
        &[Param::may("state", Kind::OneOf(&["open", "claimed", "closed"]), "Only those that stand there.")],
        Gives::Page(&SHAPE),
        |call| Box::pin(list(call)),
    ),
    endpoint(
        Method::Get,
        "/v1/reviews/{id}",
        "GetReviewsReview",
        "Read a review.",
        &[],
        Gives::Object(&SHAPE),
        |call| Box::pin(read(call)),
    ),
    endpoint(
        Method::Post,
        "/v1/reviews/{id}/claim",
        "PostReviewsReviewClaim",
        "Look at it: for two hours nobody else can close it.",
        &[],
        Gives::Object(&SHAPE),
        |call| once(call, |call| Box::pin(claim(call))),
    ),
    endpoint(
        Method::Post,
        "/v1/reviews/{id}/give_back",
        "PostReviewsReviewGiveBack",
        "Give it back to the queue.",
        &[],
        Gives::Object(&SHAPE),
        |call| once(call, |call| Box::pin(give_back(call))),
    ),
    endpoint(
        Method::Post,
        "/v1/reviews/{id}/notes",
        "PostReviewsReviewNotes",
        "Add a note.",
        &[TEXT],
        Gives::Object(&SHAPE),
        |call| once(call, |call| Box::pin(note(call))),
    ),
    endpoint(
        Method::Post,
        "/v1/reviews/{id}/approve",
        "PostReviewsReviewApprove",
        "Claim it and close it as legitimate: the payment goes on.",
        &[],
        Gives::Object(&SHAPE),
        |call| once(call, |call| Box::pin(approve(call))),
    ),
    endpoint(
        Method::Post,
        "/v1/reviews/{id}/close",
        "PostReviewsReviewClose",
        "Close one that you have claimed: the payment goes on, or its hold is given up.",
        &[Param::must("outcome", Kind::OneOf(OUTCOMES), "What came of it."), REASON],
        Gives::Object(&SHAPE),
        |call| once(call, |call| Box::pin(close(call))),
    ),
];

fn shown(call: &Call, review: &Review) -> Value {
    let payment = review.about.parse::<PaymentId>().ok();
    let notes = review.notes.iter().map(|n| json!({ "at": n.at.as_secs(), "by": n.by, "text": n.text }));
    json!({
        "id": review.id,
        "object": "review",
        "about": review.about,
        "amount": review.amount,
        "claimed_by": review.claim.as_ref().map(|(by, _)| by),
        "claimed_until": review.claim.as_ref().map(|(_, until)| until.as_secs()),
        "closed_reason": review.end.as_ref().map(|e| e.outcome.name()),
        "created": review.opened.as_secs(),
        "currency": review.currency.to_ascii_lowercase(),
        "due": review.due.as_secs(),
        "livemode": call.api.live(),
        "notes": notes.collect::<Vec<_>>(),
        "open": review.state != ReviewState::Closed,
        "opened_reason": "rule",
        "payment_intent": payment.map(|p| format_id("pi", p.raw())),
        "priority": review.priority,
        "reason": review.end.as_ref().map(|e| &e.reason),
        "risk_decision": review.decision,
        "seller": review.seller,
        "step": review.step.name(),
        "why": review.why,
    })
}

fn id(call: &Call) -> Result<ReviewId, HttpError> {
    call.path_typed("review")
}

async fn list(call: Call) -> Result<Reply, HttpError> {
    let wanted =
        call.params().text("state").and_then(|s| ReviewState::ALL.into_iter().find(|r| r.name() == s));
    let found = people(&call).reviews(wanted).await?;
    let kept = found.iter().filter(|r| wanted.is_some() || r.state != ReviewState::Closed);
    Ok(list_of("/v1/reviews", kept.map(|r| shown(&call, r)).collect()))
}

async fn read(call: Call) -> Result<Reply, HttpError> {
    let review = people(&call).review(id(&call)?).await.map_err(told("review"))?.value;
    Ok(Reply::ok(&shown(&call, &review)))
}

async fn claim(call: Call) -> Result<Reply, HttpError> {
    let review = people(&call).claim(id(&call)?, &call.principal()).await.map_err(told("review"))?;
    Ok(Reply::ok(&shown(&call, &review)))
}

async fn give_back(call: Call) -> Result<Reply, HttpError> {
    let review = people(&call).give_back(id(&call)?, &call.principal()).await.map_err(told("review"))?;
    Ok(Reply::ok(&shown(&call, &review)))
}

async fn note(call: Call) -> Result<Reply, HttpError> {
    let text = call.params().string("text").unwrap_or_default();
    let review = people(&call).note(id(&call)?, &text, &call.principal()).await.map_err(told("review"))?;
    Ok(Reply::ok(&shown(&call, &review)))
}

async fn approve(call: Call) -> Result<Reply, HttpError> {
    let (people, id) = (people(&call), id(&call)?);
    people.claim(id, &call.principal()).await.map_err(told("review"))?;
    let reason = "approved at the API";
    let review =
        people.close(id, Outcome::Legitimate, reason, &call.request()).await.map_err(told("review"))?;
    Ok(Reply::ok(&shown(&call, &review)))
}

async fn close(call: Call) -> Result<Reply, HttpError> {
    let params = call.params();
    let outcome = params.text("outcome").and_then(Outcome::parse);
    let outcome = outcome.ok_or_else(|| HttpError::missing("outcome"))?;
    let reason = params.string("reason").unwrap_or_default();
    let review =
        people(&call).close(id(&call)?, outcome, &reason, &call.request()).await.map_err(told("review"))?;
    Ok(Reply::ok(&shown(&call, &review)))
}
