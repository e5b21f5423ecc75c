//! The content of a detached storage, kept as an archive in the data folder.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context as _, bail};

use crate::machine::Machine;
use crate::private;
use crate::store::storage::Storage;

/// Where a machine's own programs are.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The archive of a storage, in minijuju's data folder.
pub fn path(data: &Path, model: &str, id: &str) -> PathBuf {
    folder(data, model).join(format!("{}.tar", id.replace('/', "-")))
}

/// The folder of a model's archives.
pub fn folder(data: &Path, model: &str) -> PathBuf {
    data.join("storage").join(model)
}

/// Delete the content of a storage.
pub fn delete(data: &Path, model: &str, id: &str) {
    // A storage that was never detached has no archive.
    let _ = fs::remove_file(path(data, model, id));
}

/// Move the content of a storage from its machine to an archive.
pub fn save(machine: &Machine, storage: &Storage, archive: &Path) -> anyhow::Result<()> {
    let save = || -> anyhow::Result<()> {
        let folder = archive.parent().unwrap_or(Path::new("/"));
        private::folder(folder)?;
        let part = tempfile::NamedTempFile::new_in(folder)?;
        let mut tar = tar(machine)?;
        tar.args(["--create", "--file=-", "--directory"]).arg(&storage.location).arg(".");
        run(tar.stdin(Stdio::null()).stdout(part.reopen()?))?;
        part.persist(archive)?;
        let mut remove = machine.command("find", "/")?;
        remove.env_clear().env("PATH", PATH).arg(&storage.location).args(["-mindepth", "1", "-delete"]);
        run(remove.stdin(Stdio::null()).stdout(Stdio::null()))
    };
    save().with_context(|| format!("cannot take storage {} out of its machine", storage.id))
}

/// Move the content of a storage from its archive, if it has one, to the machine that it is now attached to.
pub fn restore(machine: &Machine, storage: &Storage, archive: &Path) -> anyhow::Result<()> {
    if !archive.exists() {
        return Ok(());
    }
    let restore = || -> anyhow::Result<()> {
        let mut tar = tar(machine)?;
        tar.args(["--extract", "--file=-", "--preserve-permissions", "--directory"]).arg(&storage.location);
        run(tar.stdin(File::open(archive)?).stdout(Stdio::null()))?;
        Ok(fs::remove_file(archive)?)
    };
    restore().with_context(|| format!("cannot put storage {} into its machine", storage.id))
}

fn tar(machine: &Machine) -> anyhow::Result<Command> {
    let mut command = machine.command("tar", "/")?;
    command.env_clear().env("PATH", PATH).arg("--numeric-owner");
    Ok(command)
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let Output { status, stderr, .. } = command.stderr(Stdio::piped()).spawn()?.wait_with_output()?;
    match String::from_utf8_lossy(&stderr).trim() {
        _ if status.success() => Ok(()),
        "" => bail!("{status}"),
        reason => bail!("{reason}"),
    }
}
