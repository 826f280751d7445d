//! Files of the bank: status reports (pain.002), statements and notifications (camt.053, .054), returns (pacs.004). In
//! whatever order, and however often.

use super::sellers::seller_ref;
use super::step::Step;
use super::steps::data;
use super::{BankLineRecord, DeskError, OwnAccountRecord, PayoutDesk, PayoutRecord, SellerRecord};
use crate::engine::Told;
use pmts_kernel::Principal;
use pmts_money::Money;
use pmts_payouts::batches::{BankFact, BatchId, Effect, Payout, PayoutId, PayoutState};
use pmts_payouts::rails::iso20022::{CamtItem, CamtReader, Detail, Entry, StatusReport, read_returns};
use pmts_payouts::{PayoutsError, codes};
use pmts_store::{ListQuery, Record, StoreExt};
use std::collections::{HashMap, HashSet};

/// Payouts in one commit, at most. Taking a file again is harmless, so a file may be cut anywhere.
const PIECE: usize = 500;

/// What a file of the bank did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taken {
    /// What it says of payouts.
    pub facts: u64,
    /// Payouts that the bank refused.
    pub rejected: u64,
    /// Payouts that left our account.
    pub paid: u64,
    /// Payouts that came back.
    pub returned: u64,
    /// Lines that fit nothing, booked apart.
    pub unidentified: u64,
    /// What contradicts what was known: a person is asked.
    pub conflicts: u64,
    /// Statements of accounts that are not ours: nothing of them is taken.
    pub not_ours: u64,
}

/// What a file says of one payout, and the number of the line that a conflict is booked under.
type Said = (PayoutId, BankFact, u128);

/// A line of the account that fits nothing: its number, amount, reference.
type Loose = (u128, Money, String);

impl PayoutDesk {
    /// Takes a file of the bank.
    ///
    /// # Errors
    /// [`DeskError::Payouts`] for a file that cannot be read, or of another kind.
    pub async fn take_file(&self, bytes: &[u8], by: &Principal) -> Result<Taken, DeskError> {
        let mut taken = Taken::default();
        let (said, loose) = self.read(bytes, &mut taken).await?;
        taken.facts = said.len() as u64;
        let mut rest = &said[..];
        while !rest.is_empty() {
            let (piece, more) = rest.split_at(rest.len().min(PIECE));
            self.take(piece, by, &mut taken).await?;
            rest = more;
        }
        for piece in loose.chunks(PIECE) {
            self.book_apart(piece, by, &mut taken).await?;
        }
        Ok(taken)
    }

    /// What a file says.
    async fn read(&self, bytes: &[u8], taken: &mut Taken) -> Result<(Vec<Said>, Vec<Loose>), DeskError> {
        let head = String::from_utf8_lossy(&bytes[..bytes.len().min(4_096)]).into_owned();
        let is = |kind: &str| head.contains(kind);
        if is("pain.002") {
            return Ok((self.statuses(&StatusReport::read(bytes)?).await?, vec![]));
        }
        if is("pacs.004") {
            let returns = read_returns(bytes)?;
            let said = returns.into_iter().filter_map(|r| {
                let id = PayoutId::of_end_to_end_id(&r.end_to_end_id)?;
                let line = number(&["pacs.004", &r.return_id, &r.end_to_end_id]);
                Some((id, BankFact::Returned { amount: r.amount, reason: r.reason }, line))
            });
            return Ok((said.collect(), vec![]));
        }
        if is("camt.052") || is("camt.053") || is("camt.054") {
            // A notification tells what a statement tells again: what fits nothing counts once, in the statement.
            return self.lines(bytes, is("camt.053"), taken).await;
        }
        let what = "the file is no pain.002, camt.052, camt.053, camt.054 or pacs.004".to_owned();
        Err(PayoutsError::Refused { code: &codes::FILE_UNKNOWN, what }.into())
    }

    /// The statuses of a report. One of the whole file or batch is that of each payout that has none of its own.
    async fn statuses(&self, report: &StatusReport) -> Result<Vec<Said>, DeskError> {
        let fact = |status: &str, reasons: &[String]| match status {
            "RJCT" => Some(BankFact::Rejected { reason: reasons.first().cloned().unwrap_or_default() }),
            "ACTC" | "ACCP" | "ACSP" | "ACSC" | "ACWC" => Some(BankFact::Accepted),
            // PART is said by the payments themselves; PDNG and RCVD say nothing yet.
            _ => None,
        };
        let mut said = HashMap::new();
        // A file that the bank has already: it speaks of the second sending, not of the payments.
        if report.group_reasons.iter().any(|r| r == "DUPL" || r == "AM05") {
            return Ok(vec![]);
        }
        let whole = report.payments.iter().find(|p| p.end_to_end_id.is_empty() && p.status == "RJCT");
        let (status, reasons) = match whole {
            Some(batch) => (&batch.status, &batch.reasons),
            None => (&report.group_status, &report.group_reasons),
        };
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
            if let Some(id) = PayoutId::of_end_to_end_id(&payment.end_to_end_id)
                && let Some(fact) = fact(&payment.status, &payment.reasons)
            {
                said.insert(id, fact);
            }
        }
        let mut said: Vec<Said> = said
            .into_iter()
            .map(|(id, fact)| (id, fact, number(&["pain.002", &report.message_id])))
            .collect();
        said.sort_unstable_by_key(|(id, ..)| *id);
        Ok(said)
    }

    /// The lines of statements.
    async fn lines(
        &self,
        bytes: &[u8],
        is_statement: bool,
        taken: &mut Taken,
    ) -> Result<(Vec<Said>, Vec<Loose>), DeskError> {
        let (own, _) =
            self.store.list_typed::<OwnAccountRecord>(ListQuery::all(OwnAccountRecord::KIND)).await?;
        let is_ours = |account: &str| {
            own.iter().any(|a| a.value.0.account.as_iban().is_ok_and(|iban| iban.as_str() == account))
        };
        let mut ours = false;
        let (mut said, mut loose) = (Vec::new(), Vec::new());
        let mut reader = CamtReader::new(bytes);
        let mut account = String::new();
        while let Some(item) = reader.next_item()? {
            match item {
                CamtItem::Statement(head) => {
                    ours = is_ours(&head.account);
                    taken.not_ours += u64::from(!ours);
                    account = head.account;
                }
                CamtItem::Entry(entry) if ours && entry.booked => {
                    let before = (said.len(), loose.len());
                    let many = entry.details.len() > 1;
                    for detail in &entry.details {
                        let amount = match detail.amount {
                            Some(amount) if many => signed_as(amount, &entry),
                            _ => entry.amount,
                        };
                        let line = line_number(&account, &entry, &detail.end_to_end_id);
                        match PayoutId::of_end_to_end_id(&detail.end_to_end_id) {
                            Some(id) => said.push((id, fact_of(amount, detail), line)),
                            None => loose.push((line, amount, entry.bank_reference.clone())),
                        }
                    }
                    if before == (said.len(), loose.len()) {
                        let line = line_number(&account, &entry, "");
                        loose.push((line, entry.amount, entry.bank_reference.clone()));
                    }
                }
                _ => {}
            }
        }
        if !is_statement {
            loose.clear();
        }
        Ok((said, loose))
    }

    /// Takes what is said of payouts, in one commit.
    async fn take(&self, said: &[Said], by: &Principal, taken: &mut Taken) -> Result<(), DeskError> {
        let mut step = Step::new(self, by);
        let mut known: HashMap<PayoutId, (u64, Payout, Option<Told>)> = HashMap::new();
        let mut failed: HashMap<u128, String> = HashMap::new();
        let mut apart = Vec::new();
        for (id, fact, line) in said {
            if !known.contains_key(id) {
                match self.store.get::<PayoutRecord>(id.raw()).await? {
                    Some(read) => drop(known.insert(*id, (read.version, read.value.0, None))),
                    None => {
                        if let BankFact::Debited { amount } | BankFact::Returned { amount, .. } = fact {
                            let sign = if matches!(fact, BankFact::Debited { .. }) { -1 } else { 1 };
                            let moved = Money::new(amount.minor().saturating_mul(sign), amount.currency());
                            apart.push((*line, moved, id.end_to_end_id()));
                        }
                        continue;
                    }
                }
            }
            let Some((_, payout, told)) = known.get_mut(id) else { continue };
            let seller = seller_ref(&payout.payee)?;
            let before = payout.clone();
            let effect = payout.take(fact.clone());
            self.books.payout_answered(payout, &seller, &effect, &mut step.journal);
            match &effect {
                Effect::None => {}
                Effect::PaidOut => {
                    taken.paid += 1;
                    if before.state == PayoutState::Sent {
                        *told = Some(Told::PayoutPaid);
                    }
                }
                Effect::PutBack | Effect::CameBack { .. } => {
                    let rejected = effect == Effect::PutBack;
                    taken.rejected += u64::from(rejected);
                    taken.returned += u64::from(!rejected);
                    *told = Some(Told::PayoutFailed);
                    if let Some(reason) = payout.reason.as_ref().filter(|r| is_account_trouble(r)) {
                        failed.insert(payout.payee.number(), reason.clone());
                    }
                }
                Effect::Conflict { moved, what } => {
                    taken.conflicts += 1;
                    step.ask(format!("payout {id}: {what}"))?;
                    if let Some(moved) = moved {
                        apart.push((*line, *moved, id.end_to_end_id()));
                    }
                }
            }
        }
        for (version, payout, told) in known.into_values() {
            if let Some(told) = told {
                step.tell(told, payout.id.to_string(), version + 1, data(&payout));
            }
            step.put(&PayoutRecord(payout), version)?;
        }
        for (seller, reason) in failed {
            if let Some(read) = self.store.get::<SellerRecord>(seller).await? {
                let mut seller = read.value.0;
                seller.destination_failed = Some(reason);
                step.put(&SellerRecord(seller), read.version)?;
            }
        }
        step.commit().await?;
        self.book_apart(&apart, by, taken).await
    }

    /// Books lines apart that fit nothing, each once.
    async fn book_apart(&self, loose: &[Loose], by: &Principal, taken: &mut Taken) -> Result<(), DeskError> {
        let mut step = Step::new(self, by);
        let mut seen = HashSet::new();
        for (id, amount, reference) in loose {
            let known = self.store.read(BankLineRecord::KIND, *id).await?.is_some();
            if known || amount.is_zero() || !seen.insert(*id) {
                continue;
            }
            self.books.unidentified(*id, *amount, &mut step.journal);
            let reference = reference.chars().take(64).collect();
            step.put(&BankLineRecord { id: *id, amount: *amount, reference, taken: step.now }, 0)?;
            step.ask(format!("a line of the bank over {amount} fits nothing; it is on bank.unidentified"))?;
            taken.unidentified += 1;
        }
        if seen.is_empty() { Ok(()) } else { step.commit().await }
    }
}

/// What a line of a payout says: money that left, or came back.
fn fact_of(amount: Money, detail: &Detail) -> BankFact {
    let absolute = Money::new(amount.minor().saturating_abs(), amount.currency());
    if amount.minor() < 0 {
        BankFact::Debited { amount: absolute }
    } else {
        BankFact::Returned { amount: absolute, reason: detail.return_reason.clone() }
    }
}

fn signed_as(amount: Money, entry: &Entry) -> Money {
    let sign = if entry.amount.minor() < 0 { -1 } else { 1 };
    Money::new(amount.minor().saturating_mul(sign), amount.currency())
}

/// Reasons that lie in the account: nothing is sent there again.
fn is_account_trouble(reason: &str) -> bool {
    reason.starts_with("AC")
        || reason.starts_with("RC")
        || matches!(reason, "BE01" | "BE04" | "MD07" | "AG01")
}

/// The batch whose file this was.
fn batch_of(message: &str) -> Option<BatchId> {
    let digits = message.strip_prefix("PB").filter(|d| d.len() == 32)?;
    u128::from_str_radix(digits, 16).ok().map(BatchId::from_raw)
}

/// The number of a line: the same line told again, in whatever file, has the same.
fn line_number(account: &str, entry: &Entry, detail: &str) -> u128 {
    let amount = entry.amount.minor().to_string();
    let reference =
        if entry.bank_reference.is_empty() { &entry.entry_reference } else { &entry.bank_reference };
    number(&[account, reference, &entry.booking_day, &amount, detail])
}

/// A number made of texts, with room for the tags of its transfers and below the ledger's own.
fn number(parts: &[&str]) -> u128 {
    let text = parts.join("\u{1f}");
    (xxhash_rust::xxh3::xxh3_128(text.as_bytes()) >> 2) & !0xff
}
