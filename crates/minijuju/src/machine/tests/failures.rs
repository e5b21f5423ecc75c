//! Failures around machines leave nothing behind.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::super::{Error, MachineKind, MachineSpec, Machines};
use super::fixture::{eventually, output};
use super::rig::{Rig, STARTING_TEST, built_program, check_output, clean, leftovers, spec, starter, starter_of};

fn sigkill(pid: u32) {
    kill(Pid::from_raw(i32::try_from(pid).unwrap()), Signal::SIGKILL).unwrap();
}

/// How long it takes to start a machine on this computer, so that tests can kill the process at moments all along the
/// way.
fn start_duration(rig: &Rig) -> Duration {
    let begin = Instant::now();
    assert!(output(&mut rig.starter("exec \"$@\"")).status.success());
    let duration = begin.elapsed();
    clean(rig.machines()).unwrap();
    duration
}

fn start_and_kill_after(rig: &Rig, moment: Duration) {
    let mut starter = rig.starter("exec \"$@\"").stdout(Stdio::null()).spawn().unwrap();
    thread::sleep(moment);
    starter.kill().unwrap();
    starter.wait().unwrap();
}

#[test]
#[ignore = "needs root: it starts machines"]
fn clean_removes_what_a_starter_killed_at_any_moment_leaves() {
    let rig = Rig::new();
    let duration = start_duration(&rig);
    for moment in 0..24 {
        start_and_kill_after(&rig, duration * moment / 20);
        clean(rig.machines()).unwrap();
        assert_eq!(rig.leftovers(), Vec::<String>::new());
    }
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_machine_starts_after_an_earlier_starter_was_killed_at_any_moment() {
    let rig = Rig::new();
    let duration = start_duration(&rig);
    for moment in 0..12 {
        start_and_kill_after(&rig, duration * moment / 10);
        assert_eq!(check_output(&rig.start(0), "hostname"), "juju-test-0\n");
        rig.machines().stop(&spec(0).id).unwrap();
    }
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_killed_clean_is_completed_by_the_next() {
    let rig = Rig::new();
    // Cleaning two machines takes about 100 ms.
    for milliseconds in (0..120).step_by(12) {
        rig.start(0);
        check_output(&rig.start(1), "seq 200 | xargs touch; rm -r /etc/skel");
        let mut cleaner =
            rig.starter("exec \"$@\"").env("MINIJUJU_TEST_CLEAN", "1").stdout(Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_millis(milliseconds));
        cleaner.kill().unwrap();
        cleaner.wait().unwrap();
        clean(rig.machines()).unwrap();
        assert_eq!(rig.leftovers(), Vec::<String>::new());
    }
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_machine_that_died_starts_again_with_its_files_and_address() {
    let rig = Rig::new();
    let first = rig.start(0);
    check_output(
        &first,
        "echo kept > /root/minijuju-test; rm /etc/os-release; ln -sf ../run/none /etc/resolv.conf; echo gone > /run/file",
    );
    sigkill(first.pid());
    eventually("it is down", || rig.machines().find(first.id()).unwrap().is_none());
    assert_eq!(rig.machines().list().unwrap()[0].pid, None);
    let second = rig.start(0);
    assert_eq!(
        check_output(&second, "cat /root/minijuju-test; ls /etc/os-release /run/file 2>/dev/null || true"),
        "kept\n"
    );
    assert_eq!(second.address(), first.address());
    assert!(fs::symlink_metadata(second.root().join("etc/resolv.conf")).unwrap().is_file());
    assert_ne!(second.pid(), first.pid());
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_machine_that_reports_ready_before_its_pid_is_up() {
    let rig = Rig::new();
    // Two processes report these, and under load the second one may run first.
    let script = format!(
        "#!/bin/sh\n'{}' \"$@\" | while read -r line; do\n\
         case $line in pid*) pid=$line ;; ready) echo ready; echo \"$pid\" ;; *) echo \"$line\" ;; esac\ndone\n",
        built_program().display()
    );
    let program = rig.folder_beside("programs").join("minijuju");
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let machine = Machines::new(&rig.data(), MachineKind::Namespaces, &program).unwrap().start(&spec(0)).unwrap();
    assert_eq!(check_output(&machine, "hostname"), "juju-test-0\n");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_machine_that_is_up_is_not_started_twice() {
    let rig = Rig::new();
    assert_eq!(rig.start(0).pid(), rig.start(0).pid());
}

#[test]
#[ignore = "needs root: it starts machines"]
fn clean_removes_machines_whose_folder_was_removed() {
    let rig = Rig::new();
    rig.start(0);
    fs::remove_dir_all(rig.data()).unwrap();
    fs::create_dir_all(rig.data().join("machines")).unwrap();
    assert_eq!(clean(rig.machines()).unwrap(), [spec(0).id]);
    assert_eq!(rig.leftovers(), Vec::<String>::new());
}

#[test]
#[ignore = "needs root: it starts machines"]
fn stopping_and_cleaning_without_machines_succeeds() {
    let rig = Rig::new();
    rig.machines().stop("never-was").unwrap();
    assert_eq!(clean(rig.machines()).unwrap(), Vec::<String>::new());
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_full_disk_is_named_and_nothing_is_left() {
    let rig = Rig::new();
    let size = fs::metadata(built_program()).unwrap().len();
    // First a disk too small for minijuju's program, then one with too few inodes for the machine's folders.
    for options in ["size=64k".to_owned(), format!("size={},nr_inodes=8", size + 1_000_000)] {
        let full = rig.folder_beside("full");
        let script =
            r#"mount -t tmpfs -o "$OPTIONS" full "$FULL" && "$@"; echo "left: $(ls -A "$FULL/data/machines")""#;
        let script = format!("unshare --mount --propagation private sh -c '{script}' sh \"$@\"");
        let mut starter = starter(&full.join("data"), &script);
        starter.env("FULL", &full).env("OPTIONS", &options);
        let output = output(&mut starter);
        let text = String::from_utf8_lossy(&output.stdout);
        let failed = text.split_once("\nfailed: ").map_or("", |(_, rest)| rest);
        assert!(failed.lines().next().unwrap_or_default().contains("No space left on device"), "{options}: {text}");
        assert!(text.ends_with("\nleft: \n"), "{options}: {text}");
        assert_eq!(leftovers(&full.join("data")), Vec::<String>::new());
    }
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_machine_in_a_machine_keeps_its_files_in_memory_and_reports_it() {
    let rig = Rig::new();
    let outer = rig.start(0);
    for (from, to) in [(std::env::current_exe().unwrap(), "test"), (built_program(), "minijuju")] {
        fs::copy(from, outer.root().join("root").join(to)).unwrap();
    }
    let mut inner = outer.command("/root/test", "/").unwrap();
    inner.args(["--exact", STARTING_TEST, "--ignored", "--nocapture"]);
    inner.env("MINIJUJU_TEST_STARTER", "/root/data").env("MINIJUJU_TEST_PROGRAM", "/root/minijuju");
    let output = output(&mut inner);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("kept in memory and lost when it stops"), "{text}");
    assert_ne!(text.find("address 10."), None, "{text}");
    assert!(!text.contains(&outer.address().to_string()), "{text}");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn without_permission_the_error_suggests_sudo_or_host_machines() {
    let rig = Rig::new();
    let advice = "run it with sudo, or set MINIJUJU_MACHINES=host";
    fs::set_permissions(rig.folder_beside(".."), fs::Permissions::from_mode(0o777)).unwrap();
    // Another user has a data folder of their own.
    let data_of_nobody = rig.folder_beside("own");
    std::os::unix::fs::chown(&data_of_nobody, Some(65534), Some(65534)).unwrap();
    // Copies, because other users may not reach the build folder. Another process writes them: Linux does not execute
    // a file that is open for writing, which a child of another test's thread could inherit.
    let programs = rig.folder_beside("programs");
    let this = std::env::current_exe().unwrap();
    let minijuju = built_program();
    assert!(output(Command::new("cp").args([&this, &minijuju, &programs])).status.success());
    let copy = programs.join(this.file_name().unwrap());
    // Without the inheritable set, which may be full in a container, and would restore what the bounding set lacks.
    for wrapper in [
        "exec setpriv --reuid 65534 --regid 65534 --clear-groups -- \"$@\"",
        "exec setpriv --inh-caps -all --bounding-set -sys_admin -- \"$@\"",
        "exec setpriv --inh-caps -all --bounding-set -net_admin -- \"$@\"",
    ] {
        let data = if wrapper.contains("--reuid") { data_of_nobody.join("data") } else { rig.data() };
        let mut starter = starter_of(&copy, &data, wrapper);
        let output = output(starter.env("MINIJUJU_TEST_PROGRAM", programs.join("minijuju")));
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains("not permitted here") && text.contains(advice), "{wrapper}: {text}");
        assert_eq!(rig.leftovers(), Vec::<String>::new());
    }
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_missing_program_is_named_with_its_package_before_anything_starts() {
    let rig = Rig::new();
    let script = r#"mount --bind /dev/null "$(command -v nft)" && exec "$@""#;
    let mut starter = rig.starter("exec unshare --mount --propagation private sh -c \"$SCRIPT\" sh \"$@\"");
    starter.env("SCRIPT", script);
    let text = String::from_utf8(output(&mut starter).stdout).unwrap();
    assert!(text.contains("machines need the program `nft`: install it with `apt install nftables`"), "{text}");
    assert_eq!(rig.leftovers(), Vec::<String>::new());
}

#[test]
fn an_id_that_is_no_plain_folder_name_is_an_error() {
    let data = tempfile::tempdir().unwrap();
    let machines = Machines::new(data.path(), MachineKind::Host, Path::new("/bin/true")).unwrap();
    for id in ["", ".", "..", "a/b", "-x", "a b"] {
        assert!(matches!(machines.find(id), Err(Error::InvalidId(_))), "{id}");
    }
}

#[test]
fn on_the_host_itself_a_machine_is_only_a_record() {
    let data = tempfile::tempdir().unwrap();
    let machines = Machines::new(data.path(), MachineKind::Host, &built_program()).unwrap();
    let machine =
        machines.start(&MachineSpec { id: "host-0".into(), hostname: "juju-0".into(), base: String::new() }).unwrap();
    assert_eq!(machine.root(), Path::new("/"));
    let output = output(&mut machine.command("pwd", data.path()).unwrap());
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), data.path().canonicalize().unwrap().to_str().unwrap());
    assert!(machine.address().is_ipv4());
    assert!(machine.program().exists());
    assert_eq!(machines.list().unwrap().len(), 1);
    machines.stop("host-0").unwrap();
    assert!(machines.find("host-0").unwrap().is_none());
}

/// A process 1 that reaps nothing, and a process of a machine whose parent was killed.
const INIT_WITHOUT_REAPING: &str = r#"
"$@" > /dev/null
pid=$(sed -n 's/.*"pid": \([0-9]*\).*/\1/p' "$DATA/machines/test-0/machine.json")
(nsenter -t "$pid" -p -m setpriv --pdeathsig KILL sleep 4321.7 & echo $! > "$BESIDE/parent")
until pgrep -f "^sleep 4321.7" > /dev/null; do sleep 0.01; done
kill -KILL "$(cat "$BESIDE/parent")"
until ps -eo stat,args | grep -q "^Z.*sleep"; do sleep 0.01; done
MINIJUJU_TEST_CLEAN=1 timeout 8 "$@" > /dev/null && ls "$DATA/machines" > "$BESIDE/left"
echo "$?" > "$BESIDE/code"
"#;

#[test]
#[ignore = "needs root: it starts machines"]
fn clean_succeeds_at_once_where_process_1_reaps_nothing() {
    let rig = Rig::new();
    let beside = rig.folder_beside("beside");
    let wrapper = "exec unshare --pid --fork --kill-child --mount --mount-proc --propagation private sh -c '\
                   sh -c \"$SCRIPT\" sh \"$@\" & exec sleep 1000' sh \"$@\"";
    let mut starter = rig.starter(wrapper);
    let mut namespace = starter
        .env("SCRIPT", INIT_WITHOUT_REAPING)
        .env("DATA", rig.data())
        .env("BESIDE", &beside)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(40);
    while !beside.join("code").exists() && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(10));
    }
    // The file is complete a moment after it appears.
    eventually("the script says how clean ended", || fs::read(beside.join("code")).is_ok_and(|code| !code.is_empty()));
    namespace.kill().unwrap();
    namespace.wait().unwrap();
    assert_eq!(fs::read_to_string(beside.join("code")).unwrap(), "0\n");
    assert_eq!(fs::read_to_string(beside.join("left")).unwrap(), "");
}
