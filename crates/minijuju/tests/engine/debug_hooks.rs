//! `debug-hooks` and `debug-code`: hooks run by hand.

use std::io::{BufReader, Write as _};
use std::process::{Child, ChildStderr, ChildStdin, Stdio};

use crate::rig::{Rig, read_until};

/// A debugging command, with a writer for its input.
struct Debugger {
    child: Child,
    told: BufReader<ChildStderr>,
    typed: Option<ChildStdin>,
}

impl Debugger {
    fn begin(rig: &Rig, args: &[&str]) -> Self {
        let mut command = rig.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let told = BufReader::new(child.stderr.take().unwrap());
        let typed = child.stdin.take();
        let mut debugger = Self { child, told, typed };
        debugger.until("waiting for the next hook of web/0 (Ctrl-C ends it)");
        debugger
    }

    #[track_caller]
    fn until(&mut self, wanted: &str) {
        read_until(&mut self.told, wanted);
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
fn a_shell_takes_the_place_of_hooks_and_its_exit_code_is_theirs() {
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
fn only_hooks_that_were_named_are_debugged_and_one_whose_debugger_is_gone_fails() {
    let rig = deployed();
    for (args, why) in [
        (&["debug-hooks", "web/9"][..], "unit \"web/9\" not found"),
        (
            &["debug-hooks", "web/0", "nope"],
            "unit \"web/0\" contains neither hook nor action \"nope\", valid actions are [backup] and",
        ),
    ] {
        assert!(rig.run(args).error().starts_with(&format!("ERROR {why}")), "{args:?}");
    }
    let mut debugger = Debugger::begin(&rig, &["debug-hooks", "web/0", "update-status"]);
    rig.run(&["config", "web", "slug=one"]).ok();
    assert_eq!(rig.workload("web/0").1, "hooks/config-changed");
    let fire = rig.command(&["fire", "web/0", "update-status"]).stderr(Stdio::piped()).spawn().unwrap();
    debugger.until("web/0 update-status:");
    drop(debugger);
    let output = fire.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("✗ web/0 update-status: signal: SIGKILL"), "{told}");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn debug_code_runs_the_hook_itself_and_says_where_to_stop() {
    let rig = deployed();
    let debugger = Debugger::begin(&rig, &["debug-code", "web/leader", "--at=hook"]);
    rig.run(&["config", "web", "slug=one"]).ok();
    assert_eq!(rig.workload("web/0").1, "hooks/config-changed hook");
    assert_eq!(debugger.end(), "ran by the charm\n");
}
