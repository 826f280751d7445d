//! `pmts unknown`: operations whose outcome is not known, and what a person decides about them.

use super::DataArgs;
use super::output::{amount, line, moment, rfc3339, table};
use crate::AppError;
use crate::config::Config;
use crate::engine::{Engine, OpenOperation, Request, Verdict};
use crate::platform::{Host, Platform, PlatformConfig, recorded_mode};
use clap::{Args, Subcommand, ValueEnum};
use pmts_kernel::{Principal, Timestamp};
use pmts_payments::{Operation, OperationId};
use std::path::{Path, PathBuf};

#[derive(Subcommand)]
pub(super) enum UnknownCommand {
    /// List operations whose outcome is not known
    List(ListArgs),
    /// Show one with its payment
    Show(ShowArgs),
    /// Record what a person found out about one
    Resolve(ResolveArgs),
}

#[derive(Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    data: DataArgs,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct ShowArgs {
    /// The operation (op_...)
    operation: OperationId,
    #[command(flatten)]
    data: DataArgs,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct ResolveArgs {
    /// The operation (op_...)
    operation: OperationId,
    /// What the other side says of it
    #[arg(long = "as", value_enum)]
    verdict: Said,
    /// Who found it out, for the record: printable characters without spaces
    #[arg(long, value_name = "NAME", env = "USER")]
    by: String,
    #[command(flatten)]
    data: DataArgs,
    /// The configuration file of the server: what it says of fees goes into the books
    #[arg(long, value_name = "FILE", env = "PMTS_CONFIG")]
    config: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Said {
    /// It was done
    Happened,
    /// It was not done and will not be, or it was taken back
    DidNotHappen,
}

/// An engine that sends nothing.
pub(super) async fn engine(data: &DataArgs, file: Option<&Path>) -> Result<Engine, AppError> {
    let live = recorded_mode(&*data.open().await?).await?.unwrap_or(false);
    let mut config = PlatformConfig {
        by: Principal::system("cli"),
        live,
        database: data.database.secret(),
        ..PlatformConfig::default()
    };
    if let Some(file) = file {
        Config::read(file)?.apply(&mut config)?;
    }
    // Nothing is screened here.
    config.risk = None;
    Ok(Platform::open(&data.data, config, Host::Nowhere).await?.engine)
}

pub(super) async fn run(command: UnknownCommand) -> Result<(), AppError> {
    match command {
        UnknownCommand::List(args) => list(args).await,
        UnknownCommand::Show(args) => show(args).await,
        UnknownCommand::Resolve(args) => resolve(args).await,
    }
}

async fn list(args: ListArgs) -> Result<(), AppError> {
    let engine = engine(&args.data, None).await?;
    let (open, now) = (engine.open_operations().await?, engine.clock.now());
    if args.json {
        return open.iter().try_for_each(|o| line(json(o, now)));
    }
    if open.is_empty() {
        return line("nothing is unknown");
    }
    let rows = open.iter().map(|o| {
        let op = &o.operation;
        vec![
            op.id.to_string(),
            name(op),
            state(op),
            format!(
                "{} {}",
                amount(i128::from(op.amount.minor()), op.amount.currency()),
                op.amount.currency()
            ),
            age(op.created, now),
            o.tries.to_string(),
            next(o, now),
        ]
    });
    table(&["operation", "what", "state", ">amount", ">age", ">tries", "next try"], rows.collect::<Vec<_>>())
}

async fn show(args: ShowArgs) -> Result<(), AppError> {
    let engine = engine(&args.data, None).await?;
    let now = engine.clock.now();
    let open = engine.open_operations().await?.into_iter().find(|o| o.operation.id == args.operation);
    let operation = engine.operation(args.operation).await?.value;
    let payment = engine.view(operation.payment, None).await?;
    if args.json {
        let open = open.as_ref().map(|o| json(o, now));
        return line(serde_json::json!({
            "operation": operation, "open": open, "payment": payment.intent,
            "money": {"held": payment.money.held.minor(), "captured": payment.money.captured.minor(), "refunded": payment.money.refunded.minor()},
        }));
    }
    let currency = operation.amount.currency();
    let money = |m: pmts_money::Money| format!("{} {currency}", amount(i128::from(m.minor()), currency));
    line(format!("operation  {}", operation.id))?;
    line(format!("what       {} of {}", name(&operation), money(operation.amount)))?;
    line(format!("state      {}", state(&operation)))?;
    line(format!("decided    {} ({} ago)", moment(operation.created), age(operation.created, now)))?;
    // Trace number, time and retrieval reference: what the host is asked by.
    line(format!("reference  {}", operation.reference.0))?;
    if let Some(reversal) = &operation.reversal {
        line(format!("reversal   {}", reversal.0))?;
    }
    if let Some(open) = &open {
        line(format!("tries      {}", open.tries))?;
        line(format!("next try   {}", next(open, now)))?;
        if let Some(task) = &open.task {
            line(format!("to do      {task}"))?;
        }
    }
    line(format!("payment    {} ({:?})", payment.intent.id, payment.intent.state))?;
    if let Some(order) = &payment.intent.order {
        line(format!("order      {order}"))?;
    }
    if let Some(method) = &payment.intent.method {
        line(format!("card       ending in {}", method.last_four))?;
    }
    line(format!("held       {}", money(payment.money.held)))?;
    line(format!("captured   {}", money(payment.money.captured)))?;
    line(format!("refunded   {}", money(payment.money.refunded)))
}

async fn resolve(args: ResolveArgs) -> Result<(), AppError> {
    let by = Principal::try_new(format!("user:{}", args.by))
        .map_err(|_| AppError::Usage(format!("--by: not a name for the record: {}", args.by)))?;
    let engine = engine(&args.data, args.config.as_deref()).await?;
    let verdict = match args.verdict {
        Said::Happened => Verdict::Happened,
        Said::DidNotHappen => Verdict::DidNotHappen,
    };
    let request = Request { by, answer: None, trace: None };
    let after = engine.resolve_by_hand(args.operation, verdict, &request).await?;
    line(format!("{} {} is {}", name(&after), after.id, state(&after)))
}

fn json(open: &OpenOperation, now: Timestamp) -> serde_json::Value {
    let op = &open.operation;
    serde_json::json!({
        "operation": op.id, "kind": op.kind, "state": op.state, "payment": op.payment, "amount": op.amount.minor(),
        "currency": op.amount.currency().code(), "created": rfc3339(op.created),
        "age_seconds": now.as_secs().saturating_sub(op.created.as_secs()), "tries": open.tries,
        "next_try": open.next_try.map(rfc3339), "task": open.task,
    })
}

fn name(operation: &Operation) -> String {
    format!("{:?}", operation.kind).to_lowercase()
}

fn state(operation: &Operation) -> String {
    format!("{:?}", operation.state).to_lowercase()
}

fn next(open: &OpenOperation, now: Timestamp) -> String {
    match open.next_try {
        None => "none: a person is asked".into(),
        Some(at) if at <= now => "due".into(),
        Some(at) => format!("in {}", age(now, at)),
    }
}

/// How long it is from one moment to another, as people say it.
fn age(from: Timestamp, to: Timestamp) -> String {
    let seconds = to.as_secs().saturating_sub(from.as_secs()).max(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}
