//! Writes the reference pages that are made from code: `cargo xtask codegen`; with `--check` it compares them.

#![cfg_attr(test, allow(clippy::unwrap_used))]

use anyhow::{Context, Result, bail, ensure};
use pmts_app::books;
use pmts_cards::Network;
use pmts_kernel::CodeInfo;
use pmts_money::Currency;
use pmts_payments::{HOLD_TRANSITIONS, INTENT_TRANSITIONS, OperationState, REPEATABLE_TRANSITIONS};
use pmts_sandbox::issuer::TestCards;
use std::collections::BTreeMap;
use std::fmt::{Debug, Write};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A page: its name under docs/reference, and what makes its text.
type Page = (&'static str, fn() -> Result<String>);

const PAGES: &[Page] = &[
    ("chart-of-accounts.md", chart_of_accounts),
    ("currencies.md", currencies),
    ("events.md", events),
    ("error-codes.md", || error_codes(CODES)),
    ("http-api.md", http_api),
    ("http-refusals.md", http_refusals),
    ("ledger-refusals.md", ledger_refusals),
    ("networks.md", networks),
    ("openapi.json", || Ok(serde_json::to_string_pretty(&pmts_app::http::openapi())? + "\n")),
    ("roles.md", roles),
    ("test-cards.md", test_cards),
    ("transitions.md", transitions),
];

/// The error codes of each crate, in the order of the map of crates.
const CODES: &[(&str, &[CodeInfo])] = &[
    ("kernel", pmts_kernel::codes::ALL),
    ("money", pmts_money::codes::ALL),
    ("sensitive", pmts_sensitive::codes::ALL),
    ("ledger", pmts_ledger::codes::ALL),
    ("cards", pmts_cards::codes::ALL),
    ("payments", pmts_payments::codes::ALL),
    ("compliance", pmts_compliance::codes::ALL),
    ("identity", pmts_identity::codes::ALL),
    ("payouts", pmts_payouts::codes::ALL),
    ("fx", pmts_fx::codes::ALL),
    ("fraud", pmts_fraud::codes::ALL),
    ("store", pmts_store::codes::ALL),
    ("sandbox", pmts_sandbox::codes::ALL),
    ("app", pmts_app::codes::ALL),
    ("app: http", pmts_app::http::codes::ALL),
];

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("error: {e:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let check = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => false,
        ["--check"] => true,
        _ => bail!("the only argument is --check"),
    };
    let folder = folder();
    let mut stale = Vec::new();
    for (name, make) in PAGES {
        let text = make().with_context(|| format!("cannot make the page {name}"))?;
        if is_current(&folder.join(name), &text) {
            continue;
        }
        stale.push(*name);
        if !check {
            fs::create_dir_all(&folder)?;
            fs::write(folder.join(name), text)
                .with_context(|| format!("cannot write docs/reference/{name}"))?;
            println!("wrote docs/reference/{name}");
        }
    }
    ensure!(
        !check || stale.is_empty(),
        "stale under docs/reference: {}; run: cargo xtask codegen",
        stale.join(", ")
    );
    Ok(())
}

fn folder() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    here.join("..").join("docs").join("reference")
}

fn is_current(path: &Path, text: &str) -> bool {
    fs::read_to_string(path).is_ok_and(|found| found == text)
}

/// The beginning of a page: how it is made, from what, and its title.
fn head(source: &str, title: &str) -> String {
    format!("<!-- Made by `cargo xtask codegen` from {source}; do not edit. -->\n\n# {title}\n\n")
}

/// A table for each crate.
///
/// # Errors
/// A code that two entries share.
fn error_codes(crates: &[(&str, &[CodeInfo])]) -> Result<String> {
    let mut out = head("the crates' lists of codes", "Error codes");
    out += "Every error has a stable code. Programs match on the code: the words of an error may change, its code does not.\n";
    let mut owners = BTreeMap::new();
    for (name, codes) in crates {
        writeln!(out, "\n## {name}\n\n| code | meaning | what to do |\n| --- | --- | --- |")?;
        for code in *codes {
            if let Some(owner) = owners.insert(code.code, name) {
                bail!("the code {} is declared twice: in {owner} and in {name}", code.code);
            }
            writeln!(out, "| `{}` | {} | {} |", code.code, cell(code.meaning), code.remedy.as_str())?;
        }
    }
    Ok(out)
}

/// The rules of the ledger in the order in which they are judged.
fn ledger_refusals() -> Result<String> {
    let mut out = head("`crates/ledger/src/precedence.rs`", "Ledger refusals");
    out += "A journal is judged by these rules, in this order; the first it breaks is the refusal, and nothing of the journal is \
            recorded. Within a step things are judged in their order in the journal, each by all rules of the step; a rule \
            about both accounts of a transfer is judged for the debit account first.\n\nA transfer that is refused by a rule \
            marked *id used up* stays refused: its id gives `LEDGER_ID_REFUSED` from then on. Of a reversal no id is used up.\n";
    let mut step = None;
    for (n, rule) in (1..).zip(pmts_ledger::precedence()) {
        if step != Some(rule.step) {
            step = Some(rule.step);
            writeln!(
                out,
                "\n## {}\n\n| | code | meaning | id |\n| --- | --- | --- | --- |",
                heading(rule.step.as_str())
            )?;
        }
        let used_up = if rule.marks_id { "used up" } else { "" };
        writeln!(out, "| {n} | `{}` | {} | {used_up} |", rule.code.code, cell(rule.code.meaning))?;
    }
    Ok(out)
}

/// Words as a heading: the first letter large.
fn heading(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

/// Which key may call what.
fn roles() -> Result<String> {
    use pmts_app::http::endpoints;
    use pmts_identity::KeyKind;
    let mut out = head("`Access::admits` in `crates/app/src/http/endpoint.rs`", "Roles");
    out += "Who may call what. Every cell is tried on a running server by the scenario `roles`. A key of the other mode, and one that is revoked, may call what no key may.\n\n\
            | call | no key | publishable | secret | case team |\n| --- | --- | --- | --- | --- |\n";
    let roles = [None, Some(KeyKind::Publishable), Some(KeyKind::Secret), Some(KeyKind::CaseTeam)];
    for endpoint in endpoints() {
        write!(out, "| `{} {}` |", endpoint.method.as_str(), endpoint.path)?;
        for role in roles {
            out += if endpoint.access.admits(role, endpoint.method) { " yes |" } else { " |" };
        }
        out.push('\n');
    }
    Ok(out)
}

/// What is told to the outside.
fn events() -> Result<String> {
    let mut out = head("`crates/app/src/engine/told.rs`", "Events");
    out += "What lies in the outbox, each in the same commit as the change it tells of. Events of one object come in the order of their \
            sequence.\n\n| event | meaning |\n| --- | --- |\n";
    for (name, meaning) in pmts_app::engine::TOLD {
        writeln!(out, "| `{name}` | {} |", cell(meaning))?;
    }
    Ok(out)
}

/// The endpoints, who may call them, and what events are called.
fn http_api() -> Result<String> {
    use pmts_app::http::{Access, EVENT_TYPES, Gives, VERSION, endpoints};
    let mut out = head("the list of endpoints", "HTTP API");
    writeln!(
        out,
        "In the manner of version `{VERSION}` of Stripe's public API. Parameters and answers are in \
         [openapi.json](openapi.json), refusals in [http-refusals.md](http-refusals.md).\n\n\
         | call | who | what | answers |\n| --- | --- | --- | --- |"
    )?;
    for endpoint in endpoints() {
        let who = match endpoint.access {
            Access::Open => "everybody",
            Access::Secret => "secret keys",
            Access::Publishable => "secret and publishable keys",
            Access::CaseTeam => "keys of the case team",
        };
        let gives = match endpoint.gives {
            Gives::Object(shape) => format!("`{}`", shape.name),
            Gives::Page(shape) => format!("a page of `{}`", shape.name),
            Gives::Free(about) | Gives::Text(about) => about.to_owned(),
        };
        let call = format!("`{} {}`", endpoint.method.as_str(), endpoint.path);
        writeln!(out, "| {call} | {who} | {} | {gives} |", cell(endpoint.about))?;
    }
    out += "\n## Events\n\nWhat an event is called in the outbox, and at the API. Others keep their name.\n\n| outbox | API |\n| --- | --- |\n";
    for (ours, theirs) in EVENT_TYPES {
        writeln!(out, "| `{ours}` | `{theirs}` |")?;
    }
    out += "\n## Where it differs from Stripe\n\n| what | Stripe | here |\n| --- | --- | --- |\n";
    for (what, there, here) in pmts_app::http::DEVIATIONS {
        writeln!(out, "| {} | {} | {} |", cell(what), cell(there), cell(here))?;
    }
    Ok(out)
}

/// What each code looks like to the caller of the API.
fn http_refusals() -> Result<String> {
    use pmts_app::http::{Face, ParamFault, error_codes};
    let mut out = head("the error enums and `http/face.rs`", "Refusals over HTTP");
    out += "Every refusal has a `pmts_code`; `GET /v1/error_codes/CODE` explains it. The `code` is the word that SDKs know. What \
            the caller cannot put right is answered with 500 or 503 and without details: the log has them under the request id.\n\n\
            | `pmts_code` | status | `type` | `code` | meaning |\n| --- | --- | --- | --- | --- |\n";
    for code in error_codes() {
        let face = Face::of(code);
        let (kind, word) = (face.kind.as_str(), face.code);
        writeln!(
            out,
            "| `{}` | {} | `{kind}` | `{word}` | {} |",
            code.code,
            face.status,
            cell(code.meaning)
        )?;
    }
    out += "\n## Parameters\n\nA parameter that is not good is `HTTP_PARAMETER`, status 400, and its own `code` says what is wrong; \
            `param` names it.\n\n| `code` | for example |\n| --- | --- |\n";
    for fault in ParamFault::ALL {
        writeln!(out, "| `{}` | {} |", fault.code(), cell(&fault.to_string()))?;
    }
    Ok(out)
}

/// The tables of states of a payment and of its operations.
fn transitions() -> Result<String> {
    let mut out = head("the transition tables of the crate `payments`", "Transitions");
    out += "What leads where. A pair of state and event that is not listed is refused (`PAYMENTS_INTENT_STATE`, \
            `PAYMENTS_OPERATION_STATE`).\n";
    transition_table(&mut out, "Intent", "What customer and merchant see.", INTENT_TRANSITIONS)?;
    transition_table(
        &mut out,
        "Authorization and increment",
        "After a timeout it is taken back, never repeated; a late approval does not revive it.",
        HOLD_TRANSITIONS,
    )?;
    transition_table(
        &mut out,
        "Capture, void, release and refund",
        "After a timeout they are repeated with the same reference until there is an answer.",
        REPEATABLE_TRANSITIONS,
    )?;
    let last: Vec<String> =
        OperationState::ALL.iter().filter(|s| s.is_final()).map(|s| format!("`{s:?}`")).collect();
    writeln!(out, "\nFinal states of an operation: {}.", last.join(", "))?;
    Ok(out)
}

fn transition_table<S: Debug, E: Debug>(
    out: &mut String,
    title: &str,
    about: &str,
    lines: &[(S, E, S)],
) -> Result<()> {
    writeln!(out, "\n## {title}\n\n{about}\n\n| from | event | to |\n| --- | --- | --- |")?;
    for (from, event, to) in lines {
        writeln!(out, "| `{from:?}` | `{event:?}` | `{to:?}` |")?;
    }
    Ok(())
}

/// Every currency that can be read.
fn currencies() -> Result<String> {
    let mut out = head("the crate `money`", "Currencies");
    let active = Currency::active().count();
    writeln!(
        out,
        "{active} currencies in use and {} withdrawn ones. A withdrawn currency stays readable and is refused for new \
         payments. *Digits* are those of the minor unit; *cash step* is the step in which cash is paid, in minor units. \
         Sources stand at the head of the files in `crates/money/data`.\n",
        Currency::all().count() - active
    )?;
    out += "| code | number | digits | name | withdrawn | cash step |\n| --- | --- | ---: | --- | --- | ---: |\n";
    for c in Currency::all() {
        writeln!(
            out,
            "| {} | {:03} | {} | {} | {} | {} |",
            c.code(),
            c.numeric(),
            c.digits(),
            cell(c.name()),
            c.withdrawn_until().unwrap_or(""),
            c.cash_increment_minor()
        )?;
    }
    Ok(out)
}

/// The lines of the chart, and why money moves between them.
///
/// # Errors
/// A line that the chart does not have.
fn chart_of_accounts() -> Result<String> {
    let mut out = head("`crates/app/src/books`", "Chart of accounts");
    out += "`pay.` lines have an account for each payment, `seller.` lines one for each seller, all others one; each by currency. \
            Memo accounts stand off the balance sheet. Floors are in minor units; an account with a floor of 0 cannot be overdrawn, reservations \
            counted.\n\n| code | line | class | normal side | floor | what stands on it |\n| --- | --- | --- | --- | ---: | --- |\n";
    let chart = books::chart();
    for line in books::Line::ALL {
        let entry = chart.get(line.code()).with_context(|| format!("{line:?} is not in the chart"))?;
        writeln!(
            out,
            "| {} | `{}` | {:?} | {:?} | {} | {} |",
            entry.code.0,
            entry.name,
            entry.class,
            entry.side,
            line.floor().map_or_else(String::new, |f| f.to_string()),
            cell(&entry.meaning)
        )?;
    }
    out += "\n## Transfer codes\n\nThe business event behind each transfer. Which accounts it moves money between is in \
            the file of its event.\n\n| code | name | meaning |\n| --- | --- | --- |\n";
    for code in books::Code::ALL {
        writeln!(out, "| {} | {} | {} |", code.number().0, code.name(), cell(code.meaning()))?;
    }
    Ok(out)
}

/// The card networks and where their numbers begin.
fn networks() -> Result<String> {
    let mut out = head("the crate `cards`", "Card networks");
    out += "Ranges of different networks may overlap. Of the ranges that a number lies in, the one with the longest prefix \
            holds, then the one with the fewest numbers, then the network that stands first here. The source stands at the \
            head of `crates/cards/data/networks.toml`.\n\n| network | name | digits of a number | security code | numbers begin \
            with |\n| --- | --- | --- | --- | --- |\n";
    for network in Network::ALL {
        let lengths: Vec<String> = network.lengths().iter().map(u8::to_string).collect();
        let ranges: Vec<String> =
            network.ranges().map(|(first, last, digits)| range(first, last, usize::from(digits))).collect();
        writeln!(
            out,
            "| `{}` | {} | {} | {}, {} digits | {} |",
            network.id(),
            cell(network.name()),
            lengths.join(", "),
            network.security_code().name,
            network.security_code().digits,
            ranges.join(", ")
        )?;
    }
    Ok(out)
}

/// A range of prefixes with so many digits: `4`, `51-55`, `0604-0609`.
fn range(first: u32, last: u32, digits: usize) -> String {
    if first == last { format!("{first:0digits$}") } else { format!("{first:0digits$}-{last:0digits$}") }
}

/// The cards with which the sandbox issuer does something special.
fn test_cards() -> Result<String> {
    let mut out = head("the crate `sandbox`", "Test cards");
    out += "What the sandbox issuer does with a card. Any other number with a correct check digit is approved. \
            `pmts sandbox --cards` prints the same list.\n\n| card | what happens |\n| --- | --- |\n";
    let cards = TestCards::default();
    let rows: BTreeMap<_, _> = cards.iter().collect();
    for (pan, behaviour) in rows {
        writeln!(out, "| `{pan}` | {} |", cell(&behaviour.to_string()))?;
    }
    Ok(out)
}

/// Text that does not end a table cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;
    use pmts_kernel::Remedy;

    const LOST: CodeInfo =
        CodeInfo { code: "PARCEL_LOST", meaning: "lost | stolen", remedy: Remedy::Inquire };

    #[test]
    fn a_code_is_a_row_of_its_crate() {
        let page = error_codes(&[("parcel", &[LOST])]).unwrap();
        assert!(page.ends_with(
            "\n## parcel\n\n| code | meaning | what to do |\n| --- | --- | --- |\n\
             | `PARCEL_LOST` | lost \\| stolen | inquire, do not repeat |\n"
        ));
    }

    #[test]
    fn a_code_has_one_owner() {
        let twice = error_codes(&[("parcel", &[LOST]), ("post", &[LOST])]).unwrap_err().to_string();
        assert_eq!(twice, "the code PARCEL_LOST is declared twice: in parcel and in post");
    }

    #[test]
    fn every_page_can_be_made_and_names_its_command() {
        for (name, make) in PAGES {
            let page = make().unwrap();
            if name.ends_with(".json") {
                serde_json::from_str::<serde_json::Value>(&page).unwrap();
                continue;
            }
            assert!(page.starts_with("<!-- Made by `cargo xtask codegen` from "), "{name}");
            assert!(page.lines().filter(|l| l.starts_with("| ")).count() > 3, "{name} has a table");
            assert!(page.ends_with('\n'), "{name}");
        }
    }

    #[test]
    fn ranges_keep_their_zeros() {
        assert_eq!((range(4, 4, 1).as_str(), range(51, 55, 2).as_str()), ("4", "51-55"));
        assert_eq!(range(604, 609, 4), "0604-0609");
    }

    #[test]
    fn a_page_is_stale_until_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.md");
        assert!(!is_current(&path, "a"));
        fs::write(&path, "a").unwrap();
        assert!(is_current(&path, "a") && !is_current(&path, "b"));
    }
}
