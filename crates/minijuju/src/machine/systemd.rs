//! Machines whose init process is systemd.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::error::ignore_missing;
use super::host_program::{HostProgram, PATH};
use super::record::{Init, MachineFolder};
use super::rootfs::replace_file;
use super::{Error, Machine, Result, init_process, paths};
use crate::random;

/// Where systemd is: first on Debian and Ubuntu, then where `/lib` is not a link to `/usr/lib`.
const PROGRAMS: [&str; 2] = ["/usr/lib/systemd/systemd", "/lib/systemd/systemd"];

/// Units that are of no use in a machine: they manage hardware, the kernel, terminals or the host's network, or record
/// a disk's first boot.
const MASKED_UNITS: &[&str] = &[
    "apt-daily-upgrade.timer",
    "apt-daily.timer",
    "console-getty.service",
    "container-getty@.service",
    "dev-hugepages.mount",
    "dpkg-db-backup.timer",
    "getty.target",
    "getty@.service",
    "ldconfig.service",
    "proc-sys-fs-binfmt_misc.automount",
    "serial-getty@.service",
    "sys-fs-fuse-connections.mount",
    "sys-kernel-config.mount",
    "sys-kernel-debug.mount",
    "sys-kernel-tracing.mount",
    "systemd-ask-password-console.path",
    "systemd-ask-password-wall.path",
    "systemd-binfmt.service",
    "systemd-boot-system-token.service",
    "systemd-firstboot.service",
    "systemd-hwdb-update.service",
    "systemd-journal-catalog-update.service",
    "systemd-logind.service",
    "systemd-machine-id-commit.service",
    "systemd-modules-load.service",
    "systemd-networkd.service",
    "systemd-networkd.socket",
    "systemd-pstore.service",
    "systemd-random-seed.service",
    "systemd-resolved.service",
    "systemd-sysusers.service",
    "systemd-timesyncd.service",
    "systemd-udev-trigger.service",
    "systemd-udevd-control.socket",
    "systemd-udevd-kernel.socket",
    "systemd-udevd.service",
    "systemd-update-done.service",
    "systemd-update-utmp-runlevel.service",
    "systemd-update-utmp.service",
];

/// The path of systemd in a root, if it is installed.
pub(super) fn program(root: &Path) -> Option<&'static str> {
    PROGRAMS.into_iter().find(|program| root.join(program.trim_start_matches('/')).is_file())
}

/// Separate a new machine's root, which is this process's root, from the host: no service of the host starts in it.
pub(super) fn separate_from_host(init: Init) -> Result<()> {
    let units = Path::new("/etc/systemd/system");
    if let Ok(entries) = fs::read_dir(units) {
        for entry in entries.flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            // Links enable units: those in these folders, and those that give a unit another name
            // (`dbus-org.….service`). A link to `/dev/null` masks a unit; keep it.
            if name.ends_with(".wants") || name.ends_with(".requires") {
                fs::remove_dir_all(&path).map_err(Error::file("remove", path))?;
            } else if fs::read_link(&path).is_ok_and(|target| target != Path::new("/dev/null")) {
                fs::remove_file(&path).map_err(Error::file("remove", path))?;
            }
        }
    }
    // Init scripts without a unit are enabled here.
    for level in ["0", "1", "2", "3", "4", "5", "6", "S"] {
        for entry in fs::read_dir(format!("/etc/rc{level}.d")).into_iter().flatten().flatten() {
            fs::remove_file(entry.path()).map_err(Error::file("remove", entry.path()))?;
        }
    }
    // The disks are the host's.
    for file in ["/etc/fstab", "/etc/crypttab"] {
        if Path::new(file).exists() {
            replace_file(file, "")?;
        }
    }
    // The locale of cloud images, whatever the host's is.
    for file in ["/etc/default/locale", "/etc/locale.conf"] {
        if fs::symlink_metadata(file).is_ok() {
            fs::remove_file(file).map_err(Error::file("remove", file))?;
        }
    }
    fs::create_dir_all("/etc/default").map_err(Error::file("make", "/etc/default"))?;
    replace_file("/etc/default/locale", "LANG=C.UTF-8\n")?;
    replace_file("/etc/machine-id", &format!("{}\n", random::uuid().replace('-', "")))?;
    if init == Init::Systemd {
        enable_snapd()?;
        // Container images have this file to keep packages from starting services.
        let policy = "/usr/sbin/policy-rc.d";
        fs::remove_file(policy).or_else(ignore_missing).map_err(Error::file("remove", policy))?;
    }
    Ok(())
}

/// If snapd is installed, let its socket start it, as in cloud images.
fn enable_snapd() -> Result<()> {
    let units = ["/usr/lib/systemd/system/snapd.socket", "/lib/systemd/system/snapd.socket"];
    let Some(unit) = units.into_iter().find(|unit| Path::new(unit).exists()) else { return Ok(()) };
    let wants = Path::new("/etc/systemd/system/sockets.target.wants");
    fs::create_dir_all(wants).map_err(Error::file("make", wants))?;
    symlink(unit, wants.join("snapd.socket")).map_err(Error::file("link", wants.join("snapd.socket")))
}

/// Set up what changes with each start, then become systemd.
pub(super) fn exec(folder: &Path) -> Result<()> {
    let masks = Path::new("/run/systemd/system");
    fs::create_dir_all(masks).map_err(Error::file("make", masks))?;
    for unit in MASKED_UNITS {
        symlink("/dev/null", masks.join(unit)).map_err(Error::file("mask", masks.join(unit)))?;
    }
    let mount = |args: &[&str], operation: &str| HostProgram::Mount.run(Path::new("/"), args, "", operation).map(drop);
    // The kernel's boot ID is the host's. Give each start its own, since programs use it to detect reboots.
    replace_file("/run/minijuju/boot_id", &format!("{}\n", random::uuid()))?;
    let id = "/proc/sys/kernel/random/boot_id";
    mount(&["-o", "bind,ro", "/run/minijuju/boot_id", id], "set the machine's boot ID")?;
    // systemd expects shared propagation. The host's mounts are already gone.
    mount(&["--make-rshared", "/"], "share the machine's mounts")?;
    let program =
        program(Path::new("/")).ok_or_else(|| Error::file("find", PROGRAMS[0])(io::ErrorKind::NotFound.into()))?;
    let error = Command::new(program)
        .args(["--system", "--unit=multi-user.target"])
        .env_clear()
        .env("PATH", PATH)
        .env("container", "minijuju")
        .env("NOTIFY_SOCKET", Path::new("/").join(paths::NOTIFY_SOCKET_IN_MACHINE))
        .env(init_process::FOLDER_VARIABLE, folder)
        .exec();
    Err(Error::file("run", program)(error))
}

/// The socket on which a machine's systemd reports that it is up.
pub(super) struct NotifySocket(UnixDatagram);

impl NotifySocket {
    /// Listen in a machine's folder. Its path may be too long for a socket address.
    pub(super) fn listen(folder: &MachineFolder) -> Result<Self> {
        use std::os::fd::AsRawFd as _;
        let path = folder.path().join(paths::NOTIFY_SOCKET);
        fs::remove_file(&path).or_else(ignore_missing).map_err(Error::file("remove", &path))?;
        let bind = || {
            let open = fs::File::open(folder.path())?;
            UnixDatagram::bind(format!("/proc/self/fd/{}/{}", open.as_raw_fd(), paths::NOTIFY_SOCKET))
        };
        bind().map(Self).map_err(Error::file("listen at", path))
    }

    /// Wait until systemd has started all units. The error names those that are still starting.
    pub(super) fn wait(&self, folder: &MachineFolder, machine: &Machine, timeout: Duration) -> Result<()> {
        let failed = |reason: String| Error::Start { id: machine.id().to_owned(), reason };
        let deadline = Instant::now() + timeout;
        let mut message = [0; 4096];
        loop {
            // Wake up now and then to see whether systemd still runs.
            self.0
                .set_read_timeout(Some(Duration::from_millis(100)))
                .map_err(Error::file("wait for", folder.path()))?;
            if let Ok(length) = self.0.recv(&mut message)
                && message[..length].split(|byte| *byte == b'\n').any(|line| line == b"READY=1")
            {
                return Ok(());
            }
            if !folder.is_init(machine.pid()) {
                return Err(failed("its systemd ended; MINIJUJU_INIT=plain makes machines without systemd".to_owned()));
            }
            if Instant::now() >= deadline {
                let units = starting_units(machine);
                let units = if units.is_empty() { "its systemd does not answer".to_owned() } else { units.join(", ") };
                return Err(failed(format!(
                    "after {} s it still waits for {units}; disable that on this computer, or set MINIJUJU_INIT=plain \
                     for machines without systemd",
                    timeout.as_secs()
                )));
            }
        }
    }
}

/// The units that systemd is starting at the moment.
fn starting_units(machine: &Machine) -> Vec<String> {
    let list = || {
        let mut command = machine.command("timeout", "/").ok()?;
        command.args(["5", "systemctl", "list-jobs", "--no-legend", "--no-pager"]);
        command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()
    };
    let Some(output) = list() else { return Vec::new() };
    let text = String::from_utf8_lossy(&output.stdout);
    let unit = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        matches!(words.as_slice(), [_, _, _, "running"]).then(|| words[1].to_owned())
    };
    text.lines().filter_map(unit).collect()
}

/// Whether systemd has stopped all services and only waits to end. It waits for every process of the machine,
/// including zombies that their parents have not reaped.
pub(super) fn has_stopped_services(pid: u32) -> bool {
    let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    command.split(|byte| *byte == 0).next().is_some_and(|program| program.ends_with(b"/systemd-shutdown"))
}

/// Record that a machine's systemd has started.
pub(super) fn mark_booted(folder: &MachineFolder) -> Result<()> {
    let path = boot_lock_path(folder);
    fs::remove_file(&path).map_err(Error::file("remove", path))
}

/// The file in a machine's folder that exists until its systemd has started. The process that waits for that locks it.
pub(super) fn boot_lock_path(folder: &MachineFolder) -> PathBuf {
    folder.path().join("booting")
}

/// Wait for the process that is waiting for a machine's systemd, if there is one. If that process was killed,
/// systemd's state is unknown.
pub(super) fn has_booted(folder: &MachineFolder) -> Result<bool> {
    let path = boot_lock_path(folder);
    match fs::File::open(&path).and_then(|file| file.lock_shared()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(Error::file("wait for", path)(error)),
        Ok(()) => Ok(!path.exists()),
    }
}
