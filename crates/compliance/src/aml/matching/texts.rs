//! Two names as they are written, when it may not be known what bears them.

use super::{HIT, Why};
use crate::aml::names::{Name, PartyKind};

/// How alike two names are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparedTexts {
    /// As what they were compared.
    pub kind: PartyKind,
    /// 0 to 1,000.
    pub score: u16,
    /// Whether they are taken for one: the score is [`HIT`] or more.
    pub hit: bool,
    /// What the score is made of.
    pub why: Why,
}

/// Compares two names. Without a kind they are a company's if one of them has a legal form, else a person's.
pub fn compare_texts(first: &str, second: &str, kind: Option<PartyKind>) -> ComparedTexts {
    let guess = || {
        let formed = |text| Name::new(text, PartyKind::Company).has_form();
        if formed(first) || formed(second) { PartyKind::Company } else { PartyKind::Person }
    };
    let kind = kind.unwrap_or_else(guess);
    let (score, why) = Why::of(&Name::new(first, kind), &Name::new(second, kind));
    ComparedTexts { kind, score, hit: score >= HIT, why }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_legal_form_makes_it_a_company() {
        let pair = compare_texts("Aurora Trading LLC", "Aurora Trading", None);
        assert_eq!((pair.kind, pair.hit), (PartyKind::Company, true));
        let pair = compare_texts("Sergei Lavrov", "Сергей Лавров", None);
        assert_eq!((pair.kind, pair.hit), (PartyKind::Person, true));
        assert!(!compare_texts("Sergei Lavrov", "Ann Other", None).hit);
        assert_eq!(compare_texts("", "Ann", Some(PartyKind::Vessel)).score, 0);
    }
}
