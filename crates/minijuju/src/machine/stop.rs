//! Stops machines, and removes their files.

use std::fs;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use super::error::ignore_missing;
use super::host_program::PATH;
use super::lock::Lock;
use super::record::{Init, MachineFolder, MachineKind};
use super::{Error, Machine, Machines, Result, agent, cgroup, init_process, network, nsenter, proc, systemd};

/// How long killed processes may take to exit: they may be waiting for a slow disk.
const KILL_TIMEOUT: Duration = Duration::from_secs(10);

/// How long services may take to stop before a machine restarts.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);

impl Machines {
    /// Stop a machine and remove all its files. Does nothing if it does not exist.
    pub fn stop(&self, id: &str) -> Result<()> {
        let folder = self.folder(id)?;
        if !folder.path().exists() {
            return Ok(());
        }
        if folder.read()?.is_some_and(|record| record.kind == MachineKind::Host) {
            return remove_folder(&folder);
        }
        let lock = Lock::acquire()?;
        remove_machine(&lock, &folder)?;
        tracing::info!(target: "juju.machine", "machine {id} stopped, and its files removed");
        self.remove_unused_network(&lock)
    }

    /// Shut a running machine down: its init process ends, and with it all others. The machine starts again when it
    /// is next needed.
    pub fn shut_down(&self, machine: &Machine) -> Result<()> {
        let folder = self.folder(machine.id())?;
        if machine.init() == Init::Systemd {
            let mut systemctl = machine.command("systemctl", "/")?;
            systemctl.args(["--no-block", "reboot"]).env_clear().env("PATH", PATH);
            // If systemd cannot be asked, it is killed below.
            if let Ok(mut command) = systemctl.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
            {
                nsenter::wait(&mut command);
            }
            let deadline = Instant::now() + SHUTDOWN_TIMEOUT;
            while folder.is_init(machine.pid())
                && !systemd::has_stopped_services(machine.pid())
                && Instant::now() < deadline
            {
                thread::sleep(Duration::from_millis(5));
            }
        }
        kill_init(&folder)
    }

    /// Remove the network if there are no more machines.
    pub(super) fn remove_unused_network(&self, lock: &Lock) -> Result<()> {
        if !self.folders()?.is_empty() {
            return Ok(());
        }
        cgroup::remove_all(self.network.tag())?;
        self.network.remove(lock)
    }
}

/// Kill a machine's init process, and with it all others, and wait until they are gone.
pub(super) fn kill_init(folder: &MachineFolder) -> Result<()> {
    let deadline = Instant::now() + KILL_TIMEOUT;
    while let Some((pid, _)) = init_process::all().into_iter().find(|(_, other)| other == folder.path()) {
        let namespace = proc::pid_namespace(pid);
        let kill = || {
            let number = i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or(Errno::SRCH)?;
            let handle = pidfd_open(number, PidfdFlags::empty())?;
            // Check again: the handle may belong to another process that reused the PID.
            if folder.is_init(pid) {
                pidfd_send_signal(&handle, Signal::KILL)?;
                wait_for_exit(&handle, deadline, || {
                    namespace.as_deref().map(nsenter::resume_all);
                    only_zombies_remain(pid, namespace.as_deref())
                })?;
            }
            Ok(())
        };
        match kill() {
            // It has already ended.
            Err(Errno::SRCH) => {}
            result => result.map_err(|error| Error::file("stop the machine of", folder.path())(error.into()))?,
        }
    }
    Ok(())
}

/// Wait until a process has ended, or until `nothing_left` returns true. The handle becomes readable only after the
/// process's `/proc` entry has lost its arguments; before that, its mounts and the other processes of its namespaces
/// end.
fn wait_for_exit(handle: &OwnedFd, deadline: Instant, nothing_left: impl Fn() -> bool) -> Result<(), Errno> {
    loop {
        let remaining = deadline.saturating_duration_since(Instant::now());
        let poll_timeout = Timespec::try_from(remaining.min(Duration::from_millis(50))).map_err(|_| Errno::INVAL)?;
        match poll(&mut [PollFd::new(handle, PollFlags::IN)], Some(&poll_timeout)) {
            Ok(0) if nothing_left() => return Ok(()),
            Ok(0) if remaining.is_zero() => return Err(Errno::TIMEDOUT),
            Ok(0) | Err(Errno::INTR) => {}
            result => return result.map(drop),
        }
    }
}

/// Whether a dying init process has released its mounts and only waits for zombies to be reaped. They were inherited
/// by process 1 of this computer, which in many containers reaps nothing.
fn only_zombies_remain(init: u32, namespace: Option<&Path>) -> bool {
    let Some(namespace) = namespace else { return false };
    // Then it no longer has namespaces in `/proc` (namespaces(7)).
    if fs::read_link(format!("/proc/{init}/ns/mnt")).is_ok() {
        return false;
    }
    let has_ended = |pid| proc::state_and_parent(pid).is_none_or(|(state, _)| ['Z', 'X'].contains(&state));
    proc::pids()
        .filter(|pid| *pid != init)
        .all(|pid| proc::pid_namespace(pid).as_deref() != Some(namespace) || has_ended(pid))
}

/// Stop a machine, and remove its network interface, cgroup and folder.
pub(super) fn remove_machine(lock: &Lock, folder: &MachineFolder) -> Result<()> {
    let record = folder.read()?;
    if let Some(record) = &record {
        network::detach(lock, &record.interface)?;
    }
    kill_init(folder)?;
    agent::wait_for_exit(folder)?;
    if let Some(cgroup) = record.and_then(|record| record.cgroup) {
        cgroup::remove(&cgroup)?;
    }
    remove_folder(folder)
}

/// Remove a machine's folder, if it exists.
pub(super) fn remove_folder(folder: &MachineFolder) -> Result<()> {
    fs::remove_dir_all(folder.path()).or_else(ignore_missing).map_err(Error::file("remove", folder.path()))
}
