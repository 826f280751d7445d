//! One account, its past, and what was said of it.

use super::super::fact::MovementKind;
use super::super::history::{Edge, History, PartyNo, Seen};
use super::{
    Corridor, DAY, Dormant, Finding, HOUR, Look, NewAccountBurst, ProfileBreach, RapidInOut, RoundAmounts,
    percent,
};
use std::sync::Arc;

fn sum<'a>(edges: impl Iterator<Item = &'a Edge>) -> (i64, i64, Vec<Arc<str>>) {
    edges.fold((0, 0, Vec::new()), |(count, total, mut ids), edge| {
        ids.push(edge.id.clone());
        (count + 1, edge.value.saturating_add(total), ids)
    })
}

/// The ends of a movement that are customers.
fn ours(seen: &Seen) -> impl Iterator<Item = PartyNo> {
    let ends = [(seen.from, seen.kind.payer_is_ours()), (seen.to, seen.kind.payee_is_ours())];
    ends.into_iter().filter(|(_, ours)| *ours).map(|(party, _)| party)
}

/// Sellers earn and spend: that is what an account of theirs is for.
fn trade(edge: &Edge) -> bool {
    matches!(edge.kind, MovementKind::Purchase | MovementKind::Refund | MovementKind::Chargeback)
}

impl Look for RapidInOut {
    fn look(&self, history: &History, seen: &Seen, found: &mut Vec<Finding>) {
        if !matches!(seen.kind, MovementKind::Transfer | MovementKind::Withdrawal | MovementKind::CashOut) {
            return;
        }
        let Some(party) = history.party(seen.from) else { return };
        let since = seen.at - self.hours * HOUR;
        let (_, came, mut movements) = sum(party.ins(since).filter(|e| !trade(e)));
        let (_, went, out) = sum(party.outs(since).filter(|e| !trade(e)));
        // More than came in is money that was there before.
        if came < self.total_min || went < percent(came, self.out_pct) || went > percent(came, 115) {
            return;
        }
        movements.extend(out);
        found.push(Finding {
            subject: seen.from,
            others: Vec::new(),
            movements,
            figures: vec![
                ("total", came),
                ("out", went),
                ("share", went.saturating_mul(100) / came.max(1)),
                ("hours", self.hours),
            ],
        });
    }
}

impl Look for Dormant {
    fn look(&self, history: &History, seen: &Seen, found: &mut Vec<Finding>) {
        for subject in ours(seen) {
            let Some((party, (woke, rest))) = history.party(subject).and_then(|p| Some((p, p.woke?))) else {
                continue;
            };
            if rest < self.rest_days * DAY || seen.at - woke > self.hours * HOUR {
                continue;
            }
            let (count, total, movements) = sum(party.since(woke));
            if total >= self.total_min {
                let figures =
                    vec![("rest", rest / DAY), ("count", count), ("total", total), ("hours", self.hours)];
                found.push(Finding { subject, others: Vec::new(), movements, figures });
            }
        }
    }
}

impl Look for Corridor {
    fn look(&self, history: &History, seen: &Seen, found: &mut Vec<Finding>) {
        for subject in ours(seen) {
            let Some(party) = history.party(subject) else { continue };
            if !party.edges.back().is_some_and(|e| e.risky) {
                continue;
            }
            let (count, total, movements) = sum(party.since(seen.at - self.days * DAY).filter(|e| e.risky));
            if count >= self.count && total >= self.total_min {
                let figures = vec![("count", count), ("total", total), ("days", self.days)];
                found.push(Finding { subject, others: Vec::new(), movements, figures });
            }
        }
    }
}

impl Look for RoundAmounts {
    fn look(&self, history: &History, seen: &Seen, found: &mut Vec<Finding>) {
        let multiple = self.multiple.max(1);
        if seen.value % multiple != 0 {
            return;
        }
        for subject in ours(seen) {
            let Some(party) = history.party(subject) else { continue };
            let since = seen.at - self.days * DAY;
            let (_, all, _) = sum(party.since(since));
            let (count, total, movements) = sum(party.since(since).filter(|e| e.value % multiple == 0));
            if count >= self.count && total >= self.total_min && total >= percent(all, self.share_pct) {
                let figures =
                    vec![("count", count), ("total", total), ("multiple", multiple), ("days", self.days)];
                found.push(Finding { subject, others: Vec::new(), movements, figures });
            }
        }
    }
}

impl Look for ProfileBreach {
    fn look(&self, history: &History, seen: &Seen, found: &mut Vec<Finding>) {
        if !seen.kind.payee_is_ours() {
            return;
        }
        let Some((party, monthly)) = history.party(seen.to).and_then(|p| Some((p, p.monthly?))) else {
            return;
        };
        let (count, total, movements) = sum(party.ins(seen.at - self.days * DAY));
        let declared = monthly.saturating_mul(self.days) / 30;
        if total >= self.total_min && total > percent(declared, self.times_pct) {
            let figures =
                vec![("count", count), ("total", total), ("declared", declared), ("days", self.days)];
            found.push(Finding { subject: seen.to, others: Vec::new(), movements, figures });
        }
    }
}

impl Look for NewAccountBurst {
    fn look(&self, history: &History, seen: &Seen, found: &mut Vec<Finding>) {
        for subject in ours(seen) {
            let Some((party, opened)) = history.party(subject).and_then(|p| Some((p, p.opened?))) else {
                continue;
            };
            if seen.at - opened > self.new_days * DAY || seen.at < opened {
                continue;
            }
            let (count, total, movements) = sum(party.since(seen.at - self.hours * HOUR));
            if count >= self.count && total >= self.total_min {
                let age = (seen.at - opened) / DAY;
                let figures = vec![("count", count), ("total", total), ("hours", self.hours), ("age", age)];
                found.push(Finding { subject, others: Vec::new(), movements, figures });
            }
        }
    }
}
