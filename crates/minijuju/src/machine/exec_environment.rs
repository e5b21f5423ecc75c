//! The execution environment of a process in a machine (as in systemd.exec(5)): what systemd gives Juju's agent,
//! whatever minijuju's caller has.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
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
use signal_hook::consts::FORBIDDEN;

/// The first argument of the step that starts a program in a machine. Internal.
const SUBCOMMAND: &str = "machine-enter";

/// Capabilities that root in a machine lacks, because they affect the whole kernel: loading modules, setting the
/// clock, rebooting, accessing hardware, reading the kernel's log.
const DROPPED_CAPABILITIES: [CapabilitySet; 8] = [
    CapabilitySet::SYS_MODULE,
    CapabilitySet::SYS_TIME,
    CapabilitySet::SYS_BOOT,
    CapabilitySet::SYS_RAWIO,
    CapabilitySet::SYSLOG,
    CapabilitySet::MAC_ADMIN,
    CapabilitySet::MAC_OVERRIDE,
    CapabilitySet::WAKE_ALARM,
];

/// The limit of open files: `LimitNOFILE` of jujud's service (Juju's `service/agent.go`).
const OPEN_FILES: u64 = 64_000;

/// Soft and hard limits: systemd's defaults (systemd-system.conf(5)), and jujud's.
const RESOURCE_LIMITS: [(Resource, Option<u64>, Option<u64>); 9] = [
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

/// A program's capabilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Capabilities {
    /// All of the caller's: on this computer itself.
    All,
    /// Those of root in a machine.
    Machine,
}

/// What happens to a program when the thread that started it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OnParentDeath {
    /// It keeps running.
    Continue,
    /// It is killed.
    Kill,
}

/// A command that runs a program in this environment: append the program and its arguments. `minijuju` is the path of
/// minijuju's program.
pub(super) fn command(minijuju: &Path, capabilities: Capabilities, on_parent_death: OnParentDeath) -> Command {
    let mut command = Command::new(minijuju);
    command.arg(SUBCOMMAND);
    command.arg(match capabilities {
        Capabilities::All => "host",
        Capabilities::Machine => "machine",
    });
    command.arg(match on_parent_death {
        OnParentDeath::Continue => "continue",
        OnParentDeath::Kill => "kill",
    });
    command
}

/// If this program was started as that step, set the environment up and become the program.
pub(super) fn run_subcommand() -> Option<ExitCode> {
    let mut args = env::args_os().skip(1);
    if args.next()? != SUBCOMMAND {
        return None;
    }
    let capabilities = if args.next()? == "host" { Capabilities::All } else { Capabilities::Machine };
    let on_parent_death = if args.next()? == "kill" { OnParentDeath::Kill } else { OnParentDeath::Continue };
    let (program, rest): (OsString, Vec<OsString>) = (args.next()?, args.collect());
    let set_death_signal = || match on_parent_death {
        OnParentDeath::Kill => Ok(set_parent_process_death_signal(Some(Signal::KILL))?),
        OnParentDeath::Continue => Ok(()),
    };
    let error = match reset(capabilities).and_then(|()| set_death_signal()) {
        Ok(()) => Command::new(&program).args(rest).exec(),
        Err(error) => error,
    };
    eprintln!("minijuju: cannot run {}: {error}", program.display());
    // As in a shell.
    Some(ExitCode::from(127))
}

/// Set the environment up for this process. Ignored signals get their default action at the next exec.
pub(super) fn reset(capabilities: Capabilities) -> io::Result<()> {
    close_inherited()?;
    umask(Mode::from_bits_truncate(0o022));
    // Raising the priority needs a capability that a container may lack. Then it stays as it is.
    let _ = setpriority_process(None, 0);
    for (resource, soft, hard) in RESOURCE_LIMITS {
        set_limit(resource, soft, hard);
    }
    reset_signals()?;
    match capabilities {
        Capabilities::All => Ok(()),
        Capabilities::Machine => drop_capabilities(),
    }
}

/// Close everything except standard input, output and error.
fn close_inherited() -> io::Result<()> {
    let open: Vec<i32> = fs::read_dir("/proc/self/fd")?
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|fd| *fd > 2)
        .collect();
    for fd in open {
        // One descriptor belonged to the listing itself, and is already closed.
        let _ = nix::unistd::close(fd);
    }
    Ok(())
}

/// Set a limit, as far as allowed. `None` is unlimited.
fn set_limit(resource: Resource, soft: Option<u64>, hard: Option<u64>) {
    if setrlimit(resource, Rlimit { current: soft, maximum: hard }).is_ok() {
        return;
    }
    let maximum = getrlimit(resource).maximum;
    let current = soft.into_iter().chain(maximum).min();
    let _ = setrlimit(resource, Rlimit { current, maximum });
}

/// Unblock all signals, and set handlers for ignored ones: exec resets handlers, but keeps ignored signals.
fn reset_signals() -> io::Result<()> {
    SigSet::empty().thread_set_mask()?;
    let status = fs::read_to_string("/proc/self/status")?;
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).map(str::trim).unwrap_or_default();
    let ignored = u64::from_str_radix(ignored, 16).unwrap_or_default();
    for signal in (1..=64).filter(|signal| ignored & (1 << (signal - 1)) != 0 && !FORBIDDEN.contains(signal)) {
        // The C library reserves two.
        let _ = signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)));
    }
    Ok(())
}

/// Whether this process may set a time namespace's offset. In some containers it may not.
pub(super) fn may_set_time() -> bool {
    capabilities(None).is_ok_and(|current| current.effective.contains(CapabilitySet::SYS_TIME))
}

/// Drop the capabilities that affect the whole kernel. At each exec root regains the bounding set and the inheritable set, so both must lose
/// them (capabilities(7)).
pub(super) fn drop_capabilities() -> io::Result<()> {
    let mut dropped = CapabilitySet::empty();
    for capability in DROPPED_CAPABILITIES {
        match remove_capability_from_bounding_set(capability) {
            // Unknown to this kernel.
            Err(rustix::io::Errno::INVAL) => {}
            result => result?,
        }
        dropped |= capability;
    }
    clear_ambient_capability_set()?;
    let current = capabilities(None)?;
    let remaining = CapabilitySets {
        effective: current.effective - dropped,
        permitted: current.permitted - dropped,
        inheritable: CapabilitySet::empty(),
    };
    Ok(set_capabilities(None, remaining)?)
}
