use super::*;
use proptest::prelude::*;

const PAN: &str = "4532015112830366";

fn found(text: &str) -> Vec<(Form, String)> {
    let found = Scrubber::new(Caution::InContext).find(text.as_bytes());
    found.into_iter().map(|f| (f.form, f.masked)).collect()
}

fn scrubbed(caution: Caution, text: &str) -> String {
    String::from_utf8(Scrubber::new(caution).scrub(text.as_bytes()).into_owned()).unwrap()
}

/// Base64 without a library: what is tested is not what tests.
fn base64(text: &[u8], alphabet: &[u8; 64], pads: bool) -> String {
    let mut out = String::new();
    for three in text.chunks(3) {
        let bits = three.iter().fold(0_u32, |n, b| n << 8 | u32::from(*b)) << (8 * (3 - three.len()));
        for n in 0..4 {
            if n <= three.len() {
                out.push(char::from(alphabet[(bits >> (18 - 6 * n)) as usize & 63]));
            } else if pads {
                out.push('=');
            }
        }
    }
    out
}

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

#[test]
fn letters_of_a_hash_are_no_words() {
    let mut scrubber = Scrubber::new(Caution::InContext);
    let hash = b"97d5de7a55e35cc4242424242424242f8d31ca0";
    assert!(scrubber.find(hash).is_empty());
    assert_eq!(Scrubber::new(Caution::InContext).find(b"cc4242424242424242").len(), 1);
}

#[test]
fn every_form_is_found() {
    let masked = "453201******0366".to_owned();
    for (text, form) in [
        ("4532015112830366", Form::Plain),
        ("x4532015112830366y", Form::Plain),
        ("took 18 ms 4532015112830366", Form::Plain),
        ("node-3 4532015112830366", Form::Plain),
        ("{\"pan\":\"4532015112830366\"}", Form::Plain),
        ("4532015112830366=25121010000000000000", Form::Plain),
        ("4532 0151 1283 0366", Form::Grouped),
        ("paid 100 4532 0151 1283 0366 12/28", Form::Grouped),
        ("4532-0151-1283-0366", Form::Grouped),
        ("4532.0151.1283.0366", Form::Grouped),
        ("4532_0151_1283_0366", Form::Grouped),
        ("4532/0151/1283/0366", Form::Grouped),
        ("4532  0151  1283  0366", Form::Grouped),
        ("4532 - 0151 - 1283 - 0366", Form::Grouped),
        ("4532 0151-1283 0366", Form::Grouped),
        ("45 32 01 51 12 83 03 66", Form::Grouped),
        ("4 5 3 2 0 1 5 1 1 2 8 3 0 3 6 6", Form::Grouped),
        ("453201 5112830366", Form::Grouped),
        ("4532\u{a0}0151\u{a0}1283\u{a0}0366", Form::Grouped),
        ("4532\u{2013}0151\u{2013}1283\u{2013}0366", Form::Grouped),
        ("4532\u{200b}0151\u{200b}1283\u{200b}0366", Form::Grouped),
        ("card=4532+0151+1283+0366&x=1", Form::Grouped),
        ("card=4532%200151%201283%200366", Form::Grouped),
        ("４５３２０１５１１２８３０３６６", Form::Unicode),
        ("٤٥٣٢ ٠١٥١ ١٢٨٣ ٠٣٦٦", Form::Unicode),
        ("۴۵۳۲۰۱۵۱۱۲۸۳۰۳۶۶", Form::Unicode),
        ("४५३२-०१५१-१२८३-०३६६", Form::Unicode),
        ("𝟒𝟓𝟑𝟐𝟎𝟏𝟓𝟏𝟏𝟐𝟖𝟑𝟎𝟑𝟔𝟔", Form::Unicode),
        ("４532 ０151 １283 ０366", Form::Unicode),
        ("%34%35%33%32%30%31%35%31%31%32%38%33%30%33%36%36", Form::Percent),
        ("%34%35%33%32%20%30%31%35%31%20%31%32%38%33%20%30%33%36%36", Form::Percent),
        ("%EF%BC%94532015112830366", Form::Percent),
        (
            "%D9%A4%D9%A5%D9%A3%D9%A2%D9%A0%D9%A1%D9%A5%D9%A1%D9%A1%D9%A2%D9%A8%D9%A3%D9%A0%D9%A3%D9%A6%D9%A6",
            Form::Percent,
        ),
    ] {
        assert_eq!(found(text), [(form, masked.clone())], "{text}");
    }
}

#[test]
fn base64_is_looked_into_at_any_offset_and_stays_base64() {
    for before in ["", "a", "ab", "{\"card\":\"", "order 7, "] {
        for number in [PAN, "4532 0151 1283 0366", "4532-0151-1283-0366", "378282246310005"] {
            for after in ["", "x", "\"}", ", and so on and on and on and on"] {
                let plain = format!("{before}{number}{after}");
                for (alphabet, pads) in [(STANDARD, true), (STANDARD, false), (URL, false)] {
                    let text = format!("GET /x?d={} HTTP/1.1", base64(plain.as_bytes(), alphabet, pads));
                    let all = found(&text);
                    assert_eq!(all.len(), 1, "{plain}: {text}");
                    assert_eq!(all[0].0, Form::Base64);
                    let again = scrubbed(Caution::InContext, &text);
                    assert_eq!(again.len(), text.len());
                    assert_eq!(found(&again), [], "{again}");
                    let (from, to) = (text.find("d=").unwrap() + 2, text.find(" HTTP").unwrap());
                    assert_eq!((&again[..from], &again[to..]), (&text[..from], &text[to..]));
                }
            }
        }
    }
}

#[test]
fn numbers_that_touch_in_base64_are_each_found_once_and_taken_out() {
    for between in
        ["|", ", ", " and then a long time nothing at all of interest until there came ", "MTIzNDUx"]
    {
        for number in [PAN, "4532 0151 1283 0366"] {
            let plain = [number; 5].join(between);
            for before in ["", "a", "ab"] {
                let text = base64(format!("{before}{plain}").as_bytes(), STANDARD, true);
                assert_eq!(found(&text).len(), 5, "{before}{plain}");
                let again = scrubbed(Caution::Any, &text);
                assert_eq!((found(&again), again.len()), (vec![], text.len()));
            }
        }
    }
    // What stands before is not base64, though its letters are.
    let text = format!("{PAN}{}", base64(format!("xy {PAN}").as_bytes(), STANDARD, true));
    assert!(!scrubbed(Caution::Any, &text).contains("15112830366"));
}

#[test]
fn a_number_in_a_long_list_of_numbers_is_found_and_the_list_is_read_once() {
    let single: String = PAN.chars().map(|c| format!("{c} ")).collect();
    for before in 0..60 {
        let text = format!("{}{single}", "7 ".repeat(before));
        assert_eq!(
            found(&text).iter().filter(|(_, masked)| masked == "453201******0366").count(),
            1,
            "{before}"
        );
    }
    // Twice as long takes twice as long, not four times: else this would not end.
    let list = "1 ".repeat(2_000_000);
    assert!(Scrubber::new(Caution::Any).find(list.as_bytes()).is_empty());
}

#[test]
fn each_network_and_length_is_found() {
    for (body, lengths) in [
        ("4", &[13, 16, 18, 19][..]),
        ("51", &[16]),
        ("2223", &[16]),
        ("34", &[15]),
        ("37", &[15]),
        ("6011", &[16, 19]),
        ("3056", &[14, 16, 19]),
        ("36", &[14, 16, 19]),
        ("3530", &[16, 17, 18, 19]),
        ("62", &[14, 15, 16, 17, 18, 19]),
        ("5018", &[13, 16, 19]),
        ("2204", &[16, 17, 18, 19]),
        ("9792", &[16]),
        ("8201", &[16]),
    ] {
        for length in lengths {
            let body = format!("{body:0<width$}", width = length - 1);
            let number = format!("{body}{}", pmts_sensitive::luhn_check_digit(&body).unwrap());
            assert_eq!(found(&format!("card {number}.")).len(), 1, "{number}");
        }
    }
    for number in
        ["424242424242", "42424242424242424242", "4532015112830367", "1111111111111117", "7532015112830363"]
    {
        assert_eq!(found(&format!("card {number}.")), [], "{number}");
    }
}

#[test]
fn numbers_of_other_kinds_are_left() {
    for text in [
        "order_id=4532015112830366",
        "orderId: 4532015112830366",
        "\"trace\": \"4532015112830366\"",
        "request 4532015112830366 done",
        "card_id=4532015112830366",
        "ratio 0.4532015112830366",
        "sha256 a94532015112830366bcdeff0123456789abcdef",
        "call +4915123456785 now",
        "+49 151 2345 6785",
        "2026-11-24 04:45:21.123456",
        "20261124044521",
    ] {
        assert_eq!(found(text), [], "{text}");
    }
    // Whoever wants all of them gets them.
    assert_eq!(scrubbed(Caution::Any, "order_id=4532015112830366"), "order_id=453201******0366");
}

#[test]
fn what_a_field_holds_is_learned_and_a_card_in_it_is_seen_by_what_stands_before() {
    let mut scrubber = Scrubber::new(Caution::InContext);
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        4_000_000_000_000_000 + (state >> 16) % 1_000_000_000_000_000
    };
    let flagged: usize =
        (0..10_000).map(|_| scrubber.find(format!("zorp={} ok", next()).as_bytes()).len()).sum();
    assert!(flagged < 5, "{flagged}");
    for text in ["zorp=4532 0151 1283 0366", "card zorp=4532015112830366", "other=4532015112830366"] {
        assert_eq!(scrubber.find(text.as_bytes()).len(), 1, "{text}");
    }
}

#[test]
fn what_is_taken_out_is_the_middle() {
    for (text, after) in [
        ("4532 0151 1283 0366", "4532 01** **** 0366"),
        ("a ４５３２０１５１１２８３０３６６ b", "a ４５３２０１******０３６６ b"),
        ("%34%35%33%32%30%31%35%31%31%32%38%33%30%33%36%36", "%34%35%33%32%30%31******%30%33%36%36"),
        ("378282246310005 4532015112830366", "378282*****0005 453201******0366"),
        ("nothing", "nothing"),
    ] {
        assert_eq!(scrubbed(Caution::InContext, text), after);
    }
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..400), any in any::<bool>()) {
        let caution = if any { Caution::Any } else { Caution::InContext };
        let mut scrubber = Scrubber::new(caution);
        let found = scrubber.find(&bytes);
        for finding in &found {
            prop_assert!(finding.at.end <= bytes.len());
        }
        let out = Scrubber::new(caution).scrub(&bytes).into_owned();
        prop_assert_eq!(found.is_empty(), out == bytes);
    }

    #[test]
    fn what_is_scrubbed_has_no_card_number(parts in proptest::collection::vec("(4532015112830366|5555 5555 5555 4444|[ -~]{0,12}|[0-9 -]{0,30})", 0..8)) {
        let text = parts.join("|");
        let once = scrubbed(Caution::Any, &text);
        prop_assert!(!once.contains(PAN));
        prop_assert_eq!(Scrubber::new(Caution::Any).find(once.as_bytes()), vec![]);
    }
}
