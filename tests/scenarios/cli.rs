//! The `pmts` program as people and programs use it: tables and JSON, paging, errors with codes, closed pipes.

use super::import_retail::{doctor, last_line, totals};
use pmts_sandbox::issuer::TestCards;
use pmts_tests::bin;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A made-up day in a data directory of its own: one process at a time may open it.
struct Day {
    folder: TempDir,
    /// What the demo said.
    said: String,
}

impl Day {
    fn made_up() -> Self {
        let folder = TempDir::new().unwrap();
        let said = demo(300, &folder.path().join("day"), &[]);
        Self { folder, said }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("day")
    }

    /// Runs these words on it.
    fn on(&self, words: &[&str]) -> bin::Outcome {
        let data = self.data();
        bin::run(words.iter().map(OsStr::new).chain(["--data".as_ref(), data.as_os_str()]))
    }

    /// The lines of JSON that these words print.
    #[track_caller]
    fn rows(&self, words: &[&str]) -> Vec<Value> {
        let text = self.on(words).expect_success();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

#[track_caller]
fn demo(orders: u32, data: &Path, more: &[&str]) -> String {
    let orders = orders.to_string();
    let args = ["demo", "--orders", &orders, "--seed", "7", "--answer-timeout", "1500", "--data"];
    let args = args.iter().map(OsStr::new).chain([data.as_os_str()]);
    bin::run(args.chain(more.iter().map(OsStr::new))).expect_success()
}

#[test]
fn a_demo_again_changes_nothing() {
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("day");
    let report = last_line(&demo(300, &data, &["--json"]));
    assert_eq!(report["unresolved"], 0);
    let paid = report["orders"].as_u64().unwrap();
    assert!((250..300).contains(&paid), "most are paid, some are declined: {paid}");
    assert!(report["rejected"]["payment_declined"].as_u64().unwrap() > 0);
    let balance = &report["trial_balance"]["GBP"];
    assert_eq!(balance["debits"], balance["credits"]);
    assert!(balance["debits"].as_i64().unwrap() > 0);
    let sellers = report["net_by_seller"].as_object().unwrap().values().map(|n| n.as_i64().unwrap());
    let (sales, refunds) =
        (report["sales_minor"].as_i64().unwrap(), report["refunds_minor"].as_i64().unwrap());
    assert_eq!(sellers.sum::<i64>(), sales - refunds);
    let before = doctor(&data);
    assert_eq!(totals(last_line(&demo(300, &data, &["--json"]))), totals(report.clone()));
    assert_eq!(doctor(&data), before);

    let elsewhere = last_line(&demo(300, &dir.path().join("other"), &["--json"]));
    assert_eq!(totals(elsewhere), totals(report), "equal seeds make equal days");
}

#[test]
fn a_demo_ends_with_commands_that_work() {
    let day = Day::made_up();
    let text = &day.said;
    let (_, next) = text.split_once("\nWhat to look at next:\n").expect("it says what to look at next");
    let data = day.data();
    let mut tried = 0;
    for line in next.lines() {
        let mut words = line.split_whitespace();
        assert!(words.next().is_some_and(|program| program.ends_with("pmts")), "{line}");
        if line.contains("FILES") {
            continue; // Stands for files of one's own.
        }
        assert!(line.contains(data.to_str().unwrap()), "{line}");
        assert_ne!(bin::run(words).expect_success(), "", "{line}");
        tried += 1;
    }
    assert!(tried >= 4, "{next}");
    assert!(text.contains("debits equal credits"));
}

#[test]
fn the_trial_balance_is_the_same_for_people_and_programs() {
    let day = Day::made_up();
    let trial = &day.rows(&["ledger", "trial-balance", "--json"])[0];
    assert_eq!(trial["balanced"], true);
    let pounds = &trial["trial_balance"]["GBP"];
    let sum = |side: &str| -> i64 {
        pounds["lines"].as_object().unwrap().values().map(|line| line[side].as_i64().unwrap()).sum()
    };
    for side in ["debits", "credits"] {
        assert_eq!(json!(sum(side)), pounds[side]);
    }
    let text = day.on(&["ledger", "trial-balance"]).expect_success();
    assert!(text.ends_with("debits equal credits\n"), "{text}");
    let shown: Vec<String> = text
        .lines()
        .find(|l| l.trim_start().starts_with("total"))
        .unwrap()
        .split_whitespace()
        .skip(1)
        .map(|cell| cell.replace([',', '.'], ""))
        .collect();
    assert_eq!(shown, [&trial["accounts"], &pounds["debits"], &pounds["credits"]].map(Value::to_string));
    for name in pounds["lines"].as_object().unwrap().keys() {
        assert!(text.contains(name.as_str()), "{name}");
    }

    let past = &day.rows(&["ledger", "trial-balance", "--json", "--at", "2020-01-01"])[0];
    assert_eq!(past["balanced"], true);
    if let Some(lines) = past["trial_balance"]["GBP"]["lines"].as_object() {
        assert!(lines.values().all(|line| *line == json!({ "debits": 0, "credits": 0 })), "{past}");
    }
    let now = &day.rows(&["ledger", "trial-balance", "--json", "--at", "2999-12-31T23:59:59Z"])[0];
    assert_eq!(now, trial);
}

#[test]
fn the_trial_balance_of_a_moment_in_between_balances() {
    let day = Day::made_up();
    let entries =
        day.rows(&["ledger", "statement", "acquirer.receivable", "", "--json", "--limit", "100000"]);
    let middle = &entries[entries.len() / 2];
    let at = middle["time"].as_str().unwrap().to_owned();
    let trial = &day.rows(&["ledger", "trial-balance", "--json", "--at", &at])[0];
    assert_eq!(trial["balanced"], true);
    let owed = trial["trial_balance"]["GBP"]["lines"]["acquirer.receivable"]["debits"].as_i64().unwrap();
    // Times grow with entries: what was owed then is the balance after some entry next to the one in the middle.
    let all: Vec<i64> = entries.iter().map(|e| e["balance_minor"].as_i64().unwrap()).collect();
    assert!(all.contains(&owed), "{owed} was never the balance");
    assert!(owed > 0 && owed != *all.last().unwrap());
}

#[test]
fn accounts_are_listed_page_by_page_each_once() {
    let day = Day::made_up();
    let all = day.rows(&["ledger", "accounts", "--json", "--limit", "100000"]);
    let trial = &day.rows(&["ledger", "trial-balance", "--json"])[0];
    assert_eq!(json!(all.len()), trial["accounts"]);
    let mut paged: Vec<Value> = Vec::new();
    let mut after = 0;
    loop {
        let page =
            day.rows(&["ledger", "accounts", "--json", "--limit", "97", "--after", &after.to_string()]);
        assert!(page.len() <= 97);
        let Some(last) = page.last() else { break };
        after = last["number"].as_u64().unwrap();
        paged.extend(page);
    }
    assert_eq!(paged, all);
    let ids: BTreeSet<&str> = all.iter().map(|a| a["account"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), all.len());

    let of_line = day.rows(&["ledger", "accounts", "--json", "--chart", "seller.pending", "--limit", "1000"]);
    let number = of_line[0]["chart"].to_string();
    assert_eq!(day.rows(&["ledger", "accounts", "--json", "--chart", &number, "--limit", "1000"]), of_line);
    let pending: Vec<Value> = all.iter().filter(|a| a["line"] == "seller.pending").cloned().collect();
    assert_eq!(pending, of_line);
    let owner = of_line[0]["owner"].as_str().unwrap();
    assert_eq!(day.rows(&["ledger", "accounts", "--json", "--owner", owner]), of_line[..1]);
    assert_eq!(day.rows(&["ledger", "accounts", "--json", "--owner", "nobody"]), [json!(null); 0]);

    let text = day.on(&["ledger", "accounts", "--limit", "5"]).expect_success();
    assert_eq!(text.lines().count(), 7, "a head, five accounts, and that there are more:\n{text}");
    let next = text.lines().last().unwrap().strip_prefix("there are more: ").unwrap();
    let more: Vec<&str> =
        ["ledger", "accounts", "--json", "--limit", "1"].into_iter().chain(next.split(' ')).collect();
    assert_eq!(day.rows(&more), all[5..6], "the way it names goes on");
}

/// The amount in the row of a table whose text has this word, by its place from the right.
fn shown(text: &str, word: &str, from_right: usize) -> i64 {
    let line = text.lines().find(|l| l.split_whitespace().any(|w| w == word)).unwrap();
    let cell = line.split_whitespace().rev().nth(from_right).unwrap();
    cell.replace([',', '.'], "").parse().unwrap()
}

#[test]
fn a_statement_adds_up_from_opening_to_closing() {
    let day = Day::made_up();
    let words = ["ledger", "statement", "seller.pending", "seller:12"];
    let json_words = |more: &[&'static str]| -> Vec<&str> {
        words.iter().copied().chain(["--json"]).chain(more.iter().copied()).collect()
    };
    let all = day.rows(&json_words(&["--limit", "100000"]));
    assert!(all.len() > 50);
    let mut balance = 0;
    for line in &all {
        let change = line["change_minor"].as_i64().unwrap();
        balance += change;
        assert_eq!(line["balance_minor"], balance, "{line}");
        assert_eq!(change.abs(), line["amount_minor"].as_i64().unwrap(), "sellers have no reservations yet");
    }
    let account =
        &day.rows(&["ledger", "accounts", "--json", "--chart", "seller.pending", "--owner", "seller:12"])[0];
    assert_eq!((&account["balance_minor"], &account["entries"]), (&json!(balance), &json!(all.len())));
    let id = account["account"].as_str().unwrap();
    assert_eq!(day.rows(&["ledger", "statement", id, "--json", "--limit", "100000"]), all, "by its id");
    assert!(all.is_sorted_by_key(|l| l["sequence"].as_u64().unwrap()));

    let mut paged: Vec<Value> = Vec::new();
    let mut after = 0;
    loop {
        let after_text = after.to_string();
        let mut page = json_words(&["--limit", "7", "--after"]);
        page.push(&after_text);
        let page = day.rows(&page);
        assert!(page.len() <= 7);
        let Some(last) = page.last() else { break };
        after = last["sequence"].as_u64().unwrap();
        paged.extend(page);
    }
    assert_eq!(paged, all, "page by page every line once");

    let text = day.on(&[&words[..], &["--limit", "100000"]].concat()).expect_success();
    assert_eq!(shown(&text, "opening", 1), 0);
    assert_eq!(shown(&text, "closing", 1), balance);
    let middle = all.len() / 2;
    let from = all[middle]["time"].as_str().unwrap().to_owned();
    let later = day.rows(&[&words[..], &["--json", "--limit", "100000", "--from", &from]].concat());
    let earlier = day.rows(&[&words[..], &["--json", "--limit", "100000", "--until", &from]].concat());
    assert!(!later.is_empty() && !earlier.is_empty());
    assert_eq!([earlier.clone(), later].concat(), all, "a moment divides them");
    let text = day.on(&[&words[..], &["--limit", "100000", "--from", &from]].concat()).expect_success();
    assert_eq!(json!(shown(&text, "opening", 1)), earlier.last().unwrap()["balance_minor"]);
    assert_eq!(shown(&text, "closing", 1), balance);
    let text = day.on(&[&words[..], &["--limit", "3"]].concat()).expect_success();
    let next = format!("there are more: --after {}", all[2]["sequence"]);
    assert_eq!(text.lines().last(), Some(next.as_str()));
}

#[test]
fn what_does_not_exist_is_an_error_with_a_code() {
    let day = Day::made_up();
    for (words, why) in [
        (&["ledger", "accounts", "--chart", "seller.nothing"][..], "seller.nothing"),
        (&["ledger", "accounts", "--chart", "70000"], "70000"),
        (&["ledger", "accounts", "--owner", "two words"], "owner"),
        (&["ledger", "statement", "seller.pending", "seller:none"], "seller:none"),
        (&["ledger", "statement", "seller.pending"], "seller.pending"),
        (&["ledger", "statement", "acct_00000000000000000000000001"], "acct_00000000000000000000000001"),
        (&["ledger", "statement", "acct_short"], "acct_short"),
        (&["ledger", "statement", "seller.pending", "seller:12", "--from", "yesterday"], "yesterday"),
        (&["ledger", "statement", "seller.pending", "seller:12", "--until", "2026-02-30"], "2026-02-30"),
        (&["ledger", "trial-balance", "--at", "2026-13-01"], "2026-13-01"),
        (&["ledger", "trial-balance", "--at", ""], "moment"),
    ] {
        let outcome = day.on(words);
        assert_eq!(outcome.stdout, "", "{words:?}");
        let said = outcome.expect_code(1);
        assert!(said.starts_with("error[APP_USAGE]: ") && said.contains(why), "{words:?}: {said}");
    }
    for words in [
        &["ledger", "trial-balance", "--limit", "1"][..],
        &["ledger", "accounts", "--limit", "-1"],
        &["ledger", "accounts", "--after", "x"],
        &["export", "--format", "unknown"],
        &["nothing"],
    ] {
        assert!(
            day.on(words).expect_code(2).contains("error: "),
            "{words:?}: a command line that cannot be read"
        );
    }
}

#[test]
fn a_data_directory_that_is_not_there_is_not_made() {
    let dir = TempDir::new().unwrap();
    let missing = dir.path().join("missing");
    for words in [
        &["ledger", "accounts"][..],
        &["ledger", "trial-balance"],
        &["ledger", "statement", "seller.pending", "seller:12"],
        &["export", "--format", "beancount"],
        &["doctor"],
    ] {
        let args = words.iter().map(OsStr::new).chain(["--data".as_ref(), missing.as_os_str()]);
        let said = bin::run(args).expect_code(1);
        assert!(
            said.starts_with("error[APP_NO_DATA]: ") && said.contains(missing.to_str().unwrap()),
            "{said}"
        );
        assert!(!missing.exists());
    }
}

#[test]
fn the_data_directory_can_come_from_the_environment() {
    let day = Day::made_up();
    let mut command = bin::command(["ledger", "trial-balance", "--json"]);
    let out = bin::finish(command.env("PMTS_DATA", day.data()), bin::LIMIT).expect_success();
    assert_eq!(last_line(&out), day.rows(&["ledger", "trial-balance", "--json"])[0]);
}

#[test]
fn a_reader_that_stops_reading_is_no_failure() {
    let day = Day::made_up();
    let data = day.data();
    for words in [
        &["ledger", "accounts", "--limit", "100000"][..],
        &["ledger", "accounts", "--limit", "100000", "--json"],
        &["ledger", "trial-balance"],
        &["export", "--format", "beancount"],
        &["demo", "--orders", "300", "--seed", "7", "--answer-timeout", "100"],
        &["sandbox", "--cards"],
        &["--help"],
    ] {
        let mut command = bin::command(words);
        if !matches!(words[0], "sandbox" | "--help") {
            command.arg("--data").arg(&data);
        }
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take()); // The very first line finds nobody there.
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?}: {}: {said}", output.status);
        assert_eq!(said, "", "{words:?}");
    }
    let mut shell = Command::new("sh");
    let script = "\"$0\" ledger accounts --limit 100000 --data \"$1\" | head -1; exit 0";
    let outcome = bin::finish(shell.args(["-c", script]).arg(bin::pmts()).arg(&data), bin::LIMIT);
    assert_eq!((outcome.stdout.lines().count(), outcome.stderr.as_str()), (1, ""));
}

#[test]
fn the_sandbox_lists_its_cards() {
    let text = bin::run(["sandbox", "--cards"]).expect_success();
    let cards = TestCards::default();
    let mut listed = 0;
    for (pan, behaviour) in cards.iter() {
        let line = text.lines().find(|l| l.split_whitespace().next() == Some(pan));
        assert!(line.is_some_and(|l| l.contains(&behaviour.to_string())), "{pan}: {text}");
        listed += 1;
    }
    assert!(listed > 5);
    assert_eq!(text.lines().count(), listed + 2, "a head, the cards, and what the others do");
    let said = bin::run(["sandbox", "--listen", "127.0.0.1:99999"]).expect_code(1);
    assert!(said.starts_with("error[SANDBOX_BIND]: "), "{said}");
}
