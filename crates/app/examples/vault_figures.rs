//! How fast the vault is on the embedded store, and what sealing everything anew does to those who use it meanwhile.
//!
//! ```sh
//! cargo run --release -p pmts-app --example vault_figures -- 1000000
//! ```

use pmts_app::audit::AuditedStore;
use pmts_app::connectors::StoredVault;
use pmts_compliance::pci::{CardToken, EnvelopeVault, MemoryKms, Vault};
use pmts_kernel::{SystemClock, SystemIds};
use pmts_sensitive::{Pan, luhn_check_digit};
use pmts_store::{EmbeddedOptions, EmbeddedStore, Store};
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;
use tokio::task::JoinSet;

/// Callers at a time.
const CALLERS: u64 = 256;

type Failure = Box<dyn Error + Send + Sync>;

fn pan(n: u64) -> Result<Pan, Failure> {
    let digits = format!("424242{n:09}");
    let check = luhn_check_digit(&digits).ok_or("no digits")?;
    Ok(Pan::parse(&format!("{digits}{check}"))?)
}

/// So many a second, shown.
fn show(what: &str, count: u64, began: Instant) {
    let millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX).max(1);
    println!("{what}: {count} in {millis} ms, {}/s", count.saturating_mul(1_000) / millis);
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let cards: u64 = std::env::args().nth(1).map_or(Ok(100_000), |n| n.parse())?;
    let dir = tempfile::tempdir()?;
    let clock = Arc::new(SystemClock);
    let store: Arc<dyn Store> = Arc::new(EmbeddedStore::open(dir.path(), EmbeddedOptions::default())?);
    let store: Arc<dyn Store> = Arc::new(AuditedStore::new(store, clock.clone()));
    let place = Arc::new(StoredVault::new(store));
    let ids = Arc::new(SystemIds::new(clock));
    let vault = Arc::new(EnvelopeVault::init(Arc::new(MemoryKms::random()), place, ids).await?);

    let began = Instant::now();
    let mut callers: JoinSet<Result<Vec<(u64, CardToken)>, Failure>> = JoinSet::new();
    for caller in 0..CALLERS {
        let vault = vault.clone();
        callers.spawn(async move {
            let mut tokens = Vec::new();
            for n in (caller..cards).step_by(CALLERS as usize) {
                tokens.push((n, vault.put(&pan(n)?).await?.token));
            }
            Ok(tokens)
        });
    }
    let mut tokens = Vec::new();
    while let Some(done) = callers.join_next().await {
        tokens.extend(done??);
    }
    show("tokenised, each a durable commit", cards, began);
    let tokens = Arc::new(tokens);

    let began = Instant::now();
    let mut callers: JoinSet<Result<(), Failure>> = JoinSet::new();
    for caller in 0..CALLERS as usize {
        let (vault, tokens) = (vault.clone(), tokens.clone());
        callers.spawn(async move {
            for (n, token) in tokens.iter().skip(caller).step_by(CALLERS as usize) {
                assert!(vault.reveal(*token).await? == pan(*n)?);
            }
            Ok(())
        });
    }
    while let Some(done) = callers.join_next().await {
        done??;
    }
    show("revealed", cards, began);

    vault.rotate().await?;
    let (stop, asked, failed) =
        (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let mut callers: JoinSet<()> = JoinSet::new();
    for caller in 0..8_usize {
        let (vault, tokens) = (vault.clone(), tokens.clone());
        let (stop, asked, failed) = (stop.clone(), asked.clone(), failed.clone());
        callers.spawn(async move {
            let mut at = caller * 7_919;
            while !stop.load(Ordering::Relaxed) {
                at += 104_729;
                let (n, token) = tokens[at % tokens.len()];
                let Ok(pan) = pan(n) else { continue };
                // Every other time a card that comes again, as payments do.
                let good = match at % 2 {
                    0 => vault.reveal(token).await.is_ok_and(|found| found == pan),
                    _ => vault.put(&pan).await.is_ok_and(|found| found.token == token),
                };
                asked.fetch_add(1, Ordering::Relaxed);
                failed.fetch_add(u64::from(!good), Ordering::Relaxed);
                tokio::task::yield_now().await;
            }
        });
    }
    let began = Instant::now();
    let done = vault.reseal(|_| true).await?;
    show("sealed anew", done.resealed, began);
    show("asked meanwhile", asked.load(Ordering::Relaxed), began);
    stop.store(true, Ordering::Relaxed);
    callers.join_all().await;
    println!("failed: {}; left: {}", failed.load(Ordering::Relaxed), done.left);
    let left = vault.reseal(|_| true).await?;
    println!("a second pass found {} of {}", left.resealed, left.seen);
    Ok(())
}
