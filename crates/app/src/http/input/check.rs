//! Holds what was sent against the list of parameters.

use super::param::{METADATA_NAME, METADATA_NAMES, METADATA_VALUE};
use super::{Kind, Node, Param};
use crate::card_scan::holds_card_number;
use crate::http::{HttpError, ParamFault};
use pmts_money::Currency;

/// Checks a tree: nothing unknown, nothing missing, everything of its kind. What passes can be read without further
/// checks.
///
/// # Errors
/// [`HttpError::Param`] for the first fault, with the parameter in the form `card[number]`. No value is in it.
pub(crate) fn check(node: &Node, params: &[Param]) -> Result<(), HttpError> {
    object(node, params, "")
}

fn object(node: &Node, params: &[Param], place: &str) -> Result<(), HttpError> {
    let Node::Map(entries) = node else { return Err(fault(ParamFault::Object, place)) };
    for (name, value) in entries {
        let place = below(place, name);
        match params.iter().find(|p| p.name == name) {
            Some(param) => kind(value, param, &place)?,
            None => return Err(fault(ParamFault::Unknown, &place)),
        }
    }
    match params.iter().find(|p| p.required && node.get(p.name).is_none()) {
        Some(missing) => Err(fault(ParamFault::Missing, &below(place, missing.name))),
        None => Ok(()),
    }
}

fn kind(value: &Node, param: &Param, place: &str) -> Result<(), HttpError> {
    // `null` is the same as not sent.
    if *value == Node::Null {
        return if param.required { Err(fault(ParamFault::Missing, place)) } else { Ok(()) };
    }
    of_kind(value, &param.kind, place)
}

fn of_kind(value: &Node, kind: &Kind, place: &str) -> Result<(), HttpError> {
    let not = |what| Err(fault(what, place));
    match kind {
        Kind::Integer { min, max } => match integer(value) {
            Some(n) if n < *min => not(ParamFault::Small(*min)),
            Some(n) if n > *max => not(ParamFault::Large(*max)),
            Some(_) => Ok(()),
            None => empty_or(value, ParamFault::Integer, place),
        },
        Kind::Moment => match integer(value) {
            Some(n) if (0..=253_402_300_799).contains(&n) => Ok(()),
            Some(_) => not(ParamFault::Large(253_402_300_799)),
            None => empty_or(value, ParamFault::Integer, place),
        },
        Kind::Bool => match boolean(value) {
            Some(_) => Ok(()),
            None => empty_or(value, ParamFault::Bool, place),
        },
        Kind::Text { max } => text(value, *max, false, place),
        Kind::CardData { max } => plain(value, *max, false, place),
        Kind::TextOrNothing { max } => text(value, *max, true, place),
        Kind::Reference { max } => {
            text(value, *max, false, place)?;
            let good = value.as_text().is_some_and(|t| t.bytes().all(|b| b.is_ascii_graphic()));
            if good { Ok(()) } else { not(ParamFault::Reference) }
        }
        Kind::Id(prefixes) => {
            text(value, 128, false, place)?;
            let begins =
                |t: &str| prefixes.iter().any(|p| t.strip_prefix(p).is_some_and(|r| r.starts_with('_')));
            if value.as_text().is_some_and(begins) { Ok(()) } else { not(ParamFault::Id(prefixes)) }
        }
        Kind::OneOf(words) => {
            let Some(text) = value.as_text() else { return not(ParamFault::Text) };
            if words.contains(&text) { Ok(()) } else { not(ParamFault::Word(words)) }
        }
        Kind::Currency => {
            let Some(text) = value.as_text() else { return not(ParamFault::Text) };
            match Currency::for_payment(&text.to_ascii_uppercase()) {
                Ok(_) => Ok(()),
                Err(_) => not(ParamFault::Currency),
            }
        }
        Kind::Metadata => metadata(value, place),
        Kind::Object(params) => object(value, params, place),
        Kind::List { of, max } => {
            let Node::List(items) = value else { return not(ParamFault::List) };
            if items.len() > *max {
                return not(ParamFault::ListLong(*max));
            }
            let mut items = items.iter().enumerate();
            items.try_for_each(|(i, item)| of_kind(item, of, &below(place, &i.to_string())))
        }
    }
}

pub(super) fn integer(value: &Node) -> Option<i64> {
    match value {
        Node::Integer(n) => Some(*n),
        Node::Word(text) if !text.starts_with('+') => text.parse().ok(),
        _ => None,
    }
}

pub(super) fn boolean(value: &Node) -> Option<bool> {
    match value {
        Node::Bool(b) => Some(*b),
        Node::Word(text) => text.parse().ok(),
        _ => None,
    }
}

fn empty_or(value: &Node, what: ParamFault, place: &str) -> Result<(), HttpError> {
    let empty = value.as_text().is_some_and(str::is_empty);
    Err(fault(if empty { ParamFault::Empty } else { what }, place))
}

fn text(value: &Node, max: usize, may_be_empty: bool, place: &str) -> Result<(), HttpError> {
    plain(value, max, may_be_empty, place)?;
    if value.as_text().is_some_and(holds_card_number) {
        return Err(fault(ParamFault::CardNumber, place));
    }
    Ok(())
}

fn plain(value: &Node, max: usize, may_be_empty: bool, place: &str) -> Result<(), HttpError> {
    let Some(text) = value.as_text() else { return Err(fault(ParamFault::Text, place)) };
    if text.is_empty() && !may_be_empty {
        return Err(fault(ParamFault::Empty, place));
    }
    if text.chars().count() > max {
        return Err(fault(ParamFault::Long(max), place));
    }
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        return Err(fault(ParamFault::Control, place));
    }
    Ok(())
}

fn metadata(value: &Node, place: &str) -> Result<(), HttpError> {
    match value {
        Node::Map(entries) if entries.len() > METADATA_NAMES => {
            Err(fault(ParamFault::ListLong(METADATA_NAMES), place))
        }
        Node::Map(entries) => entries.iter().try_for_each(|(name, value)| {
            if name.is_empty() || name.chars().count() > METADATA_NAME || name.chars().any(char::is_control) {
                return Err(fault(ParamFault::MetadataName, place));
            }
            if holds_card_number(name) {
                return Err(fault(ParamFault::CardNumber, place));
            }
            text(value, METADATA_VALUE, true, &below(place, name))
        }),
        value if value.as_text() == Some("") => Ok(()),
        _ => Err(fault(ParamFault::Object, place)),
    }
}

fn below(place: &str, name: &str) -> String {
    if place.is_empty() { clean(name) } else { format!("{place}[{}]", clean(name)) }
}

/// Names that are not ours go back to the caller: short, and without what could be mistaken for a number of a card.
fn clean(name: &str) -> String {
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    if digits > 9 || name.chars().any(char::is_control) || holds_card_number(name) {
        return "...".into();
    }
    name.chars().take(60).collect()
}

fn fault(fault: ParamFault, place: &str) -> HttpError {
    HttpError::Param { fault, param: place.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::input::{read_form, read_json};

    const ITEM: Kind = Kind::Object(&[Param::must("amount", Kind::Integer { min: 1, max: 9 }, "")]);
    const PARAMS: &[Param] = &[
        Param::must("amount", Kind::Integer { min: 1, max: 99_999_999 }, ""),
        Param::may("confirm", Kind::Bool, ""),
        Param::may("currency", Kind::Currency, ""),
        Param::may("description", Kind::TextOrNothing { max: 5 }, ""),
        Param::may("order", Kind::Reference { max: 5 }, ""),
        Param::may("id", Kind::Id(&["pi", "ch"]), ""),
        Param::may("method", Kind::OneOf(&["automatic", "manual"]), ""),
        Param::may("metadata", Kind::Metadata, ""),
        Param::may("items", Kind::List { of: &ITEM, max: 2 }, ""),
        Param::may("card", Kind::Object(&[Param::must("number", Kind::CardData { max: 19 }, "")]), ""),
        Param::may("at", Kind::Moment, ""),
    ];

    fn form(text: &str) -> String {
        told(check(&read_form(text.as_bytes()).unwrap(), PARAMS))
    }

    fn json(text: &str) -> String {
        told(check(&read_json(text.as_bytes()).unwrap(), PARAMS))
    }

    fn told(result: Result<(), HttpError>) -> String {
        match result {
            Ok(()) => "ok".into(),
            Err(HttpError::Param { fault, param }) => format!("{} {param}", fault.code()),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_fits_passes_as_form_and_as_json() {
        let all = "amount=5&confirm=true&currency=gbp&description=&order=A-1&id=pi_1&method=manual&metadata[k]=v&metadata[l]=\
                   &items[0][amount]=1&card[number]=42&at=0";
        assert_eq!(form(all), "ok");
        let all = r#"{"amount":5,"confirm":false,"currency":"GBP","description":null,"id":"ch_1","metadata":"","items":[],"at":1}"#;
        assert_eq!(json(all), "ok");
    }

    #[test]
    fn each_fault_has_its_code_and_place() {
        for (sent, expected) in [
            ("", "parameter_missing amount"),
            ("amount=", "parameter_invalid_empty amount"),
            ("amount=x", "parameter_invalid_integer amount"),
            ("amount=1.0", "parameter_invalid_integer amount"),
            ("amount=%2B1", "parameter_invalid_integer amount"),
            ("amount=-01", "parameter_invalid_range amount"),
            ("amount=0x1", "parameter_invalid_integer amount"),
            ("amount=99999999999999999999", "parameter_invalid_integer amount"),
            ("amount=0", "parameter_invalid_range amount"),
            ("amount=100000000", "parameter_invalid_range amount"),
            ("amount[]=1", "parameter_invalid_integer amount"),
            ("amount=1&confirm=yes", "parameter_invalid_bool confirm"),
            ("amount=1&currency=xxx", "parameter_invalid_currency currency"),
            ("amount=1&currency=dem", "parameter_invalid_currency currency"),
            ("amount=1&description=abcdef", "parameter_invalid_string_long description"),
            ("amount=1&description=a%00", "parameter_invalid_string description"),
            ("amount=1&order=a+b", "parameter_invalid_string order"),
            ("amount=1&id=po_1", "parameter_invalid_id id"),
            ("amount=1&method=later", "parameter_invalid_enum method"),
            ("amount=1&metadata=x", "parameter_invalid_object metadata"),
            ("amount=1&metadata[k][l]=x", "parameter_invalid_string metadata[k]"),
            ("amount=1&items[0][amount]=0", "parameter_invalid_range items[0][amount]"),
            ("amount=1&items[0][other]=0", "parameter_unknown items[0][other]"),
            ("amount=1&items=x", "parameter_invalid_list items"),
            ("amount=1&card=x", "parameter_invalid_object card"),
            ("amount=1&card[cvc]=1", "parameter_unknown card[cvc]"),
            ("amount=1&card[x]=1&card[number]=1", "parameter_unknown card[x]"),
            ("amount=1&other=1", "parameter_unknown other"),
            ("amount=1&4242424242424242=1", "parameter_unknown ..."),
        ] {
            assert_eq!(form(sent), expected, "{sent}");
        }
        for (sent, expected) in [
            (r#"{"amount":"5"}"#, "parameter_invalid_integer amount"),
            (r#"{"amount":5.0}"#, "parameter_invalid_integer amount"),
            (r#"{"amount":null}"#, "parameter_missing amount"),
            (r#"{"amount":1,"confirm":"true"}"#, "parameter_invalid_bool confirm"),
            (r#"{"amount":1,"description":5}"#, "parameter_invalid_string description"),
            (
                r#"{"amount":1,"items":[{"amount":1},{"amount":1},{"amount":1}]}"#,
                "parameter_invalid_list_long items",
            ),
            (r#"{"amount":1,"items":[null]}"#, "parameter_invalid_object items[0]"),
        ] {
            assert_eq!(json(sent), expected, "{sent}");
        }
    }
}
