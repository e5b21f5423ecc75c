//! A running machine, and how to run programs in it.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::cgroup::PROCESSES_FILE;
use super::exec_environment::{self, Capabilities, OnParentDeath};
use super::host_program::HostProgram;
use super::network::Network;
use super::record::{Init, MachineKind, Record};
use super::{Error, Files, Result, paths};

/// Only on Linux 5.6 and later. With it, a machine's uptime starts at zero.
pub(super) const TIME_NAMESPACE: &str = "/proc/self/ns/time";

/// Only what runs in the machine joins its cgroup; `nsenter`, which waits outside, does not. The cgroup is passed as
/// descriptor 9, because the host's cgroups are out of sight inside the machine.
const OPEN_CGROUP: &str = r#"exec 9>"$0" && exec "$@""#;
const JOIN_CGROUP: &str = r#"echo 0 >&9 && exec 9>&- && exec "$@""#;

/// A running machine.
#[derive(Debug, Clone)]
pub struct Machine {
    record: Record,
    pid: u32,
    mac_address: String,
    /// The path of minijuju's program on the host.
    host_program: PathBuf,
    /// Its path in the machine.
    program: PathBuf,
}

impl Machine {
    pub(super) fn new(record: Record, pid: u32, data: &Path) -> Self {
        let mac_address = match record.kind {
            MachineKind::Namespaces => Network::new(data).mac_address(record.number),
            MachineKind::Host => String::new(),
        };
        let tools =
            if record.kind == MachineKind::Host { paths::tools(data) } else { PathBuf::from(paths::TOOLS_IN_MACHINE) };
        Self { record, pid, mac_address, host_program: paths::program(data), program: tools.join("minijuju") }
    }

    /// Its name, unique on this computer.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.record.id
    }

    /// Its address, reachable from the host and from other machines.
    #[must_use]
    pub fn address(&self) -> IpAddr {
        IpAddr::V4(self.record.address)
    }

    /// The MAC address of its network device. Empty where the machine is the host itself.
    #[must_use]
    pub fn mac_address(&self) -> &str {
        &self.mac_address
    }

    /// The host's PID of its init process. 1 where the machine is the host itself.
    #[must_use]
    pub const fn pid(&self) -> u32 {
        self.pid
    }

    pub(super) const fn kind(&self) -> MachineKind {
        self.record.kind
    }

    #[must_use]
    pub const fn init(&self) -> Init {
        self.record.init
    }

    /// Warnings about its start for the user, one sentence each.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.record.warnings
    }

    pub(super) fn add_warning(&mut self, warning: String) {
        self.record.warnings.push(warning);
    }

    /// Its root folder as the host sees it. Do not follow absolute links below it: the host would resolve them against
    /// its own root. [`files`](Self::files) does it right.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        match self.record.kind {
            MachineKind::Namespaces => PathBuf::from(format!("/proc/{}/root", self.pid)),
            MachineKind::Host => PathBuf::from("/"),
        }
    }

    /// Its files, to read and write from the host.
    pub fn files(&self) -> Result<Files> {
        let root = self.root();
        Files::at(&root).map_err(Error::file("open", root))
    }

    /// The path of minijuju's program in the machine, for hook commands to link to. It is always the program that
    /// [`Machines`](super::Machines) was last opened with.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// The cgroup for processes that are started from outside: where Juju's agent has its hooks, apart from systemd's
    /// own.
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
    /// Everything else is what Juju's agent gives a hook, and nothing comes from the caller: umask, priority, limits,
    /// signals. No files are open except standard input, output and error.
    ///
    /// A relative `program` is looked up in the `PATH` of that environment. Killing the child kills `program`. A
    /// signal to the process group also kills what `program` started, if the caller gave the command a group of its
    /// own ([`process_group(0)`](std::os::unix::process::CommandExt::process_group)). Daemons, which leave the group,
    /// run until the machine is stopped.
    pub fn command(&self, program: impl AsRef<OsStr>, folder: impl AsRef<Path>) -> Result<Command> {
        self.command_with(OnParentDeath::Continue, program, folder)
    }

    /// A command that runs minijuju's program in the machine. It is killed when the calling thread ends.
    pub fn minijuju_command(&self) -> Result<Command> {
        self.command_with(OnParentDeath::Kill, &self.program, "/")
    }

    fn command_with(
        &self,
        on_parent_death: OnParentDeath,
        program: impl AsRef<OsStr>,
        folder: impl AsRef<Path>,
    ) -> Result<Command> {
        if self.record.kind == MachineKind::Host {
            let mut command = exec_environment::command(&self.host_program, Capabilities::All, on_parent_death);
            command.arg(program).current_dir(folder);
            return Ok(command);
        }
        // Set up the environment before anything of the machine is executed: its files cannot be trusted.
        let mut command = exec_environment::command(&self.host_program, Capabilities::Machine, on_parent_death);
        if let Some(cgroup) = &self.record.cgroup {
            command.args(["/bin/sh", "-c", OPEN_CGROUP]).arg(self.agent_cgroup(cgroup)?.join(PROCESSES_FILE));
        }
        command.arg(HostProgram::Nsenter.find()?).arg("--target").arg(self.pid.to_string());
        command.args(["--mount", "--uts", "--ipc", "--net", "--pid"]);
        if self.record.cgroup.is_some() {
            command.arg("--cgroup");
        }
        if Path::new(TIME_NAMESPACE).exists() {
            command.arg("--time");
        }
        command.arg(HostProgram::Setpriv.find()?);
        // nsenter only waits for its child, and would leave it behind when killed.
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
        // The caller's working directory means nothing there.
        command.current_dir("/");
        Ok(command)
    }
}
