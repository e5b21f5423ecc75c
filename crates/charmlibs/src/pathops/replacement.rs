//! Replaces a file atomically.

use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use atomic_file::NewFile;

use super::Error;

/// Create a file with this content, mode and owner at `path`, and replace an existing one.
pub(super) fn replace(
    path: &Path,
    content: &[u8],
    mode: u32,
    user: Option<u32>,
    group: Option<u32>,
) -> Result<(), Error> {
    let mut new = NewFile::beside(path).map_err(Error::step("make a new file beside", path))?;
    let file = new.file();
    file.write_all(content).map_err(Error::step("write", path))?;
    let created = file.metadata().map_err(Error::step("look at", path))?;
    let user = user.filter(|&user| user != created.uid());
    let group = group.filter(|&group| group != created.gid());
    if user.is_some() || group.is_some() {
        std::os::unix::fs::fchown(&*file, user, group).map_err(Error::step("set the owner of", path))?;
    }
    // After the owner: changing the owner clears the set-user-ID bit.
    file.set_permissions(Permissions::from_mode(mode)).map_err(Error::step("set the mode of", path))?;
    new.persist_durably().map_err(Error::step("replace", path))
}
