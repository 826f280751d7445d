//! A file system that fails: the library `tests/faults/faults.c`, compiled into the target folder and preloaded into a program.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// A fault: what happens to which file, and when. The words are explained in `tests/faults/faults.c`.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    /// `short`, `full`, `io`, `torn`, `sync` or `flip`.
    pub what: &'static str,
    /// Name of the file in the data directory.
    pub file: &'static str,
    /// The first call that fails, from 1.
    pub at: u64,
    /// How many calls fail; 0: all from there on.
    pub calls: u64,
    /// Of those only each n-th.
    pub every: u64,
    /// Chooses the bytes.
    pub seed: u64,
}

impl Fault {
    /// Lets this fault happen in a program that is about to be started.
    ///
    /// # Panics
    /// If the library cannot be compiled.
    pub fn preload(&self, command: &mut Command) {
        command
            .env("LD_PRELOAD", library())
            .env("PMTS_FAULT", self.what)
            .env("PMTS_FAULT_FILE", self.file)
            .env("PMTS_FAULT_AT", self.at.to_string())
            .env("PMTS_FAULT_FOR", self.calls.to_string())
            .env("PMTS_FAULT_EVERY", self.every.to_string())
            .env("PMTS_FAULT_SEED", self.seed.to_string());
    }

    /// How often it happened, by what the program said on standard error.
    pub fn hits(&self, stderr: &str) -> usize {
        let line = format!("fault {} {} call ", self.what, self.file);
        stderr.lines().filter(|l| l.starts_with(&line)).count()
    }
}

/// The compiled library, made once a run.
fn library() -> PathBuf {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    let make = || {
        let folder = super::target().join("faults");
        std::fs::create_dir_all(&folder).expect("the target folder can be written");
        let source = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("faults/faults.c");
        let (library, new) =
            (folder.join("faults.so"), folder.join(format!("faults-{}.so", std::process::id())));
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", "-O1", "-o"]).arg(&new).arg(source);
        let made = cc.status().expect("a C compiler is there");
        assert!(made.success(), "the library of faults cannot be compiled");
        std::fs::rename(new, &library).expect("the target folder can be written");
        library
    };
    MADE.get_or_init(make).clone()
}

/// A random number that is the same for the same seed.
pub fn chance(seed: u64) -> u64 {
    let mut x = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
