//! The UK's lists as CSV: the UK sanctions list, and the consolidated list of OFSI. A line before the heads tells the date of the
//! file. Each line is a name of an entry, with all that is known of it.

use super::table::{Table, field, text};
use super::{ListError, checked};
use crate::aml::names::PartyKind;
use crate::aml::party::{DaySpan, ListedParty, NameQuality};
use std::collections::HashMap;
use std::io::Read;

/// Reads a list of the UK.
///
/// # Errors
/// [`ListError`].
pub fn uk_csv(input: impl Read) -> Result<Vec<ListedParty>, ListError> {
    let text = text(input)?;
    let kinds = ["grouptype", "individualentityship", "designationtype", "type"];
    let table = Table::read(&text, b',', &[&["uniqueid", "groupid"], &["name6"], &kinds])?;
    let column = |names: &[&str]| table.column(names);
    let id = column(&["uniqueid", "groupid"]);
    let kind = column(&kinds);
    let names = ["name1", "name2", "name3", "name4", "name5", "name6"].map(|n| column(&[n]));
    let original = column(&["namenonlatinscript", "nonlatinscript"]);
    let name_type = column(&["nametype", "aliastype"]);
    let strength = column(&["aliasstrength", "aliasquality"]);
    let birth = column(&["dob", "dateofbirth", "dobs"]);
    let countries = table.columns(&[
        "countryofbirth",
        "nationality",
        "nationalityies",
        "nationalities",
        "currentbelievedflagofship",
        "flagofship",
    ]);
    let numbers = [
        ("Passport", column(&["passportnumber"])),
        ("National ID", column(&["nationalidentificationnumber", "nationalidentifiernumber"])),
        ("Registration", column(&["businessregistrationnumbers", "businessregistrationnumber"])),
        ("IMO", column(&["imonumber"])),
    ];
    let address: Vec<usize> = (1..=6)
        .filter_map(|n| column(&[&format!("address{n}"), &format!("addressline{n}")]))
        .chain(column(&["postzipcode", "addresspostalcode"]))
        .collect();
    let address_country = column(&["country", "addresscountry"]);
    let program = column(&["regime", "regimename"]);

    let mut list: Vec<ListedParty> = Vec::new();
    let mut at: HashMap<String, usize> = HashMap::new();
    for (line, row) in table.rows() {
        let key = field(row, id);
        if key.is_empty() {
            return Err(ListError::line(line, "the entry's id is empty"));
        }
        let index = *at.entry(key.to_owned()).or_insert_with(|| {
            let kind = match field(row, kind).to_ascii_lowercase().as_str() {
                "individual" => PartyKind::Person,
                "ship" | "vessel" => PartyKind::Vessel,
                _ => PartyKind::Company,
            };
            list.push(ListedParty::new(key, kind));
            list.len() - 1
        });
        let party = &mut list[index];
        let weak = field(row, strength).to_ascii_lowercase();
        let quality = match field(row, name_type).to_ascii_lowercase().as_str() {
            "primary name" | "primary name variation" => NameQuality::Primary,
            _ if weak.contains("low") || weak.contains("weak") => NameQuality::Weak,
            _ => NameQuality::Strong,
        };
        party.name(&names.map(|n| field(row, n)).join(" "), quality);
        party.name(field(row, original), NameQuality::Strong);
        party.birth(DaySpan::parse(field(row, birth)));
        for country in &countries {
            for name in field(row, Some(*country)).split([';', '/']) {
                party.country(name.trim_start_matches(['(', ')', '1', '2', '3', ' ']));
            }
        }
        for (kind, number) in numbers {
            party.identifier(kind, field(row, number));
        }
        let place: Vec<&str> = address.iter().map(|a| field(row, Some(*a))).collect();
        party.address(&place, field(row, address_country));
        party.program(field(row, program));
    }
    for party in &mut list {
        party.names.sort_by_key(|n| n.quality);
    }
    checked(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFSI: &str = "Last Updated,21/11/2026,,,,,,,,,,,\n\
        Name 6,Name 1,Name 2,Name Non-Latin Script,DOB,Country of Birth,Nationality,Passport Number,Address 1,Country,Group Type,Alias Type,Group ID\n\
        AL-TIKRITI,Saddam,Hussein,صدام,00/00/1937,Iraq,Iraq,A1,Palace,Iraq,Individual,Primary name,7\n\
        ALI,Abu,,,28/04/1937,,,,,,Individual,AKA,7\n\
        BANK OF SYRIA,,,,,,,,,Syria,Entity,Primary name,8\n";

    #[test]
    fn names_of_an_entry_are_joined() {
        let list = uk_csv(OFSI.as_bytes()).unwrap();
        let [person, bank] = &list[..] else { panic!("{list:?}") };
        let texts: Vec<&str> = person.names.iter().map(|n| n.text.as_str()).collect();
        assert_eq!(texts, ["Saddam Hussein AL-TIKRITI", "صدام", "Abu ALI"]);
        assert_eq!(person.births.iter().map(ToString::to_string).collect::<Vec<_>>(), ["1937", "1937-04-28"]);
        assert_eq!((format!("{:?}", person.countries), person.identifiers.len()), ("[IQ]".to_owned(), 1));
        assert_eq!(
            (bank.primary(), bank.kind, bank.addresses.len()),
            ("BANK OF SYRIA", PartyKind::Company, 1)
        );
    }

    #[test]
    fn the_sanctions_list_has_other_heads() {
        let text = "Report Date: 21-Nov-2026,,,,,,,\n\
            Last Updated,Unique ID,Name 6,Name 1,Name type,Alias strength,Designation Type,IMO number,Regime Name\n\
            21/11/2026,RUS1,STAR,SEA,Primary Name,,Ship,9187629,Russia\n\
            21/11/2026,RUS1,STAR II,SEA,Alias,Low quality,Ship,9187629,Russia\n";
        let list = uk_csv(text.as_bytes()).unwrap();
        let [ship] = &list[..] else { panic!("{list:?}") };
        assert_eq!((ship.primary(), ship.kind, ship.identifiers.len()), ("SEA STAR", PartyKind::Vessel, 1));
        assert_eq!(ship.names[1].quality, NameQuality::Weak);
        assert!(matches!(uk_csv(&b"a,b\n1,2\n"[..]), Err(ListError::Columns { .. })));
    }
}
