//! Folders and their content.

use std::fs::{self, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, lchown, symlink};
use std::path::{Path, PathBuf};

use super::contents::make_folders;
use super::owner::Owner;
use super::{Error, Options};

/// Ensure that `path` is a folder with mode `0o755`. Returns whether anything changed.
///
/// Same as [`Options::ensure_folder`] with the default [`Options`].
///
/// # Errors
/// See [`Error`].
pub fn ensure_folder(path: impl AsRef<Path>) -> Result<bool, Error> {
    Options::new().ensure_folder(path)
}

/// Ensure that the folder `target` has everything in the folder `source`. Returns whether anything changed.
///
/// Same as [`Options::ensure_tree`] with the default [`Options`].
///
/// # Errors
/// See [`Error`].
pub fn ensure_tree(source: impl AsRef<Path>, target: impl AsRef<Path>) -> Result<bool, Error> {
    Options::new().ensure_tree(source, target)
}

/// Remove a file, a link (not its target), or a folder with its content. Returns whether it existed.
///
/// # Errors
/// [`Error::NotRemovable`]: `path` is `/`, or does not end in a name. [`Error::Step`]: it could not be removed.
pub fn remove(path: impl AsRef<Path>) -> Result<bool, Error> {
    let path = path.as_ref();
    if path.file_name().is_none() {
        return Err(Error::NotRemovable { path: path.to_path_buf() });
    }
    let Some(metadata) = symlink_metadata(path)? else { return Ok(false) };
    let removed = if metadata.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::step("remove", path)(error)),
        _ => Ok(true),
    }
}

impl Options {
    /// Ensure that `path` is a folder with this owner and mode (by default `0o755`). Returns whether anything changed.
    /// Missing folders above it are created, with mode `0o755`.
    ///
    /// # Errors
    /// [`Error::NotFolder`]: it exists, but is not a folder. See [`Error`] for others.
    pub fn ensure_folder(&self, path: impl AsRef<Path>) -> Result<bool, Error> {
        self.ensure_folder_with(
            path.as_ref(),
            self.mode.unwrap_or(0o755),
            Owner::look_up(self.user.as_deref(), self.group.as_deref())?,
        )
    }

    /// Ensure that the folder `target` has everything in the folder `source`, with this owner. Returns whether
    /// anything changed. Files get this mode, or by default the source's; folders get the source's. Links are copied
    /// as links. Other files in `target` are kept.
    ///
    /// # Errors
    /// See [`Error`]. Each file is then complete, but the tree may be only partly copied.
    pub fn ensure_tree(&self, source: impl AsRef<Path>, target: impl AsRef<Path>) -> Result<bool, Error> {
        let (source, target) = (source.as_ref(), target.as_ref());
        let owner = Owner::look_up(self.user.as_deref(), self.group.as_deref())?;
        if canonicalize(target)?.starts_with(canonicalize(source)?) {
            return Err(Error::IntoItself { path: source.to_path_buf() });
        }
        self.copy_tree(source, target, owner)
    }

    fn copy_tree(&self, source: &Path, target: &Path, owner: Owner) -> Result<bool, Error> {
        let mode = fs::metadata(source).map_err(Error::step("look at", source))?.mode() & 0o7777;
        let mut changed = self.ensure_folder_with(target, mode, owner)?;
        for entry in fs::read_dir(source).map_err(Error::step("read the folder", source))? {
            let entry = entry.map_err(Error::step("read the folder", source))?;
            let (from, to) = (entry.path(), target.join(entry.file_name()));
            let metadata = entry.metadata().map_err(Error::step("look at", &from))?;
            changed |= if metadata.is_dir() {
                self.copy_tree(&from, &to, owner)?
            } else if metadata.is_symlink() {
                ensure_link(&from, &to, owner)?
            } else if metadata.is_file() {
                // Replace a link in the way: its target is not part of the tree.
                let link_removed = symlink_metadata(&to)?.is_some_and(|existing| existing.is_symlink()) && remove(&to)?;
                let content = fs::read(&from).map_err(Error::step("read", &from))?;
                let mode = self.mode.unwrap_or(metadata.mode() & 0o7777);
                self.clone().mode(mode).ensure_contents(&to, content)? | link_removed
            } else {
                return Err(Error::NotRegular { path: from });
            };
        }
        Ok(changed)
    }

    /// Ensure that `path`, with its content if it is a folder, has this owner. Returns whether anything changed. Modes
    /// are kept. Links themselves get the owner, but not their targets.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn ensure_owner(&self, path: impl AsRef<Path>) -> Result<bool, Error> {
        let owner = Owner::look_up(self.user.as_deref(), self.group.as_deref())?;
        ensure_owner(path.as_ref(), owner)
    }

    fn ensure_folder_with(&self, path: &Path, mode: u32, owner: Owner) -> Result<bool, Error> {
        let new = match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => false,
            Ok(_) => return Err(Error::NotFolder { path: path.to_path_buf() }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make_folders(path).map_err(Error::step("make the folder", path))?;
                true
            }
            Err(error) => return Err(Error::step("look at", path)(error)),
        };
        let metadata = fs::metadata(path).map_err(Error::step("look at", path))?;
        let owner_changed = set_owner(path, &metadata, owner)?;
        let mode_differs = mode != metadata.mode() & 0o7777;
        if mode_differs {
            fs::set_permissions(path, Permissions::from_mode(mode)).map_err(Error::step("set the mode of", path))?;
        }
        Ok(new || owner_changed || mode_differs)
    }
}

/// The path without links. Its end may not exist yet.
fn canonicalize(path: &Path) -> Result<PathBuf, Error> {
    match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => match (path.parent(), path.file_name()) {
            (Some(parent), Some(name)) if !parent.as_os_str().is_empty() => Ok(canonicalize(parent)?.join(name)),
            (Some(_), Some(name)) => Ok(canonicalize(Path::new("."))?.join(name)),
            _ => Err(Error::step("look at", path)(error)),
        },
        result => result.map_err(Error::step("look at", path)),
    }
}

/// The metadata of `path` itself, if it exists.
fn symlink_metadata(path: &Path) -> Result<Option<Metadata>, Error> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(Error::step("look at", path)(error)),
    }
}

fn ensure_link(from: &Path, to: &Path, owner: Owner) -> Result<bool, Error> {
    let link_target = fs::read_link(from).map_err(Error::step("read the link", from))?;
    let existing = symlink_metadata(to)?;
    let correct = fs::read_link(to).is_ok_and(|target| target == link_target);
    if !correct {
        match existing {
            Some(existing) if existing.is_dir() => return Err(Error::IsFolder { path: to.to_path_buf() }),
            Some(_) => _ = remove(to)?,
            None => {}
        }
        symlink(&link_target, to).map_err(Error::step("make the link", to))?;
    }
    let metadata = fs::symlink_metadata(to).map_err(Error::step("look at", to))?;
    Ok(set_owner(to, &metadata, owner)? || !correct)
}

fn ensure_owner(path: &Path, owner: Owner) -> Result<bool, Error> {
    let metadata = fs::symlink_metadata(path).map_err(Error::step("look at", path))?;
    let mut changed = set_owner(path, &metadata, owner)?;
    if metadata.is_dir() {
        for entry in fs::read_dir(path).map_err(Error::step("read the folder", path))? {
            changed |= ensure_owner(&entry.map_err(Error::step("read the folder", path))?.path(), owner)?;
        }
    }
    Ok(changed)
}

/// Set the owner of `path`. Returns whether it changed.
fn set_owner(path: &Path, metadata: &Metadata, owner: Owner) -> Result<bool, Error> {
    let user = owner.user.filter(|&user| user != metadata.uid());
    // As for a file, the user's primary group is set with the user.
    let group = owner.group.or(if user.is_some() { owner.group_of_user } else { None });
    let group = group.filter(|&group| group != metadata.gid());
    if user.is_none() && group.is_none() {
        return Ok(false);
    }
    lchown(path, user, group).map_err(Error::step("set the owner of", path))?;
    // Changing the owner rightly clears a file's set-user-ID bit, but restore the bits of a folder.
    if metadata.is_dir() {
        let mode = Permissions::from_mode(metadata.mode() & 0o7777);
        fs::set_permissions(path, mode).map_err(Error::step("set the mode of", path))?;
    }
    Ok(true)
}
