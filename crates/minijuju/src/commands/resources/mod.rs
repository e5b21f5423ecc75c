//! `juju resources` and `juju attach-resource`.

pub mod output;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{fs, io};

use anyhow::{Context as _, bail};
use clap::Args;
use jiff::Timestamp;
use ops_metadata::{CharmMeta, ResourceType};

use self::output::{ApplicationDetails, ApplicationResources, DetailedResource, ResourceInfo};
use crate::charm;
use crate::cli::{Arguments, ModelOption, Output, Pair, UsageError, is_application, is_unit};
use crate::client::{Client, USER, print, summary};
use crate::format::{Instant, Tabular};
use crate::random;
use crate::store::application::{self, Application};
use crate::store::model::Model;
use crate::store::resource::{self, Resource, UnitResource};
use crate::store::unit::{self, Unit};

/// List an application's resources.
#[derive(Debug, Clone, Args)]
#[command(alias = "list-resources")]
pub struct ResourcesArgs {
    /// The application or unit
    #[arg(value_name = "application or unit")]
    pub target: String,
    /// Show what each unit has
    #[arg(long)]
    pub details: bool,
    #[command(flatten)]
    pub output: Output<Tabular>,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for ResourcesArgs {
    const USAGE: Option<&str> = Some("<application or unit>");
    const MISSING: &[&str] = &["missing application or unit name"];

    fn init(&mut self) -> Result<(), UsageError> {
        if is_application(&self.target) || is_unit(&self.target) {
            Ok(())
        } else {
            Err(UsageError::IsNot { word: self.target.clone(), not: "neither an application nor a unit" })
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("bad resource arg {0:?}: expected name=path format")]
struct MalformedResource(String);

const ATTACH_RESOURCE_HELP: &str = "\
Examples:
    juju attach-resource db snapshot=./dump.sql";

/// Attach a file to an application as one of its resources.
#[derive(Debug, Clone, Args)]
#[command(after_help = ATTACH_RESOURCE_HELP)]
pub struct AttachResourceArgs {
    /// The application
    pub application: String,
    /// The resource and its file, as name=file
    #[arg(value_name = "resource name=resource")]
    word: String,
    #[command(flatten)]
    pub model: ModelOption,
    #[arg(skip = Pair { name: String::new(), value: String::new() })]
    pub resource: Pair,
}

impl Arguments for AttachResourceArgs {
    const USAGE: Option<&str> = Some("application <resource name>=<resource>");
    const MISSING: &[&str] = &["missing application name", "no resource specified"];

    fn init(&mut self) -> Result<(), UsageError> {
        if !is_application(&self.application) {
            return Err(UsageError::NotValid { what: "application", word: self.application.clone() });
        }
        self.resource =
            Pair::parse(&self.word).map_err(|_| UsageError::command(MalformedResource(self.word.clone())))?;
        Ok(())
    }
}

/// Check that a resource's file can be opened. Juju does so before it looks the resource up.
fn check_readable(path: &str) -> anyhow::Result<()> {
    match fs::File::open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => bail!("open {path}: no such file or directory"),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => bail!("open {path}: permission denied"),
        Err(error) => Err(error).with_context(|| format!("open {path}")),
    }
}

/// Copy the files of the `--resource` words.
pub fn copy_files(
    client: &Client,
    meta: &CharmMeta,
    application: &str,
    words: &[Pair],
) -> anyhow::Result<Vec<Resource>> {
    words.iter().map(|word| copy_file(client, meta, application, word)).collect()
}

fn copy_file(client: &Client, meta: &CharmMeta, application: &str, word: &Pair) -> anyhow::Result<Resource> {
    let declared = meta.resources.get(&word.name);
    let declared = declared.with_context(|| format!("unrecognized resource {:?}", word.name))?;
    if declared.resource_type != ResourceType::File {
        bail!("resource {:?} is not a file: minijuju's machines run no containers", word.name);
    }
    let source = Path::new(&word.value);
    let folder = client.store.folder().join("resources");
    crate::private::folder(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let copy: PathBuf = folder.join(random::uuid());
    fs::copy(source, &copy)
        .with_context(|| format!("file for resource {:?}: cannot read {}", word.name, word.value))?;
    let filename = declared.filename.clone().unwrap_or_else(|| word.name.clone());
    let path = copy.to_string_lossy().into_owned();
    Ok(Resource {
        application: application.to_owned(),
        name: word.name.clone(),
        fingerprint: fingerprint(&path)?,
        size: i64::try_from(size(&path))?,
        path,
        filename,
        added: 0,
    })
}

/// Run `juju attach-resource`. As in Juju, units then run `upgrade-charm`.
pub fn attach(client: &mut Client, args: &AttachResourceArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let application = client.application(&model, &args.application)?;
    let meta = charm::metadata(&application)?;
    let old = resource::of_application(client.store.db(), &model.uuid, &application.name)?;
    let (name, path) = (&args.resource.name, &args.resource.value);
    let added = check_readable(path)
        .and_then(|()| copy_files(client, &meta, &application.name, std::slice::from_ref(&args.resource)))
        .with_context(|| format!("failed to upload resource {name:?}"))?;
    client.write(|db| {
        added.iter().try_for_each(|one| resource::attach(db, &model.uuid, one))?;
        let Some(mut current) = application::find(db, &model.uuid, &application.name)? else { return Ok(()) };
        current.charm_version += 1;
        application::save(db, &model.uuid, &current)
    })?;
    client.settle(&model)?;
    for one in old.iter().filter(|one| one.name == args.resource.name) {
        // `clean` removes what cannot be removed now.
        let _ = fs::remove_file(&one.path);
    }
    summary::print_units(client, &model, &application.name)?;
    Ok(ExitCode::SUCCESS)
}

/// Run `juju resources`.
pub fn list(client: &mut Client, args: &ResourcesArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let unit = args.target.contains('/').then(|| client.unit(&model, &args.target)).transpose()?;
    let name = unit.as_ref().map_or(args.target.as_str(), |unit| &unit.application);
    let application = client.application(&model, name)?;
    let resources = resource_infos(client, &model, &application)?;
    if resources.is_empty() {
        client.progress.info("No resources to display.");
        return Ok(ExitCode::SUCCESS);
    }
    let db = client.store.db();
    let text = match (&unit, args.details) {
        (Some(unit), false) => {
            let fetched = resource::of_unit(db, &model.uuid, &unit.name())?;
            let resources: Vec<_> = resources.into_iter().map(|one| on_unit(one, &fetched)).collect();
            output::unit_resources(&resources, args.output.format())
        }
        (None, false) => output::resources(&ApplicationResources { resources }, args.output.format()),
        (Some(unit), true) => {
            let details = details(&resources, unit, &resource::of_unit(db, &model.uuid, &unit.name())?);
            output::unit_details(&details, args.output.format())
        }
        (None, true) => {
            let mut all = ApplicationDetails::default();
            for unit in unit::of_application(db, &model.uuid, name)? {
                all.resources.extend(details(&resources, &unit, &resource::of_unit(db, &model.uuid, &unit.name())?));
            }
            output::application_details(&all, args.output.format())
        }
    };
    print(&text, args.output.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// A unit's resources next to those of its application. Juju 3.6: `FormatDetailResource` in
/// cmd/juju/resource/formatter.go.
fn details(expected: &[ResourceInfo], unit: &Unit, fetched: &[UnitResource]) -> Vec<DetailedResource> {
    let unit_info = |expected: &ResourceInfo| {
        let has = fetched.iter().any(|one| one.name == expected.name);
        let none = ResourceInfo { revision: "0".to_owned(), ..ResourceInfo::default() };
        if has { on_unit(expected.clone(), fetched) } else { none }
    };
    let one = |expected: &ResourceInfo| DetailedResource {
        unit_id: unit.name(),
        unit: unit_info(expected),
        expected: expected.clone(),
        progress: -1,
    };
    expected.iter().map(one).collect()
}

/// An application's resource as a unit has it, or empty if the unit has not fetched it.
fn on_unit(mut resource: ResourceInfo, fetched: &[UnitResource]) -> ResourceInfo {
    if let Some(one) = fetched.iter().find(|one| one.name == resource.name) {
        let time = Timestamp::from_millisecond(one.added).ok().map(Instant);
        if time != resource.timestamp {
            resource.timestamp = time;
            resource.fingerprint.clone_from(&one.fingerprint);
            resource.size = u64::try_from(one.size).unwrap_or_default();
        }
    }
    resource
}

fn resource_infos(client: &Client, model: &Model, application: &Application) -> anyhow::Result<Vec<ResourceInfo>> {
    let uploaded = resource::of_application(client.store.db(), &model.uuid, &application.name)?;
    let meta = charm::metadata(application)?;
    let mut infos = Vec::new();
    for (name, declared) in &meta.resources {
        let found = uploaded.iter().find(|one| one.name == *name);
        infos.push(ResourceInfo {
            id: format!("{}/{name}", application.name),
            application: application.name.clone(),
            name: name.clone(),
            r#type: declared.resource_type.to_string(),
            path: declared.filename.clone().unwrap_or_default(),
            description: declared.description.clone(),
            revision: "-".to_owned(),
            fingerprint: found.map(stored_fingerprint).transpose()?.unwrap_or_default(),
            size: found.map(|one| size(&one.path)).unwrap_or_default(),
            origin: "upload".to_owned(),
            used: found.is_some(),
            timestamp: found.and_then(|one| Timestamp::from_millisecond(one.added).ok()).map(Instant),
            username: found.map(|_| USER.to_owned()).unwrap_or_default(),
        });
    }
    Ok(infos)
}

/// The stored fingerprint of a resource. Older minijujus stored none.
fn stored_fingerprint(resource: &Resource) -> anyhow::Result<String> {
    if resource.fingerprint.is_empty() { fingerprint(&resource.path) } else { Ok(resource.fingerprint.clone()) }
}

fn size(path: &str) -> u64 {
    fs::metadata(path).map_or(0, |meta| meta.len())
}

/// The SHA-384 of a file, by `sha384sum`, which every Linux machine has.
fn fingerprint(path: &str) -> anyhow::Result<String> {
    let output = Command::new("sha384sum").arg(path).output().context("cannot run sha384sum")?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.split_whitespace().next().unwrap_or_default().trim_start_matches('\\').to_owned())
}
