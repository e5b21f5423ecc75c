//! A unit's folders in its machine: the charm, and the links to the hook commands.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Output;

use emulator::{COMMANDS, JujuVersion};

use super::environment::{agent_folder, charm_folder, tools_folder};
use crate::machine::{Files, Machine};
use crate::{pack, private};

/// The first argument of the process that unpacks a charm. Internal.
pub const UNPACK_CHARM: &str = "unpack-charm";

/// Why a unit's folders could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}")]
    Unpack(String),
    #[error("cannot put the charm of {tag} in place: {error}")]
    Place {
        /// The unit's tag.
        tag: String,
        error: io::Error,
    },
}

/// Unpack the charm `archive` for the unit `tag` in its machine.
///
/// A process in the machine does it, so that links in the charm's folders cannot lead out of the machine. Also, Linux
/// does not execute a file that is open for writing, which a child that another thread starts could inherit from this
/// process.
pub fn unpack_charm_in_machine(machine: &Machine, tag: &str, archive: &Path) -> Result<(), Error> {
    let run = || -> anyhow::Result<Output> {
        let mut command = machine.minijuju_command()?;
        Ok(command.args([UNPACK_CHARM, tag]).arg(archive).stdin(File::open(archive)?).output()?)
    };
    let failed = |reason: &dyn fmt::Display| Error::Unpack(format!("cannot unpack {}: {reason}", archive.display()));
    let output = run().map_err(|error| failed(&error))?;
    match String::from_utf8_lossy(&output.stderr).trim() {
        _ if output.status.success() => Ok(()),
        "" => Err(failed(&output.status)),
        reason => Err(Error::Unpack(reason.to_owned())),
    }
}

/// Run as the process that unpacks a charm from standard input.
pub fn unpack_charm(tag: &str, archive: &Path) -> Result<(), Error> {
    let stdin = "/proc/self/fd/0";
    unpack_charm_below(Path::new("/"), tag, Path::new(stdin)).map_err(|error| match error {
        Error::Unpack(reason) => Error::Unpack(reason.replace(stdin, &archive.to_string_lossy())),
        error @ Error::Place { .. } => error,
    })
}

/// Unpack a charm below `root`. As on Juju, a refresh removes the files of the old charm that the new one lacks, and
/// leaves files that the charm created.
fn unpack_charm_below(root: &Path, tag: &str, archive: &Path) -> Result<(), Error> {
    let failed = |error| Error::Place { tag: tag.to_owned(), error };
    let inside = |path: String| root.join(path.trim_start_matches('/'));
    let agent = inside(agent_folder(tag));
    let charm = inside(charm_folder(tag));
    let (manifest, incoming) = (agent.join("state/deployer/manifest.json"), agent.join("state/incoming"));
    fs::create_dir_all(agent.join("state/deployer")).map_err(failed)?;
    let _ = fs::remove_dir_all(&incoming);
    pack::unpack(archive, &incoming).map_err(|error| Error::Unpack(error.to_string()))?;
    let place = || -> io::Result<()> {
        let new = files(&incoming)?;
        let old: BTreeSet<PathBuf> = match fs::read(&manifest) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|error| io::Error::other(format!("{} is damaged: {error}", manifest.display())))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeSet::new(),
            Err(error) => return Err(error),
        };
        // List the files of both while they change: after a crash, the next attempt knows them all.
        private::replace(&manifest, &serde_json::to_vec(&old.union(&new).collect::<Vec<_>>())?)?;
        if charm.exists() {
            for removed in old.difference(&new).collect::<Vec<_>>().into_iter().rev() {
                remove(&charm.join(removed))?;
            }
            for file in &new {
                replace(&incoming.join(file), &charm.join(file))?;
            }
            fs::remove_dir_all(&incoming)?;
        } else {
            fs::rename(&incoming, &charm)?;
        }
        private::replace(&manifest, &serde_json::to_vec(&new)?)
    };
    place().map_err(failed)
}

/// Link the hook commands of the unit `tag` to `program`, a path inside the machine.
pub fn link_tools(files: &Files, tag: &str, program: &Path, juju: JujuVersion) -> Result<(), Error> {
    let link = || -> io::Result<()> {
        let tools = files.make_folder(tools_folder(tag))?;
        for name in COMMANDS.iter().filter(|name| emulator::has_command(name, juju)) {
            let path = tools.path(name);
            if fs::read_link(&path).is_ok_and(|target| target == program) {
                continue;
            }
            tools.remove_all(name)?;
            symlink(program, path)?;
        }
        Ok(())
    };
    link().map_err(|error| Error::Place { tag: tag.to_owned(), error })
}

/// Remove a unit's folders.
pub fn remove_all(files: &Files, tag: &str) {
    // The machine usually goes with the unit. If it stays, leftovers do no harm.
    for folder in ["/var/lib/juju/agents", "/var/lib/juju/tools"] {
        let _ = files.folder(folder).and_then(|folder| folder.remove_all(tag));
    }
    // Remove the folders above if they are empty, as they are after the last unit.
    for (folder, name) in [("/var/lib/juju", "agents"), ("/var/lib/juju", "tools"), ("/var/lib", "juju")] {
        let _ = files.folder(folder).and_then(|folder| fs::remove_dir(folder.path(name)));
    }
}

/// All files, links and folders below `folder`, each folder before its content.
fn files(folder: &Path) -> io::Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    let mut pending = vec![PathBuf::new()];
    while let Some(below) = pending.pop() {
        for entry in fs::read_dir(folder.join(&below))? {
            let entry = entry?;
            let path = below.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                pending.push(path.clone());
            }
            found.insert(path);
        }
    }
    Ok(found)
}

fn remove(path: &Path) -> io::Result<()> {
    let result = match fs::symlink_metadata(path) {
        // A folder may hold files that the charm created, which stay.
        Ok(meta) if meta.is_dir() => fs::remove_dir(path).or(Ok(())),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

fn replace(new: &Path, old: &Path) -> io::Result<()> {
    let kind = |path: &Path| fs::symlink_metadata(path).map(|meta| meta.is_dir());
    if kind(new)? {
        if !kind(old).unwrap_or(false) {
            remove(old)?;
            fs::create_dir(old)?;
        }
        return Ok(());
    }
    if kind(old).unwrap_or(false) {
        fs::remove_dir_all(old)?;
    }
    fs::rename(new, old)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_are_linked_once_and_follow_the_program() {
        let root = tempfile::tempdir().unwrap();
        let files = Files::at(root.path()).unwrap();
        link_tools(&files, "unit-a-0", Path::new("/one"), JujuVersion::V3_6).unwrap();
        link_tools(&files, "unit-a-0", Path::new("/two"), JujuVersion::V3_6).unwrap();
        let tool = root.path().join("var/lib/juju/tools/unit-a-0/config-get");
        assert_eq!(fs::read_link(tool).unwrap(), Path::new("/two"));
    }
}
