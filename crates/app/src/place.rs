//! Where the platform keeps what it commits: a directory of its own, or a Postgres database that other nodes use too.

use crate::AppError;
use crate::audit::AuditedStore;
use pmts_kernel::Clock;
use pmts_store::{EmbeddedOptions, EmbeddedStore, PostgresOptions, PostgresStore, Store};
use std::path::Path;
use std::sync::Arc;

/// Opens the store, with its audit: the database at `database`, if there is one, else the embedded store in `dir`. The directory is made
/// in both cases: the keys lie there.
///
/// # Errors
/// [`AppError::Store`]; [`AppError::Usage`] for a database beside a directory that holds an embedded store: one of the two
/// would be left out silently.
pub(crate) async fn open_store(
    dir: &Path,
    database: Option<&str>,
    clock: Arc<dyn Clock>,
    resident_accounts: usize,
) -> Result<Arc<dyn Store>, AppError> {
    let Some(url) = database else {
        let options = EmbeddedOptions { clock, resident_accounts, ..EmbeddedOptions::default() };
        let clock = options.clock.clone();
        return Ok(Arc::new(AuditedStore::new(Arc::new(EmbeddedStore::open(dir, options)?), clock)));
    };
    if dir.join("pmts.db").exists() {
        let what = format!(
            "{} holds an embedded store: with a database, name another directory for the keys",
            dir.display()
        );
        return Err(AppError::Usage(what));
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(AppError::file(dir))?;
    let options = PostgresOptions { clock: clock.clone(), resident_accounts, ..PostgresOptions::default() };
    Ok(Arc::new(AuditedStore::new(Arc::new(PostgresStore::open(url, options).await?), clock)))
}
