//! `/v1/risk/cases/{id}/reports`: a case as a file that only its recipient can open.

use super::once::once;
use super::risk_people::{case_id, endpoint, list_of, people, told};
use crate::http::HttpError;
use crate::http::call::Call;
use crate::http::endpoint::{Endpoint, Gives, Method};
use crate::http::input::{Kind, Param};
use crate::http::reply::Reply;
use crate::http::shape::{Field, Of, Shape};
use crate::risk::people::{Report, armored};
use serde_json::{Value, json};

/// A report.
static REPORT: Shape = Shape {
    name: "RiskReport",
    about: "That a case was given to somebody outside, as a sealed file.",
    fields: &[
        Field::is("id", Of::Text, "Its id, `rrep_...`."),
        Field::is("object", Of::Word(&["risk_report"]), "What it is."),
        Field::is("case", Of::Text, "Of which case."),
        Field::is("created", Of::Moment, "When it was made."),
        Field::may(
            "file",
            Of::Text,
            "The file, in the text form of the format age; only where it is made, it is not kept.",
        ),
        Field::is("made_by", Of::Text, "Who made it."),
        Field::is("recipient", Of::Text, "Who can open it."),
        Field::is("sha256", Of::Text, "SHA-256 of the file in its binary form, in hex."),
    ],
};

pub(crate) static ENDPOINTS: &[Endpoint] = &[
    endpoint(
        Method::Get,
        "/v1/risk/cases/{id}/reports",
        "GetRiskCasesCaseReports",
        "List the reports that were made of a case, the oldest first.",
        &[],
        Gives::Page(&REPORT),
        |call| Box::pin(reports(call)),
    ),
    endpoint(
        Method::Post,
        "/v1/risk/cases/{id}/reports",
        "PostRiskCasesCaseReports",
        "Make a file of a case that only the recipient can open: payments, decisions, notes. That it was made is on record.",
        &[Param::must("recipient", Kind::Reference { max: 100 }, "The recipient's public key, `age1...`.")],
        Gives::Object(&REPORT),
        |call| once(call, |call| Box::pin(report(call))),
    ),
];

fn shown(report: &Report, file: Option<String>) -> Value {
    json!({
        "id": report.id,
        "object": "risk_report",
        "case": report.case,
        "created": report.at.as_secs(),
        "file": file,
        "made_by": report.by,
        "recipient": report.recipient,
        "sha256": report.sha256,
    })
}

async fn reports(call: Call) -> Result<Reply, HttpError> {
    let (desk, id) = (people(&call), case_id(&call)?);
    desk.case(id).await.map_err(told("risk_case"))?;
    let made = desk.reports(id).await?;
    let url = format!("/v1/risk/cases/{id}/reports");
    Ok(list_of(&url, made.iter().map(|r| shown(r, None)).collect()))
}

async fn report(call: Call) -> Result<Reply, HttpError> {
    let recipient = call.params().string("recipient").unwrap_or_default();
    let made = people(&call).report(case_id(&call)?, &recipient, &call.principal()).await;
    let (report, sealed) = made.map_err(told("risk_case"))?;
    Ok(Reply::ok(&shown(&report, Some(armored(&sealed)))))
}
