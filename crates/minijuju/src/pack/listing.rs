//! Finds the files of a folder.

use std::{
    fs, io,
    path::{Component, Path, PathBuf},
};

use super::{PackError, archive::Archive};

/// Add the files below `source` to `archive`, at `path` in it (empty: at the top). `skip` excludes files by their path
/// in the archive.
///
/// As with Charmcraft, a link within the charm stays a link, other links are replaced by their target, and empty
/// folders are left out.
pub(super) fn add(
    archive: &mut Archive,
    root: &Path,
    source: &Path,
    path: &str,
    skip: &dyn Fn(&str) -> bool,
) -> Result<(), PackError> {
    let unreadable = |error: io::Error| PackError::Read { path: source.to_owned(), error };
    let kind = fs::symlink_metadata(source).map_err(unreadable)?.file_type();
    if kind.is_symlink() {
        let target = fs::read_link(source).map_err(unreadable)?;
        if let Some(target) = target.to_str().filter(|_| stays_inside(root, source, &target)) {
            archive.link(path, target.to_owned());
            return Ok(());
        }
        let target_metadata = fs::metadata(source).map_err(|error| PackError::UnsupportedFile {
            path: source.to_owned(),
            reason: format!("it is a link to {}, which cannot be read: {error}", target.display()),
        })?;
        if target_metadata.is_dir() {
            return Err(PackError::UnsupportedFile {
                path: source.to_owned(),
                reason: format!("it is a link to {}, a folder that is not in the charm", target.display()),
            });
        }
        archive.file(path, source.to_owned());
    } else if kind.is_dir() {
        for child in fs::read_dir(source).map_err(unreadable)? {
            let child = child.map_err(unreadable)?;
            let name = child.file_name();
            let Some(name) = name.to_str() else {
                return Err(PackError::UnsupportedFile {
                    path: child.path(),
                    reason: "its name is not UTF-8".to_owned(),
                });
            };
            let path = if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
            if !skip(&path) {
                add(archive, root, &child.path(), &path, skip)?;
            }
        }
    } else if kind.is_file() {
        archive.file(path, source.to_owned());
    } else {
        return Err(PackError::UnsupportedFile {
            path: source.to_owned(),
            reason: "it is neither a file nor a folder nor a link".to_owned(),
        });
    }
    Ok(())
}

/// Whether a link leads to something in the same tree, on a path that does not leave the tree.
fn stays_inside(root: &Path, link: &Path, target: &Path) -> bool {
    if target.is_absolute() {
        return false;
    }
    let mut path = PathBuf::from(link.strip_prefix(root).unwrap_or(link));
    path.pop();
    for step in target.components() {
        match step {
            Component::ParentDir if !path.pop() => return false,
            Component::Normal(name) => path.push(name),
            _ => {}
        }
    }
    match (root.canonicalize(), link.canonicalize()) {
        (Ok(root), Ok(end)) => end.starts_with(root),
        _ => false,
    }
}
