//! Random histories against the naive reference: equal answers, equal reads.
#![allow(clippy::unwrap_used)]

use pmts_kernel::{ManualClock, Timestamp};
use pmts_ledger::contract::model::{self, Play};
use pmts_ledger::*;
use std::collections::BTreeMap;
use std::sync::Arc;

#[test]
fn equal_histories_get_equal_answers() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for seed in 0..300 {
        let clock = Arc::new(ManualClock::new(Timestamp::from_micros(1)));
        let ledger = MemoryLedger::new(clock.clone());
        runtime.block_on(model::replay(&ledger, &clock, seed, 160));
    }
}

#[test]
fn histories_meet_every_rule() {
    let mut met: BTreeMap<String, usize> = BTreeMap::new();
    for step in (0..60).flat_map(|seed| model::history(seed, 160)) {
        match step.answer {
            Err(no) => *met.entry(format!("LEDGER_{}", no.code)).or_default() += 1,
            Ok((_, true)) => *met.entry("repeated".into()).or_default() += 1,
            Ok((entries, _)) => {
                for e in entries {
                    let kind = format!("{:?}", e.transfer.kind);
                    *met.entry(kind.split(' ').next().unwrap().to_owned()).or_default() += 1;
                }
            }
        }
    }
    println!("{met:#?}");
    for rule in precedence() {
        assert!(met.contains_key(rule.code.code), "no history meets {}", rule.code.code);
    }
    for done in ["repeated", "Post", "Reserve", "PostReserved", "Void", "PostUpTo", "Reverse"] {
        assert!(met[done] > 50, "{done} is rare: {met:#?}");
    }
    let mut play = Play::new(1);
    play.nth(300);
    assert!(play.naive().entries.iter().any(|e| e.kind == EntryKind::ReservationExpired));
}
