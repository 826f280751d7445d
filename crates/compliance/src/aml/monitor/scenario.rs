//! Scenarios: rules with parameters and versions, and what they may do.

use super::history::Bounds;
use super::rules::Rule;
use crate::aml::party::Country;
use crate::error::codes;
use pmts_kernel::{CodeInfo, Coded};
use pmts_money::Currency;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a version of a scenario may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScenarioState {
    /// It runs in backtests only.
    Draft,
    /// It runs beside the live ones; its alerts are counted and become no cases.
    Shadow,
    /// Its alerts become cases.
    Live,
    /// It runs no more.
    Retired,
}

impl ScenarioState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Draft, Self::Shadow, Self::Live, Self::Retired];

    /// What may follow. A draft becomes live only by way of the shadow, and what is retired stays so.
    pub const MOVES: [(Self, Self); 6] = [
        (Self::Draft, Self::Shadow),
        (Self::Shadow, Self::Live),
        (Self::Live, Self::Shadow),
        (Self::Draft, Self::Retired),
        (Self::Shadow, Self::Retired),
        (Self::Live, Self::Retired),
    ];

    /// Whether it may become that.
    pub fn may_become(self, next: Self) -> bool {
        Self::MOVES.contains(&(self, next))
    }
}

/// A version of a scenario. Its parameters never change: others are another version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Its name, the same in all versions.
    pub name: String,
    /// From 1 on.
    pub version: u32,
    /// What it may do.
    pub state: ScenarioState,
    /// A sentence about what was found; `{total}` and so on are replaced by figures.
    pub says: String,
    /// For so many days nothing more is told of who was told of.
    pub quiet_days: i64,
    /// The rule with its parameters.
    #[serde(rename = "parameters")]
    pub rule: Rule,
}

/// What a change of scenarios, or a file of them, is refused for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScenarioError {
    /// The file is not what it should be.
    #[error("the file of scenarios is malformed: {reason}")]
    Malformed {
        /// Where and why.
        reason: String,
    },
    /// A parameter is negative, or versions are the same, or two of a scenario are live.
    #[error("version {version} of the scenario {name} {reason}")]
    Invalid {
        /// Which.
        name: String,
        /// Which version.
        version: u32,
        /// What is wrong.
        reason: &'static str,
    },
    /// There is no such scenario.
    #[error("there is no version {version} of a scenario {name}")]
    Unknown {
        /// Which.
        name: String,
        /// Which version.
        version: u32,
    },
    /// Its state does not lead there.
    #[error("version {version} of the scenario {name} is {from:?} and cannot become {to:?}")]
    Move {
        /// Which.
        name: String,
        /// Which version.
        version: u32,
        /// What it is.
        from: ScenarioState,
        /// What it was to be.
        to: ScenarioState,
    },
}

impl Coded for ScenarioError {
    fn code(&self) -> &'static CodeInfo {
        match self {
            Self::Malformed { .. } | Self::Invalid { .. } => &codes::SCENARIO_INVALID,
            Self::Unknown { .. } => &codes::SCENARIO_UNKNOWN,
            Self::Move { .. } => &codes::SCENARIO_MOVE,
        }
    }
}

/// All scenarios, and what they have in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioSet {
    /// The currency that all amounts in parameters are in.
    pub currency: Currency,
    /// Countries of high risk.
    pub risky_countries: BTreeSet<Country>,
    /// How much is remembered.
    #[serde(default)]
    pub bounds: Bounds,
    /// The scenarios, all versions.
    #[serde(rename = "scenario")]
    pub scenarios: Vec<Scenario>,
}

/// The file of [`shipped`].
pub const SHIPPED: &str = include_str!("../../../data/scenarios.toml");

/// The scenarios that come with this crate, all live.
///
/// # Errors
/// None: a test reads them.
pub fn shipped() -> Result<ScenarioSet, ScenarioError> {
    read_scenarios(SHIPPED)
}

/// Reads scenarios from TOML.
///
/// # Errors
/// [`ScenarioError::Malformed`], [`ScenarioError::Invalid`].
pub fn read_scenarios(text: &str) -> Result<ScenarioSet, ScenarioError> {
    let set: ScenarioSet = toml::from_str(text)
        .map_err(|error| ScenarioError::Malformed { reason: error.message().to_owned() })?;
    for (place, scenario) in set.scenarios.iter().enumerate() {
        let wrong = |reason| {
            Err(ScenarioError::Invalid { name: scenario.name.clone(), version: scenario.version, reason })
        };
        let signed = |name: &str| name == "offset_minutes";
        if scenario.rule.parameters().iter().any(|(name, value)| *value < 0 && !signed(name)) {
            return wrong("has a negative parameter");
        }
        let spans = scenario.rule.parameters();
        let longest = spans.iter().map(|(name, value)| match *name {
            "days" => *value,
            "hours" => *value / 24,
            _ => 0,
        });
        if longest.max().unwrap_or(0) > set.bounds.days {
            return wrong("looks back farther than is remembered");
        }
        let before = &set.scenarios[..place];
        if before.iter().any(|s| s.name == scenario.name && s.version == scenario.version) {
            return wrong("is there twice");
        }
        let live = |s: &Scenario| s.name == scenario.name && s.state == ScenarioState::Live;
        if live(scenario) && before.iter().any(live) {
            return wrong("is not the only one that is live");
        }
    }
    Ok(set)
}

impl ScenarioSet {
    /// Moves a version. If it becomes live, the version that was live is retired.
    ///
    /// # Errors
    /// [`ScenarioError::Unknown`], [`ScenarioError::Move`].
    pub fn move_to(&mut self, name: &str, version: u32, to: ScenarioState) -> Result<(), ScenarioError> {
        let scenario = self.of(name, version)?;
        let from = scenario.state;
        if !from.may_become(to) {
            return Err(ScenarioError::Move { name: name.to_owned(), version, from, to });
        }
        for other in &mut self.scenarios {
            if other.name == name && other.version == version {
                other.state = to;
            } else if other.name == name && to == ScenarioState::Live && other.state == ScenarioState::Live {
                other.state = ScenarioState::Retired;
            }
        }
        Ok(())
    }

    /// Adds a version with another rule, as a draft; gives its number.
    ///
    /// # Errors
    /// [`ScenarioError::Unknown`] if there is no scenario of this name.
    pub fn revise(&mut self, name: &str, rule: Rule) -> Result<u32, ScenarioError> {
        let latest = self.scenarios.iter().filter(|s| s.name == name).max_by_key(|s| s.version);
        let latest = latest.ok_or_else(|| ScenarioError::Unknown { name: name.to_owned(), version: 0 })?;
        let draft = Scenario {
            version: latest.version.saturating_add(1),
            state: ScenarioState::Draft,
            rule,
            ..latest.clone()
        };
        let version = draft.version;
        self.scenarios.push(draft);
        Ok(version)
    }

    /// Whether these may come after those of `before`: what a version says and compares never changes, its state goes where states may go, a
    /// new version is a draft or in the shadow, and none disappears.
    ///
    /// # Errors
    /// [`ScenarioError::Invalid`], [`ScenarioError::Move`], [`ScenarioError::Unknown`] for one that is not there any more.
    pub fn follows(&self, before: &Self) -> Result<(), ScenarioError> {
        for was in &before.scenarios {
            let now = self.of(&was.name, was.version)?;
            if (&now.rule, &now.says, now.quiet_days) != (&was.rule, &was.says, was.quiet_days) {
                let (name, version) = (now.name.clone(), now.version);
                return Err(ScenarioError::Invalid {
                    name,
                    version,
                    reason: "is other than it was: what changes is a new version",
                });
            }
            if now.state != was.state && !was.state.may_become(now.state) {
                let (name, version) = (now.name.clone(), now.version);
                return Err(ScenarioError::Move { name, version, from: was.state, to: now.state });
            }
        }
        for now in &self.scenarios {
            let new = before.of(&now.name, now.version).is_err();
            if new && !matches!(now.state, ScenarioState::Draft | ScenarioState::Shadow) {
                let (name, version) = (now.name.clone(), now.version);
                let reason = "is new: it begins as a draft or in the shadow";
                return Err(ScenarioError::Invalid { name, version, reason });
            }
        }
        Ok(())
    }

    fn of(&self, name: &str, version: u32) -> Result<&Scenario, ScenarioError> {
        let found = self.scenarios.iter().find(|s| s.name == name && s.version == version);
        found.ok_or_else(|| ScenarioError::Unknown { name: name.to_owned(), version })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_of_states_is_allowed_or_refused() {
        let mut set = shipped().unwrap();
        let name = set.scenarios[0].name.clone();
        for from in ScenarioState::ALL {
            for to in ScenarioState::ALL {
                set.scenarios[0].state = from;
                let moved = set.move_to(&name, 1, to);
                let table = ScenarioState::MOVES.contains(&(from, to));
                assert_eq!(moved.is_ok(), table, "{from:?} to {to:?}");
                assert_eq!(set.scenarios[0].state, if table { to } else { from });
            }
        }
        assert!(!ScenarioState::Draft.may_become(ScenarioState::Live), "a draft runs in the shadow first");
    }

    #[test]
    fn a_version_that_becomes_live_retires_the_one_before() {
        let mut set = shipped().unwrap();
        let (name, rule) = (set.scenarios[0].name.clone(), set.scenarios[0].rule.clone());
        assert_eq!(set.revise(&name, rule).unwrap(), 2);
        set.move_to(&name, 2, ScenarioState::Shadow).unwrap();
        set.move_to(&name, 2, ScenarioState::Live).unwrap();
        let states: Vec<_> = set.scenarios.iter().filter(|s| s.name == name).map(|s| s.state).collect();
        assert_eq!(states, [ScenarioState::Retired, ScenarioState::Live]);
        assert!(matches!(set.move_to("no such", 1, ScenarioState::Live), Err(ScenarioError::Unknown { .. })));
    }

    #[test]
    fn a_set_follows_another_only_by_allowed_moves() {
        let before = shipped().unwrap();
        assert_eq!(before.follows(&before), Ok(()));
        let changed = |change: fn(&mut ScenarioSet)| {
            let mut set = before.clone();
            change(&mut set);
            set.follows(&before)
        };
        assert!(matches!(changed(|s| s.scenarios[0].quiet_days = 1), Err(ScenarioError::Invalid { .. })));
        assert!(matches!(changed(|s| s.scenarios[0].version = 2), Err(ScenarioError::Unknown { .. })));
        assert!(matches!(
            changed(|s| s.scenarios[0].state = ScenarioState::Draft),
            Err(ScenarioError::Move { .. })
        ));
        assert_eq!(changed(|s| s.scenarios[0].state = ScenarioState::Retired), Ok(()));
        let with = |state: ScenarioState| {
            let mut set = before.clone();
            let mut new = set.scenarios[0].clone();
            (new.version, new.state) = (2, state);
            set.scenarios.push(new);
            set.follows(&before)
        };
        assert_eq!((with(ScenarioState::Draft), with(ScenarioState::Shadow)), (Ok(()), Ok(())));
        assert!(matches!(with(ScenarioState::Live), Err(ScenarioError::Invalid { .. })));
    }

    #[test]
    fn files_of_another_form_are_refused() {
        let shipped = include_str!("../../../data/scenarios.toml");
        for (from, to) in [
            ("total_min = ", "total_mim = "),
            ("hours = 48", "hours = -48"),
            ("\ndays = 30\n", "\ndays = 3000\n"),
        ] {
            assert!(shipped.contains(from), "{from}");
            assert!(read_scenarios(&shipped.replacen(from, to, 1)).is_err(), "{to}");
        }
        let twice = format!("{shipped}\n{}", &shipped[shipped.find("[[scenario]]").unwrap()..]);
        assert!(matches!(read_scenarios(&twice), Err(ScenarioError::Invalid { .. })));
    }
}
