//! Accounts: rows, how they are updated and read.

use super::columns::columns;
use super::error::Damage;
use super::value::{Day, Id};
use pmts_ledger::{Account, AccountId, AccountState, Balance, ChartCode, EntityCode, Owner, Side};
use pmts_money::Currency;
use tokio_postgres::Row;

columns! {
    /// An account that was opened.
    AccountRow, AccountColumns in "accounts" {
        number: i64 => "bigint",
        version: i64 => "bigint",
        debits_posted: i64 => "bigint",
        credits_posted: i64 => "bigint",
        debits_reserved: i64 => "bigint",
        credits_reserved: i64 => "bigint",
        id: Id => "uuid",
        currency: String => "text",
        chart: i32 => "integer",
        entity: i32 => "integer",
        owner: String => "text",
        side: &'static str => "text",
        floor: Option<i64> => "bigint",
        ceiling: Option<i64> => "bigint",
        velocity: String => "text",
        parent: Option<Id> => "uuid",
        closed: bool => "boolean",
        opened_by_commit: i64 => "bigint",
    }
}

columns! {
    /// New sums of an account whose limits stay as they are.
    BalanceRow, BalanceColumns in "accounts" {
        number: i64 => "bigint",
        expected: i64 => "bigint",
        version: i64 => "bigint",
        debits_posted: i64 => "bigint",
        credits_posted: i64 => "bigint",
        debits_reserved: i64 => "bigint",
        credits_reserved: i64 => "bigint",
    }
}

columns! {
    /// New sums and limits of an account.
    LimitsRow, LimitsColumns in "accounts" {
        number: i64 => "bigint",
        expected: i64 => "bigint",
        version: i64 => "bigint",
        debits_posted: i64 => "bigint",
        credits_posted: i64 => "bigint",
        debits_reserved: i64 => "bigint",
        credits_reserved: i64 => "bigint",
        floor: Option<i64> => "bigint",
        ceiling: Option<i64> => "bigint",
        velocity: String => "text",
        closed: bool => "boolean",
    }
}

columns! {
    /// The last closed day of an entity.
    PeriodRow, PeriodColumns in "periods" {
        entity: i32 => "integer",
        closed_through: Day => "date",
    }
}

columns! {
    /// Days closed or opened again.
    PeriodChangeRow, PeriodChangeColumns in "period_changes" {
        commit_number: i64 => "bigint",
        entity: i32 => "integer",
        closed_through: Option<Day> => "date",
    }
}

/// Closes days.
pub(super) fn put_periods() -> String {
    format!(
        "{} ON CONFLICT (entity) DO UPDATE SET closed_through = excluded.closed_through",
        PeriodColumns::insert()
    )
}

columns! {
    /// A change of limits, or closing.
    ChangeRow, ChangeColumns in "account_changes" {
        commit_number: i64 => "bigint",
        account: i64 => "bigint",
        floor: Option<i64> => "bigint",
        ceiling: Option<i64> => "bigint",
        velocity: String => "text",
        closed: bool => "boolean",
    }
}

/// The balances after a group. The database judges again: the version must be the one that was judged upon, and a limit
/// may not be crossed, or crossed further. If not, the version becomes -1, which the table refuses, and with it the group.
pub(super) fn update_balances() -> String {
    let low = |of: &str| {
        format!("CASE a.side WHEN 'debit' THEN {of}.debits_posted::numeric - {of}.credits_posted - {of}.credits_reserved
                 ELSE {of}.credits_posted::numeric - {of}.debits_posted - {of}.debits_reserved END")
    };
    let high = |of: &str| {
        format!("CASE a.side WHEN 'debit' THEN {of}.debits_posted::numeric - {of}.credits_posted + {of}.debits_reserved
                 ELSE {of}.credits_posted::numeric - {of}.debits_posted + {of}.credits_reserved END")
    };
    format!(
        "UPDATE accounts AS a SET version = CASE WHEN a.version = n.expected
           AND (a.floor IS NULL OR {} >= least(a.floor, {}))
           AND (a.ceiling IS NULL OR {} <= greatest(a.ceiling, {})) THEN n.version ELSE -1 END,
         debits_posted = n.debits_posted, credits_posted = n.credits_posted,
         debits_reserved = n.debits_reserved, credits_reserved = n.credits_reserved
         FROM {} WHERE a.number = n.number",
        low("n"),
        low("a"),
        high("n"),
        high("a"),
        BalanceColumns::unnest()
    )
}

/// The same for accounts whose limits changed in the group: only the version is judged again.
pub(super) fn update_limits() -> String {
    format!(
        "UPDATE accounts AS a SET version = CASE WHEN a.version = n.expected THEN n.version ELSE -1 END,
         debits_posted = n.debits_posted, credits_posted = n.credits_posted,
         debits_reserved = n.debits_reserved, credits_reserved = n.credits_reserved,
         floor = n.floor, ceiling = n.ceiling, velocity = n.velocity, closed = n.closed
         FROM {} WHERE a.number = n.number",
        LimitsColumns::unnest()
    )
}

impl AccountRow {
    /// The row of a new account as it stands at the end of its group.
    pub(super) fn of(state: &AccountState, commit: u64) -> Self {
        let (a, b) = (&state.account, &state.balance);
        Self {
            number: state.number.cast_signed(),
            version: state.version.cast_signed(),
            debits_posted: b.debits_posted,
            credits_posted: b.credits_posted,
            debits_reserved: b.debits_reserved,
            credits_reserved: b.credits_reserved,
            id: Id(a.id.raw()),
            currency: a.currency.code().to_owned(),
            chart: i32::from(a.chart.0),
            entity: i32::from(a.entity.0),
            owner: a.owner.as_str().to_owned(),
            side: side_name(a.side),
            floor: a.floor,
            ceiling: a.ceiling,
            velocity: velocity(a),
            parent: a.parent.map(|p| Id(p.raw())),
            closed: a.closed,
            opened_by_commit: commit.cast_signed(),
        }
    }
}

impl BalanceRow {
    /// The sums at the end of a group that began at version `expected`.
    pub(super) fn of(state: &AccountState, expected: u64) -> Self {
        let b = &state.balance;
        Self {
            number: state.number.cast_signed(),
            expected: expected.cast_signed(),
            version: state.version.cast_signed(),
            debits_posted: b.debits_posted,
            credits_posted: b.credits_posted,
            debits_reserved: b.debits_reserved,
            credits_reserved: b.credits_reserved,
        }
    }
}

impl LimitsRow {
    /// Sums and limits at the end of a group that began at version `expected`.
    pub(super) fn of(state: &AccountState, expected: u64) -> Self {
        let (a, b) = (&state.account, &state.balance);
        Self {
            number: state.number.cast_signed(),
            expected: expected.cast_signed(),
            version: state.version.cast_signed(),
            debits_posted: b.debits_posted,
            credits_posted: b.credits_posted,
            debits_reserved: b.debits_reserved,
            credits_reserved: b.credits_reserved,
            floor: a.floor,
            ceiling: a.ceiling,
            velocity: velocity(a),
            closed: a.closed,
        }
    }
}

impl ChangeRow {
    /// What an account is like after the changes of one commit.
    pub(super) fn of(state: &AccountState, commit: u64) -> Self {
        let a = &state.account;
        Self {
            commit_number: commit.cast_signed(),
            account: state.number.cast_signed(),
            floor: a.floor,
            ceiling: a.ceiling,
            velocity: velocity(a),
            closed: a.closed,
        }
    }
}

/// The velocity limits as JSON.
fn velocity(account: &Account) -> String {
    // Numbers and names of sides always have a text form.
    serde_json::to_string(&account.velocity).unwrap_or_default()
}

fn side_name(side: Side) -> &'static str {
    match side {
        Side::Debit => "debit",
        Side::Credit => "credit",
    }
}

/// What every query of accounts selects; [`account`] reads it.
pub(super) const SELECT_ACCOUNT: &str =
    "SELECT number, version, debits_posted, credits_posted, debits_reserved, credits_reserved,
  id, currency, chart, entity, owner, side, floor, ceiling, velocity, parent, closed FROM accounts";

/// Reads a row of [`SELECT_ACCOUNT`].
pub(super) fn account(row: &Row) -> Result<AccountState, Damage> {
    let unsigned = |column: usize| -> Result<u64, Damage> {
        u64::try_from(row.try_get::<_, i64>(column)?).map_err(|_| Damage::of("a negative count"))
    };
    let small = |column: usize| -> Result<u16, Damage> {
        u16::try_from(row.try_get::<_, i32>(column)?).map_err(|_| Damage::of("a number out of range"))
    };
    let account = Account {
        id: AccountId::from_raw(row.try_get::<_, Id>(6)?.0),
        currency: Currency::from_code(row.try_get(7)?).map_err(|_| Damage::of("an unknown currency"))?,
        chart: ChartCode(small(8)?),
        entity: EntityCode(small(9)?),
        owner: Owner::try_new(row.try_get::<_, String>(10)?).map_err(|_| Damage::of("a malformed owner"))?,
        side: match row.try_get(11)? {
            "debit" => Side::Debit,
            "credit" => Side::Credit,
            _ => return Err(Damage::of("an unknown side")),
        },
        floor: row.try_get(12)?,
        ceiling: row.try_get(13)?,
        velocity: serde_json::from_str(row.try_get(14)?).map_err(|e| Damage::of(&e.to_string()))?,
        parent: row.try_get::<_, Option<Id>>(15)?.map(|id| AccountId::from_raw(id.0)),
        closed: row.try_get(16)?,
    };
    let balance = Balance {
        debits_posted: row.try_get(2)?,
        credits_posted: row.try_get(3)?,
        debits_reserved: row.try_get(4)?,
        credits_reserved: row.try_get(5)?,
    };
    Ok(AccountState { account, number: unsigned(0)?, balance, version: unsigned(1)? })
}
