//! Bases: the root file systems of other releases. A machine can be a view of one instead of the host's own root.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use super::record::size;
use super::tool::PATH;
use super::{Error, Files, Machines, Result};
use crate::private;

/// Below the data folder.
const BASES: &str = "bases";

/// Prefix of a base that is still being made.
const PART: &str = ".part-";

/// What minijuju runs in every machine. The smallest root of Debian or Ubuntu has all of it.
const NEEDED: [&str; 4] = ["/bin/sh", "/usr/bin/env", "/usr/bin/setpriv", "/bin/mount"];

/// Architectures: Rust's name, Juju's name, the number in the header of an ELF file (elf(5), `e_machine`).
const ARCHITECTURES: [(&str, &str, u16); 5] = [
    ("x86_64", "amd64", 62),
    ("aarch64", "arm64", 183),
    ("powerpc64", "ppc64el", 21),
    ("riscv64", "riscv64", 243),
    ("s390x", "s390x", 22),
];

/// Programs that make a root of Debian or Ubuntu from packages, the faster one first.
const MAKERS: [&str; 2] = ["mmdebstrap", "debootstrap"];

/// Packages that cloud images have beyond those that the distribution marks as important.
const PACKAGES: &str = "ca-certificates,dbus,iproute2,python3,sudo,systemd-sysv";

/// Releases: a base's name, and the distribution's code name.
const RELEASES: [(&str, &str); 8] = [
    ("debian@11", "bullseye"),
    ("debian@12", "bookworm"),
    ("debian@13", "trixie"),
    ("ubuntu@20.04", "focal"),
    ("ubuntu@22.04", "jammy"),
    ("ubuntu@24.04", "noble"),
    ("ubuntu@25.10", "questing"),
    ("ubuntu@26.04", "resolute"),
];

/// A base that machines can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// Such as `ubuntu@24.04`.
    pub name: String,
    /// `PRETTY_NAME` of its `/etc/os-release`.
    pub system: String,
    /// When it was imported or made.
    pub since: SystemTime,
    /// Size on disk, in bytes.
    pub size: u64,
}

/// Where the packages of a base come from.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// The release's code name. By default, the one that belongs to the base's name.
    pub suite: Option<String>,
    /// The mirror's address. By default, the distribution's own.
    pub mirror: Option<String>,
}

/// A base that is being made. Dropping it removes the folder, unless it was completed.
struct Part {
    folder: PathBuf,
    _lock: fs::File,
}

impl Drop for Part {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Machines {
    /// Import a folder or a tar archive as a base, by copying it.
    pub fn import_base(&self, name: &str, from: &Path) -> Result<()> {
        let failed = |reason: String| Error::Base { name: name.to_owned(), reason };
        let part = self.begin_base(name)?;
        let root = part.folder.join("root");
        let meta = fs::metadata(from).map_err(|error| failed(format!("{}: {error}", from.display())))?;
        if meta.is_dir() {
            check(from, name).map_err(|why| failed(format!("{} {why}", from.display())))?;
            fs::create_dir(&root).map_err(Error::file("make", &root))?;
            let mut command = Command::new("cp");
            command.args(["--archive", "--one-file-system", "--reflink=auto", "--"]).arg(from.join(".")).arg(&root);
            finish(command, "cp").map_err(failed)?;
        } else {
            fs::create_dir(&root).map_err(Error::file("make", &root))?;
            let mut command = Command::new("tar");
            command.args(["--extract", "--numeric-owner", "--preserve-permissions", "--xattrs", "--xattrs-include=*"]);
            // A machine has device nodes of its own, and a container may not create any.
            command.args(["--exclude=./dev/*", "--exclude=dev/*", "--exclude=rootfs/dev/*", "--file"]);
            command.arg(from).arg("--directory").arg(&root);
            finish(command, "tar").map_err(failed)?;
            // LXD images hold the root in a subfolder.
            let inner = root.join("rootfs");
            if inner.join("etc").is_dir() && !root.join("etc").exists() {
                let whole = part.folder.join("whole");
                fs::rename(&root, &whole)
                    .and_then(|()| fs::rename(whole.join("rootfs"), &root))
                    .and_then(|()| fs::remove_dir_all(&whole))
                    .map_err(Error::file("move", inner))?;
            }
            check(&root, name).map_err(|why| failed(format!("{} {why}", from.display())))?;
        }
        self.finish_base(&part, name)
    }

    /// Make a base from the distribution's packages.
    pub fn make_base(&self, name: &str, source: &Source) -> Result<()> {
        let failed = |reason: String| Error::Base { name: name.to_owned(), reason };
        let known = RELEASES.iter().find(|(base, _)| *base == name).map(|(_, suite)| (*suite).to_owned());
        let suite = source.suite.clone().or(known).ok_or_else(|| {
            let names = RELEASES.map(|(base, _)| base).join(", ");
            failed(format!("unknown release; name its code name with --suite, or make one of {names}"))
        })?;
        let maker = MAKERS.into_iter().find(|maker| found(maker)).ok_or_else(|| {
            failed("this needs mmdebstrap or debootstrap: install one with `apt install mmdebstrap`".to_owned())
        })?;
        let part = self.begin_base(name)?;
        let root = part.folder.join("root");
        let mut command = Command::new(maker);
        if maker == "mmdebstrap" {
            // Keep the package lists, as Juju's machines do.
            command.args(["--variant=important", "--skip=cleanup/apt/lists", &format!("--include={PACKAGES}")]);
        } else {
            command.arg(format!("--include={PACKAGES}"));
        }
        command.arg(&suite).arg(&root).args(&source.mirror);
        finish(command, maker).map_err(failed)?;
        check(&root, name).map_err(|why| failed(format!("the root that {maker} made {why}")))?;
        self.finish_base(&part, name)
    }

    pub fn bases(&self) -> Result<Vec<Base>> {
        self.remove_parts()?;
        let mut all = Vec::new();
        for name in self.base_names()? {
            let folder = self.data.join(BASES).join(&name);
            let since = fs::metadata(&folder).and_then(|meta| meta.modified()).map_err(Error::file("read", &folder))?;
            let system = release(&folder.join("root"), "PRETTY_NAME").unwrap_or_default();
            all.push(Base { name, system, since, size: size(&folder) });
        }
        all.sort_by(|one, two| one.name.cmp(&two.name));
        Ok(all)
    }

    /// Remove a base that no machine is a view of.
    pub fn remove_base(&self, name: &str) -> Result<()> {
        let failed = |reason: String| Error::Base { name: name.to_owned(), reason };
        let _lock = self.lock_bases()?;
        if self.base_root(name).is_none() {
            return Err(failed("there is no such base".to_owned()));
        }
        let mut users = Vec::new();
        for folder in self.folders()? {
            users.extend(folder.read()?.filter(|record| record.base.as_deref() == Some(name)).map(|record| record.id));
        }
        if !users.is_empty() {
            return Err(failed(format!("it is still used by machine {}", users.join(", "))));
        }
        // Rename first, so that no machine starts from half a base.
        let (folder, gone) = (self.data.join(BASES).join(name), self.data.join(BASES).join(format!("{PART}removed")));
        fs::rename(&folder, &gone).map_err(Error::file("remove", folder))?;
        fs::remove_dir_all(&gone).map_err(Error::file("remove", gone))
    }

    /// The root that machines of this base are views of, or `None` for the host's own.
    pub(super) fn base_root(&self, name: &str) -> Option<PathBuf> {
        root_of(&self.data, name).filter(|root| root.is_dir())
    }

    fn base_names(&self) -> Result<Vec<String>> {
        let folder = self.data.join(BASES);
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            read => read.map_err(Error::file("read", &folder))?,
        };
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        Ok(names.filter(|name| is_name(name)).collect())
    }

    /// Only one command at a time may make or remove bases.
    fn lock_bases(&self) -> Result<fs::File> {
        let folder = self.data.join(BASES);
        private::folder(&folder).map_err(Error::file("make", &folder))?;
        let path = folder.join("lock");
        private::lock_file(&path).and_then(|file| file.lock().map(|()| file)).map_err(Error::file("lock", path))
    }

    fn begin_base(&self, name: &str) -> Result<Part> {
        let failed = |reason: &str| Error::Base { name: name.to_owned(), reason: reason.to_owned() };
        if !is_name(name) {
            return Err(failed("a base has a name like ubuntu@24.04"));
        }
        if !nix::unistd::geteuid().is_root() {
            return Err(failed("this needs root: run it with sudo"));
        }
        let lock = self.lock_bases()?;
        if self.base_root(name).is_some() {
            return Err(failed("it already exists; remove it first"));
        }
        self.clear_parts()?;
        let folder = self.data.join(BASES).join(format!("{PART}{name}"));
        private::folder(&folder).map_err(Error::file("make", &folder))?;
        Ok(Part { folder, _lock: lock })
    }

    fn finish_base(&self, part: &Part, name: &str) -> Result<()> {
        let folder = self.data.join(BASES).join(name);
        fs::rename(&part.folder, &folder).map_err(Error::file("make", folder))
    }

    /// Remove what killed commands left behind, unless a command is at work.
    pub(super) fn remove_parts(&self) -> Result<()> {
        let path = self.data.join(BASES).join("lock");
        let Ok(lock) = fs::File::open(path) else { return Ok(()) };
        if lock.try_lock().is_ok() { self.clear_parts() } else { Ok(()) }
    }

    fn clear_parts(&self) -> Result<()> {
        let folder = self.data.join(BASES);
        for entry in fs::read_dir(&folder).map_err(Error::file("read", &folder))?.flatten() {
            if entry.file_name().to_string_lossy().starts_with(PART) {
                fs::remove_dir_all(entry.path()).map_err(Error::file("remove", entry.path()))?;
            }
        }
        Ok(())
    }
}

/// The root of a base below a data folder.
pub(super) fn root_of(data: &Path, name: &str) -> Option<PathBuf> {
    is_name(name).then(|| data.join(BASES).join(name).join("root"))
}

/// `ubuntu@24.04`.
fn is_name(name: &str) -> bool {
    let plain = |text: &str, more: &str| {
        text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || more.contains(c))
    };
    name.split_once('@').is_some_and(|(system, version)| plain(system, "-") && plain(version, "-.")) && name.len() < 100
}

fn found(program: &str) -> bool {
    PATH.split(':').any(|folder| Path::new(folder).join(program).is_file())
}

/// Run a program that copies or makes a root. If it fails, its output is the reason.
fn finish(mut command: Command, name: &str) -> std::result::Result<(), String> {
    command.env("LC_ALL", "C").env("PATH", PATH).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    tracing::debug!(target: "juju.machine", "{command:?}");
    let output = command.output().map_err(|error| format!("cannot run {name}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    if said.contains("No space left on device") {
        return Err(
            "there is not enough space on the disk of minijuju's data; set MINIJUJU_DATA to a folder on another"
                .to_owned(),
        );
    }
    // mmdebstrap and debootstrap print the reason at the end; the others begin with it.
    let mut lines = said.lines().map(|line| line.trim().trim_start_matches(name).trim_start_matches(": "));
    let line = lines.clone().find(|line| line.starts_with("E:")).or_else(|| lines.find(|line| !line.is_empty()));
    Err(format!("{name}: {}", line.map_or_else(|| output.status.to_string(), str::to_owned)))
}

/// Check that a folder can be the root of this base's machines. The error is the reason.
fn check(root: &Path, name: &str) -> std::result::Result<(), String> {
    let files = Files::at(root).map_err(|error| format!("cannot be read: {error}"))?;
    let (Some(id), Some(version)) = (release(root, "ID"), release(root, "VERSION_ID")) else {
        return Err("is not a root file system: it has no /etc/os-release that names a distribution".to_owned());
    };
    let own = format!("{id}@{version}");
    if own != name {
        return Err(format!("is {own}, by its /etc/os-release, and not {name}"));
    }
    let shell = files.read("/bin/sh").map_err(|error| format!("is not a root file system: /bin/sh: {error}"))?;
    let here = ARCHITECTURES.iter().find(|(rust, _, _)| *rust == std::env::consts::ARCH);
    let number = machine_of(&shell).ok_or("is not a root file system: its /bin/sh is not a program")?;
    if let Some((_, juju, _)) = here.filter(|(_, _, own)| *own != number) {
        let other = ARCHITECTURES.iter().find(|(_, _, other)| *other == number);
        let other = other.map_or_else(|| format!("another architecture ({number})"), |(_, juju, _)| (*juju).to_owned());
        return Err(format!("is for {other}, and this computer is {juju}"));
    }
    match NEEDED.iter().find(|program| files.metadata(program).is_err()) {
        Some(missing) => Err(format!("lacks {missing}, which every machine needs")),
        None => Ok(()),
    }
}

/// The architecture number of an ELF program.
fn machine_of(program: &[u8]) -> Option<u16> {
    let mut header = [0; 20];
    program.take(20).read_exact(&mut header).ok()?;
    let bytes = [header[18], header[19]];
    match header {
        [0x7f, b'E', b'L', b'F', _, 1, ..] => Some(u16::from_le_bytes(bytes)),
        [0x7f, b'E', b'L', b'F', _, 2, ..] => Some(u16::from_be_bytes(bytes)),
        _ => None,
    }
}

/// A value from the root's `/etc/os-release` (os-release(5)).
fn release(root: &Path, key: &str) -> Option<String> {
    let text = Files::at(root).ok()?.read("/etc/os-release").ok()?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let value = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='))?;
    Some(value.trim_matches(['"', '\'']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(release: &str, shell: &[u8]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in ["etc", "bin", "usr/bin"] {
            fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        fs::write(folder.path().join("etc/os-release"), release).unwrap();
        for program in NEEDED {
            fs::write(folder.path().join(program.trim_start_matches('/')), shell).unwrap();
        }
        folder
    }

    fn program(machine: u16) -> Vec<u8> {
        let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
        bytes.resize(18, 0);
        bytes.extend(machine.to_le_bytes());
        bytes
    }

    fn own() -> u16 {
        ARCHITECTURES.iter().find(|(rust, _, _)| *rust == std::env::consts::ARCH).unwrap().2
    }

    const NOBLE: &str = "NAME=\"Ubuntu\"\nID=ubuntu\nVERSION_ID=\"24.04\"\n";

    #[test]
    fn a_root_of_the_system_that_it_is_named_after_can_be_a_base() {
        assert_eq!(check(root(NOBLE, &program(own())).path(), "ubuntu@24.04"), Ok(()));
    }

    #[test]
    fn what_cannot_be_a_base_is_refused_with_the_reason() {
        let other = if own() == 183 { (62, "amd64") } else { (183, "arm64") };
        for (root, name, why) in [
            (
                root(NOBLE, &program(own())),
                "ubuntu@22.04",
                "is ubuntu@24.04, by its /etc/os-release, and not ubuntu@22.04",
            ),
            (root("", &program(own())), "ubuntu@24.04", "it has no /etc/os-release that names a distribution"),
            (root(NOBLE, b"#!text"), "ubuntu@24.04", "its /bin/sh is not a program"),
            (root(NOBLE, &program(other.0)), "ubuntu@24.04", &format!("is for {}, and this computer is", other.1)),
        ] {
            let error = check(root.path(), name).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
        let bare = root(NOBLE, &program(own()));
        fs::remove_file(bare.path().join("usr/bin/setpriv")).unwrap();
        assert_eq!(
            check(bare.path(), "ubuntu@24.04").unwrap_err(),
            "lacks /usr/bin/setpriv, which every machine needs"
        );
    }

    #[test]
    fn what_a_killed_import_left_is_removed_but_not_one_at_work() {
        let folder = tempfile::tempdir().unwrap();
        let machines = Machines::with(folder.path(), super::super::Kind::Host, Path::new("minijuju")).unwrap();
        let part = machines.data.join(BASES).join(format!("{PART}debian@12"));
        let lock = machines.lock_bases().unwrap();
        fs::create_dir(&part).unwrap();
        assert_eq!(machines.bases().unwrap(), []);
        assert!(part.exists(), "somebody works on it");
        drop(lock);
        assert_eq!(machines.bases().unwrap(), []);
        assert!(!part.exists());
    }

    #[test]
    fn a_base_s_name_is_that_of_a_folder_and_of_nothing_above() {
        assert!(is_name("ubuntu@24.04") && is_name("debian@12"));
        for odd in ["ubuntu", "@1", "ubuntu@", "../x@1", "a/b@1", ".part-a@1", "ubuntu@24.04/stable", "ubuntu@.."] {
            assert!(!is_name(odd), "{odd}");
        }
    }
}
