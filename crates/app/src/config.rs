//! The configuration file of a server: TOML, every key optional, unknown keys refused.
//!
//! ```toml
//! [host]                              # the card host
//! address = "issuer.example:8583"
//! connections = 2
//! table = "iso8583-1987-ascii"        # a built-in field table, or a TOML file
//! framing = "binary2"                 # binary2, ascii4, bcd2, with +TPDU
//! answer_timeout_ms = 5000
//! echo_after_s = 60                   # 0 never asks
//!
//! [merchant]                          # what issuers and cardholders see
//! name = "EXAMPLE MARKET"
//! city = "LONDON"
//! country = "GB"
//! mcc = 5311
//! terminal_id = "PMTS0001"
//! merchant_id = "EXAMPLE-1"
//!
//! [acquirer]
//! id = "123456"
//! country = 826
//!
//! [fees]
//! acquirer_bps = 120                  # what the acquirer is expected to charge, an estimate
//!
//! [recovery]
//! give_up_after_days = 7              # then a person is asked
//! grace_seconds = 120                 # so long what was just sent is left to the node that sent it
//!
//! [stand_in]                          # approving while the host cannot be reached: off unless it is here
//! per_card_count = 3                  # a day
//! [stand_in.limits.GBP]               # in minor units
//! amount = 5000                       # of one approval
//! per_card_amount = 10000             # a day
//! exposure = 1000000                  # approved and not yet told to the host
//!
//! [webhooks]
//! allow_private = false               # whether addresses of private networks may be called
//!
//! [risk]                              # the risk screen
//! mode = "on"                         # on, watch (decides and stops nothing), off
//! answer_timeout_ms = 100             # then the policy decides, by amount in hundredths of the main unit:
//! open_below = 5000                   # below this it goes on
//! step_up_below = 50000               # below this the payer is challenged, above it a person looks
//! label_delay_days = 7                # how late it is known of most payments whether they were fraud
//! [risk.thresholds]                   # what the model's probability of fraud asks for alone, in millionths; 0 never
//! step_up = 300000
//! review = 600000
//! block = 950000
//! [risk.challenger]                   # who challenges payers; without it the shop does, and tells what came of it
//! url = "https://3ds.example/challenges"
//! answer_timeout_ms = 3000            # secret_file = "FILE": sent as a bearer token
//! ```

mod risk;

use crate::AppError;
use crate::platform::PlatformConfig;
use pmts_cards::iso8583::{FieldTable, Framing};
use pmts_money::{Bps, Currency};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// A configuration file as read. Its values are judged by [`Config::apply`].
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    #[serde(default)]
    host: HostPart,
    #[serde(default)]
    merchant: MerchantPart,
    #[serde(default)]
    acquirer: AcquirerPart,
    #[serde(default)]
    fees: FeesPart,
    #[serde(default)]
    recovery: RecoveryPart,
    stand_in: Option<StandInPart>,
    #[serde(default)]
    webhooks: WebhooksPart,
    #[serde(default)]
    risk: risk::RiskPart,
    /// Where it was read, for messages and for files named in it.
    #[serde(skip)]
    path: PathBuf,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct HostPart {
    address: Option<String>,
    connections: Option<u16>,
    table: Option<String>,
    framing: Option<String>,
    answer_timeout_ms: Option<u32>,
    echo_after_s: Option<u32>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct MerchantPart {
    name: Option<String>,
    city: Option<String>,
    country: Option<String>,
    mcc: Option<u16>,
    terminal_id: Option<String>,
    merchant_id: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct AcquirerPart {
    id: Option<String>,
    country: Option<u16>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FeesPart {
    acquirer_bps: Option<u16>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecoveryPart {
    give_up_after_days: Option<u16>,
    grace_seconds: Option<u16>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct WebhooksPart {
    allow_private: Option<bool>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct StandInPart {
    per_card_count: u32,
    limits: BTreeMap<String, StandInCurrency>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct StandInCurrency {
    amount: i64,
    per_card_amount: i64,
    exposure: i64,
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// [`AppError::File`]; [`AppError::Config`] with the line, for what is no TOML or has an unknown key.
    pub fn read(path: &Path) -> Result<Self, AppError> {
        let text = std::fs::read_to_string(path).map_err(AppError::file(path))?;
        let config: Self = toml::from_str(&text)
            .map_err(|e| AppError::Config { path: path.to_owned(), what: e.to_string().trim().to_owned() })?;
        Ok(Self { path: path.to_owned(), ..config })
    }

    /// The address of the card host.
    pub fn host(&self) -> Option<&str> {
        self.host.address.as_deref()
    }

    /// Puts what the file says over what is there.
    ///
    /// # Errors
    /// [`AppError::Config`] for the first value that cannot be; [`AppError::File`] for a field table that cannot be read.
    pub fn apply(&self, config: &mut PlatformConfig) -> Result<(), AppError> {
        let HostPart { connections, table, framing, answer_timeout_ms, echo_after_s, .. } = &self.host;
        if let Some(n) = connections {
            config.link.connections = self.between("host.connections", *n, 1..=64)?.into();
        }
        if let Some(name) = table {
            config.link.table = Arc::new(self.table(name)?);
        }
        if let Some(text) = framing {
            config.link.framing =
                text.parse::<Framing>().map_err(|e| self.wrong("host.framing", &e.to_string()))?;
        }
        if let Some(ms) = answer_timeout_ms {
            let ms = self.between("host.answer_timeout_ms", *ms, 1..=60_000)?;
            config.answer_timeout = Duration::from_millis(ms.into());
        }
        if let Some(s) = echo_after_s {
            config.link.echo_after = (*s > 0).then(|| Duration::from_secs((*s).into()));
        }
        let merchant = &mut config.merchant;
        let MerchantPart { name, city, country, mcc, terminal_id, merchant_id } = &self.merchant;
        for (key, value, most, place) in [
            ("merchant.name", name, 25, &mut merchant.name),
            ("merchant.city", city, 13, &mut merchant.city),
            ("merchant.terminal_id", terminal_id, 8, &mut merchant.terminal_id),
            ("merchant.merchant_id", merchant_id, 15, &mut merchant.merchant_id),
        ] {
            if let Some(text) = value {
                *place = self.printable(key, text, most)?;
            }
        }
        if let Some(code) = country {
            if code.len() != 2 || !code.bytes().all(|b| b.is_ascii_uppercase()) {
                return Err(self.wrong("merchant.country", "it is two capital letters (ISO 3166-1)"));
            }
            merchant.country.clone_from(code);
        }
        if let Some(mcc) = mcc {
            merchant.mcc = self.between("merchant.mcc", *mcc, 0..=9_999)?;
        }
        if let Some(id) = &self.acquirer.id {
            if !(1..=11).contains(&id.len()) || !id.bytes().all(|b| b.is_ascii_digit()) {
                return Err(self.wrong("acquirer.id", "it is 1 to 11 digits"));
            }
            config.acquirer.id.clone_from(id);
        }
        if let Some(country) = self.acquirer.country {
            config.acquirer.country = self.between("acquirer.country", country, 1..=999)?;
        }
        if let Some(bps) = self.fees.acquirer_bps {
            config.acquirer_fee = Bps::new(self.between("fees.acquirer_bps", bps, 0..=10_000)?.into());
        }
        if let Some(days) = self.recovery.give_up_after_days {
            let days = self.between("recovery.give_up_after_days", days, 1..=365)?;
            config.give_up_after_secs = i64::from(days) * 86_400;
        }
        if let Some(seconds) = self.recovery.grace_seconds {
            config.grace_secs = i64::from(self.between("recovery.grace_seconds", seconds, 5..=3_600)?);
        }
        config.webhooks_private = self.webhooks.allow_private.unwrap_or(config.webhooks_private);
        let mut risk = config.risk.clone().unwrap_or_default();
        let dir = self.path.parent().unwrap_or(Path::new("."));
        self.risk.apply(&mut risk, dir).map_err(|(key, what)| self.wrong(key, what))?;
        config.risk = Some(risk);
        if let Some(stand_in) = &self.stand_in {
            config.stand_in.per_card_count_max = stand_in.per_card_count;
            for (code, limits) in &stand_in.limits {
                let key = format!("stand_in.limits.{code}");
                let currency = Currency::from_code(code).map_err(|e| self.wrong(&key, &e.to_string()))?;
                let into = &mut config.stand_in;
                for (name, value, map) in [
                    ("amount", limits.amount, &mut into.amount_max),
                    ("per_card_amount", limits.per_card_amount, &mut into.per_card_amount_max),
                    ("exposure", limits.exposure, &mut into.exposure_max),
                ] {
                    let value = self.between(&format!("{key}.{name}"), value, 1..=999_999_999_999)?;
                    map.insert(currency, value);
                }
            }
        }
        Ok(())
    }

    /// A built-in field table, or one in a file beside this one.
    fn table(&self, name: &str) -> Result<FieldTable, AppError> {
        if let Some(table) = FieldTable::built_in(name) {
            return Ok(table.clone());
        }
        let path = self.path.parent().unwrap_or(Path::new(".")).join(name);
        let text = std::fs::read_to_string(&path).map_err(AppError::file(&path))?;
        Ok(FieldTable::from_toml(&text)?)
    }

    fn printable(&self, key: &str, text: &str, most: usize) -> Result<String, AppError> {
        let good =
            !text.is_empty() && text.len() <= most && text.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
        if good {
            return Ok(text.to_owned());
        }
        Err(self.wrong(key, &format!("it is 1 to {most} printable ASCII characters")))
    }

    fn between<N: PartialOrd + Copy + std::fmt::Display>(
        &self,
        key: &str,
        n: N,
        range: std::ops::RangeInclusive<N>,
    ) -> Result<N, AppError> {
        if range.contains(&n) {
            return Ok(n);
        }
        Err(self.wrong(key, &format!("it is {} to {}, not {n}", range.start(), range.end())))
    }

    fn wrong(&self, key: &str, what: &str) -> AppError {
        AppError::Config { path: self.path.clone(), what: format!("{key}: {what}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pmts_kernel::Coded;

    fn read(text: &str) -> Result<PlatformConfig, AppError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pmts.toml");
        std::fs::write(&path, text).unwrap();
        let mut config = PlatformConfig::default();
        Config::read(&path)?.apply(&mut config)?;
        Ok(config)
    }

    #[test]
    fn every_key_of_the_example_is_taken() {
        let text: String = include_str!("config.rs")
            .lines()
            .skip_while(|l| *l != "//! ```toml")
            .skip(1)
            .take_while(|l| *l != "//! ```")
            .map(|l| format!("{}\n", l.trim_start_matches("//!").trim_start()))
            .collect();
        let config = read(&text).unwrap();
        assert_eq!((config.merchant.name.as_str(), config.link.connections), ("EXAMPLE MARKET", 2));
        assert_eq!(config.give_up_after_secs, 7 * 86_400);
        assert_eq!(config.stand_in.exposure_max[&Currency::GBP], 1_000_000);
        assert_eq!(read("").unwrap().merchant, PlatformConfig::default().merchant);
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_key() {
        for (text, part) in [
            ("hosts = 1", "unknown field"),
            ("[host]\nconnection = 1", "connection"),
            ("[host]\nconnections = 0", "host.connections"),
            ("[host]\nconnections = 70000", "line 2"),
            ("[host]\nframing = \"3\"", "host.framing"),
            ("[host]\nanswer_timeout_ms = 0", "host.answer_timeout_ms"),
            ("[merchant]\nname = \"\"", "merchant.name"),
            ("[merchant]\nname = \"Zürich\"", "merchant.name"),
            ("[merchant]\ncountry = \"gb\"", "merchant.country"),
            ("[merchant]\nmcc = 10000", "merchant.mcc"),
            ("[acquirer]\nid = \"12a\"", "acquirer.id"),
            ("[fees]\nacquirer_bps = 10001", "fees.acquirer_bps"),
            ("[recovery]\ngive_up_after_days = 0", "recovery.give_up_after_days"),
            ("[recovery]\ngrace_seconds = 4", "recovery.grace_seconds"),
            (
                "[stand_in]\nper_card_count = 1\n[stand_in.limits.GPB]\namount=1\nper_card_amount=1\nexposure=1",
                "GPB",
            ),
            (
                "[stand_in]\nper_card_count = 1\n[stand_in.limits.GBP]\namount=0\nper_card_amount=1\nexposure=1",
                "amount",
            ),
            ("[risk]\nmode = \"loud\"", "loud"),
            ("[risk]\nanswer_timeout_ms = 0", "risk.answer_timeout_ms"),
            ("[risk]\nopen_below = 9\nstep_up_below = 8", "risk.step_up_below"),
            ("[risk.thresholds]\nblock = 1000001", "risk.thresholds.block"),
            ("a = [", "line 1"),
        ] {
            let error = read(text).unwrap_err();
            assert_eq!(error.code().code, "APP_CONFIG", "{text}");
            assert!(error.to_string().contains(part), "{text}: {error}");
        }
        assert_eq!(read("[host]\ntable = \"none.toml\"").unwrap_err().code().code, "APP_FILE");
    }
}
