//! A machine's files, accessed from the host without leaving the machine.
//!
//! Joining a path to a machine's root is unsafe: the host would resolve absolute links against its own root. Here the
//! kernel resolves paths as for a process in the machine (openat2(2)).

use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{Mode, OFlags, ResolveFlags, mkdirat, openat2};
use rustix::io::Errno;

/// The files below a machine's root.
#[derive(Debug)]
pub struct Files {
    root: OwnedFd,
}

/// An open folder of a machine. It stays the same folder, even if the machine renames it.
#[derive(Debug)]
pub struct Folder {
    folder: OwnedFd,
}

impl Files {
    /// The files below the folder `root` of this computer.
    pub fn at(root: &Path) -> io::Result<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self { root: rustix::fs::open(root, flags, Mode::empty())? })
    }

    /// The metadata of `path`, with links followed.
    pub fn metadata(&self, path: impl AsRef<Path>) -> io::Result<Metadata> {
        File::from(self.open(path.as_ref(), OFlags::PATH)?).metadata()
    }

    /// The content of the regular file `path`.
    pub fn read(&self, path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
        // Opening a pipe without a writer would block.
        let mut file = File::from(self.open(path.as_ref(), OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY)?);
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("it is not a regular file"));
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The existing folder `path`.
    pub fn folder(&self, path: impl AsRef<Path>) -> io::Result<Folder> {
        Ok(Folder { folder: self.open(path.as_ref(), OFlags::PATH | OFlags::DIRECTORY)? })
    }

    /// The folder `path`. Missing folders are created with mode 0755.
    pub fn make_folder(&self, path: impl AsRef<Path>) -> io::Result<Folder> {
        let path = path.as_ref();
        let mut current = PathBuf::from("/");
        let mut folder = self.folder(&current)?;
        for part in path.components() {
            let Component::Normal(name) = part else { continue };
            current.push(name);
            folder = match self.folder(&current) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    folder.create(name)?;
                    self.folder(&current)?
                }
                result => result?,
            };
        }
        Ok(folder)
    }

    fn open(&self, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
        let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
        loop {
            match openat2(&self.root, path, flags | OFlags::CLOEXEC, Mode::empty(), resolve) {
                // A rename during the look-up, or a signal.
                Err(Errno::AGAIN | Errno::INTR) => {}
                result => return Ok(result?),
            }
        }
    }
}

impl Folder {
    /// A path on the host for `name` in this folder, valid while the folder is held. The host follows a link there, so
    /// use it only for calls that do not follow the last link.
    pub fn path(&self, name: impl AsRef<OsStr>) -> PathBuf {
        let number = self.folder.as_raw_fd().to_string();
        Path::new("/proc/self/fd").join(number).join(name.as_ref())
    }

    /// The folder's path on the host, with links resolved.
    pub fn real_path(&self) -> io::Result<PathBuf> {
        fs::read_link(Path::new("/proc/self/fd").join(self.folder.as_raw_fd().to_string()))
    }

    fn create(&self, name: &OsStr) -> io::Result<()> {
        let mode = Mode::from_raw_mode(0o755);
        match mkdirat(&self.folder, name, mode) {
            Err(Errno::EXIST) => return Ok(()),
            result => result?,
        }
        // The umask may have removed bits.
        fs::set_permissions(self.path(name), std::os::unix::fs::PermissionsExt::from_mode(0o755))
    }

    /// Remove `name`, and everything below it.
    pub fn remove_all(&self, name: &str) -> io::Result<()> {
        let path = self.path(name);
        let removed = match fs::symlink_metadata(&path) {
            Ok(meta) if meta.is_dir() => fs::remove_dir_all(&path),
            Ok(_) => fs::remove_file(&path),
            Err(error) => Err(error),
        };
        match removed {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            result => result,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, symlink};

    use super::*;

    /// A root folder, and a folder beside it that absolute links in the root lead to.
    fn roots() -> (tempfile::TempDir, PathBuf, PathBuf) {
        let temporary = tempfile::tempdir().unwrap();
        let (root, beside) = (temporary.path().join("root"), temporary.path().join("beside"));
        fs::create_dir_all(root.join("var/lib")).unwrap();
        fs::create_dir(&beside).unwrap();
        symlink(&beside, root.join("var/lib/juju")).unwrap();
        (temporary, root, beside)
    }

    #[test]
    fn an_absolute_link_leads_to_the_machines_own_file() {
        let (_temporary, root, beside) = roots();
        fs::write(beside.join("file"), "the computer's").unwrap();
        let files = Files::at(&root).unwrap();
        assert_eq!(files.read("/var/lib/juju/file").unwrap_err().kind(), io::ErrorKind::NotFound);
        let in_machine = root.join(beside.strip_prefix("/").unwrap());
        fs::create_dir_all(&in_machine).unwrap();
        fs::write(in_machine.join("file"), "the machine's").unwrap();
        assert_eq!(files.read("/var/lib/juju/file").unwrap(), b"the machine's");
        let agents = files.make_folder("/var/lib/juju/agents/unit-a-0").unwrap();
        assert_eq!(agents.real_path().unwrap(), in_machine.canonicalize().unwrap().join("agents/unit-a-0"));
        assert_eq!(fs::metadata(in_machine.join("agents")).unwrap().mode() & 0o777, 0o755);
        assert_eq!(fs::read_dir(&beside).unwrap().count(), 1, "nothing was made on the computer");
    }

    #[test]
    fn a_broken_link_is_an_error_and_creates_nothing() {
        let (_temporary, root, beside) = roots();
        Files::at(&root).unwrap().make_folder("/var/lib/juju/agents").unwrap_err();
        assert_eq!(fs::read_dir(&beside).unwrap().count(), 0);
    }

    #[test]
    fn reading_a_pipe_is_an_error_and_does_not_block() {
        let (_temporary, root, _beside) = roots();
        nix::unistd::mkfifo(&root.join("passwd"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert!(fs::metadata(root.join("passwd")).unwrap().file_type().is_fifo());
        let error = Files::at(&root).unwrap().read("/passwd").unwrap_err();
        assert_eq!(error.to_string(), "it is not a regular file");
    }
}
