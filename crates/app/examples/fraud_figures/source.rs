//! Transactions of a file, or made up.

use crate::Options;
use pmts_app::AppError;
use pmts_app::fraud::Transactions;
use pmts_fraud::{Facts, Key, KeyKind, Step};
use std::collections::BTreeMap;

/// 2018-04-01, where the Handbook's simulation begins.
const START: i64 = 1_522_540_800;
/// Seconds between made-up transactions: about 9,600 a day, as in the Handbook's simulation.
const APART: i64 = 9;

/// Where transactions come from.
pub(crate) enum Source {
    /// A file.
    File(Box<Transactions>),
    /// Made up: number, customers, terminals, state of the draws.
    Made(i64, u64, u64, u64),
}

impl Source {
    pub(crate) fn open(options: &Options) -> Result<Self, AppError> {
        match &options.transactions {
            Some(file) => Ok(Self::File(Box::new(Transactions::open(file, START)?))),
            None => Ok(Self::Made(0, options.customers.max(1), options.terminals.max(1), 1)),
        }
    }

    /// The next one, and whether it is fraud.
    pub(crate) fn next(&mut self) -> Result<Option<(Facts, bool)>, AppError> {
        match self {
            Self::File(transactions) => Ok(transactions.read()?.map(|t| (t.facts, t.fraud))),
            Self::Made(number, customers, terminals, state) => {
                *number += 1;
                let customer = draw(state) % *customers;
                let terminal = draw(state) % *terminals;
                let drawn = i64::try_from(draw(state) % 20_000).unwrap_or(0);
                // A terminal in two hundred is bad, and so are great amounts.
                let bad = terminal.is_multiple_of(200) && drawn % 3 == 0;
                let amount = if drawn < 30 { 22_000 + drawn } else { 100 + drawn };
                let keys = vec![key(KeyKind::Customer, customer), key(KeyKind::Terminal, terminal)];
                Ok(Some((made(*number, START + *number * APART, amount, keys), bad || amount > 22_000)))
            }
        }
    }
}

/// A key of a number.
pub(crate) fn key(kind: KeyKind, number: u64) -> Key {
    Key::of(kind, &number.to_string())
}

/// What is known of a made-up step.
pub(crate) fn made(number: i64, at: i64, amount: i64, keys: Vec<Key>) -> Facts {
    Facts { id: number.to_string(), step: Step::Authorization, at, amount, keys, attributes: BTreeMap::new() }
}

/// The next draw (xorshift).
fn draw(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state >> 11
}
