//! The index file, read from end to end and compared with one made from the main file.

use super::build::{each_item, write_reservations};
use super::run::{Run, UNFINISHED, check_page};
use super::tail::Batch;
use super::{FILE, Kind, Point, answer_key, days, file};
use crate::adapters::embedded::entries::EntryScan;
use crate::adapters::embedded::inspect::structure;
use crate::adapters::embedded::names::Names;
use crate::adapters::embedded::rows::Checked;
use crate::adapters::embedded::schema::open_file;
use crate::adapters::embedded::verify::{VerifyReport, noted};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

/// Entries gathered at a time.
const BATCH: usize = 50_000;

/// The pairs of key and sequence that an index holds, of each kind: how many, and a sum over all that does not depend on
/// their order.
type Pairs = [(u64, i64); 5];

fn add(pairs: &mut Pairs, kind: Kind, key: u128, sequence: u64) {
    let (count, sum) = &mut pairs[kind as usize];
    *count += 1;
    *sum = sum.wrapping_add(Checked::default().id(key).int(sequence.cast_signed()).sum());
}

/// Looks for anything wrong with the index file. It can be deleted in any case: it is built anew.
pub(in crate::adapters::embedded) fn inspect(
    dir: &Path,
    main: &Connection,
    instance: &str,
    report: &mut VerifyReport,
) -> rusqlite::Result<()> {
    let path = dir.join(FILE);
    if !path.exists() {
        return Ok(());
    }
    let told = report.problems.len();
    let result = read(&path, main, instance, report);
    noted(result, report)?;
    for problem in &mut report.problems[told..] {
        *problem = format!("{FILE}: {problem} (it can be deleted: it is built anew)");
    }
    Ok(())
}

fn read(path: &Path, main: &Connection, instance: &str, report: &mut VerifyReport) -> rusqlite::Result<()> {
    let db = open_file(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    if !structure(&db, file::TABLES, report)? {
        return Ok(());
    }
    let Some(reach) = file::reach(&db, main, instance) else {
        report.problem("it is of another format or history".into());
        return Ok(());
    };
    let mut found = Pairs::default();
    let mut select = db.prepare("SELECT * FROM runs WHERE level <> ? ORDER BY first_sequence")?;
    let mut rows = select.query([UNFINISHED])?;
    while let Some(row) = rows.next()? {
        let Some((kind, run)) = noted(Run::from_row(row), report)? else { continue };
        for page in 0..run.pages() {
            let there = run.read(&db, kind, page, |item| {
                item.sequences.iter().for_each(|s| add(&mut found, kind, item.key, *s));
                true
            });
            if noted(there, report)? == Some(false) {
                report.problem(format!("page {page} of run {} is missing", run.id));
            }
        }
    }
    // Also pages of runs that are no longer used.
    let mut pages = db.prepare("SELECT id, body, checksum FROM pages")?;
    let mut rows = pages.query([])?;
    while let Some(Some(row)) = noted(rows.next(), report)? {
        noted(check_page(row), report)?;
    }
    let (made, twin) = make(main, &reach, report)?;
    for kind in Kind::ALL {
        if found[kind as usize] != made[kind as usize] {
            report.problem(format!("the runs of {kind:?} hold other entries than the main file"));
        }
    }
    for table in ["days", "off_days", "open_reservations"] {
        let (ours, theirs) = (content(&db, table)?, content(&twin, table)?);
        if ours != theirs {
            report.problem(format!("the table {table} does not follow from the entries"));
        }
    }
    Ok(())
}

/// What an index of the main file holds, up to a point, and the tables beside the runs.
fn make(
    main: &Connection,
    reach: &Point,
    report: &mut VerifyReport,
) -> rusqlite::Result<(Pairs, Connection)> {
    let (names, mut pairs) = (Names::default(), Pairs::default());
    let twin = Connection::open_in_memory()?;
    twin.execute_batch(file::TABLES)?;
    let mut write = |batch: &Batch| -> rusqlite::Result<()> {
        for kind in Kind::ALL.into_iter().filter(|k| *k != Kind::Answers) {
            each_item(batch, kind, |item| {
                item.sequences.iter().for_each(|s| add(&mut pairs, kind, item.key, *s));
                Ok(())
            })?;
        }
        write_reservations(&twin, batch)?;
        days::write(&twin, batch, main, &names)
    };
    let mut batch = Batch::reaching(Point::default());
    let mut scan = EntryScan::after(main, &names, 0)?;
    loop {
        match noted(scan.next(), report)? {
            Some(Some((entry, ..))) if entry.sequence <= reach.sequence => batch.push(&entry),
            None if noted(scan.skip_block(), report)? == Some(true) => continue,
            _ => break,
        }
        if batch.len() >= BATCH {
            write(&batch)?;
            batch = Batch::reaching(Point::default());
        }
    }
    write(&batch)?;
    let mut answers = main.prepare("SELECT seq, scope, key FROM answers WHERE seq <= ?")?;
    let mut rows = answers.query([reach.answer.cast_signed()])?;
    while let Some(row) = rows.next()? {
        let key = answer_key(row.get_ref(1)?.as_str()?, row.get_ref(2)?.as_str()?);
        add(&mut pairs, Kind::Answers, key, row.get::<_, i64>(0)?.cast_unsigned());
    }
    Ok((pairs, twin))
}

/// The number of rows of a table and a sum over them.
fn content(db: &Connection, table: &str) -> rusqlite::Result<(u64, i64)> {
    let mut select = db.prepare(&format!("SELECT * FROM {table}"))?;
    let columns = select.column_count();
    let mut rows = select.query([])?;
    let (mut count, mut sum) = (0, 0i64);
    while let Some(row) = rows.next()? {
        let mut c = Checked::default();
        for column in 0..columns {
            c.text(&format!("{:?}", row.get_ref(column)?));
        }
        count += 1;
        sum = sum.wrapping_add(c.sum());
    }
    Ok((count, sum))
}
