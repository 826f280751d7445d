//! Runs the fan-in and cycle scenarios over a sample of AMLSim: `transactions.csv` (from, to, value, step) and `nodes.csv` (id, labelled).
//!
//! ```sh
//! cargo run --release -p pmts-compliance --example monitor_amlsim -- FOLDER
//! ```
//!
//! A step is taken for a day. The sample has no ids of alerts and small amounts, so it is run twice: as shipped, and without least amounts.

use pmts_compliance::aml::monitor::{Fact, Movement, MovementKind, Rule, ScenarioSet, backtest, shipped};
use pmts_kernel::Timestamp;
use pmts_money::{Currency, Money};
use std::collections::HashSet;
use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("which folder?")?);
    let rows = |name: &str| -> Result<Vec<csv::StringRecord>, Box<dyn Error>> {
        Ok(csv::Reader::from_path(folder.join(name))?.records().collect::<Result<_, _>>()?)
    };
    let labelled: HashSet<String> =
        rows("nodes.csv")?.iter().filter(|r| &r[1] == "1").map(|r| r[0].to_owned()).collect();
    let mut facts = Vec::new();
    for (n, row) in rows("transactions.csv")?.iter().enumerate() {
        let step: i64 = row[3].parse()?;
        let amount = Money::parse(&row[2], Currency::USD)?;
        if amount.is_positive() {
            facts.push(Fact::Moved(Movement {
                id: n.to_string(),
                at: Timestamp::from_micros(step * 86_400_000_000),
                kind: MovementKind::Transfer,
                from: row[0].to_owned(),
                to: row[1].to_owned(),
                amount,
                value_minor: None,
                from_country: None,
                to_country: None,
            }));
        }
    }
    facts.sort_by_key(Fact::at);
    println!("{} transfers, {} labelled accounts", facts.len(), labelled.len());
    for (name, set) in
        [("as shipped", shipped()?), ("without least amounts", without_least_amounts(shipped()?))]
    {
        let mut told: Vec<(String, String, Vec<String>)> = Vec::new();
        let start = Instant::now();
        backtest(set, &facts, |a| told.push((a.scenario.clone(), a.subject.clone(), a.parties.clone())))?;
        println!(
            "{name}, {} transfers a second",
            facts.len() as u128 * 1_000 / start.elapsed().as_millis().max(1)
        );
        for scenario in ["fan_in", "cycle"] {
            let of: Vec<_> = told.iter().filter(|t| t.0 == scenario).collect();
            let right = of.iter().filter(|t| labelled.contains(&t.1)).count();
            let found: HashSet<&String> =
                of.iter().flat_map(|t| &t.2).filter(|p| labelled.contains(*p)).collect();
            println!(
                "  {scenario}: {right} of {} alerts about labelled accounts; {} labelled accounts in alerts",
                of.len(),
                found.len()
            );
        }
    }
    Ok(())
}

fn without_least_amounts(mut set: ScenarioSet) -> ScenarioSet {
    for scenario in &mut set.scenarios {
        match &mut scenario.rule {
            Rule::FanIn { total_min, hours, new_pct, .. } => (*total_min, *hours, *new_pct) = (0, 30 * 24, 0),
            Rule::Cycle { value_min, .. } => *value_min = 0,
            _ => {}
        }
    }
    set
}
