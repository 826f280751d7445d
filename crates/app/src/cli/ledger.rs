//! `pmts ledger`: the books.

use super::DataArgs;
use super::day::{number, print_trial_balance};
use super::history::{BalanceArgs, DaysArgs, HistoryArgs};
use super::output::{amount, line, moment, parse_moment, rfc3339, table};
use super::periods::{CloseArgs, PeriodsArgs, ReopenArgs};
use super::{history, periods};
use crate::AppError;
use crate::books::{Code, chart};
use clap::{Args, Subcommand};
use pmts_ledger::{
    AccountFilter, AccountId, AccountState, ChartCode, EntryKind, Owner, Side, StatementQuery,
};
use pmts_store::Store;
use std::collections::BTreeMap;

#[derive(Subcommand)]
pub(super) enum LedgerCommand {
    /// List accounts with their balances
    Accounts(AccountsArgs),
    /// Show an account's history
    Statement(StatementArgs),
    /// Show the trial balance
    TrialBalance(TrialArgs),
    /// Show an account's balance, now or in the past
    Balance(BalanceArgs),
    /// List entries by account, payment or metadata
    History(HistoryArgs),
    /// Sum up what was booked, by day and line of the chart
    Days(DaysArgs),
    /// Show which days are closed
    Periods(PeriodsArgs),
    /// Close the books up to a day: nothing is booked on it or before any more
    Close(CloseArgs),
    /// Open closed days again
    Reopen(ReopenArgs),
}

#[derive(Args)]
pub(super) struct AccountsArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Only this line of the chart, by name or number: seller.pending
    #[arg(long, value_name = "LINE")]
    chart: Option<String>,
    /// Only this owner: seller:22, or a payment
    #[arg(long, value_name = "OWNER")]
    owner: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// Go on after this account number
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(..1 << 62))]
    after: Option<u64>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct StatementArgs {
    /// An account id (acct_...), or a line of the chart: seller.pending
    account: String,
    /// With a line of the chart: the owner of the account
    owner: Option<String>,
    #[command(flatten)]
    data: DataArgs,
    /// From this moment on: 2026-11-22 or RFC 3339
    #[arg(long, value_name = "MOMENT")]
    from: Option<String>,
    /// Before this moment
    #[arg(long, value_name = "MOMENT")]
    until: Option<String>,
    /// Go on after this entry
    #[arg(long, value_name = "SEQUENCE", value_parser = clap::value_parser!(u64).range(..1 << 62))]
    after: Option<u64>,
    /// At most so many entries
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct TrialArgs {
    #[command(flatten)]
    data: DataArgs,
    /// As it was at this moment: 2026-11-22 or RFC 3339
    #[arg(long, value_name = "MOMENT")]
    at: Option<String>,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(command: LedgerCommand) -> Result<(), AppError> {
    match command {
        LedgerCommand::Accounts(args) => accounts(args).await,
        LedgerCommand::Statement(args) => statement(args).await,
        LedgerCommand::TrialBalance(args) => trial_balance(args).await,
        LedgerCommand::Balance(args) => history::balance(args).await,
        LedgerCommand::History(args) => history::history(args).await,
        LedgerCommand::Days(args) => history::days(args).await,
        LedgerCommand::Periods(args) => periods::show(args).await,
        LedgerCommand::Close(args) => periods::close(args).await,
        LedgerCommand::Reopen(args) => periods::reopen(args).await,
    }
}

pub(super) fn chart_code(text: &str) -> Result<ChartCode, AppError> {
    let chart = chart();
    let entry = chart.by_name(text).or_else(|| text.parse().ok().and_then(|n| chart.get(ChartCode(n))));
    entry.map(|e| e.code).ok_or_else(|| {
        let names: Vec<&str> = chart.iter().map(|e| e.name.as_str()).collect();
        AppError::Usage(format!("no line of the chart is called {text}; there are {}", names.join(", ")))
    })
}

fn owner(text: &str) -> Result<Owner, AppError> {
    Owner::try_new(text).map_err(|e| AppError::Usage(e.to_string()))
}

pub(super) fn name_of(code: ChartCode) -> String {
    chart().get(code).map_or_else(|| code.0.to_string(), |e| e.name.clone())
}

async fn accounts(args: AccountsArgs) -> Result<(), AppError> {
    let store = args.data.open().await?;
    let filter = AccountFilter {
        chart: args.chart.as_deref().map(chart_code).transpose()?,
        owner: args.owner.as_deref().map(owner).transpose()?,
        after: args.after,
        limit: args.limit.max(1) as usize,
    };
    let page = store.accounts(filter).await?;
    if args.json {
        for state in &page.accounts {
            line(account_json(state))?;
        }
        return Ok(());
    }
    let rows = page.accounts.iter().map(|s| {
        let a = &s.account;
        let show = |minor: i64| amount(minor.into(), a.currency);
        let reserved = s.net_minor() - s.available_minor();
        vec![
            s.number.to_string(),
            name_of(a.chart),
            a.owner.to_string(),
            a.currency.code().to_owned(),
            show(s.net_minor()),
            show(reserved),
            a.id.to_string(),
        ]
    });
    table(&[">number", "line", "owner", "currency", ">balance", ">reserved", "account"], rows)?;
    if let Some(next) = page.next {
        line(format!("there are more: --after {next}"))?;
    }
    Ok(())
}

fn account_json(s: &AccountState) -> serde_json::Value {
    let a = &s.account;
    serde_json::json!({
        "account": a.id, "number": s.number, "chart": a.chart, "line": name_of(a.chart), "owner": a.owner, "currency": a.currency.code(),
        "side": a.side, "balance_minor": s.net_minor(), "available_minor": s.available_minor(), "entries": s.version, "closed": a.closed,
    })
}

async fn find(store: &dyn Store, args: &StatementArgs) -> Result<AccountId, AppError> {
    if let Ok(id) = args.account.parse() {
        return Ok(id);
    }
    let filter = AccountFilter {
        chart: Some(chart_code(&args.account)?),
        owner: Some(owner(args.owner.as_deref().unwrap_or_default())?),
        after: None,
        limit: 10,
    };
    let found = store.accounts(filter).await?.accounts;
    match &found[..] {
        [one] => Ok(one.account.id),
        [] => Err(AppError::Usage(format!(
            "no account on {} of owner {:?}; list them with: pmts ledger accounts --chart {0}",
            args.account,
            args.owner.as_deref().unwrap_or("")
        ))),
        several => {
            let ids: Vec<String> =
                several.iter().map(|s| format!("{} ({})", s.account.id, s.account.currency.code())).collect();
            Err(AppError::Usage(format!("several accounts fit: {}", ids.join(", "))))
        }
    }
}

async fn statement(args: StatementArgs) -> Result<(), AppError> {
    let store = args.data.open().await?;
    let account = find(&*store, &args).await?;
    let query = StatementQuery {
        account,
        from: args.from.as_deref().map(parse_moment).transpose()?,
        until: args.until.as_deref().map(parse_moment).transpose()?,
        after: args.after,
        limit: args.limit.max(1) as usize,
    };
    if let (Some(from), Some(until)) = (query.from, query.until)
        && from >= until
    {
        return Err(AppError::Usage("--from must be before --until".into()));
    }
    let statement = store
        .statement(query)
        .await?
        .ok_or_else(|| AppError::Usage(format!("there is no account {account}")))?;
    let a = &statement.account.account;
    let signed =
        |is_debit: bool, minor: i64| if is_debit == (a.side == Side::Debit) { minor } else { -minor };
    let posts = |kind| matches!(kind, EntryKind::Posted | EntryKind::ReservationPosted);
    if args.json {
        for l in &statement.lines {
            let (t, other) = (
                &l.entry.transfer,
                if l.is_debit { l.entry.transfer.credit } else { l.entry.transfer.debit },
            );
            let change = if posts(l.entry.kind) { signed(l.is_debit, t.amount.minor()) } else { 0 };
            line(serde_json::json!({
                "sequence": l.entry.sequence, "time": rfc3339(l.entry.time), "transfer": t.id, "kind": format!("{:?}", l.entry.kind),
                "code": t.code, "why": why(t.code), "counter_account": other, "amount_minor": t.amount.minor(), "change_minor": change,
                "balance_minor": l.after.net(a.side), "available_minor": l.after.available(a.side),
                "payment": (t.reference != 0).then(|| pmts_kernel::format_id("pay", t.reference)),
            }))?;
        }
        return Ok(());
    }
    line(format!("{} {} in {} ({})", name_of(a.chart), a.owner, a.currency.code(), a.id))?;
    let show = |minor: i64| amount(minor.into(), a.currency);
    let mut rows = vec![vec![
        String::new(),
        String::new(),
        "opening".into(),
        String::new(),
        String::new(),
        show(statement.opening.net(a.side)),
        show(statement.opening.available(a.side)),
    ]];
    for l in &statement.lines {
        let t = &l.entry.transfer;
        let reference =
            if t.reference == 0 { String::new() } else { pmts_kernel::format_id("pay", t.reference) };
        let change = if posts(l.entry.kind) {
            show(signed(l.is_debit, t.amount.minor()))
        } else {
            format!("({})", show(t.amount.minor()))
        };
        rows.push(vec![
            l.entry.sequence.to_string(),
            moment(l.entry.time),
            why(t.code),
            reference,
            change,
            show(l.after.net(a.side)),
            show(l.after.available(a.side)),
        ]);
    }
    rows.push(vec![
        String::new(),
        String::new(),
        "closing".into(),
        String::new(),
        String::new(),
        show(statement.closing.net(a.side)),
        show(statement.closing.available(a.side)),
    ]);
    table(&[">entry", "time (UTC)", "why", "payment", ">amount", ">balance", ">available"], rows)?;
    line("amounts in parentheses are reserved or let go, not moved")?;
    if let Some(next) = statement.next {
        line(format!("there are more: --after {next}"))?;
    }
    Ok(())
}

pub(super) fn why(code: pmts_ledger::TransferCode) -> String {
    Code::of(code).map_or_else(|| format!("code {}", code.0), |c| c.name().to_owned())
}

async fn trial_balance(args: TrialArgs) -> Result<(), AppError> {
    let store = args.data.open().await?;
    let at = args.at.as_deref().map(parse_moment).transpose()?;
    let trial = store.trial_balance(at).await?;
    if !args.json {
        if trial.accounts() == 0 {
            line("there are no accounts yet")?;
        }
        return print_trial_balance(&trial);
    }
    let mut currencies: BTreeMap<&str, serde_json::Value> = BTreeMap::new();
    for (currency, totals) in trial.totals() {
        let lines: BTreeMap<String, serde_json::Value> = trial
            .lines()
            .filter(|l| l.currency == currency)
            .map(|l| {
                let sums = serde_json::json!({ "debits": number(l.debits), "credits": number(l.credits) });
                (name_of(l.chart), sums)
            })
            .collect();
        currencies.insert(currency.code(), serde_json::json!({ "debits": number(totals.debits), "credits": number(totals.credits), "lines": lines }));
    }
    line(
        serde_json::json!({ "trial_balance": currencies, "balanced": trial.is_balanced(), "accounts": trial.accounts() }),
    )
}
