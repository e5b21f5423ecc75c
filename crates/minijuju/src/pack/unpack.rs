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

/// How many bytes a charm may have unpacked: 512 MiB. A zip file of half a megabyte can hold as much, if it is zeros.
pub(super) const MAX_SIZE: u64 = 512 << 20;
/// How many files, folders and links a charm may have.
const MAX_FILES: usize = 100_000;
/// How long the target of a link may be, in bytes: Linux's own limit.
const MAX_TARGET: u64 = 4096;
/// How many links may lead to links: Linux's own limit.
const MAX_LINKS: usize = 40;

/// What stands at a path of the archive.
enum Entry {
    Folder,
    File { index: usize, mode: u32 },
    Link { target: String },
}

/// Unpacks a charm to a folder, which must not be there yet or be empty. Modes and symbolic links are kept.
///
/// # Errors
/// The file is not a charm: no zip file, nothing in it for Juju to execute, too large, or with paths or links that lead
/// out of its folder. Or something cannot be read or written. `to` is then as it was before.
pub fn unpack(charm: &Path, to: &Path) -> Result<(), UnpackError> {
    let unreadable = |error| UnpackError::Read { charm: charm.to_owned(), error };
    // To open a named pipe would be to wait for someone who writes to it.
    if !fs::metadata(charm).map_err(unreadable)?.is_file() {
        return Err(refused(charm, "it is not a file"));
    }
    let file = File::open(charm).map_err(unreadable)?;
    let mut zip = ZipArchive::new(BufReader::new(file))
        .map_err(|error| refused(charm, &format!("it is not a zip file, or a damaged one ({error})")))?;
    let entries = plan(charm, &mut zip)?;

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
    // Nothing is there any more to be removed.
    let _ = temporary.keep();
    Ok(())
}

fn refused(charm: &Path, reason: &str) -> UnpackError {
    UnpackError::Refused { charm: charm.to_owned(), reason: reason.to_owned() }
}

/// Reads what is in the archive and checks it, before anything is written.
fn plan(charm: &Path, zip: &mut ZipArchive<BufReader<File>>) -> Result<BTreeMap<String, Entry>, UnpackError> {
    let refuse = |reason: String| Err(refused(charm, &reason));
    if zip.has_duplicate_names() {
        return refuse("it holds two files of the same name".to_owned());
    }
    if zip.len() > MAX_FILES {
        return refuse(format!("it holds {} files, and {MAX_FILES} are the limit", zip.len()));
    }
    let mut entries = BTreeMap::new();
    let mut size = 0_u64;
    for index in 0..zip.len() {
        let file = zip.by_index(index).map_err(|error| refused(charm, &format!("it is damaged ({error})")))?;
        let raw = String::from_utf8_lossy(file.name_raw()).into_owned();
        let Some(path) = inner_path(&raw) else {
            return refuse(format!("it holds the path {raw:?}, which leads out of the charm's folder"));
        };
        // The type's bits, as `stat` gives them; none where the archive comes from a system without them.
        let mode = file.unix_mode().unwrap_or(0o644);
        let entry = match mode & 0o170_000 {
            _ if file.is_dir() => Entry::Folder,
            0o040_000 => Entry::Folder,
            0o120_000 => {
                let mut target = String::new();
                let read = file.take(MAX_TARGET).read_to_string(&mut target);
                read.map_err(|error| refused(charm, &format!("its link {path:?} is damaged ({error})")))?;
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
        return refuse(format!("unpacked it has {size} bytes, and {MAX_SIZE} are the limit"));
    }
    check_parents(charm, &entries)?;
    check_links(charm, &entries)?;
    check_executable(charm, &entries)?;
    Ok(entries)
}

/// A path of the archive without `.` and double slashes; `None` if it leads out of it.
fn inner_path(raw: &str) -> Option<String> {
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

/// Nothing may stand below a file, or below a link: that would write to where the link leads.
fn check_parents(charm: &Path, entries: &BTreeMap<String, Entry>) -> Result<(), UnpackError> {
    for path in entries.keys() {
        for (end, _) in path.match_indices('/') {
            let what = match entries.get(&path[..end]) {
                None | Some(Entry::Folder) => continue,
                Some(Entry::File { .. }) => "file",
                Some(Entry::Link { .. }) => "link",
            };
            return Err(refused(charm, &format!("it holds {path:?} below {:?}, which is a {what}", &path[..end])));
        }
    }
    Ok(())
}

fn check_links(charm: &Path, entries: &BTreeMap<String, Entry>) -> Result<(), UnpackError> {
    for (path, entry) in entries {
        if let Entry::Link { target } = entry {
            let place: Vec<&str> = path.split('/').collect();
            if target.is_empty() || !stays_inside(entries, &place[..place.len() - 1], target, 0) {
                return Err(refused(
                    charm,
                    &format!("its link {path:?} to {target:?} leads out of the charm's folder, or nowhere"),
                ));
            }
        }
    }
    Ok(())
}

/// Whether the way that a link's target describes, from a folder of the archive on, stays in the archive. Links on the
/// way are followed, for `a -> .` and `b -> a/..` both look harmless.
fn stays_inside(entries: &BTreeMap<String, Entry>, folder: &[&str], target: &str, depth: usize) -> bool {
    walk(entries, folder.iter().map(|name| (*name).to_owned()).collect(), target, depth).is_some()
}

fn walk(entries: &BTreeMap<String, Entry>, mut place: Vec<String>, way: &str, depth: usize) -> Option<Vec<String>> {
    if way.starts_with('/') || way.contains('\0') || depth > MAX_LINKS {
        return None;
    }
    for name in way.split('/') {
        match name {
            "" | "." => {}
            ".." => {
                place.pop()?;
            }
            name => {
                place.push(name.to_owned());
                if let Some(Entry::Link { target }) = entries.get(&place.join("/")) {
                    place.pop();
                    place = walk(entries, place, target, depth + 1)?;
                }
            }
        }
    }
    Some(place)
}

/// There has to be something for Juju to execute.
fn check_executable(charm: &Path, entries: &BTreeMap<String, Entry>) -> Result<(), UnpackError> {
    if !entries.contains_key("metadata.yaml") {
        return Err(refused(charm, "it has no metadata.yaml"));
    }
    match entries.get("dispatch") {
        Some(Entry::File { mode, .. }) if mode & 0o111 == 0 => {
            Err(refused(charm, "its `dispatch` is not executable (chmod +x dispatch, and pack it again)"))
        }
        Some(Entry::Folder) => Err(refused(charm, "its `dispatch` is a folder")),
        Some(_) => Ok(()),
        None if entries.keys().any(|path| path.starts_with("hooks/")) => Ok(()),
        None => Err(refused(charm, "it has neither `dispatch` nor `hooks`, so Juju would have nothing to execute")),
    }
}

fn write(
    charm: &Path,
    zip: &mut ZipArchive<BufReader<File>>,
    entries: &BTreeMap<String, Entry>,
    root: &Path,
) -> Result<(), UnpackError> {
    // Sizes in a zip file are only what it says itself.
    let mut left = MAX_SIZE;
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
                    |error: &dyn fmt::Display| refused(charm, &format!("{path:?} in it is damaged ({error})"));
                let file = zip.by_index(*index).map_err(|error| damaged(&error))?;
                // Juju makes hooks executable itself.
                let mode = if path.starts_with("hooks/") { mode | 0o100 } else { *mode };
                let mut out =
                    OpenOptions::new().write(true).create_new(true).mode(mode).open(&to).map_err(unwritable)?;
                let mut content = file.take(left + 1);
                let mut buffer = vec![0; 1 << 16];
                loop {
                    let read = content.read(&mut buffer).map_err(|error| damaged(&error))?;
                    if read == 0 {
                        break;
                    }
                    left = left.checked_sub(read as u64).ok_or_else(|| {
                        refused(charm, &format!("unpacked it has more than {MAX_SIZE} bytes, which are the limit"))
                    })?;
                    io::Write::write_all(&mut out, &buffer[..read]).map_err(unwritable)?;
                }
                // Whatever the umask has taken away.
                out.set_permissions(Permissions::from_mode(mode)).map_err(unwritable)?;
            }
        }
    }
    Ok(())
}
