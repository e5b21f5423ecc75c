//! The program that a hook or an action runs in its machine.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::time::Duration;
use std::{fs, io};

use serde_json::Value;

use super::debug::{DebugHook, WaitingDebugger};
use super::environment::{AGENT_SOCKET, Environment, Job, NO_PROXY, agent_folder, charm_folder};
use super::interrupt::Interrupt;
use super::listener::HookListener;
use super::process::{self, ProcessEnd};
use super::unit_snapshot::UnitSnapshot;
use crate::hookcmd::socket;
use crate::machine::{Files, LaunchRequest, Launchers, Machine};
use crate::store::model::Model;

/// A program to run in a machine.
pub struct Program {
    /// Its path in the machine.
    pub path: String,
    pub args: Vec<String>,
    /// How it was found, in Juju's words. Juju 3.6: `HookHandlerType` in internal/worker/uniter/runner/runner.go.
    pub handler_type: &'static str,
}

/// Why a charm's program cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    #[error("{0} is not executable")]
    NotExecutable(String),
    #[error("cannot read {path}: {error}")]
    Unreadable {
        /// Its path in the machine.
        path: String,
        error: io::Error,
    },
}

/// Where a program runs, what it runs for, and until when.
pub struct RunParams<'a> {
    pub model: &'a Model,
    pub snapshot: &'a UnitSnapshot,
    pub machine: &'a Machine,
    /// Open launchers of machines.
    pub launchers: &'a Launchers,
    /// The `JUJU_CONTEXT_ID` of this run.
    pub context: &'a str,
    pub job: Job<'a>,
    /// How long it may take.
    pub timeout: Option<Duration>,
    pub interrupt: &'a Interrupt,
    /// The debugger that runs it in place of the unit's agent, if any.
    pub debugger: Option<&'a WaitingDebugger>,
}

/// The kinds of proxies in a model's configuration.
const PROXY_KINDS: [&str; 4] = ["http", "https", "ftp", "no"];

impl Program {
    /// The program for a hook or an action: the charm's `dispatch`, else its own file; `None` if it has neither.
    pub fn find(files: &Files, tag: &str, folder: &str, name: &str) -> Result<Option<Self>, FindError> {
        let charm = charm_folder(tag);
        for (path, handler_type) in [
            (format!("{charm}/dispatch"), "hook dispatching script: dispatch"),
            (format!("{charm}/{folder}/{name}"), "explicit, bespoke hook script"),
        ] {
            match files.metadata(&path) {
                Ok(meta) if meta.permissions().mode() & 0o111 == 0 => {
                    let inside = path.trim_start_matches(&format!("{charm}/"));
                    return Err(FindError::NotExecutable(inside.to_owned()));
                }
                Ok(_) => return Ok(Some(Self { path, args: Vec::new(), handler_type })),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(FindError::Unreadable { path, error }),
            }
        }
        Ok(None)
    }

    /// A substitute for a missing program, for a hook that the user runs by hand.
    pub fn missing() -> Self {
        Self { path: "/bin/true".to_owned(), args: Vec::new(), handler_type: "unknown/invalid hook handler" }
    }

    /// Run it to its end in Juju's environment, and answer its hook commands.
    pub fn run(&self, params: &RunParams<'_>, listener: &mut HookListener<'_>) -> anyhow::Result<ProcessEnd> {
        let RunParams { model, snapshot, machine, launchers, context, job, timeout, interrupt, debugger } = *params;
        let tag = snapshot.unit.tag();
        machine
            .files()?
            .make_folder(agent_folder(&tag))
            .and_then(|folder| {
                let socket = folder.path(AGENT_SOCKET);
                let calls = socket::listen(&socket)?;
                // As on Juju, only for root, whatever the umask is.
                fs::set_permissions(&socket, fs::Permissions::from_mode(0o700))?;
                Ok((calls, folder))
            })
            .map_err(|error| anyhow::anyhow!("cannot listen for hook commands: {error}"))
            .and_then(|(calls, folder)| {
                let proxy = |key: &str| match model.config.get(key).and_then(Value::as_str) {
                    Some(value) => value,
                    None if key.ends_with("no-proxy") => NO_PROXY,
                    None => "",
                };
                let address = machine.address().to_string();
                let environment = Environment {
                    unit: snapshot.name(),
                    tag: &tag,
                    principal: &snapshot.unit.principal,
                    model: &model.name,
                    juju: model.juju,
                    uuid: &model.uuid,
                    machine: &snapshot.unit.machine,
                    address: &address,
                    context,
                    job,
                    proxies: PROXY_KINDS.map(|kind| proxy(&format!("juju-{kind}-proxy"))),
                    legacy_proxies: PROXY_KINDS.map(|kind| proxy(&format!("{kind}-proxy"))),
                };
                let variables = environment.variables().into_iter().map(|(name, value)| (name.to_owned(), value));
                let request = LaunchRequest {
                    program: self.path.clone(),
                    args: self.args.clone(),
                    folder: charm_folder(&tag),
                    environment: variables.collect(),
                };
                let start = |stdout, stderr| match debugger {
                    Some(debugger) => debugger.start(&debug_hook(context, job, request), stdout, stderr),
                    None => launchers.start(machine, &request, stdout, stderr),
                };
                let end = process::run(start, context, &calls, interrupt, timeout, listener);
                // The next hook listens on the same path.
                let _ = fs::remove_file(folder.path(AGENT_SOCKET));
                end.map_err(|error| anyhow::anyhow!("cannot run {}: {error}", self.path))
            })
    }
}

/// What a debugger needs to run a program in place of the unit's agent.
fn debug_hook(context: &str, job: Job<'_>, request: LaunchRequest) -> DebugHook {
    let name = match job {
        Job::Hook { hook, .. } => hook.name(),
        Job::Action(action, _) => action.to_owned(),
        Job::UnitExec(_) | Job::RunCommands(_) => "juju-exec".to_owned(),
    };
    let program = [request.program].into_iter().chain(request.args).collect();
    DebugHook { context: context.to_owned(), name, program, folder: request.folder, environment: request.environment }
}

/// How a process ended, in Go's words, as Juju logs it.
pub fn exit_text(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        // A shell exits with 128 plus the number of the signal that killed its child.
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(signal)) => {
            let name = nix::sys::signal::Signal::try_from(signal).map(nix::sys::signal::Signal::as_str);
            format!("signal: {}", name.map_or_else(|_| signal.to_string(), str::to_owned))
        }
        (None, None) => status.to_string(),
    }
}
