//! `pmts serve`: the platform over HTTP.

use super::DatabaseArgs;
use super::keys::{pepper, ring, show};
use super::output::{line, say};
use super::safe::{live, no_core_dumps};
use super::scrubbed::ScrubbedLog;
use crate::AppError;
use crate::aml::Keeper;
use crate::config::Config;
use crate::diligence::Reviewer;
use crate::duty::Duty;
use crate::engine::Engine;
use crate::engine::RENEW;
use crate::http::{Api, Ground, Limits, Rates, Server, TlsFiles};
use crate::outgoing::Reach;
use crate::platform::{Host, Platform, PlatformConfig};
use crate::resealer::Resealer;
use clap::{Args, ValueEnum};
use pmts_identity::{KeyKind, KeyRing, KeyText, Mode, NewKey};
use pmts_kernel::{Principal, Timestamp};
use pmts_store::{Pace, Store, Verifier};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// The id of the job that is held by the node that sums up the books.
const VERIFYING: u128 = 18 << 8;
/// The id of the job of the node that tells webhook endpoints.
const WEBHOOKS: u128 = 19 << 8;

#[derive(Args)]
pub(super) struct ServeArgs {
    /// The data directory; it is made if there is none
    #[arg(long, value_name = "DIR", env = "PMTS_DATA")]
    data: PathBuf,
    #[command(flatten)]
    database: DatabaseArgs,
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDR", env = "PMTS_LISTEN")]
    listen: String,
    /// Authorize against a sandbox issuer in this process: test mode
    #[arg(long, conflicts_with = "host", required_unless_present_any = ["host", "config"])]
    sandbox: bool,
    /// A configuration file (TOML): host, merchant, acquirer, fees, recovery
    #[arg(long, value_name = "FILE", env = "PMTS_CONFIG")]
    config: Option<PathBuf>,
    /// Authorize against this ISO 8583 host, name:port; without it the one in the configuration file
    #[arg(long, value_name = "HOST", env = "PMTS_HOST")]
    host: Option<String>,
    /// Which keys are taken; test with --sandbox, else live
    #[arg(long, value_enum)]
    mode: Option<ModeArg>,
    /// Certificate chain, PEM: listen with TLS
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Its private key, PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// A proxy in front of this ends TLS; without this, live mode listens in clear on this machine's own addresses only
    #[arg(long, conflicts_with = "tls_cert")]
    tls_elsewhere: bool,
    /// How lines of log look; they go to standard error
    #[arg(long, value_enum, default_value_t = LogArg::Text)]
    log: LogArg,
    /// How much is logged
    #[arg(long, value_enum, default_value_t = LevelArg::Info, env = "PMTS_LOG_LEVEL")]
    log_level: LevelArg,
    /// Requests a second with one key
    #[arg(long, default_value_t = Rates::default().per_key, value_name = "N")]
    rate_key: u32,
    /// Requests a second from one address with a publishable key, or with a key that is not taken
    #[arg(long, default_value_t = Rates::default().per_address, value_name = "N")]
    rate_address: u32,
    /// Cards and confirmations a minute from one address with a publishable key
    #[arg(long, default_value_t = Rates::default().cards_per_address, value_name = "N")]
    rate_cards: u32,
    /// Most connections at a time
    #[arg(long, default_value_t = 1_024, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=65_536))]
    connections: u32,
    /// How long to wait for an answer of the card host, ms; 5000 unless the configuration file says otherwise
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u64).range(1..=60_000))]
    answer_timeout: Option<u64>,
    /// Entries and accounts a second that are summed up again in the background, to find a balance that is wrong; 0: none
    #[arg(long, default_value_t = Pace::default().rows_a_second, value_name = "N")]
    verify_rate: u64,
    /// How long requests under way are waited for at the end, s
    #[arg(long, default_value_t = 30, value_name = "S", value_parser = clap::value_parser!(u64).range(1..=600))]
    drain: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ModeArg {
    Test,
    Live,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LevelArg {
    /// A line for each request
    Info,
    /// And one for each message to the card host
    Debug,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogArg {
    /// For people
    Text,
    /// One JSON object a line
    Json,
    /// None
    Off,
}

pub(super) async fn run(args: ServeArgs) -> Result<(), AppError> {
    log(args.log, args.log_level);
    let mode = match (args.mode, args.sandbox) {
        (Some(ModeArg::Live), true) => {
            return Err(AppError::Usage("the sandbox takes test mode only".into()));
        }
        (Some(ModeArg::Test), _) | (None, true) => Mode::Test,
        (Some(ModeArg::Live), _) | (None, false) => Mode::Live,
    };
    no_core_dumps();
    if mode == Mode::Live {
        live(&args.listen, args.tls_cert.is_some(), args.tls_elsewhere, args.database.url.as_deref())?;
    }
    let (config, host) = configured(&args, mode)?;
    let answer_timeout = config.answer_timeout;
    let platform = Platform::open(&args.data, config, host).await?;
    let (engine, link) = (platform.engine.clone(), platform.link.clone());
    let store: Arc<dyn Store> = platform.store.clone();
    let keys = ring(store.clone(), pepper(&store, &args.data).await?);
    first_keys(&keys, mode).await?;

    let defaults = Limits::default();
    let limits = Limits {
        rates: Rates {
            per_key: args.rate_key,
            per_address: args.rate_address,
            cards_per_address: args.rate_cards,
        },
        connections: args.connections as usize,
        drain: Duration::from_secs(args.drain),
        // Authorization and capture, one after the other, and room for the store.
        request: defaults.request.max(answer_timeout * 2 + Duration::from_secs(10)),
        ..defaults
    };
    let tls = args.tls_cert.zip(args.tls_key).map(|(certificate, key)| TlsFiles { certificate, key });
    let server = Server::bind(&args.listen, tls.as_ref()).await?;
    let address = server.local_addr()?;

    // Whatever is open now was left by a process that ended: it is taken before the first request is. What cannot be settled
    // at once is left to the worker. On a database other nodes are at work: it is all left to the workers, who share it.
    let left = match args.database.url {
        Some(_) => None,
        None => Some(platform.engine.take_left(Timestamp::MAX).await?),
    };
    let (stop_server, server_stops) = watch::channel(false);
    let (stop_worker, worker_stops) = watch::channel(false);
    let stats = Arc::new(crate::engine::WorkerStats::default());
    let mut verifier = Verifier::new(platform.store.clone());
    let watcher = Arc::new(platform.watcher().await?);
    let ground = Ground {
        engine: engine.clone(),
        store: platform.store.clone(),
        vault: platform.vault.clone(),
        link,
        keys: Arc::new(keys),
        worker: stats.clone(),
        verifier: verifier.stats(),
        cases: platform.cases.clone(),
        watcher: Some(watcher.clone()),
        reach: Reach { loopback: mode == Mode::Test, private: platform.config.webhooks_private },
    };
    let api = Arc::new(Api::new(ground, mode, limits));
    let recovery = tokio::spawn({
        let (mut stop, worker_stops) = (worker_stops.clone(), worker_stops.clone());
        async move {
            // What is cut off at the end is found again at the next start.
            let leftover = async {
                let Some(left) = left else { return };
                tokio::select! {
                    _ = engine.recover_left(left) => {}
                    _ = stop.wait_for(|stop| *stop) => {}
                }
            };
            tokio::join!(leftover, engine.work(&stats, worker_stops)).1
        }
    });
    let telling = platform.teller.clone().map(|teller| {
        let stop = worker_stops.clone();
        tokio::spawn(async move { teller.work(stop).await })
    });
    let following = platform.engine.risk.as_ref().and_then(|r| r.follower.clone()).map(|follower| {
        let stop = worker_stops.clone();
        tokio::spawn(async move { follower.run(stop).await })
    });
    let keeping_lists = platform.engine.aml.clone().map(|desk| {
        let stop = worker_stops.clone();
        tokio::spawn(Keeper::new(desk, platform.lists.clone()).run(stop))
    });
    let reviewing = platform.engine.diligence.clone().map(|desk| {
        let stop = worker_stops.clone();
        tokio::spawn(Reviewer::new((*desk).clone()).run(stop))
    });
    let resealing = tokio::spawn({
        let Engine { store, clock, ids, .. } = platform.engine.clone();
        Resealer::new(platform.sealed.clone(), store, clock, &*ids).run(worker_stops.clone())
    });
    let watching = tokio::spawn({
        let stop = worker_stops.clone();
        async move { watcher.run(stop).await }
    });
    // Of several nodes one tells all endpoints.
    let telling_endpoints = tokio::spawn({
        let (sender, stop) = (api.webhooks.clone(), worker_stops.clone());
        let Engine { store, clock, ids, .. } = platform.engine.clone();
        let duty = Duty::new(store, clock, &*ids, &["duty.webhooks"], WEBHOOKS);
        async move {
            while !*stop.borrow() {
                if let Err(error) = duty.unless_taken(sender.clone().run(stop.clone())).await {
                    tracing::warn!(target: "pmts::webhooks", %error, "endpoints are not told now");
                }
                if !*stop.borrow() {
                    tokio::time::sleep(RENEW).await;
                }
            }
        }
    });
    let housekeeping = tokio::spawn({
        let (api, mut stop) = (api.clone(), worker_stops);
        async move {
            while tokio::time::timeout(Duration::from_secs(30), stop.changed()).await.is_err() {
                api.forget_old();
            }
        }
    });
    let verifying = (args.verify_rate > 0).then(|| {
        let pace = Pace { rows_a_second: args.verify_rate, ..Pace::default() };
        let tell = |what: &str| tracing::error!(target: "pmts::verifier", what, "the books are not right");
        // Of several nodes one sums up the books of all.
        let duty = Duty::new(
            platform.store.clone(),
            platform.engine.clock.clone(),
            &*platform.engine.ids,
            &["duty.verify"],
            VERIFYING,
        );
        tokio::spawn(async move {
            loop {
                let summing_up = async { verifier.run(pace, tell).await };
                if let Err(error) = duty.unless_taken(summing_up).await {
                    tracing::warn!(target: "pmts::verifier", %error, "the books are not summed up now");
                }
                tokio::time::sleep(RENEW).await;
            }
        })
    });
    let scheme = if tls.is_some() { "https" } else { "http" };
    line(format!("listening on {scheme}://{address}, {} mode", mode.as_str()))?;
    tracing::info!(target: "pmts::serve", %address, mode = mode.as_str(), "listening");

    let serving = tokio::spawn(server.serve(api, server_stops));
    let mut recovery = recovery;
    let failed = tokio::select! {
        () = asked_to_stop() => None,
        // The worker ends by itself only when the store has stopped: the process must be started again.
        ended = &mut recovery => Some(ended),
    };
    say("stopping: requests under way are finished");
    let _ = stop_server.send(true);
    let drained = serving.await.unwrap_or(false);
    let _ = stop_worker.send(true);
    let worked = match failed {
        Some(ended) => ended,
        None => recovery.await,
    };
    let _ = housekeeping.await;
    if let Some(verifying) = verifying {
        verifying.abort();
        let _ = verifying.await;
    }
    let _ = telling_endpoints.await;
    let _ = watching.await;
    let _ = resealing.await;
    if let Some(following) = following {
        let _ = following.await;
    }
    if let Some(reviewing) = reviewing {
        let _ = reviewing.await;
    }
    if let Some(keeping_lists) = keeping_lists {
        let _ = keeping_lists.await;
    }
    if let Some(telling) = telling {
        let _ = telling.await;
    }
    tracing::info!(target: "pmts::serve", drained, "stopped");
    match worked {
        Ok(Err(error)) => Err(error.into()),
        _ if !drained => Err(AppError::DrainCut),
        _ => line("stopped"),
    }
}

/// The configuration file, and over it the command line.
fn configured(args: &ServeArgs, mode: Mode) -> Result<(PlatformConfig, Host), AppError> {
    let mut config = PlatformConfig {
        by: Principal::system("serve"),
        live: mode == Mode::Live,
        database: args.database.secret(),
        ..PlatformConfig::default()
    };
    let file = args.config.as_deref().map(Config::read).transpose()?.unwrap_or_default();
    file.apply(&mut config)?;
    if let Some(ms) = args.answer_timeout {
        config.answer_timeout = Duration::from_millis(ms);
    }
    let host = match args.host.as_deref().or(file.host()) {
        _ if args.sandbox => Host::Sandbox,
        Some(address) => Host::At(address.to_owned()),
        None => {
            return Err(AppError::Usage(
                "no card host: give --sandbox, --host, or host.address in the configuration file".into(),
            ));
        }
    };
    Ok((config, host))
}

/// SIGTERM or SIGINT.
async fn asked_to_stop() {
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        }
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

/// Takes the key of `PMTS_BOOTSTRAP_KEY`; without it, and if there is no key of the mode yet, makes a secret and a
/// publishable one and shows them, this once.
async fn first_keys(keys: &KeyRing, mode: Mode) -> Result<(), AppError> {
    if let Some(text) = std::env::var_os("PMTS_BOOTSTRAP_KEY").filter(|v| !v.is_empty()) {
        let text = text.into_string().map_err(|_| pmts_identity::IdentityError::KeyMalformed)?;
        let text = KeyText::parse(&text)?;
        if text.mode() != mode {
            return Err(AppError::Usage(format!(
                "PMTS_BOOTSTRAP_KEY is a {} key, and this is {} mode",
                text.mode(),
                mode
            )));
        }
        let key = keys.adopt(&text, "bootstrap").await?;
        return line(format!("the key of PMTS_BOOTSTRAP_KEY is {}", key.id));
    }
    if keys.list().await?.iter().any(|k| k.mode == mode) {
        return Ok(());
    }
    for kind in [KeyKind::Secret, KeyKind::Publishable] {
        let (key, text) = keys.issue(NewKey::named("first", mode, kind)).await?;
        show(&key, &text)?;
    }
    line("keep the secret key: it cannot be shown again")
}

/// Our own lines up to a level; of others, warnings. Card numbers are taken out of all.
fn log(log: LogArg, level: LevelArg) {
    use tracing_subscriber::prelude::*;
    let level = match level {
        LevelArg::Info => tracing::Level::INFO,
        LevelArg::Debug => tracing::Level::DEBUG,
    };
    let lines = tracing_subscriber::filter::Targets::new()
        .with_default(tracing::Level::WARN)
        .with_target("pmts", level);
    let writer = tracing_subscriber::fmt::layer().with_writer(|| ScrubbedLog);
    match log {
        LogArg::Text => tracing_subscriber::registry().with(lines).with(writer.with_ansi(false)).init(),
        LogArg::Json => {
            tracing_subscriber::registry().with(lines).with(writer.json().flatten_event(true)).init()
        }
        LogArg::Off => {}
    }
}
