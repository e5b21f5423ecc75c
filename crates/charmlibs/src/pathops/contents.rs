//! What a file should hold, and who it should belong to.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::Error;
use super::owner::Owner;
use super::{replacement, tree};

/// Ensure that the file `path` holds `content`, with mode `0o644`, and return whether anything had to be changed.
///
/// As [`Options::ensure_contents`] with the default [`Options`].
///
/// # Errors
/// See [`Error`]. The file is then as it was before.
pub fn ensure_contents(path: impl AsRef<Path>, content: impl AsRef<[u8]>) -> Result<bool, Error> {
    Options::new().ensure_contents(path, content)
}

/// The mode and the owner of a file or folder, besides its content.
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
    /// Mode `0o644` (a folder: `0o755`), and the owner and group as they are: this process's for a new file or folder.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The permissions, such as `0o600`. The umask does not apply.
    #[must_use]
    pub fn mode(mut self, mode: u32) -> Self {
        self.mode = Some(mode & 0o7777);
        self
    }

    /// The owner, by name. A file that is written then gets this user's own group too, unless [`Options::group`] is set.
    #[must_use]
    pub fn user(mut self, name: impl Into<String>) -> Self {
        self.user = Some(name.into());
        self
    }

    /// The group, by name.
    #[must_use]
    pub fn group(mut self, name: impl Into<String>) -> Self {
        self.group = Some(name.into());
        self
    }

    /// Let the file take the place of a symbolic link at its path, and leave what the link leads to as it is: for a path
    /// whose folder others may write to.
    #[must_use]
    pub fn replace_link(mut self) -> Self {
        self.replace_link = true;
        self
    }

    /// Ensure that the file `path` holds `content` with this mode and owner, and return whether anything had to be
    /// changed.
    ///
    /// The change is atomic: at any time, also after a crash, the file is either as it was or as it should be, because a
    /// complete new file takes its place. Folders that are missing above it are made, with mode `0o755` whatever the
    /// umask. A symbolic link at `path` stays, and the file that it leads to is replaced, unless [`Options::replace_link`]
    /// says otherwise.
    ///
    /// # Errors
    /// See [`Error`]. The file is then as it was before.
    pub fn ensure_contents(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) -> Result<bool, Error> {
        let (path, content) = (path.as_ref(), content.as_ref());
        if path.file_name().is_none() {
            return Err(Error::NoFileName { path: path.to_path_buf() });
        }
        let mode = self.mode.unwrap_or(0o644);
        let owner = Owner::find(self.user.as_deref(), self.group.as_deref())?;
        let path = &if self.replace_link { path.to_path_buf() } else { follow(path)? };
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
            tracing::debug!(path = %path.display(), "the file is as it should be");
            return Ok(false);
        }
        if let Some(folder) = path.parent() {
            tree::make_folders(folder).map_err(Error::step("make the folder for", path))?;
        }
        let user = owner.user.or(old.as_ref().map(Metadata::uid));
        let group = owner.group.or(owner.group_of_user).or(old.as_ref().map(Metadata::gid));
        replacement::replace(path, content, mode, user, group)?;
        tracing::debug!(path = %path.display(), bytes = content.len(), "wrote the file");
        Ok(true)
    }
}

/// The path of the file itself, where `path` may be a symbolic link to it, even one that leads nowhere yet.
fn follow(path: &Path) -> Result<PathBuf, Error> {
    /// As many as Linux follows before it gives up with `ELOOP`.
    const LINKS_MAX: usize = 40;
    let mut path = path.to_path_buf();
    for _ in 0..LINKS_MAX {
        match fs::read_link(&path) {
            Ok(target) => path = path.parent().unwrap_or(Path::new("")).join(target),
            // Not a link, or nothing there.
            Err(_) => return Ok(path),
        }
    }
    Err(Error::step("follow the symbolic link", &path)(io::Error::other("it leads to itself")))
}
