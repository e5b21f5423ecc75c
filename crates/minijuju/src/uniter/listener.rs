//! Handles what a running hook sends: hook commands, and output.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use memchr::{memchr, memchr_iter, memrchr_iter};
use ops::hookcmds::LogLevel;

use super::process::{Listener, Stream};
use super::session::{ImmediateChange, Session};
use super::unit_snapshot::UnitSnapshot;
use super::worker::log_line;
use crate::hookcmd::wire::{Reply, Request};
use crate::store::database::now;
use crate::store::log::Line;
use crate::store::status::{self, Kind};
use crate::store::task::TaskStatus;
use crate::store::{self, Db, Store, application, log, task, unit};

/// How many log lines are buffered before they are written.
const MAX_BUFFERED_LINES: usize = 1000;

/// How long a log line may be buffered.
const FLUSH_INTERVAL: Duration = Duration::from_millis(50);

/// How often to check whether an action was cancelled.
const CANCEL_POLL_INTERVAL: Duration = Duration::from_millis(50);

/// How many of a hook's first log lines are kept. A hook that floods the log must not fill the disk.
const MAX_FIRST_LINES: usize = 50_000;

/// How many bytes these lines may have together: about 300 per line.
const MAX_FIRST_BYTES: usize = 16 << 20;

/// How many of the last lines of such a hook are kept.
const MAX_LAST_LINES: usize = 50;

/// How many of the last lines can be shown to the user.
const MAX_TAIL_LINES: usize = 50;

/// How much of an action's output is kept, in bytes.
const MAX_OUTPUT: usize = 16 << 20;

/// Listens to one hook.
pub struct HookListener<'a> {
    session: &'a mut Session,
    store: &'a mut Store,
    model: &'a str,
    snapshot: &'a UnitSnapshot,
    /// The log module for lines that the hook prints.
    module: String,
    lines: Vec<Line>,
    /// `action-log` messages: time in milliseconds since 1970, and text.
    action_log: Vec<(i64, String)>,
    /// When the current input was received.
    received: i64,
    flushed: Instant,
    count: usize,
    bytes: usize,
    last: RingBuffer<Line, MAX_LAST_LINES>,
    dropped: usize,
    tail: RingBuffer<String, MAX_TAIL_LINES>,
    task: Option<i64>,
    /// The task that may be cancelled, when to check next, and whether it was cancelled.
    watched: Option<i64>,
    next_cancel_poll: Instant,
    cancelled: bool,
    /// Whether the output is captured, and whether as bytes instead of lines.
    capture: bool,
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
        snapshot: &'a UnitSnapshot,
        hook: &'a str,
    ) -> Self {
        Self {
            session,
            store,
            model,
            snapshot,
            module: format!("unit.{}.{hook}", snapshot.name()),
            lines: Vec::new(),
            action_log: Vec::new(),
            received: now(),
            flushed: Instant::now(),
            count: 0,
            bytes: 0,
            last: RingBuffer::default(),
            dropped: 0,
            tail: RingBuffer::default(),
            task: None,
            watched: None,
            next_cancel_poll: Instant::now(),
            cancelled: false,
            capture: false,
            raw: false,
            stdout: Vec::new(),
            stderr: Vec::new(),
            error: None,
        }
    }

    /// Capture the output of an action, with the number `task`, or of a command.
    pub fn capture(&mut self, task: Option<i64>) {
        (self.task, self.capture, self.raw) = (task, true, task.is_none());
    }

    /// Stop the hook when the task `id` is cancelled.
    pub fn stop_if_cancelled(&mut self, id: i64) {
        self.watched = Some(id);
    }

    /// The captured standard output and standard error.
    pub fn captured(&mut self) -> (Vec<u8>, Vec<u8>) {
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
            self.lines.push(log_line(self.snapshot, LogLevel::Warning, "juju.worker.uniter", &note));
        }
        self.lines.extend(self.last.0.drain(..));
        self.flush();
        self.error.take().map_or(Ok(()), Err)
    }

    /// Whether the log takes no more lines of this hook, except its last ones.
    fn is_full(&self) -> bool {
        self.count > MAX_FIRST_LINES || self.bytes > MAX_FIRST_BYTES
    }

    fn log(&mut self, level: LogLevel, module: &str, message: &str) {
        self.count += 1;
        self.bytes += message.len();
        let (snapshot, received) = (self.snapshot, self.received);
        if !self.is_full() {
            self.lines.push(Line { time: received, ..log_line(snapshot, level, module, message) });
            return;
        }
        // The last lines show how it ended.
        match self.last.pop_if_full() {
            None => self.last.0.push_back(Line { time: received, ..log_line(snapshot, level, module, message) }),
            Some(mut oldest) => {
                self.dropped += 1;
                (oldest.time, oldest.level) = (received, level);
                module.clone_into(&mut oldest.module);
                message.clone_into(&mut oldest.message);
                self.last.0.push_back(oldest);
            }
        }
    }

    /// Add a message to the last lines, which the user may be shown.
    fn add_to_tail(&mut self, message: &str) {
        for text in message.lines() {
            let mut line = self.tail.pop_if_full().unwrap_or_default();
            text.clone_into(&mut line);
            self.tail.0.push_back(line);
        }
    }

    /// Log one line that the hook printed.
    fn log_output_line(&mut self, stream: Stream, text: &[u8]) {
        let text = String::from_utf8_lossy(trim_carriage_returns(text));
        let level = match stream {
            Stream::Stdout => LogLevel::Debug,
            Stream::Stderr => LogLevel::Warning,
        };
        self.add_to_tail(&text);
        let module = std::mem::take(&mut self.module);
        self.log(level, &module, &text);
        self.module = module;
    }

    fn flush(&mut self) {
        if self.lines.is_empty() && self.action_log.is_empty() {
            return;
        }
        let (lines, messages) = (std::mem::take(&mut self.lines), std::mem::take(&mut self.action_log));
        let (model, task) = (self.model, self.task);
        self.flushed = Instant::now();
        self.write(|db| {
            log::append(db, model, &lines)?;
            if let Some(id) = task
                && !messages.is_empty()
                && let Some(mut found) = task::find(db, model, id)?
            {
                found.log.extend(messages);
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
    fn apply(&mut self, immediate: Vec<ImmediateChange>) {
        let (model, snapshot) = (self.model, self.snapshot);
        let name = snapshot.name().to_owned();
        let mut changes: Vec<ImmediateChange> = Vec::new();
        for change in immediate {
            match change {
                ImmediateChange::Log { level, message } => {
                    if level >= LogLevel::Info {
                        self.add_to_tail(&message);
                    }
                    self.log(level, &format!("unit.{name}.juju-log"), &message);
                }
                ImmediateChange::ActionLog(message) => self.action_log.push((self.received, message)),
                change => changes.push(change),
            }
        }
        if changes.is_empty() {
            return;
        }
        self.write(|db| {
            for change in changes {
                match change {
                    ImmediateChange::UnitStatus(now) => status::set(db, model, Kind::Workload, &name, &now)?,
                    ImmediateChange::ApplicationStatus(now) => {
                        status::set(db, model, Kind::Application, &snapshot.unit.application, &now)?;
                    }
                    ImmediateChange::WorkloadVersion(version) => {
                        unit::set(db, model, &snapshot.unit, unit::Column::WorkloadVersion(&version))?;
                        application::set_workload_version(db, model, &snapshot.unit.application, &version)?;
                    }
                    ImmediateChange::Log { .. } | ImmediateChange::ActionLog(_) => {}
                }
            }
            Ok(())
        });
    }
}

impl Listener for HookListener<'_> {
    fn hook_command(&mut self, request: Request) -> Reply {
        let (name, context) = (&request.name, &request.context);
        // The arguments may be secrets.
        tracing::debug!(target: "juju.worker.uniter.jujuc", "running hook tool {name:?} for {context}");
        let reply = self.session.answer(&request);
        if reply.code != 0 {
            tracing::debug!(target: "juju.worker.uniter.jujuc", "hook tool {name:?} ended with code {}", reply.code);
        }
        self.received = now();
        let immediate = self.session.take_immediate();
        self.apply(immediate);
        reply
    }

    fn bytes(&mut self, stream: Stream, bytes: &[u8]) {
        self.received = now();
        if self.capture && self.raw {
            self.append(stream, bytes);
        }
    }

    fn lines(&mut self, stream: Stream, mut lines: &[u8]) {
        if self.capture && self.raw {
            return;
        }
        if self.capture {
            self.append_lines(stream, lines);
        }
        if self.is_full() {
            // Of a flood, only the last lines matter. The others are only counted.
            let start = memrchr_iter(b'\n', lines).nth(MAX_LAST_LINES.max(MAX_TAIL_LINES)).map_or(0, |end| end + 1);
            let skipped = memchr_iter(b'\n', &lines[..start]).count();
            (self.count, self.dropped) = (self.count + skipped, self.dropped + skipped);
            lines = &lines[start..];
        }
        let mut start = 0;
        for end in memchr_iter(b'\n', lines) {
            self.log_output_line(stream, &lines[start..end]);
            start = end + 1;
        }
        if start < lines.len() {
            self.log_output_line(stream, &lines[start..]);
        }
    }

    /// Juju reads whole lines only, and does not wait for the rest: `Stop` in
    /// internal/worker/common/charmrunner/logger.go. So it is in neither the log nor an action's results, but the user
    /// sees it.
    fn incomplete_line(&mut self, line: &[u8]) {
        if !self.raw {
            self.add_to_tail(&String::from_utf8_lossy(line));
        }
    }

    fn tick(&mut self) -> Option<Duration> {
        if self.lines.len() >= MAX_BUFFERED_LINES || self.flushed.elapsed() >= FLUSH_INTERVAL {
            self.flush();
        }
        let buffered = !self.lines.is_empty() || !self.action_log.is_empty();
        let flush = buffered.then(|| FLUSH_INTERVAL.saturating_sub(self.flushed.elapsed()));
        let cancel_poll = self.watched.map(|id| {
            if Instant::now() >= self.next_cancel_poll {
                self.next_cancel_poll = Instant::now() + CANCEL_POLL_INTERVAL;
                self.cancelled |=
                    matches!(task::status(self.store.db(), self.model, id), Ok(Some(TaskStatus::Aborting)));
            }
            CANCEL_POLL_INTERVAL
        });
        flush.into_iter().chain(cancel_poll).min()
    }

    fn must_stop(&self) -> bool {
        self.session.must_stop() || self.cancelled
    }
}

impl HookListener<'_> {
    /// The captured output of a stream, to append to.
    fn output(&mut self, stream: Stream) -> &mut Vec<u8> {
        match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        }
    }

    /// Append lines to an action's output, as text.
    fn append_lines(&mut self, stream: Stream, lines: &[u8]) {
        if self.output(stream).len() == MAX_OUTPUT {
            return;
        }
        if memchr(b'\r', lines).is_none() {
            self.append(stream, String::from_utf8_lossy(lines).as_bytes());
        } else {
            for line in lines.split_inclusive(|byte| *byte == b'\n') {
                let text = trim_carriage_returns(line.strip_suffix(b"\n").unwrap_or(line));
                self.append(stream, String::from_utf8_lossy(text).as_bytes());
                self.append(stream, &line[line.len() - usize::from(line.ends_with(b"\n"))..]);
            }
        }
        if !lines.ends_with(b"\n") {
            self.append(stream, b"\n");
        }
    }

    fn append(&mut self, stream: Stream, bytes: &[u8]) {
        let output = self.output(stream);
        let room = MAX_OUTPUT.saturating_sub(output.len());
        output.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

/// A line without trailing carriage returns.
fn trim_carriage_returns(mut line: &[u8]) -> &[u8] {
    while let [rest @ .., b'\r'] = line {
        line = rest;
    }
    line
}

/// The last `CAPACITY` items of many.
struct RingBuffer<T, const CAPACITY: usize>(VecDeque<T>);

impl<T, const CAPACITY: usize> Default for RingBuffer<T, CAPACITY> {
    fn default() -> Self {
        Self(VecDeque::with_capacity(CAPACITY))
    }
}

impl<T, const CAPACITY: usize> RingBuffer<T, CAPACITY> {
    /// Take the oldest item out if the buffer is full. The caller can reuse its allocation.
    fn pop_if_full(&mut self) -> Option<T> {
        if self.0.len() == CAPACITY { self.0.pop_front() } else { None }
    }
}
