//! Facts that the shop tells: currency paid in, accounts elsewhere, devices, what was declared of an account.

use super::{CaseDesk, FactsId, FactsRecord};
use crate::aml::{AmlError, Answering};
use crate::engine::Told;
use pmts_compliance::aml::monitor::{Fact, Movement, MovementKind};
use pmts_compliance::aml::party::Country;
use pmts_kernel::{Principal, Timestamp};
use pmts_money::{Currency, Money};
use pmts_store::{Commit, Write};
use serde::Deserialize;
use serde_json::json;

/// So many facts are told together at most.
pub const FACTS_MAX: usize = 500;

/// Clocks of others may be so much ahead, in seconds.
const AHEAD_SECS: i64 = 86_400;

/// The longest id, reference or token.
const TEXT_MAX: usize = 128;

/// What is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToldKind {
    /// Money moved: `id`, `kind`, `from`, `to`, `amount`, `currency`; `value_minor`, `from_country`, `to_country`.
    Moved,
    /// An account was opened: `party`; `monthly_minor`.
    Opened,
    /// Somebody uses something: `party`, `token`.
    Linked,
    /// The account that somebody is paid out to is another one: `party`.
    PayoutAccountChanged,
}

/// When: seconds since 1970, or RFC 3339.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum ToldAt {
    /// Seconds since 1970.
    Seconds(i64),
    /// RFC 3339.
    Text(String),
}

/// A fact as the shop tells it: one JSON object.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToldFact {
    /// What is told.
    pub fact: ToldKind,
    /// When it happened.
    pub at: ToldAt,
    /// Of a movement: its id; told twice, it counts once.
    pub id: Option<String>,
    /// Of a movement: what sort.
    pub kind: Option<MovementKind>,
    /// Of a movement: who paid.
    pub from: Option<String>,
    /// Of a movement: who was paid.
    pub to: Option<String>,
    /// Of a movement: how much, in minor units of `currency`.
    pub amount: Option<i64>,
    /// Of a movement: its currency, three letters of either case.
    pub currency: Option<String>,
    /// Of a movement: its worth in minor units of the scenarios' currency, if it is in another.
    pub value_minor: Option<i64>,
    /// Of a movement: where the payer's account is: a code or an English name.
    pub from_country: Option<String>,
    /// Of a movement: where the payee's account is.
    pub to_country: Option<String>,
    /// Else: who.
    pub party: Option<String>,
    /// Of something used: a token, never the number itself.
    pub token: Option<String>,
    /// Of an account: what was said would come in within a month, in minor units of the scenarios' currency.
    pub monthly_minor: Option<i64>,
}

/// What is wrong with a fact.
type Wrong = String;

impl ToldFact {
    fn fact(self) -> Result<Fact, Wrong> {
        let at = match self.at {
            ToldAt::Seconds(at) => at.checked_mul(1_000_000).map(Timestamp::from_micros),
            ToldAt::Text(text) => {
                let at = chrono::DateTime::parse_from_rfc3339(&text).ok();
                at.map(|at| Timestamp::from_micros(at.timestamp_micros()))
            }
        };
        let at = at.ok_or("at is neither seconds since 1970 nor RFC 3339")?;
        let party = || text("party", self.party.clone());
        Ok(match self.fact {
            ToldKind::Moved => {
                let currency = self.currency.ok_or("currency is missing")?.to_ascii_uppercase();
                let currency = Currency::from_code(&currency).map_err(|e| e.to_string())?;
                let amount = Money::new(self.amount.ok_or("amount is missing")?, currency);
                let (from, to) = (text("from", self.from)?, text("to", self.to)?);
                if !amount.is_positive() || self.value_minor.is_some_and(|v| v <= 0) {
                    return Err("an amount is not more than nothing".into());
                }
                if from == to {
                    return Err("nobody pays themselves".into());
                }
                Fact::Moved(Movement {
                    id: text("id", self.id)?,
                    at,
                    kind: self.kind.ok_or("kind is missing")?,
                    from,
                    to,
                    amount,
                    value_minor: self.value_minor,
                    from_country: country(self.from_country)?,
                    to_country: country(self.to_country)?,
                })
            }
            ToldKind::Opened => Fact::Opened { party: party()?, at, monthly_minor: self.monthly_minor },
            ToldKind::Linked => Fact::Linked { party: party()?, token: text("token", self.token)?, at },
            ToldKind::PayoutAccountChanged => Fact::PayoutAccountChanged { party: party()?, at },
        })
    }
}

fn text(name: &str, text: Option<String>) -> Result<String, Wrong> {
    let text = text.ok_or_else(|| format!("{name} is missing"))?;
    if text.trim().is_empty() || text.len() > TEXT_MAX || text.chars().any(char::is_control) {
        return Err(format!("{name} is empty, longer than {TEXT_MAX} bytes, or has control characters"));
    }
    Ok(text)
}

fn country(text: Option<String>) -> Result<Option<Country>, Wrong> {
    text.map(|t| Country::find(&t).ok_or_else(|| "there is no such country".to_owned())).transpose()
}

/// Reads facts that are told together.
///
/// # Errors
/// [`AmlError::Fact`] with the number of the first that is none, from 1 on; also if there are none, or more than [`FACTS_MAX`].
pub fn read_facts(told: Vec<ToldFact>) -> Result<Vec<Fact>, AmlError> {
    if told.is_empty() || told.len() > FACTS_MAX {
        let what = format!("1 to {FACTS_MAX} facts are told together");
        return Err(AmlError::Fact { number: told.len(), what });
    }
    let read =
        |(n, told): (usize, ToldFact)| told.fact().map_err(|what| AmlError::Fact { number: n + 1, what });
    told.into_iter().enumerate().map(read).collect()
}

impl CaseDesk {
    /// Keeps facts, to be watched in the order they are committed in.
    ///
    /// # Errors
    /// [`AmlError::Fact`] for one that is more than a day ahead; [`AmlError::Commit`].
    pub async fn tell(
        &self,
        facts: Vec<Fact>,
        by: &Principal,
        answer: Answering<'_, FactsRecord>,
    ) -> Result<FactsRecord, AmlError> {
        // What is not over yet would push out what is remembered.
        let latest = self.clock.now().saturating_add_secs(AHEAD_SECS);
        if let Some(place) = facts.iter().position(|fact| fact.at() > latest) {
            let what = "it is more than a day ahead".to_owned();
            return Err(AmlError::Fact { number: place + 1, what });
        }
        let id = FactsId::from_raw(self.ids.next_id());
        let record = FactsRecord { id, facts, at: self.clock.now(), by: by.clone() };
        let event = self.event(Told::FactsTold, id.to_string(), json!({ "count": record.facts.len() }));
        let records = vec![Write::put(&record, 0)?];
        let (events, answer) = (vec![event], answer(&record));
        self.store.commit(Commit { records, events, answer, ..Commit::by(by.clone()) }).await?;
        Ok(record)
    }
}
