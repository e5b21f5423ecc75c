//! What a process in a machine begins with, whatever the caller of minijuju has: what systemd gives to Juju's agent.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use nix::sys::signal::SigSet;
use nix::sys::stat::{Mode, umask};
use rustix::process::{
    Resource, Rlimit, Signal, getrlimit, set_parent_process_death_signal, setpriority_process, setrlimit,
};
use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, clear_ambient_capability_set, remove_capability_from_bounding_set,
    set_capabilities,
};

/// The first argument of the step that a program in a machine is started through. Not for people.
const SUBCOMMAND: &str = "machine-enter";

/// What root in a machine may not do, because the kernel has it once only: load modules, set the clock, reboot, reach
/// the hardware, read the kernel's log.
const DROPPED: [CapabilitySet; 8] = [
    CapabilitySet::SYS_MODULE,
    CapabilitySet::SYS_TIME,
    CapabilitySet::SYS_BOOT,
    CapabilitySet::SYS_RAWIO,
    CapabilitySet::SYSLOG,
    CapabilitySet::MAC_ADMIN,
    CapabilitySet::MAC_OVERRIDE,
    CapabilitySet::WAKE_ALARM,
];

/// How many files a process may have open: `LimitNOFILE` of jujud's service (Juju's `service/agent.go`).
const OPEN_FILES: u64 = 64_000;

/// Limits, soft and hard, that are systemd's defaults (systemd-system.conf(5)) and jujud's.
const LIMITS: [(Resource, Option<u64>, Option<u64>); 9] = [
    (Resource::Nofile, Some(OPEN_FILES), Some(OPEN_FILES)),
    (Resource::Core, Some(0), None),
    (Resource::Stack, Some(8 << 20), None),
    (Resource::As, None, None),
    (Resource::Cpu, None, None),
    (Resource::Data, None, None),
    (Resource::Fsize, None, None),
    (Resource::Nproc, None, None),
    (Resource::Rss, None, None),
];

/// Signals that no handler can be set for, and so cannot be made the default again.
const FIXED: [i32; 5] = [4, 8, 9, 11, 19];

/// The capabilities of a program that is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rights {
    /// All that the caller has: on this computer itself.
    All,
    /// Those that a machine's root has.
    Machine,
}

/// What becomes of a program when the thread that started it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// It goes on.
    GoOn,
    /// It is killed.
    End,
}

/// The command that gives a program, named by what is added to it, these surroundings. `minijuju` is this program.
pub(super) fn command(minijuju: &std::path::Path, rights: Rights, after: After) -> Command {
    let mut command = Command::new(minijuju);
    command.arg(SUBCOMMAND).arg(if rights == Rights::Machine { "machine" } else { "host" });
    command.arg(if after == After::End { "end" } else { "go-on" });
    command
}

/// Be that step, if this program was started as it: become the program.
pub(super) fn run_if_asked() -> Option<ExitCode> {
    let mut args = env::args_os().skip(1);
    if args.next()? != SUBCOMMAND {
        return None;
    }
    let rights = if args.next()? == "host" { Rights::All } else { Rights::Machine };
    let after = if args.next()? == "end" { After::End } else { After::GoOn };
    let (program, rest): (OsString, Vec<OsString>) = (args.next()?, args.collect());
    let follow = || match after {
        After::End => Ok(set_parent_process_death_signal(Some(Signal::KILL))?),
        After::GoOn => Ok(()),
    };
    let error = match reset(rights).and_then(|()| follow()) {
        Ok(()) => Command::new(&program).args(rest).exec(),
        Err(error) => error,
    };
    eprintln!("minijuju: cannot run {}: {error}", program.display());
    // As a shell does.
    Some(ExitCode::from(127))
}

/// Give this process the surroundings. Signals that were ignored are so no more once it executes another program.
pub(super) fn reset(rights: Rights) -> io::Result<()> {
    close_inherited()?;
    umask(Mode::from_bits_truncate(0o022));
    // Lower than the caller's takes a right that a container may lack: then it stays.
    let _ = setpriority_process(None, 0);
    for (resource, soft, hard) in LIMITS {
        limit(resource, soft, hard);
    }
    hear_signals()?;
    if rights == Rights::Machine { drop_rights() } else { Ok(()) }
}

/// Close all but standard input, output and error.
fn close_inherited() -> io::Result<()> {
    let open: Vec<i32> = fs::read_dir("/proc/self/fd")?
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|fd| *fd > 2)
        .collect();
    for fd in open {
        // One of them was this listing's own, and is closed already.
        let _ = nix::unistd::close(fd);
    }
    Ok(())
}

/// Set a limit, as far as this process may: `None` is none.
fn limit(resource: Resource, soft: Option<u64>, hard: Option<u64>) {
    if setrlimit(resource, Rlimit { current: soft, maximum: hard }).is_ok() {
        return;
    }
    let maximum = getrlimit(resource).maximum;
    let current = soft.into_iter().chain(maximum).min();
    let _ = setrlimit(resource, Rlimit { current, maximum });
}

/// Block no signal, and handle those that were ignored: a handler is gone with the next program, which ignoring is not.
fn hear_signals() -> io::Result<()> {
    SigSet::empty().thread_set_mask()?;
    let status = fs::read_to_string("/proc/self/status")?;
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).map(str::trim).unwrap_or_default();
    let ignored = u64::from_str_radix(ignored, 16).unwrap_or_default();
    for signal in (1..=64).filter(|signal| ignored & (1 << (signal - 1)) != 0 && !FIXED.contains(signal)) {
        // The C library keeps two for itself.
        let _ = signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)));
    }
    Ok(())
}

/// Whether this process may say what time it is in a namespace: in some containers it may not.
pub(super) fn may_set_time() -> bool {
    capabilities(None).is_ok_and(|have| have.effective.contains(CapabilitySet::SYS_TIME))
}

/// Drop what is the kernel's, for good. Root gets back at each exec what is in the bounding set, and also what is in its
/// inheritable set, though it may not be in the bounding set (capabilities(7)).
pub(super) fn drop_rights() -> io::Result<()> {
    let mut dropped = CapabilitySet::empty();
    for one in DROPPED {
        match remove_capability_from_bounding_set(one) {
            // A kernel that does not know it.
            Err(rustix::io::Errno::INVAL) => {}
            done => done?,
        }
        dropped |= one;
    }
    clear_ambient_capability_set()?;
    let have = capabilities(None)?;
    let left = CapabilitySets {
        effective: have.effective - dropped,
        permitted: have.permitted - dropped,
        inheritable: CapabilitySet::empty(),
    };
    Ok(set_capabilities(None, left)?)
}
