//! In a machine without systemd, `systemctl` and `snap` say that this is a limit of minijuju, and what to do.
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

/// Programs, and what each prints if its daemon is missing.
const PROGRAMS: [(&str, &str); 2] =
    [("systemctl", "not been booted with systemd"), ("snap", "cannot communicate with server")];

/// Install the scripts in a new machine, whose root is this process's root.
pub(super) fn say(init: Init) -> Result<()> {
    if init == Init::Systemd {
        return Ok(());
    }
    fs::create_dir_all(FOLDER).map_err(Error::file("make", FOLDER))?;
    for (name, says) in PROGRAMS {
        let path = Path::new(FOLDER).join(name);
        // Keep a file that is already there.
        match fs::File::options().write(true).create_new(true).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            opened => drop(opened.map_err(Error::file("write", &path))?),
        }
        fs::write(&path, script(name, says)).map_err(Error::file("write", &path))?;
        fs::set_permissions(&path, Permissions::from_mode(0o755)).map_err(Error::file("open up", &path))?;
    }
    Ok(())
}

fn script(name: &str, says: &str) -> String {
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
fi
exec 3>&1
said=$($real "$@" 2>&1 >&3 3>&-)
code=$?
[ -z "$said" ] || printf '%s\n' "$said" >&2
case $said in *"{says}"*) limit ;; esac
exit $code
"#
    )
}
