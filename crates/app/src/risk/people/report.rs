//! A case as one sealed file for law enforcement: only the recipient can open it, and that it was made is on record first.

use super::age::Recipient;
use super::{CaseId, PeopleDesk};
use crate::engine::{EngineError, Told};
use crate::hex::sha256;
use crate::records::record_of;
use crate::risk::RiskError;
use pmts_fraud::people::LinkKind;
use pmts_kernel::{Principal, Timestamp, typed_id};
use pmts_payments::{PaymentId, ReviewId};
use pmts_store::{ListQuery, Record, Write};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

typed_id! {
    /// A report.
    pub struct ReportId("rrep");
}

/// That a case was given to somebody outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Its id.
    pub id: ReportId,
    /// Which case.
    pub case: CaseId,
    /// The recipient's public key, `age1...`.
    pub recipient: String,
    /// SHA-256 of the sealed file, in hex.
    pub sha256: String,
    /// Who made it.
    pub by: Principal,
    /// When.
    pub at: Timestamp,
}

record_of! {
    /// A report. Listed by case.
    ReportRecord(Report), "risk_report", |r| r.id.raw(), vec![("case", r.case.to_string())]
}

impl PeopleDesk {
    /// Makes the sealed report of a case: its record, and the file (format `age`). Opened it is one JSON object: `manifest` names who
    /// made it, when, of which case, and of each part its name, length in bytes and SHA-256; `parts` has each part, itself JSON as text:
    /// the case with links and notes, each linked payment and review, and the screen's decisions about those payments. Payments carry
    /// tokens, no card numbers.
    ///
    /// # Errors
    /// [`RiskError::Recipient`], [`EngineError::Missing`] if the case or something linked to it is not there.
    pub async fn report(
        &self,
        id: CaseId,
        recipient: &str,
        by: &Principal,
    ) -> Result<(Report, Vec<u8>), EngineError> {
        let to = Recipient::parse(recipient).ok_or(RiskError::Recipient)?;
        let case = self.case(id).await?.value;
        let mut parts = BTreeMap::from([("case.json".to_owned(), json!(case).to_string())]);
        for link in &case.links {
            let missing = || EngineError::Missing(format!("{} {}", link.kind.name(), link.value));
            match link.kind {
                LinkKind::Payment => {
                    let payment: PaymentId = link.value.parse().map_err(|_| missing())?;
                    let intent = self.engine.intent(payment).await?.value;
                    let decisions = self.desk().decisions(&payment.to_string()).await?;
                    parts.insert(format!("payments/{payment}.json"), json!(intent).to_string());
                    parts.insert(format!("decisions/{payment}.json"), json!(decisions).to_string());
                }
                LinkKind::Review => {
                    let review: ReviewId = link.value.parse().map_err(|_| missing())?;
                    let review = self.review(review).await?.value;
                    parts.insert(format!("reviews/{}.json", review.id), json!(review).to_string());
                }
                LinkKind::Customer | LinkKind::Seller | LinkKind::Card | LinkKind::Key => {}
            }
        }
        let report = ReportId::from_raw(self.engine.ids.next_id());
        let at = self.engine.clock.now();
        let listed: Vec<Value> = parts
            .iter()
            .map(|(name, part)| json!({"name": name, "bytes": part.len(), "sha256": sha256(part.as_bytes())}))
            .collect();
        let manifest =
            json!({"report": report, "case": id, "made_by": by.to_string(), "made_at": at, "parts": listed});
        let content = json!({"manifest": manifest, "parts": parts}).to_string();
        let sealed = to.seal(content.as_bytes()).map_err(|_| RiskError::Recipient)?;
        let recipient = recipient.to_owned();
        let report = Report { id: report, case: id, recipient, sha256: sha256(&sealed), by: by.clone(), at };
        let data = json!({ "case": id, "sha256": report.sha256 });
        let event = self.desk().event(Told::ReportMade, report.id.to_string(), 1, data);
        self.commit(vec![Write::put(&ReportRecord(report.clone()), 0)?], vec![event], by).await?;
        Ok((report, sealed))
    }

    /// The reports that were made of a case, the oldest first. At most 10,000.
    ///
    /// # Errors
    /// [`EngineError::Store`].
    pub async fn reports(&self, id: CaseId) -> Result<Vec<Report>, EngineError> {
        let query = ListQuery::with_key(ReportRecord::KIND, "case", id.to_string());
        Ok(self.all::<ReportRecord>(query).await?.into_iter().map(|r| r.0).collect())
    }
}
