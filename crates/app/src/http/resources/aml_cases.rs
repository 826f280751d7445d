//! `/v1/aml/alerts`, `/v1/aml/cases`, `/v1/aml/snoozes`, `/v1/aml/scenarios`: the work of the case team, with keys of its own.

use super::aml_parties::told;
use super::list::{LIMIT, Page, cursors};
use super::once::{Kept as Answered, once_with};
use super::reviews::{NOTE, REASON};
use super::risk_people::list_of;
use crate::http::HttpError;
use crate::http::call::Call;
use crate::http::endpoint::{Access, BODY_MAX, Endpoint, Gives, Method, Running, Weight};
use crate::http::input::{Kind, Param};
use crate::http::reply::Reply;
use crate::http::shape::{Field, Of, Shape};
use crate::monitoring::{AlertId, AlertKept, CaseId, CaseStep, Kept, SnoozeKept};
use pmts_compliance::aml::cases::{Case, CaseState, Clock};
use pmts_compliance::aml::monitor::Outcome;
use pmts_kernel::Timestamp;
use serde_json::{Value, json};

/// An alert.
static ALERT: Shape = Shape {
    name: "AmlAlert",
    about: "What a scenario of the monitoring found.",
    fields: &[
        Field::is("id", Of::Text, "Its id, `alrt_...`."),
        Field::is("object", Of::Word(&["aml_alert"]), "What it is."),
        Field::is("at", Of::Moment, "When the last of the movements was."),
        Field::may(
            "case",
            Of::Text,
            "The case it is in; none: the scenario runs in the shadow, or is snoozed.",
        ),
        Field::is("figures", Of::Free, "The numbers that were compared, by name; money in minor units."),
        Field::is("movements", Of::TextList, "The ids of the movements."),
        Field::is("parties", Of::TextList, "All who take part."),
        Field::is("scenario", Of::Text, "Which scenario."),
        Field::may("snoozed", Of::Text, "The snooze that kept it from becoming a case."),
        Field::is("state", Of::Word(&["draft", "shadow", "live", "retired"]), "What the scenario was then."),
        Field::is("subject", Of::Text, "Whom it is about."),
        Field::is("version", Of::Integer, "Which version of the scenario."),
        Field::is("why", Of::Text, "All that in a sentence."),
    ],
};

/// A case.
static CASE: Shape = Shape {
    name: "AmlCase",
    about: "Alerts about somebody, looked into and decided. A POST that is repeated under its idempotency key is answered with `id` and `object` alone.",
    fields: &[
        Field::is("id", Of::Text, "Its id, `amlc_...`."),
        Field::is("object", Of::Word(&["aml_case"]), "What it is."),
        Field::is("alerts", Of::List(&CASE_ALERT), "What it began with."),
        Field::may("assigned", Of::Text, "Who looks into it."),
        Field::is("clocks", Of::List(&CLOCK), "By when something has to be done."),
        Field::is("created", Of::Moment, "When the first alert was raised: clocks run from there."),
        Field::may("decision", Of::Object(&DECISION), "What was decided."),
        Field::may("keep_until", Of::Moment, "Until when it has to be kept, once it is over."),
        Field::is("links", Of::TextList, "Other cases it has to do with."),
        Field::is("notes", Of::List(&NOTE), "What was written and done."),
        Field::may("reported", Of::Moment, "When the last report was filed."),
        Field::is("state", Of::Word(STATES), "Where it stands."),
        Field::is("subject", Of::Text, "Whom it is about."),
        Field::is("suspect_known", Of::Bool, "Whether a suspect is known."),
    ],
};

static CASE_ALERT: Shape = Shape {
    name: "AmlCaseAlert",
    about: "An alert of a case.",
    fields: &[
        Field::is("alert", Of::Text, "Which: scenario, version, subject, movement."),
        Field::is("scenario", Of::Text, "Which scenario."),
        Field::is("version", Of::Integer, "Which version of it."),
    ],
};

static CLOCK: Shape = Shape {
    name: "AmlClock",
    about: "By when something has to be done about a case.",
    fields: &[
        Field::is("due", Of::Moment, "When it runs out."),
        Field::is("of", Of::Word(&["look", "report", "continuing"]), "What has to be done."),
        Field::is("over", Of::Bool, "Whether it has run out."),
    ],
};

static DECISION: Shape = Shape {
    name: "AmlDecision",
    about: "What somebody decided about a case.",
    fields: &[
        Field::may("approved_by", Of::Text, "Who approved it: another person."),
        Field::is("at", Of::Moment, "When."),
        Field::is("by", Of::Text, "Who."),
        Field::is("outcome", Of::Word(OUTCOMES), "What came of the alerts."),
        Field::is("reason", Of::Text, "Why."),
        Field::is("report", Of::Bool, "Whether it is to be reported."),
    ],
};

static SNOOZE: Shape = Shape {
    name: "AmlSnooze",
    about: "For a time a scenario makes no cases about somebody.",
    fields: &[
        Field::is("id", Of::Text, "Its id, `snz_...`."),
        Field::is("object", Of::Word(&["aml_snooze"]), "What it is."),
        Field::is("by", Of::Text, "Who said so."),
        Field::is("created", Of::Moment, "Since when."),
        Field::is("party", Of::Text, "About whom."),
        Field::is("reason", Of::Text, "Why."),
        Field::is("scenario", Of::Text, "Which scenario, all its versions."),
        Field::is("until", Of::Moment, "Until when."),
    ],
};

static SCENARIO: Shape = Shape {
    name: "AmlScenario",
    about: "A version of a scenario, and how often it was right.",
    fields: &[
        Field::is("object", Of::Word(&["aml_scenario"]), "What it is."),
        Field::is("confirmed", Of::Integer, "Alerts that were what the scenario says."),
        Field::is("false_positive", Of::Integer, "Alerts that were nothing."),
        Field::may(
            "precision_bps",
            Of::Integer,
            "The share of alerts that were worth it, in hundredths of a percent.",
        ),
        Field::is("scenario", Of::Text, "Which scenario."),
        Field::is("state", Of::Word(&["draft", "shadow", "live", "retired"]), "What it may do."),
        Field::is("valuable", Of::Integer, "Alerts that were worth looking at."),
        Field::is("version", Of::Integer, "Which version."),
    ],
};

/// The names of [`CaseState::ALL`], in its order.
const STATES: &[&str] = &["open", "investigating", "waiting", "in_review", "closed", "to_report", "reported"];
const OUTCOMES: &[&str] = &["confirmed", "valuable", "false_positive"];
const PARTY: Kind = Kind::Text { max: 128 };

/// An endpoint of the case team.
pub(super) const fn endpoint(
    method: Method,
    path: &'static str,
    name: &'static str,
    about: &'static str,
    params: &'static [Param],
    gives: Gives,
    run: fn(Call) -> Running,
) -> Endpoint {
    let (access, weight, body_max) = (Access::CaseTeam, Weight::Normal, BODY_MAX);
    Endpoint { method, path, name, about, access, weight, params, gives, body_max, run }
}

/// A step about a case.
macro_rules! step {
    ($path:literal, $name:literal, $about:literal, $params:expr, $step:expr) => {
        endpoint(
            Method::Post,
            concat!("/v1/aml/cases/{id}/", $path),
            $name,
            $about,
            $params,
            Gives::Object(&CASE),
            |call| {
                once_with(call, |call, kept| {
                    Box::pin(async move {
                        let of: fn(&Call) -> Result<CaseStep, HttpError> = $step;
                        let step = of(&call)?;
                        step_of(call, kept, step).await
                    })
                })
            },
        )
    };
}

pub(crate) static ENDPOINTS: &[Endpoint] = &[
    endpoint(
        Method::Get,
        "/v1/aml/alerts",
        "GetAmlAlerts",
        "List alerts, newest first.",
        &[
            LIMIT,
            cursors!("alrt")[0],
            cursors!("alrt")[1],
            Param::may("scenario", Kind::Text { max: 100 }, "Only those of this scenario."),
            Param::may("subject", PARTY, "Only those about them."),
            Param::may("since", Kind::Moment, "Only those from then on."),
        ],
        Gives::Page(&ALERT),
        |call| Box::pin(alerts(call)),
    ),
    endpoint(
        Method::Get,
        "/v1/aml/cases",
        "GetAmlCases",
        "List cases, newest first; without state and subject, those that are not over.",
        &[
            LIMIT,
            cursors!("amlc")[0],
            cursors!("amlc")[1],
            Param::may("state", Kind::OneOf(STATES), "Only those that stand there."),
            Param::may("subject", PARTY, "Only those about them."),
            Param::may("overdue", Kind::Bool, "Only those with a clock that has run out."),
        ],
        Gives::Page(&CASE),
        |call| Box::pin(cases(call)),
    ),
    endpoint(
        Method::Get,
        "/v1/aml/cases/{id}",
        "GetAmlCasesCase",
        "Read a case.",
        &[],
        Gives::Object(&CASE),
        |call| Box::pin(case(call)),
    ),
    step!(
        "investigate",
        "PostAmlCasesCaseInvestigate",
        "Take a case, or take it up again: then a reason is needed.",
        &[Param::may("reason", Kind::Text { max: 2_000 }, "Why.")],
        |call| Ok(CaseStep::Investigate(call.params().string("reason").unwrap_or_default()))
    ),
    step!("give_back", "PostAmlCasesCaseGiveBack", "Give a case back.", &[], |_| Ok(CaseStep::GiveBack)),
    step!("wait", "PostAmlCasesCaseWait", "Wait for information.", &[REASON], |call| {
        Ok(CaseStep::Wait(call.params().string("reason").unwrap_or_default()))
    }),
    step!(
        "decide",
        "PostAmlCasesCaseDecide",
        "Decide. Another key has to approve.",
        &[
            Param::must("outcome", Kind::OneOf(OUTCOMES), "What came of the alerts."),
            Param::must("report", Kind::Bool, "Whether it is to be reported."),
            REASON,
        ],
        |call| Ok(decision(call))
    ),
    step!("approve", "PostAmlCasesCaseApprove", "Agree with what another key decided.", &[], |_| Ok(
        CaseStep::Approve
    )),
    step!(
        "notes",
        "PostAmlCasesCaseNotes",
        "Write a note.",
        &[Param::must("text", Kind::Text { max: 10_000 }, "The note.")],
        |call| Ok(CaseStep::Note(call.params().string("text").unwrap_or_default()))
    ),
    step!(
        "links",
        "PostAmlCasesCaseLinks",
        "Link it with another case, and that with this.",
        &[Param::must("case", Kind::Id(&[CaseId::PREFIX]), "Which.")],
        linked
    ),
    step!(
        "no_suspect",
        "PostAmlCasesCaseNoSuspect",
        "No suspect is known: the report has 60 days.",
        &[],
        |_| Ok(CaseStep::NoSuspect)
    ),
    endpoint(
        Method::Get,
        "/v1/aml/snoozes",
        "GetAmlSnoozes",
        "List the snoozes that are not over.",
        &[],
        Gives::Page(&SNOOZE),
        |call| Box::pin(snoozes(call)),
    ),
    endpoint(
        Method::Post,
        "/v1/aml/snoozes",
        "PostAmlSnoozes",
        "For a time a scenario makes no cases about somebody; its alerts are kept all the same. A repeat under its idempotency key is answered with `id` and `object` alone.",
        &[
            Param::must("scenario", Kind::Text { max: 100 }, "Which scenario."),
            Param::must("party", PARTY, "About whom."),
            Param::must("days", Kind::Integer { min: 1, max: 365 }, "For how long."),
            REASON,
        ],
        Gives::Object(&SNOOZE),
        |call| once_with(call, |call, kept| Box::pin(snooze(call, kept))),
    ),
    endpoint(
        Method::Get,
        "/v1/aml/scenarios",
        "GetAmlScenarios",
        "List the scenarios in force, and how often they were right.",
        &[],
        Gives::Page(&SCENARIO),
        |call| Box::pin(scenarios(call)),
    ),
];

fn alert_shown(kept: &AlertKept) -> Value {
    let alert = &kept.alert;
    let figures: serde_json::Map<String, Value> =
        alert.figures.iter().map(|f| (f.name.clone(), f.value.into())).collect();
    json!({
        "id": kept.id,
        "object": "aml_alert",
        "at": alert.at.as_secs(),
        "case": kept.case,
        "figures": figures,
        "movements": alert.movements,
        "parties": alert.parties,
        "scenario": alert.scenario,
        "snoozed": kept.snoozed,
        "state": alert.state,
        "subject": alert.subject,
        "version": alert.version,
        "why": alert.why,
    })
}

fn case_shown(case: &Case, now: Timestamp) -> Value {
    let alerts = case.alerts.iter().map(
        |(alert, scenario, version)| json!({ "alert": alert, "scenario": scenario, "version": version }),
    );
    let clock =
        |(clock, due): (Clock, Timestamp)| json!({ "due": due.as_secs(), "of": clock, "over": due <= now });
    let decision = case.decision.as_ref().map(|d| {
        json!({
            "approved_by": d.approved_by,
            "at": d.at.as_secs(),
            "by": d.by,
            "outcome": d.outcome,
            "reason": d.reason,
            "report": d.report,
        })
    });
    let notes = case.notes.iter().map(|n| json!({ "at": n.at.as_secs(), "by": n.by, "text": n.text }));
    json!({
        "id": case.id,
        "object": "aml_case",
        "alerts": alerts.collect::<Vec<_>>(),
        "assigned": case.assigned,
        "clocks": case.clocks().into_iter().map(clock).collect::<Vec<_>>(),
        "created": case.found_at.as_secs(),
        "decision": decision,
        "keep_until": case.keep_until().map(|at| at.as_secs()),
        "links": case.links,
        "notes": notes.collect::<Vec<_>>(),
        "reported": case.reported_at.map(|at| at.as_secs()),
        "state": case.state,
        "subject": case.subject,
        "suspect_known": case.suspect_known,
    })
}

fn snooze_shown(kept: &SnoozeKept) -> Value {
    let snooze = &kept.snooze;
    json!({
        "id": kept.id,
        "object": "aml_snooze",
        "by": snooze.by,
        "created": kept.created.as_secs(),
        "party": snooze.party,
        "reason": snooze.reason,
        "scenario": snooze.scenario,
        "until": snooze.until.as_secs(),
    })
}

fn id(call: &Call) -> Result<CaseId, HttpError> {
    call.path_typed("aml_case")
}

fn state(text: &str) -> Option<CaseState> {
    CaseState::ALL.into_iter().zip(STATES).find(|(_, name)| **name == text).map(|(state, _)| state)
}

fn decision(call: &Call) -> CaseStep {
    let params = call.params();
    let outcome = match params.text("outcome") {
        Some("confirmed") => Outcome::Confirmed,
        Some("valuable") => Outcome::Valuable,
        _ => Outcome::FalsePositive,
    };
    let (report, reason) = (params.boolean("report").unwrap_or(false), params.string("reason"));
    CaseStep::Decide { outcome, report, reason: reason.unwrap_or_default() }
}

fn linked(call: &Call) -> Result<CaseStep, HttpError> {
    let other = call.params().text("case").and_then(|c| c.parse::<CaseId>().ok());
    other.map(CaseStep::Link).ok_or(HttpError::NotFound { what: "aml_case", param: "case" })
}

async fn alerts(call: Call) -> Result<Reply, HttpError> {
    let params = call.params();
    let since = params.moment("since").unwrap_or_default();
    let found = call.api.cases.alerts(params.text("scenario"), params.text("subject"), since).await?;
    let page = Page::read(params, AlertId::PREFIX, "aml_alert")?;
    let found = page.part(found, |kept| kept.id.raw(), "aml_alert")?;
    Ok(Reply::ok(&page.envelope(found, "/v1/aml/alerts", |kept| alert_shown(&kept))))
}

async fn cases(call: Call) -> Result<Reply, HttpError> {
    let (params, now) = (call.params(), call.api.now());
    let wanted = params.text("state").and_then(state);
    let mut found = call.api.cases.cases(wanted, params.text("subject")).await?;
    if params.boolean("overdue") == Some(true) {
        found.retain(|c| !c.overdue(now).is_empty());
    }
    let page = Page::read(params, CaseId::PREFIX, "aml_case")?;
    let found = page.part(found, Kept::id, "aml_case")?;
    Ok(Reply::ok(&page.envelope(found, "/v1/aml/cases", |case| case_shown(&case, now))))
}

async fn case(call: Call) -> Result<Reply, HttpError> {
    let found = call.api.cases.case(id(&call)?).await.map_err(told("aml_case"))?;
    Ok(Reply::ok(&case_shown(&found.value, call.api.now())))
}

async fn step_of(call: Call, kept: Answered, step: CaseStep) -> Result<Reply, HttpError> {
    // Answers are kept in clear: what a case says is not in them.
    let answer = |case: &Case| kept.answer(&json!({ "id": case.id, "object": "aml_case" }));
    let done = call.api.cases.step(id(&call)?, &step, &call.principal(), &answer).await;
    Ok(Reply::ok(&case_shown(&done.map_err(told("aml_case"))?, call.api.now())))
}

async fn snoozes(call: Call) -> Result<Reply, HttpError> {
    let found = call.api.cases.snoozes().await?;
    Ok(list_of("/v1/aml/snoozes", found.iter().map(snooze_shown).collect()))
}

async fn snooze(call: Call, kept: Answered) -> Result<Reply, HttpError> {
    let params = call.params();
    let (scenario, party) = (params.text("scenario").unwrap_or_default(), params.text("party"));
    let days = params.integer("days").and_then(|n| u32::try_from(n).ok()).unwrap_or_default();
    let reason = params.text("reason").unwrap_or_default();
    let answer = |s: &SnoozeKept| kept.answer(&json!({ "id": s.id, "object": "aml_snooze" }));
    let party = party.unwrap_or_default();
    let done = call.api.cases.snooze(scenario, party, days, reason, &call.principal(), &answer).await;
    Ok(Reply::ok(&snooze_shown(&done.map_err(told("aml_scenario"))?)))
}

async fn scenarios(call: Call) -> Result<Reply, HttpError> {
    let found = call.api.cases.scores().await?;
    let shown = found.iter().map(|s| {
        json!({
            "object": "aml_scenario",
            "confirmed": s.score.confirmed,
            "false_positive": s.score.false_positive,
            "precision_bps": s.precision_bps,
            "scenario": s.scenario,
            "state": s.state,
            "valuable": s.score.valuable,
            "version": s.version,
        })
    });
    Ok(list_of("/v1/aml/scenarios", shown.collect()))
}
