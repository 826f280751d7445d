//! How far it is known who a seller is, and how much he may be paid by his file of due diligence.

use super::{DeskError, PayoutDesk};
use crate::diligence::{Allowed, not_paid, window_begin};
use pmts_compliance::aml::diligence::Action;
use pmts_kernel::timestamp_of_id;
use pmts_money::Money;
use pmts_payouts::batches::{BatchId, PayoutState};
use pmts_payouts::sellers::PayeeRef;

impl PayoutDesk {
    /// How much of an amount a seller may be paid, or why nothing. What is in other batches than `except` counts, if it was made within 30 days and
    /// did not come back; so does `besides`.
    pub(super) async fn allowed(
        &self,
        payee: &PayeeRef,
        amount: Money,
        except: Option<BatchId>,
        besides: &[Money],
    ) -> Result<Result<Money, String>, DeskError> {
        let Some(diligence) = &self.diligence else { return Ok(Ok(amount)) };
        let since = window_begin(self.clock.now());
        let mut paid = besides.to_vec();
        for read in self.payouts_by("seller", payee.to_string()).await? {
            let other = read.value;
            let counts = match other.state {
                PayoutState::Approved | PayoutState::Sent | PayoutState::Paid => true,
                // What waits in a batch is asked about again when that is approved.
                PayoutState::Proposed => except.is_none(),
                PayoutState::Rejected | PayoutState::Returned | PayoutState::Cancelled => false,
            };
            if counts && except != Some(other.batch) && timestamp_of_id(other.id.raw()) >= since {
                paid.push(other.amount);
            }
        }
        Ok(diligence.payable(payee.as_str(), amount, &paid).await?)
    }

    /// Why a seller may be paid nothing at all by now; a sentence. `None`: he may.
    pub(super) async fn not_paid(&self, payee: &PayeeRef) -> Result<Option<String>, DeskError> {
        let Some(diligence) = &self.diligence else { return Ok(None) };
        Ok(match diligence.allowed(payee.as_str(), Action::BePaid).await? {
            Allowed::All | Allowed::UpTo { .. } => None,
            Allowed::Nothing { why } => Some(not_paid(payee.as_str(), why)),
        })
    }
}
