//! What is measured.

use clap::{Parser, ValueEnum};
use std::path::PathBuf;

/// Where the commits go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Engine {
    /// The embedded store in a directory.
    Embedded,
    /// The store in memory.
    Memory,
    /// A Postgres database.
    Postgres,
}

impl Engine {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Memory => "memory",
            Self::Postgres => "postgres",
        }
    }
}

/// Measures the ledger and the commit: every transfer is a commit of its own, durable when it is acknowledged.
///
/// The last line is one JSON object with the same figures. Ids are time-ordered unless --random-ids.
#[derive(Debug, Clone, Parser)]
#[command(name = "cargo xtask bench ledger")]
pub(crate) struct Options {
    /// Where the commits go
    #[arg(long, value_enum, default_value = "embedded")]
    pub(crate) engine: Engine,
    /// Commits in one call; 1: each is a call of its own
    #[arg(long, default_value_t = 8_189)]
    pub(crate) batch: usize,
    /// How many callers wait for an answer at a time
    #[arg(long, default_value_t = 1)]
    pub(crate) callers: usize,
    /// How many accounts the transfers are between
    #[arg(long, default_value_t = 10_000)]
    pub(crate) accounts: u64,
    /// Transfers in a run (with --unit: units)
    #[arg(long, default_value_t = 1_000_000)]
    pub(crate) count: u64,
    /// All transfers are debited to 8 accounts
    #[arg(long)]
    pub(crate) hot: bool,
    /// So many of 100 transfers are reservations that expire after 1 to 5 seconds
    #[arg(long, default_value_t = 0)]
    pub(crate) holds: u64,
    /// Ids that are not in order of time
    #[arg(long)]
    pub(crate) random_ids: bool,
    /// Whole commits instead of transfers: 2 records, 4 transfers, an event and an answer each
    #[arg(long)]
    pub(crate) unit: bool,
    /// Payments instead of transfers: 3 accounts and 10 transfers each, one in a hundred opened again later
    #[arg(long, conflicts_with = "unit")]
    pub(crate) payments: bool,
    /// Stores on the same database, each with its share of the callers; only with --engine postgres
    #[arg(long, default_value_t = 1)]
    pub(crate) nodes: usize,
    /// Runs, each on a new store; the middle one is the figure
    #[arg(long, default_value_t = 3)]
    pub(crate) runs: usize,
    /// Where the stores lie; a temporary directory if it is not said
    #[arg(long)]
    pub(crate) dir: Option<PathBuf>,
}
