//! `juju deploy`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;

use crate::cli::{
    Arguments, ConfigSource, ModelOption, Pair, UsageError, check_new_application_name, integer, is_application,
    refuse_option,
};
use crate::client::charms::{self, Charm};
use crate::client::{Client, assumes, settings, summary, units};
use crate::commands::constraints::{self, ConstraintError};
use crate::commands::deployment::{OptionError, check_attach_storage, check_bind, check_channel, check_placement};
use crate::commands::{integrate, resources, storage};
use crate::pack::juju_arch;
use crate::store::Life;
use crate::store::application::{self, Application};
use crate::store::model::Model;
use crate::store::resource;
use crate::store::saas;
use crate::store::status::{self, Kind, Status};

const NO_BUNDLES: &str = "it deploys charms, not bundles";

const DEPLOY_HELP: &str = "\
Details:
A folder is a charm's project, and is packed first: built as `cargo test` builds it, so that an edit is
deployed quickly, or with --release as `minijuju pack` builds it. Each unit's machine is a throw-away
view of this computer with an address of its own. The command returns once no event is left to run.

Examples:
    juju deploy .
    juju deploy . --release
    juju deploy ./tinyproxy_amd64.charm
    juju deploy ./tinyproxy_amd64.charm proxy -n 2 --config slug=foo
    juju deploy ./db_amd64.charm --resource snapshot=./dump.sql --storage data=1G";

/// Deploy a charm.
#[derive(Debug, Clone, Args)]
#[allow(clippy::struct_excessive_bools, reason = "they are independent switches of the command line")]
#[command(after_help = DEPLOY_HELP)]
pub struct DeployArgs {
    /// A .charm file, or a charm's project folder, which is packed first
    #[arg(value_name = "charm")]
    pub charm: String,
    /// Name of the application; by default the charm's name
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
    /// Allow the charm to use the cloud's credentials
    #[arg(long)]
    pub trust: bool,
    /// The base to deploy on, such as ubuntu@22.04
    #[arg(long, value_name = "base")]
    pub base: Option<String>,
    /// Constraints on the units' machines
    #[arg(long = "constraints", value_name = "key=value")]
    constraint_words: Vec<String>,
    /// Machines to deploy on, separated by commas
    #[arg(long = "to", value_name = "machine", action = clap::ArgAction::Set, value_delimiter = ',')]
    pub to: Vec<String>,
    /// Spaces of the endpoints: only alpha
    #[arg(long, value_name = "space")]
    pub bind: Option<String>,
    /// Build a project folder's charm for release, as `pack` does (minijuju only)
    #[arg(long)]
    pub release: bool,
    /// Deploy on any base
    #[arg(long)]
    pub force: bool,
    /// As on Juju, without effect for a charm from a file.
    #[arg(long, hide = true)]
    channel: Option<String>,
    /// As on Juju, without effect for a charm from a file.
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
    /// Existing storage to attach to the unit, such as data/0; separate several with commas
    #[arg(long = "attach-storage", value_name = "storage", value_delimiter = ',')]
    pub attach_storage: Vec<String>,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for DeployArgs {
    const USAGE: Option<&str> = Some("<charm or bundle> [<application name>]");
    const MISSING: &[&str] = &["no charm or bundle specified"];

    fn init(&mut self) -> Result<(), UsageError> {
        if let Some(name) = &self.application {
            check_new_application_name(name)?;
        }
        check_placement(self.num_units, &self.to)?;
        if let Some(channel) = self.channel.as_deref().filter(|channel| !channel.is_empty()) {
            check_channel(channel).map_err(|error| UsageError::command(OptionError("--channel", error)))?;
        }
        refuse_option("--series", &self.series, "use --base")?;
        refuse_option("--overlay", &self.overlay, NO_BUNDLES)?;
        refuse_option("--map-machines", &self.map_machines, NO_BUNDLES)?;
        refuse_option("--device", &self.device, "devices are for charms in containers")?;
        check_attach_storage(&self.attach_storage, self.num_units)?;
        if let Some(bind) = &self.bind {
            check_bind(bind)?;
        }
        Ok(())
    }
}

impl DeployArgs {
    /// The constraints on the units' machines. Juju parses them only when it deploys.
    pub fn constraints(&self) -> Result<BTreeMap<String, String>, ConstraintError> {
        constraints::parse(&self.constraint_words)
    }
}

pub fn run(client: &mut Client, args: &DeployArgs) -> anyhow::Result<ExitCode> {
    let constraints = args.constraints().map_err(anyhow::Error::msg)?;
    // Before anything is written: check that machines can be made at all.
    client.machines()?.check_available()?;
    let model = client.model()?;
    let charm = charms::read(client, &args.charm, charms::profile(args.release))?;
    client.print_if_verbose(&format!("Preparing to deploy local charm: {:?}", charm.meta.name));
    if args.dry_run {
        // As on Juju.
        client.progress.info("ignoring dry-run flag for local charms");
    }
    let application = add(client, &model, args, constraints, &charm).inspect_err(|_| charm.discard())?;
    client.progress.info(&format!("Located local charm {:?}, revision {}", application.charm, application.revision));
    client.progress.info(&format!(
        "Deploying {:?} from local charm {:?}, revision {} on {}",
        application.name,
        application.charm,
        application.revision,
        base_with_risk(&choose_base(args, &charm.bases())?, args.base.as_deref())
    ));
    client.settle(&model)?;
    summary::print_units(client, &model, &application.name)?;
    Ok(ExitCode::SUCCESS)
}

/// A base as Juju prints it: with its channel's risk, taken from `requested` if that is given. Juju 3.6:
/// `formatDeployingText` in cmd/juju/application/deployer/charm.go.
fn base_with_risk(base: &str, requested: Option<&str>) -> String {
    let risk = requested.and_then(|requested| Some(requested.split_once('/')?.1)).unwrap_or("stable");
    format!("{base}/{risk}")
}

/// The units' base in Juju's words: the requested one, the charm's first, or the default.
fn choose_base(args: &DeployArgs, bases: &[String]) -> anyhow::Result<String> {
    let Some(requested) = &args.base else {
        return Ok(bases.first().cloned().unwrap_or_else(|| "ubuntu@24.04".to_owned()));
    };
    // Ignore a channel's risk, as in ubuntu@22.04/stable.
    let requested = requested.split('/').next().unwrap_or_default().to_owned();
    if !args.force && !bases.is_empty() && !bases.contains(&requested) {
        // Juju 3.6: core/charm/baseselector.go
        bail!("base {requested:?} is not supported, supported bases are: {}", bases.join(", "));
    }
    Ok(requested)
}

/// The number of units to start with. A subordinate has no units of its own at first, and no machines to choose. Juju
/// 3.6: cmd/juju/application/deployer/charm.go
fn unit_count(subordinate: bool, args: &DeployArgs) -> anyhow::Result<i64> {
    if !subordinate {
        return Ok(args.num_units);
    }
    if !args.constraint_words.is_empty() {
        bail!("cannot use --constraints with subordinate application");
    }
    if args.num_units != 1 || !args.to.is_empty() {
        bail!("cannot use --num-units or --to with subordinate application");
    }
    Ok(0)
}

/// An application's constraints always name an architecture: the model's, or this computer's. A subordinate has none.
/// Juju 3.6: `AddApplication` in state/state.go.
fn with_arch(
    mut constraints: BTreeMap<String, String>,
    model: &BTreeMap<String, String>,
    subordinate: bool,
) -> BTreeMap<String, String> {
    const ARCH: &str = "arch";
    if !subordinate && !constraints.contains_key(ARCH) {
        let arch = model.get(ARCH).filter(|arch| !arch.is_empty());
        constraints.insert(ARCH.to_owned(), arch.cloned().unwrap_or_else(|| juju_arch().to_owned()));
    }
    constraints
}

fn add(
    client: &mut Client,
    model: &Model,
    args: &DeployArgs,
    constraints: BTreeMap<String, String>,
    charm: &Charm,
) -> anyhow::Result<Application> {
    let meta = &charm.meta;
    let name = args.application.clone().unwrap_or_else(|| meta.name.clone());
    if !is_application(&name) {
        bail!("invalid application name {name:?}");
    }
    if let Err(error) = assumes::check(&meta.assumes, model.juju) {
        if !args.force {
            return Err(error.into());
        }
        client.progress.print(&format!("WARNING {}", error.to_string().trim_end()));
    }
    let given = settings::from_sources(meta, &name, &args.config)?;
    let mut application = Application {
        charm: meta.name.clone(),
        revision: 0,
        charm_version: 0,
        force_charm: false,
        archive: charm.archive.to_string_lossy().into_owned(),
        metadata: charm.files.clone(),
        config: given.options,
        trust: args.trust || given.trust.unwrap_or_default(),
        exposed: None,
        life: Life::Alive,
        leader: None,
        workload_version: String::new(),
        storage: args.storage.iter().map(|pair| (pair.name.clone(), pair.value.clone())).collect(),
        constraints: with_arch(constraints, &model.constraints, meta.subordinate),
        name,
    };
    storage::check(meta, &args.storage, model.juju)?;
    let resources = resources::copy_files(client, meta, &application.name, &args.resources)?;
    let base = choose_base(args, &charm.bases())?;
    let count = unit_count(meta.subordinate, args)?;
    let result = client.store.write(|db| {
        if application::find(db, &model.uuid, &application.name)?.is_some() {
            bail!("cannot add application {:?}: application already exists", application.name);
        }
        if saas::find(db, &model.uuid, &application.name)?.is_some() {
            bail!("cannot add application {:?}: saas application with same name already exists", application.name);
        }
        application.revision = application::next_revision(db, &model.uuid, &meta.name)?;
        application::add(db, &model.uuid, &application)?;
        status::set(db, &model.uuid, Kind::Application, &application.name, &Status::new("unset", ""))?;
        resources.iter().try_for_each(|resource| resource::attach(db, &model.uuid, resource))?;
        integrate::add_peers(db, model, &application, meta)?;
        units::add(db, model, &application, &base, count, &args.to, &args.attach_storage)?;
        Ok(application)
    });
    result.inspect_err(|_: &anyhow::Error| {
        for resource in &resources {
            let _ = std::fs::remove_file(&resource.path);
        }
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::commands::tests::{command, pair};

    #[derive(Debug, Parser)]
    struct CommandLine {
        #[command(flatten)]
        args: DeployArgs,
    }

    fn args(line: &str) -> DeployArgs {
        CommandLine::parse_from(["deploy", "./x.charm"].into_iter().chain(line.split_whitespace())).args
    }

    #[test]
    fn the_constraints_of_an_application_name_an_architecture_unless_it_is_a_subordinate() {
        let map = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let none = BTreeMap::new();
        assert_eq!(with_arch(map(&[("mem", "1G")]), &none, false), map(&[("arch", juju_arch()), ("mem", "1G")]));
        assert_eq!(with_arch(none.clone(), &map(&[("arch", "s390x")]), false), map(&[("arch", "s390x")]));
        assert_eq!(
            with_arch(map(&[("arch", "riscv64")]), &map(&[("arch", "s390x")]), false),
            map(&[("arch", "riscv64")])
        );
        assert_eq!(with_arch(none.clone(), &none, true), none);
    }

    #[test]
    fn a_subordinate_accepts_no_number_of_units_no_machines_and_no_constraints() {
        assert_eq!(unit_count(true, &args("")).unwrap(), 0);
        assert_eq!(unit_count(false, &args("-n 2 --to 0,1")).unwrap(), 2);
        for line in ["-n 2", "--to 0"] {
            let reason = "cannot use --num-units or --to with subordinate application";
            assert_eq!(unit_count(true, &args(line)).unwrap_err().to_string(), reason);
        }
        let reason = "cannot use --constraints with subordinate application";
        assert_eq!(unit_count(true, &args("--constraints mem=1G")).unwrap_err().to_string(), reason);
    }

    #[test]
    fn the_printed_base_has_the_risk_of_its_channel() {
        assert_eq!(base_with_risk("ubuntu@22.04", None), "ubuntu@22.04/stable");
        assert_eq!(base_with_risk("ubuntu@22.04", Some("ubuntu@22.04")), "ubuntu@22.04/stable");
        assert_eq!(base_with_risk("ubuntu@22.04", Some("ubuntu@22.04/edge")), "ubuntu@22.04/edge");
    }

    #[test]
    fn the_base_must_be_one_of_the_charm_unless_it_is_forced() {
        let all = ["ubuntu@22.04", "ubuntu@24.04"].map(str::to_owned);
        assert_eq!(choose_base(&args(""), &all).unwrap(), "ubuntu@22.04");
        assert_eq!(choose_base(&args("--base ubuntu@24.04/stable"), &all).unwrap(), "ubuntu@24.04");
        assert_eq!(choose_base(&args("--base ubuntu@20.04 --force"), &all).unwrap(), "ubuntu@20.04");
        assert_eq!(choose_base(&args("--base ubuntu@20.04"), &[]).unwrap(), "ubuntu@20.04");
        assert_eq!(
            choose_base(&args("--base ubuntu@20.04"), &all).unwrap_err().to_string(),
            "base \"ubuntu@20.04\" is not supported, supported bases are: ubuntu@22.04, ubuntu@24.04"
        );
    }

    #[test]
    fn deploy_accepts_options_before_and_after_its_arguments() {
        let deploy = command!(
            "deploy --model m ./tinyproxy_amd64.charm -n 2 proxy --config slug=foo --config more.yaml --trust \
             --resource image=./x.tar --storage data=1G --to 0,1 --constraints arch=amd64_mem=4G --bind alpha --force",
            Deploy
        );
        // `_` stands for a space here, even in the file's name.
        assert_eq!(deploy.charm, "./tinyproxy amd64.charm");
        assert_eq!(deploy.application.as_deref(), Some("proxy"));
        assert_eq!(deploy.num_units, 2);
        assert_eq!(deploy.config, [ConfigSource::Value(pair("slug", "foo")), ConfigSource::File("more.yaml".into())]);
        assert_eq!(deploy.resources, [pair("image", "./x.tar")]);
        assert_eq!(deploy.storage, [pair("data", "1G")]);
        assert_eq!(deploy.to, ["0", "1"]);
        assert!(deploy.trust && deploy.force);
        let constraints: Vec<_> = deploy.constraints().unwrap().iter().map(|(k, v)| format!("{k}={v}")).collect();
        assert_eq!(constraints, ["arch=amd64", "mem=4G"]);
        let set = command!("set-constraints a allocate-public-ip=1 cpu-cores=", SetConstraints).constraints;
        let constraints: Vec<_> = set.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(constraints, ["allocate-public-ip=true", "cores="]);
        assert_eq!(deploy.model.name.as_deref(), Some("m"));
        assert_eq!(command!("deploy .", Deploy).num_units, 1);
    }
}
