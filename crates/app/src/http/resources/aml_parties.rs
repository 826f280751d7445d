//! `/v1/aml/parties`: who is screened; `/v1/aml/rescreen`: how far everyone is screened again.

use super::list::{LIMIT, Page};
use super::once::{Kept, once_with};
use super::risk_people::endpoint;
use crate::aml::{AmlDesk, AmlError, Known, PartyId};
use crate::http::HttpError;
use crate::http::call::Call;
use crate::http::endpoint::{Endpoint, Gives, Method};
use crate::http::input::{Kind, Param, Params};
use crate::http::reply::Reply;
use crate::http::shape::{Field, Of, Shape};
use pmts_compliance::aml::Subject;
use pmts_compliance::aml::cases::{Party, Role};
use pmts_compliance::aml::names::PartyKind;
use pmts_compliance::aml::party::{Country, DaySpan};
use serde_json::{Value, json};
use std::sync::Arc;

/// Somebody who is screened.
static PARTY: Shape = Shape {
    name: "AmlParty",
    about: "Somebody who is screened against sanctions lists.",
    fields: &[
        Field::is("id", Of::Text, "The id, `party_...`; made of role and reference."),
        Field::is("object", Of::Word(&["aml_party"]), "What it is."),
        Field::is("acts_for", Of::List(&WHOSE), "Whom they own, control or are paid for."),
        Field::may("address", Of::Text, "Street and town."),
        Field::may("birth_date", Of::Text, "When born or founded, as well as it is known."),
        Field::is("countries", Of::TextList, "Nationality, residence: codes of two letters."),
        Field::is("hits", Of::TextList, "The hits that hold them."),
        Field::is("identifiers", Of::TextList, "Numbers of passports, registrations, IMO."),
        Field::may("kind", Of::Word(KINDS), "What they are."),
        Field::is(
            "lists",
            Of::Texts,
            "The lists they were screened against last by themselves, each with its version.",
        ),
        Field::is("name", Of::Text, "The name."),
        Field::is("reference", Of::Text, "Which one, in the caller's numbering."),
        Field::is("role", Of::Word(ROLES), "What they are to the platform."),
        Field::is("screened", Of::Moment, "When that was."),
        Field::is(
            "status",
            Of::Word(STATUS),
            "`held`: a hit is to be decided; `blocked`: they are the one on the list. Both stop money.",
        ),
    ],
};

static WHOSE: Shape = Shape {
    name: "AmlPartyReference",
    about: "Somebody, by role and reference.",
    fields: &[
        Field::is("reference", Of::Text, "Which one."),
        Field::is("role", Of::Word(ROLES), "What they are to the platform."),
    ],
};

/// Everyone is screened again.
static RESCREEN: Shape = Shape {
    name: "AmlRescreen",
    about: "How far everyone is screened again after a change of the lists.",
    fields: &[
        Field::is("object", Of::Word(&["aml_rescreen"]), "What it is."),
        Field::is("done", Of::Integer, "How many were looked at."),
        Field::may("finished", Of::Moment, "When everyone was through."),
        Field::is("held", Of::Integer, "How many came to be held."),
        Field::is("lists", Of::Texts, "Against which lists, each with its version."),
        Field::is("released", Of::Integer, "How many are held no longer."),
        Field::may("started", Of::Moment, "When it was begun; null if nobody ever was."),
    ],
};

pub(super) const ROLES: &[&str] = &["customer", "seller", "vendor", "owner", "beneficiary", "bank"];
pub(super) const KINDS: &[&str] = &["person", "company", "vessel", "aircraft"];
const STATUS: &[&str] = &["clear", "held", "blocked", "not_screened"];

const ROLE: Param = Param::must("role", Kind::OneOf(ROLES), "What they are to the platform.");
const REFERENCE: Param = Param::must(
    "reference",
    Kind::Reference { max: 200 },
    "Which one: a customer's or seller's name as in payments.",
);

/// What is known of a subject.
pub(super) const SUBJECT: [Param; 6] = [
    Param::must("name", Kind::Text { max: 500 }, "The name."),
    Param::may("kind", Kind::OneOf(KINDS), "What they are; compared with all if it is left out."),
    Param::may(
        "birth_date",
        Kind::Text { max: 40 },
        "When born or founded: `1957-07-30`, `1957-07`, `1957`, `1955 to 1959`.",
    ),
    Param::may(
        "countries",
        Kind::List { of: &Kind::Text { max: 60 }, max: 10 },
        "Nationality, residence: codes or English names.",
    ),
    Param::may(
        "identifiers",
        Kind::List { of: &Kind::Text { max: 60 }, max: 10 },
        "Numbers of passports, registrations, IMO.",
    ),
    Param::may("address", Kind::Text { max: 300 }, "Street and town."),
];

const PARTY_PARAMS: &[Param] = &{
    let [name, kind, birth_date, countries, identifiers, address] = SUBJECT;
    let acts_for = Param::may(
        "acts_for",
        Kind::List { of: &Kind::Object(&[ROLE, REFERENCE]), max: 50 },
        "Whom they own, control or are paid for: nothing goes to those while these are held.",
    );
    [ROLE, REFERENCE, name, kind, birth_date, countries, identifiers, address, acts_for]
};

pub(crate) static ENDPOINTS: &[Endpoint] = &[
    endpoint(
        Method::Post,
        "/v1/aml/parties",
        "PostAmlParties",
        "Keep somebody, new or as they are now, and screen them. A hit holds them from that commit on: no payment is authorized, captured or refunded, no payout is approved or sent.",
        PARTY_PARAMS,
        Gives::Object(&PARTY),
        |call| once_with(call, |call, kept| Box::pin(put(call, kept))),
    ),
    endpoint(
        Method::Get,
        "/v1/aml/parties",
        "GetAmlParties",
        "List who is screened, in the order of their ids.",
        &[
            LIMIT,
            Param::may("starting_after", Kind::Id(&["party"]), "Beyond this one."),
            Param::may("role", Kind::OneOf(ROLES), "Only these."),
            Param::may("held", Kind::Bool, "Only those who are held."),
        ],
        Gives::Page(&PARTY),
        |call| Box::pin(list(call)),
    ),
    endpoint(
        Method::Get,
        "/v1/aml/parties/{id}",
        "GetAmlPartiesParty",
        "Read somebody.",
        &[],
        Gives::Object(&PARTY),
        |call| Box::pin(read(call)),
    ),
    endpoint(
        Method::Get,
        "/v1/aml/rescreen",
        "GetAmlRescreen",
        "Read how far everyone is screened again, or when that was last.",
        &[],
        Gives::Object(&RESCREEN),
        |call| Box::pin(rescreen(call)),
    ),
];

/// The desk of a server.
pub(super) fn desk(call: &Call) -> Result<Arc<AmlDesk>, HttpError> {
    let desk = call.api.engine.aml.clone();
    desk.ok_or_else(|| AmlError::Missing("the screening".to_owned()).into())
}

/// What is not there, told as such.
pub(super) fn told(what: &'static str) -> impl Fn(AmlError) -> HttpError {
    move |error| match error {
        AmlError::Missing(_) => HttpError::NotFound { what, param: "id" },
        other => other.into(),
    }
}

pub(super) fn lists(versions: &[(String, String)]) -> Value {
    versions
        .iter()
        .map(|(list, version)| (list.clone(), json!(version)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn shown(party: &Party) -> Value {
    let Subject { name, kind, birth, countries, identifiers, address } = &party.subject;
    let status = match party {
        _ if !party.same.is_empty() => "blocked",
        _ if party.is_held() => "held",
        _ if party.lists.is_empty() => "not_screened",
        _ => "clear",
    };
    let acts_for =
        party.acts_for.iter().map(|(role, reference)| json!({ "reference": reference, "role": role }));
    json!({
        "id": PartyId::of(party.role, &party.reference),
        "object": "aml_party",
        "acts_for": acts_for.collect::<Vec<_>>(),
        "address": address,
        "birth_date": birth.as_ref().map(ToString::to_string),
        "countries": countries.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "hits": party.open.iter().chain(&party.same).collect::<Vec<_>>(),
        "identifiers": identifiers,
        "kind": kind,
        "lists": lists(&party.lists),
        "name": name,
        "reference": party.reference,
        "role": party.role,
        "screened": party.screened_at.as_secs(),
        "status": status,
    })
}

fn role(text: Option<&str>) -> Option<Role> {
    text.and_then(Role::parse)
}

/// What they are, if that is told.
pub(super) fn kind(params: Params<'_>) -> Option<PartyKind> {
    params.text("kind").map(|kind| match kind {
        "company" => PartyKind::Company,
        "vessel" => PartyKind::Vessel,
        "aircraft" => PartyKind::Aircraft,
        _ => PartyKind::Person,
    })
}

/// What is told of a subject.
pub(super) fn subject(params: Params<'_>) -> Result<Subject, HttpError> {
    let date = |text: &str| {
        DaySpan::parse(text).ok_or_else(|| {
            HttpError::combination("birth_date", "it is no date: write 1957-07-30, 1957-07 or 1957")
        })
    };
    let country = |text: &&str| {
        Country::find(text)
            .ok_or_else(|| HttpError::combination("countries", "one of them is no country: write IR or Iran"))
    };
    Ok(Subject {
        name: params.string("name").unwrap_or_default(),
        kind: kind(params),
        birth: params.text("birth_date").map(date).transpose()?,
        countries: params.texts("countries").iter().map(country).collect::<Result<_, _>>()?,
        identifiers: params.texts("identifiers").into_iter().map(str::to_owned).collect(),
        address: params.string("address"),
    })
}

async fn put(call: Call, kept: Kept) -> Result<Reply, HttpError> {
    let params = call.params();
    let whose = params.objects("acts_for").unwrap_or_default();
    let whose = whose.iter().filter_map(|w| Some((role(w.text("role"))?, w.string("reference")?)));
    let known = Known {
        role: role(params.text("role")).ok_or_else(|| HttpError::missing("role"))?,
        reference: params.string("reference").unwrap_or_default(),
        acts_for: whose.collect(),
        subject: subject(params)?,
    };
    let answer = |party: &Party| kept.answer(&shown(party));
    let party = desk(&call)?.put_party(&known, &call.principal(), &answer).await?;
    Ok(Reply::ok(&shown(&party)))
}

async fn list(call: Call) -> Result<Reply, HttpError> {
    let params = call.params();
    let held = params.boolean("held").unwrap_or(false);
    let page = Page::read(params, PartyId::PREFIX, "aml_party")?;
    let wanted = role(params.text("role"));
    let found = desk(&call)?.parties_page(wanted, held, page.cursor, page.limit + 1).await?;
    Ok(Reply::ok(&page.envelope(found, "/v1/aml/parties", |party| shown(&party))))
}

async fn read(call: Call) -> Result<Reply, HttpError> {
    let id: PartyId = call.path_typed("aml_party")?;
    let found = desk(&call)?.party_of(id).await?;
    let found = found.ok_or(HttpError::NotFound { what: "aml_party", param: "id" })?;
    Ok(Reply::ok(&shown(&found.value)))
}

async fn rescreen(call: Call) -> Result<Reply, HttpError> {
    let found = desk(&call)?.rescreened().await?.map(|r| r.value);
    let started = found.as_ref().map(|r| r.started.as_secs());
    let r = found.unwrap_or_default();
    Ok(Reply::ok(&json!({
        "object": "aml_rescreen",
        "done": r.done,
        "finished": r.finished.map(|at| at.as_secs()),
        "held": r.held,
        "lists": lists(&r.lists),
        "released": r.released,
        "started": started,
    })))
}
