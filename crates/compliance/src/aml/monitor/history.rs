//! What the monitoring remembers: the latest movements of each customer, bounded in time, in number and in customers.

use super::fact::{Movement, MovementKind};
use foldhash::{HashMap, HashMapExt};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::Arc;

/// A customer, or an account elsewhere, within a history.
pub(super) type PartyNo = u64;

/// The most tokens that are kept of a customer, and customers of a token.
const LINKS_MAX: usize = 24;

/// How much is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bounds {
    /// For how many days movements are.
    pub days: i64,
    /// How many movements of each customer.
    pub movements_each: usize,
    /// How many customers and accounts elsewhere.
    pub parties: usize,
}

impl Default for Bounds {
    /// 90 days, 400 movements each, 500,000 customers and accounts.
    fn default() -> Self {
        Self { days: 90, movements_each: 400, parties: 500_000 }
    }
}

/// What was dropped before its time, because there was too much. Scenarios may have missed something through it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Forgotten {
    /// Movements of customers that have too many.
    pub movements: u64,
    /// Customers that moved nothing for the longest time.
    pub parties: u64,
}

/// A movement as one of its ends sees it.
#[derive(Debug, Clone)]
pub(super) struct Edge {
    pub(super) at: i64,
    pub(super) other: PartyNo,
    pub(super) value: i64,
    pub(super) kind: MovementKind,
    pub(super) out: bool,
    pub(super) risky: bool,
    pub(super) id: Arc<str>,
}

/// Whom something is remembered of.
#[derive(Debug)]
pub(super) struct Party {
    pub(super) name: Arc<str>,
    pub(super) edges: VecDeque<Edge>,
    pub(super) opened: Option<i64>,
    pub(super) monthly: Option<i64>,
    pub(super) last: Option<i64>,
    /// When it moved money again after a long rest, and how long that was, in seconds.
    pub(super) woke: Option<(i64, i64)>,
    pub(super) payout_changed: Option<i64>,
    pub(super) tokens: Vec<Arc<str>>,
    /// When each version of a scenario last told of it.
    pub(super) told: Vec<(Arc<str>, i64)>,
}

impl Party {
    /// The movements since `since`, the latest first.
    pub(super) fn since(&self, since: i64) -> impl Iterator<Item = &Edge> {
        self.edges.iter().rev().take_while(move |e| e.at >= since)
    }

    /// What came in since `since`, the latest first.
    pub(super) fn ins(&self, since: i64) -> impl Iterator<Item = &Edge> {
        self.since(since).filter(|e| !e.out)
    }

    /// What went out since `since`, the latest first.
    pub(super) fn outs(&self, since: i64) -> impl Iterator<Item = &Edge> {
        self.since(since).filter(|e| e.out)
    }
}

/// The movement that is looked at.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) from: PartyNo,
    pub(super) to: PartyNo,
    pub(super) at: i64,
    pub(super) value: i64,
    pub(super) kind: MovementKind,
    pub(super) id: Arc<str>,
}

/// A rest of so many seconds is one to be remembered: 30 days.
const REST: i64 = 30 * 86_400;

#[derive(Debug)]
pub(super) struct History {
    pub(super) bounds: Bounds,
    pub(super) numbers: HashMap<Arc<str>, PartyNo>,
    pub(super) parties: HashMap<PartyNo, Party>,
    pub(super) links: HashMap<Arc<str>, Vec<PartyNo>>,
    pub(super) next: PartyNo,
    pub(super) forgotten: Forgotten,
    /// When the first movement of all was.
    pub(super) began: Option<i64>,
}

impl History {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            numbers: HashMap::new(),
            parties: HashMap::new(),
            links: HashMap::new(),
            next: 0,
            forgotten: Forgotten::default(),
            began: None,
        }
    }

    pub(super) fn party(&self, number: PartyNo) -> Option<&Party> {
        self.parties.get(&number)
    }

    pub(super) fn party_mut(&mut self, number: PartyNo) -> Option<&mut Party> {
        self.parties.get_mut(&number)
    }

    pub(super) fn number(&mut self, name: &str) -> PartyNo {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let name: Arc<str> = name.into();
        let number = self.next;
        self.next += 1;
        self.numbers.insert(name.clone(), number);
        let party = Party {
            name,
            edges: VecDeque::new(),
            opened: None,
            monthly: None,
            last: None,
            woke: None,
            payout_changed: None,
            tokens: Vec::new(),
            told: Vec::new(),
        };
        self.parties.insert(number, party);
        number
    }

    /// Remembers a movement; `None` if it is known. `risky` says whether an end of it is in a country of high risk.
    pub(super) fn take(&mut self, movement: &Movement, value: i64, risky: bool) -> Option<Seen> {
        self.make_room();
        let (from, to) = (self.number(&movement.from), self.number(&movement.to));
        let at = movement.at.as_secs();
        let known = |party: PartyNo| {
            self.parties.get(&party).is_some_and(|p| p.since(at).any(|e| *e.id == *movement.id))
        };
        if known(from) || known(to) {
            return None;
        }
        self.began.get_or_insert(at);
        let id: Arc<str> = movement.id.as_str().into();
        let kind = movement.kind;
        let ends = [(from, to, true, kind.payer_is_ours()), (to, from, false, kind.payee_is_ours())];
        for (party, other, out, ours) in ends {
            if ours && (out || from != to) {
                self.remember(party, Edge { at, other, value, kind, out, risky, id: id.clone() });
            }
        }
        Some(Seen { from, to, at, value, kind, id })
    }

    fn remember(&mut self, party: PartyNo, edge: Edge) {
        let (oldest, most) = (edge.at - self.bounds.days * 86_400, self.bounds.movements_each);
        let Some(party) = self.parties.get_mut(&party) else { return };
        if let Some(last) = party.last
            && edge.at - last >= REST
        {
            party.woke = Some((edge.at, edge.at - last));
        }
        party.last = Some(party.last.unwrap_or(edge.at).max(edge.at));
        // Those that come late are put where they belong.
        let late = party.edges.iter().rev().take_while(|e| e.at > edge.at).count();
        party.edges.insert(party.edges.len() - late, edge);
        while party.edges.front().is_some_and(|e| e.at < oldest) {
            party.edges.pop_front();
        }
        if party.edges.len() > most {
            party.edges.pop_front();
            self.forgotten.movements += 1;
        }
    }

    pub(super) fn link(&mut self, party: &str, token: &str) {
        self.make_room();
        let number = self.number(party);
        let Some(party) = self.parties.get_mut(&number) else { return };
        if party.tokens.len() >= LINKS_MAX || party.tokens.iter().any(|t| **t == *token) {
            return;
        }
        let token: Arc<str> =
            self.links.get_key_value(token).map_or_else(|| token.into(), |(t, _)| t.clone());
        let users = self.links.entry(token.clone()).or_default();
        if users.len() < LINKS_MAX {
            users.push(number);
            party.tokens.push(token);
        }
    }

    /// Who shares a token with this one, each once, itself not.
    pub(super) fn related(&self, number: PartyNo) -> Vec<PartyNo> {
        let Some(party) = self.party(number) else { return Vec::new() };
        let users = party.tokens.iter().filter_map(|t| self.links.get(t)).flatten();
        let mut related: Vec<PartyNo> = users.copied().filter(|n| *n != number).collect();
        related.sort_unstable();
        related.dedup();
        related
    }

    /// Whether two share a token.
    pub(super) fn share(&self, a: PartyNo, b: PartyNo) -> bool {
        let (Some(a), Some(b)) = (self.party(a), self.party(b)) else { return false };
        a.tokens.iter().any(|t| b.tokens.contains(t))
    }

    /// With too many customers, a tenth of them goes: those that have rested the longest.
    fn make_room(&mut self) {
        if self.parties.len() + 2 <= self.bounds.parties.max(20) {
            return;
        }
        let mut rested: Vec<(i64, PartyNo)> =
            self.parties.iter().map(|(n, p)| (p.last.or(p.opened).unwrap_or(i64::MIN), *n)).collect();
        let going = (rested.len() / 10).max(4).min(rested.len() - 1);
        rested.select_nth_unstable(going);
        for (_, number) in &rested[..going] {
            if let Some(party) = self.parties.remove(number) {
                self.numbers.remove(&party.name);
                for token in &party.tokens {
                    if let Some(users) = self.links.get_mut(token) {
                        users.retain(|n| n != number);
                        if users.is_empty() {
                            self.links.remove(token);
                        }
                    }
                }
                self.forgotten.parties += 1;
            }
        }
    }
}
