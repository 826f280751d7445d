//! A double-entry ledger as a pure state machine: accounts with limits, transfers, reservations, journals, balances and
//! statements now and at any past moment.
//!
//! * An [`Account`] counts four sums: debits and credits, posted and reserved. Nothing is ever subtracted from a posted sum.
//! * A [`Transfer`] moves one amount from one account to another. A journal is a list of transfers applied all or none.
//! * A reservation holds money until it is posted (in full or in part), voided or expires, exactly once.
//! * Limits hold at all times, reservations counted against them.
//! * An id is used once. The same content again is a success that changes nothing, other content is an error, and an id
//!   that was refused stays refused.
//!
//! The [`Machine`] decides and does no IO. [`MemoryLedger`] is the whole ledger in memory; the crate `pmts-store` keeps it
//! on disk. Both answer through the [`Ledger`] trait and pass the same contract suite (module `contract`, feature `contract`).
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! use pmts_kernel::Timestamp;
//! use pmts_ledger::{Account, AccountChange, AccountId, ChartCode, Journal, Ledger, MemoryLedger, Side, Transfer, TransferCode, TransferId};
//! use pmts_money::{Currency, Money};
//!
//! let gbp = Currency::from_code("GBP").unwrap();
//! let bank = Account::new(AccountId::from_raw(1), gbp, ChartCode(1000), Side::Debit);
//! let seller = Account::new(AccountId::from_raw(2), gbp, ChartCode(2000), Side::Credit).with_floor(0);
//! let ledger = MemoryLedger::new(std::sync::Arc::new(pmts_kernel::ManualClock::new(Timestamp::from_micros(1))));
//! let sale = Transfer::post(TransferId::from_raw(1), bank.id, seller.id, Money::new(12_30, gbp), TransferCode(1));
//! let accounts = vec![AccountChange::Open(bank), AccountChange::Open(seller.clone())];
//! ledger.post(Journal::new(accounts, vec![sale])).await.unwrap();
//! assert_eq!(ledger.account(seller.id).await.unwrap().unwrap().net_minor(), 12_30);
//!
//! let too_much = Transfer::post(TransferId::from_raw(2), seller.id, AccountId::from_raw(1), Money::new(12_31, gbp), TransferCode(2));
//! assert!(ledger.post(Journal::of(vec![too_much])).await.is_err(), "the floor of 0 holds");
//! # });
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod account;
mod balance;
mod chart;
mod entry;
mod error;
mod history;
mod journal;
mod ledger;
mod limits;
mod machine;
mod metadata;
mod precedence;
#[cfg(doctest)]
mod recipes;
mod refusal;
mod reports;
mod slots;
mod transfer;
mod velocity;

pub mod adapters;
mod builders;
#[cfg(feature = "contract")]
pub mod contract;

pub use account::{
    Account, AccountChange, AccountId, AccountState, ChartCode, EntityCode, Owner, OwnerError, Side,
};
pub use adapters::memory::MemoryLedger;
pub use balance::Balance;
pub use builders::{
    Correction, CorrectionError, Exchange, ExchangeAccounts, ExchangeError, Legs, LegsError, PartPost,
    PartPostError, Sweep, SweepError,
};
pub use chart::{Chart, ChartEntry, Class};
pub use entry::{Entry, EntryKind, Leg};
pub use error::{LedgerError, codes};
pub use history::{History, Known};
pub use journal::{Comparison, Condition, Journal, JournalParts};
pub use ledger::{AccountFilter, AccountPage, Ledger, Posted};
pub use machine::{Applied, ApplyError, Machine, Position, Reservation};
pub use metadata::{Metadata, MetadataError};
pub use precedence::{Rule, Step, precedence};
pub use refusal::{Refusal, RefusedTransfer};
pub use reports::{
    DayQuery, DayTotal, HistoryOf, HistoryPage, HistoryQuery, RolledUp, Statement, StatementLine,
    StatementQuery, TrialBalance, TrialLine, TrialTotals,
};
pub use transfer::{Transfer, TransferCode, TransferId, TransferKind, expiry_id, reversal_id};
pub use velocity::{Taken, Velocity};
