//! The part of the configuration file about the risk screen.

use crate::outgoing::{Reach, Target};
use crate::risk::{ChallengerConfig, RiskConfig, RiskMode};
use pmts_sensitive::Secret;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// `[risk]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RiskPart {
    mode: Option<RiskMode>,
    answer_timeout_ms: Option<u64>,
    open_below: Option<i64>,
    step_up_below: Option<i64>,
    label_delay_days: Option<i64>,
    #[serde(default)]
    thresholds: ThresholdsPart,
    challenger: Option<ChallengerPart>,
}

/// `[risk.challenger]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChallengerPart {
    url: String,
    secret_file: Option<PathBuf>,
    answer_timeout_ms: Option<u64>,
}

/// `[risk.thresholds]`: probabilities in millionths; 0: never.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ThresholdsPart {
    step_up: Option<u32>,
    review: Option<u32>,
    block: Option<u32>,
}

impl RiskPart {
    /// Puts what it says over `config`; files are beside the configuration file, in `dir`.
    ///
    /// # Errors
    /// The key and what it must be.
    pub(super) fn apply(
        &self,
        config: &mut RiskConfig,
        dir: &Path,
    ) -> Result<(), (&'static str, &'static str)> {
        config.mode = self.mode.unwrap_or(config.mode);
        if let Some(ms) = self.answer_timeout_ms {
            if !(1..=10_000).contains(&ms) {
                return Err(("risk.answer_timeout_ms", "it is 1 to 10000"));
            }
            config.patience = Duration::from_millis(ms);
        }
        config.policy.open_below = self.open_below.unwrap_or(config.policy.open_below);
        config.policy.step_up_below = self.step_up_below.unwrap_or(config.policy.step_up_below);
        let policy = config.policy;
        if policy.open_below < 0 || policy.step_up_below < policy.open_below {
            return Err(("risk.step_up_below", "it is not below risk.open_below, and neither is below 0"));
        }
        if let Some(days) = self.label_delay_days {
            if !(1..=180).contains(&days) {
                return Err(("risk.label_delay_days", "it is 1 to 180"));
            }
            config.history.label_delay = days * 86_400;
        }
        let ThresholdsPart { step_up, review, block } = self.thresholds;
        for (key, value, into) in [
            ("risk.thresholds.step_up", step_up, &mut config.thresholds.step_up),
            ("risk.thresholds.review", review, &mut config.thresholds.review),
            ("risk.thresholds.block", block, &mut config.thresholds.block),
        ] {
            if let Some(millionths) = value {
                if millionths > 1_000_000 {
                    return Err((key, "it is 0 to 1000000, in millionths"));
                }
                *into = (millionths > 0).then_some(millionths);
            }
        }
        if let Some(challenger) = &self.challenger {
            config.challenger = Some(challenger.read(dir)?);
        }
        Ok(())
    }
}

impl ChallengerPart {
    fn read(&self, dir: &Path) -> Result<ChallengerConfig, (&'static str, &'static str)> {
        if Target::parse(&self.url, Reach { loopback: true, private: true }).is_none() {
            return Err(("risk.challenger.url", "it is an http or https address, at most 2000 characters"));
        }
        let patience = self.answer_timeout_ms.unwrap_or(3_000);
        if !(1..=10_000).contains(&patience) {
            return Err(("risk.challenger.answer_timeout_ms", "it is 1 to 10000"));
        }
        let secret = match &self.secret_file {
            None => None,
            Some(file) => {
                let text = std::fs::read_to_string(dir.join(file))
                    .map_err(|_| ("risk.challenger.secret_file", "the file cannot be read"))?;
                let text = text.trim().to_owned();
                if text.is_empty() || !text.bytes().all(|b| b.is_ascii_graphic()) {
                    return Err((
                        "risk.challenger.secret_file",
                        "it holds printable ASCII characters, no spaces",
                    ));
                }
                Some(Arc::new(Secret::new(text)))
            }
        };
        Ok(ChallengerConfig { url: self.url.clone(), secret, patience: Duration::from_millis(patience) })
    }
}
