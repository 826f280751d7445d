//! Statements of our accounts (camt.053), line by line. Each line moves the account in the books by its amount, once: as the
//! debit of a payout or of several, as a return, or apart with a task.

use super::bank::{PIECE, Taken, Work, batch_of, number};
use super::{DeskError, OwnAccountRecord, PayoutDesk};
use pmts_kernel::Principal;
use pmts_money::Money;
use pmts_payouts::batches::{BankFact, BatchId, Effect, PayoutId};
use pmts_payouts::rails::iso20022::{CamtItem, CamtReader, Detail, Entry};
use pmts_store::{ListQuery, Record, StoreExt};
use std::collections::HashMap;

/// A line of a statement, or a part of one whose parts have amounts.
struct Line {
    /// The same line in the same statement has the same number, however often it is taken.
    number: u128,
    /// What moved, with its sign.
    amount: Money,
    of: Of,
    /// The bank says that it undoes an earlier payment.
    is_return: bool,
    reason: String,
    reference: String,
}

/// What a line names.
enum Of {
    Payout(PayoutId),
    /// A sum of the payouts of a batch.
    Batch(BatchId),
    Nothing,
}

/// The booked lines of a file.
pub(super) fn count(bytes: &[u8]) -> Result<u64, DeskError> {
    let mut reader = CamtReader::new(bytes);
    let mut lines = 0;
    while let Some(item) = reader.next_item()? {
        lines += u64::from(matches!(item, CamtItem::Entry(entry) if entry.booked));
    }
    Ok(lines)
}

impl PayoutDesk {
    /// Takes a file of statements.
    pub(super) async fn statement(
        &self,
        bytes: &[u8],
        by: &Principal,
        taken: &mut Taken,
    ) -> Result<(), DeskError> {
        let query = ListQuery::all(OwnAccountRecord::KIND);
        let (own, _) = self.store.list_typed::<OwnAccountRecord>(query).await?;
        let is_ours = |account: &str| own.iter().any(|a| a.value.has(account));
        let mut reader = CamtReader::new(bytes);
        let (mut lines, mut ours, mut first) = (Vec::new(), None, 0);
        while let Some(item) = reader.next_item()? {
            match item {
                CamtItem::Statement(head) => {
                    tell_apart(&mut lines[first..]);
                    first = lines.len();
                    ours = is_ours(&head.account).then_some((head.account, head.id));
                    taken.not_ours += u64::from(ours.is_none());
                }
                CamtItem::Entry(entry) if entry.booked => {
                    if let Some((account, statement)) = &ours {
                        lines_of(account, statement, &entry, &mut lines)?;
                    }
                }
                _ => {}
            }
        }
        tell_apart(&mut lines[first..]);
        for piece in lines.chunks(PIECE) {
            let mut work = Work::new(self, by);
            for line in piece {
                take(&mut work, line, taken).await?;
            }
            work.commit().await?;
        }
        Ok(())
    }
}

/// Takes a line, unless it was taken before.
async fn take(work: &mut Work<'_>, line: &Line, taken: &mut Taken) -> Result<(), DeskError> {
    if work.is_known(line.number).await? {
        return Ok(());
    }
    let mut apart = None;
    match line.of {
        Of::Payout(id) => {
            let fact = if line.amount.minor() < 0 {
                BankFact::Debited { amount: line.amount.checked_neg()? }
            } else {
                let (amount, is_return, reason) = (line.amount, line.is_return, line.reason.clone());
                BankFact::Credited { amount, is_return, reason }
            };
            if let Effect::Conflict(what) = work.apply(id, fact, taken).await? {
                apart = Some(what);
            }
        }
        Of::Batch(id) => {
            let payouts = work.on_their_way(id).await?;
            let sum: i128 = payouts.iter().map(|p| i128::from(p.amount.minor())).sum();
            let same = payouts.iter().all(|p| p.amount.currency() == line.amount.currency());
            if same && !payouts.is_empty() && sum == -i128::from(line.amount.minor()) {
                for payout in payouts {
                    work.apply(payout.id, BankFact::Debited { amount: payout.amount }, taken).await?;
                }
            } else {
                apart = Some("a sum of a batch that is not that of its payouts on their way");
            }
        }
        Of::Nothing => apart = Some(""),
    }
    work.line(line.number, Some(line.amount), &line.reference, apart, taken).await
}

/// The lines of an entry. Their sum is its amount.
fn lines_of(account: &str, statement: &str, entry: &Entry, lines: &mut Vec<Line>) -> Result<(), DeskError> {
    let line = |of: Of, amount: Money, part: &str, detail: &Detail| {
        let sum = entry.amount.minor().to_string();
        // Without a reference of the bank's own, only its place tells a line from another like it.
        let reference = if entry.bank_reference.is_empty() {
            format!("{statement}/{}", entry.entry_reference)
        } else {
            entry.bank_reference.clone()
        };
        Line {
            number: number(&["camt.053", account, &reference, &entry.booking_day, &sum, part]),
            amount,
            of,
            is_return: detail.is_return || entry.reversal,
            reason: detail.return_reason.clone(),
            reference: entry.bank_reference.clone(),
        }
    };
    let batch = [&entry.payment_id, &entry.message_id].into_iter().find_map(|id| batch_of(id));
    let nobody = Detail::default();
    match &entry.details[..] {
        [] => {
            let of = batch.filter(|_| entry.amount.minor() < 0).map_or(Of::Nothing, Of::Batch);
            lines.push(line(of, entry.amount, "", &nobody));
        }
        [one] => {
            // A debit of more than the payment: the rest is a charge.
            let own = one.amount.filter(|a| is_part(*a, entry.amount)).map(|a| signed(a, entry));
            let amount = own.unwrap_or(entry.amount);
            lines.push(line(of(one, entry, batch), amount, &one.end_to_end_id, one));
            let rest = entry.amount.checked_sub(amount)?;
            if !rest.is_zero() {
                lines.push(line(Of::Nothing, rest, "rest", &nobody));
            }
        }
        many => {
            let same = |d: &Detail| d.amount.is_some_and(|a| a.currency() == entry.amount.currency());
            if !many.iter().all(same) {
                // A sum of several without the amount of each: nobody can say which of them it is.
                let of = batch.filter(|_| entry.amount.minor() < 0).map_or(Of::Nothing, Of::Batch);
                lines.push(line(of, entry.amount, "", &nobody));
                return Ok(());
            }
            let mut rest = entry.amount;
            for detail in many {
                let amount = signed(detail.amount.unwrap_or(entry.amount), entry);
                rest = rest.checked_sub(amount)?;
                lines.push(line(of(detail, entry, None), amount, &detail.end_to_end_id, detail));
            }
            if !rest.is_zero() {
                lines.push(line(Of::Nothing, rest, "rest", &nobody));
            }
        }
    }
    Ok(())
}

/// What a detail names.
fn of(detail: &Detail, entry: &Entry, batch: Option<BatchId>) -> Of {
    if let Some(id) = PayoutId::of_end_to_end_id(&detail.end_to_end_id) {
        return Of::Payout(id);
    }
    let ids = [&detail.payment_id, &detail.message_id];
    let batch = ids.into_iter().find_map(|id| batch_of(id)).or(batch);
    // A batch is paid out in a sum; it does not come back in one.
    batch.filter(|_| entry.amount.minor() < 0).map_or(Of::Nothing, Of::Batch)
}

/// Whether an amount is less than that of a debit it is a part of.
fn is_part(amount: Money, entry: Money) -> bool {
    amount.currency() == entry.currency()
        && entry.minor() < 0
        && (1..entry.minor().saturating_abs()).contains(&amount.minor())
}

fn signed(amount: Money, entry: &Entry) -> Money {
    let sign = if entry.amount.minor() < 0 { -1 } else { 1 };
    Money::new(amount.minor().saturating_mul(sign), amount.currency())
}

/// Lines of one statement that look alike are so many lines.
fn tell_apart(lines: &mut [Line]) {
    let mut alike: HashMap<u128, u32> = HashMap::new();
    for line in lines {
        let count = alike.entry(line.number).or_default();
        *count += 1;
        if *count > 1 {
            line.number = number(&[&format!("{:x}", line.number), &count.to_string()]);
        }
    }
}
