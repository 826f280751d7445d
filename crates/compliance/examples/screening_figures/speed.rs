//! How long it takes, on one core.

use crate::rates::{Result, labelled};
use crate::{Data, Figure};
use pmts_compliance::aml::Subject;
use pmts_compliance::aml::matching::{HIT, score};
use pmts_compliance::aml::names::{Name, PartyKind};
use std::hint::black_box;
use std::time::{Duration, Instant};

pub(crate) fn measure(data: &Data) -> Result<Vec<Figure>> {
    let pairs = labelled(data)?;
    let ready: Vec<(Name, Name)> =
        pairs.iter().map(|p| (Name::new(&p.first, p.kind), Name::new(&p.second, p.kind))).collect();
    // The shortest of many rounds: other programs run on the machine, too.
    let best = |round: &dyn Fn()| {
        let time = |_| {
            let start = Instant::now();
            round();
            nanos(start.elapsed())
        };
        (0..100).map(time).min().unwrap_or(0) / pairs.len() as u64
    };
    let prepared = best(&|| {
        for (a, b) in &ready {
            black_box(score(a, b));
        }
    });
    let whole = best(&|| {
        for p in &pairs {
            black_box(score(&Name::new(&p.first, p.kind), &Name::new(&p.second, p.kind)));
        }
    });

    let mut names = data.column("un_plain.csv", 0)?;
    names.extend(data.column("negatives_global.csv", 0)?);
    names.extend(data.column("negatives_us.csv", 0)?);
    let time = |kind: Option<PartyKind>| {
        let one = |name: &String| {
            let subject = Subject { name: name.clone(), kind, ..Subject::default() };
            // The shortest of three: other programs run on the machine, too.
            let time = || {
                let start = Instant::now();
                black_box(data.all.screen(&subject, HIT));
                nanos(start.elapsed()) / 1_000
            };
            time().min(time()).min(time())
        };
        let mut times: Vec<u64> = names.iter().map(one).collect();
        times.sort_unstable();
        let at = |share: usize| times[times.len() * share / 1_000];
        (at(500), at(990), times.iter().sum::<u64>() / times.len() as u64)
    };
    // The first round fills the caches.
    time(None);
    let (person, any) = (time(Some(PartyKind::Person)), time(None));
    Ok(vec![
        ("a pair, names ready", prepared, "ns"),
        ("a pair, names as text", whole, "ns"),
        ("a person against OFAC and UN, p50", person.0, "us"),
        ("a person against OFAC and UN, p99", person.1, "us"),
        ("a name of unknown kind against OFAC and UN, p50", any.0, "us"),
        ("a name of unknown kind against OFAC and UN, p99", any.1, "us"),
        ("a million customers on one core", person.2, "s"),
    ])
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
