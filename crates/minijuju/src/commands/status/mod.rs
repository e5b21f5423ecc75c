//! `juju status`.

pub mod oneline;
pub mod output;
pub mod ports;
mod reader;
pub mod relations;
mod remote;
pub mod select;
pub mod summary;
pub mod tabular;

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::time::Duration;
use std::{io, thread};

use clap::Args;
use emulator::JujuVersion;
use jiff::Timestamp;

use self::output::{ControllerStatus, FullStatus, ModelStatus, StatusInfo};
use self::reader::Reader;
use self::relations::{RelationDetails, RelationSide};
use crate::cli::{Arguments, ColorOptions, ModelOption, Output, UsageError, UtcOption, boolean, duration, integer};
use crate::client::{CLOUD, CONTROLLER, Client, print};
use crate::commands::models::sla;
use crate::commands::storage;
use crate::format::{self, Clock, StatusFormat};
use crate::machine::Machines;
use crate::store::application;
use crate::store::endpoint::Endpoint;
use crate::store::model::Model;
use crate::store::relation::{self, Relation};
use crate::store::status::{self, Kind};
use crate::store::unit::{self, Port, Unit};
use crate::store::{Db, machine};

const STATUS_HELP: &str = "\
Details:
Selectors name what to show: machines (0), units (tinyproxy/0), applications (tinyproxy), statuses
(error). Related applications are shown too.

Examples:
    juju status
    juju status tinyproxy
    juju status --watch 1s
    juju status --relations --storage
    juju status --format json";

/// Show the model, its machines, applications and units.
#[derive(Debug, Clone, Args)]
#[allow(clippy::struct_excessive_bools, reason = "they are independent switches of the command line")]
#[command(after_help = STATUS_HELP)]
pub struct StatusArgs {
    /// Machines, applications, units or statuses to show; * matches anything
    #[arg(value_name = "selector")]
    pub selectors: Vec<String>,
    /// Show the relations in the table
    #[arg(long)]
    pub relations: bool,
    /// The same as --relations
    #[arg(long)]
    pub integrations: bool,
    /// Show the storage in the table
    #[arg(long)]
    pub storage: bool,
    /// Refresh the output at this interval, until Ctrl-C
    #[arg(long, value_name = "duration", value_parser = duration::parse)]
    pub watch: Option<Duration>,
    #[command(flatten)]
    pub times: UtcOption,
    #[command(flatten)]
    pub colors: ColorOptions,
    #[arg(long = "retry-count", hide = true, value_parser = integer)]
    retry_count: Option<i64>,
    #[arg(long = "retry-delay", hide = true, value_parser = duration::parse)]
    retry_delay: Option<Duration>,
    #[command(flatten)]
    pub output: Output<StatusFormat>,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for StatusArgs {
    const USAGE: Option<&str> = Some("[<selector> [...]]");

    fn init(&mut self) -> Result<(), UsageError> {
        if !self.times.utc {
            self.times.utc = match std::env::var("JUJU_STATUS_ISO_TIME") {
                Ok(text) if !text.is_empty() => {
                    boolean(&text).map_err(|error| UsageError::command(IsoTimeError(error)))?
                }
                _ => false,
            };
        }
        if self.watch.is_some_and(|every| every.is_zero()) {
            self.watch = None;
        }
        if self.colors.color && self.colors.no_color {
            return Err(UsageError::Rule("cannot mix --no-color and --color"));
        }
        Ok(())
    }
}

impl StatusArgs {
    /// Juju's message about options for the table that have no effect on a document.
    fn redundant_options_note(&self) -> Option<String> {
        let options = [(self.integrations, "integrations"), (self.relations, "relations"), (self.storage, "storage")];
        let given: Vec<&str> = options.into_iter().filter_map(|(given, name)| given.then_some(name)).collect();
        let are = match given.len() {
            0 => return None,
            1 => "option is",
            _ => "options are",
        };
        (self.output.format() != StatusFormat::Tabular)
            .then(|| format!("provided {} {are} always enabled in non tabular formats", given.join(", ")))
    }
}

/// The value of `JUJU_STATUS_ISO_TIME` is invalid.
#[derive(Debug, thiserror::Error)]
#[error("invalid JUJU_STATUS_ISO_TIME env var, expected true|false: {0}")]
struct IsoTimeError(emulator::go::InvalidSyntax);

/// Run `juju status`.
pub fn run(client: &mut Client, args: &StatusArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let clock = args.times.clock();
    let colour = args.colors.colours(&io::stdout());
    let machines = client.machines()?;
    let mut shown = String::new();
    if let Some(note) = args.redundant_options_note() {
        client.progress.info(&note);
    }
    loop {
        let mut full = read(client.store.db(), &model, &machines, &clock)?.select(&args.selectors);
        if args.output.format() == StatusFormat::Tabular && !args.storage {
            full.storage = None;
        }
        let text = match args.output.format() {
            StatusFormat::Tabular => {
                let wanted = args.relations || args.integrations;
                let relations = if wanted { tabular::RelationLines::Shown } else { tabular::RelationLines::Hidden };
                tabular::status_tabular(&full, relations, colour)
            }
            StatusFormat::Json => format::json(&full),
            StatusFormat::Yaml => format::yaml(&full),
            StatusFormat::Short | StatusFormat::Oneline | StatusFormat::Line => oneline::status_oneline(&full, colour),
            StatusFormat::Summary => summary::status_summary(&full, colour),
        };
        let Some(every) = args.watch else {
            print(&text, args.output.output.as_deref())?;
            if let Some(note) = full.empty_note(&args.selectors) {
                client.progress.info(note.trim_end());
            }
            return Ok(ExitCode::SUCCESS);
        };
        if text != shown {
            // At a terminal, each output replaces the previous one.
            let clear = if io::stdout().is_terminal() { "\x1b[H\x1b[2J" } else { "" };
            print(&format!("{clear}{text}"), None)?;
            shown = text;
        }
        thread::sleep(every);
    }
}

/// Everything that `juju status` shows of a model.
pub fn read(db: &Db, model: &Model, machines: &Machines, clock: &Clock) -> anyhow::Result<FullStatus> {
    let uuid = &model.uuid;
    let units = unit::all(db, uuid)?;
    let reader = Reader::new(db, model, machines, clock, &units)?;
    let listed = remote::listed_relations(db, model)?;
    let machine_statuses = status::all(db, uuid, Kind::Machine)?;
    let shown_machines = machine::all(db, uuid)?
        .into_iter()
        .map(|found| (found.id.clone(), reader.machine(&found, machine_statuses.get(&found.id))))
        .collect();
    let mut applications = BTreeMap::new();
    for found in application::all(db, uuid)? {
        let units_of_application: Vec<&Unit> = units.iter().filter(|unit| unit.application == found.name).collect();
        let mut shown = reader.application(&found, &units_of_application);
        for unit in units_of_application {
            let ports = unit::ports(db, uuid, &unit.name())?;
            shown.units.insert(unit.name(), reader.unit(unit, &found, &ports));
        }
        applications.insert(found.name, shown);
    }
    let mut full = FullStatus {
        model: ModelStatus {
            name: model.name.clone(),
            r#type: "iaas".to_owned(),
            controller: CONTROLLER.to_owned(),
            cloud: CLOUD.to_owned(),
            region: CLOUD.to_owned(),
            version: model.juju.to_string(),
            status: StatusInfo::new("available", "", reader.time(model.created)),
            sla: sla(model.juju).to_owned(),
        },
        remote_applications: remote::consumed(db, model, machines, clock, &listed)?,
        offers: remote::offered(db, model)?,
        machines: shown_machines,
        applications,
        relations: Vec::new(),
        storage: Some(storage::read(db, model, clock)?),
        controller: Some(ControllerStatus { timestamp: clock.time_of_day(Timestamp::now()) }),
    };
    let relations = listed.into_iter().map(|found| relation_details(db, uuid, found));
    full.add_relations(&relations.collect::<Result<Vec<_>, _>>()?);
    let principals = units.iter().filter(|unit| !unit.principal.is_empty());
    full.nest_subordinates(&principals.map(|unit| (unit.name(), unit.principal.clone())).collect());
    Ok(full)
}

/// What the status shows of a relation.
fn relation_details(db: &Db, model: &str, found: Relation) -> crate::store::Result<RelationDetails> {
    let (status, message) = relation::status(db, model, &found)?;
    let side = |endpoint: Endpoint| RelationSide {
        application: endpoint.application,
        endpoint: endpoint.name,
        role: endpoint.role,
    };
    Ok(RelationDetails {
        sides: found.endpoints.into_iter().map(side).collect(),
        interface: found.interface,
        scope: found.scope,
        status: status.to_owned(),
        message,
    })
}

/// The binding of the implicit endpoint `juju-info`, which Juju 4 lists.
pub fn implicit_binding(juju: JujuVersion) -> Option<(String, String)> {
    juju.is_4().then(|| ("juju-info".to_owned(), "alpha".to_owned()))
}

/// An open port in Juju's format.
pub fn format_port(port: &Port) -> String {
    match (port.low, port.high) {
        (-1, _) => port.protocol.clone(),
        (low, high) if low == high => format!("{low}/{}", port.protocol),
        (low, high) => format!("{low}-{high}/{}", port.protocol),
    }
}

#[cfg(test)]
mod tests;
