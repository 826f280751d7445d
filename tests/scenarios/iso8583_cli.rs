//! `pmts iso8583` for people who debug a link, and `pmts sandbox` as two hosts at once.

use super::iso8583_host::{authorization, response};
use pmts_cards::iso8583::FieldTable;
use pmts_cards::{Acquirer, CardAuthorizer, Iso8583Link, LinkConfig};
use pmts_kernel::SystemClock;
use pmts_tests::bin;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::sync::Arc;

const FIELDS: [&str; 9] = [
    "mti=0100",
    "2=4242424242424242",
    "3=0",
    "4=1999",
    "11=42",
    "14=3012",
    "35=4242424242424242=3012",
    "48=9203123",
    "52=0102030405060708",
];

/// Runs a command with this on its standard input.
fn with_input(words: &[&str], input: &str) -> (bool, String, String) {
    let mut command = bin::command(words);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.success(), text(&output.stdout), text(&output.stderr))
}

fn encoded(form: &[&str]) -> String {
    let words = [&["iso8583", "encode"], form, &FIELDS].concat();
    bin::run(words).expect_success().trim().to_owned()
}

#[test]
fn what_is_encoded_is_decoded_and_masked() {
    for form in [
        &[][..],
        &["--table", "iso8583-1987-bcd"],
        &["--framing", "ascii4"],
        &["--table", "iso8583-1987-bcd", "--framing", "bcd2+6000030001"],
    ] {
        let hex = encoded(form);
        let said = bin::run([&["iso8583", "decode"], form, &[&hex]].concat()).expect_success();
        for expected in
            ["0100 by iso8583-1987", "424242******4242", "000000001999", "(4)", "(21)", "(7)", "(8)"]
        {
            assert!(said.contains(expected), "{expected} in {said}");
        }
        for secret in ["4242424242424242", "3012", "123\n", "0102030405060708"] {
            assert!(!said.contains(secret), "{secret} in {said}");
        }
        let (good, json, _) =
            with_input(&[&["iso8583", "decode", "--json"], form, &["-"]].concat(), &format!("{hex}\n"));
        let json: Value = serde_json::from_str(&json).unwrap();
        let fields = json!({
            "2": "424242******4242", "3": "000000", "4": "000000001999", "11": "000042", "14": "(4)", "35": "(21)",
            "48": "(7)", "52": "(8)",
        });
        assert_eq!((good, json), (true, json!({ "mti": "0100", "fields": fields })));
    }
}

#[test]
fn fields_come_as_words_as_lines_or_as_json() {
    let hex = encoded(&[]);
    let lines = FIELDS.join("\n");
    let (mti, fields) = FIELDS.split_first().unwrap();
    let pair = |pair: &&str| {
        let (name, value) = pair.split_once('=').unwrap();
        (name.to_owned(), Value::from(value))
    };
    let object: serde_json::Map<_, _> = fields.iter().map(pair).collect();
    let json = json!({ "mti": pair(mti).1, "fields": object }).to_string();
    for input in [lines, json] {
        let (good, out, said) = with_input(&["iso8583", "encode"], &input);
        assert_eq!((good, out.trim()), (true, hex.as_str()), "{said}");
    }
    // Two frames after one another, with spaces between the bytes.
    let frame = encoded(&["--framing", "binary2"]);
    let spaced: Vec<&str> = (0..frame.len()).step_by(2).map(|at| &frame[at..at + 2]).collect();
    let both = format!("{}\n{}", spaced.join(" "), frame.to_uppercase());
    let said = bin::run(["iso8583", "decode", "--framing", "binary2", &both]).expect_success();
    assert_eq!(said.matches("424242******4242").count(), 2, "{said}");
}

#[test]
fn mistakes_are_told_with_a_code_and_without_what_was_typed() {
    let hex = encoded(&[]);
    let check = |words: &[&str], expected: &str| {
        let said = bin::run([&["iso8583"], words].concat()).expect_code(1);
        assert!(said.contains(expected), "{words:?}: {said}");
        assert!(!said.contains("4242424242424242"), "{said}");
    };
    check(&["decode", "0x"], "error[APP_USAGE]");
    check(&["decode", "012"], "error[APP_USAGE]");
    check(&["decode", &hex[..hex.len() - 2]], "error[CARDS_TRUNCATED]: message ends inside field 52 at byte");
    check(&["decode", "--framing", "binary2", "00ff30"], "error[APP_USAGE]: the bytes end inside a frame");
    check(&["decode", "--framing", "tape", &hex], "error[CARDS_FRAMING_UNKNOWN]");
    check(
        &["decode", "--table", "nothing", &hex],
        "the built-in ones are iso8583-1987-ascii, iso8583-1987-bcd",
    );
    check(&["encode", "2=4242424242424242"], "mti=... is missing");
    check(&["encode", "mti=0100", "4242424242424242"], "a field is NUMBER=VALUE");
    check(&["encode", "mti=0100", "4242424242424242=1"], "a field is mti or a number");
    check(&["encode", "mti=0100", "2=4242424242424242", "2=4242424242424242"], "given twice");
    check(&["encode", "mti=0100", "3=42424242424242424242"], "error[CARDS_FIELD_LENGTH]");
    check(&["encode", "mti=0100", "52=4242424242424242xx"], "error[CARDS_FIELD_MEANING]");
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("bad.toml");
    std::fs::write(&file, "name = 'x'\nfield = [\n{ number = 1, name = 'y' },\n]").unwrap();
    let said = bin::run(["iso8583", "decode", "--table", file.to_str().unwrap(), &hex]).expect_code(1);
    assert!(said.contains("error[CARDS_TABLE_MALFORMED]: field table, line 3: field 1 is outside"), "{said}");
}

#[tokio::test]
async fn the_sandbox_plays_two_hosts_with_other_tables() {
    let third = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/sandbox/data/host-2003-hex.toml");
    let also =
        ["127.0.0.1:0,iso8583-1987-bcd,bcd2+6000030000".to_owned(), format!("127.0.0.1:0,{third},ascii4")];
    let mut child =
        bin::command(["sandbox", "--listen", "127.0.0.1:0", "--also", &also[0], "--also", &also[1]])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
    let said = BufReader::new(child.stdout.take().unwrap()).lines();
    let addresses: Vec<String> = said
        .map_while(|line| Some(line.unwrap().strip_prefix("sandbox issuer listening on ")?.to_owned()))
        .map(|line| line.split(": ").next().unwrap().to_owned())
        .collect();
    let text = std::fs::read_to_string(third).unwrap();
    let tables = [
        (FieldTable::iso1987_ascii().clone(), "binary2"),
        (FieldTable::iso1987_bcd().clone(), "bcd2+6000030000"),
        (FieldTable::from_toml(&text).unwrap(), "ascii4"),
    ];
    assert_eq!(addresses.len(), tables.len());
    for (address, (table, framing)) in addresses.into_iter().zip(tables) {
        let mut config = LinkConfig::new(address, Acquirer { id: "400001".to_owned(), country: 826 });
        (config.table, config.framing) = (Arc::new(table), framing.parse().unwrap());
        let link = Iso8583Link::new(config, Arc::new(SystemClock));
        // The same keys: each host has its own books.
        assert_eq!(response(&link.authorize(&authorization(1, 2000)).await), "00", "{framing}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let said = bin::run(["sandbox", "--also", "127.0.0.1:0"]).expect_code(1);
    assert!(said.contains("it is ADDR,TABLE,FRAMING"), "{said}");
}
