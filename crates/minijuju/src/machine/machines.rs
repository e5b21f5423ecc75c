//! The machines of one data folder.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::lock::Lock;
use super::network::Network;
use super::record::{Folder, Kind, Record, inits};
use super::stop::{dismantle, has_booted, remove};
use super::tool::Tool;
use super::{Error, Init, Machine, Result, boot, cgroup};
use crate::private;

/// How long a machine's systemd may take to start. The default timeout of a service is 90 s.
const BOOT: Duration = Duration::from_mins(1);

/// A machine, running or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineInfo {
    pub id: String,
    pub hostname: String,
    /// The host's PID of its first process, if it runs.
    pub pid: Option<u32>,
    pub address: IpAddr,
    pub started: SystemTime,
    /// Bytes on disk that it wrote.
    pub disk_use: u64,
}

/// The machines of one data folder.
#[derive(Debug, Clone)]
pub struct Machines {
    pub(super) data: PathBuf,
    kind: Kind,
    pub(super) program: PathBuf,
    pub(super) network: Network,
    /// The folder that holds the machines. An open descriptor, so that it stays the same folder even if another
    /// command removes it.
    home: Arc<fs::File>,
    /// The kind of first process; `None` picks systemd where it can run.
    pub(super) init: Option<Init>,
    /// How long a machine's systemd may take to start.
    pub(super) patience: Duration,
}

impl Machines {
    /// The machines below `data`, of the kind that `MINIJUJU_MACHINES` says.
    pub fn open(data: &Path) -> Result<Self> {
        let kind = match env::var("MINIJUJU_MACHINES").unwrap_or_default().as_str() {
            "" | "namespaces" => Kind::Namespaces,
            "host" => Kind::Host,
            other => return Err(Error::UnknownKind(other.to_owned())),
        };
        // Unlike the program's path, this still leads to it when an update has replaced it.
        let program = PathBuf::from(format!("/proc/{}/exe", process::id()));
        Ok(Self { init: boot::from_environment()?, ..Self::with(data, kind, &program)? })
    }

    /// The machines below `data`, of this `kind`, without systemd. `program` becomes their first process; its `main`
    /// must begin with [`run_if_asked`](super::run_if_asked).
    pub fn with(data: &Path, kind: Kind, program: &Path) -> Result<Self> {
        private::data_folder(data).map_err(Error::file("make", data))?;
        private::folder(&data.join("machines")).map_err(Error::file("make", data.join("machines")))?;
        let data = data.canonicalize().map_err(Error::file("find", data))?;
        let home = fs::File::open(data.join("machines")).map_err(Error::file("read", data.join("machines")))?;
        let network = Network::new(&data);
        let init = Some(Init::Plain);
        Ok(Self { data, kind, program: program.to_owned(), network, home: Arc::new(home), init, patience: BOOT })
    }

    /// The MAC address of the machine with this address. Empty where machines are the host itself.
    #[must_use]
    pub fn hardware_address(&self, address: &str) -> String {
        match (self.kind, address.parse::<Ipv4Addr>()) {
            (Kind::Namespaces, Ok(address)) => self.network.hardware_address(address.octets()[3]),
            _ => String::new(),
        }
    }

    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The machine `id`, if it is up. A machine does not count as up if its starter was killed before its systemd had
    /// started everything.
    pub fn find(&self, id: &str) -> Result<Option<Machine>> {
        let folder = self.folder(id)?;
        let record = folder.read()?;
        let machine = self.up(&folder, record);
        if machine.is_some() {
            self.install_program()?;
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
                pid: self.up(&folder, Some(record.clone())).map(|machine| machine.pid()),
                address: IpAddr::V4(record.address),
                started: SystemTime::UNIX_EPOCH + Duration::from_secs(record.started),
                disk_use: folder.disk_use(),
                id: record.id,
                hostname: record.hostname,
            });
        }
        all.sort_by(|one, two| one.id.cmp(&two.id));
        Ok(all)
    }

    /// Repair the network of running machines after a firewall was reloaded, a bridge was removed or forwarding was
    /// turned off. Returns remarks for the user, one sentence each.
    pub fn repair(&self) -> Result<Vec<String>> {
        if self.kind == Kind::Host || !nix::unistd::geteuid().is_root() {
            return Ok(Vec::new());
        }
        let mut up = Vec::new();
        for folder in self.folders()? {
            let Some(record) = folder.read()?.filter(|record| record.kind == Kind::Namespaces) else { continue };
            if let Some(pid) = folder.init(&record) {
                up.push((record, pid));
            }
        }
        let is_whole = || self.network.is_whole(up.iter().map(|(record, _)| record));
        if up.is_empty() || is_whole() {
            return Ok(Vec::new());
        }
        let lock = Lock::wait()?;
        // The previous holder of the lock may have repaired it, or was starting one of these machines.
        if is_whole() {
            return Ok(Vec::new());
        }
        let (subnet, note) = self.network.ensure(&lock)?;
        let mut notes = vec!["the machines' network was damaged, and has been repaired".to_owned()];
        for (record, pid) in up {
            if subnet.gateway() == record.gateway {
                self.network.plug_again(&lock, &record, pid)?;
            } else {
                notes.push(format!("machine {} stays disconnected: another network now uses its addresses", record.id));
            }
        }
        notes.extend(note);
        Ok(notes)
    }

    /// Run `first`, then stop and remove all machines, and what crashes left of any. Returns the names of those
    /// removed. A command that was already running cannot start a machine afterwards.
    pub fn clean_after<T>(&self, first: impl FnOnce() -> T) -> Result<(T, Vec<String>)> {
        let lock = Self::lock_if_root()?;
        let done = first();
        let share = lock.as_ref().map(Lock::share).transpose()?;
        let removed = self.clean_under(lock)?;
        match fs::remove_dir(self.data.join("machines")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Error::file("remove", self.data.join("machines"))(error));
            }
            _ => {}
        }
        drop(share);
        Ok((done, removed))
    }

    /// Users other than root make no machines, and cannot open the lock.
    pub(super) fn lock_if_root() -> Result<Option<Lock>> {
        nix::unistd::geteuid().is_root().then(Lock::wait).transpose()
    }

    /// Takes the lock before it looks for leftovers: a killed command may have left a program running.
    pub(super) fn clean_under(&self, lock: Option<Lock>) -> Result<Vec<String>> {
        self.remove_parts()?;
        let mut removed = Vec::new();
        for folder in self.folders()? {
            if folder.read()?.is_some_and(|record| record.kind == Kind::Host) {
                remove(&folder)?;
                removed.push(name(&folder));
            }
        }
        let stray = || inits().into_iter().map(|(_, folder)| folder).filter(|folder| folder.starts_with(&self.data));
        if self.folders()?.is_empty() && stray().next().is_none() && !self.network.exists() {
            return Ok(removed);
        }
        Self::check_permitted()?;
        let lock = lock.map_or_else(Lock::wait, Ok)?;
        // Include machines whose folder somebody removed.
        let folders: BTreeSet<PathBuf> =
            self.folders()?.iter().map(|folder| folder.path().to_owned()).chain(stray()).collect();
        for folder in folders {
            let folder = Folder::new(folder);
            dismantle(&lock, &folder)?;
            removed.push(name(&folder));
        }
        cgroup::remove_all(self.network.tag())?;
        self.network.remove(&lock)?;
        Ok(removed)
    }

    /// Fail if `clean` removed these machines in the meantime.
    pub(super) fn check_wanted(&self) -> Result<()> {
        let path = self.data.join("machines");
        if private::is_at(&self.home, &path).map_err(Error::file("read", &path))? {
            return Ok(());
        }
        Err(Error::Cleaned(self.data.clone()))
    }

    pub(super) fn folder(&self, id: &str) -> Result<Folder> {
        let ok = id.starts_with(|letter: char| letter.is_ascii_alphanumeric())
            && id.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter))
            && id.len() <= 100;
        if !ok {
            return Err(Error::InvalidId(id.to_owned()));
        }
        Ok(Folder::new(self.data.join("machines").join(id)))
    }

    pub(super) fn folders(&self) -> Result<Vec<Folder>> {
        let path = self.data.join("machines");
        let entries = fs::read_dir(&path).map_err(Error::file("read", &path))?;
        Ok(entries.flatten().map(|entry| Folder::new(entry.path())).collect())
    }

    /// The machine, if it is up.
    pub(super) fn up(&self, folder: &Folder, record: Option<Record>) -> Option<Machine> {
        let record = record?;
        let pid = if record.kind == Kind::Host { 1 } else { folder.init(&record)? };
        Some(Machine::new(record, pid, &self.data))
    }

    /// Whether this user can make machines on this computer, as far as that shows in advance.
    pub fn check(&self) -> Result<()> {
        match self.kind {
            Kind::Namespaces => Self::check_permitted(),
            Kind::Host => Ok(()),
        }
    }

    pub(super) fn check_permitted() -> Result<()> {
        if !nix::unistd::geteuid().is_root() {
            let doing = "make machines".to_owned();
            return Err(Error::NotPermitted { doing, reason: "it needs root".to_owned() });
        }
        Tool::ALL.iter().try_for_each(|tool| tool.find().map(drop))
    }

    /// Remove the network with the last machine.
    pub(super) fn leave_network(&self, lock: &Lock) -> Result<()> {
        if !self.folders()?.is_empty() {
            return Ok(());
        }
        cgroup::remove_all(self.network.tag())?;
        self.network.remove(lock)
    }
}

fn name(folder: &Folder) -> String {
    folder.path().file_name().unwrap_or_default().to_string_lossy().into_owned()
}
