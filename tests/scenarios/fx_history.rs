//! Rates of the European Central Bank, all of its history: every conversion against exact fractions, and the command line.

use chrono::{Datelike, NaiveDate, Weekday};
use pmts_fx::{EcbRates, RateSource, RateTable, read_ecb, unzip_only_file};
use pmts_money::{Currency, Decimal, Money, Rounding};
use pmts_tests::{bin, data};
use serde_json::Value;
use std::fs;
use tempfile::TempDir;

fn history() -> Option<EcbRates> {
    let zip = fs::read(data::folder("fx")?.join("eurofxref-hist.zip")).unwrap();
    let text = String::from_utf8(unzip_only_file(&zip).unwrap()).unwrap();
    Some(read_ecb(&text).unwrap())
}

fn code(code: &str) -> Currency {
    Currency::from_code(code).unwrap()
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// An amount in another currency as a fraction: minor units times this over that.
fn exact(money: Money, to: Currency, per: Decimal, of: Decimal) -> (i128, i128) {
    let power = |n: u32| 10i128.pow(n);
    let up = of.scale() + u32::from(to.digits());
    let down = per.scale() + u32::from(money.currency().digits());
    (i128::from(money.minor()) * per.mantissa() * power(up), of.mantissa() * power(down))
}

#[test]
fn the_whole_history_converts_within_half_a_minor_unit_of_exact() {
    let Some(rates) = history() else { return };
    assert_eq!(rates.days, 7_126);
    let table: &RateTable = &rates.table;
    let (mut crosses, mut fallbacks) = (0u64, 0u64);
    let amounts = [1, 99, 12_345, 987_654_321];
    for (on, _) in table.days(code("USD")) {
        for (base, quote) in
            [("USD", "GBP"), ("GBP", "JPY"), ("JPY", "CHF"), ("SEK", "EUR"), ("EUR", "INR"), ("CHF", "ISK")]
        {
            let (base, quote) = (code(base), code(quote));
            let Ok(rate) = table.rate(base, quote, *on) else { continue };
            fallbacks += u64::from(rate.published != *on);
            for minor in amounts {
                let money = Money::new(minor, base);
                let (over, under) = exact(money, quote, rate.per, rate.of);
                let near = i128::from(rate.convert(money, Rounding::HalfEven).unwrap().minor());
                assert!(2 * (near * under - over).abs() <= under, "{on} {money} {quote}");
                let down = rate.convert(money, Rounding::Down).unwrap();
                let low = i128::from(down.minor()) * under;
                assert!(low <= over && over < low + under, "{on} {money} {quote}");
                let back = rate.inverse().convert(down, Rounding::Down).unwrap();
                assert!(back.minor() <= minor, "{on} {money} {quote}");
                crosses += 1;
            }
        }
    }
    assert!(crosses > 100_000, "{crosses}");
    assert_eq!(fallbacks, 5, "days on which one of these was not quoted, in this history");
}

#[test]
fn a_day_without_rates_falls_back_and_says_so() {
    let Some(rates) = history() else { return };
    let table = rates.table;
    let rate = table.rate(code("USD"), code("GBP"), date("2026-01-02")).unwrap();
    let gbp = rate.convert(Money::new(10_000, code("USD")), Rounding::HalfEven).unwrap();
    // The figure that CurrencyConverter gives: 74.38785086596708.
    assert_eq!((gbp.minor(), rate.shown().to_string()), (7_439, "0.743878508659".to_owned()));
    let sunday = date("2026-01-04");
    assert_eq!(sunday.weekday(), Weekday::Sun);
    let rate = table.rate(code("USD"), code("GBP"), sunday).unwrap();
    assert_eq!((rate.asked, rate.published), (sunday, date("2026-01-02")));
    // The rouble was last quoted on 2022-03-01.
    assert!(table.rate(code("EUR"), code("RUB"), date("2022-03-05")).is_ok());
    assert!(table.rate(code("EUR"), code("RUB"), date("2026-01-02")).is_err());
    assert!(table.rate(code("EUR"), code("USD"), date("1998-12-31")).is_err());
}

#[test]
fn rates_are_imported_and_quoted_on_the_command_line() {
    let Some(folder) = data::folder("fx") else { return };
    let home = TempDir::new().unwrap();
    let home = home.path().to_str().unwrap();
    let zip = folder.join("eurofxref-hist.zip");
    let said = bin::run(["fx", "rates", "import", zip.to_str().unwrap(), "--data", home]).expect_success();
    assert!(said.starts_with("7126 days, "), "{said}");
    // Again: nothing changes.
    bin::run(["fx", "rates", "import", zip.to_str().unwrap(), "--data", home]).expect_success();
    let quote = [
        "fx",
        "quote",
        "100.00",
        "USD",
        "GBP",
        "--on",
        "2026-01-04",
        "--margin",
        "50",
        "--json",
        "--data",
        home,
    ];
    let quote: Value = serde_json::from_str(&bin::run(quote).expect_success()).unwrap();
    assert_eq!((&quote["gets"]["minor"], &quote["published"]), (&7_401.into(), &"2026-01-02".into()));
    let rates = ["fx", "rates", "--base", "USD", "--on", "2026-10-30", "--data", home];
    let table = bin::run(rates).expect_success();
    assert!(table.contains("EUR") && table.contains("2026-10-30"), "{table}");
    let early = ["fx", "quote", "1.00", "USD", "GBP", "--on", "1990-01-01", "--data", home];
    assert!(bin::run(early).expect_code(1).contains("FX_NO_RATE"));
}
