//! What a watch remembers, in a form that can be kept.

use super::fact::MovementKind;
use super::history::{Bounds, Edge, Forgotten, History, Party, PartyNo};
use foldhash::{HashMap, HashMapExt};
use pmts_money::Currency;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What a [`Watch`](super::Watch) remembers: movements, links, and whom it told of. Personal, and it says who was suspected: to be kept sealed.
#[derive(Clone, Serialize, Deserialize)]
pub struct SavedWatch {
    /// What values are in.
    currency: Currency,
    bounds: Bounds,
    next: PartyNo,
    forgotten: Forgotten,
    began: Option<i64>,
    parties: Vec<SavedParty>,
}

#[derive(Clone, Serialize, Deserialize)]
struct SavedParty {
    number: PartyNo,
    name: String,
    opened: Option<i64>,
    monthly: Option<i64>,
    last: Option<i64>,
    woke: Option<(i64, i64)>,
    payout_changed: Option<i64>,
    tokens: Vec<String>,
    told: Vec<(String, i64)>,
    edges: Vec<SavedEdge>,
}

#[derive(Clone, Serialize, Deserialize)]
struct SavedEdge {
    at: i64,
    other: PartyNo,
    value: i64,
    kind: MovementKind,
    out: bool,
    risky: bool,
    id: String,
}

/// Texts that several hold are there once.
#[derive(Default)]
struct Texts(HashMap<String, Arc<str>>);

impl Texts {
    fn shared(&mut self, text: String) -> Arc<str> {
        self.0.entry(text).or_insert_with_key(|text| text.as_str().into()).clone()
    }
}

impl SavedWatch {
    pub(super) fn of(history: &History, currency: Currency) -> Self {
        let text = |t: &Arc<str>| t.to_string();
        let mut parties: Vec<SavedParty> = history
            .parties
            .iter()
            .map(|(number, p)| SavedParty {
                number: *number,
                name: text(&p.name),
                opened: p.opened,
                monthly: p.monthly,
                last: p.last,
                woke: p.woke,
                payout_changed: p.payout_changed,
                tokens: p.tokens.iter().map(text).collect(),
                told: p.told.iter().map(|(name, at)| (text(name), *at)).collect(),
                edges: p
                    .edges
                    .iter()
                    .map(|e| SavedEdge {
                        at: e.at,
                        other: e.other,
                        value: e.value,
                        kind: e.kind,
                        out: e.out,
                        risky: e.risky,
                        id: text(&e.id),
                    })
                    .collect(),
            })
            .collect();
        parties.sort_unstable_by_key(|p| p.number);
        let (bounds, next) = (history.bounds, history.next);
        Self { currency, bounds, next, forgotten: history.forgotten, began: history.began, parties }
    }

    /// History again; `None`: it was of other bounds, or its values are in another currency.
    pub(super) fn history(self, bounds: Bounds, currency: Currency) -> Option<History> {
        if self.bounds != bounds || self.currency != currency {
            return None;
        }
        let mut history = History::new(bounds);
        (history.next, history.forgotten, history.began) = (self.next, self.forgotten, self.began);
        let mut texts = Texts(HashMap::new());
        for saved in self.parties {
            let party = Party {
                name: saved.name.into(),
                opened: saved.opened,
                monthly: saved.monthly,
                last: saved.last,
                woke: saved.woke,
                payout_changed: saved.payout_changed,
                tokens: saved.tokens.into_iter().map(|t| texts.shared(t)).collect(),
                told: saved.told.into_iter().map(|(name, at)| (texts.shared(name), at)).collect(),
                edges: saved
                    .edges
                    .into_iter()
                    .map(|e| Edge {
                        at: e.at,
                        other: e.other,
                        value: e.value,
                        kind: e.kind,
                        out: e.out,
                        risky: e.risky,
                        id: texts.shared(e.id),
                    })
                    .collect(),
            };
            // Nothing that is read here is believed to be whole: a number beyond the next would be given out twice.
            history.next = history.next.max(saved.number.saturating_add(1));
            for token in &party.tokens {
                history.links.entry(token.clone()).or_default().push(saved.number);
            }
            history.numbers.insert(party.name.clone(), saved.number);
            history.parties.insert(saved.number, party);
        }
        Some(history)
    }
}
