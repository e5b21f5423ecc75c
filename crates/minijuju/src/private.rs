//! Private files and folders, accessible only to their owner, whatever the umask is and whatever an older version
//! left.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use atomic_file::NewFile;

/// The private folders in the data folder.
const FOLDERS: [&str; 6] = ["bases", "charms", "machines", "models", "resources", "stand-ins"];

/// The private files in the data folder. `tools` is readable in machines, where it is mounted separately.
const FILES: [&str; 3] = ["minijuju.db", "minijuju.db-shm", "minijuju.db-wal"];

/// The other names in a data folder.
const OTHER_NAMES: [&str; 2] = ["network.json", "tools"];

/// Create a private folder, or make an existing one private.
pub fn folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    restrict_mode(path, 0o700)
}

/// Create the data folder, or make it private. If it holds other files too, make only minijuju's files private.
pub fn data_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    let is_minijujus_name = |name: &str| FOLDERS.iter().chain(&FILES).chain(&OTHER_NAMES).any(|known| *known == name);
    // If a process was killed before it replaced one of them, its new file is left: `.NAME` and more.
    let is_leftover =
        |name: &str| name.strip_prefix('.').is_some_and(|name| OTHER_NAMES.iter().any(|known| name.starts_with(known)));
    let mut entries = fs::read_dir(path)?.flatten();
    let is_minijujus_file = |name: &str| is_minijujus_name(name) || is_leftover(name) || name.starts_with(".tmp");
    if entries.all(|entry| entry.file_name().to_str().is_some_and(is_minijujus_file)) {
        restrict_mode(path, 0o700)?;
    }
    let ignore_missing = |result: io::Result<()>| match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    };
    FOLDERS.iter().try_for_each(|name| ignore_missing(restrict_mode(&path.join(name), 0o700)))?;
    FILES.iter().try_for_each(|name| ignore_missing(restrict_mode(&path.join(name), 0o600)))
}

/// Create an empty file, unless it exists.
pub fn file(path: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => restrict_mode(path, 0o600),
    }
}

/// Replace a file atomically.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut new = NewFile::beside(path)?;
    new.file().write_all(content)?;
    // This does not sync, so writers need not wait for the disk. After a crash of the computer its machines are gone
    // anyway.
    new.persist()
}

/// Open a file that is used only as a lock. If others could have opened it, it is replaced, because they could hold
/// its lock forever.
pub fn lock_file(path: &Path) -> io::Result<File> {
    loop {
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
        let meta = file.metadata()?;
        if meta.mode() & 0o777 == 0o600 && is_owned_by_us(&meta) {
            return Ok(file);
        }
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
}

/// Whether an open file is the one that is at `path` now.
pub fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let (opened, at_path) = (file.metadata()?, fs::symlink_metadata(path));
    Ok(at_path.is_ok_and(|at_path| identity(&at_path) == identity(&opened)))
}

/// A file's device and inode.
pub fn identity(meta: &Metadata) -> (u64, u64) {
    (meta.dev(), meta.ino())
}

fn is_owned_by_us(meta: &Metadata) -> bool {
    meta.uid() == nix::unistd::geteuid().as_raw()
}

/// Remove others' permissions. Files of other owners are left alone.
fn restrict_mode(path: &Path, mode: u32) -> io::Result<()> {
    let meta = fs::metadata(path)?;
    if meta.mode() & 0o7777 == mode || !is_owned_by_us(&meta) {
        return Ok(());
    }
    fs::set_permissions(path, Permissions::from_mode(mode))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o7777
    }

    fn set(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn files_of_an_older_version_become_private() {
        let temporary = tempfile::tempdir().unwrap();
        let data = temporary.path().join("data");
        fs::create_dir_all(data.join("machines")).unwrap();
        fs::write(data.join("minijuju.db-wal"), "secrets").unwrap();
        set(&data, 0o755);
        set(&data.join("machines"), 0o755);
        set(&data.join("minijuju.db-wal"), 0o644);
        data_folder(&data).unwrap();
        let modes = [&data, &data.join("machines"), &data.join("minijuju.db-wal")].map(|path| mode(path));
        assert_eq!(modes, [0o700, 0o700, 0o600]);
    }

    #[test]
    fn a_data_folder_with_other_files_keeps_its_mode() {
        let temporary = tempfile::tempdir().unwrap();
        fs::create_dir(temporary.path().join("models")).unwrap();
        fs::write(temporary.path().join("letter"), "").unwrap();
        set(temporary.path(), 0o755);
        set(&temporary.path().join("models"), 0o755);
        data_folder(temporary.path()).unwrap();
        assert_eq!((mode(temporary.path()), mode(&temporary.path().join("models"))), (0o755, 0o700));
    }

    #[test]
    fn a_lock_that_others_could_hold_is_replaced() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("lock");
        let held = File::create(&path).unwrap();
        set(&path, 0o644);
        held.lock().unwrap();
        let lock = lock_file(&path).unwrap();
        lock.try_lock().unwrap();
        assert_eq!(mode(&path), 0o600);
        assert!(is_at(&lock, &path).unwrap() && !is_at(&held, &path).unwrap());
        assert!(is_at(&lock_file(&path).unwrap(), &path).unwrap(), "a closed one stays");
    }

    #[test]
    fn a_failed_replacement_leaves_no_file_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("manifest.json");
        replace(&path, b"[1]").unwrap();
        replace(&path, b"[2]").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"[2]");
        // What blocks the last step makes the whole operation fail.
        let taken = folder.path().join("taken");
        fs::create_dir(&taken).unwrap();
        replace(&taken, b"[3]").unwrap_err();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "and no part of it is left");
    }
}
