//! snapd in machines, if this computer has it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::fixture::{eventually, needs_root_and, output};
use super::rig::{Rig, check_output, clean, run, spec, with_systemd};

/// A snap of type `base`: installing it is mounting it, and needs nothing from the store, unlike apps.
const SNAP: &str = "name: minijuju-test\nversion: '1'\nsummary: s\ndescription: d\ntype: base\n";

/// Pack a snap. The script creates its files.
fn pack(rig: &Rig, name: &str, yaml: &str, script: &str) -> PathBuf {
    let source = rig.folder_beside(name);
    fs::create_dir(source.join("meta")).unwrap();
    fs::write(source.join("meta/snap.yaml"), yaml).unwrap();
    let filled = output(Command::new("sh").args(["-euc", script]).current_dir(&source));
    assert!(filled.status.success(), "{filled:?}");
    let packed = rig.folder_beside("packed").join(format!("{name}.snap"));
    let made = output(Command::new("mksquashfs").arg(&source).arg(&packed).args(["-quiet", "-no-progress"]));
    assert!(made.status.success(), "{made:?}");
    packed
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_snap_from_a_file_is_installed_and_is_there_again_after_a_restart() {
    needs_root_and(&[("snap", "snapd"), ("mksquashfs", "squashfs-tools")]);
    let rig = Rig::new();
    let packed = pack(&rig, "x", SNAP, "echo in the snap > content");
    let machines = with_systemd(&rig, Duration::from_mins(1));
    let machine = machines.start(&spec(0)).unwrap();
    fs::copy(&packed, machine.root().join("root/x.snap")).unwrap();
    // snapd starts with the first command, and must finish seeding before it installs anything.
    let installed = run(&machine, "cd /root && snap wait system seed.loaded && snap install --dangerous ./x.snap");
    assert!(installed.status.success(), "{}", String::from_utf8_lossy(&installed.stderr));
    let find =
        "cat /snap/minijuju-test/current/content /var/lib/snapd/snap/minijuju-test/current/content 2>/dev/null; true";
    assert_eq!(check_output(&machine, find), "in the snap\n");
    machines.shut_down(&machine).unwrap();
    let restarted = machines.start(&spec(0)).unwrap();
    assert_eq!(check_output(&restarted, find), "in the snap\n");
    clean(&machines).unwrap();
    // The kernel frees them with their mounts.
    eventually("no loop device is left", || {
        let used = output(Command::new("losetup").arg("--all")).stdout;
        !String::from_utf8_lossy(&used).contains("minijuju-test")
    });
}

/// The files that a snap's program sees instead of the machine's: mount points for snapd, and a shell.
const BASE: &str = "mkdir -p dev etc home lib/firmware lib/modules media mnt opt proc root run snap srv sys tmp usr/lib/snapd \
    usr/src var/lib/snapd var/log var/snap var/tmp; \
    cp --parents --dereference /bin/sh $(ldd /bin/sh | grep -o '/[^ ]*') .";

/// This computer's snapd as a snap, like the one in the store. Snaps with programs need it.
const SNAPD: &str = "mkdir -p snap usr/bin usr/lib; cp --archive /usr/lib/snapd usr/lib; cp /usr/bin/snap usr/bin; \
    . /usr/lib/snapd/info; printf \"name: snapd\\nversion: '$VERSION'\\nsummary: s\\ndescription: d\\ntype: snapd\\n\" \
    > meta/snap.yaml";

const APP: &str = "name: minijuju-app\nversion: '1'\nsummary: s\ndescription: d\nbase: minijuju-base\n\
    confinement: strict\napps:\n  hello: {command: bin/hello}\n";

/// Linux 6.18 numbers namespaces per processor, and reports a loop if the number is lower than that of the process's
/// namespace (`mnt_ns_loop` in fs/namespace.c). snapd then fails with "cannot preserve mount namespace", depending on
/// the processor.
const RUN: &str = "for cpu in $(seq 0 $(($(nproc) - 1))); do taskset --cpu-list $cpu snap run minijuju-app.hello && exit; done; exit 1";

#[test]
#[ignore = "needs root: it starts machines"]
fn a_program_in_a_snap_runs() {
    needs_root_and(&[("snap", "snapd"), ("mksquashfs", "squashfs-tools")]);
    let rig = Rig::new();
    let base = SNAP.replace("minijuju-test", "minijuju-base");
    let hello = "mkdir bin; printf '#!/bin/sh\\necho hello from $SNAP_NAME\\n' > bin/hello; chmod 755 bin/hello";
    let packed = [pack(&rig, "base", &base, BASE), pack(&rig, "snapd", "", SNAPD), pack(&rig, "app", APP, hello)];
    let machines = with_systemd(&rig, Duration::from_mins(1));
    let machine = machines.start(&spec(0)).unwrap();
    check_output(&machine, "snap wait system seed.loaded");
    for snap in packed {
        let name = snap.file_name().unwrap();
        fs::copy(&snap, machine.root().join("root").join(name)).unwrap();
        let installed = run(&machine, &format!("snap install --dangerous /root/{}", name.display()));
        assert!(installed.status.success(), "{}: {installed:?}", name.display());
    }
    assert_eq!(check_output(&machine, RUN), "hello from minijuju-app\n");
    machines.shut_down(&machine).unwrap();
    let restarted = machines.start(&spec(0)).unwrap();
    assert_eq!(check_output(&restarted, RUN), "hello from minijuju-app\n");
}
