//! Stops a machine, and removes what it leaves.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use super::lock::Lock;
use super::network;
use super::record::{Folder, Kind, inits};
use super::tool::PATH;
use super::{Error, Init, Machine, Machines, Result, agent, boot, cgroup, nsenter};

/// How long killed processes may take to exit: they may be waiting for a slow disk.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long services may take to stop before a machine restarts.
const SHUTDOWN: Duration = Duration::from_secs(10);

impl Machines {
    /// Stop a machine and remove all its files. Does nothing if it does not exist.
    pub fn stop(&self, id: &str) -> Result<()> {
        let folder = self.folder(id)?;
        if !folder.path().exists() {
            return Ok(());
        }
        if folder.read()?.is_some_and(|record| record.kind == Kind::Host) {
            return remove(&folder);
        }
        let lock = Lock::wait()?;
        dismantle(&lock, &folder)?;
        tracing::info!(target: "juju.machine", "machine {id} stopped, and its files removed");
        self.leave_network(&lock)
    }

    /// Shut a running machine down: its first process ends, and with it all others. The machine starts again when it
    /// is next needed.
    pub fn shut_down(&self, machine: &Machine) -> Result<()> {
        let folder = self.folder(machine.id())?;
        if machine.init() == Init::Systemd {
            let mut systemctl = machine.command("systemctl", "/")?;
            systemctl.args(["--no-block", "reboot"]).env_clear().env("PATH", PATH);
            // If systemd cannot be asked, it is killed below.
            if let Ok(mut asked) = systemctl.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn() {
                nsenter::wait(&mut asked);
            }
            let until = Instant::now() + SHUTDOWN;
            while folder.is_of_init(machine.pid()) && !boot::is_stopped(machine.pid()) && Instant::now() < until {
                thread::sleep(Duration::from_millis(5));
            }
        }
        stop_init(&folder)
    }
}

/// Kill a machine's first process, and with it all others, and wait until they are gone.
pub(super) fn stop_init(folder: &Folder) -> Result<()> {
    let until = Instant::now() + PATIENCE;
    while let Some((pid, _)) = inits().into_iter().find(|(_, other)| other == folder.path()) {
        let namespace = fs::read_link(format!("/proc/{pid}/ns/pid")).ok();
        let end = || {
            let number = i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or(Errno::SRCH)?;
            let handle = pidfd_open(number, PidfdFlags::empty())?;
            // Check again: the handle may belong to another process that reused the PID.
            if folder.is_of_init(pid) {
                pidfd_send_signal(&handle, Signal::KILL)?;
                wait_for_end(&handle, until, || {
                    namespace.as_deref().map(nsenter::resume_all);
                    is_over(pid, namespace.as_deref())
                })?;
            }
            Ok(())
        };
        match end() {
            // It has already ended.
            Err(Errno::SRCH) => {}
            ended => ended.map_err(|error| Error::file("stop the machine of", folder.path())(error.into()))?,
        }
    }
    Ok(())
}

/// Wait until a process has ended. Its handle becomes readable only after its `/proc` entry has lost its arguments;
/// before that, its mounts and the other processes of its namespaces end. Also return if `is_over` says that there is
/// nothing left to wait for.
fn wait_for_end(handle: &OwnedFd, until: Instant, is_over: impl Fn() -> bool) -> Result<(), Errno> {
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let slice = Timespec::try_from(left.min(Duration::from_millis(50))).map_err(|_| Errno::INVAL)?;
        match poll(&mut [PollFd::new(handle, PollFlags::IN)], Some(&slice)) {
            Ok(0) if is_over() => return Ok(()),
            Ok(0) if left.is_zero() => return Err(Errno::TIMEDOUT),
            Ok(0) | Err(Errno::INTR) => {}
            ended => return ended.map(drop),
        }
    }
}

/// Whether a dying first process has released its mounts and only waits for zombies to be reaped. They were inherited
/// by process 1 of this computer, which in many containers reaps nothing.
fn is_over(init: u32, namespace: Option<&Path>) -> bool {
    let (Some(namespace), Ok(entries)) = (namespace, fs::read_dir("/proc")) else { return false };
    // Then it no longer has namespaces in `/proc` (namespaces(7)).
    if fs::read_link(format!("/proc/{init}/ns/mnt")).is_ok() {
        return false;
    }
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| *pid != init).all(|pid| {
        let ended = || {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            stat.rsplit(')').next().is_none_or(|rest| rest.trim_start().starts_with(['Z', 'X']) || rest.is_empty())
        };
        fs::read_link(format!("/proc/{pid}/ns/pid")).ok().as_deref() != Some(namespace) || ended()
    })
}

/// Wait for the process that is waiting for a machine's systemd, if there is one. If that process was killed,
/// systemd's state is unknown.
pub(super) fn has_booted(folder: &Folder) -> Result<bool> {
    let path = boot::lock_file(folder);
    match fs::File::open(&path).and_then(|file| file.lock_shared()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(Error::file("wait for", path)(error)),
        Ok(()) => Ok(!path.exists()),
    }
}

pub(super) fn dismantle(lock: &Lock, folder: &Folder) -> Result<()> {
    let record = folder.read()?;
    if let Some(record) = &record {
        network::unplug(lock, &record.interface)?;
    }
    stop_init(folder)?;
    agent::wait_for_end(folder)?;
    if let Some(cgroup) = record.and_then(|record| record.cgroup) {
        cgroup::remove(&cgroup)?;
    }
    remove(folder)
}

pub(super) fn remove(folder: &Folder) -> Result<()> {
    match fs::remove_dir_all(folder.path()) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::file("remove", folder.path())(error)),
        _ => Ok(()),
    }
}
