//! The environment of a hook's processes: what Juju's agent gives them, whoever runs minijuju.

use std::process::Command;

use crate::rig::Rig;

/// Prints what a process inherits.
const LOG_INHERITED: &str = r#"
juju-log "umask $(umask)"
juju-log "nofile $(ulimit -Sn) $(ulimit -Hn)"
juju-log "file size $(ulimit -Sf)"
juju-log "nice $(awk '{print $19}' /proc/$$/stat)"
juju-log "descriptors $(sh -c 'for n in 0 1 2 3 4 5 6 7 8 9; do [ -e /proc/$$/fd/$n ] && printf " $n"; done')"
juju-log "$(grep '^SigBlk' /proc/$$/status | tr -s '\t\n' ' ')"
juju-log "ignored $(perl -e 'print join " ", grep { $SIG{$_} eq "IGNORE" } qw(HUP INT QUIT TERM USR1 CHLD)')"
juju-log "$(grep -E '^(CapInh|CapAmb)' /proc/$$/status | tr -s '\t\n' ' ')"
juju-log "$(sed -n 's/^CapEff:\t/effective /p' /proc/self/status)"
juju-log "$(sed -n 's/^CapBnd:\t/bounding /p' /proc/self/status)"
status-set active
"#;

/// Runs a command with everything changed that a process inherits.
const ODD_CALLER: &str = r#"
umask 077; ulimit -Sn 300; ulimit -Sf 8000000
trap "" HUP INT QUIT TERM USR1 CHLD
exec 7</etc/passwd 9>/dev/null
# What this computer itself withholds cannot be passed on.
caps=$(for cap in sys_time sys_module syslog net_admin; do
    setpriv --inh-caps "+$cap" true 2>/dev/null && printf ",+$cap"; done)
exec nice -n 5 setpriv --inh-caps "${caps#,}" --ambient-caps "${caps#,}" -- "$@"
"#;

/// Capabilities that no machine may have: kernel modules and the clock.
const FORBIDDEN: u64 = 1 << 16 | 1 << 25;

#[test]
#[ignore = "needs root: it starts machines"]
fn a_hook_gets_the_environment_of_jujus_agent_and_not_the_callers() {
    let rig = Rig::new();
    let charm = rig.charm("web", LOG_INHERITED, &[]);
    rig.run_by(ODD_CALLER, &["deploy", &charm]).ok();
    let logged = rig.logged();
    // If root may not raise a limit, as in some containers, it stays.
    let may_raise = Command::new("prlimit").args(["--nofile=64000:64000", "true"]).status().unwrap().success();
    let hard_limit = String::from_utf8(Command::new("sh").args(["-c", "ulimit -Hn"]).output().unwrap().stdout).unwrap();
    let nofile = if may_raise { "nofile 64000 64000".to_owned() } else { format!("nofile {0} {0}", hard_limit.trim()) };
    for line in [
        "umask 0022",
        &nofile,
        "file size unlimited",
        "nice 0",
        "descriptors  0 1 2",
        "SigBlk: 0000000000000000 ",
        "ignored ",
        "CapInh: 0000000000000000 CapAmb: 0000000000000000 ",
    ] {
        assert!(logged.iter().any(|logged| logged == line), "{line}: {logged:#?}");
    }
}

#[test]
#[ignore = "needs root: it starts machines"]
fn no_process_of_a_machine_can_change_the_kernels_clock_or_modules() {
    let rig = Rig::new();
    let charm = rig.charm("web", LOG_INHERITED, &[]);
    rig.run_by(ODD_CALLER, &["deploy", &charm]).ok();
    let mut logged = rig.logged();
    for args in [
        ["exec", "--machine", "0", "cat /proc/self/status /proc/1/status"],
        ["ssh", "root@web/0", "cat", "/proc/self/status"],
    ] {
        let status = rig.run_by(ODD_CALLER, &args).ok().stdout;
        for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
            let bits = status.lines().filter_map(|line| line.strip_prefix(set)?.strip_prefix(":\t"));
            logged.extend(bits.map(|bits| format!("{set} {bits}")));
        }
    }
    let sets: Vec<(&str, u64)> = logged
        .iter()
        .filter_map(|line| Some((line.as_str(), u64::from_str_radix(line.rsplit_once(' ')?.1, 16).ok()?)))
        .collect();
    assert!(sets.len() > 15, "{logged:#?}");
    for (line, set) in sets {
        assert_eq!(set & FORBIDDEN, 0, "{line}");
    }
}
