//! A file of transactions streamed through the real features: learned from one period, tried on a later one.

use super::Transactions;
use crate::AppError;
use pmts_fraud::KeyKind;
use pmts_fraud::features::{History, HistoryOptions, Recorded};
use pmts_fraud::model::{Metrics, Model, Ranked, TrainOptions, Training, metrics, reliability, train};
use serde::Serialize;
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::path::PathBuf;

const DAY: i64 = 86_400;

/// A period, in seconds since 1970: from the first second to before the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// Its first second.
    pub from: i64,
    /// The first second after it.
    pub to: i64,
}

impl Period {
    fn has(&self, at: i64) -> bool {
        self.from <= at && at < self.to
    }
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Backtest {
    /// The transactions.
    pub transactions: PathBuf,
    /// Second 0 of the file, in seconds since 1970.
    pub start: i64,
    /// How late it is known whether a payment was fraud, in seconds.
    pub label_delay: i64,
    /// What is learned from; nothing if a model is given.
    pub train: Option<Period>,
    /// What it is tried on.
    pub test: Option<Period>,
    /// How to train.
    pub options: TrainOptions,
    /// A model that is there already.
    pub model: Option<Model>,
    /// What the model trained is called.
    pub name: String,
}

/// A transaction of the test period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scored {
    /// Its id.
    pub id: String,
    /// Its second in the file.
    pub seconds: i64,
    /// Its score, in millionths of log odds.
    pub score: i64,
    /// Whether it was fraud.
    pub fraud: bool,
    /// Whether its card was known as compromised by then: left out of the figures.
    pub known: bool,
}

/// A part of a report: the whole, or a week.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    /// The days it is of, as days since the file's first.
    pub first_day: i64,
    /// The figures.
    pub metrics: Metrics,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct BacktestReport {
    /// The figures of the test period, cards known as compromised left out.
    pub metrics: Metrics,
    /// The same by week of the test period.
    pub weeks: Vec<Line>,
    /// How probabilities hold.
    pub reliability: Vec<(u64, u64)>,
    /// Features whose values moved from those of training, in thousandths of the stability index.
    pub drift: Vec<(String, i64)>,
    /// Transactions learned from, and frauds among them.
    pub trained: (usize, usize),
    /// Transactions of the test period left out.
    pub left_out: u64,
    /// The transactions of the test period.
    pub scored: Vec<Scored>,
    /// The model.
    pub model: Model,
}

/// Streams the file through the features; each transaction's features are computed before it is recorded, and each label
/// is told once it is as old as the delay. The model is trained when the test period begins, with what is known by then.
///
/// The published protocol: cards are left out of the test that had a fraud in the seven days before the end of training, or since
/// then up to a day before what labels are known of on the day of the test.
///
/// # Errors
/// Those of [`Transactions`]; [`AppError::Fraud`] if there is too little to learn from; [`AppError::Usage`] for a test that is empty
/// or lies before what is learned from.
pub fn backtest(ask: &Backtest) -> Result<BacktestReport, AppError> {
    if let (Some(train), Some(test)) = (ask.train, ask.test)
        && test.from < train.to
    {
        return Err(AppError::Usage("the test period begins before the training period ends".to_owned()));
    }
    let mut file = Transactions::open(&ask.transactions, ask.start)?;
    let mut history =
        History::new(HistoryOptions { label_delay: ask.label_delay, ..HistoryOptions::default() });
    let mut waiting: VecDeque<(Recorded, bool)> = VecDeque::new();
    let mut training = Training::new();
    let mut model = ask.model.clone();
    let mut features = Vec::new();
    let mut rows = Vec::new();
    let mut sample = Vec::new();
    // Days on which a customer had a fraud: what the published protocol leaves out.
    let mut frauds: BTreeMap<i64, Vec<u64>> = BTreeMap::new();
    let mut trained = (0, 0);
    let end = ask.test.or(ask.train).map_or(i64::MAX, |p| p.to);
    while let Some(tx) = file.read()? {
        let at = tx.facts.at;
        if at >= end {
            break;
        }
        while let Some((recorded, fraud)) = waiting.front()
            && recorded.at.saturating_add(ask.label_delay) <= at
        {
            history.label(recorded, *fraud);
            waiting.pop_front();
        }
        let tested = ask.test.is_some_and(|p| p.has(at));
        let learned = ask.train.is_some_and(|p| p.has(at))
            && ask.test.is_none_or(|t| at.saturating_add(ask.label_delay) <= t.from);
        if tested || learned {
            history.write_features(&tx.facts, &mut features);
        }
        if learned {
            training.push(&features, tx.fraud);
        }
        if tested {
            let ready = match &model {
                Some(model) => model,
                None => {
                    trained = training.counts();
                    let fresh = train(&ask.name, &std::mem::take(&mut training), &ask.options)?;
                    model.insert(fresh)
                }
            };
            let score = ready.score(&features);
            let customer = tx.facts.key(KeyKind::Customer).map_or(0, |k| k.hash);
            let day = (at - ask.start).div_euclid(DAY);
            rows.push((
                tx.facts.id.clone(),
                at - ask.start,
                Ranked { score, fraud: tx.fraud, day, card: customer },
            ));
            if rows.len() % 16 == 0 && sample.len() < 20_000 {
                sample.push(features.clone());
            }
        }
        if tx.fraud {
            let customer = tx.facts.key(KeyKind::Customer).map_or(0, |k| k.hash);
            frauds.entry((at - ask.start).div_euclid(DAY)).or_default().push(customer);
        }
        waiting.push_back((history.record(&tx.facts), tx.fraud));
    }
    let model = match model {
        Some(model) => model,
        None if ask.test.is_none() => {
            trained = training.counts();
            train(&ask.name, &training, &ask.options)?
        }
        None => return Err(AppError::Usage("the file has no transactions in the test period".to_owned())),
    };
    let scored = leave_out(ask, rows, &frauds);
    let counted: Vec<Ranked> = scored.iter().filter(|(s, _)| !s.known).map(|(_, r)| *r).collect();
    let first = counted.first().map_or(0, |r| r.day);
    let last = counted.last().map_or(0, |r| r.day);
    let weeks = (0..=(last - first) / 7)
        .map(|week| {
            let of = |r: &&Ranked| (r.day - first) / 7 == week;
            let rows: Vec<Ranked> = counted.iter().filter(of).copied().collect();
            Line { first_day: first + week * 7, metrics: metrics(&rows) }
        })
        .collect();
    Ok(BacktestReport {
        metrics: metrics(&counted),
        weeks,
        reliability: reliability(&counted),
        drift: model.drift(&sample),
        trained,
        left_out: scored.iter().filter(|(s, _)| s.known).count() as u64,
        scored: scored.into_iter().map(|(s, _)| s).collect(),
        model,
    })
}

type Row = (String, i64, Ranked);

/// Marks the transactions of cards that were known as compromised.
fn leave_out(ask: &Backtest, rows: Vec<Row>, frauds: &BTreeMap<i64, Vec<u64>>) -> Vec<(Scored, Ranked)> {
    let Some(test) = ask.test else { return Vec::new() };
    let day = |at: i64| (at - ask.start).div_euclid(DAY);
    let delay = ask.label_delay.div_euclid(DAY);
    // The last day of which labels are known when the test begins is the day before this.
    let trained_to = ask.train.map_or(day(test.from) - delay, |t| day(t.to));
    let mut known: HashSet<u64> = HashSet::new();
    let mut next = trained_to - 7;
    let mut found = Vec::with_capacity(rows.len());
    for (id, seconds, ranked) in rows {
        // On a day of the test, what happened the delay and one day before is known.
        while next < ranked.day - delay {
            known.extend(frauds.get(&next).into_iter().flatten());
            next += 1;
        }
        let (score, fraud, known) = (ranked.score, ranked.fraud, known.contains(&ranked.card));
        found.push((Scored { id, seconds, score, fraud, known }, ranked));
    }
    found
}
