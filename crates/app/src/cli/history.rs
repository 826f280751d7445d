//! `pmts ledger history|days|balance`: entries by what they belong to, totals by day, balances of the past.

use super::DataArgs;
use super::ledger::{chart_code, name_of, why};
use super::output::{amount, line, moment, parse_moment, rfc3339, table};
use super::periods::{day_text, parse_day};
use crate::AppError;
use clap::Args;
use pmts_ledger::{AccountId, DayQuery, EntityCode, Entry, HistoryOf, HistoryQuery, Side};
use pmts_money::Currency;
use serde_json::json;

#[derive(Args)]
pub(super) struct HistoryArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Entries that touch an account: acct_...
    #[arg(long, value_name = "ACCOUNT", conflicts_with_all = ["payment", "metadata"])]
    account: Option<AccountId>,
    /// Entries of a payment: pay_...
    #[arg(long, value_name = "PAYMENT", conflicts_with = "metadata")]
    payment: Option<String>,
    /// Entries with this pair of metadata
    #[arg(long, value_name = "KEY=VALUE")]
    metadata: Option<String>,
    /// Newest first
    #[arg(long)]
    newest_first: bool,
    /// Go on beyond this entry
    #[arg(long, value_name = "SEQUENCE", value_parser = clap::value_parser!(u64).range(..1 << 62))]
    after: Option<u64>,
    /// At most so many
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct DaysArgs {
    #[command(flatten)]
    data: DataArgs,
    /// From this effective day on
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// Up to this effective day, included
    #[arg(long, value_name = "DAY")]
    until: Option<String>,
    /// Only this line of the chart, by name or number: seller.pending
    #[arg(long, value_name = "LINE")]
    chart: Option<String>,
    /// Only this currency
    #[arg(long, value_name = "CODE")]
    currency: Option<Currency>,
    /// Only the books of this entity
    #[arg(long, value_name = "NUMBER")]
    entity: Option<u16>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct BalanceArgs {
    /// The account: acct_...
    account: AccountId,
    #[command(flatten)]
    data: DataArgs,
    /// As it was at this moment: 2026-11-22T18:00:00Z
    #[arg(long, value_name = "MOMENT", conflicts_with = "on")]
    at: Option<String>,
    /// From all that counts for this day or an earlier one, whenever it was recorded
    #[arg(long, value_name = "DAY")]
    on: Option<String>,
    /// With all accounts under it, a line for each currency
    #[arg(long, conflicts_with = "on")]
    rolled_up: bool,
    /// JSON
    #[arg(long)]
    json: bool,
}

/// The payment that entries refer to.
fn reference(text: &str) -> Result<u128, AppError> {
    pmts_kernel::parse_id("pay", text)
        .map_err(|_| AppError::Usage(format!("not the id of a payment: {text} (write pay_...)")))
}

fn entry_json(e: &Entry) -> serde_json::Value {
    let t = &e.transfer;
    let metadata: serde_json::Map<String, serde_json::Value> =
        t.metadata.pairs().iter().map(|(k, v)| (k.clone(), v.as_str().into())).collect();
    json!({
        "sequence": e.sequence, "time": rfc3339(e.time), "effective": day_text(e.effective_day()), "transfer": t.id,
        "kind": format!("{:?}", e.kind), "code": t.code, "why": why(t.code), "debit": t.debit, "credit": t.credit,
        "currency": t.amount.currency().code(), "amount_minor": t.amount.minor(), "metadata": metadata,
        "payment": (t.reference != 0).then(|| pmts_kernel::format_id("pay", t.reference)),
    })
}

pub(super) async fn history(args: HistoryArgs) -> Result<(), AppError> {
    let of = match (args.account, args.payment.as_deref(), args.metadata.as_deref()) {
        (Some(account), ..) => HistoryOf::Account(account),
        (_, Some(text), _) => HistoryOf::Reference(reference(text)?),
        (.., Some(pair)) => {
            let (key, value) = pair
                .split_once('=')
                .ok_or_else(|| AppError::Usage("--metadata takes a key and a value: order=17".into()))?;
            HistoryOf::Metadata { key: key.to_owned(), value: value.to_owned() }
        }
        _ => HistoryOf::All,
    };
    let query = HistoryQuery {
        newest_first: args.newest_first,
        cursor: args.after,
        limit: args.limit as usize,
        ..HistoryQuery::of(of)
    };
    let page = args.data.open().await?.history(query).await?;
    if args.json {
        return page.entries.iter().try_for_each(|e| line(entry_json(e)));
    }
    let rows = page.entries.iter().map(|e| {
        let t = &e.transfer;
        vec![
            e.sequence.to_string(),
            moment(e.time),
            day_text(e.effective_day()),
            why(t.code),
            format!("{:?}", e.kind),
            t.amount.currency().code().to_owned(),
            amount(t.amount.minor().into(), t.amount.currency()),
            t.debit.to_string(),
            t.credit.to_string(),
        ]
    });
    table(
        &[">entry", "time (UTC)", "counts for", "why", "kind", "currency", ">amount", "debit", "credit"],
        rows,
    )?;
    page.next.map_or(Ok(()), |next| line(format!("there are more: --after {next}")))
}

pub(super) async fn days(args: DaysArgs) -> Result<(), AppError> {
    let query = DayQuery {
        chart: args.chart.as_deref().map(chart_code).transpose()?,
        entity: args.entity.map(EntityCode),
        currency: args.currency,
        from_day: args.from.as_deref().map(parse_day).transpose()?,
        until_day: args.until.as_deref().map(parse_day).transpose()?,
    };
    let totals = args.data.open().await?.day_totals(query).await?;
    if args.json {
        return totals.iter().try_for_each(|t| {
            line(json!({
                "day": day_text(t.day), "entity": t.entity, "line": name_of(t.chart), "chart": t.chart,
                "currency": t.currency.code(), "debits": t.debits.to_string(), "credits": t.credits.to_string(), "count": t.count,
            }))
        });
    }
    let rows = totals.iter().map(|t| {
        vec![
            day_text(t.day),
            t.entity.0.to_string(),
            name_of(t.chart),
            t.currency.code().to_owned(),
            amount(t.debits, t.currency),
            amount(t.credits, t.currency),
            t.count.to_string(),
        ]
    });
    table(&["day", ">entity", "line", "currency", ">debits", ">credits", ">postings"], rows)
}

pub(super) async fn balance(args: BalanceArgs) -> Result<(), AppError> {
    let store = args.data.open().await?;
    let unknown = || AppError::Usage(format!("there is no account {}", args.account));
    let at = args.at.as_deref().map(parse_moment).transpose()?;
    if args.rolled_up {
        let sums = store.rolled_up(args.account, at).await?;
        if sums.is_empty() {
            return Err(unknown());
        }
        if args.json {
            return sums.iter().try_for_each(|s| {
                line(json!({
                    "currency": s.currency.code(), "accounts": s.accounts, "debits": s.debits_posted.to_string(),
                    "credits": s.credits_posted.to_string(), "debits_reserved": s.debits_reserved.to_string(),
                    "credits_reserved": s.credits_reserved.to_string(),
                }))
            });
        }
        let rows = sums.iter().map(|s| {
            let show = |sum| amount(sum, s.currency);
            vec![
                s.currency.code().to_owned(),
                s.accounts.to_string(),
                show(s.debits_posted),
                show(s.credits_posted),
                show(s.debits_reserved),
                show(s.credits_reserved),
            ]
        });
        return table(
            &["currency", ">accounts", ">debits", ">credits", ">debits reserved", ">credits reserved"],
            rows,
        );
    }
    let account = store.account(args.account).await?.ok_or_else(unknown)?;
    let (side, currency) = (account.account.side, account.account.currency);
    let (balance, available) = match (at, args.on.as_deref()) {
        (Some(at), _) => {
            let b = store.balance_at(args.account, at).await?.unwrap_or_default();
            (b.net(side), Some(b.available(side)))
        }
        (_, Some(day)) => (store.balance_on(args.account, parse_day(day)?).await?.unwrap_or_default(), None),
        _ => (account.net_minor(), Some(account.available_minor())),
    };
    if args.json {
        return line(json!({
            "account": args.account, "currency": currency.code(), "balance_minor": balance, "available_minor": available,
            "side": if side == Side::Debit { "debit" } else { "credit" },
        }));
    }
    let show = |minor: i64| amount(minor.into(), currency);
    line(format!(
        "{} {}{}",
        show(balance),
        currency.code(),
        available.map_or_else(String::new, |a| format!(", {} available", show(a)))
    ))
}
