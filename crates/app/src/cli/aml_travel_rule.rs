//! `pmts aml travel-rule`: messages about who sends and who receives, in the form of IVMS101.2023.

use super::aml_reports::write_private;
use super::output::line;
use super::payouts::desk;
use super::plain_args::PlainArgs;
use crate::AppError;
use crate::aml::AmlError;
use crate::diligence::{Operator, today};
use clap::{Args, Subcommand};
use pmts_compliance::aml::travel_rule::Message;
use pmts_kernel::{Clock, SystemClock};
use pmts_payouts::batches::PayoutId;
use serde_json::json;
use std::path::PathBuf;

#[derive(Subcommand)]
pub(super) enum TravelRuleCommand {
    /// Write the message about a payout: who pays, and who receives by his file of due diligence
    Message(MessageArgs),
    /// Check a message of somebody else against the rules of the standard
    Check(CheckArgs),
}

#[derive(Args)]
pub(super) struct MessageArgs {
    /// Which payout: po_...
    payout: PayoutId,
    /// Who runs the platform, and pays: TOML
    #[arg(long, value_name = "FILE")]
    operator: PathBuf,
    /// Where to write it; it names people, and is readable by its owner alone
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Args)]
pub(super) struct CheckArgs {
    /// The message: JSON
    file: PathBuf,
    /// JSON for programs
    #[arg(long)]
    json: bool,
}

pub(super) async fn travel_rule(command: TravelRuleCommand) -> Result<(), AppError> {
    let read = |path: &PathBuf| std::fs::read_to_string(path).map_err(AppError::file(path));
    match command {
        TravelRuleCommand::Message(args) => {
            let operator = Operator::read(&read(&args.operator)?)?;
            let pays = desk(&args.plain.data).await?;
            let payout = pays.payout(args.payout).await?;
            let own = match pays.batch(payout.batch).await?.value.from {
                Some(own) => own,
                None => pays.own_account(payout.amount.currency()).await?,
            };
            let Some(files) = &pays.diligence else {
                return Err(AmlError::Missing("due diligence".to_owned()).into());
            };
            let text = files.travel_rule_message(&payout, &own, &operator).await?;
            write_private(&args.out, &text)?;
            let out = args.out.display().to_string();
            if args.plain.json {
                return line(json!({ "payout": payout.id, "out": out }));
            }
            line(format!("the message about {} is in {out}", payout.id))
        }
        TravelRuleCommand::Check(args) => {
            let text = read(&args.file)?;
            let message = Message::read(&text, today(SystemClock.now())?).map_err(AmlError::from)?;
            let (senders, receivers) =
                (message.originator.originator_person.len(), message.beneficiary.beneficiary_person.len());
            if args.json {
                return line(json!({ "originators": senders, "beneficiaries": receivers }));
            }
            line(format!("the message keeps the rules: {senders} send, {receivers} receive"))
        }
    }
}
