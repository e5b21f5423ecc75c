//! Progress on standard error while a command works: one line per step.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::format::{Colours, escape_for};

/// Where steps are reported.
#[derive(Debug)]
pub struct Progress {
    shape: Shape,
    lines: Arc<Mutex<()>>,
    /// What steps are told with, where it does not go without saying.
    before: String,
}

#[derive(Clone, Debug)]
enum Shape {
    /// Only what must be printed.
    Quiet,
    /// A line when a step is done.
    Plain,
    /// An animated line while a step runs.
    Live(MultiProgress),
}

/// A step in progress.
#[derive(Debug)]
pub struct Task<'a> {
    progress: &'a Progress,
    text: String,
    began: Instant,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Report steps on standard error, animated on a terminal and as plain lines elsewhere, unless `quiet`.
    pub fn unless(quiet: bool) -> Self {
        if quiet {
            return Self::silent();
        }
        let shape = if io::stderr().is_terminal() { Shape::Live(MultiProgress::new()) } else { Shape::Plain };
        Self { shape, lines: Arc::default(), before: String::new() }
    }

    /// Report no steps.
    pub fn silent() -> Self {
        Self { shape: Shape::Quiet, lines: Arc::default(), before: String::new() }
    }

    /// The same progress, with this model's name before each step.
    #[must_use]
    pub fn in_model(&self, model: &str) -> Self {
        Self { shape: self.shape.clone(), lines: Arc::clone(&self.lines), before: format!("{model}: ") }
    }

    /// Whether only what must be printed is printed.
    pub fn is_quiet(&self) -> bool {
        matches!(self.shape, Shape::Quiet)
    }

    /// Print a line that is not a step, unless quiet.
    pub fn say(&self, line: &str) {
        if self.is_quiet() {
            // Like Juju's commands.
            tracing::info!(target: "juju.cmd", "{line}");
        } else {
            self.line(line);
        }
    }

    /// Print a line that must be printed.
    pub fn line(&self, line: &str) {
        let _one_at_a_time = self.lines.lock();
        match &self.shape {
            // Above the animated lines, which indicatif redraws below.
            Shape::Live(bars) => bars.suspend(|| eprintln!("{}", escape_for(&io::stderr(), line))),
            Shape::Quiet | Shape::Plain => {
                // Standard error may be closed.
                let _ = writeln!(io::stderr(), "{}", escape_for(&io::stderr(), line));
            }
        }
    }

    /// Report a step that is already done.
    pub fn done(&self, text: &str) {
        self.say(&format!("  ✓ {}{text}", self.before));
    }

    /// Start a step.
    pub fn begin(&self, text: impl AsRef<str>) -> Task<'_> {
        let text = format!("{}{}", self.before, text.as_ref());
        let bar = match &self.shape {
            Shape::Live(bars) => {
                let style = ProgressStyle::with_template("  {spinner} {msg} {elapsed}");
                let bar = bars.add(ProgressBar::new_spinner().with_message(text.clone()));
                if let Ok(style) = style {
                    bar.set_style(style);
                }
                bar.enable_steady_tick(Duration::from_millis(100));
                Some(bar)
            }
            Shape::Quiet | Shape::Plain => None,
        };
        Task { progress: self, text, began: Instant::now(), bar }
    }
}

impl Task<'_> {
    /// The step is done.
    pub fn done(self) {
        self.end("✓", "");
    }

    /// The step failed.
    pub fn failed(self, why: &str) {
        self.end("✗", why);
    }

    fn end(&self, mark: &str, why: &str) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        // Coloured on a terminal.
        let mark = match (&self.progress.shape, mark) {
            (Shape::Live(_), _) if Colours::on(&io::stderr()) == Colours::Off => mark.to_owned(),
            (Shape::Live(_), "✓") => format!("\x1b[32m{mark}\x1b[0m"),
            (Shape::Live(_), _) => format!("\x1b[31m{mark}\x1b[0m"),
            (Shape::Plain | Shape::Quiet, _) => mark.to_owned(),
        };
        let why = if why.is_empty() { String::new() } else { format!(": {why}") };
        self.progress.say(&format!("  {mark} {}{why} ({})", self.text, duration(self.began.elapsed())));
    }
}

/// A human-readable duration: `12 ms`, `3.4 s`, `2 min 5 s`.
pub fn duration(time: Duration) -> String {
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
    fn times_have_a_fitting_unit() {
        assert_eq!(duration(Duration::from_millis(12)), "12 ms");
        assert_eq!(duration(Duration::from_millis(3450)), "3.4 s");
        assert_eq!(duration(Duration::from_secs(125)), "2 min 5 s");
    }
}
