//! What is kept of people's work.

use super::{AppealId, BulkId, CaseId};
use crate::records::record_of;
use pmts_fraud::people::{Appeal, Bulk, Case, Review};
use pmts_payments::ReviewId;
use pmts_store::Record;
use serde::{Deserialize, Serialize};

fn raw<I: std::str::FromStr>(id: &str, raw: impl Fn(I) -> u128) -> u128 {
    id.parse::<I>().map_or(0, raw)
}

record_of! {
    /// A review. Listed by where it stands, by payment or payout, and by seller.
    ReviewRecord(Review), "risk_review", |r| raw(&r.id, ReviewId::raw), {
        let seller = r.seller.iter().map(|s| ("seller", s.clone()));
        [("state", r.state.name().to_owned()), ("about", r.about.clone())].into_iter().chain(seller).collect()
    }
}
record_of! {
    /// A case. Listed by where it stands and by all that belongs to it.
    CaseRecord(Case), "risk_case", |c| raw(&c.id, CaseId::raw), {
        let links = c.links.iter().map(|l| ("link", format!("{}:{}", l.kind.name(), l.value.chars().take(200).collect::<String>())));
        [("state", c.state.name().to_owned())].into_iter().chain(links).collect()
    }
}
record_of! {
    /// A bulk action.
    BulkRecord(Bulk), "risk_bulk", |b| raw(&b.id, BulkId::raw), vec![]
}
record_of! {
    /// What a refused person asked. Listed by payment, and while it is open.
    AppealRecord(Appeal), "risk_appeal", |a| raw(&a.id, AppealId::raw), {
        let open = a.answer.is_none().then(|| ("open", "1".to_owned()));
        [("payment", a.payment.clone())].into_iter().chain(open).collect()
    }
}
