//! snapd in machines, if this computer has it.

use std::fs;
use std::process::Command;
use std::time::Duration;

use super::fixture::{eventually, needs_root_and, output};
use super::rig::{Rig, ask, booting, clean, run, spec};

/// A snap of type `base`: installing it is mounting it, and needs nothing from the store, unlike apps.
const SNAP: &str = "name: minijuju-test\nversion: '1'\nsummary: s\ndescription: d\ntype: base\n";

#[test]
#[ignore = "needs root: it starts machines"]
fn a_snap_from_a_file_is_installed_and_is_there_again_after_a_restart() {
    needs_root_and(&[("snap", "snapd"), ("mksquashfs", "squashfs-tools")]);
    let rig = Rig::new();
    let source = rig.beside("snap");
    fs::create_dir(source.join("meta")).unwrap();
    fs::write(source.join("meta/snap.yaml"), SNAP).unwrap();
    fs::write(source.join("content"), "in the snap\n").unwrap();
    let packed = rig.beside("packed").join("x.snap");
    let made = output(Command::new("mksquashfs").arg(&source).arg(&packed).args(["-quiet", "-no-progress"]));
    assert!(made.status.success(), "{made:?}");
    let machines = booting(&rig, Duration::from_mins(1));
    let machine = machines.start(&spec(0)).unwrap();
    fs::copy(&packed, machine.root().join("root/x.snap")).unwrap();
    // snapd starts with the first command, and must finish seeding before it installs anything.
    let installed = run(&machine, "cd /root && snap wait system seed.loaded && snap install --dangerous ./x.snap");
    assert!(installed.status.success(), "{}", String::from_utf8_lossy(&installed.stderr));
    let find =
        "cat /snap/minijuju-test/current/content /var/lib/snapd/snap/minijuju-test/current/content 2>/dev/null; true";
    assert_eq!(ask(&machine, find), "in the snap\n");
    machines.shut_down(&machine).unwrap();
    let again = machines.start(&spec(0)).unwrap();
    assert_eq!(ask(&again, find), "in the snap\n");
    clean(&machines).unwrap();
    // The kernel frees them with their mounts.
    eventually("no loop device is left", || {
        let used = output(Command::new("losetup").arg("--all")).stdout;
        !String::from_utf8_lossy(&used).contains("minijuju-test")
    });
}
