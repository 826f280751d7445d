//! Reviews that come due: told once, and listed until somebody looks at the file again.

use super::DiligenceDesk;
use super::records::{FileKept, ReviewPlace, day_of, review_name};
use crate::aml::AmlError;
use crate::duty::Duty;
use crate::monitoring::while_others_are_faster;
use pmts_compliance::aml::diligence::Event;
use pmts_kernel::Principal;
use pmts_store::{Commit, StoreExt, Write};
use std::time::Duration;
use tokio::sync::watch;

/// No review was due before this day: 2026-01-01.
const FIRST_DAY: i64 = 20_454;

/// The id of the job of the node that tells reviews.
const REVIEWING: u128 = 22 << 8;
/// How often it is looked whether the day is another.
const LOOK: Duration = Duration::from_secs(30);

impl DiligenceDesk {
    /// Tells the reviews that came due since this was asked last; gives how many.
    ///
    /// # Errors
    /// [`AmlError::Store`], [`AmlError::Sealed`].
    pub async fn tell_reviews(&self) -> Result<usize, AmlError> {
        let by = Principal::system("reviews");
        let read = self.cases.store.get::<ReviewPlace>(1).await?;
        let version = read.as_ref().map_or(0, |r| r.version);
        let done = read.map_or(FIRST_DAY - 1, |r| r.value.day);
        // A review is due at its moment; its day is over a day later at most.
        let today = day_of(self.cases.clock.now()) - 1;
        let mut told = 0;
        for day in done.saturating_add(1)..=today {
            for read in self.cases.every::<FileKept>(&review_name(day)).await? {
                told += usize::from(self.tell_review(&read.value, &by).await?);
            }
        }
        if today > done {
            let place = ReviewPlace { day: today };
            let records = vec![Write::put(&place, version)?];
            self.cases.store.commit(Commit { records, ..Commit::by(by) }).await?;
        }
        Ok(told)
    }

    async fn tell_review(&self, kept: &FileKept, by: &Principal) -> Result<bool, AmlError> {
        while_others_are_faster!({
            let read = self.file(kept.id).await?;
            let (mut kept, now) = (read.value, self.cases.clock.now());
            if kept.due || !kept.file.is_due(now) {
                return Ok(false);
            }
            kept.due = true;
            let text = "its review is due".to_owned();
            kept.file.events.push(Event { at: now, by: by.clone(), text });
            let records = vec![self.cases.write(&kept, read.version)?];
            self.cases.store.commit(Commit { records, ..Commit::by(by.clone()) }).await?;
            Ok(true)
        })
    }
}

/// Tells reviews while the server runs; of several nodes, one.
pub(crate) struct Reviewer {
    desk: DiligenceDesk,
    duty: Duty,
}

impl Reviewer {
    pub(crate) fn new(desk: DiligenceDesk) -> Self {
        let cases = &desk.cases;
        let duty =
            Duty::new(cases.store.clone(), cases.clock.clone(), &*cases.ids, &["duty.reviews"], REVIEWING);
        Self { desk, duty }
    }

    /// Tells until `stop` turns true.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut seen = None;
        while !*stop.borrow() {
            self.desk.rates.look();
            let today = day_of(self.desk.cases.clock.now());
            if seen != Some(today) {
                match self.duty.unless_taken(self.desk.tell_reviews()).await {
                    Ok(Some(Ok(told))) => {
                        seen = Some(today);
                        if told > 0 {
                            tracing::info!(target: "pmts::aml", "reviews of due diligence are due");
                        }
                    }
                    // Another node is at it.
                    Ok(None) => {}
                    Ok(Some(Err(error))) => {
                        tracing::warn!(target: "pmts::aml", %error, "reviews are told later");
                    }
                    Err(error) => tracing::warn!(target: "pmts::aml", %error, "reviews are told later"),
                }
            }
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }
}
