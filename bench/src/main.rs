//! What the ledger and the commit can do. Run it through `cargo xtask bench ledger`.

mod machine;
mod options;
mod report;
mod run;
mod work;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> anyhow::Result<()> {
    let options = options::Options::parse();
    let root = match &options.dir {
        Some(dir) => {
            std::fs::create_dir_all(dir)?;
            tempfile::tempdir_in(dir)?
        }
        None => tempfile::tempdir()?,
    };
    let flush = machine::flush(root.path())?;
    // The first run warms the disk, the files of this program and the processor; it does not count.
    let mut warm = options.clone();
    warm.count = (options.count / 10).clamp(1, 100_000);
    run::once(&warm, &root.path().join("warm"))?;
    let mut runs = Vec::new();
    for n in 0..options.runs.max(1) {
        let dir = root.path().join(n.to_string());
        runs.push(run::once(&options, &dir)?);
        if dir.exists() {
            std::fs::remove_dir_all(&dir)?;
        }
    }
    report::print(&options, flush, runs);
    Ok(())
}
