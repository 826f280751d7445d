//! Entries packed into blocks: what lies in the `body` of a row of `entries`.
//!
//! A block holds up to [`MOST`] entries of consecutive sequences. Each is written as differences from the one before it,
//! with its own checksum over its whole content, so that a block says which of its entries is damaged. Account ids and
//! currencies are those of the accounts table and are not repeated.

use super::codec::{Damaged, Input, put, put_bytes, put_signed, put_step};
use super::rows::{Checked, entry_checksum, kind_number};
use pmts_kernel::Timestamp;
use pmts_ledger::{
    AccountId, Balance, Entry, EntryKind, Leg, Metadata, Transfer, TransferCode, TransferId, TransferKind,
    reversal_id,
};
use pmts_money::{Currency, Money};

/// Most entries in a block.
pub(super) const MOST: usize = 64;

const REFERENCE: u8 = 1 << 3;
const EFFECTIVE: u8 = 1 << 4;
const EXPIRES: u8 = 1 << 5;
const METADATA: u8 = 1 << 6;
const OTHER_KIND: u8 = 1 << 7;

/// What the next entry is written as a difference from.
#[derive(Debug, Clone, Copy, Default)]
struct Before {
    commit: u64,
    time: i64,
    id: u128,
    reference: u128,
}

/// A block that is being written.
#[derive(Default)]
pub(super) struct BlockWriter {
    pub(super) body: Vec<u8>,
    pub(super) first: u64,
    pub(super) count: usize,
    pub(super) time: i64,
    before: Before,
}

fn put_leg(out: &mut Vec<u8>, leg: &Leg) {
    let b = &leg.after;
    put(out, leg.version);
    for sum in [b.debits_posted, b.credits_posted, b.debits_reserved, b.credits_reserved] {
        put(out, sum.cast_unsigned());
    }
}

impl BlockWriter {
    /// Adds an entry of a commit; gives its checksum.
    pub(super) fn push(&mut self, e: &Entry, commit: u64, checked: &mut Checked) -> i64 {
        let (t, out) = (&e.transfer, &mut self.body);
        if self.count == 0 {
            (self.first, self.time) = (e.sequence, e.time.as_micros());
        }
        self.count += 1;
        let mut flags = kind_number(e.kind);
        let other = match t.kind {
            TransferKind::PostUpTo { .. } => 1,
            TransferKind::Reverse { .. } => 2,
            _ => 0,
        };
        let expires = if let TransferKind::Reserve { expires } = t.kind { expires } else { None };
        for (flag, set) in [
            (REFERENCE, t.reference != self.before.reference),
            (EFFECTIVE, t.effective_day.is_some()),
            (EXPIRES, expires.is_some()),
            (METADATA, !t.metadata.is_empty()),
            (OTHER_KIND, other != 0),
        ] {
            flags |= if set { flag } else { 0 };
        }
        out.push(flags);
        put(out, commit.wrapping_sub(self.before.commit));
        put_signed(out, e.time.as_micros().wrapping_sub(self.before.time));
        put_step(out, self.before.id, t.id.raw());
        put(out, e.debit.number);
        put(out, e.credit.number);
        put(out, t.amount.minor().cast_unsigned());
        put(out, u64::from(t.code.0));
        if flags & REFERENCE != 0 {
            put_step(out, self.before.reference, t.reference);
        }
        if let Some(day) = t.effective_day {
            put_signed(out, i64::from(day));
        }
        if let Some(at) = expires {
            put_signed(out, at.as_micros().wrapping_sub(e.time.as_micros()));
        }
        match t.kind {
            TransferKind::PostReserved { reservation } | TransferKind::Void { reservation } => {
                put_step(out, t.id.raw(), reservation.raw());
            }
            TransferKind::PostUpTo { most } => {
                out.push(other);
                put(out, most.cast_unsigned());
            }
            TransferKind::Reverse { .. } => out.push(other),
            TransferKind::Post | TransferKind::Reserve { .. } => {}
        }
        put_leg(out, &e.debit);
        put_leg(out, &e.credit);
        if !t.metadata.is_empty() {
            put(out, t.metadata.pairs().len() as u64);
            for (key, value) in t.metadata.pairs() {
                put_bytes(out, key.as_bytes());
                put_bytes(out, value.as_bytes());
            }
        }
        let sum = entry_checksum(checked, e, commit);
        out.extend_from_slice(&sum.to_le_bytes());
        self.before = Before { commit, time: e.time.as_micros(), id: t.id.raw(), reference: t.reference };
        sum
    }

    /// Empties it for the next block.
    pub(super) fn clear(&mut self) {
        self.body.clear();
        (self.count, self.before) = (0, Before::default());
    }
}

/// An entry as it lies in a block: all but the ids and currency of its accounts.
pub(super) struct Packed {
    pub(super) entry: Entry,
    pub(super) commit: u64,
    pub(super) checksum: i64,
}

/// Reads a block entry by entry.
pub(super) struct BlockReader<'a> {
    input: Input<'a>,
    sequence: u64,
    before: Before,
}

impl<'a> BlockReader<'a> {
    /// A reader of a block whose first entry has this sequence.
    pub(super) fn new(body: &'a [u8], first: u64) -> Self {
        Self { input: Input(body), sequence: first, before: Before::default() }
    }

    /// The next entry, not checked against its checksum: its accounts are not known here. `currency` stands in until then.
    pub(super) fn next(&mut self, currency: Currency) -> Result<Option<Packed>, Damaged> {
        if self.input.is_empty() {
            return Ok(None);
        }
        let input = &mut self.input;
        let flags = input.byte()?;
        let commit = self.before.commit.wrapping_add(input.number()?);
        let time = self.before.time.wrapping_add(input.signed()?);
        let id = input.step(self.before.id)?;
        let (debit, credit, amount) = (input.number()?, input.number()?, input.amount()?);
        let code = u16::try_from(input.number()?).map_err(|_| Damaged("a code is out of range"))?;
        let reference =
            if flags & REFERENCE != 0 { input.step(self.before.reference)? } else { self.before.reference };
        let effective_day = if flags & EFFECTIVE != 0 {
            Some(i32::try_from(input.signed()?).map_err(|_| Damaged("a day is out of range"))?)
        } else {
            None
        };
        let expires = if flags & EXPIRES != 0 {
            Some(Timestamp::from_micros(time.wrapping_add(input.signed()?)))
        } else {
            None
        };
        let (kind, transfer_kind) = match flags & 7 {
            1 if flags & OTHER_KIND != 0 => (
                EntryKind::Posted,
                match input.byte()? {
                    1 => TransferKind::PostUpTo { most: input.amount()? },
                    2 if id & reversal_id(TransferId::from_raw(0)).raw() != 0 => TransferKind::Reverse {
                        original: TransferId::from_raw(id ^ reversal_id(TransferId::from_raw(0)).raw()),
                    },
                    _ => return Err(Damaged("an unknown kind of transfer")),
                },
            ),
            1 => (EntryKind::Posted, TransferKind::Post),
            2 => (EntryKind::Reserved, TransferKind::Reserve { expires }),
            kind @ 3..=5 => {
                let reservation = TransferId::from_raw(input.step(id)?);
                match kind {
                    3 => (EntryKind::ReservationPosted, TransferKind::PostReserved { reservation }),
                    4 => (EntryKind::ReservationVoided, TransferKind::Void { reservation }),
                    _ => (EntryKind::ReservationExpired, TransferKind::Void { reservation }),
                }
            }
            _ => return Err(Damaged("an unknown kind of entry")),
        };
        let debit = leg(input, debit)?;
        let credit = leg(input, credit)?;
        let metadata = if flags & METADATA != 0 { metadata(input)? } else { Metadata::default() };
        let checksum = i64::from_le_bytes(input.take(8)?.try_into().unwrap_or_default());
        let transfer = Transfer {
            id: TransferId::from_raw(id),
            kind: transfer_kind,
            debit: AccountId::from_raw(0),
            credit: AccountId::from_raw(0),
            amount: Money::new(amount, currency),
            code: TransferCode(code),
            reference,
            effective_day,
            metadata,
        };
        let entry = Entry {
            sequence: self.sequence,
            time: Timestamp::from_micros(time),
            kind,
            transfer,
            debit,
            credit,
        };
        self.before = Before { commit, time, id, reference };
        self.sequence += 1;
        Ok(Some(Packed { entry, commit, checksum }))
    }
}

fn leg(input: &mut Input<'_>, number: u64) -> Result<Leg, Damaged> {
    let version = input.number()?;
    let after = Balance {
        debits_posted: input.amount()?,
        credits_posted: input.amount()?,
        debits_reserved: input.amount()?,
        credits_reserved: input.amount()?,
    };
    Ok(Leg { number, after, version })
}

fn metadata(input: &mut Input<'_>) -> Result<Metadata, Damaged> {
    let mut pairs = Vec::new();
    for _ in 0..input.number()?.min(Metadata::MOST as u64) {
        pairs.push((input.text()?.to_owned(), input.text()?.to_owned()));
    }
    Metadata::try_new(pairs).map_err(|_| Damaged("metadata is malformed"))
}
