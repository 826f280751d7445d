//! `pmts aml scenarios|facts|backtest`.

use super::aml_cases::{desk, desk_at};
use super::aml_labels::Labels;
use super::output::{line, parse_moment, say, table};
use super::plain_args::PlainArgs;
use super::{DataArgs, DatabaseArgs};
use crate::AppError;
use crate::aml::{AmlError, unanswered};
use crate::monitoring::{FACTS_MAX, Facts, ToldFact, read_facts};
use crate::rates::Rates;
use clap::{Args, Subcommand};
use pmts_compliance::aml::monitor::{Backtest, Fact, ScenarioSet, read_scenarios, shipped};
use pmts_kernel::Timestamp;
use serde_json::json;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

#[derive(Subcommand)]
pub(super) enum ScenariosCommand {
    /// Show those in force, and how often they were right
    List(PlainArgs),
    /// Print those in force as a file, to be changed and put back
    Show(PlainArgs),
    /// Put others in force: new versions begin as a draft or in the shadow
    Use(UseArgs),
}

#[derive(Args)]
pub(super) struct UseArgs {
    /// The file: TOML, as `show` prints it
    file: PathBuf,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Subcommand)]
pub(super) enum FactsCommand {
    /// Keep the facts of a file: JSON lines, in the form of POST /v1/aml/facts; `at` may be RFC 3339, too
    Import(UseFactsArgs),
}

#[derive(Args)]
pub(super) struct UseFactsArgs {
    /// The file
    file: PathBuf,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Args)]
pub(super) struct BacktestArgs {
    /// Scenarios to try; those in force if left out
    #[arg(long, value_name = "FILE")]
    scenarios: Option<PathBuf>,
    /// Facts to try them on, in order of time; what happened on the platform if left out
    #[arg(long, value_name = "FILE")]
    facts: Option<PathBuf>,
    /// Alerts count from then on
    #[arg(long, value_name = "MOMENT")]
    from: Option<String>,
    /// And before then
    #[arg(long, value_name = "MOMENT")]
    to: Option<String>,
    /// Write each alert to this file, one JSON object a line: for the case team only
    #[arg(long, value_name = "FILE")]
    alerts: Option<PathBuf>,
    /// What is known to be laundering: JSON lines with typology and movements; shows how right each scenario was
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// The data directory; not needed with --facts
    #[arg(long, value_name = "DIR", env = "PMTS_DATA", required_unless_present = "facts")]
    data: Option<PathBuf>,
    #[command(flatten)]
    database: DatabaseArgs,
    /// JSON for programs
    #[arg(long)]
    json: bool,
}

fn bps(precision: Option<u64>) -> String {
    precision.map_or_else(String::new, |bps| format!("{}.{:02} %", bps / 100, bps % 100))
}

pub(super) async fn scenarios(command: ScenariosCommand) -> Result<(), AppError> {
    match command {
        ScenariosCommand::List(plain) => {
            let (desk, _) = desk(&plain).await?;
            let found = desk.scores().await?;
            if plain.json {
                return found.iter().try_for_each(|s| line(json!(s)));
            }
            let rows = found.iter().map(|s| {
                vec![
                    s.scenario.clone(),
                    s.version.to_string(),
                    json!(s.state).as_str().unwrap_or_default().to_owned(),
                    s.score.confirmed.to_string(),
                    s.score.valuable.to_string(),
                    s.score.false_positive.to_string(),
                    bps(s.precision_bps),
                ]
            });
            table(&["scenario", ">version", "state", ">confirmed", ">valuable", ">false", ">precision"], rows)
        }
        ScenariosCommand::Show(plain) => {
            let (_, text) = desk(&plain).await?.0.scenarios_file().await?;
            line(text.trim_end())
        }
        ScenariosCommand::Use(args) => {
            let (desk, by) = desk(&args.plain).await?;
            let text = std::fs::read_to_string(&args.file).map_err(AppError::file(&args.file))?;
            let record = desk.put_scenarios(&text, &by).await?;
            if args.plain.json {
                return line(json!({ "number": record.number, "at": record.at }));
            }
            line(format!("set {} of scenarios is in force", record.number))
        }
    }
}

/// Gives each fact of a file, in chunks that can be told together.
fn each_chunk(
    path: &Path,
    mut take: impl AsyncFnMut(Vec<Fact>) -> Result<(), AppError>,
) -> impl Future<Output = Result<u64, AppError>> {
    let path = path.to_owned();
    async move {
        let file = BufReader::new(File::open(&path).map_err(AppError::file(&path))?);
        let (mut chunk, mut all) = (Chunk::default(), 0);
        for (number, text) in file.lines().enumerate() {
            let (number, text) = (number + 1, text.map_err(AppError::file(&path))?);
            if text.trim().is_empty() {
                continue;
            }
            let told: ToldFact = serde_json::from_str(&text).map_err(|e| AmlError::Fact {
                number,
                what: format!("{e} (the number is that of the line)"),
            })?;
            chunk.told.push(told);
            chunk.lines.push(number);
            if chunk.told.len() == FACTS_MAX {
                let facts = chunk.read()?;
                all += facts.len() as u64;
                take(facts).await?;
            }
        }
        if !chunk.told.is_empty() {
            let facts = chunk.read()?;
            all += facts.len() as u64;
            take(facts).await?;
        }
        Ok(all)
    }
}

/// Facts of a file that can be told together, each with its line.
#[derive(Default)]
struct Chunk {
    told: Vec<ToldFact>,
    lines: Vec<usize>,
}

impl Chunk {
    fn read(&mut self) -> Result<Vec<Fact>, AppError> {
        let lines = std::mem::take(&mut self.lines);
        let read = read_facts(std::mem::take(&mut self.told)).map_err(|error| match error {
            AmlError::Fact { number, what } => {
                let number = number.checked_sub(1).and_then(|n| lines.get(n)).copied().unwrap_or(number);
                AmlError::Fact { number, what: format!("{what} (the number is that of the line)") }
            }
            other => other,
        });
        Ok(read?)
    }
}

pub(super) async fn facts(command: FactsCommand) -> Result<(), AppError> {
    let FactsCommand::Import(args) = command;
    // A file that is wrong anywhere is not taken at all.
    each_chunk(&args.file, async |_| Ok(())).await?;
    let (desk, by) = desk(&args.plain).await?;
    let (desk, by) = (&desk, &by);
    let kept = each_chunk(&args.file, async |facts| {
        desk.tell(facts, by, &unanswered).await?;
        Ok(())
    });
    let kept = kept.await?;
    if args.plain.json { line(json!({ "facts": kept })) } else { line(format!("{kept} facts are kept")) }
}

/// A backtest, what it counts, and what it could not judge.
struct Run {
    backtest: Backtest,
    to: Timestamp,
    out: Option<(PathBuf, File)>,
    labels: Option<Labels>,
    facts: u64,
    alerts: u64,
    unpriced: u64,
}

impl Run {
    fn take(&mut self, fact: &Fact) -> Result<(), AppError> {
        if fact.at() >= self.to {
            return Ok(());
        }
        self.facts += 1;
        let Ok(alerts) = self.backtest.observe(fact) else {
            self.unpriced += 1;
            return Ok(());
        };
        for alert in &alerts {
            self.alerts += 1;
            if let Some(labels) = &mut self.labels {
                labels.take(alert);
            }
            if let Some((path, out)) = &mut self.out {
                writeln!(out, "{}", json!(alert)).map_err(AppError::file(&*path))?;
            }
        }
        Ok(())
    }
}

fn set_of(path: &Path) -> Result<ScenarioSet, AppError> {
    let text = std::fs::read_to_string(path).map_err(AppError::file(path))?;
    Ok(read_scenarios(&text).map_err(AmlError::from)?)
}

pub(super) async fn backtest(args: BacktestArgs) -> Result<(), AppError> {
    let moment = |text: &Option<String>| text.as_deref().map(parse_moment).transpose();
    let (from, to) = (moment(&args.from)?.unwrap_or_default(), moment(&args.to)?.unwrap_or(Timestamp::MAX));
    let create = |path: &PathBuf| -> Result<_, AppError> {
        Ok((path.clone(), File::create(path).map_err(AppError::file(path))?))
    };
    let begun = Instant::now();
    let run = |set: ScenarioSet| -> Result<Run, AppError> {
        let out = args.alerts.as_ref().map(create).transpose()?;
        let labels = args.labels.as_deref().map(Labels::read).transpose()?;
        let backtest = Backtest::new(set).since(from);
        Ok(Run { backtest, to, out, labels, facts: 0, alerts: 0, unpriced: 0 })
    };
    let run = if let Some(path) = &args.facts {
        let set = match &args.scenarios {
            Some(path) => set_of(path)?,
            None => shipped().map_err(AmlError::from)?,
        };
        let mut run = run(set)?;
        let taking = &mut run;
        each_chunk(path, async |facts| facts.iter().try_for_each(|fact| taking.take(fact))).await?;
        run
    } else {
        let data = DataArgs { data: args.data.unwrap_or_default(), database: args.database };
        let desk = desk_at(&data).await?;
        let set = match &args.scenarios {
            Some(path) => set_of(path)?,
            None => desk.scenarios().await?.1,
        };
        let currency = set.currency;
        let mut run = run(set)?;
        let facts = Facts::new(desk.clone(), Arc::new(Rates::of(&data.data)));
        let mut read = 0;
        let mut told = Instant::now();
        loop {
            let page = desk.store.events(read, 1_000).await?;
            for recorded in &page {
                for fact in facts.of(&recorded.event, currency).await? {
                    run.take(&fact)?;
                }
                read = recorded.sequence;
            }
            if page.len() < 1_000 {
                break;
            }
            if told.elapsed().as_secs() >= 5 {
                told = Instant::now();
                say(format!("{read} events"));
            }
        }
        run
    };
    let Run { backtest, facts, alerts, unpriced, labels, .. } = run;
    let judged = labels.map(Labels::judged);
    let (rows, forgotten) = backtest.done();
    if unpriced > 0 {
        say(format!("{unpriced} movements were not judged: no rate is known for their currency"));
    }
    if args.json {
        rows.iter().try_for_each(|row| {
            let mut shown = json!(row);
            if let Some(judged) = &judged {
                shown["labels"] = json!(judged.get(&row.scenario).cloned().unwrap_or_default());
            }
            line(shown)
        })?;
        let millis = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        return line(json!({
            "facts": facts, "alerts": alerts, "unpriced": unpriced, "forgotten": forgotten, "milliseconds": millis,
        }));
    }
    let shown = rows.iter().map(|r| {
        vec![
            r.scenario.clone(),
            r.version.to_string(),
            json!(r.state).as_str().unwrap_or_default().to_owned(),
            r.alerts.to_string(),
            r.subjects.to_string(),
        ]
    });
    if let Some(judged) = &judged {
        let rows = judged.iter().map(|(scenario, j)| {
            let share = |part: u64, whole: u64| bps((part * 10_000).checked_div(whole));
            vec![
                scenario.clone(),
                j.planted.to_string(),
                j.found.to_string(),
                share(j.found, j.planted),
                j.alerts.to_string(),
                j.right.to_string(),
                j.laundering.to_string(),
                share(j.laundering, j.alerts),
            ]
        });
        let columns =
            ["scenario", ">planted", ">found", ">recall", ">alerts", ">of it", ">of any", ">precision"];
        table(&columns, rows)?;
        return line(format!("{facts} facts, {alerts} alerts in the time asked for"));
    }
    table(&["scenario", ">version", "state", ">alerts", ">subjects"], shown)?;
    line(format!("{facts} facts, {alerts} alerts in the time asked for"))
}
