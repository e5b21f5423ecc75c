//! Ensures the content and owner of files.

use std::fs::{self, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::Error;
use super::owner::Owner;
use super::replacement;

/// Ensure that the file `path` has this `content`, with mode `0o644`. Returns whether anything changed.
///
/// Same as [`Options::ensure_contents`] with the default [`Options`].
///
/// # Errors
/// See [`Error`]. The file is unchanged then.
pub fn ensure_contents(path: impl AsRef<Path>, content: impl AsRef<[u8]>) -> Result<bool, Error> {
    Options::new().ensure_contents(path, content)
}

/// The mode and owner of a file or folder.
///
/// ```no_run
/// use charmlibs::pathops::Options;
///
/// let secret = "password=…\n";
/// Options::new().mode(0o640).user("root").group("www-data").ensure_contents("/etc/app/secret.conf", secret)?;
/// # Ok::<(), charmlibs::pathops::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    pub(super) mode: Option<u32>,
    pub(super) user: Option<String>,
    pub(super) group: Option<String>,
    replace_link: bool,
}

impl Options {
    /// Mode `0o644` (for a folder `0o755`), and the current owner and group; for a new file or folder, this process's.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Set the permissions, such as `0o600`. The umask does not apply.
    #[must_use]
    pub fn mode(mut self, mode: u32) -> Self {
        self.mode = Some(mode & 0o7777);
        self
    }

    /// Set the owner, by name. A file that is written also gets this user's primary group, unless [`Options::group`]
    /// is set.
    #[must_use]
    pub fn user(mut self, name: impl Into<String>) -> Self {
        self.user = Some(name.into());
        self
    }

    /// Set the group, by name.
    #[must_use]
    pub fn group(mut self, name: impl Into<String>) -> Self {
        self.group = Some(name.into());
        self
    }

    /// Replace a symbolic link at the path, and leave its target alone: for a path in a folder that others can write
    /// to.
    #[must_use]
    pub fn replace_link(mut self) -> Self {
        self.replace_link = true;
        self
    }

    /// Ensure that the file `path` has this `content`, mode and owner. Returns whether anything changed.
    ///
    /// The change is atomic: at any time, even after a crash, the file is either the old or the new one, because a
    /// complete new file replaces it. Missing folders above it are created, with mode `0o755` whatever the umask is.
    /// If `path` is a symbolic link, its target is replaced, unless [`Options::replace_link`] is set.
    ///
    /// # Errors
    /// See [`Error`]. The file is unchanged then.
    pub fn ensure_contents(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) -> Result<bool, Error> {
        let (path, content) = (path.as_ref(), content.as_ref());
        if path.file_name().is_none() {
            return Err(Error::NoFileName { path: path.to_path_buf() });
        }
        let mode = self.mode.unwrap_or(0o644);
        let owner = Owner::look_up(self.user.as_deref(), self.group.as_deref())?;
        let path = &if self.replace_link { path.to_path_buf() } else { resolve_links(path)? };
        let old = match fs::symlink_metadata(path) {
            Ok(old) if old.is_symlink() => None,
            Ok(old) if old.is_dir() => return Err(Error::IsFolder { path: path.clone() }),
            Ok(old) if !old.is_file() => return Err(Error::NotRegular { path: path.clone() }),
            Ok(old) => Some(old),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(Error::step("look at", path)(error)),
        };
        if let Some(old) = &old
            && old.mode() & 0o7777 == mode
            && owner.user.is_none_or(|user| user == old.uid())
            && owner.group.is_none_or(|group| group == old.gid())
            && old.len() == content.len() as u64
            && fs::read(path).map_err(Error::step("read", path))? == content
        {
            tracing::debug!(path = %path.display(), "the file is unchanged");
            return Ok(false);
        }
        if let Some(folder) = path.parent() {
            make_folders(folder).map_err(Error::step("make the folder for", path))?;
        }
        let user = owner.user.or(old.as_ref().map(Metadata::uid));
        let group = owner.group.or(owner.group_of_user).or(old.as_ref().map(Metadata::gid));
        replacement::replace(path, content, mode, user, group)?;
        tracing::debug!(path = %path.display(), bytes = content.len(), "wrote the file");
        Ok(true)
    }
}

/// The path of the file itself, if `path` is a symbolic link, even to a missing file.
fn resolve_links(path: &Path) -> Result<PathBuf, Error> {
    /// The number of links after which Linux gives up with `ELOOP`.
    const MAX_LINKS: usize = 40;
    let mut path = path.to_path_buf();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&path) {
            Ok(target) => path = path.parent().unwrap_or(Path::new("")).join(target),
            // Not a link, or missing.
            Err(_) => return Ok(path),
        }
    }
    Err(Error::step("follow the symbolic link", &path)(io::Error::other("it leads to itself")))
}

/// Create `folder` and missing folders above it, with mode `0o755` whatever the umask is.
pub(super) fn make_folders(folder: &Path) -> io::Result<()> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent() {
        make_folders(parent)?;
    }
    match fs::create_dir(folder) {
        Ok(()) => fs::set_permissions(folder, Permissions::from_mode(0o755)),
        // Another process created it.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        Err(error) => Err(error),
    }
}
