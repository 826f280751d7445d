//! The machine under what an engine does to it: accounts leave memory and come back, it is built anew from its position,
//! the past cannot be read for a while. The answers stay those of the naive reference, and what is refused leaves no trace.
#![allow(clippy::unwrap_used)]

use pmts_kernel::{Coded, Timestamp};
use pmts_ledger::adapters::memory::Books;
use pmts_ledger::contract::model::{Answer, Dice, No, Play, Step, accounts};
use pmts_ledger::*;

/// The past, which fails after so many questions.
struct Brittle<'a> {
    books: &'a mut Books,
    questions: Option<u64>,
}

#[derive(Debug, PartialEq)]
struct Unreadable;

impl Brittle<'_> {
    fn ask(&mut self) -> Result<(), Unreadable> {
        match &mut self.questions {
            Some(0) => Err(Unreadable),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl History for Brittle<'_> {
    type Error = Unreadable;

    fn account(&mut self, id: AccountId) -> Result<Option<AccountState>, Unreadable> {
        self.ask()?;
        Ok(History::account(&mut &mut *self.books, id).unwrap())
    }

    fn transfer(&mut self, id: TransferId) -> Result<Option<Known>, Unreadable> {
        self.ask()?;
        Ok(History::transfer(&mut &mut *self.books, id).unwrap())
    }

    fn taken_since(&mut self, id: AccountId, side: Side, since: Timestamp) -> Result<Taken, Unreadable> {
        self.ask()?;
        Ok(History::taken_since(&mut &mut *self.books, id, side, since).unwrap())
    }

    fn net_on(&mut self, id: AccountId, day: i32) -> Result<i64, Unreadable> {
        self.ask()?;
        Ok(History::net_on(&mut &mut *self.books, id, day).unwrap())
    }
}

/// All that can be seen of a machine, but for the highest id; of accounts that left memory, what it would load.
fn seen(machine: &Machine, books: &Books) -> impl PartialEq + std::fmt::Debug + use<> {
    let position = Position { highest_id: 0, ..machine.position() };
    let state = |id| machine.resident(id).or_else(|| books.account(id)).cloned();
    let states: Vec<_> = accounts().iter().map(|a| state(a.id)).collect();
    (position, states, machine.open_reservations(), machine.next_expiry(), machine.last_time())
}

#[derive(Default)]
struct Engine {
    machine: Machine,
    books: Books,
}

impl Engine {
    fn step(&mut self, step: &Step, questions: Option<u64>) -> Result<Answer, Unreadable> {
        let Step { now, journal, .. } = step;
        let mut past = Brittle { books: &mut self.books, questions };
        let before = seen(&self.machine, past.books);
        let expired = match self.machine.expire(journal.parts().expires_until(*now), &mut past) {
            Ok(expired) => expired,
            Err(unreadable) => {
                assert_eq!(seen(&self.machine, past.books), before, "a failed expiry leaves no trace");
                return Err(unreadable);
            }
        };
        past.books.record(vec![], &expired);
        let before = seen(&self.machine, past.books);
        let highest = self.machine.position().highest_id;
        match self.machine.apply(journal.parts(), *now, &mut past) {
            Ok(applied) => {
                self.books.record(applied.accounts, &applied.entries);
                Ok(Ok((applied.entries, applied.repeated)))
            }
            Err(error) => {
                assert_eq!(seen(&self.machine, past.books), before, "a refused journal leaves no trace");
                match error {
                    ApplyError::History(unreadable) => {
                        assert_eq!(self.machine.position().highest_id, highest);
                        Err(unreadable)
                    }
                    ApplyError::Refused(refused) => {
                        let marked = refused.marked_id();
                        let code = refused.code().code.trim_start_matches("LEDGER_");
                        let no = No { transfer: refused.transfer, code, marks_id: marked.is_some() };
                        if let Some(id) = marked {
                            self.books.refuse(id, refused.reason);
                        }
                        assert_eq!(
                            self.machine.position().highest_id,
                            highest.max(marked.map_or(0, |id| id.raw())),
                            "the highest id counts marked ones"
                        );
                        Ok(Err(no))
                    }
                }
            }
        }
    }
}

#[test]
fn accounts_leave_memory_and_come_back() {
    for seed in 1000..1200 {
        let mut engine = Engine::default();
        for step in Play::new(seed).take(160) {
            assert_eq!(engine.step(&step, None), Ok(step.answer.clone()), "seed {seed}: {:#?}", step.journal);
            engine.machine.trim(1, 1);
            assert!(engine.machine.resident_accounts() <= 4, "accounts of equal last use leave too");
        }
    }
}

#[test]
fn a_machine_built_anew_goes_on_as_before() {
    for seed in 2000..2200 {
        let mut engine = Engine::default();
        let mut play = Play::new(seed);
        for _ in 0..160 {
            let step = play.next().unwrap();
            let answer = engine.step(&step, None).unwrap();
            assert_eq!(answer, step.answer, "seed {seed}: {:#?}", step.journal);
            // What imports may come after is known again only from the next entry on.
            if answer.is_ok_and(|(entries, _)| !entries.is_empty()) {
                let open: Vec<Transfer> = play.naive().open().into_iter().cloned().collect();
                engine.machine = Machine::resume(engine.machine.position(), open);
            }
        }
    }
}

#[test]
fn what_is_refused_or_fails_leaves_no_trace() {
    for seed in 3000..3200 {
        let mut engine = Engine::default();
        let mut dice = Dice::new(seed);
        let mut failed = 0;
        for step in Play::new(seed).take(160) {
            if dice.percent(30) {
                engine.machine.trim(1, 1);
            }
            let mut answer = engine.step(&step, Some(dice.below(4)));
            while answer.is_err() {
                failed += 1;
                answer = engine.step(&step, Some(dice.below(60)));
            }
            assert_eq!(answer, Ok(step.answer.clone()), "seed {seed}: {:#?}", step.journal);
        }
        assert!(failed > 10, "the past was read");
    }
}
