//! `pmts sandbox`: a card host to try against, and made-up traffic.

use super::iso8583::field_table;
use super::output::{line, table};
use crate::AppError;
use clap::{Args, Subcommand};
use pmts_cards::iso8583::Framing;
use pmts_sandbox::issuer::{Issuer, IssuerConfig, TestCards};
use std::sync::Arc;

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct SandboxArgs {
    #[command(subcommand)]
    command: Option<SandboxCommand>,
    #[command(flatten)]
    hosts: HostArgs,
}

#[derive(Subcommand)]
enum SandboxCommand {
    /// Write made-up traffic with money laundering in it, labelled, to try scenarios on
    Traffic(super::sandbox_traffic::TrafficArgs),
}

#[derive(Args)]
struct HostArgs {
    /// Address to listen on for ISO 8583
    #[arg(long, default_value = "127.0.0.1:8583", value_name = "ADDR")]
    listen: String,
    /// The field table: the name of a built-in one (iso8583-1987-ascii, iso8583-1987-bcd) or a TOML file
    #[arg(long, default_value = "iso8583-1987-ascii", value_name = "NAME|FILE")]
    table: String,
    /// How messages are framed: binary2, ascii4 or bcd2, with +TPDU (10 hexadecimal digits) if there is one
    #[arg(long, default_value = "binary2", value_name = "FRAMING")]
    framing: String,
    /// Play another host, too, with its own books: may be given several times
    #[arg(long, value_name = "ADDR,TABLE,FRAMING")]
    also: Vec<String>,
    /// List the test cards instead
    #[arg(long)]
    cards: bool,
}

pub(super) async fn run(args: SandboxArgs) -> Result<(), AppError> {
    if let Some(SandboxCommand::Traffic(args)) = &args.command {
        return super::sandbox_traffic::run(args);
    }
    let args = args.hosts;
    if args.cards {
        let cards = TestCards::default();
        let mut rows: Vec<Vec<String>> =
            cards.iter().map(|(pan, behaviour)| vec![pan.to_owned(), behaviour.to_string()]).collect();
        rows.sort();
        table(&["card", "what happens"], rows)?;
        return line("any other number with a correct check digit is approved");
    }
    let mut issuers = vec![host(&args.listen, &args.table, &args.framing).await?];
    for other in &args.also {
        let mut parts = other.splitn(3, ',');
        let (Some(address), Some(table), Some(framing)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(AppError::Usage(format!("--also {other}: it is ADDR,TABLE,FRAMING")));
        };
        issuers.push(host(address, table, framing).await?);
    }
    line("end with Ctrl-C")?;
    tokio::signal::ctrl_c().await.map_err(AppError::Output)?;
    for issuer in &issuers {
        line(format!("{}:", issuer.local_addr()))?;
        for (currency, totals) in issuer.all_totals() {
            line(format!(
                "  {}: {} authorized, {} incremented, {} captured, {} voided, {} refunded, {} reversed",
                currency.code(),
                totals.authorized.count,
                totals.incremented.count,
                totals.captured.count,
                totals.voided.count,
                totals.refunded.count,
                totals.reversed.count
            ))?;
        }
    }
    Ok(())
}

async fn host(address: &str, table: &str, framing: &str) -> Result<Issuer, AppError> {
    let table = field_table(table)?;
    let says = format!("table {}, framing {framing}", table.name());
    let mut config = IssuerConfig::default();
    (config.table, config.framing) = (Arc::new(table), framing.parse::<Framing>()?);
    let issuer = Issuer::bind(address, config).await?;
    line(format!("sandbox issuer listening on {}: {says}", issuer.local_addr()))?;
    Ok(issuer)
}
