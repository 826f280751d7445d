//! Ordinary life, with all that only looks like laundering.

use super::making::{DAY, HOUR, Making};
use pmts_compliance::aml::monitor::MovementKind as Kind;

pub(super) fn life(m: &mut Making) {
    people(m);
    sellers(m);
    groups(m);
}

fn people(m: &mut Making) {
    let days = m.config.days;
    for n in 0..m.config.customers {
        let me = format!("p{n}");
        let salary = m.random.between(180_000, 650_000);
        let opened = -m.random.between(200, 2_000) * DAY;
        m.opened(&me, opened, salary * 12 / 10);
        let (employer, landlord) = (format!("bank-emp{}", n / 30), format!("g{}", n % group_count(m)));
        let payday = m.random.between(1, 28);
        let friends: Vec<String> = (0..4).map(|_| m.person()).collect();
        let home = format!("family-{n}");
        // Some send a little home each month, to a country of high risk.
        let sends = m.random.chance(4);
        // Some put it by for months, and are awake again with a holiday.
        let rests = m.random.chance(3);
        for day in (0..days).filter(|day| !rests || *day < 12 || *day > 100) {
            let at = day * DAY + m.random.between(7, 22) * HOUR + m.random.between(0, 3_599);
            if day % 30 == payday {
                m.moved(Kind::Deposit, [&employer, &me], at, salary);
                if n % 3 == 0 {
                    let rent = 60_000 + i64::try_from(n % 50).unwrap_or(0) * 2_000;
                    m.moved(Kind::Transfer, [&me, &landlord], at + 20 * HOUR, rent);
                }
                if sends {
                    let sum = m.random.between(10_000, 40_000);
                    m.abroad(Kind::Withdrawal, [&me, &home], at + 30 * HOUR, sum, "KE");
                }
            }
            if m.random.chance(25) {
                let seller = m.seller();
                let minor = m.random.between(500, 18_000);
                m.moved(Kind::Purchase, [&me, &seller], at, minor);
                if m.random.chance(5) {
                    m.moved(Kind::Refund, [&seller, &me], at + 5 * DAY, minor);
                } else if m.random.below(1_000) < 3 {
                    m.moved(Kind::Chargeback, [&seller, &me], at + 20 * DAY, minor);
                }
            }
            if m.random.chance(4) {
                let friend = friends[usize::try_from(m.random.below(4)).unwrap_or(0)].clone();
                let minor = m.random.between(5, 120) * 500;
                if friend != me {
                    m.moved(Kind::Transfer, [&me, &friend], at, minor);
                }
            }
            if m.random.chance(2) {
                let minor = m.random.between(1, 10) * 4_000;
                m.moved(Kind::CashOut, [&me, "atm"], at, minor);
            }
        }
        // Once in a while something large: a car, a loan, an inheritance passed on.
        if m.random.chance(6) {
            let at = m.random.between(5, days - 5) * DAY + 12 * HOUR;
            let minor = m.random.between(300_000, 1_500_000);
            m.moved(Kind::Deposit, ["bank-loans", &me], at, minor);
            let later = m.random.between(1, 20) * DAY;
            m.moved(Kind::Withdrawal, [&me, "bank-cars"], at + later, minor * 95 / 100);
        }
        // New customers who begin with more than they will do later.
        if m.random.chance(3) {
            let new = format!("n{n}");
            let at = m.random.between(2, days - 20) * DAY;
            m.opened(&new, at, 400_000);
            m.moved(Kind::Deposit, ["bank-own", &new], at + 15 * HOUR, m_amount(n, 150_000));
            for k in 0..6 {
                let seller = m.seller();
                let minor = m.random.between(1_000, 40_000);
                m.moved(Kind::Purchase, [&new, &seller], at + (k + 1) * 2 * DAY + 12 * HOUR, minor);
            }
        }
    }
}

fn m_amount(n: u64, base: i64) -> i64 {
    base + i64::try_from(n % 97).unwrap_or(0) * 1_511
}

fn sellers(m: &mut Making) {
    let days = m.config.days;
    for n in 0..m.sellers() {
        let me = format!("s{n}");
        m.opened(&me, -700 * DAY, 2_500_000);
        let (payday, bank) = (m.random.between(0, 6), format!("bank-s{n}"));
        let takes_cash = m.random.chance(30);
        let owner = m.person();
        m.linked(&me, &format!("device-s{n}"));
        // An owner who buys at home, now and then.
        if m.random.chance(20) {
            m.linked(&owner, &format!("device-s{n}"));
            for _ in 0..2 {
                let (at, minor) =
                    (m.random.between(1, days - 1) * DAY + 9 * HOUR, m.random.between(1_000, 9_000));
                m.moved(Kind::Purchase, [&owner, &me], at, minor);
            }
        }
        // Some move to another bank; their payout stays what it was.
        if m.random.chance(25) {
            let at = m.random.between(35, days - 10) * DAY;
            m.payout_account_changed(&me, at);
        }
        for day in 0..days {
            let at = day * DAY + 16 * HOUR + m.random.between(0, HOUR);
            if day % 7 == payday {
                let minor = m.random.between(150_000, 260_000);
                m.moved(Kind::Withdrawal, [&me, &bank], at, minor);
            }
            if takes_cash && day % 7 == (payday + 2) % 7 {
                let minor = m.random.between(60_000, 690_000);
                m.moved(Kind::CashIn, ["branch-main", &me], at, minor);
            }
        }
    }
}

pub(super) fn group_count(m: &Making) -> u64 {
    (m.config.customers / 40).max(1)
}

/// Landlords and clubs collect from the same people each month; employers pay the same ones. Some collect once, for a present.
fn groups(m: &mut Making) {
    let days = m.config.days;
    for n in 0..group_count(m) {
        let me = format!("g{n}");
        m.opened(&me, -900 * DAY, 3_000_000);
        let staff: Vec<String> = (0..12).map(|_| m.person()).collect();
        for month in 0..days / 30 {
            let at = month * 30 * DAY + 25 * DAY + 10 * HOUR;
            m.moved(Kind::Deposit, ["bank-clients", &me], at - 6 * DAY, 1_600_000);
            if n % 2 == 0 {
                for (k, person) in staff.iter().enumerate() {
                    let pay = 90_300 + i64::try_from(k).unwrap_or(0) * 3_170;
                    m.moved(Kind::Transfer, [&me, person], at, pay);
                }
            }
        }
        if n % 5 == 0 {
            let who = m.person();
            let at = m.random.between(31, days - 12) * DAY;
            for _ in 0..m.random.between(8, 14) {
                let (giver, minor) = (m.person(), m.random.between(2, 12) * 1_000);
                let when = at + m.random.between(0, 8 * 24) * HOUR;
                if giver != who {
                    m.moved(Kind::Transfer, [&giver, &who], when, minor);
                }
            }
        }
    }
}
