//! A machine's file systems. Its init process mounts them in its own mount namespace.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::path::{Path, PathBuf};

use super::error::ignore_missing;
use super::host_program::HostProgram;
use super::record::{Init, Record};
use super::{Error, Files, Result, device_nodes, mountinfo, paths, ubuntu};

/// Below a machine's folder: the tmpfs.
const TMPFS: &str = "memory";

/// What a machine's root is made from.
pub(super) struct Rootfs<'a> {
    /// The machine's folder.
    folder: &'a Path,
    /// The data folder, hidden from the machine.
    data: &'a Path,
    /// The folder of its writes, relative to its folder.
    writes: &'static str,
    /// Warnings for the user.
    pub(super) warnings: Vec<String>,
}

impl<'a> Rootfs<'a> {
    pub(super) const fn new(folder: &'a Path, data: &'a Path) -> Self {
        Self { folder, data, writes: ".", warnings: Vec::new() }
    }

    /// Mount everything below `root` in the machine's folder and make it this mount namespace's root.
    pub(super) fn enter(&mut self, record: &Record) -> Result<()> {
        let root = self.folder.join("root");
        self.mount_files(&root, record)?;
        self.mount_private(&root)?;
        self.protect_host(&root)?;
        self.mount_stand_ins(&root)?;
        if record.init == Init::Systemd {
            self.mount_for_systemd(&root)?;
        }
        let old = folder_in(&root, "/run/host")?;
        self.run(HostProgram::PivotRoot, &["root", &old.to_string_lossy()], "make the machine's root its own")?;
        std::env::set_current_dir("/").map_err(Error::file("enter", "/"))?;
        // Without running a program: the programs are the machine's now.
        rustix::mount::unmount("/run/host", rustix::mount::UnmountFlags::DETACH)
            .map_err(|error| Error::file("detach", "/run/host")(error.into()))?;
        fs::remove_dir("/run/host").map_err(Error::file("remove", "/run/host"))?;
        write_etc(record)?;
        ubuntu::create()
    }

    /// Mount the host's files, or a base's, copy-on-write.
    fn mount_files(&mut self, root: &Path, record: &Record) -> Result<()> {
        create_folder(root)?;
        // A work folder belongs to one mount. One that a killed machine left (marked by `volatile`) would be refused.
        let work = self.folder.join("work");
        fs::remove_dir_all(&work).or_else(ignore_missing).map_err(Error::file("remove", work))?;
        let base = record.base.as_ref().map(|name| paths::base_root(self.data, name));
        self.overlay_root(base.as_deref().unwrap_or(Path::new("/")))?;
        if base.is_some() {
            return Ok(());
        }
        let mountinfo =
            fs::read_to_string("/proc/self/mountinfo").map_err(Error::file("read", "/proc/self/mountinfo"))?;
        let points =
            mountinfo::visible_mount_points(&mountinfo).into_iter().filter(|point| !point.starts_with(self.folder));
        for point in points {
            // Skip those that have no folder in the machine.
            let Ok(target) = Files::at(root).and_then(|files| files.folder(&point)?.real_path()) else { continue };
            if self.overlay(&point, &overlay_folder_name(&point), &target).is_err() {
                // Some file systems cannot be a lower layer (vfat): show them read-only.
                self.run(
                    HostProgram::Mount,
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
        let name = overlay_folder_name(Path::new("/"));
        let Err(error) = self.overlay(lower, &name, &target) else { return Ok(()) };
        if matches!(error, Error::NotPermitted { .. }) {
            return Err(error);
        }
        create_folder(&self.folder.join(TMPFS))?;
        self.run(
            HostProgram::Mount,
            &["-t", "tmpfs", "-o", "mode=700", "memory", TMPFS],
            "keep the machine's files in memory",
        )?;
        self.writes = TMPFS;
        self.overlay(lower, &name, &target)?;
        self.warnings.push(format!(
            "{} cannot hold a machine's files, so they are kept in memory and lost when it stops; set MINIJUJU_DATA to a \
             folder on a disk to keep them",
            self.data.display()
        ));
        Ok(())
    }

    /// Put the stand-ins for missing programs into the machine. Each is a symbolic link, so that a package can replace
    /// it with the real program; a mount could not be replaced.
    fn mount_stand_ins(&self, root: &Path) -> Result<()> {
        let folder = paths::stand_ins(self.data);
        if !folder.exists() {
            return Ok(());
        }
        let target = folder_in(root, paths::STAND_INS_IN_MACHINE)?;
        let args = ["-o", "bind,ro,suid", &folder.to_string_lossy(), &target.to_string_lossy()];
        self.run(HostProgram::Mount, &args, "have programs that the host lacks")?;
        let link = folder_in(root, "/usr/bin")?.join("sudo");
        match symlink(Path::new(paths::STAND_INS_IN_MACHINE).join("sudo"), &link) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(Error::file("link", link)(error)),
            _ => Ok(()),
        }
    }

    fn overlay(&self, lower: &Path, name: &str, target: &Path) -> Result<()> {
        let writes = self.writes;
        create_folder_like(&self.folder.join(writes).join("upper").join(name), lower)?;
        create_folder(&self.folder.join(writes).join("work").join(name))?;
        let operation = format!("mount a copy-on-write view of {}", lower.display());
        let lower = if needs_no_escaping(lower) {
            lower.to_string_lossy().into_owned()
        } else {
            let bind = format!("lower/{name}");
            create_folder(&self.folder.join(&bind))?;
            self.run(HostProgram::Mount, &["--bind", &lower.to_string_lossy(), &bind], &operation)?;
            bind
        };
        // Relative paths keep commas in the data folder's path out of the options.
        let options = format!(
            "lowerdir={lower},upperdir={writes}/upper/{name},workdir={writes}/work/{name},nodev,index=off,redirect_dir=on"
        );
        let mount = |options: &str| {
            self.run(
                HostProgram::Mount,
                &["-t", "overlay", "-o", options, "minijuju", &target.to_string_lossy()],
                &operation,
            )
        };
        // Allow renaming the host's folders (`redirect_dir`).
        //
        // Skip fsync (`volatile`): a crash discards the machine's writes anyway, and dpkg is much faster. Kernels
        // before 5.10 do not know the option.
        mount(&format!("{options},volatile")).or_else(|_| mount(&options))
    }

    /// Mount file systems that belong to the machine alone.
    fn mount_private(&self, root: &Path) -> Result<()> {
        let mount = |kind: &str, options: &str, point: &str| {
            let target = folder_in(root, Path::new("/").join(point))?;
            let args = ["-t", kind, "-o", options, kind, &target.to_string_lossy()];
            self.run(HostProgram::Mount, &args, &format!("mount the machine's /{point}"))
        };
        mount("proc", "nosuid,nodev,noexec", "proc")?;
        mount("sysfs", "ro,nosuid,nodev,noexec", "sys")?;
        mount("tmpfs", "nosuid,mode=755,size=1m", "dev")?;
        mount("devpts", "nosuid,noexec,newinstance,ptmxmode=0666,mode=620,gid=5", "dev/pts")?;
        mount("tmpfs", "nosuid,nodev,mode=1777", "dev/shm")?;
        mount("tmpfs", "nosuid,nodev,mode=755", "run")?;
        mount("tmpfs", "nosuid,nodev,mode=1777", "tmp")?;
        let lock = folder_in(root, "/run/lock")?;
        fs::set_permissions(&lock, fs::Permissions::from_mode(0o1777)).map_err(Error::file("open up", &lock))?;
        device_nodes::create(&folder_in(root, "/dev")?)
    }

    /// Mount what systemd also needs: cgroups, and the notification socket.
    fn mount_for_systemd(&self, root: &Path) -> Result<()> {
        let cgroups = root.join("sys/fs/cgroup").to_string_lossy().into_owned();
        let args = ["-t", "cgroup2", "-o", "nosuid,nodev,noexec", "cgroup2", &cgroups];
        self.run(HostProgram::Mount, &args, "mount the machine's cgroups")?;
        device_nodes::create_loop_devices(&folder_in(root, "/dev")?)?;
        let socket = root.join(paths::NOTIFY_SOCKET_IN_MACHINE);
        folder_in(root, "/run/minijuju")?;
        fs::write(&socket, "").map_err(Error::file("make", &socket))?;
        self.run(
            HostProgram::Mount,
            &["--bind", paths::NOTIFY_SOCKET, &socket.to_string_lossy()],
            "listen to the machine's systemd",
        )
    }

    /// Protect what is the host's: kernel settings, and minijuju's data.
    fn protect_host(&self, root: &Path) -> Result<()> {
        let bind = |options: &str, from: &Path, to: &Path| {
            let args = ["-o", options, &from.to_string_lossy(), &to.to_string_lossy()];
            self.run(HostProgram::Mount, &args, "guard the host from the machine")
        };
        let tools = folder_in(root, paths::TOOLS_IN_MACHINE)?;
        bind("bind,ro", &paths::tools(self.data), &tools)?;
        let proc = folder_in(root, "/proc")?;
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
            self.run(HostProgram::Mount, &args, "hide minijuju's data from the machine")?;
        }
        Ok(())
    }

    fn run(&self, tool: HostProgram, args: &[&str], operation: &str) -> Result<()> {
        tool.run(self.folder, args, "", operation).map(drop)
    }
}

/// The folder `path` of the machine, created if missing, as a path on this computer. Resolved inside the machine: its
/// own links must not lead to this computer's folders.
fn folder_in(root: &Path, path: impl AsRef<Path>) -> Result<PathBuf> {
    let path = path.as_ref();
    let folder = Files::at(root).and_then(|files| files.make_folder(path)?.real_path());
    folder.map_err(Error::file("make", root.join(path.strip_prefix("/").unwrap_or(path))))
}

fn create_folder(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(Error::file("make", folder))
}

/// Create the counterpart of the folder `model` in a machine, unless it exists: the machine may have changed it.
fn create_folder_like(folder: &Path, model: &Path) -> Result<()> {
    if folder.exists() {
        return Ok(());
    }
    create_folder(folder)?;
    let copy = || {
        let meta = fs::metadata(model)?;
        chown(folder, Some(meta.uid()), Some(meta.gid()))?;
        fs::set_permissions(folder, meta.permissions())
    };
    copy().map_err(Error::file("make", folder))
}

/// The name of the folder that keeps what is written below `point`: only letters, digits and characters without a
/// meaning in mount options.
pub(super) fn overlay_folder_name(point: &Path) -> String {
    use std::fmt::Write as _;
    let mut name = String::from("root");
    for byte in point.as_os_str().as_encoded_bytes().iter().filter(|_| point != Path::new("/")) {
        match byte {
            b'/' => name.push('-'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' => name.push(char::from(*byte)),
            other => {
                let _ = write!(name, "%{other:02x}");
            }
        }
    }
    name
}

/// Whether a path can be used unescaped in overlayfs's `lowerdir` option. Versions of mount differ in how they escape
/// special characters there.
pub(super) fn needs_no_escaping(point: &Path) -> bool {
    !point.as_os_str().as_encoded_bytes().iter().any(|byte| b",:\\\"'\n".contains(byte))
}

/// Write the files that give the machine its name and its DNS servers.
fn write_etc(record: &Record) -> Result<()> {
    // On Ubuntu it is a link into /run, which is empty here.
    replace_file("/etc/resolv.conf", &record.resolv_conf)?;
    replace_file("/etc/hostname", &format!("{}\n", record.hostname))?;
    let hosts = match &record.hosts {
        Some(hosts) => hosts.clone(),
        None => fs::read_to_string("/etc/hosts").unwrap_or_default(),
    };
    replace_file("/etc/hosts", &add_hosts_line(&hosts, &record.address.to_string(), &record.hostname))
}

/// Replace a file, or a link, by a regular file that everyone can read.
pub(super) fn replace_file(path: &str, text: &str) -> Result<()> {
    fs::remove_file(path).or_else(ignore_missing).map_err(Error::file("replace", path))?;
    fs::write(path, text).map_err(Error::file("write", path))?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).map_err(Error::file("open up", path))
}

/// The content of `/etc/hosts` with the machine's line on top, and without a line from its last start.
fn add_hosts_line(hosts: &str, address: &str, hostname: &str) -> String {
    let names_machine = |line: &&str| line.split_whitespace().skip(1).any(|name| name == hostname);
    let mut text = format!("{address} {hostname}\n");
    for line in hosts.lines().filter(|line| !names_machine(line)) {
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
    fn etc_hosts_names_the_machine_once() {
        let hosts = "127.0.0.1 localhost\n192.0.2.7 nas\n";
        let first = add_hosts_line(hosts, "10.190.1.2", "juju-1");
        assert_eq!(first, "10.190.1.2 juju-1\n127.0.0.1 localhost\n192.0.2.7 nas\n");
        let second = add_hosts_line(&first, "10.190.1.3", "juju-1");
        assert_eq!(second, "10.190.1.3 juju-1\n127.0.0.1 localhost\n192.0.2.7 nas\n");
    }

    #[test]
    fn an_empty_etc_hosts_gets_localhost() {
        assert_eq!(add_hosts_line("", "10.190.1.2", "juju-1"), "10.190.1.2 juju-1\n127.0.0.1 localhost\n");
    }

    #[test]
    fn folder_names_are_safe_in_mount_options() {
        assert_eq!(overlay_folder_name(Path::new("/")), "root");
        assert_eq!(overlay_folder_name(Path::new("/var/lib")), "root-var-lib");
        assert_eq!(overlay_folder_name(Path::new("/a-b,c:d")), "root-a%2db%2cc%3ad");
    }

    #[test]
    fn special_characters_in_mount_options_need_escaping() {
        assert!(needs_no_escaping(Path::new("/")) && needs_no_escaping(Path::new("/srv/my files")));
        for special in ["/a,b", "/a:b", "/a\\b", "/a\"b"] {
            assert!(!needs_no_escaping(Path::new(special)), "{special}");
        }
    }
}
