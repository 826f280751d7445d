//! How much memory there is in use, and whether it is bounded.

use crate::Times;
use crate::source::{key, made};
use pmts_fraud::KeyKind;
use pmts_fraud::features::{History, HistoryOptions};
use serde_json::{Value, json};

/// Memory of this process now, and the most it was, in KiB.
pub(crate) fn resident() -> (u64, u64) {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let field = |name: &str| {
        let line = text.lines().find_map(|l| l.strip_prefix(name)).unwrap_or_default();
        line.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(0)
    };
    (field("VmRSS:"), field("VmHWM:"))
}

/// Sees so many different keys: each step has a new card, device, address of the internet and e-mail, at one of 10,000 terminals.
pub(crate) fn many_keys(keys: u64, options: HistoryOptions) -> Value {
    let mut history = History::new(options);
    let (mut record, mut most, mut seen) = (Times::default(), 0, 10_000);
    for n in 0..keys.saturating_sub(10_000) / 4 {
        let new = [KeyKind::Card, KeyKind::Device, KeyKind::Ip, KeyKind::Email].map(|kind| key(kind, n));
        let keys = [&new[..], &[key(KeyKind::Terminal, n % 10_000)]].concat();
        let number = i64::try_from(n).unwrap_or(0);
        let facts = made(number, 1_522_540_800 + number, 100 + number % 900, keys);
        record.of(|| history.record(&facts));
        seen += 4;
        most = most.max(history.profiles());
    }
    let (now, highest) = resident();
    json!({
        "seen": seen, "profiles": history.profiles(), "profiles_most": most, "parts": history.parts(), "bound": options.profiles,
        "memory_kib": now, "memory_most_kib": highest, "record_nanos": record.json(),
    })
}
