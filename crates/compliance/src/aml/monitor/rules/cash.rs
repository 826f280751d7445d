//! Amounts kept below a threshold.

use super::super::fact::MovementKind;
use super::super::history::{Edge, History, Seen};
use super::{DAY, Finding, HOUR, Look, Smurfing, Structuring, TravelRule, percent};

impl Look for Structuring {
    fn look(&self, history: &History, seen: &Seen, found: &mut Vec<Finding>) {
        let subject = match seen.kind {
            MovementKind::CashIn => seen.to,
            MovementKind::CashOut => seen.from,
            _ => return,
        };
        let Some(party) = history.party(subject) else { return };
        let piece = |e: &&Edge| e.kind == seen.kind && (self.piece_min..self.threshold).contains(&e.value);
        let tell = |pieces: Vec<&Edge>, days: i64| {
            let total: i64 = pieces.iter().map(|e| e.value).sum();
            (total > self.threshold).then(|| Finding {
                subject,
                others: Vec::new(),
                movements: pieces.iter().map(|e| e.id.clone()).collect(),
                figures: vec![
                    ("count", i64::try_from(pieces.len()).unwrap_or(i64::MAX)),
                    ("total", total),
                    ("days", days),
                    ("threshold", self.threshold),
                ],
            })
        };
        // Several within one business day.
        let offset = self.offset_minutes * 60;
        let day = (seen.at + offset).div_euclid(DAY);
        let today: Vec<&Edge> = party
            .since(day * DAY - offset)
            .filter(|e| e.at < (day + 1) * DAY - offset)
            .filter(piece)
            .collect();
        if today.len() >= 2
            && let Some(finding) = tell(today, 1)
        {
            found.push(finding);
            return;
        }
        // Just below, again and again.
        let low = percent(self.threshold, self.band_pct);
        let near: Vec<&Edge> =
            party.since(seen.at - self.days * DAY).filter(piece).filter(|e| e.value >= low).collect();
        if near.len() >= usize::try_from(self.count).unwrap_or(usize::MAX) {
            found.extend(tell(near, self.days));
        }
    }
}

impl Look for Smurfing {
    fn look(&self, history: &History, seen: &Seen, found: &mut Vec<Finding>) {
        let since = seen.at - self.hours * HOUR;
        let cash = |number| {
            let party = history.party(number)?;
            let piece = party.ins(since).find(|e| {
                e.kind == MovementKind::CashIn && (self.piece_min..self.threshold).contains(&e.value)
            })?;
            Some((number, piece.value, piece.id.clone()))
        };
        let (subject, mut movements, people) = match seen.kind {
            // Who belongs together pays in.
            MovementKind::CashIn => {
                let mut people: Vec<_> = history.related(seen.to).into_iter().filter_map(cash).collect();
                people.extend(cash(seen.to));
                (seen.to, Vec::new(), people)
            }
            // Who paid in passes it on to one.
            MovementKind::Transfer => {
                let Some(party) = history.party(seen.to) else { return };
                let mut people = Vec::new();
                let mut movements = Vec::new();
                for edge in party.ins(since).filter(|e| e.kind == MovementKind::Transfer) {
                    if people.iter().any(|(number, _, _)| *number == edge.other) {
                        continue;
                    }
                    if let Some(piece) = cash(edge.other)
                        && edge.value >= percent(piece.1, 50)
                        && edge.value <= percent(piece.1, 110)
                    {
                        people.push(piece);
                        movements.push(edge.id.clone());
                    }
                }
                (seen.to, movements, people)
            }
            _ => return,
        };
        let total: i64 = people.iter().map(|p| p.1).sum();
        let count = i64::try_from(people.len()).unwrap_or(i64::MAX);
        if count < self.people || total <= self.threshold {
            return;
        }
        movements.extend(people.iter().map(|p| p.2.clone()));
        found.push(Finding {
            subject,
            others: people.iter().map(|p| p.0).filter(|n| *n != subject).collect(),
            movements,
            figures: vec![
                ("count", count),
                ("total", total),
                ("hours", self.hours),
                ("threshold", self.threshold),
            ],
        });
    }
}

impl Look for TravelRule {
    fn look(&self, history: &History, seen: &Seen, found: &mut Vec<Finding>) {
        if !matches!(seen.kind, MovementKind::Transfer | MovementKind::Withdrawal) {
            return;
        }
        let Some(party) = history.party(seen.from) else { return };
        let low = percent(self.threshold, self.band_pct);
        let near: Vec<&Edge> = party
            .outs(seen.at - self.days * DAY)
            .filter(|e| e.other == seen.to && e.kind == seen.kind && (low..self.threshold).contains(&e.value))
            .collect();
        let count = i64::try_from(near.len()).unwrap_or(i64::MAX);
        if count < self.count {
            return;
        }
        found.push(Finding {
            subject: seen.from,
            others: vec![seen.to],
            movements: near.iter().map(|e| e.id.clone()).collect(),
            figures: vec![
                ("count", count),
                ("total", near.iter().map(|e| e.value).sum()),
                ("days", self.days),
                ("threshold", self.threshold),
            ],
        });
    }
}
