//! `pmts sellers`: who is paid, by which terms; deliveries and releases; statements.

use super::DataArgs;
use super::output::{amount, line, parse_moment, rfc3339, table};
use super::payouts::{desk, principal};
use crate::AppError;
use crate::books::{Code, Line, seller_owner};
use crate::payouts::{DeskError, PayoutDesk};
use chrono::{NaiveDate, Weekday};
use clap::{Args, Subcommand, ValueEnum};
use pmts_kernel::Timestamp;
use pmts_ledger::{AccountFilter, AccountState, StatementQuery, TransferCode};
use pmts_money::Currency;
use pmts_payments::{PaymentId, SellerRef};
use pmts_payouts::sellers::{Destination, Kyc, PayeeRef, Schedule, Seller, Terms};
use serde_json::json;

#[derive(Subcommand)]
pub(super) enum SellersCommand {
    /// Keep a seller: his account, his terms, whether it is known who he is
    Put(PutArgs),
    /// List sellers with what they have
    List(ListArgs),
    /// Every movement of a seller's money, with the balance after it
    Statement(StatementArgs),
    /// Report that a purchase was delivered: the days until its money is released begin
    Deliver(DeliverArgs),
    /// Release what is due: money of delivered purchases, reserves
    Release(ReleaseArgs),
}

#[derive(Clone, Copy, ValueEnum)]
enum KycArg {
    /// Not known yet: he may sell, his money waits
    Open,
    /// Known
    Verified,
    /// Stopped by a person
    Stopped,
}

#[derive(Args)]
pub(super) struct PutArgs {
    /// The marketplace's name for him, as in payments
    seller: String,
    /// The holder of the account
    #[arg(long)]
    name: String,
    /// His account
    #[arg(long)]
    iban: Option<String>,
    /// Its bank, if it must be named
    #[arg(long, requires = "iban")]
    bic: Option<String>,
    /// How far it is known who he is
    #[arg(long, value_enum, default_value = "open")]
    kyc: KycArg,
    /// Days from delivery to the release of the money
    #[arg(long, value_name = "DAYS", default_value_t = 7)]
    hold_days: u16,
    /// When he is paid: daily, on-request, a weekday (mon ... sun), or a date and every 14 days from it
    #[arg(long, value_name = "WHEN", default_value = "2026-01-05", value_parser = schedule)]
    schedule: Schedule,
    /// Less than that is not paid, in minor units
    #[arg(long, value_name = "MINOR", default_value_t = 0)]
    minimum: i64,
    /// What is kept back of a release, in basis points
    #[arg(long, value_name = "BPS", default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=10_000))]
    reserve: u16,
    /// Days until that is released
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    reserve_days: u16,
    #[command(flatten)]
    who: ByArgs,
    #[command(flatten)]
    data: DataArgs,
}

/// On whose behalf.
#[derive(Args)]
pub(super) struct ByArgs {
    /// Who does it, for the record: printable characters without spaces
    #[arg(long, value_name = "NAME", env = "USER")]
    pub(super) by: String,
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
pub(super) struct StatementArgs {
    /// The seller
    seller: String,
    #[command(flatten)]
    data: DataArgs,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct DeliverArgs {
    /// The payment (pay_...)
    #[arg(required_unless_present = "all")]
    payment: Option<PaymentId>,
    /// Every captured purchase that is not reported yet, as delivered when it was made
    #[arg(long, conflicts_with_all = ["payment", "at"])]
    all: bool,
    /// When, RFC 3339; now if left out
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    #[command(flatten)]
    who: ByArgs,
    #[command(flatten)]
    data: DataArgs,
}

#[derive(Args)]
pub(super) struct ReleaseArgs {
    /// What is due at this moment, RFC 3339; now if left out
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    #[command(flatten)]
    who: ByArgs,
    #[command(flatten)]
    data: DataArgs,
}

pub(super) async fn run(command: SellersCommand) -> Result<(), AppError> {
    match command {
        SellersCommand::Put(args) => put(args).await,
        SellersCommand::List(args) => list(args).await,
        SellersCommand::Statement(args) => statement(args).await,
        SellersCommand::Deliver(args) => deliver(args).await,
        SellersCommand::Release(args) => release(args).await,
    }
}

fn schedule(text: &str) -> Result<Schedule, String> {
    match text {
        "daily" => Ok(Schedule::Daily),
        "on-request" => Ok(Schedule::OnRequest),
        _ => {
            let weekday = text.parse::<Weekday>().map(Schedule::Weekly);
            let date = text.parse::<NaiveDate>().map(Schedule::Fortnightly);
            weekday.or(date).map_err(|_| "daily, on-request, a weekday, or a date".into())
        }
    }
}

async fn put(args: PutArgs) -> Result<(), AppError> {
    let destination = args.iban.map(|iban| Destination::iban(&iban, args.bic.as_deref())).transpose()?;
    let terms = Terms {
        hold_days: args.hold_days,
        schedule: args.schedule,
        minimum_minor: args.minimum.max(0),
        reserve_bps: args.reserve,
        reserve_days: args.reserve_days,
    };
    let kyc = match args.kyc {
        KycArg::Open => Kyc::Open,
        KycArg::Verified => Kyc::Verified,
        KycArg::Stopped => Kyc::Stopped,
    };
    let payee = PayeeRef::try_new(args.seller)?;
    let seller = Seller {
        payee,
        name: args.name,
        kyc,
        destination,
        failed: None,
        known_since: None,
        account_changed: None,
        terms,
    };
    let desk = desk(&args.data).await?;
    let kept = desk.put_seller(seller, &principal(&args.who.by)?).await?;
    line(format!("{} is kept", kept.payee))?;
    match kept.failure() {
        Some(reason) => {
            line(format!("the last payment to this account came back ({reason}): name another one"))
        }
        None => Ok(()),
    }
}

async fn list(args: ListArgs) -> Result<(), AppError> {
    let desk = desk(&args.data).await?;
    let mut rows = Vec::new();
    for seller in desk.sellers().await? {
        let account = seller.destination.as_ref().map_or_else(|| "-".to_owned(), Destination::masked);
        let kyc = format!("{:?}", seller.kyc).to_lowercase();
        for m in desk.seller_money(&seller.payee).await? {
            if args.json {
                line(json!({
                    "seller": seller.payee, "kyc": seller.kyc, "account": account, "account_failed": seller.failure(),
                    "currency": m.currency.code(), "pending": m.pending, "available": m.available,
                    "reserved": m.reserved, "set_aside": m.set_aside, "owes": m.owes,
                }))?;
            }
            let money = [m.pending, m.available, m.reserved, m.set_aside, m.owes];
            let mut row =
                vec![seller.payee.to_string(), kyc.clone(), account.clone(), m.currency.to_string()];
            row.extend(money.map(|minor| amount(i128::from(minor), m.currency)));
            rows.push(row);
        }
    }
    if args.json {
        return Ok(());
    }
    let head = ["seller", "kyc", "account", "", ">pending", ">available", ">reserved", ">set aside", ">owes"];
    table(&head, rows)
}

/// The lines that are the seller's own.
const LINES: [Line; 4] =
    [Line::SellerPending, Line::SellerAvailable, Line::SellerReserve, Line::SellerReceivable];

async fn statement(args: StatementArgs) -> Result<(), AppError> {
    let desk = desk(&args.data).await?;
    let unknown = || DeskError::Missing(format!("the seller {}", args.seller));
    let seller = SellerRef::try_new(&args.seller).map_err(|_| unknown())?;
    let filter = AccountFilter { owner: Some(seller_owner(&seller)), ..AccountFilter::default() };
    let mut found = Vec::new();
    for state in desk.store.accounts(filter).await?.accounts {
        let Some(on) = LINES.iter().find(|l| l.code() == state.account.chart) else { continue };
        collect(&desk, &state, *on, &mut found).await?;
    }
    if found.is_empty() {
        return Err(unknown().into());
    }
    found.sort_unstable_by_key(|l| l.sequence);
    let chart = crate::books::chart();
    let name = |on: Line| chart.get(on.code()).map_or_else(String::new, |e| e.name.clone());
    if args.json {
        return found.iter().try_for_each(|l| {
            line(json!({
                "at": rfc3339(l.at), "on": name(l.on), "what": l.what, "amount": l.minor, "balance": l.after,
                "currency": l.currency.code(), "reference": l.reference,
            }))
        });
    }
    let rows = found.iter().map(|l| {
        let sum = |minor: i64| amount(i128::from(minor), l.currency);
        vec![
            rfc3339(l.at),
            name(l.on),
            l.what.clone(),
            sum(l.minor),
            sum(l.after),
            l.currency.to_string(),
            l.reference.clone(),
        ]
    });
    table(&["at", "on", "what", ">amount", ">balance", "", "of"], rows.collect::<Vec<_>>())
}

/// A movement on one of the seller's accounts.
struct Movement {
    sequence: u64,
    at: Timestamp,
    on: Line,
    what: String,
    /// In the direction of the account's normal side, in minor units.
    minor: i64,
    after: i64,
    currency: Currency,
    reference: String,
}

async fn collect(
    desk: &PayoutDesk,
    state: &AccountState,
    on: Line,
    found: &mut Vec<Movement>,
) -> Result<(), AppError> {
    let mut query = StatementQuery::all(state.account.id);
    let mut before = 0;
    loop {
        let Some(page) = desk.store.statement(query.clone()).await? else { return Ok(()) };
        for l in page.lines {
            let after = l.after.net(state.account.side);
            let transfer = &l.entry.transfer;
            let what = Code::of(transfer.code).map_or_else(String::new, |c| c.name().to_owned());
            let reference = transfer.reference;
            // What only sets money aside moves none.
            if after != before {
                found.push(Movement {
                    sequence: l.entry.sequence,
                    at: l.entry.time,
                    on,
                    what,
                    minor: after - before,
                    after,
                    currency: state.account.currency,
                    reference: reference_name(transfer.code, reference),
                });
            }
            before = after;
        }
        let Some(next) = page.next else { return Ok(()) };
        query.after = Some(next);
    }
}

/// What a movement is of: a payment, or a batch of payouts.
fn reference_name(code: TransferCode, reference: u128) -> String {
    if (60..70).contains(&code.0) {
        return pmts_payouts::batches::BatchId::from_raw(reference).to_string();
    }
    PaymentId::from_raw(reference).to_string()
}

async fn deliver(args: DeliverArgs) -> Result<(), AppError> {
    let desk = desk(&args.data).await?;
    let by = principal(&args.who.by)?;
    let Some(payment) = args.payment else {
        let count = desk.delivered_all(&by).await?;
        return line(format!("{count} purchases are reported as delivered"));
    };
    let at = args.at.as_deref().map_or_else(|| Ok(desk.clock.now()), parse_moment)?;
    let delivery = desk.delivered(payment, at, &by).await?;
    for part in &delivery.parts {
        line(format!("{}: released {}", part.payee, rfc3339(part.due)))?;
    }
    Ok(())
}

async fn release(args: ReleaseArgs) -> Result<(), AppError> {
    let desk = desk(&args.data).await?;
    let at = args.at.as_deref().map_or_else(|| Ok(desk.clock.now()), parse_moment)?;
    let done = desk.release_due(at, &principal(&args.who.by)?).await?;
    line(format!(
        "{} parts and {} reserves are released; {} deliveries wait",
        done.releases, done.reserves, done.waiting
    ))
}
