//! What generators write into.

use super::random::Random;
use super::{Pattern, Traffic, TrafficConfig};
use pmts_compliance::aml::monitor::{Fact, Movement, MovementKind};
use pmts_compliance::aml::party::Country;
use pmts_kernel::Timestamp;
use pmts_money::{Currency, Money};

/// 2026-01-05, a Monday, at midnight.
const START: i64 = 1_767_571_200;
pub(super) const HOUR: i64 = 3_600;
pub(super) const DAY: i64 = 24 * HOUR;

pub(super) struct Making {
    pub(super) config: TrafficConfig,
    pub(super) random: Random,
    facts: Vec<Fact>,
    patterns: Vec<Pattern>,
    /// The pattern that is being put in.
    current: Option<Pattern>,
    movements: u64,
    strangers: u64,
    robbed: u64,
}

impl Making {
    pub(super) fn new(config: &TrafficConfig) -> Self {
        Self {
            config: config.clone(),
            random: Random::new(config.seed),
            facts: Vec::new(),
            patterns: Vec::new(),
            current: None,
            movements: 0,
            strangers: 0,
            robbed: 0,
        }
    }

    pub(super) fn begin(&mut self, typology: &'static str) {
        self.current = Some(Pattern { typology, movements: Vec::new() });
    }

    pub(super) fn end(&mut self) {
        self.patterns.extend(self.current.take());
    }

    fn time(at: i64) -> Timestamp {
        Timestamp::from_micros((START + at) * 1_000_000)
    }

    /// Money moves, `at` seconds from the start.
    pub(super) fn moved(&mut self, kind: MovementKind, [from, to]: [&str; 2], at: i64, minor: i64) {
        self.abroad(kind, [from, to], at, minor, "US");
    }

    /// The same with the payee, or the payer of a deposit, in another country.
    pub(super) fn abroad(
        &mut self,
        kind: MovementKind,
        [from, to]: [&str; 2],
        at: i64,
        minor: i64,
        country: &str,
    ) {
        let id = format!("m{}", self.movements);
        self.movements += 1;
        if let Some(pattern) = &mut self.current {
            pattern.movements.push(id.clone());
        }
        let (home, there) = (Country::find("US"), Country::find(country));
        let deposit = kind == MovementKind::Deposit;
        self.facts.push(Fact::Moved(Movement {
            id,
            at: Self::time(at),
            kind,
            from: from.to_owned(),
            to: to.to_owned(),
            amount: Money::new(minor.max(1), Currency::USD),
            value_minor: None,
            from_country: if deposit { there } else { home },
            to_country: if deposit { home } else { there },
        }));
    }

    pub(super) fn opened(&mut self, party: &str, at: i64, monthly_minor: i64) {
        let party = party.to_owned();
        self.facts.push(Fact::Opened { party, at: Self::time(at), monthly_minor: Some(monthly_minor) });
    }

    pub(super) fn linked(&mut self, party: &str, token: &str) {
        let (party, token) = (party.to_owned(), token.to_owned());
        self.facts.push(Fact::Linked { party, token, at: Self::time(0) });
    }

    pub(super) fn payout_account_changed(&mut self, party: &str, at: i64) {
        self.facts.push(Fact::PayoutAccountChanged { party: party.to_owned(), at: Self::time(at) });
    }

    /// Somebody of the ordinary people.
    pub(super) fn person(&mut self) -> String {
        format!("p{}", self.random.below(self.config.customers))
    }

    /// Some seller.
    pub(super) fn seller(&mut self) -> String {
        format!("s{}", self.random.below(self.sellers()))
    }

    /// A seller whose payouts are stolen: each time another one, as long as there are enough.
    pub(super) fn robbed(&mut self) -> String {
        self.robbed += 1;
        format!("s{}", self.robbed % self.sellers())
    }

    pub(super) fn sellers(&self) -> u64 {
        (self.config.customers / 20).max(1)
    }

    /// A member of a pattern: an ordinary person, or somebody who does nothing else.
    pub(super) fn member(&mut self) -> String {
        if self.random.chance(self.config.mixing_pct) {
            return self.person();
        }
        self.stranger()
    }

    /// Somebody who does nothing else.
    pub(super) fn stranger(&mut self) -> String {
        self.strangers += 1;
        let name = format!("x{}", self.strangers);
        self.opened(&name, -400 * DAY, 800_000);
        name
    }

    /// An amount of a pattern.
    pub(super) fn amount(&mut self, low: i64, high: i64) -> i64 {
        self.random.between(low, high) * self.config.amount_pct / 100
    }

    /// A span of a pattern.
    pub(super) fn span(&mut self, low: i64, high: i64) -> i64 {
        self.random.between(low, high) * self.config.window_pct / 100
    }

    /// A time of day when a pattern may begin, with `room` days left.
    pub(super) fn start(&mut self, room: i64) -> i64 {
        let last = (self.config.days - room).max(31);
        self.random.between(30, last) * DAY + self.random.between(14, 17) * HOUR
    }

    pub(super) fn done(mut self) -> Traffic {
        self.facts.sort_by_key(Fact::at);
        Traffic { facts: self.facts, patterns: self.patterns }
    }
}
