//! Installs copies of minijuju's program, for machines to run.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::host_program::HostProgram;
use super::{Error, Result, paths};
use crate::private;

/// Install `program` as the program of all machines, unless it is installed.
pub(super) fn install_program(program: &Path, data: &Path) -> Result<()> {
    copy_if_changed(program, &paths::program(data), &paths::tools(data), None, "copy minijuju's program for machines")
}

/// Install the installed program as a stand-in for `sudo`, if `root`, the root that machines are views of, has none.
pub(super) fn install_stand_ins(root: &Path, data: &Path) -> Result<()> {
    if ["usr/bin/sudo", "usr/local/bin/sudo", "bin/sudo"].iter().any(|path| root.join(path).exists()) {
        return Ok(());
    }
    let folder = paths::stand_ins(data);
    // Set-user-ID is safe here: only root can enter the private folder.
    let private = folder.parent().unwrap_or(&folder);
    private::folder(private).map_err(Error::file("make", private))?;
    let operation = "copy minijuju's program to stand in for sudo";
    copy_if_changed(&paths::program(data), &folder.join("sudo"), private, Some(0o4755), operation)
}

/// Replace the file `to` by a copy of the program `from`, unless both have the same size and time. The copy has the
/// program's permissions, or `mode`. It is made in `temporary`, a folder of the same file system.
fn copy_if_changed(from: &Path, to: &Path, temporary: &Path, mode: Option<u32>, operation: &str) -> Result<()> {
    let size_and_time = |path: &Path| fs::metadata(path).and_then(|meta| Ok((meta.len(), meta.modified()?)));
    let new = size_and_time(from).map_err(Error::file("read", from))?;
    if size_and_time(to).is_ok_and(|old| old == new) {
        return Ok(());
    }
    let prepare = || {
        let folder = to.parent().unwrap_or(to);
        fs::create_dir_all(folder)?;
        // Every user of a machine may run the program, whatever the umask is.
        fs::set_permissions(folder, Permissions::from_mode(0o755))?;
        Ok(tempfile::NamedTempFile::new_in(temporary)?.into_temp_path())
    };
    let copy = prepare().map_err(Error::file("write", to))?;
    // Copied by another process: Linux does not execute a file that is open for writing, and a child that another
    // thread is starting inherits open files.
    let args =
        ["--remove-destination", "--preserve=mode,timestamps", "--", &from.to_string_lossy(), &copy.to_string_lossy()];
    HostProgram::Cp.run(Path::new("/"), &args, "", operation)?;
    if let Some(mode) = mode {
        fs::set_permissions(&copy, Permissions::from_mode(mode)).map_err(Error::file("write", to))?;
    }
    copy.persist(to).map_err(|error| Error::file("write", to)(error.error))
}
