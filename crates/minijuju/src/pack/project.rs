//! Makes a `.charm` from a project.

use std::{
    env, fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use ops_metadata::{CharmFiles, Part};

use super::{PackError, archive::Archive, binary, entry_point, listing};

/// The time that a charm says it was made at, so that the same project makes the same bytes: the earliest that a zip
/// file knows.
const MADE_AT: &str = "1980-01-01T00:00:00Z";

/// What [`pack`] is doing.
#[derive(Debug, Clone, Copy)]
pub enum Step<'a> {
    /// Cargo begins to build the charm's binary.
    Building {
        /// The binary's name.
        binary: &'a str,
    },
    /// Cargo says something.
    Cargo {
        /// A line of its standard error.
        line: &'a str,
    },
    /// The `.charm` is being written.
    Writing {
        /// Where.
        charm: &'a Path,
    },
}

/// This machine's architecture in Juju's words, such as `amd64`.
#[must_use]
pub fn juju_arch() -> &'static str {
    match env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "powerpc64" => "ppc64el",
        arch => arch,
    }
}

/// Packs the charm whose project is in a folder, for this machine's architecture, and returns the `.charm`:
/// `NAME_ARCH.charm` in `out_dir`.
///
/// A Rust charm's binary is built for release and goes in with `dispatch`, the files of `dump` parts, and the YAML files
/// that Charmcraft makes from `charmcraft.yaml`. Of another charm, such as one in Python, all files of the folder go in,
/// but for `.git`, `.charm` files and `__pycache__`: what it needs at run time has to be there.
///
/// Packed again, the same project makes the same bytes.
///
/// # Errors
/// Juju would refuse the charm, Cargo cannot build it, it has parts that only Charmcraft can make, or a file cannot be
/// read or written.
pub fn pack(project: &Path, out_dir: &Path, progress: &mut dyn FnMut(Step<'_>)) -> Result<PathBuf, PackError> {
    let arch = juju_arch();
    let maker = concat!("minijuju ", env!("CARGO_PKG_VERSION"));
    let files = CharmFiles::from_project(project, arch, maker, MADE_AT)?;
    let dispatch = read_dispatch(project)?;

    let mut archive = Archive::default();
    if is_rust(project, &files.parts) {
        let path = project.join("dispatch");
        let dispatch = dispatch.ok_or_else(|| PackError::NothingToExecute { project: project.to_owned() })?;
        let binary = entry_point::binary(&dispatch)
            .ok_or_else(|| PackError::EntryPoint { path, line: entry_point::last_line(&dispatch).to_owned() })?;
        for part in &files.parts {
            add_part(&mut archive, project, part)?;
        }
        progress(Step::Building { binary });
        archive.file("dispatch", project.join("dispatch"));
        archive.file(&format!("bin/{binary}"), binary::build(project, binary, progress)?);
    } else {
        if dispatch.is_none() && !project.join("hooks").is_dir() {
            return Err(PackError::NothingToExecute { project: project.to_owned() });
        }
        let skip = |path: &str| {
            let name = path.rsplit('/').next().unwrap_or(path);
            let charm =
                !path.contains('/') && Path::new(path).extension().is_some_and(|extension| extension == "charm");
            // `charmcraft.yaml` is told by the files made from it, and Juju does not read it.
            charm || path == "charmcraft.yaml" || matches!(name, ".git" | "__pycache__")
        };
        listing::add(&mut archive, project, project, "", &skip)?;
    }

    archive.text("metadata.yaml", files.metadata);
    let made = [("config.yaml", files.config), ("actions.yaml", files.actions), ("manifest.yaml", files.manifest)];
    for (name, content) in made {
        if let Some(content) = content {
            archive.text(name, content);
        }
    }

    let label = files.platform.map_or(arch.to_owned(), |platform| platform.label);
    let charm = out_dir.join(format!("{}_{label}.charm", files.meta.name));
    progress(Step::Writing { charm: &charm });
    archive.write(&charm)?;
    Ok(charm)
}

/// The content of `dispatch`, if Juju can execute it.
fn read_dispatch(project: &Path) -> Result<Option<String>, PackError> {
    let path = project.join("dispatch");
    let unreadable = |source| PackError::Read { path: path.clone(), source };
    match fs::metadata(&path) {
        Ok(metadata) if metadata.permissions().mode() & 0o111 == 0 => Ok(None),
        Ok(_) => match fs::read(&path) {
            // A `dispatch` need not be text.
            Ok(content) => Ok(Some(String::from_utf8_lossy(&content).into_owned())),
            Err(error) => Err(unreadable(error)),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(error)),
    }
}

fn is_rust(project: &Path, parts: &[Part]) -> bool {
    project.join("Cargo.toml").is_file() && (parts.is_empty() || parts.iter().any(|part| part.plugin == "rust"))
}

/// Puts in what a part of `charmcraft.yaml` adds besides the binary.
fn add_part(archive: &mut Archive, project: &Path, part: &Part) -> Result<(), PackError> {
    let refused = |reason: String| PackError::Part { part: part.name.clone(), reason };
    if part.customized {
        return Err(refused("it changes files on the way (`organize` or `override-…`)".to_owned()));
    }
    match part.plugin.as_str() {
        "rust" | "nil" => return Ok(()),
        "dump" => {}
        plugin => return Err(refused(format!("the plugin `{plugin}` is unknown here"))),
    }
    let source = part.source.as_deref().unwrap_or(".");
    if source.contains("://") {
        return Err(refused(format!("its source {source} is not in the project")));
    }
    let source = project.join(source);
    if part.files.is_empty() {
        if source.canonicalize().ok() == project.canonicalize().ok() {
            return Err(refused("it puts the whole project into the charm; name its files under `stage`".to_owned()));
        }
        return listing::add(archive, project, &source, "", &|_| false);
    }
    for path in &part.files {
        let plain = path.trim_end_matches('/');
        if plain.starts_with(['-', '/']) || plain.contains(['*', '(']) || plain.split('/').any(|name| name == "..") {
            return Err(refused(format!("`{path}` is not the plain path of a file or folder")));
        }
        listing::add(archive, project, &source.join(plain), plain, &|_| false)?;
    }
    Ok(())
}
