//! The embedded store under load, killed with SIGKILL at random moments: every acknowledged commit is there whole, no
//! other in part, ledger and records agree, and no card number is on disk.

use pmts_store::{EmbeddedOptions, EmbeddedStore, Until};
use pmts_tests::{bin, load, rounds};
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Rounds on one directory, before a new one is begun.
const ROUNDS_PER_DIR: usize = 10;

#[test]
fn acknowledged_commits_survive_sigkill_whole() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let random = RandomState::new();
    let (mut seen, mut killed_in_flight) = (0, 0);
    let (mut copies, mut copies_cut) = (0, 0);
    let all = rounds(200, 8);
    let mut dir = tempfile::tempdir().unwrap();
    let mut acknowledged = Vec::new();
    for round in 0..all {
        if round % ROUNDS_PER_DIR == 0 {
            dir = tempfile::tempdir().unwrap();
            acknowledged.clear();
        }
        let first = 1 + (round as u64) * 1_000_000;
        let wait = Duration::from_millis(15 + random.hash_one(round) % 250);
        // While the child writes, another process copies the directory: sometimes it is killed as well.
        let copy = tempfile::tempdir().unwrap();
        let copied = copying(dir.path(), copy.path(), wait / 3, round % 4 == 3);
        let (fresh, at_copy) = killed_after(dir.path(), first, wait);
        match copied.join().unwrap() {
            Some(begun) => {
                let told: Vec<u64> = at_copy
                    .iter()
                    .filter(|(_, at)| *at < begun)
                    .map(|(n, _)| *n)
                    .chain(acknowledged.iter().copied())
                    .collect();
                copies += usize::from(whole_copy(copy.path(), &told, &runtime));
            }
            None => copies_cut += usize::from(!copy.path().join("pmts.db").exists()),
        }
        acknowledged.extend_from_slice(&fresh);
        let store = EmbeddedStore::open(dir.path(), EmbeddedOptions::default()).unwrap();
        let there = runtime
            .block_on(load::check(&store, &acknowledged, true))
            .unwrap_or_else(|e| panic!("round {round}, killed after {wait:?}: {e:#}"));
        killed_in_flight += there - acknowledged.len();
        drop(store);
        // What was written but not acknowledged counts as there from now on: nobody was told it is not.
        seen += fresh.len();
        acknowledged = acknowledged_and_there(dir.path(), &runtime, acknowledged);
        no_card_number(dir.path(), first);
    }
    println!(
        "{all} rounds, {seen} acknowledged commits, {killed_in_flight} more were durable when the answer was cut off; {copies} copies taken under load and restored, {copies_cut} cut off and not taken for whole"
    );
    assert!(copies > all / 4, "only {copies} copies were taken");
    assert!(seen > all * 10, "the load was too small to prove anything: {seen} commits");
}

/// Starts the child, lets it run for a while, kills it; gives what it acknowledged.
fn killed_after(dir: &Path, first: u64, wait: Duration) -> (Vec<u64>, Vec<(u64, Instant)>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_store_load"))
        .args(["load", dir.to_str().unwrap(), &first.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap());
    let reader = std::thread::spawn(move || {
        let numbers = lines.lines().map_while(Result::ok).filter_map(|l| l.parse().ok());
        numbers.map(|n| (n, Instant::now())).collect::<Vec<(u64, Instant)>>()
    });
    std::thread::sleep(wait);
    child.kill().unwrap();
    child.wait().unwrap();
    let told = reader.join().unwrap();
    (told.iter().map(|(n, _)| *n).collect(), told)
}

/// Copies the directory with `pmts backup` after a while; gives when that was begun if the copy was made. `cut`: it is killed.
fn copying(dir: &Path, to: &Path, wait: Duration, cut: bool) -> std::thread::JoinHandle<Option<Instant>> {
    let (dir, to) = (dir.to_owned(), to.to_owned());
    std::thread::spawn(move || {
        std::thread::sleep(wait);
        let begun = Instant::now();
        let args = ["backup", "--data", dir.to_str().unwrap(), "--to", to.to_str().unwrap()];
        let mut child = bin::command(args).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        if cut {
            std::thread::sleep(Duration::from_millis(2 + wait.as_millis() as u64 % 20));
            child.kill().unwrap();
        }
        let done = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        // In the first moments there is nothing to copy yet.
        assert!(
            done.status.success() || cut || said.contains("APP_NO_DATA") || said.contains("STORE_FORMAT"),
            "{said}"
        );
        done.status.success().then_some(begun)
    })
}

/// A copy is restored, holds what was acknowledged before it was begun, and is whole. `false`: it was begun before that.
fn whole_copy(copy: &Path, told: &[u64], runtime: &tokio::runtime::Runtime) -> bool {
    let back = tempfile::tempdir().unwrap();
    EmbeddedStore::restore(copy, back.path(), Until::Last).unwrap();
    let store = EmbeddedStore::open(back.path(), EmbeddedOptions::default()).unwrap();
    runtime.block_on(load::check(&store, told, true)).unwrap_or_else(|e| panic!("the copy: {e:#}"));
    !told.is_empty()
}

fn acknowledged_and_there(
    dir: &Path,
    runtime: &tokio::runtime::Runtime,
    mut acknowledged: Vec<u64>,
) -> Vec<u64> {
    use pmts_store::{ListQuery, StoreExt};
    let store = EmbeddedStore::open(dir, EmbeddedOptions::default()).unwrap();
    let all = ListQuery { limit: usize::MAX >> 1, ..ListQuery::all("numbered") };
    let (page, _) = runtime.block_on(store.list_typed::<load::Numbered>(all)).unwrap();
    acknowledged.clear();
    acknowledged.extend(page.iter().map(|r| r.value.number()));
    acknowledged
}

/// No card that went into the vault is in any file, neither as text nor packed two digits a byte.
fn no_card_number(dir: &Path, first: u64) {
    let pans: Vec<String> = (first..first + 4_000)
        .filter(|n| n.is_multiple_of(4))
        .map(|n| load::pan(n).expose().to_owned())
        .collect();
    let prefix = b"515151";
    let packed_prefix = [0x51, 0x51, 0x51];
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        for (at, window) in bytes.windows(16).enumerate() {
            if window.starts_with(prefix)
                && std::str::from_utf8(window).is_ok_and(|w| pans.iter().any(|p| p == w))
            {
                panic!("a card number is in {} at byte {at}", path.display());
            }
            if window.starts_with(&packed_prefix) {
                let text: String = window[..8].iter().map(|b| format!("{b:02x}")).collect();
                assert!(!pans.contains(&text), "a packed card number is in {} at byte {at}", path.display());
            }
        }
    }
}

#[test]
fn the_scan_for_card_numbers_finds_a_planted_one() {
    for plant in [load::pan(4).expose().as_bytes().to_vec(), pmts_tests::load::packed(&load::pan(8))] {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(
            dir.path().join("x"),
            [b"before".as_slice(), &plant, b"and some more after it"].concat(),
        )
        .unwrap();
        assert!(std::panic::catch_unwind(|| no_card_number(dir.path(), 1)).is_err());
    }
}
