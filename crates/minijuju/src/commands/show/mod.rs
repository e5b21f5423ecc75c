//! `juju show-unit` and `juju show-application`.

pub mod output;

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use serde_json::Value;

use self::output::{ApplicationInfo, ExposedEndpoint, UnitInfo, UnitRelation, UnitRelationData};
use crate::charm;
use crate::cli::{Arguments, ModelOption, Output, UsageError, is_application, is_unit};
use crate::client::{Client, print, units};
use crate::commands::constraints::output::Constraints;
use crate::commands::status::{format_port, implicit_binding};
use crate::format::{self, Document};
use crate::store::model::Model;
use crate::store::unit::{self, Unit};
use crate::store::{cross_model, machine, relation};

const SHOW_UNIT_HELP: &str = "\
Examples:
    juju show-unit tinyproxy/0
    juju show-unit db/0 --endpoint database --format json";

/// Show details of units.
#[derive(Debug, Clone, Args)]
#[command(after_help = SHOW_UNIT_HELP)]
pub struct ShowUnitArgs {
    /// The units
    #[arg(value_name = "unit name", required = true)]
    pub units: Vec<String>,
    /// Show relation data of this endpoint only
    #[arg(long)]
    pub endpoint: Option<String>,
    /// Show relation data of this unit only
    #[arg(long = "related-unit", value_name = "unit")]
    pub related_unit: Option<String>,
    /// Show relation data of applications only
    #[arg(long)]
    pub app: bool,
    #[command(flatten)]
    pub output: Output<Document>,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for ShowUnitArgs {
    const USAGE: Option<&str> = Some("<unit name>");
    const MISSING: &[&str] = &["an unit name must be supplied"];

    fn init(&mut self) -> Result<(), UsageError> {
        if let Some(unit) = self.related_unit.as_ref().filter(|unit| !is_unit(unit)) {
            return Err(UsageError::command(InvalidNames { what: "related unit name", names: vec![unit.clone()] }));
        }
        refuse_invalid_names("unit name", self.units.iter().filter(|unit| !is_unit(unit)))
    }
}

/// Names that match nothing in the output.
#[derive(Debug, thiserror::Error)]
#[error("{what}{} {} not valid", if names.len() == 1 { "" } else { "s" }, names.join(", "))]
struct InvalidNames {
    what: &'static str,
    names: Vec<String>,
}

fn refuse_invalid_names<'a>(what: &'static str, names: impl Iterator<Item = &'a String>) -> Result<(), UsageError> {
    let names: Vec<String> = names.cloned().collect();
    if names.is_empty() { Ok(()) } else { Err(UsageError::command(InvalidNames { what, names })) }
}

/// Show details of applications.
#[derive(Debug, Clone, Args)]
pub struct ShowApplicationArgs {
    /// The applications
    #[arg(value_name = "application name", required = true)]
    pub applications: Vec<String>,
    #[command(flatten)]
    pub output: Output<Document>,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for ShowApplicationArgs {
    const USAGE: Option<&str> = Some("<application name or alias>");
    const MISSING: &[&str] = &["an application name must be supplied"];

    fn init(&mut self) -> Result<(), UsageError> {
        refuse_invalid_names("application name", self.applications.iter().filter(|name| !is_application(name)))
    }
}

/// Run `juju show-unit`.
pub fn unit(client: &mut Client, args: &ShowUnitArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let (endpoint, related_unit) = (args.endpoint.as_deref(), args.related_unit.as_deref());
    let filter = output::UnitFilter { endpoint, related_unit, app: args.app };
    let mut shown = BTreeMap::new();
    let mut missing = Vec::new();
    for name in &args.units {
        match client.unit(&model, name) {
            Ok(found) => {
                let info = unit_info(client, &model, &found)?;
                shown.insert(name.clone(), info.filtered(name, filter));
            }
            // Juju 4.0 does not quote it: apiserver/facades/client/application/application.go.
            Err(_) if model.juju.is_4() => missing.push(format!("unit {name} not found")),
            Err(error) => missing.push(error.to_string()),
        }
    }
    if !missing.is_empty() {
        bail!(missing.join("\n"));
    }
    print(&format::document(&shown, args.output.format()), args.output.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

fn unit_info(client: &Client, model: &Model, found: &Unit) -> anyhow::Result<UnitInfo> {
    let db = client.store.db();
    let application = client.application(model, &found.application)?;
    let name = found.name();
    let mut relations = Vec::new();
    let mut all = relation::of_application(db, &model.uuid, &found.application)?;
    if model.juju.is_4() {
        // By role, then by ID: `getEveryRelationForApplicationID` in domain/relation/state/relation.go.
        all.sort_by_key(|relation| relation.endpoint(&found.application, None).map(|local| local.role as u8));
    }
    for relation in all {
        let Some(local) = relation.endpoint(&found.application, None) else { continue };
        let other = relation.related_endpoint(local).unwrap_or(local);
        let mut shown = UnitRelation {
            relation_id: u64::try_from(relation.id)?,
            endpoint: local.name.clone(),
            cross_model: cross_model::sides(db, &model.uuid, relation.id)?.is_some(),
            related_endpoint: other.name.clone(),
            application_data: BTreeMap::new(),
            local_unit: UnitRelationData::default(),
            related_units: BTreeMap::new(),
        };
        let mut databags: BTreeMap<String, (relation::Databag, bool)> =
            relation::databags(db, &model.uuid, relation.id)?
                .into_iter()
                .map(|(owner, databag, in_scope)| (owner, (databag, in_scope)))
                .collect();
        // Juju 3.6 shows the other application's data, Juju 4 this application's.
        let application = if model.juju.is_4() { &local.application } else { &other.application };
        if let Some((databag, _)) = databags.remove(application) {
            shown.application_data = databag;
        }
        // Juju 3.6 shows the other application's current units. In a peer relation that includes the unit itself
        // (`relationData` in apiserver/facades/client/application/application.go).
        let other_units: Vec<String> = if shown.cross_model {
            let units =
                databags.keys().filter(|owner| unit::parse_name(owner).is_some_and(|(of, _)| of == other.application));
            units.cloned().collect()
        } else {
            unit::of_application(db, &model.uuid, &other.application)?.iter().map(Unit::name).collect()
        };
        for unit in other_units {
            let in_scope = databags.remove(&unit).filter(|(_, in_scope)| *in_scope);
            let data = UnitRelationData {
                in_scope: in_scope.is_some(),
                data: Some(in_scope.map(|(databag, _)| databag).unwrap_or_default()),
            };
            if unit == name {
                shown.local_unit = data;
            } else {
                shown.related_units.insert(unit, data);
            }
        }
        relations.push(shown);
    }
    let address = machine::find(db, &model.uuid, &found.machine)?.map(|machine| machine.address);
    Ok(UnitInfo {
        workload_version: found.workload_version.clone(),
        machine: found.machine.clone(),
        opened_ports: unit::ports(db, &model.uuid, &name)?.iter().map(format_port).collect(),
        public_address: address.unwrap_or_default(),
        charm: application.charm_url(),
        leader: application.leader == Some(found.number),
        life: found.life,
        relations,
    })
}

/// Run `juju show-application`.
pub fn application(client: &mut Client, args: &ShowApplicationArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let mut shown = BTreeMap::new();
    for name in &args.applications {
        let found = client.application_unquoted(&model, name)?;
        let meta = charm::metadata(&found)?;
        let db = client.store.db();
        let base = units::base(db, &model, name)?;
        let names = |value: Option<&Value>| -> Vec<String> {
            let list = value.and_then(Value::as_array).into_iter().flatten();
            list.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let exposed = found.exposed.as_ref().and_then(Value::as_object).into_iter().flatten();
        let exposed_endpoints = exposed.map(|(endpoint, to)| {
            let to =
                ExposedEndpoint { spaces: names(to.get("expose-to-spaces")), cidrs: names(to.get("expose-to-cidrs")) };
            (endpoint.clone(), to)
        });
        let implicit = implicit_binding(model.juju).map(|(endpoint, _)| endpoint);
        let endpoints = meta.relations.keys().cloned().chain(meta.extra_bindings).chain(implicit);
        let bindings = [String::new()].into_iter().chain(endpoints);
        let info = ApplicationInfo {
            charm: found.charm.clone(),
            base: base.unwrap_or_default(),
            channel: String::new(),
            constraints: Constraints(found.constraints.clone()),
            principal: !meta.subordinate,
            exposed: found.exposed.is_some(),
            exposed_endpoints: exposed_endpoints.collect(),
            remote: false,
            life: found.life,
            endpoint_bindings: bindings.map(|endpoint| (endpoint, "alpha".to_owned())).collect(),
        };
        shown.insert(name.clone(), info);
    }
    print(&format::document(&shown, args.output.format()), args.output.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}
