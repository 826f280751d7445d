//! `pmts vault`: the keys that cards are sealed with.

use super::DataArgs;
use super::keys::user;
use super::output::{line, say};
use crate::AppError;
use crate::connectors::StoredVault;
use crate::monitoring::CaseDesk;
use crate::platform::KEY_FILE;
use clap::{Args, Subcommand};
use pmts_compliance::pci::{EnvelopeVault, FileKms, VaultStore};
use pmts_kernel::{SystemClock, SystemIds};
use pmts_store::Store;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;

#[derive(Subcommand)]
pub(super) enum VaultCommand {
    /// Show which keys there are, and whether anything is sealed with an earlier one
    Keys(KeysArgs),
    /// Begin a new data key; a running server seals with it what was sealed with earlier ones, `vault reseal` does it at once
    Rotate(KeysArgs),
    /// Seal with the current data key what was sealed with an earlier one
    Reseal(KeysArgs),
    /// Wrap all keys anew, after a new key-encryption key was added to the key file
    Rewrap(KeysArgs),
}

#[derive(Args)]
pub(super) struct KeysArgs {
    #[command(flatten)]
    data: DataArgs,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

async fn open(data: &DataArgs) -> Result<(EnvelopeVault, Arc<FileKms>, Arc<dyn Store>), AppError> {
    let store = data.open().await?;
    let place = StoredVault::by(store.clone(), user("vault"));
    let key = data.data.join(KEY_FILE);
    // A key that is made here would open nothing.
    if place.keys().await?.is_none() || !key.exists() {
        return Err(AppError::KeyMissing(key));
    }
    let ids = Arc::new(SystemIds::new(Arc::new(SystemClock)));
    let kms = Arc::new(FileKms::open(&key)?);
    Ok((EnvelopeVault::init(kms.clone(), Arc::new(place), ids).await?, kms, store))
}

pub(super) async fn run(command: VaultCommand) -> Result<(), AppError> {
    let args = match &command {
        VaultCommand::Keys(args)
        | VaultCommand::Rotate(args)
        | VaultCommand::Reseal(args)
        | VaultCommand::Rewrap(args) => args,
    };
    let (vault, kms, store) = open(&args.data).await?;
    let mut resealed: Option<u64> = None;
    match &command {
        VaultCommand::Keys(_) => {}
        VaultCommand::Rotate(_) => drop(vault.rotate().await?),
        VaultCommand::Rewrap(_) => {
            vault.rewrap().await?;
            CaseDesk::rewrap(&*store, &*kms, &user("vault")).await?;
        }
        VaultCommand::Reseal(_) => {
            let mut told = 0;
            let mut tell = |seen: u64| {
                if seen >= told + 100_000 {
                    told = seen;
                    say(format!("{seen} cards looked at"));
                }
            };
            loop {
                let done = vault
                    .reseal(|done| {
                        tell(done.seen);
                        true
                    })
                    .await?;
                resealed = Some(resealed.unwrap_or_default() + done.resealed);
                if done.damaged > 0 && done.resealed == 0 {
                    say(format!("{} cards do not open and stay as they are", done.damaged));
                }
                if done.resealed == 0 && done.left == 0 {
                    break;
                }
            }
        }
    }
    let standing = vault.standing().await?;
    let wrapped_with: BTreeSet<u32> =
        standing.kek_versions.into_iter().chain(CaseDesk::wrapped_with(&*store).await?).collect();
    if args.json {
        return line(json!({
            "version": standing.version,
            "earlier": standing.earlier,
            "sealed_from": standing.sealed_from,
            "kek_versions": wrapped_with,
            "resealed": resealed,
        }));
    }
    if let Some(resealed) = resealed {
        line(format!("{resealed} cards sealed anew"))?;
    }
    line(format!("data key {} seals; earlier ones: {:?}", standing.version, standing.earlier))?;
    if standing.sealed_from < standing.version {
        line(
            "cards may be sealed with earlier ones: a running server seals them anew, or pmts vault reseal",
        )?;
    } else {
        line("no card is sealed with an earlier one")?;
    }
    line(format!("cards' and cases' keys are wrapped with the key-encryption keys {wrapped_with:?}"))
}
