//! `pmts sandbox`.

use super::output::{line, table};
use crate::AppError;
use clap::Args;
use pmts_sandbox::issuer::{Issuer, IssuerConfig, TestCards};

#[derive(Args)]
pub(super) struct SandboxArgs {
    /// Address to listen on for ISO 8583 with a 2-byte length before each message
    #[arg(long, default_value = "127.0.0.1:8583", value_name = "ADDR")]
    listen: String,
    /// List the test cards instead
    #[arg(long)]
    cards: bool,
}

pub(super) async fn run(args: SandboxArgs) -> Result<(), AppError> {
    if args.cards {
        let cards = TestCards::default();
        let mut rows: Vec<Vec<String>> =
            cards.iter().map(|(pan, behaviour)| vec![pan.to_owned(), behaviour.to_string()]).collect();
        rows.sort();
        table(&["card", "what happens"], rows)?;
        return line("any other number with a correct check digit is approved");
    }
    let issuer = Issuer::bind(&args.listen, IssuerConfig::default()).await?;
    line(format!("sandbox issuer listening on {}; end with Ctrl-C", issuer.local_addr()))?;
    tokio::signal::ctrl_c().await.map_err(AppError::Output)?;
    for (currency, totals) in issuer.all_totals() {
        line(format!(
            "{}: {} authorized, {} captured, {} refunded, {} reversed",
            currency.code(),
            totals.authorized.count,
            totals.captured.count,
            totals.refunded.count,
            totals.reversed.count
        ))?;
    }
    Ok(())
}
