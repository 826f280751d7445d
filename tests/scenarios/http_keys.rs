//! `pmts keys`, and what the keys it makes are taken for.

use pmts_tests::bin::{self, Outcome};
use pmts_tests::served::Served;
use serde_json::Value;
use std::ffi::OsStr;
use std::path::Path;

fn keys(data: &Path, words: &[&str]) -> Outcome {
    bin::run(["keys"].iter().chain(words).map(OsStr::new).chain(["--data".as_ref(), data.as_os_str()]))
}

fn json(text: &str) -> Value {
    serde_json::from_str(text.lines().next().unwrap()).unwrap()
}

fn status(served: &Served, key: &str) -> (u16, String) {
    let reply = served.ask("GET", "/v1/balance", &[("Authorization", &format!("Bearer {key}"))], b"");
    let code = if reply.status == 200 { String::new() } else { reply.refusal().1 };
    (reply.status, code)
}

#[test]
fn keys_are_issued_listed_rotated_and_revoked() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    assert!(keys(&data, &["list"]).expect_code(1).starts_with("error[APP_NO_DATA]"));
    let served = Served::start_with_key(&data, &["--sandbox"], None);
    let printed: Vec<&String> = served.said.iter().filter(|l| l.contains(" key key_")).collect();
    assert_eq!(printed.len(), 2, "a secret and a publishable one, this once: {:?}", served.said);
    let first = printed[0].rsplit(' ').next().unwrap().to_owned();
    assert_eq!(status(&served, &first).0, 200);
    assert!(
        keys(&data, &["list"]).expect_code(1).starts_with("error[STORE_IN_USE]"),
        "one process at a time"
    );
    served.terminate();
    assert!(served.wait().success());

    let made = json(&keys(&data, &["create", "--name", "till", "--json"]).expect_success());
    let live = json(&keys(&data, &["create", "--name", "till", "--live", "--json"]).expect_success());
    let key = |v: &Value| v["key"].as_str().unwrap().to_owned();
    let id = |v: &Value| v["id"].as_str().unwrap().to_owned();
    let rotated = json(&keys(&data, &["rotate", &id(&made), "--json"]).expect_success());
    let at_once = json(&keys(&data, &["rotate", &id(&rotated), "--grace", "0", "--json"]).expect_success());
    let listed = keys(&data, &["list", "--json"]).expect_success();
    assert_eq!(listed.lines().count(), 6);
    let text = keys(&data, &["list"]).expect_success();
    for secret in [&first, &key(&made), &key(&rotated), &key(&at_once)] {
        assert!(!listed.contains(secret.as_str()) && !text.contains(secret.as_str()), "keys are shown once");
        for entry in std::fs::read_dir(&data).unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            assert!(!bytes.windows(secret.len()).any(|w| w == secret.as_bytes()), "no key is on disk");
        }
    }
    for (words, code) in [
        (&["revoke", "key_x"][..], "APP_USAGE"),
        (&["revoke", "key_00000000000000000000000001"], "IDENTITY_ID_UNKNOWN"),
        (&["create", "--name", ""], "IDENTITY_NAME"),
    ] {
        assert!(keys(&data, words).expect_code(1).starts_with(&format!("error[{code}]")), "{words:?}");
    }

    let served = Served::start_with_key(&data, &["--sandbox"], None);
    assert!(served.said.is_empty(), "there are keys: none is made: {:?}", served.said);
    assert_eq!(status(&served, &key(&made)).0, 200, "the old one is taken for a day");
    assert_eq!(status(&served, &key(&rotated)), (401, "api_key_expired".into()), "this one is not");
    assert_eq!(status(&served, &key(&at_once)).0, 200);
    assert_eq!(status(&served, &key(&live)), (401, "api_key_wrong_mode".into()));
    served.terminate();
    assert!(served.wait().success());
    keys(&data, &["revoke", &id(&at_once)]).expect_success();
    let served = Served::start_with_key(&data, &["--sandbox"], None);
    assert_eq!(status(&served, &key(&at_once)), (401, "api_key_revoked".into()));
    drop(served);

    // Without its pepper no key is taken any more; it is not made anew in silence.
    std::fs::remove_file(data.join("keys.pepper")).unwrap();
    let outcome = keys(&data, &["list"]);
    assert!(outcome.expect_code(1).starts_with("error[APP_KEY_MISSING]"));
}

#[test]
fn a_first_key_of_the_wrong_form_or_mode_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    for (key, code) in
        [("sk_test_short", "IDENTITY_KEY_MALFORMED"), ("sk_live_abcdefghijklmnopqrstuvwxyz", "APP_USAGE")]
    {
        let mut command = bin::command(["serve", "--sandbox", "--listen", "127.0.0.1:0", "--data"]);
        let outcome = bin::finish(command.arg(&data).env("PMTS_BOOTSTRAP_KEY", key), bin::LIMIT);
        let said = outcome.expect_code(1);
        assert!(said.contains(&format!("error[{code}]")) && !said.contains(key), "{said}");
    }
    let outcome = bin::run(["serve", "--sandbox", "--mode", "live", "--data", data.to_str().unwrap()]);
    assert!(outcome.expect_code(1).contains("error[APP_USAGE]"));
    bin::run(["serve", "--data", data.to_str().unwrap()]).expect_code(2);
}
