//! Random histories from a seed: most journals are nearly right, so that every rule is met now and then.

use super::naive::{Answer, Naive};
use crate::{
    Account, AccountChange, AccountId, ChartCode, Comparison, Condition, EntityCode, Journal, Metadata,
    Owner, Side, Transfer, TransferCode, TransferId, Velocity,
};
use pmts_kernel::Timestamp;
use pmts_money::{Currency, Money};

/// A sequence of numbers from a seed (splitmix64).
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Starts from `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number from 0 up to `end`, `end` not included.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end.max(1)
    }

    /// A number from `least` to `most`, both included.
    pub fn from_to(&mut self, least: i64, most: i64) -> i64 {
        least + self.below((most - least).unsigned_abs() + 1).cast_signed()
    }

    /// True in so many of a hundred cases.
    pub fn percent(&mut self, of_100: u64) -> bool {
        self.below(100) < of_100
    }

    /// One of a list that is not empty.
    pub fn one<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[usize::try_from(self.below(list.len() as u64)).expect("an index fits")]
    }
}

/// One step of a history.
#[derive(Debug, Clone)]
pub struct Step {
    /// What the clock shows.
    pub now: Timestamp,
    /// What is asked.
    pub journal: Journal,
    /// What every ledger must answer.
    pub answer: Answer,
}

/// A history without end. Equal seeds give equal histories.
#[derive(Debug, Clone)]
pub struct Play {
    naive: Naive,
    seed: u64,
    steps: u64,
    dice: Dice,
    now: Timestamp,
    last_id: u128,
    past: Vec<Journal>,
}

fn second(n: i64) -> i64 {
    n * 1_000_000
}

/// The accounts a history is about.
pub fn accounts() -> Vec<Account> {
    let id = |n: u128| AccountId::from_raw(n << 8);
    let account = |n, currency, side| Account::new(id(n), currency, ChartCode(10 + n as u16 % 3), side);
    let (gbp, eur) = (Currency::GBP, Currency::EUR);
    let limit =
        |side, window_secs, most_minor, most_count| Velocity { side, window_secs, most_minor, most_count };
    let in_entity = |a: Account| Account { entity: EntityCode(1), ..a };
    vec![
        account(1, gbp, Side::Debit),
        account(2, gbp, Side::Credit).with_floor(0).with_owner(Owner::try_new("seller:2").expect("short")),
        account(3, gbp, Side::Credit).with_ceiling(60),
        in_entity(account(4, gbp, Side::Debit).with_floor(-30).with_ceiling(50)),
        account(5, gbp, Side::Credit)
            .under(id(1))
            .with_velocity(limit(Side::Debit, 3_600, Some(50), None))
            .with_velocity(limit(Side::Credit, 60, None, Some(3)))
            .with_velocity(limit(Side::Credit, 86_400, Some(200), Some(40))),
        in_entity(account(6, gbp, Side::Credit).with_floor(5).under(id(5))),
        account(7, eur, Side::Debit),
        account(8, eur, Side::Credit).with_floor(0).under(id(5)),
        account(9, gbp, Side::Debit).under(id(4)),
        account(10, eur, Side::Credit).under(id(11)),
    ]
}

impl Play {
    /// Starts from `seed`, with an empty ledger.
    pub fn new(seed: u64) -> Self {
        Self {
            naive: Naive::default(),
            seed,
            steps: 0,
            dice: Dice::new(seed),
            now: Timestamp::from_micros(second(1_700_000_000)),
            last_id: 0,
            past: vec![],
        }
    }

    /// The seed it was started from.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// How many steps there were so far.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The reference as it stands after the steps so far.
    pub fn naive(&self) -> &Naive {
        &self.naive
    }

    fn journal(&mut self) -> Journal {
        if self.past.is_empty() {
            // The last two accounts are opened later, or never.
            let first = accounts().into_iter().take(8).map(AccountChange::Open).collect();
            return Journal::new(first, vec![]);
        }
        if self.dice.percent(8) {
            let mut again = self.dice.one(&self.past).clone();
            if self.dice.percent(30) {
                again.conditions = self.conditions();
                again.at = None;
            }
            return again;
        }
        let mut journal = Journal::default();
        if self.dice.percent(18) {
            journal.accounts = (0..=self.dice.below(2)).map(|_| self.change()).collect();
        }
        if self.dice.percent(12) {
            journal.conditions = self.conditions();
        }
        if self.dice.percent(94) {
            let most = if self.dice.percent(3) { 20 } else { 3 };
            journal.transfers = (0..=self.dice.below(most)).map(|_| self.transfer()).collect();
            if self.dice.percent(3) {
                let copy = journal.transfers[0].clone();
                journal.transfers.push(copy);
            }
        }
        if self.dice.percent(10) {
            let step = *self.dice.one(&[-1, 0, 1, 1, second(5), second(90), second(4_000)]);
            journal.at = Some(Timestamp::from_micros(self.naive.last_time().as_micros() + step));
        }
        journal
    }

    fn some_account(&mut self) -> AccountId {
        self.dice.one(&accounts()).id
    }

    /// Mostly an account that is there.
    fn payer(&mut self) -> AccountId {
        if self.naive.accounts.is_empty() || self.dice.percent(3) {
            return self.some_account();
        }
        self.dice.one(&self.naive.accounts).id
    }

    fn today(&self) -> i32 {
        i32::try_from(self.now.as_secs().div_euclid(86_400)).expect("within thousands of years")
    }

    fn change(&mut self) -> AccountChange {
        let id = self.some_account();
        match self.dice.below(12) {
            0..=2 => {
                let mut account = self.dice.one(&accounts()).clone();
                if self.dice.percent(15) {
                    account.chart = ChartCode(99);
                } else if self.dice.percent(10) {
                    account.velocity = vec![Velocity {
                        side: Side::Debit,
                        window_secs: 0,
                        most_minor: None,
                        most_count: None,
                    }];
                }
                AccountChange::Open(account)
            }
            3 | 4 => AccountChange::SetLimits {
                id,
                floor: self.dice.percent(50).then(|| self.dice.from_to(-40, 20)),
                ceiling: self.dice.percent(40).then(|| self.dice.from_to(20, 80)),
            },
            5 => {
                let original = accounts().into_iter().find(|a| a.id == id).map(|a| a.velocity);
                let mut velocity = original.unwrap_or_default();
                if self.dice.percent(50) {
                    let limit = Velocity {
                        side: if self.dice.percent(50) { Side::Debit } else { Side::Credit },
                        window_secs: *self.dice.one(&[1, 60, 3_600]),
                        most_minor: Some(self.dice.from_to(10, 90)),
                        most_count: None,
                    };
                    velocity.push(limit);
                }
                AccountChange::SetVelocity { id, velocity }
            }
            6..=8 => AccountChange::Close(id),
            9 | 10 => AccountChange::Reopen(id),
            _ => {
                let closed_through =
                    self.dice.percent(60).then(|| self.today() - 2 + self.dice.below(3) as i32);
                AccountChange::SetPeriod { entity: EntityCode(self.dice.below(2) as u16), closed_through }
            }
        }
    }

    fn conditions(&mut self) -> Vec<Condition> {
        let account = self.some_account();
        let state = self.naive.state(account);
        let off = *self.dice.one(&[0, 0, 0, 1, -1]);
        let is = *self.dice.one(&[Comparison::AtLeast, Comparison::AtMost, Comparison::Equal]);
        let Some(state) = state else {
            return vec![Condition::Net { account, is, minor: off }];
        };
        let day = self.today() - self.dice.below(4) as i32;
        vec![match self.dice.below(4) {
            0 => Condition::Version { account, version: state.version.saturating_add_signed(off) },
            1 => Condition::Net { account, is, minor: state.net_minor().saturating_add(off) },
            2 => Condition::Available { account, is, minor: state.available_minor().saturating_add(off) },
            _ => {
                let held = self.naive.net_on(account, day).unwrap_or_default();
                Condition::HeldOn { account, day, minor: held.saturating_add(off) }
            }
        }]
    }

    fn new_id(&mut self) -> TransferId {
        let id = match self.dice.below(100) {
            0..=4 => self.dice.below(self.last_id as u64 + 1).into(),
            5 => 1 << 119,
            _ => {
                // Gaps leave ids that are new and yet lower than others.
                self.last_id += u128::from(1 + self.dice.below(3));
                self.last_id
            }
        };
        TransferId::from_raw(id << 8)
    }

    fn transfer(&mut self) -> Transfer {
        let (debit, credit) = (self.payer(), self.some_account());
        let currency = self.naive.account(debit).map_or(Currency::GBP, |a| a.currency);
        let credit = if self.dice.percent(90) {
            let fits: Vec<AccountId> = self
                .naive
                .accounts
                .iter()
                .filter(|a| a.currency == currency && a.id != debit)
                .map(|a| a.id)
                .collect();
            if fits.is_empty() { credit } else { *self.dice.one(&fits) }
        } else {
            credit
        };
        let minor = match self.dice.below(100) {
            0 => self.dice.from_to(-1, 0),
            1 => i64::MAX - 50,
            _ => self.dice.from_to(1, 40),
        };
        let (id, amount) = (self.new_id(), Money::new(minor, currency));
        let code = TransferCode(self.dice.below(3) as u16);
        let open: Vec<Transfer> = self.naive.open().into_iter().cloned().collect();
        let t = match self.dice.below(20) {
            0..=8 => Transfer::post(id, debit, credit, amount, code),
            9..=11 => {
                let hold = Transfer::reserve(id, debit, credit, amount, code);
                if self.dice.percent(60) {
                    let after = *self.dice.one(&[-1, 1, second(2), second(30), second(5_000)]);
                    hold.expiring(Timestamp::from_micros(self.now.as_micros() + after))
                } else {
                    hold
                }
            }
            12..=15 if !open.is_empty() || self.dice.percent(5) => {
                let held = match self.dice.below(100) {
                    0..=93 if !open.is_empty() => self.dice.one(&open).clone(),
                    94..=97 if !self.naive.entries.is_empty() => {
                        self.dice.one(&self.naive.entries).transfer.clone()
                    }
                    _ => Transfer { id: self.new_id(), ..Transfer::reserve(id, debit, credit, amount, code) },
                };
                let reserved = held.amount.minor();
                let part = Money::new(self.dice.from_to(1, reserved.clamp(1, 40)), held.amount.currency());
                let more = Money::new(reserved.saturating_add(1), held.amount.currency());
                match self.dice.below(16) {
                    0..=7 => Transfer::post_reserved(id, &held, part, code),
                    8 => Transfer { amount: part, ..Transfer::void(id, &held, code) },
                    9 => Transfer { credit, ..Transfer::post_reserved(id, &held, held.amount, code) },
                    10 => Transfer::post_reserved(id, &held, more, code),
                    _ => Transfer::void(id, &held, code),
                }
            }
            16 | 17 => Transfer::post_up_to(id, debit, credit, amount, code),
            _ if !self.naive.entries.is_empty() => {
                let Naive { entries, .. } = &self.naive;
                let original = self.dice.one(entries).transfer.clone();
                let mut t = Transfer::reverse(&original, code);
                if self.dice.percent(5) {
                    t.amount = amount;
                } else if self.dice.percent(5) {
                    t.id = id;
                }
                t
            }
            _ => Transfer::post(id, debit, credit, amount, code),
        };
        self.adorned(t)
    }

    fn adorned(&mut self, mut t: Transfer) -> Transfer {
        if self.dice.percent(25) {
            t.effective_day = Some(self.today() - 3 + self.dice.below(5) as i32);
        }
        if self.dice.percent(15) {
            let pairs = [("order", *self.dice.one(&["a", "b"])), ("shop", "x")];
            let taken = 1 + usize::from(self.dice.percent(50));
            t.metadata = Metadata::try_new(pairs.into_iter().take(taken)).expect("short pairs");
        }
        if self.dice.percent(40) {
            t.reference = self.dice.below(4).into();
        }
        t
    }

    fn advance(&mut self) {
        let step = match self.dice.below(100) {
            0..=39 => 0,
            40..=59 => self.dice.from_to(1, second(2)),
            60..=89 => self.dice.from_to(0, second(60)),
            90..=95 => self.dice.from_to(0, second(8_000)),
            96 => second(-10),
            _ => self.dice.from_to(0, second(90_000)),
        };
        self.now = Timestamp::from_micros(self.now.as_micros() + step);
    }
}

impl Iterator for Play {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        self.steps += 1;
        self.advance();
        let journal = self.journal();
        if let Some(at) = journal.at {
            // Nothing lapses between an import and the present: a ledger may expire what is due at any time.
            let due = self.naive.next_expiry().is_some_and(|(when, _)| when <= self.now.max(at));
            if due || (at > self.now && self.dice.percent(80)) {
                self.now = at;
            }
        }
        let answer = self.naive.post(&journal, self.now);
        self.past.push(journal.clone());
        Some(Step { now: self.now, journal, answer })
    }
}
