//! Files of the bank, in whatever order and however often.
//!
//! What the bank *says* of payouts (status reports, notifications, returns between banks) changes what is known of them. What
//! *moved* on our account is told by statements only, line by line ([`super::lines`]): so the books hold at the bank what its
//! statements say, to the cent.

use super::sellers::seller_ref;
use super::step::Step;
use super::steps::data;
use super::{BankLineRecord, DeskError, PayoutDesk, PayoutRecord, SellerRecord};
use crate::engine::Told;
use pmts_kernel::Principal;
use pmts_money::Money;
use pmts_payouts::batches::{BankFact, BatchId, Effect, Payout, PayoutId, PayoutState};
use pmts_payouts::rails::iso20022::{StatusReport, read_returns};
use pmts_payouts::sellers::Destination;
use pmts_payouts::{PayoutsError, codes};
use pmts_store::{Record, StoreExt, Versioned};
use std::collections::{HashMap, HashSet, hash_map};

/// Payouts or lines in one commit, at most. Taking a file again is harmless, so a file may be cut anywhere.
pub(super) const PIECE: usize = 500;

/// What a file of the bank did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taken {
    /// Payouts that the bank refused.
    pub rejected: u64,
    /// Payouts that left our account.
    pub paid: u64,
    /// Payouts that came back.
    pub returned: u64,
    /// Lines of our account that fit nothing, booked apart.
    pub unidentified: u64,
    /// What the file says against what was known: a person is asked.
    pub conflicts: u64,
    /// Statements of accounts that are not ours: nothing of them is taken.
    pub not_ours: u64,
    /// Lines of notifications: they are booked when a statement tells them.
    pub announced: u64,
}

impl PayoutDesk {
    /// Takes a file of the bank.
    ///
    /// # Errors
    /// [`DeskError::Payouts`] for a file that cannot be read, or of another kind.
    pub async fn take_file(&self, bytes: &[u8], by: &Principal) -> Result<Taken, DeskError> {
        let head = String::from_utf8_lossy(&bytes[..bytes.len().min(4_096)]).into_owned();
        let is = |kind: &str| head.contains(kind);
        let mut taken = Taken::default();
        if is("pain.002") {
            let report = StatusReport::read(bytes)?;
            let said = self.statuses(&report).await?;
            self.told(&said, &["pain.002", &report.message_id], by, &mut taken).await?;
        } else if is("pacs.004") {
            let returns = read_returns(bytes)?;
            let of = |id: &str| PayoutId::of_end_to_end_id(id).map(|id| (id, BankFact::ReturnTold));
            let said: Vec<_> = returns.iter().filter_map(|r| of(&r.end_to_end_id)).collect();
            self.told(&said, &["pacs.004"], by, &mut taken).await?;
        } else if is("camt.053") {
            self.statement(bytes, by, &mut taken).await?;
        } else if is("camt.052") || is("camt.054") {
            taken.announced = super::lines::count(bytes)?;
        } else {
            let what = "the file is no pain.002, camt.052, camt.053, camt.054 or pacs.004".to_owned();
            return Err(PayoutsError::Refused { code: &codes::FILE_UNKNOWN, what }.into());
        }
        Ok(taken)
    }

    /// The statuses of a report. One of the whole file or batch is that of each payout that has none of its own. A refusal
    /// because the bank has it already speaks of the second sending, not of the payment.
    async fn statuses(&self, report: &StatusReport) -> Result<Vec<(PayoutId, BankFact)>, DeskError> {
        let fact = |status: &str, reasons: &[String]| match status {
            "RJCT" if reasons.iter().any(|r| is_duplicate(r)) => None,
            "RJCT" => Some(BankFact::Rejected { reason: reasons.first().cloned().unwrap_or_default() }),
            "ACTC" | "ACCP" | "ACSP" | "ACSC" | "ACWC" => Some(BankFact::Accepted),
            // PART is said by the payments themselves; PDNG and RCVD say nothing yet.
            _ => None,
        };
        let mut batches = report.payments.iter().filter(|p| p.end_to_end_id.is_empty());
        let twice = |reasons: &[String]| reasons.iter().any(|r| is_duplicate(r));
        if twice(&report.group_reasons) || batches.clone().any(|b| twice(&b.reasons)) {
            return Ok(vec![]);
        }
        let (status, reasons) = match batches.find(|p| p.status == "RJCT") {
            Some(batch) => (&batch.status, &batch.reasons),
            None => (&report.group_status, &report.group_reasons),
        };
        let mut said = HashMap::new();
        if let Some(id) = batch_of(&report.original_message_id)
            && let Some(fact) = fact(status, reasons)
        {
            for payout in self.payouts(id).await? {
                if payout.value.state != PayoutState::Cancelled {
                    said.insert(payout.value.id, fact.clone());
                }
            }
        }
        for payment in &report.payments {
            let Some(id) = PayoutId::of_end_to_end_id(&payment.end_to_end_id) else { continue };
            match fact(&payment.status, &payment.reasons) {
                Some(fact) => drop(said.insert(id, fact)),
                // Of this one it says something that is no answer: what it says of the whole does not hold for it.
                None if !payment.status.is_empty() => drop(said.remove(&id)),
                None => {}
            }
        }
        let mut said: Vec<_> = said.into_iter().collect();
        said.sort_unstable_by_key(|(id, _)| *id);
        Ok(said)
    }

    /// Takes what is said of payouts. `source` names the message: a contradiction is told once for each.
    async fn told(
        &self,
        said: &[(PayoutId, BankFact)],
        source: &[&str],
        by: &Principal,
        taken: &mut Taken,
    ) -> Result<(), DeskError> {
        for piece in said.chunks(PIECE) {
            let mut work = Work::new(self, by);
            for (id, fact) in piece {
                let effect = work.apply(*id, fact.clone(), taken).await?;
                if let Effect::Conflict(what) = effect {
                    let name = id.end_to_end_id();
                    let line = number(&[&source.concat(), &name, what]);
                    work.line(line, None, &name, Some(what), taken).await?;
                }
            }
            work.commit().await?;
        }
        Ok(())
    }
}

/// A payout while a file is taken.
struct Known {
    version: u64,
    before: Payout,
    now: Payout,
    told: Option<Told>,
}

/// What a piece of a file does, in one commit.
pub(super) struct Work<'a> {
    desk: &'a PayoutDesk,
    step: Step<'a>,
    known: HashMap<PayoutId, Known>,
    /// Sellers whose account did not take a payment: which, and why.
    failed: HashMap<u128, (Destination, String)>,
    lines: HashSet<u128>,
}

impl<'a> Work<'a> {
    pub(super) fn new(desk: &'a PayoutDesk, by: &Principal) -> Self {
        let step = Step::new(desk, by);
        Self { desk, step, known: HashMap::new(), failed: HashMap::new(), lines: HashSet::new() }
    }

    /// Whether a line was taken before, in an earlier commit or in this one.
    pub(super) async fn is_known(&self, line: u128) -> Result<bool, DeskError> {
        let kept = || self.desk.store.read(BankLineRecord::KIND, line);
        Ok(self.lines.contains(&line) || kept().await?.is_some())
    }

    /// The payouts of a batch that are on their way, as they are with what this piece did.
    pub(super) async fn on_their_way(&self, batch: BatchId) -> Result<Vec<Payout>, DeskError> {
        let all = self.desk.payouts(batch).await?.into_iter();
        let now = all.map(|read| self.known.get(&read.value.id).map_or(read.value, |k| k.now.clone()));
        let waits = |p: &Payout| matches!(p.state, PayoutState::Sent | PayoutState::Returned) && !p.debited;
        Ok(now.filter(waits).collect())
    }

    /// A payout takes a fact: its books, events, and what follows for its seller. A conflict is left to the caller.
    pub(super) async fn apply(
        &mut self,
        id: PayoutId,
        fact: BankFact,
        taken: &mut Taken,
    ) -> Result<Effect, DeskError> {
        let payout = match self.known.entry(id) {
            hash_map::Entry::Occupied(there) => there.into_mut(),
            hash_map::Entry::Vacant(place) => {
                let Some(read) = self.desk.store.get::<PayoutRecord>(id.raw()).await? else {
                    return Ok(Effect::Conflict("the payout is not known here"));
                };
                let Versioned { version, value: PayoutRecord(now) } = read;
                place.insert(Known { version, before: now.clone(), now, told: None })
            }
        };
        let seller = seller_ref(&payout.now.payee)?;
        let was = payout.now.state;
        let effect = payout.now.take(fact);
        self.desk.books.payout_answered(&payout.now, &seller, &effect, &mut self.step.journal);
        match &effect {
            Effect::None | Effect::Conflict(_) => {}
            Effect::PaidOut => {
                taken.paid += 1;
                if was == PayoutState::Sent {
                    payout.told = Some(Told::PayoutPaid);
                }
            }
            Effect::PutBack | Effect::CameBack { .. } => {
                let rejected = effect == Effect::PutBack;
                taken.rejected += u64::from(rejected);
                taken.returned += u64::from(!rejected);
                payout.told = Some(Told::PayoutFailed);
                if let Some(reason) = payout.now.reason.clone().filter(|r| is_account_trouble(r)) {
                    self.failed.insert(payout.now.payee.number(), (payout.now.destination.clone(), reason));
                }
            }
        }
        Ok(effect)
    }

    /// Keeps a line, so that it is taken once. With `what`, or if no payout took it: a person is asked, and what moved is
    /// booked apart.
    pub(super) async fn line(
        &mut self,
        line: u128,
        moved: Option<Money>,
        reference: &str,
        apart: Option<&str>,
        taken: &mut Taken,
    ) -> Result<(), DeskError> {
        if self.is_known(line).await? {
            return Ok(());
        }
        self.lines.insert(line);
        let reference: String = reference.chars().take(64).collect();
        if let Some(what) = apart {
            taken.conflicts += u64::from(!what.is_empty());
            let mut told = if what.is_empty() {
                "a line of the bank fits nothing".into()
            } else {
                format!("{reference}: {what}")
            };
            if let Some(moved) = moved.filter(|m| !m.is_zero()) {
                self.desk.books.unidentified(line, moved, &mut self.step.journal);
                taken.unidentified += 1;
                told += &format!("; {moved} are on bank.unidentified");
            }
            self.step.ask(told)?;
        }
        let taken_at = self.step.now;
        self.step.put(&BankLineRecord { id: line, moved, reference, taken: taken_at }, 0)
    }

    /// Commits it, if there is anything.
    pub(super) async fn commit(mut self) -> Result<(), DeskError> {
        let mut changed = !self.lines.is_empty();
        for payout in self.known.into_values().filter(|p| p.now != p.before) {
            changed = true;
            if let Some(told) = payout.told {
                self.step.tell(told, payout.now.id.to_string(), payout.version + 1, data(&payout.now));
            }
            self.step.put(&PayoutRecord(payout.now), payout.version)?;
        }
        for (seller, failed) in self.failed {
            if let Some(read) = self.desk.store.get::<SellerRecord>(seller).await? {
                let mut seller = read.value.0;
                seller.failed = Some(failed);
                self.step.put(&SellerRecord(seller), read.version)?;
            }
        }
        if changed { self.step.commit().await } else { Ok(()) }
    }
}

/// The bank has it already: a file, a batch, an instruction, a payment.
fn is_duplicate(reason: &str) -> bool {
    matches!(reason, "DUPL" | "AM05" | "DU01" | "DU02" | "DU03" | "DU04" | "DU05")
}

/// Reasons that lie in the account: nothing is sent there again.
fn is_account_trouble(reason: &str) -> bool {
    reason.starts_with("AC")
        || reason.starts_with("RC")
        || matches!(reason, "BE01" | "BE04" | "MD07" | "AG01")
}

/// The batch whose file this was.
pub(super) fn batch_of(message: &str) -> Option<BatchId> {
    let digits = message.strip_prefix("PB").filter(|d| d.len() == 32)?;
    u128::from_str_radix(digits, 16).ok().map(BatchId::from_raw)
}

/// A number made of texts, with room for the tags of its transfers and below the ledger's own.
pub(super) fn number(parts: &[&str]) -> u128 {
    let text = parts.join("\u{1f}");
    (xxhash_rust::xxh3::xxh3_128(text.as_bytes()) >> 2) & !0xff
}
