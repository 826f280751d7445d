//! Random histories with the answers that every ledger must give to them.
//!
//! [`history`] gives the steps; [`replay`] runs them on a ledger and compares every answer, and now and then every read.
//! [`go_on`] does so in parts, between which a ledger may be closed and opened.

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

/// Runs a history on an empty ledger that takes its times from `clock`, and compares all answers and reads.
///
/// # Panics
/// At the first answer that differs, with the seed and the step.
pub async fn replay(ledger: &dyn Ledger, clock: &ManualClock, seed: u64, steps: usize) {
    go_on(ledger, clock, &mut Play::new(seed), steps).await;
}

/// Goes on with a history by at least so many steps, up to one that recorded something: after that the ledger may be
/// closed and opened again.
///
/// # Panics
/// As [`replay`].
pub async fn go_on(ledger: &dyn Ledger, clock: &ManualClock, play: &mut Play, steps: usize) {
    let mut left = steps;
    loop {
        let step = play.next().expect("a history has no end");
        left = left.saturating_sub(1);
        clock.set(step.now);
        let given = answer(ledger.post(step.journal.clone()).await);
        assert_eq!(given, step.answer, "seed {}, step {}: {:#?}", play.seed(), play.steps(), step.journal);
        let at_rest = left == 0 && given.is_ok_and(|(entries, _)| !entries.is_empty());
        if at_rest || play.steps().is_multiple_of(40) {
            reads::compare(ledger, play.naive(), &mut Dice::new(play.seed() ^ play.steps())).await;
        }
        if at_rest {
            return;
        }
    }
}
