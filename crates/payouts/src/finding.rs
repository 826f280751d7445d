//! What a check of a bank file found: each finding says where, what and how bad, in a form for people and for programs.

use pmts_kernel::CodeInfo;
use std::borrow::Cow;
use std::fmt;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    /// The file is not valid.
    Error,
    /// Banks may take the file, but it is not as the rules want it.
    Warning,
}

impl Severity {
    /// `error` or `warning`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One thing that is wrong with a file. Its words hold counts, sums, dates and codes, never an account number or a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, one of this crate's codes.
    pub code: &'static CodeInfo,
    /// The line in the file, from 1; 0 if it concerns the file as a whole.
    pub line: u64,
    /// The record of a NACHA file (`entry detail`), or the path of an element (`Document/CstmrCdtTrfInitn/GrpHdr`).
    pub record: Cow<'static, str>,
    /// The field or element; may be empty.
    pub field: Cow<'static, str>,
    /// What is wrong, in words.
    pub message: String,
}

/// `line 4, entry detail, check digit: ... [NACHA_CHECK_DIGIT]`
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "line {}, ", self.line)?;
        }
        f.write_str(&self.record)?;
        if !self.field.is_empty() {
            write!(f, ", {}", self.field)?;
        }
        write!(f, ": {} [{}]", self.message, self.code.code)
    }
}

/// All findings of a check. No more than [`Findings::KEPT_MAX`] are kept, all are counted: a damaged file of any size needs
/// no more memory than a small one.
#[derive(Debug, Default)]
pub struct Findings {
    kept: Vec<Finding>,
    errors: u64,
    warnings: u64,
}

impl Findings {
    /// The most findings that are kept.
    pub const KEPT_MAX: usize = 1_000;

    /// Adds a finding.
    pub fn add(&mut self, finding: Finding) {
        match finding.severity {
            Severity::Error => self.errors += 1,
            Severity::Warning => self.warnings += 1,
        }
        if self.kept.len() < Self::KEPT_MAX {
            self.kept.push(finding);
        }
    }

    /// The findings, in the order they were found; the first [`Findings::KEPT_MAX`] of them.
    pub fn kept(&self) -> &[Finding] {
        &self.kept
    }

    /// How many errors there are.
    pub const fn errors(&self) -> u64 {
        self.errors
    }

    /// How many warnings there are.
    pub const fn warnings(&self) -> u64 {
        self.warnings
    }

    /// Whether there is no error.
    pub const fn is_valid(&self) -> bool {
        self.errors == 0
    }
}
