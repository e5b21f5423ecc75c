//! Changes in a machine stay in it.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use super::fixture::{eventually, finish, needs_root_and, output};
use super::rig::{Rig, built_program, check_output, run, spec};

#[test]
#[ignore = "needs root: it starts machines"]
fn files_written_in_a_machine_stay_in_it() {
    let rig = Rig::new();
    let machine = rig.start(0);
    let mark = format!("minijuju-{}", std::process::id());
    for folder in ["", "/etc", "/root", "/tmp", "/var/tmp", "/usr", "/dev/shm", "/run", "/dev"] {
        check_output(&machine, &format!("echo here > {folder}/{mark}"));
        assert!(!Path::new(&format!("{folder}/{mark}")).exists(), "{folder} leaks");
        assert_eq!(fs::read_to_string(machine.root().join(format!(".{folder}/{mark}"))).unwrap(), "here\n");
    }
}

#[test]
#[ignore = "needs root: it starts machines"]
fn changes_to_the_host_s_files_stay_in_the_machine() {
    let rig = Rig::new();
    let machine = rig.start(0);
    let before = fs::read("/etc/passwd").unwrap();
    // The user ubuntu is added after the host's users.
    assert!(fs::read(machine.root().join("etc/passwd")).unwrap().starts_with(&before));
    check_output(
        &machine,
        "echo 'charm:x:4242:4242::/:/bin/sh' >> /etc/passwd; rm -r /etc/skel; mv /usr/share /usr/shared",
    );
    assert_eq!(fs::read("/etc/passwd").unwrap(), before);
    assert!(Path::new("/usr/share").exists() && !Path::new("/usr/shared").exists());
    assert_eq!(
        check_output(&machine, "id -un 4242; ls -d /usr/shared /etc/skel 2>/dev/null || true"),
        "charm\n/usr/shared\n"
    );
}

#[test]
#[ignore = "needs root: it starts machines"]
fn other_file_systems_of_the_host_are_copy_on_write_too() {
    let rig = Rig::new();
    let script = r#"mount -t tmpfs -o mode=1770,gid=7 other "$OTHER" && echo host > "$OTHER/file" && "$@" || exit
        pid=$(sed -n 's/.*"pid": \([0-9]*\).*/\1/p' "$DATA/machines/test-0/machine.json")
        nsenter -t "$pid" -m sh -c 'stat -c "%a %g" "$OTHER"; cat "$OTHER/file"; echo machine > "$OTHER/file"; cat "$OTHER/file"'
        cat "$OTHER/file""#;
    let mut starter = rig.starter("exec unshare --mount --propagation private sh -c \"$SCRIPT\" sh \"$@\"");
    starter.env("SCRIPT", script).env("OTHER", rig.folder_beside("other")).env("DATA", rig.data());
    let output = output(&mut starter);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.ends_with("1770 7\nhost\nmachine\nhost\n"), "{text}{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_machine_s_mounts_do_not_reach_a_host_that_shares_its_own() {
    let rig = Rig::new();
    // As systemd sets it up: a mount in one namespace appears in all others.
    let script = r#"mount --make-rshared / && cat /proc/self/mountinfo > "$BESIDE/before" && "$@" || exit
        pid=$(sed -n 's/.*"pid": \([0-9]*\).*/\1/p' "$DATA/machines/test-0/machine.json")
        nsenter -t "$pid" -m mount -t tmpfs inside /mnt || exit
        diff "$BESIDE/before" /proc/self/mountinfo && echo as before"#;
    let mut starter = rig.starter("exec unshare --mount --propagation private sh -c \"$SCRIPT\" sh \"$@\"");
    starter.env("SCRIPT", script).env("BESIDE", rig.folder_beside("beside")).env("DATA", rig.data());
    let output = output(&mut starter);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.ends_with("\nas before\n"), "{text}{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
#[ignore = "needs root: it starts machines"]
fn other_users_can_read_and_run_files_whatever_the_starter_s_umask() {
    let rig = Rig::new();
    assert!(output(&mut rig.starter("umask 077; exec \"$@\"")).status.success());
    let machine = rig.machines().find(&spec(0).id).unwrap().unwrap();
    let program = machine.program().display();
    let script =
        format!("ls / >/dev/null; cat /etc/hosts /etc/resolv.conf >/dev/null; test -x {program}; : > /dev/null");
    let mut command = machine.command("setpriv", "/").unwrap();
    command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups", "--", "sh", "-ec", &script]);
    let output = output(&mut command);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&machine.root()), mode(Path::new("/")));
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_machine_cannot_change_kernel_settings_or_devices() {
    let rig = Rig::new();
    let machine = rig.start(0);
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    assert_eq!(check_output(&machine, "hostname; cat /etc/hostname"), "juju-test-0\njuju-test-0\n");
    check_output(&machine, "hostname elsewhere");
    assert_eq!(fs::read_to_string("/proc/sys/kernel/hostname").unwrap(), name);
    // Even if it were allowed, none of these would change anything.
    for script in [
        "value=$(cat /proc/sys/vm/swappiness) && echo $value > /proc/sys/vm/swappiness",
        "echo h > /proc/sysrq-trigger",
        "chmod $(stat -c %a /sys/kernel) /sys/kernel",
        "date --set=$(date +%FT%T.%N)",
        "mknod /dev/disk b 1 0 && mknod /root/disk b 1 0 && : < /root/disk",
    ] {
        assert!(!run(&machine, script).status.success(), "{script}");
    }
    // What cannot be tried without harm is looked up: root's capabilities, by the numbers of linux/capability.h.
    let status = check_output(&machine, "cat /proc/self/status");
    for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
        let bits = status.lines().find_map(|line| line.strip_prefix(&format!("{set}:\t"))).unwrap();
        let bits = u64::from_str_radix(bits, 16).unwrap();
        for (name, number) in [("sys_module", 16), ("sys_rawio", 17), ("sys_boot", 22), ("sys_time", 25)] {
            assert_eq!(bits & (1 << number), 0, "{set} has {name}: {status}");
        }
    }
    // Network settings are the machine's own.
    check_output(&machine, "echo 1 > /proc/sys/net/ipv4/ip_forward");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn devices_that_programs_expect_work() {
    let rig = Rig::new();
    let machine = rig.start(0);
    let script = "head -c 4 /dev/zero | wc -c; head -c 9 /dev/urandom | wc -c; echo gone > /dev/null; cat /dev/null; \
                  echo out > /dev/stdout; ls /dev/ptmx /dev/pts/ptmx; stat -c %a /tmp /run/lock /dev/shm /dev/null";
    assert_eq!(check_output(&machine, script), "4\n9\nout\n/dev/ptmx\n/dev/pts/ptmx\n1777\n1777\n1777\n666\n");
    assert_eq!(run(&machine, "echo x > /dev/full").status.code(), Some(1));
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_machine_sees_minijuju_s_program_but_not_its_data() {
    let rig = Rig::new();
    let machine = rig.start(0);
    let output = output(machine.command("ls", "/").unwrap().arg("-A").arg(rig.data()));
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), &b""[..]));
    let program = fs::read(built_program()).unwrap();
    let inside = machine.root().join(machine.program().strip_prefix("/").unwrap());
    assert!(fs::read(inside).unwrap() == program);
    assert!(!run(&machine, &format!("rm {}", machine.program().display())).status.success());
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_newer_minijuju_is_installed_in_running_machines() {
    let rig = Rig::new();
    let machine = rig.start(0);
    let newer = rig.folder_beside("newer").join("minijuju");
    fs::write(&newer, "newer").unwrap();
    let kind = rig.machines().kind();
    let machines = super::super::Machines::new(&rig.data(), kind, &newer).unwrap();
    machines.find(&spec(0).id).unwrap().unwrap();
    let inside = machine.root().join(machine.program().strip_prefix("/").unwrap());
    assert_eq!(fs::read(inside).unwrap(), b"newer");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_program_in_the_machine_can_connect_to_a_socket_of_the_host() {
    let rig = Rig::new();
    let machine = rig.start(0);
    for folder in ["run", "var/lib"] {
        let listener = UnixListener::bind(machine.root().join(folder).join("test.sock")).unwrap();
        let client = format!(
            "use IO::Socket::UNIX; my $s = IO::Socket::UNIX->new(Peer => '/{folder}/test.sock') or die $!; print $s \
             \"hello\\n\"; print <$s>"
        );
        let mut command = machine.command("perl", "/").unwrap();
        let child = command.args(["-e", &client]).stdout(Stdio::piped()).spawn().unwrap();
        listener.set_nonblocking(true).unwrap();
        let mut accepted = None;
        eventually("the client connects", || {
            accepted = listener.accept().ok();
            accepted.is_some()
        });
        let (mut stream, _) = accepted.unwrap();
        stream.set_nonblocking(false).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut hello = [0; 6];
        stream.read_exact(&mut hello).unwrap();
        stream.write_all(b"welcome").unwrap();
        drop(stream);
        assert_eq!(finish(child, "the client, which was answered").stdout, b"welcome");
    }
}

#[test]
#[ignore = "needs root: it starts machines"]
fn apt_installs_packages_only_in_the_machine() {
    let rig = Rig::new();
    needs_root_and(&[("apt-get", "apt"), ("dpkg-deb", "dpkg")]);
    let machine = rig.start(0);
    let script = r"
        mkdir -p /tmp/package/DEBIAN /tmp/package/usr/bin
        printf '%s\n' 'Package: minijuju-test' 'Version: 1' 'Architecture: all' 'Maintainer: nobody <nobody@example.com>' \
            'Description: A package that this test made.' > /tmp/package/DEBIAN/control
        head -c 200000 /dev/urandom > /tmp/package/usr/bin/minijuju-test
        dpkg-deb --build /tmp/package /tmp/minijuju-test.deb
        DEBIAN_FRONTEND=noninteractive apt-get -qy install /tmp/minijuju-test.deb";
    check_output(&machine, &format!("set -e; {script}"));
    assert_eq!(
        check_output(&machine, "dpkg-query -Wf '${Version}' minijuju-test; ls /usr/bin/minijuju-test"),
        "1/usr/bin/minijuju-test\n"
    );
    assert!(!Path::new("/usr/bin/minijuju-test").exists());
    let info = &rig.machines().list().unwrap()[0];
    assert!(info.disk_usage > 400_000, "{info:?}");
}
