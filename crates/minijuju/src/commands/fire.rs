//! `minijuju fire`: run an event by hand.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;

use crate::cli::{Arguments, ModelOption, UsageError, is_unit};
use crate::client::{Client, summary};
use crate::hook::{Hook, HookName, RelationHook, RelationKind, UnitHook};
use crate::store::unit::{self, Column};
use crate::store::{relation, storage};

const FIRE_HELP: &str = "\
Details:
Juju runs update-status every five minutes; minijuju runs it when you fire it. Any event of the charm
can be fired: a hook, or an event of an existing relation such as NAME-relation-changed.

Examples:
    minijuju fire tinyproxy/0 update-status
    minijuju fire tinyproxy/0 config-changed";

/// Make an event happen on a unit (minijuju only).
#[derive(Debug, Clone, Args)]
#[command(after_help = FIRE_HELP)]
pub struct FireArgs {
    /// The unit
    pub unit: String,
    /// The event, such as update-status
    pub event: String,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for FireArgs {
    const MISSING: &[&str] = &["no unit specified", "no event specified"];

    fn init(&mut self) -> Result<(), UsageError> {
        if is_unit(&self.unit) {
            Ok(())
        } else {
            Err(UsageError::NotValid { what: "unit name", word: self.unit.clone() })
        }
    }
}

pub fn run(client: &mut Client, args: &FireArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let unit = client.unit(&model, &args.unit)?;
    let name = unit.name();
    let db = client.store.db();
    let hook = match HookName::parse(&args.event) {
        Some(HookName::Unit(hook)) => hook.into(),
        Some(HookName::Relation(kind, endpoint)) => {
            let all = relation::all(db, &model.uuid)?;
            let (relation, local) = all
                .iter()
                .find_map(|relation| Some((relation, relation.endpoint(&unit.application, Some(&endpoint))?)))
                .with_context(|| format!("{name} has no relation at endpoint {endpoint:?}"))?;
            let other = relation.related_endpoint(local).unwrap_or(local);
            let member = relation::members(db, &model.uuid, relation.id)?
                .into_iter()
                .find(|(owner, _)| *owner != name && owner.starts_with(&format!("{}/", other.application)));
            let names_a_unit = matches!(kind, RelationKind::Joined | RelationKind::Changed | RelationKind::Departed);
            let (remote, version) = member.filter(|_| names_a_unit).unwrap_or_default();
            Hook::Relation(RelationHook {
                kind,
                relation: relation.id,
                endpoint,
                application: other.application.clone(),
                departing: if kind == RelationKind::Departed { remote.clone() } else { String::new() },
                unit: remote,
                version,
            })
        }
        Some(HookName::Storage(kind, storage_name)) => {
            let storage = storage::of_unit(db, &model.uuid, &name)?
                .into_iter()
                .find(|storage| storage.id.split('/').next() == Some(storage_name.as_str()))
                .with_context(|| format!("{name} has no storage {storage_name:?}"))?;
            Hook::Storage { kind, id: storage.id }
        }
        Some(HookName::Secret(_)) => {
            bail!("{:?} is about a secret: change the secret, and its owner and readers run the hook", args.event)
        }
        None => bail!("Juju has no event {:?}{}", args.event, suggestion(&args.event)),
    };
    client.write(|db| {
        let Some(mut unit) = unit::find(db, &model.uuid, &name)? else { return Ok(()) };
        unit.requested_hooks.push(hook);
        unit::set(db, &model.uuid, &unit, Column::RequestedHooks(&unit.requested_hooks))
    })?;
    client.settle(&model)?;
    summary::print_units(client, &model, &unit.application)?;
    Ok(ExitCode::SUCCESS)
}

/// What to write instead of a misspelt event.
fn suggestion(event: &str) -> String {
    let names = UnitHook::names();
    match ops_metadata::nearest(event, names.iter().map(String::as_str)) {
        Some(name) => format!("; did you mean {name:?}?"),
        None => format!("; it has {}, and those of relations and storage", names.join(", ")),
    }
}
