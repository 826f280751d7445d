//! The rules in force.

use super::{DiligenceDesk, RulesRecord};
use crate::aml::AmlError;
use pmts_compliance::aml::diligence::{Rules, SHIPPED, read_rules};
use pmts_kernel::Principal;
use pmts_store::{Commit, StoreExt, Write};
use std::sync::{Arc, PoisonError};

impl DiligenceDesk {
    /// The rules in force, and their number; 0: those shipped.
    ///
    /// # Errors
    /// [`AmlError::Store`], [`AmlError::Diligence`].
    pub async fn rules(&self) -> Result<(u32, Arc<Rules>), AmlError> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).clone();
        let (mut number, mut rules) = match known {
            Some(known) => known,
            None => (0, Arc::new(read_rules(SHIPPED)?)),
        };
        // Others may have put more since.
        while let Some(next) = self.record(number.saturating_add(1)).await? {
            (number, rules) = (next.number, Arc::new(read_rules(&next.text)?));
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.as_ref().is_none_or(|(n, _)| *n < number) {
            *known = Some((number, rules.clone()));
        }
        Ok((number, rules))
    }

    /// The file of the rules in force, and its number; 0: the one shipped.
    ///
    /// # Errors
    /// As above.
    pub async fn rules_file(&self) -> Result<(u32, String), AmlError> {
        let (number, _) = self.rules().await?;
        Ok((number, self.record(number).await?.map_or_else(|| SHIPPED.to_owned(), |r| r.text)))
    }

    /// Puts rules in force: TOML in the form of those shipped. What somebody may do follows from them at once; ratings when a file is submitted next.
    ///
    /// # Errors
    /// [`AmlError::Diligence`], [`AmlError::Commit`] if another person did so at the same time.
    pub async fn put_rules(&self, text: &str, by: &Principal) -> Result<RulesRecord, AmlError> {
        read_rules(text)?;
        let (number, _) = self.rules().await?;
        let (text, at, by) = (text.to_owned(), self.cases.clock.now(), by.clone());
        let record = RulesRecord { number: number.saturating_add(1), text, at, by };
        let records = vec![Write::put(&record, 0)?];
        self.cases.store.commit(Commit { records, ..Commit::by(record.by.clone()) }).await?;
        Ok(record)
    }

    async fn record(&self, number: u32) -> Result<Option<RulesRecord>, AmlError> {
        let read = self.cases.store.get::<RulesRecord>(u128::from(number)).await?;
        Ok(read.map(|r| r.value))
    }
}
