//! The server itself: an orderly end, TLS, metrics, health, the log, and requests made up from the OpenAPI document.

use pmts_tests::served::{SECRET, Served};
use pmts_tests::{bin, rounds, tools};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join("py").join(name)
}

const SLOW: &str = "amount=1000&currency=gbp&confirm=true&payment_method_data[type]=card\
                    &payment_method_data[card][number]=4000001200000115&payment_method_data[card][exp_month]=12\
                    &payment_method_data[card][exp_year]=49&capture_method=manual";

#[test]
fn at_the_end_requests_under_way_are_finished() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let served = Served::start(&data, &["--sandbox"]);
    // An idle connection must not hold up the end.
    let mut idle = TcpStream::connect(served.address).unwrap();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    assert!(idle.read(&mut [0; 1_000]).unwrap() > 0);
    let intent = std::thread::scope(|scope| {
        // The issuer answers after three seconds.
        let slow = scope.spawn(|| served.post_once("/v1/payment_intents", SLOW, "slow"));
        while !served.get("/v1/payment_intents").expect(200)["data"][0]["status"].is_string() {
            std::thread::sleep(Duration::from_millis(5));
        }
        served.terminate();
        slow.join().unwrap().expect(200)
    });
    assert_eq!(intent["status"], "requires_capture", "it was finished");
    let address = served.address;
    assert!(served.wait().success());
    assert!(TcpStream::connect(address).is_err(), "nobody listens any more");

    let served = Served::start(&data, &["--sandbox"]);
    let id = intent["id"].as_str().unwrap();
    assert_eq!(served.get(&format!("/v1/payment_intents/{id}")).expect(200), intent);
    let doctor = {
        served.terminate();
        assert!(served.wait().success());
        bin::run(["doctor".as_ref(), "--data".as_ref(), data.as_os_str()])
    };
    assert!(doctor.expect_success().contains("all is well"));
}

#[test]
fn what_was_begun_is_carried_on_when_the_caller_hangs_up() {
    let dir = tempfile::tempdir().unwrap();
    let served = Served::start(&dir.path().join("data"), &["--sandbox"]);
    let mut caller = TcpStream::connect(served.address).unwrap();
    let head = format!(
        "POST /v1/payment_intents HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {SECRET}\r\nIdempotency-Key: gone\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{SLOW}",
        SLOW.len()
    );
    caller.write_all(head.as_bytes()).unwrap();
    let status = || served.get("/v1/payment_intents").expect(200)["data"][0]["status"].clone();
    while status() != "processing" {
        std::thread::sleep(Duration::from_millis(2));
    }
    drop(caller);
    while status() != "requires_capture" {
        std::thread::sleep(Duration::from_millis(20));
    }
    // Whoever asks again with the same key is told.
    let again = served.post_once("/v1/payment_intents", SLOW, "gone");
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.expect(200)["status"], "requires_capture");
}

#[test]
fn tls_is_spoken_with_a_client_that_checks_the_certificate() {
    let dir = tempfile::tempdir().unwrap();
    let (cert, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
    let mut openssl = Command::new("openssl");
    openssl.args([
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
    ]);
    openssl.args([
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=IP:127.0.0.1,DNS:localhost",
        "-keyout",
    ]);
    openssl.arg(&key).arg("-out").arg(&cert);
    bin::finish(&mut openssl, bin::LIMIT).expect_success();
    let (cert_text, key_text) = (cert.to_str().unwrap(), key.to_str().unwrap());
    let served = Served::start(
        &dir.path().join("data"),
        &["--sandbox", "--tls-cert", cert_text, "--tls-key", key_text],
    );
    let mut client = Command::new(tools::python());
    client.arg(script("tls_client.py")).arg(format!("https://{}", served.address)).args([cert_text, SECRET]);
    let said = bin::finish(&mut client, bin::LIMIT).expect_success();
    assert_eq!(said, "200 balance\n200 balance\nSSLCertVerificationError\n");
    // Without TLS there is no answer.
    let mut plain = TcpStream::connect(served.address).unwrap();
    plain.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut rest = Vec::new();
    let _ = plain.read_to_end(&mut rest);
    assert!(!rest.starts_with(b"HTTP"), "{:?}", String::from_utf8_lossy(&rest));

    let bad = |cert: &str, key: &str| {
        let data = dir.path().join("other");
        let args =
            ["serve", "--sandbox", "--listen", "127.0.0.1:0", "--tls-cert", cert, "--tls-key", key, "--data"];
        let args = args.iter().map(std::ffi::OsStr::new).chain([data.as_os_str()]);
        bin::run(args).expect_code(1)
    };
    for (cert, key) in [(key_text, key_text), (cert_text, cert_text), ("/nowhere", key_text)] {
        assert!(bad(cert, key).starts_with("error[APP_TLS]"), "{cert} {key}");
    }
}

#[test]
fn metrics_are_read_by_the_prometheus_client_and_add_up() {
    let dir = tempfile::tempdir().unwrap();
    let served = Served::start(&dir.path().join("data"), &["--sandbox"]);
    for _ in 0..3 {
        served
            .post("/v1/payment_intents", "amount=5&currency=gbp&payment_method=pm_card_visa&confirm=true")
            .expect(200);
    }
    served.get("/v1/payment_intents/pi_nothing");
    served.ask("GET", "/v1/balance", &[], b"");
    served.get("/nowhere");
    let text = served.ask("GET", "/metrics", &[], b"").text;
    let mut judge = Command::new(tools::python());
    let mut judge =
        judge.arg(script("metrics_judge.py")).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    judge.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = judge.wait_with_output().unwrap();
    assert!(output.status.success());
    let read: Value = serde_json::from_slice(&output.stdout).unwrap();
    let value = |name: &str| read[name].as_u64().unwrap_or_else(|| panic!("{name}: {}: {text}", read[name]));
    let is = |name: &str, wanted: u64| assert_eq!(value(name), wanted, "{name}");
    is("pmts_http_requests_total{class=2xx,method=POST,path=/v1/payment_intents}", 3);
    is("pmts_http_request_seconds_count{method=POST,path=/v1/payment_intents}", 3);
    is("pmts_http_request_seconds_bucket{le=+Inf,method=POST,path=/v1/payment_intents}", 3);
    is("pmts_http_requests_total{class=4xx,method=GET,path=/v1/payment_intents/{id}}", 1);
    is("pmts_http_requests_total{class=4xx,method=,path=}", 1);
    is("pmts_http_unauthorized_total{}", 1);
    is("pmts_operations_open{}", 0);
    is("pmts_recovery_backlog{}", 0);
    is("pmts_link_sent_total{}", 6);
    assert!(value("pmts_store_commits_total{}") >= value("pmts_store_groups_total{}"));
    let sum = &read["pmts_http_request_seconds_sum{method=POST,path=/v1/payment_intents}"];
    assert!(sum.as_str().is_some_and(|s| s != "0") || sum.as_u64().is_some_and(|n| n > 0), "{sum}");
}

#[test]
fn each_request_is_one_line_of_log_with_its_id_up_to_the_operation() {
    let dir = tempfile::tempdir().unwrap();
    let served = Served::start(&dir.path().join("data"), &["--sandbox"]);
    let reply =
        served.post("/v1/payment_intents", "amount=5&currency=gbp&payment_method=pm_card_visa&confirm=true");
    let id = reply.header("request-id").unwrap().to_owned();
    let refused = served.post("/v1/payment_intents", "amount=x");
    assert_eq!(refused.json()["error"]["request_id"], refused.header("request-id").unwrap());
    assert_eq!(served.ask("GET", "/healthz", &[], b"").text, "ok\n");
    assert_eq!(served.ask("GET", "/readyz", &[], b"").text, "ready\n");
    let lines: Vec<Value> =
        served.log().lines().map(|l| serde_json::from_str(l).expect("each line is JSON")).collect();
    let of: Vec<&Value> =
        lines.iter().filter(|l| l["request"] == id.as_str() && l["target"] == "pmts::http").collect();
    assert_eq!(of.len(), 1, "one line a request");
    let line = of[0];
    assert_eq!((&line["method"], &line["path"]), (&"POST".into(), &"/v1/payment_intents".into()));
    assert_eq!(line["status"], 200);
    assert!(line["micros"].is_u64() && line["principal"].as_str().unwrap().starts_with("key:key_"));
    let bad = lines.iter().find(|l| l["request"] == refused.header("request-id").unwrap()).unwrap();
    assert_eq!((&bad["status"], &bad["code"]), (&400.into(), &"HTTP_PARAMETER".into()));
}

#[test]
fn requests_made_up_from_the_openapi_document_find_no_server_error() {
    let dir = tempfile::tempdir().unwrap();
    let served = Served::start(&dir.path().join("data"), &["--sandbox", "--rate-key", "100000"]);
    let address = format!("http://{}", served.address);
    let mut command = Command::new(tools::python());
    command
        .current_dir(dir.path())
        .args(["-m", "schemathesis.cli", "run"])
        .arg(format!("{address}/v1/openapi.json"));
    command.args(["--url", &address, "-H", &format!("Authorization: Bearer {SECRET}")]);
    command.args(["--checks", "not_a_server_error,response_schema_conformance,content_type_conformance"]);
    command.args([
        "--max-examples",
        &rounds(25, 5).to_string(),
        "--no-color",
        "--generation-database",
        "none",
    ]);
    let said = bin::finish(&mut command, Duration::from_secs(300)).expect_success();
    let tested = said.lines().find(|l| l.trim_start().starts_with("Tested:")).unwrap_or_default();
    assert!(
        tested.trim_end().ends_with(|c: char| c.is_ascii_digit()) && !tested.trim_end().ends_with(" 0"),
        "{said}"
    );
    assert_eq!(served.get("/v1/ledger/trial_balance").expect(200)["balanced"], true);
    assert!(!served.log().contains("\"level\":\"ERROR\""), "a request failed inside");
    let metrics = served.ask("GET", "/metrics", &[], b"").text;
    assert!(metrics.lines().any(|l| l == "pmts_http_panics_total 0"), "{metrics}");
}

#[test]
fn under_load_nothing_that_was_acknowledged_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let served = Served::start(&dir.path().join("data"), &["--sandbox", "--rate-key", "100000"]);
    let mut load = Command::new(env!("CARGO_BIN_EXE_http_load"));
    load.arg(served.address.to_string()).args([SECRET, "50", &rounds(20, 4).to_string()]);
    let said = bin::finish(&mut load, bin::LIMIT).expect_success();
    let summary: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    assert_eq!((&summary["lost"], &summary["errors"]), (&0.into(), &0.into()));
    assert_eq!(summary["payments"], 50 * rounds(20, 4));
}
