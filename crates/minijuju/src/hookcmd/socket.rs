//! Unix sockets with long paths.
//!
//! A socket's path is limited to 108 bytes, but the path of a unit's agent folder, seen from outside its machine, can
//! be longer. So the folder is opened first, and the socket is addressed relative to it.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

/// The path of a socket relative to its open folder, which must stay open while the path is used.
fn short_path(path: &Path) -> io::Result<(File, PathBuf)> {
    let folder = File::open(path.parent().unwrap_or(Path::new("/")))?;
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let path = Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string()).join(name);
    Ok((folder, path))
}

/// Listen on the socket `path`, and replace a previous socket.
pub fn listen(path: &Path) -> io::Result<UnixListener> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let (_folder, path) = short_path(path)?;
    UnixListener::bind(path)
}

/// Connect to the socket `path`.
pub fn connect(path: &Path) -> io::Result<UnixStream> {
    if path.as_os_str().len() < 100 {
        return UnixStream::connect(path);
    }
    let (_folder, path) = short_path(path)?;
    UnixStream::connect(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_longer_than_a_socket_address_works() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("d".repeat(200));
        fs::create_dir(&deep).unwrap();
        let path = deep.join("agent.socket");
        drop(listen(&path).unwrap());
        let listener = listen(&path).unwrap();
        let _client = connect(&path).unwrap();
        listener.accept().unwrap();
    }
}
