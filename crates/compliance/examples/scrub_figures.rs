//! How well card numbers are found in a log: `cargo run --release -p pmts-compliance --example scrub_figures -- [SEED]`.
//!
//! Writes a log of 1,000,000 lines with a made-up 16-digit id each, in the manner of many programs, and 10,000 lines with a card number in one of many forms;
//! prints recall by form, precision, and bytes a second of one core.

use pmts_compliance::pci::scrub::{Caution, Scrubber};
use pmts_sensitive::luhn_check_digit;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::time::Instant;

/// Numbers that follow from a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }

    fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(b'0' + u8::try_from(self.below(10)).unwrap_or(0))).collect()
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        let n = self.below(all.len() as u64);
        all[usize::try_from(n).unwrap_or(0)]
    }
}

/// Fields that ids stand in; of the last ones no word says what they are.
const FIELDS: &[&str] = &[
    "order_id=",
    "\"requestId\":\"",
    "trace_id: ",
    "txn ",
    "request ",
    "\"event_id\": ",
    "seq=",
    "ts=",
    "offset ",
    "invoice no ",
    "session=",
    "correlation-id: ",
    "parcel ",
    "msisdn=00",
    "zorp=",
    "widget ",
    "<serial>",
    "got ",
    "handled ",
    "x-b3: ",
];
const WORDS: &[&str] = &[
    "INFO",
    "accepted",
    "from 10.0.3.17",
    "took 18 ms",
    "user=anna",
    "path=/v1/things",
    "retry",
    "cache miss",
    "MONDAY",
    "Node-3",
    "status=200",
    "GET",
    "OK",
    "queue depth 17",
    "sha=9f86d081884c7d659a2feaa0c55ad015",
];
/// What stands before a card number.
const CARDS: &[&str] = &[
    "card=",
    "\"pan\":\"",
    "cardNumber: ",
    "paid with ",
    "customer wrote: my number is ",
    "acct ",
    "body=",
    "note ",
    "q=",
    "unexpected input ",
    "PAN ",
    "credit card ",
    "",
];

fn luhn(body: &str) -> String {
    format!("{body}{}", luhn_check_digit(body).unwrap_or('0'))
}

fn card(random: &mut Random) -> String {
    let (head, length) = *[
        ("4", 16),
        ("51", 16),
        ("2223", 16),
        ("37", 15),
        ("6011", 16),
        ("3056", 14),
        ("3530", 16),
        ("62", 16),
        ("62", 19),
        ("4", 13),
    ]
    .get(usize::try_from(random.below(10)).unwrap_or(0))
    .unwrap_or(&("4", 16));
    let rest = random.digits(length - head.len() - 1);
    luhn(&format!("{head}{rest}"))
}

fn grouped(number: &str, between: &str) -> String {
    let cuts: &[usize] = match number.len() {
        15 => &[4, 10],
        14 => &[4, 10],
        _ => &[4, 8, 12, 16],
    };
    let mut out = String::new();
    for (n, digit) in number.chars().enumerate() {
        if cuts.contains(&n) {
            out += between;
        }
        out.push(digit);
    }
    out
}

fn script(number: &str, zero: u32) -> String {
    number.chars().filter_map(|c| char::from_u32(zero + c.to_digit(10)?)).collect()
}

fn percent(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "%{byte:02X}");
        out
    })
}

fn base64(text: &str, url: bool) -> String {
    let last = if url { b"-_" } else { b"+/" };
    let alphabet: Vec<u8> = (b'A'..=b'Z').chain(b'a'..=b'z').chain(b'0'..=b'9').chain(*last).collect();
    let mut out = String::new();
    for three in text.as_bytes().chunks(3) {
        let bits = three.iter().fold(0_u32, |n, b| n << 8 | u32::from(*b)) << (8 * (3 - three.len()));
        for n in 0..=three.len() {
            out.push(char::from(alphabet[(bits >> (18 - 6 * n)) as usize & 63]));
        }
        if !url {
            out += &"==="[..3 - three.len()];
        }
    }
    out
}

fn main() {
    let seed = std::env::args().nth(1).and_then(|s| s.parse().ok()).unwrap_or(1);
    let mut random = Random(seed);
    let mut log = String::with_capacity(160 << 20);
    // Where each card number is written, and how.
    let mut planted: HashMap<usize, &'static str> = HashMap::new();
    for line in 0..1_010_000_usize {
        for _ in 0..random.below(5) {
            log += random.of(WORDS);
            log.push(' ');
        }
        if line % 101 == 50 {
            let number = card(&mut random);
            let before = random.of(CARDS);
            let (form, text) = match random.below(12) {
                0 | 1 => ("digits", number),
                2 => ("spaces", grouped(&number, " ")),
                3 => ("dashes", grouped(&number, "-")),
                4 => ("dots", grouped(&number, ".")),
                5 => ("wide space", grouped(&number, "\u{a0}")),
                6 => ("fullwidth digits", script(&number, 0xFF10)),
                7 => ("Arabic digits", script(&number, 0x0660)),
                8 => ("percent", percent(&grouped(&number, " "))),
                9 => ("query", grouped(&number, "+")),
                10 => ("base64", base64(&format!("{{\"n\":\"{number}\"}}"), false)),
                _ => ("base64url", base64(&grouped(&number, " "), true)),
            };
            planted.insert(line, form);
            log += before;
            log += &text;
        } else {
            log += random.of(FIELDS);
            log += &random.digits(16);
        }
        log.push(' ');
        log += random.of(WORDS);
        log.push('\n');
    }

    let mut scrubber = Scrubber::new(Caution::InContext);
    let (mut found, mut wrong) = (BTreeMap::<&str, u64>::new(), BTreeMap::<String, u64>::new());
    for (n, line) in log.lines().enumerate() {
        let some = !scrubber.find(line.as_bytes()).is_empty();
        match planted.get(&n) {
            Some(form) => {
                *found.entry(form).or_default() += u64::from(some);
                if !some {
                    println!("not found: {line}");
                }
            }
            None if some => {
                let field = FIELDS.iter().find(|f| line.contains(**f)).unwrap_or(&"?");
                *wrong.entry((*field).to_owned()).or_default() += 1;
            }
            None => {}
        }
    }
    let right: u64 = found.values().sum();
    let false_alarms: u64 = wrong.values().sum();
    for (form, count) in &found {
        let of = planted.values().filter(|f| *f == form).count();
        println!("{form:18} {count:5} of {of:5}");
    }
    println!("found {right} of {}; false alarms {false_alarms} of 1,000,000 ids", planted.len());
    let bps = 10_000 * right / (right + false_alarms).max(1);
    println!("precision {}.{:02} %", bps / 100, bps % 100);
    println!("false alarms by field: {wrong:?}");

    for caution in [Caution::InContext, Caution::Any] {
        let begun = Instant::now();
        let mut scrubber = Scrubber::new(caution);
        let mut bytes = 0_usize;
        for line in log.split_inclusive('\n') {
            bytes += scrubber.scrub(line.as_bytes()).len();
        }
        let micros = begun.elapsed().as_micros().max(1);
        println!("{caution:?}, line by line: {} MB/s ({bytes} bytes out)", log.len() as u128 / micros);
        let begun = Instant::now();
        let out = Scrubber::new(caution).scrub(log.as_bytes()).len();
        let micros = begun.elapsed().as_micros().max(1);
        println!("{caution:?}, in one piece: {} MB/s ({out} bytes out)", log.len() as u128 / micros);
    }
}
