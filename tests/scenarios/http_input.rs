//! Bad input over HTTP: everything is refused with a status, a code and the parameter, and nothing is done.

use pmts_tests::served::{Reply, SECRET, Served, read_reply};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

fn serve(args: &[&str]) -> (tempfile::TempDir, Served) {
    let dir = tempfile::tempdir().unwrap();
    let served = Served::start(&dir.path().join("data"), &[&["--sandbox"], args].concat());
    (dir, served)
}

fn json(served: &Served, path: &str, body: &str) -> Reply {
    let bearer = format!("Bearer {SECRET}");
    served.ask(
        "POST",
        path,
        &[("Authorization", &bearer), ("Content-Type", "application/json")],
        body.as_bytes(),
    )
}

const INTENTS: &str = "/v1/payment_intents";

#[test]
fn parameters_that_are_not_good_are_refused_by_name() {
    let (_dir, served) = serve(&[]);
    let good = "amount=100&currency=gbp";
    for (form, status, code, param) in [
        ("", 400, "parameter_missing", "amount"),
        ("amount=100", 400, "parameter_missing", "currency"),
        ("amount=abc&currency=gbp", 400, "parameter_invalid_integer", "amount"),
        ("amount=1e3&currency=gbp", 400, "parameter_invalid_integer", "amount"),
        ("amount=-5&currency=gbp", 400, "parameter_invalid_range", "amount"),
        ("amount=0&currency=gbp", 400, "parameter_invalid_range", "amount"),
        ("amount=99999999999999&currency=gbp", 400, "parameter_invalid_range", "amount"),
        ("amount=100&currency=zzz", 400, "parameter_invalid_currency", "currency"),
        ("amount=100&currency=xau", 400, "parameter_invalid_currency", "currency"),
        ("amount=100&currency=gbp&currency=eur", 400, "parameter_duplicate", "currency"),
        ("amount=100&currency=gbp&metadata[a]=1&metadata[a]=2", 400, "parameter_duplicate", "metadata[a]"),
        ("amount=100&currency=gbp&metadata=x", 400, "parameter_invalid_object", "metadata"),
        ("amount=100&currency=gbp&confirm=maybe", 400, "parameter_invalid_bool", "confirm"),
        ("amount=100&currency=gbp&confirm=true", 400, "parameter_missing", "payment_method"),
        ("amount=100&currency=gbp&payment_method=card_1", 400, "parameter_invalid_id", "payment_method"),
        ("amount=100&currency=gbp&payment_method=pm_nothing", 400, "resource_missing", "payment_method"),
        ("amount=100&currency=gbp&capture_method=never", 400, "parameter_invalid_enum", "capture_method"),
        ("amount=100&currency=gbp&expand[]=customer", 400, "parameter_invalid_enum", "expand[0]"),
        ("amount=100&currency=gbp&nonsense[a][b]=1", 400, "parameter_unknown", "nonsense"),
        ("amount=100&currency=gbp&description=%FF", 400, "body_invalid", ""),
        ("amount=100&currency=gbp&order=two+words", 400, "parameter_invalid_string", "order"),
        (
            "amount=100&currency=gbp&application_fee_amount=5",
            400,
            "parameter_invalid_combination",
            "application_fee_amount",
        ),
        ("amount=100&currency=gbp&transfer_data[destination]=platform", 400, "parameter_invalid", ""),
        (
            "amount=100&currency=gbp&transfer_data[destination]=a&application_fee_amount=101",
            400,
            "parameter_invalid",
            "",
        ),
        ("amount=100&currency=gbp&splits[0][seller]=a&splits[0][amount]=101", 400, "parameter_invalid", ""),
        (
            "amount=100&currency=gbp&splits[0][seller]=a&splits[0][amount]=50&splits[1][seller]=a&splits[1][amount]=50",
            400,
            "parameter_invalid",
            "",
        ),
        (
            "amount=100&currency=gbp&description=card+4242424242424242",
            400,
            "parameter_invalid_card_number",
            "description",
        ),
        (
            "amount=100&currency=gbp&metadata[card]=4242+4242-4242+4242",
            400,
            "parameter_invalid_card_number",
            "metadata[card]",
        ),
        ("amount=100&currency=gbp&a[b][c][d][e][f][g][h][i]=1", 400, "body_too_deep", ""),
    ] {
        let reply = served.post(INTENTS, form);
        assert_eq!(reply.refusal(), (status, code.into(), param.into()), "{form}");
        assert!(!reply.text.contains("4242"), "{form}: {reply:?}");
    }
    let many = format!("{good}{}", "&metadata[a]=1".repeat(2_000));
    assert_eq!(served.post(INTENTS, &many).refusal().1, "parameter_duplicate");
    let many: String = (0..1_001).map(|n| format!("metadata[a{n}]=1&")).collect();
    assert_eq!(served.post(INTENTS, &many).refusal().1, "body_too_many_values");

    for (body, status, code, param) in [
        ("", 400, "parameter_missing", "amount"),
        ("{", 400, "body_invalid", ""),
        ("[]", 400, "body_invalid", ""),
        ("\"amount\"", 400, "body_invalid", ""),
        (r#"{"amount":100,"currency":"gbp"}x"#, 400, "body_invalid", ""),
        (r#"{"amount":"100","currency":"gbp"}"#, 400, "parameter_invalid_integer", "amount"),
        (r#"{"amount":100.5,"currency":"gbp"}"#, 400, "parameter_invalid_integer", "amount"),
        (r#"{"amount":1e2,"currency":"gbp"}"#, 400, "parameter_invalid_integer", "amount"),
        (r#"{"amount":18446744073709551616,"currency":"gbp"}"#, 400, "parameter_invalid_integer", "amount"),
        (r#"{"amount":100,"amount":200,"currency":"gbp"}"#, 400, "parameter_duplicate", "amount"),
        (r#"{"amount":null,"currency":"gbp"}"#, 400, "parameter_missing", "amount"),
        (r#"{"amount":100,"currency":5}"#, 400, "parameter_invalid_string", "currency"),
        (
            r#"{"amount":100,"currency":"gbp","metadata":{"a":1}}"#,
            400,
            "parameter_invalid_string",
            "metadata[a]",
        ),
        (r#"{"amount":100,"currency":"gbp","splits":{}}"#, 400, "parameter_invalid_list", "splits"),
    ] {
        assert_eq!(json(&served, INTENTS, body).refusal(), (status, code.into(), param.into()), "{body}");
    }
    let deep = format!("{{\"metadata\":{}1{}}}", "{\"a\":".repeat(20_000), "}".repeat(20_000));
    assert!(matches!(json(&served, INTENTS, &deep).refusal().1.as_str(), "body_too_deep" | "body_too_large"));
    let deep = format!("{{\"metadata\":{}", "[".repeat(10_000));
    assert_eq!(json(&served, INTENTS, &deep).refusal().1, "body_too_deep");

    assert_eq!(served.get(INTENTS).expect(200)["data"].as_array().unwrap().len(), 0, "nothing was done");
    assert_eq!(served.get("/v1/events").expect(200)["data"].as_array().unwrap().len(), 0);
}

#[test]
fn cards_that_are_not_good_are_refused_and_never_told_back() {
    let (_dir, served) = serve(&[]);
    for (card, status, code, param) in [
        ("card[exp_month]=12&card[exp_year]=49", 400, "parameter_missing", "card[number]"),
        ("card[number]=4242424242424242&card[exp_year]=49", 400, "parameter_missing", "card[exp_month]"),
        (
            "card[number]=4242424242424241&card[exp_month]=12&card[exp_year]=49",
            402,
            "incorrect_number",
            "card[number]",
        ),
        ("card[number]=42&card[exp_month]=12&card[exp_year]=49", 402, "invalid_number", "card[number]"),
        (
            "card[number]=4242abcd42424242&card[exp_month]=12&card[exp_year]=49",
            402,
            "invalid_number",
            "card[number]",
        ),
        (
            "card[number]=4242424242424242&card[exp_month]=13&card[exp_year]=49",
            400,
            "parameter_invalid_range",
            "card[exp_month]",
        ),
        (
            "card[number]=4242424242424242&card[exp_month]=1&card[exp_year]=2020",
            402,
            "invalid_expiry_date",
            "card[exp_month]",
        ),
        (
            "card[number]=4242424242424242&card[exp_month]=1&card[exp_year]=9999",
            402,
            "invalid_expiry_date",
            "card[exp_month]",
        ),
        (
            "card[number]=4242424242424242&card[exp_month]=1&card[exp_year]=49&card[cvc]=1234",
            402,
            "invalid_cvc",
            "card[cvc]",
        ),
        (
            "card[number]=4242424242424242&card[exp_month]=1&card[exp_year]=49&card[cvc]=12x",
            402,
            "invalid_cvc",
            "card[cvc]",
        ),
        ("card[token]=tok_nothing", 400, "resource_missing", "payment_method"),
        (
            "card[token]=tok_visa&card[number]=4242424242424242",
            400,
            "parameter_invalid_combination",
            "card[token]",
        ),
    ] {
        let reply = served.post("/v1/payment_methods", &format!("type=card&{card}"));
        assert_eq!(reply.refusal(), (status, code.into(), param.into()), "{card}");
        assert!(!reply.text.contains("42424242"), "{reply:?}");
    }
    let card = "type=card&card[number]=4242-4242%204242-4242&card[exp_month]=01&card[exp_year]=2049";
    let made = served.post("/v1/payment_methods", card).expect(200);
    assert_eq!((&made["card"]["last4"], &made["card"]["brand"]), (&"4242".into(), &"visa".into()));
    let log = served.log();
    assert!(!log.contains("424242") && !log.contains("4242-4242"), "no card number in the log");
}

#[test]
fn addresses_methods_types_and_sizes_that_are_not_good_are_refused() {
    let (_dir, served) = serve(&[]);
    let bearer = format!("Bearer {SECRET}");
    let key = ("Authorization", bearer.as_str());
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let code = |reply: Reply| {
        let (status, code, _) = reply.refusal();
        (status, code)
    };
    assert_eq!(code(served.get("/")), (404, "url_invalid".into()));
    assert_eq!(code(served.get("/v1/payment_intents/")), (404, "resource_missing".into()));
    assert_eq!(code(served.get("/v1/payment_intents/pi_x/y/z")), (404, "url_invalid".into()));
    assert_eq!(code(served.get("/v1/payment_intents/pi_zzz")), (404, "resource_missing".into()));
    assert_eq!(code(served.get("/v1/charges/ch_%00")), (404, "resource_missing".into()));
    let reply = served.ask("DELETE", INTENTS, &[key], b"");
    assert_eq!(reply.header("allow"), Some("GET, POST"));
    assert_eq!(code(reply), (405, "method_not_allowed".into()));
    let xml = served.ask("POST", INTENTS, &[key, ("Content-Type", "text/xml")], b"<a/>");
    assert_eq!(code(xml), (415, "content_type_unsupported".into()));
    let in_address = served.ask("POST", "/v1/payment_intents?amount=5", &[key, form], b"currency=gbp");
    assert_eq!(code(in_address), (400, "body_invalid".into()));
    let long = served.get(&format!("/v1/payment_intents?limit={}", "1".repeat(9_000)));
    assert_eq!(code(long), (414, "url_too_long".into()));
    let large = served.post(INTENTS, &"a".repeat(70_000));
    assert_eq!(code(large), (413, "body_too_large".into()));
    for version in ["2020-08-27", "2026-10-28.endive"] {
        let reply = served.ask("GET", "/v1/balance", &[key, ("Stripe-Version", version)], b"");
        assert_eq!((reply.status, reply.header("stripe-version")), (200, Some(version)));
    }
    let reply = served.ask("GET", "/v1/balance", &[key, ("Stripe-Version", &"x".repeat(50))], b"");
    assert_eq!(code(reply), (400, "version_invalid".into()));

    // Without a length, in pieces, and too many of them.
    let mut stream = TcpStream::connect(served.address).unwrap();
    let head = format!(
        "POST {INTENTS} HTTP/1.1\r\nHost: x\r\nAuthorization: {bearer}\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let piece = format!("2000\r\n{}\r\n", "a".repeat(0x2000));
    for _ in 0..20 {
        if stream.write_all(piece.as_bytes()).is_err() {
            break;
        }
    }
    let reply = read_reply(&mut stream);
    if let Ok(reply) = reply {
        assert_eq!(code(reply), (413, "body_too_large".into()));
    }

    for (list, param) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("limit=1&limit=2", "limit"),
        ("starting_after=pi_x", "starting_after"),
        (
            "starting_after=pi_01m825qpmn0001pr0b4wfnk9g0&ending_before=pi_01m825qpmn0001pr0b4wfnk9g0",
            "ending_before",
        ),
        ("colour=red", "colour"),
    ] {
        let (status, _, named) = served.get(&format!("{INTENTS}?{list}")).refusal();
        assert!(matches!(status, 400 | 404) && named == param, "{list}: {status} {named}");
    }
}

#[test]
fn bodies_and_heads_that_do_not_come_are_not_waited_for() {
    let (_dir, served) = serve(&[]);
    let mut slow = TcpStream::connect(served.address).unwrap();
    slow.set_read_timeout(Some(Duration::from_secs(50))).unwrap();
    let head = format!(
        "POST {INTENTS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {SECRET}\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{{"
    );
    slow.write_all(head.as_bytes()).unwrap();
    let mut silent = TcpStream::connect(served.address).unwrap();
    silent.set_read_timeout(Some(Duration::from_secs(50))).unwrap();
    silent.write_all(b"GET /v1/balance HTT").unwrap();
    // Others are served meanwhile.
    served.get("/v1/balance").expect(200);
    let reply = read_reply(&mut slow).unwrap();
    assert_eq!((reply.refusal().0, reply.refusal().1.as_str()), (408, "body_too_slow"));
    let mut rest = Vec::new();
    let ended = silent.read_to_end(&mut rest);
    assert!(ended.is_ok() && (rest.is_empty() || rest.starts_with(b"HTTP/1.1 408")), "{ended:?} {rest:?}");

    // What is no HTTP at all.
    for noise in
        [&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..], b"\r\n\r\n", b"GET\r\n\r\n", &[0; 5_000]]
    {
        let mut stream = TcpStream::connect(served.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(50))).unwrap();
        let _ = stream.write_all(noise);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
        assert!(rest.is_empty() || rest.starts_with(b"HTTP/1.1 4"), "{:?}", String::from_utf8_lossy(&rest));
    }
    served.get("/v1/balance").expect(200);
}

#[test]
fn keys_that_are_not_good_are_refused() {
    let (_dir, served) = serve(&["--rate-address", "1000"]);
    let ask = |headers: &[(&str, &str)]| {
        let (status, code, _) = served.ask("GET", "/v1/balance", headers, b"").refusal();
        (status, code)
    };
    assert_eq!(ask(&[]), (401, "api_key_missing".into()));
    for (value, code) in [
        ("Bearer", "api_key_missing"),
        ("Digest x", "api_key_missing"),
        ("Basic ?", "api_key_missing"),
        ("Bearer x", "api_key_invalid"),
        ("Bearer sk_test_", "api_key_invalid"),
        ("Bearer sk_test_abcdefghijklmnopqrstuvwxyy", "api_key_invalid"),
        ("Bearer sk_live_abcdefghijklmnopqrstuvwxyz", "api_key_invalid"),
        ("Basic c2tfdGVzdF94Og==", "api_key_invalid"),
    ] {
        assert_eq!(ask(&[("Authorization", value)]), (401, code.into()), "{value}");
    }
    // base64 of SECRET and a colon.
    let basic = "Basic c2tfdGVzdF9hYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejo=";
    assert_eq!(served.ask("GET", "/v1/balance", &[("Authorization", basic)], b"").status, 200);
}

#[test]
fn a_publishable_key_hands_in_a_card_and_confirms_one_payment() {
    let dir = tempfile::tempdir().unwrap();
    let served = Served::start_with_key(&dir.path().join("data"), &["--sandbox"], None);
    let key = |kind: &str| {
        let line = served.said.iter().find(|l| l.starts_with(kind)).unwrap();
        line.rsplit(' ').next().unwrap().to_owned()
    };
    let (secret, public) = (key("secret key"), key("publishable key"));
    let post = |key: &str, path: &str, form: &str| served.post_as(key, path, form, None);
    let get =
        |key: &str, path: &str| served.ask("GET", path, &[("Authorization", &format!("Bearer {key}"))], b"");
    let refused = |reply: Reply| (reply.refusal().0, reply.refusal().1);

    let intent = post(&secret, INTENTS, "amount=100&currency=gbp&order=A-1").expect(200);
    let other = post(&secret, INTENTS, "amount=100&currency=gbp").expect(200);
    let (id, client_secret) = (intent["id"].as_str().unwrap(), intent["client_secret"].as_str().unwrap());
    for path in [INTENTS, "/v1/charges", "/v1/balance", "/v1/events", "/v1/ledger/trial_balance"] {
        assert_eq!(refused(get(&public, path)), (403, "secret_key_required".into()), "{path}");
    }
    assert_eq!(refused(post(&public, INTENTS, "amount=100&currency=gbp")).0, 403);
    let card = "type=card&card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=49&card[cvc]=123";
    let method = post(&public, "/v1/payment_methods", card).expect(200);
    let method = method["id"].as_str().unwrap();

    let confirm = format!("{INTENTS}/{id}/confirm");
    let wrong = other["client_secret"].as_str().unwrap();
    for bad in ["".to_owned(), "&client_secret=x".into(), format!("&client_secret={wrong}")] {
        let reply = post(&public, &confirm, &format!("payment_method={method}{bad}"));
        assert_eq!(refused(reply), (403, "client_secret_invalid".into()), "{bad}");
    }
    let missing = format!("{INTENTS}/pi_01m825qpmn0001pr0b4wfnk9g0/confirm");
    assert_eq!(refused(post(&public, &missing, "client_secret=x")), (403, "client_secret_invalid".into()));
    let done = post(&public, &confirm, &format!("payment_method={method}&client_secret={client_secret}"))
        .expect(200);
    assert_eq!(done["status"], "succeeded");
    for hidden in ["metadata", "latest_charge", "customer", "order", "splits", "amount_received"] {
        assert!(done.get(hidden).is_none(), "{hidden} is not for browsers");
    }
    assert_eq!(refused(get(&public, &format!("{INTENTS}/{id}"))).0, 403);
    let read = get(&public, &format!("{INTENTS}/{id}?client_secret={client_secret}")).expect(200);
    assert_eq!(read["status"], "succeeded");
    let charge = get(&secret, &format!("/v1/charges?payment_intent={id}")).expect(200);
    let checks = &charge["data"][0]["payment_method_details"]["card"]["checks"];
    assert!(!checks["cvc_check"].is_null(), "the security code reached the issuer: {checks}");
    assert!(!served.log().contains(&secret) && !served.log().contains(client_secret));
}

#[test]
fn too_many_requests_are_refused_and_say_how_long_to_wait() {
    let (_dir, served) = serve(&["--rate-key", "5", "--rate-address", "3"]);
    let replies: Vec<Reply> = (0..40).map(|_| served.get("/v1/balance")).collect();
    let refused: Vec<&Reply> = replies.iter().filter(|r| r.status == 429).collect();
    assert!(!refused.is_empty() && replies.iter().any(|r| r.status == 200));
    for reply in refused {
        assert_eq!(reply.refusal().1, "rate_limit");
        assert!(reply.header("retry-after").is_some_and(|s| s.parse::<u64>().is_ok_and(|s| s >= 1)));
    }
    let guesses: Vec<u16> = (0..40)
        .map(|_| served.ask("GET", "/v1/balance", &[("Authorization", "Bearer x")], b"").status)
        .collect();
    assert!(guesses.contains(&401) && guesses.contains(&429), "guessing is slow: {guesses:?}");
}
