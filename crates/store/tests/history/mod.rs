//! Random histories with all that a commit can hold.
#![allow(unreachable_pub)]

use pmts_kernel::{Event, EventId, Principal, Timestamp};
use pmts_ledger::{Account, AccountChange, AccountId, ChartCode, Side, Transfer, TransferCode, TransferId};
use pmts_money::{Currency, Money};
use pmts_store::{Answer, Commit, Job, JobChange, Write};
use std::collections::HashMap;

/// A quick generator of numbers that look random.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

fn account(n: u64) -> AccountId {
    AccountId::from_raw(u128::from(n + 1) << 8)
}

/// A history with all that a commit can hold; records and jobs are overwritten, removed and made again.
pub fn history(seed: u64, count: u64) -> Vec<Commit> {
    let (mut random, mut versions) = (Random(seed), HashMap::<u64, u64>::new());
    let open = |n| {
        let side = if n == 0 { Side::Debit } else { Side::Credit };
        AccountChange::Open(
            Account::new(account(n), Currency::EUR, ChartCode(1), side).with_floor(if n == 0 {
                -500
            } else {
                0
            }),
        )
    };
    let mut commits =
        vec![Commit { accounts: (0..3).map(open).collect(), ..Commit::by(Principal::system("test")) }];
    for n in 1..count {
        let mut c = Commit::by(Principal::system(if n % 5 == 0 { "one" } else { "other" }));
        for i in 0..random.below(4) {
            let (debit, credit) = (account(random.below(3)), account(random.below(3)));
            let money = Money::new(1 + random.below(60).cast_signed(), Currency::EUR);
            let id = TransferId::from_raw(u128::from(n) << 16 | u128::from(i));
            if debit != credit && random.below(3) > 0 {
                c.transfers.push(Transfer::post(id, debit, credit, money, TransferCode(1)));
            } else if debit != credit {
                let at = Timestamp::from_micros((n + random.below(20)).cast_signed() * 1_000_000);
                c.transfers.push(Transfer::reserve(id, debit, credit, money, TransferCode(2)).expiring(at));
            }
        }
        // A refused journal would take the rest of the commit with it: the versions would not be what is expected.
        if c.transfers.is_empty() {
            let id = random.below(8);
            let version = versions.entry(id).or_default();
            let gone = *version > 0 && random.below(4) == 0;
            let body = (!gone).then(|| format!("{{\"n\":{n}}}"));
            let keys = vec![("by", format!("{}", n % 3))];
            c.records.push(Write { kind: "thing", id: u128::from(id) << 8, expected: *version, body, keys });
            *version = if gone { 0 } else { *version + 1 };
            let id = u128::from(random.below(6));
            c.jobs.push(match random.below(3) {
                0 => JobChange::Done(id),
                _ => JobChange::Put(Job {
                    id,
                    kind: "job".into(),
                    due: Timestamp::from_micros(n.cast_signed()),
                    attempts: 0,
                    body: n.to_string(),
                }),
            });
            c.events.push(Event {
                id: EventId::from_raw(u128::from(n)),
                kind: "happened".into(),
                object: "thing".into(),
                sequence: n,
                at: Timestamp::from_micros(1),
                data: serde_json::json!(n),
            });
            c.answer = Some(Answer {
                scope: "s".into(),
                key: n.to_string(),
                fingerprint: "f".into(),
                body: "1".into(),
            });
        }
        if n % 11 == 0 {
            c.accounts = vec![
                open(n),
                AccountChange::SetLimits { id: account(1), floor: Some(-(n.cast_signed())), ceiling: None },
            ];
        }
        commits.push(c);
    }
    commits
}
