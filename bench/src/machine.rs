//! What the system says of this process and its disk.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

fn field(path: &str, name: &str) -> u64 {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let line = text.lines().find_map(|l| l.strip_prefix(name)).unwrap_or_default();
    line.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// Bytes this process has handed to the disk so far.
pub(crate) fn written() -> u64 {
    field("/proc/self/io", "write_bytes:")
}

/// Memory now, and the most it was, in KiB.
pub(crate) fn memory() -> (u64, u64) {
    (field("/proc/self/status", "VmRSS:"), field("/proc/self/status", "VmHWM:"))
}

/// Processor time of this process, in milliseconds (at 100 ticks a second).
pub(crate) fn processor_millis() -> u64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = text.rsplit(')').next().unwrap_or_default();
    let ticks = |n| after_name.split_whitespace().nth(n).and_then(|t| t.parse::<u64>().ok()).unwrap_or(0);
    (ticks(11) + ticks(12)) * 10
}

/// Bytes in a directory.
pub(crate) fn size(dir: &Path) -> u64 {
    let files = std::fs::read_dir(dir).into_iter().flatten().flatten();
    files.filter_map(|f| f.metadata().ok()).map(|m| m.len()).sum()
}

/// Bytes in a directory and all under it.
pub(crate) fn tree_size(dir: &Path) -> u64 {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries
        .filter_map(|e| Some((e.path(), e.metadata().ok()?)))
        .map(|(path, meta)| if meta.is_dir() { tree_size(&path) } else { meta.len() })
        .sum()
}

/// How long the disk takes to make 4 KiB durable: the middle of 200 appends.
pub(crate) fn flush(dir: &Path) -> std::io::Result<Duration> {
    let path = dir.join("flush.probe");
    let mut file = std::fs::File::create(&path)?;
    let mut times = Vec::new();
    for _ in 0..200 {
        let start = Instant::now();
        file.write_all(&[7; 4_096])?;
        file.sync_data()?;
        times.push(start.elapsed());
    }
    std::fs::remove_file(&path)?;
    times.sort_unstable();
    Ok(times[100])
}
