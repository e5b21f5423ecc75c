//! Hooks that the user runs by hand. While `debug-hooks` or `debug-code` waits for a unit, the uniter hands its hooks
//! over to that terminal, and continues when the user is done.
//!
//! Both are separate processes that exchange files in a folder of the model. The debugger holds the unit's debug turn
//! while it runs.

use std::io::PipeWriter;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;
use std::{fs, io, thread};

use nix::sys::signal::{Signal, raise};
use serde::{Deserialize, Serialize};

use super::turns::{Turn, Turns};
use crate::machine::LaunchedProcess;
use crate::private;

/// The first argument of the process that waits for the user in place of a hook. Internal.
pub const WAIT: &str = "wait-for-debugger";

/// How often to check whether a hook arrived, or is done.
const EVERY: Duration = Duration::from_millis(50);

const WANTED: &str = "wanted.json";
const HANDED: &str = "handed.json";
const DONE: &str = "done.json";

/// What the user wants to debug.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Wanted {
    /// Hooks and actions; all of them if empty.
    pub hooks: Vec<String>,
    /// Whether hooks without a program count too: a shell runs in their place.
    pub all: bool,
}

/// A hook or an action that is handed over to the debugger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Handed {
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
struct Done {
    context: String,
    /// The exit code; `None` if it was killed.
    code: Option<u8>,
}

/// The folder that both processes use.
#[derive(Debug)]
struct Place {
    turns: Turns,
    unit: String,
    folder: PathBuf,
}

impl Place {
    fn new(data: &Path, model: &str, unit: &str) -> io::Result<Self> {
        let folder = data.join("models").join(model).join(format!("debug-{}", unit.replace('/', "-")));
        Ok(Self { turns: Turns::new(data, model)?, unit: unit.to_owned(), folder })
    }

    /// The turn, unless the unit is already being debugged.
    fn turn(&self) -> io::Result<Option<Turn>> {
        self.turns.take(&[format!("debug-{}", self.unit)])
    }

    fn read<T: for<'de> Deserialize<'de>>(&self, name: &str) -> io::Result<Option<T>> {
        match fs::read(self.folder.join(name)) {
            Ok(text) => Ok(Some(serde_json::from_slice(&text)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Write a file atomically.
    fn write<T: Serialize>(&self, name: &str, value: &T) -> io::Result<()> {
        let part = self.folder.join(format!("{name}.part"));
        fs::write(&part, serde_json::to_vec(value)?)?;
        fs::rename(part, self.folder.join(name))
    }
}

/// A user's debugging session on a unit.
#[derive(Debug)]
pub struct Debugger {
    place: Place,
    _turn: Turn,
}

impl Debugger {
    /// Start to debug a unit, unless it is already being debugged.
    pub fn begin(data: &Path, model: &str, unit: &str, wanted: &Wanted) -> io::Result<Option<Self>> {
        let place = Place::new(data, model, unit)?;
        let Some(turn) = place.turn()? else { return Ok(None) };
        // A killed debugger left it.
        fs::remove_dir_all(&place.folder).or_else(is_gone)?;
        private::folder(&place.folder)?;
        place.write(WANTED, wanted)?;
        Ok(Some(Self { place, _turn: turn }))
    }

    /// Wait for the next hook. `None` once `over` says that the user wants to stop.
    pub fn next(&self, mut over: impl FnMut() -> bool) -> io::Result<Option<Handed>> {
        loop {
            if let Some(handed) = self.place.read(HANDED)? {
                fs::remove_file(self.place.folder.join(HANDED))?;
                return Ok(Some(handed));
            }
            if over() {
                return Ok(None);
            }
            thread::sleep(EVERY);
        }
    }

    /// The user is done with a hook: it ended with this exit code, or was killed.
    pub fn done(&self, handed: &Handed, code: Option<u8>) -> io::Result<()> {
        self.place.write(DONE, &Done { context: handed.context.clone(), code })
    }
}

impl Drop for Debugger {
    fn drop(&mut self) {
        // The hook may not have read yet how it ended. It, or the next debugger, removes what is left.
        if !self.place.folder.join(DONE).exists() {
            let _ = fs::remove_dir_all(&self.place.folder);
        }
    }
}

/// The user's session, seen from the hook.
#[derive(Debug)]
pub struct Debugged {
    place: Place,
    data: PathBuf,
    model: String,
    wanted: Wanted,
}

impl Debugged {
    /// The debugger of a unit, if it wants the hook or action `name`.
    pub fn find(data: &Path, model: &str, unit: &str, name: &str) -> io::Result<Option<Self>> {
        let place = Place::new(data, model, unit)?;
        if !place.folder.exists() || place.turn()?.is_some() {
            return Ok(None);
        }
        let Some(wanted) = place.read::<Wanted>(WANTED)? else { return Ok(None) };
        let wants = wanted.hooks.is_empty() || wanted.hooks.iter().any(|hook| hook == name);
        Ok(wants.then(|| Self { place, data: data.to_owned(), model: model.to_owned(), wanted }))
    }

    /// Whether it wants hooks for which the charm has no program.
    pub fn wants_all(&self) -> bool {
        self.wanted.all
    }

    /// Hand a hook over. The process that this starts waits until the user is done, and ends as the hook did.
    pub fn hand_over<'a>(
        &self,
        handed: &Handed,
        stdout: PipeWriter,
        stderr: PipeWriter,
    ) -> io::Result<LaunchedProcess<'a>> {
        self.place.write(HANDED, handed)?;
        // The copy for machines: an update may have replaced the program itself.
        let mut command = Command::new(self.data.join("tools/minijuju"));
        command.args([WAIT, &self.model, &self.place.unit, &handed.context]).arg(&self.data);
        // The ID by which hooks are found and stopped.
        command.env_clear().env("JUJU_CONTEXT_ID", &handed.context);
        command.process_group(0).stdin(Stdio::null()).stdout(stdout).stderr(stderr);
        Ok(LaunchedProcess::on_host(command.spawn()?))
    }
}

/// Run as the process that waits until the user is done with a hook.
pub fn wait(model: &str, unit: &str, context: &str, data: &Path) -> io::Result<ExitCode> {
    let place = Place::new(data, model, unit)?;
    let code = loop {
        // A debugger may leave right after it told how the hook ended. So first see whether it is gone.
        let gone = place.turn()?;
        let done = place.read::<Done>(DONE)?.filter(|done| done.context == context);
        if gone.is_some() {
            // Another debugger cannot begin while the turn is held.
            fs::remove_dir_all(&place.folder).or_else(is_gone)?;
        }
        match done {
            Some(done) => break done.code,
            None if gone.is_some() => break None,
            None => thread::sleep(EVERY),
        }
    };
    if let Some(code) = code {
        return Ok(ExitCode::from(code));
    }
    // Like Juju, for a hook whose debugger is gone: internal/worker/uniter/runner/debug/server.go.
    raise(Signal::SIGKILL)?;
    Ok(ExitCode::FAILURE)
}

/// No error if it was only that the file does not exist.
fn is_gone(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(hooks: &[&str]) -> Wanted {
        Wanted { hooks: hooks.iter().map(|hook| (*hook).to_owned()).collect(), all: true }
    }

    fn handed(context: &str) -> Handed {
        Handed {
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
        let find = |unit: &str, hook: &str| Debugged::find(data.path(), "m", unit, hook).unwrap().is_some();
        assert!(!find("web/0", "start"), "nobody debugs it");
        let debugger = Debugger::begin(data.path(), "m", "web/0", &wanted(&["start", "backup"])).unwrap().unwrap();
        assert!(find("web/0", "start") && find("web/0", "backup"));
        assert!(!find("web/0", "stop") && !find("web/1", "start"));
        assert!(Debugger::begin(data.path(), "m", "web/0", &wanted(&[])).unwrap().is_none(), "one at a time");
        drop(debugger);
        assert!(!find("web/0", "start"));
        let _all = Debugger::begin(data.path(), "m", "web/0", &wanted(&[])).unwrap().unwrap();
        assert!(find("web/0", "stop"));
    }

    #[test]
    fn a_hook_is_handed_over_once_and_its_end_is_reported() {
        let data = tempfile::tempdir().unwrap();
        let debugger = Debugger::begin(data.path(), "m", "web/0", &wanted(&[])).unwrap().unwrap();
        let hook = Debugged::find(data.path(), "m", "web/0", "start").unwrap().unwrap();
        hook.place.write(HANDED, &handed("web/0-start-1")).unwrap();
        let got = debugger.next(|| false).unwrap().unwrap();
        assert_eq!(got, handed("web/0-start-1"));
        assert_eq!(debugger.next(|| true).unwrap(), None);
        debugger.done(&got, Some(3)).unwrap();
        assert_eq!(wait("m", "web/0", "web/0-start-1", data.path()).unwrap(), ExitCode::from(3));
    }

    #[test]
    fn a_debugger_may_leave_as_soon_as_it_told_how_a_hook_ended() {
        let data = tempfile::tempdir().unwrap();
        let debugger = Debugger::begin(data.path(), "m", "web/0", &wanted(&[])).unwrap().unwrap();
        debugger.done(&handed("web/0-start-1"), Some(0)).unwrap();
        let folder = debugger.place.folder.clone();
        drop(debugger);
        assert_eq!(wait("m", "web/0", "web/0-start-1", data.path()).unwrap(), ExitCode::SUCCESS);
        assert!(!folder.exists(), "nothing is left");
    }
}
