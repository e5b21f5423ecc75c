//! The messages of `systemctl` and `snap` in machines without systemd or snapd.

use std::time::Duration;

use super::boot::deploy;
use super::rig::{Rig, ask, booting, run, spec};

const PATH: &str = "PATH=/usr/local/bin:$PATH";

#[test]
#[ignore = "needs root: it starts machines"]
fn systemctl_in_a_machine_without_systemd_names_minijujus_limit() {
    let rig = Rig::new();
    let machine = rig.start(0);
    let said = run(&machine, "PATH=/usr/local/bin:$PATH systemctl restart nothing");
    let text = String::from_utf8_lossy(&said.stderr);
    assert!(!said.status.success(), "{text}");
    assert!(text.contains("minijuju: this machine has no systemd") && text.contains("MINIJUJU_INIT=systemd"), "{text}");
    // What needs no systemd still works.
    assert_eq!(ask(&machine, "PATH=/usr/local/bin:$PATH systemctl --version | head -c 8"), "systemd ");
}

/// The program `snap`, without a snapd.
const NO_ANSWER: &str = "#!/bin/sh\n[ \"$1\" != pack ] || { echo packed; exit; }\ntouch /root/asked\n\
    echo 'error: cannot communicate with server: Post \"http://localhost/v2/snaps\": dial unix /run/snapd.socket' >&2\nexit 1\n";

#[test]
#[ignore = "needs root: it starts machines"]
fn snap_in_a_machine_without_systemd_names_minijujus_limit() {
    let rig = Rig::new();
    let machine = rig.start(0);
    ask(&machine, &format!("rm -f /usr/bin/snap; printf '%s' '{}' > /root/snap", NO_ANSWER.replace('\'', "'\"'\"'")));
    let none = run(&machine, &format!("{PATH} snap install hello"));
    let text = String::from_utf8_lossy(&none.stderr);
    assert_eq!(none.status.code(), Some(127), "{text}");
    assert!(text.starts_with("minijuju: this machine has no systemd, so snap cannot work here"), "{text}");
    ask(&machine, "install -m 755 /root/snap /usr/bin/snap");
    let mute = run(&machine, &format!("{PATH} snap install hello"));
    let text = String::from_utf8_lossy(&mute.stderr);
    assert_eq!(mute.status.code(), Some(1), "{text}");
    assert!(text.starts_with("minijuju: ") && text.contains("MINIJUJU_INIT=systemd"), "{text}");
    // It would try to reach snapd for two minutes.
    assert_eq!(ask(&machine, "ls /root/asked 2>/dev/null || echo not asked"), "not asked\n");
    // What needs no daemon still works.
    assert_eq!(ask(&machine, &format!("{PATH} snap pack")), "packed\n");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn machines_of_a_computer_without_snapd_report_that_until_it_is_installed() {
    let rig = Rig::new();
    // A computer without snapd has machines without snapd.
    let without = "mkdir \"$MINIJUJU_DATA/../bin\" && cp --archive /usr/bin/. \"$MINIJUJU_DATA/../bin\" && \
                   rm -f \"$MINIJUJU_DATA/../bin/snap\" && mount --bind \"$MINIJUJU_DATA/../bin\" /usr/bin && exec \"$@\"";
    let said = deploy(&rig, "systemd", without);
    let listed = rig.machines().list().unwrap();
    let machine = listed.first().and_then(|info| rig.machines().find(&info.id).unwrap());
    let machine = machine.unwrap_or_else(|| panic!("{said}"));
    let none = run(&machine, &format!("{PATH} snap list"));
    let text = String::from_utf8_lossy(&none.stderr);
    assert_eq!(none.status.code(), Some(127), "{text}");
    assert!(text.starts_with("minijuju: this machine has no snapd") && text.contains("install snapd there"), "{text}");
    ask(&machine, "printf '#!/bin/sh\\necho real \"$1\"\\n' > /usr/bin/snap && chmod 755 /usr/bin/snap");
    assert_eq!(ask(&machine, &format!("{PATH} snap list")), "real list\n");
    // If there is a snapd, there is no script before it in the PATH.
    let with = booting(&rig, Duration::from_mins(1)).start(&spec(1)).unwrap();
    let there = std::path::Path::new("/usr/bin/snap").exists();
    assert_eq!(run(&with, "ls /usr/local/bin/snap").status.success(), !there);
}
