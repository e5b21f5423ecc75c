//! `juju refresh`.

mod check;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use ops_metadata::CharmMeta;

use crate::cli::{
    Arguments, ConfigSource, ModelOption, Pair, UsageError, check_application_name, integer, refuse_option,
};
use crate::client::charms::{self, Charm};
use crate::client::{Client, settings, summary, units};
use crate::commands::deployment::{NO_CHARMHUB, check_bind, check_channel};
use crate::commands::{integrate, resources, storage};
use crate::store::application::{self, Application};
use crate::store::model::Model;
use crate::store::{self, relation, resource, unit};
use crate::{charm, uniter};

const REFRESH_HELP: &str = "\
Details:
Each unit gets the events upgrade-charm and config-changed. A project folder is built as by `juju deploy`.

Examples:
    juju refresh tinyproxy --path .
    juju refresh tinyproxy --path . --release
    juju refresh tinyproxy --path ./tinyproxy_amd64.charm";

/// Replace an application's charm with another version of it.
#[derive(Debug, Clone, Args)]
#[allow(clippy::struct_excessive_bools, reason = "they are independent switches of the command line")]
#[command(after_help = REFRESH_HELP)]
pub struct RefreshArgs {
    /// The application
    pub application: String,
    /// The .charm file, or the charm's project folder, to refresh to; by default what it was deployed from
    #[arg(long, value_name = "path")]
    pub path: Option<PathBuf>,
    /// Options of the application: a YAML file, or one key=value
    #[arg(long, value_name = "key=value|file", value_parser = ConfigSource::parse)]
    pub config: Vec<ConfigSource>,
    /// A file for one of the charm's resources
    #[arg(long = "resource", value_name = "name=file", value_parser = Pair::parse)]
    pub resources: Vec<Pair>,
    /// Size and number of one of the charm's storages
    #[arg(long, value_name = "name=size", value_parser = Pair::parse)]
    pub storage: Vec<Pair>,
    /// Allow the charm to use the cloud's credentials, or stop that (--trust=false)
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "bool")]
    pub trust: Option<bool>,
    /// Build a project folder's charm for release, as `pack` does (minijuju only)
    #[arg(long)]
    pub release: bool,
    /// Refresh whatever the charm's profile
    #[arg(long)]
    pub force: bool,
    /// Refresh whatever the charm's base
    #[arg(long = "force-base", alias = "force-series")]
    pub force_base: bool,
    /// Refresh units in error too
    #[arg(long = "force-units")]
    pub force_units: bool,
    /// A base other than the one it runs on
    #[arg(long)]
    pub base: Option<String>,
    /// Spaces of the endpoints: only alpha
    #[arg(long)]
    pub bind: Option<String>,
    /// As on Juju, without effect for a charm from a file.
    #[arg(long, hide = true)]
    channel: Option<String>,
    #[arg(long, hide = true, value_parser = integer)]
    revision: Option<i64>,
    #[arg(long, hide = true)]
    switch: Option<String>,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for RefreshArgs {
    const USAGE: Option<&str> = Some("<application>");
    const MISSING: &[&str] = &["no application specified"];

    fn init(&mut self) -> Result<(), UsageError> {
        check_application_name(&self.application)?;
        if self.path.is_some() && self.revision.is_some() {
            return Err(UsageError::Rule("--path and --revision are mutually exclusive"));
        }
        if self.switch.is_some() && self.path.is_some() {
            return Err(UsageError::Rule("--switch and --path are mutually exclusive"));
        }
        refuse_option("--revision", &self.revision, NO_CHARMHUB)?;
        refuse_option("--switch", &self.switch, NO_CHARMHUB)?;
        self.bind.as_deref().map_or(Ok(()), check_bind)
    }
}

pub fn run(client: &mut Client, args: &RefreshArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    client.application(&model, &args.application)?;
    if let Some(channel) = args.channel.as_deref().filter(|channel| !channel.is_empty()) {
        check_channel(channel)?;
    }
    let path = args.path.as_ref().with_context(|| {
        format!("{} was deployed from a local charm: say with --path which charm to refresh to", args.application)
    })?;
    let text = path.to_string_lossy();
    let path = if text.starts_with('/') || text.starts_with('.') { text.into_owned() } else { format!("./{text}") };
    if !Path::new(&path).exists() {
        bail!("no charm found at {path:?}");
    }
    let charm = charms::read(client, &path, charms::profile(args.release))?;
    let (application, old_meta, old_archive) =
        replace(client, args, &model, &charm).inspect_err(|_| charm.discard())?;
    for line in check::binding_notes(&old_meta, &charm.meta, model.juju) {
        client.progress.info(&line);
    }
    client.settle(&model)?;
    // Units that could not refresh yet take the new file later; the old one is no longer used.
    let _ = std::fs::remove_file(old_archive);
    summary::print_units(client, &model, &application.name)?;
    Ok(ExitCode::SUCCESS)
}

/// Replace an application's charm. Returns the application, the old charm's metadata, and the old charm's file.
fn replace(
    client: &mut Client,
    args: &RefreshArgs,
    model: &Model,
    charm: &Charm,
) -> anyhow::Result<(Application, CharmMeta, String)> {
    let application = client.application(model, &args.application)?;
    if application.charm != charm.meta.name {
        bail!("cannot refresh {:?} to {:?}", application.charm, charm.meta.name);
    }
    // As on Juju, the charm is now in the model, even if the refresh fails.
    let revision = application::next_revision(client.store.db(), &model.uuid, &application.charm)?;
    client.progress.info(&format!("Added local charm {:?}, revision {revision}, to the model", application.charm));
    let resources = resources::copy_files(client, &charm.meta, &args.application, &args.resources)?;
    storage::check(&charm.meta, &args.storage, model.juju)?;
    client.store.write(|db| {
        let mut application = application::find(db, &model.uuid, &args.application)?
            .with_context(|| format!("application {:?} not found", args.application))?;
        let given =
            settings::from_sources(&charm.meta, &application.name, &args.config).context("parsing config settings")?;
        application.revision = revision;
        let old_meta = charm::metadata(&application)?;
        let units = unit::of_application(db, &model.uuid, &application.name)?;
        let storages: Vec<_> = store::storage::all(db, &model.uuid)?
            .into_iter()
            .filter(|storage| units.iter().any(|unit| unit.name() == storage.unit))
            .collect();
        let relations = relation::of_application(db, &model.uuid, &application.name)?;
        let base = units::base(db, model, &application.name)?;
        let replacement = check::Replacement {
            application: &application.name,
            base: base.as_deref().filter(|_| !args.force_base),
            bases: &charm.bases(),
            old: &old_meta,
            new: &charm.meta,
            relations: &relations,
            storages: &storages,
        };
        let stale = replacement.check(args.force).map(|()| replacement.stale_peers()).with_context(|| {
            format!(
                "cannot upgrade application {:?} to charm \"local:{}-{}\"",
                application.name, application.charm, application.revision
            )
        })?;
        application.charm_version += 1;
        application.force_charm = args.force_units;
        let old_archive = std::mem::replace(&mut application.archive, charm.archive.to_string_lossy().into_owned());
        application.metadata = charm.files.clone();
        // Drop options that the new charm lacks, or has with another type.
        application
            .config
            .retain(|name, value| charm.meta.config.get(name).is_some_and(|option| option.option_type.accepts(value)));
        application.trust = args.trust.or(given.trust).unwrap_or(application.trust);
        given.apply(&mut application.config);
        resources.iter().try_for_each(|resource| resource::attach(db, &model.uuid, resource))?;
        application.storage.extend(args.storage.iter().map(|pair| (pair.name.clone(), pair.value.clone())));
        application::save(db, &model.uuid, &application)?;
        stale.iter().try_for_each(|id| relation::remove(db, &model.uuid, *id))?;
        integrate::add_peers(db, model, &application, &charm.meta)?;
        for unit in &units {
            uniter::add_missing_storage(db, &model.uuid, unit, (&old_meta, &charm.meta), &application.storage)?;
        }
        Ok((application, old_meta, old_archive))
    })
}
