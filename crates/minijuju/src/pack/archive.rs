//! Writes a `.charm`.

use std::{
    collections::BTreeMap,
    fs::{self, File, Permissions},
    io::{self, BufRead as _, BufReader, BufWriter, Seek, SeekFrom, Write},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

use super::{PackError, Profile};

/// The content of a charm, by path. The same entries always produce the same bytes: they are sorted, have one
/// timestamp, and their modes are reduced to what matters.
#[derive(Debug, Default)]
pub(super) struct Archive {
    entries: BTreeMap<String, Entry>,
}

#[derive(Debug)]
enum Entry {
    Text(String),
    File(PathBuf),
    Link(String),
}

impl Archive {
    /// Add a file with this content.
    pub(super) fn text(&mut self, path: &str, content: String) {
        self.entries.insert(path.to_owned(), Entry::Text(content));
    }

    /// Add a file, and whether it is executable.
    pub(super) fn file(&mut self, path: &str, source: PathBuf) {
        self.entries.insert(path.to_owned(), Entry::File(source));
    }

    /// Add a symbolic link.
    pub(super) fn link(&mut self, path: &str, target: String) {
        self.entries.insert(path.to_owned(), Entry::Link(target));
    }

    /// Write the charm atomically.
    pub(super) fn write(&self, charm: &Path, profile: Profile) -> Result<(), PackError> {
        // A charm that is unpacked at once on this computer need not be small.
        let level = match profile {
            Profile::Release => 9,
            Profile::Dev => 1,
        };
        let unwritable = |error: io::Error| PackError::Write { path: charm.to_owned(), error };
        let folder = charm.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(unwritable)?;
        let mut temporary = tempfile::Builder::new()
            .prefix(".charm-")
            .permissions(Permissions::from_mode(0o644))
            .tempfile_in(folder)
            .map_err(unwritable)?;
        let mut zip = ZipWriter::new(BufWriter::new(FailOnce::new(temporary.as_file_mut())));
        for (path, entry) in &self.entries {
            let options = SimpleFileOptions::default()
                .last_modified_time(DateTime::default())
                .compression_method(CompressionMethod::Deflated)
                .compression_level(Some(level));
            match entry {
                Entry::Text(content) => {
                    zip.start_file(path, options.unix_permissions(0o644)).map_err(|e| unwritable(e.into()))?;
                    zip.write_all(content.as_bytes()).map_err(unwritable)?;
                }
                Entry::File(source) => {
                    let unreadable = |error| PackError::Read { path: source.clone(), error };
                    let file = File::open(source).map_err(unreadable)?;
                    let metadata = file.metadata().map_err(unreadable)?;
                    let mode = if metadata.permissions().mode() & 0o111 == 0 { 0o644 } else { 0o755 };
                    let options = options.unix_permissions(mode).large_file(metadata.len() > u64::from(u32::MAX));
                    zip.start_file(path, options).map_err(|e| unwritable(e.into()))?;
                    // Unlike `io::copy`, this tells whether the source or the charm is at fault.
                    let mut content = BufReader::new(file);
                    while let bytes @ [_, ..] = content.fill_buf().map_err(unreadable)? {
                        zip.write_all(bytes).map_err(unwritable)?;
                        let length = bytes.len();
                        content.consume(length);
                    }
                }
                Entry::Link(target) => {
                    zip.add_symlink(path, target, options.unix_permissions(0o777)).map_err(|e| unwritable(e.into()))?;
                }
            }
        }
        let mut file = zip.finish().map_err(|e| unwritable(e.into()))?;
        file.flush().map_err(unwritable)?;
        drop(file);
        temporary.persist(charm).map_err(|e| unwritable(e.error))?;
        Ok(())
    }
}

/// The file that an archive is written to. Its first error is returned once. After that it only counts, because the ZIP
/// library finishes an archive when it drops it, and would print the error again.
#[derive(Debug)]
struct FailOnce<F> {
    file: F,
    failed: bool,
    position: u64,
    end: u64,
}

impl<F: Write + Seek> FailOnce<F> {
    fn new(file: F) -> Self {
        Self { file, failed: false, position: 0, end: 0 }
    }
}

impl<F: Write + Seek> Write for FailOnce<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length =
            if self.failed { bytes.len() } else { self.file.write(bytes).inspect_err(|_| self.failed = true)? };
        self.position += length as u64;
        self.end = self.end.max(self.position);
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.failed { Ok(()) } else { self.file.flush().inspect_err(|_| self.failed = true) }
    }
}

impl<F: Write + Seek> Seek for FailOnce<F> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => self.end.checked_add_signed(by),
        };
        let at = at.ok_or(io::ErrorKind::InvalidInput)?;
        if !self.failed {
            self.file.seek(SeekFrom::Start(at)).inspect_err(|_| self.failed = true)?;
        }
        self.position = at;
        Ok(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk with little space. It counts how often it said so.
    struct SmallDisk<'a> {
        content: io::Cursor<Vec<u8>>,
        space: usize,
        refusals: &'a mut u32,
    }

    impl Write for SmallDisk<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.content.get_ref().len() + bytes.len() > self.space {
                *self.refusals += 1;
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.content.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Seek for SmallDisk<'_> {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.content.seek(to)
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named_instead_of_the_charm() {
        let folder = tempfile::tempdir().unwrap();
        let mut archive = Archive::default();
        // A folder can be opened, but not read.
        archive.file("dispatch", folder.path().to_owned());
        let charm = folder.path().join("my.charm");
        let error = archive.write(&charm, Profile::Dev).unwrap_err();
        assert!(matches!(error, PackError::Read { path, .. } if path == folder.path()));
        assert!(!charm.exists());
    }

    #[test]
    fn a_full_disk_is_reported_once_and_not_again_when_the_archive_is_dropped() {
        for space in [0, 40, 100, 300] {
            let mut refusals = 0;
            let small = SmallDisk { content: io::Cursor::default(), space, refusals: &mut refusals };
            let mut zip = ZipWriter::new(FailOnce::new(small));
            let write = |zip: &mut ZipWriter<_>| -> io::Result<()> {
                let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
                for name in ["dispatch", "charmcraft.yaml", "config.yaml"] {
                    zip.start_file(name, options)?;
                    zip.write_all(&[b'x'; 50])?;
                }
                Ok(())
            };
            let error = write(&mut zip).and_then(|()| zip.finish().map(drop).map_err(io::Error::from)).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::StorageFull, "{space} bytes");
            assert_eq!(refusals, 1, "{space} bytes");
        }
    }
}
