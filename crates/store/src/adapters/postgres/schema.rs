//! The tables: numbered files of SQL, each run once, in order, by whichever node comes first.

use super::error::Trouble;
use super::session::Session;
use super::value::Id;
use crate::StoreError;
use aws_lc_rs::digest::{SHA256, digest};
use std::sync::Arc;

const MIGRATIONS: &[(i32, &str, &str)] = &[
    (1, "tables", include_str!("migrations/0001_tables.sql")),
    (2, "views", include_str!("migrations/0002_views.sql")),
    (3, "leases", include_str!("migrations/0003_leases.sql")),
    (4, "days", include_str!("migrations/0004_days.sql")),
    (5, "spans", include_str!("migrations/0005_spans.sql")),
];

/// The latest schema this program knows.
const LATEST: i32 = MIGRATIONS[MIGRATIONS.len() - 1].0;

fn checksum(text: &str) -> String {
    digest(&SHA256, text.as_bytes()).as_ref().iter().map(|b| format!("{b:02x}")).collect()
}

/// Brings the database to the latest schema; gives the numbers of the files that were run.
///
/// # Errors
/// [`StoreError::Schema`] if it is of a later program, or was made from other files.
pub(super) async fn migrate(session: &Arc<Session>) -> Result<Vec<i32>, StoreError> {
    let mut attempts = 0;
    loop {
        match attempt(session).await {
            Ok(done) => return done,
            Err(Trouble::Again(_)) if attempts < 20 => {
                attempts += 1;
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
            Err(trouble) => return Err(trouble.not_read()),
        }
    }
}

/// The row that whoever migrates holds.
const LOCK_ROW: &str = "SELECT version FROM schema_migrations WHERE version = 0 FOR UPDATE";

async fn attempt(session: &Arc<Session>) -> Result<Result<Vec<i32>, StoreError>, Trouble> {
    // Two who make the table at the same moment disturb each other: the second tries again.
    session
        .batch(
            "CREATE TABLE IF NOT EXISTS schema_migrations (version integer PRIMARY KEY, name text NOT NULL,
             checksum text NOT NULL, applied timestamptz NOT NULL DEFAULT now());
             INSERT INTO schema_migrations VALUES (0, 'none', '') ON CONFLICT DO NOTHING",
        )
        .await?;
    session.batch("BEGIN").await?;
    let result = under_lock(session).await;
    let end = if matches!(result, Ok(Ok(_))) { "COMMIT" } else { "ROLLBACK" };
    session.batch(end).await?;
    result
}

async fn under_lock(session: &Arc<Session>) -> Result<Result<Vec<i32>, StoreError>, Trouble> {
    session.query(LOCK_ROW, &[]).await?;
    let rows =
        session.query("SELECT version, checksum FROM schema_migrations WHERE version > 0", &[]).await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        found.push((row.try_get::<_, i32>(0)?, row.try_get::<_, String>(1)?));
    }
    let other = |found: String| Ok(Err(StoreError::Schema { found, supported: LATEST.cast_unsigned() }));
    if let Some((version, _)) = found.iter().filter(|(v, _)| *v > LATEST).max() {
        return other(version.to_string());
    }
    let mut done = Vec::new();
    for (version, name, text) in MIGRATIONS {
        let sum = checksum(text);
        match found.iter().find(|(v, _)| v == version) {
            Some((_, there)) if *there == sum => {}
            Some(_) => return other(format!("{version} of another making")),
            None => {
                session.batch(text).await?;
                let insert = "INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)";
                session.query(insert, &[version, name, &sum]).await?;
                done.push(*version);
            }
        }
    }
    Ok(Ok(done))
}

/// Whether a group is there that would begin with this commit, asked while nobody else writes: whatever was under way
/// when its connection was lost has ended by then, one way or the other.
pub(super) async fn group_is_there(
    session: &Arc<Session>,
    group: Id,
    first_commit: u64,
) -> Result<bool, Trouble> {
    session.batch("BEGIN").await?;
    session.query("SELECT one FROM head WHERE one = 1 FOR UPDATE", &[]).await?;
    let select = "SELECT id FROM groups WHERE first_commit = $1";
    let rows = session.query(select, &[&first_commit.cast_signed()]).await?;
    let there = rows.first().map(|row| row.try_get::<_, Id>(0)).transpose()? == Some(group);
    session.batch("ROLLBACK").await?;
    Ok(there)
}
