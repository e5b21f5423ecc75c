//! `juju-exec` in a machine: it wakes the charm, although no command of minijuju waits outside.

use std::fs;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::fixture::eventually;
use crate::rig::Rig;

/// As rollingops in charmlibs does it: a process that outlives its hook makes the unit run one of the charm's hooks.
const DISPATCH: &str = r#"
case $JUJU_DISPATCH_PATH in
hooks/start)
    cat > /root/waker <<END
until [ -e /root/wake-now ]; do sleep 0.01; done
/usr/bin/juju-exec -u $JUJU_UNIT_NAME "JUJU_DISPATCH_PATH=hooks/woken $JUJU_CHARM_DIR/dispatch" > /root/said 2>&1
echo \$? >> /root/said
END
    setsid env -u JUJU_CONTEXT_ID sh /root/waker </dev/null >/dev/null 2>&1 &
    status-set active asleep
    ;;
hooks/woken)
    echo "woken $JUJU_HOOK_NAME${JUJU_ACTION_NAME-}"
    state-set woken=yes
    status-set active woken
    ;;
hooks/update-status) touch /root/wake-now; sleep 0.3; state-set busy=no ;;
esac
"#;

fn deployed() -> Rig {
    let rig = Rig::new();
    let charm = rig.charm("web", DISPATCH, &[]);
    rig.run(&["deploy", &charm]).ok();
    rig
}

/// Run a line of shell as root in the unit's machine, outside of any hook.
fn inside(rig: &Rig, line: &str) -> crate::rig::CommandResult {
    rig.run(&["ssh", "root@web/0", line])
}

/// The PIDs of the agents of a rig's machines.
fn agents(rig: &Rig) -> Vec<i32> {
    let data = rig.folder().join("data").to_string_lossy().into_owned();
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let is_agent = |number: &i32| {
        let command = fs::read(format!("/proc/{number}/cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command);
        command.contains("machine-agent") && command.contains(&data)
    };
    numbers.filter(is_agent).collect()
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_background_process_can_dispatch_its_charm_while_no_minijuju_command_runs() {
    let rig = deployed();
    assert_eq!(rig.workload("web/0").1, "asleep");
    fs::write(rig.folder().join("wake-now"), "").unwrap();
    rig.run(&["scp", "wake-now", "root@web/0:/root/wake-now"]).ok();
    rig.wait_for("web/0", "active", "woken");
    eventually("the caller has its answer", || rig.read("web/0", "/root/said") == "woken \n0\n");
    assert_eq!(rig.run(&["exec", "--unit", "web/0", "state-get woken"]).ok().stdout, "yes\n");
    let operations = rig.run(&["operations", "--format", "json"]).ok().stdout;
    assert!(operations.contains("state-get woken") && !operations.contains("dispatch"), "{operations}");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_command_waits_until_the_hook_that_runs_is_done() {
    let rig = deployed();
    rig.run(&["fire", "web/0", "update-status"]).ok();
    rig.wait_for("web/0", "active", "woken");
    eventually("the caller has its answer", || rig.read("web/0", "/root/said") == "woken \n0\n");
    let state = rig.run(&["exec", "--unit", "web/0", "state-get busy; state-get woken"]).ok().stdout;
    assert_eq!(state, "no\nyes\n");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_caller_gets_what_the_command_printed_and_its_exit_code() {
    let rig = deployed();
    let done = inside(&rig, "juju-exec 'echo out; echo err >&2; status-set blocked told; exit 7'");
    assert_eq!((done.code, done.stdout.as_str(), done.stderr.as_str()), (7, "out\n", "err\n"));
    assert_eq!(rig.workload("web/0"), ("blocked".to_owned(), "told".to_owned()));
    assert_eq!(inside(&rig, "juju-run -u web/0 'unit-get private-address; pwd'").ok().stdout.lines().count(), 2);
    let names = inside(&rig, "juju-exec -u '' 'env | grep -c ^JUJU_ACTION; echo $JUJU_CONTEXT_ID'").ok().stdout;
    assert!(names.starts_with("0\nweb/0-run-commands-"), "{names}");
    for (line, code, reason) in [
        ("juju-exec web/9 true", 1, "ERROR unit \"web/9\" not found on this machine\n"),
        ("juju-exec -r 77 web/0 true", 1, "ERROR unknown relation id: 77\n"),
        ("juju-exec", 2, "ERROR missing unit-name\n"),
        ("juju-exec web/0 \"open-port nothing\"", 2, ""),
        (
            "JUJU_CONTEXT_ID=web/0-x-1 juju-exec web/0 true",
            2,
            "ERROR juju-exec cannot be called from within a hook, have context \"web/0-x-1\"\n",
        ),
    ] {
        let done = inside(&rig, line);
        assert_eq!(done.code, code, "{line}: {done:#?}");
        assert!(reason.is_empty() || done.stderr == reason, "{line}: {done:#?}");
    }
    assert_eq!(inside(&rig, "juju-exec --no-context 'echo $0 ${JUJU_UNIT_NAME-none}'").ok().stdout, "/bin/bash none\n");
    let refused = rig.run(&["ssh", "web/0", "juju-exec web/0 true"]);
    assert!(refused.code == 1 && refused.stderr.contains("ermission denied"), "{refused:#?}");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_machine_has_one_agent_which_is_restarted_and_stops_with_the_machine() {
    let rig = deployed();
    let first = agents(&rig);
    assert_eq!(first.len(), 1);
    rig.run(&["config", "web"]).ok();
    rig.run(&["fire", "web/0", "config-changed"]).ok();
    assert_eq!(agents(&rig), first);
    kill(Pid::from_raw(first[0]), Signal::SIGKILL).unwrap();
    eventually("the agent is gone", || agents(&rig).is_empty());
    assert_eq!(inside(&rig, "juju-exec web/0 true").code, 1);
    rig.run(&["fire", "web/0", "config-changed"]).ok();
    assert_eq!(agents(&rig).len(), 1);
    inside(&rig, "juju-exec web/0 true").ok();
    rig.run(&["clean", "--no-prompt"]).ok();
    assert_eq!(agents(&rig), Vec::<i32>::new());
}
