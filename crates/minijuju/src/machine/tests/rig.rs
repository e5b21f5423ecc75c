//! A data folder for one test, which checks that its machines leave nothing behind.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use super::super::record::Init;
use super::super::{Machine, MachineKind, MachineSpec, Machines, Result};
use super::fixture::{needs_root_and, output};

/// Names the data folder for [`start_for_another_test`], the test that another test runs in a separate process.
const DATA_VARIABLE: &str = "MINIJUJU_TEST_STARTER";

/// The path of [`start_for_another_test`] in the test binary.
pub const STARTING_TEST: &str = "machine::tests::rig::start_for_another_test";

/// Names minijuju's program, if it is not where Cargo builds it.
const PROGRAM_VARIABLE: &str = "MINIJUJU_TEST_PROGRAM";

/// Makes [`start_for_another_test`] clean instead.
const CLEAN_VARIABLE: &str = "MINIJUJU_TEST_CLEAN";

/// The programs that machines need, and that the tests run in and around them.
const PROGRAMS: [(&str, &str); 9] = [
    ("bash", "bash"),
    ("diff", "diffutils"),
    ("hostname", "hostname"),
    ("ip", "iproute2"),
    ("mount", "mount"),
    ("nft", "nftables"),
    ("perl", "perl-base"),
    ("sed", "sed"),
    ("unshare", "util-linux"),
];

/// Makes [`start_for_another_test`] repair the network instead.
const REPAIR_VARIABLE: &str = "MINIJUJU_TEST_REPAIR";

/// A data folder whose machines are removed when it is dropped.
pub struct Rig {
    folder: TempDir,
    machines: Machines,
}

impl Rig {
    #[track_caller]
    pub fn new() -> Self {
        needs_root_and(&PROGRAMS);
        let folder = tempfile::Builder::new().prefix("minijuju, it's a:test-").tempdir_in("/var/tmp").unwrap();
        let machines = open(&folder.path().join("data"));
        Self { folder, machines }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A folder beside the data folder.
    pub fn folder_beside(&self, name: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::create_dir_all(&path).unwrap();
        path
    }

    pub fn machines(&self) -> &Machines {
        &self.machines
    }

    pub fn start(&self, number: u8) -> Machine {
        self.machines.start(&spec(number)).unwrap()
    }

    /// A process that starts machine 0 and exits. `wrapper` is a shell script that runs it as `"$@"`.
    pub fn starter(&self, wrapper: &str) -> Command {
        starter(&self.data(), wrapper)
    }

    /// What its data folder left on this computer.
    pub fn leftovers(&self) -> Vec<String> {
        leftovers(&self.data())
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        let cleaned = clean(&self.machines);
        if !thread::panicking() {
            cleaned.unwrap();
            assert_eq!(self.leftovers(), Vec::<String>::new());
        }
    }
}

/// Like [`Rig::starter`], for another data folder.
pub fn starter(data: &Path, wrapper: &str) -> Command {
    starter_of(&env::current_exe().unwrap(), data, wrapper)
}

/// Like [`starter`], with a copy of this program.
pub fn starter_of(test: &Path, data: &Path, wrapper: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", wrapper, "sh"]).arg(test);
    command.args(["--exact", STARTING_TEST, "--ignored", "--nocapture", "--test-threads=1"]);
    command.env(DATA_VARIABLE, data).current_dir("/").stdin(Stdio::null());
    command
}

/// What a data folder left on this computer.
pub fn leftovers(data: &Path) -> Vec<String> {
    let machines = data.join("machines");
    let data = data.to_str().unwrap();
    let escaped = data.replace(' ', "\\040");
    let mut leftovers = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let command = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command).replace('\0', " ");
        if (command.contains("machine-init") || command.contains("machine-agent")) && command.contains(data) {
            leftovers.push(format!("process {}: {command}", entry.file_name().to_string_lossy()));
        }
    }
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    leftovers.extend(mounts.lines().filter(|line| line.contains(&escaped)).map(|line| format!("mount {line}")));
    let tag = tag(data);
    let devices = fs::read_dir("/sys/class/net").unwrap().flatten().map(|entry| entry.file_name());
    let devices = devices.filter_map(|name| name.into_string().ok());
    leftovers.extend(devices.filter(|name| name.contains(&tag)).map(|name| format!("device {name}")));
    let tables = output(Command::new("nft").args(["list", "ruleset"])).stdout;
    let tables = String::from_utf8_lossy(&tables).into_owned();
    leftovers.extend(tables.lines().filter(|line| line.contains(&tag)).map(|line| format!("rule {line}")));
    if let Ok(entries) = fs::read_dir(machines) {
        leftovers.extend(entries.flatten().map(|entry| format!("file {}", entry.path().display())));
    }
    leftovers
}

/// The minijuju that was built with this test, in the folder above the test's own program. `cargo test` builds both;
/// with `--lib` it builds no program, and the test would run an old one.
#[track_caller]
pub fn built_program() -> PathBuf {
    let test = env::current_exe().unwrap();
    let program = test.parent().and_then(Path::parent).unwrap().join("minijuju");
    let time = fs::metadata(&program).and_then(|metadata| metadata.modified());
    let fresh = time.is_ok_and(|time| time >= newest_change(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")));
    assert!(fresh, "{} is not there, or older than its sources: cargo build -p minijuju", program.display());
    program
}

/// When the sources in a folder last changed, tests excluded.
fn newest_change(folder: &Path) -> SystemTime {
    let times = fs::read_dir(folder).unwrap().flatten().map(|entry| match entry.path() {
        path if path.ends_with("tests") || path.ends_with("tests.rs") => SystemTime::UNIX_EPOCH,
        path if path.is_dir() => newest_change(&path),
        _ => entry.metadata().and_then(|metadata| metadata.modified()).unwrap(),
    });
    times.max().unwrap_or(SystemTime::UNIX_EPOCH)
}

pub fn open(data: &Path) -> Machines {
    let program = env::var_os(PROGRAM_VARIABLE).map_or_else(built_program, PathBuf::from);
    Machines::new(data, MachineKind::Namespaces, &program).unwrap()
}

/// Machines with systemd, which may take up to `boot_timeout` to start.
pub fn with_systemd(rig: &Rig, boot_timeout: Duration) -> Machines {
    let mut machines = open(&rig.data());
    machines.init = Some(Init::Systemd);
    machines.boot_timeout = boot_timeout;
    machines
}

/// Stop and remove all machines, and what crashes left. Returns the names of those removed.
pub fn clean(machines: &Machines) -> Result<Vec<String>> {
    machines.clean_locked(Machines::lock_if_root()?)
}

pub fn spec(number: u8) -> MachineSpec {
    MachineSpec { id: format!("test-{number}"), hostname: format!("juju-test-{number}"), base: String::new() }
}

/// Six hexadecimal digits in the names of this folder's devices and rules: FNV-1a of its path.
pub fn tag(data: &str) -> String {
    let hash = data.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    format!("{:06x}", (hash >> 24) ^ (hash & 0x00ff_ffff))
}

/// Run a shell script in a machine.
pub fn run(machine: &Machine, script: &str) -> Output {
    output(machine.command("sh", "/").unwrap().args(["-c", script]).stdin(Stdio::null()))
}

/// The output of a shell script in a machine. The script must succeed.
pub fn check_output(machine: &Machine, script: &str) -> String {
    let output = run(machine, script);
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Starts a machine, and prints its address or why it failed. Other tests run it in a separate process, with a data
/// folder and a wrapper of their choice.
#[test]
#[ignore = "needs root: it starts machines"]
fn start_for_another_test() {
    let Some(data) = env::var_os(DATA_VARIABLE) else {
        let rig = Rig::new();
        let text = String::from_utf8(output(&mut rig.starter("exec \"$@\"")).stdout).unwrap();
        let machine = rig.machines().find(&spec(0).id).unwrap().expect("it outlives its starter");
        assert!(text.contains(&format!("\naddress {} ", machine.address())), "{text}");
        return;
    };
    let machines = open(Path::new(&data));
    if env::var_os(CLEAN_VARIABLE).is_some() {
        clean(&machines).unwrap();
        return;
    }
    if env::var_os(REPAIR_VARIABLE).is_some() {
        println!("\nrepaired {:?}", machines.repair_network().unwrap());
        return;
    }
    match machines.start(&spec(0)) {
        Ok(machine) => println!("\naddress {} warnings {:?}", machine.address(), machine.warnings()),
        Err(error) => println!("\nfailed: {error}"),
    }
}
