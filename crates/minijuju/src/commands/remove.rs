//! `juju remove-unit` and `juju remove-application`.

use std::fmt::Write as _;
use std::fs;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;

use crate::cli::{Arguments, ModelOption, NoPrompt, UsageError, check_application_name, integer, is_unit};
use crate::client::units::Removal;
use crate::client::{Client, charms, confirm, print, units};
use crate::program_name::program_name;
use crate::store::Life;
use crate::store::application::{self, Application};
use crate::store::model::Model;
use crate::store::unit::{self, Unit};
use crate::store::{cross_model, relation, storage};

const REMOVE_UNIT_HELP: &str = "\
Details:
The unit gets its stop and remove events, and its machine goes. With --force, it goes even if those
fail.

Examples:
    juju remove-unit tinyproxy/1
    juju remove-unit tinyproxy/1 --force --no-prompt";

/// How to remove units.
#[derive(Debug, Clone, Args)]
#[allow(clippy::struct_excessive_bools, reason = "they are independent switches of the command line")]
pub struct RemovalOptions {
    #[command(flatten)]
    pub prompt: NoPrompt,
    /// Show what would be removed, but remove nothing
    #[arg(long = "dry-run")]
    pub dry_run: bool,
    /// Destroy their storage
    #[arg(long = "destroy-storage")]
    pub destroy_storage: bool,
    /// Remove them whatever fails
    #[arg(long)]
    pub force: bool,
    /// Do not wait for a step before starting the next
    #[arg(long = "no-wait")]
    pub no_wait: bool,
}

impl RemovalOptions {
    fn check(&self) -> Result<(), UsageError> {
        if self.no_wait && !self.force { Err(NO_WAIT_WITHOUT_FORCE) } else { Ok(()) }
    }
}

/// Remove units.
#[derive(Debug, Clone, Args)]
#[command(after_help = REMOVE_UNIT_HELP)]
pub struct RemoveUnitArgs {
    /// The units
    #[arg(value_name = "unit", required = true)]
    pub units: Vec<String>,
    #[command(flatten)]
    pub removal: RemovalOptions,
    #[arg(long = "num-units", hide = true, value_parser = integer)]
    num_units: Option<i64>,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for RemoveUnitArgs {
    const USAGE: Option<&str> = Some("<unit> [...] | <application>");
    const MISSING: &[&str] = &["no units specified"];

    fn init(&mut self) -> Result<(), UsageError> {
        if self.num_units.is_some_and(|units| units != 0) {
            return Err(UsageError::Rule("--num-units for non k8s models not valid"));
        }
        if let Some(name) = self.units.iter().find(|name| !is_unit(name)) {
            return Err(UsageError::Invalid { what: "unit name", word: name.clone() });
        }
        self.removal.check()
    }
}

/// `--no-wait` works only with `--force`.
const NO_WAIT_WITHOUT_FORCE: UsageError = UsageError::Rule("--no-wait without --force not valid");

const REMOVE_APPLICATION_HELP: &str = "\
Details:
Its relations are broken, its units get their stop and remove events, and their machines go. With
--force, they go even if those fail.

Examples:
    juju remove-application tinyproxy
    juju remove-application tinyproxy --force --no-prompt";

/// Remove applications.
#[derive(Debug, Clone, Args)]
#[command(after_help = REMOVE_APPLICATION_HELP)]
pub struct RemoveApplicationArgs {
    /// The applications
    #[arg(value_name = "application", required = true)]
    pub applications: Vec<String>,
    #[command(flatten)]
    pub removal: RemovalOptions,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for RemoveApplicationArgs {
    const USAGE: Option<&str> = Some("<application> [<application>...]");
    const MISSING: &[&str] = &["no application specified"];

    fn init(&mut self) -> Result<(), UsageError> {
        self.applications.iter().try_for_each(|name| check_application_name(name))?;
        self.removal.check()
    }
}

const WARNING: &str = "WARNING This command will perform the following actions:";

/// Run `juju remove-unit`.
pub fn units(client: &mut Client, args: &RemoveUnitArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let mut found: Vec<Unit> = Vec::new();
    let mut errors = Vec::new();
    for name in &args.units {
        match unit::find(client.store.db(), &model.uuid, name)? {
            Some(unit) if unit.principal.is_empty() => found.push(unit),
            Some(unit) => errors.push(format!(
                "removing unit {name} failed: unit {name:?} is a subordinate, to remove use remove-relation. Note: this \
                 will remove all units of {:?}",
                unit.application
            )),
            None => errors.push(format!("removing unit {name} failed: {}", missing_unit_error(client, &model, name)?)),
        }
    }
    let mut notice = String::new();
    for unit in &found {
        let _ = writeln!(notice, "will remove unit {}", unit.name());
        notice.push_str(&storage_lines(client, &model, unit, args.removal.destroy_storage)?);
    }
    let confirmation = Confirmation {
        dry_run: args.removal.dry_run,
        no_prompt: args.removal.prompt.no_prompt,
        operation: "unit removal",
    };
    if !confirm_removal(client, &errors, &notice, &confirmation)? {
        return Ok(exit_code(&errors));
    }
    client.store.write(|db| {
        found.iter().try_for_each(|unit| {
            if args.removal.destroy_storage {
                units::destroy_storage(db, &model, unit)?;
            }
            units::remove(db, &model, unit, Removal::from_force(args.removal.force))
        })
    })?;
    client.settle(&model)?;
    report_remaining(client, &model, &found.iter().map(Unit::name).collect::<Vec<_>>())?;
    Ok(exit_code(&errors))
}

/// Juju's error for a missing unit. Juju 4.0 looks for the application first:
/// apiserver/facades/client/application/application.go.
fn missing_unit_error(client: &Client, model: &Model, name: &str) -> anyhow::Result<String> {
    if !model.juju.is_4() {
        return Ok(format!("unit {name:?} does not exist"));
    }
    let application = name.split('/').next().unwrap_or_default();
    Ok(match application::find(client.store.db(), &model.uuid, application)? {
        Some(_) => format!("unit {name:?} not found"),
        None => format!("application {application} not found"),
    })
}

/// Run `juju remove-application`.
pub fn applications(client: &mut Client, args: &RemoveApplicationArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let mut found: Vec<Application> = Vec::new();
    let mut errors = Vec::new();
    for name in &args.applications {
        let Some(application) = application::find(client.store.db(), &model.uuid, name)? else {
            errors.push(format!("removing application {name} failed: application {name:?} not found"));
            continue;
        };
        let consumers = consumers(client, &model, name)?;
        if consumers > 0 && !args.removal.force {
            let plural = if consumers == 1 { "" } else { "s" };
            errors.push(format!(
                "removing application {name} failed: cannot destroy application {name:?}: application is used by \
                 {consumers} consumer{plural}"
            ));
            continue;
        }
        found.push(application);
    }
    let mut files = Vec::new();
    for application in &found {
        files.push(charms::files(client, &model, application)?);
    }
    let mut notice = String::new();
    let mut units_to_remove: Vec<Unit> = Vec::new();
    for application in &found {
        let _ = writeln!(notice, "will remove application {}", application.name);
        let units = unit::of_application(client.store.db(), &model.uuid, &application.name)?;
        for unit in &units {
            let _ = writeln!(notice, "- will remove unit {}", unit.name());
        }
        for unit in &units {
            notice.push_str(&storage_lines(client, &model, unit, args.removal.destroy_storage)?);
        }
        units_to_remove.extend(units);
    }
    let confirmation = Confirmation {
        dry_run: args.removal.dry_run,
        no_prompt: args.removal.prompt.no_prompt,
        operation: "application removal",
    };
    if !confirm_removal(client, &errors, &notice, &confirmation)? {
        return Ok(exit_code(&errors));
    }
    client.store.write(|db| {
        for application in &mut found {
            application.life = Life::Dying;
            application::save(db, &model.uuid, application)?;
            relation::end_all(db, &model.uuid, &application.name)?;
            if unit::of_application(db, &model.uuid, &application.name)?.is_empty() {
                application::remove(db, &model.uuid, &application.name)?;
            }
        }
        units_to_remove.iter().try_for_each(|unit| {
            if args.removal.destroy_storage {
                units::destroy_storage(db, &model, unit)?;
            }
            units::remove(db, &model, unit, Removal::from_force(args.removal.force))
        })
    })?;
    client.settle(&model)?;
    for (application, files) in found.iter().zip(&files) {
        if application::find(client.store.db(), &model.uuid, &application.name)?.is_none() {
            // `clean` removes what cannot be removed now.
            for file in files {
                let _ = fs::remove_file(file);
            }
        }
    }
    report_remaining(client, &model, &units_to_remove.iter().map(Unit::name).collect::<Vec<_>>())?;
    Ok(exit_code(&errors))
}

/// The number of applications in other models that are related to an application through its offers.
fn consumers(client: &Client, model: &Model, application: &str) -> anyhow::Result<usize> {
    let all = cross_model::all(client.store.db(), &model.uuid)?;
    Ok(all.iter().filter(|relation| relation.offerer.is_application(&model.uuid, application)).count())
}

fn exit_code(errors: &[String]) -> ExitCode {
    if errors.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Whether and how to ask before a removal.
struct Confirmation {
    dry_run: bool,
    no_prompt: bool,
    /// The name of the operation in the message after "no".
    operation: &'static str,
}

/// Report errors and what will be removed, and ask for confirmation if needed. Returns whether to continue: if Juju
/// would ask, nothing is removed after an error (`performDryRun` in cmd/juju/application/removeunit.go).
fn confirm_removal(
    client: &Client,
    errors: &[String],
    notice: &str,
    confirmation: &Confirmation,
) -> anyhow::Result<bool> {
    for error in errors {
        client.progress.print(&format!("ERROR {error}"));
    }
    let is_previewed = confirmation.dry_run || !confirmation.no_prompt;
    if notice.is_empty() || (is_previewed && !errors.is_empty()) {
        return Ok(false);
    }
    if is_previewed {
        eprintln!("{WARNING}");
    }
    print(notice, None)?;
    if !confirmation.dry_run && !confirmation.no_prompt {
        confirm("").context(confirmation.operation)?;
    }
    Ok(!confirmation.dry_run)
}

/// What happens to a unit's storage: the machine's own is removed with it, the cloud's only with `--destroy-storage`.
fn storage_lines(client: &Client, model: &Model, unit: &Unit, destroy: bool) -> anyhow::Result<String> {
    let mut lines = String::new();
    if model.juju.is_4() {
        // Juju 4 does not list it.
        return Ok(lines);
    }
    let all = storage::of_unit(client.store.db(), &model.uuid, &unit.name())?;
    let (detached, removed): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|storage| storage.is_detachable() && !destroy);
    for storage in removed {
        let _ = writeln!(lines, "- will remove storage {}", storage.id);
    }
    for storage in detached {
        let _ = writeln!(lines, "- will detach storage {}", storage.id);
    }
    Ok(lines)
}

/// Report the units that could not be removed yet, and what to do about them.
fn report_remaining(client: &Client, model: &Model, names: &[String]) -> anyhow::Result<()> {
    let called = program_name();
    for name in names {
        if unit::find(client.store.db(), &model.uuid, name)?.is_some() {
            client.progress.info(&format!(
                "unit {name} is still there, because a hook of it failed: `{called} resolved {name}` runs it again, \
                 `{called} remove-unit --force {name}` removes the unit without it"
            ));
        }
    }
    Ok(())
}
