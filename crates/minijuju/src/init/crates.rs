//! Where a new charm gets the crates of the framework from: by default, from where this program came from.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::InitError;

/// Where the framework's crates are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CrateSource {
    /// The registry, in this version.
    Version(String),
    Git(String),
    /// The folder that holds the crates' folders.
    Folder(PathBuf),
}

impl CrateSource {
    /// Parse the argument of `--crates`: a version, a repository's URL, or a folder.
    pub(crate) fn parse(text: &str) -> Result<Self, InitError> {
        if text.starts_with(|c: char| c.is_ascii_digit()) && !Path::new(text).exists() {
            return Ok(Self::Version(text.to_owned()));
        }
        if text.contains("://") {
            return Ok(Self::Git(text.trim_start_matches("git+").to_owned()));
        }
        Self::folder(Path::new(text))
    }

    /// Where this program came from: recorded by `cargo install`, or else the folder that it was built in.
    pub(crate) fn of_this_program() -> Result<Self, InitError> {
        if let Some(recorded) = env::current_exe().ok().and_then(|program| recorded_by_cargo(&program)) {
            return match recorded {
                Self::Folder(folder) => Self::folder(&folder),
                source @ (Self::Version(_) | Self::Git(_)) => Ok(source),
            };
        }
        let built_in = Path::new(env!("CARGO_MANIFEST_DIR"));
        match built_in.parent() {
            Some(crates) if crates.join("ops").is_dir() => Self::folder(crates),
            _ => Err(InitError::NoCrates),
        }
    }

    /// The folder of the crates, in a checkout or given directly.
    fn folder(folder: &Path) -> Result<Self, InitError> {
        let folder = folder.canonicalize().map_err(|error| InitError::Read { path: folder.to_owned(), error })?;
        let inner = folder.join("crates");
        let folder = if inner.is_dir() { inner } else { folder };
        let missing = folder.join("ops/Cargo.toml");
        if missing.is_file() { Ok(Self::Folder(folder)) } else { Err(InitError::NotCratesFolder { folder, missing }) }
    }

    /// A dependency on one of the crates: the right side of its line in Cargo.toml.
    pub(crate) fn dependency(&self, package: &str, folder: &str, features: &[&str]) -> String {
        let from = match self {
            Self::Version(version) => format!("version = {version:?}"),
            Self::Git(url) => format!("git = {url:?}"),
            Self::Folder(crates) => format!("path = {:?}", crates.join(folder).display().to_string()),
        };
        let features = if features.is_empty() { String::new() } else { format!(", features = {features:?}") };
        format!("{{ package = {package:?}, {from}{features} }}")
    }
}

/// What Cargo recorded when it installed a program: `.crates2.json` is in the folder above `bin/PROGRAM`.
fn recorded_by_cargo(program: &Path) -> Option<CrateSource> {
    let records = program.parent()?.parent()?.join(".crates2.json");
    let records: Value = serde_json::from_slice(&fs::read(records).ok()?).ok()?;
    // A key is `NAME VERSION (SOURCE)`, with the source as in Cargo.lock.
    records.get("installs")?.as_object()?.keys().find_map(|package| source(package))
}

fn source(package: &str) -> Option<CrateSource> {
    let (version, source) = package.strip_prefix("minijuju ")?.split_once(" (")?;
    let (kind, address) = source.strip_suffix(')')?.split_once('+')?;
    match kind {
        "git" => Some(CrateSource::Git(address.split(['?', '#']).next()?.to_owned())),
        "path" => {
            Path::new(address.strip_prefix("file://")?).parent().map(|crates| CrateSource::Folder(crates.to_owned()))
        }
        _ => Some(CrateSource::Version(version.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crates_are_found_from_cargos_records() {
        let git = "minijuju 0.1.0 (git+https://example.com/charms?branch=main#0123abc)";
        assert_eq!(source(git), Some(CrateSource::Git("https://example.com/charms".to_owned())));
        let registry = "minijuju 0.3.1 (registry+https://example.com/index)";
        assert_eq!(source(registry), Some(CrateSource::Version("0.3.1".to_owned())));
        let path = "minijuju 0.1.0 (path+file:///src/charms/crates/minijuju)";
        assert_eq!(source(path), Some(CrateSource::Folder("/src/charms/crates".into())));
        assert_eq!(source("ripgrep 14.1.0 (registry+https://example.com/index)"), None);
    }

    #[test]
    fn a_folder_without_the_crates_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = CrateSource::parse(folder.path().to_str().unwrap()).unwrap_err().to_string();
        assert!(error.contains("does not hold the crates of the framework"), "{error}");
    }

    #[test]
    fn a_dependency_names_the_package_and_where_it_is() {
        let from = CrateSource::Version("0.2".to_owned());
        assert_eq!(from.dependency("juju-ops", "ops", &[]), r#"{ package = "juju-ops", version = "0.2" }"#);
        let from = CrateSource::Git("https://example.com/charms".to_owned());
        assert_eq!(
            from.dependency("juju-charmlibs", "charmlibs", &["apt"]),
            r#"{ package = "juju-charmlibs", git = "https://example.com/charms", features = ["apt"] }"#
        );
    }
}
