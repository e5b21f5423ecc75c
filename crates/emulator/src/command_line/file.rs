//! Files that hook commands read and write, below the charm's root.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::call::Call;
use super::failure::{CommandResult, Failure};

/// The maximum number of symbolic links to follow: Linux's own limit.
const MAX_LINKS: u32 = 40;

/// Read a file from the command line, relative to the call's working directory.
pub(crate) fn read(call: &Call<'_>, path: &str) -> Result<Vec<u8>, Failure> {
    let path = clean(&call.cwd.join(path));
    resolve_below(call.root, &path).and_then(fs::read).map_err(|error| Failure::file("open", path.display(), &error))
}

/// Read a file for a secret. Juju's agent reads it, so a relative path starts at the root, not at the working
/// directory.
pub(crate) fn read_absolute(call: &Call<'_>, path: &str) -> Result<Vec<u8>, Failure> {
    let full = Path::new("/").join(path);
    resolve_below(call.root, &full).and_then(fs::read).map_err(|error| Failure::file("open", path, &error))
}

/// Write a file from the command line, relative to the call's working directory.
pub(crate) fn write(call: &Call<'_>, path: &str, content: &[u8]) -> CommandResult {
    // Juju does not clean an absolute path.
    let path = if path.starts_with('/') { path.into() } else { clean(&call.cwd.join(path)) };
    let written = resolve_below(call.root, &path).and_then(|resolved| fs::write(resolved, content));
    written.map_err(|error| Failure::file("open", path.display(), &error))
}

/// Remove `.` and `..` from an absolute path as Go does: lexically, ignoring symbolic links.
fn clean(path: &Path) -> PathBuf {
    let mut clean = PathBuf::from("/");
    for part in parts(path) {
        if part == ".." {
            clean.pop();
        } else {
            clean.push(part);
        }
    }
    clean
}

/// The host's path for the charm's absolute `path`. Symbolic links are followed as the charm would follow them, so
/// that none leads out of `root`.
fn resolve_below(root: &Path, path: &Path) -> io::Result<PathBuf> {
    if root == Path::new("/") {
        return Ok(path.to_owned());
    }
    let mut inside = PathBuf::new();
    let mut rest: VecDeque<OsString> = parts(path).collect();
    let mut links = 0;
    while let Some(part) = rest.pop_front() {
        if part == ".." {
            inside.pop();
            continue;
        }
        match fs::read_link(root.join(&inside).join(&part)) {
            Ok(target) => {
                links += 1;
                if links > MAX_LINKS {
                    return Err(io::Error::other("too many levels of symbolic links"));
                }
                if target.is_absolute() {
                    inside = PathBuf::new();
                }
                for part in parts(&target).collect::<Vec<_>>().into_iter().rev() {
                    rest.push_front(part);
                }
            }
            // Not a link, or it does not exist yet.
            Err(_) => inside.push(&part),
        }
    }
    Ok(root.join(inside))
}

fn parts(path: &Path) -> impl Iterator<Item = OsString> + '_ {
    path.components().filter_map(|component| match component {
        Component::Normal(part) => Some(part.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::Prefix(_) | Component::RootDir | Component::CurDir => None,
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn errors_name_the_path_as_juju_does() {
        let root = tempfile::tempdir().unwrap();
        let call = |cwd| Call { name: "x", args: &[], stdin: None, cwd: Path::new(cwd), root: root.path() };
        for (cwd, path, in_error) in [
            ("/a/b", "x", "/a/b/x"),
            ("/a/b", "./../c//x/", "/a/c/x"),
            ("/a", "../../../x", "/x"),
            ("/a", "/b/../x", "/x"),
        ] {
            let error = read(&call(cwd), path).unwrap_err().message;
            assert_eq!(error, format!("open {in_error}: no such file or directory"));
        }
        for (path, in_error) in [("../no/./x", "/no/x"), ("/no/../no/x", "/no/../no/x")] {
            let error = write(&call("/a"), path, b"").unwrap_err().message;
            assert_eq!(error, format!("open {in_error}: no such file or directory"));
        }
    }

    #[test]
    fn no_link_leads_out_of_the_root() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        fs::create_dir_all(root.join("a/b")).unwrap();
        symlink("/a", root.join("absolute")).unwrap();
        symlink("../../../../a", root.join("a/b/upward")).unwrap();
        symlink("loop", root.join("loop")).unwrap();
        for path in ["/absolute/b/x", "/a/b/upward/b/x", "/../../a/b/x"] {
            assert_eq!(resolve_below(root, Path::new(path)).unwrap(), root.join("a/b/x"), "{path}");
        }
        assert!(resolve_below(root, Path::new("/loop")).is_err());
    }
}
