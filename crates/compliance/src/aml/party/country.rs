//! Countries, by the code of ISO 3166-1 and by the names that lists use.

use foldhash::{HashMap, HashMapExt};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::OnceLock;

/// A country: two capital letters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country([u8; 2]);

impl Country {
    /// The country of this code, name or adjective in English, in any letter case; `None` if it is not known.
    pub fn find(text: &str) -> Option<Self> {
        let plain = plain(text);
        Self::table().get(plain.as_str()).copied()
    }

    /// The code.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("??")
    }

    fn table() -> &'static HashMap<&'static str, Self> {
        static TABLE: OnceLock<HashMap<&'static str, Country>> = OnceLock::new();
        TABLE.get_or_init(|| {
            let mut table = HashMap::new();
            let text = include_str!("../../../data/countries.txt");
            for (code, names) in
                text.lines().filter(|l| !l.starts_with('#')).filter_map(|l| l.split_once(' '))
            {
                let [a, b] = *code.as_bytes() else { continue };
                for name in names.split('|') {
                    table.insert(name, Self([a, b]));
                }
                table.insert(code.to_ascii_lowercase().leak(), Self([a, b]));
            }
            table
        })
    }
}

/// Small letters without marks, single spaces, nothing else.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().take(80) {
        let letters = deunicode::deunicode_char(c).unwrap_or_default();
        for b in letters.bytes() {
            if b.is_ascii_alphanumeric() {
                out.push(char::from(b.to_ascii_lowercase()));
            } else if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        }
    }
    out.truncate(out.trim_end().len());
    out
}

impl TryFrom<String> for Country {
    type Error = String;

    fn try_from(code: String) -> Result<Self, String> {
        match code.as_bytes() {
            [a, b] if a.is_ascii_uppercase() && b.is_ascii_uppercase() => Ok(Self([*a, *b])),
            _ => Err(format!("{code:?} is not the code of a country: two capital letters")),
        }
    }
}

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.code().to_owned()
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_are_found_by_code_name_and_adjective() {
        for (text, code) in [
            ("Russian Federation", "RU"),
            ("Iran (Islamic Republic of)", "IR"),
            ("Côte d'Ivoire", "CI"),
            ("syria", "SY"),
            ("Democratic People's Republic of Korea", "KP"),
            ("af", "AF"),
            ("Afghan", "AF"),
        ] {
            assert_eq!(Country::find(text).map(|c| c.to_string()).as_deref(), Some(code), "{text}");
        }
        assert_eq!(Country::find("Atlantis"), None);
        assert!(serde_json::from_str::<Country>("\"ru\"").is_err());
    }
}
