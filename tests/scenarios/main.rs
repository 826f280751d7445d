//! Whole-system scenarios: one test binary, each file of this folder a module of it.

#![allow(clippy::unwrap_used)]

mod aml_cases;
mod aml_holds;
mod archive;
mod audit;
mod backup;
mod bank_accounts;
mod bank_files;
mod challenger;
mod cli;
mod crash;
mod currencies;
mod disk;
mod doctor;
mod due_diligence;
mod export_beancount;
mod faults_read;
mod faults_write;
mod fincen;
mod fraud_backtest;
mod fx_history;
mod hardening;
mod http_idempotency;
mod http_input;
mod http_keys;
mod http_sdk;
mod http_service;
mod http_shapes;
mod import_bad_input;
mod import_retail;
mod iso8583_cli;
mod iso8583_host;
mod iso8583_published;
mod iso8583_pyiso;
mod networks;
mod payouts_bank;
mod planted_cards;
mod postgres_nodes;
mod refunds;
mod reports;
mod risk_screen;
mod roles;
mod safety;
mod screening;
mod sensitive_data;
mod unknown;
mod vault_keys;
mod webhooks;

/// The shared helpers, tried on programs that every system has.
mod helpers {
    use pmts_tests::{bin, rounds};
    use std::panic::catch_unwind;
    use std::process::Command;
    use std::time::{Duration, Instant};

    #[test]
    fn a_program_is_run_to_its_end() {
        let script = "echo out; echo err >&2; exit 3";
        let outcome = bin::finish(Command::new("sh").args(["-c", script]), Duration::from_secs(10));
        assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("out\n", "err\n"));
        assert_eq!(outcome.clone().expect_code(3), "err\n");
        assert!(catch_unwind(|| outcome.expect_success()).is_err());
    }

    #[test]
    fn a_program_that_hangs_is_killed() {
        let start = Instant::now();
        let hanging = || bin::finish(Command::new("sleep").arg("60"), Duration::from_millis(50));
        let panic = catch_unwind(hanging).unwrap_err();
        assert!(panic.downcast_ref::<String>().unwrap().starts_with("killed after 50ms"));
        assert!(start.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn more_rounds_unless_quick() {
        assert_eq!(rounds(100, 10), if pmts_tests::quick() { 10 } else { 100 });
    }
}

#[test]
fn every_file_of_the_folder_is_a_module() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let main = std::fs::read_to_string(folder.join("main.rs")).unwrap();
    let mut left_out = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let Some(module) = name.strip_suffix(".rs").filter(|m| *m != "main") else { continue };
        if !main.lines().any(|line| line == format!("mod {module};")) {
            left_out.push(name);
        }
    }
    assert_eq!(left_out, [""; 0], "add them to main.rs as modules");
}
