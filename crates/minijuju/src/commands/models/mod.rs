//! `juju models` and `juju show-model`.

pub mod output;

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Args;
use emulator::JujuVersion;
use jiff::Timestamp;

use self::output::{
    ModelCredential, ModelInfo, ModelMachine, ModelSet, ModelState, ModelSummary, ModelUser, SecretBackend,
    SupportedFeature,
};
use crate::cli::{Arguments, ControllerOption, ModelOption, Output};
use crate::client::{CLOUD, CONTROLLER, Client, USER, print};
use crate::format::{self, Colours, Document, Tabular, ago};
use crate::store::Life;
use crate::store::model::{self, Model};
use crate::store::{machine, secret, unit};

const MODELS_HELP: &str = "\
Details:
The current model is marked with an asterisk.

Examples:
    juju models
    juju models --format json";

/// List the models.
#[derive(Debug, Clone, Args)]
#[command(alias = "list-models", after_help = MODELS_HELP)]
pub struct ModelsArgs {
    /// The user whose models to list
    #[arg(long)]
    pub user: Option<String>,
    /// List every user's models
    #[arg(long)]
    pub all: bool,
    /// Show the models' UUIDs
    #[arg(long)]
    pub uuid: bool,
    /// Show full times
    #[arg(long = "exact-time")]
    pub exact_time: bool,
    #[command(flatten)]
    pub output: Output<Tabular>,
    #[command(flatten)]
    pub controller: ControllerOption,
}

impl Arguments for ModelsArgs {}

const SHOW_MODEL_HELP: &str = "\
Examples:
    juju show-model
    juju show-model testing --format json";

/// Show details of a model.
#[derive(Debug, Clone, Args)]
#[command(after_help = SHOW_MODEL_HELP)]
pub struct ShowModelArgs {
    /// The model; by default the current one
    #[arg(value_name = "model name")]
    pub name: Option<String>,
    #[command(flatten)]
    pub output: Output<Document>,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for ShowModelArgs {
    const USAGE: Option<&str> = Some("<model name>");
}

/// Run `juju models`.
pub fn list(client: &mut Client, args: &ModelsArgs) -> anyhow::Result<ExitCode> {
    let controller = client.controller_uuid()?;
    let db = client.store.db();
    let mut models = Vec::new();
    for model in model::all(db)? {
        models.push(ModelSummary {
            name: format!("{USER}/{}", model.name),
            short_name: model.name.clone(),
            uuid: model.uuid.clone(),
            model_type: "iaas".to_owned(),
            controller_uuid: controller.clone(),
            controller_name: CONTROLLER.to_owned(),
            is_controller: false,
            owner: USER.to_owned(),
            cloud: CLOUD.to_owned(),
            region: CLOUD.to_owned(),
            credential: Some(credential()),
            provider_type: "lxd".to_owned(),
            life: Life::Alive,
            status: Some(model_state(&model)),
            access: "admin".to_owned(),
            last_connection: "just now".to_owned(),
            sla: sla(model.juju).to_owned(),
            agent_version: model.juju.to_string(),
            machines: machine::all(db, &model.uuid)?.len(),
            units: unit::all(db, &model.uuid)?.len(),
        });
    }
    let set =
        ModelSet { models, current_model: client.current()?.unwrap_or_default(), controller: CONTROLLER.to_owned() };
    let colour = Colours::on(&std::io::stdout());
    let uuids = if args.uuid { output::Uuids::Shown } else { output::Uuids::Hidden };
    print(&output::models(&set, args.output.format(), uuids, colour), args.output.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// Run `juju show-model`.
pub fn show(client: &mut Client, args: &ShowModelArgs) -> anyhow::Result<ExitCode> {
    let controller = client.controller_uuid()?;
    let model = match &args.name {
        Some(name) => client.find_model(name)?,
        None => client.model()?,
    };
    let db = client.store.db();
    let cores = std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
    let machines = machine::all(db, &model.uuid)?.into_iter().map(|found| (found.id, ModelMachine { cores })).collect();
    let user =
        ModelUser { display_name: USER.to_owned(), access: "admin".to_owned(), last_connection: "just now".to_owned() };
    let backend = SecretBackend {
        num_secrets: secret::count(db, &model.uuid)?,
        status: "active".to_owned(),
        message: String::new(),
    };
    let feature = SupportedFeature {
        name: "juju".to_owned(),
        description: "the version of Juju used by the model".to_owned(),
        version: model.juju.to_string(),
    };
    let info = ModelInfo {
        name: format!("{USER}/{}", model.name),
        short_name: model.name.clone(),
        uuid: model.uuid.clone(),
        model_type: "iaas".to_owned(),
        controller_uuid: controller,
        controller_name: CONTROLLER.to_owned(),
        is_controller: false,
        owner: USER.to_owned(),
        cloud: CLOUD.to_owned(),
        region: CLOUD.to_owned(),
        provider_type: "lxd".to_owned(),
        life: Life::Alive,
        status: Some(model_state(&model)),
        users: BTreeMap::from([(USER.to_owned(), user)]),
        machines,
        secret_backends: BTreeMap::from([("internal".to_owned(), backend)]),
        sla: sla(model.juju).to_owned(),
        agent_version: model.juju.to_string(),
        credential: Some(credential()),
        supported_features: vec![feature],
    };
    let text = format::document(&BTreeMap::from([(model.name, info)]), args.output.format());
    print(&text, args.output.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// The level of support, which Juju 4 no longer has.
pub fn sla(juju: JujuVersion) -> &'static str {
    if juju.is_4() { "" } else { "unsupported" }
}

fn model_state(model: &Model) -> ModelState {
    let since = Timestamp::from_millisecond(model.created).map(|time| ago(time, Timestamp::now()));
    ModelState { current: "available".to_owned(), message: String::new(), since: since.unwrap_or_default() }
}

fn credential() -> ModelCredential {
    ModelCredential {
        name: CLOUD.to_owned(),
        owner: USER.to_owned(),
        cloud: CLOUD.to_owned(),
        validity: "valid".to_owned(),
    }
}
