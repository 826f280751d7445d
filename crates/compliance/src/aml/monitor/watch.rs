//! Scenarios over facts.

use super::alert::{Alert, Figure};
use super::fact::{Fact, Movement};
use super::history::{Forgotten, History, PartyNo};
use super::rules::Finding;
use super::saved::SavedWatch;
use super::scenario::{Scenario, ScenarioSet, ScenarioState};
use pmts_kernel::{CodeInfo, Coded, Timestamp};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A movement in another currency than the scenarios' came without its worth in theirs. It was not looked at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the movement {id} is in another currency than the scenarios and has no worth in theirs, or an amount that is not more than nothing"
)]
pub struct Unpriced {
    /// Which.
    pub id: String,
}

impl Coded for Unpriced {
    fn code(&self) -> &'static CodeInfo {
        &crate::error::codes::MOVEMENT_UNPRICED
    }
}

/// For a time a scenario tells nothing of a customer: somebody has looked and said why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snooze {
    /// Which scenario, all its versions.
    pub scenario: String,
    /// Which customer.
    pub party: String,
    /// Until when, exclusive.
    pub until: Timestamp,
    /// Who said so.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// Runs scenarios over facts, one after another. What it remembers is bounded.
#[derive(Debug)]
pub struct Watch {
    set: ScenarioSet,
    /// What each scenario is called in history, with its version.
    names: Vec<Arc<str>>,
    history: History,
    snoozes: Vec<Snooze>,
    drafts: bool,
}

impl Watch {
    /// A watch that has seen nothing.
    pub fn new(set: ScenarioSet) -> Self {
        let history = History::new(set.bounds);
        Self { names: names(&set), history, set, snoozes: Vec::new(), drafts: false }
    }

    /// What it remembers, to go on another time. Snoozes are not in it: whoever keeps them tells them again.
    pub fn saved(&self) -> SavedWatch {
        SavedWatch::of(&self.history, self.set.currency)
    }

    /// Goes on with what was remembered. `None`: other bounds are in force now, so that it may be less than they promise, or values are in
    /// another currency.
    pub fn restored(set: ScenarioSet, saved: SavedWatch) -> Option<Self> {
        let history = saved.history(set.bounds, set.currency)?;
        Some(Self { names: names(&set), history, set, snoozes: Vec::new(), drafts: false })
    }

    /// Other scenarios from now on, over what is remembered. `false`: their bounds or currency are others, and nothing was changed.
    pub fn replace(&mut self, set: ScenarioSet) -> bool {
        let fits = set.bounds == self.set.bounds && set.currency == self.set.currency;
        if fits {
            (self.names, self.set) = (names(&set), set);
        }
        fits
    }

    /// The same with drafts running too, for a backtest.
    pub fn with_drafts(set: ScenarioSet) -> Self {
        Self { drafts: true, ..Self::new(set) }
    }

    /// Its scenarios.
    pub fn scenarios(&self) -> &ScenarioSet {
        &self.set
    }

    /// What was dropped before its time.
    pub fn forgotten(&self) -> Forgotten {
        self.history.forgotten
    }

    /// From now on the scenario tells nothing of the customer until then. Snoozes that are over are dropped.
    pub fn snooze(&mut self, snooze: Snooze, now: Timestamp) {
        self.snoozes.retain(|s| s.until > now);
        self.snoozes.push(snooze);
    }

    /// Takes in what happened and gives what the scenarios say to it.
    ///
    /// # Errors
    /// [`Unpriced`]: nothing was taken in.
    pub fn observe(&mut self, fact: &Fact) -> Result<Vec<Alert>, Unpriced> {
        match fact {
            Fact::Moved(movement) => return self.moved(movement),
            Fact::Opened { party, at, monthly_minor } => {
                let number = self.history.number(party);
                if let Some(party) = self.history.party_mut(number) {
                    party.opened.get_or_insert(at.as_secs());
                    party.monthly = monthly_minor.or(party.monthly);
                }
            }
            Fact::Linked { party, token, .. } => self.history.link(party, token),
            Fact::PayoutAccountChanged { party, at } => {
                let number = self.history.number(party);
                if let Some(party) = self.history.party_mut(number) {
                    party.payout_changed = Some(at.as_secs());
                }
            }
        }
        Ok(Vec::new())
    }

    fn moved(&mut self, movement: &Movement) -> Result<Vec<Alert>, Unpriced> {
        let base = movement.amount.currency() == self.set.currency;
        let value = movement.value_minor.or_else(|| base.then(|| movement.amount.minor()));
        let Some(value) = value.filter(|v| *v > 0 && movement.amount.is_positive()) else {
            return Err(Unpriced { id: movement.id.clone() });
        };
        let at_risk = |c: &crate::aml::party::Country| self.set.risky_countries.contains(c);
        let risky = movement.from_country.iter().chain(&movement.to_country).any(at_risk);
        let Some(seen) = self.history.take(movement, value, risky) else { return Ok(Vec::new()) };
        let mut alerts = Vec::new();
        let mut found = Vec::new();
        for place in 0..self.set.scenarios.len() {
            let scenario = &self.set.scenarios[place];
            let runs = match scenario.state {
                ScenarioState::Draft => self.drafts,
                ScenarioState::Shadow | ScenarioState::Live => true,
                ScenarioState::Retired => false,
            };
            if !runs {
                continue;
            }
            scenario.rule.find(&self.history, &seen, &mut found);
            for finding in found.drain(..) {
                if let Some(alert) =
                    told(&mut self.history, &self.snoozes, &self.names[place], scenario, finding, movement)
                {
                    alerts.push(alert);
                }
            }
        }
        Ok(alerts)
    }
}

fn names(set: &ScenarioSet) -> Vec<Arc<str>> {
    set.scenarios.iter().map(|s| format!("{}.{}", s.name, s.version).into()).collect()
}

fn told(
    history: &mut History,
    snoozes: &[Snooze],
    name: &Arc<str>,
    scenario: &Scenario,
    finding: Finding,
    movement: &Movement,
) -> Option<Alert> {
    let at = movement.at.as_secs();
    let quiet = scenario.quiet_days.saturating_mul(86_400);
    let subject = history.party(finding.subject)?.name.clone();
    let recent = history.party(finding.subject)?.told.iter();
    if recent.clone().any(|(told, then)| told == name && at - then < quiet) {
        return None;
    }
    let snoozed = |s: &&Snooze| s.scenario == scenario.name && *s.party == *subject && movement.at < s.until;
    if snoozes.iter().any(|s| snoozed(&s)) {
        return None;
    }
    let mut parties: Vec<PartyNo> = std::iter::once(finding.subject).chain(finding.others).collect();
    let quieted = if scenario.rule.quiets_all() { parties.len() } else { 1 };
    for number in &parties[..quieted] {
        if let Some(party) = history.party_mut(*number) {
            party.told.retain(|(told, then)| told != name && at - then < 400 * 86_400);
            party.told.push((name.clone(), at));
        }
    }
    parties.dedup();
    let mut why = scenario.says.clone();
    for (name, value) in &finding.figures {
        why = why.replace(&format!("{{{name}}}"), &value.to_string());
    }
    Some(Alert {
        id: format!("{}.{}:{}:{}", scenario.name, scenario.version, subject, movement.id),
        scenario: scenario.name.clone(),
        version: scenario.version,
        state: scenario.state,
        subject: subject.to_string(),
        parties: parties.iter().filter_map(|n| history.party(*n)).map(|p| p.name.to_string()).collect(),
        at: movement.at,
        movements: finding.movements.iter().map(|id| id.to_string()).collect(),
        figures: finding
            .figures
            .into_iter()
            .map(|(name, value)| Figure { name: name.to_owned(), value })
            .collect(),
        why,
    })
}

#[cfg(test)]
mod tests {
    use super::super::contract::cash_in_pieces;
    use super::super::history::Bounds;
    use super::super::scenario::shipped;
    use super::*;

    #[test]
    fn an_alert_says_what_it_rests_on() {
        let mut watch = Watch::new(shipped().unwrap());
        let alerts: Vec<Alert> =
            cash_in_pieces("c1").iter().flat_map(|fact| watch.observe(fact).unwrap()).collect();
        let alert = alerts.iter().find(|a| a.scenario == "structuring").unwrap();
        assert_eq!((alert.version, alert.subject.as_str(), alert.state), (1, "c1", ScenarioState::Live));
        assert_eq!(alert.movements.len(), 2);
        assert!(alert.figures.contains(&Figure { name: "total".to_owned(), value: 1_900_000 }));
        assert_eq!(alert.why, "2 cash payments below 1000000, together 1900000, within 1 day(s)");
    }

    #[test]
    fn shadow_and_draft_say_so_or_nothing_and_a_snooze_ends() {
        let mut set = shipped().unwrap();
        set.scenarios.retain(|s| s.name == "structuring");
        let run = |set: &ScenarioSet, drafts: bool, snooze: Option<Snooze>| {
            let mut watch = if drafts { Watch::with_drafts(set.clone()) } else { Watch::new(set.clone()) };
            snooze.into_iter().for_each(|s| watch.snooze(s, Timestamp::from_micros(0)));
            let facts = cash_in_pieces("c1");
            facts.iter().flat_map(|fact| watch.observe(fact).unwrap()).map(|a| a.state).collect::<Vec<_>>()
        };
        assert_eq!(run(&set, false, None), [ScenarioState::Live]);
        set.scenarios[0].state = ScenarioState::Shadow;
        assert_eq!(run(&set, false, None), [ScenarioState::Shadow]);
        set.scenarios[0].state = ScenarioState::Draft;
        assert!(run(&set, false, None).is_empty());
        assert_eq!(run(&set, true, None), [ScenarioState::Draft]);
        set.scenarios[0].state = ScenarioState::Retired;
        assert!(run(&set, true, None).is_empty());
        set.scenarios[0].state = ScenarioState::Live;
        let last = cash_in_pieces("c1").last().unwrap().at();
        let snooze = |party: &str, until: Timestamp| {
            let [party, by, reason] = [party, "ann", "sells cars"].map(str::to_owned);
            Some(Snooze { scenario: "structuring".to_owned(), party, until, by, reason })
        };
        assert!(run(&set, false, snooze("c1", Timestamp::MAX)).is_empty());
        assert_eq!(run(&set, false, snooze("c2", Timestamp::MAX)).len(), 1);
        assert_eq!(run(&set, false, snooze("c1", Timestamp::from_micros(last.as_micros()))).len(), 1);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut set = shipped().unwrap();
        set.bounds.parties = 50;
        set.bounds.movements_each = 10;
        let mut watch = Watch::new(set);
        for n in 0..500 {
            for fact in cash_in_pieces(&format!("c{n}")).iter().chain(&cash_in_pieces("again")) {
                let mut fact = fact.clone();
                if let Fact::Moved(m) = &mut fact {
                    m.id = format!("{}-{n}", m.id);
                }
                watch.observe(&fact).unwrap();
            }
        }
        let forgotten = watch.forgotten();
        assert!(forgotten.parties > 400 && forgotten.movements > 500, "{forgotten:?}");
    }

    #[test]
    fn what_was_remembered_goes_on_as_if_nothing_had_been() {
        let set = shipped().unwrap();
        let facts: Vec<Fact> = (0..30).flat_map(|n| cash_in_pieces(&format!("c{n}"))).collect();
        let (first, second) = facts.split_at(facts.len() / 2);
        let mut whole = Watch::new(set.clone());
        first.iter().for_each(|fact| drop(whole.observe(fact).unwrap()));
        let bytes = serde_json::to_vec(&whole.saved()).unwrap();
        let mut again = Watch::restored(set.clone(), serde_json::from_slice(&bytes).unwrap()).unwrap();
        let mut said = 0;
        for fact in first.iter().chain(second) {
            let alerts = whole.observe(fact).unwrap();
            said += alerts.len();
            assert_eq!(alerts, again.observe(fact).unwrap());
        }
        assert!(said > 5, "{said}");
        assert_eq!(serde_json::to_vec(&whole.saved()).unwrap(), serde_json::to_vec(&again.saved()).unwrap());
        let other = ScenarioSet { bounds: Bounds { days: 400, ..Bounds::default() }, ..set };
        assert!(Watch::restored(other.clone(), whole.saved()).is_none() && !again.replace(other));
    }

    #[test]
    fn a_movement_without_its_worth_is_refused() {
        let mut watch = Watch::new(shipped().unwrap());
        let Some(Fact::Moved(mut movement)) = cash_in_pieces("c1").pop() else { unreachable!() };
        movement.amount = pmts_money::Money::new(5, pmts_money::Currency::JPY);
        assert!(watch.observe(&Fact::Moved(movement.clone())).is_err());
        movement.value_minor = Some(3);
        assert!(watch.observe(&Fact::Moved(movement)).is_ok());
    }
}
