//! The books as a beancount file: every posted transfer a transaction, and at the end a balance assertion for every
//! account, so that beancount itself says whether the books add up.
//!
//! Accounts of single payments are shown as one account of their line, the payment is in the transaction's metadata.
//! Reservations move nothing and are left out.

use crate::AppError;
use crate::books::{Code, chart};
use chrono::NaiveDate;
use pmts_kernel::format_id;
use pmts_ledger::{Account, AccountFilter, AccountId, ChartEntry, Class, Entry, EntryKind};
use pmts_money::{Currency, Money, MoneyError};
use pmts_store::Store;
use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::rc::Rc;

const PAGE: usize = 5_000;

/// Writes the whole ledger; gives the number of transactions.
///
/// # Errors
/// [`AppError`].
pub async fn write(store: &dyn Store, out: &mut impl Write) -> Result<u64, AppError> {
    let names = names(store).await?;
    let currencies: std::collections::BTreeSet<&str> = names.values().map(|n| n.1.code()).collect();
    let mut text = String::from(";; -*- mode: beancount -*-\noption \"title\" \"PMTS ledger\"\n");
    for currency in currencies {
        text += &format!("option \"operating_currency\" \"{currency}\"\n");
    }
    let mut opened: Vec<(&str, &str)> = names.values().map(|n| (&*n.0, n.1.code())).collect();
    opened.sort_unstable();
    opened.dedup();
    for (i, (name, currency)) in opened.iter().enumerate() {
        let more = opened.get(i + 1).is_some_and(|next| next.0 == *name);
        if i > 0 && opened[i - 1].0 == *name {
            text += &format!(",{currency}");
        } else {
            text += &format!("1970-01-01 open {name} {currency}");
        }
        if !more {
            text.push('\n');
        }
    }
    out.write_all(text.as_bytes()).map_err(AppError::Output)?;

    let mut sums: BTreeMap<(Rc<str>, Currency), i128> = BTreeMap::new();
    let (mut after, mut count, mut last) = (0, 0, NaiveDate::default());
    loop {
        let page = store.entries(after, PAGE).await?;
        let Some(end) = page.last() else { break };
        after = end.sequence;
        for entry in
            page.iter().filter(|e| matches!(e.kind, EntryKind::Posted | EntryKind::ReservationPosted))
        {
            let (debit, credit) = (&names[&entry.transfer.debit], &names[&entry.transfer.credit]);
            let date = date_of(entry);
            last = last.max(date);
            count += 1;
            out.write_all(transaction(entry, date, &debit.0, &credit.0)?.as_bytes())
                .map_err(AppError::Output)?;
            let minor = i128::from(entry.transfer.amount.minor());
            *sums.entry(debit.clone()).or_default() += minor;
            *sums.entry(credit.clone()).or_default() -= minor;
        }
    }
    let day = last.succ_opt().unwrap_or(last);
    for ((name, currency), sum) in sums {
        let minor = i64::try_from(sum).map_err(|_| {
            crate::engine::EngineError::from(MoneyError::SumOverflow { minor: sum, currency })
        })?;
        let amount = Money::new(minor, currency).to_decimal_string();
        writeln!(out, "{day} balance {name} {amount} {}", currency.code()).map_err(AppError::Output)?;
    }
    out.flush().map_err(AppError::Output)?;
    Ok(count)
}

fn transaction(entry: &Entry, date: NaiveDate, debit: &str, credit: &str) -> Result<String, AppError> {
    let t = &entry.transfer;
    let (amount, currency) = (t.amount.to_decimal_string(), t.amount.currency().code());
    let minus = t.amount.checked_neg().map_err(crate::engine::EngineError::from)?.to_decimal_string();
    let why = Code::of(t.code).map_or_else(|| format!("code {}", t.code.0), |c| c.name().to_owned());
    let payment = if t.reference == 0 {
        String::new()
    } else {
        format!("  payment: \"{}\"\n", format_id("pay", t.reference))
    };
    Ok(format!(
        "\n{date} * \"{why}\"\n  id: \"{}\"\n  sequence: {}\n{payment}  {debit}  {amount} {currency}\n  {credit}  {minus} {currency}\n",
        t.id, entry.sequence
    ))
}

fn date_of(entry: &Entry) -> NaiveDate {
    let day = entry.transfer.effective_day.map_or(entry.time.as_secs().div_euclid(86_400), i64::from);
    i32::try_from(day).ok().and_then(NaiveDate::from_epoch_days).unwrap_or_default()
}

type Name = (Rc<str>, Currency);

/// The name of every account. Those of payments share the few names of their lines.
async fn names(store: &dyn Store) -> Result<HashMap<AccountId, Name>, AppError> {
    let chart = chart();
    let mut known: HashMap<String, Rc<str>> = HashMap::new();
    let mut names = HashMap::new();
    let mut after = None;
    loop {
        let page = store.accounts(AccountFilter { after, limit: PAGE, ..AccountFilter::default() }).await?;
        for state in page.accounts {
            let name = name_of(&state.account, chart.get(state.account.chart));
            let shared = known.entry(name).or_insert_with_key(|k| k.as_str().into()).clone();
            names.insert(state.account.id, (shared, state.account.currency));
        }
        after = page.next;
        if after.is_none() {
            return Ok(names);
        }
    }
}

fn name_of(account: &Account, line: Option<&ChartEntry>) -> String {
    let Some(line) = line else { return format!("Equity:Unknown:{}", account.chart.0) };
    let root = match line.class {
        Class::Asset => "Assets",
        Class::Liability => "Liabilities",
        Class::Equity => "Equity",
        Class::Income => "Income",
        Class::Expense => "Expenses",
        Class::Memo => "Equity:Memo",
    };
    let mut name = root.to_owned();
    for part in line.name.strip_prefix("memo.").unwrap_or(&line.name).split('.') {
        name.push(':');
        name.extend(part.chars().take(1).map(|c| c.to_ascii_uppercase()));
        name.extend(part.chars().skip(1).map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }));
    }
    if let Some(seller) = account.owner.as_str().strip_prefix("seller:") {
        name.push(':');
        name += &component(seller);
    }
    name
}

/// A component of an account name: letters, digits and dashes, a capital or digit first. Anything else is written as a dash
/// and two hexadecimal digits, so that different references stay different.
fn component(reference: &str) -> String {
    let mut out = String::new();
    for (i, c) in reference.bytes().enumerate() {
        let plain = c.is_ascii_digit() || c.is_ascii_uppercase() || (c.is_ascii_lowercase() && i > 0);
        if plain {
            out.push(char::from(c));
        } else if i == 0 {
            out += &format!("X-{c:02x}");
        } else {
            out += &format!("-{c:02x}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_are_what_beancount_takes_and_stay_different() {
        let cases =
            [("22", "22"), ("Acme", "Acme"), ("acme", "X-61cme"), ("a-b", "X-61-2db"), ("A b", "A-20b")];
        for (reference, expected) in cases {
            assert_eq!(component(reference), expected);
        }
    }
}
