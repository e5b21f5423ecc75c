//! A new file that takes the place of an old one in one step.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Error;

/// Put a file with this content, mode and owner at `path`, in place of one that may be there.
pub(super) fn replace(
    path: &Path,
    content: &[u8],
    mode: u32,
    user: Option<u32>,
    group: Option<u32>,
) -> Result<(), Error> {
    let (mut file, new) = NewFile::create(path).map_err(Error::step("make a new file beside", path))?;
    file.write_all(content).map_err(Error::step("write", path))?;
    let created = file.metadata().map_err(Error::step("look at", path))?;
    let user = user.filter(|&user| user != created.uid());
    let group = group.filter(|&group| group != created.gid());
    if user.is_some() || group.is_some() {
        std::os::unix::fs::fchown(&file, user, group).map_err(Error::step("set the owner of", path))?;
    }
    // After the owner, whose change takes the set-user-ID bit away.
    file.set_permissions(Permissions::from_mode(mode)).map_err(Error::step("set the mode of", path))?;
    // Before the rename: else a crash could leave the new name with no content.
    file.sync_all().map_err(Error::step("write", path))?;
    fs::rename(&new.path, path).map_err(Error::step("replace", path))?;
    new.taken_over();
    if let Err(error) = sync_folder(path) {
        // The file is as it should be, and not every kind of file system can do this: no reason to fail.
        tracing::debug!(path = %path.display(), %error, "a crash of the machine now could bring the old file back");
    }
    Ok(())
}

/// The folder holds the name, so this is what makes the rename last.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    File::open(folder)?.sync_all()
}

/// A file that is removed unless it took over another's name.
struct NewFile {
    path: PathBuf,
}

impl NewFile {
    /// Make an empty file beside `path`, for nobody else to read: it is not known yet who may.
    fn create(path: &Path) -> io::Result<(File, Self)> {
        /// Tells the files of this process apart, where several threads write.
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = path.file_name().unwrap_or_default();
        loop {
            let mut new = std::ffi::OsString::from(".");
            // The name may be as long as names may be; its start is enough to know whose file it is.
            new.push(start_of(name));
            new.push(format!(".{}.{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
            let new = path.with_file_name(new);
            match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new) {
                Ok(file) => return Ok((file, Self { path: new })),
                // Left by a process of the same number that was killed: take the next name.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn taken_over(mut self) {
        self.path = PathBuf::new();
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.path.as_os_str().is_empty()
            && let Err(error) = fs::remove_file(&self.path)
        {
            tracing::warn!(path = %self.path.display(), %error, "could not remove a file that is not needed");
        }
    }
}

fn start_of(name: &std::ffi::OsStr) -> &std::ffi::OsStr {
    use std::os::unix::ffi::OsStrExt as _;
    let bytes = name.as_bytes();
    std::ffi::OsStr::from_bytes(&bytes[..bytes.len().min(200)])
}
