//! `pmts payouts`: batches of payouts, from proposal to what the bank answers.

use super::DataArgs;
use super::output::{amount, line, rfc3339, table};
use super::sellers::ByArgs;
use crate::AppError;
use crate::aml::{AmlDesk, ListWatch};
use crate::diligence::DiligenceDesk;
use crate::lists::Shelf;
use crate::monitoring::CaseDesk;
use crate::payouts::{PayoutDesk, Proposal};
use crate::platform::risk_screen;
use crate::rates::Rates;
use crate::risk::RiskConfig;
use chrono::{DateTime, Days, NaiveDate};
use clap::{Args, Subcommand};
use pmts_kernel::{Clock, Principal, SystemClock, SystemIds};
use pmts_money::Currency;
use pmts_payouts::batches::{Batch, BatchId, BatchState, Payout};
use pmts_payouts::rails::OwnAccount;
use pmts_payouts::sellers::{Destination, PayeeRef};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Subcommand)]
pub(super) enum PayoutsCommand {
    /// Keep our own account of a currency, out of which payouts are made
    Account(AccountArgs),
    /// Make batches of what sellers are owed today
    Propose(ProposeArgs),
    /// Approve a batch that somebody else made: its money is set aside
    Approve(StepArgs),
    /// Write the file of a batch for the bank; again: the same file
    Release(ReleaseArgs),
    /// Give up a batch whose file was not written
    Cancel(StepArgs),
    /// Take files of the bank: pain.002, camt.053, camt.054, pacs.004
    Bank(BankArgs),
    /// List batches, newest first
    List(ListArgs),
    /// Show a batch with its payouts
    Show(ShowArgs),
    /// Payouts that the bank has said nothing of: ask the bank
    Silent(ListArgs),
}

#[derive(Args)]
pub(super) struct AccountArgs {
    /// Its currency
    currency: String,
    /// Its holder
    #[arg(long)]
    name: String,
    /// The account
    #[arg(long)]
    iban: String,
    /// Its bank
    #[arg(long)]
    bic: String,
    #[command(flatten)]
    who: ByArgs,
    #[command(flatten)]
    data: DataArgs,
}

#[derive(Args)]
pub(super) struct ProposeArgs {
    /// The currency
    currency: String,
    /// The rail: sepa or wire; sepa-v03 or wire-v03 for banks that read the old version only
    #[arg(long, default_value = "sepa")]
    rail: String,
    /// Only this seller, who asked, whatever his schedule says
    #[arg(long, value_name = "NAME")]
    seller: Option<String>,
    /// The day whose schedules count; today if left out
    #[arg(long, value_name = "DATE")]
    day: Option<NaiveDate>,
    /// The day the bank is to carry it out; the day after if left out
    #[arg(long, value_name = "DATE")]
    execution: Option<NaiveDate>,
    #[command(flatten)]
    who: ByArgs,
    #[command(flatten)]
    data: DataArgs,
    /// JSON, an object a line
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct StepArgs {
    /// The batch (pb_...)
    batch: BatchId,
    #[command(flatten)]
    who: ByArgs,
    #[command(flatten)]
    data: DataArgs,
}

#[derive(Args)]
pub(super) struct ReleaseArgs {
    #[command(flatten)]
    step: StepArgs,
    /// The folder to write the file into
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
}

#[derive(Args)]
pub(super) struct BankArgs {
    /// The files, in any order; one that was taken before does nothing
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    who: ByArgs,
    #[command(flatten)]
    data: DataArgs,
    /// JSON, an object a file
    #[arg(long)]
    json: bool,
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
    /// The batch (pb_...)
    batch: BatchId,
    #[command(flatten)]
    data: DataArgs,
    /// One JSON object a line: the batch, then its payouts
    #[arg(long)]
    json: bool,
}

/// The desk of a data directory. Payees are screened against the lists that are imported there.
pub(super) async fn desk(data: &DataArgs) -> Result<PayoutDesk, AppError> {
    let store = data.open().await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let ids = Arc::new(SystemIds::new(clock.clone()));
    let screening = ListWatch::open(Shelf::of(&data.data))?.screening();
    let aml = AmlDesk { store: store.clone(), ids: ids.clone(), clock: clock.clone(), screening };
    let cases = CaseDesk::of(&data.data, store.clone(), ids.clone(), clock.clone()).await?;
    let diligence = DiligenceDesk::new(cases, Some(aml.clone()), Arc::new(Rates::of(&data.data)));
    let mut desk = PayoutDesk::new(store, ids, clock, Some(aml));
    desk.diligence = Some(diligence);
    Ok(desk)
}

/// The same with the risk screen, which is asked before money is set aside.
async fn screened_desk(data: &DataArgs) -> Result<PayoutDesk, AppError> {
    let mut desk = desk(data).await?;
    let config = RiskConfig::default();
    let risk = risk_screen(&desk.store, &desk.ids, &desk.clock, &data.data, &config).await?;
    desk.risk = Some(risk);
    Ok(desk)
}

/// A person.
pub(super) fn principal(name: &str) -> Result<Principal, AppError> {
    Principal::try_new(format!("user:{name}")).map_err(|e| AppError::Usage(format!("--by: {e}")))
}

fn currency(code: &str) -> Result<Currency, AppError> {
    Currency::from_code(code).map_err(|e| AppError::Usage(e.to_string()))
}

pub(super) async fn run(command: PayoutsCommand) -> Result<(), AppError> {
    match command {
        PayoutsCommand::Account(args) => account(args).await,
        PayoutsCommand::Propose(args) => propose(args).await,
        PayoutsCommand::Approve(args) => approve(args).await,
        PayoutsCommand::Release(args) => release(args).await,
        PayoutsCommand::Cancel(args) => cancel(args).await,
        PayoutsCommand::Bank(args) => bank(args).await,
        PayoutsCommand::List(args) => list(args).await,
        PayoutsCommand::Show(args) => show(args).await,
        PayoutsCommand::Silent(args) => silent(args).await,
    }
}

async fn account(args: AccountArgs) -> Result<(), AppError> {
    let account = Destination::iban(&args.iban, Some(&args.bic))?;
    let own = OwnAccount { name: args.name, account, currency: currency(&args.currency)? };
    let told = format!("payouts in {} are made out of {}", own.currency, own.account.masked());
    desk(&args.data).await?.put_own_account(own, &principal(&args.who.by)?).await?;
    line(told)
}

async fn propose(args: ProposeArgs) -> Result<(), AppError> {
    let today = || DateTime::from_timestamp(SystemClock.now().as_secs(), 0).unwrap_or_default().date_naive();
    let day = args.day.unwrap_or_else(today);
    let proposal = Proposal {
        rail: args.rail,
        currency: currency(&args.currency)?,
        day,
        execution: args.execution.or(day.checked_add_days(Days::new(1))).unwrap_or(day),
        asked: args.seller.map(PayeeRef::try_new).transpose()?,
    };
    let desk = desk(&args.data).await?;
    let (batches, skipped) = desk.propose(&proposal, &principal(&args.who.by)?).await?;
    if args.json {
        batches.iter().try_for_each(|b| line(batch_json(b)))?;
        return skipped.iter().try_for_each(|s| {
            line(json!({"skipped": s.payee, "available": s.available.minor(), "why": s.why}))
        });
    }
    if Shelf::of(&args.data.data).all()?.is_empty() {
        super::say("no sanctions list is imported: nobody is screened (`pmts lists import`)");
    }
    if batches.is_empty() {
        line("nobody is paid")?;
    }
    for batch in &batches {
        line(format!("{}: {} payouts, {}", batch.id, batch.count, money(batch)))?;
    }
    let rows = skipped.iter().map(|s| {
        let on = amount(i128::from(s.available.minor()), s.available.currency());
        vec![s.payee.to_string(), on, s.why.clone()]
    });
    if skipped.is_empty() {
        Ok(())
    } else {
        table(&["not paid", ">available", "why"], rows.collect::<Vec<_>>())
    }
}

fn money(batch: &Batch) -> String {
    format!("{} {}", amount(i128::from(batch.total.minor()), batch.total.currency()), batch.total.currency())
}

async fn approve(args: StepArgs) -> Result<(), AppError> {
    let desk = screened_desk(&args.data).await?;
    let (batch, left) = desk.approve(args.batch, &principal(&args.who.by)?).await?;
    for payout in &left {
        let why = payout.reason.as_deref().unwrap_or_default();
        line(format!("{} of {} left the batch: {why}", payout.id, payout.payee))?;
    }
    if batch.state == BatchState::Cancelled {
        return line(format!("{} has no payouts left and is cancelled", batch.id));
    }
    line(format!("{}: {} payouts, {}, are set aside", batch.id, batch.count, money(&batch)))
}

async fn release(args: ReleaseArgs) -> Result<(), AppError> {
    let desk = desk(&args.step.data).await?;
    let (name, file) = desk.release(args.step.batch, &principal(&args.step.who.by)?).await?;
    let path = args.out.join(name);
    write_whole(&path, &file)?;
    line(path.display())
}

/// Writes a file under another name first, so that a file of its name is a whole one.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), AppError> {
    let part = path.with_extension("part");
    let write = || {
        let mut file = std::fs::File::create(&part)?;
        std::io::Write::write_all(&mut file, bytes)?;
        file.sync_all()?;
        std::fs::rename(&part, path)
    };
    write().map_err(AppError::file(path))
}

async fn cancel(args: StepArgs) -> Result<(), AppError> {
    let batch = desk(&args.data).await?.cancel(args.batch, &principal(&args.who.by)?).await?;
    line(format!("{} is cancelled", batch.id))
}

async fn bank(args: BankArgs) -> Result<(), AppError> {
    let desk = desk(&args.data).await?;
    let by = principal(&args.who.by)?;
    for path in &args.files {
        let bytes = std::fs::read(path).map_err(AppError::file(path))?;
        let t = desk.take_file(&bytes, &by).await?;
        line(if args.json {
            json!({
                "file": path.display().to_string(), "rejected": t.rejected, "paid": t.paid,
                "returned": t.returned, "unidentified": t.unidentified, "conflicts": t.conflicts,
                "not_ours": t.not_ours, "announced": t.announced,
            })
            .to_string()
        } else {
            format!(
                "{}: {} paid, {} rejected, {} returned, {} lines that fit nothing, {} contradictions",
                path.display(),
                t.paid,
                t.rejected,
                t.returned,
                t.unidentified,
                t.conflicts
            ) + match (t.not_ours, t.announced) {
                (1.., _) => "; of an account that is not ours: left alone",
                (_, 1..) => "; a notification: booked when a statement tells it",
                _ => "",
            }
        })?;
    }
    Ok(())
}

async fn list(args: ListArgs) -> Result<(), AppError> {
    let batches = desk(&args.data).await?.batches(None).await?;
    if args.json {
        return batches.iter().try_for_each(|b| line(batch_json(b)));
    }
    let rows = batches.iter().map(|b| {
        let state = format!("{:?}", b.state).to_lowercase();
        vec![b.id.to_string(), state, b.rail.clone(), b.count.to_string(), money(b), rfc3339(b.proposed.at)]
    });
    table(&["batch", "state", "rail", ">payouts", ">total", "proposed"], rows.collect::<Vec<_>>())
}

async fn show(args: ShowArgs) -> Result<(), AppError> {
    let desk = desk(&args.data).await?;
    let batch = desk.batch(args.batch).await?.value;
    let payouts = desk.payouts(args.batch).await?;
    if args.json {
        line(batch_json(&batch))?;
        return payouts.iter().try_for_each(|p| line(payout_json(&p.value)));
    }
    let state = format!("{:?}", batch.state).to_lowercase();
    line(format!("{} is {state}: {} payouts, {}", batch.id, batch.count, money(&batch)))?;
    let steps = [
        ("proposed", Some(&batch.proposed)),
        ("approved", batch.approved.as_ref()),
        ("released", batch.released.as_ref()),
        ("cancelled", batch.cancelled.as_ref()),
    ];
    for (what, done) in steps {
        if let Some(done) = done {
            line(format!("{what} by {} at {}", done.by, rfc3339(done.at)))?;
        }
    }
    payout_table(payouts.iter().map(|p| &p.value))
}

async fn silent(args: ListArgs) -> Result<(), AppError> {
    let silent = desk(&args.data).await?.silent().await?;
    if args.json {
        return silent.iter().try_for_each(|p| line(payout_json(&p.value)));
    }
    if silent.is_empty() {
        return line("the bank has answered for every payout");
    }
    payout_table(silent.iter().map(|p| &p.value))
}

fn payout_table<'a>(payouts: impl Iterator<Item = &'a Payout>) -> Result<(), AppError> {
    let rows = payouts.map(|p| {
        let sum = amount(i128::from(p.amount.minor()), p.amount.currency());
        let state = format!("{:?}", p.state).to_lowercase();
        let reason = p.reason.clone().unwrap_or_default();
        vec![p.id.to_string(), p.payee.to_string(), p.destination.masked(), sum, state, reason]
    });
    table(&["payout", "seller", "account", ">amount", "state", "why"], rows.collect::<Vec<_>>())
}

fn batch_json(b: &Batch) -> Value {
    json!({
        "batch": b.id, "state": b.state, "rail": b.rail, "payouts": b.count, "total": b.total.minor(),
        "currency": b.total.currency().code(), "execution": b.execution.to_string(), "file": b.message_id(),
        "proposed_by": b.proposed.by, "approved_by": b.approved.as_ref().map(|d| &d.by),
        "released_by": b.released.as_ref().map(|d| &d.by),
    })
}

fn payout_json(p: &Payout) -> Value {
    json!({
        "payout": p.id, "seller": p.payee, "account": p.destination.masked(), "amount": p.amount.minor(),
        "currency": p.amount.currency().code(), "state": p.state, "reason": p.reason, "debited": p.debited,
        "end_to_end_id": p.id.end_to_end_id(),
    })
}
