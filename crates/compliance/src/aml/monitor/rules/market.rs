//! Sellers, their buyers, and where sellers are paid out to.

use super::super::fact::MovementKind;
use super::super::history::{Edge, History, PartyNo, Seen};
use super::{ChargebackRing, Collusion, DAY, Finding, HOUR, Look, PayoutChange, RefundAbuse, percent};

fn small(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn total(edges: &[&Edge]) -> i64 {
    edges.iter().fold(0, |sum, e| e.value.saturating_add(sum))
}

impl Look for RefundAbuse {
    fn look(&self, history: &History, seen: &Seen, found: &mut Vec<Finding>) {
        if seen.kind != MovementKind::Refund {
            return;
        }
        let Some(buyer) = history.party(seen.to) else { return };
        let since = seen.at - self.days * DAY;
        let with = |kind: MovementKind| {
            buyer.since(since).filter(move |e| e.kind == kind && e.other == seen.from).collect::<Vec<_>>()
        };
        let (back, bought) = (with(MovementKind::Refund), with(MovementKind::Purchase));
        let (returned, paid) = (total(&back), total(&bought));
        if small(back.len()) < self.count
            || returned < self.total_min
            || returned < percent(paid, self.refund_pct)
        {
            return;
        }
        found.push(Finding {
            subject: seen.to,
            others: vec![seen.from],
            movements: back.iter().chain(&bought).map(|e| e.id.clone()).collect(),
            figures: vec![
                ("count", small(back.len())),
                ("total", returned),
                ("bought", paid),
                ("days", self.days),
            ],
        });
    }
}

impl Look for Collusion {
    fn look(&self, history: &History, seen: &Seen, found: &mut Vec<Finding>) {
        if seen.kind != MovementKind::Purchase || !history.share(seen.from, seen.to) {
            return;
        }
        let Some(seller) = history.party(seen.to) else { return };
        let related = history.related(seen.to);
        let own: Vec<&Edge> = seller
            .ins(seen.at - self.days * DAY)
            .filter(|e| e.kind == MovementKind::Purchase && related.binary_search(&e.other).is_ok())
            .collect();
        if small(own.len()) < self.count || total(&own) < self.total_min {
            return;
        }
        let mut others: Vec<PartyNo> = own.iter().map(|e| e.other).collect();
        others.sort_unstable();
        others.dedup();
        found.push(Finding {
            subject: seen.to,
            figures: vec![
                ("count", small(own.len())),
                ("buyers", small(others.len())),
                ("total", total(&own)),
                ("days", self.days),
            ],
            others,
            movements: own.iter().map(|e| e.id.clone()).collect(),
        });
    }
}

impl Look for ChargebackRing {
    fn look(&self, history: &History, seen: &Seen, found: &mut Vec<Finding>) {
        if seen.kind != MovementKind::Chargeback {
            return;
        }
        let mut buyers = history.related(seen.to);
        buyers.push(seen.to);
        let since = seen.at - self.days * DAY;
        let mut edges: Vec<&Edge> = Vec::new();
        let mut ring: Vec<PartyNo> = Vec::new();
        for number in buyers {
            let Some(buyer) = history.party(number) else { continue };
            let before = edges.len();
            edges.extend(buyer.ins(since).filter(|e| e.kind == MovementKind::Chargeback));
            if edges.len() > before {
                ring.push(number);
            }
        }
        if small(ring.len()) < self.count || total(&edges) < self.total_min {
            return;
        }
        let figures = vec![
            ("count", small(edges.len())),
            ("buyers", small(ring.len())),
            ("total", total(&edges)),
            ("days", self.days),
        ];
        let movements = edges.iter().map(|e| e.id.clone()).collect();
        ring.retain(|n| *n != seen.to);
        found.push(Finding { subject: seen.to, others: ring, movements, figures });
    }
}

impl Look for PayoutChange {
    fn look(&self, history: &History, seen: &Seen, found: &mut Vec<Finding>) {
        if seen.kind != MovementKind::Withdrawal {
            return;
        }
        let Some((seller, changed)) = history.party(seen.from).and_then(|p| Some((p, p.payout_changed?)))
        else {
            return;
        };
        if seen.at < changed || seen.at - changed > self.hours * HOUR {
            return;
        }
        let payout = |e: &&Edge| e.kind == MovementKind::Withdrawal;
        let after: Vec<&Edge> = seller.outs(changed).filter(payout).collect();
        // The middle one, so that one large payout before does not make the next usual.
        let mut before: Vec<i64> =
            seller.edges.iter().filter(|e| e.at < changed).filter(payout).map(|e| e.value).collect();
        before.sort_unstable();
        let usual = before.get(before.len() / 2).copied().unwrap_or(0);
        let went = total(&after);
        if went < self.total_min || went < percent(usual, self.times_pct) {
            return;
        }
        found.push(Finding {
            subject: seen.from,
            others: vec![seen.to],
            movements: after.iter().map(|e| e.id.clone()).collect(),
            figures: vec![
                ("count", small(after.len())),
                ("total", went),
                ("usual", usual),
                ("hours", (seen.at - changed) / HOUR),
            ],
        });
    }
}
