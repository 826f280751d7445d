//! Sums the books up again, entry by entry, and compares with what each entry says.

use pmts_kernel::Timestamp;
use pmts_ledger::{Balance, Entry, EntryKind, TransferKind};
use std::collections::HashMap;

/// What the books look like after the entries read so far.
#[derive(Debug, Default)]
pub(crate) struct Replay {
    /// Sums and version of each account, by its number.
    pub(crate) accounts: HashMap<u64, (Balance, u64)>,
    reserved: HashMap<u128, i64>,
    pub(crate) last: Option<(u64, Timestamp)>,
}

impl Replay {
    /// Applies an entry to the sums before it and compares with what it says.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn step(&mut self, e: &Entry) -> Result<(), &'static str> {
        let (sequence, time) = self.last.unwrap_or_default();
        if e.sequence != sequence + 1 {
            return Err("a sequence is missing");
        }
        if self.last.is_some() && e.time <= time {
            return Err("its time is not after the one before");
        }
        self.last = Some((e.sequence, e.time));
        let amount = e.transfer.amount.minor();
        let (mut posted, mut reserved) = (0, 0);
        match (e.kind, e.transfer.kind) {
            (EntryKind::Posted, _) => posted = amount,
            (EntryKind::Reserved, _) => {
                reserved = amount;
                self.reserved.insert(e.transfer.id.raw(), amount);
            }
            (kind, TransferKind::PostReserved { reservation } | TransferKind::Void { reservation }) => {
                reserved =
                    -self.reserved.remove(&reservation.raw()).ok_or("it resolves what is not reserved")?;
                posted = if kind == EntryKind::ReservationPosted { amount } else { 0 };
            }
            _ => return Err("its kind and content differ"),
        }
        for (leg, is_debit) in [(&e.debit, true), (&e.credit, false)] {
            let (balance, version) = self.accounts.entry(leg.number).or_default();
            let (p, r) = if is_debit {
                (&mut balance.debits_posted, &mut balance.debits_reserved)
            } else {
                (&mut balance.credits_posted, &mut balance.credits_reserved)
            };
            *p = p.checked_add(posted).ok_or("a sum overflows")?;
            *r = r.checked_add(reserved).ok_or("a sum overflows")?;
            *version += 1;
            if (*balance, *version) != (leg.after, leg.version) {
                return Err("a balance does not follow from the entries before it");
            }
        }
        Ok(())
    }

    /// Goes on from what an entry says: a fault in it is told once, not again at each entry after it.
    pub(crate) fn believe(&mut self, e: &Entry) {
        self.last = Some((e.sequence, e.time));
        for leg in [&e.debit, &e.credit] {
            self.accounts.insert(leg.number, (leg.after, leg.version));
        }
        if let TransferKind::PostReserved { reservation } | TransferKind::Void { reservation } =
            e.transfer.kind
        {
            self.reserved.remove(&reservation.raw());
        }
    }
}
