//! `/v1/aml/hits`: who may be on a sanctions list, decided with four eyes.

use super::aml_parties::{ROLES, desk, told};
use super::once::{Kept, once_with};
use super::reviews::REASON;
use super::risk_people::{endpoint, list_of};
use crate::aml::{Hit, HitId};
use crate::http::HttpError;
use crate::http::call::Call;
use crate::http::endpoint::{Endpoint, Gives, Method};
use crate::http::input::{Kind, Param};
use crate::http::reply::Reply;
use crate::http::shape::{Field, Of, Shape};
use pmts_compliance::aml::cases::{HitState, Verdict};
use serde_json::{Value, json};

/// A hit.
static HIT: Shape = Shape {
    name: "AmlHit",
    about: "Somebody who may be an entry of a sanctions list.",
    fields: &[
        Field::is("id", Of::Text, "Its id, `hit_...`."),
        Field::is("object", Of::Word(&["aml_hit"]), "What it is."),
        Field::may("approved_by", Of::Text, "Who agreed with the verdict."),
        Field::may("cleared_until", Of::Moment, "Of somebody else: until when it is not asked again."),
        Field::is("created", Of::Moment, "When it was found."),
        Field::is("entry", Of::Text, "Which entry, by the list's own id."),
        Field::is("list", Of::Text, "Which list."),
        Field::is("listed_name", Of::Text, "The name on the list that is most alike."),
        Field::may("proposed_by", Of::Text, "Who said what it is."),
        Field::may("reason", Of::Text, "Why."),
        Field::is("reference", Of::Text, "Who was screened."),
        Field::is("role", Of::Word(ROLES), "What they are to the platform."),
        Field::is("score", Of::Integer, "How alike, 0 to 1,000."),
        Field::is(
            "status",
            Of::Word(STATES),
            "Where its review stands; `moot`: the entry is gone or another.",
        ),
        Field::may("verdict", Of::Word(VERDICTS), "The one on the list, or another."),
        Field::is("version", Of::Text, "Which version of the list."),
        Field::may("why", Of::Free, "What the score is made of."),
    ],
};

const STATES: &[&str] = &["open", "proposed", "decided", "moot"];
const VERDICTS: &[&str] = &["same", "another"];

pub(crate) static ENDPOINTS: &[Endpoint] = &[
    endpoint(
        Method::Get,
        "/v1/aml/hits",
        "GetAmlHits",
        "List hits, newest first, at most 10,000; without a status, those that wait.",
        &[Param::may("status", Kind::OneOf(STATES), "Only those that stand there.")],
        Gives::Page(&HIT),
        |call| Box::pin(list(call)),
    ),
    endpoint(
        Method::Get,
        "/v1/aml/hits/{id}",
        "GetAmlHitsHit",
        "Read a hit.",
        &[],
        Gives::Object(&HIT),
        |call| Box::pin(read(call)),
    ),
    endpoint(
        Method::Post,
        "/v1/aml/hits/{id}/propose",
        "PostAmlHitsHitPropose",
        "Say what it is. What it holds stays held until another key agrees.",
        &[
            Param::must(
                "verdict",
                Kind::OneOf(VERDICTS),
                "The one on the list (`same`), or somebody else (`another`).",
            ),
            REASON,
        ],
        Gives::Object(&HIT),
        |call| once_with(call, |call, kept| Box::pin(propose(call, kept))),
    ),
    endpoint(
        Method::Post,
        "/v1/aml/hits/{id}/approve",
        "PostAmlHitsHitApprove",
        "Agree with what another key said. Somebody else is free from then on, and not asked about again for a year unless they or the entry change.",
        &[],
        Gives::Object(&HIT),
        |call| once_with(call, |call, kept| Box::pin(approve(call, kept))),
    ),
];

fn shown(hit: &Hit) -> Value {
    let (verdict, reason, by, approved) = match &hit.review.state {
        HitState::Proposed { verdict, reason, by } => (Some(verdict), Some(reason), Some(by), None),
        HitState::Decided { verdict, reason, by, approved_by, .. } => {
            (Some(verdict), Some(reason), Some(by), Some(approved_by))
        }
        HitState::Open | HitState::Moot { .. } => (None, None, None, None),
    };
    json!({
        "id": hit.id,
        "object": "aml_hit",
        "approved_by": approved,
        "cleared_until": hit.cleared_until.map(|at| at.as_secs()),
        "created": hit.review.at.as_secs(),
        "entry": hit.review.pair.entry,
        "list": hit.review.pair.list,
        "listed_name": hit.listed_name,
        "proposed_by": by,
        "reason": reason,
        "reference": hit.reference,
        "role": hit.role,
        "score": hit.review.score,
        "status": hit.review.state.name(),
        "verdict": verdict,
        "version": hit.review.version,
        "why": hit.why,
    })
}

fn id(call: &Call) -> Result<HitId, HttpError> {
    call.path_typed("aml_hit")
}

async fn list(call: Call) -> Result<Reply, HttpError> {
    let params = call.params();
    let wanted = params.text("status");
    let found = desk(&call)?.hits(wanted).await?;
    let kept = found.iter().filter(|h| wanted.is_some() || h.waits());
    Ok(list_of("/v1/aml/hits", kept.map(shown).collect()))
}

async fn read(call: Call) -> Result<Reply, HttpError> {
    let hit = desk(&call)?.hit(id(&call)?).await.map_err(told("aml_hit"))?;
    Ok(Reply::ok(&shown(&hit.value)))
}

async fn propose(call: Call, kept: Kept) -> Result<Reply, HttpError> {
    let params = call.params();
    let verdict = if params.text("verdict") == Some("same") { Verdict::Same } else { Verdict::Another };
    let reason = params.string("reason").unwrap_or_default();
    let answer = |hit: &Hit| kept.answer(&shown(hit));
    let done = desk(&call)?.propose_hit(id(&call)?, verdict, &reason, &call.principal(), &answer).await;
    Ok(Reply::ok(&shown(&done.map_err(told("aml_hit"))?)))
}

async fn approve(call: Call, kept: Kept) -> Result<Reply, HttpError> {
    let answer = |hit: &Hit| kept.answer(&shown(hit));
    let done = desk(&call)?.approve_hit(id(&call)?, &call.principal(), &answer).await;
    Ok(Reply::ok(&shown(&done.map_err(told("aml_hit"))?)))
}
