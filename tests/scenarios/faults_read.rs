//! Bits that turn while the embedded engine reads its files: an answer is right, or an error says that the data is damaged. A
//! wrong value is never given.

use pmts_tests::faults::{Fault, chance};
use pmts_tests::{bin, rounds};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const COMMITS: u64 = 30_000;

fn program(args: &[&str], fault: Option<Fault>) -> bin::Outcome {
    let mut command = Command::new(env!("CARGO_BIN_EXE_store_load"));
    command.args(args);
    if let Some(fault) = fault {
        fault.preload(&mut command);
    }
    bin::finish(&mut command, Duration::from_secs(120))
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn turned_bits_are_named_and_no_answer_is_wrong() {
    let whole = tempfile::tempdir().unwrap();
    program(&["make", whole.path().to_str().unwrap(), &COMMITS.to_string()], None).expect_success();
    let (mut flips, mut refused) = (0, 0);
    let mut sums = [0usize; 3];
    let all = rounds(120, 8) as u64;
    for seed in 0..all {
        for file in ["pmts.db", "index.db"] {
            let dir = tempfile::tempdir().unwrap();
            copy(whole.path(), dir.path());
            // After the opening, most of the reads of a round: some of them single, some one in a few.
            let random = chance(seed);
            let (at, every) = if file == "pmts.db" { (random % 700, 3) } else { (random % 60, 2) };
            let fault = Fault { what: "flip", file, at: 1 + at, calls: 0, every, seed };
            let text = seed.to_string();
            let args = ["read", dir.path().to_str().unwrap(), &COMMITS.to_string(), &text];
            let outcome = program(&args, Some(fault));
            flips += fault.hits(&outcome.stderr);
            let out = outcome.clone().expect_success();
            if let Some(code) = out.strip_prefix("refused ") {
                assert!(["STORE_DAMAGED", "STORE_ENGINE", "STORE_FORMAT"].contains(&code.trim()), "{out}");
                refused += 1;
                continue;
            }
            let numbers: Vec<usize> = out
                .lines()
                .next()
                .and_then(|l| l.strip_prefix("read "))
                .unwrap_or_else(|| panic!("{fault:?}: {out}\n{}", outcome.stderr))
                .split(' ')
                .map(|n| n.parse().unwrap())
                .collect();
            assert_eq!(numbers[3], 0, "{fault:?}: {out}");
            for (sum, n) in sums.iter_mut().zip(&numbers) {
                *sum += n;
            }
        }
    }
    let [right, damaged, absent] = sums;
    println!(
        "{} rounds, {flips} bits turned: {right} answers right, {damaged} refused as damaged, {absent} not found, 0 wrong; {refused} openings refused",
        2 * all
    );
    assert!(flips as u64 > all && damaged > 0 && right > 0, "{flips} bits turned, {damaged} found");
}
