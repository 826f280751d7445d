//! Entries of the journal and open reservations: rows and how they are read.

use super::columns::columns;
use super::error::Damage;
use super::value::{Day, Id, Time};
use pmts_kernel::Timestamp;
use pmts_ledger::{
    AccountId, Balance, Entry, EntryKind, Leg, Metadata, Transfer, TransferCode, TransferId, TransferKind,
};
use pmts_money::{Currency, Money};
use tokio_postgres::Row;

columns! {
    /// An entry of the journal.
    TransferRow, TransferColumns in "transfers" {
        sequence: i64 => "bigint",
        commit_number: i64 => "bigint",
        time: Time => "timestamptz",
        id: Id => "uuid",
        debit: i64 => "bigint",
        credit: i64 => "bigint",
        amount: i64 => "bigint",
        code: i32 => "integer",
        kind: &'static str => "text",
        reference: Option<Id> => "uuid",
        refers_to: Option<Id> => "uuid",
        expires: Option<Time> => "timestamptz",
        effective_day: Option<Day> => "date",
        most: Option<i64> => "bigint",
        metadata: Option<String> => "text",
        debit_version: i64 => "bigint",
        debit_debits_posted: i64 => "bigint",
        debit_credits_posted: i64 => "bigint",
        debit_debits_reserved: i64 => "bigint",
        debit_credits_reserved: i64 => "bigint",
        credit_version: i64 => "bigint",
        credit_debits_posted: i64 => "bigint",
        credit_credits_posted: i64 => "bigint",
        credit_debits_reserved: i64 => "bigint",
        credit_credits_reserved: i64 => "bigint",
    }
}

columns! {
    /// A reservation that is open.
    ReservationRow, ReservationColumns in "reservations" {
        id: Id => "uuid",
        sequence: i64 => "bigint",
        expires: Option<Time> => "timestamptz",
    }
}

columns! {
    /// A pair of a transfer's metadata.
    MetadataRow, MetadataColumns in "transfer_metadata" {
        key: String => "text",
        value: String => "text",
        sequence: i64 => "bigint",
    }
}

/// The kinds of entries that move money.
pub(super) const MOVED: &str = "('posted', 'posted_up_to', 'reversal', 'reservation_posted')";
/// The kinds of entries that count against velocity limits.
pub(super) const COUNTED: &str = "('posted', 'posted_up_to', 'reversal', 'reserved')";
/// The day for which an entry counts.
pub(super) const DAY: &str = "coalesce(t.effective_day, (t.time AT TIME ZONE 'UTC')::date)";

/// The name of an entry's kind in the table.
fn kind_name(kind: EntryKind, of: TransferKind) -> &'static str {
    match kind {
        EntryKind::Posted => match of {
            TransferKind::PostUpTo { .. } => "posted_up_to",
            TransferKind::Reverse { .. } => "reversal",
            _ => "posted",
        },
        EntryKind::Reserved => "reserved",
        EntryKind::ReservationPosted => "reservation_posted",
        EntryKind::ReservationVoided => "reservation_voided",
        EntryKind::ReservationExpired => "reservation_expired",
    }
}

/// When a reservation lapses.
pub(super) fn expires(t: &Transfer) -> Option<Timestamp> {
    if let TransferKind::Reserve { expires } = t.kind { expires } else { None }
}

/// The reservation that a transfer resolves.
pub(super) fn resolves(t: &Transfer) -> Option<TransferId> {
    match t.kind {
        TransferKind::PostReserved { reservation } | TransferKind::Void { reservation } => Some(reservation),
        TransferKind::Post
        | TransferKind::Reserve { .. }
        | TransferKind::PostUpTo { .. }
        | TransferKind::Reverse { .. } => None,
    }
}

/// The transfer that a transfer takes back.
pub(super) fn takes_back(t: &Transfer) -> Option<TransferId> {
    if let TransferKind::Reverse { original } = t.kind { Some(original) } else { None }
}

impl TransferRow {
    /// The row of an entry.
    pub(super) fn of(e: &Entry, commit: u64) -> Self {
        let (t, d, c) = (&e.transfer, &e.debit, &e.credit);
        Self {
            sequence: e.sequence.cast_signed(),
            commit_number: commit.cast_signed(),
            time: Time(e.time),
            id: Id(t.id.raw()),
            debit: d.number.cast_signed(),
            credit: c.number.cast_signed(),
            amount: t.amount.minor(),
            code: i32::from(t.code.0),
            kind: kind_name(e.kind, t.kind),
            reference: Id::unless_zero(t.reference),
            refers_to: resolves(t).or(takes_back(t)).map(|r| Id(r.raw())),
            expires: expires(t).map(Time),
            effective_day: t.effective_day.map(Day),
            most: if let TransferKind::PostUpTo { most } = t.kind { Some(most) } else { None },
            // Pairs of texts always have a text form.
            metadata: (!t.metadata.is_empty())
                .then(|| serde_json::to_string(&t.metadata).unwrap_or_default()),
            debit_version: d.version.cast_signed(),
            debit_debits_posted: d.after.debits_posted,
            debit_credits_posted: d.after.credits_posted,
            debit_debits_reserved: d.after.debits_reserved,
            debit_credits_reserved: d.after.credits_reserved,
            credit_version: c.version.cast_signed(),
            credit_debits_posted: c.after.debits_posted,
            credit_credits_posted: c.after.credits_posted,
            credit_debits_reserved: c.after.debits_reserved,
            credit_credits_reserved: c.after.credits_reserved,
        }
    }
}

/// What every query of entries selects; [`entry`] reads it. Complete it with more joins and a condition on `t`.
pub(super) const SELECT_ENTRY: &str =
    "SELECT t.sequence, t.time, t.id, t.debit, t.credit, t.amount, t.code, t.kind, t.reference,
  t.refers_to, t.expires, t.effective_day, t.debit_version, t.debit_debits_posted, t.debit_credits_posted,
  t.debit_debits_reserved, t.debit_credits_reserved, t.credit_version, t.credit_debits_posted, t.credit_credits_posted,
  t.credit_debits_reserved, t.credit_credits_reserved, d.id, c.id, d.currency, t.most, t.metadata
  FROM transfers t JOIN accounts d ON d.number = t.debit JOIN accounts c ON c.number = t.credit";

/// Reads a row of [`SELECT_ENTRY`].
pub(super) fn entry(row: &Row) -> Result<Entry, Damage> {
    let leg = |number: usize, version: usize| -> Result<Leg, Damage> {
        let after = Balance {
            debits_posted: row.try_get(version + 1)?,
            credits_posted: row.try_get(version + 2)?,
            debits_reserved: row.try_get(version + 3)?,
            credits_reserved: row.try_get(version + 4)?,
        };
        let unsigned = |column: usize| -> Result<u64, Damage> {
            u64::try_from(row.try_get::<_, i64>(column)?).map_err(|_| Damage::of("a negative count"))
        };
        Ok(Leg { number: unsigned(number)?, after, version: unsigned(version)? })
    };
    let refers_to = || -> Result<TransferId, Damage> { Ok(TransferId::from_raw(row.try_get::<_, Id>(9)?.0)) };
    let (kind, transfer_kind) = match row.try_get::<_, &str>(7)? {
        "posted" => (EntryKind::Posted, TransferKind::Post),
        "posted_up_to" => (EntryKind::Posted, TransferKind::PostUpTo { most: row.try_get(25)? }),
        "reversal" => (EntryKind::Posted, TransferKind::Reverse { original: refers_to()? }),
        "reserved" => (
            EntryKind::Reserved,
            TransferKind::Reserve { expires: row.try_get::<_, Option<Time>>(10)?.map(|t| t.0) },
        ),
        "reservation_posted" => {
            (EntryKind::ReservationPosted, TransferKind::PostReserved { reservation: refers_to()? })
        }
        "reservation_voided" => {
            (EntryKind::ReservationVoided, TransferKind::Void { reservation: refers_to()? })
        }
        "reservation_expired" => {
            (EntryKind::ReservationExpired, TransferKind::Void { reservation: refers_to()? })
        }
        other => return Err(Damage::of(&format!("an unknown kind of entry: {other}"))),
    };
    let currency = Currency::from_code(row.try_get(24)?).map_err(|_| Damage::of("an unknown currency"))?;
    let code = u16::try_from(row.try_get::<_, i32>(6)?).map_err(|_| Damage::of("a code out of range"))?;
    let transfer = Transfer {
        id: TransferId::from_raw(row.try_get::<_, Id>(2)?.0),
        kind: transfer_kind,
        debit: AccountId::from_raw(row.try_get::<_, Id>(22)?.0),
        credit: AccountId::from_raw(row.try_get::<_, Id>(23)?.0),
        amount: Money::new(row.try_get(5)?, currency),
        code: TransferCode(code),
        reference: row.try_get::<_, Option<Id>>(8)?.map_or(0, |id| id.0),
        effective_day: row.try_get::<_, Option<Day>>(11)?.map(|d| d.0),
        metadata: match row.try_get::<_, Option<&str>>(26)? {
            Some(text) => serde_json::from_str(text).map_err(|e| Damage::of(&e.to_string()))?,
            None => Metadata::default(),
        },
    };
    let sequence = u64::try_from(row.try_get::<_, i64>(0)?).map_err(|_| Damage::of("a negative sequence"))?;
    let time = row.try_get::<_, Time>(1)?.0;
    Ok(Entry { sequence, time, kind, transfer, debit: leg(3, 12)?, credit: leg(4, 17)? })
}
