//! `pmts keys`: API keys.

use super::DataArgs;
use super::output::{line, rfc3339, table};
use crate::AppError;
use crate::connectors::StoredKeys;
use clap::{Args, Subcommand, ValueEnum};
use pmts_identity::{ApiKey, ApiKeyId, KeyKind, KeyRing, KeyStore, KeyText, Mode, NewKey, Pepper};
use pmts_kernel::{Clock, Principal, SystemClock, SystemIds};
use pmts_store::Store;
use std::path::Path;
use std::sync::Arc;

/// The name of the pepper file in the data directory. Without it no key is taken any more.
pub(super) const PEPPER_FILE: &str = "keys.pepper";

#[derive(Subcommand)]
pub(super) enum KeysCommand {
    /// Issue a key; it is shown once
    Create(CreateArgs),
    /// List keys
    List(ListArgs),
    /// Issue a key in the place of another, which is taken for a while longer
    Rotate(RotateArgs),
    /// Revoke a key: it is not taken any more
    Revoke(RevokeArgs),
}

#[derive(Args)]
pub(super) struct CreateArgs {
    #[command(flatten)]
    data: DataArgs,
    /// What to call it
    #[arg(long, value_name = "NAME")]
    name: String,
    /// For real money
    #[arg(long)]
    live: bool,
    /// What it may do
    #[arg(long, value_enum, default_value_t = KindArg::Secret)]
    kind: KindArg,
    /// It expires after so many days
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    days: Option<u32>,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum KindArg {
    /// Everything but the work of the case team
    Secret,
    /// Hand in cards, and confirm one payment
    Publishable,
    /// Read everything, and work on cases of money laundering: one for each person of the case team
    CaseTeam,
}

#[derive(Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    data: DataArgs,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct RotateArgs {
    /// The key, by its id: key_...
    id: String,
    #[command(flatten)]
    data: DataArgs,
    /// How long the old one is taken, in hours
    #[arg(long, default_value_t = 24, value_name = "HOURS", value_parser = clap::value_parser!(u32).range(0..=8_760))]
    grace: u32,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct RevokeArgs {
    /// The key, by its id: key_...
    id: String,
    #[command(flatten)]
    data: DataArgs,
}

/// The keys in a store.
pub(super) fn ring(store: Arc<dyn Store>, pepper: Pepper) -> KeyRing {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let ids = Arc::new(SystemIds::new(clock.clone()));
    KeyRing::new(Arc::new(StoredKeys::by(store, user("keys"))), pepper, ids, clock)
}

/// Who runs this program, as the system says; the named part of the platform if it does not.
pub(super) fn user(otherwise: &str) -> Principal {
    let user = std::env::var("USER").unwrap_or_default();
    Principal::try_new(format!("user:{user}")).unwrap_or_else(|_| Principal::system(otherwise))
}

async fn open(data: &DataArgs) -> Result<KeyRing, AppError> {
    let store = data.open().await?;
    let pepper = pepper(&store, &data.data).await?;
    Ok(ring(store, pepper))
}

/// The pepper of a data directory. It is made with the first key: a new one would fit none of the keys there are.
pub(super) async fn pepper(store: &Arc<dyn Store>, data: &Path) -> Result<Pepper, AppError> {
    let path = data.join(PEPPER_FILE);
    if !path.exists() && !StoredKeys::new(store.clone()).list().await?.is_empty() {
        return Err(AppError::KeyMissing(path));
    }
    Ok(Pepper::open_or_create(&path)?)
}

fn id(text: &str) -> Result<ApiKeyId, AppError> {
    text.parse().map_err(|e: pmts_kernel::IdParseError| AppError::Usage(e.to_string()))
}

pub(super) async fn run(command: KeysCommand) -> Result<(), AppError> {
    match command {
        KeysCommand::Create(args) => {
            let ring = open(&args.data).await?;
            let expires = args.days.map(|d| SystemClock.now().saturating_add_secs(i64::from(d) * 86_400));
            let new = NewKey {
                name: args.name,
                mode: if args.live { Mode::Live } else { Mode::Test },
                kind: match args.kind {
                    KindArg::Secret => KeyKind::Secret,
                    KindArg::Publishable => KeyKind::Publishable,
                    KindArg::CaseTeam => KeyKind::CaseTeam,
                },
                expires,
            };
            let (key, text) = ring.issue(new).await?;
            if args.json { show_json(&key, &text) } else { show(&key, &text) }
        }
        KeysCommand::List(args) => list(open(&args.data).await?.list().await?, args.json),
        KeysCommand::Rotate(args) => {
            let (key, text) = open(&args.data).await?.rotate(id(&args.id)?, args.grace * 3_600).await?;
            if args.json { show_json(&key, &text) } else { show(&key, &text) }
        }
        KeysCommand::Revoke(args) => {
            let key = open(&args.data).await?.revoke(id(&args.id)?).await?;
            line(format!("{} is revoked", key.id))
        }
    }
}

/// Shows a new key, this once.
pub(super) fn show(key: &ApiKey, text: &KeyText) -> Result<(), AppError> {
    line(format!("{} key {} ({}): {}", key.kind, key.id, key.mode, text.expose()))
}

fn show_json(key: &ApiKey, text: &KeyText) -> Result<(), AppError> {
    let mut value = json(key);
    value["key"] = text.expose().into();
    line(value)
}

fn json(key: &ApiKey) -> serde_json::Value {
    serde_json::json!({
        "id": key.id, "name": key.name, "mode": key.mode, "kind": key.kind, "last_four": key.last_four, "created": rfc3339(key.created),
        "expires": key.expires.map(rfc3339), "revoked": key.revoked.map(rfc3339),
    })
}

fn list(keys: Vec<ApiKey>, as_json: bool) -> Result<(), AppError> {
    if as_json {
        return keys.iter().try_for_each(|key| line(json(key)));
    }
    let now = SystemClock.now();
    let rows = keys.iter().map(|key| {
        let state = match (key.revoked, key.expires) {
            (Some(at), _) => format!("revoked {}", rfc3339(at)),
            (None, Some(at)) if at <= now => format!("expired {}", rfc3339(at)),
            (None, Some(at)) => format!("until {}", rfc3339(at)),
            (None, None) => "active".to_owned(),
        };
        let shown = format!("{}_{}_...{}", key.kind.as_str(), key.mode, key.last_four);
        vec![key.id.to_string(), key.name.clone(), shown, rfc3339(key.created), state]
    });
    table(&["id", "name", "key", "created", "state"], rows)
}
