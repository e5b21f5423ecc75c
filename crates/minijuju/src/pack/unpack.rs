//! Unpacks a `.charm`.

use std::{
    collections::BTreeMap,
    fmt,
    fs::{self, File, OpenOptions, Permissions},
    io::{self, BufReader, Read as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _, symlink},
    path::{Path, PathBuf},
};

use zip::ZipArchive;

use super::UnpackError;

/// The maximum unpacked size of a charm in bytes: 512 MiB. A zip file of half a megabyte can hold that much, if it is
/// zeros.
pub(super) const MAX_SIZE: u64 = 512 << 20;
/// The maximum number of files, folders and links in a charm.
const MAX_FILES: usize = 100_000;
/// The maximum length of a link's target in bytes: Linux's own limit.
const MAX_TARGET_LENGTH: u64 = 4096;
/// The maximum number of links to follow: Linux's own limit.
const MAX_LINKS: usize = 40;

/// An entry of the archive.
enum Entry {
    Folder,
    File { index: usize, mode: u32 },
    Link { target: String },
}

/// Unpack a charm to a folder, which must be missing or empty. Modes and symbolic links are kept.
///
/// # Errors
/// The file is not a charm: it is not a zip file, has nothing for Juju to execute, is too large, or has paths or links
/// that lead out of its folder. Or something cannot be read or written. In all cases `to` is left as it was.
pub fn unpack(charm: &Path, to: &Path) -> Result<(), UnpackError> {
    let unreadable = |error| UnpackError::Read { charm: charm.to_owned(), error };
    // Opening a named pipe would block until it has a writer.
    if !fs::metadata(charm).map_err(unreadable)?.is_file() {
        return Err(refusal(charm, "it is not a file"));
    }
    let file = File::open(charm).map_err(unreadable)?;
    let mut zip = ZipArchive::new(BufReader::new(file))
        .map_err(|error| refusal(charm, &format!("it is not a zip file, or a damaged one ({error})")))?;
    let entries = read_entries(charm, &mut zip)?;

    let unwritable = |error| UnpackError::Write { to: to.to_owned(), error };
    let parent = to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(unwritable)?;
    let temporary = tempfile::Builder::new()
        .prefix(".charm-")
        .permissions(Permissions::from_mode(0o755))
        .tempdir_in(parent)
        .map_err(unwritable)?;
    write(charm, &mut zip, &entries, temporary.path())?;
    fs::rename(temporary.path(), to).map_err(unwritable)?;
    // The folder was moved, so there is nothing to remove.
    let _ = temporary.keep();
    Ok(())
}

fn refusal(charm: &Path, reason: &str) -> UnpackError {
    UnpackError::Refused { charm: charm.to_owned(), reason: reason.to_owned() }
}

/// Read the archive and check it, before anything is written.
fn read_entries(charm: &Path, zip: &mut ZipArchive<BufReader<File>>) -> Result<BTreeMap<String, Entry>, UnpackError> {
    let refuse = |reason: String| Err(refusal(charm, &reason));
    if zip.has_duplicate_names() {
        return refuse("it holds two files of the same name".to_owned());
    }
    if zip.len() > MAX_FILES {
        return refuse(format!("it holds {} files, and {MAX_FILES} is the limit", zip.len()));
    }
    let mut entries = BTreeMap::new();
    let mut size = 0_u64;
    for index in 0..zip.len() {
        let file = zip.by_index(index).map_err(|error| refusal(charm, &format!("it is damaged ({error})")))?;
        let raw = String::from_utf8_lossy(file.name_raw()).into_owned();
        let Some(path) = normalize_path(&raw) else {
            return refuse(format!("it holds the path {raw:?}, which leads out of the charm's folder"));
        };
        // The mode bits as in `stat`, if the archive comes from a system that has them.
        let mode = file.unix_mode().unwrap_or(0o644);
        let entry = match mode & 0o170_000 {
            _ if file.is_dir() => Entry::Folder,
            0o040_000 => Entry::Folder,
            0o120_000 => {
                let mut target = String::new();
                let read = file.take(MAX_TARGET_LENGTH).read_to_string(&mut target);
                read.map_err(|error| refusal(charm, &format!("its link {path:?} is damaged ({error})")))?;
                entries.insert(path, Entry::Link { target });
                continue;
            }
            0 | 0o100_000 => {
                size = size.saturating_add(file.size());
                Entry::File { index, mode: mode & 0o777 }
            }
            _ => return refuse(format!("{path:?} in it is neither a file nor a folder nor a link")),
        };
        if path.is_empty() && matches!(entry, Entry::Folder) {
            continue;
        }
        if entries.insert(path.clone(), entry).is_some() {
            return refuse(format!("it holds {path:?} twice"));
        }
    }
    if size > MAX_SIZE {
        return refuse(format!("unpacked it has {size} bytes, and {MAX_SIZE} is the limit"));
    }
    check_parents(charm, &entries)?;
    check_links(charm, &entries)?;
    check_executable(charm, &entries)?;
    Ok(entries)
}

/// A path of the archive without `.` and double slashes, or `None` if it leads out of the archive.
fn normalize_path(raw: &str) -> Option<String> {
    if raw.is_empty() || raw.starts_with('/') || raw.contains('\0') {
        return None;
    }
    let mut names = vec![];
    for name in raw.split('/') {
        match name {
            "" | "." => {}
            ".." => return None,
            name => names.push(name),
        }
    }
    Some(names.join("/"))
}

/// Check that nothing is below a file or a link: that would write to the link's target.
fn check_parents(charm: &Path, entries: &BTreeMap<String, Entry>) -> Result<(), UnpackError> {
    for path in entries.keys() {
        for (end, _) in path.match_indices('/') {
            let what = match entries.get(&path[..end]) {
                None | Some(Entry::Folder) => continue,
                Some(Entry::File { .. }) => "file",
                Some(Entry::Link { .. }) => "link",
            };
            return Err(refusal(charm, &format!("it holds {path:?} below {:?}, which is a {what}", &path[..end])));
        }
    }
    Ok(())
}

fn check_links(charm: &Path, entries: &BTreeMap<String, Entry>) -> Result<(), UnpackError> {
    for (path, entry) in entries {
        if let Entry::Link { target } = entry {
            let names: Vec<&str> = path.split('/').collect();
            if target.is_empty() || !stays_inside(entries, &names[..names.len() - 1], target, 0) {
                return Err(refusal(
                    charm,
                    &format!("its link {path:?} to {target:?} leads out of the charm's folder, or nowhere"),
                ));
            }
        }
    }
    Ok(())
}

/// Whether a link's target, relative to a folder of the archive, stays in the archive. Follows links on the path: `a
/// -> .` and `b -> a/..` both look harmless.
fn stays_inside(entries: &BTreeMap<String, Entry>, folder: &[&str], target: &str, depth: usize) -> bool {
    resolve(entries, folder.iter().map(|name| (*name).to_owned()).collect(), target, depth).is_some()
}

fn resolve(
    entries: &BTreeMap<String, Entry>,
    mut folder: Vec<String>,
    path: &str,
    depth: usize,
) -> Option<Vec<String>> {
    if path.starts_with('/') || path.contains('\0') || depth > MAX_LINKS {
        return None;
    }
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." => {
                folder.pop()?;
            }
            name => {
                folder.push(name.to_owned());
                if let Some(Entry::Link { target }) = entries.get(&folder.join("/")) {
                    folder.pop();
                    folder = resolve(entries, folder, target, depth + 1)?;
                }
            }
        }
    }
    Some(folder)
}

/// Check that there is something for Juju to execute.
fn check_executable(charm: &Path, entries: &BTreeMap<String, Entry>) -> Result<(), UnpackError> {
    if !entries.contains_key("metadata.yaml") {
        return Err(refusal(charm, "it has no metadata.yaml"));
    }
    match entries.get("dispatch") {
        Some(Entry::File { mode, .. }) if mode & 0o111 == 0 => {
            Err(refusal(charm, "its `dispatch` is not executable (chmod +x dispatch, and pack it again)"))
        }
        Some(Entry::Folder) => Err(refusal(charm, "its `dispatch` is a folder")),
        Some(_) => Ok(()),
        None if entries.keys().any(|path| path.starts_with("hooks/")) => Ok(()),
        None => Err(refusal(charm, "it has neither `dispatch` nor `hooks`, so Juju would have nothing to execute")),
    }
}

fn write(
    charm: &Path,
    zip: &mut ZipArchive<BufReader<File>>,
    entries: &BTreeMap<String, Entry>,
    root: &Path,
) -> Result<(), UnpackError> {
    // Do not trust the sizes that a zip file declares.
    let mut remaining = MAX_SIZE;
    for (path, entry) in entries {
        let to: PathBuf = root.join(path);
        let unwritable = |error: io::Error| UnpackError::Write { to: to.clone(), error };
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent).map_err(unwritable)?;
        }
        match entry {
            Entry::Folder => fs::create_dir_all(&to).map_err(unwritable)?,
            Entry::Link { target } => symlink(target, &to).map_err(unwritable)?,
            Entry::File { index, mode } => {
                let damaged =
                    |error: &dyn fmt::Display| refusal(charm, &format!("{path:?} in it is damaged ({error})"));
                let file = zip.by_index(*index).map_err(|error| damaged(&error))?;
                // Juju makes hooks executable itself.
                let mode = if path.starts_with("hooks/") { mode | 0o100 } else { *mode };
                let mut out =
                    OpenOptions::new().write(true).create_new(true).mode(mode).open(&to).map_err(unwritable)?;
                let mut content = file.take(remaining + 1);
                let mut buffer = vec![0; 1 << 16];
                loop {
                    let read = content.read(&mut buffer).map_err(|error| damaged(&error))?;
                    if read == 0 {
                        break;
                    }
                    remaining = remaining.checked_sub(read as u64).ok_or_else(|| {
                        refusal(charm, &format!("unpacked it has more than {MAX_SIZE} bytes, which is the limit"))
                    })?;
                    io::Write::write_all(&mut out, &buffer[..read]).map_err(unwritable)?;
                }
                // Restore what the umask has removed.
                out.set_permissions(Permissions::from_mode(mode)).map_err(unwritable)?;
            }
        }
    }
    Ok(())
}
