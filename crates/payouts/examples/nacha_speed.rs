//! How fast NACHA files are checked: `cargo run --release -p pmts-payouts --example nacha_speed`. The file of
//! 2,000,000 entries is made in memory.

use chrono::NaiveDate;
use pmts_payouts::Findings;
use pmts_payouts::rails::nacha::{BatchDraft, Direction, EntryDraft, FileDraft, Reader, Writer, check};
use std::error::Error;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let day = NaiveDate::from_ymd_opt(2026, 11, 23).ok_or("no such day")?;
    let file = FileDraft {
        destination: "231380104".into(),
        origin: "121042882".into(),
        created: day.and_hms_opt(9, 30, 0).ok_or("no such time")?,
        modifier: 'A',
        destination_name: "A BANK".into(),
        origin_name: "A SHOP".into(),
    };
    let batch = BatchDraft {
        class: "PPD".into(),
        company: "A SHOP".into(),
        company_id: "1234567890".into(),
        description: "PAYOUT".into(),
        effective: day,
        odfi: "12104288".into(),
        only: Some(Direction::Credit),
    };
    let entry = EntryDraft {
        code: 22,
        routing: "231380104".into(),
        account: "12345678".into(),
        cents: 12_345,
        id: "S-1".into(),
        name: "ADA SELLER".into(),
        remittance: vec![],
    };
    let started = Instant::now();
    let mut writer = Writer::new(Vec::new(), &file)?;
    for i in 0..2_000_000 {
        if i % 500_000 == 0 {
            writer.batch(&batch)?;
        }
        writer.entry(&entry)?;
    }
    let bytes = writer.finish()?;
    let rate = |started: Instant| bytes.len() as u128 / started.elapsed().as_micros().max(1);
    println!("written: {} MB/s", rate(started));
    let started = Instant::now();
    let mut findings = Findings::default();
    check(&bytes[..], &mut findings)?;
    println!("checked: {} MB/s, {} findings", rate(started), findings.kept().len());
    let started = Instant::now();
    let mut sum = 0;
    for entry in Reader::new(&bytes[..]) {
        sum += entry?.cents().unwrap_or(0);
    }
    println!("read: {} MB/s, {sum} cents", rate(started));
    Ok(())
}
