//! The fraud screen beside the data: transactions from files, training, backtests, models as versions.

mod backtest;
mod gzip;
mod replay;
mod shelf;
mod transactions;

pub use backtest::{Backtest, BacktestReport, Line, Period, Scored, backtest};
pub use gzip::GzipReader;
pub use replay::{Replay, ReplayReport, RuleReport, decide_one, replay};
pub use shelf::{FraudShelf, ModelManifest, ModelVersion};
pub use transactions::{Transaction, Transactions};
