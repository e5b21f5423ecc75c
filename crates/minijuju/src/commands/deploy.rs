//! `juju deploy`.

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::bail;

use super::charms::{self, Charm};
use super::client::Client;
use super::{integrate, resources, settings, storage, summary, units};
use crate::cli::{Deploy, is_application};
use crate::store::application::{self, Application};
use crate::store::model::Model;
use crate::store::resource;
use crate::store::status::{self, Kind, Status};

/// Run it.
pub fn run(client: &mut Client, args: &Deploy) -> anyhow::Result<ExitCode> {
    let constraints = args.constraints().map_err(anyhow::Error::msg)?;
    // Before anything is written: whether there can be machines at all.
    client.machines()?.check()?;
    let model = client.model()?;
    let charm = charms::read(client, &args.charm)?;
    let added = add(client, &model, args, constraints, &charm).inspect_err(|_| charm.discard())?;
    client.progress.say(&format!("Located local charm {:?}, revision {}", added.charm, added.revision));
    client.progress.say(&format!(
        "Deploying {:?} from local charm {:?}, revision {} on {}",
        added.name,
        added.charm,
        added.revision,
        base(args.base.as_ref(), &charm)
    ));
    client.settle(&model)?;
    summary::units(client, &model, &added.name)?;
    Ok(ExitCode::SUCCESS)
}

/// The base that units run on, in Juju's words: the one asked for, the charm's first, or Ubuntu's.
fn base(asked: Option<&String>, charm: &Charm) -> String {
    let first = || {
        let manifest = charm.files.get("manifest").and_then(serde_json::Value::as_str)?;
        let manifest = ops_metadata::parse_yaml(manifest).ok()?;
        let base = manifest.get("bases")?.get(0)?;
        let track = base.get("channel")?.as_str()?.split('/').next()?.to_owned();
        Some(format!("{}@{track}", base.get("name")?.as_str()?))
    };
    asked.cloned().or_else(first).unwrap_or_else(|| "ubuntu@24.04".to_owned())
}

fn add(
    client: &mut Client,
    model: &Model,
    args: &Deploy,
    constraints: BTreeMap<String, String>,
    charm: &Charm,
) -> anyhow::Result<Application> {
    let meta = &charm.meta;
    let name = args.application.clone().unwrap_or_else(|| meta.name.clone());
    if !is_application(&name) {
        bail!("invalid application name {name:?}");
    }
    let given = settings::from_words(meta, &name, &args.config)?;
    let mut added = Application {
        charm: meta.name.clone(),
        revision: 0,
        charm_version: 0,
        force_charm: false,
        archive: charm.archive.to_string_lossy().into_owned(),
        metadata: charm.files.clone(),
        config: given.options,
        trust: args.trust || given.trust.unwrap_or_default(),
        exposed: None,
        life: "alive".to_owned(),
        leader: None,
        workload_version: String::new(),
        storage: args.storage.iter().map(|pair| (pair.name.clone(), pair.value.clone())).collect(),
        constraints,
        name,
    };
    storage::check(meta, &args.storage)?;
    let resources = resources::take(client, meta, &added.name, &args.resources)?;
    let base = base(args.base.as_ref(), charm);
    // A subordinate has no units of its own.
    let count = if meta.subordinate { 0 } else { args.num_units };
    let written = client.store.write(|db| {
        if application::find(db, &model.uuid, &added.name)?.is_some() {
            bail!("cannot add application {:?}: application already exists", added.name);
        }
        added.revision = application::next_revision(db, &model.uuid, &meta.name)?;
        application::add(db, &model.uuid, &added)?;
        status::set(db, &model.uuid, Kind::Application, &added.name, &Status::new("unset", ""))?;
        resources.iter().try_for_each(|one| resource::set(db, &model.uuid, one))?;
        integrate::add_peers(db, model, &added, meta)?;
        units::add(db, model, &added, &base, count, &args.to)?;
        Ok(added)
    });
    written.inspect_err(|_: &anyhow::Error| {
        for one in &resources {
            let _ = std::fs::remove_file(&one.path);
        }
    })
}
