//! The consolidated list of the UN Security Council, XML.

use super::table::text;
use super::{ListError, checked, written};
use crate::aml::names::PartyKind;
use crate::aml::party::{DaySpan, ListedParty, NameQuality};
use quick_xml::Reader;
use quick_xml::events::Event;
use std::io::Read;

/// The deepest nesting that is read; the list has five levels.
const DEPTH_MAX: usize = 16;

/// Reads the UN list.
///
/// # Errors
/// [`ListError`].
pub fn un_xml(input: impl Read) -> Result<Vec<ListedParty>, ListError> {
    let text = text(input)?;
    let mut reader = Reader::from_str(&text);
    let mut path: Vec<String> = Vec::new();
    let mut entry: Option<Entry> = None;
    let mut list = Vec::new();
    let mut content = String::new();
    let mut complete = false;
    loop {
        let at = reader.buffer_position();
        let bad = |what: String| ListError::Xml { at, what };
        match reader.read_event().map_err(|e| bad(e.to_string()))? {
            Event::Start(tag) => {
                let name = tag.name().as_ref().to_owned();
                if path.is_empty() && name != "CONSOLIDATED_LIST" {
                    return Err(bad(format!("<{name}> instead of <CONSOLIDATED_LIST>")));
                }
                if path.len() >= DEPTH_MAX {
                    return Err(bad("nested too deeply".to_owned()));
                }
                match name.as_str() {
                    "INDIVIDUAL" if path.len() == 2 => entry = Some(Entry::new(PartyKind::Person)),
                    "ENTITY" if path.len() == 2 => entry = Some(Entry::new(PartyKind::Company)),
                    _ => {}
                }
                content.clear();
                path.push(name);
            }
            Event::Text(text) if path.is_empty() && !text.trim().is_empty() => {
                return Err(bad("not XML".to_owned()));
            }
            Event::Text(text) => content.push_str(&text.xml10_content()),
            Event::CData(text) => content.push_str(&text),
            Event::GeneralRef(reference) => {
                let name = &*reference;
                match reference.resolve_char_ref() {
                    Ok(Some(c)) => content.push(c),
                    _ => content
                        .push(named(name).ok_or_else(|| bad("a reference that is not known".to_owned()))?),
                }
            }
            Event::End(_) => {
                let Some(name) = path.pop() else { return Err(bad("an end without a start".to_owned())) };
                if let Some(open) = &mut entry {
                    if path.len() == 2 {
                        list.extend(entry.take().map(Entry::close));
                    } else {
                        let above = path.last().map_or("", String::as_str);
                        open.field(above, &name, content.trim());
                    }
                }
                content.clear();
                complete |= path.is_empty();
            }
            Event::Eof => break,
            _ => {}
        }
    }
    if !complete {
        return Err(ListError::Xml {
            at: reader.buffer_position(),
            what: "the file ends before the list does".to_owned(),
        });
    }
    checked(list)
}

fn named(reference: &str) -> Option<char> {
    Some(match reference {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}

/// What was read of an entry so far.
struct Entry {
    party: ListedParty,
    names: [String; 4],
    data_id: String,
    quality: NameQuality,
    document: (String, String),
    place: [String; 5],
    years: (Option<u16>, Option<u16>),
    birth: (bool, Option<DaySpan>),
    original: Vec<String>,
    aliases: Vec<(String, NameQuality)>,
}

impl Entry {
    fn new(kind: PartyKind) -> Self {
        Self {
            party: ListedParty::new("", kind),
            names: Default::default(),
            data_id: String::new(),
            quality: NameQuality::Strong,
            document: Default::default(),
            place: Default::default(),
            years: (None, None),
            birth: (false, None),
            original: Vec::new(),
            aliases: Vec::new(),
        }
    }

    /// An element has ended.
    fn field(&mut self, above: &str, name: &str, content: &str) {
        match (above, name) {
            (_, "FIRST_NAME") => self.names[0] = content.to_owned(),
            (_, "SECOND_NAME") => self.names[1] = content.to_owned(),
            (_, "THIRD_NAME") => self.names[2] = content.to_owned(),
            (_, "FOURTH_NAME") => self.names[3] = content.to_owned(),
            (_, "NAME_ORIGINAL_SCRIPT") => self.original.push(content.to_owned()),
            (_, "REFERENCE_NUMBER") => self.party.id = content.to_owned(),
            (_, "DATAID") => self.data_id = content.to_owned(),
            (_, "UN_LIST_TYPE") => self.party.program(content),
            ("NATIONALITY", "VALUE") => self.party.country(content),
            (_, "QUALITY") => {
                self.quality =
                    if content.eq_ignore_ascii_case("low") { NameQuality::Weak } else { NameQuality::Strong };
            }
            (_, "ALIAS_NAME") => self.aliases.push((content.to_owned(), self.quality)),
            (_, "TYPE_OF_DATE") => self.birth.0 = content.eq_ignore_ascii_case("approximately"),
            ("INDIVIDUAL_DATE_OF_BIRTH", "DATE" | "YEAR") => {
                self.birth.1 = self.birth.1.or(DaySpan::parse(content))
            }
            (_, "FROM_YEAR") => self.years.0 = content.parse().ok(),
            (_, "TO_YEAR") => self.years.1 = content.parse().ok(),
            (_, "INDIVIDUAL_DATE_OF_BIRTH") => {
                let span = match (self.years, self.birth) {
                    ((Some(from), Some(to)), _) => DaySpan::years(from, to),
                    ((Some(year), None) | (None, Some(year)), _) => DaySpan::year(year, 2),
                    (_, (true, Some(span))) => {
                        DaySpan::years(span.from.year().saturating_sub(2), span.to.year() + 2)
                    }
                    (_, (false, span)) => span,
                    _ => None,
                };
                self.party.birth(span);
                (self.years, self.birth) = ((None, None), (false, None));
            }
            (_, "TYPE_OF_DOCUMENT") => self.document.0 = content.to_owned(),
            ("INDIVIDUAL_DOCUMENT", "NUMBER") => self.document.1 = content.to_owned(),
            (_, "INDIVIDUAL_DOCUMENT") => {
                let (kind, number) = std::mem::take(&mut self.document);
                self.party.identifier(if kind.is_empty() { "Document" } else { &kind }, &number);
            }
            (_, "STREET") => self.place[0] = content.to_owned(),
            (_, "CITY") => self.place[1] = content.to_owned(),
            (_, "STATE_PROVINCE") => self.place[2] = content.to_owned(),
            (_, "ZIP_CODE") => self.place[3] = content.to_owned(),
            (_, "COUNTRY") => self.place[4] = content.to_owned(),
            (_, "INDIVIDUAL_ADDRESS" | "ENTITY_ADDRESS") => {
                let [street, city, state, zip, country] = std::mem::take(&mut self.place);
                self.party.address(&[&street, &city, &state, &zip], &country);
            }
            (_, "INDIVIDUAL_PLACE_OF_BIRTH") => {
                let [.., country] = std::mem::take(&mut self.place);
                self.party.country(&country);
            }
            _ => {}
        }
    }

    fn close(self) -> ListedParty {
        let mut party = self.party;
        if party.id.is_empty() {
            party.id = self.data_id;
        }
        let whole = self.names.join(" ");
        if party.kind == PartyKind::Person {
            party.name(&whole, NameQuality::Primary);
        } else {
            written::names(&mut party, &whole, NameQuality::Primary);
        }
        for original in self.original {
            written::names(&mut party, &original, NameQuality::Strong);
        }
        for (alias, quality) in self.aliases {
            written::names(&mut party, &alias, quality);
        }
        party
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "<?xml version=\"1.0\"?><CONSOLIDATED_LIST><INDIVIDUALS><INDIVIDUAL><DATAID>1</DATAID>\
        <FIRST_NAME>ERIC</FIRST_NAME><SECOND_NAME>BADEGE &amp; SONS</SECOND_NAME><REFERENCE_NUMBER>CDi.001</REFERENCE_NUMBER>\
        <NAME_ORIGINAL_SCRIPT>صدام</NAME_ORIGINAL_SCRIPT><NATIONALITY><VALUE>Iraq</VALUE></NATIONALITY>\
        <INDIVIDUAL_ALIAS><QUALITY>Low</QUALITY><ALIAS_NAME>X; Y</ALIAS_NAME></INDIVIDUAL_ALIAS>\
        <INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>BETWEEN</TYPE_OF_DATE><FROM_YEAR>1973</FROM_YEAR><TO_YEAR>1974</TO_YEAR>\
        </INDIVIDUAL_DATE_OF_BIRTH><INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>APPROXIMATELY</TYPE_OF_DATE><YEAR>1971</YEAR>\
        </INDIVIDUAL_DATE_OF_BIRTH><INDIVIDUAL_DOCUMENT><TYPE_OF_DOCUMENT>Passport</TYPE_OF_DOCUMENT><NUMBER>A1</NUMBER>\
        </INDIVIDUAL_DOCUMENT></INDIVIDUAL></INDIVIDUALS><ENTITIES><ENTITY><DATAID>2</DATAID><FIRST_NAME>BUTEMBO AIRLINES (BAL)\
        </FIRST_NAME><ENTITY_ADDRESS><CITY>Goma</CITY><COUNTRY>Rwanda</COUNTRY></ENTITY_ADDRESS></ENTITY></ENTITIES>\
        </CONSOLIDATED_LIST>";

    #[test]
    fn people_and_organisations_are_read() {
        let list = un_xml(LIST.as_bytes()).unwrap();
        let [person, company] = &list[..] else { panic!("{list:?}") };
        let texts: Vec<&str> = person.names.iter().map(|n| n.text.as_str()).collect();
        assert_eq!(texts, ["ERIC BADEGE & SONS", "صدام", "X", "Y"]);
        assert_eq!((person.id.as_str(), person.names[2].quality), ("CDi.001", NameQuality::Weak));
        let births: Vec<String> = person.births.iter().map(ToString::to_string).collect();
        assert_eq!(births, ["1973 to 1974", "1969 to 1973"]);
        assert_eq!(format!("{:?}", person.countries), "[IQ]");
        assert_eq!(person.identifiers[0].number, "A1");
        assert_eq!(
            (company.id.as_str(), company.primary(), company.names.len()),
            ("2", "BUTEMBO AIRLINES", 2)
        );
        assert_eq!(company.addresses[0].text, "Goma");
    }

    #[test]
    fn a_file_that_is_cut_off_is_refused() {
        for end in (0..LIST.len()).filter(|end| LIST.is_char_boundary(*end)) {
            assert!(un_xml(&LIST.as_bytes()[..end]).is_err(), "{end}");
        }
        assert!(matches!(un_xml(&b"<html></html>"[..]), Err(ListError::Xml { .. })));
    }
}
