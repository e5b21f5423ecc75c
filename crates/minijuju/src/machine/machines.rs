//! The machines of one data folder.

use std::env;
use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::host_program::HostProgram;
use super::install::install_program;
use super::lock::Lock;
use super::network::Network;
use super::record::{Init, MachineFolder, MachineKind, Record};
use super::systemd::has_booted;
use super::{Error, Machine, Result, paths};
use crate::private;

/// How long a machine's systemd may take to start. The default timeout of a service is 90 s.
const BOOT_TIMEOUT: Duration = Duration::from_mins(1);

/// A machine, running or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineInfo {
    pub id: String,
    pub hostname: String,
    /// The host's PID of its init process, if it runs.
    pub pid: Option<u32>,
    pub address: IpAddr,
    pub started: SystemTime,
    /// Bytes on disk that it wrote.
    pub disk_usage: u64,
}

/// The machines of one data folder.
#[derive(Debug, Clone)]
pub struct Machines {
    pub(super) data: PathBuf,
    kind: MachineKind,
    pub(super) program: PathBuf,
    pub(super) network: Network,
    /// The folder that holds the machines. An open descriptor, so that it stays the same folder even if another
    /// command removes it.
    folder: Arc<fs::File>,
    /// The kind of init process; `None` picks systemd where it can run.
    pub(super) init: Option<Init>,
    /// How long a machine's systemd may take to start.
    pub(super) boot_timeout: Duration,
}

impl Machines {
    /// The machines below `data`, of the kind that `MINIJUJU_MACHINES` says.
    pub fn open(data: &Path) -> Result<Self> {
        let kind = match env::var("MINIJUJU_MACHINES").unwrap_or_default().as_str() {
            "" | "namespaces" => MachineKind::Namespaces,
            "host" => MachineKind::Host,
            other => return Err(Error::UnknownKind(other.to_owned())),
        };
        // Unlike the program's path, this still leads to it when an update has replaced it.
        let program = PathBuf::from(format!("/proc/{}/exe", process::id()));
        Ok(Self { init: init_from_environment()?, ..Self::new(data, kind, &program)? })
    }

    /// The machines below `data`, of this `kind`, without systemd. `program` becomes their init process; its `main`
    /// must begin with [`run_subcommand`](super::run_subcommand).
    pub fn new(data: &Path, kind: MachineKind, program: &Path) -> Result<Self> {
        private::data_folder(data).map_err(Error::file("make", data))?;
        private::folder(&paths::machines(data)).map_err(Error::file("make", paths::machines(data)))?;
        let data = data.canonicalize().map_err(Error::file("find", data))?;
        let folder = fs::File::open(paths::machines(&data)).map_err(Error::file("read", paths::machines(&data)))?;
        let network = Network::new(&data);
        let init = Some(Init::Plain);
        Ok(Self {
            data,
            kind,
            program: program.to_owned(),
            network,
            folder: Arc::new(folder),
            init,
            boot_timeout: BOOT_TIMEOUT,
        })
    }

    /// The MAC address of the machine with this address. Empty where machines are the host itself.
    #[must_use]
    pub fn mac_address(&self, address: &str) -> String {
        match (self.kind, address.parse::<Ipv4Addr>()) {
            (MachineKind::Namespaces, Ok(address)) => self.network.mac_address(address.octets()[3]),
            (MachineKind::Namespaces, Err(_)) | (MachineKind::Host, _) => String::new(),
        }
    }

    #[must_use]
    pub const fn kind(&self) -> MachineKind {
        self.kind
    }

    /// The machine `id`, if it is up. A machine does not count as up if its starter was killed before its systemd had
    /// started everything.
    pub fn find(&self, id: &str) -> Result<Option<Machine>> {
        let folder = self.folder(id)?;
        let record = folder.read()?;
        let machine = self.running(&folder, record);
        if machine.is_some() {
            install_program(&self.program, &self.data)?;
            if !has_booted(&folder)? {
                return Ok(None);
            }
        }
        Ok(machine)
    }

    /// All machines, running or not.
    pub fn list(&self) -> Result<Vec<MachineInfo>> {
        let mut all = Vec::new();
        for folder in self.folders()? {
            let Some(record) = folder.read()? else { continue };
            all.push(MachineInfo {
                pid: self.running(&folder, Some(record.clone())).map(|machine| machine.pid()),
                address: IpAddr::V4(record.address),
                started: SystemTime::UNIX_EPOCH + Duration::from_secs(record.started),
                disk_usage: folder.disk_usage(),
                id: record.id,
                hostname: record.hostname,
            });
        }
        all.sort_by(|one, two| one.id.cmp(&two.id));
        Ok(all)
    }

    /// Repair the network of running machines after a firewall was reloaded, a bridge was removed or forwarding was
    /// turned off. Returns warnings for the user, one sentence each.
    pub fn repair_network(&self) -> Result<Vec<String>> {
        if self.kind == MachineKind::Host || !nix::unistd::geteuid().is_root() {
            return Ok(Vec::new());
        }
        let mut running = Vec::new();
        for folder in self.folders()? {
            let Some(record) = folder.read()?.filter(|record| record.kind == MachineKind::Namespaces) else { continue };
            if let Some(pid) = folder.init_pid(&record) {
                running.push((record, pid));
            }
        }
        let is_intact = || self.network.is_intact(running.iter().map(|(record, _)| record));
        if running.is_empty() || is_intact() {
            return Ok(Vec::new());
        }
        let lock = Lock::acquire()?;
        // The previous holder of the lock may have repaired it, or was starting one of these machines.
        if is_intact() {
            return Ok(Vec::new());
        }
        let (subnet, warning) = self.network.ensure(&lock)?;
        let mut warnings = vec!["the machines' network was damaged, and has been repaired".to_owned()];
        for (record, pid) in running {
            if subnet.gateway() == record.gateway {
                self.network.reattach(&lock, &record, pid)?;
            } else {
                warnings
                    .push(format!("machine {} stays disconnected: another network now uses its addresses", record.id));
            }
        }
        warnings.extend(warning);
        Ok(warnings)
    }

    /// Fail if `clean` removed these machines in the meantime.
    pub(super) fn check_not_cleaned(&self) -> Result<()> {
        let path = paths::machines(&self.data);
        if private::is_at(&self.folder, &path).map_err(Error::file("read", &path))? {
            return Ok(());
        }
        Err(Error::Cleaned(self.data.clone()))
    }

    pub(super) fn folder(&self, id: &str) -> Result<MachineFolder> {
        let is_valid = id.starts_with(|letter: char| letter.is_ascii_alphanumeric())
            && id.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter))
            && id.len() <= 100;
        if !is_valid {
            return Err(Error::InvalidId(id.to_owned()));
        }
        Ok(MachineFolder::new(paths::machines(&self.data).join(id)))
    }

    pub(super) fn folders(&self) -> Result<Vec<MachineFolder>> {
        let path = paths::machines(&self.data);
        let entries = fs::read_dir(&path).map_err(Error::file("read", &path))?;
        Ok(entries.flatten().map(|entry| MachineFolder::new(entry.path())).collect())
    }

    /// The machine, if it is up.
    pub(super) fn running(&self, folder: &MachineFolder, record: Option<Record>) -> Option<Machine> {
        let record = record?;
        let pid = if record.kind == MachineKind::Host { 1 } else { folder.init_pid(&record)? };
        Some(Machine::new(record, pid, &self.data))
    }

    /// Whether this user can make machines on this computer, as far as that shows in advance.
    pub fn check_available(&self) -> Result<()> {
        match self.kind {
            MachineKind::Namespaces => Self::check_permitted(),
            MachineKind::Host => Ok(()),
        }
    }

    /// Fail if this user may not create machines, or a program that every machine needs is missing.
    pub(super) fn check_permitted() -> Result<()> {
        if !nix::unistd::geteuid().is_root() {
            let operation = "make machines".to_owned();
            return Err(Error::NotPermitted { operation, reason: "it needs root".to_owned() });
        }
        HostProgram::REQUIRED.iter().try_for_each(|program| program.find().map(drop))
    }
}

/// What `MINIJUJU_INIT` says; `None` for `auto`, which picks systemd where it can run.
fn init_from_environment() -> Result<Option<Init>> {
    match env::var("MINIJUJU_INIT").unwrap_or_default().as_str() {
        "" | "auto" => Ok(None),
        "plain" => Ok(Some(Init::Plain)),
        "systemd" => Ok(Some(Init::Systemd)),
        other => Err(Error::UnknownInit(other.to_owned())),
    }
}
