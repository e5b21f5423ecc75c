//! What is done in a machine stays in it.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Stdio;

use crate::rig::{Rig, ask, output_in_time, run, spec};

#[test]
fn files_written_in_a_machine_stay_in_it() {
    let Some(rig) = Rig::new() else { return };
    let machine = rig.start(0);
    let mark = format!("minijuju-{}", std::process::id());
    for folder in ["", "/etc", "/root", "/tmp", "/var/tmp", "/usr", "/dev/shm", "/run", "/dev"] {
        ask(&machine, &format!("echo here > {folder}/{mark}"));
        assert!(!Path::new(&format!("{folder}/{mark}")).exists(), "{folder} leaks");
        assert_eq!(fs::read_to_string(machine.root().join(format!(".{folder}/{mark}"))).unwrap(), "here\n");
    }
}

#[test]
fn the_host_s_files_are_seen_and_can_be_changed_without_changing_them() {
    let Some(rig) = Rig::new() else { return };
    let machine = rig.start(0);
    let before = fs::read("/etc/passwd").unwrap();
    assert_eq!(fs::read(machine.root().join("etc/passwd")).unwrap(), before);
    ask(&machine, "echo 'charm:x:4242:4242::/:/bin/sh' >> /etc/passwd; rm -r /etc/apt; mv /usr/share /usr/shared");
    assert_eq!(fs::read("/etc/passwd").unwrap(), before);
    assert!(Path::new("/usr/share").exists() && !Path::new("/usr/shared").exists());
    assert_eq!(ask(&machine, "id -un 4242; ls -d /usr/shared /etc/apt 2>/dev/null || true"), "charm\n/usr/shared\n");
}

#[test]
fn other_file_systems_below_the_root_are_copied_on_write_too() {
    let Some(rig) = Rig::new() else { return };
    let script = r#"mount -t tmpfs -o mode=1770,gid=7 other "$OTHER" && echo host > "$OTHER/file" && "$@" || exit
        pid=$(sed -n 's/.*"pid": \([0-9]*\).*/\1/p' "$DATA/machines/test-0/machine.json")
        nsenter -t "$pid" -m sh -c 'stat -c "%a %g" "$OTHER"; cat "$OTHER/file"; echo machine > "$OTHER/file"; cat "$OTHER/file"'
        cat "$OTHER/file""#;
    let mut starter = rig.starter("exec unshare --mount --propagation private sh -c \"$SCRIPT\" sh \"$@\"");
    starter.env("SCRIPT", script).env("OTHER", rig.beside("other")).env("DATA", rig.data());
    let output = output_in_time(starter);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.ends_with("1770 7\nhost\nmachine\nhost\n"), "{text}{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_machine_s_mounts_do_not_reach_a_host_that_shares_its_own() {
    let Some(rig) = Rig::new() else { return };
    // As systemd has it: what is mounted in one namespace appears in all others.
    let script = r#"mount --make-rshared / && cat /proc/self/mountinfo > "$BESIDE/before" && "$@" || exit
        pid=$(sed -n 's/.*"pid": \([0-9]*\).*/\1/p' "$DATA/machines/test-0/machine.json")
        nsenter -t "$pid" -m mount -t tmpfs inside /mnt || exit
        diff "$BESIDE/before" /proc/self/mountinfo && echo as before"#;
    let mut starter = rig.starter("exec unshare --mount --propagation private sh -c \"$SCRIPT\" sh \"$@\"");
    starter.env("SCRIPT", script).env("BESIDE", rig.beside("beside")).env("DATA", rig.data());
    let output = output_in_time(starter);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.ends_with("\nas before\n"), "{text}{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn users_other_than_root_get_along_whatever_the_starter_s_umask() {
    let Some(rig) = Rig::new() else { return };
    assert!(output_in_time(rig.starter("umask 077; exec \"$@\"")).status.success());
    let machine = rig.machines().find(&spec(0).id).unwrap().unwrap();
    let program = machine.program().display();
    let script =
        format!("ls / >/dev/null; cat /etc/hosts /etc/resolv.conf >/dev/null; test -x {program}; : > /dev/null");
    let mut command = machine.command("setpriv", "/").unwrap();
    command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups", "--", "sh", "-ec", &script]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&machine.root()), mode(Path::new("/")));
}

#[test]
fn the_kernel_s_settings_and_devices_are_out_of_reach() {
    let Some(rig) = Rig::new() else { return };
    let machine = rig.start(0);
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    assert_eq!(ask(&machine, "hostname; cat /etc/hostname"), "juju-test-0\njuju-test-0\n");
    ask(&machine, "hostname elsewhere");
    assert_eq!(fs::read_to_string("/proc/sys/kernel/hostname").unwrap(), name);
    for script in [
        "echo 1 > /proc/sys/vm/swappiness",
        "echo h > /proc/sysrq-trigger",
        "echo 1 > /sys/kernel/profiling",
        // The time that it has already: a test must do no harm where it fails.
        "date --set=@$(date +%s)",
        "mknod /dev/disk b 1 0 && mknod /root/disk b 1 0 && : < /root/disk",
    ] {
        assert!(!run(&machine, script).status.success(), "{script}");
    }
    // The network's settings are the machine's own.
    ask(&machine, "echo 1 > /proc/sys/net/ipv4/ip_forward");
}

#[test]
fn devices_that_programs_expect_work() {
    let Some(rig) = Rig::new() else { return };
    let machine = rig.start(0);
    let script = "head -c 4 /dev/zero | wc -c; head -c 9 /dev/urandom | wc -c; echo gone > /dev/null; cat /dev/null; \
                  echo out > /dev/stdout; ls /dev/ptmx /dev/pts/ptmx; stat -c %a /tmp /run/lock /dev/shm /dev/null";
    assert_eq!(ask(&machine, script), "4\n9\nout\n/dev/ptmx\n/dev/pts/ptmx\n1777\n1777\n1777\n666\n");
    assert_eq!(run(&machine, "echo x > /dev/full").status.code(), Some(1));
}

#[test]
fn minijuju_s_data_is_hidden_and_its_program_is_there() {
    let Some(rig) = Rig::new() else { return };
    let machine = rig.start(0);
    let output = machine.command("ls", "/").unwrap().arg("-A").arg(rig.data()).output().unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), &b""[..]));
    let program = fs::read(env!("CARGO_BIN_EXE_minijuju")).unwrap();
    let inside = machine.root().join(machine.program().strip_prefix("/").unwrap());
    assert!(fs::read(inside).unwrap() == program);
    assert!(!run(&machine, &format!("rm {}", machine.program().display())).status.success());
}

#[test]
fn a_newer_minijuju_reaches_machines_that_are_up() {
    let Some(rig) = Rig::new() else { return };
    let machine = rig.start(0);
    let newer = rig.beside("newer").join("minijuju");
    fs::write(&newer, "newer").unwrap();
    let kind = rig.machines().kind();
    let machines = minijuju::machine::Machines::with(&rig.data(), kind, &newer).unwrap();
    machines.find(&spec(0).id).unwrap().unwrap();
    let inside = machine.root().join(machine.program().strip_prefix("/").unwrap());
    assert_eq!(fs::read(inside).unwrap(), b"newer");
}

#[test]
fn a_socket_made_from_the_host_answers_in_the_machine() {
    let Some(rig) = Rig::new() else { return };
    let machine = rig.start(0);
    for folder in ["run", "var/lib"] {
        let listener = UnixListener::bind(machine.root().join(folder).join("test.sock")).unwrap();
        let client = format!(
            "use IO::Socket::UNIX; my $s = IO::Socket::UNIX->new(Peer => '/{folder}/test.sock') or die $!; print $s \
             \"hello\\n\"; print <$s>"
        );
        let mut command = machine.command("perl", "/").unwrap();
        let child = command.args(["-e", &client]).stdout(Stdio::piped()).spawn().unwrap();
        let (mut stream, _) = listener.accept().unwrap();
        let mut hello = [0; 6];
        stream.read_exact(&mut hello).unwrap();
        stream.write_all(b"welcome").unwrap();
        drop(stream);
        assert_eq!(child.wait_with_output().unwrap().stdout, b"welcome");
    }
}

#[test]
fn apt_installs_in_the_machine_only() {
    let Some(rig) = Rig::new() else { return };
    if !Path::new("/usr/bin/apt-get").exists() || Path::new("/usr/bin/hello").exists() {
        eprintln!("skipped: without apt-get, or with the package `hello` installed, it shows nothing");
        return;
    }
    let machine = rig.start(0);
    ask(&machine, "export DEBIAN_FRONTEND=noninteractive; apt-get -q update && apt-get -qy install hello");
    assert_eq!(ask(&machine, "hello"), "Hello, world!\n");
    assert!(!Path::new("/usr/bin/hello").exists());
    let info = &rig.machines().list().unwrap()[0];
    assert!(info.disk_use > 100_000, "{info:?}");
}
