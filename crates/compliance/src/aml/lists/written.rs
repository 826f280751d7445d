//! Names as lists write them: several in one field, with remarks in brackets.

use crate::aml::names::Script;
use crate::aml::party::{ListedParty, NameQuality};

/// Adds the names in a field that may hold several, separated by `;` and perhaps counted `a)`, `b)`. What stands in brackets is taken
/// out: if it is a name in another script it is as good as the name, if it is short and in capitals it is a weak one.
pub(super) fn names(party: &mut ListedParty, field: &str, quality: NameQuality) {
    for part in field.split(';') {
        for name in counted(part) {
            one(party, name, quality);
        }
    }
}

fn one(party: &mut ListedParty, text: &str, quality: NameQuality) {
    let mut outside = String::with_capacity(text.len());
    let mut aside: Vec<String> = Vec::new();
    let mut depth = 0_u32;
    for c in text.chars() {
        match c {
            '(' | '[' => {
                depth += 1;
                aside.push(String::new());
            }
            ')' | ']' => depth = depth.saturating_sub(1),
            _ if depth > 0 => aside.iter_mut().last().into_iter().for_each(|a| a.push(c)),
            _ => outside.push(c),
        }
    }
    let outside = outside.split(", born ").next().unwrap_or_default().trim().trim_end_matches(',');
    if !outside.chars().any(char::is_alphanumeric) {
        return party.name(text.trim_matches(['(', ')', '[', ']', ' ']), quality);
    }
    party.name(outside, quality);
    for aside in aside {
        let aside = aside.trim();
        let foreign = aside.chars().any(|c| !c.is_ascii() && Script::of(c) != Script::Latin);
        let letters = aside.chars().filter(|c| c.is_alphabetic()).count();
        let acronym = (2..=8).contains(&letters)
            && letters == aside.chars().count()
            && aside.chars().filter(|c| c.is_uppercase()).count() * 2 > letters;
        if foreign {
            party.name(aside, quality.max(NameQuality::Strong));
        } else if acronym && outside.split_whitespace().count() > 1 {
            party.name(aside, NameQuality::Weak);
        }
    }
}

/// The parts of `a) X b) Y`, or all of it.
fn counted(text: &str) -> impl Iterator<Item = &str> {
    let marks: Vec<usize> = text
        .char_indices()
        .zip(text.char_indices().skip(1))
        .filter(|((at, c), (_, next))| {
            c.is_ascii_lowercase() && *next == ')' && (*at == 0 || text[..*at].ends_with(' '))
        })
        .map(|((at, _), _)| at)
        .collect();
    let ends: Vec<usize> = marks.iter().copied().chain([text.len()]).collect();
    let first = &text[..ends[0]];
    let rest = marks.into_iter().zip(ends.into_iter().skip(1)).map(|(from, to)| &text[from + 2..to]);
    std::iter::once(first).chain(rest)
}

/// `SURNAME, Given` turned round; a company's `Co., Ltd.` stays.
pub(super) fn turned(text: &str) -> String {
    match text.split_once(',') {
        Some((family, given)) if !given.trim().is_empty() => format!("{} {}", given.trim(), family.trim()),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aml::names::PartyKind;

    #[test]
    fn fields_with_several_names_are_taken_apart() {
        for (field, expected) in [
            ("Azim Adhajani; Azim Agha-Jani", "Azim Adhajani|Azim Agha-Jani"),
            ("Mohammed Sabet b) M. Javad Kareemi", "Mohammed Sabet|M. Javad Kareemi"),
            ("Jin Tiesan (金铁三)", "Jin Tiesan|金铁三"),
            ("BUTEMBO AIRLINES (BAL)", "BUTEMBO AIRLINES|BAL"),
            ("Encep Nurjaman (birth name)", "Encep Nurjaman"),
            ("Safia Farkash, born 1 Jan. 1953 (Oman passport)", "Safia Farkash"),
            ("(ABC)", "ABC"),
            ("", ""),
            ("é)", "é"),
        ] {
            let mut party = ListedParty::new("1", PartyKind::Person);
            names(&mut party, field, NameQuality::Strong);
            let found: Vec<&str> = party.names.iter().map(|n| n.text.as_str()).collect();
            assert_eq!(found.join("|"), expected, "{field}");
        }
        assert_eq!(turned("BIN LADIN, Usama bin Muhammad"), "Usama bin Muhammad BIN LADIN");
        assert_eq!(turned("Hannibal"), "Hannibal");
    }
}
