//! Handles what a running hook sends: hook commands, and output.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use memchr::{memchr, memchr_iter, memrchr_iter};
use ops::hookcmds::LogLevel;

use super::process::{Listener, Stream};
use super::session::{Live, Session};
use super::view::Snapshot;
use super::worker::line;
use crate::hookcmd::wire::{Reply, Request};
use crate::store::database::now;
use crate::store::log::Line;
use crate::store::status::{self, Kind};
use crate::store::task::TaskStatus;
use crate::store::{self, Db, Store, log, task, unit};

/// How many log lines are buffered before they are written.
const BATCH: usize = 1000;

/// How long a log line may be buffered.
const DELAY: Duration = Duration::from_millis(50);

/// How often to check whether an action was cancelled.
const LOOK: Duration = Duration::from_millis(50);

/// How many of a hook's first log lines are kept. A hook that floods the log must not fill the disk.
const MOST: usize = 50_000;

/// How many bytes these lines may have together: about 300 per line.
const MOST_BYTES: usize = 16 << 20;

/// How many of the last lines of such a hook are kept.
const LAST: usize = 50;

/// How many of the last lines can be shown to the user.
const TAIL: usize = 50;

/// How much of an action's output is kept, in bytes.
const MOST_OUTPUT: usize = 16 << 20;

/// Listens to one hook.
pub struct HookListener<'a> {
    session: &'a mut Session,
    store: &'a mut Store,
    model: &'a str,
    seen: &'a Snapshot,
    /// The log module for lines that the hook prints.
    module: String,
    lines: Vec<Line>,
    /// `action-log` messages: time in milliseconds since 1970, and text.
    action_log: Vec<(i64, String)>,
    /// When the current input was received.
    received: i64,
    written: Instant,
    count: usize,
    bytes: usize,
    last: Last<Line, LAST>,
    dropped: usize,
    tail: Last<String, TAIL>,
    task: Option<i64>,
    /// The task that may be cancelled, when to check next, and whether it was cancelled.
    watched: Option<i64>,
    look: Instant,
    cancelled: bool,
    record: bool,
    raw: bool,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    error: Option<store::Error>,
}

impl<'a> HookListener<'a> {
    /// Listen to a unit's hook or action named `hook`.
    pub fn new(
        session: &'a mut Session,
        store: &'a mut Store,
        model: &'a str,
        seen: &'a Snapshot,
        hook: &'a str,
    ) -> Self {
        Self {
            session,
            store,
            model,
            seen,
            module: format!("unit.{}.{hook}", seen.view.name),
            lines: Vec::new(),
            action_log: Vec::new(),
            received: now(),
            written: Instant::now(),
            count: 0,
            bytes: 0,
            last: Last::default(),
            dropped: 0,
            tail: Last::default(),
            task: None,
            watched: None,
            look: Instant::now(),
            cancelled: false,
            record: false,
            raw: false,
            stdout: Vec::new(),
            stderr: Vec::new(),
            error: None,
        }
    }

    /// Keep the output of an action, with the number `task`, or of a command.
    pub fn record(&mut self, task: Option<i64>) {
        (self.task, self.record, self.raw) = (task, true, task.is_none());
    }

    /// Stop the hook when the task `id` is cancelled.
    pub fn watch(&mut self, id: i64) {
        self.watched = Some(id);
    }

    /// The output that was kept.
    pub fn recorded(&mut self) -> (Vec<u8>, Vec<u8>) {
        (std::mem::take(&mut self.stdout), std::mem::take(&mut self.stderr))
    }

    /// The last lines that the charm logged or printed.
    pub fn tail(&self, count: usize) -> Vec<String> {
        self.tail.0.iter().skip(self.tail.0.len().saturating_sub(count)).cloned().collect()
    }

    /// Write what is still buffered.
    pub fn close(mut self) -> store::Result<()> {
        if self.dropped > 0 {
            let note = format!("this hook logged {} lines: {} of them are dropped here", self.count, self.dropped);
            self.lines.push(line(self.seen, LogLevel::Warning, "juju.worker.uniter", &note));
        }
        self.lines.extend(self.last.0.drain(..));
        self.flush();
        self.error.take().map_or(Ok(()), Err)
    }

    /// Whether the log takes no more lines of this hook, except its last ones.
    fn is_full(&self) -> bool {
        self.count > MOST || self.bytes > MOST_BYTES
    }

    fn log(&mut self, level: LogLevel, module: &str, message: &str) {
        self.count += 1;
        self.bytes += message.len();
        let (seen, received) = (self.seen, self.received);
        if !self.is_full() {
            self.lines.push(Line { time: received, ..line(seen, level, module, message) });
            return;
        }
        // The last lines say how it ended.
        match self.last.oldest() {
            None => self.last.0.push_back(Line { time: received, ..line(seen, level, module, message) }),
            Some(mut oldest) => {
                self.dropped += 1;
                (oldest.time, oldest.level) = (received, level);
                module.clone_into(&mut oldest.module);
                message.clone_into(&mut oldest.message);
                self.last.0.push_back(oldest);
            }
        }
    }

    /// Keep a message among the last lines, which the user may be shown.
    fn show(&mut self, message: &str) {
        for text in message.lines() {
            let mut kept = self.tail.oldest().unwrap_or_default();
            text.clone_into(&mut kept);
            self.tail.0.push_back(kept);
        }
    }

    /// Log one line that the hook printed.
    fn line(&mut self, stream: Stream, text: &[u8]) {
        let text = String::from_utf8_lossy(without_returns(text));
        let level = match stream {
            Stream::Stdout => LogLevel::Debug,
            Stream::Stderr => LogLevel::Warning,
        };
        self.show(&text);
        let module = std::mem::take(&mut self.module);
        self.log(level, &module, &text);
        self.module = module;
    }

    fn flush(&mut self) {
        if self.lines.is_empty() && self.action_log.is_empty() {
            return;
        }
        let (lines, said) = (std::mem::take(&mut self.lines), std::mem::take(&mut self.action_log));
        let (model, task) = (self.model, self.task);
        self.written = Instant::now();
        self.write(|db| {
            log::append(db, model, &lines)?;
            if let Some(id) = task
                && !said.is_empty()
                && let Some(mut found) = task::find(db, model, id)?
            {
                found.log.extend(said);
                task::save(db, model, &found)?;
            }
            Ok(())
        });
    }

    /// An error is reported at the end: it must not stop the hook halfway.
    fn write(&mut self, change: impl FnOnce(&Db) -> store::Result<()>) {
        if let Err(error) = self.store.write(change) {
            self.error.get_or_insert(error);
        }
    }

    /// Apply what Juju does at once, whether or not the hook succeeds.
    fn apply(&mut self, live: Vec<Live>) {
        let (model, seen) = (self.model, self.seen);
        let name = seen.view.name.clone();
        let mut changes: Vec<Live> = Vec::new();
        for change in live {
            match change {
                Live::Log { level, message } => {
                    if level >= LogLevel::Info {
                        self.show(&message);
                    }
                    self.log(level, &format!("unit.{name}.juju-log"), &message);
                }
                Live::ActionLog(message) => self.action_log.push((self.received, message)),
                change => changes.push(change),
            }
        }
        if changes.is_empty() {
            return;
        }
        self.write(|db| {
            for change in changes {
                match change {
                    Live::UnitStatus(now) => status::set(db, model, Kind::Workload, &name, &now)?,
                    Live::ApplicationStatus(now) => {
                        status::set(db, model, Kind::Application, &seen.unit.application, &now)?;
                    }
                    Live::WorkloadVersion(version) => {
                        unit::set(db, model, &seen.unit, unit::Column::WorkloadVersion(&version))?;
                        db.execute(
                            "UPDATE application SET workload_version = ? WHERE model = ? AND name = ?",
                            [version.as_str(), model, seen.unit.application.as_str()],
                        )?;
                    }
                    Live::Log { .. } | Live::ActionLog(_) => {}
                }
            }
            Ok(())
        });
    }
}

impl Listener for HookListener<'_> {
    fn call(&mut self, request: Request) -> Reply {
        let (name, context) = (&request.name, &request.context);
        // The arguments may be secrets.
        tracing::debug!(target: "juju.worker.uniter.jujuc", "running hook tool {name:?} for {context}");
        let reply = self.session.answer(&request);
        if reply.code != 0 {
            tracing::debug!(target: "juju.worker.uniter.jujuc", "hook tool {name:?} ended with code {}", reply.code);
        }
        self.received = now();
        let live = self.session.live();
        self.apply(live);
        reply
    }

    fn bytes(&mut self, stream: Stream, bytes: &[u8]) {
        self.received = now();
        if self.record && self.raw {
            self.keep(stream, bytes);
        }
    }

    fn lines(&mut self, stream: Stream, mut lines: &[u8]) {
        if self.record && self.raw {
            return;
        }
        if self.record {
            self.keep_lines(stream, lines);
        }
        if self.is_full() {
            // A flood costs only its bytes: only its last lines matter.
            let start = memrchr_iter(b'\n', lines).nth(LAST.max(TAIL)).map_or(0, |end| end + 1);
            let passed = memchr_iter(b'\n', &lines[..start]).count();
            (self.count, self.dropped) = (self.count + passed, self.dropped + passed);
            lines = &lines[start..];
        }
        let mut start = 0;
        for end in memchr_iter(b'\n', lines) {
            self.line(stream, &lines[start..end]);
            start = end + 1;
        }
        if start < lines.len() {
            self.line(stream, &lines[start..]);
        }
    }

    /// Juju reads whole lines only, and does not wait for the rest: `Stop` in
    /// internal/worker/common/charmrunner/logger.go. So it is in neither the log nor an action's results, but the user
    /// sees it.
    fn rest(&mut self, line: &[u8]) {
        if !self.raw {
            self.show(&String::from_utf8_lossy(line));
        }
    }

    fn pause(&mut self) -> Option<Duration> {
        if self.lines.len() >= BATCH || self.written.elapsed() >= DELAY {
            self.flush();
        }
        let keeps = !self.lines.is_empty() || !self.action_log.is_empty();
        let lines = keeps.then(|| DELAY.saturating_sub(self.written.elapsed()));
        let look = self.watched.map(|id| {
            if Instant::now() >= self.look {
                self.look = Instant::now() + LOOK;
                self.cancelled |=
                    matches!(task::status(self.store.db(), self.model, id), Ok(Some(TaskStatus::Aborting)));
            }
            LOOK
        });
        lines.into_iter().chain(look).min()
    }

    fn stop(&self) -> bool {
        self.session.stop() || self.cancelled
    }
}

impl HookListener<'_> {
    /// The kept output, to append to.
    fn kept(&mut self, stream: Stream) -> &mut Vec<u8> {
        match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        }
    }

    /// Append lines to an action's output, as text.
    fn keep_lines(&mut self, stream: Stream, lines: &[u8]) {
        if self.kept(stream).len() == MOST_OUTPUT {
            return;
        }
        if memchr(b'\r', lines).is_none() {
            self.keep(stream, String::from_utf8_lossy(lines).as_bytes());
        } else {
            for line in lines.split_inclusive(|byte| *byte == b'\n') {
                let text = without_returns(line.strip_suffix(b"\n").unwrap_or(line));
                self.keep(stream, String::from_utf8_lossy(text).as_bytes());
                self.keep(stream, &line[line.len() - usize::from(line.ends_with(b"\n"))..]);
            }
        }
        if !lines.ends_with(b"\n") {
            self.keep(stream, b"\n");
        }
    }

    fn keep(&mut self, stream: Stream, bytes: &[u8]) {
        let kept = self.kept(stream);
        let room = MOST_OUTPUT.saturating_sub(kept.len());
        kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

/// A line without trailing carriage returns.
fn without_returns(mut line: &[u8]) -> &[u8] {
    while let [rest @ .., b'\r'] = line {
        line = rest;
    }
    line
}

/// The last `MOST` items of many.
struct Last<T, const MOST: usize>(VecDeque<T>);

impl<T, const MOST: usize> Default for Last<T, MOST> {
    fn default() -> Self {
        Self(VecDeque::with_capacity(MOST))
    }
}

impl<T, const MOST: usize> Last<T, MOST> {
    /// Take the oldest item out if the buffer is full. Its allocation can be reused.
    fn oldest(&mut self) -> Option<T> {
        if self.0.len() == MOST { self.0.pop_front() } else { None }
    }
}
