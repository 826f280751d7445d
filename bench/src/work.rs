//! The commits a caller makes.

use crate::options::Options;
use pmts_kernel::{Clock, Event, EventId, Principal, SystemClock, Timestamp};
use pmts_ledger::{
    Account, AccountChange, AccountId, ChartCode, Owner, Side, Transfer, TransferCode, TransferId,
};
use pmts_money::{Currency, Money};
use pmts_store::{Answer, Commit, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A quick generator of numbers that look random (xorshift64*).
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }
}

/// The id of the n-th account.
pub(crate) fn account(n: u64) -> AccountId {
    AccountId::from_raw(u128::from(n + 1) << 64)
}

/// Commits that open the accounts.
pub(crate) fn openings(accounts: u64) -> Vec<Commit> {
    let numbers: Vec<u64> = (0..accounts).collect();
    let open = |n: &u64| {
        // Half are assets and half liabilities, on eight lines of the chart; none has a limit.
        let side = if n.is_multiple_of(2) { Side::Debit } else { Side::Credit };
        let chart = ChartCode(u16::try_from(1 + n % 8).unwrap_or(1));
        AccountChange::Open(Account::new(account(*n), Currency::EUR, chart, side))
    };
    numbers
        .chunks(1_000)
        .map(|some| Commit { accounts: some.iter().map(open).collect(), ..empty() })
        .collect()
}

fn empty() -> Commit {
    Commit::by(Principal::system("bench"))
}

/// Makes commits for one caller. Ids come from one counter for all, with the time before it.
pub(crate) struct Work {
    options: Options,
    random: Random,
    counter: Arc<AtomicU64>,
    by: Principal,
}

impl Work {
    pub(crate) fn new(options: &Options, caller: u64, counter: Arc<AtomicU64>) -> Self {
        Self {
            options: options.clone(),
            random: Random::new(caller + 1),
            counter,
            by: Principal::system("bench"),
        }
    }

    /// The milliseconds above 80 bits, then a counter: as time-ordered ids are.
    fn base(&self, n: u64) -> u128 {
        let millis = SystemClock.now().as_micros().unsigned_abs() / 1_000;
        (u128::from(millis) << 80) | (u128::from(n) << 16)
    }

    fn pair(&mut self) -> (AccountId, AccountId) {
        let all = self.options.accounts;
        let debit = self.random.below(if self.options.hot { all.min(8) } else { all });
        let credit = self.random.below(all);
        (account(debit), account(if credit == debit { (credit + 1) % all } else { credit }))
    }

    fn id(&mut self, time_ordered: u128) -> TransferId {
        TransferId::from_raw(if self.options.random_ids {
            let high = u128::from(self.random.next()) << 64;
            (high | u128::from(self.random.next())) >> 2
        } else {
            time_ordered
        })
    }

    fn transfer(&mut self, id: u128, reference: u128, (debit, credit): (AccountId, AccountId)) -> Transfer {
        let amount = Money::new((1 + self.random.below(10_000)).cast_signed(), Currency::EUR);
        let code = TransferCode(u16::try_from(1 + self.random.below(100)).unwrap_or(1));
        let id = self.id(id);
        if self.options.holds > 0 && self.random.below(100) < self.options.holds {
            let until =
                SystemClock.now().as_micros() + 1_000_000 + self.random.below(4_000_000).cast_signed();
            return Transfer::reserve(id, debit, credit, amount, code)
                .expiring(Timestamp::from_micros(until))
                .with_reference(reference);
        }
        Transfer::post(id, debit, credit, amount, code).with_reference(reference)
    }

    /// The next so many commits.
    pub(crate) fn commits(&mut self, count: usize) -> Vec<Commit> {
        let first = self.counter.fetch_add(count as u64, Ordering::Relaxed);
        let base = self.base(0);
        (first..).take(count).map(|n| self.commit(n, base | (u128::from(n) << 16))).collect()
    }

    fn commit(&mut self, n: u64, base: u128) -> Commit {
        if self.options.unit {
            return self.unit(n, base);
        }
        if self.options.payments {
            return self.payment(n, base);
        }
        let pair = self.pair();
        // Four transfers belong together, as those of one payment do.
        let reference = (base & !0xffff) ^ (u128::from(n % 4) << 16);
        Commit { transfers: vec![self.transfer(base, reference, pair)], ..Commit::by(self.by.clone()) }
    }

    fn unit(&mut self, n: u64, base: u128) -> Commit {
        let transfers = (0..4)
            .map(|i| {
                let pair = self.pair();
                self.transfer(base | i, base, pair)
            })
            .collect();
        let record = |kind, id, key| Write {
            kind,
            id,
            expected: 0,
            body: Some(format!("{{\"n\":{n},\"text\":\"{:0180}\"}}", n)),
            keys: vec![key],
        };
        // A payment is listed by its customer, one of 10,000; an operation by its payment.
        let customer = ("customer", format!("{:05}", self.random.below(10_000)));
        let payment = ("payment", format!("{base:032x}"));
        let event = Event {
            id: EventId::from_raw(base),
            kind: "bench.done".into(),
            object: format!("bench_{n}"),
            sequence: 1,
            at: Timestamp::from_micros(1),
            data: serde_json::json!({ "n": n, "text": format!("{:0150}", n) }),
        };
        let answer = Answer {
            scope: "bench".into(),
            key: format!("{:016x}{:016x}", self.random.next(), n),
            fingerprint: "f".into(),
            body: format!("{{\"id\":{n}}}"),
        };
        Commit {
            transfers,
            records: vec![
                record("bench_payment", base, customer),
                record("bench_operation", base | 1, payment),
            ],
            events: vec![event],
            answer: Some(answer),
            ..Commit::by(self.by.clone())
        }
    }

    /// Three accounts of its own, ten transfers that leave them at zero; one in a hundred touches an old payment instead.
    fn payment(&mut self, n: u64, base: u128) -> Commit {
        let own = |n: u64, i: u64| AccountId::from_raw((u128::from(n) << 32) | u128::from(i + 1));
        let again = n > 1_000 && n.is_multiple_of(100);
        // One that opened its accounts: the number after a multiple of 100 always did.
        let of = if again { self.random.below((n - 500) / 100) * 100 + 1 } else { n };
        let owner = Owner::try_new(format!("pay_{of}")).unwrap_or_default();
        let open = |i| {
            AccountChange::Open(
                Account::new(
                    own(of, i),
                    Currency::EUR,
                    ChartCode(50 + u16::try_from(i).unwrap_or(0)),
                    Side::Credit,
                )
                .with_owner(owner.clone())
                .with_floor(0),
            )
        };
        let amount = Money::new(500, Currency::EUR);
        let (bank, seller) = self.pair();
        let steps = [
            (bank, own(of, 0)),
            (bank, own(of, 1)),
            (bank, own(of, 2)),
            (own(of, 0), seller),
            (own(of, 1), seller),
            (own(of, 2), seller),
            (bank, own(of, 0)),
            (own(of, 0), own(of, 1)),
            (own(of, 1), own(of, 2)),
            (own(of, 2), seller),
        ];
        let transfers = steps
            .iter()
            .zip(0u128..)
            .filter(|((debit, credit), _)| debit != credit)
            .map(|((debit, credit), i)| {
                Transfer::post(TransferId::from_raw(base | i), *debit, *credit, amount, TransferCode(1))
                    .with_reference(base)
            })
            .collect();
        let accounts = if again { vec![] } else { (0..3).map(open).collect() };
        Commit { accounts, transfers, ..Commit::by(self.by.clone()) }
    }
}
