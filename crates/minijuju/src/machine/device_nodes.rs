//! Device nodes in a machine's `/dev`.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use nix::sys::stat::{Mode, SFlag, makedev, mknod};

use super::{Error, Result};

/// Devices that programs expect: name, major and minor number (Linux's devices.txt).
const DEVICES: [(&str, u64, u64); 6] =
    [("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0)];

/// How many snaps can be mounted at once.
const LOOP_DEVICES: u64 = 64;

/// Create the devices that programs expect, and the usual links.
pub(super) fn create(dev: &Path) -> Result<()> {
    for (name, major, minor) in DEVICES {
        let path = dev.join(name);
        mknod(&path, SFlag::S_IFCHR, Mode::from_bits_truncate(0o666), makedev(major, minor))
            .map_err(|error| Error::file("make", &path)(error.into()))?;
        // The umask may have removed bits.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).map_err(Error::file("open up", &path))?;
    }
    let links = [
        ("ptmx", "pts/ptmx"),
        ("fd", "/proc/self/fd"),
        ("stdin", "/proc/self/fd/0"),
        ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"),
    ];
    for (name, to) in links {
        symlink(to, dev.join(name)).map_err(Error::file("link", dev.join(name)))?;
    }
    Ok(())
}

/// Loop devices for snapd to mount snaps with, shared with this computer. The kernel frees each with its mount, at the
/// latest when the machine ends. A kernel without loop devices has none to offer.
pub(super) fn create_loop_devices(dev: &Path) -> Result<()> {
    let numbers = (0..LOOP_DEVICES).map(|number| (format!("loop{number}"), SFlag::S_IFBLK, (7, number)));
    for (name, kind, (major, minor)) in numbers.chain([("loop-control".to_owned(), SFlag::S_IFCHR, (10, 237))]) {
        let path = dev.join(name);
        match mknod(&path, kind, Mode::from_bits_truncate(0o660), makedev(major, minor)) {
            // Not allowed in a container.
            Ok(()) | Err(nix::errno::Errno::EPERM) => {}
            Err(error) => return Err(Error::file("make", &path)(error.into())),
        }
    }
    Ok(())
}
