//! Hooks that the user runs by hand. While `debug-hooks` or `debug-code` waits for a unit, its hooks run in that
//! terminal, and the uniter continues when the user is done.
//!
//! Both are separate processes that exchange files in a folder of the model. The debugger holds the unit's debug lock
//! while it runs.

use std::io::PipeWriter;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;
use std::{fs, io, thread};

use nix::sys::signal::{Signal, raise};
use serde::{Deserialize, Serialize};

use super::locks::{LockGuard, Locks};
use crate::machine::LaunchedProcess;
use crate::private;

/// The first argument of the process that waits for the user in place of a hook. Internal.
pub const WAIT_FOR_DEBUGGER: &str = "wait-for-debugger";

/// How often to check whether a hook arrived, or is done.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

const FILTER: &str = "filter.json";
const HOOK: &str = "hook.json";
const RESULT: &str = "result.json";

/// Which hooks and actions of a unit the user debugs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Filter {
    /// Their names; all of them if empty.
    pub hooks: Vec<String>,
    /// Whether hooks without a program are included: a shell runs in their place.
    pub missing: bool,
}

/// A hook or an action for the debugger to run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DebugHook {
    /// Its `JUJU_CONTEXT_ID`.
    pub context: String,
    pub name: String,
    /// The command that the charm would run: the path in the machine, and the arguments.
    pub program: Vec<String>,
    /// Its working directory.
    pub folder: String,
    pub environment: Vec<(String, String)>,
}

/// How a hook ended in the debugger.
#[derive(Debug, Serialize, Deserialize)]
struct DebugResult {
    context: String,
    /// The exit code; `None` if it was killed.
    code: Option<u8>,
}

/// The folder that both processes use.
#[derive(Debug)]
struct SharedFolder {
    locks: Locks,
    unit: String,
    path: PathBuf,
}

impl SharedFolder {
    fn new(data: &Path, model: &str, unit: &str) -> io::Result<Self> {
        let path = data.join("models").join(model).join(format!("debug-{}", unit.replace('/', "-")));
        Ok(Self { locks: Locks::new(data, model)?, unit: unit.to_owned(), path })
    }

    /// The debug lock, unless another process holds it.
    fn try_lock(&self) -> io::Result<Option<LockGuard>> {
        self.locks.try_lock(&[format!("debug-{}", self.unit)])
    }

    fn read<T: for<'de> Deserialize<'de>>(&self, name: &str) -> io::Result<Option<T>> {
        match fs::read(self.path.join(name)) {
            Ok(text) => Ok(Some(serde_json::from_slice(&text)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Write a file atomically.
    fn write<T: Serialize>(&self, name: &str, value: &T) -> io::Result<()> {
        let part = self.path.join(format!("{name}.part"));
        fs::write(&part, serde_json::to_vec(value)?)?;
        fs::rename(part, self.path.join(name))
    }
}

/// A user's debugging session on a unit.
#[derive(Debug)]
pub struct Debugger {
    shared: SharedFolder,
    _lock: LockGuard,
}

impl Debugger {
    /// Start to debug a unit, unless it is already being debugged.
    pub fn begin(data: &Path, model: &str, unit: &str, filter: &Filter) -> io::Result<Option<Self>> {
        let shared = SharedFolder::new(data, model, unit)?;
        let Some(lock) = shared.try_lock()? else { return Ok(None) };
        // A killed debugger left it.
        fs::remove_dir_all(&shared.path).or_else(ignore_not_found)?;
        private::folder(&shared.path)?;
        shared.write(FILTER, filter)?;
        Ok(Some(Self { shared, _lock: lock }))
    }

    /// Wait for the next hook. `None` once `stopped` returns that the user wants to stop.
    pub fn next(&self, mut stopped: impl FnMut() -> bool) -> io::Result<Option<DebugHook>> {
        loop {
            if let Some(hook) = self.shared.read(HOOK)? {
                fs::remove_file(self.shared.path.join(HOOK))?;
                return Ok(Some(hook));
            }
            if stopped() {
                return Ok(None);
            }
            thread::sleep(POLL_INTERVAL);
        }
    }

    /// Report that a hook ended with this exit code, or was killed.
    pub fn report_end(&self, hook: &DebugHook, code: Option<u8>) -> io::Result<()> {
        self.shared.write(RESULT, &DebugResult { context: hook.context.clone(), code })
    }
}

impl Drop for Debugger {
    fn drop(&mut self) {
        // The hook may not have read its result yet. It, or the next debugger, removes what is left.
        if !self.shared.path.join(RESULT).exists() {
            let _ = fs::remove_dir_all(&self.shared.path);
        }
    }
}

/// The debugger that waits for a unit's hooks, as the unit's agent sees it.
#[derive(Debug)]
pub struct WaitingDebugger {
    shared: SharedFolder,
    data: PathBuf,
    model: String,
    filter: Filter,
}

impl WaitingDebugger {
    /// The debugger of a unit, if it wants the hook or action `name`.
    pub fn find(data: &Path, model: &str, unit: &str, name: &str) -> io::Result<Option<Self>> {
        let shared = SharedFolder::new(data, model, unit)?;
        if !shared.path.exists() || shared.try_lock()?.is_some() {
            return Ok(None);
        }
        let Some(filter) = shared.read::<Filter>(FILTER)? else { return Ok(None) };
        let included = filter.hooks.is_empty() || filter.hooks.iter().any(|hook| hook == name);
        Ok(included.then(|| Self { shared, data: data.to_owned(), model: model.to_owned(), filter }))
    }

    /// Whether it wants hooks for which the charm has no program.
    pub fn wants_missing(&self) -> bool {
        self.filter.missing
    }

    /// Start a process in place of the hook. It passes the hook to the debugger, waits until the user is done, and ends
    /// as the hook did.
    pub fn start<'a>(
        &self,
        hook: &DebugHook,
        stdout: PipeWriter,
        stderr: PipeWriter,
    ) -> io::Result<LaunchedProcess<'a>> {
        self.shared.write(HOOK, hook)?;
        // The copy for machines: an update may have replaced the program itself.
        let mut command = Command::new(self.data.join("tools/minijuju"));
        command.args([WAIT_FOR_DEBUGGER, &self.model, &self.shared.unit, &hook.context]).arg(&self.data);
        // The ID by which hooks are found and stopped.
        command.env_clear().env("JUJU_CONTEXT_ID", &hook.context);
        command.process_group(0).stdin(Stdio::null()).stdout(stdout).stderr(stderr);
        Ok(LaunchedProcess::on_host(command.spawn()?))
    }
}

/// Run as the process that waits until the user is done with a hook.
pub fn wait_for_debugger(model: &str, unit: &str, context: &str, data: &Path) -> io::Result<ExitCode> {
    let shared = SharedFolder::new(data, model, unit)?;
    let code = loop {
        // A debugger may end right after it reported how the hook ended. So first check whether it has ended.
        let debugger_ended = shared.try_lock()?;
        let result = shared.read::<DebugResult>(RESULT)?.filter(|result| result.context == context);
        if debugger_ended.is_some() {
            // Another debugger cannot begin while the lock is held.
            fs::remove_dir_all(&shared.path).or_else(ignore_not_found)?;
        }
        match result {
            Some(result) => break result.code,
            None if debugger_ended.is_some() => break None,
            None => thread::sleep(POLL_INTERVAL),
        }
    };
    if let Some(code) = code {
        return Ok(ExitCode::from(code));
    }
    // Like Juju, for a hook whose debugger has ended: internal/worker/uniter/runner/debug/server.go.
    raise(Signal::SIGKILL)?;
    Ok(ExitCode::FAILURE)
}

/// No error if it was only that the file does not exist.
fn ignore_not_found(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(hooks: &[&str]) -> Filter {
        Filter { hooks: hooks.iter().map(|hook| (*hook).to_owned()).collect(), missing: true }
    }

    fn hook(context: &str) -> DebugHook {
        DebugHook {
            context: context.to_owned(),
            name: "start".to_owned(),
            program: vec!["/charm/dispatch".to_owned()],
            folder: "/charm".to_owned(),
            environment: vec![("A".to_owned(), "b".to_owned())],
        }
    }

    #[test]
    fn a_hook_is_for_the_debugger_that_waits_for_it() {
        let data = tempfile::tempdir().unwrap();
        let find = |unit: &str, hook: &str| WaitingDebugger::find(data.path(), "m", unit, hook).unwrap().is_some();
        assert!(!find("web/0", "start"), "nobody debugs it");
        let debugger = Debugger::begin(data.path(), "m", "web/0", &filter(&["start", "backup"])).unwrap().unwrap();
        assert!(find("web/0", "start") && find("web/0", "backup"));
        assert!(!find("web/0", "stop") && !find("web/1", "start"));
        assert!(Debugger::begin(data.path(), "m", "web/0", &filter(&[])).unwrap().is_none(), "one at a time");
        drop(debugger);
        assert!(!find("web/0", "start"));
        let _all = Debugger::begin(data.path(), "m", "web/0", &filter(&[])).unwrap().unwrap();
        assert!(find("web/0", "stop"));
    }

    #[test]
    fn a_debugger_gets_each_hook_once_and_reports_its_end() {
        let data = tempfile::tempdir().unwrap();
        let debugger = Debugger::begin(data.path(), "m", "web/0", &filter(&[])).unwrap().unwrap();
        let waiting = WaitingDebugger::find(data.path(), "m", "web/0", "start").unwrap().unwrap();
        waiting.shared.write(HOOK, &hook("web/0-start-1")).unwrap();
        let received = debugger.next(|| false).unwrap().unwrap();
        assert_eq!(received, hook("web/0-start-1"));
        assert_eq!(debugger.next(|| true).unwrap(), None);
        debugger.report_end(&received, Some(3)).unwrap();
        assert_eq!(wait_for_debugger("m", "web/0", "web/0-start-1", data.path()).unwrap(), ExitCode::from(3));
    }

    #[test]
    fn a_debugger_may_end_as_soon_as_it_reported_how_a_hook_ended() {
        let data = tempfile::tempdir().unwrap();
        let debugger = Debugger::begin(data.path(), "m", "web/0", &filter(&[])).unwrap().unwrap();
        debugger.report_end(&hook("web/0-start-1"), Some(0)).unwrap();
        let folder = debugger.shared.path.clone();
        drop(debugger);
        assert_eq!(wait_for_debugger("m", "web/0", "web/0-start-1", data.path()).unwrap(), ExitCode::SUCCESS);
        assert!(!folder.exists(), "nothing is left");
    }
}
