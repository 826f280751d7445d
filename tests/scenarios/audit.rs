//! The audit of privileged actions: each is told once, whatever was tampered with is found, and a checkpoint that others can check shows what was cut off.

use pmts_store::local_postgres::LocalPostgres;
use pmts_tests::bin;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use tokio_postgres::Client;

/// Runs a command as a user of the system.
fn pmts(data: &Path, args: &[&str], database: Option<&str>) -> bin::Outcome {
    let mut command = bin::command(args.iter().map(Path::new).chain([Path::new("--data"), data]));
    command.env("USER", "ann").args(database.map(|url| ["--database", url]).into_iter().flatten());
    bin::finish(&mut command, std::time::Duration::from_secs(120))
}

fn json(text: &str) -> Value {
    serde_json::from_str(text.lines().last().unwrap_or_default()).unwrap_or_else(|e| panic!("{e}: {text}"))
}

/// Issues so many keys; the id of the last.
fn issue(data: &Path, count: usize, database: Option<&str>) -> String {
    let key = |_| {
        let made = pmts(data, &["keys", "create", "--name", "till", "--json"], database).expect_success();
        json(&made)["id"].as_str().unwrap().to_owned()
    };
    let keys: Vec<String> = (0..count).map(key).collect();
    keys.last().unwrap().clone()
}

/// Whether openssl takes the signature of a checkpoint.
fn openssl_takes(checkpoint: &str, dir: &Path) -> bool {
    let (signed, signature) = checkpoint.split_once("signature ").unwrap();
    let key = signed.lines().find_map(|line| line.strip_prefix("key ")).unwrap();
    let hex = |text: &str| -> Vec<u8> {
        let two = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
        (0..text.len()).step_by(2).map(two).collect()
    };
    // SubjectPublicKeyInfo of Ed25519 (RFC 8410) is this and the 32 bytes.
    let der = [hex("302a300506032b6570032100"), hex(key)].concat();
    let file = |name: &str, bytes: &[u8]| -> PathBuf {
        std::fs::write(dir.join(name), bytes).unwrap();
        dir.join(name)
    };
    let (key, text) = (file("key.der", &der), file("signed", signed.as_bytes()));
    let signature = file("signature", &hex(signature.trim_end()));
    let mut judge = Command::new("openssl");
    judge.args(["pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER", "-inkey"]).arg(key);
    judge.arg("-in").arg(text).arg("-sigfile").arg(signature).output().unwrap().status.success()
}

#[test]
fn privileged_actions_are_told_and_a_checkpoint_shows_what_was_cut_off() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    bin::run(["demo", "--orders", "20", "--data", data.to_str().unwrap()]).expect_success();
    let first = pmts(&data, &["audit", "list"], None).expect_success();
    assert_eq!(first.matches("_keys").count(), 2, "the keys of vault and cases: {first}");
    let key = issue(&data, 2, None);
    let account = [
        "payouts",
        "account",
        "EUR",
        "--iban",
        "DE89370400440532013000",
        "--bic",
        "COBADEFFXXX",
        "--name",
        "Shop",
        "--by",
        "eve",
    ];
    pmts(&data, &account, None).expect_success();
    assert!(
        pmts(&data, &["audit", "list", "--who", "user:eve"], None).expect_success().contains("own_account")
    );
    pmts(&data, &["keys", "revoke", &key], None).expect_success();
    let list = pmts(&data, &["audit", "list", "--json", "--who", "user:ann"], None).expect_success();
    assert_eq!(list.lines().count(), 3, "{list}");
    let newest: Value = serde_json::from_str(list.lines().next().unwrap()).unwrap();
    assert_eq!(
        (newest["changes"][0]["kind"].as_str(), &newest["changes"][0]["version"]),
        (Some("api_key"), &2.into())
    );
    assert!(pmts(&data, &["audit", "list"], None).expect_success().contains("api_key"));
    let verify = ["audit", "verify", "--json"];
    let well = json(&pmts(&data, &verify, None).expect_success());
    assert!(well["rows"].as_u64() >= Some(3) && well["commits"].as_u64() > Some(20), "{well}");

    // The checkpoint is kept outside; others can check it.
    let out = dir.path().join("checkpoint");
    let write = ["audit", "checkpoint", "--out", out.to_str().unwrap()];
    assert!(pmts(&data, &write, None).expect_success().contains("keep it"));
    pmts(&data, &write, None).expect_code(1);
    let text = std::fs::read_to_string(&out).unwrap();
    assert!(openssl_takes(&text, dir.path()));
    assert!(!openssl_takes(&text.replacen("rows ", "rows 1", 1), dir.path()), "the judge can say no");
    let past = |data: &Path| pmts(data, &["audit", "verify", "--checkpoint", out.to_str().unwrap()], None);
    past(&data).expect_success();

    // A copy of before: it fits together, but the checkpoint has come farther.
    let old = dir.path().join("old");
    std::fs::create_dir(&old).unwrap();
    for entry in std::fs::read_dir(&data).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_file()) {
        std::fs::copy(&entry, old.join(entry.file_name().unwrap())).unwrap();
    }
    issue(&data, 2, None);
    past(&data).expect_success();
    std::fs::remove_file(&out).unwrap();
    pmts(&data, &write, None).expect_success();
    pmts(&old, &verify, None).expect_success();
    assert!(past(&old).expect_code(1).contains("APP_PROBLEMS"));
    let told = past(&old).stdout;
    assert!(told.contains("rows are missing: the checkpoint"), "{told}");

    // Another key, and a checkpoint that was written by hand.
    let key = "00".repeat(32);
    let other = ["audit", "verify", "--checkpoint", out.to_str().unwrap(), "--key", &key];
    assert!(pmts(&data, &other, None).expect_code(1).contains("APP_AUDIT_CHECKPOINT"));
    let text = std::fs::read_to_string(&out).unwrap();
    std::fs::write(&out, text.replacen("hash ", "hash 0", 1)).unwrap();
    assert!(past(&data).expect_code(1).contains("its signature is wrong"));

    // A byte of a row, on the disk.
    let main = data.join("pmts.db");
    let mut bytes = std::fs::read(&main).unwrap();
    let at = bytes.windows(14).position(|w| w == br#""by":"user:ann"#).expect("a row lies in clear");
    bytes[at + 11] = b'b';
    std::fs::write(&main, bytes).unwrap();
    pmts(&data, &verify, None).expect_code(1);
}

#[test]
fn rows_changed_in_a_database_are_found() {
    if LocalPostgres::programs().is_none() {
        pmts_tests::skips::note("there is no Postgres here: install one, or set PMTS_POSTGRES_BIN");
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let server = LocalPostgres::start(&[]).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let (data, url) = (dir.path().join("data"), server.url().to_string());
    let client: Client = runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    });
    issue(&data, 6, Some(&url));
    let verify = || pmts(&data, &["audit", "verify", "--rows-only"], Some(&url));
    verify().expect_success();
    let id = |n: u32| format!("id = '00000000-0000-0000-0000-{n:012x}'");
    let row = |n: u32| format!("kind = 'audit' AND {}", id(n));
    let swap = format!(
        "UPDATE records r SET body = o.body FROM records o WHERE r.kind = 'audit' AND o.kind = 'audit' AND (r.{} AND o.{} OR r.{} AND o.{})",
        id(2),
        id(3),
        id(3),
        id(2),
    );
    for (sql, told) in [
        (
            format!("UPDATE records SET body = replace(body, 'user:ann', 'user:bob') WHERE {}", row(4)),
            "row 4 was changed",
        ),
        (format!("DELETE FROM records WHERE {}", row(5)), "rows 5 to 5 are missing"),
        (swap, "missing"),
        (
            "UPDATE records SET body = replace(body, 'till', 'tell') WHERE kind = 'api_key'".to_owned(),
            "api_key",
        ),
    ] {
        runtime.block_on(async {
            client.batch_execute("CREATE TABLE kept AS TABLE records").await.unwrap();
            assert!(client.execute(&sql, &[]).await.unwrap() > 0, "{sql}");
        });
        let outcome = verify();
        assert!(outcome.stdout.contains(told), "{sql}: {}{}", outcome.stdout, outcome.stderr);
        outcome.expect_code(1);
        let back = "DELETE FROM records; INSERT INTO records SELECT * FROM kept; DROP TABLE kept";
        runtime.block_on(client.batch_execute(back)).unwrap();
        verify().expect_success();
    }
}
