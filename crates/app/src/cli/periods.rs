//! `pmts ledger periods|close|reopen`: days on which nothing is booked any more.

use super::DataArgs;
use super::output::{line, table};
use crate::AppError;
use clap::Args;
use pmts_kernel::{Clock, Principal, SystemClock};
use pmts_ledger::{AccountChange, EntityCode};
use pmts_store::{Commit, Store};

#[derive(Args)]
pub(super) struct PeriodsArgs {
    #[command(flatten)]
    data: DataArgs,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct CloseArgs {
    #[command(flatten)]
    data: DataArgs,
    /// The last day that is closed (UTC): 2026-10-31
    #[arg(long, value_name = "DAY")]
    through: String,
    #[command(flatten)]
    who: WhoArgs,
}

#[derive(Args)]
pub(super) struct ReopenArgs {
    #[command(flatten)]
    data: DataArgs,
    /// The last day that stays closed; without it all days are open
    #[arg(long, value_name = "DAY")]
    through: Option<String>,
    #[command(flatten)]
    who: WhoArgs,
}

#[derive(Args)]
struct WhoArgs {
    /// Whose books
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    entity: u16,
    /// Who decides; kept with the commit
    #[arg(long, value_name = "NAME")]
    by: String,
}

/// A day in days since 1970-01-01.
pub(super) fn parse_day(text: &str) -> Result<i32, AppError> {
    chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .map(|d| d.to_epoch_days())
        .map_err(|_| AppError::Usage(format!("not a day: {text} (write 2026-10-31)")))
}

/// A day as people write it.
pub(super) fn day_text(day: i32) -> String {
    chrono::NaiveDate::from_epoch_days(day).map_or_else(|| format!("day {day}"), |d| d.to_string())
}

pub(super) async fn show(args: PeriodsArgs) -> Result<(), AppError> {
    let periods = args.data.open().await?.periods().await?;
    if args.json {
        for (entity, day) in periods {
            line(serde_json::json!({ "entity": entity, "closed_through": day_text(day) }))?;
        }
        return Ok(());
    }
    if periods.is_empty() {
        return line("all days are open");
    }
    table(
        &[">entity", "closed through"],
        periods.iter().map(|(e, day)| vec![e.0.to_string(), day_text(*day)]),
    )
}

pub(super) async fn close(args: CloseArgs) -> Result<(), AppError> {
    let day = parse_day(&args.through)?;
    let today = i32::try_from(SystemClock.now().as_micros().div_euclid(86_400_000_000)).unwrap_or(i32::MAX);
    if day >= today {
        return Err(AppError::Usage(format!(
            "{} is not over: what is booked today counts for today unless it says otherwise, and would be refused",
            args.through
        )));
    }
    let store = args.data.open().await?;
    let entity = EntityCode(args.who.entity);
    let before = store.periods().await?.into_iter().find(|(e, _)| *e == entity).map(|(_, day)| day);
    if let Some(before) = before.filter(|before| *before > day) {
        return Err(AppError::Usage(format!(
            "the books are closed through {} already; to open later days again: pmts ledger reopen",
            day_text(before)
        )));
    }
    set(&*store, &args.who, Some(day)).await?;
    line(format!("the books of entity {} are closed through {}", entity.0, day_text(day)))
}

pub(super) async fn reopen(args: ReopenArgs) -> Result<(), AppError> {
    let day = args.through.as_deref().map(parse_day).transpose()?;
    let store = args.data.open().await?;
    let entity = EntityCode(args.who.entity);
    let before = store.periods().await?.into_iter().find(|(e, _)| *e == entity).map(|(_, day)| day);
    if day.is_some_and(|day| before.is_none_or(|before| day > before)) {
        return Err(AppError::Usage("these days are not closed; to close them: pmts ledger close".into()));
    }
    set(&*store, &args.who, day).await?;
    let now = day.map_or_else(|| "open".to_owned(), |day| format!("closed through {}", day_text(day)));
    line(format!("the books of entity {} are {now}", entity.0))
}

async fn set(store: &dyn Store, who: &WhoArgs, closed_through: Option<i32>) -> Result<(), AppError> {
    let by = Principal::try_new(format!("user:{}", who.by)).map_err(|e| AppError::Usage(e.to_string()))?;
    let change = AccountChange::SetPeriod { entity: EntityCode(who.entity), closed_through };
    let commit = Commit { accounts: vec![change], ..Commit::by(by) };
    store.commit(commit).await.map_err(crate::engine::EngineError::from)?;
    Ok(())
}
