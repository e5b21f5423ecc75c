//! Machines of bases, and bases that cannot be made.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::super::MachineSpec;
use super::super::record::Init;
use super::fixture::output;
use super::rig::{Rig, built_program, check_output, run, tag, with_systemd};

const NAME: &str = "tiny@1";

/// The root of a system with only what a machine needs, copied from this computer.
fn minimal_root(rig: &Rig) -> PathBuf {
    let root = rig.folder_beside("tiny");
    let script = "cd \"$1\" && mkdir -p etc tmp usr/sbin && printf 'ID=tiny\\nVERSION_ID=1\\n' > etc/os-release && \
                  for program in /bin/sh /bin/cat /bin/mount /usr/bin/env /usr/bin/setpriv; do \
                  cp --parents --dereference $program $(ldd $program | grep -o '/[^ ]*') . || exit; done";
    let made = output(Command::new("sh").args(["-euc", script, "sh"]).arg(&root));
    assert!(made.status.success(), "{made:?}");
    root
}

#[test]
#[ignore = "needs root: it starts machines"]
fn a_base_without_systemd_has_plain_machines_and_the_first_has_a_warning() {
    let rig = Rig::new();
    let mut machines = with_systemd(&rig, Duration::from_mins(1));
    machines.import_base(NAME, &minimal_root(&rig)).unwrap();
    let spec = MachineSpec { id: "test-0".into(), hostname: "juju-test-0".into(), base: NAME.into() };
    let error = machines.start(&spec).unwrap_err().to_string();
    assert!(error.contains("MINIJUJU_INIT asks for systemd, which cannot run here"), "{error}");
    assert!(error.contains("systemd is not installed in the base tiny@1"), "{error}");
    machines.init = None;
    let machine = machines.start(&spec).unwrap();
    assert_eq!(machine.init(), Init::Plain);
    let warning = machine.warnings().first().cloned().unwrap_or_default();
    assert!(warning.contains("machines are without systemd"), "{warning}");
    assert!(warning.contains("systemd is not installed in the base tiny@1; set MINIJUJU_INIT=plain"), "{warning}");
    assert_eq!(check_output(&machine, "cat /etc/os-release"), "ID=tiny\nVERSION_ID=1\n");
    let output = run(&machine, "PATH=/usr/local/bin:$PATH systemctl start x");
    assert_eq!(output.status.code(), Some(127));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("computer or base that has it"), "{text}");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn making_a_base_without_a_bootstrap_program_is_an_error_that_names_one() {
    let rig = Rig::new();
    let hide = "for name in mmdebstrap debootstrap; do \
                program=$(command -v $name) && mount --bind /dev/null \"$program\"; done; exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "sh", "-c", hide, "sh"]).arg(built_program());
    command.args(["base", "make", "debian@12"]).env("MINIJUJU_DATA", rig.data());
    let done = output(&mut command);
    let text = String::from_utf8_lossy(&done.stderr);
    let reason =
        "ERROR base debian@12: this needs mmdebstrap or debootstrap: install one with `apt install mmdebstrap`";
    assert_eq!((done.status.code(), text.trim()), (Some(1), reason), "{}", tag(rig.data().to_str().unwrap()));
    assert!(!rig.data().join("bases").exists() || fs::read_dir(rig.data().join("bases")).unwrap().count() == 0);
}
