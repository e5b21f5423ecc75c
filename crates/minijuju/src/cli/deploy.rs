//! Applications and their units.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;

use super::command::Init;
use super::{ConfigSource, ModelOption, NoPrompt, Pair, constraints, is_application, is_unit, names};

/// Checks the name of an application that should be there.
pub(super) fn application(name: &str) -> Result<(), String> {
    if is_application(name) { Ok(()) } else { Err(format!("invalid application name {name:?}")) }
}

/// Refuses an option that has no meaning here.
fn refuse(given: bool, option: &str, why: &str) -> Result<(), String> {
    if given { Err(format!("minijuju does not do {option:?}: {why}")) } else { Ok(()) }
}

const FROM_FILES: &str = "charms come from files, not from Charmhub";
const NOT_BUNDLES: &str = "it deploys charms, not bundles";
const STORAGE_GOES: &str = "storage goes with its unit";

/// Reads a number as Go does.
pub(super) fn integer(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| format!("strconv.ParseInt: parsing {text:?}: invalid syntax"))
}

/// `juju deploy`.
#[derive(Debug, Clone, Args)]
#[allow(clippy::struct_excessive_bools, reason = "they are independent switches of the command line")]
pub struct Deploy {
    /// A .charm file, or a charm's project folder, which is packed first
    #[arg(value_name = "charm")]
    pub charm: String,
    /// Name of the application; the charm's if there is none
    #[arg(value_name = "application name")]
    pub application: Option<String>,
    /// Number of units
    #[arg(short = 'n', long = "num-units", value_name = "count", default_value = "1", value_parser = integer)]
    pub num_units: i64,
    /// Options of the application: a YAML file, or one key=value
    #[arg(long, value_name = "key=value|file", value_parser = ConfigSource::parse)]
    pub config: Vec<ConfigSource>,
    /// A file for one of the charm's resources
    #[arg(long = "resource", value_name = "name=file", value_parser = Pair::parse)]
    pub resources: Vec<Pair>,
    /// Size and number of one of the charm's storages
    #[arg(long, value_name = "name=size", value_parser = Pair::parse)]
    pub storage: Vec<Pair>,
    /// Allow the charm what needs credentials of the cloud
    #[arg(long)]
    pub trust: bool,
    /// The base to deploy on, as ubuntu@22.04
    #[arg(long, value_name = "base")]
    pub base: Option<String>,
    /// Constraints on the units' machines
    #[arg(long = "constraints", value_name = "key=value")]
    constraint_words: Vec<String>,
    /// Machines to deploy on, separated by commas
    #[arg(long = "to", value_name = "machine", action = clap::ArgAction::Set, value_delimiter = ',')]
    pub to: Vec<String>,
    /// Spaces of the endpoints: there is one, alpha
    #[arg(long, value_name = "space")]
    pub bind: Option<String>,
    /// Deploy on any base
    #[arg(long)]
    pub force: bool,
    #[arg(long, hide = true)]
    channel: Option<String>,
    #[arg(long, hide = true, value_parser = integer)]
    revision: Option<i64>,
    #[arg(long, hide = true)]
    series: Option<String>,
    #[arg(long, hide = true)]
    overlay: Vec<PathBuf>,
    #[arg(long = "map-machines", hide = true)]
    map_machines: Option<String>,
    #[arg(long = "dry-run", hide = true)]
    dry_run: bool,
    #[arg(long, hide = true)]
    device: Vec<String>,
    #[arg(long = "attach-storage", hide = true)]
    attach_storage: Vec<String>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
}

impl Init for Deploy {
    fn init(&mut self) -> Result<(), String> {
        if let Some(name) = &self.application {
            names::check_application(name)?;
        }
        placement(self.num_units, &self.to)?;
        refuse(self.channel.is_some(), "--channel", FROM_FILES)?;
        refuse(self.revision.is_some(), "--revision", FROM_FILES)?;
        refuse(self.series.is_some(), "--series", "use --base")?;
        refuse(!self.overlay.is_empty(), "--overlay", NOT_BUNDLES)?;
        refuse(self.map_machines.is_some(), "--map-machines", NOT_BUNDLES)?;
        refuse(self.dry_run, "--dry-run", NOT_BUNDLES)?;
        refuse(!self.device.is_empty(), "--device", "devices are for charms in containers")?;
        refuse(!self.attach_storage.is_empty(), "--attach-storage", STORAGE_GOES)?;
        if let Some(bind) = &self.bind {
            check_bind(bind)?;
        }
        Ok(())
    }
}

impl Deploy {
    /// The constraints on the units' machines, which Juju reads only when it deploys.
    pub fn constraints(&self) -> Result<BTreeMap<String, String>, String> {
        constraints::read(&self.constraint_words)
    }
}

/// There is one space; `alpha`, `alpha endpoint=alpha` are the ways to say so.
fn check_bind(bind: &str) -> Result<(), String> {
    for word in bind.split_whitespace() {
        let space = word.split_once('=').map_or(word, |(_, space)| space);
        if space != "alpha" {
            return Err(format!("space {space:?} not found"));
        }
    }
    Ok(())
}

/// Checks a number of units and where to put them.
fn placement(units: i64, to: &[String]) -> Result<(), String> {
    if units < 1 {
        return Err("--num-units must be a positive integer".to_owned());
    }
    if to.iter().any(String::is_empty) {
        return Err(format!("invalid --to parameter {:?}", to.join(",")));
    }
    if let Some(machine) = to.iter().find(|machine| !super::is_machine(machine)) {
        return Err(format!("invalid --to parameter {machine:?}"));
    }
    Ok(())
}

/// `juju refresh`.
#[derive(Debug, Clone, Args)]
#[allow(clippy::struct_excessive_bools, reason = "they are independent switches of the command line")]
pub struct Refresh {
    /// The application
    pub application: String,
    /// The .charm file, or the charm's project folder, to refresh to; what it was deployed from if there is none
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
    /// Allow the charm what needs credentials of the cloud, or no longer (--trust=false)
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "bool")]
    pub trust: Option<bool>,
    /// Refresh whatever the charm's profile
    #[arg(long)]
    pub force: bool,
    /// Refresh whatever the charm's base
    #[arg(long = "force-base", alias = "force-series")]
    pub force_base: bool,
    /// Refresh units in error, too
    #[arg(long = "force-units")]
    pub force_units: bool,
    /// A base other than the one it runs on
    #[arg(long)]
    pub base: Option<String>,
    /// Spaces of the endpoints: there is one, alpha
    #[arg(long)]
    pub bind: Option<String>,
    #[arg(long, hide = true)]
    channel: Option<String>,
    #[arg(long, hide = true, value_parser = integer)]
    revision: Option<i64>,
    #[arg(long, hide = true)]
    switch: Option<String>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
}

impl Init for Refresh {
    fn init(&mut self) -> Result<(), String> {
        application(&self.application)?;
        if self.path.is_some() && self.revision.is_some() {
            return Err("--path and --revision are mutually exclusive".to_owned());
        }
        if self.switch.is_some() && self.path.is_some() {
            return Err("--switch and --path are mutually exclusive".to_owned());
        }
        refuse(self.channel.is_some(), "--channel", FROM_FILES)?;
        refuse(self.revision.is_some(), "--revision", FROM_FILES)?;
        refuse(self.switch.is_some(), "--switch", FROM_FILES)?;
        self.bind.as_deref().map_or(Ok(()), check_bind)
    }
}

/// `juju add-unit`.
#[derive(Debug, Clone, Args)]
pub struct AddUnit {
    /// The application
    #[arg(value_name = "application name")]
    pub application: String,
    /// Number of units to add
    #[arg(short = 'n', long = "num-units", value_name = "count", default_value = "1", value_parser = integer)]
    pub num_units: i64,
    /// Machines to put them on, separated by commas
    #[arg(long = "to", value_name = "machine", action = clap::ArgAction::Set, value_delimiter = ',')]
    pub to: Vec<String>,
    #[arg(long = "attach-storage", hide = true)]
    attach_storage: Vec<String>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
}

impl Init for AddUnit {
    fn init(&mut self) -> Result<(), String> {
        placement(self.num_units, &self.to)?;
        refuse(!self.attach_storage.is_empty(), "--attach-storage", STORAGE_GOES)
    }
}

/// `juju remove-unit`.
#[derive(Debug, Clone, Args)]
#[allow(clippy::struct_excessive_bools, reason = "they are independent switches of the command line")]
pub struct RemoveUnit {
    /// The units
    #[arg(value_name = "unit", required = true)]
    pub units: Vec<String>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub prompt: NoPrompt,
    /// Show what would be removed, and remove nothing
    #[arg(long = "dry-run")]
    pub dry_run: bool,
    /// Destroy the units' storage
    #[arg(long = "destroy-storage")]
    pub destroy_storage: bool,
    /// Remove them whatever fails
    #[arg(long)]
    pub force: bool,
    /// Do not wait for a step before the next
    #[arg(long = "no-wait")]
    pub no_wait: bool,
    #[arg(long = "num-units", hide = true, value_parser = integer)]
    num_units: Option<i64>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
}

impl Init for RemoveUnit {
    fn init(&mut self) -> Result<(), String> {
        if self.num_units.is_some_and(|units| units != 0) {
            return Err("--num-units for non k8s models not valid".to_owned());
        }
        if let Some(name) = self.units.iter().find(|name| !is_unit(name)) {
            return Err(if is_application(name) {
                format!("invalid unit name {name:?}: to remove the application, use \"juju remove-application {name}\"")
            } else {
                format!("invalid unit name {name:?}")
            });
        }
        no_wait(self.no_wait, self.force)
    }
}

fn no_wait(no_wait: bool, force: bool) -> Result<(), String> {
    if no_wait && !force { Err("--no-wait without --force not valid".to_owned()) } else { Ok(()) }
}

/// `juju remove-application`.
#[derive(Debug, Clone, Args)]
#[allow(clippy::struct_excessive_bools, reason = "they are independent switches of the command line")]
pub struct RemoveApplication {
    /// The applications
    #[arg(value_name = "application", required = true)]
    pub applications: Vec<String>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub prompt: NoPrompt,
    /// Show what would be removed, and remove nothing
    #[arg(long = "dry-run")]
    pub dry_run: bool,
    /// Destroy the applications' storage
    #[arg(long = "destroy-storage")]
    pub destroy_storage: bool,
    /// Remove them whatever fails
    #[arg(long)]
    pub force: bool,
    /// Do not wait for a step before the next
    #[arg(long = "no-wait")]
    pub no_wait: bool,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
}

impl Init for RemoveApplication {
    fn init(&mut self) -> Result<(), String> {
        self.applications.iter().try_for_each(|name| application(name))?;
        no_wait(self.no_wait, self.force)
    }
}

/// `juju scale-application`, which is for containers.
#[derive(Debug, Clone, Args)]
pub struct ScaleApplication {
    /// The application
    pub application: String,
    /// The number of units
    pub scale: String,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
}

impl Init for ScaleApplication {
    fn init(&mut self) -> Result<(), String> {
        Err("Juju command \"scale-application\" only supported on k8s container models".to_owned())
    }
}
