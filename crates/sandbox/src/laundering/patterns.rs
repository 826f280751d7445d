//! The patterns, one function for each typology.

use super::making::{DAY, HOUR, Making};
use pmts_compliance::aml::monitor::MovementKind as Kind;

/// The typologies, by the names of the scenarios that are to find them.
pub const TYPOLOGIES: [&str; 20] = [
    "structuring",
    "smurfing",
    "rapid_in_out",
    "fan_in",
    "fan_out",
    "scatter_gather",
    "gather_scatter",
    "layers",
    "cycle",
    "mule_chain",
    "dormant",
    "corridor",
    "round_amounts",
    "profile_breach",
    "new_account_burst",
    "refund_abuse",
    "collusion",
    "chargeback_ring",
    "payout_change",
    "travel_rule",
];

pub(super) fn put(m: &mut Making, typology: &'static str) {
    m.begin(typology);
    match typology {
        "structuring" => structuring(m),
        "smurfing" => smurfing(m),
        "rapid_in_out" => rapid_in_out(m),
        "fan_in" => fan(m, false),
        "fan_out" => fan(m, true),
        "scatter_gather" => scatter_gather(m),
        "gather_scatter" => gather_scatter(m),
        "layers" => layers(m),
        "cycle" => cycle(m),
        "mule_chain" => mule_chain(m),
        "dormant" => dormant(m),
        "corridor" => corridor(m),
        "round_amounts" => round_amounts(m),
        "profile_breach" => profile_breach(m),
        "new_account_burst" => new_account_burst(m),
        "refund_abuse" => refund_abuse(m),
        "collusion" => collusion(m),
        "chargeback_ring" => chargeback_ring(m),
        "payout_change" => payout_change(m),
        _ => travel_rule(m),
    }
    m.end();
}

/// So many members, none twice.
fn members(m: &mut Making, low: i64, high: i64) -> Vec<String> {
    let wanted = m.random.between(low, high);
    let mut members: Vec<String> = Vec::new();
    while i64::try_from(members.len()).unwrap_or(i64::MAX) < wanted {
        let member = m.member();
        if !members.contains(&member) {
            members.push(member);
        }
    }
    members
}

fn structuring(m: &mut Making) {
    let (who, start) = (m.member(), m.start(10));
    let same_day = m.random.chance(50);
    for n in 0..m.random.between(3, 5) {
        let at = if same_day { n * HOUR } else { n * m.span(20, 30) * HOUR };
        let minor =
            if same_day { m.random.between(370_000, 930_000) } else { m.random.between(790_000, 985_000) };
        m.moved(Kind::CashIn, [&format!("branch-{n}"), &who], start + at, minor);
    }
}

fn smurfing(m: &mut Making) {
    let (smurfs, boss, start) = (members(m, 4, 7), m.stranger(), m.start(10));
    let token = format!("device-{}", boss);
    let linked = m.random.chance(50);
    for smurf in &smurfs {
        let at = start + m.span(0, 30) * HOUR;
        let minor = m.random.between(320_000, 960_000);
        if linked {
            m.linked(smurf, &token);
        }
        m.moved(Kind::CashIn, ["branch-9", smurf], at, minor);
        if !linked {
            let passed = minor * m.random.between(85, 99) / 100;
            let after = m.span(3, 40) * HOUR;
            m.moved(Kind::Transfer, [smurf, &boss], at + after, passed);
        }
    }
}

fn rapid_in_out(m: &mut Making) {
    let (who, start) = (m.member(), m.start(5));
    let mut came = 0;
    for _ in 0..m.random.between(1, 3) {
        let (minor, at) = (m.amount(600_000, 2_400_000), start + m.span(0, 5) * HOUR);
        came += minor;
        m.moved(Kind::Deposit, ["bank-elsewhere", &who], at, minor);
    }
    let parts = m.random.between(1, 3);
    for n in 0..parts {
        let minor = came * m.random.between(88, 99) / 100 / parts;
        let at = start + (6 + n) * HOUR + m.span(0, 25) * HOUR;
        m.moved(Kind::Withdrawal, [&who, &format!("bank-out{n}")], at, minor);
    }
}

fn fan(m: &mut Making, out: bool) {
    let (hub, leaves, start) = (m.member(), members(m, 12, 22), m.start(10));
    for leaf in leaves.iter().filter(|leaf| **leaf != hub) {
        let (minor, at) = (m.amount(60_000, 290_000), start + m.span(0, 150) * HOUR);
        let ends: [&str; 2] = if out { [&hub, leaf] } else { [leaf, &hub] };
        m.moved(Kind::Transfer, ends, at, minor);
    }
}

fn scatter_gather(m: &mut Making) {
    let (source, target, start) = (m.member(), m.stranger(), m.start(14));
    for mule in members(m, 5, 8).iter().filter(|mule| **mule != source) {
        let (minor, at) = (m.amount(150_000, 480_000), start + m.span(0, 70) * HOUR);
        m.moved(Kind::Transfer, [&source, mule], at, minor);
        let passed = minor * m.random.between(85, 99) / 100;
        let after = m.span(5, 120) * HOUR;
        m.moved(Kind::Transfer, [mule, &target], at + after, passed);
    }
}

fn gather_scatter(m: &mut Making) {
    let (hub, start) = (m.member(), m.start(12));
    let (payers, payees) = (members(m, 6, 8), members(m, 6, 8));
    let mut came = 0;
    for payer in payers.iter().filter(|p| **p != hub) {
        let (minor, at) = (m.amount(130_000, 400_000), start + m.span(0, 50) * HOUR);
        came += minor;
        m.moved(Kind::Transfer, [payer, &hub], at, minor);
    }
    let each = came * m.random.between(86, 98) / 100 / i64::try_from(payees.len()).unwrap_or(1);
    for payee in payees.iter().filter(|p| **p != hub) {
        let at = start + m.span(52, 120) * HOUR;
        m.moved(Kind::Transfer, [&hub, payee], at, each);
    }
}

fn layers(m: &mut Making) {
    let (first, start) = (members(m, 3, 5), m.start(14));
    let second: Vec<String> = members(m, 4, 6).into_iter().filter(|b| !first.contains(b)).collect();
    let target = m.stranger();
    for middle in &second {
        let mut came = 0;
        for one in &first {
            let (minor, at) = (m.amount(80_000, 190_000), start + m.span(0, 60) * HOUR);
            came += minor;
            m.moved(Kind::Transfer, [one, middle], at, minor);
        }
        let at = start + m.span(62, 150) * HOUR;
        m.moved(Kind::Transfer, [middle, &target], at, came * 96 / 100);
    }
}

fn cycle(m: &mut Making) {
    let (ring, start) = (members(m, 3, 8), m.start(25));
    let (mut at, mut minor) = (start, m.amount(400_000, 1_800_000));
    for n in 0..ring.len() {
        m.moved(Kind::Transfer, [&ring[n], &ring[(n + 1) % ring.len()]], at, minor);
        at += m.span(3, 66) * HOUR;
        minor = minor * m.random.between(90, 100) / 100;
    }
}

fn mule_chain(m: &mut Making) {
    let (chain, start) = (members(m, 6, 8), m.start(12));
    let (mut at, mut minor) = (start, m.amount(350_000, 1_500_000));
    for pair in chain.windows(2) {
        m.moved(Kind::Transfer, [&pair[0], &pair[1]], at, minor);
        at += m.span(2, 30) * HOUR;
        minor = minor * m.random.between(90, 97) / 100;
    }
}

fn dormant(m: &mut Making) {
    let who = m.stranger();
    let early = m.random.between(1, 8) * DAY;
    let wake = early + m.random.between(92, 105) * DAY;
    m.moved(Kind::Deposit, ["bank-own", &who], early, 12_000);
    for _ in 0..m.random.between(2, 4) {
        let (minor, at) = (m.amount(350_000, 900_000), wake + m.span(0, 40) * HOUR);
        m.moved(Kind::Deposit, ["bank-elsewhere", &who], at, minor);
        m.moved(Kind::Transfer, [&who, "x1"], at + 50 * HOUR, minor / 3);
    }
}

fn corridor(m: &mut Making) {
    let (who, start) = (m.member(), m.start(25));
    for n in 0..m.random.between(4, 7) {
        let country = ["MM", "IR", "KP", "YE", "VE"][usize::try_from(m.random.below(5)).unwrap_or(0)];
        let (minor, at) = (m.amount(180_000, 700_000), start + n * m.span(30, 90) * HOUR);
        m.abroad(Kind::Withdrawal, [&who, &format!("abroad-{who}-{n}")], at, minor, country);
    }
}

fn round_amounts(m: &mut Making) {
    let (who, start) = (m.stranger(), m.start(16));
    for n in 0..m.random.between(6, 10) {
        let (minor, at) = (m.amount(2, 9).max(1) * 100_000, start + n * m.span(10, 30) * HOUR);
        m.moved(Kind::Deposit, [&format!("bank-r{n}"), &who], at, minor);
    }
}

fn profile_breach(m: &mut Making) {
    let (who, start) = (m.stranger(), m.start(28));
    for n in 0..m.random.between(5, 9) {
        let (minor, at) = (m.amount(720_000, 1_350_000), start + n * m.span(20, 60) * HOUR);
        m.moved(Kind::Deposit, [&format!("bank-b{}", n % 3), &who], at, minor);
    }
}

fn new_account_burst(m: &mut Making) {
    let (who, start) = (format!("{}-new", m.stranger()), m.start(10));
    let opened = start - m.random.between(1, 12) * DAY;
    m.opened(&who, opened, 5_000_000);
    for n in 0..m.random.between(10, 18) {
        let (minor, at) = (m.amount(120_000, 400_000), start + m.span(0, 90) * HOUR);
        let bank = format!("bank-n{}", n % 4);
        if n % 2 == 0 {
            m.moved(Kind::Deposit, [&bank, &who], at, minor);
        } else {
            m.moved(Kind::Withdrawal, [&who, &bank], at, minor * 7 / 10);
        }
    }
}

fn refund_abuse(m: &mut Making) {
    let (seller, buyer, start) = (m.seller(), m.member(), m.start(26));
    for n in 0..m.random.between(5, 9) {
        let (minor, at) = (m.amount(18_000, 70_000), start + n * m.span(20, 50) * HOUR);
        m.moved(Kind::Purchase, [&buyer, &seller], at, minor);
        m.moved(Kind::Refund, [&seller, &buyer], at + 9 * HOUR, minor);
    }
}

fn collusion(m: &mut Making) {
    let (seller, start) = (m.stranger(), m.start(26));
    let buyers = members(m, 2, 4);
    for n in 0..m.random.between(7, 12) {
        let buyer = &buyers[usize::try_from(m.random.below(buyers.len() as u64)).unwrap_or(0)];
        m.linked(buyer, &format!("card-{seller}"));
        m.linked(&seller, &format!("card-{seller}"));
        let (minor, at) = (m.amount(35_000, 120_000), start + n * m.span(10, 40) * HOUR);
        m.moved(Kind::Purchase, [buyer, &seller], at, minor);
    }
}

fn chargeback_ring(m: &mut Making) {
    let (seller, start, ring) = (m.seller(), m.start(28), members(m, 4, 6));
    for buyer in &ring {
        m.linked(buyer, &format!("address-{}", ring[0]));
        let (minor, at) = (m.amount(28_000, 95_000), start + m.span(0, 150) * HOUR);
        m.moved(Kind::Purchase, [buyer, &seller], at, minor);
        let after = m.span(120, 400) * HOUR;
        m.moved(Kind::Chargeback, [&seller, buyer], at + after, minor);
    }
}

fn payout_change(m: &mut Making) {
    let (seller, start) = (m.robbed(), m.start(8));
    m.payout_account_changed(&seller, start);
    for n in 0..m.random.between(1, 2) {
        let (minor, at) = (m.amount(700_000, 1_600_000), start + m.span(2, 20) * HOUR + n * HOUR);
        m.moved(Kind::Withdrawal, [&seller, &format!("bank-new-{start}")], at, minor);
    }
}

fn travel_rule(m: &mut Making) {
    let (who, start) = (m.member(), m.start(16));
    let to = format!("wallet-{who}");
    for n in 0..m.random.between(4, 7) {
        let (minor, at) = (m.random.between(252_000, 299_000), start + n * m.span(12, 40) * HOUR);
        m.abroad(Kind::Withdrawal, [&who, &to], at, minor, "MX");
    }
}
