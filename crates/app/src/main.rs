//! The `pmts` binary.

use std::process::ExitCode;

/// Requests and records are many short-lived pieces of text on many threads; the system's allocator spends a tenth of a
/// server's time on them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    pmts_app::cli::main()
}
