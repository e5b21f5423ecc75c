//! `debug-hooks` and `debug-code`: hooks run by hand.

use std::io::{BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, ChildStdin, Command, Stdio};

use crate::fixture::{eventually, needs_root_and, output};
use crate::rig::{Rig, read_until};

/// A debugging command, with a writer for its input.
struct Debugger {
    child: Child,
    stderr: BufReader<ChildStderr>,
    typed: Option<ChildStdin>,
}

impl Debugger {
    fn begin(rig: &Rig, args: &[&str]) -> Self {
        let mut command = rig.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let typed = child.stdin.take();
        let mut debugger = Self { child, stderr, typed };
        debugger.until("waiting for the next hook of web/0 (Ctrl-C ends it)");
        debugger
    }

    #[track_caller]
    fn until(&mut self, wanted: &str) {
        read_until(&mut self.stderr, wanted);
    }

    fn type_in(&mut self, text: &str) {
        self.typed.as_mut().unwrap().write_all(text.as_bytes()).unwrap();
    }

    /// Close its input, and wait for its end.
    fn end(mut self) -> String {
        drop(self.typed.take());
        let mut printed = String::new();
        std::io::Read::read_to_string(&mut self.child.stdout.take().unwrap(), &mut printed).unwrap();
        assert!(self.child.wait().unwrap().success());
        printed
    }
}

impl Drop for Debugger {
    fn drop(&mut self) {
        // It may already have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const OPTIONS: (&str, &str) = ("config.yaml", "options:\n  slug: {type: string, default: none}\n");

/// A charm that records its last hook and the value of `JUJU_DEBUG_AT`.
fn deployed() -> Rig {
    let rig = Rig::new();
    let dispatch = "status-set active \"$JUJU_DISPATCH_PATH${JUJU_DEBUG_AT:+ $JUJU_DEBUG_AT}\"; echo ran by the charm";
    let actions = ("actions.yaml", "backup: {description: d}\n");
    rig.run(&["deploy", &rig.charm("web", dispatch, &[OPTIONS, actions])]).ok();
    rig
}

#[test]
#[ignore = "needs root: it starts machines"]
fn debug_hooks_runs_a_shell_in_place_of_hooks_and_uses_its_exit_code() {
    let rig = deployed();
    let mut debugger = Debugger::begin(&rig, &["debug-hooks", "web/0"]);
    let refused = rig.run(&["debug-hook", "web/0"]).error();
    assert_eq!(refused, "ERROR another command is debugging the unit \"web/0\"");

    debugger.type_in("pwd; status-set active \"$JUJU_HOOK_NAME with $(config-get slug)\"; exit 0\n");
    rig.run(&["config", "web", "slug=one"]).ok();
    assert_eq!(rig.workload("web/0"), ("active".to_owned(), "config-changed with one".to_owned()));

    debugger.type_in("exit 3\n");
    let failed = rig.run(&["config", "web", "slug=two"]).ok();
    assert!(failed.stderr.contains("✗ web/0 config-changed: exit status 3"), "{failed:?}");

    debugger.type_in("action-set to=\"$JUJU_ACTION_NAME\"; exit\n");
    let done = rig.run(&["run", "web/0", "backup", "--format", "json"]).ok().stdout;
    assert!(done.contains(r#""to":"backup""#), "{done}");

    debugger.type_in("./dispatch; exit $?\n");
    rig.run(&["resolved", "web/0"]).ok();
    assert_eq!(rig.workload("web/0").1, "hooks/config-changed");
    let printed = debugger.end();
    assert_eq!(printed, "/var/lib/juju/agents/unit-web-0/charm\nran by the charm\n");

    rig.run(&["config", "web", "slug=three"]).ok();
    assert_eq!(rig.workload("web/0").1, "hooks/config-changed", "nobody debugs it any more");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn only_named_hooks_are_debugged_and_a_hook_whose_debugger_ended_fails() {
    let rig = deployed();
    for (args, reason) in [
        (&["debug-hooks", "web/9"][..], "unit \"web/9\" not found"),
        (
            &["debug-hooks", "web/0", "nope"],
            "unit \"web/0\" contains neither hook nor action \"nope\", valid actions are [backup] and",
        ),
    ] {
        assert!(rig.run(args).error().starts_with(&format!("ERROR {reason}")), "{args:?}");
    }
    let mut debugger = Debugger::begin(&rig, &["debug-hooks", "web/0", "update-status"]);
    rig.run(&["config", "web", "slug=one"]).ok();
    assert_eq!(rig.workload("web/0").1, "hooks/config-changed");
    let fire = rig.command(&["fire", "web/0", "update-status"]).stderr(Stdio::piped()).spawn().unwrap();
    debugger.until("web/0 update-status:");
    drop(debugger);
    let output = fire.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(stderr.contains("✗ web/0 update-status: signal: SIGKILL"), "{stderr}");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn debug_code_runs_the_hook_itself_and_sets_juju_debug_at() {
    let rig = deployed();
    let debugger = Debugger::begin(&rig, &["debug-code", "web/leader", "--at=hook"]);
    rig.run(&["config", "web", "slug=one"]).ok();
    assert_eq!(rig.workload("web/0").1, "hooks/config-changed hook");
    assert_eq!(debugger.end(), "ran by the charm\n");
}

/// A command in a terminal, whose screen can be read and to which keys can be sent: a separate tmux.
struct Terminal {
    socket: PathBuf,
}

impl Terminal {
    fn begin(rig: &Rig, name: &str, args: &[&str]) -> Self {
        needs_root_and(&[("tmux", "tmux")]);
        let terminal = Self { socket: rig.folder().join(name) };
        let command = rig.command(args);
        let mut tmux = terminal.tmux();
        tmux.args(["-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "40"]);
        for (variable, value) in command.get_envs() {
            if let Some(value) = value {
                tmux.arg("-e").arg(format!("{}={}", variable.display(), value.display()));
            }
        }
        tmux.args(["sh", "-c", "\"$@\"; echo ended with $?; exec sleep 300", "sh"]);
        tmux.arg(command.get_program()).args(command.get_args()).env("TERM", "xterm");
        let begun = output(&mut tmux);
        assert!(begun.status.success(), "{begun:?}");
        terminal
    }

    fn tmux(&self) -> Command {
        let mut tmux = Command::new("tmux");
        tmux.arg("-S").arg(&self.socket).env_remove("TMUX").stdin(Stdio::null());
        tmux
    }

    fn shown(&self) -> String {
        String::from_utf8_lossy(&output(self.tmux().args(["capture-pane", "-p"])).stdout).into_owned()
    }

    #[track_caller]
    fn until(&self, wanted: &str) {
        eventually(&format!("{wanted:?} in {}", self.shown()), || self.shown().contains(wanted));
    }

    fn press(&self, keys: &[&str]) {
        assert!(output(self.tmux().arg("send-keys").args(keys)).status.success());
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = output(self.tmux().arg("kill-server"));
    }
}

/// What a background command printed, once it has ended.
fn output_of(child: Child) -> String {
    String::from_utf8_lossy(&child.wait_with_output().unwrap().stderr).into_owned()
}

fn spawn(rig: &Rig, args: &[&str]) -> Child {
    rig.command(args).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
#[ignore = "needs root: it starts machines"]
fn in_tmux_each_hook_has_a_window_in_the_session_of_the_unit() {
    let rig = deployed();
    let terminal = Terminal::begin(&rig, "one", &["debug-hooks", "web/0"]);
    terminal.until("[web/0] 0:bash");

    let config = spawn(&rig, &["config", "web", "slug=one"]);
    terminal.until("web/0:hooks/config-changed %");
    assert!(terminal.shown().contains("1:config-changed*"), "{}", terminal.shown());
    terminal.press(&["pwd; status-set active \"$(stat -c %a $JUJU_DEBUG): $(config-get slug)\"; exit 0", "Enter"]);
    assert!(output_of(config).contains("✓ web/0 config-changed"));
    assert_eq!(rig.workload("web/0"), ("active".to_owned(), "700: one".to_owned()));

    let config = spawn(&rig, &["config", "web", "slug=two"]);
    terminal.until("web/0:hooks/config-changed %");
    terminal.press(&["exit 3", "Enter"]);
    assert!(output_of(config).contains("✗ web/0 config-changed: exit status 3"));

    let resolved = spawn(&rig, &["resolved", "web/0"]);
    terminal.until("web/0:hooks/config-changed %");
    terminal.press(&["./dispatch; exit $?", "Enter"]);
    assert!(output_of(resolved).contains("✓ web/0 config-changed"));
    assert_eq!(rig.workload("web/0").1, "hooks/config-changed");

    // Another terminal joins the session.
    let other = Terminal::begin(&rig, "two", &["debug-hooks", "web/0"]);
    other.until("[web/0] 0:bash");
    let mut run = rig.command(&["run", "web/0", "backup", "--format", "json"]);
    let action = run.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    other.until("web/0:actions/backup %");
    drop(other);
    terminal.press(&["echo $JUJU_ACTION_NAME; tmux kill-session -t $JUJU_UNIT_NAME", "Enter"]);
    terminal.until("ended with 0");
    let done = String::from_utf8(action.wait_with_output().unwrap().stdout).unwrap();
    assert!(done.contains(r#""message":"signal: SIGKILL""#), "{done}");

    rig.run(&["config", "web", "slug=three"]).ok();
    assert_eq!(rig.workload("web/0").1, "hooks/config-changed", "nobody debugs it any more");
    let look = "ls -d /tmp/juju-debug* 2>/dev/null; pgrep --list-full tmux; true";
    eventually("nothing is left of it", || rig.run(&["exec", "--unit", "web/0", "--", look]).ok().stdout.is_empty());
}

#[test]
#[ignore = "needs root: it starts machines"]
fn detaching_from_the_session_ends_debugging_and_fails_its_hook() {
    let rig = deployed();
    let terminal = Terminal::begin(&rig, "one", &["debug-hooks", "web/0", "config-changed"]);
    terminal.until("[web/0] 0:bash");
    rig.run(&["fire", "web/0", "update-status"]).ok();
    assert_eq!(rig.workload("web/0").1, "hooks/update-status", "it was not named");
    let config = spawn(&rig, &["config", "web", "slug=one"]);
    terminal.until("web/0:hooks/config-changed %");
    terminal.press(&["C-a", "d"]);
    terminal.until("ended with 0");
    let output = output_of(config);
    assert!(output.contains("✗ web/0 config-changed: signal: SIGKILL"), "{output}");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn the_folders_of_a_killed_session_are_removed_by_the_next() {
    let rig = deployed();
    let left = ["/tmp/juju-debug-hooks-web_0-start-1", "/tmp/juju-debug-hooks-web_01-start-1"];
    rig.run(&["exec", "--unit", "web/0", "--", &format!("mkdir {}; touch {}/env.sh", left.join(" "), left[0])]).ok();
    let terminal = Terminal::begin(&rig, "one", &["debug-hooks", "web/0"]);
    terminal.until("[web/0] 0:bash");
    let there = rig.run(&["exec", "--unit", "web/0", "--", "ls -d /tmp/juju-debug-hooks*"]).ok().stdout;
    assert_eq!(there, format!("{}\n", left[1]));
    terminal.press(&["exit", "Enter"]);
    terminal.until("ended with 0");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn debug_code_runs_the_hook_in_a_window_that_closes_with_it() {
    let rig = deployed();
    let terminal = Terminal::begin(&rig, "one", &["debug-code", "--at=hook", "web/0"]);
    terminal.until("[web/0] 0:bash");
    rig.run(&["config", "web", "slug=one"]).ok();
    assert_eq!(rig.workload("web/0").1, "hooks/config-changed hook");
    terminal.until("[web/0] 0:bash*");
    terminal.press(&["exit", "Enter"]);
    terminal.until("ended with 0");
}
