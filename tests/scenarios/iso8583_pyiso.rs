//! Our ISO 8583 messages before another implementation, the Python package pyiso8583: what we encode it decodes to the
//! same fields, what it encodes we decode to the same fields, and both make the same bytes.

use pmts_cards::iso8583::{Encoding, FieldSpec, FieldTable, Kind, Message, Mti};
use pmts_cards::message::{self, Acquirer, NetworkCode};
use pmts_cards::{
    AuthorizationRequest, BillingAddress, CaptureRequest, Expiry, IncrementRequest, Merchant, OriginalData,
    RefundRequest, ReversalRequest, Sale, VoidRequest, WireKeys,
};
use pmts_kernel::Timestamp;
use pmts_money::{Currency, Money};
use pmts_sensitive::{Cvv, Pan};
use serde_json::{Map, Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

fn table() -> &'static FieldTable {
    FieldTable::iso1987_ascii()
}

/// Our tables and the judge's names of his. Of the last, which is loaded from a file, field 55 is left out: its length
/// counts other things there.
pub(super) fn tables() -> [(&'static str, FieldTable); 3] {
    let text = include_str!("../../crates/sandbox/data/host-2003-hex.toml")
        .replace("name =", "without = [55]\nname =");
    let text = text.replace("    { number = 55, encoding = \"hex\" },\n", "");
    [
        ("ascii", FieldTable::iso1987_ascii().clone()),
        ("bcd", FieldTable::iso1987_bcd().clone()),
        ("host-2003-hex", FieldTable::from_toml(&text).unwrap()),
    ]
}

/// The Python program: a line in, a line out.
struct Judge {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Judge {
    fn start() -> Self {
        let script =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join("py").join("pyiso_judge.py");
        let mut command = Command::new(pmts_tests::tools::python());
        let mut child =
            command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("Python runs");
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take().unwrap());
        Self { child, stdin, stdout: BufReader::new(stdout) }
    }

    fn ask(&mut self, request: &Value) -> Value {
        writeln!(self.stdin.as_mut().unwrap(), "{request}").expect("the judge reads");
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("the judge answers");
        serde_json::from_str(&line).expect("the judge answers in JSON")
    }

    /// Both directions for one message.
    fn agrees(&mut self, message: &Message, name: &str, table: &FieldTable) {
        let bytes = hex(&message.encode(table).unwrap());
        let fields = Value::Object(fields(message, table));
        let decoded = self.ask(&json!({ "op": "decode", "table": name, "hex": bytes }));
        assert_eq!(decoded, json!({ "fields": fields }), "decoded there: {message}");
        let encoded = self.ask(&json!({ "op": "encode", "table": name, "fields": fields }));
        assert_eq!(encoded, json!({ "hex": bytes }), "encoded there: {message}");
        let back = Message::decode(&unhex(encoded["hex"].as_str().unwrap()), table).unwrap();
        assert_eq!(&back, message, "decoded here: {message}");
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.child.wait();
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// The message as the judge writes it: the type under `t`, binary values as capital hexadecimal digits, a packed `=` as
/// the half byte that it is.
fn fields(message: &Message, table: &FieldTable) -> Map<String, Value> {
    let mut map = Map::from_iter([("t".to_owned(), json!(message.mti().to_string()))]);
    for field in message.fields() {
        let spec = table.get(field).unwrap();
        let value = message.get(field).unwrap();
        let text = match (spec.kind, spec.encoding) {
            (Kind::B, _) => hex(value).to_uppercase(),
            (Kind::Z, Encoding::Packed(_)) => String::from_utf8(value.to_vec()).unwrap().replace('=', "D"),
            _ => String::from_utf8(value.to_vec()).unwrap(),
        };
        map.insert(field.to_string(), json!(text));
    }
    map
}

/// Numbers that look random and are the same in every run (a linear congruential generator).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

/// Some value of this length that the field may have.
fn value(spec: &FieldSpec, len: usize, numbers: &mut Numbers) -> Vec<u8> {
    let alphabet: &[u8] = match spec.kind {
        Kind::B => return (0..len).map(|_| u8::try_from(numbers.below(256)).unwrap()).collect(),
        Kind::Z if spec.encoding != Encoding::Plain => b"0123456789=",
        Kind::Z => b"0123456789=D",
        Kind::An => b"ABCxyz0189 ",
        Kind::Ans => b"ABCxyz0189 -./~!",
        _ => b"0123456789",
    };
    let mut out: Vec<u8> = (0..len).map(|_| alphabet[numbers.below(alphabet.len())]).collect();
    if spec.kind == Kind::Xn {
        out[0] = b'C';
    }
    out
}

#[test]
fn every_field_at_its_shortest_and_longest() {
    let (mut judge, mut numbers) = (Judge::start(), Numbers(1));
    for (name, table) in tables() {
        for (field, spec) in table.fields() {
            let lengths = table.lengths(field).unwrap();
            let odd = (lengths.end() - 1).max(*lengths.start());
            for len in [*lengths.start(), odd, *lengths.end()] {
                let mut message = Message::new(Mti::AUTHORIZATION_REQUEST);
                message.put(field, value(spec, len, &mut numbers)).unwrap();
                judge.agrees(&message, name, &table);
            }
        }
    }
}

#[test]
fn many_fields_together() {
    let (mut judge, mut numbers) = (Judge::start(), Numbers(2));
    for (name, table) in tables() {
        for _ in 0..pmts_tests::rounds(500, 50) {
            let mut message = Message::new(Mti::FINANCIAL_ADVICE);
            for (field, spec) in table.fields() {
                let lengths = table.lengths(field).unwrap();
                if numbers.below(4) == 0 {
                    let len = numbers.below(*lengths.end().min(&60) + 1).max(*lengths.start());
                    message.put(field, value(spec, len, &mut numbers)).unwrap();
                }
            }
            judge.agrees(&message, name, &table);
        }
    }
}

#[test]
fn the_messages_that_we_send() {
    let mut judge = Judge::start();
    for (name, table) in tables() {
        for message in dialect() {
            judge.agrees(&message, name, &table);
        }
    }
}

#[test]
fn both_refuse_a_message_that_is_cut() {
    let mut judge = Judge::start();
    for (name, table) in tables() {
        for message in dialect() {
            let bytes = message.encode(&table).unwrap();
            for end in [0, 3, 4, 9, bytes.len() - 1] {
                assert!(Message::decode(&bytes[..end], &table).is_err(), "{end} of {message}");
                let judged = judge.ask(&json!({ "op": "decode", "table": name, "hex": hex(&bytes[..end]) }));
                assert!(judged["error"].is_string(), "{end} of {message}: {judged}");
            }
        }
    }
}

/// One message of each kind that we send.
pub(super) fn dialect() -> Vec<Message> {
    let by = Acquirer { id: "400001".to_owned(), country: 826 };
    let at = |secs: i64| Timestamp::from_micros((1_795_356_319 + secs) * 1_000_000);
    let keys = WireKeys { stan: 42, transmitted_at: at(0), rrn: "632614000042".to_owned(), trace: None };
    let pan = Pan::parse("6205500000000000004").unwrap();
    let expiry = Expiry::try_new(30, 9).unwrap();
    let amount = Money::new(123_456_789, Currency::JPY);
    let merchant = Merchant {
        terminal_id: "T1".to_owned(),
        merchant_id: "SHOP1".to_owned(),
        name: "Obst & Gem\u{fc}se".to_owned(),
        city: "K\u{f6}ln".to_owned(),
        country: "DE".to_owned(),
        mcc: 5411,
    };
    let original =
        OriginalData { mti: Mti::AUTHORIZATION_REQUEST, keys: keys.clone(), acquirer: by.id.clone() };
    let (one, more) = (Money::new(1, Currency::JPY), Money::new(123_456_790, Currency::JPY));
    let sale = || Sale {
        original: original.clone(),
        approval_code: Some("A1B2C3".to_owned()),
        pan: pan.clone(),
        expiry,
        merchant: merchant.clone(),
    };
    let follow = |stan: u32| keys.following(stan, at(i64::from(stan)));
    let address =
        BillingAddress { line: Some("Am Markt 1".to_owned()), postal_code: Some("50667".to_owned()) };
    let authorization = AuthorizationRequest {
        keys: keys.clone(),
        pan: pan.clone(),
        expiry,
        cvv: Some(Cvv::parse("123").unwrap()),
        address: Some(address),
        amount,
        allow_partial: true,
        merchant: merchant.clone(),
    };
    let increment = IncrementRequest { keys: follow(46), sale: sale(), amount: one, total: more };
    let capture = CaptureRequest { keys: follow(43), sale: sale(), repeat: true, amount, last: true };
    let void = VoidRequest { keys: follow(47), sale: sale(), repeat: false, amount };
    let refund = RefundRequest { keys: follow(44), sale: sale(), repeat: false, amount };
    let reversal =
        ReversalRequest { keys: follow(45), sale: sale(), repeat: false, amount, remaining: Some(one) };
    vec![
        message::authorization(&authorization, &by, table()).unwrap(),
        message::increment(&increment, &by, table()).unwrap(),
        message::capture(&capture, &by, table()).unwrap(),
        message::void(&void, &by, table()).unwrap(),
        message::refund(&refund, &by, table()).unwrap(),
        message::reversal(&reversal, &by, table()).unwrap(),
        message::network_request(NetworkCode::SignOn, keys.message_key().unwrap(), table()).unwrap(),
    ]
}
