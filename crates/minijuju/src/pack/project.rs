//! Packs a project into a `.charm`.

use std::{
    env, fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use ops_metadata::{CharmFiles, Part};

use super::{PackError, Profile, Step, UnsupportedPart, archive::Archive, binary, entry_point, listing};

/// The timestamp of all files in a charm, so that the same project produces the same bytes: the earliest that a zip
/// file can store.
const TIMESTAMP: &str = "1980-01-01T00:00:00Z";

/// This machine's architecture by Juju's name, such as `amd64`.
#[must_use]
pub fn juju_arch() -> &'static str {
    match env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "powerpc64" => "ppc64el",
        arch => arch,
    }
}

/// Pack the charm of a project folder, for this machine's architecture. Returns the `.charm`: `NAME_ARCH.charm` in
/// `out_dir`.
///
/// A Rust charm's binary is built with this profile, and packed with `dispatch`, the files of `dump` parts, and the
/// YAML files that Charmcraft derives from `charmcraft.yaml`. For another charm, such as one in Python, all files of
/// the folder are packed, except `.git`, `.charm` files and `__pycache__`: what it needs at run time must already be
/// there.
///
/// The same project always produces the same bytes.
///
/// # Errors
/// Juju would refuse the charm, Cargo cannot build it, it has parts that only Charmcraft can build, or a file cannot
/// be read or written.
pub fn pack(
    project: &Path,
    out_dir: &Path,
    profile: Profile,
    progress: &mut dyn FnMut(Step<'_>),
) -> Result<PathBuf, PackError> {
    let arch = juju_arch();
    let packer = concat!("minijuju ", env!("CARGO_PKG_VERSION"));
    let files = CharmFiles::from_project(project, arch, packer, TIMESTAMP)?;
    let dispatch = read_dispatch(project)?;
    for text in files.warnings.iter().map(|warning| format!("charmcraft.yaml: {warning}")) {
        progress(Step::Warning { text: &text });
    }

    let mut archive = Archive::default();
    if is_rust_charm(project, &files.parts) {
        let path = project.join("dispatch");
        let dispatch = dispatch.ok_or_else(|| PackError::NothingToExecute { project: project.to_owned() })?;
        let binary = entry_point::binary(&dispatch)
            .ok_or_else(|| PackError::EntryPoint { path, line: entry_point::last_line(&dispatch).to_owned() })?;
        for part in &files.parts {
            add_part(&mut archive, project, part)?;
        }
        for part in files.parts.iter().filter(|part| part.plugin == "rust" && !primes(part, &format!("bin/{binary}"))) {
            let text = format!(
                "parts.{}.prime lacks bin/{binary}, so `charmcraft pack` would leave the charm's binary out; add it there",
                part.name
            );
            progress(Step::Warning { text: &text });
        }
        progress(Step::Building { binary });
        archive.file("dispatch", project.join("dispatch"));
        let program = binary::build(project, binary, profile, progress)?;
        if binary::is_dynamic(&program)? {
            let text = format!(
                "bin/{binary} is linked dynamically: it starts only where the C library is as new as this computer's. Link it \
                 statically: rustflags = [\"-C\", \"target-feature=+crt-static\"] for the target in .cargo/config.toml"
            );
            progress(Step::Warning { text: &text });
        }
        archive.file(&format!("bin/{binary}"), program);
    } else {
        if dispatch.is_none() && !project.join("hooks").is_dir() {
            return Err(PackError::NothingToExecute { project: project.to_owned() });
        }
        let skip = |path: &str| {
            let name = path.rsplit('/').next().unwrap_or(path);
            let is_charm =
                !path.contains('/') && Path::new(path).extension().is_some_and(|extension| extension == "charm");
            // The packed YAML files contain what `charmcraft.yaml` says, and Juju does not read it.
            is_charm || path == "charmcraft.yaml" || matches!(name, ".git" | "__pycache__")
        };
        listing::add(&mut archive, project, project, "", &skip)?;
    }

    archive.text("metadata.yaml", files.metadata);
    let derived = [("config.yaml", files.config), ("actions.yaml", files.actions), ("manifest.yaml", files.manifest)];
    for (name, content) in derived {
        if let Some(content) = content {
            archive.text(name, content);
        }
    }

    let label = files.platform.map_or(arch.to_owned(), |platform| platform.label);
    let charm = out_dir.join(format!("{}_{label}.charm", files.meta.name));
    progress(Step::Writing);
    archive.write(&charm, profile)?;
    Ok(charm)
}

/// The content of `dispatch`, if Juju can execute it.
fn read_dispatch(project: &Path) -> Result<Option<String>, PackError> {
    let path = project.join("dispatch");
    let unreadable = |error| PackError::Read { path: path.clone(), error };
    match fs::metadata(&path) {
        Ok(metadata) if metadata.permissions().mode() & 0o111 == 0 => Ok(None),
        Ok(_) => match fs::read(&path) {
            // A `dispatch` may be binary.
            Ok(content) => Ok(Some(String::from_utf8_lossy(&content).into_owned())),
            Err(error) => Err(unreadable(error)),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(error)),
    }
}

fn is_rust_charm(project: &Path, parts: &[Part]) -> bool {
    project.join("Cargo.toml").is_file() && (parts.is_empty() || parts.iter().any(|part| part.plugin == "rust"))
}

/// Add the files of a part of `charmcraft.yaml` other than the binary.
fn add_part(archive: &mut Archive, project: &Path, part: &Part) -> Result<(), PackError> {
    let unsupported = |reason| PackError::UnsupportedPart { part: part.name.clone(), reason };
    if part.has_override_scripts {
        return Err(unsupported(UnsupportedPart::Overrides));
    }
    match part.plugin.as_str() {
        "rust" | "nil" if part.organize.is_empty() => return Ok(()),
        "rust" | "nil" => return Err(unsupported(UnsupportedPart::Organizes)),
        "dump" => {}
        plugin => return Err(unsupported(UnsupportedPart::UnknownPlugin(plugin.to_owned()))),
    }
    let source = part.source.as_deref().unwrap_or(".");
    if source.contains("://") {
        return Err(unsupported(UnsupportedPart::RemoteSource(source.to_owned())));
    }
    let source = project.join(source);
    let mut moved = vec![];
    for (from, to) in &part.organize {
        let (from, into) = (plain_path(from).map_err(unsupported)?, plain_path(to).map_err(unsupported)?);
        // Into a folder, or under another name.
        let name = from.rsplit('/').next().unwrap_or(from);
        moved.push((from, if to.ends_with('/') { format!("{into}/{name}") } else { into.to_owned() }));
    }
    let is_unmoved = |path: &str| moved.iter().all(|(from, _)| *from != path);
    if part.files.is_empty() {
        if source.canonicalize().ok() == project.canonicalize().ok() {
            return Err(unsupported(UnsupportedPart::WholeProject));
        }
        listing::add(archive, project, &source, "", &|path| !is_unmoved(path))?;
        for (from, to) in &moved {
            listing::add(archive, project, &source.join(from), to, &|_| false)?;
        }
        return Ok(());
    }
    for path in &part.files {
        let path = plain_path(path).map_err(unsupported)?;
        let mut is_moved = false;
        for (from, to) in &moved {
            // Everything that was moved, or a part of it.
            let (from, to) = match path.strip_prefix(to.as_str()).filter(|rest| rest.starts_with('/')) {
                Some(rest) => (source.join(format!("{from}{rest}")), path),
                None if to == path || to.strip_prefix(path).is_some_and(|rest| rest.starts_with('/')) => {
                    (source.join(from), to.as_str())
                }
                None => continue,
            };
            listing::add(archive, project, &from, to, &|_| false)?;
            is_moved = true;
        }
        if !is_moved || is_unmoved(path) && source.join(path).symlink_metadata().is_ok() {
            listing::add(archive, project, &source.join(path), path, &|path| !is_unmoved(path))?;
        }
    }
    Ok(())
}

/// A path in a part, which must not be a pattern.
fn plain_path(path: &str) -> Result<&str, UnsupportedPart> {
    let trimmed = path.trim_end_matches('/');
    if trimmed.starts_with(['-', '/']) || trimmed.contains(['*', '(']) || trimmed.split('/').any(|name| name == "..") {
        return Err(UnsupportedPart::NotPlain(path.to_owned()));
    }
    Ok(trimmed)
}

/// Whether Charmcraft primes a file of a part.
fn primes(part: &Part, file: &str) -> bool {
    let (excluded, included): (Vec<&str>, Vec<&str>) =
        part.files.iter().map(String::as_str).partition(|path| path.starts_with('-'));
    let matches = |pattern: &str| {
        let pattern = pattern.trim_end_matches('/');
        match pattern.split_once('*') {
            Some((start, end)) => file.starts_with(start) && file.ends_with(end.trim_start_matches('*')),
            None => file == pattern || file.strip_prefix(pattern).is_some_and(|rest| rest.starts_with('/')),
        }
    };
    (included.is_empty() || included.into_iter().any(matches))
        && !excluded.into_iter().any(|pattern| matches(&pattern[1..]))
}
