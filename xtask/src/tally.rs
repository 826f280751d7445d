//! What came out of a test run, read from the lines that the test binaries print.

use std::process::ExitCode;

/// The sum over all test binaries.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    passed: u64,
    failed: u64,
    ignored: u64,
    /// `test: reason`, a line each: tests that found something missing, and those marked `#[ignore]`.
    skips: Vec<String>,
    /// Lines of `skips` that came from tests themselves.
    skipped_by_tests: u64,
}

impl Tally {
    /// Takes a line of a test binary's output.
    pub(crate) fn read_line(&mut self, line: &str) {
        let line = line.trim_end();
        if let Some(counts) = line.strip_prefix("test result: ") {
            self.passed += count(counts, "passed");
            self.failed += count(counts, "failed");
            self.ignored += count(counts, "ignored");
        } else if let Some((name, reason)) =
            line.strip_prefix("test ").and_then(|t| t.split_once(" ... ignored"))
        {
            let reason = reason.trim_start_matches([',', ' ']);
            self.skips
                .push(format!("{name}: {}", if reason.is_empty() { "marked #[ignore]" } else { reason }));
        }
    }

    /// Takes the file in which tests say that they skip, a line each. Such a test returns early, so its binary counted
    /// it as passed: here it is not.
    pub(crate) fn read_skips(&mut self, file: &str) {
        for line in file.lines().map(str::trim).filter(|l| !l.is_empty()) {
            self.skips.push(line.to_owned());
            self.skipped_by_tests += 1;
            self.passed = self.passed.saturating_sub(1);
        }
    }

    /// Counts a failure that no test reported: a step before the tests, a build, a test binary that died.
    pub(crate) fn fail(&mut self) {
        self.failed += 1;
    }

    /// Whether a test failed.
    pub(crate) fn has_failures(&self) -> bool {
        self.failed > 0
    }

    /// Whether no test ran at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.passed + self.failed + self.skipped() == 0
    }

    /// Prints what was skipped, and last the line `N passed, N failed, N skipped`. A skip fails only if `no_skip`.
    pub(crate) fn close(&self, no_skip: bool) -> ExitCode {
        for skip in &self.skips {
            println!("skipped {skip}");
        }
        let skips_fail = no_skip && self.skipped() > 0;
        if skips_fail {
            println!("PMTS_TEST_NO_SKIP is set: a skipped test counts as a failed run");
        }
        println!("{}", self.summary());
        if self.has_failures() || skips_fail { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }

    fn skipped(&self) -> u64 {
        self.skipped_by_tests + self.ignored
    }

    fn summary(&self) -> String {
        format!("{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped())
    }
}

/// The number before `what` in `ok. 12 passed; 0 failed; 1 ignored; ...`.
fn count(counts: &str, what: &str) -> u64 {
    let mut words = counts.split([' ', ';']).filter(|w| !w.is_empty());
    let mut before = "";
    words
        .find_map(|word| {
            if word == what {
                before.parse().ok()
            } else {
                before = word;
                None
            }
        })
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binaries_add_up() {
        let mut tally = Tally::default();
        assert!(tally.is_empty());
        let output = "running 3 tests\ntest a::b ... ok\ntest c ... ignored, needs a printer\ntest d ... ignored\n\
                      test result: ok. 12 passed; 0 failed; 2 ignored; 0 measured; 3 filtered out; finished in 0.01s\n\
                      test e ... FAILED\n\
                      test result: FAILED. 5 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n";
        output.lines().for_each(|l| tally.read_line(l));
        tally.read_skips("networks: no folder cards\n\n");
        assert_eq!(tally.summary(), "16 passed, 1 failed, 3 skipped");
        assert_eq!(tally.skips, ["c: needs a printer", "d: marked #[ignore]", "networks: no folder cards"]);
        tally.fail();
        assert_eq!(tally.summary(), "16 passed, 2 failed, 3 skipped");
        assert!(tally.has_failures() && !tally.is_empty());
    }

    #[test]
    fn a_skip_fails_the_run_only_where_none_may_be() {
        let mut tally = Tally::default();
        tally.read_line("test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out");
        assert_eq!(tally.close(true), ExitCode::SUCCESS);
        tally.read_skips("x: y");
        assert_eq!(tally.close(false), ExitCode::SUCCESS);
        assert_eq!(tally.close(true), ExitCode::FAILURE);
    }
}
