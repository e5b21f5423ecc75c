//! The script for a command given to `juju exec`.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;

use tempfile::TempDir;

use crate::machine::{Files, Folder};

/// The user who runs a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunBy {
    Root,
    /// Another user, who must be able to read it.
    User,
}

/// A script in a machine. Dropping it removes the file.
pub struct Script {
    folder: TempDir,
    /// Keeps the folder reachable.
    _tmp: Folder,
}

impl Script {
    /// Write a script into a machine: `/tmp/juju-exec…/script.sh`. github.com/juju/utils: `shellAndArgs` in
    /// exec/exec.go.
    pub fn write(files: &Files, text: &str, by: RunBy) -> io::Result<Self> {
        let tmp = files.folder("/tmp")?;
        let folder = tempfile::Builder::new().prefix("juju-exec").tempdir_in(tmp.path(""))?;
        let (folder_mode, mode) = if by == RunBy::Root { (0o700, 0o600) } else { (0o755, 0o644) };
        let file = folder.path().join("script.sh");
        fs::write(&file, text)?;
        fs::set_permissions(&file, Permissions::from_mode(mode))?;
        fs::set_permissions(folder.path(), Permissions::from_mode(folder_mode))?;
        Ok(Self { folder, _tmp: tmp })
    }

    /// Its path in the machine.
    pub fn path(&self) -> String {
        let name = self.folder.path().file_name().unwrap_or_default().to_string_lossy();
        format!("/tmp/{name}/script.sh")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_removed_when_dropped_and_readable_for_others_only_if_another_user_runs_it() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("tmp")).unwrap();
        let files = Files::at(root.path()).unwrap();
        for (by, mode) in [(RunBy::Root, 0o600), (RunBy::User, 0o644)] {
            let script = Script::write(&files, "echo $0", by).unwrap();
            let path = script.path();
            assert!(path.starts_with("/tmp/juju-exec") && path.ends_with("/script.sh"), "{path}");
            assert_eq!(files.read(&path).unwrap(), b"echo $0");
            assert_eq!(files.metadata(&path).unwrap().permissions().mode() & 0o777, mode);
            drop(script);
            assert!(files.metadata(&path).is_err());
        }
    }
}
