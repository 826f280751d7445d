//! `pmts fraud rules|list|label`: what the running screen goes by. On the embedded store with the server stopped; a running server
//! takes the same over HTTP.

use super::DataArgs;
use super::output::{line, moment, table};
use super::payouts::principal;
use super::plain_args::PlainArgs;
use crate::AppError;
use crate::engine::EngineError;
use crate::risk::{LabelSource, RiskDesk};
use clap::{Args, Subcommand, ValueEnum};
use pmts_fraud::{Entry, Key, KeyKind, ListKind, explain};
use pmts_kernel::{Clock, SystemClock, SystemIds, parse_id};
use pmts_payments::PaymentId;
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;

#[derive(Subcommand)]
pub(super) enum RulesCommand {
    /// Show the versions, and which one is in force
    List(PlainArgs),
    /// Show the rules of a version; without it those in force
    Show(VersionArgs),
    /// Keep a file of rules as the next version; it is not in force before it is promoted
    Put(PutArgs),
    /// Put a version in force; 0: the starting rules
    Promote(PromoteArgs),
    /// Put the version in force that was before
    Rollback(PlainArgs),
}

#[derive(Subcommand)]
pub(super) enum ListCommand {
    /// Show the entries
    Show(PlainArgs),
    /// Put a value on a list
    Add(AddArgs),
    /// Take a value off a list
    Remove(RemoveArgs),
}

#[derive(Args)]
pub(super) struct VersionArgs {
    /// Which version
    version: Option<u64>,
    #[command(flatten)]
    data: DataArgs,
}

#[derive(Args)]
pub(super) struct PutArgs {
    /// The rules: JSON, `{"version": 1, "rules": [..]}`
    file: PathBuf,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Args)]
pub(super) struct PromoteArgs {
    /// Which version
    version: u64,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Clone, Copy, ValueEnum)]
enum OnList {
    Allow,
    Review,
    Block,
}

impl From<OnList> for ListKind {
    fn from(list: OnList) -> Self {
        match list {
            OnList::Allow => Self::Allow,
            OnList::Review => Self::Review,
            OnList::Block => Self::Block,
        }
    }
}

#[derive(Args)]
struct OfArgs {
    /// Which list
    #[arg(value_enum)]
    list: OnList,
    /// What the value is of: customer, device, ip, network, email, address, seller, terminal, bin, or card by the vault's token
    key: String,
    /// The value; only a hash of it is kept
    value: String,
}

#[derive(Args)]
pub(super) struct AddArgs {
    #[command(flatten)]
    of: OfArgs,
    /// Why
    #[arg(long)]
    reason: String,
    /// For how many days; without it until it is taken off
    #[arg(long, value_name = "DAYS")]
    days: Option<u16>,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Args)]
pub(super) struct RemoveArgs {
    #[command(flatten)]
    of: OfArgs,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Clone, Copy, ValueEnum)]
enum Said {
    /// It was fraud
    Fraud,
    /// It was genuine
    Genuine,
}

#[derive(Clone, Copy, ValueEnum)]
enum Source {
    /// The shop says so
    Shop,
    /// A dispute of the cardholder, or the issuer's report
    Dispute,
}

#[derive(Args)]
pub(super) struct LabelArgs {
    /// The payment, `pay_...` or `pi_...`
    payment: String,
    /// What became known
    #[arg(value_enum)]
    said: Said,
    /// Who says so
    #[arg(long, value_enum, default_value = "shop")]
    source: Source,
    #[command(flatten)]
    plain: PlainArgs,
}

async fn desk(data: &DataArgs) -> Result<RiskDesk, AppError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let ids = Arc::new(SystemIds::new(clock.clone()));
    Ok(RiskDesk { store: data.open().await?, ids, clock })
}

/// A payment, by our own id or by that of the API.
pub(super) fn payment(text: &str) -> Result<PaymentId, AppError> {
    let read = parse_id("pi", text).map(PaymentId::from_raw).ok().or_else(|| text.parse().ok());
    read.ok_or_else(|| AppError::Usage(format!("{text} is no payment: pay_... or pi_...")))
}

pub(super) async fn rules(command: RulesCommand) -> Result<(), AppError> {
    match command {
        RulesCommand::List(args) => {
            let desk = desk(&args.data).await?;
            let (in_force, _) = desk.rules_in_force().await?;
            let versions = desk.rule_versions().await?;
            if args.json {
                let rows = versions
                    .iter()
                    .map(|v| json!({ "version": v.version, "at": v.at.as_secs(), "by": v.by }));
                return line(json!({ "in_force": in_force, "versions": rows.collect::<Vec<_>>() }));
            }
            let rows = versions.iter().map(|v| vec![v.version.to_string(), moment(v.at), v.by.to_string()]);
            table(&[">version", "at", "by"], rows)?;
            line(format!("version {in_force} is in force"))
        }
        RulesCommand::Show(args) => {
            let desk = desk(&args.data).await?;
            let rules = match args.version {
                Some(version) => desk.rules(version).await?,
                None => desk.rules_in_force().await?.1,
            };
            line(String::from_utf8_lossy(&rules.to_json()?))
        }
        RulesCommand::Put(args) => {
            let file = std::fs::read(&args.file).map_err(AppError::file(&args.file))?;
            let kept =
                desk(&args.plain.data).await?.put_rules(&file, &principal(&args.plain.who.by)?).await?;
            if args.plain.json {
                return line(json!({ "version": kept.version }));
            }
            line(format!("version {} is kept; it decides once it is promoted", kept.version))
        }
        RulesCommand::Promote(args) => {
            let by = principal(&args.plain.who.by)?;
            let now = desk(&args.plain.data).await?.promote_rules(args.version, &by).await?;
            in_force(&args.plain, now.rules)
        }
        RulesCommand::Rollback(args) => {
            let now = desk(&args.data).await?.rollback_rules(&principal(&args.who.by)?).await?;
            in_force(&args, now.rules)
        }
    }
}

fn in_force(args: &PlainArgs, version: u64) -> Result<(), AppError> {
    if args.json {
        return line(json!({ "in_force": version }));
    }
    line(format!("version {version} is in force"))
}

fn key(of: &OfArgs) -> Result<Key, AppError> {
    let kind =
        KeyKind::parse(&of.key).ok_or_else(|| AppError::Usage(format!("{} is no kind of key", of.key)))?;
    Ok(Key::of(kind, &of.value))
}

pub(super) async fn list(command: ListCommand) -> Result<(), AppError> {
    match command {
        ListCommand::Show(args) => {
            let entries = desk(&args.data).await?.entries().await?;
            if args.json {
                return entries.iter().try_for_each(|e| line(json!(e)));
            }
            let rows = entries.iter().map(|e| {
                let Entry { key, list, reason, until } = &e.entry;
                let until = until.map_or("-".to_owned(), |u| {
                    moment(pmts_kernel::Timestamp::from_micros(u.saturating_mul(1_000_000)))
                });
                let list = format!("{list:?}").to_lowercase();
                vec![
                    list,
                    key.kind.name().to_owned(),
                    format!("{:016x}", key.hash),
                    until,
                    e.by.to_string(),
                    reason.clone(),
                ]
            });
            table(&["list", "key", "hash", "until", "by", "reason"], rows)
        }
        ListCommand::Add(args) => {
            let until = args.days.map(|days| SystemClock.now().as_secs() + i64::from(days) * 86_400);
            let entry = Entry { key: key(&args.of)?, list: args.of.list.into(), reason: args.reason, until };
            let kept = desk(&args.plain.data).await?.list(entry, &principal(&args.plain.who.by)?).await?;
            if args.plain.json {
                return line(json!(kept));
            }
            line(format!("the {} is on the list", args.of.key))
        }
        ListCommand::Remove(args) => {
            let (key, list) = (key(&args.of)?, args.of.list.into());
            let kept =
                desk(&args.plain.data).await?.unlist(key, list, &principal(&args.plain.who.by)?).await?;
            if args.plain.json {
                return line(json!(kept));
            }
            line(format!("the {} is off the list", args.of.key))
        }
    }
}

pub(super) async fn label(args: LabelArgs) -> Result<(), AppError> {
    let (id, fraud) = (payment(&args.payment)?, matches!(args.said, Said::Fraud));
    let source = match args.source {
        Source::Shop => LabelSource::Shop,
        Source::Dispute => LabelSource::Dispute,
    };
    let desk = desk(&args.plain.data).await?;
    if desk.decisions(&id.to_string()).await?.is_empty() {
        return Err(EngineError::Missing(format!("a decision about {id}")).into());
    }
    let taken = desk.label(id, fraud, source, &principal(&args.plain.who.by)?).await?;
    if args.plain.json {
        return line(json!({ "payment": id, "fraud": fraud, "source": source.name(), "taken": taken }));
    }
    let how = if taken { "kept" } else { "known before, or somebody stronger said otherwise" };
    line(format!("{id}: {how}"))
}

/// Tells why a payment was decided as it was.
pub(super) async fn explain(data: &DataArgs, about: &str, json: bool) -> Result<(), AppError> {
    let id = payment(about)?;
    let decisions = desk(data).await?.decisions(&id.to_string()).await?;
    if decisions.is_empty() {
        return Err(EngineError::Missing(format!("a decision about {id}")).into());
    }
    for screened in decisions {
        let (analyst, customer) =
            (explain::for_analyst(&screened.decision), explain::for_customer(&screened.decision));
        if json {
            line(
                json!({ "id": screened.id, "effect": screened.effect, "decision": screened.decision, "analyst": analyst, "customer": customer }),
            )?;
            continue;
        }
        line(format!("{} {} before {}:", moment(screened.at()), screened.id, screened.step().name()))?;
        analyst.iter().try_for_each(|sentence| line(format!("  {sentence}")))?;
        line(format!("  To the customer: {customer}"))?;
    }
    Ok(())
}
