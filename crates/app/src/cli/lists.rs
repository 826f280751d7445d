//! `pmts lists`: sanctions lists, their versions.

use super::output::{count, line, moment, rfc3339, table};
use crate::AppError;
use crate::lists::{Imported, Manifest, Shelf, Sources, Version};
use clap::{Args, Subcommand, ValueEnum};
use pmts_compliance::aml::lists::{ListDiff, ListKind, PartyChange};
use pmts_compliance::aml::party::ListedParty;
use pmts_kernel::{Clock, SystemClock};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

#[derive(Subcommand)]
pub(super) enum ListsCommand {
    /// Import a list from its file, as a new version that is in force from now on
    Import(ImportArgs),
    /// Import all lists again, or one, from the files they came from
    Update(UpdateArgs),
    /// Show what changed between two versions of a list
    Diff(DiffArgs),
    /// Put an earlier version of a list in force
    Rollback(RollbackArgs),
    /// Show the lists, or the versions of one
    Show(ShowArgs),
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    OfacCsv,
    UnXml,
    EuCsv,
    UkCsv,
    Jsonl,
}

#[derive(Args)]
struct Place {
    /// The data directory; the lists lie in its folder lists
    #[arg(long, value_name = "DIR", env = "PMTS_DATA")]
    data: PathBuf,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct ImportArgs {
    /// The format of the file
    #[arg(value_name = "KIND")]
    kind: Kind,
    /// The file; of OFAC the main one (sdn.csv, cons_prim.csv)
    file: PathBuf,
    /// What the list is called; without it ofac-sdn or ofac-cons (by the name of the file), un, eu, uk, or the name of the file
    #[arg(long, value_name = "NAME")]
    list: Option<String>,
    /// OFAC: the file of other names; without it the one beside the main file (alt.csv, cons_alt.csv)
    #[arg(long, value_name = "FILE")]
    names: Option<PathBuf>,
    /// OFAC: the file of addresses; without it the one beside the main file (add.csv, cons_add.csv)
    #[arg(long, value_name = "FILE")]
    addresses: Option<PathBuf>,
    /// Import it even if less than half of the entries are left
    #[arg(long)]
    allow_shrink: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub(super) struct UpdateArgs {
    /// Only this list
    list: Option<String>,
    /// Import a list even if less than half of its entries are left
    #[arg(long)]
    allow_shrink: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub(super) struct DiffArgs {
    /// Which list; may be left out if there is only one
    list: Option<String>,
    /// The earlier version; without it the one before the later one
    #[arg(long, value_name = "NUMBER")]
    from: Option<u32>,
    /// The later version; without it the one in force
    #[arg(long, value_name = "NUMBER")]
    to: Option<u32>,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub(super) struct RollbackArgs {
    /// Which list; may be left out if there is only one
    list: Option<String>,
    /// The version to put in force; without it the one before
    #[arg(long, value_name = "NUMBER")]
    to: Option<u32>,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub(super) struct ShowArgs {
    /// Only this list, with all its versions
    list: Option<String>,
    #[command(flatten)]
    place: Place,
}

pub(super) fn run(command: ListsCommand) -> Result<(), AppError> {
    match command {
        ListsCommand::Import(args) => import(args),
        ListsCommand::Update(args) => update(&args),
        ListsCommand::Diff(args) => diff(&args),
        ListsCommand::Rollback(args) => {
            let shelf = Shelf::of(&args.place.data);
            let list = only(&shelf, args.list)?;
            told(&shelf.rollback(&list, args.to)?, args.place.json, "in force now")
        }
        ListsCommand::Show(args) => show(&args),
    }
}

impl From<Kind> for ListKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::OfacCsv => Self::OfacCsv,
            Kind::UnXml => Self::UnXml,
            Kind::EuCsv => Self::EuCsv,
            Kind::UkCsv => Self::UkCsv,
            Kind::Jsonl => Self::Jsonl,
        }
    }
}

/// What a list is called if nobody says.
fn called(kind: ListKind, file: &Path) -> String {
    let stem = file.file_stem().map(|s| s.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    match kind {
        ListKind::OfacCsv if stem.contains("cons") || stem.contains("prim") => "ofac-cons".to_owned(),
        ListKind::OfacCsv => "ofac-sdn".to_owned(),
        ListKind::UnXml => "un".to_owned(),
        ListKind::EuCsv => "eu".to_owned(),
        ListKind::UkCsv => "uk".to_owned(),
        ListKind::Jsonl => {
            let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
            stem.chars().map(plain).take(60).collect()
        }
    }
}

fn import(args: ImportArgs) -> Result<(), AppError> {
    let kind = ListKind::from(args.kind);
    let list = args.list.unwrap_or_else(|| called(kind, &args.file));
    let sources = Sources::find(kind, &args.file, args.names, args.addresses);
    let shelf = Shelf::of(&args.place.data);
    let done = shelf.import(&list, kind, sources, SystemClock.now(), args.allow_shrink)?;
    said(&done, args.place.json)
}

fn update(args: &UpdateArgs) -> Result<(), AppError> {
    let shelf = Shelf::of(&args.place.data);
    let lists = match &args.list {
        Some(list) => vec![shelf.get(list)?],
        None => shelf.all()?,
    };
    let mut failed = None;
    for manifest in lists {
        let Some(last) = manifest.versions.last() else { continue };
        let sources = last.sources.clone();
        match shelf.import(&manifest.list, manifest.kind, sources, SystemClock.now(), args.allow_shrink) {
            Ok(done) => said(&done, args.place.json)?,
            Err(e) => {
                // The other lists are updated all the same.
                super::output::say(format!("{}: {e}", manifest.list));
                failed = Some(e);
            }
        }
    }
    failed.map_or(Ok(()), Err)
}

fn said(done: &Imported, json: bool) -> Result<(), AppError> {
    told(&done.manifest, json, if done.is_new { "imported" } else { "unchanged" })
}

fn told(manifest: &Manifest, json: bool, what: &str) -> Result<(), AppError> {
    let Some(version) = manifest.current() else { return Ok(()) };
    if json {
        let mut value = version_json(manifest, version);
        value["result"] = what.into();
        return line(value);
    }
    line(format!(
        "{}: version {} {what}, {} entries, {} names, {}",
        manifest.list,
        version.number,
        count(version.entries),
        count(version.names),
        version.hash
    ))
}

fn version_json(manifest: &Manifest, version: &Version) -> Value {
    json!({
        "list": manifest.list, "kind": manifest.kind, "version": version.number, "in_force": version.number == manifest.in_force,
        "hash": version.hash, "imported_at": rfc3339(version.imported_at), "entries": version.entries, "names": version.names,
        "file": version.sources.main,
    })
}

/// The list that is named, or the only one.
fn only(shelf: &Shelf, list: Option<String>) -> Result<String, AppError> {
    if let Some(list) = list {
        return Ok(list);
    }
    match &shelf.all()?[..] {
        [one] => Ok(one.list.clone()),
        all => {
            let names: Vec<&str> = all.iter().map(|m| m.list.as_str()).collect();
            Err(AppError::Usage(format!("say which list: there are {} ({})", names.len(), names.join(", "))))
        }
    }
}

fn diff(args: &DiffArgs) -> Result<(), AppError> {
    let shelf = Shelf::of(&args.place.data);
    let manifest = shelf.get(&only(&shelf, args.list.clone())?)?;
    let to = args.to.unwrap_or(manifest.in_force);
    let from = args.from.or_else(|| manifest.versions.iter().rev().find(|v| v.number < to).map(|v| v.number));
    let parties = |number: Option<u32>| {
        let version = number.and_then(|n| manifest.version(n));
        let what = number.map_or_else(
            || format!("version of {} before {to}", manifest.list),
            |n| format!("version {n} of {}", manifest.list),
        );
        let path = args.place.data.join("lists");
        shelf.parties(&manifest.list, version.ok_or(AppError::NoList { what, path })?)
    };
    let (old, new) = (parties(from)?, parties(Some(to))?);
    let diff = ListDiff::between(&old, &new);
    for change in &diff.changes {
        let (what, party) = match change {
            PartyChange::Added(party) => ("added", party),
            PartyChange::Removed(party) => ("removed", party),
            PartyChange::Changed { to, .. } => ("changed", to),
        };
        if args.place.json {
            line(
                json!({ "change": what, "id": party.id, "kind": party.kind, "name": party.primary(), "fields": fields(change) }),
            )?;
        } else {
            let fields = fields(change).join(", ");
            line(format!("{what:8} {} {} {}", party.id, party.primary(), fields).trim_end())?;
        }
    }
    let (added, changed, removed) = diff.counts();
    let from = from.unwrap_or(0);
    if args.place.json {
        return line(
            json!({ "list": manifest.list, "from": from, "to": to, "added": added, "changed": changed, "removed": removed }),
        );
    }
    line(format!(
        "{} from version {from} to {to}: {added} added, {changed} changed, {removed} removed",
        manifest.list
    ))
}

/// What of an entry changed.
fn fields(change: &PartyChange<'_>) -> Vec<&'static str> {
    let PartyChange::Changed { from, to } = change else { return vec![] };
    type Same = fn(&ListedParty, &ListedParty) -> bool;
    let all: [(&str, Same); 7] = [
        ("kind", |a, b| a.kind == b.kind),
        ("names", |a, b| a.names == b.names),
        ("births", |a, b| a.births == b.births),
        ("countries", |a, b| a.countries == b.countries),
        ("identifiers", |a, b| a.identifiers == b.identifiers),
        ("addresses", |a, b| a.addresses == b.addresses),
        ("programs", |a, b| a.programs == b.programs),
    ];
    all.iter().filter(|(_, same)| !same(from, to)).map(|(name, _)| *name).collect()
}

fn show(args: &ShowArgs) -> Result<(), AppError> {
    let shelf = Shelf::of(&args.place.data);
    let mut rows = Vec::new();
    let lists = match &args.list {
        Some(list) => vec![shelf.get(list)?],
        None => shelf.all()?,
    };
    for manifest in &lists {
        for version in &manifest.versions {
            let in_force = version.number == manifest.in_force;
            if args.list.is_none() && !in_force {
                continue;
            }
            if args.place.json {
                line(version_json(manifest, version))?;
            }
            rows.push(vec![
                manifest.list.clone(),
                version.number.to_string(),
                if in_force { "in force" } else { "" }.to_owned(),
                count(version.entries),
                count(version.names),
                moment(version.imported_at)[..19].to_owned(),
                version.hash.as_str()[..16].to_owned(),
            ]);
        }
    }
    if args.place.json {
        return Ok(());
    }
    table(&["list", ">version", "", ">entries", ">names", "imported", "hash"], rows)
}
