//! Random histories with the answers that every ledger must give to them.
//!
//! [`history`] gives the steps; [`replay`] runs them on a ledger and compares every answer, and now and then every read.

mod naive;
mod play;
mod reads;
mod rules;

pub use naive::{Answer, Naive, No};
pub use play::{Dice, Play, Step, accounts};

use crate::{Ledger, LedgerError, Posted};
use pmts_kernel::{Coded, ManualClock};

/// The first steps of the history of a seed.
pub fn history(seed: u64, steps: usize) -> Vec<Step> {
    Play::new(seed).take(steps).collect()
}

/// An answer of a ledger in the form of the reference's.
///
/// # Panics
/// If the ledger was not available.
pub fn answer(answer: Result<Posted, LedgerError>) -> Answer {
    match answer {
        Ok(posted) => Ok((posted.entries, posted.repeated)),
        Err(LedgerError::Refused(refused)) => Err(No {
            transfer: refused.transfer,
            code: refused.code().code.trim_start_matches("LEDGER_"),
            marks_id: refused.marked_id().is_some(),
        }),
        Err(other) => panic!("the ledger failed: {other}"),
    }
}

/// Runs a history on an empty ledger that takes its times from `clock`, and compares all answers.
///
/// # Panics
/// At the first answer that differs, with the seed and the step.
pub async fn replay(ledger: &dyn Ledger, clock: &ManualClock, seed: u64, steps: usize) {
    let mut play = Play::new(seed);
    for n in 1..=steps {
        let step = play.next().expect("a history has no end");
        clock.set(step.now);
        let given = answer(ledger.post(step.journal.clone()).await);
        assert_eq!(given, step.answer, "seed {seed}, step {n}: {:#?}", step.journal);
        if n % 40 == 0 || n == steps {
            reads::compare(ledger, play.naive(), &mut Dice::new(seed ^ n as u64)).await;
        }
    }
}
