//! The `pmts` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    pmts_app::cli::main()
}
