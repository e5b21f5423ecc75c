//! Replace a file in one step: a reader sees all of the old file or all of the new one.
//!
//! The new content is written to a file beside the old one, which is then renamed:
//!
//! ```
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("settings.toml");
//! atomic_file::replace(&path, b"port = 80\n")?;
//! # assert_eq!(std::fs::read(&path)?, b"port = 80\n");
//! # Ok::<(), std::io::Error>(())
//! ```

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

/// How much of a file's name the name of the new file starts with, in bytes. Names have at most 255 bytes.
const MAX_PREFIX_LENGTH: usize = 200;

/// Write `content` to the file at `path`, readable only by its owner. An existing file is replaced. The new content
/// survives a crash of the machine.
///
/// # Errors
/// The file at `path` is then unchanged.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut new = NewFile::beside(path)?;
    new.file().write_all(content)?;
    new.persist_durably()
}

/// A new file that will replace another. It is removed if it is dropped before that.
#[derive(Debug)]
pub struct NewFile {
    file: File,
    temporary_path: PathBuf,
    path: PathBuf,
}

impl NewFile {
    /// Create an empty file beside `path`, open for writing, with access only for its owner.
    ///
    /// # Errors
    /// It cannot be created.
    pub fn beside(path: &Path) -> io::Result<Self> {
        /// Distinguishes the files of this process's threads.
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = path.file_name().unwrap_or_default().as_bytes();
        loop {
            let mut temporary_name = OsString::from(".");
            // The name may already have the maximum length, so use only its start.
            temporary_name.push(OsStr::from_bytes(&name[..name.len().min(MAX_PREFIX_LENGTH)]));
            temporary_name.push(format!(".{}.{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
            let temporary_path = path.with_file_name(temporary_name);
            match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary_path) {
                Ok(file) => return Ok(Self { file, temporary_path, path: path.to_owned() }),
                // Left by a killed process with the same PID: try the next name.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The file, to write it and to set its owner and mode.
    pub fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Rename the file to its final name. After a crash of the machine, the old file may still be there, or the file
    /// may be empty.
    ///
    /// # Errors
    /// Something other than a file is in the way, such as a folder.
    pub fn persist(mut self) -> io::Result<()> {
        fs::rename(&self.temporary_path, &self.path)?;
        self.temporary_path = PathBuf::new();
        Ok(())
    }

    /// Sync the content to disk, rename the file to its final name, and sync the folder.
    ///
    /// # Errors
    /// The disk is full, or something other than a file is in the way.
    pub fn persist_durably(self) -> io::Result<()> {
        // Sync before the rename. Otherwise a crash could leave an empty file.
        self.file.sync_all()?;
        let path = self.path.clone();
        self.persist()?;
        if let Err(error) = sync_folder(&path) {
            // The file is right, and not every file system supports this, so it is not an error.
            tracing::debug!(path = %path.display(), %error, "after a crash of the machine the old file could reappear");
        }
        Ok(())
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.temporary_path.as_os_str().is_empty()
            && let Err(error) = fs::remove_file(&self.temporary_path)
        {
            tracing::warn!(path = %self.temporary_path.display(), %error, "could not remove a file that is not needed");
        }
    }
}

/// Sync the folder, which holds the name, to make the rename durable.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use super::*;

    fn names(folder: &Path) -> Vec<OsString> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect()
    }

    #[test]
    fn a_file_is_replaced_and_only_its_owner_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        replace(&path, b"old").unwrap();
        let opened = File::open(&path).unwrap();
        replace(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(io::read_to_string(opened).unwrap(), "old", "who reads the old one is not disturbed");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
        assert_eq!(names(folder.path()), ["state"], "no other file is left");
    }

    #[test]
    fn a_dropped_new_file_leaves_the_old_file_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        fs::write(&path, "old").unwrap();
        let mut new = NewFile::beside(&path).unwrap();
        new.file().write_all(b"half of the n").unwrap();
        drop(new);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["state"]);
    }

    #[test]
    fn a_folder_at_the_path_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        fs::create_dir(&path).unwrap();
        assert_eq!(replace(&path, b"new").unwrap_err().kind(), io::ErrorKind::IsADirectory);
        assert_eq!(names(folder.path()), ["state"]);
        assert!(path.is_dir());
    }

    #[test]
    fn a_name_may_have_the_maximum_length() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("n".repeat(255));
        replace(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn files_of_a_killed_process_with_the_same_pid_are_skipped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        for count in 0..50 {
            fs::write(folder.path().join(format!(".state.{}.{count}", process::id())), "left").unwrap();
        }
        replace(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }
}
