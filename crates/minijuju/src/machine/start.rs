//! Starts machines.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::SystemTime;

use super::cgroup::{self, SystemdUnavailable};
use super::host_program::HostProgram;
use super::install::{install_program, install_stand_ins};
use super::lock::Lock;
use super::record::{Init, MachineFolder, MachineKind, Record};
use super::stop::{kill_init, remove_folder, remove_machine};
use super::systemd::{self, NotifySocket, has_booted};
use super::{Error, Machine, Machines, Result, dns, init, paths};
use crate::private;

/// A machine to start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineSpec {
    /// Its name, unique on this computer. Allowed are letters, digits, `-`, `_` and `.`.
    pub id: String,
    /// Its host name, such as `juju-0f1e2d-0`.
    pub hostname: String,
    /// Its base, such as `ubuntu@24.04`. If that was not imported, the machine is a view of this computer's own root.
    pub base: String,
}

/// A machine whose init process is running.
struct StartedMachine {
    machine: Machine,
    boot: Option<SystemdBoot>,
}

/// A systemd that is starting.
struct SystemdBoot {
    socket: NotifySocket,
    /// Other starters of the machine wait for this lock.
    lock: File,
}

impl SystemdBoot {
    fn begin(folder: &MachineFolder) -> Result<Self> {
        let path = systemd::boot_lock_path(folder);
        let lock = File::create(&path).and_then(|file| file.lock().map(|()| file));
        Ok(Self { lock: lock.map_err(Error::file("lock", path))?, socket: NotifySocket::listen(folder)? })
    }
}

impl Machines {
    /// Start a machine. One that is up is returned as it is. One that died (killed, or by a reboot) starts again with
    /// its files. What a failed first start left is removed first.
    pub fn start(&self, spec: &MachineSpec) -> Result<Machine> {
        let folder = self.folder(&spec.id)?;
        if self.kind() == MachineKind::Host && folder.read()?.is_none_or(|record| record.kind == MachineKind::Host) {
            return self.start_host(spec, &folder);
        }
        Self::check_permitted()?;
        let mut lock = Lock::acquire()?;
        self.check_not_cleaned()?;
        let last = folder.read()?;
        if let Some(machine) = self.running(&folder, last.clone()) {
            drop(lock);
            install_program(&self.program, &self.data)?;
            if has_booted(&folder)? {
                return Ok(machine);
            }
            lock = Lock::acquire()?;
            if folder.read()?.and_then(|record| record.pid) != Some(machine.pid()) {
                drop(lock);
                return self.start(spec);
            }
        }
        kill_init(&folder)?;
        if let Some(cgroup) = last.as_ref().and_then(|record| record.cgroup.as_ref()) {
            cgroup::remove(cgroup)?;
        }
        let previous = last.filter(|record| record.was_up);
        if previous.is_none() {
            remove_folder(&folder)?;
        }
        let was_up = previous.is_some();
        let started = self
            .start_init(&lock, spec, &folder, previous.as_ref())
            .inspect_err(|_| self.undo_start(&lock, &folder, was_up));
        let StartedMachine { mut machine, boot } = started?;
        tracing::info!(target: "juju.machine", "machine {} started, at {}", machine.id(), machine.address());
        // Let others start in the meantime.
        drop(lock);
        let Some(SystemdBoot { socket, lock: boot_lock }) = boot else { return Ok(machine) };
        match socket.wait(&folder, &machine, self.boot_timeout) {
            // Juju's agent, too, starts beside the services of a machine that was up before.
            Err(error) if was_up && folder.is_init(machine.pid()) => machine.add_warning(error.to_string()),
            result => result.or_else(|error| {
                self.undo_start(&Lock::acquire()?, &folder, was_up);
                Err(error)
            })?,
        }
        systemd::mark_booted(&folder)?;
        drop(boot_lock);
        Ok(machine)
    }

    /// The init process for a machine that is a view of `root`, with its cgroup, and a warning if it cannot be systemd.
    fn choose_init(&self, spec: &MachineSpec, root: &Path) -> Result<(Init, Option<PathBuf>, Option<String>)> {
        if self.init == Some(Init::Plain) {
            return Ok((Init::Plain, None, None));
        }
        let cgroup = match systemd::program(root) {
            Some(_) => cgroup::create(self.network.tag(), &spec.id),
            None if root == Path::new("/") => Err(SystemdUnavailable::NotInstalled),
            None => Err(SystemdUnavailable::NotInBase(spec.base.clone())),
        };
        match (cgroup, self.init) {
            (Ok(cgroup), _) => Ok((Init::Systemd, Some(cgroup), None)),
            (Err(error), Some(Init::Systemd)) => Err(Error::NoSystemd(error.to_string())),
            (Err(error), _) => {
                let warning = format!(
                    "machines are without systemd, so charms' services do not run as on Juju: {error}; set \
                     MINIJUJU_INIT=plain to accept that"
                );
                // Only the first machine gets the warning.
                let first = self.folders()?.iter().all(|folder| folder.path().ends_with(&spec.id));
                Ok((Init::Plain, None, first.then_some(warning)))
            }
        }
    }

    /// On the computer itself, a machine is only a record.
    fn start_host(&self, spec: &MachineSpec, folder: &MachineFolder) -> Result<Machine> {
        self.check_not_cleaned()?;
        install_program(&self.program, &self.data)?;
        private::folder(folder.path()).map_err(Error::file("make", folder.path()))?;
        let record = Record { kind: MachineKind::Host, address: host_address(), was_up: true, ..new_record(spec) };
        folder.write(&record)?;
        Ok(Machine::new(record, 1, &self.data))
    }

    /// Start the init process of a machine, which keeps its files if it has a `previous` record.
    fn start_init(
        &self,
        lock: &Lock,
        spec: &MachineSpec,
        folder: &MachineFolder,
        previous: Option<&Record>,
    ) -> Result<StartedMachine> {
        let (subnet, firewall_warning) = self.network.ensure(lock)?;
        install_program(&self.program, &self.data)?;
        let base = match previous {
            Some(record) => record.base.clone(),
            None => self.base_root(&spec.base).map(|_| spec.base.clone()),
        };
        let root = base.as_ref().and_then(|name| self.base_root(name)).unwrap_or_else(|| PathBuf::from("/"));
        install_stand_ins(&root, &self.data)?;
        let number = match previous {
            Some(record) => record.number,
            None => self.free_number().ok_or_else(|| Error::NoFreeAddress(format!("{}/24", subnet.address(0))))?,
        };
        let (init, cgroup, systemd_warning) = self.choose_init(spec, &root)?;
        let (resolv_conf, dns_warning) = dns::resolv_conf();
        let mut record = Record {
            number,
            address: subnet.address(number),
            gateway: subnet.gateway(),
            interface: self.network.interface(number),
            resolv_conf,
            hosts: (previous.is_none() && base.is_none()).then(|| fs::read_to_string("/etc/hosts").unwrap_or_default()),
            base,
            was_up: previous.is_some(),
            init,
            cgroup,
            warnings: systemd_warning.into_iter().chain(dns_warning).chain(firewall_warning).collect(),
            ..new_record(spec)
        };
        private::folder(folder.path()).map_err(Error::file("make", folder.path()))?;
        folder.write(&record)?;
        let boot = (init == Init::Systemd).then(|| SystemdBoot::begin(folder)).transpose()?;
        let program = paths::program(&self.data);
        let mut child = init::command(&program, folder).spawn().map_err(Error::file("run", &program))?;
        let ready = self.wait_until_ready(lock, &mut child, &mut record);
        if ready.is_err() {
            // Otherwise the wait for the starting step might never end.
            let _ = kill_init(folder);
        }
        child.wait().map_err(Error::file("wait for", &program))?;
        let pid = ready?;
        record.pid = Some(pid);
        record.was_up = true;
        folder.write(&record)?;
        Ok(StartedMachine { machine: Machine::new(record, pid, &self.data), boot })
    }

    /// Wait until the init process is ready, and connect it to the network in the meantime.
    fn wait_until_ready(&self, lock: &Lock, child: &mut Child, record: &mut Record) -> Result<u32> {
        let failed = |reason: String| Error::Start { id: record.id.clone(), reason };
        let unreadable = |error: io::Error| Error::file("listen to the first process of", &record.id)(error);
        let (Some(stdout), Some(mut stderr)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(failed("its first process has no output".to_owned()));
        };
        let mut pid = None;
        let mut attached = Ok(());
        let mut warnings = Vec::new();
        let mut outcome = Err(None);
        for line in BufReader::new(stdout).lines() {
            let line = line.map_err(unreadable)?;
            match line.split_once(' ').unwrap_or((&line, "")) {
                ("pid", number) => {
                    let number = number.parse().map_err(|_| failed(line.clone()))?;
                    pid = Some(number);
                    // This also fails if the init process fails; then that process reports why.
                    attached = self.network.attach(lock, record, number);
                }
                ("warning", warning) => warnings.push(warning.to_owned()),
                ("ready", _) => outcome = Ok(()),
                ("error", reason) => outcome = Err(Some(reason.to_owned())),
                _ => outcome = Err(Some(line)),
            }
            // In any order: two processes report them.
            if outcome.is_ok() && pid.is_some() {
                break;
            }
        }
        let mut text = String::new();
        stderr.read_to_string(&mut text).map_err(unreadable)?;
        let status = child.wait().map_err(unreadable)?;
        match (outcome, pid) {
            (Ok(()), Some(pid)) => {
                attached?;
                record.warnings.append(&mut warnings);
                Ok(pid)
            }
            (Err(Some(reason)), _) => Err(failed(reason)),
            // Until there is an init process, the failure is unshare's.
            _ => Err(HostProgram::Unshare.failure("make a machine's namespaces", &text, &status.to_string())),
        }
    }

    /// The first free machine number. 0 is the network's address, 1 the host's, 255 broadcast.
    fn free_number(&self) -> Option<u8> {
        let folders = self.folders().ok()?;
        let used: Vec<u8> =
            folders.iter().filter_map(|folder| folder.read().ok().flatten()).map(|record| record.number).collect();
        (2..=254).find(|number| !used.contains(number))
    }

    /// After a failed start: keep a machine's files only if it was up before. `clean` removes what cannot be removed
    /// here.
    fn undo_start(&self, lock: &Lock, folder: &MachineFolder, was_up: bool) {
        if was_up {
            let _ = kill_init(folder);
        } else {
            let _ = remove_machine(lock, folder);
        }
        let _ = self.remove_unused_network(lock);
    }
}

fn new_record(spec: &MachineSpec) -> Record {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Record {
        id: spec.id.clone(),
        hostname: spec.hostname.clone(),
        kind: MachineKind::Namespaces,
        number: 0,
        address: Ipv4Addr::LOCALHOST,
        gateway: Ipv4Addr::LOCALHOST,
        interface: String::new(),
        resolv_conf: String::new(),
        hosts: None,
        base: None,
        init: Init::Plain,
        cgroup: None,
        pid: None,
        was_up: false,
        started: now.as_secs(),
        warnings: Vec::new(),
    }
}

/// This computer's address on the network: the source address of its default route. No packet is sent.
fn host_address() -> Ipv4Addr {
    // 198.51.100.1 is reserved for documentation, so the default route leads to it.
    let address = UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
        socket.connect("198.51.100.1:9")?;
        socket.local_addr()
    });
    match address.map(|address| address.ip()) {
        Ok(IpAddr::V4(address)) => address,
        _ => Ipv4Addr::LOCALHOST,
    }
}
