//! Standard error without card numbers: errors, logs, panics.

use pmts_compliance::pci::scrub::{Caution, Scrubber};
use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::Write;
use std::sync::{LazyLock, Mutex, PoisonError};

/// What was learned of the fields of log lines.
static LOG: LazyLock<Mutex<Scrubber>> = LazyLock::new(|| Mutex::new(Scrubber::new(Caution::InContext)));

/// A text that people read, without any card number in it, whatever else is lost.
pub(super) fn scrubbed(text: &str) -> String {
    String::from_utf8_lossy(&Scrubber::new(Caution::Any).scrub(text.as_bytes())).into_owned()
}

/// Standard error for log lines. Each line comes in one piece.
pub(super) struct ScrubbedLog;

impl Write for ScrubbedLog {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        let mut scrubber = LOG.lock().unwrap_or_else(PoisonError::into_inner);
        std::io::stderr().lock().write_all(&scrubber.scrub(line))?;
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().flush()
    }
}

/// From now on panics are told without card numbers.
pub(super) fn panics() {
    std::panic::set_hook(Box::new(|info| {
        let thread = std::thread::current();
        let place = info.location().map_or_else(String::new, |place| format!(" at {place}"));
        let what = info.payload_as_str().unwrap_or("no message");
        let told = panic_text(thread.name().unwrap_or("unnamed"), &place, what, &Backtrace::capture());
        let _ = std::io::stderr().lock().write_all(told.as_bytes());
    }));
}

fn panic_text(thread: &str, place: &str, what: &str, trace: &Backtrace) -> String {
    let trace = match trace.status() {
        BacktraceStatus::Captured => format!("{trace}\n"),
        _ => String::new(),
    };
    format!("thread '{thread}' panicked{place}:\n{}\n{trace}", scrubbed(what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_without_its_card_numbers() {
        let told =
            panic_text("main", " at a.rs:1:1", "card 4242 4242 4242 4242 is odd", &Backtrace::disabled());
        assert_eq!(told, "thread 'main' panicked at a.rs:1:1:\ncard 4242 42** **** 4242 is odd\n");
    }

    #[test]
    fn an_error_loses_even_what_may_be_another_number() {
        assert_eq!(scrubbed("order_id=4532015112830366 is späte"), "order_id=453201******0366 is späte");
    }
}
