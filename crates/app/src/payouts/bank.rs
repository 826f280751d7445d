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
use pmts_store::{ListQuery, Record, StoreExt, Versioned};
use std::collections::{HashMap, HashSet, hash_map};

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

/// What a file says of one payout.
struct Said {
    payout: PayoutId,
    fact: BankFact,
    /// The number that a contradiction is kept under.
    line: u128,
    /// It stands in a statement: the money moved on our account. What notifications and returns tell, a statement tells
    /// again.
    on_statement: bool,
}

/// What fits nothing: kept once under its number, booked apart if money moved.
struct Loose {
    line: u128,
    /// On our account, with its sign.
    moved: Option<Money>,
    reference: String,
    /// For the person who is asked.
    what: String,
}

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
                let fact = BankFact::Returned { amount: r.amount, reason: r.reason };
                Some(Said { payout: id, fact, line, on_statement: false })
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
        let say = |(payout, fact): (PayoutId, BankFact)| {
            let line = number(&["pain.002", &report.message_id, &payout.end_to_end_id()]);
            Said { payout, fact, line, on_statement: false }
        };
        let mut said: Vec<Said> = said.into_iter().map(say).collect();
        said.sort_unstable_by_key(|s| s.payout);
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
                    entry_of(&account, &entry, is_statement, &mut said, &mut loose)?;
                }
                _ => {}
            }
        }
        if !is_statement {
            loose.clear();
        }
        // Two lines of one statement that look alike are two lines.
        let mut alike: HashMap<u128, u32> = HashMap::new();
        for l in &mut loose {
            let count = alike.entry(l.line).or_default();
            *count += 1;
            if *count > 1 {
                l.line = number(&[&format!("{:x}", l.line), &count.to_string()]);
            }
        }
        Ok((said, loose))
    }

    /// Takes what is said of payouts, in one commit; what contradicts is kept in the next.
    async fn take(&self, said: &[Said], by: &Principal, taken: &mut Taken) -> Result<(), DeskError> {
        let mut step = Step::new(self, by);
        let mut known: HashMap<PayoutId, Known> = HashMap::new();
        let mut failed: HashMap<u128, String> = HashMap::new();
        let mut apart = Vec::new();
        for s in said {
            let payout = match known.entry(s.payout) {
                hash_map::Entry::Occupied(there) => there.into_mut(),
                hash_map::Entry::Vacant(place) => {
                    let Some(read) = self.store.get::<PayoutRecord>(s.payout.raw()).await? else {
                        apart.push(s.contradicts(s.moved(), "the payout is not known here"));
                        continue;
                    };
                    let Versioned { version, value: PayoutRecord(now) } = read;
                    place.insert(Known { version, before: now.clone(), now, told: None })
                }
            };
            let seller = seller_ref(&payout.now.payee)?;
            let effect = payout.now.take(s.fact.clone());
            self.books.payout_answered(&payout.now, &seller, &effect, &mut step.journal);
            match &effect {
                Effect::None => {}
                Effect::PaidOut => {
                    taken.paid += 1;
                    if payout.before.state == PayoutState::Sent && payout.told.is_none() {
                        payout.told = Some(Told::PayoutPaid);
                    }
                }
                Effect::PutBack | Effect::CameBack { .. } => {
                    let rejected = effect == Effect::PutBack;
                    taken.rejected += u64::from(rejected);
                    taken.returned += u64::from(!rejected);
                    payout.told = Some(Told::PayoutFailed);
                    if let Some(reason) = payout.now.reason.as_ref().filter(|r| is_account_trouble(r)) {
                        failed.insert(payout.now.payee.number(), reason.clone());
                    }
                }
                Effect::Conflict { moved, what } => apart.push(s.contradicts(*moved, what)),
            }
        }
        let mut changed = false;
        for payout in known.into_values().filter(|p| p.now != p.before) {
            changed = true;
            if let Some(told) = payout.told {
                step.tell(told, payout.now.id.to_string(), payout.version + 1, data(&payout.now));
            }
            step.put(&PayoutRecord(payout.now), payout.version)?;
        }
        for (seller, reason) in failed {
            if let Some(read) = self.store.get::<SellerRecord>(seller).await? {
                let mut seller = read.value.0;
                seller.destination_failed = Some(reason);
                step.put(&SellerRecord(seller), read.version)?;
            }
        }
        if changed {
            step.commit().await?;
        }
        self.book_apart(&apart, by, taken).await
    }

    /// Keeps what fits nothing, each once, and books apart what moved on our account.
    async fn book_apart(&self, loose: &[Loose], by: &Principal, taken: &mut Taken) -> Result<(), DeskError> {
        let mut step = Step::new(self, by);
        let mut seen = HashSet::new();
        for Loose { line, moved, reference, what } in loose {
            if self.store.read(BankLineRecord::KIND, *line).await?.is_some() || !seen.insert(*line) {
                continue;
            }
            let moved = moved.filter(|m| !m.is_zero());
            if let Some(moved) = moved {
                self.books.unidentified(*line, moved, &mut step.journal);
            }
            taken.unidentified += u64::from(moved.is_some());
            taken.conflicts += u64::from(!what.is_empty());
            let reference: String = reference.chars().take(64).collect();
            let told = match (moved, what.as_str()) {
                (Some(moved), "") => {
                    format!("a line of the bank over {moved} fits nothing; it is on bank.unidentified")
                }
                (Some(moved), what) => format!("{reference}: {what}; {moved} are on bank.unidentified"),
                (None, what) => format!("{reference}: {what}"),
            };
            step.ask(told)?;
            step.put(&BankLineRecord { id: *line, moved, reference, taken: step.now }, 0)?;
        }
        if seen.is_empty() { Ok(()) } else { step.commit().await }
    }
}

/// A payout while a file is taken.
struct Known {
    version: u64,
    before: Payout,
    now: Payout,
    told: Option<Told>,
}

impl Said {
    /// What moved on our account, with its sign, as far as the file says.
    fn moved(&self) -> Option<Money> {
        match &self.fact {
            BankFact::Debited { amount } => {
                Some(Money::new(amount.minor().saturating_neg(), amount.currency()))
            }
            BankFact::Returned { amount, .. } => Some(*amount),
            BankFact::Accepted | BankFact::Rejected { .. } => None,
        }
    }

    fn contradicts(&self, moved: Option<Money>, what: &str) -> Loose {
        let moved = moved.filter(|_| self.on_statement);
        Loose { line: self.line, moved, reference: self.payout.end_to_end_id(), what: what.to_owned() }
    }
}

/// What an entry says: of each payout in it, and what of its amount is of none.
fn entry_of(
    account: &str,
    entry: &Entry,
    is_statement: bool,
    said: &mut Vec<Said>,
    loose: &mut Vec<Loose>,
) -> Result<(), DeskError> {
    let apart = |line, moved: Money| Loose {
        line,
        moved: Some(moved),
        reference: entry.bank_reference.clone(),
        what: String::new(),
    };
    let whole = [Detail { amount: None, ..Detail::default() }];
    let known =
        entry.details.iter().all(|d| d.amount.is_some_and(|a| a.currency() == entry.amount.currency()));
    let details = match entry.details.len() {
        0 => &whole[..],
        1 => &entry.details[..],
        _ if known => &entry.details[..],
        // A sum of several without the amount of each: nobody can say which of them it is.
        _ => &whole[..],
    };
    let mut rest = entry.amount;
    for detail in details {
        let amount = match detail.amount {
            Some(amount) if details.len() > 1 => signed_as(amount, entry),
            _ => entry.amount,
        };
        rest = rest.checked_sub(amount)?;
        // A notification has a number of its own: the statement that follows is to be booked.
        let kind = if is_statement { "" } else { "notification" };
        let line = line_number(account, entry, &[kind, &detail.end_to_end_id].concat());
        match PayoutId::of_end_to_end_id(&detail.end_to_end_id) {
            Some(payout) => {
                said.push(Said { payout, fact: fact_of(amount, detail), line, on_statement: is_statement });
            }
            None => loose.push(apart(line, amount)),
        }
    }
    if !rest.is_zero() {
        loose.push(apart(line_number(account, entry, "rest"), rest));
    }
    Ok(())
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
