//! A server for a test, and databases on it.

use pmts_store::local_postgres::LocalPostgres;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A server whose databases are made one by one.
#[allow(dead_code, reason = "not all tests use all of it")]
pub(crate) struct Databases {
    pub(crate) server: LocalPostgres,
    made: AtomicUsize,
}

#[allow(dead_code, reason = "not all tests use all of it")]
impl Databases {
    /// Starts a server. `None`: there is no Postgres here, and the test is noted as skipped.
    pub(crate) fn start(settings: &[&str]) -> Option<Self> {
        if LocalPostgres::programs().is_none() {
            skip("there is no Postgres here: install one, or set PMTS_POSTGRES_BIN");
            return None;
        }
        Some(Self { server: LocalPostgres::start(settings).unwrap(), made: AtomicUsize::new(0) })
    }

    /// A new, empty database.
    pub(crate) async fn new_database(&self) -> String {
        let name = format!("t{}", self.made.fetch_add(1, Ordering::Relaxed));
        self.sql(&format!("CREATE DATABASE {name}")).await;
        self.server.url().replace("/postgres?", &format!("/{name}?"))
    }

    /// Runs SQL in the first database of the server.
    pub(crate) async fn sql(&self, sql: &str) {
        run(&self.server.url(), sql).await;
    }
}

/// Runs SQL at an address.
pub(crate) async fn run(url: &str, sql: &str) {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    client.batch_execute(sql).await.unwrap();
    drop(client);
    connection.await.unwrap().unwrap();
}

/// The number that a query gives.
#[allow(dead_code, reason = "not all tests ask for numbers")]
pub(crate) async fn number(url: &str, sql: &str) -> i64 {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let number = client.query_one(sql, &[]).await.unwrap().get(0);
    drop(client);
    connection.await.unwrap().unwrap();
    number
}

#[allow(dead_code, reason = "not all tests skip by themselves")]
/// Notes that the running test is skipped, where `cargo xtask test` counts.
pub(crate) fn skip(reason: &str) {
    let thread = std::thread::current();
    let line = format!("{}: {reason}\n", thread.name().unwrap_or("a thread without a name"));
    eprint!("skipped {line}");
    if let Some(path) = std::env::var_os("PMTS_TEST_SKIPS").filter(|v| !v.is_empty()) {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
        file.and_then(|mut f| f.write_all(line.as_bytes())).expect("the file of skips can be written");
    }
}
