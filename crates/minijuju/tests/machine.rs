//! Machines, for real: these tests need root, and say so where they are skipped.

use std::path::Path;

use minijuju::machine::{Kind, Machines, Spec};

#[test]
fn what_a_machine_writes_stays_in_it() {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("skipped: machines need root's rights");
        return;
    }
    let data = tempfile::tempdir_in("/var/tmp").unwrap();
    let machines = Machines::with(data.path(), Kind::Namespaces, Path::new(env!("CARGO_BIN_EXE_minijuju"))).unwrap();
    let machine = machines.start(&Spec { id: "m-0".to_owned(), hostname: "juju-0".to_owned() }).unwrap();
    let output = machine
        .command("sh", "/var")
        .unwrap()
        .args(["-c", "hostname; pwd; echo hi > /minijuju-was-here"])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "juju-0\n/var\n");
    assert!(machine.root().join("minijuju-was-here").exists());
    assert!(!Path::new("/minijuju-was-here").exists());
    machines.stop("m-0").unwrap();
    assert!(machines.list().unwrap().is_empty());
}
