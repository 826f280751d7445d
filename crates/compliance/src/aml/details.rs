//! What else is known of a subject and of an entry: dates, countries, identifiers, addresses. Each moves the score of the name.

use super::names::{Name, PartyKind, Role};
use super::party::{DaySpan, ListedParty};
use super::screener::Subject;
use serde::Serialize;

/// What the details say. Effects are added to the score of the name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Details {
    /// The date of birth or founding, if both have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birth: Option<Detail>,
    /// The countries, if both have some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<Detail>,
    /// An identifier that both have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identifier: Option<Detail>,
    /// The address, if both have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Detail>,
    /// Taken off because the list says that the name is a weak one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weak_name: Option<Detail>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Detail {
    /// What was compared, as the list has it.
    pub listed: String,
    /// What it adds to the score, or takes off.
    pub effect: i16,
}

/// What a weak name costs.
const WEAK_NAME: i16 = -40;

/// The least score if an identifier agrees.
pub(crate) const IDENTIFIER: u16 = 950;

impl Details {
    pub(crate) fn of(subject: &Subject, party: &ListedParty, is_weak: bool) -> Self {
        Self {
            birth: subject.birth.and_then(|birth| birth_of(birth, party)),
            country: country_of(subject, party),
            identifier: identifier_of(subject, party),
            address: subject.address.as_deref().and_then(|address| address_of(address, party)),
            weak_name: is_weak.then(|| Detail { listed: "weak".to_owned(), effect: WEAK_NAME }),
        }
    }

    /// The score of the name with all effects, 0 to 1,000.
    pub(crate) fn apply(&self, score: u16) -> u16 {
        let all = [&self.birth, &self.country, &self.address, &self.weak_name];
        let effects: i32 = all.iter().filter_map(|d| d.as_ref()).map(|d| i32::from(d.effect)).sum();
        let moved = u16::try_from((i32::from(score) + effects).clamp(0, 1_000)).unwrap_or(score);
        if self.identifier.is_some() { moved.max(IDENTIFIER) } else { moved }
    }
}

fn birth_of(birth: DaySpan, party: &ListedParty) -> Option<Detail> {
    let detail = |span: &DaySpan| Detail { listed: span.to_string(), effect: birth_effect(birth, *span) };
    party.births.iter().map(detail).max_by_key(|d| d.effect)
}

/// Lists often know only the year, or a wrong day: a small difference says little, many years say much.
fn birth_effect(a: DaySpan, b: DaySpan) -> i16 {
    if a.meets(&b) {
        return if a.is_day() && b.is_day() { 80 } else { 40 };
    }
    let turned = a.is_day()
        && b.is_day()
        && a.from.year() == b.from.year()
        && (a.from.month(), a.from.day()) == (b.from.day(), b.from.month());
    match a.years_apart(&b) {
        0 if turned => 30,
        0 => -10,
        1 => -25,
        2 => -50,
        3..=5 => -100,
        6..=10 => -160,
        _ => -250,
    }
}

fn country_of(subject: &Subject, party: &ListedParty) -> Option<Detail> {
    let listed = || party.countries.iter().copied().chain(party.addresses.iter().filter_map(|a| a.country));
    if subject.countries.is_empty() || listed().next().is_none() {
        return None;
    }
    let agrees = listed().find(|c| subject.countries.contains(c));
    let shown = || listed().map(|c| c.to_string()).collect::<Vec<_>>().join(" ");
    Some(match agrees {
        Some(country) => Detail { listed: country.to_string(), effect: 15 },
        None => Detail { listed: shown(), effect: -15 },
    })
}

fn identifier_of(subject: &Subject, party: &ListedParty) -> Option<Detail> {
    let mut given = subject.identifiers.iter().filter_map(|number| plain_number(number));
    given.find_map(|given| {
        let same = party.identifiers.iter().find(|i| plain_number(&i.number).as_ref() == Some(&given))?;
        Some(Detail { listed: format!("{} {}", same.kind, same.number), effect: 0 })
    })
}

/// Letters and digits of a number, capitals; `None` if there are too few to say anything.
pub(crate) fn plain_number(number: &str) -> Option<String> {
    let plain: String =
        number.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    let plain = plain.strip_prefix("IMO").map(str::to_owned).unwrap_or(plain);
    (plain.len() >= 5).then_some(plain)
}

fn address_of(address: &str, party: &ListedParty) -> Option<Detail> {
    let given = Name::new(address, PartyKind::Company);
    let words = given.tokens.iter().filter(|t| t.role != Role::Particle);
    let shared = |listed: &str| {
        let listed = Name::new(listed, PartyKind::Company);
        let found = words.clone().filter(|w| listed.tokens.iter().any(|l| l.letters == w.letters)).count();
        (found * 100).checked_div(words.clone().count()).unwrap_or(0)
    };
    let best =
        party.addresses.iter().filter(|a| !a.text.is_empty()).map(|a| (shared(&a.text), &a.text)).max();
    best.map(|(share, text)| Detail { listed: text.clone(), effect: if share >= 60 { 20 } else { 0 } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_dates_say_little_and_far_ones_much() {
        let effect = |a: &str, b: &str| birth_effect(DaySpan::parse(a).unwrap(), DaySpan::parse(b).unwrap());
        assert_eq!(effect("1957-07-30", "1957-07-30"), 80);
        assert_eq!(effect("1957-07-30", "1957"), 40);
        assert_eq!(effect("1957-03-07", "1957-07-03"), 30);
        assert!(effect("1957-07-30", "1958") > effect("1957-07-30", "1990"));
        assert_eq!(effect("1958", "1957-07-30"), effect("1957-07-30", "1958"));
    }

    #[test]
    fn numbers_are_compared_without_their_dress() {
        assert_eq!(plain_number("IMO 918-7629"), Some("9187629".to_owned()));
        assert_eq!(plain_number("a 1"), None);
    }
}
