//! `pmts check`: what payment files are, whether they are valid and, if not, where and why.

use super::output::{line, say};
use crate::AppError;
use clap::Args;
use pmts_kernel::Coded;
use pmts_payouts::{FileKind, Findings, Severity};
use serde_json::json;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

/// Bytes read at once.
const BUFFER: usize = 1 << 16;

#[derive(Args)]
pub(super) struct CheckArgs {
    /// The files; - reads standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// For programs: one object a line, one for each file
    #[arg(long)]
    json: bool,
    /// Take a file with warnings for not valid, too
    #[arg(long)]
    strict: bool,
}

/// Status 0 if all files are valid, 1 if one is not or cannot be read.
pub(super) fn run(args: &CheckArgs) -> Result<(), AppError> {
    let mut failed = 0;
    for path in &args.files {
        match read(path) {
            Ok((kind, findings)) => {
                let valid = findings.is_valid() && !(args.strict && findings.warnings() > 0);
                failed += usize::from(!valid);
                if args.json {
                    line(object(path, &kind, &findings, valid))?;
                } else {
                    show(path, &kind, &findings, valid)?;
                }
            }
            Err(error) => {
                failed += 1;
                if args.json {
                    let code = error.code().code;
                    let error = json!({ "code": code, "message": error.to_string() });
                    line(json!({ "file": path.display().to_string(), "valid": false, "error": error }))?;
                } else {
                    say(format!("error[{}]: {error}", error.code().code));
                }
            }
        }
    }
    if failed == 0 { Ok(()) } else { Err(AppError::FilesNotValid { failed, of: args.files.len() }) }
}

fn read(path: &Path) -> Result<(FileKind, Findings), AppError> {
    let input: Box<dyn Read> = if path.as_os_str() == "-" {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(File::open(path).map_err(AppError::file(path))?)
    };
    pmts_payouts::check(BufReader::with_capacity(BUFFER, input)).map_err(|error| match error {
        pmts_payouts::PayoutsError::Io(source) => AppError::File { path: path.to_owned(), source },
        other => AppError::Payouts(other),
    })
}

fn show(path: &Path, kind: &FileKind, findings: &Findings, valid: bool) -> Result<(), AppError> {
    let path = path.display();
    let verdict = if valid { "valid" } else { "not valid" };
    line(format!("{path}: {}{}: {verdict}", kind.name(), amounts(kind)))?;
    for finding in findings.kept() {
        line(format!("  {}: {finding}", finding.severity.as_str()))?;
    }
    let hidden = (findings.errors() + findings.warnings()).saturating_sub(findings.kept().len() as u64);
    if hidden > 0 {
        line(format!("  and {hidden} more"))?;
    }
    Ok(())
}

/// What the file holds, in a few words.
fn amounts(kind: &FileKind) -> String {
    match kind {
        FileKind::Nacha(summary) => format!(
            ", {} batches, {} entries, debits {} USD, credits {} USD",
            summary.batches,
            summary.entries,
            dollars(summary.debit_cents),
            dollars(summary.credit_cents)
        ),
        FileKind::Iso20022(summary) if summary.items > 0 => {
            format!(", {} transactions or entries", summary.items)
        }
        _ => String::new(),
    }
}

fn dollars(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

fn object(path: &Path, kind: &FileKind, findings: &Findings, valid: bool) -> serde_json::Value {
    let list: Vec<_> = findings
        .kept()
        .iter()
        .map(|f| {
            json!({
                "severity": f.severity.as_str(),
                "code": f.code.code,
                "line": f.line,
                "record": f.record,
                "field": f.field,
                "message": f.message,
            })
        })
        .collect();
    let count = |severity| match severity {
        Severity::Error => findings.errors(),
        Severity::Warning => findings.warnings(),
    };
    let mut object = json!({
        "file": path.display().to_string(),
        "kind": kind.name(),
        "valid": valid,
        "errors": count(Severity::Error),
        "warnings": count(Severity::Warning),
        "findings": list,
    });
    match kind {
        FileKind::Nacha(summary) => {
            object["batches"] = summary.batches.into();
            object["entries"] = summary.entries.into();
            object["debit_cents"] = summary.debit_cents.into();
            object["credit_cents"] = summary.credit_cents.into();
        }
        FileKind::Iso20022(summary) => object["entries"] = summary.items.into(),
        FileKind::Unknown => {}
    }
    object
}
