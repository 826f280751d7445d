//! What bank files are, and whether they are valid: `cargo run --release -p pmts-payouts --example check_files FILE...`.

use std::error::Error;
use std::io::BufReader;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    for file in std::env::args().skip(1) {
        let started = Instant::now();
        let (kind, findings) =
            pmts_payouts::check(BufReader::with_capacity(1 << 16, std::fs::File::open(&file)?))?;
        let bytes = u128::from(std::fs::metadata(&file)?.len());
        let rate = bytes / started.elapsed().as_micros().max(1);
        let word = if findings.is_valid() { "valid" } else { "NOT valid" };
        println!("{file}: {}: {word} ({bytes} bytes, {rate} MB/s)", kind.name());
        for finding in findings.kept().iter().take(5) {
            println!("  {}: {finding}", finding.severity.as_str());
        }
    }
    Ok(())
}
