//! No card number is anywhere but in the vault, enciphered: not in a file of the data directory, not in what is written
//! or printed, neither as digits nor packed two to a byte.

use super::import_retail::{doctor, import_args, last_line};
use pmts_sandbox::issuer::TestCards;
use pmts_sensitive::{luhn_check_digit, luhn_valid};
use pmts_tests::{bin, data};
use std::collections::{BTreeSet, HashMap};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The test cards' ranges, of which every card of these tests is.
const RANGES: [&str; 2] = ["424242", "400000"];

/// Looks for card numbers in bytes.
struct Scanner {
    /// Packed two digits to a byte, both ways for numbers of an odd length, by their first four bytes.
    packed: HashMap<[u8; 4], Vec<(Vec<u8>, String)>>,
    /// As digits.
    plain: BTreeSet<String>,
}

impl Scanner {
    fn of(cards: impl IntoIterator<Item = String>) -> Self {
        let plain: BTreeSet<String> = cards.into_iter().collect();
        assert!(
            plain.iter().all(|card| RANGES.iter().any(|range| card.starts_with(range)) || luhn_valid(card))
        );
        let mut packed: HashMap<[u8; 4], Vec<(Vec<u8>, String)>> = HashMap::new();
        for card in &plain {
            let even = if card.len() % 2 == 0 {
                vec![card.clone()]
            } else {
                vec![format!("0{card}"), format!("{card}f")]
            };
            for digits in &even {
                let bytes = pack(digits);
                packed.entry(bytes[..4].try_into().unwrap()).or_default().push((bytes, card.clone()));
            }
        }
        Self { packed, plain }
    }

    /// The card numbers in these bytes: those that were used, and any that look like one of the ranges.
    fn find(&self, bytes: &[u8]) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for (at, start) in bytes.windows(4).enumerate() {
            for (packed, card) in self.packed.get(start).into_iter().flatten() {
                if bytes[at..].starts_with(packed) {
                    found.insert(format!("{card} packed"));
                }
            }
        }
        for run in bytes.split(|b| !b.is_ascii_digit()).filter(|run| run.len() >= 12) {
            let run = std::str::from_utf8(run).unwrap();
            for from in 0..run.len() {
                for to in from + 12..=run.len().min(from + 19) {
                    let digits = &run[from..to];
                    // Long numbers hold such digits by chance, so one that was not used counts only if it stands alone.
                    let likely = digits.len() == 16
                        && digits.len() == run.len()
                        && RANGES.iter().any(|range| digits.starts_with(range))
                        && luhn_valid(digits);
                    if likely || self.plain.contains(digits) {
                        found.insert(digits.to_owned());
                    }
                }
            }
        }
        found
    }

    /// Every file below a folder; gives how many bytes were read.
    #[track_caller]
    fn check_folder(&self, folder: &Path) -> usize {
        let mut read = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read += self.check_folder(&path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            read += bytes.len();
            assert_eq!(self.find(&bytes), BTreeSet::new(), "card numbers in {}", path.display());
        }
        read
    }

    /// Runs a command whose streams must show no card number, either.
    #[track_caller]
    fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> String {
        let outcome = bin::run(args);
        for stream in [&outcome.stdout, &outcome.stderr] {
            assert_eq!(
                self.find(stream.as_bytes()),
                BTreeSet::new(),
                "card numbers in the output:\n{stream:.2000}"
            );
        }
        outcome.expect_success()
    }

    /// All that can be printed and written about a data directory.
    #[track_caller]
    fn check_outputs(&self, data: &Path, export: &Path) {
        let end = || [OsStr::new("--data"), data.as_os_str()];
        for words in [
            &["ledger", "trial-balance"][..],
            &["ledger", "accounts", "--limit", "100000"],
            &["ledger", "accounts", "--limit", "100000", "--json"],
            &["ledger", "statement", "acquirer.receivable", "--limit", "100000"],
            &["ledger", "statement", "acquirer.receivable", "--limit", "100000", "--json"],
            &["doctor"],
        ] {
            if words.contains(&"statement") {
                let mut words: Vec<&OsStr> = words.iter().map(OsStr::new).collect();
                words.insert(3, OsStr::new(""));
                self.run(words.into_iter().chain(end()));
                continue;
            }
            self.run(words.iter().map(OsStr::new).chain(end()));
        }
        let to = [
            "export".as_ref(),
            "--format".as_ref(),
            "beancount".as_ref(),
            "--out".as_ref(),
            export.as_os_str(),
        ];
        self.run(to.into_iter().chain(end()));
        assert_eq!(self.find(&std::fs::read(export).unwrap()), BTreeSet::new());
    }
}

/// Two digits a byte, high half first.
fn pack(digits: &str) -> Vec<u8> {
    let half = |c: u8| (c as char).to_digit(16).unwrap() as u8;
    digits.as_bytes().chunks(2).map(|pair| half(pair[0]) << 4 | half(pair[1])).collect()
}

/// The card an import gives a customer, or the invoice of a guest: as it is made there.
fn retail_card(holder: &str) -> String {
    let digits = format!("424242{:09}", xxhash_rust::xxh3::xxh3_64(holder.as_bytes()) % 1_000_000_000);
    format!("{digits}{}", luhn_check_digit(&digits).unwrap())
}

/// Every card of the nine days' orders.
fn retail_cards(folder: &Path) -> BTreeSet<String> {
    let mut cards = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path: PathBuf = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "csv") {
            continue;
        }
        for row in csv::Reader::from_path(path).unwrap().records() {
            let row = row.unwrap();
            if row[0].starts_with(|c: char| c.is_ascii_digit()) {
                let customer = row[6].trim_end_matches(".0");
                cards.insert(retail_card(if customer.is_empty() { &row[0] } else { customer }));
            }
        }
    }
    cards
}

/// Every card of a made-up day's customers.
fn demo_cards(orders: u64, seed: u64) -> BTreeSet<String> {
    pmts_app::demo::Day::new(orders, seed).filter_map(|invoice| invoice.unwrap().card).collect()
}

fn test_cards() -> Vec<String> {
    TestCards::default().iter().map(|(pan, _)| pan.to_owned()).collect()
}

#[test]
fn the_scanner_finds_what_is_planted() {
    let (even, odd) = ("4242429876543214".to_owned(), "400000123456789".to_owned());
    let scanner = Scanner::of([even.clone(), retail_card("17850")].into_iter().chain(test_cards()));
    let folder = TempDir::new().unwrap();
    let plant = |bytes: &[u8]| {
        let noise: Vec<u8> = (0..10_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 11) as u8).collect();
        let path = folder.path().join("planted");
        std::fs::write(&path, [&noise[..5_001], bytes, &noise[5_001..]].concat()).unwrap();
        scanner.find(&std::fs::read(path).unwrap())
    };
    assert_eq!(plant(b""), BTreeSet::new());
    assert_eq!(plant(even.as_bytes()), BTreeSet::from([even.clone()]));
    assert!(plant(format!("99{even}99").as_bytes()).contains(&even), "inside of other digits");
    assert_eq!(plant(&pack(&even)), BTreeSet::from([format!("{even} packed")]));
    let unknown = luhn_check_digit("424242400000001").unwrap();
    let unknown = format!("424242400000001{unknown}");
    assert_eq!(plant(unknown.as_bytes()), BTreeSet::from([unknown.clone()]), "of the range, but not used");
    assert_eq!(plant(b"4242424000000000"), BTreeSet::new(), "the check digit is wrong");
    let long = Scanner::of(
        [odd.clone() + &luhn_check_digit(&odd).unwrap().to_string() + "000"].map(|c| c[..15].into()),
    );
    for packed in [pack(&format!("0{odd}")), pack(&format!("{odd}f"))] {
        assert_eq!(long.find(&packed), BTreeSet::from([format!("{odd} packed")]));
    }
}

#[test]
fn no_card_number_is_left_behind_by_nine_days() {
    let Some(folder) = data::folder("retail") else { return };
    let cards = retail_cards(&folder);
    assert!(cards.len() > 400, "the customers' cards: {}", cards.len());
    let scanner = Scanner::of(cards.into_iter().chain(test_cards()));
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("data");
    let report = last_line(&scanner.run(import_args(&[&folder], &data, None)));
    assert_eq!(report["orders"], 911);
    let text: Vec<_> = import_args(&[&folder], &data, None).into_iter().filter(|a| a != "--json").collect();
    scanner.run(text);
    scanner.check_outputs(&data, &dir.path().join("books.beancount"));
    let read = scanner.check_folder(dir.path());
    assert!(read > 5_000_000, "the data directory was read: {read} bytes");
    doctor(&data);
}

#[test]
fn no_card_number_is_left_behind_by_a_demo_or_one_that_was_killed() {
    let cards = demo_cards(600, 7);
    assert!(cards.len() > 100, "the customers' cards: {}", cards.len());
    let scanner = Scanner::of(cards.into_iter().chain(test_cards()));
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("data");
    let demo =
        ["demo", "--orders", "600", "--seed", "7", "--answer-timeout", "100", "--data"].map(OsStr::new);
    let args = || demo.into_iter().chain([data.as_os_str()]);
    let mut command = bin::command(args());
    let mut child =
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(80));
    child.kill().unwrap();
    child.wait().unwrap();
    scanner.check_folder(dir.path());
    scanner.run(args());
    scanner.run(args());
    scanner.check_outputs(&data, &dir.path().join("books.beancount"));
    let read = scanner.check_folder(dir.path());
    assert!(read > 100_000, "the data directory was read: {read} bytes");
    doctor(&data);
}
