//! The host's mounted file systems, from `/proc/self/mountinfo` (proc(5)), and which of them a machine sees.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

/// Folders of which a machine has its own, or that hold other systems' files. Nothing mounted at or below them is
/// shown.
const EXCLUDED: [&str; 12] = [
    "/proc",
    "/sys",
    "/dev",
    "/run",
    "/tmp",
    "/snap",
    "/var/lib/snapd",
    "/var/lib/docker",
    "/var/lib/containerd",
    "/var/lib/containers",
    "/var/lib/kubelet",
    "/var/lib/lxd",
];

/// Types of file systems that hold files on this computer. The others are kernel interfaces, or may hang with the network.
const DISK_FILE_SYSTEMS: [&str; 16] = [
    "bcachefs", "btrfs", "erofs", "exfat", "ext2", "ext3", "ext4", "f2fs", "fuseblk", "jfs", "ntfs3", "overlay",
    "tmpfs", "vfat", "xfs", "zfs",
];

/// One line of `mountinfo`.
#[derive(Debug)]
struct Mount {
    id: u32,
    parent: u32,
    point: PathBuf,
    kind: String,
}

/// The mount points below `/` to show in a machine, parents first, without `/` itself.
pub(super) fn visible_mount_points(mountinfo: &str) -> Vec<PathBuf> {
    let mounts: Vec<Mount> = mountinfo.lines().filter_map(parse).collect();
    let mut points: Vec<PathBuf> = mounts
        .iter()
        .filter(|mount| mount.point != Path::new("/") && DISK_FILE_SYSTEMS.contains(&mount.kind.as_str()))
        .filter(|mount| !EXCLUDED.iter().any(|folder| mount.point.starts_with(folder)))
        .filter(|mount| is_visible(mount, &mounts))
        .map(|mount| mount.point.clone())
        .collect();
    points.sort();
    points.dedup();
    points
}

/// The first visible mount point of a file system of this kind.
pub(super) fn mount_point_of(mountinfo: &str, kind: &str) -> Option<PathBuf> {
    let mounts: Vec<Mount> = mountinfo.lines().filter_map(parse).collect();
    let found = mounts.iter().find(|mount| mount.kind == kind && is_visible(mount, &mounts))?;
    Some(found.point.clone())
}

/// Whether its files are visible at its mount point: nothing is mounted on top of it.
fn is_visible(mount: &Mount, mounts: &[Mount]) -> bool {
    !mounts.iter().any(|other| other.parent == mount.id && other.point == mount.point) && is_reachable(mount, mounts)
}

/// Whether no mount further up hides its mount point, or that of any of its parents.
fn is_reachable(mount: &Mount, mounts: &[Mount]) -> bool {
    // A later mount further up on the same file system. An earlier one would be the parent of `mount`.
    let hides = |other: &Mount| {
        other.parent == mount.parent && other.point != mount.point && mount.point.starts_with(&other.point)
    };
    !mounts.iter().any(hides)
        && mounts.iter().find(|other| other.id == mount.parent).is_none_or(|parent| is_reachable(parent, mounts))
}

fn parse(line: &str) -> Option<Mount> {
    let (left, right) = line.split_once(" - ")?;
    let mut fields = left.split(' ');
    let id = fields.next()?.parse().ok()?;
    let parent = fields.next()?.parse().ok()?;
    let point = unescape(fields.nth(2)?);
    Some(Mount { id, parent, point, kind: right.split(' ').next()?.to_owned() })
}

/// In `mountinfo`, spaces, tabs, newlines and backslashes are escaped as `\` and three octal digits.
fn unescape(text: &str) -> PathBuf {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes[at] == b'\\')
            .then(|| text.get(at + 1..at + 4).and_then(|digits| u8::from_str_radix(digits, 8).ok()))
            .flatten();
        out.push(code.unwrap_or(bytes[at]));
        at += if code.is_some() { 4 } else { 1 };
    }
    OsString::from_vec(out).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const UBUNTU: &str = "\
22 27 0:21 / /proc rw,relatime - proc proc rw
24 27 0:6 / /dev rw,relatime - devtmpfs udev rw
25 24 0:23 / /dev/shm rw - tmpfs tmpfs rw
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda2 rw
28 27 0:24 / /run rw - tmpfs tmpfs rw
29 27 254:3 / /home rw,relatime shared:2 - ext4 /dev/vda3 rw
30 27 254:4 / /boot rw,relatime - ext4 /dev/vda4 rw
31 30 254:5 / /boot/efi rw,relatime - vfat /dev/vda5 rw
32 27 7:0 / /snap/core22/1 ro - squashfs /dev/loop0 ro
33 27 0:40 / /srv/my\\040files rw - xfs /dev/vdb rw
34 27 0:41 / /mnt/nas rw - nfs4 nas:/ rw
35 27 0:42 / /var/lib/docker/overlay2/x/merged rw - overlay overlay rw
";

    #[test]
    fn file_systems_with_files_are_shown() {
        let points = visible_mount_points(UBUNTU);
        assert_eq!(points, ["/boot", "/boot/efi", "/home", "/srv/my files"].map(PathBuf::from));
    }

    #[test]
    fn a_mount_below_one_that_covers_it_is_not_shown() {
        let covered = "\
27 1 254:0 / / rw - ext4 /dev/vda rw
28 27 254:1 / /srv/data rw - ext4 /dev/vdb rw
29 27 254:2 / /srv rw - ext4 /dev/vdc rw
30 28 254:3 / /srv/data/deep rw - ext4 /dev/vdd rw
";
        assert_eq!(visible_mount_points(covered), [PathBuf::from("/srv")]);
    }

    #[test]
    fn two_mounts_at_one_mount_point_are_listed_once() {
        let twice = "\
27 1 254:0 / / rw - ext4 /dev/vda rw
28 27 254:1 / /srv rw - ext4 /dev/vdb rw
29 28 254:2 / /srv rw - ext4 /dev/vdc rw
";
        assert_eq!(visible_mount_points(twice), [PathBuf::from("/srv")]);
    }
}
