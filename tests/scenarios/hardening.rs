//! A server that takes real money refuses settings that give secrets away, and none leaves its memory behind.

use pmts_tests::bin;
use pmts_tests::served::Served;
use std::path::Path;

fn live(data: &Path, args: &[&str]) -> bin::Outcome {
    let words = ["serve", "--mode", "live", "--host", "127.0.0.1:1", "--data", data.to_str().unwrap()];
    bin::run(words.iter().chain(args))
}

#[test]
fn live_mode_refuses_what_gives_secrets_away() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let open = live(&data, &["--listen", "0.0.0.0:0"]).expect_code(1);
    assert!(open.contains("error[APP_UNSAFE]") && open.contains("--tls-elsewhere"), "{open}");
    let url = "postgres://shop:hunter2@127.0.0.1:1/shop";
    let typed = live(&data, &["--listen", "127.0.0.1:0", "--database", url]).expect_code(1);
    assert!(typed.contains("error[APP_UNSAFE]") && !typed.contains("hunter2"), "{typed}");
    assert!(!data.exists(), "nothing was begun");

    // The same out of the environment goes on, to a database that is not there.
    let mut command = bin::command([
        "serve",
        "--mode",
        "live",
        "--host",
        "127.0.0.1:1",
        "--listen",
        "127.0.0.1:0",
        "--data",
    ]);
    command.arg(&data).env("DATABASE_URL", url);
    let asked = bin::finish(&mut command, std::time::Duration::from_secs(60)).expect_code(1);
    assert!(!asked.contains("APP_UNSAFE") && !asked.contains("hunter2"), "{asked}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_server_leaves_no_core_file() {
    let dir = tempfile::tempdir().unwrap();
    let served = Served::start(&dir.path().join("data"), &["--sandbox"]);
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", served.id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
}
