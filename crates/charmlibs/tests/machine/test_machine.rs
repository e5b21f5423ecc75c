//! A throw-away machine for a test: a view of this computer that the test can change freely, with its own processes,
//! network and host name, and optionally with systemd as its first process.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The environment variable that is set in the machine.
const MACHINE_VARIABLE: &str = "CHARMLIBS_TEST_MACHINE";
/// How long a test may take in a machine.
const TIMEOUT: Duration = Duration::from_mins(3);

/// The machine's folders are tmpfs, or the computer's with a tmpfs overlay. `$1` is the test's executable, `$2` a
/// folder for its output, `$3` the test's name, `$4` the first process.
const SETUP: &str = r#"
set -eu
mount --make-rprivate /
mount -t tmpfs machine /mnt
mkdir /mnt/upper /mnt/work /mnt/root
root=/mnt/root
mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work $root
mount -t proc proc $root/proc
mount -t sysfs -o ro sysfs $root/sys
for folder in run tmp dev; do mount -t tmpfs -o mode=755 $folder $root/$folder; done
chmod 1777 $root/tmp
for device in null:3 zero:5 full:7 random:8 urandom:9; do mknod -m 666 $root/dev/${device%:*} c 1 ${device#*:}; done
mkdir $root/dev/shm $root/dev/pts $root/run/lock
mkdir -p $root/test/out
mount --bind "$2" $root/test/out
cp "$1" $root/test/test
ip link set lo up 2>/dev/null || true
cd $root
if [ "$4" = systemd ]; then
    mount -t cgroup2 cgroup $root/sys/fs/cgroup
    rm -rf etc/systemd/system/*.wants etc/fstab
    for unit in systemd-udevd.service systemd-udev-trigger.service systemd-networkd.service systemd-resolved.service; do
        ln -sf /dev/null etc/systemd/system/$unit
    done
    echo 00000000000000000000000000000001 >etc/machine-id
    cat >etc/systemd/system/charmlibs-test.service <<END
[Unit]
DefaultDependencies=no
Requires=systemd-journald.service
After=systemd-journald.service
SuccessAction=exit
FailureAction=exit
[Service]
Type=oneshot
Environment=CHARMLIBS_TEST_MACHINE=1 PATH=/usr/sbin:/usr/bin:/sbin:/bin RUST_BACKTRACE=1
ExecStart=/test/test --exact $3 --ignored --nocapture
StandardOutput=file:/test/out/stdout
StandardError=file:/test/out/stderr
END
fi
mkdir -p old
pivot_root . old
umount -l old
if [ "$4" = systemd ]; then
    exec env -i container=charmlibs /lib/systemd/systemd --unit=charmlibs-test.service --log-target=null >/dev/null 2>&1
fi
exec env -i CHARMLIBS_TEST_MACHINE=1 PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root RUST_BACKTRACE=1 sh -c \
    '/test/test --exact "$0" --ignored --nocapture >/test/out/stdout 2>/test/out/stderr' "$3"
"#;

/// The machine's systemd uses control groups, so it gets one to manage, separate from the computer's.
const CGROUP_SETUP: &str = r#"
set -eu
mount --make-rprivate /
mount -t cgroup2 cgroup /mnt
group=/mnt/charmlibs-test-$$
mkdir $group
echo 0 >$group/cgroup.procs
trap 'echo 0 >/mnt/cgroup.procs; find $group -depth -type d -exec rmdir {} \; 2>/dev/null || true' EXIT
unshare --cgroup --mount --pid --fork --kill-child --uts --ipc --net sh -c "$0" sh "$@"
"#;

/// Run the calling test again in a machine, and return whether this is that run. A test starts with `if
/// !test_machine::rerun_in_machine("its::name") { return }`: it has then passed in the machine, or panicked here.
pub fn rerun_in_machine(test: &str) -> bool {
    rerun(test, "sh")
}

/// Same as [`rerun_in_machine`], in a machine booted with systemd.
pub fn rerun_in_machine_with_systemd(test: &str) -> bool {
    rerun(test, "systemd")
}

fn rerun(test: &str, first_process: &str) -> bool {
    if std::env::var_os(MACHINE_VARIABLE).is_some() {
        return true;
    }
    let out = tempfile::tempdir().unwrap();
    let mut command = Command::new("unshare");
    if first_process == "systemd" {
        assert!(Path::new("/lib/systemd/systemd").exists(), "this test needs the package systemd");
        command.args(["--mount", "sh", "-c", CGROUP_SETUP, SETUP]);
    } else {
        command.args([
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "--uts",
            "--ipc",
            "--net",
            "sh",
            "-c",
            SETUP,
            "sh",
        ]);
    }
    let log = fs::File::create(out.path().join("setup")).unwrap();
    command.arg(std::env::current_exe().unwrap()).arg(out.path()).args([test, first_process]);
    command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
    command.process_group(0);
    let mut machine = command.spawn().expect("this test needs unshare, of util-linux");
    let started = Instant::now();
    let status = loop {
        if let Some(status) = machine.try_wait().unwrap() {
            break Some(status);
        }
        if started.elapsed() > TIMEOUT {
            // All its processes outside; those inside end with them.
            let group = format!("kill -9 -- -{}", machine.id());
            assert!(Command::new("sh").args(["-c", &group]).status().unwrap().success());
            machine.wait().unwrap();
            break None;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let read = |name: &str| fs::read_to_string(out.path().join(name)).unwrap_or_default();
    let output = format!("{}{}{}", read("setup"), read("stdout"), read("stderr"));
    let status = status.unwrap_or_else(|| panic!("the machine of {test} did not end within {TIMEOUT:?}:\n{output}"));
    assert!(status.success() && read("stdout").contains("1 passed"), "{test} in a machine: {status}\n{output}");
    false
}
