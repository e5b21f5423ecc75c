//! In a machine without systemd or snapd, `systemctl` and `snap` say that this is a limit of minijuju, and what to do.
//!
//! They are scripts in front of the real programs, which still do what needs no systemd: `systemctl enable`, `snap
//! pack`.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::{Error, Init, Result};

/// Comes before the real programs in the `PATH` of hooks and users.
const FOLDER: &str = "/usr/local/bin";

/// Programs, what each prints if its daemon is missing, and what its script does first.
const PROGRAMS: [(&str, &str, &str); 2] =
    [("systemctl", "not been booted with systemd", ""), ("snap", "cannot communicate with server", NO_WAIT)];

/// Refuses at once what needs snapd: the real `snap` would try to reach it for two minutes.
const NO_WAIT: &str = r"
case ${1:-help} in
    -* | create-key | delete-key | download | export-key | help | keys | pack | prepare-image | run | sign) ;;
    *) [ -S /run/snapd.socket ] || { limit; exit 1; } ;;
esac";

/// The real `snap`.
const SNAP: &str = "/usr/bin/snap";

/// The real `udevadm`.
const UDEVADM: &str = "/usr/bin/udevadm";

/// Install the scripts in a new machine, whose root is this process's root.
pub(super) fn say(init: Init) -> Result<()> {
    let mut scripts: Vec<(&str, String)> = match init {
        Init::Plain => PROGRAMS.iter().map(|(name, says, first)| (*name, script(name, says, first))).collect(),
        Init::Systemd if Path::new(SNAP).exists() => Vec::new(),
        Init::Systemd => vec![("snap", NO_SNAPD.to_owned())],
    };
    if Path::new(UDEVADM).exists() {
        scripts.push(("udevadm", NO_UDEV.to_owned()));
    }
    fs::create_dir_all(FOLDER).map_err(Error::file("make", FOLDER))?;
    for (name, script) in scripts {
        let path = Path::new(FOLDER).join(name);
        // Keep a file that is already there.
        match fs::File::options().write(true).create_new(true).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            opened => drop(opened.map_err(Error::file("write", &path))?),
        }
        fs::write(&path, script).map_err(Error::file("write", &path))?;
        fs::set_permissions(&path, Permissions::from_mode(0o755)).map_err(Error::file("open up", &path))?;
    }
    Ok(())
}

/// `udevadm` in a machine, which has no devices and no udev. Requests of snapd and packages succeed without doing
/// anything. Otherwise snapd would not install snaps with programs.
const NO_UDEV: &str = r#"#!/bin/sh
# From minijuju, for a machine without udev.
case $1 in control | trigger | settle) [ -S /run/udev/control ] || exit 0 ;; esac
exec /usr/bin/udevadm "$@"
"#;

/// `snap` in a machine with systemd whose root has no snapd.
const NO_SNAPD: &str = r#"#!/bin/sh
# From minijuju, for a machine without snapd.
[ ! -x /usr/bin/snap ] || exec /usr/bin/snap "$@"
echo "minijuju: this machine has no snapd, because the computer or the base below it has none; install snapd there," \
    "and deploy again" >&2
exit 127
"#;

fn script(name: &str, says: &str, first: &str) -> String {
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
fi{first}
exec 3>&1
said=$($real "$@" 2>&1 >&3 3>&-)
code=$?
[ -z "$said" ] || printf '%s\n' "$said" >&2
case $said in *"{says}"*) limit ;; esac
exit $code
"#
    )
}
