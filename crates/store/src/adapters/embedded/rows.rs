//! Rows of the facts: how they are written, checked and read.

use pmts_kernel::Timestamp;
use pmts_ledger::{
    Account, AccountId, AccountState, ChartCode, EntityCode, Entry, EntryKind, Owner, Side, TransferKind,
    Velocity,
};
use pmts_money::Currency;
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

pub(super) fn damaged(column: usize, what: &str) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Integer, what.to_owned().into())
}

pub(super) fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    u64::try_from(row.get::<_, i64>(column)?).map_err(|_| damaged(column, "a negative count"))
}

fn small<T: TryFrom<i64>>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    T::try_from(row.get::<_, i64>(column)?).map_err(|_| damaged(column, "a number out of range"))
}

fn currency(row: &Row<'_>, column: usize) -> rusqlite::Result<Currency> {
    Currency::from_code(row.get_ref(column)?.as_str()?).map_err(|_| damaged(column, "an unknown currency"))
}

/// The number of an entry kind, in blocks and in checksums.
pub(super) const fn kind_number(kind: EntryKind) -> u8 {
    match kind {
        EntryKind::Posted => 1,
        EntryKind::Reserved => 2,
        EntryKind::ReservationPosted => 3,
        EntryKind::ReservationVoided => 4,
        EntryKind::ReservationExpired => 5,
    }
}

/// The checksum of an entry: the fact that goes into the digest of its commit. What format 1 did not have is added only
/// where it is there, so that an entry has the same checksum in every format.
pub(super) fn entry_checksum(c: &mut Checked, e: &Entry, commit: u64) -> i64 {
    let t = &e.transfer;
    let expires = if let TransferKind::Reserve { expires } = t.kind { expires } else { None };
    let reservation = match t.kind {
        TransferKind::PostReserved { reservation } | TransferKind::Void { reservation } => reservation.raw(),
        _ => 0,
    };
    c.int(e.sequence.cast_signed())
        .int(commit.cast_signed())
        .int(e.time.as_micros())
        .id(t.id.raw())
        .int(i64::from(kind_number(e.kind)));
    c.int(e.debit.number.cast_signed())
        .int(e.credit.number.cast_signed())
        .int(t.amount.minor())
        .int(i64::from(t.code.0));
    c.id(t.reference)
        .optional(t.effective_day.map(i64::from))
        .optional(expires.map(Timestamp::as_micros))
        .id(reservation);
    for leg in [&e.debit, &e.credit] {
        let b = leg.after;
        c.int(leg.version.cast_signed())
            .int(b.debits_posted)
            .int(b.credits_posted)
            .int(b.debits_reserved)
            .int(b.credits_reserved);
    }
    match t.kind {
        TransferKind::PostUpTo { most } => drop(c.int(101).int(most)),
        TransferKind::Reverse { .. } => drop(c.int(102)),
        _ => {}
    }
    for (key, value) in t.metadata.pairs() {
        c.text(key).text(value);
    }
    c.sum()
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
    if let Some(velocity) = velocity_text(a) {
        c.text(&velocity);
    }
    if let Some(parent) = a.parent {
        c.id(parent.raw());
    }
    c.sum()
}

/// Velocity limits as they lie on disk: JSON, nothing if there are none.
fn velocity_text(a: &Account) -> Option<String> {
    (!a.velocity.is_empty()).then(|| serde_json::to_string(&a.velocity).unwrap_or_default())
}

fn velocity(row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<Velocity>> {
    let text: Option<String> = row.get(column)?;
    text.map_or(Ok(Vec::new()), |t| {
        serde_json::from_str(&t).map_err(|_| damaged(column, "malformed velocity limits"))
    })
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
    let mut insert = db.prepare_cached("INSERT INTO accounts VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)")?;
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
        velocity_text(a),
        a.parent.map(|p| blob(p.raw())),
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
    let velocity = velocity_text(a);
    let sum =
        change_checksum(c, seq, commit, state.number, (a.floor, a.ceiling, a.closed), velocity.as_deref());
    let mut insert = db.prepare_cached("INSERT INTO account_changes VALUES (?,?,?,?,?,?,?,?)")?;
    insert.execute(params![
        seq,
        commit,
        state.number.cast_signed(),
        a.floor,
        a.ceiling,
        a.closed,
        velocity,
        sum
    ])?;
    Ok(sum)
}

type Limits = (Option<i64>, Option<i64>, bool, Vec<Velocity>);

fn change_checksum(
    c: &mut Checked,
    seq: i64,
    commit: i64,
    number: u64,
    (floor, ceiling, closed): (Option<i64>, Option<i64>, bool),
    velocity: Option<&str>,
) -> i64 {
    c.int(seq).int(commit).int(number.cast_signed()).optional(floor).optional(ceiling).int(i64::from(closed));
    if let Some(velocity) = velocity {
        c.text(velocity);
    }
    c.sum()
}

/// Reads and checks a row of `account_changes`: account number, commit, checksum, limits.
pub(super) fn account_change(row: &Row<'_>) -> rusqlite::Result<(u64, i64, i64, Limits)> {
    let (seq, commit, number, sum) = (row.get(0)?, row.get(1)?, unsigned(row, 2)?, row.get(7)?);
    let (floor, ceiling, closed) = (row.get(3)?, row.get(4)?, row.get(5)?);
    let text: Option<String> = row.get(6)?;
    let limits = (floor, ceiling, closed);
    if change_checksum(&mut Checked::default(), seq, commit, number, limits, text.as_deref()) != sum {
        return Err(damaged(7, &format!("account change {seq} does not match its checksum")));
    }
    Ok((number, commit, sum, (floor, ceiling, closed, velocity(row, 6)?)))
}

/// Reads and checks a row of `accounts`, as opened: the account, its number, commit and checksum.
pub(super) fn account(row: &Row<'_>) -> rusqlite::Result<(Account, u64, i64, i64)> {
    let (number, commit, sum) = (unsigned(row, 0)?, row.get(1)?, row.get(13)?);
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
        velocity: velocity(row, 11)?,
        parent: row.get::<_, Option<[u8; 16]>>(12)?.map(|p| AccountId::from_raw(u128::from_be_bytes(p))),
    };
    if account_checksum(&mut Checked::default(), number, commit, &account) != sum {
        return Err(damaged(13, &format!("account row {number} does not match its checksum")));
    }
    Ok((account, number, commit, sum))
}

/// An account as it is now, with the limits of its last change.
pub(super) fn account_now(db: &Connection, row: &Row<'_>) -> rusqlite::Result<(Account, u64)> {
    let (mut account, number, ..) = account(row)?;
    let mut last =
        db.prepare_cached("SELECT * FROM account_changes WHERE number = ? ORDER BY seq DESC LIMIT 1")?;
    if let Some((.., limits)) = last.query_row([number.cast_signed()], account_change).optional()? {
        (account.floor, account.ceiling, account.closed, account.velocity) = limits;
    }
    Ok((account, number))
}

/// Reads (currency, chart) of an account.
pub(super) fn currency_and_chart(row: &Row<'_>) -> rusqlite::Result<(Currency, ChartCode)> {
    Ok((currency(row, 0)?, ChartCode(small(row, 1)?)))
}

/// The account of an id.
pub(super) fn account_of(db: &Connection, id: AccountId) -> rusqlite::Result<Option<(Account, u64)>> {
    let mut select = db.prepare_cached("SELECT * FROM accounts WHERE id = ?")?;
    select.query_row([blob(id.raw())], |r| account_now(db, r)).optional()
}

fn period_checksum(c: &mut Checked, seq: i64, commit: i64, entity: EntityCode, day: Option<i32>) -> i64 {
    c.int(seq).int(commit).int(i64::from(entity.0)).optional(day.map(i64::from)).sum()
}

/// Appends the closing or opening of a period; gives its checksum.
pub(super) fn insert_period(
    db: &Connection,
    c: &mut Checked,
    (entity, closed_through): (EntityCode, Option<i32>),
    seq: i64,
    commit: i64,
) -> rusqlite::Result<i64> {
    let sum = period_checksum(c, seq, commit, entity, closed_through);
    db.prepare_cached("INSERT INTO periods VALUES (?,?,?,?,?)")?.execute(params![
        seq,
        commit,
        entity.0,
        closed_through,
        sum
    ])?;
    Ok(sum)
}

/// Reads and checks a row of `periods`: entity, last closed day, commit, checksum.
pub(super) fn period(row: &Row<'_>) -> rusqlite::Result<(EntityCode, Option<i32>, i64, i64)> {
    let (seq, commit, entity, day, sum) =
        (row.get(0)?, row.get(1)?, EntityCode(small(row, 2)?), row.get(3)?, row.get(4)?);
    if period_checksum(&mut Checked::default(), seq, commit, entity, day) != sum {
        return Err(damaged(4, &format!("period {seq} does not match its checksum")));
    }
    Ok((entity, day, commit, sum))
}
