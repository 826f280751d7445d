//! `pmts migrate`: the tables of a database, brought to the latest schema. `serve` does the same when it starts.

use super::output::line;
use crate::AppError;
use clap::Args;
use pmts_store::PostgresStore;

#[derive(Args)]
pub(super) struct MigrateArgs {
    /// The Postgres database, postgres://...
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    database: String,
}

pub(super) async fn run(args: MigrateArgs) -> Result<(), AppError> {
    let done = PostgresStore::migrate(&args.database).await?;
    match done.last() {
        None => line("the schema is the latest"),
        Some(last) => line(format!("{} migrations done, the schema is {last}", done.len())),
    }
}
