//! Our link to a card host that others wrote: the Python package pyiso8583 behind a socket, with three tables and framings.
//! And our messages before a third implementation, `iso8583sim`, as a process.

use super::iso8583_pyiso::{dialect, tables};
use pmts_cards::iso8583::FieldTable;
use pmts_cards::{
    Acquirer, AuthorizationRequest, CardAuthorizer, Expiry, HostAnswer, Iso8583Link, LinkConfig, Merchant,
    OriginalData, ReversalRequest, Sale, WireKeys, iso8583::Mti,
};
use pmts_kernel::{Clock, SystemClock};
use pmts_money::{Currency, Money};
use pmts_sensitive::Pan;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// The Python host; it ends when dropped.
struct Host {
    child: Child,
    address: String,
}

impl Host {
    fn start(table: &str, framing: &str) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join("py").join("pyiso_host.py");
        let mut child = Command::new(pmts_tests::tools::python())
            .arg(script)
            .args([table, framing])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python runs");
        let mut port = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).expect("the host tells its port");
        Self { child, address: format!("127.0.0.1:{}", port.trim()) }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

fn keys(stan: u32) -> WireKeys {
    WireKeys { stan, transmitted_at: SystemClock.now(), rrn: format!("{stan:012}"), trace: None }
}

pub(super) fn authorization(stan: u32, minor: i64) -> AuthorizationRequest {
    AuthorizationRequest {
        keys: keys(stan),
        pan: Pan::parse("378282246310005").unwrap(),
        expiry: Expiry::try_new(60, 12).unwrap(),
        cvv: None,
        address: None,
        amount: Money::new(minor, Currency::GBP),
        allow_partial: false,
        merchant: Merchant {
            terminal_id: "T1".to_owned(),
            merchant_id: "SHOP1".to_owned(),
            name: "Grocer".to_owned(),
            city: "Bath".to_owned(),
            country: "GB".to_owned(),
            mcc: 5411,
        },
    }
}

/// Undoes an authorization whose outcome is unknown.
fn reversal(of: &AuthorizationRequest, stan: u32) -> ReversalRequest {
    let AuthorizationRequest { keys: first, pan, expiry, amount, merchant, .. } = of.clone();
    let keys = first.following(stan, SystemClock.now());
    let original =
        OriginalData { mti: Mti::AUTHORIZATION_REQUEST, keys: first, acquirer: "400001".to_owned() };
    let sale = Sale { original, approval_code: None, pan, expiry, merchant };
    ReversalRequest { keys, sale, repeat: false, amount, remaining: None }
}

pub(super) fn response(answer: &HostAnswer) -> &str {
    match answer {
        HostAnswer::Answered(answer) => answer.response.wire(),
        HostAnswer::NotSent { why } => why,
        HostAnswer::Unknown { .. } => "unknown",
    }
}

async fn converse(name: &str, table: FieldTable, framing: &str) {
    let host = Host::start(name, &framing.replace("6000030000", "tpdu"));
    let mut config =
        LinkConfig::new(host.address.clone(), Acquirer { id: "400001".to_owned(), country: 826 });
    (config.table, config.framing) = (Arc::new(table), framing.parse().unwrap());
    config.answer_timeout = Duration::from_secs(2);
    config.connections = 2;
    let link = Arc::new(Iso8583Link::new(config, Arc::new(SystemClock)));
    assert_eq!(response(&link.echo().await), "00", "{name}");

    let asked: Vec<_> = (1..=32)
        .map(|stan| {
            let (link, minor) = (link.clone(), if stan % 2 == 0 { 5100 } else { 2000 });
            tokio::spawn(async move { link.authorize(&authorization(stan, minor)).await })
        })
        .collect();
    for (stan, task) in (1..).zip(asked) {
        let HostAnswer::Answered(answer) = task.await.unwrap() else { panic!("{name} {stan}") };
        let expected = if stan % 2 == 0 { ("51", None) } else { ("00", Some(format!("PY{stan:04}"))) };
        assert_eq!((answer.response.wire(), answer.approval_code), expected, "{name}");
    }

    let silent = authorization(50, 6800);
    assert_eq!(response(&link.authorize(&silent).await), "unknown", "{name}");
    assert_eq!(response(&link.reverse(&reversal(&silent, 51)).await), "00", "{name}");
    let never = authorization(60, 2000);
    assert_eq!(response(&link.reverse(&reversal(&never, 61)).await), "25", "{name}");
    let stats = link.stats();
    assert_eq!((stats.connects, stats.reconnects, stats.malformed, stats.timeouts), (2, 0, 0, 1), "{name}");
}

#[tokio::test]
async fn a_host_of_others_is_talked_to_with_every_table_and_framing() {
    for ((name, table), framing) in tables().into_iter().zip(["binary2", "bcd2+6000030000", "ascii4"]) {
        converse(name, table, framing).await;
    }
}

/// Its fields 52, 64 and 128 are hexadecimal digits, its bitmap too, as it takes messages as text.
#[test]
fn a_third_implementation_reads_what_we_send() {
    let table = FieldTable::from_toml(
        "name = 'sim'\nbased_on = 'iso8583-1987-ascii'\nbitmap = 'hex'\nwithout = [52, 55, 64, 96, 128]",
    )
    .unwrap();
    let program = pmts_tests::tools::python().with_file_name("iso8583sim");
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("parsed.json");
    for message in dialect() {
        let text = String::from_utf8(message.encode(&table).unwrap()).unwrap();
        let output = Command::new(&program)
            .args(["parse", "--format", "json", "--output"])
            .arg(&file)
            .arg(&text)
            .output()
            .expect("iso8583sim runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{message}: {said}");
        let parsed: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).expect("it writes JSON");
        let fields = parsed["fields"].as_object().expect("it tells the fields");
        let mut read: Vec<(String, String)> = fields
            .iter()
            .map(|(field, value)| (field.clone(), value.as_str().unwrap().trim_end().to_owned()))
            .collect();
        let field = |field: u8| (field.to_string(), message.text(field).unwrap().trim_end().to_owned());
        let mut sent: Vec<_> = message.fields().map(field).collect();
        sent.push(("0".to_owned(), message.mti().to_string()));
        read.sort();
        sent.sort();
        assert_eq!(read, sent, "{message}");
        std::fs::remove_file(&file).unwrap();
    }
}
