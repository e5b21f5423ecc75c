//! The controller, which is this program, and who is there.

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::bail;

use super::client::{CLOUD, CONTROLLER, Client, USER, print};
use crate::cli::{Controllers, ShowController, Version, Whoami};
use crate::format::{
    self, ControllerAccount, ControllerDetails, ControllerInfo, ControllerItem, ControllerModel, ControllerSet,
    VersionDetail, WhoAmI,
};
use crate::pack::juju_arch;
use crate::store::{machine, model, unit};
use crate::uniter::JUJU_VERSION;

/// Run `juju controllers`.
pub fn list(client: &mut Client, args: &Controllers) -> anyhow::Result<ExitCode> {
    let uuid = client.controller_uuid()?;
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
        cloud: CLOUD.to_owned(),
        region: CLOUD.to_owned(),
        agent_version: JUJU_VERSION.to_owned(),
        model_count: Some(models.len()),
        machine_count: Some(machines),
        ..ControllerItem::default()
    };
    let set = ControllerSet {
        controllers: BTreeMap::from([(CONTROLLER.to_owned(), item)]),
        current_controller: CONTROLLER.to_owned(),
    };
    let colour = format::colour(&std::io::stdout(), false, false);
    print(&format::controllers(&set, args.output.format(), colour), args.output.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// Run `juju show-controller`.
pub fn show(client: &mut Client, args: &ShowController) -> anyhow::Result<ExitCode> {
    if let Some(other) = args.names.iter().find(|name| *name != CONTROLLER) {
        bail!("controller {other} not found");
    }
    let uuid = client.controller_uuid()?;
    let db = client.store.db();
    let mut models = BTreeMap::new();
    for model in model::all(db)? {
        let shown = ControllerModel {
            uuid: model.uuid.clone(),
            machine_count: Some(machine::all(db, &model.uuid)?.len()).filter(|count| *count > 0),
            unit_count: Some(unit::all(db, &model.uuid)?.len()).filter(|count| *count > 0),
        };
        models.insert(format!("{USER}/{}", model.name), shown);
    }
    let info = ControllerInfo {
        details: ControllerDetails {
            uuid,
            cloud: CLOUD.to_owned(),
            region: CLOUD.to_owned(),
            agent_version: JUJU_VERSION.to_owned(),
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

/// Run `juju whoami`.
pub fn whoami(client: &mut Client, args: &Whoami) -> anyhow::Result<ExitCode> {
    let who = WhoAmI {
        controller: CONTROLLER.to_owned(),
        model: client.current()?.unwrap_or_default(),
        user: USER.to_owned(),
    };
    print(&format::whoami(&who, args.output.format()), args.output.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// Run `juju version`. It needs no data.
pub fn version(args: &Version) -> anyhow::Result<ExitCode> {
    let detail = VersionDetail {
        version: format!("{JUJU_VERSION}-{}-{}", release(), juju_arch()),
        git_commit: String::new(),
        git_tree_state: "archive".to_owned(),
        compiler: "rustc".to_owned(),
        official: false,
        grade: format!("minijuju {}", env!("CARGO_PKG_VERSION")),
    };
    print(&format::version(&detail, args.all, args.output.format()), args.output.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// What this computer runs, in Juju's word: `ubuntu`, or `genericlinux` for all else.
fn release() -> &'static str {
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    if release.lines().any(|line| line == "ID=ubuntu") { "ubuntu" } else { "genericlinux" }
}
