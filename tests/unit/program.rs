//! Programs that a test writes.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// Make the shell script `script` a program at `path`, in place of what is there.
pub fn write(path: &Path, script: &str) {
    let folder = path.parent().unwrap();
    let program = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/unit/program"));
    let file = PathBuf::from(format!("{}.sh", path.display()));
    fs::create_dir_all(folder).unwrap();
    // A shell that is running the last one continues with it.
    for old in [path, &file] {
        let _ = fs::remove_file(old);
    }
    fs::write(&file, format!("{script}\n")).unwrap();
    symlink(program, path).unwrap();
}
