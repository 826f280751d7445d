//! `pmts export`.

use super::DataArgs;
use crate::AppError;
use crate::export::beancount;
use clap::{Args, ValueEnum};
use std::fs::File;
use std::io::BufWriter;
use std::path::PathBuf;

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// A plain-text ledger that the program beancount reads
    Beancount,
}

#[derive(Args)]
pub(super) struct ExportArgs {
    #[command(flatten)]
    data: DataArgs,
    /// What to write
    #[arg(long, value_enum)]
    format: Format,
    /// Where to; without it standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) async fn run(args: ExportArgs) -> Result<(), AppError> {
    let Format::Beancount = args.format;
    let store = args.data.open().await?;
    match &args.out {
        None => beancount::write(&*store, &mut BufWriter::new(std::io::stdout().lock())).await.map(drop),
        Some(path) => {
            let folder =
                path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(std::path::Path::new("."));
            if folder.canonicalize().ok() == args.data.data.canonicalize().ok() {
                return Err(AppError::Usage(format!(
                    "--out {}: not into the data directory",
                    path.display()
                )));
            }
            let file = File::create(path).map_err(AppError::file(path))?;
            let count = beancount::write(&*store, &mut BufWriter::new(file)).await?;
            super::output::line(format!("{count} transactions in {}", path.display()))
        }
    }
}
