//! Writes a project's files from templates.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use minijinja::{Environment, UndefinedBehavior, Value, context};
use ops_metadata::CharmFiles;

use super::names::title_case;
use super::{CrateSource, InitError};

macro_rules! templates {
    ($($path:literal from $template:literal,)*) => {
        &[$(($path, include_str!(concat!("../../templates/charm/", $template)))),*]
    };
}

/// The files of every charm.
const FILES: &[(&str, &str)] = templates! {
    "Cargo.toml" from "Cargo.toml.j2",
    ".cargo/config.toml" from "cargo-config.toml.j2",
    ".github/workflows/ci.yaml" from "ci.yaml.j2",
    ".gitignore" from "gitignore.j2",
    "README.md" from "README.md.j2",
    "charmcraft.yaml" from "charmcraft.yaml.j2",
    "dispatch" from "dispatch.j2",
    "src/charm.rs" from "src/charm.rs.j2",
    "src/lib.rs" from "src/lib.rs.j2",
    "src/main.rs" from "src/main.rs.j2",
    "tests/integration/conftest.py" from "tests/integration/conftest.py.j2",
    "tests/integration/test_charm.py" from "tests/integration/test_charm.py.j2",
    "tests/unit/main.rs" from "tests/unit/main.rs.j2",
    "tox.ini" from "tox.ini.j2",
};

/// A project to write.
pub(super) struct Project {
    /// The templates, by the path of the file.
    templates: BTreeMap<&'static str, &'static str>,
    values: Value,
    /// Files that are not made from a template, because a user wrote them.
    texts: BTreeMap<&'static str, String>,
}

impl Project {
    /// The files of every charm, for a charm with this name and summary. `values` are for its templates, besides those
    /// of every project.
    pub(super) fn new(name: &str, summary: &str, crates: &CrateSource, values: Value) -> Self {
        let values = context! {
            name,
            crate => format!("{}_charm", name.replace('-', "_")),
            title => title_case(name, " "),
            summary,
            ops => crates.dependency("juju-ops", "ops", &[]),
            ops_testing => crates.dependency("juju-ops-testing", "ops-testing", &[]),
            ..values
        };
        Self { templates: FILES.iter().copied().collect(), values, texts: BTreeMap::new() }
    }

    /// Add files, or replace their templates.
    pub(super) fn add_templates(&mut self, templates: &[(&'static str, &'static str)]) {
        self.templates.extend(templates.iter().copied());
    }

    /// Add a file with this text, in place of a template.
    pub(super) fn add_text(&mut self, path: &'static str, text: String) {
        self.templates.remove(path);
        self.texts.insert(path, text);
    }

    /// Write the project to a folder, completely or not at all. The folder must be empty or missing.
    pub(super) fn write(self, folder: &Path) -> Result<(), InitError> {
        match fs::read_dir(folder) {
            Ok(entries) => {
                if entries.count() > 0 {
                    return Err(InitError::NotEmpty { folder: folder.to_owned() });
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(InitError::Read { path: folder.to_owned(), error }),
        }
        let destination =
            std::path::absolute(folder).map_err(|error| InitError::Read { path: folder.to_owned(), error })?;
        let parent = destination.parent().unwrap_or(Path::new("/"));
        let unwritable = |path: &Path| {
            let path = path.to_owned();
            move |error| InitError::Write { path, error }
        };
        fs::create_dir_all(parent).map_err(unwritable(parent))?;
        let temporary = tempfile::Builder::new().prefix(".init-").tempdir_in(parent).map_err(unwritable(parent))?;

        let mut sources: Vec<PathBuf> = Vec::new();
        for (name, text) in self.render(&destination)? {
            let path = temporary.path().join(name);
            let subfolder = path.parent().unwrap_or(temporary.path());
            fs::create_dir_all(subfolder).map_err(unwritable(subfolder))?;
            fs::write(&path, text).map_err(unwritable(&folder.join(name)))?;
            if path.extension().is_some_and(|extension| extension == "rs") {
                sources.push(path);
            }
        }
        let dispatch = temporary.path().join("dispatch");
        fs::set_permissions(&dispatch, fs::Permissions::from_mode(0o755)).map_err(unwritable(&dispatch))?;
        format(&sources);
        // Refuse here what Juju would refuse, with the code that packs charms.
        CharmFiles::from_project(temporary.path(), "amd64", "minijuju", "1980-01-01T00:00:00Z")?;

        // `tempdir` creates private folders, but a project should have the usual mode.
        fs::set_permissions(temporary.path(), fs::Permissions::from_mode(0o755)).map_err(unwritable(&destination))?;
        // rename(2) replaces an empty folder.
        let temporary = temporary.keep();
        fs::rename(&temporary, &destination).map_err(|error| {
            // If the folder cannot be removed either, the first error is enough.
            let _ = fs::remove_dir_all(&temporary);
            InitError::Write { path: destination.clone(), error }
        })
    }

    /// The files: paths and contents.
    fn render(self, destination: &Path) -> Result<BTreeMap<&'static str, String>, InitError> {
        let values = context! { in_workspace => in_workspace(destination), ..self.values };
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let mut files = self.texts;
        for (path, template) in self.templates {
            // The engine removes the template's last newline.
            files.insert(path, environment.render_named_str(path, template, &values)? + "\n");
        }
        Ok(files)
    }
}

/// Whether Cargo would treat a project as part of a workspace around it.
fn in_workspace(destination: &Path) -> bool {
    destination.ancestors().skip(1).any(|folder| folder.join("Cargo.toml").is_file())
}

/// Format the sources as `cargo fmt` does. Templates cannot know where lines break, because that depends on the names.
/// Without rustfmt the sources are still valid.
fn format(sources: &[PathBuf]) {
    let _ = Command::new("rustfmt")
        .args(["--quiet", "--edition", "2024"])
        .args(sources)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}
