//! Actions and commands on units.

use std::fs;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::fixture::{eventually, finish};
use crate::rig::Rig;

const ACTIONS: &str = "
backup:
  description: Back up.
  params:
    path: {type: string, default: /tmp}
    level: {type: integer, minimum: 1}
    how: {type: object, properties: {deep: {type: boolean, default: true}, mode: {enum: [full, part]}}}
  additionalProperties: false
named:
  params:
    name: {type: string, default: you}
  required: [name]
fail:
  description: Fail.
crash:
  description: Crash.
hang:
  description: Hang.
";

const DISPATCH: &str = r#"
case $JUJU_DISPATCH_PATH in
actions/backup)
    action-log working
    echo "to $(action-get path)"
    echo odd >&2
    action-set path="$(action-get path)" size.bytes=5 deep="$(action-get how.deep)"
    ;;
actions/fail) action-fail "no luck" ;;
actions/crash) state-set lost=1; exit 7 ;;
actions/hang) status-set maintenance hanging; sleep 600 ;;
*) status-set active "$(state-get lost)" ;;
esac
"#;

fn deployed() -> Rig {
    deployed_as("web")
}

/// Under a unique name, for tests that look for the unit's processes: other tests run at the same time.
fn deployed_as(name: &str) -> Rig {
    let rig = Rig::new();
    let charm = rig.charm("web", DISPATCH, &[("actions.yaml", ACTIONS)]);
    rig.run(&["deploy", &charm, name]).ok();
    rig
}

fn task(stdout: &str) -> Value {
    let tasks: Value = serde_json::from_str(stdout).unwrap();
    tasks["web/0"].clone()
}

#[test]
#[ignore = "needs root: it starts machines"]
fn an_action_gives_results_output_and_log() {
    let rig = deployed();
    let done = rig.run(&["run", "--format", "json", "web/leader", "backup", "path=/data"]).ok();
    let task = task(&done.stdout);
    assert_eq!(task["status"], "completed");
    assert_eq!(task["results"]["path"], "/data");
    assert_eq!(task["results"]["size"]["bytes"], "5");
    assert_eq!(task["results"]["deep"], "True", "the default of a parameter in another");
    assert_eq!(task["results"]["return-code"], 0);
    assert_eq!(task["results"]["stdout"], "to /data\n");
    assert_eq!(task["results"]["stderr"], "odd\n");
    assert!(task["log"][0].as_str().unwrap().ends_with("working"), "{task}");
    assert!(done.stderr.contains("Running operation 1 with 1 task"), "{}", done.stderr);
    let shown = rig.run(&["show-task", "2", "--format", "json"]).ok().stdout;
    assert!(shown.contains(r#""path":"/data""#), "{shown}");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn exec_reports_its_steps_with_verbose_only() {
    let rig = deployed();
    let done = rig.run(&["exec", "--unit", "web/0", "echo here"]).ok();
    assert_eq!((done.stdout.trim(), done.stderr.as_str()), ("here", ""));
    let done = rig.run(&["exec", "--verbose", "--unit", "web/0", "echo here"]).ok();
    assert!(done.stderr.contains("Waiting for task"), "{}", done.stderr);
}

#[test]
#[ignore = "needs root: it starts machines"]
fn an_action_that_fails_by_action_fail_or_its_exit_code_changes_nothing() {
    let rig = deployed();
    let failed = task(&rig.run(&["run", "--format", "json", "web/0", "fail"]).stdout);
    assert_eq!((&failed["status"], &failed["message"]), (&"failed".into(), &"no luck".into()));
    let crashed = rig.run(&["run", "--format", "json", "web/0", "crash"]);
    assert_eq!(crashed.code, 1);
    assert!(
        crashed.stderr.contains("the following task failed:\n - id \"4\" with return code 7"),
        "{}",
        crashed.stderr
    );
    assert_eq!(task(&crashed.stdout)["message"], "exit status 7");
    rig.run(&["fire", "web/0", "update-status"]).ok();
    assert_eq!(rig.workload("web/0"), ("active".to_owned(), String::new()), "its stored state is dropped");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn undefined_hooks_are_not_scheduled() {
    let rig = deployed();
    for (words, reason) in [
        (["web/0", "nope"].as_slice(), r#"action "nope" not defined on unit "web/0""#),
        (&["web/7", "backup"], r#""unit-web-7" not found"#),
        (&["db/leader", "backup"], r#"could not determine leader for "db""#),
        (&["web/0", "backup", "path=5"], "validation failed: (root).path : must be of type string, given 5"),
        (
            &["web/0", "backup", "other=x", "level=0", "how.mode=odd"],
            concat!(
                r#"validation failed: (root) : additional property "other" is not allowed, "#,
                r#"given {"how":{"mode":"odd"},"level":0,"other":"x"}; "#,
                r#"(root).how.mode : must match one of the enum values ["full","part"], given "odd"; "#,
                r#"(root).level : must be greater than 1, given "0""#
            ),
        ),
        (&["web/0", "named"], r#"validation failed: (root) : "name" property is missing and required, given {}"#),
    ] {
        let done = rig.run(&[["run"].as_slice(), words].concat()).ok();
        assert_eq!(done.stdout, "");
        assert!(done.stderr.contains("failed to schedule any tasks") && done.stderr.contains(reason), "{done:?}");
    }
}

#[test]
#[ignore = "needs root: it starts machines"]
fn an_action_continues_when_nobody_waits_for_it() {
    let rig = deployed();
    let error = rig.run(&["run", "web/0", "hang", "--wait", "200ms"]).error();
    assert_eq!(error, "ERROR timed out waiting for results from: unit web/0");
    rig.wait_for("web/0", "maintenance", "hanging");
    let shown = rig.run(&["show-task", "2", "--format", "json"]).ok().stdout;
    assert!(shown.contains(r#""status":"running""#), "{shown}");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_command_on_a_unit_runs_in_its_context() {
    let rig = deployed();
    let done = rig.run(&["exec", "--unit", "web/0", "--", "is-leader; printf raw; open-port 8080; exit 3"]);
    assert_eq!(done.code, 1);
    assert!(done.stdout.starts_with("True\nraw"), "{done:?}");
    assert!(done.stderr.contains("with return code 3"), "{done:?}");
    assert_eq!(rig.unit("web/0")["open-ports"][0], "8080/tcp", "a command that fails is one that ran");
    let done = rig.run(&["exec", "--application", "web", "--format", "json", "--", "sleep 60", "--wait", "1s"]);
    assert_ne!(done.code, 0, "{done:?}");
    let error = rig.run(&["exec", "--application", "web,db", "--", "true"]).error();
    assert_eq!(error, r#"ERROR application "db" not found"#);
    let error = rig.run(&["exec", "--unit", "web/0,db/leader", "--", "true"]).error();
    assert_eq!(error, r#"ERROR could not determine leader for "db""#);
    let done = rig.run(&["exec", "--machine", "0", "--format", "json", "--", "hostname; is-leader"]);
    let tasks: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(tasks["0"]["results"]["stdout"], format!("{}\n", rig.unit_hostname()));
    assert_eq!(tasks["0"]["results"]["return-code"], 127, "outside of a unit there are no hook commands");
    let command = r#""hostname; is-leader" run on machine-0"#;
    let listed = rig.run(&["operations", "--machines", "0"]).ok().stdout;
    assert!(listed.contains(command) && !listed.contains("unit-web-0"), "{listed}");
    let listed = rig.run(&["operations"]).ok().stdout;
    assert!(!listed.contains(command) && listed.contains("unit-web-0"), "{listed}");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_command_on_a_machine_that_takes_too_long_has_failed_without_results() {
    let rig = deployed();
    let done = rig.run(&["exec", "--machine", "0", "--wait", "1s", "--", "sleep 1000"]);
    assert_eq!(done.error(), "ERROR timed out waiting for results from: machine 0");
    let task = task_once(&rig, "2", |task| task["status"] == "failed");
    assert_eq!((&task["message"], &task["results"]), (&"command timed out".into(), &serde_json::json!({})));
}

/// A task, once it satisfies a condition.
#[track_caller]
fn task_once(rig: &Rig, id: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let shown = rig.run(&["show-task", id, "--format", "json"]).ok().stdout;
        let shown: Value = serde_json::from_str(&shown).unwrap();
        if is_so(&shown) {
            return shown;
        }
        assert!(Instant::now() < deadline, "30 s, and task {id} is {shown}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Run a command that must not wait for anything else.
#[track_caller]
fn at_once(rig: &Rig, args: &[&str]) -> crate::rig::CommandResult {
    let begun = Instant::now();
    let done = rig.run(args);
    assert!(begun.elapsed() < Duration::from_secs(20), "{args:?} waited: {done:?}");
    done.ok()
}

#[test]
#[ignore = "needs root: it starts machines"]
fn no_unit_waits_for_another_units_action() {
    let rig = deployed();
    rig.run(&["add-unit", "web"]).ok();
    rig.run(&["run", "web/0", "hang", "--wait", "200ms"]).error();
    rig.wait_for("web/0", "maintenance", "hanging");
    let done = at_once(&rig, &["run", "--format", "json", "web/1", "backup"]);
    assert!(done.stdout.contains(r#""status":"completed""#), "{done:?}");
    at_once(&rig, &["fire", "web/1", "update-status"]);
    at_once(&rig, &["add-unit", "web"]);
    assert_eq!(rig.workload("web/2").0, "active");
    let charm = rig.charm("web", DISPATCH, &[("actions.yaml", ACTIONS)]);
    at_once(&rig, &["refresh", "web", "--path", &charm]);
    assert_eq!(task_once(&rig, "2", |_| true)["status"], "running");
    // Once the action has ended, the unit runs its other hooks.
    let waiting = rig.command(&["run", "--format", "json", "web/0", "backup"]).stdout(Stdio::piped()).spawn().unwrap();
    rig.run(&["cancel-task", "2"]).ok();
    let output = waiting.wait_with_output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains(r#""status":"completed""#), "{output:?}");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_running_action_is_stopped_by_cancel_task() {
    let rig = deployed_as("cancelled");
    rig.run(&["run", "--background", "cancelled/0", "hang"]).ok();
    rig.wait_for("cancelled/0", "maintenance", "hanging");
    let shown = rig.run(&["cancel-task", "2"]).ok().stdout;
    let expected =
        "actions:\n- action: hang\n  completed at: n/a\n  id: \"2\"\n  status: aborting\n  unit: cancelled/0\n";
    assert_eq!(shown, expected);
    let task = task_once(&rig, "2", |task| task["status"] != "aborting");
    assert_eq!((&task["status"], &task["message"]), (&"aborted".into(), &"action terminated".into()));
    assert_eq!(Rig::processes_of("cancelled/0"), Vec::<std::path::PathBuf>::new());
    // A task that has ended, or does not exist, is shown as such.
    let shown = rig.run(&["cancel-task", "2", "99", "--format", "json"]).ok().stdout;
    let shown: Value = serde_json::from_str(&shown).unwrap();
    let ended = &shown["actions"][0];
    assert_eq!(
        (&ended["action"], &ended["status"], &ended["unit"]),
        (&"hang".into(), &"aborted".into(), &"cancelled/0".into())
    );
    assert_ne!(ended["completed at"], "n/a");
    let unknown = serde_json::json!({
        "action": "", "completed at": "n/a", "error": "action \"99\" not found", "id": "99", "status": "", "unit": ""
    });
    assert_eq!(shown["actions"][1], unknown);
    rig.run(&["run", "cancelled/0", "backup"]).ok();
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_running_command_on_a_machine_is_stopped_by_cancel_task() {
    let rig = deployed();
    // Including a process that left its process group.
    let mark = format!("TEST_MARK={}", rig.folder().display());
    let script = format!("echo begun; export {mark}; setsid sleep 1000 & sleep 1000");
    let mut exec = rig.command(&["exec", "--machine", "0", "--format", "json", "--", &script]);
    let exec = exec.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    eventually("both processes run", || Rig::processes_with(&mark).len() == 2);
    let shown = rig.run(&["cancel-task", "2", "--format", "json"]).ok().stdout;
    assert!(shown.contains(r#""status":"aborting""#), "{shown}");
    let output = finish(exec, "exec --machine");
    let tasks: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&tasks["0"]["status"], &tasks["0"]["message"]), (&"aborted".into(), &"action terminated".into()));
    assert_eq!(tasks["0"]["results"], serde_json::json!({ "stdout": "begun\n" }));
    assert_eq!(Rig::processes_with(&mark), Vec::<std::path::PathBuf>::new());
    let shown = rig.run(&["cancel-task", "2", "--format", "json"]).ok().stdout;
    let shown: Value = serde_json::from_str(&shown).unwrap();
    let ended = &shown["actions"][0];
    assert_eq!((&ended["status"], &ended["unit"]), (&"aborted".into(), &"machine-0".into()));
}

/// Kill the process that runs a rig's actions in the background.
fn kill_background(rig: &Rig) {
    let data = format!("MINIJUJU_DATA={}", rig.folder().join("data").display());
    let mut killed = 0;
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let read = |name: &str| fs::read(entry.path().join(name)).unwrap_or_default();
        let has = |bytes: Vec<u8>, word: &str| bytes.split(|byte| *byte == 0).any(|one| one == word.as_bytes());
        if has(read("cmdline"), "settle-model") && has(read("environ"), &data) {
            let pid = entry.file_name().into_string().unwrap().parse().unwrap();
            nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL).unwrap();
            killed += 1;
        }
    }
    assert_eq!(killed, 1);
}

#[test]
#[ignore = "needs root: it starts machines"]
fn an_action_whose_minijuju_was_killed_has_failed() {
    let rig = deployed_as("terminated");
    rig.run(&["run", "--background", "terminated/0", "hang"]).ok();
    rig.wait_for("terminated/0", "maintenance", "hanging");
    kill_background(&rig);
    let task = task_once(&rig, "2", |task| task["status"] != "running");
    assert_eq!((&task["status"], &task["message"]), (&"failed".into(), &"action terminated".into()));
    assert_eq!(Rig::processes_of("terminated/0"), Vec::<std::path::PathBuf>::new());
    assert_eq!(rig.unit("terminated/0")["juju-status"]["current"], "idle");
    // An action that was being stopped counts as stopped.
    rig.run(&["run", "--background", "terminated/0", "hang"]).ok();
    task_once(&rig, "4", |task| task["status"] == "running");
    kill_background(&rig);
    rig.run(&["cancel-task", "4"]);
    let task = task_once(&rig, "4", |task| !["running", "aborting"].iter().any(|status| task["status"] == *status));
    assert!(["failed", "aborted"].iter().any(|status| task["status"] == *status), "{task}");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_command_on_a_machine_whose_minijuju_was_killed_has_failed() {
    let rig = deployed();
    let mut exec = rig.command(&["exec", "--machine", "0", "--", "sleep 1000"]).spawn().unwrap();
    wait_for_task(&rig, "2");
    exec.kill().unwrap();
    exec.wait().unwrap();
    let task = task_once(&rig, "2", |task| task["status"] != "running");
    assert_eq!((&task["status"], &task["message"]), (&"failed".into(), &"action terminated".into()));
}

/// Wait until a task exists and runs.
#[track_caller]
fn wait_for_task(rig: &Rig, id: &str) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !rig.run(&["show-task", id, "--format", "json"]).stdout.contains(r#""status":"running""#) {
        assert!(Instant::now() < deadline, "30 s, and task {id} does not run");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_refusal_of_changes_is_printed_and_logged() {
    let rig = deployed();
    let refused = ["exec", "--unit", "web/0", "--format", "json", "echo odd >&2; open-port 80 --endpoints nope"];
    let ran = task(&rig.run(&refused).stdout);
    assert_eq!((&ran["status"], &ran["message"]), (&"failed".into(), &"committing requested changes failed".into()));
    let reason = "cannot open/close ports: open port range: endpoint \"nope\" for unit \"web/0\" not found";
    assert_eq!(ran["results"]["stderr"], format!("odd\n\n{reason}"));
    let log = rig.run(&["debug-log", "--replay", "--no-tail"]).ok().stdout;
    assert!(log.contains(&format!("cannot apply changes: {reason}")), "{log}");
}
