//! Programs that tests write.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// Make the shell script `script` a program at `path`, replacing an existing one.
pub fn write(path: &Path, script: &str) {
    let folder = path.parent().unwrap();
    let program = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/unit/program"));
    let file = PathBuf::from(format!("{}.sh", path.display()));
    fs::create_dir_all(folder).unwrap();
    // A shell that is running the old file continues with it.
    for old in [path, &file] {
        let _ = fs::remove_file(old);
    }
    fs::write(&file, format!("{script}\n")).unwrap();
    symlink(program, path).unwrap();
}
