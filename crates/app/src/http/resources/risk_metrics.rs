//! What the risk screen has counted, for `/metrics`.

use crate::http::metrics::{head, single};
use crate::risk::{ACTIONS, CLASSES, Risk};
use std::fmt::Write;
use std::sync::atomic::Ordering::Relaxed;

/// Writes it.
pub(super) fn write(out: &mut String, risk: &Risk) {
    let stats = &risk.gate.stats;
    head(out, "pmts_risk_decisions_total", "counter", "decisions of the risk screen by action");
    for (action, count) in ACTIONS.iter().zip(&stats.actions) {
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "pmts_risk_decisions_total{{action=\"{}\"}} {}",
            action.name(),
            count.load(Relaxed)
        );
    }
    single(
        out,
        "pmts_risk_policy_total",
        "counter",
        "decisions of the stated policy, since the screen failed or did not answer in time: anything but 0 needs a person",
        stats.by_policy.load(Relaxed),
    );
    single(
        out,
        "pmts_risk_challenger_faults_total",
        "counter",
        "times the challenger did not answer: payers stay asked",
        stats.challenger_faults.load(Relaxed),
    );
    head(out, "pmts_risk_decision_seconds", "histogram", "how long decisions took");
    let mut below = 0;
    for (end, count) in CLASSES.iter().zip(&stats.times) {
        below += count.load(Relaxed);
        let _ = writeln!(out, "pmts_risk_decision_seconds_bucket{{le=\"0.{end:06}\"}} {below}");
    }
    let all: u64 = stats.times.iter().map(|t| t.load(Relaxed)).sum();
    let micros = stats.micros.load(Relaxed);
    let _ = writeln!(out, "pmts_risk_decision_seconds_bucket{{le=\"+Inf\"}} {all}");
    let _ = writeln!(out, "pmts_risk_decision_seconds_sum {}.{:06}", micros / 1_000_000, micros % 1_000_000);
    let _ = writeln!(out, "pmts_risk_decision_seconds_count {all}");
    if let Some(follower) = &risk.follower {
        let stats = &follower.stats;
        for (name, kind, about, value) in [
            (
                "pmts_risk_position",
                "gauge",
                "the position in the outbox up to which history has everything",
                &stats.position,
            ),
            ("pmts_risk_recorded_total", "counter", "authorizations taken into history", &stats.recorded),
            (
                "pmts_risk_follow_failed_total",
                "counter",
                "times history had to wait for the store",
                &stats.failed,
            ),
        ] {
            single(out, name, kind, about, value.load(Relaxed));
        }
        let (profiles, parts) = follower.screen.with_history(|h| (h.profiles(), h.parts()));
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        single(out, "pmts_risk_profiles", "gauge", "keys that history knows", count(profiles));
        single(out, "pmts_risk_parts", "gauge", "pieces of time and other keys in them", count(parts));
    }
}
