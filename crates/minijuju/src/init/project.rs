//! Writes a project's files from templates.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use minijinja::{Environment, UndefinedBehavior, Value, context};
use ops_metadata::CharmFiles;

use super::names::{OptKind, capitals};
use super::port::Ported;
use super::{CratesFrom, Endpoint, InitError, Opt, Workload};

/// A charm to write.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) name: String,
    pub(crate) workload: Workload,
    pub(crate) options: Vec<Opt>,
    pub(crate) actions: Vec<String>,
    pub(crate) relations: Vec<Endpoint>,
    pub(crate) crates: CratesFrom,
}

/// What a project is made from.
pub(super) enum Source<'a> {
    /// A new charm.
    New(&'a Plan),
    /// A charm in Python, with its new `charmcraft.yaml`.
    Port { ported: &'a Ported, charmcraft: &'a str, crates: &'a CratesFrom },
}

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

/// The files of a ported charm, in place of those above and in addition to them.
const PORTED: &[(&str, &str)] = &[
    ("PORTING.md", include_str!("../../templates/port/PORTING.md.j2")),
    ("src/charm.rs", include_str!("../../templates/port/charm.rs.j2")),
    ("tests/unit/main.rs", include_str!("../../templates/port/unit.rs.j2")),
];

const WORKLOAD_APT: &str = include_str!("../../templates/charm/src/workload-apt.rs.j2");
const WORKLOAD_SYSTEMD: &str = include_str!("../../templates/charm/src/workload-systemd.rs.j2");

/// Write a charm's project to a folder, which is created if missing.
///
/// # Errors
/// The folder is not empty, a name is given twice or refused by Juju, or a file cannot be written. No partial project
/// is left behind.
pub(crate) fn write(plan: &Plan, folder: &Path) -> Result<(), InitError> {
    check(plan)?;
    fill(folder, &Source::New(plan))
}

/// Fill a folder with a project, completely or not at all.
pub(super) fn fill(folder: &Path, source: &Source<'_>) -> Result<(), InitError> {
    match fs::read_dir(folder) {
        Ok(entries) => {
            if entries.count() > 0 {
                return Err(InitError::NotEmpty { folder: folder.to_owned() });
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(InitError::Read { path: folder.to_owned(), error }),
    }
    let place = std::path::absolute(folder).map_err(|error| InitError::Read { path: folder.to_owned(), error })?;
    let beside = place.parent().unwrap_or(Path::new("/"));
    let unwritable = |path: &Path| {
        let path = path.to_owned();
        move |error| InitError::Write { path, error }
    };
    fs::create_dir_all(beside).map_err(unwritable(beside))?;
    let made = tempfile::Builder::new().prefix(".init-").tempdir_in(beside).map_err(unwritable(beside))?;

    let mut sources: Vec<PathBuf> = Vec::new();
    for (name, text) in source.files(&place)? {
        let path = made.path().join(name);
        let parent = path.parent().unwrap_or(made.path());
        fs::create_dir_all(parent).map_err(unwritable(parent))?;
        fs::write(&path, text).map_err(unwritable(&folder.join(name)))?;
        if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push(path);
        }
    }
    let dispatch = made.path().join("dispatch");
    fs::set_permissions(&dispatch, fs::Permissions::from_mode(0o755)).map_err(unwritable(&dispatch))?;
    format(&sources);
    // Whatever Juju would refuse is refused here, by the same code that packs charms.
    CharmFiles::from_project(made.path(), "amd64", "minijuju", "1980-01-01T00:00:00Z")?;

    // `tempdir` creates private folders, but a project should have the usual mode.
    fs::set_permissions(made.path(), fs::Permissions::from_mode(0o755)).map_err(unwritable(&place))?;
    // rename(2) replaces an empty folder.
    let made = made.keep();
    fs::rename(&made, &place).map_err(|error| {
        // If the folder cannot be removed either, the first error is enough.
        let _ = fs::remove_dir_all(&made);
        InitError::Write { path: place.clone(), error }
    })
}

impl Source<'_> {
    /// The project's files: names and contents.
    fn files(&self, place: &Path) -> Result<BTreeMap<&'static str, String>, InitError> {
        let mut templates: BTreeMap<&str, &str> = FILES.iter().copied().collect();
        let values = match self {
            Self::New(plan) => {
                match plan.workload {
                    Workload::None => {}
                    Workload::Apt(_) => drop(templates.insert("src/workload.rs", WORKLOAD_APT)),
                    Workload::Systemd(_) => drop(templates.insert("src/workload.rs", WORKLOAD_SYSTEMD)),
                }
                values(plan, place)
            }
            Self::Port { ported, crates, .. } => {
                templates.extend(PORTED.iter().copied());
                port_values(ported, crates, place)
            }
        };
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let mut files = BTreeMap::new();
        for (name, template) in templates {
            // Text that a user wrote is not a template.
            let text = match self {
                Self::Port { charmcraft, .. } if name == "charmcraft.yaml" => (*charmcraft).to_owned(),
                // The engine removes the template's last newline.
                _ => environment.render_named_str(name, template, &values)? + "\n",
            };
            files.insert(name, text);
        }
        Ok(files)
    }
}

fn check(plan: &Plan) -> Result<(), InitError> {
    let twice = |what, names: Vec<&str>| {
        let mut seen = std::collections::BTreeSet::new();
        match names.into_iter().find(|name| !seen.insert(name.replace('-', "_"))) {
            Some(name) => Err(InitError::Twice { what, name: name.to_owned() }),
            None => Ok(()),
        }
    };
    twice("option", plan.options.iter().map(|option| option.name.as_str()).collect())?;
    twice("action", plan.actions.iter().map(String::as_str).collect())?;
    twice("endpoint", plan.relations.iter().map(|relation| relation.name.as_str()).collect())
}

/// Format the sources as `cargo fmt` does. Templates cannot know where lines break, because that depends on the names.
/// Without rustfmt the sources are still valid.
/// is no rustfmt, the sources are still valid.
fn format(sources: &[PathBuf]) {
    let _ = Command::new("rustfmt")
        .args(["--quiet", "--edition", "2024"])
        .args(sources)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}

/// The values for the templates.
fn values(plan: &Plan, place: &Path) -> Value {
    let (workload, target) = match &plan.workload {
        Workload::None => ("", ""),
        Workload::Apt(package) => ("apt", package.as_str()),
        Workload::Systemd(unit) => ("systemd", unit.as_str()),
    };
    let title = capitals(&plan.name, " ");
    let summary = match &plan.workload {
        Workload::None => format!("A charm named {}.", plan.name),
        Workload::Apt(name) | Workload::Systemd(name) => format!("Runs {name}."),
    };
    let features = if workload.is_empty() { vec![] } else { vec![workload] };
    context! {
        name => &plan.name,
        crate => format!("{}_charm", plan.name.replace('-', "_")),
        struct => format!("{}Charm", capitals(&plan.name, "")),
        title,
        summary,
        workload,
        target,
        imports => imports(plan),
        in_workspace => in_workspace(place),
        ops => plan.crates.dependency("juju-ops", "ops", &[]),
        ops_testing => plan.crates.dependency("juju-ops-testing", "ops-testing", &[]),
        charmlibs => plan.crates.dependency("juju-charmlibs", "charmlibs", &features),
        uses_serde => !plan.options.is_empty(),
        uses_json => false,
        options => plan.options.iter().map(option).collect::<Vec<_>>(),
        actions => plan.actions.iter().map(|name| names(name)).collect::<Vec<_>>(),
        relations => plan.relations.iter().map(|relation| context! {
            interface => &relation.interface,
            ..names(&relation.name)
        }).collect::<Vec<_>>(),
    }
}

fn port_values(ported: &Ported, crates: &CratesFrom, place: &Path) -> Value {
    let none: [&str; 0] = [];
    context! {
        name => &ported.name,
        crate => format!("{}_charm", ported.name.replace('-', "_")),
        title => capitals(&ported.name, " "),
        summary => &ported.summary,
        workload => "",
        actions => none,
        relations => none,
        in_workspace => in_workspace(place),
        ops => crates.dependency("juju-ops", "ops", &[]),
        ops_testing => crates.dependency("juju-ops-testing", "ops-testing", &[]),
        ..ported.values()
    }
}

/// Whether Cargo would treat a project as part of a workspace around it.
fn in_workspace(place: &Path) -> bool {
    place.ancestors().skip(1).any(|folder| folder.join("Cargo.toml").is_file())
}

fn names(name: &str) -> Value {
    let field = name.replace('-', "_");
    context! { name, upper => field.to_uppercase(), field }
}

fn option(option: &Opt) -> Value {
    let (kind, rust, default, example) = match option.kind {
        OptKind::String => ("string", "String", "\"\"", "text"),
        OptKind::Int => ("int", "i64", "0", "1"),
        OptKind::Float => ("float", "f64", "0.0", "1.5"),
        OptKind::Boolean => ("boolean", "bool", "false", "true"),
    };
    context! { type => kind, rust, default, example, ..names(&option.name) }
}

fn imports(plan: &Plan) -> Vec<&'static str> {
    let mut names = vec!["Charm", "CollectStatusEvent", "Framework", "Model", "StartEvent", "Status"];
    match plan.workload {
        Workload::None => {}
        Workload::Apt(_) => names.extend(["InstallEvent", "RemoveEvent"]),
        Workload::Systemd(_) => names.extend(["InstallEvent", "StopEvent"]),
    }
    if !plan.options.is_empty() {
        names.push("ConfigChangedEvent");
    }
    if !plan.actions.is_empty() {
        names.push("ActionEvent");
    }
    if !plan.relations.is_empty() {
        names.push("RelationChangedEvent");
    }
    names.sort_unstable();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(workload: &str) -> Plan {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        Plan {
            name: "my-web".to_owned(),
            workload: workload.parse().unwrap(),
            options: vec!["port:int".parse().unwrap(), "log-level".parse().unwrap()],
            actions: vec!["back-up".to_owned()],
            relations: vec!["data-base:pgsql".parse().unwrap()],
            crates: CratesFrom::Folder(crates.to_owned()),
        }
    }

    fn parent() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    fn entries(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn it_writes_the_requested_project() {
        let parent = parent();
        let folder = parent.path().join("web");
        write(&plan("apt:nginx"), &folder).unwrap();
        let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
        assert!(read("charmcraft.yaml").contains("    log-level:\n      type: string\n      default: \"\"\n"));
        assert!(read("src/charm.rs").contains("on::data_base_relation_changed()"));
        assert!(read("src/workload.rs").contains("const PACKAGE: &str = \"nginx\";"));
        assert!(read("Cargo.toml").contains("features = [\"apt\"]"));
        let mode = fs::metadata(folder.join("dispatch")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o755);
        assert_eq!(entries(parent.path()), ["web"], "nothing else is left");
    }

    #[test]
    fn an_empty_folder_is_filled_and_a_used_one_is_not() {
        let parent = parent();
        let folder = parent.path().join("web");
        fs::create_dir(&folder).unwrap();
        write(&plan("none"), &folder).unwrap();
        let before = fs::read(folder.join("Cargo.toml")).unwrap();
        let error = write(&plan("apt:nginx"), &folder).unwrap_err().to_string();
        assert!(error.ends_with("is not empty: name another folder with --path, or empty this one"), "{error}");
        assert_eq!(fs::read(folder.join("Cargo.toml")).unwrap(), before);
    }

    #[test]
    fn names_given_twice_are_refused_before_anything_is_written() {
        let parent = parent();
        let folder = parent.path().join("web");
        let mut twice = plan("none");
        twice.actions.push("back-up".to_owned());
        assert_eq!(write(&twice, &folder).unwrap_err().to_string(), "action \"back-up\" given twice");
        assert_eq!(entries(parent.path()), [""; 0]);
    }

    #[test]
    fn a_place_that_cannot_be_written_is_named() {
        let error = write(&plan("none"), Path::new("/proc/web")).unwrap_err().to_string();
        assert!(error.starts_with("cannot write /proc"), "{error}");
    }
}
