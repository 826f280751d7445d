//! Nine real trading days through the whole platform: the right answer, in one run or nine, and when it is killed.

use pmts_money::Currency;
use pmts_sandbox::issuer::{Issuer, IssuerConfig};
use pmts_tests::{bin, data, rounds};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Lines of the nine files, without the column names.
const INPUT_LINES: u64 = 25_281;

/// The last line of what `pmts` printed.
#[track_caller]
pub(crate) fn last_line(stdout: &str) -> Value {
    let last = stdout.lines().last().expect("something was printed");
    serde_json::from_str(last).unwrap_or_else(|e| panic!("{e}: {last}"))
}

/// Imports these files into a data directory; the last line it printed.
#[track_caller]
pub(crate) fn import<S: AsRef<OsStr>>(files: &[S], data: &Path) -> Value {
    last_line(&bin::run(import_args(files, data, None)).expect_success())
}

pub(crate) fn import_args<S: AsRef<OsStr>>(
    files: &[S],
    data: &Path,
    issuer: Option<&str>,
) -> Vec<std::ffi::OsString> {
    let mut args: Vec<std::ffi::OsString> = ["import", "retail", "--json", "--data"].map(Into::into).to_vec();
    args.push(data.into());
    args.extend(files.iter().map(|f| f.as_ref().to_owned()));
    if let Some(issuer) = issuer {
        args.extend(["--issuer".into(), issuer.into()]);
    }
    args
}

/// What `pmts doctor` counts; it finds no problem.
#[track_caller]
pub(crate) fn doctor(data: &Path) -> Value {
    let outcome = bin::run(["doctor".as_ref(), "--json".as_ref(), "--data".as_ref(), data.as_os_str()]);
    let report = last_line(&outcome.expect_success());
    assert_eq!(report["problems"], json!([]));
    report
}

/// The totals alone: without how long it took and where the rejected lines went.
pub(crate) fn totals(mut report: Value) -> Value {
    let object = report.as_object_mut().unwrap();
    object.remove("seconds").expect("a report says how long it took");
    object.remove("rejects_file").expect("a report says where the rejected lines are");
    report
}

/// A row of a file of rejected lines.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Reject {
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) reason: String,
    pub(crate) detail: String,
    pub(crate) text: String,
}

/// Reads the file of rejected lines that a report names.
#[track_caller]
pub(crate) fn rejects(report: &Value) -> Vec<Reject> {
    let mut reader = csv::Reader::from_path(report["rejects_file"].as_str().unwrap()).unwrap();
    assert_eq!(reader.headers().unwrap(), &["file", "line", "reason", "detail", "text"][..]);
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        let cell = |i: usize| row[i].to_owned();
        Reject {
            file: cell(0),
            line: row[1].parse().unwrap(),
            reason: cell(2),
            detail: cell(3),
            text: cell(4),
        }
    });
    rows.collect()
}

/// How many rejected lines a report counts, by reason together.
pub(crate) fn rejected(report: &Value) -> u64 {
    report["rejected"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum()
}

/// The nine files in order.
fn days(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "csv"))
        .collect();
    files.sort();
    assert_eq!(files.len(), 9);
    files
}

/// The published answer, all fields of it.
#[track_caller]
fn check_right_answer(report: &Value) {
    let totals = totals(report.clone());
    let mut rest = totals.as_object().unwrap().clone();
    let sellers = rest.remove("net_by_seller").unwrap();
    // What the books show on each side is proved by the trial balance; here only that it is balanced and in pounds.
    let balance = rest.remove("trial_balance").unwrap();
    assert_eq!(balance["GBP"]["debits"], balance["GBP"]["credits"]);
    assert_eq!(balance.as_object().unwrap().len(), 1);
    assert_eq!(
        Value::Object(rest),
        json!({
            "orders": 911, "sale_lines": 24_697, "sales_minor": 49_803_557, "refunds_minor": 247_376,
            "refund_lines_full": 100, "refund_lines_part": 1, "rejected": { "original_not_found": 299, "no_sale": 185 },
            "unresolved": 0,
        })
    );
    let mut largest: Vec<(&str, i64)> = sellers
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, net)| (name.as_str(), net.as_i64().unwrap()))
        .collect();
    assert_eq!(largest.iter().map(|s| s.1).sum::<i64>(), 49_803_557 - 247_376, "all sellers together");
    assert_eq!(largest.len(), 31, "30 sellers and the platform");
    largest.sort_by_key(|s| std::cmp::Reverse(s.1));
    assert_eq!(
        largest[..5],
        [
            ("22", 23_762_549),
            ("21", 9_668_150),
            ("84", 3_860_894),
            ("platform", 3_197_762),
            ("85", 2_263_788)
        ]
    );
}

#[test]
fn nine_days_in_one_run_give_the_right_answer() {
    let Some(folder) = data::folder("retail") else { return };
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("data");
    let report = import(&[&folder], &data);
    check_right_answer(&report);
    doctor(&data);

    // The largest order and the customers' side: the issuer's receivable is what was paid less what was given back.
    let args = ["ledger", "trial-balance", "--json", "--data"].map(OsStr::new);
    let trial = last_line(&bin::run(args.into_iter().chain([data.as_os_str()])).expect_success());
    assert_eq!(trial["balanced"], true);
    let lines = &trial["trial_balance"]["GBP"]["lines"];
    assert_eq!(lines["acquirer.receivable"], json!({ "debits": 49_803_557 - 247_376, "credits": 0 }));
    for cleared in ["pay.clearing", "refunds.payable", "memo.authorized", "pay.authorized"] {
        assert_eq!(lines[cleared], json!({ "debits": 0, "credits": 0 }), "{cleared} at rest");
    }
}

#[test]
fn every_line_of_the_files_ends_in_an_order_a_refund_or_the_rejects_file() {
    let Some(folder) = data::folder("retail") else { return };
    let dir = TempDir::new().unwrap();
    let chosen = dir.path().join("elsewhere.csv");
    let mut args = import_args(&[&folder], &dir.path().join("data"), None);
    args.extend(["--rejects".into(), chosen.clone().into()]);
    let report = last_line(&bin::run(args).expect_success());
    assert_eq!(report["rejects_file"].as_str(), chosen.to_str());

    // A return line found in part is a refund and, for its rest, a reject: counted once, among the rejects.
    let count = |field: &str| report[field].as_u64().unwrap();
    assert_eq!(count("sale_lines") + count("refund_lines_full") + rejected(&report), INPUT_LINES);

    let rows = rejects(&report);
    assert_eq!(u64::try_from(rows.len()).unwrap(), rejected(&report));
    let mut by_reason: BTreeMap<&str, u64> = BTreeMap::new();
    let mut places: Vec<(&str, usize)> = Vec::new();
    let texts: HashMap<String, Vec<csv::StringRecord>> = days(&folder)
        .iter()
        .map(|path| {
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(path).unwrap();
            let records: Vec<_> = reader.records().map(Result::unwrap).collect();
            for (i, record) in records.iter().enumerate() {
                let at = record.position().unwrap().line();
                assert_eq!(at, i as u64 + 1, "these files have a record a line");
            }
            (path.file_name().unwrap().to_str().unwrap().to_owned(), records)
        })
        .collect();
    assert_eq!(texts.values().map(|t| t.len() as u64 - 1).sum::<u64>(), INPUT_LINES);
    for row in &rows {
        *by_reason.entry(&row.reason).or_default() += 1;
        places.push((&row.file, row.line));
        let record = &texts[&row.file][row.line - 1];
        assert_eq!(record.iter().collect::<Vec<_>>().join(","), row.text, "{}:{}", row.file, row.line);
    }
    assert_eq!(json!(by_reason), report["rejected"]);
    assert!(places.is_sorted(), "in order of files and lines");
    places.dedup();
    assert_eq!(places.len(), rows.len(), "no line is rejected twice");
    let part: Vec<_> = rows.iter().filter(|r| !r.detail.is_empty()).collect();
    assert_eq!(part.len(), 1, "the line found in part says how much was not: {part:?}");
    let (rest, of) = part[0].detail.split_once(" of ").unwrap();
    let (rest, of): (u32, u32) = (rest.parse().unwrap(), of.parse().unwrap());
    assert!(0 < rest && rest < of);
    assert!(part[0].text.contains(&format!(",-{of},")));
}

#[test]
fn a_run_a_day_and_runs_again_end_with_the_same_totals() {
    let Some(folder) = data::folder("retail") else { return };
    let dir = TempDir::new().unwrap();
    let (together, daily) = (dir.path().join("together"), dir.path().join("daily"));
    let expected = import(&[&folder], &together);
    let mut report = Value::Null;
    let mut paid = 0;
    for day in days(&folder) {
        report = import(&[&day], &daily);
        assert!(report["orders"].as_u64().unwrap() > paid, "each day has orders");
        paid = report["orders"].as_u64().unwrap();
    }
    assert_eq!(totals(report.clone()), totals(expected.clone()));
    assert_eq!(rejects(&report), rejects(&expected));

    for data in [&together, &daily] {
        let before = doctor(data);
        let again = import(&[&folder], data);
        assert_eq!(totals(again.clone()), totals(expected.clone()));
        assert_eq!(rejects(&again), rejects(&expected));
        assert_eq!(doctor(data), before, "nothing was committed");
    }
}

/// Equal seeds give equal numbers (SplitMix64: G. Steele, D. Lea, C. Flood, 2014).
pub(crate) struct Random(u64);

impl Random {
    /// Starts from PMTS_TEST_SEED, or the clock; the seed is printed, so that a failure can be tried again.
    pub(crate) fn announced(test: &str) -> Self {
        let given = std::env::var("PMTS_TEST_SEED").ok().and_then(|s| s.parse().ok());
        let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos().into();
        let seed = given.unwrap_or_else(now);
        eprintln!("{test}: PMTS_TEST_SEED={seed}");
        Self(seed)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % end
    }
}

/// Starts an import and kills it (SIGKILL) after a while; whether it was killed before its end.
fn kill_an_import(folder: &Path, data: &Path, issuer: Option<&str>, after: Duration) -> bool {
    let mut command = bin::command(import_args(&[folder], data, issuer));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    std::thread::sleep(after);
    child.kill().unwrap();
    !child.wait().unwrap().success()
}

/// Kills imports at random moments, then lets one end; the number that were killed in the middle.
fn killed_then_finished(
    random: &mut Random,
    folder: &Path,
    data: &Path,
    issuer: Option<&str>,
) -> (u32, Value) {
    let mut killed = 0;
    for _ in 0..1 + random.below(4) {
        let after = Duration::from_millis(5 + random.below(700));
        killed += u32::from(kill_an_import(folder, data, issuer, after));
    }
    let outcome = bin::run(import_args(&[folder], data, issuer));
    (killed, last_line(&outcome.expect_success()))
}

#[test]
fn killed_anywhere_and_run_again_it_pays_everything_once() {
    let Some(folder) = data::folder("retail") else { return };
    let mut random = Random::announced("killed_anywhere_and_run_again_it_pays_everything_once");
    let runtime = Runtime::new().unwrap();
    let mut killed = 0;
    for round in 0..rounds(12, 4) {
        // The issuer lives here, outside of what is killed: it knows what really happened to the cards.
        let issuer = runtime.block_on(Issuer::bind("127.0.0.1:0", IssuerConfig::default())).unwrap();
        let dir = TempDir::new().unwrap();
        let data = dir.path().join("data");
        let address = issuer.local_addr().to_string();
        let (times, report) = killed_then_finished(&mut random, &folder, &data, Some(&address));
        killed += times;
        eprintln!("round {round}: killed {times} times");
        check_right_answer(&report);
        assert_eq!(u64::try_from(rejects(&report).len()).unwrap(), rejected(&report));
        doctor(&data);

        let seen = issuer.totals(Currency::GBP);
        assert_eq!(seen.captured.sum_minor, 49_803_557, "captured once: {seen:?}");
        assert_eq!(seen.captured.count, 911, "captured once: {seen:?}");
        assert_eq!(seen.refunded.sum_minor, 247_376, "refunded once: {seen:?}");
        assert_eq!(
            (
                seen.authorized.count - seen.reversed.count,
                seen.authorized.sum_minor - seen.reversed.sum_minor
            ),
            (seen.captured.count, seen.captured.sum_minor),
            "no authorization is left behind: {seen:?}"
        );
        assert_eq!(issuer.stats().unmatched_refunds, 0);

        let again = last_line(&bin::run(import_args(&[&folder], &data, Some(&address))).expect_success());
        assert_eq!(totals(again), totals(report));
        assert_eq!(issuer.totals(Currency::GBP), seen, "a finished import asks the issuer for nothing");
    }
    assert!(killed > 0, "no import was killed in the middle");
}

#[test]
fn killed_with_its_own_issuer_it_ends_with_the_same_books() {
    let Some(folder) = data::folder("retail") else { return };
    let mut random = Random::announced("killed_with_its_own_issuer_it_ends_with_the_same_books");
    let mut killed = 0;
    for _ in 0..rounds(6, 2) {
        let dir = TempDir::new().unwrap();
        let data = dir.path().join("data");
        let (times, report) = killed_then_finished(&mut random, &folder, &data, None);
        killed += times;
        check_right_answer(&report);
        doctor(&data);
        assert_eq!(totals(import(&[&folder], &data)), totals(report));
    }
    assert!(killed > 0, "no import was killed in the middle");
}
