//! `/v1/aml/reports`: the batches made for the authorities, for the case team. They are made by `pmts aml report`.

use super::aml_cases::endpoint;
use super::aml_parties::told;
use super::list::{LIMIT, Page, cursors};
use super::once::{Kept, once_with};
use crate::http::HttpError;
use crate::http::call::Call;
use crate::http::endpoint::{Endpoint, Gives, Method};
use crate::http::input::{Kind, Param};
use crate::http::reply::Reply;
use crate::http::shape::{Field, Of, Shape};
use crate::monitoring::{Filing, FilingId};
use serde_json::{Value, json};

/// A batch.
static REPORT: Shape = Shape {
    name: "AmlReport",
    about: "A batch of reports, as it was made. A POST that is repeated under its idempotency key is answered with `id` and `object` alone.",
    fields: &[
        Field::is("id", Of::Text, "Its id, `bsa_...`."),
        Field::is("object", Of::Word(&["aml_report"]), "What it is."),
        Field::is("about", Of::List(&ABOUT), "About whom."),
        Field::may("case", Of::Text, "The case it comes from."),
        Field::may("file", Of::Text, "The file for the E-Filing System; not in lists."),
        Field::may("filed", Of::Moment, "When it was filed."),
        Field::may("filed_by", Of::Text, "Who said so."),
        Field::is("form", Of::Word(&["SAR", "CTR", "8300"]), "Which form."),
        Field::is("keep_until", Of::Moment, "Until when it has to be kept."),
        Field::is("made", Of::Moment, "When it was made."),
        Field::is("made_by", Of::Text, "Who made it."),
        Field::may("number", Of::Integer, "The number that FinCEN gave it."),
    ],
};

static ABOUT: Shape = Shape {
    name: "AmlReported",
    about: "Who is reported.",
    fields: &[
        Field::may("day", Of::Moment, "Of currency: which business day, its midnight."),
        Field::is("party", Of::Text, "Who."),
    ],
};

pub(crate) static ENDPOINTS: &[Endpoint] = &[
    endpoint(
        Method::Get,
        "/v1/aml/reports",
        "GetAmlReports",
        "List the batches that were made, newest first.",
        &[LIMIT, cursors!("bsa")[0], cursors!("bsa")[1]],
        Gives::Page(&REPORT),
        |call| Box::pin(list(call)),
    ),
    endpoint(
        Method::Get,
        "/v1/aml/reports/{id}",
        "GetAmlReportsReport",
        "Read a batch, with its file.",
        &[],
        Gives::Object(&REPORT),
        |call| Box::pin(read(call)),
    ),
    endpoint(
        Method::Post,
        "/v1/aml/reports/{id}/filed",
        "PostAmlReportsReportFiled",
        "Say that a batch was filed. The case it comes from is reported with it.",
        &[Param::must("number", Kind::Integer { min: 1, max: i64::MAX }, "The number that FinCEN gave it.")],
        Gives::Object(&REPORT),
        |call| once_with(call, |call, kept| Box::pin(filed(call, kept))),
    ),
];

fn shown(filing: &Filing, with_file: bool) -> Value {
    let day = |day: Option<i64>| day.map(|day| day.saturating_mul(86_400));
    let about = filing.about.iter().map(|(party, of)| json!({ "day": day(*of), "party": party }));
    let filed = filing.filed.as_ref();
    json!({
        "id": filing.id,
        "object": "aml_report",
        "about": about.collect::<Vec<_>>(),
        "case": filing.case,
        "file": with_file.then_some(&filing.file),
        "filed": filed.map(|(at, ..)| at.as_secs()),
        "filed_by": filed.map(|(_, by, _)| by),
        "form": filing.form.name(),
        "keep_until": filing.keep_until().as_secs(),
        "made": filing.made.0.as_secs(),
        "made_by": filing.made.1,
        "number": filed.map(|(.., number)| number),
    })
}

async fn list(call: Call) -> Result<Reply, HttpError> {
    let page = Page::read(call.params(), FilingId::PREFIX, "aml_report")?;
    let found = page.part(call.api.cases.filings().await?, |filing| filing.id.raw(), "aml_report")?;
    Ok(Reply::ok(&page.envelope(found, "/v1/aml/reports", |filing| shown(&filing, false))))
}

async fn read(call: Call) -> Result<Reply, HttpError> {
    let id: FilingId = call.path_typed("aml_report")?;
    let found = call.api.cases.filing(id).await.map_err(told("aml_report"))?;
    Ok(Reply::ok(&shown(&found.value, true)))
}

async fn filed(call: Call, kept: Kept) -> Result<Reply, HttpError> {
    let id: FilingId = call.path_typed("aml_report")?;
    let number = call.params().integer("number").and_then(|n| u64::try_from(n).ok()).unwrap_or_default();
    // Answers are kept in clear: what a report says is not in them.
    let answer = |filing: &Filing| kept.answer(&json!({ "id": filing.id, "object": "aml_report" }));
    let done = call.api.cases.filed(id, number, &call.principal(), &answer).await;
    Ok(Reply::ok(&shown(&done.map_err(told("aml_report"))?, false)))
}
