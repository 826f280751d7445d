//! Every endpoint of the OpenAPI document is asked with every kind of key: who is let in is what the matrix of roles says.

use super::planted_cards::needed;
use pmts_app::http::{Method, endpoints};
use pmts_identity::KeyKind;
use pmts_tests::bin;
use pmts_tests::served::{SECRET, Served};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::path::Path;

fn json(text: &str) -> Value {
    serde_json::from_str(text.lines().next().unwrap_or_default()).unwrap_or_else(|e| panic!("{e}: {text}"))
}

/// A key made on the command line: its text and its id.
fn key(data: &Path, more: &[&str]) -> (String, String) {
    let words = ["keys", "create", "--name", "x", "--json"];
    let made = bin::run(words.iter().chain(more).map(Path::new).chain([Path::new("--data"), data]));
    let made = json(&made.expect_success());
    (made["key"].as_str().unwrap().to_owned(), made["id"].as_str().unwrap().to_owned())
}

/// The matrix as it is documented: for each call whether no key, a publishable, a secret and a case team's one is let in.
fn documented() -> Vec<(String, [bool; 4])> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference/roles.md");
    let text = std::fs::read_to_string(page).unwrap();
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| {
        let (call, cells) = row.split_once("` |").unwrap();
        let cells: Vec<bool> = cells.split('|').map(|cell| cell.trim() == "yes").collect();
        (call.to_owned(), cells[..4].try_into().unwrap())
    })
    .collect()
}

#[test]
fn every_endpoint_lets_in_whom_the_matrix_says() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    Served::start(&data, &["--sandbox"]).terminate();
    let (publishable, _) = key(&data, &["--kind", "publishable"]);
    let (team, _) = key(&data, &["--kind", "case-team"]);
    let (live, _) = key(&data, &["--live"]);
    let (revoked, id) = key(&data, &[]);
    bin::run([Path::new("keys"), Path::new("revoke"), Path::new(&id), Path::new("--data"), &data])
        .expect_success();
    let limits = ["--sandbox", "--rate-key", "100000", "--rate-address", "100000", "--rate-cards", "100000"];
    let served = Served::start(&data, &limits);

    // The document lists what there is, each once.
    let document = served.ask("GET", "/v1/openapi.json", &[], b"").json();
    let mut calls = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in
            item.as_object().unwrap().keys().filter(|m| ["get", "post", "delete"].contains(&m.as_str()))
        {
            calls.insert(format!("{} {path}", method.to_ascii_uppercase()));
        }
    }
    let matrix = documented();
    let rows: BTreeSet<String> = matrix.iter().map(|(call, _)| call.clone()).collect();
    assert_eq!(rows, calls, "the matrix has every call of the OpenAPI document, and no other");
    assert_eq!(matrix.len(), endpoints().len());

    let mut tried = 0;
    for (call, admits) in &matrix {
        let (method, path) = call.split_once(' ').unwrap();
        let endpoint = endpoints().iter().find(|e| e.path == path && e.method.as_str() == method).unwrap();
        let sent = if endpoint.method == Method::Post { needed(endpoint.params) } else { Map::new() };
        let body = Value::Object(sent).to_string();
        let path = path.replace("{id}", "x_1");
        let roles = [
            ("no key", None, admits[0]),
            ("publishable", Some(&publishable), admits[1]),
            ("secret", Some(&SECRET.to_owned()), admits[2]),
            ("case team", Some(&team), admits[3]),
            ("of the other mode", Some(&live), admits[0]),
            ("revoked", Some(&revoked), admits[0]),
        ];
        for (role, key, admitted) in roles {
            let bearer = key.map(|key| format!("Bearer {key}"));
            let mut headers = vec![("Content-Type", "application/json")];
            headers.extend(bearer.as_deref().map(|bearer| ("Authorization", bearer)));
            let body = if method == "POST" { body.as_bytes() } else { b"" };
            let reply = served.ask(method, &path, &headers, body);
            let code = serde_json::from_str::<Value>(&reply.text).unwrap_or_default();
            let code = code["error"]["code"].as_str().unwrap_or_default().to_owned();
            let shut_out = reply.status == 401
                || ["secret_key_required", "case_team_key_required"].contains(&code.as_str());
            assert_eq!(!shut_out, admitted, "{call} with {role}: {} {code}", reply.status);
            assert!(reply.status < 500 && reply.status != 429, "{call} with {role}: {}", reply.text);
            tried += 1;
        }
    }
    assert_eq!(tried, 6 * calls.len(), "every role of every endpoint");
    assert_eq!(KeyKind::ALL.len(), 3, "a new kind of key is a new column");
}
