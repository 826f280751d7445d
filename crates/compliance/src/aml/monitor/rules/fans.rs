//! Many to one, one to many, and both.

use super::super::fact::MovementKind;
use super::super::history::{Edge, History, Party, PartyNo, Seen};
use super::{DAY, FanIn, FanOut, Finding, GatherScatter, HOUR, Layers, Look, ScatterGather, percent};
use foldhash::{HashMap, HashMapExt};
use std::sync::Arc;

/// Between accounts: what is bought and given back is trade.
fn between(edge: &Edge) -> bool {
    matches!(edge.kind, MovementKind::Transfer | MovementKind::Deposit | MovementKind::Withdrawal)
}

fn small(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// One side of an account since some time: who, how much, which movements.
struct Side {
    /// Of each, when it was first and how much in all.
    who: HashMap<PartyNo, (i64, i64)>,
    total: i64,
    ids: Vec<Arc<str>>,
    /// How many of them were not there before.
    new: i64,
}

impl Side {
    fn of(party: &Party, since: i64, out: bool) -> Self {
        let mut side = Self { who: HashMap::new(), total: 0, ids: Vec::new(), new: 0 };
        for edge in party.since(since).filter(|e| e.out == out && between(e)) {
            let one = side.who.entry(edge.other).or_insert((edge.at, 0));
            *one = (edge.at.min(one.0), edge.value.saturating_add(one.1));
            side.total = side.total.saturating_add(edge.value);
            side.ids.push(edge.id.clone());
        }
        let before = party.edges.iter().take_while(|e| e.at < since).filter(|e| e.out == out);
        let mut known: Vec<PartyNo> = before.map(|e| e.other).filter(|n| side.who.contains_key(n)).collect();
        known.sort_unstable();
        known.dedup();
        side.new = small(side.who.len()) - small(known.len());
        side
    }

    fn count(&self) -> i64 {
        small(self.who.len())
    }

    fn others(&self) -> Vec<PartyNo> {
        let mut others: Vec<PartyNo> = self.who.keys().copied().collect();
        others.sort_unstable();
        others
    }
}

fn fan(
    history: &History,
    seen: &Seen,
    out: bool,
    [count, hours, new_pct, total_min, warm_days]: [i64; 5],
) -> Option<Finding> {
    if !matches!(seen.kind, MovementKind::Transfer | MovementKind::Deposit | MovementKind::Withdrawal) {
        return None;
    }
    if seen.at - history.began.unwrap_or(seen.at) < warm_days * DAY {
        return None;
    }
    let (subject, ours) =
        if out { (seen.from, seen.kind.payer_is_ours()) } else { (seen.to, seen.kind.payee_is_ours()) };
    if !ours {
        return None;
    }
    let side = Side::of(history.party(subject)?, seen.at - hours * HOUR, out);
    if side.count() < count || side.total < total_min || side.new * 100 < side.count() * new_pct {
        return None;
    }
    let figures = vec![("count", side.count()), ("new", side.new), ("total", side.total), ("hours", hours)];
    Some(Finding { subject, others: side.others(), movements: side.ids, figures })
}

impl Look for FanIn {
    fn look(&self, history: &History, seen: &Seen, found: &mut Vec<Finding>) {
        found.extend(fan(
            history,
            seen,
            false,
            [self.count, self.hours, self.new_pct, self.total_min, self.warm_days],
        ));
    }
}

impl Look for FanOut {
    fn look(&self, history: &History, seen: &Seen, found: &mut Vec<Finding>) {
        found.extend(fan(
            history,
            seen,
            true,
            [self.count, self.hours, self.new_pct, self.total_min, self.warm_days],
        ));
    }
}

/// Transfers into an account since some time, the latest of each sender.
fn feeders(party: &Party, since: i64) -> Vec<&Edge> {
    let mut feeders: Vec<&Edge> = Vec::new();
    for edge in party.ins(since).filter(|e| e.kind == MovementKind::Transfer) {
        if !feeders.iter().any(|e| e.other == edge.other) {
            feeders.push(edge);
        }
    }
    feeders
}

impl Look for ScatterGather {
    fn look(&self, history: &History, seen: &Seen, found: &mut Vec<Finding>) {
        if seen.kind != MovementKind::Transfer {
            return;
        }
        let Some(party) = history.party(seen.to) else { return };
        let since = seen.at - self.hours * HOUR;
        let last = feeders(party, since);
        if small(last.len()) < self.count {
            return;
        }
        // Of each source: what went from it over whom.
        let mut sources: HashMap<PartyNo, Vec<(&Edge, &Edge)>> = HashMap::new();
        for gathered in last {
            let Some(middle) = history.party(gathered.other) else { continue };
            for scattered in feeders(middle, since) {
                let passed =
                    gathered.at >= scattered.at && gathered.value >= percent(scattered.value, self.pass_pct);
                if passed && scattered.other != seen.to && gathered.value <= percent(scattered.value, 120) {
                    sources.entry(scattered.other).or_default().push((scattered, gathered));
                }
            }
        }
        let best = sources.into_iter().max_by_key(|(source, over)| (over.len(), *source));
        let Some((source, over)) = best else { return };
        let total = over.iter().map(|(_, gathered)| gathered.value).sum();
        if small(over.len()) < self.count || total < self.total_min {
            return;
        }
        let mut others: Vec<PartyNo> = over.iter().map(|(_, gathered)| gathered.other).collect();
        others.push(source);
        found.push(Finding {
            subject: seen.to,
            others,
            movements: over.iter().flat_map(|(a, b)| [a.id.clone(), b.id.clone()]).collect(),
            figures: vec![("count", small(over.len())), ("total", total), ("hours", self.hours)],
        });
    }
}

impl Look for GatherScatter {
    fn look(&self, history: &History, seen: &Seen, found: &mut Vec<Finding>) {
        if !matches!(seen.kind, MovementKind::Transfer | MovementKind::Withdrawal) {
            return;
        }
        let Some(party) = history.party(seen.from) else { return };
        let since = seen.at - self.hours * HOUR;
        let out = Side::of(party, since, true);
        if out.count() < self.count {
            return;
        }
        let came = Side::of(party, since, false);
        let enough = came.count() >= self.count && came.total >= self.total_min;
        // Who is regularly paid and pays, does business.
        let fresh = (came.new + out.new) * 2 >= came.count() + out.count();
        if !enough
            || !fresh
            || out.total < percent(came.total, self.out_pct)
            || out.total > percent(came.total, 140)
        {
            return;
        }
        let mut others = came.others();
        others.extend(out.others());
        let figures = vec![
            ("count", came.count()),
            ("receivers", out.count()),
            ("total", came.total),
            ("out", out.total),
            ("hours", self.hours),
        ];
        let movements = came.ids.into_iter().chain(out.ids).collect();
        found.push(Finding { subject: seen.from, others, movements, figures });
    }
}

impl Look for Layers {
    fn look(&self, history: &History, seen: &Seen, found: &mut Vec<Finding>) {
        if seen.kind != MovementKind::Transfer {
            return;
        }
        let Some(party) = history.party(seen.to) else { return };
        let since = seen.at - self.hours * HOUR;
        let second = feeders(party, since);
        if small(second.len()) < self.count {
            return;
        }
        let mut firsts: HashMap<PartyNo, Vec<(&Edge, &Edge)>> = HashMap::new();
        for on in second {
            let Some(middle) = history.party(on.other) else { continue };
            for into in feeders(middle, since).into_iter().filter(|e| e.at <= on.at && e.other != seen.to) {
                firsts.entry(into.other).or_default().push((into, on));
            }
        }
        // Those of the first layer who pay several of the second.
        firsts.retain(|_, over| over.len() >= 2);
        let mut pairs: Vec<(&Edge, &Edge)> = firsts.values().flatten().copied().collect();
        pairs.sort_by(|a, b| a.0.id.cmp(&b.0.id).then_with(|| a.1.id.cmp(&b.1.id)));
        let mut middles: Vec<PartyNo> = pairs.iter().map(|(_, on)| on.other).collect();
        middles.sort_unstable();
        middles.dedup();
        let mut ons: Vec<&Edge> = pairs.iter().map(|(_, on)| *on).collect();
        ons.sort_by(|a, b| a.id.cmp(&b.id));
        ons.dedup_by(|a, b| a.id == b.id);
        let total = ons.iter().map(|e| e.value).sum();
        if small(firsts.len()) < self.count || small(middles.len()) < self.count || total < self.total_min {
            return;
        }
        let mut others: Vec<PartyNo> = firsts.keys().copied().chain(middles.iter().copied()).collect();
        others.sort_unstable();
        let into = pairs.iter().map(|(into, _)| into.id.clone());
        let figures = vec![
            ("count", small(firsts.len())),
            ("middles", small(middles.len())),
            ("total", total),
            ("hours", self.hours),
        ];
        let movements = into.chain(ons.iter().map(|e| e.id.clone())).collect();
        found.push(Finding { subject: seen.to, others, movements, figures });
    }
}
