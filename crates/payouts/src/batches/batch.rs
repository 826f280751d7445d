//! A batch.

use crate::PayoutsError;
use crate::error::codes;
use crate::rails::OwnAccount;
use chrono::NaiveDate;
use pmts_kernel::{Principal, Timestamp, typed_id};
use pmts_money::Money;
use serde::{Deserialize, Serialize};

typed_id! {
    /// A batch of payouts.
    pub struct BatchId("pb");
}

/// Where a batch stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BatchState {
    /// It can be looked at. No money is set aside.
    Proposed,
    /// Its money is set aside.
    Approved,
    /// Its file is written: the bank may have it. It is never made anew under other identifiers.
    Released,
    /// It was given up before its file was written.
    Cancelled,
}

/// Who did a step, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// Who.
    pub by: Principal,
    /// When.
    pub at: Timestamp,
}

/// A batch: payments over one rail, of one currency, out of one account, on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Its id.
    pub id: BatchId,
    /// The name of the rail.
    pub rail: String,
    /// The sum of its payments.
    pub total: Money,
    /// How many there are.
    pub count: u32,
    /// The day the bank is to carry them out.
    pub execution: NaiveDate,
    /// Where it stands.
    pub state: BatchState,
    /// Who made it.
    pub proposed: Done,
    /// Who approved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved: Option<Done>,
    /// Out of which account, as it was when its file was written first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<OwnAccount>,
    /// Who had its file written first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released: Option<Done>,
    /// Who gave it up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled: Option<Done>,
}

impl Batch {
    /// The identifier of its file: never used again.
    pub fn message_id(&self) -> String {
        format!("PB{:032x}", self.id.raw())
    }

    /// Approves it.
    ///
    /// # Errors
    /// [`PayoutsError::Refused`]: `PAYOUTS_FOUR_EYES` for whoever made it, `PAYOUTS_BATCH_STATE` unless it is proposed.
    pub fn approve(&mut self, by: Done) -> Result<(), PayoutsError> {
        self.must_be(BatchState::Proposed, "approved")?;
        if by.by == self.proposed.by {
            let what = format!("{} made the batch {}: another person approves it", by.by, self.id);
            return Err(PayoutsError::Refused { code: &codes::FOUR_EYES, what });
        }
        (self.state, self.approved) = (BatchState::Approved, Some(by));
        Ok(())
    }

    /// Its file is being written, out of this account; gives whether for the first time. Later the account of the first
    /// time stays: the file is the same.
    ///
    /// # Errors
    /// [`PayoutsError::Refused`] with `PAYOUTS_BATCH_STATE` unless it is approved or was released.
    pub fn release(&mut self, by: Done, from: OwnAccount) -> Result<bool, PayoutsError> {
        if self.state == BatchState::Released {
            return Ok(false);
        }
        self.must_be(BatchState::Approved, "released")?;
        (self.state, self.released, self.from) = (BatchState::Released, Some(by), Some(from));
        Ok(true)
    }

    /// Gives it up; gives whether its money was set aside.
    ///
    /// # Errors
    /// [`PayoutsError::Refused`] with `PAYOUTS_BATCH_STATE` if its file was written: the bank may have it.
    pub fn cancel(&mut self, by: Done) -> Result<bool, PayoutsError> {
        let was_approved = self.state == BatchState::Approved;
        if !was_approved {
            self.must_be(BatchState::Proposed, "cancelled")?;
        }
        (self.state, self.cancelled) = (BatchState::Cancelled, Some(by));
        Ok(was_approved)
    }

    fn must_be(&self, wanted: BatchState, what: &str) -> Result<(), PayoutsError> {
        if self.state == wanted {
            return Ok(());
        }
        let what = format!("the batch {} is {:?} and cannot be {what}", self.id, self.state).to_lowercase();
        Err(PayoutsError::Refused { code: &codes::BATCH_STATE, what })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pmts_kernel::Coded;
    use pmts_money::Currency;

    fn done(name: &str) -> Done {
        Done { by: Principal::try_new(format!("user:{name}")).unwrap(), at: Timestamp::from_micros(1) }
    }

    fn own() -> OwnAccount {
        let account = crate::sellers::Destination::iban("NL41MOCK0000000001", None).unwrap();
        OwnAccount { name: "PMTS".into(), account, currency: Currency::GBP }
    }

    fn in_state(state: BatchState) -> Batch {
        Batch {
            id: BatchId::from_raw(7),
            rail: "sepa".into(),
            total: Money::new(5, Currency::GBP),
            count: 1,
            execution: NaiveDate::from_ymd_opt(2026, 11, 24).unwrap(),
            state,
            proposed: done("ana"),
            approved: None,
            from: None,
            released: None,
            cancelled: None,
        }
    }

    #[test]
    fn whoever_made_a_batch_does_not_approve_it() {
        let mut batch = in_state(BatchState::Proposed);
        let error = batch.approve(done("ana")).unwrap_err();
        assert_eq!(error.code().code, "PAYOUTS_FOUR_EYES");
        assert_eq!(batch, in_state(BatchState::Proposed), "nothing changed");
        batch.approve(done("ben")).unwrap();
        assert_eq!(batch.state, BatchState::Approved);
    }

    #[test]
    fn every_step_from_every_state() {
        use BatchState::{Approved, Cancelled, Proposed, Released};
        for state in [Proposed, Approved, Released, Cancelled] {
            let after = |step: &dyn Fn(&mut Batch) -> bool| {
                let mut batch = in_state(state);
                let went = step(&mut batch);
                assert!(went || batch == in_state(state), "a step that is refused changes nothing");
                went.then_some(batch.state)
            };
            let approve = after(&|b| b.approve(done("ben")).is_ok());
            let release = after(&|b| b.release(done("ben"), own()).is_ok());
            let cancel = after(&|b| b.cancel(done("ben")).is_ok());
            let expected = match state {
                Proposed => (Some(Approved), None, Some(Cancelled)),
                Approved => (None, Some(Released), Some(Cancelled)),
                Released => (None, Some(Released), None),
                Cancelled => (None, None, None),
            };
            assert_eq!((approve, release, cancel), expected, "{state:?}");
        }
    }
}
