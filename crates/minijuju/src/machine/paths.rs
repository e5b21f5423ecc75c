//! Where machines' files are: in the data folder, in a machine's folder below it, and in the machine itself.

use std::path::{Path, PathBuf};

/// In a machine: the folder of minijuju's program.
pub(super) const TOOLS_IN_MACHINE: &str = "/var/lib/juju/tools/minijuju";

/// In a machine: the folder of stand-ins for programs that the computer lacks.
pub(super) const STAND_INS_IN_MACHINE: &str = "/var/lib/juju/tools/stand-ins";

/// In a machine's folder: the socket on which its systemd reports that it is up (`sd_notify(3)`).
pub(super) const NOTIFY_SOCKET: &str = "notify";

/// The same socket in the machine, relative to its root.
pub(super) const NOTIFY_SOCKET_IN_MACHINE: &str = "run/minijuju/notify";

/// The folder of all machines.
pub(super) fn machines(data: &Path) -> PathBuf {
    data.join("machines")
}

/// The folder of minijuju's program, which each machine sees.
pub(super) fn tools(data: &Path) -> PathBuf {
    data.join("tools")
}

/// The copy of minijuju's program that machines run.
pub(super) fn program(data: &Path) -> PathBuf {
    tools(data).join("minijuju")
}

/// The folder of stand-ins. Its parent keeps out all users of the computer but root.
pub(super) fn stand_ins(data: &Path) -> PathBuf {
    data.join("stand-ins/bin")
}

/// The folder of all bases.
pub(super) fn bases(data: &Path) -> PathBuf {
    data.join("bases")
}

/// The root of a base.
pub(super) fn base_root(data: &Path, name: &str) -> PathBuf {
    bases(data).join(name).join("root")
}
