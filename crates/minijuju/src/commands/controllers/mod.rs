//! `juju controllers` and `juju show-controller`: the only controller is minijuju.

pub mod output;

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;

use self::output::{
    ControllerAccount, ControllerDetails, ControllerInfo, ControllerItem, ControllerModel, ControllerSet,
};
use crate::cli::{Arguments, ControllerOption, Output};
use crate::client::{CLOUD, CONTROLLER, Client, USER, print, version};
use crate::format::{self, Colours, Document, Tabular};
use crate::store::{machine, model, unit};

/// List the controllers: only minijuju.
#[derive(Debug, Clone, Args)]
#[command(alias = "list-controllers")]
pub struct ControllersArgs {
    /// Ask the controllers for their latest details
    #[arg(long)]
    pub refresh: bool,
    /// Show controllers managed by JAAS
    #[arg(long)]
    pub managed: bool,
    #[command(flatten)]
    pub output: Output<Tabular>,
}

impl Arguments for ControllersArgs {}

/// Show details of the controller.
#[derive(Debug, Clone, Args)]
pub struct ShowControllerArgs {
    /// The controllers; by default the current one
    #[arg(value_name = "controller name")]
    pub names: Vec<String>,
    /// Show passwords
    #[arg(long = "show-password", hide = true)]
    pub show_password: bool,
    #[command(flatten)]
    pub output: Output<Document>,
    #[command(flatten)]
    pub controller: ControllerOption,
}

impl Arguments for ShowControllerArgs {
    const USAGE: Option<&str> = Some("[<controller name> ...]");
}

/// Run `juju controllers`.
pub fn list(client: &mut Client, args: &ControllersArgs) -> anyhow::Result<ExitCode> {
    let (uuid, controller_uuid) = format::json_or_yaml_field(client.controller_uuid()?, args.output.format());
    let db = client.store.db();
    let models = model::all(db)?;
    let mut machines = 0;
    for model in &models {
        machines += machine::all(db, &model.uuid)?.len();
    }
    let item = ControllerItem {
        current_model: client.current()?.unwrap_or_default(),
        user: USER.to_owned(),
        access: "superuser".to_owned(),
        uuid,
        controller_uuid,
        cloud: CLOUD.to_owned(),
        region: CLOUD.to_owned(),
        agent_version: version::of_new_models(Some(db))?.to_string(),
        model_count: Some(models.len()),
        machine_count: Some(machines),
        ..ControllerItem::default()
    };
    let set = ControllerSet {
        controllers: BTreeMap::from([(CONTROLLER.to_owned(), item)]),
        current_controller: CONTROLLER.to_owned(),
    };
    let colour = Colours::on(&std::io::stdout());
    print(&output::controllers(&set, args.output.format(), colour), args.output.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// Run `juju show-controller`.
pub fn show(client: &mut Client, args: &ShowControllerArgs) -> anyhow::Result<ExitCode> {
    if let Some(other) = args.names.iter().find(|name| *name != CONTROLLER) {
        bail!("controller {other} not found");
    }
    let (uuid, controller_uuid) = format::json_or_yaml_field(client.controller_uuid()?, args.output.format());
    let db = client.store.db();
    let mut models = BTreeMap::new();
    for model in model::all(db)? {
        let (uuid, model_uuid) = format::json_or_yaml_field(model.uuid.clone(), args.output.format());
        let shown = ControllerModel {
            uuid,
            model_uuid,
            machine_count: Some(machine::all(db, &model.uuid)?.len()).filter(|count| *count > 0),
            unit_count: Some(unit::all(db, &model.uuid)?.len()).filter(|count| *count > 0),
        };
        models.insert(format!("{USER}/{}", model.name), shown);
    }
    let info = ControllerInfo {
        details: ControllerDetails {
            uuid,
            controller_uuid,
            cloud: CLOUD.to_owned(),
            region: CLOUD.to_owned(),
            agent_version: version::of_new_models(Some(db))?.to_string(),
            ..ControllerDetails::default()
        },
        models,
        current_model: client.current()?.map(|name| format!("{USER}/{name}")).unwrap_or_default(),
        account: ControllerAccount { user: USER.to_owned(), access: "superuser".to_owned() },
    };
    let text = format::document(&BTreeMap::from([(CONTROLLER, info)]), args.output.format());
    print(&text, args.output.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}
