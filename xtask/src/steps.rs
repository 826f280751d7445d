//! Steps: named, timed, each with the command that repeats it.

use anyhow::{Result, anyhow};
use std::fmt::Write;
use std::time::{Duration, Instant};

/// The steps done so far.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    done: Vec<(&'static str, Duration)>,
}

impl Steps {
    /// Runs a step.
    ///
    /// # Errors
    /// The step's own, with the command to repeat it.
    pub(crate) fn run<T>(
        &mut self,
        name: &'static str,
        repeat: &str,
        step: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        println!("\n== {name}");
        let start = Instant::now();
        let result = step();
        self.done.push((name, start.elapsed()));
        result.map_err(|e| anyhow!("step `{name}` failed: {e:#}\nrepeat it with: {repeat}"))
    }

    /// Step and time, a line each, and the sum.
    pub(crate) fn table(&self) -> String {
        let total = ("total", self.done.iter().map(|(_, time)| *time).sum());
        let width = self.done.iter().map(|(name, _)| name.len()).max().unwrap_or(0).max(total.0.len());
        let mut out = String::new();
        for (name, time) in self.done.iter().chain([&total]) {
            let (secs, tenths) = (time.as_secs(), time.subsec_millis() / 100);
            let _ = writeln!(out, "{name:<width$}  {secs:>5}.{tenths} s");
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_says_how_to_repeat_it_and_is_timed() {
        let mut steps = Steps::default();
        assert_eq!(steps.run("one", "do one", || Ok(1)).unwrap(), 1);
        let failed = steps.run("second", "do two", || -> Result<()> { anyhow::bail!("broken") }).unwrap_err();
        assert_eq!(format!("{failed:#}"), "step `second` failed: broken\nrepeat it with: do two");
        steps.done = vec![("one", Duration::from_millis(1_270)), ("second", Duration::from_secs(61))];
        assert_eq!(steps.table(), "one         1.2 s\nsecond     61.0 s\ntotal      62.2 s\n");
    }
}
