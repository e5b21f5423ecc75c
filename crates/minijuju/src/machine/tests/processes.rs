//! A machine's processes: which keep running, end or are killed.

use std::fs;
use std::io;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, Stdio};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use super::super::{LaunchRequest, Launchers, Machine};
use super::fixture::{eventually, output};
use super::rig::{Rig, check_output, run, spec};

/// The PIDs, inside the machine, of the processes with these arguments.
fn find(machine: &Machine, args: &str) -> Vec<String> {
    let proc = machine.root().join("proc");
    let entries = fs::read_dir(proc).unwrap().flatten();
    let has_args = |path: &Path| {
        let command = fs::read(path.join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&command).replace('\0', " ").trim() == args
    };
    entries.filter(|entry| has_args(&entry.path())).map(|entry| entry.file_name().into_string().unwrap()).collect()
}

fn pid(child: &Child) -> Pid {
    Pid::from_raw(i32::try_from(child.id()).unwrap())
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_command_has_the_exit_code_or_signal_of_its_program() {
    let rig = Rig::new();
    let machine = rig.start(0);
    assert_eq!(run(&machine, "exit 7").status.code(), Some(7));
    assert_eq!(run(&machine, "kill -TERM $$").status.signal(), Some(15));
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_command_has_the_caller_s_environment_and_the_requested_folder() {
    let rig = Rig::new();
    let machine = rig.start(0);
    check_output(&machine, "mkdir '/srv/a charm'");
    let mut command = machine.command("sh", "/srv/a charm").unwrap();
    command.env_clear().env("PATH", "/usr/bin:/bin").env("JUJU_UNIT_NAME", "a/0");
    let output = output(command.args(["-c", "pwd; echo $JUJU_UNIT_NAME $HOME"]));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "/srv/a charm\na/0\n");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_command_sees_no_process_of_the_host() {
    let rig = Rig::new();
    let machine = rig.start(0);
    let here = std::process::id();
    assert!(!run(&machine, &format!("kill -0 {here}")).status.success() || here < 100);
    // The first process, the shell, and both ends of the pipe.
    assert!(check_output(&machine, "cd /proc; ls -d [0-9]* | wc -l").trim().parse::<u32>().unwrap() <= 5);
}

#[test]
#[ignore = "needs root: it starts machines"]
fn orphans_are_reaped() {
    let rig = Rig::new();
    let machine = rig.start(0);
    let orphan = check_output(&machine, "sleep 0.05 >/dev/null & echo $!");
    let status = machine.root().join("proc").join(orphan.trim()).join("status");
    // A zombie's entry would stay.
    eventually("the orphan is reaped", || !status.exists());
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_daemon_outlives_its_command_and_ends_with_the_machine() {
    let rig = Rig::new();
    let machine = rig.start(0);
    check_output(&machine, "setsid sleep 4321.1 </dev/null >/dev/null 2>&1 &");
    eventually("the daemon is up", || find(&machine, "sleep 4321.1").len() == 1);
    let children = || fs::read_to_string(format!("/proc/{}/task/{0}/children", machine.pid()));
    let host_pid = children().unwrap().trim().to_owned();
    assert!(Path::new("/proc").join(&host_pid).exists());
    rig.machines().stop(machine.id()).unwrap();
    assert!(!Path::new("/proc").join(&host_pid).exists());
    assert!(rig.machines().find(machine.id()).unwrap().is_none());
}

#[test]
#[ignore = "needs root: it starts machines"]
fn killing_a_command_kills_its_program() {
    let rig = Rig::new();
    let machine = rig.start(0);
    let mut child = machine.command("sleep", "/var").unwrap().arg("4321.2").spawn().unwrap();
    eventually("the program runs", || find(&machine, "sleep 4321.2").len() == 1);
    child.kill().unwrap();
    child.wait().unwrap();
    eventually("the program is gone", || find(&machine, "sleep 4321.2").is_empty());
}

#[test]
#[ignore = "needs root: it starts machines"]
fn killing_a_process_group_kills_its_programs_but_not_daemons() {
    let rig = Rig::new();
    let machine = rig.start(0);
    let script = "setsid sleep 4321.3 </dev/null >/dev/null 2>&1 & sleep 4321.4 & sleep 4321.5";
    let mut command = machine.command("sh", "/").unwrap();
    let mut child = command.args(["-c", script]).process_group(0).spawn().unwrap();
    let daemon = || find(&machine, "sleep 4321.3").len();
    let others = || find(&machine, "sleep 4321.4").len() + find(&machine, "sleep 4321.5").len();
    eventually("the programs run", || (daemon(), others()) == (1, 2));
    killpg(pid(&child), Signal::SIGTERM).unwrap();
    child.wait().unwrap();
    eventually("the programs are gone", || others() == 0);
    assert_eq!(daemon(), 1);
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_machine_that_gets_sigterm_lets_its_daemons_end_first() {
    let rig = Rig::new();
    let machine = rig.start(0);
    let script = "trap 'echo ended > /root/minijuju-test-ended; exit' TERM; echo up > /root/minijuju-test-up; while :; do sleep 0.01; done";
    let daemon = format!("setsid sh -c '{}' </dev/null >/dev/null 2>&1 &", script.replace('\'', r"'\''"));
    check_output(&machine, &daemon);
    eventually("the daemon is up", || machine.root().join("root/minijuju-test-up").exists());
    kill(Pid::from_raw(i32::try_from(machine.pid()).unwrap()), Signal::SIGTERM).unwrap();
    eventually("the machine is down", || rig.machines().find(machine.id()).unwrap().is_none());
    assert_eq!(check_output(&rig.start(0), "cat /root/minijuju-test-ended"), "ended\n");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_machine_inherits_no_files_session_or_terminal_from_its_starter() {
    let rig = Rig::new();
    // If descriptor 1 or 9 were still open in the machine, the output would never end.
    let output = output(rig.starter("exec 9>&1; exec \"$@\"").stdin(Stdio::piped()));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("\naddress 10."), "{text}");
    let machine = rig.machines().find(&spec(0).id).unwrap().expect("it outlives its starter");
    // It reports that it is ready before it closes the descriptor that it reports on.
    eventually("it has closed all inherited files", || {
        let open = fs::read_dir(format!("/proc/{}/fd", machine.pid())).unwrap().flatten();
        let targets: Vec<_> = open.filter_map(|entry| fs::read_link(entry.path()).ok()).collect();
        targets == [Path::new("/dev/null"); 3]
    });
    let stat = fs::read_to_string(format!("/proc/{}/stat", machine.pid())).unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    // Its own session (proc(5), field 6) and no terminal (field 7).
    assert_eq!((fields[3], fields[4]), (machine.pid().to_string().as_str(), "0"));
}

/// Stop a machine's processes, as systemd does for a moment when it shuts down, until nsenter has stopped, too.
fn stop_all(machine: &Machine, entered: u32) {
    check_output(machine, "kill -STOP $(pgrep -f '^(/bin/)?sleep 4321|[m]achine-launcher')");
    eventually("nsenter is stopped", || {
        let stat = fs::read_to_string(format!("/proc/{entered}/stat")).unwrap_or_default();
        stat.rsplit(')').next().is_some_and(|rest| rest.starts_with(" T"))
    });
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_command_whose_program_was_stopped_ends_with_its_machine() {
    let rig = Rig::new();
    let machine = rig.start(0);
    let mut child = machine.command("sleep", "/").unwrap().arg("4321").spawn().unwrap();
    eventually("it sleeps", || !find(&machine, "sleep 4321").is_empty());
    stop_all(&machine, child.id());
    rig.machines().shut_down(&machine).unwrap();
    eventually("the command ends", || child.try_wait().unwrap().is_some());
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_hook_whose_program_was_stopped_ends_with_its_machine() {
    let rig = Rig::new();
    let machine = rig.start(0);
    let launchers = Launchers::default();
    let request = LaunchRequest {
        program: "/bin/sleep".to_owned(),
        args: vec!["4321".to_owned()],
        folder: "/".to_owned(),
        environment: Vec::new(),
    };
    let ((_out, stdout), (_err, stderr)) = (io::pipe().unwrap(), io::pipe().unwrap());
    let started = launchers.start(&machine, &request, stdout, stderr).unwrap();
    let children = fs::read_to_string(format!("/proc/self/task/{}/children", nix::unistd::gettid())).unwrap();
    stop_all(&machine, children.split_whitespace().next_back().unwrap().parse().unwrap());
    kill(Pid::from_raw(i32::try_from(machine.pid()).unwrap()), Signal::SIGKILL).unwrap();
    assert_eq!(started.wait().unwrap_err().to_string(), "the machine ended");
}
