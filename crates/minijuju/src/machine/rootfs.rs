//! A machine's file systems. Its first process mounts them in its own mount namespace.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::path::{Path, PathBuf};

use nix::sys::stat::{Mode, SFlag, makedev, mknod};

use super::overlay;
use super::record::Record;
use super::tool::Tool;
use super::{Error, Files, Init, Result, base, boot, ubuntu};

/// The path of minijuju's program in a machine.
pub(super) const TOOLS: &str = "/var/lib/juju/tools/minijuju";

/// Below the data folder: stand-ins for programs that the computer lacks.
pub(super) const STAND_INS: &str = "stand-ins/bin";

/// The path of the stand-ins in a machine.
const SEEN_STAND_INS: &str = "/var/lib/juju/tools/stand-ins";

/// Below a machine's folder: the tmpfs.
const MEMORY: &str = "memory";

/// Devices that programs expect: name, major and minor number (Linux's devices.txt).
const DEVICES: [(&str, u64, u64); 6] =
    [("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0)];

/// How many snaps can be mounted at once.
const LOOP_DEVICES: u64 = 64;

/// What a machine's root is made from.
pub(super) struct Rootfs<'a> {
    /// The machine's folder.
    folder: &'a Path,
    /// The data folder, hidden from the machine.
    data: &'a Path,
    /// Where its writes are kept, relative to its folder.
    store: &'static str,
    /// Remarks for the user.
    pub(super) notes: Vec<String>,
}

impl<'a> Rootfs<'a> {
    pub(super) const fn new(folder: &'a Path, data: &'a Path) -> Self {
        Self { folder, data, store: ".", notes: Vec::new() }
    }

    /// Mount everything below `root` in the machine's folder and make it this mount namespace's root.
    pub(super) fn enter(&mut self, record: &Record) -> Result<()> {
        let root = self.folder.join("root");
        self.mount_files(&root, record)?;
        self.mount_own(&root)?;
        self.guard(&root)?;
        self.mount_stand_ins(&root)?;
        if record.init == Init::Systemd {
            self.mount_for_systemd(&root)?;
        }
        let old = made(&root, "/run/host")?;
        self.run(Tool::PivotRoot, &["root", &old.to_string_lossy()], "make the machine's root its own")?;
        std::env::set_current_dir("/").map_err(Error::file("enter", "/"))?;
        // Without running a program: the programs are the machine's now.
        rustix::mount::unmount("/run/host", rustix::mount::UnmountFlags::DETACH)
            .map_err(|error| Error::file("detach", "/run/host")(error.into()))?;
        fs::remove_dir("/run/host").map_err(Error::file("remove", "/run/host"))?;
        write_etc(record)?;
        ubuntu::make()
    }

    /// Mount the host's files, or a base's, copy-on-write.
    fn mount_files(&mut self, root: &Path, record: &Record) -> Result<()> {
        make(root)?;
        // A work folder belongs to one mount. One that a killed machine left (marked by `volatile`) would be refused.
        let work = self.folder.join("work");
        match fs::remove_dir_all(&work) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Error::file("remove", work)(error)),
            _ => {}
        }
        let base = record.base.as_ref().and_then(|name| base::root_of(self.data, name));
        self.overlay_root(base.as_deref().unwrap_or(Path::new("/")))?;
        if base.is_some() {
            return Ok(());
        }
        let mountinfo =
            fs::read_to_string("/proc/self/mountinfo").map_err(Error::file("read", "/proc/self/mountinfo"))?;
        let points = overlay::below_root(&mountinfo).into_iter().filter(|point| !point.starts_with(self.folder));
        for point in points {
            // Skip those that have no folder in the machine.
            let Ok(target) = Files::at(root).and_then(|files| files.folder(&point)?.real_path()) else { continue };
            if self.overlay(&point, &overlay::folder_name(&point), &target).is_err() {
                // Some file systems cannot be a lower layer (vfat): show them read-only.
                self.run(
                    Tool::Mount,
                    &["-o", "bind,ro", &point.to_string_lossy(), &target.to_string_lossy()],
                    "show a file system of the host",
                )?;
            }
        }
        Ok(())
    }

    /// Mount the root overlay. If the data folder's file system cannot be an upper layer (an overlay in a container,
    /// or a network file system), keep the writes in memory.
    fn overlay_root(&mut self, lower: &Path) -> Result<()> {
        let target = self.folder.join("root");
        let name = overlay::folder_name(Path::new("/"));
        let Err(error) = self.overlay(lower, &name, &target) else { return Ok(()) };
        if matches!(error, Error::NotPermitted { .. }) {
            return Err(error);
        }
        make(&self.folder.join(MEMORY))?;
        self.run(
            Tool::Mount,
            &["-t", "tmpfs", "-o", "mode=700", "memory", MEMORY],
            "keep the machine's files in memory",
        )?;
        self.store = MEMORY;
        self.overlay(lower, &name, &target)?;
        self.notes.push(format!(
            "{} cannot hold a machine's files, so they are kept in memory and lost when it stops; set MINIJUJU_DATA to a \
             folder on a disk to keep them",
            self.data.display()
        ));
        Ok(())
    }

    /// Put the stand-ins for missing programs into the machine. Each is a symbolic link, so that a package can replace
    /// it with the real program; a mount could not be replaced.
    fn mount_stand_ins(&self, root: &Path) -> Result<()> {
        let folder = self.data.join(STAND_INS);
        if !folder.exists() {
            return Ok(());
        }
        let target = made(root, SEEN_STAND_INS)?;
        let args = ["-o", "bind,ro,suid", &folder.to_string_lossy(), &target.to_string_lossy()];
        self.run(Tool::Mount, &args, "have programs that the host lacks")?;
        let link = made(root, "/usr/bin")?.join("sudo");
        match symlink(Path::new(SEEN_STAND_INS).join("sudo"), &link) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(Error::file("link", link)(error)),
            _ => Ok(()),
        }
    }

    fn overlay(&self, lower: &Path, name: &str, target: &Path) -> Result<()> {
        let store = self.store;
        make_like(&self.folder.join(store).join("upper").join(name), lower)?;
        make(&self.folder.join(store).join("work").join(name))?;
        let doing = format!("mount a copy-on-write view of {}", lower.display());
        let lower = if overlay::is_plain(lower) {
            lower.to_string_lossy().into_owned()
        } else {
            let plain = format!("lower/{name}");
            make(&self.folder.join(&plain))?;
            self.run(Tool::Mount, &["--bind", &lower.to_string_lossy(), &plain], &doing)?;
            plain
        };
        // Relative paths keep commas in the data folder's path out of the options.
        let options = format!(
            "lowerdir={lower},upperdir={store}/upper/{name},workdir={store}/work/{name},nodev,index=off,redirect_dir=on"
        );
        let mount = |options: &str| {
            self.run(Tool::Mount, &["-t", "overlay", "-o", options, "minijuju", &target.to_string_lossy()], &doing)
        };
        // Allow renaming the host's folders (`redirect_dir`).
        //
        // Skip fsync (`volatile`): a crash discards the machine's writes anyway, and dpkg is much faster. Kernels
        // before 5.10 do not know the option.
        mount(&format!("{options},volatile")).or_else(|_| mount(&options))
    }

    /// Mount file systems that belong to the machine alone.
    fn mount_own(&self, root: &Path) -> Result<()> {
        let mount = |kind: &str, options: &str, point: &str| {
            let target = made(root, Path::new("/").join(point))?;
            let args = ["-t", kind, "-o", options, kind, &target.to_string_lossy()];
            self.run(Tool::Mount, &args, &format!("mount the machine's /{point}"))
        };
        mount("proc", "nosuid,nodev,noexec", "proc")?;
        mount("sysfs", "ro,nosuid,nodev,noexec", "sys")?;
        mount("tmpfs", "nosuid,mode=755,size=1m", "dev")?;
        mount("devpts", "nosuid,noexec,newinstance,ptmxmode=0666,mode=620,gid=5", "dev/pts")?;
        mount("tmpfs", "nosuid,nodev,mode=1777", "dev/shm")?;
        mount("tmpfs", "nosuid,nodev,mode=755", "run")?;
        mount("tmpfs", "nosuid,nodev,mode=1777", "tmp")?;
        let lock = made(root, "/run/lock")?;
        fs::set_permissions(&lock, fs::Permissions::from_mode(0o1777)).map_err(Error::file("open up", &lock))?;
        make_devices(&made(root, "/dev")?)
    }

    /// Mount what systemd also needs: cgroups, and the notification socket.
    fn mount_for_systemd(&self, root: &Path) -> Result<()> {
        let cgroups = root.join("sys/fs/cgroup").to_string_lossy().into_owned();
        let args = ["-t", "cgroup2", "-o", "nosuid,nodev,noexec", "cgroup2", &cgroups];
        self.run(Tool::Mount, &args, "mount the machine's cgroups")?;
        make_loop_devices(&made(root, "/dev")?)?;
        let socket = root.join(boot::NOTIFY);
        made(root, "/run/minijuju")?;
        fs::write(&socket, "").map_err(Error::file("make", &socket))?;
        self.run(Tool::Mount, &["--bind", boot::SOCKET, &socket.to_string_lossy()], "listen to the machine's systemd")
    }

    /// Protect what is the host's: kernel settings, and minijuju's data.
    fn guard(&self, root: &Path) -> Result<()> {
        let bind = |options: &str, from: &Path, to: &Path| {
            let args = ["-o", options, &from.to_string_lossy(), &to.to_string_lossy()];
            self.run(Tool::Mount, &args, "guard the host from the machine")
        };
        let tools = made(root, TOOLS)?;
        bind("bind,ro", &self.data.join("tools"), &tools)?;
        let proc = made(root, "/proc")?;
        for name in ["sys", "sysrq-trigger"] {
            let path = proc.join(name);
            if path.exists() {
                bind("bind,ro", &path, &path)?;
            }
        }
        // Network settings stay writable: the kernel shows each process those of its own network namespace.
        bind("bind", Path::new("/proc/sys/net"), &proc.join("sys/net"))?;
        if let Ok(data) = Files::at(root).and_then(|files| files.folder(self.data)?.real_path()) {
            let args = ["-t", "tmpfs", "-o", "ro,size=4k,mode=755", "hidden", &data.to_string_lossy()];
            self.run(Tool::Mount, &args, "hide minijuju's data from the machine")?;
        }
        Ok(())
    }

    fn run(&self, tool: Tool, args: &[&str], doing: &str) -> Result<()> {
        tool.run(self.folder, args, "", doing).map(drop)
    }
}

/// The folder `path` of the machine, created if missing, as a path on this computer. Resolved inside the machine: its
/// own links must not lead to this computer's folders.
fn made(root: &Path, path: impl AsRef<Path>) -> Result<PathBuf> {
    let path = path.as_ref();
    let found = Files::at(root).and_then(|files| files.make_folder(path)?.real_path());
    found.map_err(Error::file("make", root.join(path.strip_prefix("/").unwrap_or(path))))
}

fn make(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(Error::file("make", folder))
}

fn ignore_missing(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

/// Create the counterpart of the folder `model` in a machine, unless it exists: the machine may have changed it.
fn make_like(folder: &Path, model: &Path) -> Result<()> {
    if folder.exists() {
        return Ok(());
    }
    make(folder)?;
    let copy = || {
        let meta = fs::metadata(model)?;
        chown(folder, Some(meta.uid()), Some(meta.gid()))?;
        fs::set_permissions(folder, meta.permissions())
    };
    copy().map_err(Error::file("make", folder))
}

fn make_devices(dev: &Path) -> Result<()> {
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
fn make_loop_devices(dev: &Path) -> Result<()> {
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

/// Write the files that give the machine its name and its DNS servers.
fn write_etc(record: &Record) -> Result<()> {
    // On Ubuntu it is a link into /run, which is empty here.
    replace("/etc/resolv.conf", &record.resolv_conf)?;
    replace("/etc/hostname", &format!("{}\n", record.hostname))?;
    let hosts = match &record.hosts {
        Some(hosts) => hosts.clone(),
        None => fs::read_to_string("/etc/hosts").unwrap_or_default(),
    };
    replace("/etc/hosts", &with_host(&hosts, &record.address.to_string(), &record.hostname))
}

pub(super) fn replace(path: &str, text: &str) -> Result<()> {
    fs::remove_file(path).or_else(ignore_missing).map_err(Error::file("replace", path))?;
    fs::write(path, text).map_err(Error::file("write", path))?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).map_err(Error::file("open up", path))
}

/// The host's `/etc/hosts` with the machine's own line on top, and without a line from its last start.
fn with_host(hosts: &str, address: &str, hostname: &str) -> String {
    let is_own = |line: &&str| line.split_whitespace().skip(1).any(|name| name == hostname);
    let mut text = format!("{address} {hostname}\n");
    for line in hosts.lines().filter(|line| !is_own(line)) {
        text.push_str(line);
        text.push('\n');
    }
    if !hosts.lines().any(|line| line.split_whitespace().skip(1).any(|name| name == "localhost")) {
        text.push_str("127.0.0.1 localhost\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_s_name_is_in_its_hosts_once() {
        let hosts = "127.0.0.1 localhost\n192.0.2.7 nas\n";
        let first = with_host(hosts, "10.190.1.2", "juju-1");
        assert_eq!(first, "10.190.1.2 juju-1\n127.0.0.1 localhost\n192.0.2.7 nas\n");
        let second = with_host(&first, "10.190.1.3", "juju-1");
        assert_eq!(second, "10.190.1.3 juju-1\n127.0.0.1 localhost\n192.0.2.7 nas\n");
    }

    #[test]
    fn a_computer_without_hosts_gets_localhost() {
        assert_eq!(with_host("", "10.190.1.2", "juju-1"), "10.190.1.2 juju-1\n127.0.0.1 localhost\n");
    }
}
