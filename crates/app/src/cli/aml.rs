//! `pmts aml`; here `parties`, `hits`, `rescreen`: who is screened, what holds them, and everyone again. On the embedded store with the server stopped; a
//! running server takes the same over HTTP, and screens everyone again by itself when a list changes.

use super::output::{line, moment, say, table};
use super::payouts::principal;
use super::plain_args::PlainArgs;
use super::screen::{Kind, Rows, country, date, subject};
use crate::AppError;
use crate::aml::{AmlDesk, Hit, HitId, Known, ListWatch, Rescreen, unanswered};
use crate::lists::Shelf;
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use pmts_compliance::aml::Subject;
use pmts_compliance::aml::cases::{HitState, Party, Role, Verdict};
use pmts_compliance::aml::names::PartyKind;
use pmts_kernel::{Clock, Principal, SystemClock, SystemIds};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// Lines of a file that are kept in one commit.
const CHUNK: usize = 1_000;

#[derive(Subcommand)]
pub(super) enum AmlCommand {
    /// Who is screened: customers, sellers, vendors, owners, beneficiaries, banks
    #[command(subcommand)]
    Parties(PartiesCommand),
    /// Hits: what a person has to look at, decided with four eyes
    #[command(subcommand)]
    Hits(HitsCommand),
    /// Screen everyone again whom a change of the lists concerns; goes on where it was cut off
    Rescreen(PlainArgs),
    /// What the monitoring found, newest first; first watches what happened since it was asked last
    Alerts(super::aml_cases::AlertsArgs),
    /// Cases of the case team: looked into, decided with four eyes
    #[command(subcommand)]
    Cases(super::aml_cases::CasesCommand),
    /// Due diligence: who somebody is, who stands behind a company, what they may do until it is known
    #[command(subcommand)]
    Files(super::aml_files::FilesCommand),
    /// For a time a scenario makes no cases about somebody
    #[command(subcommand)]
    Snoozes(super::aml_cases::SnoozesCommand),
    /// Scenarios in force, how often they were right, and others in their place
    #[command(subcommand)]
    Scenarios(super::aml_scenarios::ScenariosCommand),
    /// Facts that the platform does not see: currency, accounts elsewhere, devices
    #[command(subcommand)]
    Facts(super::aml_scenarios::FactsCommand),
    /// What scenarios would have said of what happened, drafts among them
    Backtest(super::aml_scenarios::BacktestArgs),
    /// Travel-rule messages: who sends and who receives (IVMS101)
    #[command(subcommand)]
    TravelRule(super::aml_travel_rule::TravelRuleCommand),
    /// Reports to FinCEN: what is due, batches made, kept and filed
    #[command(subcommand)]
    Report(super::aml_reports::ReportCommand),
}

#[derive(Subcommand)]
pub(super) enum PartiesCommand {
    /// Show who is known
    List(ListArgs),
    /// Show somebody
    Show(ShowArgs),
    /// Keep somebody, new or as they are now, and screen them
    Put(PutArgs),
    /// Keep and screen everybody in a CSV file with the columns reference, name; birth_date, country, kind, identifier are read, too
    Import(ImportArgs),
}

#[derive(Subcommand)]
pub(super) enum HitsCommand {
    /// Show hits, newest first; without a state, those that wait
    List(HitListArgs),
    /// Show a hit with all that is known about it
    Show(HitArgs),
    /// Say what it is: the one on the list (same) or somebody else (another)
    Propose(ProposeArgs),
    /// Agree with what another person said
    Approve(HitArgs),
}

#[derive(Args)]
pub(super) struct ListArgs {
    /// Only these
    #[arg(long, value_parser = roles())]
    role: Option<String>,
    /// Only those who are held
    #[arg(long)]
    held: bool,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Args)]
pub(super) struct ShowArgs {
    /// What they are
    #[arg(value_parser = roles())]
    role: String,
    /// Which one
    reference: String,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Args)]
pub(super) struct PutArgs {
    /// What they are
    #[arg(value_parser = roles())]
    role: String,
    /// Which one, as in payments
    reference: String,
    /// The name
    #[arg(long)]
    name: String,
    /// What bears it
    #[arg(long)]
    kind: Option<Kind>,
    /// When born or founded: 1957-07-30, 1957-07, 1957
    #[arg(long, value_name = "DATE")]
    birth_date: Option<String>,
    /// Nationality or residence: a code (IR) or an English name; may be given several times
    #[arg(long, value_name = "COUNTRY")]
    country: Vec<String>,
    /// A passport, registration or IMO number; may be given several times
    #[arg(long, value_name = "NUMBER")]
    identifier: Vec<String>,
    /// Street and town
    #[arg(long, value_name = "TEXT")]
    address: Option<String>,
    /// Whom they own, control or are paid for, as seller:22; may be given several times
    #[arg(long, value_name = "ROLE:REFERENCE")]
    acts_for: Vec<String>,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Args)]
pub(super) struct ImportArgs {
    /// The file
    file: PathBuf,
    /// What they are
    #[arg(long, value_parser = roles(), default_value = "customer")]
    role: String,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Args)]
pub(super) struct HitListArgs {
    /// Only those whose review stands there
    #[arg(long, value_parser = ["open", "proposed", "decided", "moot"])]
    state: Option<String>,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Args)]
pub(super) struct HitArgs {
    /// Which one: hit_...
    id: HitId,
    #[command(flatten)]
    plain: PlainArgs,
}

#[derive(Args)]
pub(super) struct ProposeArgs {
    /// Which one: hit_...
    id: HitId,
    /// What it is
    #[arg(value_parser = ["same", "another"])]
    verdict: String,
    /// Why
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    plain: PlainArgs,
}

fn roles() -> PossibleValuesParser {
    PossibleValuesParser::new(Role::ALL.map(Role::name))
}

fn role(name: &str) -> Result<Role, AppError> {
    Role::parse(name).ok_or_else(|| AppError::Usage(format!("{name} is no role")))
}

/// The desk of a data directory, the lists it screens against, and who is at it.
async fn desk(args: &PlainArgs) -> Result<(AmlDesk, ListWatch, Principal), AppError> {
    let store = args.data.open().await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let ids = Arc::new(SystemIds::new(clock.clone()));
    let lists = ListWatch::open(Shelf::of(&args.data.data))?;
    let desk = AmlDesk { store, ids, clock, screening: lists.screening() };
    Ok((desk, lists, principal(&args.who.by)?))
}

pub(super) async fn run(command: AmlCommand) -> Result<(), AppError> {
    match command {
        AmlCommand::Parties(PartiesCommand::List(args)) => list(args).await,
        AmlCommand::Parties(PartiesCommand::Show(args)) => {
            let (desk, _, _) = desk(&args.plain).await?;
            let found = desk.party(role(&args.role)?, &args.reference).await?;
            let missing = || AppError::Usage(format!("nobody is known as {} {}", args.role, args.reference));
            show_party(&found.ok_or_else(missing)?.value, args.plain.json)
        }
        AmlCommand::Parties(PartiesCommand::Put(args)) => put(args).await,
        AmlCommand::Parties(PartiesCommand::Import(args)) => import(args).await,
        AmlCommand::Hits(HitsCommand::List(args)) => hits(args).await,
        AmlCommand::Hits(HitsCommand::Show(args)) => {
            let (desk, _, _) = desk(&args.plain).await?;
            show_hit(&desk.hit(args.id).await?.value, args.plain.json)
        }
        AmlCommand::Hits(HitsCommand::Propose(args)) => {
            let (desk, _, by) = desk(&args.plain).await?;
            let verdict = if args.verdict == "same" { Verdict::Same } else { Verdict::Another };
            show_hit(
                &desk.propose_hit(args.id, verdict, &args.reason, &by, &unanswered).await?,
                args.plain.json,
            )
        }
        AmlCommand::Hits(HitsCommand::Approve(args)) => {
            let (desk, _, by) = desk(&args.plain).await?;
            show_hit(&desk.approve_hit(args.id, &by, &unanswered).await?, args.plain.json)
        }
        AmlCommand::Rescreen(args) => rescreen(args).await,
        AmlCommand::Alerts(args) => super::aml_cases::alerts(args).await,
        AmlCommand::Files(command) => super::aml_files::files(command).await,
        AmlCommand::TravelRule(command) => super::aml_travel_rule::travel_rule(command).await,
        AmlCommand::Cases(command) => super::aml_cases::cases(command).await,
        AmlCommand::Snoozes(command) => super::aml_cases::snoozes(command).await,
        AmlCommand::Scenarios(command) => super::aml_scenarios::scenarios(command).await,
        AmlCommand::Facts(command) => super::aml_scenarios::facts(command).await,
        AmlCommand::Backtest(args) => super::aml_scenarios::backtest(args).await,
        AmlCommand::Report(command) => super::aml_reports::run(command).await,
    }
}

fn state(party: &Party) -> &'static str {
    match party {
        _ if !party.same.is_empty() => "blocked",
        _ if party.is_held() => "held",
        _ if party.lists.is_empty() => "not screened",
        _ => "clear",
    }
}

fn party_json(party: &Party) -> Value {
    let mut shown = json!(party);
    shown["state"] = state(party).into();
    shown
}

fn show_party(party: &Party, json: bool) -> Result<(), AppError> {
    if json {
        return line(party_json(party));
    }
    line(format!("{} {}: {}", party.role.name(), party.reference, state(party)))?;
    if party.lists.is_empty() {
        say("no sanctions list is imported: nobody is screened (`pmts lists import`)");
    }
    for hit in party.open.iter().chain(&party.same) {
        line(format!("  held by {hit}: `pmts aml hits show {hit}`"))?;
    }
    Ok(())
}

async fn list(args: ListArgs) -> Result<(), AppError> {
    let (desk, _, _) = desk(&args.plain).await?;
    let wanted = args.role.as_deref().map(role).transpose()?;
    let found = desk.parties(wanted, args.held).await?;
    if args.plain.json {
        return found.iter().try_for_each(|p| line(party_json(p)));
    }
    let rows = found.iter().map(|p| {
        let hits = p.open.len() + p.same.len();
        vec![
            p.role.name().to_owned(),
            p.reference.clone(),
            state(p).to_owned(),
            hits.to_string(),
            moment(p.screened_at),
            p.subject.name.clone(),
        ]
    });
    table(&["role", "reference", "state", ">hits", "screened", "name"], rows)
}

async fn put(args: PutArgs) -> Result<(), AppError> {
    let (desk, _, by) = desk(&args.plain).await?;
    let whom = |text: &String| {
        let read =
            text.split_once(':').and_then(|(r, reference)| Some((Role::parse(r)?, reference.to_owned())));
        read.ok_or_else(|| AppError::Usage(format!("{text} is no ROLE:REFERENCE, such as seller:22")))
    };
    let known = Known {
        role: role(&args.role)?,
        reference: args.reference,
        acts_for: args.acts_for.iter().map(whom).collect::<Result<_, _>>()?,
        subject: Subject {
            name: args.name,
            kind: args.kind.map(PartyKind::from),
            birth: args.birth_date.as_deref().map(date).transpose()?,
            countries: args.country.iter().map(|c| country(c)).collect::<Result<_, _>>()?,
            identifiers: args.identifier,
            address: args.address,
        },
    };
    show_party(&desk.put_party(&known, &by, &unanswered).await?, args.plain.json)
}

async fn import(args: ImportArgs) -> Result<(), AppError> {
    let (desk, _, by) = desk(&args.plain).await?;
    let role = role(&args.role)?;
    let mut rows = Rows::open(&args.file, &["reference", "name"])?;
    let columns = ["name", "birth_date", "country", "kind", "identifier"].map(|name| rows.column(name));
    let reference = rows.column("reference");
    let (mut done, mut held, mut left_out) = (0_u64, 0_u64, 0_u64);
    let mut told = Instant::now();
    loop {
        let mut chunk = Vec::with_capacity(CHUNK);
        let mut ended = true;
        while let Some((number, row)) = rows.next()? {
            let at = |what: &str| format!("{}: line {number}: {what}", args.file.display());
            let reference = reference.and_then(|c| row.get(c)).unwrap_or_default().trim().to_owned();
            let (subject, not_read) = subject(row, columns, None);
            for what in not_read {
                say(at(&format!("screened without its {what}")));
            }
            let known = Known { role, reference, acts_for: Vec::new(), subject };
            match known.check() {
                Ok(()) => chunk.push(known),
                Err(error) => {
                    left_out += 1;
                    say(at(&error.to_string()));
                }
            }
            if chunk.len() == CHUNK {
                ended = false;
                break;
            }
        }
        done += chunk.len() as u64;
        held += desk.put_parties(chunk, &by).await? as u64;
        if told.elapsed().as_secs() >= 5 {
            told = Instant::now();
            say(format!("{done} screened, {held} held"));
        }
        if ended {
            break;
        }
    }
    if args.plain.json {
        line(json!({ "screened": done, "held": held, "left_out": left_out }))?;
    } else {
        line(format!("{done} screened, {held} held, {left_out} left out"))?;
    }
    if left_out > 0 {
        return Err(AppError::Usage(format!("{left_out} lines could not be taken; the others are in")));
    }
    Ok(())
}

async fn hits(args: HitListArgs) -> Result<(), AppError> {
    let (desk, _, _) = desk(&args.plain).await?;
    let all = desk.hits(args.state.as_deref()).await?;
    let wanted = all.iter().filter(|h| args.state.is_some() || h.waits());
    if args.plain.json {
        return wanted.clone().try_for_each(|h| line(json!(h)));
    }
    let rows = wanted.map(|h| {
        let pair = &h.review.pair;
        vec![
            h.id.to_string(),
            h.review.state.name().to_owned(),
            h.review.score.to_string(),
            format!("{} {}", h.role.name(), h.reference),
            format!("{} {}", pair.list, pair.entry),
            h.listed_name.clone(),
        ]
    });
    table(&["hit", "state", ">score", "who", "entry", "name on the list"], rows)
}

fn show_hit(hit: &Hit, json: bool) -> Result<(), AppError> {
    if json {
        return line(json!(hit));
    }
    let pair = &hit.review.pair;
    line(format!("{} {}", hit.id, hit.review.state.name()))?;
    line(format!("  {} {}", hit.role.name(), hit.reference))?;
    line(format!("  is like {} of the list {}, entry {}", hit.listed_name, pair.list, pair.entry))?;
    line(format!("  score {} of 1000, found {}", hit.review.score, moment(hit.review.at)))?;
    match &hit.review.state {
        HitState::Proposed { verdict, reason, by } => {
            line(format!("  {by} says {verdict:?}: {reason}; another person has to agree"))?;
        }
        HitState::Decided { verdict, reason, by, approved_by, at } => {
            line(format!("  {verdict:?}: {reason} ({by}, {approved_by}, {})", moment(*at)))?;
        }
        HitState::Open | HitState::Moot { .. } => {}
    }
    if let Some(until) = hit.cleared_until {
        line(format!("  not asked about again until {}", moment(until)))?;
    }
    if let Some(why) = &hit.why {
        line(format!("  why: {why}"))?;
    }
    Ok(())
}

async fn rescreen(args: PlainArgs) -> Result<(), AppError> {
    let (desk, lists, by) = desk(&args).await?;
    let Some(begun) = desk.begin_rescreen(&by).await? else {
        return line(if args.json {
            json!({ "done": 0, "held": 0, "released": 0 }).to_string()
        } else {
            "everyone was screened against the lists in force".to_owned()
        });
    };
    let delta = lists.delta(&begun.value.before, &begun.value.lists)?.map(Arc::new);
    if let (Some(delta), false) = (&delta, args.json) {
        say(format!("{} entries are new or changed", delta.entries));
    }
    let mut told = Instant::now();
    let shown = |state: &Rescreen| {
        if state.finished.is_none() && told.elapsed().as_secs() < 2 {
            return;
        }
        told = Instant::now();
        say(format!("{} screened, {} held, {} released", state.done, state.held, state.released));
    };
    let done = desk.rescreen(begun, delta, &by, shown).await?;
    if args.json {
        return line(json!({ "done": done.done, "held": done.held, "released": done.released }));
    }
    line(format!("{} screened again: {} held, {} released", done.done, done.held, done.released))
}
