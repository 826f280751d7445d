//! An entry of a list.

use super::{Country, DaySpan};
use crate::aml::names::PartyKind;
use serde::{Deserialize, Serialize};

/// How good a name is, as the list says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NameQuality {
    /// The name of the entry.
    Primary,
    /// Another name, also a former one.
    Strong,
    /// A name that may be another's too: a nickname, a common word.
    Weak,
}

/// A name of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ListedName {
    /// As the list writes it; `SURNAME, Given` is turned round.
    pub text: String,
    /// How good it is.
    pub quality: NameQuality,
}

/// A number by which one is known.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Identifier {
    /// What it is, as the list says: `Passport`, `IMO`.
    pub kind: String,
    /// The number.
    pub number: String,
}

/// Where one is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Address {
    /// Street, town and so on in one line; may be empty.
    #[serde(default)]
    pub text: String,
    /// The country, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
}

/// An entry of a list. As one line of JSON, this is also the format of lists of one's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListedParty {
    /// By what the list knows it. Unique within a list.
    pub id: String,
    /// What it is.
    pub kind: PartyKind,
    /// Its names, the primary one first. Never empty.
    pub names: Vec<ListedName>,
    /// When it was born or founded: any of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub births: Vec<DaySpan>,
    /// Nationality, citizenship, country of birth, flag, residence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub countries: Vec<Country>,
    /// Passports, registrations, IMO numbers, wallets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identifiers: Vec<Identifier>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<Address>,
    /// Under which programs it is listed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub programs: Vec<String>,
}

impl ListedParty {
    /// An entry with nothing but its id and what it is.
    pub(crate) fn new(id: impl Into<String>, kind: PartyKind) -> Self {
        Self {
            id: id.into(),
            kind,
            names: Vec::new(),
            births: Vec::new(),
            countries: Vec::new(),
            identifiers: Vec::new(),
            addresses: Vec::new(),
            programs: Vec::new(),
        }
    }

    /// Its first name; empty if it has none.
    pub fn primary(&self) -> &str {
        self.names.first().map_or("", |name| &name.text)
    }

    /// Adds a name unless it is empty or there already.
    pub(crate) fn name(&mut self, text: &str, quality: NameQuality) {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if !text.is_empty() && !self.names.iter().any(|n| n.text == text) {
            self.names.push(ListedName { text, quality });
        }
    }

    pub(crate) fn birth(&mut self, span: Option<DaySpan>) {
        if let Some(span) = span.filter(|span| !self.births.contains(span)) {
            self.births.push(span);
        }
    }

    pub(crate) fn country(&mut self, text: &str) {
        if let Some(country) = Country::find(text).filter(|c| !self.countries.contains(c)) {
            self.countries.push(country);
        }
    }

    pub(crate) fn identifier(&mut self, kind: &str, number: &str) {
        let (kind, number) = (kind.trim().to_owned(), number.trim().to_owned());
        let found = Identifier { kind, number };
        if !found.number.is_empty() && !self.identifiers.contains(&found) {
            self.identifiers.push(found);
        }
    }

    pub(crate) fn address(&mut self, parts: &[&str], country: &str) {
        let parts: Vec<&str> = parts.iter().map(|p| p.trim()).filter(|p| !p.is_empty()).collect();
        let found = Address { text: parts.join(", "), country: Country::find(country) };
        if (!found.text.is_empty() || found.country.is_some()) && !self.addresses.contains(&found) {
            self.addresses.push(found);
        }
    }

    pub(crate) fn program(&mut self, text: &str) {
        let text = text.trim().to_owned();
        if !text.is_empty() && !self.programs.contains(&text) {
            self.programs.push(text);
        }
    }
}
