//! Hooks that a person runs: while `debug-hooks` or `debug-code` waits for a unit, the uniter hands its hooks over to that
//! terminal, and goes on when the person is done.
//!
//! Both are processes of their own, which meet in a folder of the model's. Whoever debugs a unit has the turn for that as long
//! as it lives.

use std::io::PipeWriter;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;
use std::{env, fs, io, thread};

use nix::sys::signal::{Signal, raise};
use serde::{Deserialize, Serialize};

use super::turns::{Turn, Turns};
use crate::machine::Started;
use crate::private;

/// The first argument of the process that waits for the person in place of a hook. Not for people.
pub const WAIT: &str = "wait-for-debugger";

/// How often to look whether a hook came, or is done.
const EVERY: Duration = Duration::from_millis(50);

const WANTED: &str = "wanted.json";
const HANDED: &str = "handed.json";
const DONE: &str = "done.json";

/// What a person wants to debug.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Wanted {
    /// The hooks and actions; all, if there are none.
    pub hooks: Vec<String>,
    /// Whether hooks without a program count, too: there is a shell in their place.
    pub all: bool,
}

/// A hook or an action that is handed over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Handed {
    /// What tells it from all others.
    pub context: String,
    /// Its name.
    pub name: String,
    /// What the charm would run, by its path in the machine, with its arguments.
    pub program: Vec<String>,
    /// The folder that it runs in.
    pub folder: String,
    /// Its environment.
    pub environment: Vec<(String, String)>,
}

/// How a person was done with it.
#[derive(Debug, Serialize, Deserialize)]
struct Done {
    context: String,
    /// The exit code; none, if it was killed.
    code: Option<u8>,
}

/// Where both meet.
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

    /// The turn, unless somebody debugs the unit.
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

    /// Write a file whole, or not at all.
    fn write<T: Serialize>(&self, name: &str, value: &T) -> io::Result<()> {
        let part = self.folder.join(format!("{name}.part"));
        fs::write(&part, serde_json::to_vec(value)?)?;
        fs::rename(part, self.folder.join(name))
    }
}

/// Who debugs a unit.
#[derive(Debug)]
pub struct Debugger {
    place: Place,
    _turn: Turn,
}

impl Debugger {
    /// Begin to debug a unit, unless somebody does.
    pub fn begin(data: &Path, model: &str, unit: &str, wanted: &Wanted) -> io::Result<Option<Self>> {
        let place = Place::new(data, model, unit)?;
        let Some(turn) = place.turn()? else { return Ok(None) };
        // One that was killed left it.
        match fs::remove_dir_all(&place.folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        private::folder(&place.folder)?;
        place.write(WANTED, wanted)?;
        Ok(Some(Self { place, _turn: turn }))
    }

    /// The hook that waits for the person, once there is one; nothing, if `over` says that the person has enough.
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

    /// The person is done with it: with this exit code, or by killing it.
    pub fn done(&self, handed: &Handed, code: Option<u8>) -> io::Result<()> {
        self.place.write(DONE, &Done { context: handed.context.clone(), code })
    }
}

impl Drop for Debugger {
    fn drop(&mut self) {
        // What is left of it, the next one removes.
        let _ = fs::remove_dir_all(&self.place.folder);
    }
}

/// A debugger, as a hook sees it.
#[derive(Debug)]
pub struct Debugged {
    place: Place,
    data: PathBuf,
    model: String,
    wanted: Wanted,
}

impl Debugged {
    /// The debugger of a unit that wants the hook or action `name`.
    pub fn find(data: &Path, model: &str, unit: &str, name: &str) -> io::Result<Option<Self>> {
        let place = Place::new(data, model, unit)?;
        if !place.folder.exists() || place.turn()?.is_some() {
            return Ok(None);
        }
        let Some(wanted) = place.read::<Wanted>(WANTED)? else { return Ok(None) };
        let wants = wanted.hooks.is_empty() || wanted.hooks.iter().any(|hook| hook == name);
        Ok(wants.then(|| Self { place, data: data.to_owned(), model: model.to_owned(), wanted }))
    }

    /// Whether it wants hooks that the charm has no program for.
    pub fn wants_all(&self) -> bool {
        self.wanted.all
    }

    /// Hand a hook over. What it starts waits until the person is done, and ends as the hook did.
    pub fn hand_over<'a>(&self, handed: &Handed, stdout: PipeWriter, stderr: PipeWriter) -> io::Result<Started<'a>> {
        self.place.write(HANDED, handed)?;
        let mut command = Command::new(env::current_exe()?);
        command.args([WAIT, &self.model, &self.place.unit, &handed.context]).arg(&self.data);
        // It is found by it, and stopped as a hook is.
        command.env_clear().env("JUJU_CONTEXT_ID", &handed.context);
        command.process_group(0).stdin(Stdio::null()).stdout(stdout).stderr(stderr);
        Ok(Started::direct(command.spawn()?))
    }
}

/// Be the process that waits until a person is done with a hook.
pub fn wait(model: &str, unit: &str, context: &str, data: &Path) -> io::Result<ExitCode> {
    let place = Place::new(data, model, unit)?;
    loop {
        if let Some(done) = place.read::<Done>(DONE)?.filter(|done| done.context == context) {
            if let Some(code) = done.code {
                return Ok(ExitCode::from(code));
            }
            break;
        }
        if place.turn()?.is_some() {
            break;
        }
        thread::sleep(EVERY);
    }
    // As Juju does with a hook whose debugger is gone: internal/worker/uniter/runner/debug/server.go.
    raise(Signal::SIGKILL)?;
    Ok(ExitCode::FAILURE)
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
    fn what_is_handed_over_comes_once_and_its_end_is_told() {
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
}
