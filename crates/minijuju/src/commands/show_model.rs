//! `juju models` and `juju show-model`.

use std::collections::BTreeMap;
use std::process::ExitCode;

use jiff::Timestamp;

use super::client::{CLOUD, CONTROLLER, Client, USER, print};
use crate::cli::{Models, ShowModel};
use crate::format::{
    self, ModelCredential, ModelInfo, ModelMachine, ModelSet, ModelState, ModelSummary, ModelUser, SecretBackend,
    SupportedFeature, ago,
};
use crate::store::model::{self, Model};
use crate::store::{machine, secret, unit};
use crate::uniter::JUJU_VERSION;

/// Run `juju models`.
pub fn list(client: &mut Client, args: &Models) -> anyhow::Result<ExitCode> {
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
            life: "alive".to_owned(),
            status: Some(available(&model)),
            access: "admin".to_owned(),
            last_connection: "just now".to_owned(),
            sla: "unsupported".to_owned(),
            agent_version: JUJU_VERSION.to_owned(),
            machines: machine::all(db, &model.uuid)?.len(),
            units: unit::all(db, &model.uuid)?.len(),
        });
    }
    let set =
        ModelSet { models, current_model: client.current()?.unwrap_or_default(), controller: CONTROLLER.to_owned() };
    let colour = format::colour(&std::io::stdout(), false, false);
    print(&format::models(&set, args.output.format(), args.uuid, colour), args.output.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// Run `juju show-model`.
pub fn show(client: &mut Client, args: &ShowModel) -> anyhow::Result<ExitCode> {
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
        version: JUJU_VERSION.to_owned(),
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
        life: "alive".to_owned(),
        status: Some(available(&model)),
        users: BTreeMap::from([(USER.to_owned(), user)]),
        machines,
        secret_backends: BTreeMap::from([("internal".to_owned(), backend)]),
        sla: "unsupported".to_owned(),
        agent_version: JUJU_VERSION.to_owned(),
        credential: Some(credential()),
        supported_features: vec![feature],
    };
    let text = format::document(&BTreeMap::from([(model.name, info)]), args.output.format());
    print(&text, args.output.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

fn available(model: &Model) -> ModelState {
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
