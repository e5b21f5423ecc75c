//! A machine's first process: it keeps the machine's namespaces alive, and collects the processes that lost their parent.
//!
//! It is started in three steps, each of this same program, because a process joins a new PID namespace only by being
//! born in it:
//!
//! 1. `detach` closes everything that it was handed (an open pipe would make the caller's caller wait forever) and
//!    of the terminal, and becomes `unshare`;
//! 2. `fork`, run by `unshare`, starts the next one as the first process of the namespaces, and ends;
//! 3. `run` makes the machine's file systems, says so, and stays.
//!
//! They talk to the starter through standard output: `pid N`, then `note …` lines, then `ready` or `error …`.

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
use super::record::{Folder, Record};
use super::rootfs::Rootfs;
use super::surroundings::{self, Rights};
use super::tool::{self, Tool};
use super::{Error, Init, Result, agent, boot, cgroup, entrance, limits};

/// The first argument of all three steps. Not for people.
pub(super) const SUBCOMMAND: &str = "machine-init";

/// How long the processes of a machine that is asked to end have for it.
const GRACE: Duration = Duration::from_secs(5);

/// Be a machine's first process, or the step by which others enter it, if this program was started as one. A program that starts [`Machines`](super::Machines)
/// calls this before anything else in its `main`.
#[must_use]
pub fn run_if_asked() -> Option<ExitCode> {
    if let Some(code) = super::stand_in_if_asked()
        .or_else(surroundings::run_if_asked)
        .or_else(entrance::run_if_asked)
        .or_else(agent::run_if_asked)
    {
        return Some(code);
    }
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
    // Nobody reads it if the starter was killed: then nothing is left to do but to end.
    let _ = say(&format!("error {error}"));
    Some(ExitCode::FAILURE)
}

/// The command that begins the first step.
pub(super) fn command(program: &Path, folder: &Folder) -> Command {
    let mut command = Command::new(program);
    command.args([SUBCOMMAND.as_ref(), "detach".as_ref(), folder.path().as_os_str()]);
    command.env_clear().env("PATH", tool::PATH).current_dir("/");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn detach(program: &OsString, folder: &Path) -> Result<()> {
    surroundings::reset(Rights::All).map_err(Error::file("drop the caller's rights and limits in", folder))?;
    unistd::setsid().map_err(|error| Error::file("leave the session of", program)(error.into()))?;
    let record = read_record(folder)?;
    let mut unshare = Command::new(Tool::Unshare.find()?);
    unshare.args(["--mount", "--uts", "--ipc", "--net", "--pid", "--propagation", "private"]);
    if let Some(cgroup) = &record.cgroup {
        // The namespace's root is the cgroup that the process is in.
        cgroup::join(cgroup)?;
        unshare.arg("--cgroup");
    }
    if surroundings::may_set_time() && Path::new(TIME_NAMESPACE).exists() {
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
    say(&format!("pid {}", child.id()))
}

fn run(folder: &Path) -> Result<()> {
    unistd::setsid().map_err(|error| Error::file("leave the session of", folder)(error.into()))?;
    // Blocked below, so that none is missed: a first process ignores signals that it neither blocks nor handles.
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGCHLD);
    signals.add(Signal::SIGTERM);

    env::set_current_dir(folder).map_err(Error::file("enter", folder))?;
    let record = read_record(folder)?;
    let data = folder.parent().and_then(Path::parent).unwrap_or(folder);
    unistd::sethostname(&record.hostname).map_err(|error| Error::file("name", &record.hostname)(error.into()))?;
    let mut rootfs = Rootfs::new(folder, data);
    rootfs.enter(&record)?;
    if !record.made {
        boot::part_from_host(record.init)?;
        limits::say(record.init)?;
    }
    // From here on, none of its processes may do what is the kernel's alone, not even this one.
    surroundings::drop_rights().map_err(Error::file("give up rights over", folder))?;
    if record.init == Init::Plain {
        // Not earlier: the processes started above would inherit the mask.
        signals.thread_block().map_err(|error| Error::file("block signals of", folder)(error.into()))?;
    }
    for note in &rootfs.notes {
        say(&format!("note {note}"))?;
    }
    say("ready")?;
    let null =
        fs::File::options().read(true).write(true).open("/dev/null").map_err(Error::file("open", "/dev/null"))?;
    // Until here it used the host's streams; from here on it has the machine's own.
    let redirected = unistd::dup2_stdin(&null).and_then(|()| unistd::dup2_stdout(&null));
    redirected
        .and_then(|()| unistd::dup2_stderr(&null))
        .map_err(|error| Error::file("open", "/dev/null")(error.into()))?;
    drop(null);
    match record.init {
        Init::Plain => stay(&signals),
        Init::Systemd => boot::exec(folder),
    }
}

fn read_record(folder: &Path) -> Result<Record> {
    let missing = || Error::file("read", folder.join("machine.json"))(io::ErrorKind::NotFound.into());
    Folder::new(folder).read()?.ok_or_else(missing)
}

/// Whole seconds since the computer's start.
fn uptime() -> Result<u64> {
    let file = "/proc/uptime";
    let text = fs::read_to_string(file).map_err(Error::file("read", file))?;
    let seconds = text.split('.').next().and_then(|seconds| seconds.parse().ok());
    seconds.ok_or_else(|| Error::file("read", file)(io::ErrorKind::InvalidData.into()))
}

fn say(line: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", line.replace('\n', " "))
        .and_then(|()| out.flush())
        .map_err(Error::file("write", "standard output"))
}

/// Collect what ends until asked to end oneself.
fn stay(signals: &SigSet) -> Result<()> {
    loop {
        match signals.wait() {
            Ok(Signal::SIGTERM) => {
                end();
                return Ok(());
            }
            Ok(_) => {
                collect();
            }
            Err(Errno::EINTR) => {}
            Err(error) => return Err(Error::file("wait for", "signals")(error.into())),
        }
    }
}

/// Collect all that ended. Whether any process is left.
fn collect() -> bool {
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) => return true,
            Ok(_) | Err(Errno::EINTR) => {}
            Err(_) => return false,
        }
    }
}

/// Ask every process to end. The kernel kills those that are left once the first one has ended.
fn end() {
    let everyone = Pid::from_raw(-1);
    let _ = kill(everyone, Signal::SIGTERM);
    let until = Instant::now() + GRACE;
    while collect() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(10));
    }
}
