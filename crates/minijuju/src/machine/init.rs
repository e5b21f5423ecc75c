//! A machine's init process: it keeps the machine's namespaces alive and reaps orphans.
//!
//! It starts in three steps, each of this same program, because only a child of a process can be the first in a new
//! PID namespace:
//!
//! 1. `detach` closes all inherited files (an open pipe would make the caller's caller wait forever), leaves the
//!    terminal, and becomes `unshare`.
//! 2. `fork`, which `unshare` executes, starts the next step as the first process of the namespaces, and exits.
//! 3. `run` sets up the machine's file systems, reports that it is ready, and keeps running.
//!
//! The steps report to the starter on standard output: `pid N`, then `warning …` lines, then `ready` or `error …`.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{self, Pid};

use super::enter::TIME_NAMESPACE;
use super::exec_environment::{self, Capabilities};
use super::host_program::{self, HostProgram};
use super::init_process::SUBCOMMAND;
use super::record::{Init, MachineFolder, Record};
use super::rootfs::Rootfs;
use super::{Error, Result, cgroup, systemd, wrappers};

/// How long a machine's processes may take to end after SIGTERM.
const GRACE_PERIOD: Duration = Duration::from_secs(5);

/// Run as one of the three steps, if this program was started as one.
pub(super) fn run_subcommand() -> Option<ExitCode> {
    let mut args = env::args_os();
    let program = args.next()?;
    if args.next()? != SUBCOMMAND {
        return None;
    }
    let step = args.next()?;
    let folder = PathBuf::from(args.next()?);
    let result = match step.to_str() {
        Some("detach") => detach(&program, &folder),
        Some("fork") => fork(&program, &folder),
        Some("run") => run(&folder),
        _ => return None,
    };
    let Err(error) = result else { return Some(ExitCode::SUCCESS) };
    // If the starter was killed, nobody reads this.
    let _ = report(&format!("error {error}"));
    Some(ExitCode::FAILURE)
}

/// The command for the first step.
pub(super) fn command(program: &Path, folder: &MachineFolder) -> Command {
    let mut command = Command::new(program);
    command.args([SUBCOMMAND.as_ref(), "detach".as_ref(), folder.path().as_os_str()]);
    command.env_clear().env("PATH", host_program::PATH).current_dir("/");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn detach(program: &OsString, folder: &Path) -> Result<()> {
    exec_environment::reset(Capabilities::All)
        .map_err(Error::file("drop the caller's rights and limits in", folder))?;
    unistd::setsid().map_err(|error| Error::file("leave the session of", program)(error.into()))?;
    let record = read_record(folder)?;
    let mut unshare = Command::new(HostProgram::Unshare.find()?);
    unshare.args(["--mount", "--uts", "--ipc", "--net", "--pid", "--propagation", "private"]);
    if let Some(cgroup) = &record.cgroup {
        // The root of the cgroup namespace is the cgroup that this process is in.
        cgroup::join(cgroup)?;
        unshare.arg("--cgroup");
    }
    if exec_environment::may_set_time() && Path::new(TIME_NAMESPACE).exists() {
        unshare.args(["--time", &format!("--boottime=-{}", uptime()?)]);
    }
    let error = unshare.arg(program).args([SUBCOMMAND.as_ref(), "fork".as_ref(), folder.as_os_str()]).exec();
    Err(Error::file("run", "unshare")(error))
}

fn fork(program: &OsString, folder: &Path) -> Result<()> {
    let child = Command::new(program)
        .args([SUBCOMMAND.as_ref(), "run".as_ref(), folder.as_os_str()])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(Error::file("run", program))?;
    report(&format!("pid {}", child.id()))
}

fn run(folder: &Path) -> Result<()> {
    unistd::setsid().map_err(|error| Error::file("leave the session of", folder)(error.into()))?;
    // Blocked below, so that none is lost: the kernel drops signals that a namespace's first process neither blocks
    // nor handles.
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGCHLD);
    signals.add(Signal::SIGTERM);

    env::set_current_dir(folder).map_err(Error::file("enter", folder))?;
    let record = read_record(folder)?;
    let data = folder.parent().and_then(Path::parent).unwrap_or(folder);
    unistd::sethostname(&record.hostname).map_err(|error| Error::file("name", &record.hostname)(error.into()))?;
    let mut rootfs = Rootfs::new(folder, data);
    rootfs.enter(&record)?;
    if !record.was_up {
        systemd::separate_from_host(record.init)?;
        wrappers::install(record.init)?;
    }
    // From here on no process of the machine may have these capabilities, not even this one.
    exec_environment::drop_capabilities().map_err(Error::file("give up rights over", folder))?;
    if record.init == Init::Plain {
        // Not earlier: the processes started above would inherit the mask.
        signals.thread_block().map_err(|error| Error::file("block signals of", folder)(error.into()))?;
    }
    for warning in &rootfs.warnings {
        report(&format!("warning {warning}"))?;
    }
    report("ready")?;
    let null =
        fs::File::options().read(true).write(true).open("/dev/null").map_err(Error::file("open", "/dev/null"))?;
    // Replace the host's streams by the machine's own.
    let redirected = unistd::dup2_stdin(&null).and_then(|()| unistd::dup2_stdout(&null));
    redirected
        .and_then(|()| unistd::dup2_stderr(&null))
        .map_err(|error| Error::file("open", "/dev/null")(error.into()))?;
    drop(null);
    match record.init {
        Init::Plain => reap_until_terminated(&signals),
        Init::Systemd => systemd::exec(folder),
    }
}

fn read_record(folder: &Path) -> Result<Record> {
    let missing = || Error::file("read", folder.join("machine.json"))(io::ErrorKind::NotFound.into());
    MachineFolder::new(folder).read()?.ok_or_else(missing)
}

fn uptime() -> Result<u64> {
    let file = "/proc/uptime";
    let text = fs::read_to_string(file).map_err(Error::file("read", file))?;
    let seconds = text.split('.').next().and_then(|seconds| seconds.parse().ok());
    seconds.ok_or_else(|| Error::file("read", file)(io::ErrorKind::InvalidData.into()))
}

fn report(line: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", line.replace('\n', " "))
        .and_then(|()| out.flush())
        .map_err(Error::file("write", "standard output"))
}

/// Reap children until this process gets SIGTERM.
fn reap_until_terminated(signals: &SigSet) -> Result<()> {
    loop {
        match signals.wait() {
            Ok(Signal::SIGTERM) => {
                terminate_all();
                return Ok(());
            }
            Ok(_) => {
                reap();
            }
            Err(Errno::EINTR) => {}
            Err(error) => return Err(Error::file("wait for", "signals")(error.into())),
        }
    }
}

/// Reap all children that have ended. Returns whether any process is left.
fn reap() -> bool {
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) => return true,
            Ok(_) | Err(Errno::EINTR) => {}
            Err(_) => return false,
        }
    }
}

/// Send SIGTERM to every process. When the init process exits, the kernel kills the rest.
fn terminate_all() {
    let every_process = Pid::from_raw(-1);
    let _ = kill(every_process, Signal::SIGTERM);
    let deadline = Instant::now() + GRACE_PERIOD;
    while reap() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(10));
    }
}
