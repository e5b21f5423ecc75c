//! Writes a `.charm`.

use std::{
    collections::BTreeMap,
    fs::{self, File, Permissions},
    io::{self, BufWriter, Write as _},
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
        let temporary = tempfile::Builder::new()
            .prefix(".charm-")
            .permissions(Permissions::from_mode(0o644))
            .tempfile_in(folder)
            .map_err(unwritable)?;
        let mut zip = ZipWriter::new(BufWriter::new(temporary));
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
                    let mut file = File::open(source).map_err(unreadable)?;
                    let metadata = file.metadata().map_err(unreadable)?;
                    let mode = if metadata.permissions().mode() & 0o111 == 0 { 0o644 } else { 0o755 };
                    let options = options.unix_permissions(mode).large_file(metadata.len() > u64::from(u32::MAX));
                    zip.start_file(path, options).map_err(|e| unwritable(e.into()))?;
                    io::copy(&mut file, &mut zip).map_err(unwritable)?;
                }
                Entry::Link(target) => {
                    zip.add_symlink(path, target, options.unix_permissions(0o777)).map_err(|e| unwritable(e.into()))?;
                }
            }
        }
        let file = zip.finish().map_err(|e| unwritable(e.into()))?;
        let temporary = file.into_inner().map_err(|e| unwritable(e.into_error()))?;
        temporary.persist(charm).map_err(|e| unwritable(e.error))?;
        Ok(())
    }
}
