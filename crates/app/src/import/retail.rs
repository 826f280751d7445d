//! The format `retail`: one CSV file a day, a line an article of an invoice.
//!
//! Columns: `InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country`. A number that
//! starts with a digit is an order, `C` a return, `A` an adjustment of the shop's books. The seller of a line is given by
//! the first two characters of a stock code that starts with a digit; all others belong to the platform itself.

use super::csv_lines::{CsvLine, CsvLines};
use super::{Invoice, InvoiceKind, Line, LineContent};
use crate::AppError;
use crate::card_scan::holds_card_number;
use csv::ByteRecord;
use pmts_compliance::pci::scrub::{Caution, Scrubber};
use pmts_payments::Payee;
use pmts_sensitive::{Pan, luhn_check_digit};
use rust_decimal::Decimal;
use std::borrow::Cow;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// The name of the source in records and on the command line.
pub const SOURCE: &str = "retail";
const COLUMNS: [&str; 8] = [
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
];
/// Longest field that is taken, in bytes.
const FIELD_MAX: usize = 1_000;
/// Largest quantity, and largest price in whole units.
const MOST: i64 = 1_000_000_000;
/// Most decimals of a unit price.
const PRICE_SCALE_MAX: u32 = 3;

/// The files an argument names: itself, or the `.csv` files of a directory in order of their names.
///
/// # Errors
/// [`AppError::File`], [`AppError::NoFiles`].
pub fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, AppError> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let mut found = Vec::new();
        for entry in std::fs::read_dir(path).map_err(AppError::file(path))? {
            let file = entry.map_err(AppError::file(path))?.path();
            if file.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv")) {
                found.push(file);
            }
        }
        if found.is_empty() {
            return Err(AppError::NoFiles(path.clone()));
        }
        found.sort();
        files.extend(found);
    }
    if files.is_empty() { Err(AppError::NoFiles(PathBuf::from("."))) } else { Ok(files) }
}

/// Opens the files and checks the columns of all of them, so that nothing is imported when one is of another kind.
///
/// # Errors
/// [`AppError::File`], [`AppError::Columns`].
pub fn check(files: &[PathBuf]) -> Result<(), AppError> {
    files.iter().try_for_each(|f| reader(f).map(drop))
}

fn reader(path: &Path) -> Result<CsvLines<BufReader<File>>, AppError> {
    let file = File::open(path).map_err(AppError::file(path))?;
    let mut lines = CsvLines::new(BufReader::new(file));
    let head = lines.next().map_err(AppError::file(path))?.and_then(|l| l.fields.ok()).unwrap_or_default();
    // A byte-order mark before the first name is how some programs mark UTF-8.
    let bare = |(i, h)| if i == 0 { <[u8]>::strip_prefix(h, b"\xef\xbb\xbf").unwrap_or(h) } else { h };
    let names: Vec<&[u8]> = head.iter().enumerate().map(bare).collect();
    if names == COLUMNS.map(str::as_bytes) {
        return Ok(lines);
    }
    let found: Vec<String> =
        names.iter().map(|n| String::from_utf8_lossy(n).chars().take(40).collect()).collect();
    let found = found.join(",").chars().take(400).collect();
    Err(AppError::Columns { path: path.to_owned(), found, expected: COLUMNS.join(",") })
}

/// Reads the invoices of a file, in order, one at a time.
pub struct Invoices {
    path: PathBuf,
    name: String,
    lines: CsvLines<BufReader<File>>,
    pending: Option<Row>,
}

struct Row {
    invoice: Option<(String, InvoiceKind)>,
    customer: Option<String>,
    line: Line,
}

impl Invoices {
    /// Opens a file.
    ///
    /// # Errors
    /// [`AppError::File`], [`AppError::Columns`].
    pub fn open(path: &Path) -> Result<Self, AppError> {
        let name =
            path.file_name().map_or_else(|| path.to_string_lossy(), |n| n.to_string_lossy()).into_owned();
        Ok(Self { path: path.to_owned(), name, lines: reader(path)?, pending: None })
    }

    fn row(&mut self) -> Result<Option<Row>, AppError> {
        if let Some(row) = self.pending.take() {
            return Ok(Some(row));
        }
        let line = self.lines.next().map_err(AppError::file(&self.path))?;
        Ok(line.map(|CsvLine { number, fields }| match fields {
            Ok(record) => row(&record, number),
            Err((bytes, why)) => {
                let raw = masked(
                    &String::from_utf8_lossy(&bytes).trim_end().chars().take(FIELD_MAX).collect::<String>(),
                );
                Row {
                    invoice: None,
                    customer: None,
                    line: Line { number, raw, content: Err(why.to_owned()) },
                }
            }
        }))
    }

    fn invoice(&mut self) -> Result<Option<Invoice>, AppError> {
        let Some(first) = self.row()? else { return Ok(None) };
        let Some((number, kind)) = first.invoice else {
            // A line without a readable invoice number stands for itself.
            let hash = xxhash_rust::xxh3::xxh3_64(first.line.raw.as_bytes());
            let number = format!("?{}:{}:{hash:016x}", self.name, first.line.number);
            return Ok(Some(self.make(number, InvoiceKind::Adjustment, None, vec![first.line])));
        };
        let customer = first.customer;
        let mut lines = vec![first.line];
        while let Some(mut row) = self.row()? {
            match &row.invoice {
                Some((n, _)) if *n == number => {
                    if row.customer != customer && row.line.content.is_ok() {
                        row.line.content = Err("CustomerID is not that of the invoice's first line".into());
                    }
                    lines.push(row.line);
                }
                _ => {
                    self.pending = Some(row);
                    break;
                }
            }
        }
        Ok(Some(self.make(number, kind, customer, lines)))
    }

    fn make(&self, number: String, kind: InvoiceKind, customer: Option<String>, lines: Vec<Line>) -> Invoice {
        let card = (kind == InvoiceKind::Order).then(|| test_card(customer.as_deref().unwrap_or(&number)));
        Invoice { source: SOURCE, number, kind, file: self.name.clone(), customer, card, lines }
    }
}

impl Iterator for Invoices {
    type Item = Result<Invoice, AppError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.invoice().transpose()
    }
}

/// A card number for somebody: a test range, so that every customer has one card of their own and it is approved.
fn test_card(holder: &str) -> String {
    let digits = format!("424242{:09}", xxhash_rust::xxh3::xxh3_64(holder.as_bytes()) % 1_000_000_000);
    let check = luhn_check_digit(&digits).expect("only digits");
    format!("{digits}{check}")
}

fn row(record: &ByteRecord, number: u64) -> Row {
    let raw: Vec<String> =
        record.iter().map(|f| String::from_utf8_lossy(f).chars().take(FIELD_MAX).collect()).collect();
    let raw = masked(&raw.join(","));
    let field = |i: usize| record.get(i).and_then(|f| std::str::from_utf8(f).ok()).map(str::trim);
    let invoice = field(0)
        .filter(|n| (2..=20).contains(&n.len()) && n.bytes().all(|b| b.is_ascii_alphanumeric()))
        .filter(|n| !holds_card_number(n))
        .and_then(|n| {
            let kind = match n.as_bytes()[0] {
                b'0'..=b'9' => InvoiceKind::Order,
                b'C' => InvoiceKind::Return,
                b'A' => InvoiceKind::Adjustment,
                _ => return None,
            };
            Some((n.to_owned(), kind))
        });
    let customer = field(6)
        .filter(|c| is_reference(c) && !holds_card_number(c))
        .map(|c| c.trim_end_matches(".0").to_owned());
    let content = if invoice.is_none() {
        Err("the invoice number is not digits, or C or A and digits".to_owned())
    } else {
        content(record, &field).map_err(|why| masked(&why))
    };
    Row { invoice, customer, line: Line { number, raw, content } }
}

/// The text with every card number in it masked: it goes into records and the file of rejects.
fn masked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let end = rest[start..].find(|c: char| !c.is_ascii_digit()).map_or(rest.len(), |n| start + n);
        out += &rest[..start];
        match Pan::parse(&rest[start..end]) {
            Ok(pan) if end - start >= 13 => out += &pan.masked(),
            _ => out += &rest[start..end],
        }
        rest = &rest[end..];
    }
    out += rest;
    // And those in groups, other scripts and encodings.
    match Scrubber::new(Caution::Any).scrub(out.as_bytes()) {
        Cow::Borrowed(_) => out,
        Cow::Owned(scrubbed) => String::from_utf8_lossy(&scrubbed).into_owned(),
    }
}

fn is_reference(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

fn content<'a>(
    record: &'a ByteRecord,
    field: &impl Fn(usize) -> Option<&'a str>,
) -> Result<LineContent, String> {
    if record.len() != COLUMNS.len() {
        return Err(format!("{} columns instead of {}", record.len(), COLUMNS.len()));
    }
    for (i, name) in COLUMNS.iter().enumerate() {
        if record[i].len() > FIELD_MAX {
            return Err(format!("{name} is longer than {FIELD_MAX} bytes"));
        }
        if field(i).is_none() {
            return Err(format!("{name} is not UTF-8"));
        }
    }
    let get = |i: usize| field(i).unwrap_or_default();
    if !get(6).is_empty() && !is_reference(get(6)) {
        return Err("CustomerID is longer than 32 characters, or has others than printable ASCII".into());
    }
    for i in [1, 6] {
        if holds_card_number(get(i)) {
            return Err(format!("{} holds a card number", COLUMNS[i]));
        }
    }
    let stock_code = get(1).to_owned();
    if stock_code.is_empty() || stock_code.chars().any(char::is_control) {
        return Err("StockCode is empty or has control characters".into());
    }
    let quantity: i64 = get(3).parse().map_err(|_| format!("Quantity is not a whole number: {}", get(3)))?;
    if !(-MOST..=MOST).contains(&quantity) {
        return Err(format!("Quantity is out of range: {quantity}"));
    }
    let unit_price = Decimal::from_str_exact(get(5))
        .map_err(|_| format!("UnitPrice is not a decimal number: {}", get(5)))?
        .normalize();
    if unit_price.scale() > PRICE_SCALE_MAX {
        return Err(format!("UnitPrice has more than {PRICE_SCALE_MAX} decimals: {}", get(5)));
    }
    if unit_price.abs() > Decimal::from(MOST) {
        return Err(format!("UnitPrice is out of range: {}", get(5)));
    }
    if chrono::NaiveDateTime::parse_from_str(get(4), "%Y-%m-%d %H:%M:%S").is_err() {
        return Err(format!("InvoiceDate is not a date and time: {}", get(4)));
    }
    let payee = match stock_code.as_bytes() {
        [first, second, ..] if first.is_ascii_digit() && second.is_ascii_graphic() => {
            Payee::seller(&stock_code[..2]).map_err(|e| e.to_string())?
        }
        [first] if first.is_ascii_digit() => Payee::seller(stock_code.as_str()).map_err(|e| e.to_string())?,
        _ => Payee::Platform,
    };
    Ok(LineContent { stock_code, quantity, unit_price, payee })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Result<Vec<Invoice>, AppError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("day.csv");
        std::fs::write(&path, text).unwrap();
        Invoices::open(&path)?.collect()
    }

    const HEAD: &str = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

    #[test]
    fn lines_are_grouped_by_invoice_and_given_to_sellers() {
        let text = format!(
            "{HEAD}1001,85123A,X,6,2010-12-01 08:26:00,2.55,17850.0,UK\n1001,POST,Y,1,2010-12-01 08:26:00,1.250,17850.0,UK\nC1002,85123A,X,-1,2010-12-01 09:00:00,2.550,17850.0,UK\n"
        );
        let invoices = read(text.as_bytes()).unwrap();
        assert_eq!(
            invoices.iter().map(|i| (i.number.as_str(), i.kind, i.lines.len())).collect::<Vec<_>>(),
            [("1001", InvoiceKind::Order, 2), ("C1002", InvoiceKind::Return, 1)]
        );
        let contents: Vec<LineContent> =
            invoices.iter().flat_map(|i| &i.lines).map(|l| l.content.clone().unwrap()).collect();
        assert_eq!(
            contents.iter().map(|c| c.payee.to_string()).collect::<Vec<_>>(),
            ["85", "platform", "85"]
        );
        assert_eq!(contents[0].unit_price, contents[2].unit_price, "2.55 and 2.550 are one price");
        assert_eq!(invoices[0].lines[1].number, 3);
        assert_eq!(invoices[0].customer.as_deref(), Some("17850"));
        assert!(Pan::parse(invoices[0].card.as_ref().unwrap()).is_ok());
    }

    #[test]
    fn what_cannot_be_read_is_named_and_the_rest_goes_on() {
        let good = "1001,85123A,X,6,2010-12-01 08:26:00,2.55,17850.0,UK\n";
        for (line, why) in [
            ("1001,85123A,X,six,2010-12-01 08:26:00,2.55,1,UK\n", "Quantity is not a whole number: six"),
            (
                "1001,85123A,X,6,2010-12-01 08:26:00,2.5555,1,UK\n",
                "UnitPrice has more than 3 decimals: 2.5555",
            ),
            ("1001,85123A,X,6,2010-12-01 08:26:00,NaN,1,UK\n", "UnitPrice is not a decimal number: NaN"),
            ("1001,85123A,X,6,yesterday,2.55,1,UK\n", "InvoiceDate is not a date and time: yesterday"),
            (
                "1001,85123A,X,6,2010-12-01 08:26:00,2.55,a b,UK\n",
                "CustomerID is longer than 32 characters, or has others than printable ASCII",
            ),
            ("1001,85123A,X,6\n", "4 columns instead of 8"),
            ("1001,,X,6,2010-12-01 08:26:00,2.55,1,UK\n", "StockCode is empty or has control characters"),
            (
                "Z9,85123A,X,6,2010-12-01 08:26:00,2.55,1,UK\n",
                "the invoice number is not digits, or C or A and digits",
            ),
        ] {
            let invoices = read(format!("{HEAD}{good}{line}{good}").as_bytes()).unwrap();
            let errors: Vec<_> =
                invoices.iter().flat_map(|i| &i.lines).filter_map(|l| l.content.as_ref().err()).collect();
            assert_eq!(errors, [why]);
            assert_eq!(invoices.iter().flat_map(|i| &i.lines).filter(|l| l.content.is_ok()).count(), 2);
        }
        let latin = [HEAD.as_bytes(), b"1001,85123A,caf\xe9,6,2010-12-01 08:26:00,2.55,1,UK\n"].concat();
        assert_eq!(
            read(&latin).unwrap()[0].lines[0].content.as_ref().unwrap_err(),
            "Description is not UTF-8"
        );
    }

    #[test]
    fn a_card_number_in_a_cell_is_masked() {
        assert_eq!(
            masked("1001,4242424242424242,4242424242424243,x"),
            "1001,424242******4242,4242424242424243,x"
        );
    }

    #[test]
    fn an_invoice_has_one_customer() {
        let line = |customer: &str| format!("1001,85123A,X,6,2010-12-01 08:26:00,2.55,{customer},UK\n");
        let invoices = read(format!("{HEAD}{}{}{}", line("1"), line("2"), line("1")).as_bytes()).unwrap();
        let ok: Vec<bool> = invoices[0].lines.iter().map(|l| l.content.is_ok()).collect();
        assert_eq!((invoices.len(), ok), (1, vec![true, false, true]));
    }

    #[test]
    fn other_columns_are_refused_and_a_byte_order_mark_is_not() {
        for bad in [
            "",
            "A,B\n1,2\n",
            "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country,Extra\n",
        ] {
            assert!(matches!(read(bad.as_bytes()), Err(AppError::Columns { .. })), "{bad}");
        }
        assert_eq!(read(format!("\u{feff}{HEAD}").as_bytes()).unwrap(), []);
    }
}
