//! Machines whose init process is systemd.

use std::fs;
use std::io::Read as _;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use super::super::record::Init;
use super::super::{Error, Machine, MachineKind, MachineSpec, Machines};
use super::fixture::{eventually, output};
use super::rig::{Rig, built_program, check_output, clean, open, run, spec, tag, with_systemd};

const TIMEOUT: Duration = Duration::from_mins(1);

fn machines(rig: &Rig) -> Machines {
    with_systemd(rig, TIMEOUT)
}

/// The cgroups of a data folder's machines, wherever cgroup v2 is mounted.
fn cgroups(data: &Path) -> Vec<PathBuf> {
    let name = format!("minijuju-{}", tag(data.to_str().unwrap()));
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let points = mounts.lines().filter(|line| line.contains(" - cgroup2 ")).filter_map(|line| line.split(' ').nth(4));
    points.map(|point| Path::new(point).join(&name)).filter(|path| path.exists()).collect()
}

fn start(rig: &Rig) -> Machine {
    machines(rig).start(&spec(0)).unwrap()
}

fn is_active(machine: &Machine, unit: &str) -> bool {
    run(machine, &format!("systemctl is-active {unit}")).stdout == b"active\n"
}

/// A service that writes its own name, enabled as apt does it.
const SERVICE: &str = "cat > /etc/systemd/system/test.service <<'END'
[Service]
ExecStart=/bin/sh -c 'echo served; exec sleep 4321'
ExecStop=/bin/sh -c 'echo stopped > /root/stopped'
Restart=on-failure
RestartSec=0
[Install]
WantedBy=multi-user.target
END
systemctl daemon-reload && systemctl enable --now test.service 2>/dev/null";

#[test]
#[ignore = "needs root: it starts machines"]
fn systemd_starts_without_failures_and_without_the_computer_s_services() {
    let rig = Rig::new();
    let machine = start(&rig);
    assert_eq!(machine.warnings(), Vec::<String>::new());
    assert_eq!(check_output(&machine, "cat /proc/1/comm; systemctl is-system-running"), "systemd\nrunning\n");
    assert_eq!(check_output(&machine, "systemctl list-units --failed --plain --no-legend"), "");
    let links = "find /etc/systemd/system -type l ! -lname /dev/null ! -name snapd.socket";
    assert_eq!(check_output(&machine, links), "");
    assert_eq!(String::from_utf8_lossy(&run(&machine, "ls -A /etc/rc?.d").stdout).matches("S0").count(), 0);
}

/// If the starter is killed, the state of systemd is unknown.
#[test]
#[ignore = "needs root: it starts machines"]
fn a_machine_whose_starter_was_killed_during_the_boot_starts_again_with_its_files() {
    let rig = Rig::new();
    let first = start(&rig);
    assert!(run(&first, "echo kept > /root/kept").status.success());
    fs::write(rig.data().join("machines").join(first.id()).join("booting"), "").unwrap();
    assert!(machines(&rig).find(first.id()).unwrap().is_none());
    let second = start(&rig);
    assert_ne!(second.pid(), first.pid());
    assert_eq!(check_output(&second, "cat /root/kept; systemctl is-system-running"), "kept\nrunning\n");
    assert_eq!(machines(&rig).find(first.id()).unwrap().map(|machine| machine.pid()), Some(second.pid()));
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_machine_has_its_own_names_and_times() {
    let rig = Rig::new();
    let machine = start(&rig);
    let file = "/proc/sys/kernel/random/boot_id";
    let boot = |machine: &Machine| check_output(machine, &format!("cat {file}"));
    assert_ne!(boot(&machine), fs::read_to_string(file).unwrap());
    assert_ne!(
        check_output(&machine, "cat /etc/machine-id"),
        fs::read_to_string("/etc/machine-id").unwrap_or_default()
    );
    let uptime: f64 = check_output(&machine, "cut -d' ' -f1 /proc/uptime").trim().parse().unwrap();
    assert!(uptime < 60.0, "{uptime}");
    let before = boot(&machine);
    machines(&rig).shut_down(&machine).unwrap();
    assert_ne!(boot(&start(&rig)), before);
}

#[test]
#[ignore = "needs root: it starts machines"]
fn services_timers_sandboxes_and_the_journal_work() {
    let rig = Rig::new();
    let machine = start(&rig);
    check_output(&machine, SERVICE);
    eventually("the journal has what the service printed", || {
        check_output(&machine, "journalctl --unit test.service --no-pager").contains("served")
    });
    let main = || check_output(&machine, "systemctl show --property MainPID --value test.service").trim().to_owned();
    let first = main();
    check_output(&machine, &format!("kill -KILL {first}"));
    eventually("the service is started again", || main() != first && is_active(&machine, "test.service"));
    let sandbox = "systemd-run --quiet --pipe --wait -p PrivateTmp=yes -p ProtectSystem=strict -p DynamicUser=yes \
                   -p PrivateNetwork=yes -p SystemCallFilter=@system-service \
                   sh -c 'id -u; touch /usr/x 2>/dev/null || echo read-only; ls -A /tmp; tail -n +3 /proc/net/dev | cut -d: -f1'";
    let text = check_output(&machine, sandbox);
    let lines: Vec<&str> = text.lines().collect();
    assert!(matches!(lines.as_slice(), [user, "read-only", net] if net.trim() == "lo" && *user != "0"), "{text}");
    check_output(&machine, "systemd-run --quiet --on-active=0.1 --timer-property=AccuracySec=1ms touch /root/elapsed");
    eventually("the timer elapses", || machine.root().join("root/elapsed").exists());
    check_output(
        &machine,
        "printf '[Socket]\\nListenStream=8001\\nAccept=yes\\n' > /etc/systemd/system/echo.socket; \
         printf '[Service]\\nStandardInput=socket\\nExecStart=echo heard\\n' > /etc/systemd/system/echo@.service; \
         systemctl daemon-reload && systemctl start echo.socket",
    );
    let mut text = String::new();
    TcpStream::connect((machine.address(), 8001)).unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "heard\n");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn an_enabled_service_runs_again_after_a_restart_and_after_a_kill() {
    let rig = Rig::new();
    let machine = start(&rig);
    check_output(&machine, SERVICE);
    machines(&rig).shut_down(&machine).unwrap();
    assert!(rig.machines().find(machine.id()).unwrap().is_none());
    let restarted = start(&rig);
    assert!(is_active(&restarted, "test.service"));
    assert_eq!(check_output(&restarted, "cat /root/stopped; rm /root/stopped"), "stopped\n");
    kill(Pid::from_raw(i32::try_from(restarted.pid()).unwrap()), Signal::SIGKILL).unwrap();
    eventually("the machine is down", || rig.machines().find(machine.id()).unwrap().is_none());
    let last = start(&rig);
    assert!(is_active(&last, "test.service"));
    assert_eq!(last.address(), machine.address());
    assert!(!last.root().join("root/stopped").exists());
}

/// Remove what a reboot of the computer removes: processes, network devices, the firewall's rules, cgroups.
const REBOOT: &str = "for device in $(ls /sys/class/net | grep \"$TAG\"); do ip link delete \"$device\" || [ ! -e \"/sys/class/net/$device\" ]; done; \
    nft list tables | grep \"$TAG\" | while read -r table; do nft delete $table; done; \
    find \"$CGROUPS\" -depth -type d -exec rmdir {} +";

#[test]
#[ignore = "needs root: it starts machines"]
fn an_enabled_service_runs_again_after_a_reboot_of_the_computer() {
    let rig = Rig::new();
    let machine = start(&rig);
    check_output(&machine, SERVICE);
    kill(Pid::from_raw(i32::try_from(machine.pid()).unwrap()), Signal::SIGKILL).unwrap();
    eventually("the machine is down", || rig.machines().find(machine.id()).unwrap().is_none());
    let [cgroups] = cgroups(&rig.data()).try_into().unwrap();
    let mut reboot = Command::new("sh");
    reboot.args(["-euc", REBOOT]).env("TAG", tag(rig.data().to_str().unwrap())).env("CGROUPS", cgroups);
    let done = output(&mut reboot);
    assert!(done.status.success(), "{done:?}");
    // The PID of its init process belongs to another process now.
    let path = rig.data().join("machines").join(machine.id()).join("machine.json");
    let mut record: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    record["pid"] = std::process::id().into();
    fs::write(&path, record.to_string()).unwrap();
    assert!(rig.machines().find(machine.id()).unwrap().is_none());
    let restarted = start(&rig);
    assert!(is_active(&restarted, "test.service"));
    assert_eq!(restarted.address(), machine.address());
    assert_eq!(check_output(&restarted, "systemctl is-system-running"), "running\n");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_machine_is_found_after_its_systemd_re_executed() {
    let rig = Rig::new();
    let machine = start(&rig);
    check_output(&machine, "systemctl daemon-reexec");
    let found = rig.machines().find(machine.id()).unwrap().expect("it is up");
    assert_eq!(found.pid(), machine.pid());
}

#[test]
#[ignore = "needs root: it starts machines"]
fn commands_run_in_the_agent_s_cgroup_and_their_background_processes_stay_in_it() {
    let rig = Rig::new();
    let machine = start(&rig);
    let cgroup = check_output(
        &machine,
        "sed -n 's/^0:://p' /proc/self/cgroup; setsid sleep 4321.6 </dev/null >/dev/null 2>&1 &",
    );
    assert_eq!(cgroup, "/system.slice/jujud-machine-0.service\n");
    check_output(&machine, "systemctl daemon-reload");
    // Nothing that waits outside counts among them: systemd could not list it.
    let status = run(&machine, "systemctl status --no-pager");
    let text = String::from_utf8_lossy(&status.stdout);
    assert!(text.contains("sleep 4321.6"), "{text}");
    assert_eq!(String::from_utf8_lossy(&status.stderr), "");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn clean_and_stop_leave_no_cgroup() {
    let rig = Rig::new();
    let machine = start(&rig);
    check_output(&machine, SERVICE);
    assert_eq!(cgroups(&rig.data()).len(), 1);
    rig.machines().stop(machine.id()).unwrap();
    assert_eq!(cgroups(&rig.data()), Vec::<PathBuf>::new());
    start(&rig);
    clean(rig.machines()).unwrap();
    assert_eq!(cgroups(&rig.data()), Vec::<PathBuf>::new());
    assert_eq!(rig.leftovers(), Vec::<String>::new());
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_service_that_never_becomes_ready_is_named_and_no_new_machine_is_left() {
    let rig = Rig::new();
    let machine = start(&rig);
    check_output(
        &machine,
        "printf '[Service]\\nType=notify\\nExecStart=sleep 4321\\n[Install]\\nWantedBy=multi-user.target\\n' \
         > /etc/systemd/system/stuck.service && systemctl daemon-reload && systemctl enable stuck.service 2>/dev/null",
    );
    let short_timeout = with_systemd(&rig, Duration::from_secs(2));
    short_timeout.shut_down(&machine).unwrap();
    // A machine that was up before starts anyway: Juju's agent does not wait for services either.
    let restarted = short_timeout.start(&spec(0)).unwrap();
    assert!(
        restarted.warnings().iter().any(|warning| warning.contains("waits for stuck.service")),
        "{:?}",
        restarted.warnings()
    );
    assert_eq!(check_output(&restarted, "systemctl is-system-running || true"), "starting\n");
    // A new machine fails.
    let no_timeout = with_systemd(&rig, Duration::ZERO);
    let error = no_timeout.start(&spec(1)).unwrap_err().to_string();
    assert!(
        error.contains("cannot start machine test-1: after 0 s") && error.contains("MINIJUJU_INIT=plain"),
        "{error}"
    );
    assert!(rig.machines().list().unwrap().iter().all(|info| info.id == spec(0).id));
}

/// Start a machine with `deploy`, as users do, in an environment that the script `wrapper` sets up. Returns the messages.
pub fn deploy(rig: &Rig, init: &str, wrapper: &str) -> String {
    let charm = rig.folder_beside("charm");
    fs::write(charm.join("metadata.yaml"), "name: tiny\nsummary: s\ndescription: d\n").unwrap();
    fs::write(charm.join("dispatch"), "#!/bin/sh\nstatus-set active\n").unwrap();
    fs::set_permissions(charm.join("dispatch"), fs::Permissions::from_mode(0o755)).unwrap();
    let tag = tag(rig.data().to_str().unwrap());
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "sh", "-c", wrapper, "sh"]).arg(built_program());
    command.args(["deploy".as_ref(), charm.as_os_str()]);
    command.env("MINIJUJU_DATA", rig.data()).env("MINIJUJU_INIT", init).env("TAG", tag).env_remove("JUJU_MODEL");
    let done = output(&mut command);
    String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned()
}

/// Scripts that make systemd unable to run, and minijuju's message.
const WITHOUT_SYSTEMD: [(&str, &str); 3] = [
    (
        "mount --bind /dev/null $(readlink -f /lib/systemd/systemd); exec \"$@\"",
        "systemd is not installed on this computer",
    ),
    (
        "while umount $(sed -n 's/.* \\(\\/[^ ]*\\) .* - cgroup2 .*/\\1/p' /proc/self/mountinfo | head -n 1) 2>/dev/null; do :; \
         done; exec \"$@\"",
        "cgroup v2 is not mounted on this computer",
    ),
    (
        "mount -o remount,bind,ro $(sed -n 's/.* \\(\\/[^ ]*\\) .* - cgroup2 .*/\\1/p' /proc/self/mountinfo | head -n 1); \
         exec \"$@\"",
        "Read-only file system",
    ),
];

#[test]
#[ignore = "needs root: it starts machines"]
fn without_systemd_machines_are_plain_and_the_first_command_explains_it() {
    for (wrapper, reason) in WITHOUT_SYSTEMD {
        let rig = Rig::new();
        let output = deploy(&rig, "auto", wrapper);
        assert!(output.contains("machines are without systemd") && output.contains(reason), "{wrapper}: {output}");
        let machine = rig.machines().find(&rig.machines().list().unwrap()[0].id).unwrap().unwrap();
        assert_eq!(machine.init(), Init::Plain);
    }
}

#[test]
#[ignore = "needs root: it starts machines"]
fn requesting_systemd_where_it_cannot_run_is_an_error() {
    let rig = Rig::new();
    let (wrapper, reason) = WITHOUT_SYSTEMD[1];
    let output = deploy(&rig, "systemd", wrapper);
    assert!(
        output.contains("MINIJUJU_INIT asks for systemd, which cannot run here") && output.contains(reason),
        "{output}"
    );
    assert_eq!(rig.leftovers(), Vec::<String>::new());
    assert_eq!(cgroups(&rig.data()), Vec::<PathBuf>::new());
    let output = deploy(&rig, "sysvinit", "exec \"$@\"");
    assert!(output.contains("MINIJUJU_INIT is \"sysvinit\""), "{output}");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_computer_with_only_cgroup_v2_can_run_systemd() {
    let rig = Rig::new();
    let wrapper = "umount --recursive /sys/fs/cgroup 2>/dev/null; mount -t sysfs sysfs /sys; \
                   mount -t cgroup2 cgroup2 /sys/fs/cgroup && \"$@\" && \
                   \"$1\" exec --unit tiny/0 -- systemctl is-system-running && \"$1\" clean --no-prompt && \
                   ! ls -d /sys/fs/cgroup/minijuju-$TAG";
    let output = deploy(&rig, "systemd", wrapper);
    assert!(output.contains("tiny/0 is active") && output.contains("running\n"), "{output}");
    assert!(output.contains("removed 1 model and 1 machine") && output.contains("No such file"), "{output}");
    // The folder, in which the rig looks for leftovers, went too.
    fs::create_dir_all(rig.data().join("machines")).unwrap();
}

#[test]
#[ignore = "needs root: it starts machines"]
fn two_starts_at_once_both_wait_until_the_machine_has_booted() {
    let rig = Rig::new();
    let machines = machines(&rig);
    std::thread::scope(|scope| {
        let starts = [0, 1].map(|_| {
            scope.spawn(|| {
                let machine = machines.start(&spec(0)).unwrap();
                (machine.pid(), check_output(&machine, "systemctl is-system-running"))
            })
        });
        let [one, two] = starts.map(|start| start.join().unwrap());
        assert_eq!((one.0, one.1.as_str()), (two.0, "running\n"));
        assert_eq!(one.1, two.1);
    });
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_machine_with_systemd_has_no_policy_rc_d() {
    let rig = Rig::new();
    let machine = start(&rig);
    assert!(!machine.root().join("usr/sbin/policy-rc.d").exists());
    let plain = Machines::new(&rig.data(), MachineKind::Namespaces, &built_program()).unwrap();
    let other =
        plain.start(&MachineSpec { id: "plain-0".into(), hostname: "plain".into(), base: String::new() }).unwrap();
    assert_eq!(other.root().join("usr/sbin/policy-rc.d").exists(), Path::new("/usr/sbin/policy-rc.d").exists());
    assert!(matches!(open(&rig.data()).find("/"), Err(Error::InvalidId(_))));
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_machine_has_the_locale_of_cloud_images() {
    let rig = Rig::new();
    let machine = start(&rig);
    assert_eq!(check_output(&machine, "cat /etc/default/locale"), "LANG=C.UTF-8\n");
    assert_eq!(check_output(&machine, "systemd-run --quiet --pipe --wait sh -c 'echo $LANG'"), "C.UTF-8\n");
}

/// Properties of services, with a script that shows the effect, and its output.
const SANDBOXES: [(&str, &str, &str); 5] = [
    ("PrivateTmp=yes", "ls /tmp/everyones 2>/dev/null || echo hidden", "hidden\n"),
    ("ProtectSystem=strict", "touch /usr/touched 2>/dev/null || echo refused", "refused\n"),
    ("DynamicUser=yes", "[ $(id -u) -lt 61184 ] || echo dynamic", "dynamic\n"),
    ("PrivateNetwork=yes", "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '", "lo\n"),
    ("SystemCallFilter=~mkdir mkdirat", "mkdir /root/made 2>/dev/null || echo refused", "refused\n"),
];

#[test]
#[ignore = "needs root: it starts machines"]
fn each_sandbox_property_of_a_service_works_alone() {
    let rig = Rig::new();
    let machine = start(&rig);
    check_output(&machine, "touch /tmp/everyones");
    for (property, script, expected) in SANDBOXES {
        let run = |property: &str| {
            let systemd_run = "systemd-run --quiet --pipe --wait -p SystemCallErrorNumber=EPERM";
            check_output(
                &machine,
                &format!("{systemd_run} -p '{property}' sh -c '{}'", script.replace('\'', "'\"'\"'")),
            )
        };
        assert_eq!(run(property), expected, "{property}");
        assert_ne!(run("Description=none"), expected, "without {property}");
    }
}
