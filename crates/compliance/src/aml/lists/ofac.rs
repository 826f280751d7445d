//! The lists of the US Treasury (OFAC): Specially Designated Nationals, and the non-SDN lists.
//!
//! Three files without a line of heads, joined by the entry's number; `-0-` is an empty field. The published layout:
//!
//! | file | columns |
//! | --- | --- |
//! | `sdn.csv`, `cons_prim.csv` | number, name, type, program, title, call sign, vessel type, tonnage, gross tonnage, flag, owner, remarks |
//! | `alt.csv`, `cons_alt.csv` | number, number of the name, aka / fka / nka, name, remarks |
//! | `add.csv`, `cons_add.csv` | number, number of the address, address, city and region, country, remarks |
//!
//! Dates of birth, nationalities, identifiers and weak names stand in the remarks, separated by semicolons.

use super::table::text;
use super::written::turned;
use super::{ListError, checked};
use crate::aml::names::PartyKind;
use crate::aml::party::{DaySpan, ListedParty, NameQuality};
use std::collections::HashMap;
use std::io::Read;

/// The files of one list.
pub struct OfacFiles<R> {
    /// `sdn.csv` or `cons_prim.csv`.
    pub main: R,
    /// `alt.csv` or `cons_alt.csv`.
    pub names: Option<R>,
    /// `add.csv` or `cons_add.csv`.
    pub addresses: Option<R>,
}

/// Reads an OFAC list.
///
/// # Errors
/// [`ListError`]; lines are those of the file the message names.
pub fn ofac_csv(files: OfacFiles<impl Read>) -> Result<Vec<ListedParty>, ListError> {
    let mut list: Vec<ListedParty> = Vec::new();
    let mut at: HashMap<String, usize> = HashMap::new();
    each(files.main, 12, "the main file", |field| {
        let [number, name, kind, program, _, _, _, _, _, flag, _, remarks] = field[..] else { return };
        let kind = match kind.to_ascii_lowercase().as_str() {
            "individual" => PartyKind::Person,
            "vessel" => PartyKind::Vessel,
            "aircraft" => PartyKind::Aircraft,
            _ => PartyKind::Company,
        };
        let mut party = ListedParty::new(number, kind);
        party.name(&ordered(name, kind), NameQuality::Primary);
        for program in program.split([']', '[', ';']) {
            party.program(program);
        }
        party.country(flag);
        remarked(&mut party, remarks);
        at.insert(number.to_owned(), list.len());
        list.push(party);
    })?;
    if let Some(file) = files.names {
        each(file, 5, "the file of other names", |field| {
            let party = at.get(field[0]).and_then(|i| list.get_mut(*i));
            if let (Some(party), [_, _, _, name, remarks]) = (party, &field[..]) {
                let weak = remarks.to_ascii_lowercase().contains("weak");
                let quality = if weak { NameQuality::Weak } else { NameQuality::Strong };
                let name = ordered(name, party.kind);
                party.name(&name, quality);
            }
        })?;
    }
    if let Some(file) = files.addresses {
        each(file, 6, "the file of addresses", |field| {
            let party = at.get(field[0]).and_then(|i| list.get_mut(*i));
            if let (Some(party), [_, _, street, city, country, _]) = (party, &field[..]) {
                party.address(&[street, city], country);
            }
        })?;
    }
    checked(list)
}

/// Calls `use_row` with the fields of each line.
fn each(
    file: impl Read,
    width: usize,
    name: &str,
    mut use_row: impl FnMut(Vec<&str>),
) -> Result<(), ListError> {
    let text = text(file)?;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    for row in reader.records() {
        let row = row?;
        let line = row.position().map_or(0, csv::Position::line);
        let fields: Vec<&str> = row.iter().map(|f| if f.trim() == "-0-" { "" } else { f.trim() }).collect();
        // The files end with the control character that once ended files.
        if fields.len() == 1 && matches!(fields[0], "" | "\u{1a}") {
            continue;
        }
        if fields.len() != width {
            return Err(ListError::line(
                line,
                format!("{name} has {} columns instead of {width}", fields.len()),
            ));
        }
        if fields[0].is_empty() || !fields[0].bytes().all(|b| b.is_ascii_digit()) {
            return Err(ListError::line(line, format!("{name} does not begin with an entry's number")));
        }
        use_row(fields);
    }
    Ok(())
}

fn ordered(name: &str, kind: PartyKind) -> String {
    if kind == PartyKind::Person { turned(name) } else { name.to_owned() }
}

/// What the remarks say.
fn remarked(party: &mut ListedParty, remarks: &str) {
    for remark in remarks.split(';') {
        let remark = remark.trim().trim_end_matches('.');
        let remark = remark.strip_prefix("alt. ").unwrap_or(remark);
        let (first, rest) = remark.split_once(' ').unwrap_or((remark, ""));
        match first {
            "DOB" => party.birth(DaySpan::parse(rest)),
            "nationality" | "citizen" => party.country(rest),
            "POB" => party.country(rest.rsplit(',').next().unwrap_or_default()),
            "a.k.a." | "f.k.a." => {
                let name = rest.trim().trim_matches('\'').trim_matches('"');
                let quality = if first == "f.k.a." { NameQuality::Strong } else { NameQuality::Weak };
                let name = ordered(name, party.kind);
                party.name(&name, quality);
            }
            "Passport" => party.identifier("Passport", number(rest)),
            "Organization" => {
                if let Some(date) = remark.strip_prefix("Organization Established Date ") {
                    party.birth(DaySpan::parse(date));
                }
            }
            "MMSI" => party.identifier("MMSI", number(rest)),
            _ => {
                if let Some(imo) = remark.strip_prefix("Vessel Registration Identification IMO ") {
                    party.identifier("IMO", number(imo));
                } else if let Some(address) = remark.strip_prefix("Digital Currency Address - ") {
                    let (currency, address) = address.split_once(' ').unwrap_or(("", address));
                    party.identifier(&format!("Wallet {currency}"), number(address));
                } else if let Some(place) = remark.strip_prefix("Aircraft Tail Number ") {
                    party.identifier("Tail number", number(place));
                } else if let Some((kind, rest)) = numbered(remark) {
                    party.identifier(kind, number(rest));
                }
            }
        }
    }
}

/// `Cedula No. 16247821 (Colombia)`: what it is, and the rest.
fn numbered(remark: &str) -> Option<(&str, &str)> {
    const KINDS: [&str; 17] = [
        "Cedula No. ",
        "National ID No. ",
        "NIT # ",
        "Registration Number ",
        "Tax ID No. ",
        "Registration ID ",
        "RUC # ",
        "Identification Number ",
        "Company Number ",
        "Folio Mercantil No. ",
        "R.F.C. ",
        "C.U.R.P. ",
        "D.N.I. ",
        "SSN ",
        "Commercial Registry Number ",
        "SWIFT/BIC ",
        "Business Registration Number ",
    ];
    let kind = KINDS.iter().find(|kind| remark.starts_with(**kind))?;
    Some((kind.trim_end_matches([' ', '#']).trim_end_matches(" No."), &remark[kind.len()..]))
}

/// The number before its country and its dates.
fn number(text: &str) -> &str {
    let text = text.split(['(', ',']).next().unwrap_or_default();
    text.split(" expires ").next().unwrap_or_default().split(" issued ").next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIN: &str = "36,\"AERO, S.A.\",-0- ,\"CUBA\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n\
        7,\"BIN LADIN, Usama\",\"individual\",\"SDGT] [X\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"DOB 30 Jul 1957; alt. DOB 1958; \
        POB Jeddah, Saudi Arabia; nationality Yemen; Passport 83860 (Sudan) issued 1 May 1990; a.k.a. 'THE EMIR'.\"\r\n\
        9,\"ARTAVIL\",\"vessel\",\"IRAN\",-0- ,\"T2EU4\",\"Tanker\",-0- ,-0- ,\"Iran\",-0- ,\"Vessel Registration Identification \
        IMO 9187629; f.k.a. 'ALPHA'.\"\r\n\u{1a}\r\n";

    fn read(main: &str, names: Option<&str>, addresses: Option<&str>) -> Result<Vec<ListedParty>, ListError> {
        ofac_csv(OfacFiles {
            main: main.as_bytes(),
            names: names.map(str::as_bytes),
            addresses: addresses.map(str::as_bytes),
        })
    }

    #[test]
    fn the_three_files_are_joined() {
        let names = "7,1,\"aka\",\"BIN LADEN, Osama\",-0- \r\n\u{1a}";
        let addresses = "36,25,\"Ibex House\",\"Havana\",\"Cuba\",-0- \r\n\u{1a}";
        let list = read(MAIN, Some(names), Some(addresses)).unwrap();
        let [aero, usama, vessel] = &list[..] else { panic!("{list:?}") };
        assert_eq!((aero.primary(), aero.kind, aero.addresses.len()), ("AERO, S.A.", PartyKind::Company, 1));
        assert_eq!(aero.addresses[0].text, "Ibex House, Havana");
        let texts: Vec<&str> = usama.names.iter().map(|n| n.text.as_str()).collect();
        assert_eq!(texts, ["Usama BIN LADIN", "THE EMIR", "Osama BIN LADEN"]);
        assert_eq!(usama.births.iter().map(ToString::to_string).collect::<Vec<_>>(), ["1957-07-30", "1958"]);
        assert_eq!(format!("{:?}", usama.countries), "[SA, YE]");
        assert_eq!((usama.identifiers[0].number.as_str(), usama.programs.len()), ("83860", 2));
        assert_eq!(
            (vessel.identifiers[0].kind.as_str(), vessel.identifiers[0].number.as_str()),
            ("IMO", "9187629")
        );
        assert_eq!(vessel.kind, PartyKind::Vessel);
    }

    #[test]
    fn what_is_not_the_list_is_refused_with_its_line() {
        for (text, line) in [("1,2\n", 1), ("1,a,b,c,d,e,f,g,h,i,j,k\nx,a,b,c,d,e,f,g,h,i,j,k\n", 2)] {
            let error = read(text, None, None).unwrap_err();
            assert!(matches!(error, ListError::Line { line: l, .. } if l == line), "{error}");
        }
        assert!(matches!(read("\u{1a}\n", None, None), Err(ListError::Empty)));
        let twice = "1,a,b,c,d,e,f,g,h,i,j,k\n1,a,b,c,d,e,f,g,h,i,j,k\n";
        assert!(matches!(read(twice, None, None), Err(ListError::Twice { .. })));
    }
}
