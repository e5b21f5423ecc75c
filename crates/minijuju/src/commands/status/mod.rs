//! `juju status`.

pub mod oneline;
pub mod output;
pub mod ports;
pub mod relate;
mod remote;
pub mod select;
pub mod summary;
pub mod tabular;

use std::collections::{BTreeMap, HashMap};
use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::time::Duration;
use std::{io, thread};

use clap::Args;
use emulator::JujuVersion;
use jiff::Timestamp;
use serde_json::Value;

use self::output::{
    ApplicationStatus, Base, ControllerStatus, FullStatus, MachineStatus, ModelStatus, NetworkInterface, StatusInfo,
    UnitStatus,
};
use self::relate::{RelationEnds, RelationSide};
use crate::charm;
use crate::cli::{Arguments, ColorOptions, ModelOption, Output, UsageError, UtcOption, boolean, duration, integer};
use crate::client::{CLOUD, CONTROLLER, Client, print};
use crate::commands::constraints::output::Constraints;
use crate::commands::storage;
use crate::format::{self, Clock, StatusFormat};
use crate::machine::Machines;
use crate::store::Life;
use crate::store::agent::Operation;
use crate::store::application::{self, Application};
use crate::store::model::Model;
use crate::store::relation::{self, Endpoint, Relation};
use crate::store::status::{self, Kind, Status};
use crate::store::unit::{self, Port, Unit};
use crate::store::{Db, machine};
use crate::uniter::machine_id;

const STATUS_HELP: &str = "\
Details:
Selectors name what to show: machines (0), units (tinyproxy/0), applications (tinyproxy), statuses
(error). What those are related to is shown with them.

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
    /// Machines, applications, units or statuses to show; * stands for anything
    #[arg(value_name = "selector")]
    pub selectors: Vec<String>,
    /// Show the relations in the table, too
    #[arg(long)]
    pub relations: bool,
    /// The same as --relations
    #[arg(long)]
    pub integrations: bool,
    /// Show the storage in the table, too
    #[arg(long)]
    pub storage: bool,
    /// Show it again and again, this long apart, until Ctrl-C
    #[arg(long, value_name = "duration", value_parser = duration::parse)]
    pub watch: Option<Duration>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub times: UtcOption,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub colors: ColorOptions,
    #[arg(long = "retry-count", hide = true, value_parser = integer)]
    retry_count: Option<i64>,
    #[arg(long = "retry-delay", hide = true, value_parser = duration::parse)]
    retry_delay: Option<Duration>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub output: Output<StatusFormat>,
    #[allow(missing_docs)]
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
    /// What Juju says of options that choose parts of the table, where all is shown anyway.
    fn needless(&self) -> Option<String> {
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

/// `JUJU_STATUS_ISO_TIME` is neither true nor false.
#[derive(Debug, thiserror::Error)]
#[error("invalid JUJU_STATUS_ISO_TIME env var, expected true|false: {0}")]
struct IsoTimeError(emulator::go::InvalidSyntax);

/// Run it.
pub fn run(client: &mut Client, args: &StatusArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let clock = args.times.clock();
    let colour = args.colors.colours(&io::stdout());
    let machines = client.machines()?;
    let mut shown = String::new();
    if let Some(note) = args.needless() {
        client.progress.say(&note);
    }
    loop {
        let mut full = read(client.store.db(), &model, &machines, &clock)?.select(&args.selectors);
        if args.output.format() == StatusFormat::Tabular && !args.storage {
            full.storage = None;
        }
        let text = match args.output.format() {
            StatusFormat::Tabular => tabular::status_tabular(&full, args.relations || args.integrations, colour),
            StatusFormat::Json => format::json(&full),
            StatusFormat::Yaml => format::yaml(&full),
            StatusFormat::Short | StatusFormat::Oneline | StatusFormat::Line => oneline::status_oneline(&full, colour),
            StatusFormat::Summary => summary::status_summary(&full, colour),
        };
        let Some(every) = args.watch else {
            print(&text, args.output.output.as_deref())?;
            if let Some(note) = full.note(&args.selectors) {
                client.progress.say(note.trim_end());
            }
            return Ok(ExitCode::SUCCESS);
        };
        if text != shown {
            // At a terminal, each picture takes the place of the last one.
            let clear = if io::stdout().is_terminal() { "\x1b[H\x1b[2J" } else { "" };
            print(&format!("{clear}{text}"), None)?;
            shown = text;
        }
        thread::sleep(every);
    }
}

/// All that `juju status` shows of a model.
pub fn read(db: &Db, model: &Model, machines: &Machines, clock: &Clock) -> anyhow::Result<FullStatus> {
    let uuid = &model.uuid;
    let units = unit::all(db, uuid)?;
    let reader = Reader::new(db, model, machines, clock, &units)?;
    let related = remote::shown(db, model)?;
    let machine_statuses = status::all(db, uuid, Kind::Machine)?;
    let shown_machines = machine::all(db, uuid)?
        .into_iter()
        .map(|found| (found.id.clone(), reader.machine(&found, machine_statuses.get(&found.id))))
        .collect();
    let mut applications = BTreeMap::new();
    for found in application::all(db, uuid)? {
        let mine: Vec<&Unit> = units.iter().filter(|unit| unit.application == found.name).collect();
        let mut shown = reader.application(&found, &mine);
        for unit in mine {
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
            sla: if model.juju.is_4() { "" } else { "unsupported" }.to_owned(),
        },
        remote_applications: remote::consumed(db, model, machines, clock, &related)?,
        offers: remote::offered(db, model)?,
        machines: shown_machines,
        applications,
        relations: Vec::new(),
        storage: Some(storage::read(db, model, clock)?),
        controller: Some(ControllerStatus { timestamp: clock.time_of_day(Timestamp::now()) }),
    };
    let relations = related.into_iter().map(|found| ends(db, uuid, found));
    full.relate(&relations.collect::<Result<Vec<_>, _>>()?);
    let principals = units.iter().filter(|unit| !unit.principal.is_empty());
    full.place_subordinates(&principals.map(|unit| (unit.name(), unit.principal.clone())).collect());
    Ok(full)
}

/// A relation as the status shows it: joined once a unit is in it.
fn ends(db: &Db, model: &str, found: Relation) -> crate::store::Result<RelationEnds> {
    let joined = !relation::members(db, model, found.id)?.is_empty();
    let side = |end: Endpoint| RelationSide { application: end.application, endpoint: end.name, role: end.role };
    Ok(RelationEnds {
        sides: found.endpoints.into_iter().map(side).collect(),
        interface: found.interface,
        scope: found.scope,
        status: if joined { "joined" } else { "joining" }.to_owned(),
    })
}

/// The constraints that each machine was made with: those of the application whose first unit it is for, and the model's.
fn machine_constraints(db: &Db, model: &Model, units: &[Unit]) -> crate::store::Result<HashMap<String, String>> {
    let mut found: HashMap<String, String> = HashMap::new();
    for unit in units.iter().filter(|unit| unit.principal.is_empty()) {
        let Some(application) = application::find(db, &model.uuid, &unit.application)? else { continue };
        let mut constraints = model.constraints.clone();
        constraints.extend(application.constraints);
        found.entry(unit.machine.clone()).or_insert_with(|| Constraints(constraints).to_string());
    }
    Ok(found)
}

struct Reader<'a> {
    model: &'a Model,
    clock: &'a Clock,
    /// The machines, up or not.
    real: &'a Machines,
    /// The constraints that each machine was made with.
    constraints: HashMap<String, String>,
    applications: HashMap<String, Status>,
    workload: HashMap<String, Status>,
    agent: HashMap<String, Status>,
    addresses: HashMap<String, String>,
    bases: HashMap<String, String>,
    relations: Vec<Relation>,
}

impl<'a> Reader<'a> {
    fn new(
        db: &Db,
        model: &'a Model,
        machines: &'a Machines,
        clock: &'a Clock,
        units: &[Unit],
    ) -> crate::store::Result<Self> {
        let uuid = &model.uuid;
        Ok(Self {
            model,
            clock,
            real: machines,
            constraints: machine_constraints(db, model, units)?,
            applications: status::all(db, uuid, Kind::Application)?,
            workload: status::all(db, uuid, Kind::Workload)?,
            agent: status::all(db, uuid, Kind::Agent)?,
            addresses: machine::all(db, uuid)?.into_iter().map(|found| (found.id, found.address)).collect(),
            bases: machine::all(db, uuid)?.into_iter().map(|found| (found.id, found.base)).collect(),
            relations: relation::all(db, uuid)?,
        })
    }

    fn time(&self, millis: i64) -> String {
        Timestamp::from_millisecond(millis).map(|time| self.clock.since(time)).unwrap_or_default()
    }

    fn info(&self, status: &Status) -> StatusInfo {
        StatusInfo::new(&status.status, &status.message, self.time(status.since))
    }

    /// The life of a machine or an application: Juju 4 also says that it is alive.
    fn life(&self, life: Life) -> Option<Life> {
        (self.model.juju.is_4() || !life.is_alive()).then_some(life)
    }

    /// The version of a machine's agent, which Juju 4 leaves out.
    fn machine_version(&self, up: bool) -> String {
        if up && !self.model.juju.is_4() { self.model.juju.to_string() } else { String::new() }
    }

    /// What became of changes to a machine's profile, which Juju 4 leaves out.
    fn modification(&self, since: String) -> StatusInfo {
        if self.model.juju.is_4() { StatusInfo::default() } else { StatusInfo::new("idle", "", since) }
    }

    /// A network device's address, which Juju 4 shows with the length of its network's prefix.
    fn with_prefix(&self, address: &str) -> String {
        if self.model.juju.is_4() { format!("{address}/24") } else { address.to_owned() }
    }

    fn machine(&self, found: &machine::Machine, status: Option<&Status>) -> MachineStatus {
        let up = !found.address.is_empty();
        let name = machine_id(self.model, &found.id);
        let juju = status.map(|status| self.info(status)).unwrap_or_default();
        let since = juju.since.clone();
        let instance = if up {
            StatusInfo::new("running", "Running", since.clone())
        } else {
            StatusInfo::new("pending", "", since.clone())
        };
        let mut addresses = vec![found.address.clone()];
        addresses.retain(|address| !address.is_empty());
        let mut interfaces = BTreeMap::new();
        if up {
            let gateway = found.address.rsplit_once('.').map(|(net, _)| format!("{net}.1")).unwrap_or_default();
            interfaces.insert(
                "eth0".to_owned(),
                NetworkInterface {
                    ip_addresses: addresses.iter().map(|address| self.with_prefix(address)).collect(),
                    mac_address: self.real.hardware_address(&found.address),
                    gateway,
                    dns_nameservers: Vec::new(),
                    space: "alpha".to_owned(),
                    is_up: true,
                },
            );
        }
        MachineStatus {
            juju_status: StatusInfo { version: self.machine_version(up), life: self.life(Life::Alive), ..juju },
            hostname: if up { name.clone() } else { String::new() },
            dns_name: found.address.clone(),
            ip_addresses: addresses,
            instance_id: if up { name } else { "pending".to_owned() },
            display_name: String::new(),
            machine_status: StatusInfo { life: self.life(Life::Alive), ..instance },
            modification_status: self.modification(since),
            base: base(&found.base),
            network_interfaces: interfaces,
            constraints: self.constraints.get(&found.id).cloned().unwrap_or_default(),
            hardware: format!("arch={} cores=0 mem=0M virt-type=container", crate::pack::juju_arch()),
        }
    }

    fn application(&self, found: &Application, units: &[&Unit]) -> ApplicationStatus {
        let mut bindings = BTreeMap::from([(String::new(), "alpha".to_owned())]);
        if let Ok(meta) = charm::metadata(found) {
            bindings.extend(meta.relations.keys().map(|endpoint| (endpoint.clone(), "alpha".to_owned())));
            bindings.extend(implicit_binding(self.model.juju));
            bindings.extend(meta.extra_bindings.iter().map(|endpoint| (endpoint.clone(), "alpha".to_owned())));
        }
        let text = |name: &str| found.metadata.get(name).and_then(Value::as_str).unwrap_or_default();
        ApplicationStatus {
            charm: found.url(),
            base: units.first().and_then(|unit| base(self.bases.get(&unit.machine)?)),
            charm_origin: "local".to_owned(),
            charm_name: found.charm.clone(),
            charm_rev: found.revision,
            charm_version: text("version").trim().to_owned(),
            exposed: found.exposed.is_some(),
            life: self.life(found.life),
            status: self.application_status(found, units),
            version: found.workload_version.clone(),
            endpoint_bindings: bindings,
            ..ApplicationStatus::default()
        }
    }

    /// An application's status: what its leader said; if it said nothing, the worst of its units'.
    fn application_status(&self, found: &Application, units: &[&Unit]) -> StatusInfo {
        let own = self.applications.get(&found.name);
        if let Some(own) = own.filter(|own| own.status != "unset") {
            return self.info(own);
        }
        let units = units.iter().filter_map(|unit| {
            let name = unit.name();
            self.agent.get(&name).filter(|agent| agent.status == "error").or(self.workload.get(&name))
        });
        let mut worst: Option<&Status> = None;
        for status in units {
            if severity(&status.status) > worst.map_or(severity("unknown"), |worst| severity(&worst.status)) {
                worst = Some(status);
            }
        }
        worst.map_or_else(|| StatusInfo::new("unknown", "", ""), |worst| self.info(worst))
    }

    /// The other side of the relation that a unit's hook failed about. Juju 3.6: `updateUnitStatusInfo` in
    /// cmd/juju/status/formatter.go.
    fn other_side(&self, failed: &Status, application: &str) -> Option<String> {
        let id = failed.data.get("relation-id")?.as_i64()?;
        let relation = self.relations.iter().find(|relation| relation.id == id)?;
        let other = relation.endpoints.iter().find(|side| side.application != application)?;
        Some(format!("{}:{}", other.application, other.name))
    }

    fn unit(&self, unit: &Unit, application: &Application, ports: &[Port]) -> UnitStatus {
        let name = unit.name();
        let agent = self.agent.get(&name);
        let failed = agent.filter(|agent| agent.status == "error");
        // Juju shows a hook's failure as the workload's status, and the agent as idle.
        let mut workload = failed.or(self.workload.get(&name)).map(|status| self.info(status)).unwrap_or_default();
        if let Some(other) = failed.and_then(|failed| self.other_side(failed, &unit.application)) {
            workload.message = format!("{} for {other}", workload.message);
        }
        let mut juju = match failed {
            Some(failed) => StatusInfo::new("idle", "", self.time(failed.since)),
            None => agent.map(|status| self.info(status)).unwrap_or_default(),
        };
        if unit.agent.charm_version.is_some() || matches!(unit.agent.operation, Operation::Running { .. }) {
            juju.version = self.model.juju.to_string();
        }
        juju.life = Some(unit.life).filter(|life| !life.is_alive());
        UnitStatus {
            workload_status: workload,
            juju_status: juju,
            leader: application.leader == Some(unit.number),
            machine: unit.machine.clone(),
            open_ports: ports.iter().map(shown_port).collect(),
            public_address: self.addresses.get(&unit.machine).cloned().unwrap_or_default(),
            ..UnitStatus::default()
        }
    }
}

/// The endpoint that every charm has, among the bindings of an application: Juju 4 shows it.
pub fn implicit_binding(juju: JujuVersion) -> Option<(String, String)> {
    juju.is_4().then(|| ("juju-info".to_owned(), "alpha".to_owned()))
}

/// How bad a status is: Juju's order for the status of an application.
fn severity(status: &str) -> u8 {
    match status {
        "error" => 100,
        "blocked" => 90,
        "maintenance" => 80,
        "waiting" => 70,
        "active" => 60,
        "terminated" => 50,
        "unknown" => 40,
        _ => 0,
    }
}

/// An open port as Juju shows it.
pub fn shown_port(port: &Port) -> String {
    match (port.low, port.high) {
        (-1, _) => port.protocol.clone(),
        (low, high) if low == high => format!("{low}/{}", port.protocol),
        (low, high) => format!("{low}-{high}/{}", port.protocol),
    }
}

fn base(text: &str) -> Option<Base> {
    let (name, channel) = text.split_once('@')?;
    let channel = channel.split('/').next()?.to_owned();
    Some(Base { name: name.to_owned(), channel })
}

#[cfg(test)]
mod tests;
