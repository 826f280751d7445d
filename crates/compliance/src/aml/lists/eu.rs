//! The consolidated financial sanctions list of the EU as CSV, version 1.1: columns separated by semicolons, found by their heads.
//! Each line tells one thing (a name, a date, a document, an address) of the entry it names.

use super::table::{Table, field, text};
use super::{ListError, checked};
use crate::aml::names::PartyKind;
use crate::aml::party::{DaySpan, ListedParty, NameQuality};
use std::collections::HashMap;
use std::io::Read;

/// Reads the EU list.
///
/// # Errors
/// [`ListError`].
pub fn eu_csv(input: impl Read) -> Result<Vec<ListedParty>, ListError> {
    let text = text(input)?;
    let table = Table::read(&text, b';', &[&["entitylogicalid"], &["namealiaswholename"]])?;
    let column = |name: &str| table.column(&[name]);
    let id = column("entitylogicalid");
    let reference = column("entityeureferencenumber");
    let kind = table.column(&["entitysubjecttypeclassificationcode", "entitysubjecttype"]);
    let program = table.column(&["entityregulationprogramme", "entityregulationprogram"]);
    let whole = column("namealiaswholename");
    let parts = ["namealiasfirstname", "namealiasmiddlename", "namealiaslastname"].map(column);
    let strong = table.column(&["namealiasstrong", "namealiasisstrong"]);
    let birth = [
        "birthdatebirthdate",
        "birthdateyear",
        "birthdateyearrangefrom",
        "birthdateyearrangeto",
        "birthdatecirca",
    ]
    .map(column);
    let countries = table.columns(&["birthdatecountryiso2code", "citizenshipcountryiso2code"]);
    let number = column("identificationnumber");
    let number_kind = table.column(&["identificationtypedescription", "identificationtypecode"]);
    let address = ["addressstreet", "addresscity", "addressregion", "addresszipcode"].map(column);
    let address_country = table.column(&["addresscountryiso2code", "addresscountrydescription"]);

    let mut list: Vec<ListedParty> = Vec::new();
    let mut at: HashMap<String, usize> = HashMap::new();
    for (line, row) in table.rows() {
        let key = field(row, id);
        if key.is_empty() {
            return Err(ListError::line(line, "the entry's id is empty"));
        }
        let index = *at.entry(key.to_owned()).or_insert_with(|| {
            let kind = match field(row, kind).to_ascii_lowercase().as_str() {
                "p" | "person" => PartyKind::Person,
                "v" | "vessel" => PartyKind::Vessel,
                _ => PartyKind::Company,
            };
            let reference = Some(field(row, reference)).filter(|r| !r.is_empty());
            list.push(ListedParty::new(reference.unwrap_or(key), kind));
            list.len() - 1
        });
        let party = &mut list[index];
        let name = match field(row, whole) {
            "" => parts.map(|part| field(row, part)).join(" "),
            whole => whole.to_owned(),
        };
        let weak = matches!(field(row, strong).to_ascii_lowercase().as_str(), "false" | "no" | "0");
        let quality = match (party.names.is_empty(), weak) {
            (true, _) => NameQuality::Primary,
            (_, true) => NameQuality::Weak,
            _ => NameQuality::Strong,
        };
        party.name(&name, quality);
        party.program(field(row, program));
        let [date, year, from, to, circa] = birth.map(|b| field(row, b));
        let rough = matches!(circa.to_ascii_lowercase().as_str(), "true" | "1" | "yes");
        let span = match (from.parse(), to.parse()) {
            (Ok(from), Ok(to)) if from > 0 && to > 0 => DaySpan::years(from, to),
            _ => DaySpan::parse(date).or_else(|| year.parse().ok().and_then(|y| DaySpan::year(y, 0))),
        };
        party.birth(match span {
            Some(span) if rough => DaySpan::years(span.from.year().saturating_sub(2), span.to.year() + 2),
            span => span,
        });
        for country in &countries {
            let code = field(row, Some(*country));
            if code != "00" {
                party.country(code);
            }
        }
        party.identifier(field(row, number_kind), field(row, number));
        party.address(&address.map(|part| field(row, part)), field(row, address_country));
    }
    checked(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "\u{feff}fileGenerationDate;Entity_LogicalId;Entity_EU_ReferenceNumber;Entity_SubjectType_ClassificationCode;\
        Entity_Regulation_Programme;NameAlias_LastName;NameAlias_FirstName;NameAlias_MiddleName;NameAlias_WholeName;Address_City;\
        Address_CountryIso2Code;BirthDate_BirthDate;BirthDate_Year;BirthDate_Circa;Identification_Number;\
        Identification_TypeDescription;Citizenship_CountryIso2Code\n\
        01/11/2026;13;EU.27.28;P;IRQ;;;;Saddam Hussein Al-Tikriti;;;;;;;;\n\
        01/11/2026;13;EU.27.28;P;IRQ;ALI;Abu;;;;;;;;;;\n\
        01/11/2026;13;EU.27.28;P;IRQ;;;;;;;1937-04-28;1937;false;;;IQ\n\
        01/11/2026;13;EU.27.28;P;IRQ;;;;;;;;1938;true;A 1;Passport;00\n\
        01/11/2026;20;EU.30.1;E;SYR;;;;\"Bank; of Syria\";Damascus;SY;;;;;;\n";

    #[test]
    fn lines_of_an_entry_are_joined() {
        let list = eu_csv(LIST.as_bytes()).unwrap();
        let [person, bank] = &list[..] else { panic!("{list:?}") };
        let texts: Vec<&str> = person.names.iter().map(|n| n.text.as_str()).collect();
        assert_eq!((person.id.as_str(), texts), ("EU.27.28", vec!["Saddam Hussein Al-Tikriti", "Abu ALI"]));
        let births: Vec<String> = person.births.iter().map(ToString::to_string).collect();
        assert_eq!(births, ["1937-04-28", "1936 to 1940"]);
        assert_eq!((format!("{:?}", person.countries), person.identifiers.len()), ("[IQ]".to_owned(), 1));
        assert_eq!((bank.primary(), bank.kind), ("Bank; of Syria", PartyKind::Company));
        assert_eq!(bank.addresses[0].text, "Damascus");
    }

    #[test]
    fn other_files_are_refused() {
        assert!(matches!(eu_csv(&b"a;b\n1;2\n"[..]), Err(ListError::Columns { .. })));
        let cut = &LIST[..LIST.len() - 5];
        assert!(
            matches!(eu_csv(cut.as_bytes()), Err(ListError::Line { line: 6, .. })),
            "{:?}",
            eu_csv(cut.as_bytes())
        );
    }
}
