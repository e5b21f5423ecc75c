//! Bases: the root file systems of other releases. A machine can be a view of one instead of the host's own root.

mod program;
mod root;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use self::program::{is_installed, run};
use self::root::{check_root, os_release_value};
use super::record::disk_usage;
use super::{Error, Machines, Result, paths};
use crate::private;

/// Prefix of the folder of an unfinished base.
const UNFINISHED_PREFIX: &str = ".part-";

/// Programs that make a root of Debian or Ubuntu from packages, the faster one first.
const BOOTSTRAP_PROGRAMS: [&str; 2] = ["mmdebstrap", "debootstrap"];

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
    pub created: SystemTime,
    /// Size on disk, in bytes.
    pub size: u64,
}

/// Where the packages of a base come from.
#[derive(Debug, Clone, Default)]
pub struct BaseSource {
    /// The release's code name. By default, the one that belongs to the base's name.
    pub suite: Option<String>,
    /// The mirror's address. By default, the distribution's own.
    pub mirror: Option<String>,
}

/// A base that is being made. Dropping it removes its folder, unless it was finished.
struct UnfinishedBase {
    folder: PathBuf,
    _lock: fs::File,
}

impl Drop for UnfinishedBase {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Machines {
    /// Import a folder or a tar archive as a base, by copying it.
    pub fn import_base(&self, name: &str, from: &Path) -> Result<()> {
        let failed = |reason: String| Error::Base { name: name.to_owned(), reason };
        let base = self.begin_base(name)?;
        let root = base.folder.join("root");
        let meta = fs::metadata(from).map_err(|error| failed(format!("{}: {error}", from.display())))?;
        if meta.is_dir() {
            check_root(from, name).map_err(|error| failed(format!("{} {error}", from.display())))?;
            fs::create_dir(&root).map_err(Error::file("make", &root))?;
            let mut command = Command::new("cp");
            command.args(["--archive", "--one-file-system", "--reflink=auto", "--"]).arg(from.join(".")).arg(&root);
            run(command, "cp").map_err(|error| failed(error.to_string()))?;
        } else {
            fs::create_dir(&root).map_err(Error::file("make", &root))?;
            let mut command = Command::new("tar");
            command.args(["--extract", "--numeric-owner", "--preserve-permissions", "--xattrs", "--xattrs-include=*"]);
            // A machine has device nodes of its own, and a container may not create any.
            command.args(["--exclude=./dev/*", "--exclude=dev/*", "--exclude=rootfs/dev/*", "--file"]);
            command.arg(from).arg("--directory").arg(&root);
            run(command, "tar").map_err(|error| failed(error.to_string()))?;
            // LXD images hold the root in a subfolder.
            let inner = root.join("rootfs");
            if inner.join("etc").is_dir() && !root.join("etc").exists() {
                let whole = base.folder.join("whole");
                fs::rename(&root, &whole)
                    .and_then(|()| fs::rename(whole.join("rootfs"), &root))
                    .and_then(|()| fs::remove_dir_all(&whole))
                    .map_err(Error::file("move", inner))?;
            }
            check_root(&root, name).map_err(|error| failed(format!("{} {error}", from.display())))?;
        }
        self.finish_base(&base, name)
    }

    /// Make a base from the distribution's packages.
    pub fn make_base(&self, name: &str, source: &BaseSource) -> Result<()> {
        let failed = |reason: String| Error::Base { name: name.to_owned(), reason };
        let default = RELEASES.iter().find(|(base, _)| *base == name).map(|(_, suite)| (*suite).to_owned());
        let suite = source.suite.clone().or(default).ok_or_else(|| {
            let names = RELEASES.map(|(base, _)| base).join(", ");
            failed(format!("unknown release; name its code name with --suite, or make one of {names}"))
        })?;
        if !is_suite(&suite) {
            return Err(failed(format!("{suite:?} is not the code name of a release")));
        }
        let program = BOOTSTRAP_PROGRAMS.into_iter().find(|program| is_installed(program)).ok_or_else(|| {
            failed("this needs mmdebstrap or debootstrap: install one with `apt install mmdebstrap`".to_owned())
        })?;
        let base = self.begin_base(name)?;
        let root = base.folder.join("root");
        let mut command = Command::new(program);
        if program == "mmdebstrap" {
            // Keep the package lists, as Juju's machines do.
            command.args(["--variant=important", "--skip=cleanup/apt/lists", &format!("--include={PACKAGES}")]);
        } else {
            command.arg(format!("--include={PACKAGES}"));
        }
        command.arg(&suite).arg(&root).args(&source.mirror);
        run(command, program).map_err(|error| failed(error.to_string()))?;
        check_root(&root, name).map_err(|error| failed(format!("the root that {program} made {error}")))?;
        self.finish_base(&base, name)
    }

    pub fn bases(&self) -> Result<Vec<Base>> {
        self.remove_unfinished_bases()?;
        let mut all = Vec::new();
        for name in self.base_names()? {
            let folder = paths::bases(&self.data).join(&name);
            let created =
                fs::metadata(&folder).and_then(|meta| meta.modified()).map_err(Error::file("read", &folder))?;
            let system = os_release_value(&folder.join("root"), "PRETTY_NAME").unwrap_or_default();
            all.push(Base { name, system, created, size: disk_usage(&folder) });
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
        let (folder, removed) =
            (paths::bases(&self.data).join(name), paths::bases(&self.data).join(format!("{UNFINISHED_PREFIX}removed")));
        fs::rename(&folder, &removed).map_err(Error::file("remove", folder))?;
        fs::remove_dir_all(&removed).map_err(Error::file("remove", removed))
    }

    /// The root that machines of this base are views of, or `None` for the host's own.
    pub(super) fn base_root(&self, name: &str) -> Option<PathBuf> {
        Some(paths::base_root(&self.data, name)).filter(|root| is_name(name) && root.is_dir())
    }

    fn base_names(&self) -> Result<Vec<String>> {
        let folder = paths::bases(&self.data);
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            read => read.map_err(Error::file("read", &folder))?,
        };
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        Ok(names.filter(|name| is_name(name)).collect())
    }

    /// Only one command at a time may make or remove bases.
    fn lock_bases(&self) -> Result<fs::File> {
        let folder = paths::bases(&self.data);
        private::folder(&folder).map_err(Error::file("make", &folder))?;
        let path = folder.join("lock");
        private::lock_file(&path).and_then(|file| file.lock().map(|()| file)).map_err(Error::file("lock", path))
    }

    fn begin_base(&self, name: &str) -> Result<UnfinishedBase> {
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
        self.clear_unfinished_bases()?;
        let folder = paths::bases(&self.data).join(format!("{UNFINISHED_PREFIX}{name}"));
        private::folder(&folder).map_err(Error::file("make", &folder))?;
        Ok(UnfinishedBase { folder, _lock: lock })
    }

    fn finish_base(&self, base: &UnfinishedBase, name: &str) -> Result<()> {
        let folder = paths::bases(&self.data).join(name);
        fs::rename(&base.folder, &folder).map_err(Error::file("make", folder))
    }

    /// Remove what killed commands left, unless a command is making a base.
    pub(super) fn remove_unfinished_bases(&self) -> Result<()> {
        let path = paths::bases(&self.data).join("lock");
        let Ok(lock) = fs::File::open(path) else { return Ok(()) };
        if lock.try_lock().is_ok() { self.clear_unfinished_bases() } else { Ok(()) }
    }

    fn clear_unfinished_bases(&self) -> Result<()> {
        let folder = paths::bases(&self.data);
        for entry in fs::read_dir(&folder).map_err(Error::file("read", &folder))?.flatten() {
            if entry.file_name().to_string_lossy().starts_with(UNFINISHED_PREFIX) {
                fs::remove_dir_all(entry.path()).map_err(Error::file("remove", entry.path()))?;
            }
        }
        Ok(())
    }
}

/// `ubuntu@24.04`.
fn is_name(name: &str) -> bool {
    let is_part = |text: &str, punctuation: &str| {
        text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || punctuation.contains(c))
    };
    name.split_once('@').is_some_and(|(system, version)| is_part(system, "-") && is_part(version, "-."))
        && name.len() < 100
}

/// `bookworm`. debootstrap takes it for an option or the path of a script if it looks like one.
fn is_suite(suite: &str) -> bool {
    suite.starts_with(|c: char| c.is_ascii_alphanumeric())
        && suite.chars().all(|c| c.is_ascii_alphanumeric() || "-._+".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leftovers_of_a_killed_import_are_removed_but_not_a_running_import() {
        let folder = tempfile::tempdir().unwrap();
        let machines = Machines::new(folder.path(), super::super::MachineKind::Host, Path::new("minijuju")).unwrap();
        let unfinished = paths::bases(&machines.data).join(format!("{UNFINISHED_PREFIX}debian@12"));
        let lock = machines.lock_bases().unwrap();
        fs::create_dir(&unfinished).unwrap();
        assert_eq!(machines.bases().unwrap(), []);
        assert!(unfinished.exists(), "a running import holds the lock");
        drop(lock);
        assert_eq!(machines.bases().unwrap(), []);
        assert!(!unfinished.exists());
    }

    #[test]
    fn a_base_s_name_is_a_system_and_a_version_and_no_path() {
        assert!(is_name("ubuntu@24.04") && is_name("debian@12"));
        for invalid in ["ubuntu", "@1", "ubuntu@", "../x@1", "a/b@1", ".part-a@1", "ubuntu@24.04/stable", "ubuntu@.."] {
            assert!(!is_name(invalid), "{invalid}");
        }
    }

    #[test]
    fn a_suite_is_neither_an_option_nor_a_path() {
        assert!(["bookworm", "noble", "oldstable", "13"].into_iter().all(is_suite));
        for invalid in ["", "--foreign", "../x", "/tmp/script", "a b", ".hidden"] {
            assert!(!is_suite(invalid), "{invalid}");
        }
    }
}
