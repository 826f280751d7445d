//! Money followed back from hand to hand.

use super::super::fact::MovementKind;
use super::super::history::{Edge, History, PartyNo, Seen};
use super::{Cycle, Finding, HOUR, Look, MuleChain, percent};

/// The most movements that are looked at for one: a search ends there, found or not.
const STEPS_MAX: usize = 3_000;

/// A search backwards along transfers.
struct Trail<'h> {
    history: &'h History,
    /// Hands it went through, the last one first.
    hands: Vec<PartyNo>,
    /// The movements between them, the last one first.
    edges: Vec<&'h Edge>,
    steps: usize,
}

impl<'h> Trail<'h> {
    fn new(history: &'h History, seen: &Seen) -> Self {
        Self { history, hands: vec![seen.to, seen.from], edges: Vec::new(), steps: 0 }
    }

    /// Transfers into `hand` that may have become the one of `at` and `value`.
    fn sources(&mut self, hand: PartyNo, [since, at, value, keep_pct]: [i64; 4]) -> Vec<&'h Edge> {
        let Some(party) = self.history.party(hand) else { return Vec::new() };
        let mut sources = Vec::new();
        for edge in party.ins(since) {
            self.steps += 1;
            let fits =
                edge.at <= at && value <= percent(edge.value, 105) && value >= percent(edge.value, keep_pct);
            if edge.kind == MovementKind::Transfer && fits {
                sources.push(edge);
            }
        }
        sources
    }

    fn total(&self) -> i64 {
        self.edges.last().map_or(0, |e| e.value)
    }
}

impl Cycle {
    fn back<'h>(&self, trail: &mut Trail<'h>, hand: PartyNo, since: i64, at: i64, value: i64) -> bool {
        let hops = i64::try_from(trail.edges.len()).unwrap_or(i64::MAX) + 1;
        if hops >= self.hops_max || trail.steps > STEPS_MAX {
            return false;
        }
        for edge in trail.sources(hand, [since, at, value, self.keep_pct]) {
            let closes = edge.other == trail.hands[0];
            if closes && hops + 1 < self.hops_min || !closes && trail.hands.contains(&edge.other) {
                continue;
            }
            trail.edges.push(edge);
            if closes {
                return true;
            }
            trail.hands.push(edge.other);
            if self.back(trail, edge.other, since, edge.at, edge.value) {
                return true;
            }
            trail.hands.pop();
            trail.edges.pop();
        }
        false
    }
}

impl Look for Cycle {
    fn look(&self, history: &History, seen: &Seen, found: &mut Vec<Finding>) {
        if seen.kind != MovementKind::Transfer || seen.value < self.value_min || seen.from == seen.to {
            return;
        }
        let mut trail = Trail::new(history, seen);
        if !self.back(&mut trail, seen.from, seen.at - self.hours * HOUR, seen.at, seen.value) {
            return;
        }
        let hops = i64::try_from(trail.edges.len()).unwrap_or(i64::MAX) + 1;
        let mut movements = vec![seen.id.clone()];
        movements.extend(trail.edges.iter().map(|e| e.id.clone()));
        let figures =
            vec![("count", hops), ("first", trail.total()), ("total", seen.value), ("hours", self.hours)];
        found.push(Finding { subject: seen.to, others: trail.hands[1..].to_vec(), movements, figures });
    }
}

impl MuleChain {
    fn back<'h>(&self, trail: &mut Trail<'h>, hand: PartyNo, at: i64, value: i64) -> bool {
        if i64::try_from(trail.edges.len()).unwrap_or(i64::MAX) + 1 >= self.hops {
            return true;
        }
        if trail.steps > STEPS_MAX {
            return false;
        }
        for edge in trail.sources(hand, [at - self.hours * HOUR, at, value, self.keep_pct]) {
            if trail.hands.contains(&edge.other) {
                continue;
            }
            trail.edges.push(edge);
            trail.hands.push(edge.other);
            if self.back(trail, edge.other, edge.at, edge.value) {
                return true;
            }
            trail.hands.pop();
            trail.edges.pop();
        }
        false
    }
}

impl Look for MuleChain {
    fn look(&self, history: &History, seen: &Seen, found: &mut Vec<Finding>) {
        if !matches!(seen.kind, MovementKind::Transfer | MovementKind::Withdrawal)
            || seen.value < self.value_min
        {
            return;
        }
        let mut trail = Trail::new(history, seen);
        if !self.back(&mut trail, seen.from, seen.at, seen.value) {
            return;
        }
        let mut movements = vec![seen.id.clone()];
        movements.extend(trail.edges.iter().map(|e| e.id.clone()));
        let mut others = trail.hands[2..].to_vec();
        others.push(seen.to);
        let figures = vec![
            ("count", self.hops),
            ("first", trail.total()),
            ("total", seen.value),
            ("hours", self.hours),
        ];
        found.push(Finding { subject: seen.from, others, movements, figures });
    }
}
