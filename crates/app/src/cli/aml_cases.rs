//! `pmts aml alerts|cases|snoozes`: the work of the case team. On the embedded store with the server stopped; a running server takes the same
//! over HTTP, with a key of the case team.

use super::DataArgs;
use super::output::{line, moment, parse_moment, say, table};
use super::payouts::principal;
use super::plain_args::PlainArgs;
use crate::AppError;
use crate::aml::unanswered;
use crate::monitoring::{AlertKept, CaseDesk, CaseId, CaseStep, SnoozeKept};
use crate::platform::watcher;
use clap::{Args, Subcommand, ValueEnum};
use pmts_compliance::aml::cases::{Case, CaseState};
use pmts_compliance::aml::monitor::Outcome;
use pmts_kernel::{Clock, Principal, SystemClock, SystemIds, Timestamp};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;

#[derive(Args)]
pub(super) struct AlertsArgs {
    /// Only those of this scenario
    #[arg(long)]
    scenario: Option<String>,
    /// Only those about somebody, as customer:22
    #[arg(long, value_name = "PARTY")]
    subject: Option<String>,
    /// Only those from then on: 2026-11-22 or 2026-11-22T18:00:00Z
    #[arg(long, value_name = "MOMENT")]
    since: Option<String>,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Subcommand)]
pub(super) enum CasesCommand {
    /// Show cases, newest first; without a state or subject, those that are not over
    List(CaseListArgs),
    /// Show a case with its alerts, notes and clocks
    Show(CaseArgs),
    /// Take a case; one that was decided needs a reason
    Investigate(MaybeReasonArgs),
    /// Give a case back
    GiveBack(CaseArgs),
    /// Wait for information; clocks go on
    Wait(ReasonArgs),
    /// Decide; another person has to approve
    Decide(DecideArgs),
    /// Agree with what another person decided
    Approve(CaseArgs),
    /// Write a note
    Note(NoteArgs),
    /// Link two cases
    Link(LinkArgs),
    /// No suspect is known: the report has 60 days
    NoSuspect(CaseArgs),
}

#[derive(Args)]
pub(super) struct CaseListArgs {
    /// Only those that stand there
    #[arg(long, value_enum)]
    state: Option<StateArg>,
    /// Only those about somebody, as customer:22
    #[arg(long, value_name = "PARTY")]
    subject: Option<String>,
    /// Only those with a clock that has run out
    #[arg(long)]
    overdue: bool,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Args)]
pub(super) struct CaseArgs {
    /// Which one: amlc_...
    id: CaseId,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Args)]
pub(super) struct ReasonArgs {
    /// Which one: amlc_...
    id: CaseId,
    /// Why
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Args)]
pub(super) struct MaybeReasonArgs {
    /// Which one: amlc_...
    id: CaseId,
    /// Why
    #[arg(long, default_value = "")]
    reason: String,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Args)]
pub(super) struct DecideArgs {
    /// Which one: amlc_...
    id: CaseId,
    /// What came of the alerts
    #[arg(long, value_enum)]
    outcome: OutcomeArg,
    /// It is to be reported
    #[arg(long)]
    report: bool,
    /// Why
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Args)]
pub(super) struct NoteArgs {
    /// Which one: amlc_...
    id: CaseId,
    /// The note
    text: String,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Args)]
pub(super) struct LinkArgs {
    /// Which one: amlc_...
    id: CaseId,
    /// The other: amlc_...
    other: CaseId,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Subcommand)]
pub(super) enum SnoozesCommand {
    /// Show those that are not over
    List(PlainArgs),
    /// Add one; alerts are kept all the same
    Add(SnoozeArgs),
}

#[derive(Args)]
pub(super) struct SnoozeArgs {
    /// Which scenario, all its versions
    scenario: String,
    /// About whom, as customer:22
    party: String,
    /// For how many days
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=365))]
    days: u32,
    /// Why
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum StateArg {
    Open,
    Investigating,
    Waiting,
    InReview,
    Closed,
    ToReport,
    Reported,
}

impl From<StateArg> for CaseState {
    fn from(arg: StateArg) -> Self {
        match arg {
            StateArg::Open => Self::Open,
            StateArg::Investigating => Self::Investigating,
            StateArg::Waiting => Self::Waiting,
            StateArg::InReview => Self::InReview,
            StateArg::Closed => Self::Closed,
            StateArg::ToReport => Self::ToReport,
            StateArg::Reported => Self::Reported,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum OutcomeArg {
    /// It was what the scenario says
    Confirmed,
    /// It was not, and yet worth looking at
    Valuable,
    /// It was nothing
    FalsePositive,
}

impl From<OutcomeArg> for Outcome {
    fn from(arg: OutcomeArg) -> Self {
        match arg {
            OutcomeArg::Confirmed => Self::Confirmed,
            OutcomeArg::Valuable => Self::Valuable,
            OutcomeArg::FalsePositive => Self::FalsePositive,
        }
    }
}

/// The desk of a data directory, and who is at it.
pub(super) async fn desk(args: &PlainArgs) -> Result<(CaseDesk, Principal), AppError> {
    Ok((desk_at(&args.data).await?, principal(&args.who.by)?))
}

/// The desk of a data directory.
pub(super) async fn desk_at(data: &DataArgs) -> Result<CaseDesk, AppError> {
    let store = data.open().await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let ids = Arc::new(SystemIds::new(clock.clone()));
    CaseDesk::of(&data.data, store, ids, clock).await
}

/// Watches what happened since it was watched last. On a database the servers do that.
pub(super) async fn watched(args: &PlainArgs, desk: &CaseDesk) -> Result<(), AppError> {
    if args.data.database.url.is_some() {
        return Ok(());
    }
    let watcher = watcher(&args.data.data, desk.clone()).await?;
    let mut told = Instant::now();
    let mut tell = |position: u64| {
        if told.elapsed().as_secs() >= 5 {
            told = Instant::now();
            say(format!("watching: {position} events"));
        }
        true
    };
    let taken = watcher.catch_up(true, &mut tell).await?;
    watcher.save().await;
    if taken.kept > 0 {
        say(format!("{} new alerts, {} new cases", taken.kept, taken.opened));
    }
    let unpriced = desk.place().await?.value.unpriced;
    if unpriced > 0 {
        say(format!(
            "{unpriced} movements were not judged: no rate is known for their currency (`pmts fx rates import`)"
        ));
    }
    Ok(())
}

pub(super) async fn alerts(args: AlertsArgs) -> Result<(), AppError> {
    let (desk, _) = desk(&args.plain).await?;
    watched(&args.plain, &desk).await?;
    let since = args.since.as_deref().map(parse_moment).transpose()?.unwrap_or_default();
    let found = desk.alerts(args.scenario.as_deref(), args.subject.as_deref(), since).await?;
    if args.plain.json {
        return found.iter().try_for_each(|a| line(json!(a)));
    }
    let rows = found.iter().map(|AlertKept { alert, case, snoozed, .. }| {
        let became = match (case, snoozed) {
            (Some(case), _) => case.to_string(),
            (None, Some(_)) => "snoozed".to_owned(),
            (None, None) => "shadow".to_owned(),
        };
        let scenario = format!("{}.{}", alert.scenario, alert.version);
        vec![moment(alert.at), scenario, alert.subject.clone(), became, alert.why.clone()]
    });
    table(&["when", "scenario", "about", "case", "why"], rows)
}

fn shown(case: &Case, now: Timestamp) -> Value {
    let mut shown = json!(case);
    shown["clocks"] = json!(case.clocks());
    shown["overdue"] = json!(case.overdue(now));
    shown["keep_until"] = json!(case.keep_until());
    shown
}

fn state(case: &Case) -> String {
    let text = json!(case.state);
    text.as_str().unwrap_or_default().replace('_', " ")
}

pub(super) async fn cases(command: CasesCommand) -> Result<(), AppError> {
    match command {
        CasesCommand::List(args) => list(args).await,
        CasesCommand::Show(args) => {
            let (desk, _) = desk(&args.plain).await?;
            show(&desk, &desk.case(args.id).await?.value, args.plain.json).await
        }
        CasesCommand::Investigate(args) => {
            step(args.id, CaseStep::Investigate(args.reason), &args.plain).await
        }
        CasesCommand::GiveBack(args) => step(args.id, CaseStep::GiveBack, &args.plain).await,
        CasesCommand::Wait(args) => step(args.id, CaseStep::Wait(args.reason), &args.plain).await,
        CasesCommand::Decide(args) => {
            let (outcome, report, reason) = (args.outcome.into(), args.report, args.reason);
            step(args.id, CaseStep::Decide { outcome, report, reason }, &args.plain).await
        }
        CasesCommand::Approve(args) => step(args.id, CaseStep::Approve, &args.plain).await,
        CasesCommand::Note(args) => step(args.id, CaseStep::Note(args.text), &args.plain).await,
        CasesCommand::Link(args) => step(args.id, CaseStep::Link(args.other), &args.plain).await,
        CasesCommand::NoSuspect(args) => step(args.id, CaseStep::NoSuspect, &args.plain).await,
    }
}

async fn step(id: CaseId, step: CaseStep, plain: &PlainArgs) -> Result<(), AppError> {
    let (desk, by) = desk(plain).await?;
    let case = desk.step(id, &step, &by, &unanswered).await?;
    show(&desk, &case, plain.json).await
}

async fn list(args: CaseListArgs) -> Result<(), AppError> {
    let (desk, _) = desk(&args.plain).await?;
    watched(&args.plain, &desk).await?;
    let now = SystemClock.now();
    let mut found = desk.cases(args.state.map(CaseState::from), args.subject.as_deref()).await?;
    if args.overdue {
        found.retain(|c| !c.overdue(now).is_empty());
    }
    if args.plain.json {
        return found.iter().try_for_each(|c| line(shown(c, now)));
    }
    let rows = found.iter().map(|c| {
        let due = c.clocks().into_iter().map(|(_, due)| due).min();
        let due = due.map(|due| if due <= now { format!("{} over", moment(due)) } else { moment(due) });
        let scenarios: std::collections::BTreeSet<&str> =
            c.alerts.iter().map(|(_, s, _)| s.as_str()).collect();
        let assigned = c.assigned.as_ref().map(ToString::to_string);
        vec![
            c.id.clone(),
            state(c),
            c.subject.clone(),
            c.alerts.len().to_string(),
            due.unwrap_or_default(),
            assigned.unwrap_or_default(),
            scenarios.into_iter().collect::<Vec<_>>().join(" "),
        ]
    });
    table(&["case", "state", "about", ">alerts", "due", "assigned", "scenarios"], rows)
}

async fn show(desk: &CaseDesk, case: &Case, as_json: bool) -> Result<(), AppError> {
    let now = SystemClock.now();
    if as_json {
        return line(shown(case, now));
    }
    line(format!("{} about {}: {}", case.id, case.subject, state(case)))?;
    for (clock, due) in case.clocks() {
        let over = if due <= now { ", over" } else { "" };
        line(format!("  {} by {}{over}", json!(clock).as_str().unwrap_or_default(), moment(due)))?;
    }
    for kept in desk.alerts_of(case).await? {
        let alert = kept.alert;
        line(format!("  {} {}.{}: {}", moment(alert.at), alert.scenario, alert.version, alert.why))?;
        let others: Vec<&str> =
            alert.parties.iter().map(String::as_str).filter(|p| *p != alert.subject).take(10).collect();
        if !others.is_empty() {
            line(format!("    with {}", others.join(", ")))?;
        }
        line(format!("    movements {}", alert.movements.join(", ")))?;
    }
    for other in &case.links {
        line(format!("  linked with {other}"))?;
    }
    for note in &case.notes {
        line(format!("  {} {}: {}", moment(note.at), note.by, note.text))?;
    }
    if let Some(until) = case.keep_until() {
        line(format!("  kept until {}", moment(until)))?;
    }
    Ok(())
}

pub(super) async fn snoozes(command: SnoozesCommand) -> Result<(), AppError> {
    let rows = |found: &[SnoozeKept]| {
        let row = |s: &SnoozeKept| {
            let s = &s.snooze;
            vec![s.scenario.clone(), s.party.clone(), moment(s.until), s.by.clone(), s.reason.clone()]
        };
        found.iter().map(row).collect::<Vec<_>>()
    };
    let (plain, found) = match command {
        SnoozesCommand::List(plain) => {
            let found = desk(&plain).await?.0.snoozes().await?;
            (plain, found)
        }
        SnoozesCommand::Add(args) => {
            let (desk, by) = desk(&args.plain).await?;
            let SnoozeArgs { scenario, party, days, reason, plain } = args;
            (plain, vec![desk.snooze(&scenario, &party, days, &reason, &by, &unanswered).await?])
        }
    };
    if plain.json {
        return found.iter().try_for_each(|s| line(json!(s)));
    }
    table(&["scenario", "about", "until", "by", "why"], rows(&found))
}
