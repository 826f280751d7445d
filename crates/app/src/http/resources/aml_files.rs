//! `/v1/aml/files`: what is told of somebody for their due diligence, and what it comes to; `/v1/aml/due_diligence`: the files themselves, for the
//! case team.

use super::aml_cases::endpoint as case_team;
use super::aml_parties::{ROLES, told};
use super::list::{LIMIT, Page, cursors};
use super::once::{Kept, once_with};
use super::reviews::REASON;
use super::risk_people::endpoint;
use crate::aml::AmlError;
use crate::diligence::{
    ADDRESS_MAX, DOCUMENTS_MAX, NAME_MAX, NATIONALITIES_MAX, OWNERS_MAX, PURPOSE_MAX, REFERENCE_MAX,
};
use crate::diligence::{
    Allowed, DiligenceDesk, FileId, FileKept, FileStep, Standing, ToldCompany, ToldDocument, ToldFile,
    ToldHuman, ToldOwner, ToldPep,
};
use crate::http::HttpError;
use crate::http::call::Call;
use crate::http::endpoint::{Endpoint, Gives, Method};
use crate::http::input::{Kind, Param, Params};
use crate::http::reply::Reply;
use crate::http::shape::{Field, Of, Shape};
use crate::monitoring::ToldAt;
use pmts_compliance::aml::cases::Role;
use pmts_compliance::aml::diligence::FileState;
use serde_json::{Value, json};
use std::sync::Arc;

// What both shapes of a file have.
const MAY_BE_PAID: Field =
    Field::is("may_be_paid", Of::Object(&ALLOWED), "Whether they may be paid; of sellers.");
const MAY_RECEIVE: Field =
    Field::is("may_receive", Of::Object(&ALLOWED), "Whether they may receive money of buyers; of sellers.");
const STILL_MISSING: Field = Field::is("missing", Of::List(&MISSING), "What is still needed.");
const REFERENCE: Field = Field::is("reference", Of::Text, "Which one, in the caller's numbering.");
const ROLE: Field = Field::is("role", Of::Word(ROLES), "What they are to the platform.");
const STATE: Field = Field::is("state", Of::Word(STATES), "Where it stands.");

/// What a file comes to.
static FILE: Shape = Shape {
    name: "AmlFile",
    about: "How far it is known who somebody is, and what they may do. A POST that is repeated under its idempotency key is answered with `id` and `object` alone.",
    fields: &[
        Field::is("id", Of::Text, "Its id, `kyc_...`."),
        Field::is("object", Of::Word(&["aml_file"]), "What it is."),
        MAY_BE_PAID,
        MAY_RECEIVE,
        STILL_MISSING,
        REFERENCE,
        ROLE,
        STATE,
    ],
};

static ALLOWED: Shape = Shape {
    name: "AmlAllowed",
    about: "What somebody may do.",
    fields: &[
        Field::is("may", Of::Word(&["all", "up_to", "nothing"]), "Everything, up to a limit, nothing."),
        Field::may(
            "minor",
            Of::Integer,
            "Of a limit: so much within 30 days, in minor units of the rules' currency.",
        ),
        Field::may("why", Of::Text, "Of nothing: `not_verified`, `restricted`, `refused`, `review_overdue`."),
    ],
};

static MISSING: Shape = Shape {
    name: "AmlMissing",
    about: "Something that is still needed.",
    fields: &[
        Field::is("of", Of::Text, "Of whom: `subject`, `owner 1`, `file`."),
        Field::is("what", Of::Text, "What, in words."),
    ],
};

/// A file.
static DUE_DILIGENCE: Shape = Shape {
    name: "AmlDueDiligence",
    about: "A file of due diligence, for the case team. A POST that is repeated under its idempotency key is answered with `id` and `object` alone.",
    fields: &[
        Field::is("id", Of::Text, "Its id, `kyc_...`."),
        Field::is("object", Of::Word(&["aml_due_diligence"]), "What it is."),
        Field::is("created", Of::Moment, "When it was first told."),
        Field::is("due", Of::Bool, "Whether its review is due."),
        Field::is("events", Of::List(&EVENT), "What was done."),
        Field::may("lapses", Of::Moment, "While it is looked at again: until when what was allowed goes on."),
        MAY_BE_PAID,
        MAY_RECEIVE,
        STILL_MISSING,
        Field::may(
            "rating",
            Of::Object(&RATING),
            "How risky they are, as it was when it was submitted last.",
        ),
        REFERENCE,
        Field::may("review_due", Of::Moment, "When it is to be looked at again."),
        ROLE,
        STATE,
        Field::may("submitted_by", Of::Text, "Who submitted it."),
        Field::is("told", Of::Free, "What is told: who they are, documents, owners, purpose."),
    ],
};

static EVENT: Shape = Shape {
    name: "AmlFileEvent",
    about: "What somebody did about a file.",
    fields: &[
        Field::is("at", Of::Moment, "When."),
        Field::is("by", Of::Text, "Who."),
        Field::is("text", Of::Text, "What, and why."),
    ],
};

static RATING: Shape = Shape {
    name: "AmlRating",
    about: "How risky somebody is, by published rules.",
    fields: &[
        Field::is("level", Of::Word(LEVELS), "How risky."),
        Field::is(
            "open_level",
            Of::Word(LEVELS),
            "How risky without what only the case team may know: limits follow from this.",
        ),
        Field::is("points", Of::Integer, "All points."),
        Field::is("rules", Of::Integer, "By which version of the rules."),
        Field::is("why", Of::Free, "What gave the points."),
    ],
};

/// The names of [`FileState::ALL`], in its order.
const STATES: &[&str] = &["open", "submitted", "verified", "restricted", "refused"];
const LEVELS: &[&str] = &["low", "medium", "high"];
const DOCUMENTS: &[&str] = &[
    "passport",
    "identity_card",
    "driving_licence",
    "register_extract",
    "proof_of_address",
    "source_of_funds",
    "source_of_wealth",
];

const DOCUMENT: &[Param] = &[
    Param::must("kind", Kind::OneOf(DOCUMENTS), "What it is."),
    Param::must("reference", Kind::Text { max: REFERENCE_MAX }, "What it is found by where it is kept."),
    Param::may("verified", Kind::Moment, "When somebody looked at it and took it for genuine."),
    Param::may("expires", Kind::Moment, "From when on it is not valid any more."),
];
const A_DOCUMENT: &Kind = &Kind::Object(DOCUMENT);
const DOCUMENT_LIST: Param =
    Param::may("documents", Kind::List { of: A_DOCUMENT, max: DOCUMENTS_MAX }, "Documents, by reference.");
const NAME: Param = Param::may("name", Kind::Text { max: NAME_MAX }, "The full name.");
const ADDRESS: Param = Param::may("address", Kind::Text { max: ADDRESS_MAX }, "The address.");
const COUNTRY: Param =
    Param::may("country", Kind::Text { max: 60 }, "Its country: a code of ISO 3166 or an English name.");

static HUMAN: &[Param] = &[
    NAME,
    Param::may("birth_date", Kind::Text { max: 40 }, "When born: `1980-02-29`."),
    ADDRESS,
    COUNTRY,
    Param::may(
        "nationalities",
        Kind::List { of: &Kind::Text { max: 60 }, max: NATIONALITIES_MAX },
        "Of which countries they are nationals.",
    ),
    DOCUMENT_LIST,
    Param::may(
        "pep",
        Kind::OneOf(&["unknown", "no", "yes"]),
        "Whether they are politically exposed; unknown if it is left out.",
    ),
];

static OWNER: &[Param] = &[
    Param::may(
        "owns_bps",
        Kind::Integer { min: 1, max: 10_000 },
        "How much they own, directly or not, in hundredths of a percent; none: they direct it. Who does both stands there twice.",
    ),
    Param::must("human", Kind::Object(HUMAN), "Who."),
];

static COMPANY: &[Param] = &[
    NAME,
    Param::may("registration", Kind::Text { max: REFERENCE_MAX }, "Its number in the register."),
    COUNTRY,
    ADDRESS,
    DOCUMENT_LIST,
    Param::may("owners", Kind::List { of: &Kind::Object(OWNER), max: OWNERS_MAX }, "Who owns or directs it."),
    Param::may(
        "spread_bps",
        Kind::Integer { min: 0, max: 10_000 },
        "Shares that are spread, each owner below 25 %, in hundredths of a percent.",
    ),
];

/// A company with all that may be told of it.
const TOLD_MAX: usize = 512 * 1024;

/// A step of the case team.
macro_rules! decision {
    ($path:literal, $name:literal, $about:literal, $params:expr, $step:expr) => {
        case_team(
            Method::Post,
            concat!("/v1/aml/due_diligence/{id}/", $path),
            $name,
            $about,
            $params,
            Gives::Object(&DUE_DILIGENCE),
            |call| {
                once_with(call, |call, kept| {
                    Box::pin(async move {
                        let of: fn(String) -> FileStep = $step;
                        decided(call, kept, of).await
                    })
                })
            },
        )
    };
}

pub(crate) static ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        body_max: TOLD_MAX,
        ..endpoint(
            Method::Post,
            "/v1/aml/files",
            "PostAmlFiles",
            "Tell all that is known of somebody; it takes the place of what was told before. Everybody in it is screened in the same commit. What was verified is looked at again.",
            &[
                Param::must("role", Kind::OneOf(ROLES), "What they are to the platform."),
                Param::must("reference", Kind::Reference { max: 200 }, "Which one, as in payments."),
                Param::may("human", Kind::Object(HUMAN), "Who they are; or `company`."),
                Param::may("company", Kind::Object(COMPANY), "Who they are; or `human`."),
                Param::may("purpose", Kind::Text { max: PURPOSE_MAX }, "What they want the account for."),
                Param::may(
                    "monthly_minor",
                    Kind::Integer { min: 0, max: i64::MAX },
                    "What they say comes in within a month, in minor units of the rules' currency.",
                ),
                Param::may("cash_expected", Kind::Bool, "Whether much currency is expected."),
            ],
            Gives::Object(&FILE),
            |call| once_with(call, |call, kept| Box::pin(tell(call, kept))),
        )
    },
    endpoint(
        Method::Get,
        "/v1/aml/files/{id}",
        "GetAmlFilesFile",
        "Read what a file comes to.",
        &[],
        Gives::Object(&FILE),
        |call| Box::pin(standing(call)),
    ),
    endpoint(
        Method::Post,
        "/v1/aml/files/{id}/submit",
        "PostAmlFilesFileSubmit",
        "All is there: it is rated, and the case team has to approve.",
        &[],
        Gives::Object(&FILE),
        |call| once_with(call, |call, kept| Box::pin(submit(call, kept))),
    ),
    case_team(
        Method::Get,
        "/v1/aml/due_diligence",
        "GetAmlDueDiligence",
        "List files, in the reverse order of their ids.",
        &[
            LIMIT,
            cursors!("kyc")[0],
            Param::may("state", Kind::OneOf(STATES), "Only those that stand there."),
            Param::may("due", Kind::Bool, "Only those whose review is due."),
        ],
        Gives::Page(&DUE_DILIGENCE),
        |call| Box::pin(list(call)),
    ),
    case_team(
        Method::Get,
        "/v1/aml/due_diligence/{id}",
        "GetAmlDueDiligenceFile",
        "Read a file.",
        &[],
        Gives::Object(&DUE_DILIGENCE),
        |call| Box::pin(read(call)),
    ),
    decision!(
        "approve",
        "PostAmlDueDiligenceFileApprove",
        "It is known who they are. At high risk another key than the one that submitted it.",
        &[],
        |_| FileStep::Approve
    ),
    decision!(
        "reopen",
        "PostAmlDueDiligenceFileReopen",
        "Look at it again. For a time what was allowed goes on.",
        &[REASON],
        FileStep::Reopen
    ),
    decision!(
        "restrict",
        "PostAmlDueDiligenceFileRestrict",
        "Nothing is received or paid until it is looked at again.",
        &[REASON],
        FileStep::Restrict
    ),
    decision!(
        "refuse",
        "PostAmlDueDiligenceFileRefuse",
        "Nothing is done with them.",
        &[REASON],
        FileStep::Refuse
    ),
];

fn desk(call: &Call) -> Result<Arc<DiligenceDesk>, HttpError> {
    let desk = call.api.engine.diligence.clone();
    desk.ok_or_else(|| AmlError::Missing("due diligence".to_owned()).into())
}

fn id(call: &Call) -> Result<FileId, HttpError> {
    call.path_typed("aml_file")
}

fn documents(of: &Params<'_>) -> Vec<ToldDocument> {
    let read = |d: Params<'_>| -> Option<ToldDocument> {
        let kind = serde_json::from_value(json!(d.text("kind")?)).ok()?;
        let at = |name: &str| d.moment(name).map(|at| ToldAt::Seconds(at.as_secs()));
        let reference = d.string("reference").unwrap_or_default();
        Some(ToldDocument { kind, reference, verified: at("verified"), expires: at("expires") })
    };
    of.objects("documents").unwrap_or_default().into_iter().filter_map(read).collect()
}

fn human(told: &Params<'_>) -> ToldHuman {
    ToldHuman {
        name: told.string("name").unwrap_or_default(),
        birth_date: told.string("birth_date"),
        address: told.string("address").unwrap_or_default(),
        country: told.string("country"),
        nationalities: told.texts("nationalities").into_iter().map(str::to_owned).collect(),
        documents: documents(told),
        pep: match told.text("pep") {
            Some("yes") => ToldPep::Yes,
            Some("no") => ToldPep::No,
            _ => ToldPep::Unknown,
        },
    }
}

fn company(told: &Params<'_>) -> ToldCompany {
    let bps = |of: &Params<'_>, name: &str| of.integer(name).and_then(|n| u16::try_from(n).ok());
    let owner = |o: Params<'_>| ToldOwner {
        owns_bps: bps(&o, "owns_bps"),
        human: o.object("human").map(|h| human(&h)).unwrap_or_default(),
    };
    ToldCompany {
        name: told.string("name").unwrap_or_default(),
        registration: told.string("registration").unwrap_or_default(),
        country: told.string("country"),
        address: told.string("address").unwrap_or_default(),
        documents: documents(told),
        owners: told.objects("owners").unwrap_or_default().into_iter().map(owner).collect(),
        spread_bps: bps(told, "spread_bps").unwrap_or_default(),
    }
}

fn allowed(allowed: Allowed) -> Value {
    match allowed {
        Allowed::All => json!({ "may": "all", "minor": null, "why": null }),
        Allowed::UpTo { minor } => json!({ "may": "up_to", "minor": minor, "why": null }),
        Allowed::Nothing { why } => json!({ "may": "nothing", "minor": null, "why": why }),
    }
}

fn shown(s: &Standing) -> Value {
    json!({
        "id": s.id,
        "object": "aml_file",
        "may_be_paid": allowed(s.may_be_paid),
        "may_receive": allowed(s.may_receive),
        "missing": s.missing,
        "reference": s.reference,
        "role": s.role,
        "state": s.state,
    })
}

fn shown_whole(kept: &FileKept, standing: &Standing) -> Value {
    let file = &kept.file;
    let event = |e: &pmts_compliance::aml::diligence::Event| json!({ "at": e.at.as_secs(), "by": e.by, "text": e.text });
    let rating = file.rating.as_ref().map(|r| {
        let why: serde_json::Map<String, Value> =
            r.why.iter().map(|(name, points)| (name.clone(), json!(points))).collect();
        json!({ "level": r.level, "open_level": r.open_level, "points": r.points, "rules": r.rules, "why": why })
    });
    json!({
        "id": kept.id,
        "object": "aml_due_diligence",
        "created": kept.created.as_secs(),
        "due": kept.due,
        "events": file.events.iter().map(event).collect::<Vec<_>>(),
        "lapses": file.lapses.map(|at| at.as_secs()),
        "may_be_paid": allowed(standing.may_be_paid),
        "may_receive": allowed(standing.may_receive),
        "missing": standing.missing,
        "rating": rating,
        "reference": kept.reference,
        "review_due": file.review_due.map(|at| at.as_secs()),
        "role": kept.role,
        "state": file.state,
        "submitted_by": file.submitted_by,
        "told": file.told,
    })
}

async fn tell(call: Call, kept: Kept) -> Result<Reply, HttpError> {
    let params = call.params();
    let role = params.text("role").and_then(Role::parse).ok_or_else(|| HttpError::missing("role"))?;
    let told = ToldFile {
        human: params.object("human").map(|h| human(&h)),
        company: params.object("company").map(|c| company(&c)),
        purpose: params.string("purpose").unwrap_or_default(),
        monthly_minor: params.integer("monthly_minor"),
        cash_expected: params.boolean("cash_expected").unwrap_or(false),
    };
    let (told, reference) = (told.read()?, params.string("reference").unwrap_or_default());
    let desk = desk(&call)?;
    let answer = |file: &FileKept| kept.answer(&json!({ "id": file.id, "object": "aml_file" }));
    let file = desk.tell(role, &reference, &told, &call.principal(), &answer).await?;
    Ok(Reply::ok(&shown(&desk.standing(&file).await?)))
}

async fn standing(call: Call) -> Result<Reply, HttpError> {
    let desk = desk(&call)?;
    let file = desk.file(id(&call)?).await.map_err(told("aml_file"))?;
    Ok(Reply::ok(&shown(&desk.standing(&file.value).await?)))
}

async fn submit(call: Call, kept: Kept) -> Result<Reply, HttpError> {
    let desk = desk(&call)?;
    let answer = |file: &FileKept| kept.answer(&json!({ "id": file.id, "object": "aml_file" }));
    let done = desk.step(id(&call)?, &FileStep::Submit, &call.principal(), &answer).await;
    Ok(Reply::ok(&shown(&desk.standing(&done.map_err(told("aml_file"))?).await?)))
}

async fn list(call: Call) -> Result<Reply, HttpError> {
    let (params, desk) = (call.params(), desk(&call)?);
    let page = Page::read(params, FileId::PREFIX, "aml_file")?;
    let state = params.text("state").and_then(|text| {
        FileState::ALL.into_iter().zip(STATES).find(|(_, name)| **name == text).map(|(state, _)| state)
    });
    let due = params.boolean("due").unwrap_or(false);
    let (found, _) = desk.files(state, due, page.cursor.map(FileId::from_raw), page.limit + 1).await?;
    let mut rows = Vec::with_capacity(found.len());
    for kept in found.into_iter().filter(|k| !due || state.is_none_or(|s| k.file.state == s)) {
        rows.push(shown_whole(&kept, &desk.standing(&kept).await?));
    }
    Ok(Reply::ok(&page.envelope(rows, "/v1/aml/due_diligence", |row| row)))
}

async fn read(call: Call) -> Result<Reply, HttpError> {
    let desk = desk(&call)?;
    let kept = desk.file(id(&call)?).await.map_err(told("aml_file"))?.value;
    Ok(Reply::ok(&shown_whole(&kept, &desk.standing(&kept).await?)))
}

async fn decided(call: Call, kept: Kept, step: fn(String) -> FileStep) -> Result<Reply, HttpError> {
    let desk = desk(&call)?;
    let step = step(call.params().string("reason").unwrap_or_default());
    // Answers are kept in clear: what a file says is not in them.
    let answer = |file: &FileKept| kept.answer(&json!({ "id": file.id, "object": "aml_due_diligence" }));
    let done = desk.step(id(&call)?, &step, &call.principal(), &answer).await;
    let done = done.map_err(told("aml_file"))?;
    Ok(Reply::ok(&shown_whole(&done, &desk.standing(&done).await?)))
}
