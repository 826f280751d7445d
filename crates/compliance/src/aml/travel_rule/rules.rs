//! What a message has to keep, by the names that the standard gives its rules.

use super::message::{Address, LegalPerson, Message, NationalId, NaturalPerson, PathStep, Person};
use crate::aml::party::{Country, Day, DaySpan};
use crate::error::codes;
use pmts_kernel::{CodeInfo, Coded};

/// Why a message was not read or written. Says where, and nothing of what stands there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TravelRuleError {
    /// It is no JSON of the standard's form.
    #[error("a travel-rule message is malformed in line {line}, column {column}")]
    Malformed {
        /// Where.
        line: usize,
        /// Where in it.
        column: usize,
    },
    /// A rule is broken.
    #[error("{at}: {rule}")]
    Rule {
        /// Which place: `originator.originatorPerson.0.naturalPerson.name`.
        at: String,
        /// Which rule.
        rule: &'static str,
    },
}

impl Coded for TravelRuleError {
    fn code(&self) -> &'static CodeInfo {
        &codes::TRAVEL_RULE
    }
}

const NATURAL_NAMES: &[&str] = &["ALIA", "BIRT", "MAID", "LEGL", "MISC"];
const LEGAL_NAMES: &[&str] = &["LEGL", "SHRT", "TRAD"];
const ADDRESSES: &[&str] = &["HOME", "BIZZ", "GEOG"];
const NATIONAL_IDS: &[&str] =
    &["ARNU", "CCPT", "RAID", "DRLC", "FIIN", "TXID", "SOCS", "IDCD", "LEIX", "MISC"];
const SCRIPTS: &[&str] =
    &["arab", "aran", "armn", "cyrl", "deva", "geor", "grek", "hani", "hebr", "kana", "kore", "thai", "othr"];

/// The versions of the standard that are read; written is the first.
const VERSIONS: &[&str] = &["101.2023", "IVMS101.2023"];

/// Where in the message, and whether a rule is kept there.
struct Place {
    path: String,
    today: Day,
}

type Checked = Result<(), TravelRuleError>;

impl Place {
    fn at(&self, part: &str) -> Self {
        Self {
            path: if self.path.is_empty() { part.to_owned() } else { format!("{}.{part}", self.path) },
            ..*self
        }
    }

    fn must(&self, kept: bool, rule: &'static str) -> Checked {
        if kept { Ok(()) } else { Err(TravelRuleError::Rule { at: self.path.clone(), rule }) }
    }

    /// A text of at most so many characters, in any letters.
    fn local(&self, part: &str, text: &str, most: usize) -> Checked {
        let fits =
            !text.trim().is_empty() && text.chars().count() <= most && !text.chars().any(char::is_control);
        self.at(part).must(fits, "a text is empty, too long, or has control characters")
    }

    /// The same in Latin letters.
    fn text(&self, part: &str, text: &str, most: usize) -> Checked {
        self.local(part, text, most)?;
        let latin = |c: char| !c.is_alphabetic() || c <= '\u{24f}' || ('\u{1e00}'..='\u{1eff}').contains(&c);
        self.at(part).must(text.chars().all(latin), "a text is not in Latin letters")
    }

    fn maybe(&self, part: &str, text: Option<&String>, most: usize) -> Checked {
        text.map_or(Ok(()), |text| self.text(part, text, most))
    }

    fn word(&self, part: &str, word: &str, words: &[&str]) -> Checked {
        self.at(part).must(words.contains(&word), "a code that the standard does not have")
    }

    /// C3.
    fn country(&self, part: &str, code: &str) -> Checked {
        let known = code == "XX" || Country::find(code).is_some_and(|c| c.code() == code);
        self.at(part).must(known, "C3: no country of ISO 3166-1, two capital letters, or XX")
    }

    fn countries(&self, part: &str, code: Option<&String>) -> Checked {
        code.map_or(Ok(()), |code| self.country(part, code))
    }
}

impl Message {
    /// Reads a message, as somebody else may have written it. `today` is the day on which it is read.
    ///
    /// # Errors
    /// [`TravelRuleError`].
    pub fn read(text: &str, today: Day) -> Result<Self, TravelRuleError> {
        let message: Self = serde_json::from_str(text)
            .map_err(|e| TravelRuleError::Malformed { line: e.line(), column: e.column() })?;
        message.check(today)?;
        Ok(message)
    }

    /// Writes a message that keeps the rules.
    ///
    /// # Errors
    /// [`TravelRuleError::Rule`].
    pub fn write(&self, today: Day) -> Result<String, TravelRuleError> {
        self.check(today)?;
        serde_json::to_string(self)
            .map_err(|e| TravelRuleError::Malformed { line: e.line(), column: e.column() })
    }

    /// Whether it keeps the rules of the standard.
    ///
    /// # Errors
    /// [`TravelRuleError::Rule`]: the first that is broken.
    pub fn check(&self, today: Day) -> Result<(), TravelRuleError> {
        let root = Place { path: String::new(), today };
        let senders = root.at("originator.originatorPerson");
        senders.must(!self.originator.originator_person.is_empty(), "somebody sends")?;
        for (n, sender) in self.originator.originator_person.iter().enumerate() {
            let place = senders.at(&n.to_string());
            person(&place, sender)?;
            identified(&place, sender)?;
        }
        let receivers = root.at("beneficiary.beneficiaryPerson");
        receivers.must(!self.beneficiary.beneficiary_person.is_empty(), "somebody receives")?;
        for (n, receiver) in self.beneficiary.beneficiary_person.iter().enumerate() {
            person(&receivers.at(&n.to_string()), receiver)?;
        }
        for (name, vasp) in
            [("originatingVASP", &self.originating_vasp), ("beneficiaryVASP", &self.beneficiary_vasp)]
        {
            vasp.as_ref().map_or(Ok(()), |vasp| person(&root.at(name), vasp))?;
        }
        if let Some(path) = &self.transfer_path {
            let place = root.at("transferPath.transferPath");
            let mut numbers: Vec<u64> = path.transfer_path.iter().map(|s| s.sequence).collect();
            numbers.sort_unstable();
            let kept = numbers.iter().enumerate().all(|(n, number)| u64::try_from(n) == Ok(*number));
            place.must(kept, "C12: places begin with 0 and have no gaps")?;
            for (n, PathStep { intermediary_vasp, .. }) in path.transfer_path.iter().enumerate() {
                person(&place.at(&format!("{n}.intermediaryVASP")), intermediary_vasp)?;
            }
        }
        if let Some(about) = &self.payload_metadata {
            let place = root.at("payloadMetadata");
            place.word("payloadVersion", &about.payload_version, VERSIONS)?;
            for method in &about.transliteration_method {
                place.word("transliterationMethod", method, SCRIPTS)?;
            }
        }
        Ok(())
    }
}

fn person(place: &Place, person: &Person) -> Checked {
    match (&person.natural_person, &person.legal_person) {
        (Some(natural), None) => natural_person(&place.at("naturalPerson"), natural)?,
        (None, Some(legal)) => legal_person(&place.at("legalPerson"), legal)?,
        _ => place.must(false, "either a natural or a legal person")?,
    }
    person.account_number.iter().try_for_each(|account| place.text("accountNumber", account, 512))
}

/// C1, C4.
fn identified(place: &Place, person: &Person) -> Checked {
    if let Some(p) = &person.natural_person {
        let by = !p.geographic_address.is_empty()
            || p.customer_identification.is_some()
            || p.national_identification.is_some()
            || p.date_and_place_of_birth.is_some();
        place.must(by, "C1: an address, a customer number, a national number, or date and place of birth")?;
    }
    if let Some(p) = &person.legal_person {
        let by = p.geographic_address.iter().any(|a| a.address_type == "GEOG")
            || p.customer_identification.is_some()
            || p.national_identification.is_some();
        place.must(by, "C4: an address of the type GEOG, a customer number, or a national number")?;
    }
    Ok(())
}

fn natural_person(place: &Place, person: &NaturalPerson) -> Checked {
    let names = place.at("name");
    for name in &person.name.name_identifier {
        names.text("primaryIdentifier", &name.primary_identifier, 100)?;
        names.maybe("secondaryIdentifier", name.secondary_identifier.as_ref(), 100)?;
        let word = &name.natural_person_name_identifier_type;
        names.word("naturalPersonNameIdentifierType", word, NATURAL_NAMES)?;
    }
    for name in person.name.local_name_identifier.iter().chain(&person.name.phonetic_name_identifier) {
        names.local("primaryIdentifier", &name.primary_identifier, 100)?;
        let second = name.secondary_identifier.as_ref();
        second.map_or(Ok(()), |text| names.local("secondaryIdentifier", text, 100))?;
        names.word("nameIdentifierType", &name.name_identifier_type, NATURAL_NAMES)?;
    }
    let legal = |n: &super::NaturalName| n.natural_person_name_identifier_type == "LEGL";
    names.must(person.name.name_identifier.iter().any(legal), "C6: a name of the type LEGL")?;
    addresses(place, &person.geographic_address)?;
    if let Some(id) = &person.national_identification {
        national_id(&place.at("nationalIdentification"), id)?;
    }
    place.maybe("customerIdentification", person.customer_identification.as_ref(), 50)?;
    if let Some(birth) = &person.date_and_place_of_birth {
        let date = Some(&birth.date_of_birth).filter(|d| d.len() == 10).and_then(|d| DaySpan::parse(d));
        let (today, at) = (DaySpan::day(place.today), place.at("dateAndPlaceOfBirth"));
        at.must(date.as_ref().is_some_and(DaySpan::is_day), "a date is YYYY-MM-DD")?;
        let past = birth.date_of_birth < today.to_string();
        at.must(past, "C2: a date of birth is in the past")?;
        at.text("placeOfBirth", &birth.place_of_birth, 70)?;
    }
    place.countries("countryOfResidence", person.country_of_residence.as_ref())
}

fn legal_person(place: &Place, person: &LegalPerson) -> Checked {
    let names = place.at("name");
    for name in &person.name.name_identifier {
        names.text("legalPersonName", &name.legal_person_name, 100)?;
        names.word("legalPersonNameIdentifierType", &name.legal_person_name_identifier_type, LEGAL_NAMES)?;
    }
    for name in person.name.local_name_identifier.iter().chain(&person.name.phonetic_name_identifier) {
        names.local("legalPersonName", &name.legal_person_name, 100)?;
        names.word("legalPersonNameIdentifierType", &name.legal_person_name_identifier_type, LEGAL_NAMES)?;
    }
    let legal = |n: &super::LegalName| n.legal_person_name_identifier_type == "LEGL";
    names.must(person.name.name_identifier.iter().any(legal), "C5: a name of the type LEGL")?;
    addresses(place, &person.geographic_address)?;
    place.maybe("customerIdentification", person.customer_identification.as_ref(), 50)?;
    if let Some(id) = &person.national_identification {
        let place = place.at("nationalIdentification");
        national_id(&place, id)?;
        let kind = id.national_identifier_type.as_str();
        place.must(
            ["RAID", "MISC", "LEIX", "TXID"].contains(&kind),
            "C7: of a legal person RAID, MISC, LEIX or TXID",
        )?;
        let (country, authority) = (id.country_of_issue.is_some(), id.registration_authority.is_some());
        place.must(
            !country && authority == (kind != "LEIX"),
            "C9: of a legal person no country of issue, and a registration authority unless it is an LEI",
        )?;
        let lei = |text: &str| {
            let (head, tail) = text.as_bytes().split_at_checked(18)?;
            let upper = |b: &u8| b.is_ascii_digit() || b.is_ascii_uppercase();
            Some(head.iter().all(upper) && tail.len() == 2 && tail.iter().all(u8::is_ascii_digit))
        };
        let number = lei(&id.national_identifier) == Some(true) && lei_sum(&id.national_identifier) == 1;
        place.must(
            kind != "LEIX" || number,
            "C11: an LEI has 18 letters and digits, two check digits, and these fit",
        )?;
    }
    place.countries("countryOfRegistration", person.country_of_registration.as_ref())
}

/// The remainder of an LEI by 97, letters as 10 to 35 (ISO 17442, ISO 7064): 1 if the check digits fit.
fn lei_sum(text: &str) -> u32 {
    text.chars().filter_map(|c| c.to_digit(36)).fold(0, |sum, digit| {
        let shift = if digit > 9 { 100 } else { 10 };
        (sum * shift + digit) % 97
    })
}

fn national_id(place: &Place, id: &NationalId) -> Checked {
    place.text("nationalIdentifier", &id.national_identifier, 35)?;
    place.word("nationalIdentifierType", &id.national_identifier_type, NATIONAL_IDS)?;
    place.countries("countryOfIssue", id.country_of_issue.as_ref())?;
    let authority = |text: &String| {
        text.strip_prefix("RA").is_some_and(|d| d.len() == 6 && d.bytes().all(|b| b.is_ascii_digit()))
    };
    let known = id.registration_authority.as_ref().is_none_or(authority);
    place.must(known, "C10: a registration authority is RA and six digits")
}

fn addresses(place: &Place, addresses: &[Address]) -> Checked {
    for a in addresses {
        let place = place.at("geographicAddress");
        place.word("addressType", &a.address_type, ADDRESSES)?;
        for (part, text, most) in [
            ("department", &a.department, 50),
            ("subDepartment", &a.sub_department, 70),
            ("streetName", &a.street_name, 70),
            ("buildingNumber", &a.building_number, 16),
            ("buildingName", &a.building_name, 35),
            ("floor", &a.floor, 70),
            ("postBox", &a.post_box, 16),
            ("room", &a.room, 70),
            ("postcode", &a.postcode, 16),
            ("townLocationName", &a.town_location_name, 35),
            ("districtName", &a.district_name, 35),
            ("countrySubDivision", &a.country_sub_division, 35),
        ] {
            place.maybe(part, text.as_ref(), most)?;
        }
        place.text("townName", &a.town_name, 35)?;
        place.must(a.address_line.len() <= 7, "at most seven lines")?;
        a.address_line.iter().try_for_each(|line| place.text("addressLine", line, 70))?;
        let street = a.street_name.is_some() && (a.building_name.is_some() || a.building_number.is_some());
        place.must(
            street || !a.address_line.is_empty(),
            "C8: lines, or a street with a building's name or number",
        )?;
        place.country("country", &a.country)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn today() -> Day {
        Day::new(2026, 6, 1).unwrap()
    }

    fn message() -> Value {
        json!({
            "originator": { "originatorPerson": [{
                "naturalPerson": {
                    "name": {
                        "nameIdentifier": [{ "primaryIdentifier": "Wu", "secondaryIdentifier": "Xinli", "naturalPersonNameIdentifierType": "LEGL" }],
                        "localNameIdentifier": [{ "primaryIdentifier": "吴", "secondaryIdentifier": "信利", "nameIdentifierType": "LEGL" }],
                    },
                    "geographicAddress": [{
                        "addressType": "GEOG", "streetName": "Potential Street", "buildingNumber": "24", "postcode": "91765",
                        "townName": "Walnut", "countrySubDivision": "California", "country": "US",
                    }],
                    "dateAndPlaceOfBirth": { "dateOfBirth": "1990-02-25", "placeOfBirth": "Shanghai" },
                    "nationalIdentification": { "nationalIdentifier": "446005", "nationalIdentifierType": "CCPT", "countryOfIssue": "CN" },
                    "countryOfResidence": "TZ",
                },
                "accountNumber": ["10023909"],
            }] },
            "beneficiary": { "beneficiaryPerson": [{
                "legalPerson": { "name": { "nameIdentifier": [
                    { "legalPersonName": "ABC Limited", "legalPersonNameIdentifierType": "LEGL" },
                    { "legalPersonName": "CBA Trading", "legalPersonNameIdentifierType": "TRAD" },
                ] } },
                "accountNumber": ["00010190CBATRAD"],
            }] },
            "originatingVASP": { "legalPerson": {
                "name": { "nameIdentifier": [{ "legalPersonName": "VASP A", "legalPersonNameIdentifierType": "LEGL" }] },
                "nationalIdentification": { "nationalIdentifier": "529900T8BM49AURSDO55", "nationalIdentifierType": "LEIX" },
            } },
            "transferPath": { "transferPath": [
                { "intermediaryVASP": { "legalPerson": {
                    "name": { "nameIdentifier": [{ "legalPersonName": "VASP E", "legalPersonNameIdentifierType": "LEGL" }] },
                    "nationalIdentification": { "nationalIdentifier": "7", "nationalIdentifierType": "RAID", "registrationAuthority": "RA000553" },
                } }, "sequence": 0 },
            ] },
            "payloadMetadata": { "transliterationMethod": ["hani"], "payloadVersion": "101.2023" },
        })
    }

    /// What is said of the message with another value at a place; `null` removes it.
    fn with(path: &str, value: Value) -> Result<(), TravelRuleError> {
        let mut all = message();
        let (parent, name) = path.rsplit_once('/').unwrap();
        let object = all.pointer_mut(parent).unwrap();
        match (object, value) {
            (Value::Object(map), Value::Null) => drop(map.remove(name).unwrap()),
            (Value::Object(map), value) => drop(map.insert(name.to_owned(), value)),
            (Value::Array(list), value) => list[name.parse::<usize>().unwrap()] = value,
            _ => unreachable!(),
        }
        Message::read(&all.to_string(), today()).map(drop)
    }

    #[test]
    fn what_is_read_is_written_as_it_was() {
        let read = Message::read(&message().to_string(), today()).ok().unwrap();
        let written: Value = serde_json::from_str(&read.write(today()).unwrap()).unwrap();
        assert_eq!(written, message());
    }

    #[test]
    fn each_rule_is_kept() {
        const WHO: &str = "/originator/originatorPerson/0/naturalPerson";
        const VASP: &str = "/originatingVASP/legalPerson";
        const ID: &str = "/originatingVASP/legalPerson/nationalIdentification";
        const MIDDLE: &str =
            "/transferPath/transferPath/0/intermediaryVASP/legalPerson/nationalIdentification";
        let at = |place: &str, rest: &str| format!("{place}/{rest}");
        let unnamed = json!({ "nameIdentifier": [{ "primaryIdentifier": "Wu", "naturalPersonNameIdentifierType": "ALIA" }] });
        let anonymous = json!({ "name": { "nameIdentifier": [{ "primaryIdentifier": "Wu", "naturalPersonNameIdentifierType": "LEGL" }] } });
        for (path, value, rule) in [
            ("/originator/originatorPerson/0/naturalPerson".to_owned(), anonymous, "C1"),
            (at(WHO, "dateAndPlaceOfBirth/dateOfBirth"), json!("2026-06-01"), "C2"),
            (at(WHO, "dateAndPlaceOfBirth/dateOfBirth"), json!("1990-02-30"), "a date"),
            (at(WHO, "countryOfResidence"), json!("ZZ"), "C3"),
            (at(WHO, "countryOfResidence"), json!("Tanzania"), "C3"),
            (at(WHO, "name"), unnamed, "C6"),
            (at(WHO, "name/nameIdentifier/0/primaryIdentifier"), json!("吴"), "a text is not in Latin"),
            (at(WHO, "name/nameIdentifier/0/primaryIdentifier"), json!("x".repeat(101)), "a text is empty"),
            (at(WHO, "name/nameIdentifier/0/primaryIdentifier"), json!(" "), "a text is empty"),
            (at(WHO, "geographicAddress/0/buildingNumber"), Value::Null, "C8"),
            (at(WHO, "geographicAddress/0/addressType"), json!("HOLI"), "a code"),
            (at(WHO, "nationalIdentification/nationalIdentifierType"), json!("PASS"), "a code"),
            (at(VASP, "name/nameIdentifier/0/legalPersonNameIdentifierType"), json!("TRAD"), "C5"),
            (at(ID, "nationalIdentifierType"), json!("SOCS"), "C7"),
            (at(ID, "registrationAuthority"), json!("RA000553"), "C9"),
            (at(ID, "countryOfIssue"), json!("US"), "C9"),
            (at(MIDDLE, "registrationAuthority"), Value::Null, "C9"),
            (at(MIDDLE, "registrationAuthority"), json!("RA55"), "C10"),
            (at(ID, "nationalIdentifier"), json!("529900T8BM49AURSDO56"), "C11"),
            (at(ID, "nationalIdentifier"), json!("ABC"), "C11"),
            ("/transferPath/transferPath/0/sequence".to_owned(), json!(1), "C12"),
            ("/originator/originatorPerson".to_owned(), json!([]), "somebody sends"),
            ("/beneficiary/beneficiaryPerson/0".to_owned(), json!({}), "either"),
            ("/payloadMetadata/payloadVersion".to_owned(), json!("102"), "a code"),
        ] {
            let Err(TravelRuleError::Rule { rule: broken, at }) = with(&path, value.clone()) else {
                panic!("{path} {value} is taken");
            };
            assert!(broken.starts_with(rule), "{path} {value}: {broken}");
            assert!(!at.contains("Wu") && !at.is_empty(), "{at}");
        }
        let unknown = with("/originator/more", json!(1)).unwrap_err();
        assert!(matches!(unknown, TravelRuleError::Malformed { .. }));
        assert_eq!(with(&format!("{WHO}/countryOfResidence"), json!("XX")), Ok(()));
        let company = json!({ "legalPerson": { "name": { "nameIdentifier": [{ "legalPersonName": "A", "legalPersonNameIdentifierType": "LEGL" }] } } });
        let Err(TravelRuleError::Rule { rule, .. }) = with("/originator/originatorPerson/0", company) else {
            panic!()
        };
        assert!(rule.starts_with("C4"));
    }
}
