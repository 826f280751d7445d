//! The built `pmts` program, and how to run it (or any other) with a time limit.

use crate::{target, variable};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How long [`run`] waits.
pub const LIMIT: Duration = Duration::from_secs(120);

/// How a program ended and what it said; bytes that are not UTF-8 are replaced.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// How it ended.
    pub status: ExitStatus,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Outcome {
    /// The standard output of a program that ended well.
    ///
    /// # Panics
    /// If it did not; the message shows both streams.
    #[track_caller]
    pub fn expect_success(self) -> String {
        assert!(
            self.status.success(),
            "{}\n--- stdout\n{}\n--- stderr\n{}",
            self.status,
            self.stdout,
            self.stderr
        );
        self.stdout
    }

    /// The standard error of a program that ended with this exit code.
    ///
    /// # Panics
    /// If it ended otherwise; the message shows both streams.
    #[track_caller]
    pub fn expect_code(self, code: i32) -> String {
        let (status, out, err) = (self.status, &self.stdout, &self.stderr);
        assert_eq!(status.code(), Some(code), "{status}\n--- stdout\n{out}\n--- stderr\n{err}");
        self.stderr
    }
}

/// The `pmts` program: PMTS_BIN, or the one built beside the running test.
///
/// # Panics
/// If it is not built; the message says how.
pub fn pmts() -> PathBuf {
    let path = variable("PMTS_BIN").unwrap_or_else(|| target().join("release").join("pmts"));
    assert!(path.is_file(), "no program at {}: run cargo build --release -p pmts-app", path.display());
    path
}

/// A call of `pmts` with these arguments, to be adjusted (folder, variables) and given to [`finish`].
pub fn command<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(args: I) -> Command {
    let mut command = Command::new(pmts());
    command.args(args);
    command
}

/// Runs `pmts` with these arguments, without input, for at most [`LIMIT`].
///
/// ```no_run
/// let text = pmts_tests::bin::run(["--help"]).expect_success();
/// ```
///
/// # Panics
/// As [`finish`].
#[track_caller]
pub fn run<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(args: I) -> Outcome {
    finish(command(args).stdin(Stdio::null()), LIMIT)
}

/// Runs any program to its end and collects what it says. Its streams go through files: no full pipe can stop it, and
/// a grandchild that outlives it is not waited for.
///
/// # Panics
/// If it cannot be run, or is not done within `limit`: then it is killed, and the message shows what it said.
#[track_caller]
pub fn finish(command: &mut Command, limit: Duration) -> Outcome {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let (out, err) = (folder.path().join("stdout"), folder.path().join("stderr"));
    let result = wait(command, limit, &out, &err);
    let read = |path: &Path| String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned();
    let (stdout, stderr) = (read(&out), read(&err));
    match result {
        Ok(Some(status)) => Outcome { status, stdout, stderr },
        Ok(None) => panic!("killed after {limit:?}: {command:?}\n--- stdout\n{stdout}\n--- stderr\n{stderr}"),
        Err(e) => panic!("cannot run {command:?}: {e}"),
    }
}

/// `None` if it had to be killed.
fn wait(command: &mut Command, limit: Duration, out: &Path, err: &Path) -> io::Result<Option<ExitStatus>> {
    let start = Instant::now();
    let mut child = command.stdout(File::create(out)?).stderr(File::create(err)?).spawn()?;
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if start.elapsed() >= limit {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}
