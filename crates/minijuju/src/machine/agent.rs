//! A machine's agent: a process on the host that answers calls from the machine for as long as the machine is up.
//!
//! It knows nothing of models. For each call it starts the program that its starter named, with the caller as standard
//! input. Requests wait in the database, so nothing is lost if the agent is killed: the next command starts another
//! agent.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File, Permissions, TryLockError};
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::exec_environment::{self, Capabilities, OnParentDeath};
use super::host_program::PATH;
use super::record::{MachineFolder, MachineKind};
use super::{Error, Machine, Machines, Result, paths};
use crate::private;

/// The first argument of an agent process. Internal.
const SUBCOMMAND: &str = "machine-agent";

/// How long an agent may take to exit after its machine has ended.
const EXIT_TIMEOUT: Duration = Duration::from_secs(10);

/// The file in a machine's folder that its agent locks.
fn lock_path(folder: &MachineFolder) -> PathBuf {
    folder.path().join("agent")
}

impl Machines {
    /// Make sure that a machine has an agent, which listens at `socket` in the machine and starts this program with
    /// `args` for each call.
    pub fn ensure_agent(&self, machine: &Machine, socket: &str, args: &[&str]) -> Result<()> {
        if machine.kind() == MachineKind::Host {
            return Ok(());
        }
        let folder = self.folder(machine.id())?;
        let path = lock_path(&folder);
        let lock = private::lock_file(&path).map_err(Error::file("lock", &path))?;
        match lock.try_lock() {
            Ok(()) => {}
            // An agent holds the lock.
            Err(TryLockError::WouldBlock) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(Error::file("lock", path)(error)),
        }
        let listener = listen(machine, Path::new(socket)).map_err(Error::file("listen at", socket))?;
        let program = paths::program(&self.data);
        let mut command = exec_environment::command(&program, Capabilities::All, OnParentDeath::Continue);
        command.arg(&program).arg(SUBCOMMAND).arg(folder.path()).arg(machine.pid().to_string()).args(args);
        // The caller decides which kind of machines there is; the programs that the agent starts must use the same
        // settings.
        let settings = env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("MINIJUJU_"));
        command.env_clear().envs(settings).env("PATH", PATH).env("MINIJUJU_DATA", &self.data).current_dir("/");
        // The agent inherits both before this process closes them.
        command.stdin(OwnedFd::from(listener)).stdout(lock).stderr(Stdio::null());
        let mut agent = command.spawn().map_err(Error::file("run", program))?;
        // If this process keeps running, as `dev` does, it must reap the agent.
        thread::spawn(move || agent.wait());
        Ok(())
    }
}

/// Listen in a machine. Only the machine's root may connect.
fn listen(machine: &Machine, socket: &Path) -> io::Result<UnixListener> {
    let files = machine.files().map_err(io::Error::other)?;
    let folder = files.make_folder(socket.parent().unwrap_or(Path::new("/")))?;
    let name = socket.file_name().unwrap_or_default();
    folder.remove_all(&name.to_string_lossy())?;
    let path = folder.path(name);
    let listener = UnixListener::bind(&path)?;
    fs::set_permissions(path, Permissions::from_mode(0o700))?;
    Ok(listener)
}

/// Wait until the agent of a stopped machine exits.
pub(super) fn wait_for_exit(folder: &MachineFolder) -> Result<()> {
    let path = lock_path(folder);
    let lock = match File::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        result => result.map_err(Error::file("open", &path))?,
    };
    let deadline = Instant::now() + EXIT_TIMEOUT;
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => thread::sleep(Duration::from_millis(2)),
            Err(TryLockError::WouldBlock) => {
                return Err(Error::file("wait for the agent that has locked", path)(io::ErrorKind::TimedOut.into()));
            }
            Err(TryLockError::Error(error)) => return Err(Error::file("lock", path)(error)),
        }
    }
}

/// Run as an agent, if this program was started as one.
pub(super) fn run_subcommand() -> Option<ExitCode> {
    let mut args = env::args_os().skip(1);
    if args.next()? != SUBCOMMAND {
        return None;
    }
    let (folder, init) = (MachineFolder::new(args.next()?), args.next()?.to_str()?.parse().ok()?);
    // Nobody reads the error; the next command starts another agent.
    Some(serve(&folder, init, &args.collect::<Vec<_>>()).map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS))
}

/// Answer calls until the machine is gone.
fn serve(folder: &MachineFolder, init: u32, args: &[OsString]) -> io::Result<()> {
    nix::unistd::setsid()?;
    let program = env::current_exe()?;
    let listener = UnixListener::from(io::stdin().as_fd().try_clone_to_owned()?);
    listener.set_nonblocking(true)?;
    let number = i32::try_from(init).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::InvalidInput)?;
    let machine = pidfd_open(number, PidfdFlags::empty())?;
    // Check after the event: the PID may belong to another process by now.
    if !folder.is_init(init) {
        return Ok(());
    }
    loop {
        let mut fds = [PollFd::new(&listener, PollFlags::IN), PollFd::new(&machine, PollFlags::IN)];
        match poll(&mut fds, None) {
            Ok(_) => {}
            Err(Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        if !fds[1].revents().is_empty() {
            return Ok(());
        }
        while let Ok((call, _)) = listener.accept() {
            call.set_nonblocking(false)?;
            let mut command = Command::new(&program);
            command.args(args).stdin(OwnedFd::from(call)).stdout(Stdio::null()).stderr(Stdio::null());
            // If this fails, the caller sees that the connection broke.
            if let Ok(mut child) = command.spawn() {
                thread::spawn(move || child.wait());
            }
        }
    }
}
