//! A machine that is up, and the way into it.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::cgroup::PROCESSES;
use super::network::Network;
use super::record::{Kind, Record};
use super::rootfs::TOOLS;
use super::surroundings::{self, After, Rights};
use super::tool::Tool;
use super::{Error, Files, Init, Result};

/// Kernels since 5.6 have it: then a machine's uptime begins with its start.
pub(super) const TIME_NAMESPACE: &str = "/proc/self/ns/time";

/// Into its cgroup goes only what runs in the machine, not nsenter, which waits outside. Where it is goes by descriptor 9:
/// on the way in, the host's cgroups come out of sight.
const OPEN_CGROUP: &str = r#"exec 9>"$0" && exec "$@""#;
const JOIN_CGROUP: &str = r#"echo 0 >&9 && exec 9>&- && exec "$@""#;

/// A machine that is up.
#[derive(Debug, Clone)]
pub struct Machine {
    record: Record,
    pid: u32,
    hardware_address: String,
    /// This program on this computer, and in the machine.
    minijuju: PathBuf,
    program: PathBuf,
}

impl Machine {
    pub(super) fn new(record: Record, pid: u32, data: &Path) -> Self {
        let hardware_address = match record.kind {
            Kind::Namespaces => Network::new(data).hardware_address(record.number),
            Kind::Host => String::new(),
        };
        let tools = if record.kind == Kind::Host { data.join("tools") } else { PathBuf::from(TOOLS) };
        Self { record, pid, hardware_address, minijuju: data.join("tools/minijuju"), program: tools.join("minijuju") }
    }

    /// Its name, unique on this computer.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.record.id
    }

    /// Its address, which answers from this computer and from other machines.
    #[must_use]
    pub fn address(&self) -> IpAddr {
        IpAddr::V4(self.record.address)
    }

    /// The hardware address of its network device; empty where the machine is this computer.
    #[must_use]
    pub fn hardware_address(&self) -> &str {
        &self.hardware_address
    }

    /// Its first process, by its number on this computer; 1 where the machine is this computer.
    #[must_use]
    pub const fn pid(&self) -> u32 {
        self.pid
    }

    pub(super) const fn kind(&self) -> Kind {
        self.record.kind
    }

    /// What its first process is.
    #[must_use]
    pub const fn init(&self) -> Init {
        self.record.init
    }

    /// What a person should know about how it was started, one sentence each.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.record.notes
    }

    pub(super) fn note(&mut self, note: String) {
        self.record.notes.push(note);
    }

    /// Its root folder as seen from this computer, to read and write its files. An absolute link in it leads astray:
    /// it is followed on this computer.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        match self.record.kind {
            Kind::Namespaces => PathBuf::from(format!("/proc/{}/root", self.pid)),
            Kind::Host => PathBuf::from("/"),
        }
    }

    /// Its files, to be read and written from this computer.
    pub fn files(&self) -> Result<Files> {
        let root = self.root();
        Files::at(&root).map_err(Error::file("open", root))
    }

    /// Where minijuju's own program is inside the machine, for hook commands to link to. It is always the one that
    /// [`Machines`](super::Machines) was last opened with.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// The cgroup of the processes that come from outside: where Juju's agent has them, and apart from systemd's own.
    fn agent_cgroup(&self, machine: &Path) -> Result<PathBuf> {
        let number = self.record.id.rsplit('-').next().unwrap_or_default();
        let cgroup = machine.join(format!("system.slice/jujud-machine-{number}.service"));
        match fs::create_dir(&cgroup) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(Error::file("make", cgroup)(error)),
            _ => Ok(cgroup),
        }
    }

    /// A command that runs `program` in the machine, in `folder` there, with the environment that the caller sets.
    ///
    /// All else is what Juju's agent gives to a hook, and nothing of the caller's: umask, priority, limits, signals, and
    /// no open files but standard input, output and error.
    ///
    /// A relative `program` is looked for in the `PATH` of that environment. Killing the child kills `program`; what
    /// `program` started itself is killed with it by a signal to the process group, if the caller gave the command one
    /// of its own ([`process_group(0)`](std::os::unix::process::CommandExt::process_group)). Daemons, which leave the
    /// group, stay up until the machine is stopped.
    pub fn command(&self, program: impl AsRef<OsStr>, folder: impl AsRef<Path>) -> Result<Command> {
        self.command_and(After::GoOn, program, folder)
    }

    /// This program in the machine, to do something for the thread that starts it, and to end with it.
    pub fn helper(&self) -> Result<Command> {
        self.command_and(After::End, &self.program, "/")
    }

    fn command_and(&self, after: After, program: impl AsRef<OsStr>, folder: impl AsRef<Path>) -> Result<Command> {
        if self.record.kind == Kind::Host {
            let mut command = surroundings::command(&self.minijuju, Rights::All, after);
            command.arg(program).current_dir(folder);
            return Ok(command);
        }
        // Before anything of the machine's is executed: its files may be another's than they seem.
        let mut command = surroundings::command(&self.minijuju, Rights::Machine, after);
        if let Some(cgroup) = &self.record.cgroup {
            command.args(["/bin/sh", "-c", OPEN_CGROUP]).arg(self.agent_cgroup(cgroup)?.join(PROCESSES));
        }
        command.arg(Tool::Nsenter.find()?).arg("--target").arg(self.pid.to_string());
        command.args(["--mount", "--uts", "--ipc", "--net", "--pid"]);
        if self.record.cgroup.is_some() {
            command.arg("--cgroup");
        }
        if Path::new(TIME_NAMESPACE).exists() {
            command.arg("--time");
        }
        command.arg(Tool::Setpriv.find()?);
        // nsenter only waits for what it started, and would leave it behind if it is killed.
        command.args(["--pdeathsig", "KILL", "--"]);
        if self.record.cgroup.is_some() {
            command.args(["/bin/sh", "-c", JOIN_CGROUP, "sh"]);
        }
        if folder.as_ref() != Path::new("/") {
            let mut chdir = std::ffi::OsString::from("--chdir=");
            chdir.push(folder.as_ref());
            command.arg("/usr/bin/env").arg(chdir).arg("--");
        }
        command.arg(program);
        // The caller's own folder is of no meaning there.
        command.current_dir("/");
        Ok(command)
    }
}
