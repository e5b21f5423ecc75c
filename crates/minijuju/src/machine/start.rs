//! Starts machines.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::SystemTime;

use super::boot::{self, Init, Ready};
use super::cgroup;
use super::lock::Lock;
use super::record::{Folder, Kind, Record};
use super::rootfs::STAND_INS;
use super::stop::{dismantle, has_booted, remove, stop_init};
use super::tool::Tool;
use super::{Error, Machine, Machines, Result, init, resolver};
use crate::private;

/// A machine to start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    /// Its name, unique on this computer. Allowed are letters, digits, `-`, `_` and `.`.
    pub id: String,
    /// Its host name, such as `juju-0f1e2d-0`.
    pub hostname: String,
    /// Its base, such as `ubuntu@24.04`. If that was not imported, the machine is a view of this computer's own root.
    pub base: String,
}

/// A machine whose first process is running.
struct Started {
    machine: Machine,
    boot: Option<Boot>,
}

/// A systemd that is starting.
struct Boot {
    ready: Ready,
    /// Other starters of the machine wait for this lock.
    lock: File,
}

impl Boot {
    fn begin(folder: &Folder) -> Result<Self> {
        let path = boot::lock_file(folder);
        let lock = File::create(&path).and_then(|file| file.lock().map(|()| file));
        Ok(Self { lock: lock.map_err(Error::file("lock", path))?, ready: Ready::listen(folder)? })
    }
}

impl Machines {
    /// Start a machine. One that is up is returned as it is. One that died (killed, or by a reboot) starts again with
    /// its files. One that was never up is made anew.
    pub fn start(&self, spec: &Spec) -> Result<Machine> {
        let folder = self.folder(&spec.id)?;
        if self.kind() == Kind::Host && folder.read()?.is_none_or(|record| record.kind == Kind::Host) {
            return self.start_host(spec, &folder);
        }
        Self::check_permitted()?;
        let mut lock = Lock::wait()?;
        self.check_wanted()?;
        let last = folder.read()?;
        if let Some(machine) = self.up(&folder, last.clone()) {
            drop(lock);
            self.install_program()?;
            if has_booted(&folder)? {
                return Ok(machine);
            }
            lock = Lock::wait()?;
            if folder.read()?.and_then(|record| record.pid) != Some(machine.pid()) {
                drop(lock);
                return self.start(spec);
            }
        }
        stop_init(&folder)?;
        if let Some(cgroup) = last.as_ref().and_then(|record| record.cgroup.as_ref()) {
            cgroup::remove(cgroup)?;
        }
        let kept = last.filter(|record| record.made);
        if kept.is_none() {
            remove(&folder)?;
        }
        let made = kept.is_some();
        let started = self.make(&lock, spec, &folder, kept.as_ref()).inspect_err(|_| self.undo(&lock, &folder, made));
        let Started { mut machine, boot } = started?;
        tracing::info!(target: "juju.machine", "machine {} started, at {}", machine.id(), machine.address());
        // Let others start in the meantime.
        drop(lock);
        let Some(Boot { ready, lock: booting }) = boot else { return Ok(machine) };
        match ready.wait(&folder, &machine, self.patience) {
            // Juju's agent, too, starts beside the services of a machine that was up before.
            Err(error) if made && folder.is_of_init(machine.pid()) => machine.note(error.to_string()),
            waited => waited.or_else(|error| {
                self.undo(&Lock::wait()?, &folder, made);
                Err(error)
            })?,
        }
        boot::done(&folder)?;
        drop(booting);
        Ok(machine)
    }

    /// The first process for a machine that is a view of `root`, with its cgroup, and a note if it cannot be systemd.
    fn choose_init(&self, spec: &Spec, root: &Path) -> Result<(Init, Option<PathBuf>, Option<String>)> {
        if self.init == Some(Init::Plain) {
            return Ok((Init::Plain, None, None));
        }
        let cgroup = match boot::program(root) {
            Some(_) => cgroup::make(self.network.tag(), &spec.id),
            None if root == Path::new("/") => Err(cgroup::Unavailable::NoSystemd),
            None => Err(cgroup::Unavailable::NotInBase(spec.base.clone())),
        };
        match (cgroup, self.init) {
            (Ok(cgroup), _) => Ok((Init::Systemd, Some(cgroup), None)),
            (Err(why), Some(Init::Systemd)) => Err(Error::NoSystemd(why.to_string())),
            (Err(why), _) => {
                let note = format!(
                    "machines are without systemd, so charms' services do not run as on Juju: {why}; set \
                     MINIJUJU_INIT=plain to accept that"
                );
                // Only the first machine says it.
                let first = self.folders()?.iter().all(|folder| folder.path().ends_with(&spec.id));
                Ok((Init::Plain, None, first.then_some(note)))
            }
        }
    }

    /// On the computer itself, a machine is only a record.
    fn start_host(&self, spec: &Spec, folder: &Folder) -> Result<Machine> {
        self.check_wanted()?;
        self.install_program()?;
        private::folder(folder.path()).map_err(Error::file("make", folder.path()))?;
        let record = Record { kind: Kind::Host, address: host_address(), made: true, ..blank(spec) };
        folder.write(&record)?;
        Ok(Machine::new(record, 1, &self.data))
    }

    fn make(&self, lock: &Lock, spec: &Spec, folder: &Folder, kept: Option<&Record>) -> Result<Started> {
        let (subnet, no_way_out) = self.network.ensure(lock)?;
        self.install_program()?;
        let base = match kept {
            Some(record) => record.base.clone(),
            None => self.base_root(&spec.base).map(|_| spec.base.clone()),
        };
        let root = base.as_ref().and_then(|name| self.base_root(name)).unwrap_or_else(|| PathBuf::from("/"));
        self.install_stand_ins(&root)?;
        let number = match kept {
            Some(record) => record.number,
            None => self.free_number().ok_or_else(|| Error::NoFreeAddress(format!("{}/24", subnet.host(0))))?,
        };
        let (init, cgroup, no_systemd) = self.choose_init(spec, &root)?;
        let (resolv_conf, no_names) = resolver::resolv_conf();
        let mut record = Record {
            number,
            address: subnet.host(number),
            gateway: subnet.gateway(),
            interface: self.network.interface(number),
            resolv_conf,
            hosts: (kept.is_none() && base.is_none()).then(|| fs::read_to_string("/etc/hosts").unwrap_or_default()),
            base,
            made: kept.is_some(),
            init,
            cgroup,
            notes: no_systemd.into_iter().chain(no_names).chain(no_way_out).collect(),
            ..blank(spec)
        };
        private::folder(folder.path()).map_err(Error::file("make", folder.path()))?;
        folder.write(&record)?;
        let boot = (init == Init::Systemd).then(|| Boot::begin(folder)).transpose()?;
        let program = self.data.join("tools/minijuju");
        let mut child = init::command(&program, folder).spawn().map_err(Error::file("run", &program))?;
        let followed = self.follow(lock, &mut child, &mut record);
        if followed.is_err() {
            // Otherwise the wait for the starting step might never end.
            let _ = stop_init(folder);
        }
        child.wait().map_err(Error::file("wait for", &program))?;
        let pid = followed?;
        record.pid = Some(pid);
        record.made = true;
        folder.write(&record)?;
        Ok(Started { machine: Machine::new(record, pid, &self.data), boot })
    }

    /// Follow the first process until it is ready, and connect it to the network in the meantime.
    fn follow(&self, lock: &Lock, child: &mut Child, record: &mut Record) -> Result<u32> {
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
                    // This also fails if the first process fails; then its own message says why.
                    plugged = self.network.plug(lock, record, number);
                }
                ("note", note) => notes.push(note.to_owned()),
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
        stderr.read_to_string(&mut text).map_err(lost)?;
        let status = child.wait().map_err(lost)?;
        match (outcome, pid) {
            (Ok(()), Some(pid)) => {
                plugged?;
                record.notes.append(&mut notes);
                Ok(pid)
            }
            (Err(Some(reason)), _) => Err(failed(reason)),
            // Until there is a first process, the failure is unshare's.
            _ => Err(Tool::Unshare.failure("make a machine's namespaces", &text, &status.to_string())),
        }
    }

    /// Copy this program to where machines find it, unless it is there.
    pub(super) fn install_program(&self) -> Result<()> {
        let folder = self.data.join("tools");
        let target = folder.join("minijuju");
        let stamp = |path: &Path| fs::metadata(path).and_then(|meta| Ok((meta.len(), meta.modified()?)));
        let new = stamp(&self.program).map_err(Error::file("read", &self.program))?;
        if stamp(&target).is_ok_and(|old| old == new) {
            return Ok(());
        }
        let prepare = || {
            fs::create_dir_all(&folder)?;
            // Every user of a machine may run a hook command, whatever the umask is.
            fs::set_permissions(&folder, fs::Permissions::from_mode(0o755))?;
            Ok(tempfile::NamedTempFile::new_in(&folder)?.into_temp_path())
        };
        let part = prepare().map_err(Error::file("write", &target))?;
        // Copied by another process: Linux does not execute a file that is open for writing, and a child that another
        // thread is starting inherits open files.
        let (from, to) = (self.program.to_string_lossy(), part.to_string_lossy());
        let args = ["--remove-destination", "--preserve=mode,timestamps", "--", &from, &to];
        Tool::Cp.run(Path::new("/"), &args, "", "copy minijuju's program for machines")?;
        part.persist(&target).map_err(|error| Error::file("write", &target)(error.error))
    }

    /// Provide a stand-in for `sudo` where the root that machines are views of has none.
    fn install_stand_ins(&self, root: &Path) -> Result<()> {
        if ["usr/bin/sudo", "usr/local/bin/sudo", "bin/sudo"].iter().any(|path| root.join(path).exists()) {
            return Ok(());
        }
        let (outer, folder) = (self.data.join("stand-ins"), self.data.join(STAND_INS));
        let (target, program) = (folder.join("sudo"), self.data.join("tools/minijuju"));
        let stamp = |path: &Path| fs::metadata(path).and_then(|meta| Ok((meta.len(), meta.modified()?)));
        let new = stamp(&program).map_err(Error::file("read", &program))?;
        if stamp(&target).is_ok_and(|old| old == new) {
            return Ok(());
        }
        private::folder(&outer).map_err(Error::file("make", &outer))?;
        let prepare = || {
            fs::create_dir_all(&folder)?;
            fs::set_permissions(&folder, fs::Permissions::from_mode(0o755))?;
            Ok(tempfile::NamedTempFile::new_in(&outer)?.into_temp_path())
        };
        let part = prepare().map_err(Error::file("write", &target))?;
        let (from, to) = (program.to_string_lossy(), part.to_string_lossy());
        let args = ["--remove-destination", "--preserve=timestamps", "--", &from, &to];
        Tool::Cp.run(Path::new("/"), &args, "", "copy minijuju's program to stand in for sudo")?;
        // Set-user-ID is safe here: only root can enter the folder above.
        fs::set_permissions(&part, fs::Permissions::from_mode(0o4755)).map_err(Error::file("write", &target))?;
        part.persist(&target).map_err(|error| Error::file("write", &target)(error.error))
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
    fn undo(&self, lock: &Lock, folder: &Folder, made: bool) {
        if made {
            let _ = stop_init(folder);
        } else {
            let _ = dismantle(lock, folder);
        }
        let _ = self.leave_network(lock);
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
        hosts: None,
        base: None,
        init: Init::Plain,
        cgroup: None,
        pid: None,
        made: false,
        started: now.as_secs(),
        notes: Vec::new(),
    }
}

/// This computer's address on the network: the source address of its default route. No packet is sent.
fn host_address() -> Ipv4Addr {
    // 198.51.100.1 is reserved for documentation, so the default route leads to it.
    let own = UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
        socket.connect("198.51.100.1:9")?;
        socket.local_addr()
    });
    match own.map(|address| address.ip()) {
        Ok(IpAddr::V4(address)) => address,
        _ => Ipv4Addr::LOCALHOST,
    }
}
