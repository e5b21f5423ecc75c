//! What minijuju hears from a hook while it runs: its hook commands, and what it prints.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::process::{Listener, Stream};
use super::session::{Live, Session};
use super::view::Seen;
use super::worker::line;
use crate::hookcmd::wire::{Reply, Request};
use crate::store::action::TaskStatus;
use crate::store::database::now;
use crate::store::log::{Level, Line};
use crate::store::status::{self, Kind};
use crate::store::{self, Db, Store, action, log, unit};

/// How many log lines are kept back before they are written down.
const BATCH: usize = 1000;

/// How long a log line may be kept back.
const DELAY: Duration = Duration::from_millis(50);

/// How often to look whether an action was cancelled.
const LOOK: Duration = Duration::from_millis(50);

/// How many of its first log lines a hook leaves; one that floods the log must not fill the disk.
const MOST: usize = 50_000;

/// How many bytes these may have together: some 300 for each.
const MOST_BYTES: usize = 16 << 20;

/// How many of the last lines such a hook leaves.
const LAST: usize = 50;

/// How much of an action's output is kept, in bytes.
const MOST_OUTPUT: usize = 16 << 20;

/// Listens to one hook.
pub struct HookListener<'a> {
    session: &'a mut Session,
    store: &'a mut Store,
    model: &'a str,
    seen: &'a Seen,
    hook: &'a str,
    lines: Vec<Line>,
    written: Instant,
    count: usize,
    bytes: usize,
    last: VecDeque<Line>,
    dropped: usize,
    tail: VecDeque<String>,
    task: Option<i64>,
    /// The task that may be cancelled, when to look next, and whether it was.
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
    /// Listen to the hook or action named `hook` of a unit.
    pub fn new(session: &'a mut Session, store: &'a mut Store, model: &'a str, seen: &'a Seen, hook: &'a str) -> Self {
        Self {
            session,
            store,
            model,
            seen,
            hook,
            lines: Vec::new(),
            written: Instant::now(),
            count: 0,
            bytes: 0,
            last: VecDeque::new(),
            dropped: 0,
            tail: VecDeque::new(),
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

    /// Keep the output: of the action with the number `task`, or of a command.
    pub fn record(&mut self, task: Option<i64>) {
        (self.task, self.record, self.raw) = (task, true, task.is_none());
    }

    /// Stop what runs when the task `id`, which it is, is cancelled.
    pub fn watch(&mut self, id: i64) {
        self.watched = Some(id);
    }

    /// The output that was kept.
    pub fn recorded(&mut self) -> (Vec<u8>, Vec<u8>) {
        (std::mem::take(&mut self.stdout), std::mem::take(&mut self.stderr))
    }

    /// The last lines that the charm logged or printed.
    pub fn tail(&self, count: usize) -> Vec<String> {
        self.tail.iter().skip(self.tail.len().saturating_sub(count)).cloned().collect()
    }

    /// Write down what is left.
    pub fn close(mut self) -> store::Result<()> {
        if self.dropped > 0 {
            let note = format!("this hook logged {} lines: {} of them are dropped here", self.count, self.dropped);
            self.lines.push(line(self.seen, Level::Warning, "juju.worker.uniter", &note));
        }
        self.lines.extend(self.last.drain(..));
        self.flush();
        self.error.take().map_or(Ok(()), Err)
    }

    fn log(&mut self, level: Level, module: &str, message: &str) {
        if level >= Level::Info || module.ends_with(self.hook) {
            for text in message.lines() {
                if self.tail.len() == 50 {
                    self.tail.pop_front();
                }
                self.tail.push_back(text.to_owned());
            }
        }
        self.count += 1;
        self.bytes += message.len();
        let line = line(self.seen, level, module, message);
        if self.count <= MOST && self.bytes <= MOST_BYTES {
            self.lines.push(line);
            return;
        }
        // The last lines are the ones that say how it ended.
        self.last.push_back(line);
        if self.last.len() > LAST {
            self.last.pop_front();
            self.dropped += 1;
        }
    }

    fn flush(&mut self) {
        if self.lines.is_empty() {
            return;
        }
        let lines = std::mem::take(&mut self.lines);
        let model = self.model;
        self.written = Instant::now();
        self.write(|db| log::append(db, model, &lines));
    }

    /// What cannot be written now is reported at the end: the hook must not be left half-way for it.
    fn write(&mut self, change: impl FnOnce(&Db) -> store::Result<()>) {
        if let Err(error) = self.store.write(change) {
            self.error.get_or_insert(error);
        }
    }

    /// Juju acts on these at once, whatever becomes of the hook.
    fn apply(&mut self, live: Vec<Live>) {
        let (model, seen, task) = (self.model, self.seen, self.task);
        let name = seen.view.name.clone();
        let mut changes: Vec<Live> = Vec::new();
        for change in live {
            match change {
                Live::Log { level, message } => {
                    self.log(level, &format!("unit.{name}.juju-log"), &message);
                }
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
                    Live::ActionLog(message) => {
                        if let Some(id) = task
                            && let Some(mut found) = action::find(db, model, id)?
                        {
                            found.log.push((now(), message));
                            action::save(db, model, &found)?;
                        }
                    }
                    Live::Log { .. } => {}
                }
            }
            Ok(())
        });
    }
}

impl Listener for HookListener<'_> {
    fn call(&mut self, request: Request) -> Reply {
        let reply = self.session.answer(&request);
        let live = self.session.live();
        self.apply(live);
        reply
    }

    fn bytes(&mut self, stream: Stream, bytes: &[u8]) {
        if self.record && self.raw {
            self.keep(stream, bytes);
        }
    }

    fn line(&mut self, stream: Stream, text: &str) {
        if self.record && self.raw {
            return;
        }
        if self.record {
            self.keep(stream, text.as_bytes());
            self.keep(stream, b"\n");
        }
        let level = match stream {
            Stream::Stdout => Level::Debug,
            Stream::Stderr => Level::Warning,
        };
        let module = format!("unit.{}.{}", self.seen.view.name, self.hook);
        self.log(level, &module, text);
    }

    fn pause(&mut self) -> Option<Duration> {
        if self.lines.len() >= BATCH || self.written.elapsed() >= DELAY {
            self.flush();
        }
        let lines = (!self.lines.is_empty()).then(|| DELAY.saturating_sub(self.written.elapsed()));
        let look = self.watched.map(|id| {
            if Instant::now() >= self.look {
                self.look = Instant::now() + LOOK;
                self.cancelled |=
                    matches!(action::status(self.store.db(), self.model, id), Ok(Some(TaskStatus::Aborting)));
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
    fn keep(&mut self, stream: Stream, bytes: &[u8]) {
        let kept = match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        };
        let room = MOST_OUTPUT.saturating_sub(kept.len());
        kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}
