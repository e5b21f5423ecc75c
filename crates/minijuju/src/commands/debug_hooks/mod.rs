//! `juju debug-hooks` and `juju debug-code`: run a unit's hooks by hand.

mod tmux;

use std::collections::BTreeSet;
use std::io::{self, IsTerminal as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::FileTypeExt as _;
use std::process::{Command, ExitCode, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{env, fs};

use anyhow::{Context as _, bail};
use clap::Args;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use ops::EventName;
use ops_metadata::CharmMeta;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use self::tmux::Session;
use crate::charm;
use crate::cli::{Arguments, ModelOption, UsageError, is_unit_or_leader};
use crate::client::Client;
use crate::store::application::Application;
use crate::store::model::Model;
use crate::uniter::debug::{DebugHook, Debugger, Filter};
use crate::uniter::machine_id;

const DEBUG_HOOKS_HELP: &str = "\
Details:
It waits for the unit's next hook or action, and opens a shell in its place, in the charm's folder,
with the hook's environment and hook commands. Run `./dispatch` to run the hook. The shell's exit code
becomes the hook's. Then it waits for the next hook; Ctrl-C ends it. Trigger hooks with other commands,
such as `juju config`.

If the machine has tmux, the shells are windows of a session there. Ctrl-A D ends it.

Without names, it takes all hooks and actions.

Examples:
    juju debug-hooks mysql/0
    juju debug-hooks mysql/leader
    juju debug-hooks mysql/1 config-changed
    juju debug-hooks hello/0 pull-site update-status";

/// Open a shell in place of a unit's hooks and actions.
#[derive(Debug, Clone, Args)]
#[command(alias = "debug-hook", after_help = DEBUG_HOOKS_HELP)]
pub struct DebugHooksArgs {
    /// The unit, then the hooks and actions
    #[arg(value_name = "unit name")]
    pub words: Vec<String>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for DebugHooksArgs {
    const USAGE: Option<&str> = Some("<unit name> [hook or action names]");

    fn init(&mut self) -> Result<(), UsageError> {
        check_unit(&self.words)
    }
}

const DEBUG_CODE_HELP: &str = "\
Details:
It waits for the unit's next hook or action, and runs it at this terminal with JUJU_DEBUG_AT set, which
Ops reads for breakpoints. Then it waits for the next one; Ctrl-C ends it, or Ctrl-A D if the machine
has tmux.

Without names, it takes all hooks and actions.

Examples:
    juju debug-code mysql/0
    juju debug-code mysql/1 config-changed
    juju debug-code --at=hook mysql/0 leader-elected";

/// Run a unit's hooks and actions at this terminal.
#[derive(Debug, Clone, Args)]
#[command(after_help = DEBUG_CODE_HELP)]
pub struct DebugCodeArgs {
    /// The unit, then the hooks and actions
    #[arg(value_name = "unit name")]
    pub words: Vec<String>,
    /// The value of `JUJU_DEBUG_AT`, which tells the charm where to stop
    #[arg(
        long,
        value_name = "place",
        default_value = "all",
        help = "The value of JUJU_DEBUG_AT, which tells the charm where to stop"
    )]
    pub at: String,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for DebugCodeArgs {
    const USAGE: Option<&str> = Some("<unit name> [hook or action names]");

    fn init(&mut self) -> Result<(), UsageError> {
        check_unit(&self.words)
    }
}

fn check_unit(words: &[String]) -> Result<(), UsageError> {
    match words.first() {
        None => Err(UsageError::Rule("no unit name specified")),
        Some(unit) if is_unit_or_leader(unit) => Ok(()),
        Some(unit) => Err(UsageError::IsNot { word: unit.clone(), not: "not a valid unit name" }),
    }
}

/// What to run for a hook.
enum DebugMode<'a> {
    /// A shell in place of the hook.
    Shell,
    /// The hook itself, with this value of `JUJU_DEBUG_AT`.
    Code(&'a str),
}

/// Run `juju debug-hooks`.
pub fn debug_hooks(client: &mut Client, args: &DebugHooksArgs) -> anyhow::Result<ExitCode> {
    debug(client, &args.words, &DebugMode::Shell)
}

/// Run `juju debug-code`.
pub fn debug_code(client: &mut Client, args: &DebugCodeArgs) -> anyhow::Result<ExitCode> {
    debug(client, &args.words, &DebugMode::Code(&args.at))
}

fn debug(client: &mut Client, words: &[String], mode: &DebugMode<'_>) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let Some((target, hooks)) = words.split_first() else { bail!("no unit name specified") };
    let unit = client.unit(&model, target)?;
    let name = unit.name();
    let hooks = if hooks.iter().any(|hook| hook == "*") { Vec::new() } else { hooks.to_vec() };
    check_names(&client.application(&model, &unit.application)?, target, &hooks)?;
    let filter = Filter { hooks, missing: matches!(mode, DebugMode::Shell) };
    let id = machine_id(&model, &unit.machine);
    // If the machine is down, the next hook starts it.
    let machine = if io::stdin().is_terminal() { client.machines()?.find(&id)? } else { None };
    let session = machine.as_ref().map(|machine| Session::in_machine(machine, &name)).transpose()?.flatten();
    let debugger =
        Debugger::begin(client.store.folder(), &model.uuid, &name, &filter).context("cannot wait for hooks")?;
    let debugger = match (debugger, &session) {
        (Some(debugger), _) => debugger,
        // Juju 3.6: its client script in internal/worker/uniter/runner/debug/client.go.
        (None, Some(session)) if session.is_open()? => {
            client.progress.info("Found existing debug sessions, attempting to reconnect");
            session.attach()?;
            return Ok(ExitCode::SUCCESS);
        }
        (None, _) => bail!("another command is debugging the unit {name:?}"),
    };
    let stopped = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&stopped)).context("cannot listen for signals")?;
    }
    if let Some(session) = session {
        session.run(&debugger, mode, &stopped)?;
        return Ok(ExitCode::SUCCESS);
    }
    loop {
        client.progress.info(&format!("waiting for the next hook of {name} (Ctrl-C ends it)"));
        let is_over = || stopped.load(Ordering::Relaxed) || is_closed();
        let Some(hook) = debugger.next(is_over).context("cannot wait for hooks")? else { break };
        client.progress.info(&format!("{name} {}:", hook.name));
        let code = run_hook(client, &model, &unit.machine, &hook, mode)?;
        debugger.report_end(&hook, code).context("cannot end the hook")?;
        // Ctrl-C was meant for the hook.
        stopped.store(false, Ordering::Relaxed);
        if code.is_none() || !may_have_input() {
            break;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Check the names of hooks and actions. Juju 3.6: `validateHooksOrActions` in cmd/juju/ssh/debughooks.go.
fn check_names(application: &Application, target: &str, names: &[String]) -> anyhow::Result<()> {
    let meta = charm::metadata(application)?;
    let (hooks, actions) = (hook_names(&meta), meta.actions.keys().cloned().collect::<BTreeSet<String>>());
    let list = |names: &BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>().join(" ");
    match names.iter().find(|name| !hooks.contains(*name) && !actions.contains(*name)) {
        Some(name) => bail!(
            "unit {target:?} contains neither hook nor action {name:?}, valid actions are [{}] and valid hooks are [{}]",
            list(&actions),
            list(&hooks)
        ),
        None => Ok(()),
    }
}

/// The hooks that a charm can have. github.com/juju/charm: `Hooks` in meta.go.
fn hook_names(meta: &CharmMeta) -> BTreeSet<String> {
    // Juju once ran `remove-unit`, but no longer knows it.
    let others = EventName::others().filter(|hook| *hook != EventName::Other("remove-unit".to_owned()));
    let endpoints = meta.relations.keys().map(String::as_str).chain(["juju-info"]);
    let hooks = EventName::of_unit().into_iter().chain(others);
    let hooks = hooks.chain(endpoints.flat_map(EventName::of_relation));
    hooks
        .chain(meta.storages.keys().flat_map(|name| EventName::of_storage(name)))
        .filter_map(|hook| hook.hook_name())
        .collect()
}

/// Run a hook for the user. Returns its exit code; `None` if it was killed, or the user detached.
fn run_hook(
    client: &Client,
    model: &Model,
    number: &str,
    hook: &DebugHook,
    mode: &DebugMode<'_>,
) -> anyhow::Result<Option<u8>> {
    let id = machine_id(model, number);
    let machine = client.machines()?.find(&id)?.with_context(|| format!("machine {number} is down"))?;
    let terminal = io::stdin().is_terminal();
    let command = |program: &str| -> anyhow::Result<Command> {
        let mut command = machine.command(program, &hook.folder)?;
        command.env_clear().envs(hook.environment.iter().map(|(name, value)| (name, value)));
        command.env("PS1", prompt(hook));
        if let (true, Ok(name)) = (terminal, env::var("TERM")) {
            command.env("TERM", name);
        }
        Ok(command)
    };
    match mode {
        DebugMode::Code(at) => {
            let mut command = command(hook.program.first().map_or("", String::as_str))?;
            command.args(&hook.program[1..]).env("JUJU_DEBUG_AT", at);
            Ok(exit_code(command.status().context("cannot run the hook")?))
        }
        DebugMode::Shell => {
            let mut command = command("/bin/bash")?;
            // The prompt is in the environment.
            command.args(["--noprofile", "--norc"]);
            let status = command.status().context("cannot run a shell")?;
            reclaim_terminal();
            Ok(exit_code(status))
        }
    }
}

fn unit_name(hook: &DebugHook) -> &str {
    let unit = hook.environment.iter().find(|(name, _)| name == "JUJU_UNIT_NAME");
    unit.map(|(_, unit)| unit.as_str()).unwrap_or_default()
}

/// The prompt of a hook's shell, as Juju sets it.
fn prompt(hook: &DebugHook) -> String {
    let path = hook.environment.iter().find(|(name, _)| name == "JUJU_DISPATCH_PATH");
    format!("{}:{} % ", unit_name(hook), path.map_or(&hook.name, |(_, path)| path))
}

fn exit_code(status: ExitStatus) -> Option<u8> {
    status.code().and_then(|code| u8::try_from(code).ok())
}

/// Take the terminal back. A shell in another PID namespace cannot return it when it ends.
fn reclaim_terminal() {
    if !io::stdin().is_terminal() {
        return;
    }
    let mut blocked = SigSet::empty();
    blocked.add(Signal::SIGTTOU);
    // Otherwise Ctrl-C would not reach this process, and the user would have to close the terminal.
    let _ = blocked.thread_block();
    let _ = rustix::termios::tcsetpgrp(io::stdin(), rustix::process::getpgrp());
    let _ = blocked.thread_unblock();
}

/// Whether standard input may have more: a terminal, or a pipe with a writer.
fn may_have_input() -> bool {
    io::stdin().is_terminal() || is_pipe() && !is_closed()
}

fn is_pipe() -> bool {
    fs::metadata("/proc/self/fd/0").is_ok_and(|meta| meta.file_type().is_fifo())
}

/// Whether standard input is a pipe without writers that was read to its end.
fn is_closed() -> bool {
    let stdin = io::stdin();
    let mut fds = [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
    let ready = is_pipe() && poll(&mut fds, PollTimeout::ZERO).is_ok();
    let flags = fds[0].revents().unwrap_or(PollFlags::empty());
    ready && flags.contains(PollFlags::POLLHUP) && !flags.contains(PollFlags::POLLIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hooks_of_a_charm_are_those_of_its_unit_its_endpoints_and_its_storage() {
        let metadata = "name: web\nsummary: s\ndescription: d\nrequires:\n  db: {interface: pg}\n\
                        storage:\n  data: {type: filesystem}\n";
        let names = hook_names(&CharmMeta::from_parts(metadata, None, None).unwrap());
        for name in ["install", "db-relation-broken", "juju-info-relation-joined", "data-storage-attached"] {
            assert!(names.contains(name), "{name}");
        }
        assert!(!names.contains("other-relation-joined"));
    }

    #[test]
    fn the_first_word_must_be_a_unit() {
        let check_unit = |words: &[&str]| check_unit(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        assert!(check_unit(&["web/0", "start"]).is_ok() && check_unit(&["web/leader"]).is_ok());
        assert_eq!(check_unit(&[]).unwrap_err().to_string(), "no unit name specified");
        assert_eq!(check_unit(&["web"]).unwrap_err().to_string(), r#""web" is not a valid unit name"#);
    }
}
