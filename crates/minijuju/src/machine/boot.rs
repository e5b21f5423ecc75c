//! Machines whose first process is systemd.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::record::Folder;
use super::rootfs::replace;
use super::tool::{PATH, Tool};
use super::{Error, Machine, Result};
use crate::random;

/// What a machine's first process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Init {
    /// minijuju, which only keeps the machine alive.
    #[default]
    Plain,
    Systemd,
}

/// Where systemd is: first on Debian and Ubuntu, then where `/lib` is not a link to `/usr/lib`.
const PROGRAMS: [&str; 2] = ["/usr/lib/systemd/systemd", "/lib/systemd/systemd"];

/// The variable in systemd's environment that names the machine's folder on the host.
pub(super) const FOLDER: &str = "MINIJUJU_MACHINE";

/// In a machine's folder: the socket on which its systemd reports that it is up (`sd_notify(3)`).
pub(super) const SOCKET: &str = "notify";

/// The same socket, as the machine sees it.
pub(super) const NOTIFY: &str = "run/minijuju/notify";

/// Units that are of no use in a machine: they manage hardware, the kernel, terminals or the host's network, or record
/// a disk's first boot.
const MASKED: &[&str] = &[
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
pub(super) fn part_from_host(init: Init) -> Result<()> {
    let units = Path::new("/etc/systemd/system");
    if let Ok(entries) = fs::read_dir(units) {
        for entry in entries.flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            // Links enable units: those in these folders, and those that give a unit another name
            // (`dbus-org.….service`). A link to `/dev/null` masks a unit, and stays.
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
            replace(file, "")?;
        }
    }
    // The locale of cloud images, whatever the host's is.
    for file in ["/etc/default/locale", "/etc/locale.conf"] {
        if fs::symlink_metadata(file).is_ok() {
            fs::remove_file(file).map_err(Error::file("remove", file))?;
        }
    }
    fs::create_dir_all("/etc/default").map_err(Error::file("make", "/etc/default"))?;
    replace("/etc/default/locale", "LANG=C.UTF-8\n")?;
    replace("/etc/machine-id", &format!("{}\n", random::uuid().replace('-', "")))?;
    if init == Init::Systemd {
        enable_snapd()?;
        // Container images have this file to keep packages from starting services.
        let policy = "/usr/sbin/policy-rc.d";
        match fs::remove_file(policy) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Error::file("remove", policy)(error)),
            _ => {}
        }
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
    for unit in MASKED {
        symlink("/dev/null", masks.join(unit)).map_err(Error::file("mask", masks.join(unit)))?;
    }
    let tool = |tool: Tool, args: &[&str], doing: &str| tool.run(Path::new("/"), args, "", doing).map(drop);
    // The kernel's boot ID is the host's. Give each start its own, since programs use it to detect reboots.
    replace("/run/minijuju/boot_id", &format!("{}\n", random::uuid()))?;
    let id = "/proc/sys/kernel/random/boot_id";
    tool(Tool::Mount, &["-o", "bind,ro", "/run/minijuju/boot_id", id], "set the machine's boot ID")?;
    // systemd expects shared propagation. The host's mounts are already gone.
    tool(Tool::Mount, &["--make-rshared", "/"], "share the machine's mounts")?;
    let program =
        program(Path::new("/")).ok_or_else(|| Error::file("find", PROGRAMS[0])(io::ErrorKind::NotFound.into()))?;
    let error = Command::new(program)
        .args(["--system", "--unit=multi-user.target"])
        .env_clear()
        .env("PATH", PATH)
        .env("container", "minijuju")
        .env("NOTIFY_SOCKET", Path::new("/").join(NOTIFY))
        .env(FOLDER, folder)
        .exec();
    Err(Error::file("run", program)(error))
}

/// The socket on which a machine's systemd reports that it is up.
pub(super) struct Ready(UnixDatagram);

impl Ready {
    /// Listen in a machine's folder. Its path may be too long for a socket address.
    pub(super) fn listen(folder: &Folder) -> Result<Self> {
        use std::os::fd::AsRawFd as _;
        let path = folder.path().join(SOCKET);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Error::file("remove", path)(error)),
            _ => {}
        }
        let bind = || {
            let open = fs::File::open(folder.path())?;
            UnixDatagram::bind(format!("/proc/self/fd/{}/{SOCKET}", open.as_raw_fd()))
        };
        bind().map(Self).map_err(Error::file("listen at", path))
    }

    /// Wait for up to `patience` until systemd has started all units. The error names those that are still starting.
    pub(super) fn wait(&self, folder: &Folder, machine: &Machine, patience: Duration) -> Result<()> {
        let failed = |reason: String| Error::Start { id: machine.id().to_owned(), reason };
        let until = Instant::now() + patience;
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
            if !folder.is_of_init(machine.pid()) {
                return Err(failed("its systemd ended; MINIJUJU_INIT=plain makes machines without systemd".to_owned()));
            }
            if Instant::now() >= until {
                let jobs = jobs(machine);
                let jobs = if jobs.is_empty() { "its systemd does not answer".to_owned() } else { jobs.join(", ") };
                return Err(failed(format!(
                    "after {} s it still waits for {jobs}; disable that on this computer, or set MINIJUJU_INIT=plain \
                     for machines without systemd",
                    patience.as_secs()
                )));
            }
        }
    }
}

/// The units that systemd is starting at the moment.
fn jobs(machine: &Machine) -> Vec<String> {
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

/// What `MINIJUJU_INIT` says; `None` for `auto`, which picks systemd where it can run.
pub(super) fn from_environment() -> Result<Option<Init>> {
    match std::env::var("MINIJUJU_INIT").unwrap_or_default().as_str() {
        "" | "auto" => Ok(None),
        "plain" => Ok(Some(Init::Plain)),
        "systemd" => Ok(Some(Init::Systemd)),
        other => Err(Error::UnknownInit(other.to_owned())),
    }
}

/// Whether systemd has stopped all services and only waits to end. It waits for every process of the machine,
/// including zombies that their parents have not reaped.
pub(super) fn is_stopped(pid: u32) -> bool {
    let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    command.split(|byte| *byte == 0).next().is_some_and(|program| program.ends_with(b"/systemd-shutdown"))
}

/// Record that a machine's systemd has started.
pub(super) fn done(folder: &Folder) -> Result<()> {
    let path = lock_file(folder);
    fs::remove_file(&path).map_err(Error::file("remove", path))
}

/// In a machine's folder, until its systemd has started. Locked by the process that waits for that.
pub(super) fn lock_file(folder: &Folder) -> PathBuf {
    folder.path().join("booting")
}
