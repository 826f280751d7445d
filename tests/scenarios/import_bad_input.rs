//! Imports of what is wrong: each wrong line is named with its place and reason and the rest is paid; what cannot be
//! begun is refused with a code, and nothing of it is done.

use super::import_retail::{Reject, doctor, import, import_args, last_line, rejected, rejects, totals};
use pmts_store::{EmbeddedOptions, EmbeddedStore};
use pmts_tests::{bin, tools};
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const HEAD: &str = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

/// A folder of files and a data directory.
struct Shop(TempDir);

impl Shop {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// A day with these lines below the column names.
    fn day(&self, name: &str, lines: &str) -> PathBuf {
        self.file(name, format!("{HEAD}{lines}"))
    }

    #[track_caller]
    fn import(&self, files: &[&Path]) -> Value {
        let report = import(files, &self.data());
        doctor(&self.data());
        assert_eq!(u64::try_from(rejects(&report).len()).unwrap(), rejected(&report));
        report
    }

    /// An import that is refused with this code: what it says.
    #[track_caller]
    fn refused(&self, files: &[&Path], more: &[&str], code: &str) -> String {
        let args = import_args(files, &self.data(), None);
        refused(args.iter().map(|a| a.as_os_str()).chain(more.iter().map(OsStr::new)), code)
    }

    /// What is in the books now: an import of nothing says it.
    #[track_caller]
    fn totals(&self) -> Value {
        totals(self.import(&[&self.day("nothing.csv", "")]))
    }
}

/// A command that ends with exit code 1 and this error code.
#[track_caller]
fn refused<'a>(args: impl Iterator<Item = &'a OsStr>, code: &str) -> String {
    let outcome = bin::run(args);
    assert_eq!(outcome.stdout, "", "nothing is reported as done");
    let said = outcome.expect_code(1);
    assert!(said.starts_with(&format!("error[{code}]: ")), "expected {code}: {said}");
    assert!(!said.contains("panicked"), "{said}");
    said
}

/// A sale of one article for a pound to a guest.
fn sale(number: u32) -> String {
    format!("{number},22001,X,1,2010-12-01 08:26:00,1.00,,UK\n")
}

fn places(rejects: &[Reject]) -> Vec<(usize, &str)> {
    rejects.iter().map(|r| (r.line, r.reason.as_str())).collect()
}

#[test]
fn wrong_lines_are_named_and_the_good_ones_are_paid() {
    let date = "2010-12-01 08:26:00";
    let long = "y".repeat(1_001);
    let cases: Vec<(Vec<u8>, &str, &str)> = [
        (format!("@,22001,X,six,{date},1.00,,UK"), "malformed", "Quantity is not a whole number: six"),
        (format!("@,22001,X,1.5,{date},1.00,,UK"), "malformed", "Quantity is not a whole number: 1.5"),
        (format!("@,22001,X,,{date},1.00,,UK"), "malformed", "Quantity is not a whole number: "),
        (
            format!("@,22001,X,99999999999999999999,{date},1.00,,UK"),
            "malformed",
            "Quantity is not a whole number: 99999999999999999999",
        ),
        (
            format!("@,22001,X,9223372036854775807,{date},1.00,,UK"),
            "malformed",
            "Quantity is out of range: 9223372036854775807",
        ),
        (
            format!("@,22001,X,-9223372036854775808,{date},1.00,,UK"),
            "malformed",
            "Quantity is out of range: -9223372036854775808",
        ),
        (format!("@,22001,X,1,{date},1.2345,,UK"), "malformed", "UnitPrice has more than 3 decimals: 1.2345"),
        (format!("@,22001,X,1,{date},1e3,,UK"), "malformed", "UnitPrice is not a decimal number: 1e3"),
        (format!("@,22001,X,1,{date},NaN,,UK"), "malformed", "UnitPrice is not a decimal number: NaN"),
        (format!("@,22001,X,1,{date},\"1,00\",,UK"), "malformed", "UnitPrice is not a decimal number: 1,00"),
        (
            format!("@,22001,X,1,{date},{},,UK", "9".repeat(40)),
            "malformed",
            "UnitPrice is not a decimal number: 9999999999999999999999999999999999999999",
        ),
        (format!("@,22001,X,1,{date},1000000001,,UK"), "malformed", "UnitPrice is out of range: 1000000001"),
        (
            "@,22001,X,1,2010-13-01 08:26:00,1.00,,UK".into(),
            "malformed",
            "InvoiceDate is not a date and time: 2010-13-01 08:26:00",
        ),
        (
            "@,22001,X,1,01/12/2010,1.00,,UK".into(),
            "malformed",
            "InvoiceDate is not a date and time: 01/12/2010",
        ),
        ("@,22001,X".into(), "malformed", "3 columns instead of 8"),
        (format!("@,22001,X,1,{date},1.00,,UK,more"), "malformed", "9 columns instead of 8"),
        (format!("@,,X,1,{date},1.00,,UK"), "malformed", "StockCode is empty or has control characters"),
        (
            format!("@,22\u{1b}[31m,X,1,{date},1.00,,UK"),
            "malformed",
            "StockCode is empty or has control characters",
        ),
        (format!("@,22001,{long},1,{date},1.00,,UK"), "malformed", "Description is longer than 1000 bytes"),
        (
            format!("@,22001,X,1000000000,{date},1000000000,,UK"),
            "not_payable",
            "the amount is out of range for GBP",
        ),
        (
            format!("@,22001,X,1000000,{date},1000000,,UK"),
            "not_payable",
            "the order exceeds what one card payment can carry",
        ),
        (format!("@,22001,X,0,{date},1.00,,UK"), "no_sale", ""),
        (format!("@,22001,X,-1,{date},1.00,,UK"), "no_sale", ""),
        (format!("@,22001,X,1,{date},0.00,,UK"), "no_sale", ""),
        (format!("@,22001,X,1,{date},-1.00,,UK"), "no_sale", ""),
        (format!("@,22001,X,1,{date},0.001,,UK"), "no_sale", "it comes to nothing"),
        (
            format!("Z@,22001,X,1,{date},1.00,,UK"),
            "malformed",
            "the invoice number is not digits, or C or A and digits",
        ),
        (
            format!(",22001,X,1,{date},1.00,,UK"),
            "malformed",
            "the invoice number is not digits, or C or A and digits",
        ),
        (
            format!("=@,22001,X,1,{date},1.00,,UK"),
            "malformed",
            "the invoice number is not digits, or C or A and digits",
        ),
        (format!("A@,22001,X,1,{date},1.00,,UK"), "ledger_adjustment", ""),
        (format!("C@,22001,X,-1,{date},1.00,,UK"), "original_not_found", ""),
        (format!("C@,22001,X,-x,{date},1.00,,UK"), "malformed", "Quantity is not a whole number: -x"),
    ]
    .into_iter()
    .map(|(line, reason, detail)| (line.into_bytes(), reason, detail))
    .chain([
        (b"@,22001,caf\xe9,1,2010-12-01 08:26:00,1.00,,UK".to_vec(), "malformed", "Description is not UTF-8"),
        (b"@,\xff\xfe,X,1,2010-12-01 08:26:00,1.00,,UK".to_vec(), "malformed", "StockCode is not UTF-8"),
        (b"\x00\x01\x02".to_vec(), "malformed", "the invoice number is not digits, or C or A and digits"),
    ])
    .collect();

    // Each wrong line between two good ones: of invoices of its own, and in the middle of an invoice.
    let mut bytes = HEAD.as_bytes().to_vec();
    let (mut expected, mut line, mut paid_lines) = (Vec::new(), 1, 0);
    for (i, (wrong, reason, detail)) in cases.iter().enumerate() {
        let number = 100_000 + u32::try_from(i).unwrap() * 10;
        for (invoice, good) in [(number, number + 1), (number + 2, number + 2)] {
            let text = String::from_utf8_lossy(wrong).into_owned();
            let own = wrong.starts_with(b"@");
            if good == invoice && (!own || *reason == "not_payable" || detail.starts_with("it comes")) {
                continue; // Not a line of an order, or one whose sum decides.
            }
            let at = wrong.iter().position(|b| *b == b'@');
            let wrong = match at {
                Some(at) => [&wrong[..at], invoice.to_string().as_bytes(), &wrong[at + 1..]].concat(),
                None => wrong.clone(),
            };
            bytes.extend([wrong, b"\n".to_vec(), sale(good).into_bytes()].concat());
            line += 2;
            paid_lines += 1;
            expected.push((line - 1, *reason, *detail, text.replace('@', &invoice.to_string())));
        }
    }
    let shop = Shop::new();
    let day = shop.file("day.csv", &bytes);
    let report = shop.import(&[&day]);
    assert_eq!(report["sale_lines"], json!(paid_lines), "every good line is paid");
    assert_eq!(report["orders"], json!(paid_lines));
    assert_eq!(report["sales_minor"], json!(paid_lines * 100));
    assert_eq!(report["net_by_seller"], json!({ "22": paid_lines * 100 }));
    let rows = rejects(&report);
    assert_eq!(rows.len(), expected.len());
    for (row, (line, reason, detail, text)) in rows.iter().zip(&expected) {
        assert_eq!(
            (row.line, row.reason.as_str(), row.detail.as_str()),
            (*line, *reason, *detail),
            "{text:.60}"
        );
        // As it is in the file, but long cells are cut, quotes are not kept and formulas are made harmless.
        let text: String = text.replace('"', "").replace(&"y".repeat(1_001), &"y".repeat(1_000));
        assert_eq!(row.text.strip_prefix('\'').unwrap_or(&row.text), text);
        assert!(!row.text.starts_with(['=', '+', '-', '@']), "a spreadsheet would run it: {}", row.text);
    }

    let before = doctor(&shop.data());
    let again = shop.import(&[&day]);
    assert_eq!((totals(again.clone()), rejects(&again)), (totals(report), rows));
    assert_eq!(doctor(&shop.data()), before, "nothing is counted twice");
}

#[test]
fn an_order_of_too_many_payees_is_not_payable_and_others_are() {
    let shop = Shop::new();
    let order = |number: u32, payees: u32| -> String {
        (0..payees).map(|p| format!("{number},{}X,X,1,2010-12-01 08:26:00,1.00,17,UK\n", 10 + p)).collect()
    };
    let day = shop.day("day.csv", &format!("{}{}{}", order(2001, 60), order(2002, 61), order(2003, 2)));
    let report = shop.import(&[&day]);
    assert_eq!(report["orders"], 2, "60 payees can be paid");
    assert_eq!(report["sale_lines"], 62);
    assert_eq!(report["rejected"], json!({ "not_payable": 61 }));
    let rows = rejects(&report);
    let (first, last) = (&rows[0], &rows[60]);
    assert_eq!((first.line, last.line), (62, 122));
    assert_eq!(first.detail, "61 payees, at most 60");
    assert_eq!(totals(shop.import(&[&day])), totals(report));
}

#[test]
fn files_with_other_columns_are_refused_before_anything_is_imported() {
    let shop = Shop::new();
    shop.import(&[&shop.day("before.csv", &sale(1001))]);
    let (before, counts) = (shop.totals(), doctor(&shop.data()));
    let good = shop.day("good.csv", &sale(1002));
    let garbage: Vec<u8> = (0..4_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for (name, bytes) in [
        ("unknown.csv", HEAD.replace("Quantity", "Count").into_bytes()),
        ("missing.csv", HEAD.replace("CustomerID,", "").into_bytes()),
        ("more.csv", HEAD.replace("Country", "Country,Extra").into_bytes()),
        ("order.csv", HEAD.replace("InvoiceNo,StockCode", "StockCode,InvoiceNo").into_bytes()),
        ("case.csv", HEAD.to_lowercase().into_bytes()),
        ("semicolons.csv", HEAD.replace(',', ";").into_bytes()),
        ("none.csv", sale(1003).into_bytes()),
        ("empty.csv", vec![]),
        ("garbage.csv", garbage),
        ("wide.csv", HEAD.encode_utf16().flat_map(u16::to_le_bytes).collect()),
    ] {
        let said = shop.refused(&[&good, &shop.file(name, bytes)], &[], "APP_IMPORT_COLUMNS");
        assert!(said.contains(name) && said.contains("line 1"), "names its place: {said}");
        assert!(said.len() < 3_000, "says no more than needed");
    }
    assert_eq!(shop.totals(), before, "nothing of the good file either");
    assert_eq!(doctor(&shop.data()), counts);
    assert_eq!(shop.import(&[&good])["orders"], 2);
}

#[test]
fn what_cannot_be_begun_is_refused_and_leaves_nothing() {
    let shop = Shop::new();
    let good = shop.day("good.csv", &sale(1001));
    let missing = shop.0.path().join("missing.csv");
    assert!(shop.refused(&[&good, &missing], &[], "APP_FILE").contains("missing.csv"));
    let empty = shop.0.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    assert!(shop.refused(&[&empty], &[], "APP_IMPORT_NO_FILES").contains("empty"));
    std::fs::write(empty.join("notes.txt"), HEAD).unwrap();
    assert!(shop.refused(&[&empty], &[], "APP_IMPORT_NO_FILES").contains("empty"));
    std::fs::create_dir(empty.join("folder.csv")).unwrap();
    assert!(shop.refused(&[&empty], &[], "APP_FILE").contains("folder.csv"));
    for (code, why) in [
        ("XYZ", "no currency"),
        ("pounds", "three capital letters"),
        ("", "three capital letters"),
        ("HRK", "withdrawn"),
        ("XAU", "no minor unit"),
    ] {
        let said = shop.refused(&[&good], &["--currency", code], "APP_USAGE");
        assert!(said.contains(&format!("--currency {code}")) && said.contains(why), "{said}");
    }
    assert!(!shop.data().exists(), "a refused import makes no data directory");

    let file = shop.file("data", "not a directory");
    assert!(shop.refused(&[&good], &[], "STORE_ENGINE").contains("data"));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "not a directory");
    std::fs::remove_file(file).unwrap();
    assert_eq!(shop.import(&[&good])["orders"], 1);
}

#[test]
fn column_names_alone_and_a_byte_order_mark_are_fine() {
    let shop = Shop::new();
    let nothing = shop.import(&[&shop.day("nothing.csv", "")]);
    assert_eq!((&nothing["orders"], &nothing["rejected"]), (&json!(0), &json!({})));
    let cut = shop.import(&[&shop.file("cut.csv", HEAD.trim_end())]);
    assert_eq!(totals(cut), totals(nothing));
    let marked = shop.import(&[&shop.file("marked.csv", format!("\u{feff}{HEAD}{}", sale(1001)))]);
    assert_eq!(marked["orders"], 1);
    let unended = format!("{HEAD}{}{}", sale(1002), sale(1003).trim_end());
    assert_eq!(shop.import(&[&shop.file("unended.csv", unended)])["orders"], 3);
}

/// Rejected lines of a file, whose ends of lines may be changed: their numbers count every line of the file.
#[track_caller]
fn check_line_numbers(lines: &str, line_end: &str, expected: &[(usize, &str)], orders: u64) {
    let shop = Shop::new();
    let text = format!("{HEAD}{lines}").replace('\n', line_end);
    let report = shop.import(&[&shop.file("day.csv", text)]);
    assert_eq!(report["orders"], orders);
    let rows = rejects(&report);
    assert_eq!(places(&rows), expected, "with line ends {line_end:?}");
}

/// A line of an invoice of its own that cannot be read.
fn wrong(number: u32) -> String {
    sale(number).replace(",1,", ",six,")
}

#[test]
fn line_numbers_are_right_after_quoted_line_ends() {
    let quoted = "800,22001,\"two\nlines, \"\"quoted\"\"\",1,2010-12-01 08:26:00,1.00,,UK\n";
    let lines = format!("{}{quoted}{}{}{}", wrong(901), wrong(902), sale(801), wrong(903));
    check_line_numbers(&lines, "\n", &[(2, "malformed"), (5, "malformed"), (7, "malformed")], 2);
}

#[test]
fn line_numbers_are_right_after_empty_lines() {
    let lines = format!("{}\n\n{}{}\n{}", wrong(901), wrong(902), sale(801), wrong(903));
    check_line_numbers(&lines, "\n", &[(2, "malformed"), (5, "malformed"), (8, "malformed")], 1);
}

#[test]
fn line_numbers_are_right_with_windows_line_ends() {
    let lines = format!("{}{}{}{}", wrong(901), sale(801), wrong(902), sale(802));
    check_line_numbers(&lines, "\r\n", &[(2, "malformed"), (4, "malformed")], 2);
}

#[test]
fn a_quote_that_is_never_closed_loses_no_line() {
    let shop = Shop::new();
    let lines: String = (1001..=1200).map(sale).collect();
    let report = shop.import(&[&shop.day("day.csv", &lines.replacen(",X,", ",\"X,", 1))]);
    let text: String = rejects(&report).iter().map(|r| format!("{}\n", r.text)).collect();
    let told = (1001..=1200).filter(|number| text.contains(&format!("{number},22001,"))).count();
    assert_eq!(report["orders"].as_u64().unwrap() + told as u64, 200, "each is paid or in the rejects file");
}

#[test]
fn amounts_of_two_currencies_are_not_added_up() {
    let shop = Shop::new();
    let dollars = shop.day("dollars.csv", &sale(1001).replace("1.00", "5.00"));
    let mut args = import_args(&[&dollars], &shop.data(), None);
    args.extend(["--currency".into(), "USD".into()]);
    assert_eq!(last_line(&bin::run(args).expect_success())["sales_minor"], 500);
    let outcome = bin::run(import_args(&[&shop.day("pounds.csv", &sale(1002))], &shop.data(), None));
    if outcome.status.success() {
        assert_eq!(last_line(&outcome.stdout)["sales_minor"], 100, "the pounds alone");
    } else {
        assert!(outcome.expect_code(1).starts_with("error["), "or refused");
    }
}

#[test]
fn garbage_below_the_column_names_is_rejected_and_what_follows_is_paid() {
    let shop = Shop::new();
    let garbage = (0..20_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 11) as u8).filter(|b| *b != b'"');
    let mut bytes = HEAD.as_bytes().to_vec();
    bytes.extend(garbage);
    bytes.extend_from_slice(format!("\n{}", sale(1001)).as_bytes());
    let day = shop.file("day.csv", bytes);
    let report = shop.import(&[&day]);
    assert_eq!((&report["orders"], &report["sales_minor"]), (&json!(1), &json!(100)));
    let rows = rejects(&report);
    assert!(!rows.is_empty() && rows.iter().all(|r| r.reason == "malformed" && r.file == "day.csv"));
    assert_eq!(totals(shop.import(&[&day])), totals(report));
}

#[test]
fn an_invoice_that_comes_again_changes_nothing_and_other_lines_are_a_conflict_once() {
    let shop = Shop::new();
    let (a, b) = (sale(1001), sale(1001).replace("1.00", "2.00"));
    let first = shop.import(&[&shop.day("first.csv", &(a.clone() + &sale(1002)))]);
    assert_eq!((&first["orders"], &first["rejected"]), (&json!(2), &json!({})));
    let counts = doctor(&shop.data());

    let same = shop.import(&[&shop.day("same.csv", &a)]);
    assert_eq!(totals(same), totals(first.clone()), "the same lines in another file are done");
    assert_eq!(doctor(&shop.data()), counts);

    let other = shop.day("other.csv", &format!("{}{b}{b}{}", sale(1003), sale(1004)));
    let conflict = shop.import(&[&other]);
    assert_eq!(conflict["rejected"], json!({ "invoice_conflict": 2 }));
    assert_eq!((&conflict["orders"], &conflict["sales_minor"]), (&json!(4), &json!(400)), "the rest is paid");
    let rows = rejects(&conflict);
    assert_eq!(places(&rows), [(3, "invoice_conflict"), (4, "invoice_conflict")]);
    assert!(rows.iter().all(|r| r.file == "other.csv" && format!("{}\n", r.text) == b));

    let counts = doctor(&shop.data());
    assert_eq!(totals(shop.import(&[&other])), totals(conflict.clone()), "a conflict is counted once");
    assert_eq!(doctor(&shop.data()), counts);

    let third = sale(1001).replace("1.00", "3.00");
    let third = shop.import(&[&shop.day("third.csv", &third)]);
    assert_eq!(third["rejected"], json!({ "invoice_conflict": 3 }), "yet other lines are another conflict");

    // A return is refunded once, and a conflict when it comes with other lines.
    let sold = "2001,22001,X,5,2010-12-01 08:26:00,1.00,7,UK\n";
    let back = "C2002,22001,X,-1,2010-12-01 09:26:00,1.00,7,UK\n";
    shop.import(&[&shop.day("sold.csv", &format!("{sold}{back}"))]);
    let again = shop.import(&[&shop.day("back.csv", back)]);
    assert_eq!((&again["refunds_minor"], &again["refund_lines_full"]), (&json!(100), &json!(1)));
    let more = shop.import(&[&shop.day("more.csv", &back.replace("-1", "-2"))]);
    assert_eq!((&more["refunds_minor"], &more["rejected"]), (&json!(100), &json!({ "invoice_conflict": 4 })));
}

#[test]
fn a_number_used_twice_in_one_file_is_an_order_and_a_conflict() {
    // Rule 1 holds in file order: the first invoice is paid, whoever the customer, and no line gets lost.
    let second = |number: u32| sale(number).replace("1.00", "2.00");
    let lines: String = (0..40).map(|i| sale(1001 + i) + &sale(2001 + i) + &second(1001 + i)).collect();
    let shop = Shop::new();
    let report = shop.import(&[&shop.day("day.csv", &lines)]);
    assert_eq!(report["rejected"], json!({ "invoice_conflict": 40 }));
    assert_eq!((&report["orders"], &report["sales_minor"]), (&json!(80), &json!(8_000)));
}

#[test]
fn a_data_directory_in_use_is_refused_and_left_alone() {
    let shop = Shop::new();
    let day = shop.day("day.csv", &sale(1001));
    let data = shop.data();
    let held = EmbeddedStore::open(&data, EmbeddedOptions::default()).unwrap();
    assert!(shop.refused(&[&day], &[], "STORE_IN_USE").contains(data.to_str().unwrap()));
    for command in [&["doctor"][..], &["ledger", "accounts"], &["export", "--format", "beancount"]] {
        let args = command.iter().map(OsStr::new).chain(["--data".as_ref(), data.as_os_str()]);
        refused(args, "STORE_IN_USE");
    }
    drop(held);
    assert_eq!(shop.import(&[&day])["orders"], 1);
}

#[test]
fn an_import_that_waits_for_its_issuer_holds_the_directory_and_is_finished_by_the_next() {
    let shop = Shop::new();
    let lines: String = (1001..1031).map(sale).collect();
    let day = shop.day("day.csv", &lines);
    // It takes connections and never says a word.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let mut command = bin::command(import_args(&[&day], &shop.data(), Some(&address)));
    command.args(["--answer-timeout", "60000"]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let start = Instant::now();
    while !shop.data().join("pmts.db").exists() && start.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(200));
    let other = shop.day("other.csv", &sale(2001));
    shop.refused(&[&other], &[], "STORE_IN_USE");
    assert!(child.try_wait().unwrap().is_none(), "the first import is still waiting");
    child.kill().unwrap();
    child.wait().unwrap();
    let report = shop.import(&[&day, &other]);
    assert_eq!((&report["orders"], &report["rejected"]), (&json!(31), &json!({})));
}

#[test]
fn an_issuer_that_cannot_be_reached_declines_nothing() {
    let shop = Shop::new();
    let day = shop.day("day.csv", &(sale(1001) + &sale(1002)));
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut args = import_args(&[&day], &shop.data(), Some(&nobody));
    args.extend(["--answer-timeout".into(), "100".into()]);
    let outcome = bin::run(args);
    if outcome.status.success() {
        let report = last_line(&outcome.stdout);
        assert_eq!(report["orders"], 0);
        assert_eq!(report["rejected"]["payment_declined"], Value::Null, "nobody declined these cards");
    }
    let report = shop.import(&[&day]);
    assert_eq!((&report["orders"], &report["rejected"]), (&json!(2), &json!({})), "the next run goes on");
}

#[test]
fn a_data_directory_of_another_version_is_refused_and_left_alone() {
    let shop = Shop::new();
    let day = shop.day("day.csv", &sale(1001));
    let before = totals(shop.import(&[&day]));
    let set = |format: &str| {
        let script = "import sqlite3, sys\nc = sqlite3.connect(sys.argv[1])\n\
            old = c.execute(\"SELECT value FROM meta WHERE key = 'format'\").fetchone()[0]\n\
            c.execute(\"UPDATE meta SET value = ? WHERE key = 'format'\", (sys.argv[2],))\nc.commit()\nprint(old)";
        let mut python = Command::new(tools::python());
        python.args(["-c", script]).arg(shop.data().join("pmts.db")).arg(format);
        bin::finish(&mut python, bin::LIMIT).expect_success().trim().to_owned()
    };
    let right = set("999");
    for wrong in ["999", "0", "", "one", "-1", "18446744073709551616"] {
        set(wrong);
        let said = shop.refused(&[&day], &[], "STORE_FORMAT");
        assert!(said.contains(wrong), "{said}");
        let data = shop.data();
        refused(["doctor", "--data"].map(OsStr::new).into_iter().chain([data.as_os_str()]), "STORE_FORMAT");
    }
    assert_eq!(set(&right), "18446744073709551616", "it was left as it was");
    assert_eq!(totals(shop.import(&[&day])), before);
}
