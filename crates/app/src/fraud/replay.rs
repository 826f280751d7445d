//! What rules would have done, and what is decided about one transaction of a file.

use super::{Period, Transactions};
use crate::AppError;
use pmts_fraud::features::{History, HistoryOptions, Recorded};
use pmts_fraud::model::Model;
use pmts_fraud::rules::{Asked, RuleSet, RuleState};
use pmts_fraud::{Action, Decision, Lists, Scorer, Thresholds, decide};
use serde::Serialize;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Replay {
    /// The transactions.
    pub transactions: PathBuf,
    /// Second 0 of the file, in seconds since 1970.
    pub start: i64,
    /// How late it is known whether a payment was fraud, in seconds.
    pub label_delay: i64,
    /// Which transactions count; those before are history.
    pub period: Period,
    /// The rules; drafts are tried, too.
    pub rules: RuleSet,
}

/// What a rule would have done. Money is minor units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleReport {
    /// Which rule.
    pub rule: String,
    /// Its state.
    pub state: String,
    /// What it asks for.
    pub action: Action,
    /// Payments it holds for.
    pub hits: u64,
    /// Of these, frauds.
    pub caught: u64,
    /// Of these, honest ones.
    pub false_alarms: u64,
    /// The money of the frauds.
    pub caught_minor: i64,
    /// The money of the honest ones.
    pub false_minor: i64,
}

/// What all rules would have done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReplayReport {
    /// Payments of the period.
    pub payments: u64,
    /// Of these, frauds.
    pub frauds: u64,
    /// By rule, in the order of the set.
    pub rules: Vec<RuleReport>,
}

/// A file streamed through a history, labels as late as they are.
struct Stream {
    file: Transactions,
    history: History,
    waiting: VecDeque<(Recorded, bool)>,
    delay: i64,
}

impl Stream {
    fn open(path: &Path, start: i64, delay: i64) -> Result<Self, AppError> {
        let history = History::new(HistoryOptions { label_delay: delay, ..HistoryOptions::default() });
        Ok(Self { file: Transactions::open(path, start)?, history, waiting: VecDeque::new(), delay })
    }

    /// The next transaction, before it is recorded.
    fn next(&mut self) -> Result<Option<super::Transaction>, AppError> {
        let Some(tx) = self.file.read()? else { return Ok(None) };
        while let Some((recorded, fraud)) = self.waiting.front()
            && recorded.at.saturating_add(self.delay) <= tx.facts.at
        {
            self.history.label(recorded, *fraud);
            self.waiting.pop_front();
        }
        Ok(Some(tx))
    }

    fn record(&mut self, tx: &super::Transaction) {
        self.waiting.push_back((self.history.record(&tx.facts), tx.fraud));
    }
}

/// Streams a file through the features and tries each rule by itself on the period.
///
/// # Errors
/// Those of [`Transactions`], and of rules.
pub fn replay(ask: &Replay) -> Result<ReplayReport, AppError> {
    let mut stream = Stream::open(&ask.transactions, ask.start, ask.label_delay)?;
    let mut report = ReplayReport { payments: 0, frauds: 0, rules: Vec::new() };
    // Drafts are tried as if they were live.
    let tried = ask.rules.rules().cloned().map(|mut rule| {
        let state = format!("{:?}", rule.state).to_lowercase();
        rule.state = RuleState::Live;
        let (name, action) = (rule.id.clone(), rule.action);
        let (caught_minor, false_minor) = (0, 0);
        let line = RuleReport {
            rule: name,
            state,
            action,
            hits: 0,
            caught: 0,
            false_alarms: 0,
            caught_minor,
            false_minor,
        };
        (rule, line)
    });
    let (tried, lines): (Vec<_>, Vec<_>) = tried.unzip();
    report.rules = lines;
    let rules = RuleSet::new(ask.rules.version(), tried)?;
    let mut features = Vec::new();
    while let Some(tx) = stream.next()? {
        if tx.facts.at >= ask.period.to {
            break;
        }
        if tx.facts.at >= ask.period.from {
            stream.history.write_features(&tx.facts, &mut features);
            report.payments += 1;
            report.frauds += u64::from(tx.fraud);
            for hit in rules.hits(&Asked { facts: &tx.facts, features: &features, probability: None }) {
                let Some(line) = report.rules.iter_mut().find(|l| l.rule == hit.rule) else { continue };
                line.hits += 1;
                if tx.fraud {
                    line.caught += 1;
                    line.caught_minor = line.caught_minor.saturating_add(tx.facts.amount);
                } else {
                    line.false_alarms += 1;
                    line.false_minor = line.false_minor.saturating_add(tx.facts.amount);
                }
            }
        }
        stream.record(&tx);
    }
    Ok(report)
}

/// Streams a file up to a transaction and decides about it; none if the file does not have it.
///
/// # Errors
/// Those of [`Transactions`].
pub fn decide_one(
    path: &Path,
    start: i64,
    delay: i64,
    id: &str,
    rules: &RuleSet,
    model: Option<&Model>,
) -> Result<Option<Decision>, AppError> {
    let mut stream = Stream::open(path, start, delay)?;
    while let Some(tx) = stream.next()? {
        if tx.facts.id == id {
            let features = stream.history.features(&tx.facts);
            let scorer = model.map(|m| m as &dyn Scorer);
            return Ok(Some(decide(
                &tx.facts,
                &features,
                &Lists::default(),
                rules,
                scorer,
                &Thresholds::default(),
            )));
        }
        stream.record(&tx);
    }
    Ok(None)
}
