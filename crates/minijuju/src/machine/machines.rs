//! All machines of one data folder: started, found, stopped.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::network::{self, Network};
use super::record::{Folder, Kind, Record, inits};
use super::tool::Tool;
use super::{Error, Machine, Result, init, resolver};

/// Held while machines are started and stopped, by whichever data folder: networks are chosen from what is free.
const LOCK: &str = "/run/minijuju/lock";

/// How long killed processes may take to vanish: they may be waiting for a slow disk.
const PATIENCE: Duration = Duration::from_secs(10);

/// A machine to start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    /// Its name, unique on this computer: letters, digits, `-`, `_`, `.`.
    pub id: String,
    /// Its host name, such as `juju-0f1e2d-0`.
    pub hostname: String,
}

/// What is known of a machine, up or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineInfo {
    /// Its name.
    pub id: String,
    /// Its host name.
    pub hostname: String,
    /// Its first process if it is up, by its number on this computer.
    pub pid: Option<u32>,
    /// Its address.
    pub address: IpAddr,
    /// When it was started.
    pub started: SystemTime,
    /// How many bytes on disk it wrote.
    pub disk_use: u64,
}

/// The machines of one data folder.
#[derive(Debug, Clone)]
pub struct Machines {
    data: PathBuf,
    kind: Kind,
    program: PathBuf,
    network: Network,
}

impl Machines {
    /// The machines below `data`, of the kind that `MINIJUJU_MACHINES` says.
    pub fn open(data: &Path) -> Result<Self> {
        let kind = match env::var("MINIJUJU_MACHINES").unwrap_or_default().as_str() {
            "" | "namespaces" => Kind::Namespaces,
            "host" => Kind::Host,
            other => return Err(Error::UnknownKind(other.to_owned())),
        };
        let program = env::current_exe().map_err(Error::file("find", "minijuju's own program"))?;
        Self::with(data, kind, &program)
    }

    /// The machines below `data`, of this `kind`, with `program` as their first process: one whose `main` begins with
    /// [`run_if_asked`](super::run_if_asked).
    pub fn with(data: &Path, kind: Kind, program: &Path) -> Result<Self> {
        fs::create_dir_all(data.join("machines")).map_err(Error::file("make", data.join("machines")))?;
        let data = data.canonicalize().map_err(Error::file("find", data))?;
        let network = Network::new(&data);
        Ok(Self { data, kind, program: program.to_owned(), network })
    }

    /// What its machines are.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Start a machine. One that is up is given back as it is; one that died (by a reboot, or killed) starts again with
    /// the files that it wrote; one that was never up is made anew.
    pub fn start(&self, spec: &Spec) -> Result<Machine> {
        let folder = self.folder(&spec.id)?;
        if self.kind == Kind::Host && folder.read()?.is_none_or(|record| record.kind == Kind::Host) {
            return self.start_host(spec, &folder);
        }
        Self::check_permitted()?;
        let _lock = lock()?;
        let last = folder.read()?;
        if let Some(machine) = self.up(&folder, last.clone()) {
            self.install_program()?;
            return Ok(machine);
        }
        let kept = last.filter(|record| record.made);
        stop_init(&folder);
        if kept.is_none() {
            remove(&folder)?;
        }
        let made = kept.is_some();
        self.make(spec, &folder, kept.as_ref()).inspect_err(|_| self.undo(&folder, made))
    }

    /// The machine `id`, if it is up.
    pub fn find(&self, id: &str) -> Result<Option<Machine>> {
        let folder = self.folder(id)?;
        let record = folder.read()?;
        let machine = self.up(&folder, record);
        if machine.is_some() {
            self.install_program()?;
        }
        Ok(machine)
    }

    /// All machines, also those that are not up.
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

    /// Stop a machine and remove everything of it. One that does not exist is stopped already.
    pub fn stop(&self, id: &str) -> Result<()> {
        let folder = self.folder(id)?;
        if !folder.path().exists() {
            return Ok(());
        }
        if folder.read()?.is_some_and(|record| record.kind == Kind::Host) {
            return remove(&folder);
        }
        let _lock = lock()?;
        dismantle(&folder)?;
        self.leave_network()
    }

    /// Stop and remove all machines and whatever a crash left of any. Gives back the names of those removed.
    pub fn clean(&self) -> Result<Vec<String>> {
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
        let _lock = lock()?;
        // Also those whose folder somebody removed.
        let folders: BTreeSet<PathBuf> =
            self.folders()?.iter().map(|folder| folder.path().to_owned()).chain(stray()).collect();
        for folder in folders {
            let folder = Folder::new(folder);
            dismantle(&folder)?;
            removed.push(name(&folder));
        }
        self.network.remove()?;
        Ok(removed)
    }

    fn folder(&self, id: &str) -> Result<Folder> {
        let ok = id.starts_with(|letter: char| letter.is_ascii_alphanumeric())
            && id.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter))
            && id.len() <= 100;
        if !ok {
            return Err(Error::InvalidId(id.to_owned()));
        }
        Ok(Folder::new(self.data.join("machines").join(id)))
    }

    fn folders(&self) -> Result<Vec<Folder>> {
        let path = self.data.join("machines");
        let entries = fs::read_dir(&path).map_err(Error::file("read", &path))?;
        Ok(entries.flatten().map(|entry| Folder::new(entry.path())).collect())
    }

    /// The machine, if it is up.
    fn up(&self, folder: &Folder, record: Option<Record>) -> Option<Machine> {
        let record = record?;
        let pid = if record.kind == Kind::Host { 1 } else { folder.init(&record)? };
        Some(Machine::new(record, pid, &self.data))
    }

    fn check_permitted() -> Result<()> {
        if !nix::unistd::geteuid().is_root() {
            let doing = "make machines".to_owned();
            return Err(Error::NotPermitted { doing, reason: "it takes root's rights".to_owned() });
        }
        Tool::ALL.iter().try_for_each(|tool| tool.find().map(drop))
    }

    /// On the computer itself, a machine is a record and nothing else.
    fn start_host(&self, spec: &Spec, folder: &Folder) -> Result<Machine> {
        self.install_program()?;
        fs::create_dir_all(folder.path()).map_err(Error::file("make", folder.path()))?;
        let record = Record { kind: Kind::Host, address: host_address(), made: true, ..blank(spec) };
        folder.write(&record)?;
        Ok(Machine::new(record, 1, &self.data))
    }

    fn make(&self, spec: &Spec, folder: &Folder, kept: Option<&Record>) -> Result<Machine> {
        let (subnet, no_way_out) = self.network.ensure()?;
        self.install_program()?;
        let number = match kept {
            Some(record) => record.number,
            None => self.free_number().ok_or_else(|| Error::NoFreeAddress(format!("{}/24", subnet.host(0))))?,
        };
        let (resolv_conf, no_names) = resolver::resolv_conf();
        let mut record = Record {
            number,
            address: subnet.host(number),
            gateway: subnet.gateway(),
            interface: self.network.interface(number),
            resolv_conf,
            made: kept.is_some(),
            notes: no_names.into_iter().chain(no_way_out).collect(),
            ..blank(spec)
        };
        fs::create_dir_all(folder.path()).map_err(Error::file("make", folder.path()))?;
        folder.write(&record)?;
        let program = self.data.join("tools/minijuju");
        let mut child = init::command(&program, folder).spawn().map_err(Error::file("run", &program))?;
        let followed = self.follow(&mut child, &mut record);
        if followed.is_err() {
            // Or the wait for the step that starts it might not end.
            stop_init(folder);
        }
        child.wait().map_err(Error::file("wait for", &program))?;
        let pid = followed?;
        record.pid = Some(pid);
        record.made = true;
        folder.write(&record)?;
        Ok(Machine::new(record, pid, &self.data))
    }

    /// Listen to the first process until it is ready, and plug it in meanwhile.
    fn follow(&self, child: &mut Child, record: &mut Record) -> Result<u32> {
        let failed = |reason: String| Error::Start { id: record.id.clone(), reason };
        let lost = |error: io::Error| Error::file("listen to the first process of", &record.id)(error);
        let (Some(stdout), Some(mut stderr)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(failed("its first process has no output".to_owned()));
        };
        let mut pid = None;
        let mut plugged = Ok(());
        let mut notes = Vec::new();
        let mut outcome = Err(None);
        for line in BufReader::new(stdout).lines() {
            let line = line.map_err(lost)?;
            match line.split_once(' ').unwrap_or((&line, "")) {
                ("pid", number) => {
                    let number = number.parse().map_err(|_| failed(line.clone()))?;
                    pid = Some(number);
                    // It fails too where the first process fails meanwhile, which then says why.
                    plugged = self.network.plug(record, number);
                }
                ("note", note) => notes.push(note.to_owned()),
                ("ready", _) => {
                    outcome = Ok(());
                    break;
                }
                ("error", reason) => outcome = Err(Some(reason.to_owned())),
                _ => outcome = Err(Some(line)),
            }
        }
        let mut text = String::new();
        stderr.read_to_string(&mut text).map_err(lost)?;
        let status = child.wait().map_err(lost)?;
        match (outcome, pid) {
            (Ok(()), Some(pid)) => {
                plugged?;
                record.notes.append(&mut notes);
                Ok(pid)
            }
            (Err(Some(reason)), _) => Err(failed(reason)),
            // Before there is a first process, unshare is what may fail.
            _ => Err(Tool::Unshare.failure("make a machine's namespaces", &text, &status.to_string())),
        }
    }

    /// Put this program where machines find it, if it is not there yet.
    fn install_program(&self) -> Result<()> {
        let folder = self.data.join("tools");
        let target = folder.join("minijuju");
        let stamp = |path: &Path| fs::metadata(path).and_then(|meta| Ok((meta.len(), meta.modified()?)));
        let new = stamp(&self.program).map_err(Error::file("read", &self.program))?;
        if stamp(&target).is_ok_and(|old| old == new) {
            return Ok(());
        }
        let install = || {
            fs::create_dir_all(&folder)?;
            let part = tempfile::NamedTempFile::new_in(&folder)?.into_temp_path();
            fs::copy(&self.program, &part)?;
            fs::File::options().write(true).open(&part)?.set_modified(new.1)?;
            part.persist(&target)?;
            Ok(())
        };
        install().map_err(Error::file("write", &target))
    }

    /// The first number that no machine has. 0 is the network's, 1 the host's, 255 everyone's.
    fn free_number(&self) -> Option<u8> {
        let folders = self.folders().ok()?;
        let used: Vec<u8> =
            folders.iter().filter_map(|folder| folder.read().ok().flatten()).map(|record| record.number).collect();
        (2..=254).find(|number| !used.contains(number))
    }

    /// After a failed start: leave a machine's files only if it was up before. What fails here too is left to `clean`.
    fn undo(&self, folder: &Folder, made: bool) {
        if made {
            stop_init(folder);
        } else {
            let _ = dismantle(folder);
        }
        let _ = self.leave_network();
    }

    /// The last machine takes the network with it.
    fn leave_network(&self) -> Result<()> {
        if self.folders()?.is_empty() { self.network.remove() } else { Ok(()) }
    }
}

fn blank(spec: &Spec) -> Record {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Record {
        id: spec.id.clone(),
        hostname: spec.hostname.clone(),
        kind: Kind::Namespaces,
        number: 0,
        address: Ipv4Addr::LOCALHOST,
        gateway: Ipv4Addr::LOCALHOST,
        interface: String::new(),
        resolv_conf: String::new(),
        pid: None,
        made: false,
        started: now.as_secs(),
        notes: Vec::new(),
    }
}

fn name(folder: &Folder) -> String {
    folder.path().file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Wait for the lock; it is released when the file is dropped.
fn lock() -> Result<fs::File> {
    let path = Path::new(LOCK);
    let open = || {
        fs::create_dir_all(path.parent().unwrap_or(path))?;
        let file = fs::File::options().create(true).append(true).open(path)?;
        file.lock()?;
        Ok(file)
    };
    open().map_err(Error::file("lock", path))
}

/// Kill a machine's first process, which takes all others with it, and wait until they are gone.
fn stop_init(folder: &Folder) {
    let own = || inits().into_iter().filter(|(_, other)| other == folder.path()).map(|(pid, _)| pid);
    let until = Instant::now() + PATIENCE;
    while let Some(pid) = own().next()
        && Instant::now() < until
    {
        if let Ok(number) = i32::try_from(pid) {
            // It may have ended just now, which is as well.
            let _ = kill(Pid::from_raw(number), Signal::SIGKILL);
        }
        thread::sleep(Duration::from_millis(1));
    }
}

fn dismantle(folder: &Folder) -> Result<()> {
    if let Some(record) = folder.read()? {
        network::unplug(&record.interface)?;
    }
    stop_init(folder);
    remove(folder)
}

fn remove(folder: &Folder) -> Result<()> {
    match fs::remove_dir_all(folder.path()) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::file("remove", folder.path())(error)),
        _ => Ok(()),
    }
}

/// The address by which this computer is known to others: the one that it would send from. No packet is sent.
fn host_address() -> Ipv4Addr {
    // 198.51.100.1 is for documentation: nobody has it, and the way to it is the default route.
    let own = UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
        socket.connect("198.51.100.1:9")?;
        socket.local_addr()
    });
    match own.map(|address| address.ip()) {
        Ok(IpAddr::V4(address)) => address,
        _ => Ipv4Addr::LOCALHOST,
    }
}
