//! Scripts in front of a machine's `systemctl`, `snap` and `udevadm`. In a machine without systemd or snapd they report
//! that this is a limit of minijuju, and what to do.
//!
//! The real programs still do what needs no systemd: `systemctl enable`, `snap pack`.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::record::Init;
use super::{Error, Result};

/// Comes before the real programs in the `PATH` of hooks and users.
const FOLDER: &str = "/usr/local/bin";

/// Programs, the error that each prints if its daemon is missing, and what its script does first.
const WRAPPED_PROGRAMS: [(&str, &str, &str); 2] = [
    ("systemctl", "not been booted with systemd", ""),
    ("snap", "cannot communicate with server", REFUSE_WITHOUT_SNAPD),
];

/// Refuses at once what needs snapd: the real `snap` would try to reach it for two minutes.
const REFUSE_WITHOUT_SNAPD: &str = r"
case ${1:-help} in
    -* | create-key | delete-key | download | export-key | help | keys | pack | prepare-image | run | sign) ;;
    *) [ -S /run/snapd.socket ] || { limit; exit 1; } ;;
esac";

/// The real `snap`.
const SNAP: &str = "/usr/bin/snap";

/// The real `udevadm`.
const UDEVADM: &str = "/usr/bin/udevadm";

/// Install the scripts in a new machine, whose root is this process's root.
pub(super) fn install(init: Init) -> Result<()> {
    let mut scripts: Vec<(&str, String)> = match init {
        Init::Plain => {
            WRAPPED_PROGRAMS.iter().map(|(name, error, prelude)| (*name, wrapper(name, error, prelude))).collect()
        }
        Init::Systemd if Path::new(SNAP).exists() => Vec::new(),
        Init::Systemd => vec![("snap", SNAP_WITHOUT_SNAPD.to_owned())],
    };
    if Path::new(UDEVADM).exists() {
        scripts.push(("udevadm", UDEVADM_WITHOUT_UDEV.to_owned()));
    }
    fs::create_dir_all(FOLDER).map_err(Error::file("make", FOLDER))?;
    for (name, script) in scripts {
        let path = Path::new(FOLDER).join(name);
        // Keep a file that is already there.
        match fs::File::options().write(true).create_new(true).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            result => drop(result.map_err(Error::file("write", &path))?),
        }
        fs::write(&path, script).map_err(Error::file("write", &path))?;
        fs::set_permissions(&path, Permissions::from_mode(0o755)).map_err(Error::file("open up", &path))?;
    }
    Ok(())
}

/// `udevadm` in a machine, which has no devices and no udev. Requests of snapd and packages succeed without doing
/// anything. Otherwise snapd would not install snaps with programs.
const UDEVADM_WITHOUT_UDEV: &str = r#"#!/bin/sh
# From minijuju, for a machine without udev.
case $1 in control | trigger | settle) [ -S /run/udev/control ] || exit 0 ;; esac
exec /usr/bin/udevadm "$@"
"#;

/// `snap` in a machine with systemd whose root has no snapd.
const SNAP_WITHOUT_SNAPD: &str = r#"#!/bin/sh
# From minijuju, for a machine without snapd.
[ ! -x /usr/bin/snap ] || exec /usr/bin/snap "$@"
echo "minijuju: this machine has no snapd, because the computer or the base below it has none; install snapd there," \
    "and deploy again" >&2
exit 127
"#;

/// The script in front of the program `name` in a machine without systemd.
fn wrapper(name: &str, error: &str, prelude: &str) -> String {
    format!(
        r#"#!/bin/sh
# From minijuju, for a machine without systemd.
limit() {{
    echo "minijuju: this machine has no systemd, so {name} cannot work here; deploy with MINIJUJU_INIT=systemd on a" \
        "computer or base that has it" >&2
}}
real=/usr/bin/{name}
if [ ! -x $real ]; then
    limit
    exit 127
fi{prelude}
exec 3>&1
errors=$($real "$@" 2>&1 >&3 3>&-)
code=$?
[ -z "$errors" ] || printf '%s\n' "$errors" >&2
case $errors in *"{error}"*) limit ;; esac
exit $code
"#
    )
}
