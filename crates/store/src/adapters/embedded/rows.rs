//! Rows of the facts: how they are written, checked and read.

use pmts_kernel::Timestamp;
use pmts_ledger::{
    Account, AccountId, AccountState, Balance, ChartCode, EntityCode, Entry, EntryKind, Leg, Owner, Side,
    Transfer, TransferCode, TransferId, TransferKind,
};
use pmts_money::{Currency, Money};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};

/// Builds the bytes a checksum is taken over: numbers little-endian, text and bytes with their length before them.
#[derive(Default)]
pub(super) struct Checked(Vec<u8>);

impl Checked {
    pub(super) fn int(&mut self, n: i64) -> &mut Self {
        self.0.extend_from_slice(&n.to_le_bytes());
        self
    }

    pub(super) fn optional(&mut self, n: Option<i64>) -> &mut Self {
        self.0.push(u8::from(n.is_some()));
        self.int(n.unwrap_or(0))
    }

    pub(super) fn id(&mut self, id: u128) -> &mut Self {
        self.0.extend_from_slice(&id.to_be_bytes());
        self
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.int(text.len() as i64);
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.int(bytes.len() as i64);
        self.0.extend_from_slice(bytes);
        self
    }

    /// The checksum; the buffer is empty again.
    pub(super) fn sum(&mut self) -> i64 {
        let sum = xxhash_rust::xxh3::xxh3_64(&self.0).cast_signed();
        self.0.clear();
        sum
    }
}

/// A 128-bit id as the 16 bytes in which it lies on disk, so that byte order is number order.
pub(super) fn blob(id: u128) -> [u8; 16] {
    id.to_be_bytes()
}

/// Reads such an id.
pub(super) fn id(row: &Row<'_>, column: usize) -> rusqlite::Result<u128> {
    row.get::<_, [u8; 16]>(column).map(u128::from_be_bytes)
}

fn damaged(column: usize, what: &str) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Integer, what.to_owned().into())
}

fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    u64::try_from(row.get::<_, i64>(column)?).map_err(|_| damaged(column, "a negative count"))
}

fn small<T: TryFrom<i64>>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    T::try_from(row.get::<_, i64>(column)?).map_err(|_| damaged(column, "a number out of range"))
}

fn currency(row: &Row<'_>, column: usize) -> rusqlite::Result<Currency> {
    Currency::from_code(row.get_ref(column)?.as_str()?).map_err(|_| damaged(column, "an unknown currency"))
}

/// The number of an entry kind on disk.
pub(super) fn kind_number(kind: EntryKind) -> i64 {
    match kind {
        EntryKind::Posted => 1,
        EntryKind::Reserved => 2,
        EntryKind::ReservationPosted => 3,
        EntryKind::ReservationVoided => 4,
        EntryKind::ReservationExpired => 5,
    }
}

fn transfer_checksum(c: &mut Checked, e: &Entry, commit: i64) -> i64 {
    let t = &e.transfer;
    c.int(e.sequence.cast_signed())
        .int(commit)
        .int(e.time.as_micros())
        .id(t.id.raw())
        .int(kind_number(e.kind));
    c.int(e.debit.number.cast_signed())
        .int(e.credit.number.cast_signed())
        .int(t.amount.minor())
        .int(i64::from(t.code.0));
    c.id(t.reference)
        .optional(t.effective_day.map(i64::from))
        .optional(expires(t))
        .id(reservation(t).unwrap_or(0));
    for leg in [&e.debit, &e.credit] {
        let b = leg.after;
        c.int(leg.version.cast_signed())
            .int(b.debits_posted)
            .int(b.credits_posted)
            .int(b.debits_reserved)
            .int(b.credits_reserved);
    }
    c.sum()
}

fn expires(t: &Transfer) -> Option<i64> {
    if let TransferKind::Reserve { expires } = t.kind { expires.map(Timestamp::as_micros) } else { None }
}

fn reservation(t: &Transfer) -> Option<u128> {
    match t.kind {
        TransferKind::PostReserved { reservation } | TransferKind::Void { reservation } => {
            Some(reservation.raw())
        }
        _ => None,
    }
}

/// Appends an entry; gives its checksum.
pub(super) fn insert_entry(
    db: &Connection,
    c: &mut Checked,
    e: &Entry,
    commit: i64,
) -> rusqlite::Result<i64> {
    let (t, d, k) = (&e.transfer, &e.debit, &e.credit);
    let sum = transfer_checksum(c, e, commit);
    let mut insert =
        db.prepare_cached("INSERT INTO transfers VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)")?;
    insert.execute(params![
        e.sequence.cast_signed(),
        commit,
        e.time.as_micros(),
        blob(t.id.raw()),
        kind_number(e.kind),
        d.number.cast_signed(),
        k.number.cast_signed(),
        t.amount.minor(),
        t.code.0,
        (t.reference != 0).then(|| blob(t.reference)),
        t.effective_day,
        expires(t),
        reservation(t).map(blob),
        d.version.cast_signed(),
        d.after.debits_posted,
        d.after.credits_posted,
        d.after.debits_reserved,
        d.after.credits_reserved,
        k.version.cast_signed(),
        k.after.debits_posted,
        k.after.credits_posted,
        k.after.debits_reserved,
        k.after.credits_reserved,
        sum,
    ])?;
    Ok(sum)
}

/// What every query of entries selects; [`entry`] reads it. Complete it with a WHERE clause on `t`.
pub(super) const SELECT_ENTRY: &str = "SELECT t.seq, t.commit_seq, t.time, t.id, t.kind, t.debit, t.credit, t.amount, t.code, t.reference,
  t.effective_day, t.expires, t.reservation, t.debit_version, t.debit_debits_posted, t.debit_credits_posted,
  t.debit_debits_reserved, t.debit_credits_reserved, t.credit_version, t.credit_debits_posted, t.credit_credits_posted,
  t.credit_debits_reserved, t.credit_credits_reserved, t.checksum, d.id, d.currency, c.id
  FROM transfers t JOIN accounts d ON d.number = t.debit JOIN accounts c ON c.number = t.credit";

/// Reads a row of [`SELECT_ENTRY`] and checks it: the entry, its commit and its checksum.
pub(super) fn entry(row: &Row<'_>) -> rusqlite::Result<(Entry, i64, i64)> {
    let leg = |number: usize, version: usize| -> rusqlite::Result<Leg> {
        let after = Balance {
            debits_posted: row.get(version + 1)?,
            credits_posted: row.get(version + 2)?,
            debits_reserved: row.get(version + 3)?,
            credits_reserved: row.get(version + 4)?,
        };
        Ok(Leg { number: unsigned(row, number)?, after, version: unsigned(row, version)? })
    };
    let reservation = || -> rusqlite::Result<TransferId> { id(row, 12).map(TransferId::from_raw) };
    let (kind, transfer_kind) = match row.get::<_, i64>(4)? {
        1 => (EntryKind::Posted, TransferKind::Post),
        2 => (
            EntryKind::Reserved,
            TransferKind::Reserve { expires: row.get::<_, Option<i64>>(11)?.map(Timestamp::from_micros) },
        ),
        3 => (EntryKind::ReservationPosted, TransferKind::PostReserved { reservation: reservation()? }),
        4 => (EntryKind::ReservationVoided, TransferKind::Void { reservation: reservation()? }),
        5 => (EntryKind::ReservationExpired, TransferKind::Void { reservation: reservation()? }),
        _ => return Err(damaged(4, "an unknown kind of entry")),
    };
    let transfer = Transfer {
        id: TransferId::from_raw(id(row, 3)?),
        kind: transfer_kind,
        debit: AccountId::from_raw(id(row, 24)?),
        credit: AccountId::from_raw(id(row, 26)?),
        amount: Money::new(row.get(7)?, currency(row, 25)?),
        code: TransferCode(small(row, 8)?),
        reference: row.get::<_, Option<[u8; 16]>>(9)?.map_or(0, u128::from_be_bytes),
        effective_day: row
            .get::<_, Option<i64>>(10)?
            .map(|d| i32::try_from(d).map_err(|_| damaged(10, "a day out of range")))
            .transpose()?,
    };
    let time = Timestamp::from_micros(row.get(2)?);
    let entry =
        Entry { sequence: unsigned(row, 0)?, time, kind, transfer, debit: leg(5, 13)?, credit: leg(6, 18)? };
    let (commit, sum): (i64, i64) = (row.get(1)?, row.get(23)?);
    if transfer_checksum(&mut Checked::default(), &entry, commit) != sum {
        return Err(damaged(23, &format!("transfer row {} does not match its checksum", entry.sequence)));
    }
    Ok((entry, commit, sum))
}

/// The entry at a sequence.
pub(super) fn entry_at(db: &Connection, sequence: u64) -> rusqlite::Result<Option<Entry>> {
    let mut select = db.prepare_cached(&format!("{SELECT_ENTRY} WHERE t.seq = ?"))?;
    select.query_row([sequence.cast_signed()], |r| entry(r).map(|e| e.0)).optional()
}

/// The entry of a transfer id.
pub(super) fn entry_of(db: &Connection, id: u128) -> rusqlite::Result<Option<Entry>> {
    let mut select = db.prepare_cached(&format!("{SELECT_ENTRY} WHERE t.id = ?"))?;
    select.query_row([blob(id)], |r| entry(r).map(|e| e.0)).optional()
}

fn account_checksum(c: &mut Checked, number: u64, commit: i64, a: &Account) -> i64 {
    c.int(number.cast_signed())
        .int(commit)
        .id(a.id.raw())
        .text(a.currency.code())
        .int(i64::from(a.chart.0))
        .text(a.owner.as_str());
    c.int(i64::from(a.entity.0))
        .text(side_text(a.side))
        .optional(a.floor)
        .optional(a.ceiling)
        .int(i64::from(a.closed));
    c.sum()
}

fn side_text(side: Side) -> &'static str {
    match side {
        Side::Debit => "debit",
        Side::Credit => "credit",
    }
}

/// Appends an account as it was opened; gives its checksum.
pub(super) fn insert_account(
    db: &Connection,
    c: &mut Checked,
    state: &AccountState,
    commit: i64,
) -> rusqlite::Result<i64> {
    let a = &state.account;
    let sum = account_checksum(c, state.number, commit, a);
    let mut insert = db.prepare_cached("INSERT INTO accounts VALUES (?,?,?,?,?,?,?,?,?,?,?,?)")?;
    insert.execute(params![
        state.number.cast_signed(),
        commit,
        blob(a.id.raw()),
        a.currency.code(),
        a.chart.0,
        a.owner.as_str(),
        a.entity.0,
        side_text(a.side),
        a.floor,
        a.ceiling,
        a.closed,
        sum
    ])?;
    Ok(sum)
}

/// Appends a change of limits or of being closed; gives its checksum.
pub(super) fn insert_account_change(
    db: &Connection,
    c: &mut Checked,
    state: &AccountState,
    seq: i64,
    commit: i64,
) -> rusqlite::Result<i64> {
    let a = &state.account;
    let sum = change_checksum(c, seq, commit, state.number, (a.floor, a.ceiling, a.closed));
    let mut insert = db.prepare_cached("INSERT INTO account_changes VALUES (?,?,?,?,?,?,?)")?;
    insert.execute(params![seq, commit, state.number.cast_signed(), a.floor, a.ceiling, a.closed, sum])?;
    Ok(sum)
}

type Limits = (Option<i64>, Option<i64>, bool);

fn change_checksum(
    c: &mut Checked,
    seq: i64,
    commit: i64,
    number: u64,
    (floor, ceiling, closed): Limits,
) -> i64 {
    c.int(seq)
        .int(commit)
        .int(number.cast_signed())
        .optional(floor)
        .optional(ceiling)
        .int(i64::from(closed))
        .sum()
}

/// Reads and checks a row of `account_changes`: account number, commit, checksum, limits.
pub(super) fn account_change(row: &Row<'_>) -> rusqlite::Result<(u64, i64, i64, Limits)> {
    let (seq, commit, number, sum) = (row.get(0)?, row.get(1)?, unsigned(row, 2)?, row.get(6)?);
    let limits = (row.get(3)?, row.get(4)?, row.get(5)?);
    if change_checksum(&mut Checked::default(), seq, commit, number, limits) != sum {
        return Err(damaged(6, &format!("account change {seq} does not match its checksum")));
    }
    Ok((number, commit, sum, limits))
}

/// Reads and checks a row of `accounts`, as opened: the account, its number, commit and checksum.
pub(super) fn account(row: &Row<'_>) -> rusqlite::Result<(Account, u64, i64, i64)> {
    let (number, commit, sum) = (unsigned(row, 0)?, row.get(1)?, row.get(11)?);
    let account = Account {
        id: AccountId::from_raw(id(row, 2)?),
        currency: currency(row, 3)?,
        chart: ChartCode(small(row, 4)?),
        owner: Owner::try_new(row.get::<_, String>(5)?).map_err(|_| damaged(5, "a malformed owner"))?,
        entity: EntityCode(small(row, 6)?),
        side: match row.get_ref(7)?.as_str()? {
            "debit" => Side::Debit,
            "credit" => Side::Credit,
            _ => return Err(damaged(7, "an unknown side")),
        },
        floor: row.get(8)?,
        ceiling: row.get(9)?,
        closed: row.get(10)?,
    };
    if account_checksum(&mut Checked::default(), number, commit, &account) != sum {
        return Err(damaged(11, &format!("account row {number} does not match its checksum")));
    }
    Ok((account, number, commit, sum))
}

/// An account as it is now, with the limits of its last change.
pub(super) fn account_now(db: &Connection, row: &Row<'_>) -> rusqlite::Result<(Account, u64)> {
    let (mut account, number, ..) = account(row)?;
    let mut last =
        db.prepare_cached("SELECT * FROM account_changes WHERE number = ? ORDER BY seq DESC LIMIT 1")?;
    if let Some((.., limits)) = last.query_row([number.cast_signed()], account_change).optional()? {
        (account.floor, account.ceiling, account.closed) = limits;
    }
    Ok((account, number))
}

/// The account of an id.
pub(super) fn account_of(db: &Connection, id: AccountId) -> rusqlite::Result<Option<(Account, u64)>> {
    let mut select = db.prepare_cached("SELECT * FROM accounts WHERE id = ?")?;
    select.query_row([blob(id.raw())], |r| account_now(db, r)).optional()
}
