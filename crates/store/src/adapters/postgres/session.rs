//! A connection: how it is made, and how statements are sent on it.

use super::error::Trouble;
use crate::StoreError;
use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::path::PathBuf;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;
use tokio_postgres::config::{SslMode, TargetSessionAttrs};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, NoTls, Row, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Where the database is, and how to speak to it.
#[derive(Clone)]
pub(super) struct Address {
    config: Config,
    tls: Option<MakeRustlsConnect>,
    /// Without TLS if the server has none.
    prefer: bool,
}

impl Address {
    /// Reads a URL: `postgres://user@host:5432/name?sslmode=require&sslrootcert=/etc/ssl/db.pem`. Beside what libpq calls
    /// `disable`, `prefer` and `require` it takes `verify-ca` and `verify-full`; wherever TLS is used, certificate and host
    /// name are verified. The error never quotes the URL: it can hold a password.
    pub(super) fn parse(url: &str) -> Result<Self, StoreError> {
        let wrong = |what: &str| StoreError::Address(what.to_owned());
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut mode, mut roots, mut rest) = (None, None, Vec::new());
        for pair in query.split('&').filter(|p| !p.is_empty()) {
            match pair.split_once('=') {
                Some(("sslmode", value)) => mode = Some(value),
                Some(("sslrootcert", value)) => roots = Some(PathBuf::from(decoded(value))),
                _ => rest.push(pair),
            }
        }
        let glue = if rest.is_empty() { "" } else { "?" };
        let mut config = Config::from_str(&format!("{base}{glue}{}", rest.join("&")))
            .map_err(|_| wrong("expected postgres://user@host:port/name"))?;
        let mode = match mode.unwrap_or(if roots.is_some() { "verify-full" } else { "prefer" }) {
            "disable" => SslMode::Disable,
            "prefer" | "allow" => SslMode::Prefer,
            "require" | "verify-ca" | "verify-full" => SslMode::Require,
            _ => return Err(wrong("sslmode is disable, prefer, require, verify-ca or verify-full")),
        };
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(5));
        }
        config.keepalives_idle(Duration::from_secs(10)).keepalives_interval(Duration::from_secs(5));
        config.keepalives_retries(2).tcp_user_timeout(Duration::from_secs(20));
        config.application_name(config.get_application_name().unwrap_or("pmts").to_owned());
        if config.get_target_session_attrs() == TargetSessionAttrs::Any {
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        let tls = if mode == SslMode::Disable { None } else { Some(tls(roots)?) };
        config.ssl_mode(if mode == SslMode::Disable { SslMode::Disable } else { SslMode::Require });
        Ok(Self { config, tls, prefer: mode == SslMode::Prefer })
    }

    async fn connect(&self) -> Result<Client, Trouble> {
        if let Some(tls) = &self.tls {
            match self.config.connect(tls.clone()).await {
                Ok((client, connection)) => {
                    tokio::spawn(connection);
                    return Ok(client);
                }
                // `prefer` protects from nobody who can change what is on the wire, with or without this step back.
                Err(e) if self.prefer && e.as_db_error().is_none() => {}
                Err(e) => return Err(e.into()),
            }
        }
        let mut plain = self.config.clone();
        plain.ssl_mode(SslMode::Disable);
        let (client, connection) = plain.connect(NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }
}

/// Undoes percent-encoding.
fn decoded(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let hex = tail
            .get(..2)
            .and_then(|h| std::str::from_utf8(h).ok())
            .and_then(|h| u8::from_str_radix(h, 16).ok());
        match hex.filter(|_| first == b'%') {
            Some(byte) => (bytes.push(byte), rest = &tail[2..]).1,
            None => (bytes.push(first), rest = tail).1,
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn tls(roots: Option<PathBuf>) -> Result<MakeRustlsConnect, StoreError> {
    let mut store = RootCertStore::empty();
    match roots {
        Some(path) => {
            let wrong = |e: &dyn std::fmt::Display| {
                StoreError::Address(format!(
                    "the root certificates in {} cannot be read: {e}",
                    path.display()
                ))
            };
            for certificate in CertificateDer::pem_file_iter(&path).map_err(|e| wrong(&e))? {
                store.add(certificate.map_err(|e| wrong(&e))?).map_err(|e| wrong(&e))?;
            }
        }
        // What cannot be read of the system's list is left out: a server that needed it is not trusted.
        None => drop(store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs)),
    }
    let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| StoreError::Engine(e.to_string()))?
        .with_root_certificates(store)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// Settings of every session. Plans are made once and use indexes, whatever the tables looked like at that moment; a
/// transaction whose client stopped lets go of its locks. A database that does not know a setting goes on without it.
const SETTINGS: &[&str] = &[
    "SET plan_cache_mode = force_generic_plan",
    "SET enable_seqscan = off",
    "SET enable_hashjoin = off",
    "SET enable_mergejoin = off",
    "SET jit = off",
    "SET idle_in_transaction_session_timeout = '10s'",
    // Nor does it wait for ever for a lock that somebody else forgot: the group is tried again, and callers hear of it.
    "SET lock_timeout = '20s'",
    // The server notices in time that a node is gone: while it waits for a lock, while it waits for the node, and while it
    // sends to one that takes nothing any more.
    "SET client_connection_check_interval = '5s'",
    "SET tcp_keepalives_idle = 10",
    "SET tcp_keepalives_interval = 5",
    "SET tcp_keepalives_count = 2",
    "SET tcp_user_timeout = '20s'",
    "SET client_min_messages = error",
    // What is acknowledged is on disk.
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local')",
];

/// Undoes those of [`SETTINGS`] that are wrong for long queries.
const FREE_PLANS: &str = "SET enable_seqscan = on; SET enable_hashjoin = on; SET enable_mergejoin = on; SET plan_cache_mode = auto";

/// A connection and the statements prepared on it.
pub(super) struct Session {
    client: Client,
    prepared: Mutex<HashMap<String, Statement>>,
}

/// A statement that was sent, and its answer.
type Answer = Pin<Box<dyn Future<Output = Result<Vec<Row>, Trouble>> + Send>>;

impl Session {
    /// Connects and prepares these statements.
    pub(super) async fn open(address: &Address, statements: &[String]) -> Result<Arc<Self>, Trouble> {
        let client = address.connect().await?;
        for setting in SETTINGS {
            // An unknown setting is no reason to stop; a lost connection shows at the next statement.
            let _ = client.batch_execute(setting).await;
        }
        let session = Arc::new(Self { client, prepared: Mutex::default() });
        for text in statements {
            session.prepare(text).await?;
        }
        Ok(session)
    }

    /// Connects for long queries over all rows.
    pub(super) async fn for_reports(address: &Address) -> Result<Arc<Self>, Trouble> {
        let session = Self::open(address, &[]).await?;
        session.batch(FREE_PLANS).await?;
        Ok(session)
    }

    /// Whether the connection is gone.
    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    fn known(&self, text: &str) -> Option<Statement> {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner).get(text).cloned()
    }

    async fn prepare(&self, text: &str) -> Result<Statement, tokio_postgres::Error> {
        if let Some(statement) = self.known(text) {
            return Ok(statement);
        }
        let statement = self.client.prepare(text).await?;
        self.prepared
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(text.to_owned(), statement.clone());
        Ok(statement)
    }

    /// Runs a statement and gives its rows.
    pub(super) async fn query(
        &self,
        text: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, Trouble> {
        let statement = self.prepare(text).await?;
        Ok(self.client.query(&statement, parameters).await?)
    }

    /// Runs several statements without parameters and without results.
    pub(super) async fn batch(&self, text: &str) -> Result<(), Trouble> {
        Ok(self.client.batch_execute(text).await?)
    }
}

/// Statements on their way, one after the other, without waiting for the answer to one before the next is sent.
pub(super) struct Pipeline {
    session: Arc<Session>,
    waiting: Vec<Answer>,
}

impl Pipeline {
    pub(super) fn on(session: &Arc<Session>) -> Self {
        Self { session: session.clone(), waiting: Vec::new() }
    }

    /// Adds a prepared statement with the parameters that `of` takes from `owner`.
    pub(super) fn add<T, F>(&mut self, text: &str, owner: &Arc<T>, of: F)
    where
        T: Send + Sync + 'static,
        F: Fn(&T) -> Vec<&(dyn ToSql + Sync)> + Send + 'static,
    {
        let (session, owner, known) = (self.session.clone(), owner.clone(), self.session.known(text));
        self.waiting.push(Box::pin(async move {
            // Preparing it now would send it after those behind it.
            let statement = known.ok_or_else(|| Trouble::Other("a statement is not prepared".into()))?;
            Ok(session.client.query(&statement, &of(&owner)).await?)
        }));
    }

    /// Adds a statement without parameters.
    pub(super) fn plain(&mut self, text: &str) {
        self.add(text, &Arc::new(()), |()| vec![]);
    }

    /// Sends what was added. The answers are taken by the value this gives.
    pub(super) async fn send(self) -> Sent {
        let mut sent: Vec<Progress> = self.waiting.into_iter().map(Progress::Waiting).collect();
        poll_fn(|cx| {
            for progress in &mut sent {
                if let Progress::Waiting(answer) = progress
                    && let Poll::Ready(result) = answer.as_mut().poll(cx)
                {
                    *progress = Progress::Done(result);
                }
            }
            Poll::Ready(())
        })
        .await;
        Sent(sent)
    }
}

enum Progress {
    Waiting(Answer),
    Done(Result<Vec<Row>, Trouble>),
}

/// Statements that were sent.
pub(super) struct Sent(Vec<Progress>);

impl Sent {
    /// The rows of each statement, or the first failure.
    pub(super) async fn rows(self) -> Result<Vec<Vec<Row>>, Trouble> {
        let mut all = Vec::with_capacity(self.0.len());
        let mut first = None;
        for progress in self.0 {
            let result = match progress {
                Progress::Done(result) => result,
                Progress::Waiting(answer) => answer.await,
            };
            match result {
                Ok(rows) => all.push(rows),
                Err(e) if first.is_none() => first = Some(e),
                Err(_) => {}
            }
        }
        first.map_or(Ok(all), Err)
    }
}
