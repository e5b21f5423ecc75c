//! A new charm to write, and the values of its templates.

use std::collections::BTreeSet;
use std::path::Path;

use minijinja::{Value, context};

use super::names::{OptionType, check_name, title_case};
use super::project::Project;
use super::{ConfigOption, CrateSource, Endpoint, InitError, Workload};

const WORKLOAD_APT: &str = include_str!("../../templates/charm/src/workload-apt.rs.j2");
const WORKLOAD_SYSTEMD: &str = include_str!("../../templates/charm/src/workload-systemd.rs.j2");

/// A charm to write.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) name: String,
    pub(crate) workload: Workload,
    pub(crate) options: Vec<ConfigOption>,
    pub(crate) actions: Vec<String>,
    pub(crate) relations: Vec<Endpoint>,
    pub(crate) crates: CrateSource,
}

/// The parts of a [`Plan`] that the command line gave, or that the user has answered.
#[derive(Debug, Default)]
pub(crate) struct PartialPlan {
    pub(crate) name: Option<String>,
    pub(crate) workload: Option<Workload>,
    pub(crate) options: Vec<ConfigOption>,
    pub(crate) actions: Vec<String>,
    pub(crate) relations: Vec<Endpoint>,
}

impl PartialPlan {
    /// The plan, with defaults for what is missing. Only the name has no default.
    pub(crate) fn complete(self, crates: CrateSource) -> Result<Plan, InitError> {
        Ok(Plan {
            name: check_name("charm", &self.name.ok_or(InitError::NoName)?)?,
            workload: self.workload.unwrap_or(Workload::None),
            options: self.options,
            actions: self.actions,
            relations: self.relations,
            crates,
        })
    }
}

/// Write a charm's project to a folder, which is created if missing.
///
/// # Errors
/// The folder is not empty, a name is given twice or refused by Juju, or a file cannot be written. No partial project
/// is left behind.
pub(crate) fn write(plan: &Plan, folder: &Path) -> Result<(), InitError> {
    check_duplicates(plan)?;
    let mut project = Project::new(&plan.name, &summary(plan), &plan.crates, values(plan));
    match plan.workload {
        Workload::None => {}
        Workload::Apt(_) => project.add_templates(&[("src/workload.rs", WORKLOAD_APT)]),
        Workload::Systemd(_) => project.add_templates(&[("src/workload.rs", WORKLOAD_SYSTEMD)]),
    }
    project.write(folder)
}

fn check_duplicates(plan: &Plan) -> Result<(), InitError> {
    let check = |what, names: Vec<&str>| {
        let mut unique = BTreeSet::new();
        match names.into_iter().find(|name| !unique.insert(name.replace('-', "_"))) {
            Some(name) => Err(InitError::Duplicate { what, name: name.to_owned() }),
            None => Ok(()),
        }
    };
    check("option", plan.options.iter().map(|option| option.name.as_str()).collect())?;
    check("action", plan.actions.iter().map(String::as_str).collect())?;
    check("endpoint", plan.relations.iter().map(|relation| relation.name.as_str()).collect())
}

fn summary(plan: &Plan) -> String {
    match &plan.workload {
        Workload::None => format!("A charm named {}.", plan.name),
        Workload::Apt(name) | Workload::Systemd(name) => format!("Runs {name}."),
    }
}

/// The values for the templates, besides those of every project.
fn values(plan: &Plan) -> Value {
    let (workload, target) = match &plan.workload {
        Workload::None => ("", ""),
        Workload::Apt(package) => ("apt", package.as_str()),
        Workload::Systemd(unit) => ("systemd", unit.as_str()),
    };
    let features = if workload.is_empty() { vec![] } else { vec![workload] };
    context! {
        struct => format!("{}Charm", title_case(&plan.name, "")),
        workload,
        target,
        imports => imports(plan),
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

/// A name, and its forms in Rust.
fn names(name: &str) -> Value {
    let field = name.replace('-', "_");
    context! { name, upper => field.to_uppercase(), field }
}

fn option(option: &ConfigOption) -> Value {
    let (kind, rust, default, example) = match option.option_type {
        OptionType::String => ("string", "String", "\"\"", "text"),
        OptionType::Int => ("int", "i64", "0", "1"),
        OptionType::Float => ("float", "f64", "0.0", "1.5"),
        OptionType::Boolean => ("boolean", "bool", "false", "true"),
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
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn plan(workload: &str) -> Plan {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        Plan {
            name: "my-web".to_owned(),
            workload: workload.parse().unwrap(),
            options: vec!["port:int".parse().unwrap(), "log-level".parse().unwrap()],
            actions: vec!["back-up".to_owned()],
            relations: vec!["data-base:pgsql".parse().unwrap()],
            crates: CrateSource::Folder(crates.to_owned()),
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
    fn a_project_has_what_was_requested() {
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
    fn a_project_goes_into_an_empty_folder_only() {
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
        let mut plan = plan("none");
        plan.actions.push("back-up".to_owned());
        assert_eq!(write(&plan, &folder).unwrap_err().to_string(), "action \"back-up\" given twice");
        assert_eq!(entries(parent.path()), [""; 0]);
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_named() {
        let error = write(&plan("none"), Path::new("/proc/web")).unwrap_err().to_string();
        assert!(error.starts_with("cannot write /proc"), "{error}");
    }
}
