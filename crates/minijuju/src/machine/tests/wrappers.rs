//! `systemctl` and `snap` in machines without systemd or snapd.

use std::time::Duration;

use super::rig::{Rig, check_output, run, spec, with_systemd};
use super::systemd::deploy;

const PATH: &str = "PATH=/usr/local/bin:$PATH";

#[test]
#[ignore = "needs root: it starts machines"]
fn systemctl_in_a_machine_without_systemd_reports_minijuju_s_limit() {
    let rig = Rig::new();
    let machine = rig.start(0);
    let output = run(&machine, "PATH=/usr/local/bin:$PATH systemctl restart nothing");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{text}");
    assert!(text.contains("minijuju: this machine has no systemd") && text.contains("MINIJUJU_INIT=systemd"), "{text}");
    // What needs no systemd still works.
    assert_eq!(check_output(&machine, "PATH=/usr/local/bin:$PATH systemctl --version | head -c 8"), "systemd ");
}

/// The program `snap` without snapd.
const SNAP_WITHOUT_SNAPD: &str = "#!/bin/sh\n[ \"$1\" != pack ] || { echo packed; exit; }\ntouch /root/asked\n\
    echo 'error: cannot communicate with server: Post \"http://localhost/v2/snaps\": dial unix /run/snapd.socket' >&2\nexit 1\n";

#[test]
#[ignore = "needs root: it starts machines"]
fn snap_in_a_machine_without_systemd_reports_minijuju_s_limit() {
    let rig = Rig::new();
    let machine = rig.start(0);
    check_output(
        &machine,
        &format!("rm -f /usr/bin/snap; printf '%s' '{}' > /root/snap", SNAP_WITHOUT_SNAPD.replace('\'', "'\"'\"'")),
    );
    let missing = run(&machine, &format!("{PATH} snap install hello"));
    let text = String::from_utf8_lossy(&missing.stderr);
    assert_eq!(missing.status.code(), Some(127), "{text}");
    assert!(text.starts_with("minijuju: this machine has no systemd, so snap cannot work here"), "{text}");
    check_output(&machine, "install -m 755 /root/snap /usr/bin/snap");
    let unreachable = run(&machine, &format!("{PATH} snap install hello"));
    let text = String::from_utf8_lossy(&unreachable.stderr);
    assert_eq!(unreachable.status.code(), Some(1), "{text}");
    assert!(text.starts_with("minijuju: ") && text.contains("MINIJUJU_INIT=systemd"), "{text}");
    // It would try to reach snapd for two minutes.
    assert_eq!(check_output(&machine, "ls /root/asked 2>/dev/null || echo not asked"), "not asked\n");
    // What needs no daemon still works.
    assert_eq!(check_output(&machine, &format!("{PATH} snap pack")), "packed\n");
}

#[test]
#[ignore = "needs root: it starts machines"]
fn machines_of_a_computer_without_snapd_report_that_until_it_is_installed() {
    let rig = Rig::new();
    // A computer without snapd has machines without snapd.
    let remove_snap = "mkdir \"$MINIJUJU_DATA/../bin\" && cp --archive /usr/bin/. \"$MINIJUJU_DATA/../bin\" && \
                   rm -f \"$MINIJUJU_DATA/../bin/snap\" && mount --bind \"$MINIJUJU_DATA/../bin\" /usr/bin && exec \"$@\"";
    let output = deploy(&rig, "systemd", remove_snap);
    let listed = rig.machines().list().unwrap();
    let machine = listed.first().and_then(|info| rig.machines().find(&info.id).unwrap());
    let machine = machine.unwrap_or_else(|| panic!("{output}"));
    let missing = run(&machine, &format!("{PATH} snap list"));
    let text = String::from_utf8_lossy(&missing.stderr);
    assert_eq!(missing.status.code(), Some(127), "{text}");
    assert!(text.starts_with("minijuju: this machine has no snapd") && text.contains("install snapd there"), "{text}");
    check_output(&machine, "printf '#!/bin/sh\\necho real \"$1\"\\n' > /usr/bin/snap && chmod 755 /usr/bin/snap");
    assert_eq!(check_output(&machine, &format!("{PATH} snap list")), "real list\n");
    // If there is a snapd, there is no script before it in the PATH.
    let with_snapd = with_systemd(&rig, Duration::from_mins(1)).start(&spec(1)).unwrap();
    let has_snap = std::path::Path::new("/usr/bin/snap").exists();
    assert_eq!(run(&with_snapd, "ls /usr/local/bin/snap").status.success(), !has_snap);
}
