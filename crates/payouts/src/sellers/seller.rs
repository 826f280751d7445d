//! A seller, and what is paid to him today.

use super::{Destination, PayeeRef, Terms};
use chrono::NaiveDate;
use pmts_kernel::Timestamp;
use pmts_money::Money;
use serde::{Deserialize, Serialize};

/// How far it is known who a seller is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kyc {
    /// Not yet: he may sell, his money waits.
    Open,
    /// Known.
    Verified,
    /// Stopped by a person: nothing is paid.
    Stopped,
}

/// A seller.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seller {
    /// The marketplace's name for him.
    pub payee: PayeeRef,
    /// The holder of the account, as the bank knows him.
    pub name: String,
    /// How far it is known who he is.
    pub kyc: Kyc,
    /// Where his money goes.
    pub destination: Option<Destination>,
    /// The last account that did not take a payment, and why: `AC04`. Nothing is sent there again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<(Destination, String)>,
    /// Since when he is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_since: Option<Timestamp>,
    /// When his account was changed last; `None`: it is the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_changed: Option<Timestamp>,
    /// His terms.
    pub terms: Terms,
}

/// The name stays out.
impl std::fmt::Debug for Seller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seller")
            .field("payee", &self.payee)
            .field("kyc", &self.kyc)
            .field("destination", &self.destination)
            .finish_non_exhaustive()
    }
}

/// Why a seller is not paid today.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Withheld {
    /// There is nothing.
    #[error("nothing is there")]
    Nothing,
    /// It is less than the least that is paid, in minor units.
    #[error("less than the minimum is there")]
    BelowMinimum {
        /// The minimum.
        minimum_minor: i64,
    },
    /// It is not his day.
    #[error("it is not a day of the schedule")]
    NotToday,
    /// It is not known who he is.
    #[error("it is not known who the seller is")]
    KycOpen,
    /// A person stopped him.
    #[error("a person stopped payments to the seller")]
    Stopped,
    /// He gave no account.
    #[error("no account to pay to is known")]
    NoDestination,
    /// The last payment to his account came back.
    #[error("the last payment to the account came back: {reason}")]
    DestinationFailed {
        /// The bank's reason: `AC04`.
        reason: String,
    },
}

impl Seller {
    /// Why the account that is named now did not take a payment, if it did not.
    pub fn failure(&self) -> Option<&str> {
        self.failed
            .as_ref()
            .filter(|(failed, _)| self.destination.as_ref() == Some(failed))
            .map(|(_, why)| &**why)
    }

    /// What is paid of what is available, on a day; `asked`: because he asked, whatever the schedule says.
    ///
    /// # Errors
    /// [`Withheld`]: the first reason in the order in which its variants stand, but for what he can do something about: an
    /// amount that is there is named with what stops it.
    pub fn payable(&self, available: Money, day: NaiveDate, asked: bool) -> Result<Money, Withheld> {
        if available.minor() <= 0 {
            return Err(Withheld::Nothing);
        }
        match self.kyc {
            Kyc::Open => return Err(Withheld::KycOpen),
            Kyc::Stopped => return Err(Withheld::Stopped),
            Kyc::Verified => {}
        }
        if self.destination.is_none() {
            return Err(Withheld::NoDestination);
        }
        if let Some(reason) = self.failure() {
            return Err(Withheld::DestinationFailed { reason: reason.to_owned() });
        }
        if available.minor() < self.terms.minimum_minor {
            return Err(Withheld::BelowMinimum { minimum_minor: self.terms.minimum_minor });
        }
        if !asked && !self.terms.schedule.is_due(day) {
            return Err(Withheld::NotToday);
        }
        Ok(available)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Schedule;
    use super::*;
    use pmts_money::Currency;

    #[test]
    fn a_seller_is_paid_what_nothing_stops() {
        let eur = |minor| Money::new(minor, Currency::from_code("EUR").unwrap());
        let day = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
        let terms = Terms { minimum_minor: 1_000, schedule: Schedule::OnRequest, ..Terms::default() };
        let destination = Some(Destination::iban("NL41 MOCK 0000 0000 01", None).unwrap());
        let payee = PayeeRef::try_new("S1").unwrap();
        let good = Seller {
            payee,
            name: "Ada".into(),
            kyc: Kyc::Verified,
            destination,
            failed: None,
            known_since: None,
            account_changed: None,
            terms,
        };
        assert_eq!(good.payable(eur(1_000), day, true), Ok(eur(1_000)));
        assert_eq!(good.payable(eur(1_000), day, false), Err(Withheld::NotToday));
        assert_eq!(good.payable(eur(999), day, true), Err(Withheld::BelowMinimum { minimum_minor: 1_000 }));
        assert_eq!(good.payable(eur(0), day, true), Err(Withheld::Nothing));
        assert_eq!(good.payable(eur(-5), day, true), Err(Withheld::Nothing));
        let stopped = Seller { kyc: Kyc::Stopped, ..good.clone() };
        assert_eq!(stopped.payable(eur(5_000), day, true), Err(Withheld::Stopped));
        let open = Seller { kyc: Kyc::Open, ..good.clone() };
        assert_eq!(open.payable(eur(5_000), day, true), Err(Withheld::KycOpen));
        let nowhere = Seller { destination: None, ..good.clone() };
        assert_eq!(nowhere.payable(eur(5_000), day, true), Err(Withheld::NoDestination));
        let elsewhere = Destination::iban("NL30MOCK0000000005", None).unwrap();
        let other = Seller { failed: Some((elsewhere, "AC04".into())), ..good.clone() };
        assert_eq!(
            other.payable(eur(5_000), day, true),
            Ok(eur(5_000)),
            "another account failed, not this one"
        );
        let here = good.destination.clone().unwrap();
        let failed = Seller { failed: Some((here, "AC04".into())), ..good.clone() };
        let reason = "AC04".to_owned();
        assert_eq!(failed.payable(eur(5_000), day, true), Err(Withheld::DestinationFailed { reason }));
        assert!(!format!("{good:?}").contains("Ada") && !format!("{good:?}").contains("MOCK00"));
    }
}
