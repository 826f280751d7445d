//! The official Stripe SDK (PyPI), unchanged and in its own process, against a running server.

use pmts_tests::served::{SECRET, Served};
use pmts_tests::{bin, tools};
use std::path::Path;
use std::process::Command;

#[test]
fn the_official_sdk_runs_the_whole_life_of_a_payment() {
    let dir = tempfile::tempdir().unwrap();
    let served = Served::start(&dir.path().join("data"), &["--sandbox"]);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join("py").join("stripe_life.py");
    let mut command = Command::new(tools::python());
    command.arg(script).arg(format!("http://{}", served.address)).arg(SECRET);
    let said = bin::finish(&mut command, bin::LIMIT).expect_success();
    assert_eq!(said, "done\n");

    let trial = served.get("/v1/ledger/trial_balance").expect(200);
    assert_eq!(trial["balanced"], true);
    let log = served.log();
    for secret in ["4242424242424242", "5555555555554444", SECRET, "crème"] {
        assert!(!log.contains(secret), "the log has {secret}");
    }
}
