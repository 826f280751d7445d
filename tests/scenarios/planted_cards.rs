//! Card numbers planted wherever text is taken: in trading days, in every parameter of every endpoint, in paths, headers and on the command line. Then
//! everything that was written is scanned, by `pmts pci scan` and by a scanner that others wrote: none is there in clear.

use super::import_retail::{doctor, import_args, last_line};
use pmts_app::http::{Access, Endpoint, Kind, Method, Param, endpoints};
use pmts_tests::served::{Reply, SECRET, Served};
use pmts_tests::{bin, data, tools};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One card number in every form: digits, groups, another script, percent-encoded, base64.
const PLANTED: [&str; 6] = [
    "4012888888881881",
    "4012 8888 8888 1881",
    "4012.8888.8888.1881",
    "\u{ff14}\u{ff10}\u{ff11}\u{ff12}\u{ff18}\u{ff18}\u{ff18}\u{ff18}\u{ff18}\u{ff18}\u{ff18}\u{ff18}\u{ff11}\u{ff18}\u{ff18}\u{ff11}",
    "%34%30%31%32%38%38%38%38%38%38%38%38%31%38%38%31",
    "Y2FyZCA0MDEyODg4ODg4ODgxODgxIQ==",
];

/// The trading days, with card numbers in their texts, and lines that are rejected with one in each place.
fn planted_days(from: &Path, to: &Path) {
    let mut lines = 0;
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "csv") {
            continue;
        }
        let mut rows = csv::Reader::from_path(&path).unwrap();
        let mut out = csv::Writer::from_path(to.join(path.file_name().unwrap())).unwrap();
        out.write_record(rows.headers().unwrap()).unwrap();
        for row in rows.records() {
            let mut cells: Vec<String> = row.unwrap().iter().map(str::to_owned).collect();
            cells[2] = format!("{} {}", cells[2], PLANTED[lines % PLANTED.len()]);
            out.write_record(&cells).unwrap();
            lines += 1;
        }
        for (column, form) in (0..8).flat_map(|c| PLANTED.map(|form| (c, form))) {
            let mut cells =
                ["990001", "22001", "X", "none", "2010-12-01 08:00:00", "5.00", "7", "UK"].map(str::to_owned);
            form.clone_into(&mut cells[column]);
            out.write_record(&cells).unwrap();
            // And good but for the card number.
            if column != 3 {
                cells[3] = "1".to_owned();
                out.write_record(&cells).unwrap();
            }
        }
        out.flush().unwrap();
    }
    assert!(lines > 20_000, "{lines} lines");
}

/// A value that a parameter takes.
fn good(param: &Param) -> Value {
    match param.kind {
        Kind::Integer { min, max } => json!(min.max(1).min(max)),
        Kind::Bool => json!(true),
        Kind::Text { .. } | Kind::TextOrNothing { .. } | Kind::Reference { .. } => json!("x"),
        Kind::CardData { .. } => json!("4242424242424242"),
        Kind::Id(prefixes) => json!(format!("{}_1", prefixes[0])),
        Kind::OneOf(words) => json!(words[0]),
        Kind::Currency => json!("usd"),
        Kind::Moment => json!(1_780_315_200),
        Kind::Metadata => json!({}),
        Kind::Object(params) => needed(params).into(),
        Kind::List { of, .. } => json!([good(&Param { kind: *of, ..*param })]),
    }
}

pub(crate) fn needed(params: &[Param]) -> Map<String, Value> {
    params.iter().filter(|p| p.required).map(|p| (p.name.to_owned(), good(p))).collect()
}

/// Every value that has a card number in one of its texts, and is good otherwise.
fn planted(param: &Param, card: &str) -> Vec<Value> {
    match param.kind {
        Kind::Object(params) => {
            let with = |p: &Param| {
                let bad = planted(p, card);
                bad.into_iter().map(|value| {
                    let mut all = needed(params);
                    all.insert(p.name.to_owned(), value);
                    Value::Object(all)
                })
            };
            params.iter().flat_map(|p| with(p).collect::<Vec<_>>()).collect()
        }
        Kind::List { of, .. } => {
            planted(&Param { kind: *of, ..*param }, card).into_iter().map(|v| json!([v])).collect()
        }
        Kind::Metadata => vec![json!({ "note": card }), json!({ card: "note" })],
        // A card number that is handed in as one goes to the vault: other tests look there.
        Kind::CardData { .. } => vec![],
        Kind::Integer { .. }
        | Kind::Bool
        | Kind::Text { .. }
        | Kind::TextOrNothing { .. }
        | Kind::Reference { .. }
        | Kind::Id(_)
        | Kind::OneOf(_)
        | Kind::Currency
        | Kind::Moment => vec![json!(card)],
    }
}

fn percent(text: &str) -> String {
    text.bytes().map(|b| format!("%{b:02X}")).collect()
}

/// Asks an endpoint with these parameters.
fn ask(served: &Served, key: &str, endpoint: &Endpoint, part: &str, sent: &Value, header: &str) -> Reply {
    let mut path = endpoint.path.replace("{id}", part);
    let bearer = format!("Bearer {key}");
    let mut headers = vec![("Authorization", bearer.as_str()), ("User-Agent", header)];
    let mut body = Vec::new();
    if endpoint.method == Method::Post {
        headers.extend([("Content-Type", "application/json"), ("Idempotency-Key", header)]);
        body = sent.to_string().into_bytes();
    } else if let Some(first) = sent.as_object().and_then(|o| o.iter().next()) {
        let value = first.1.as_str().map_or_else(|| first.1.to_string(), str::to_owned);
        path += &format!("?{}={}", first.0, percent(&value));
    }
    served.ask(endpoint.method.as_str(), &path, &headers, &body)
}

/// Sends every endpoint the card number in each of its parameters, in its path and in headers. Gives the answers by code.
fn attack(served: &Served, team: &str, seen: &mut String) -> BTreeMap<String, u64> {
    let mut answers = BTreeMap::new();
    for (n, endpoint) in endpoints().iter().enumerate() {
        let key = if endpoint.access == Access::CaseTeam { team } else { SECRET };
        for (form, card) in PLANTED.iter().enumerate() {
            let with = |p: &Param| {
                let bad = planted(p, card);
                bad.into_iter().map(|value| {
                    let mut all =
                        if endpoint.method == Method::Post { needed(endpoint.params) } else { Map::new() };
                    all.insert(p.name.to_owned(), value);
                    Value::Object(all)
                })
            };
            let sent: Vec<Value> = endpoint.params.iter().flat_map(|p| with(p).collect::<Vec<_>>()).collect();
            let ascii = if card.is_ascii() { *card } else { "4012888888881881" };
            for (m, sent) in sent.iter().chain([&json!({ (*card): card })]).enumerate() {
                let part = if m % 2 == 0 { percent(card) } else { "x_1".to_owned() };
                let header = format!("{ascii} {n}.{form}.{m}");
                let reply = ask(served, key, endpoint, &part, sent, &header);
                assert!(reply.status < 500, "{} {sent}: {}", endpoint.name, reply.text);
                seen.push_str(&reply.text);
                seen.push('\n');
                let code = serde_json::from_str::<Value>(&reply.text).unwrap_or_default();
                let code = code["error"]["code"].as_str().unwrap_or("ok").to_owned();
                *answers.entry(code).or_default() += 1;
            }
        }
    }
    answers
}

/// What a scan counts.
fn scan(paths: &[&Path], exit: i32) -> Value {
    let words = ["pci", "scan", "--json"].map(PathBuf::from);
    let outcome = bin::run(words.iter().map(PathBuf::as_path).chain(paths.iter().copied()));
    assert_eq!(outcome.status.code(), Some(exit), "{}\n{}", outcome.stdout, outcome.stderr);
    last_line(&outcome.stdout)
}

/// No file below a folder holds a planted text as it was typed.
fn verbatim(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            verbatim(&path);
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        for card in PLANTED {
            let at = bytes.windows(card.len()).position(|window| window == card.as_bytes());
            let near = at.map(|at| String::from_utf8_lossy(&bytes[at.saturating_sub(80)..at]).into_owned());
            assert_eq!(near, None, "a card number follows in {}", path.display());
        }
    }
}

/// The printable text of every file, each in a file of its own: the other scanner reads texts only.
fn printable(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = to.join(path.file_name().unwrap());
        if path.is_dir() {
            std::fs::create_dir(&name).unwrap();
            printable(&path, &name);
            continue;
        }
        let text = std::fs::read(&path).unwrap();
        let text: Vec<u8> = text.iter().map(|b| if matches!(b, b' '..=b'~') { *b } else { b'\n' }).collect();
        // In pieces that overlap: it does not read large files to their end.
        for (n, from) in (0..text.len()).step_by(400_000).enumerate() {
            let mut name = name.clone().into_os_string();
            name.push(format!(".{n}.txt"));
            let piece = &text[from..text.len().min(from + 400_100)];
            std::fs::write(name, [b"text\n", piece].concat()).unwrap();
        }
    }
}

/// What the other scanner finds below a folder, by file.
fn other_scanner(folder: &Path, work: &Path) -> Value {
    let _ = std::fs::create_dir(work);
    let python = tools::python();
    let done = Command::new(python.with_file_name("panhunt"))
        .args(["-q", "-o"])
        .arg(work)
        .arg("-j")
        .arg(work)
        .arg(folder)
        .current_dir(work)
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let reports = std::fs::read_dir(work).unwrap().map(|e| e.unwrap().path());
    let report = reports.filter(|p| p.extension().is_some_and(|e| e == "json")).max().expect("a report");
    let found: Value = serde_json::from_str(&std::fs::read_to_string(&report).unwrap()).unwrap();
    std::fs::remove_file(report).unwrap();
    found["pans_found_results"].clone()
}

#[test]
fn planted_card_numbers_are_nowhere_in_clear() {
    let Some(days) = data::folder("retail") else { return };
    let (input, work) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let out = work.path().join("out");
    std::fs::create_dir(&out).unwrap();
    planted_days(&days, input.path());
    let data = out.join("data");
    let imported = bin::run(import_args(&[input.path()], &data, None));
    let report = last_line(&imported.stdout);
    assert!(report["orders"].as_u64() >= Some(911), "{report}{}", imported.stderr);
    std::fs::write(out.join("import.txt"), imported.stdout + &imported.stderr).unwrap();

    // Every endpoint, with the log as talkative as it gets.
    let create = ["keys", "create", "--name", "team", "--kind", "case-team", "--json", "--data"];
    let made = bin::run(create.iter().map(Path::new).chain([data.as_path()])).expect_success();
    let team = serde_json::from_str::<Value>(&made).unwrap()["key"].as_str().unwrap().to_owned();
    let served = Served::start(&data, &["--sandbox", "--log-level", "debug"]);
    let mut seen = String::new();
    let answers = attack(&served, &team, &mut seen);
    let refused = answers.get("parameter_invalid_card_number").copied().unwrap_or_default();
    assert!(refused > 500, "{answers:?}");
    seen += &served.get("/v1/events?limit=100").expect(200).to_string();
    seen += &served.ask("GET", "/metrics", &[], b"").text;
    std::fs::write(out.join("answers.txt"), seen).unwrap();
    served.terminate();
    served.wait();

    // The command line: errors say what was wrong with what was typed.
    let mut said = String::new();
    for card in PLANTED {
        for words in [
            &[card][..],
            &["screen", "x", "--birth-date", card, "--data", "."],
            &["serve", "--listen", card],
            &["ledger", "statement", card, "--data", card],
            &["keys", "revoke", card, "--data", data.to_str().unwrap()],
            &["check", card],
        ] {
            let outcome = bin::run(words);
            assert_ne!(outcome.status.code(), Some(0), "{words:?}");
            said += &outcome.stderr;
        }
    }
    assert!(said.contains("401288******1881"), "{said}");
    std::fs::write(out.join("said.txt"), said).unwrap();
    let books = out.join("books.beancount");
    let export = ["export", "--format", "beancount", "--data"].map(PathBuf::from);
    bin::run(export.iter().chain([&data, &"--out".into(), &books])).expect_success();
    doctor(&data);

    // Not as it was typed, whatever stands around it; and nothing that looks like it. Both scanners find what is put there.
    verbatim(&out);
    let clean = scan(&[&out], 0);
    assert!(clean["bytes"].as_u64() > Some(5_000_000) && clean["files"].as_u64() > Some(5), "{clean}");
    let dumps = work.path().join("dumps");
    std::fs::create_dir(&dumps).unwrap();
    printable(&out, &dumps);
    let reports = work.path().join("reports");
    assert_eq!(other_scanner(&dumps, &reports), json!({}));
    let main = data.join("pmts.db");
    let mut bytes = std::fs::read(&main).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 23].copy_from_slice(b" card 4012888888881881 ");
    std::fs::write(&main, bytes).unwrap();
    assert_eq!(scan(&[&out], 1)["card_numbers"], 1);
    std::fs::remove_dir_all(&dumps).unwrap();
    std::fs::create_dir(&dumps).unwrap();
    printable(&out, &dumps);
    let found = other_scanner(&dumps, &reports);
    assert!(found.as_object().is_some_and(|found| !found.is_empty()), "{found}");
}

#[test]
fn a_scan_says_what_it_found_and_never_the_number() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("app.log");
    std::fs::write(&file, "ok\ncard 4012-8888-8888-1881\norder_id=4532015112830366\n").unwrap();
    let path = file.to_str().unwrap();
    let outcome = bin::run(["pci", "scan", path]);
    assert_eq!(outcome.status.code(), Some(1));
    assert_eq!(
        outcome.stdout,
        format!("{path} byte 8 grouped 401288******1881\n1 files, 54 bytes: 1 card numbers in 1 files\n")
    );
    assert!(outcome.stderr.starts_with("error[APP_CARD_NUMBERS]"), "{}", outcome.stderr);
    let any = bin::run(["pci", "scan", "--any", "--json", path]);
    assert_eq!(last_line(&any.stdout)["card_numbers"], 2);
    bin::run(["pci", "scan", dir.path().join("none").to_str().unwrap()]).expect_code(1);
}
