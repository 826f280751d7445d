//! The child of the crash and disk tests: uses the embedded store under load, in a process that may be killed.
//!
//! ```text
//! store_load load DIR FIRST   commits without end, eight at a time; prints the number of each acknowledged commit
//! store_load fill DIR         commits until the disk is full, then checks, makes room, goes on, reopens and checks again
//! store_load open DIR         opens the directory; prints the error code if it cannot
//! store_load some DIR FIRST COUNT  so many commits, eight at a time; prints as load does; an error ends it with `stopped CODE`
//! store_load make DIR COUNT   commits 1 to COUNT as fast as it can
//! store_load read DIR COUNT SEED  reads some of what `make` made; prints how often it was right, damaged, absent, wrong
//! ```

use pmts_app::connectors::StoredVault;
use pmts_compliance::pci::{EnvelopeVault, FileKms, Vault};
use pmts_kernel::{Coded, IdSource, Principal, SystemClock, SystemIds};
use pmts_store::{Commit, CommitError, EmbeddedOptions, EmbeddedStore, Store};
use pmts_tests::load;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["load", dir, first] => runtime.block_on(load_for_ever(Path::new(dir), first.parse()?)),
        ["fill", dir] => runtime.block_on(fill(Path::new(dir))),
        ["open", dir] => {
            match EmbeddedStore::open(dir, EmbeddedOptions::default()) {
                Ok(_) => println!("open"),
                Err(e) => println!("{}", e.code().code),
            }
            Ok(())
        }
        ["some", dir, first, count] => runtime.block_on(some(Path::new(dir), first.parse()?, count.parse()?)),
        ["make", dir, count] => runtime.block_on(make(Path::new(dir), count.parse()?)),
        ["read", dir, count, seed] => runtime.block_on(read(Path::new(dir), count.parse()?, seed.parse()?)),
        _ => anyhow::bail!("usage: see the head of store_load.rs"),
    }
}

async fn load_for_ever(dir: &Path, first: u64) -> anyhow::Result<()> {
    let store = Arc::new(EmbeddedStore::open(
        dir,
        EmbeddedOptions { resident_accounts: 100, ..EmbeddedOptions::default() },
    )?);
    let ids: Arc<dyn IdSource> = Arc::new(SystemIds::new(Arc::new(SystemClock)));
    let kms = Arc::new(FileKms::open_or_create(&dir.join("vault.key"))?);
    let vault = Arc::new(EnvelopeVault::init(kms, Arc::new(StoredVault::new(store.clone())), ids).await?);
    store.commit(load::accounts()).await?;
    let next = Arc::new(AtomicU64::new(first));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (store, vault, next) = (store.clone(), vault.clone(), next.clone());
        tasks.spawn(async move {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n.is_multiple_of(4) {
                    vault.put(&load::pan(n)).await?;
                }
                store.commit(load::commit(n)?).await?;
                // Acknowledged: from here on it must never be lost.
                writeln!(std::io::stdout().lock(), "{n}")?;
            }
            #[allow(unreachable_code, reason = "names the error type of the task")]
            anyhow::Ok(())
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(())
}

/// Commits `first` to `first + count - 1` unless something stops it, and ends in good order.
async fn some(dir: &Path, first: u64, count: u64) -> anyhow::Result<()> {
    let stopped = |code: &str| println!("stopped {code}");
    let store = match EmbeddedStore::open(dir, EmbeddedOptions::default()) {
        Ok(store) => Arc::new(store),
        Err(e) => {
            stopped(e.code().code);
            return Ok(());
        }
    };
    if let Err(e) = store.commit(load::accounts()).await {
        stopped(e.code().code);
        return Ok(());
    }
    let next = Arc::new(AtomicU64::new(first));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (store, next) = (store.clone(), next.clone());
        tasks.spawn(async move {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= first + count {
                    return anyhow::Ok(());
                }
                match store.commit(load::commit(n)?).await {
                    Ok(_) => writeln!(std::io::stdout().lock(), "{n}")?,
                    Err(e) => {
                        writeln!(std::io::stdout().lock(), "stopped {}", e.code().code)?;
                        return Ok(());
                    }
                }
            }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(())
}

async fn make(dir: &Path, count: u64) -> anyhow::Result<()> {
    let store = EmbeddedStore::open(dir, EmbeddedOptions::default())?;
    store.commit(load::accounts()).await?;
    let all: Vec<u64> = (1..=count).collect();
    for some in all.chunks(1_000) {
        let commits = some.iter().map(|n| load::commit(*n)).collect::<Result<Vec<_>, _>>()?;
        for outcome in store.commit_many(commits).await {
            outcome?;
        }
    }
    Ok(())
}

async fn read(dir: &Path, count: u64, seed: u64) -> anyhow::Result<()> {
    let store = match EmbeddedStore::open(dir, EmbeddedOptions::default()) {
        Ok(store) => store,
        Err(e) => {
            println!("refused {}", e.code().code);
            return Ok(());
        }
    };
    let mut seen = load::Seen::default();
    for i in 0..200 {
        let n = 1 + pmts_tests::faults::chance(seed * 1_000 + i) % count;
        load::probe(&store, n, &mut seen).await?;
    }
    println!("read {} {} {} {}", seen.right, seen.damaged, seen.absent, seen.wrong.len());
    for wrong in seen.wrong {
        println!("wrong {wrong}");
    }
    Ok(())
}

async fn fill(dir: &Path) -> anyhow::Result<()> {
    let ballast: PathBuf = dir.join("ballast");
    std::fs::write(&ballast, vec![1; 1 << 20])?;
    let data = dir.join("data");
    let store = EmbeddedStore::open(&data, EmbeddedOptions::default())?;
    store.commit(load::accounts()).await?;
    let (mut n, mut acknowledged) = (0, Vec::new());
    let refused = loop {
        n += 1;
        match store.commit(load::commit(n)?).await {
            Ok(_) => acknowledged.push(n),
            Err(error) => break error,
        }
        anyhow::ensure!(n < 1_000_000, "the disk is too large for this test");
    };
    println!("refused {} after {} commits", refused.code().code, acknowledged.len());
    anyhow::ensure!(refused == CommitError::DiskFull, "the full disk is named: {refused:?}");
    // Full means full: again the same answer, and reads go on.
    anyhow::ensure!(store.commit(load::commit(n)?).await == Err(CommitError::DiskFull), "still full");
    load::check(&store, &acknowledged, false).await?;

    std::fs::remove_file(&ballast)?;
    for _ in 0..100 {
        n += 1;
        store.commit(load::commit(n)?).await?;
        acknowledged.push(n);
    }
    load::check(&store, &acknowledged, false).await?;
    drop(store);
    let store = EmbeddedStore::open(&data, EmbeddedOptions::default())?;
    store.commit(Commit::by(Principal::system("after"))).await?;
    let seen = load::check(&store, &acknowledged, true).await?;
    println!("whole {seen}");
    Ok(())
}
