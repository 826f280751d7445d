//! A function over bytes for each reader of lists and for names: none may panic. The tests call them with random and with damaged
//! bytes; a fuzzer can call them with the feature `fuzz`.

use crate::aml::lists::{ListHash, OfacFiles, eu_csv, jsonl, ofac_csv, uk_csv, un_xml, write_jsonl};
use crate::aml::matching::{SCORE_MAX, Why, score};
use crate::aml::names::{Name, PartyKind};
use crate::aml::party::{DaySpan, ListedParty};

/// What was read is written and read again.
fn again(list: &[ListedParty]) {
    let mut lines = Vec::new();
    assert!(write_jsonl(list, &mut lines).is_ok());
    let read = jsonl(&lines[..]);
    assert!(read.as_deref().is_ok_and(|read| read == list), "{read:?}");
    assert_eq!(ListHash::of(list).as_str().len(), 64);
}

/// The UN list.
///
/// # Panics
/// If what was read is not read again from lines of JSON.
pub fn fuzz_un(bytes: &[u8]) {
    un_xml(bytes).iter().for_each(|list| again(list));
}

/// The three files of an OFAC list, separated by a zero byte.
///
/// # Panics
/// As [`fuzz_un`].
pub fn fuzz_ofac(bytes: &[u8]) {
    let mut files = bytes.split(|b| *b == 0);
    let files =
        OfacFiles { main: files.next().unwrap_or_default(), names: files.next(), addresses: files.next() };
    ofac_csv(files).iter().for_each(|list| again(list));
}

/// The EU list.
///
/// # Panics
/// As [`fuzz_un`].
pub fn fuzz_eu(bytes: &[u8]) {
    eu_csv(bytes).iter().for_each(|list| again(list));
}

/// The UK's lists.
///
/// # Panics
/// As [`fuzz_un`].
pub fn fuzz_uk(bytes: &[u8]) {
    uk_csv(bytes).iter().for_each(|list| again(list));
}

/// Lists of one's own.
///
/// # Panics
/// As [`fuzz_un`].
pub fn fuzz_jsonl(bytes: &[u8]) {
    jsonl(bytes).iter().for_each(|list| again(list));
}

/// Two names, separated by a line feed, and a date.
///
/// # Panics
/// If the score depends on which name is the first.
pub fn fuzz_names(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (a, b) = text.split_once('\n').unwrap_or((&text, "Osama bin Laden"));
    DaySpan::parse(a);
    for kind in [PartyKind::Person, PartyKind::Company, PartyKind::Vessel] {
        let (a, b) = (Name::new(a, kind), Name::new(b, kind));
        assert_eq!(score(&a, &b), score(&b, &a));
        assert!(Why::of(&a, &b).0 <= SCORE_MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: [fn(&[u8]); 6] = [fuzz_un, fuzz_ofac, fuzz_eu, fuzz_uk, fuzz_jsonl, fuzz_names];

    /// A good file for each reader, which is then damaged.
    const SEEDS: [&str; 6] = [
        "<CONSOLIDATED_LIST><INDIVIDUALS><INDIVIDUAL><FIRST_NAME>A &amp; B</FIRST_NAME><REFERENCE_NUMBER>1</REFERENCE_NUMBER>\
         <INDIVIDUAL_ALIAS><QUALITY>Low</QUALITY><ALIAS_NAME>a) X (Y; Z b) ك</ALIAS_NAME></INDIVIDUAL_ALIAS><INDIVIDUAL_DATE_OF_BIRTH>\
         <TYPE_OF_DATE>BETWEEN</TYPE_OF_DATE><FROM_YEAR>1973</FROM_YEAR><TO_YEAR>9998</TO_YEAR></INDIVIDUAL_DATE_OF_BIRTH>\
         <INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>APPROXIMATELY</TYPE_OF_DATE><YEAR>1958</YEAR></INDIVIDUAL_DATE_OF_BIRTH>\
         </INDIVIDUAL></INDIVIDUALS></CONSOLIDATED_LIST>",
        "7,\"LADIN, Usama\",individual,SDGT,-0- ,-0- ,-0- ,-0- ,-0- ,Iran,-0- ,\"DOB 30 Jul 1957; alt. DOB circa 1958; a.k.a. 'X'.\"\n\u{0}\
         7,1,aka,\"BIN\",-0-\n\u{0}7,1,street,city,Iran,-0-\n",
        "Entity_LogicalId;NameAlias_WholeName;BirthDate_Year;BirthDate_Circa\n1;Ann Other;1957;true\n",
        "x\nUnique ID,Name 6,Name 1,Designation Type,D.O.B\n1,OTHER,Ann,Individual,00/00/1957\n",
        "{\"id\":\"1\",\"kind\":\"person\",\"names\":[{\"text\":\"Ann\",\"quality\":\"weak\"}],\"births\":[{\"from\":\"1957-01-01\",\"to\":\"1958-01-01\"}]}\n",
        "Usāma bin Lādin (S.A.R.L.)\nأسامة بن لادن",
    ];

    #[test]
    fn good_files_are_read() {
        assert!(un_xml(SEEDS[0].as_bytes()).is_ok());
        assert!(eu_csv(SEEDS[2].as_bytes()).is_ok());
        assert!(uk_csv(SEEDS[3].as_bytes()).is_ok());
        assert!(jsonl(SEEDS[4].as_bytes()).is_ok());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3_000))]

        #[test]
        fn damaged_bytes_do_no_harm(
            seed in proptest::sample::select(&SEEDS[..]),
            changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
            cut: prop::sample::Index,
            whole: bool,
        ) {
            let mut bytes = seed.as_bytes().to_vec();
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            if !whole {
                bytes.truncate(cut.index(bytes.len()));
            }
            ALL.iter().for_each(|read| read(&bytes));
        }

        #[test]
        fn random_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            ALL.iter().for_each(|read| read(&bytes));
        }
    }
}
