//! The frames of a write-ahead log that a process left behind.
//!
//! SQLite takes a log up to its first frame that does not match its checksum, and silently drops the rest: after a crash that
//! is what was being written. But if whole commits lie behind such a frame, they had been flushed, so the frame was damaged
//! later, and commits that were acknowledged are not seen. The format is that of SQLite's file format document, section 4.

use super::verify::VerifyReport;
use std::io::Read;
use std::path::Path;

const HEADER: usize = 32;
const FRAME: usize = 24;

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).map_or(0, |b| u32::from_be_bytes(b.try_into().unwrap_or_default()))
}

/// Goes on with the checksum over so many bytes; `big`: they are read as big-endian words.
fn sum(bytes: &[u8], (mut a, mut b): (u32, u32), big: bool) -> (u32, u32) {
    for pair in bytes.chunks_exact(8) {
        let read = |w: &[u8]| {
            let w: [u8; 4] = w.try_into().unwrap_or_default();
            if big { u32::from_be_bytes(w) } else { u32::from_le_bytes(w) }
        };
        a = a.wrapping_add(read(&pair[..4])).wrapping_add(b);
        b = b.wrapping_add(read(&pair[4..])).wrapping_add(a);
    }
    (a, b)
}

/// Says what is wrong with a log, if there is one.
pub(super) fn check(path: &Path, report: &mut VerifyReport) -> std::io::Result<()> {
    let name = path.file_name().map_or(String::new(), |n| n.to_string_lossy().into_owned());
    let mut file = match std::fs::File::open(path) {
        Ok(file) => std::io::BufReader::new(file),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(e),
    };
    let mut header = [0; HEADER];
    match file.read_exact(&mut header) {
        Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(()),
        other => other?,
    }
    let big = word(&header, 0) & 1 == 1;
    let mut sums = sum(&header[..24], (0, 0), big);
    let page = word(&header, 8) as usize;
    let well = word(&header, 0) & !1 == 0x377f_0682
        && sums == (word(&header, 24), word(&header, 28))
        && (512..=65_536).contains(&page);
    if !well {
        report.problem(format!(
            "{name}: its header does not match its checksum: the commits in it are not seen"
        ));
        return Ok(());
    }
    let salts = &header[16..24];
    let mut frame = vec![0; FRAME + page];
    let (mut number, mut broken, mut ended, mut behind) = (0u64, None, false, 0u64);
    loop {
        match file.read_exact(&mut frame) {
            Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => break,
            other => other?,
        }
        number += 1;
        let commits = word(&frame, 4) != 0;
        let of_this_log = &frame[8..16] == salts;
        if broken.is_none() {
            let now = sum(&frame[FRAME..], sum(&frame[..8], sums, big), big);
            if of_this_log && now == (word(&frame, 16), word(&frame, 20)) {
                sums = now;
                continue;
            }
            (broken, ended) = (Some(number), of_this_log && commits);
        } else if of_this_log {
            // Frames after the end of the commit that holds the broken one were written when that one was flushed.
            behind += u64::from(ended);
            ended |= commits;
        }
    }
    if let Some(at) = broken.filter(|_| behind > 0) {
        report.problem(format!(
            "{name}: frame {at} does not match its checksum: it and {behind} frames of later commits behind it are not seen"
        ));
    }
    Ok(())
}
