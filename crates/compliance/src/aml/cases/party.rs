//! Who is screened, and what holds them.

use crate::aml::Subject;
use pmts_kernel::Timestamp;
use serde::{Deserialize, Serialize};

/// What somebody is to the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Who buys.
    Customer,
    /// Who sells, and is paid out.
    Seller,
    /// Who is paid for what the platform buys.
    Vendor,
    /// Who owns or controls a company that is one of the others.
    Owner,
    /// Who is paid in place of another.
    Beneficiary,
    /// A bank that money is sent to.
    Bank,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Customer, Self::Seller, Self::Vendor, Self::Owner, Self::Beneficiary, Self::Bank];

    /// The name in files and at the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Seller => "seller",
            Self::Vendor => "vendor",
            Self::Owner => "owner",
            Self::Beneficiary => "beneficiary",
            Self::Bank => "bank",
        }
    }

    /// Reads a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.name() == name)
    }
}

/// Somebody who is screened: what is known, against which lists it was screened, and the hits that hold them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// What they are to the platform.
    pub role: Role,
    /// Which one, in the caller's numbering.
    pub reference: String,
    /// Whom they own, control, are paid for or keep the account of: nothing goes to those while these are held.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acts_for: Vec<(Role, String)>,
    /// What is known.
    pub subject: Subject,
    /// When they were screened last.
    pub screened_at: Timestamp,
    /// Against which lists, each with its version.
    pub lists: Vec<(String, String)>,
    /// Hits that nobody has decided, by their ids.
    pub open: Vec<String>,
    /// Hits of which two people said that it is the one on the list, by their ids.
    pub same: Vec<String>,
}

impl Party {
    /// Whether no money goes to or from them: a hit is not decided, or it is the one on the list.
    pub fn is_held(&self) -> bool {
        !self.open.is_empty() || !self.same.is_empty()
    }

    /// A hit that holds them.
    pub fn held_by(&self) -> Option<&str> {
        self.same.first().or(self.open.first()).map(String::as_str)
    }

    /// Takes a hit that was found; `same`: it was decided that it is the one on the list.
    pub fn hold(&mut self, hit: &str, same: bool) {
        self.release(hit);
        if same { &mut self.same } else { &mut self.open }.push(hit.to_owned());
    }

    /// Takes that a hit holds them no longer.
    pub fn release(&mut self, hit: &str) {
        self.open.retain(|h| h != hit);
        self.same.retain(|h| h != hit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hit_holds_until_it_is_released() {
        let mut party = Party {
            role: Role::Seller,
            reference: "22".to_owned(),
            acts_for: Vec::new(),
            subject: Subject::default(),
            screened_at: Timestamp::from_micros(0),
            lists: Vec::new(),
            open: Vec::new(),
            same: Vec::new(),
        };
        assert!(!party.is_held());
        party.hold("a", false);
        party.hold("a", false);
        party.hold("b", false);
        assert_eq!((party.open.len(), party.held_by()), (2, Some("a")));
        party.hold("b", true);
        assert_eq!((party.open.len(), party.same.len(), party.held_by()), (1, 1, Some("b")));
        party.release("a");
        assert!(party.is_held());
        party.release("b");
        assert!(!party.is_held() && party.held_by().is_none());
        assert!(Role::ALL.iter().all(|r| Role::parse(r.name()) == Some(*r)));
    }
}
