//! What a file is, and whether it is valid.

use crate::error::codes;
use crate::rails::{iso20022, nacha};
use crate::{Finding, Findings, PayoutsError, Severity};
use std::io::{BufRead, Read};

/// The kinds of file that are told apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileKind {
    /// Batches of ACH payments.
    Nacha(nacha::Summary),
    /// Messages of ISO 20022.
    Iso20022(iso20022::Summary),
    /// Nothing that is known here.
    Unknown,
}

impl FileKind {
    /// In a few words: `NACHA`, `pain.001.001.09`, `head.001.001.02 + pacs.008.001.08`, `unknown`.
    pub fn name(&self) -> String {
        match self {
            Self::Nacha(_) => "NACHA".to_owned(),
            Self::Iso20022(summary) if summary.messages.is_empty() => "XML".to_owned(),
            Self::Iso20022(summary) => summary.messages.join(" + "),
            Self::Unknown => "unknown".to_owned(),
        }
    }
}

/// How many bytes are looked at to tell what a file is.
const LOOK: usize = 1_024;

/// Tells what a file is by its beginning and checks it from beginning to end.
///
/// ```
/// use pmts_payouts::{FileKind, check};
///
/// let (kind, findings) = check("hello".as_bytes())?;
/// assert_eq!(kind, FileKind::Unknown);
/// assert_eq!(findings.kept()[0].code.code, "PAYOUTS_FILE_UNKNOWN");
/// # Ok::<(), pmts_payouts::PayoutsError>(())
/// ```
///
/// # Errors
/// [`PayoutsError::Io`] if the file cannot be read. Whatever is wrong with its content is a finding.
pub fn check(mut input: impl BufRead) -> Result<(FileKind, Findings), PayoutsError> {
    let mut beginning = Vec::with_capacity(LOOK);
    input.by_ref().take(LOOK as u64).read_to_end(&mut beginning)?;
    let text = beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&beginning);
    let first = text.iter().position(|b| !b.is_ascii_whitespace());
    let is_xml = first.is_some_and(|at| text[at] == b'<');
    let is_nacha = first.is_some_and(|at| is_nacha(&text[at..]));
    let whole = beginning.as_slice().chain(input);
    let mut findings = Findings::default();
    let checked = if is_xml {
        iso20022::check(whole, &mut findings).map(FileKind::Iso20022)
    } else if is_nacha {
        nacha::check(whole, &mut findings).map(FileKind::Nacha)
    } else {
        add(&mut findings, &codes::FILE_UNKNOWN, 0, "it is neither a NACHA file nor XML".to_owned());
        Ok(FileKind::Unknown)
    };
    match checked {
        Ok(kind) => Ok((kind, findings)),
        Err(PayoutsError::Content { code, line, message }) => {
            add(&mut findings, code, line, message);
            let kind = if is_nacha { FileKind::Nacha(nacha::Summary::default()) } else { FileKind::Unknown };
            Ok((kind, findings))
        }
        Err(e) => Err(e),
    }
}

fn add(findings: &mut Findings, code: &'static pmts_kernel::CodeInfo, line: u64, message: String) {
    findings.add(Finding {
        severity: Severity::Error,
        code,
        line,
        record: "file".into(),
        field: "".into(),
        message,
    });
}

/// The first line begins like a NACHA record, and has its length or the words of a file header.
fn is_nacha(text: &[u8]) -> bool {
    let line = text.split(|b| *b == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let header = line.starts_with(b"1") && line.get(34..40) == Some(b"094101");
    let looks = matches!(line.first(), Some(b'1' | b'5' | b'6' | b'7' | b'8' | b'9'));
    header || looks && line.len().is_multiple_of(nacha::RECORD_LEN) || line.starts_with(b"101 ")
}
