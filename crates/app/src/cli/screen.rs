//! `pmts screen`: names against the sanctions lists, and names against each other.

use super::output::{line, say};
use crate::AppError;
use crate::aml::comparable;
use crate::lists::Shelf;
use clap::{Args, Subcommand, ValueEnum};
use pmts_compliance::aml::matching::{ComparedTexts, Why, compare_texts};
use pmts_compliance::aml::names::PartyKind;
use pmts_compliance::aml::party::{Country, DaySpan};
use pmts_compliance::aml::{Match, Screener, Subject};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::thread;

/// Lines of a batch that are screened at a time.
const CHUNK: usize = 4_096;

/// The least score that is shown.
const SHOWN: u16 = 500;

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct ScreenArgs {
    #[command(subcommand)]
    command: Option<ScreenCommand>,
    /// The name
    #[arg(value_name = "NAME", required_unless_present = "batch", conflicts_with = "batch")]
    name: Option<String>,
    /// Screen each line of a CSV file with the columns name, birth_date, country (only name is needed; kind and identifier are read, too)
    #[arg(long, value_name = "FILE")]
    batch: Option<PathBuf>,
    /// When born or founded: 1957-07-30, 1957-07, 1957, 1955 to 1959
    #[arg(long, value_name = "DATE", conflicts_with = "batch", allow_hyphen_values = true)]
    birth_date: Option<String>,
    /// Nationality or residence: a code (IR) or an English name; may be given several times
    #[arg(long, value_name = "COUNTRY", conflicts_with = "batch")]
    country: Vec<String>,
    /// A passport, registration or IMO number; may be given several times
    #[arg(long, value_name = "NUMBER", conflicts_with = "batch")]
    identifier: Vec<String>,
    /// Street and town
    #[arg(long, value_name = "TEXT", conflicts_with = "batch")]
    address: Option<String>,
    /// What bears the name; without it, it is compared with all
    #[arg(long)]
    kind: Option<Kind>,
    /// The most matches shown for a name
    #[arg(long, value_name = "N", default_value_t = 10)]
    limit: usize,
    /// The data directory; the lists lie in its folder lists
    #[arg(long, value_name = "DIR", env = "PMTS_DATA", required = true)]
    data: Option<PathBuf>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand)]
enum ScreenCommand {
    /// Compare two names with each other, without any list
    Pair(PairArgs),
}

#[derive(Args)]
struct PairArgs {
    /// A name
    #[arg(
        value_name = "NAME1",
        required_unless_present = "pairs",
        conflicts_with = "pairs",
        requires = "second"
    )]
    first: Option<String>,
    /// Another one
    #[arg(value_name = "NAME2")]
    second: Option<String>,
    /// Compare the names of each line of a CSV file with the columns name1, name2, kind (kind may be empty or left out)
    #[arg(long, value_name = "FILE")]
    pairs: Option<PathBuf>,
    /// What bears the names; without it, a company if one of them has a legal form, else a person
    #[arg(long)]
    kind: Option<Kind>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Kind {
    Person,
    Company,
    Vessel,
    Aircraft,
}

impl From<Kind> for PartyKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Person => Self::Person,
            Kind::Company => Self::Company,
            Kind::Vessel => Self::Vessel,
            Kind::Aircraft => Self::Aircraft,
        }
    }
}

pub(super) fn run(args: ScreenArgs) -> Result<(), AppError> {
    if let Some(ScreenCommand::Pair(args)) = args.command {
        return pair(&args);
    }
    let data = args.data.as_deref().unwrap_or(Path::new("."));
    if let Some(file) = &args.batch {
        let screener = Shelf::of(data).screener()?;
        return batch(&screener, file, args.kind.map(PartyKind::from), args.limit, args.json);
    }
    let subject = Subject {
        name: args.name.unwrap_or_default(),
        kind: args.kind.map(PartyKind::from),
        birth: args.birth_date.as_deref().map(date).transpose()?,
        countries: args.country.iter().map(|c| country(c)).collect::<Result<_, _>>()?,
        identifiers: args.identifier,
        address: args.address,
    };
    comparable(&subject)?;
    let screener = Shelf::of(data).screener()?;
    let found = screener.screen(&subject, SHOWN);
    if args.json {
        return line(subject_json(&subject, &found, args.limit));
    }
    show(&subject, &found, args.limit)
}

pub(super) fn date(text: &str) -> Result<DaySpan, AppError> {
    let bad =
        || AppError::Usage(format!("not a date: {text} (write 1957-07-30, 1957-07, 1957 or 1955 to 1959)"));
    DaySpan::parse(text).ok_or_else(bad)
}

pub(super) fn country(text: &str) -> Result<Country, AppError> {
    Country::find(text).ok_or_else(|| AppError::Usage(format!("not a country: {text} (write IR or Iran)")))
}

/// One object for a subject: the best match at its head, all matches behind.
fn subject_json(subject: &Subject, found: &[Match<'_>], limit: usize) -> Value {
    let all: Vec<Value> = found.iter().take(limit).map(match_json).collect();
    let best = found.first();
    json!({
        "name": subject.name,
        "score": best.map_or(0, |m| m.score),
        "hit": best.is_some_and(|m| m.hit),
        "list": best.map(|m| &m.list.name),
        "id": best.map(|m| &m.party.id),
        "why": best.map(why_json),
        "matches": all,
    })
}

fn match_json(m: &Match<'_>) -> Value {
    json!({
        "score": m.score, "hit": m.hit, "list": m.list.name, "list_hash": m.list.hash, "id": m.party.id, "kind": m.party.kind,
        "listed_name": m.name, "primary_name": m.party.primary(), "programs": m.party.programs, "why": why_json(m),
    })
}

fn why_json(m: &Match<'_>) -> Value {
    json!({ "name": m.why, "details": m.details })
}

fn show(subject: &Subject, found: &[Match<'_>], limit: usize) -> Result<(), AppError> {
    if found.is_empty() {
        return line(format!("{}: nobody like that on the lists", subject.name));
    }
    for m in found.iter().take(limit) {
        let other =
            if m.name == m.party.primary() { String::new() } else { format!(" ({})", m.party.primary()) };
        let mark = if m.hit { "HIT" } else { "   " };
        line(format!("{:4} {mark} {} {} {}{other}", m.score, m.list.name, m.party.id, m.name))?;
        line(format!("         {}", reasons(&m.why)))?;
        let details = [
            ("birth", &m.details.birth),
            ("country", &m.details.country),
            ("identifier", &m.details.identifier),
            ("address", &m.details.address),
            ("weak name", &m.details.weak_name),
        ];
        for (name, detail) in details {
            if let Some(detail) = detail {
                line(format!("         {name}: {} {:+}", detail.listed, detail.effect))?;
            }
        }
    }
    Ok(())
}

/// What was matched and what was taken off, in one line.
fn reasons(why: &Why) -> String {
    let words: Vec<String> = why
        .words
        .iter()
        .map(|w| if w.first == w.second { w.first.clone() } else { format!("{}~{}", w.first, w.second) })
        .collect();
    let mut text = words.join(" ");
    for (sign, only) in [(" -", &why.only_first), (" +", &why.only_second)] {
        only.iter().for_each(|word| text += &format!("{sign}{word}"));
    }
    let off = &why.taken_off;
    let parts = [
        ("letters", off.letters),
        ("missing words", off.missing),
        ("conflict", off.conflict),
        ("order", off.order),
        ("form", off.form),
    ];
    for (name, points) in parts.iter().filter(|(_, points)| *points > 0) {
        text += &format!(", {name} -{points}");
    }
    text
}

/// Screens the lines of a file, on all processors, in the order of the file.
fn batch(
    screener: &Screener,
    file: &Path,
    kind: Option<PartyKind>,
    limit: usize,
    json: bool,
) -> Result<(), AppError> {
    let mut rows = Rows::open(file, &["name"])?;
    let columns = ["name", "birth_date", "country", "kind", "identifier"].map(|name| rows.column(name));
    let mut done = 0_u64;
    let mut subjects: Vec<(Subject, Vec<String>)> = Vec::with_capacity(CHUNK);
    loop {
        subjects.clear();
        while subjects.len() < CHUNK {
            let Some((number, row)) = rows.next()? else { break };
            let subject = subject(row, columns, kind);
            for what in &subject.1 {
                say(format!("{}: line {number}: screened without its {what}", file.display()));
            }
            subjects.push(subject);
        }
        if subjects.is_empty() {
            break;
        }
        let workers = thread::available_parallelism().map_or(1, usize::from);
        let share = subjects.len().div_ceil(workers);
        let lines: Vec<String> = thread::scope(|scope| {
            let work = |subjects: &[(Subject, Vec<String>)]| -> Vec<String> {
                let one = |(s, not_read): &(Subject, Vec<String>)| {
                    batch_line(s, not_read, &screener.screen(s, SHOWN), limit, json)
                };
                subjects.iter().map(one).collect()
            };
            let handles: Vec<_> =
                subjects.chunks(share).map(|part| scope.spawn(move || work(part))).collect();
            handles.into_iter().flat_map(|h| h.join().unwrap_or_default()).collect()
        });
        if lines.len() != subjects.len() {
            return Err(AppError::Usage("a worker of the batch ended early".to_owned()));
        }
        for text in &lines {
            line(text)?;
        }
        done += subjects.len() as u64;
        if done >= CHUNK as u64 * 4 && done.is_multiple_of(CHUNK as u64 * 4) {
            say(format!("{done} names screened"));
        }
    }
    Ok(())
}

fn batch_line(
    subject: &Subject,
    not_read: &[String],
    found: &[Match<'_>],
    limit: usize,
    json: bool,
) -> String {
    if json {
        let mut object = subject_json(subject, found, limit);
        if !not_read.is_empty() {
            object["not_read"] = not_read.into();
        }
        return object.to_string();
    }
    match found.first() {
        None => format!("   0     {}", subject.name),
        Some(m) => {
            let mark = if m.hit { "HIT" } else { "   " };
            format!("{:4} {mark} {} = {} {} {}", m.score, subject.name, m.list.name, m.party.id, m.name)
        }
    }
}

/// The subject of a row, and what of the row cannot be read: a name is screened all the same.
pub(super) fn subject(
    row: &csv::StringRecord,
    columns: [Option<usize>; 5],
    kind: Option<PartyKind>,
) -> (Subject, Vec<String>) {
    let [name, birth, nation, of_kind, identifier] =
        columns.map(|c| c.and_then(|c| row.get(c)).map_or("", str::trim));
    let filled = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let subject = Subject {
        name: name.to_owned(),
        kind: kind_of(of_kind).or(kind),
        birth: DaySpan::parse(birth),
        countries: Country::find(nation).into_iter().collect(),
        identifiers: filled(identifier).into_iter().collect(),
        address: None,
    };
    let mut not_read = Vec::new();
    if subject.birth.is_none() && !birth.is_empty() {
        not_read.push(format!("birth_date {birth}"));
    }
    if subject.countries.is_empty() && !nation.is_empty() {
        not_read.push(format!("country {nation}"));
    }
    (subject, not_read)
}

/// A kind as other programs write it.
fn kind_of(text: &str) -> Option<PartyKind> {
    match text.to_ascii_lowercase().as_str() {
        "person" | "individual" => Some(PartyKind::Person),
        "company" | "organization" | "organisation" | "legalentity" | "entity" | "business" => {
            Some(PartyKind::Company)
        }
        "vessel" | "ship" => Some(PartyKind::Vessel),
        "aircraft" | "airplane" => Some(PartyKind::Aircraft),
        _ => None,
    }
}

fn pair(args: &PairArgs) -> Result<(), AppError> {
    let kind = args.kind.map(PartyKind::from);
    let Some(file) = &args.pairs else {
        let (first, second) =
            (args.first.as_deref().unwrap_or_default(), args.second.as_deref().unwrap_or_default());
        return show_pair(first, second, kind, args.json);
    };
    let mut rows = Rows::open(file, &["name1", "name2"])?;
    let columns = ["name1", "name2", "kind"].map(|name| rows.column(name));
    while let Some((_, row)) = rows.next()? {
        let [first, second, of_kind] = columns.map(|c| c.and_then(|c| row.get(c)).map_or("", str::trim));
        show_pair(first, second, kind_of(of_kind).or(kind), args.json)?;
    }
    Ok(())
}

fn show_pair(first: &str, second: &str, kind: Option<PartyKind>, json: bool) -> Result<(), AppError> {
    let ComparedTexts { kind, score, hit, why } = compare_texts(first, second, kind);
    if json {
        return line(
            json!({ "name1": first, "name2": second, "kind": kind, "score": score, "hit": hit, "why": why }),
        );
    }
    line(format!("{score:4} {} {first} = {second}", if hit { "HIT" } else { "   " }))?;
    line(format!("         {}", reasons(&why)))
}

/// The rows of a CSV file with a line of heads.
pub(super) struct Rows {
    path: PathBuf,
    heads: Vec<String>,
    reader: csv::Reader<std::fs::File>,
    row: csv::StringRecord,
}

impl Rows {
    pub(super) fn open(path: &Path, needed: &[&str]) -> Result<Self, AppError> {
        let file = std::fs::File::open(path).map_err(AppError::file(path))?;
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(file);
        let heads = reader.headers().map_err(|e| bad_csv(path, &e))?;
        let heads: Vec<String> =
            heads.iter().map(|h| h.trim_start_matches('\u{feff}').trim().to_ascii_lowercase()).collect();
        if needed.iter().any(|n| !heads.iter().any(|h| h == n)) {
            return Err(AppError::Columns {
                path: path.to_owned(),
                found: heads.join(","),
                expected: needed.join(","),
            });
        }
        Ok(Self { path: path.to_owned(), heads, reader, row: csv::StringRecord::new() })
    }

    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.heads.iter().position(|h| h == name)
    }

    /// The next row, and its line.
    pub(super) fn next(&mut self) -> Result<Option<(u64, &csv::StringRecord)>, AppError> {
        let more = self.reader.read_record(&mut self.row).map_err(|e| bad_csv(&self.path, &e))?;
        let number = self.row.position().map_or(0, csv::Position::line);
        Ok(more.then_some((number, &self.row)))
    }
}

fn bad_csv(path: &Path, error: &csv::Error) -> AppError {
    AppError::Usage(format!("{}: {error}", path.display()))
}
