//! Progress on standard error while a command works: one line per step.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::format::{Colours, escape_for};

/// Reports the steps of a command.
#[derive(Debug)]
pub struct Progress {
    mode: Mode,
    /// Held while a line is printed: several threads report steps.
    print_lock: Arc<Mutex<()>>,
    /// Printed before each step: empty, or the model's name.
    prefix: String,
}

#[derive(Clone, Debug)]
enum Mode {
    /// Only what must be printed.
    Quiet,
    /// A line when a step is done.
    Plain,
    /// An animated line while a step runs.
    Animated(MultiProgress),
}

/// A step in progress.
#[derive(Debug)]
pub struct Step<'a> {
    progress: &'a Progress,
    text: String,
    started: Instant,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Report steps on standard error, animated on a terminal and as plain lines elsewhere, unless `quiet`.
    pub fn unless_quiet(quiet: bool) -> Self {
        if quiet {
            return Self::quiet();
        }
        let mode = if io::stderr().is_terminal() { Mode::Animated(MultiProgress::new()) } else { Mode::Plain };
        Self { mode, print_lock: Arc::default(), prefix: String::new() }
    }

    /// Report no steps.
    pub fn quiet() -> Self {
        Self { mode: Mode::Quiet, print_lock: Arc::default(), prefix: String::new() }
    }

    /// The same progress, with this model's name before each step.
    #[must_use]
    pub fn in_model(&self, model: &str) -> Self {
        Self { mode: self.mode.clone(), print_lock: Arc::clone(&self.print_lock), prefix: format!("{model}: ") }
    }

    /// Whether only what must be printed is printed.
    pub fn is_quiet(&self) -> bool {
        matches!(self.mode, Mode::Quiet)
    }

    /// Print a line that is not a step, unless quiet. Juju: `Context.Infof` in juju/cmd.
    pub fn info(&self, line: &str) {
        if self.is_quiet() {
            tracing::info!(target: "juju.cmd", "{line}");
        } else {
            self.print(line);
        }
    }

    /// Print a line even if quiet, such as a warning.
    pub fn print(&self, line: &str) {
        let _guard = self.print_lock.lock();
        match &self.mode {
            // Above the animated lines, which indicatif redraws below.
            Mode::Animated(bars) => bars.suspend(|| eprintln!("{}", escape_for(&io::stderr(), line))),
            Mode::Quiet | Mode::Plain => {
                // Standard error may be closed.
                let _ = writeln!(io::stderr(), "{}", escape_for(&io::stderr(), line));
            }
        }
    }

    /// Report a step that is already done.
    pub fn done(&self, text: &str) {
        self.info(&format!("  ✓ {}{text}", self.prefix));
    }

    /// Start a step.
    pub fn start_step(&self, text: impl AsRef<str>) -> Step<'_> {
        let text = format!("{}{}", self.prefix, text.as_ref());
        let bar = match &self.mode {
            Mode::Animated(bars) => {
                let style = ProgressStyle::with_template("  {spinner} {msg} {elapsed}");
                let bar = bars.add(ProgressBar::new_spinner().with_message(text.clone()));
                if let Ok(style) = style {
                    bar.set_style(style);
                }
                bar.enable_steady_tick(Duration::from_millis(100));
                Some(bar)
            }
            Mode::Quiet | Mode::Plain => None,
        };
        Step { progress: self, text, started: Instant::now(), bar }
    }
}

impl Step<'_> {
    /// The step is done.
    pub fn done(self) {
        self.report("✓", "");
    }

    /// The step failed.
    pub fn failed(self, reason: &str) {
        self.report("✗", reason);
    }

    fn report(&self, mark: &str, reason: &str) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        // Coloured on a terminal.
        let mark = match (&self.progress.mode, mark) {
            (Mode::Animated(_), _) if Colours::on(&io::stderr()) == Colours::Off => mark.to_owned(),
            (Mode::Animated(_), "✓") => format!("\x1b[32m{mark}\x1b[0m"),
            (Mode::Animated(_), _) => format!("\x1b[31m{mark}\x1b[0m"),
            (Mode::Plain | Mode::Quiet, _) => mark.to_owned(),
        };
        let reason = if reason.is_empty() { String::new() } else { format!(": {reason}") };
        self.progress.info(&format!("  {mark} {}{reason} ({})", self.text, format_duration(self.started.elapsed())));
    }
}

/// A human-readable duration: `12 ms`, `3.4 s`, `2 min 5 s`.
pub fn format_duration(time: Duration) -> String {
    let (seconds, millis) = (time.as_secs(), time.as_millis());
    if millis < 1000 {
        format!("{millis} ms")
    } else if seconds < 60 {
        format!("{seconds}.{} s", millis % 1000 / 100)
    } else {
        format!("{} min {} s", seconds / 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit_that_fits_their_length() {
        assert_eq!(format_duration(Duration::from_millis(12)), "12 ms");
        assert_eq!(format_duration(Duration::from_millis(3450)), "3.4 s");
        assert_eq!(format_duration(Duration::from_secs(125)), "2 min 5 s");
    }
}
