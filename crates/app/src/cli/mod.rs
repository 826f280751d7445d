//! What people type. Tables for people, `--json` for programs, errors with a stable code, status 1 for a failure and 2
//! for a command line that cannot be read.

mod aml;
mod aml_cases;
mod aml_files;
mod aml_labels;
mod aml_reports;
mod aml_scenarios;
mod aml_travel_rule;
mod archive;
mod audit;
mod backup;
mod check;
mod day;
mod doctor;
mod export;
mod fraud;
mod fraud_desk;
mod fraud_people;
mod fx;
mod history;
mod iso8583;
mod keys;
mod ledger;
mod lists;
mod migrate;
mod output;
mod payouts;
mod pci;
mod periods;
mod plain_args;
mod safe;
mod sandbox;
mod sandbox_traffic;
mod screen;
mod scrubbed;
mod sellers;
mod serve;
mod unknown;
mod vault;

use crate::AppError;
use crate::place::open_store;
use clap::{Parser, Subcommand};
use output::say;
use pmts_kernel::{Coded, SystemClock};
use pmts_sensitive::Secret;
use pmts_store::{EmbeddedOptions, Store};
use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

#[derive(Parser)]
#[command(
    name = "pmts",
    version,
    about = "A payments platform that a marketplace runs by itself",
    max_term_width = 100
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a made-up marketplace day through the whole platform
    Demo(day::DemoArgs),
    /// Import trading days from files
    #[command(subcommand)]
    Import(day::ImportCommand),
    /// Serve the platform over HTTP
    Serve(serve::ServeArgs),
    /// Issue, list, rotate and revoke API keys
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Show the books
    #[command(subcommand)]
    Ledger(ledger::LedgerCommand),
    /// Write the books for another program
    Export(export::ExportArgs),
    /// Run the sandbox issuer, list its test cards, or write made-up traffic
    Sandbox(sandbox::SandboxArgs),
    /// Show and make messages of card hosts
    #[command(subcommand)]
    Iso8583(iso8583::Iso8583Command),
    /// Say what payment files are, whether they are valid and, if not, where and why
    Check(check::CheckArgs),
    /// Sellers: accounts and terms, deliveries, releases, statements
    #[command(subcommand)]
    Sellers(sellers::SellersCommand),
    /// Pay sellers: batches with four eyes, files for the bank, what it answers
    #[command(subcommand)]
    Payouts(payouts::PayoutsCommand),
    /// Exchange rates: import, show, quote
    #[command(subcommand)]
    Fx(fx::FxCommand),
    /// Operations whose outcome is not known: list, show, decide by hand
    #[command(subcommand)]
    Unknown(unknown::UnknownCommand),
    /// Import, update, compare and roll back sanctions lists
    #[command(subcommand)]
    Lists(lists::ListsCommand),
    /// Screen names against the sanctions lists, or compare two names
    Screen(screen::ScreenArgs),
    /// Screening over the platform's data: who is known, hits with four eyes, everyone again
    #[command(subcommand)]
    Aml(aml::AmlCommand),
    /// Fraud: train, try and promote models, try rules, explain scores
    #[command(subcommand)]
    Fraud(fraud::FraudCommand),
    /// Who did what that is privileged: show it, and prove that nobody changed it since
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// The keys that cards are sealed with: show, rotate, seal anew
    #[command(subcommand)]
    Vault(vault::VaultCommand),
    /// Look for card numbers where none belong
    #[command(subcommand)]
    Pci(pci::PciCommand),
    /// Read a data directory from end to end and check it
    Doctor(doctor::DoctorArgs),
    /// Copy a data directory, also while it is in use
    Backup(backup::BackupArgs),
    /// Make a data directory from a copy, as it was at its end or at an earlier moment
    Restore(backup::RestoreArgs),
    /// Move entries of closed days into a file of their own
    Archive(archive::ArchiveArgs),
    /// Bring the tables of a database to the latest schema
    Migrate(migrate::MigrateArgs),
}

/// A database instead of the data directory.
#[derive(clap::Args)]
struct DatabaseArgs {
    /// A Postgres database to commit to, postgres://...; the keys stay in the data directory
    #[arg(long = "database", value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    url: Option<String>,
}

impl DatabaseArgs {
    fn secret(&self) -> Option<Arc<Secret<String>>> {
        self.url.clone().map(|url| Arc::new(Secret::new(url)))
    }
}

/// A data directory that must exist.
#[derive(clap::Args)]
struct DataArgs {
    /// The data directory
    #[arg(long, value_name = "DIR", env = "PMTS_DATA")]
    data: PathBuf,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl DataArgs {
    /// The store of the directory, or of the database.
    async fn open(&self) -> Result<Arc<dyn Store>, AppError> {
        if self.database.url.is_none() {
            there(&self.data)?;
        }
        let (clock, resident) = (Arc::new(SystemClock), EmbeddedOptions::default().resident_accounts);
        open_store(&self.data, self.database.url.as_deref(), clock, resident).await
    }
}

/// There is a data directory at this place.
fn there(data: &Path) -> Result<(), AppError> {
    let main = data.join("pmts.db");
    let there = main.metadata().is_ok_and(|m| m.len() > 0) || data.join("pmts.db-wal").exists();
    if there { Ok(()) } else { Err(AppError::NoData(data.to_owned())) }
}

/// Reads the command line and does what it says.
pub fn main() -> ExitCode {
    scrubbed::panics();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // Help and version go to standard output, and are no errors.
        Err(told) if !told.use_stderr() => told.exit(),
        Err(wrong) => {
            let _ = write!(std::io::stderr().lock(), "{}", scrubbed::scrubbed(&wrong.to_string()));
            return ExitCode::from(2);
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => {
            say(format!("error: cannot start: {e}"));
            return ExitCode::FAILURE;
        }
    };
    let result = runtime.block_on(async {
        match cli.command {
            Command::Demo(args) => day::demo(args).await,
            Command::Import(command) => day::import(command).await,
            Command::Serve(args) => serve::run(args).await,
            Command::Keys(command) => keys::run(command).await,
            Command::Ledger(command) => ledger::run(command).await,
            Command::Export(args) => export::run(args).await,
            Command::Sandbox(args) => sandbox::run(args).await,
            Command::Iso8583(command) => iso8583::run(command),
            Command::Check(args) => check::run(&args),
            Command::Sellers(command) => sellers::run(command).await,
            Command::Payouts(command) => payouts::run(command).await,
            Command::Fx(command) => fx::run(command),
            Command::Unknown(command) => unknown::run(command).await,
            Command::Lists(command) => lists::run(command),
            Command::Screen(args) => screen::run(args),
            Command::Aml(command) => aml::run(command).await,
            Command::Fraud(command) => fraud::run(command).await,
            Command::Audit(command) => audit::run(command).await,
            Command::Vault(command) => vault::run(command).await,
            Command::Pci(command) => pci::run(command),
            Command::Doctor(args) => doctor::run(args).await,
            Command::Backup(args) => backup::backup(&args),
            Command::Restore(args) => backup::restore(&args),
            Command::Archive(args) => archive::run(&args),
            Command::Migrate(args) => migrate::run(args).await,
        }
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read our output has seen enough.
        Err(AppError::Output(e)) if e.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            say(format!("error[{}]: {error}", error.code().code));
            let told = error.to_string();
            let mut cause = error.source();
            while let Some(e) = cause {
                if !told.contains(&e.to_string()) {
                    say(format!("  because {e}"));
                }
                cause = e.source();
            }
            ExitCode::FAILURE
        }
    }
}
