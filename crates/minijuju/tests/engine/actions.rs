//! Actions and commands on units.

use serde_json::Value;

use crate::rig::Rig;

const ACTIONS: &str = "
backup:
  description: Back up.
  params:
    path: {type: string, default: /tmp}
  additionalProperties: false
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
    action-set path="$(action-get path)" size.bytes=5
    ;;
actions/fail) action-fail "no luck" ;;
actions/crash) state-set lost=1; exit 7 ;;
actions/hang) status-set maintenance hanging; sleep 600 ;;
*) status-set active "$(state-get lost)" ;;
esac
"#;

fn deployed() -> Rig {
    let rig = Rig::new();
    let charm = rig.charm("web", DISPATCH, &[("actions.yaml", ACTIONS)]);
    rig.run(&["deploy", &charm]).ok();
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
fn exec_tells_its_steps_under_verbose_only() {
    let rig = deployed();
    let done = rig.run(&["exec", "--unit", "web/0", "echo here"]).ok();
    assert_eq!((done.stdout.trim(), done.stderr.as_str()), ("here", ""));
    let done = rig.run(&["exec", "--verbose", "--unit", "web/0", "echo here"]).ok();
    assert!(done.stderr.contains("Waiting for task"), "{}", done.stderr);
}

#[test]
#[ignore = "needs root: it starts machines"]
fn an_action_fails_by_its_word_or_its_exit_code_and_then_leaves_no_trace() {
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
fn what_a_charm_does_not_define_is_not_scheduled() {
    let rig = deployed();
    for (words, why) in [
        (["web/0", "nope"].as_slice(), r#"action "nope" not defined on unit "web/0""#),
        (&["web/7", "backup"], r#"unit "web/7" not found"#),
        (&["db/leader", "backup"], r#"could not determine leader for "db""#),
        (&["web/0", "backup", "path=5"], "validation failed: (root).path : must be of type string, given 5"),
        (&["web/0", "backup", "other=x"], r#"additional property "other" is not allowed"#),
    ] {
        let done = rig.run(&[["run"].as_slice(), words].concat()).ok();
        assert_eq!(done.stdout, "");
        assert!(done.stderr.contains("failed to schedule any tasks") && done.stderr.contains(why), "{done:?}");
    }
}

#[test]
#[ignore = "needs root: it starts machines"]
fn an_action_goes_on_when_nobody_waits_for_it_any_more() {
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
}
