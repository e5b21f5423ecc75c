//! Reads the parts of a status: machines, applications and units.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde_json::Value;

use super::output::{ApplicationStatus, Base, MachineStatus, NetworkInterface, StatusInfo, UnitStatus};
use super::{format_port, implicit_binding};
use crate::charm;
use crate::commands::constraints::output::Constraints;
use crate::format::Clock;
use crate::machine::Machines;
use crate::store::agent::Operation;
use crate::store::application::{self, Application};
use crate::store::machine::{self, Machine};
use crate::store::model::Model;
use crate::store::relation::{self, Relation};
use crate::store::status::{self, Kind, Status};
use crate::store::unit::{Port, Unit};
use crate::store::{Db, Life};
use crate::uniter::machine_id;

/// A model's data, read once.
pub(super) struct Reader<'a> {
    model: &'a Model,
    clock: &'a Clock,
    /// The machines on this computer, running or not.
    machines: &'a Machines,
    /// The constraints that each machine was created with.
    constraints: HashMap<String, String>,
    applications: HashMap<String, Status>,
    workload: HashMap<String, Status>,
    agent: HashMap<String, Status>,
    addresses: HashMap<String, String>,
    bases: HashMap<String, String>,
    relations: Vec<Relation>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
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
            machines,
            constraints: machine_constraints(db, model, units)?,
            applications: status::all(db, uuid, Kind::Application)?,
            workload: status::all(db, uuid, Kind::Workload)?,
            agent: status::all(db, uuid, Kind::Agent)?,
            addresses: machine::all(db, uuid)?.into_iter().map(|found| (found.id, found.address)).collect(),
            bases: machine::all(db, uuid)?.into_iter().map(|found| (found.id, found.base)).collect(),
            relations: relation::all(db, uuid)?,
        })
    }

    pub(super) fn time(&self, millis: i64) -> String {
        Timestamp::from_millisecond(millis).map(|time| self.clock.since(time)).unwrap_or_default()
    }

    pub(super) fn info(&self, status: &Status) -> StatusInfo {
        StatusInfo::new(&status.status, &status.message, self.time(status.since))
    }

    /// The life of a machine or an application. Juju 4 shows it even if it is alive.
    pub(super) fn life(&self, life: Life) -> Option<Life> {
        (self.model.juju.is_4() || !life.is_alive()).then_some(life)
    }

    /// The version of a machine's agent. Juju 4 does not show it.
    fn machine_version(&self, is_up: bool) -> String {
        if is_up && !self.model.juju.is_4() { self.model.juju.to_string() } else { String::new() }
    }

    /// The status of changes to a machine's profile. Juju 4 does not show it.
    fn modification_status(&self, since: String) -> StatusInfo {
        if self.model.juju.is_4() { StatusInfo::default() } else { StatusInfo::new("idle", "", since) }
    }

    /// A network device's address. Juju 4 shows it with the prefix length.
    fn with_prefix(&self, address: &str) -> String {
        if self.model.juju.is_4() { format!("{address}/24") } else { address.to_owned() }
    }

    pub(super) fn machine(&self, found: &Machine, status: Option<&Status>) -> MachineStatus {
        let is_up = !found.address.is_empty();
        let name = machine_id(self.model, &found.id);
        let juju = status.map(|status| self.info(status)).unwrap_or_default();
        let since = juju.since.clone();
        let instance = if is_up {
            StatusInfo::new("running", "Running", since.clone())
        } else {
            StatusInfo::new("pending", "", since.clone())
        };
        let mut addresses = vec![found.address.clone()];
        addresses.retain(|address| !address.is_empty());
        let mut interfaces = BTreeMap::new();
        if is_up {
            let gateway = found.address.rsplit_once('.').map(|(net, _)| format!("{net}.1")).unwrap_or_default();
            interfaces.insert(
                "eth0".to_owned(),
                NetworkInterface {
                    ip_addresses: addresses.iter().map(|address| self.with_prefix(address)).collect(),
                    mac_address: self.machines.mac_address(&found.address),
                    gateway,
                    dns_nameservers: Vec::new(),
                    space: "alpha".to_owned(),
                    is_up: true,
                },
            );
        }
        MachineStatus {
            juju_status: StatusInfo { version: self.machine_version(is_up), life: self.life(Life::Alive), ..juju },
            hostname: if is_up { name.clone() } else { String::new() },
            dns_name: found.address.clone(),
            ip_addresses: addresses,
            instance_id: if is_up { name } else { "pending".to_owned() },
            display_name: String::new(),
            machine_status: StatusInfo { life: self.life(Life::Alive), ..instance },
            modification_status: self.modification_status(since),
            base: base(&found.base),
            network_interfaces: interfaces,
            constraints: self.constraints.get(&found.id).cloned().unwrap_or_default(),
            hardware: format!("arch={} cores=0 mem=0M virt-type=container", crate::pack::juju_arch()),
            units: Vec::new(),
            processes: None,
            disk_bytes: None,
        }
    }

    pub(super) fn application(&self, found: &Application, units: &[&Unit]) -> ApplicationStatus {
        let mut bindings = BTreeMap::from([(String::new(), "alpha".to_owned())]);
        if let Ok(meta) = charm::metadata(found) {
            bindings.extend(meta.relations.keys().map(|endpoint| (endpoint.clone(), "alpha".to_owned())));
            bindings.extend(implicit_binding(self.model.juju));
            bindings.extend(meta.extra_bindings.iter().map(|endpoint| (endpoint.clone(), "alpha".to_owned())));
        }
        let text = |name: &str| found.metadata.get(name).and_then(Value::as_str).unwrap_or_default();
        ApplicationStatus {
            charm: found.charm_url(),
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

    /// An application's status: set by its leader, or else the worst of its units' statuses.
    pub(super) fn application_status(&self, found: &Application, units: &[&Unit]) -> StatusInfo {
        let status = self.applications.get(&found.name);
        if let Some(status) = status.filter(|status| status.status != "unset") {
            return self.info(status);
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

    /// The other side of the relation, if a unit's relation hook failed. Juju 3.6: `updateUnitStatusInfo` in
    /// cmd/juju/status/formatter.go.
    fn related_endpoint_of(&self, failed: &Status, application: &str) -> Option<String> {
        let id = failed.data.get("relation-id")?.as_i64()?;
        let relation = self.relations.iter().find(|relation| relation.id == id)?;
        let other = relation.endpoints.iter().find(|side| side.application != application)?;
        Some(format!("{}:{}", other.application, other.name))
    }

    pub(super) fn unit(&self, unit: &Unit, application: &Application, ports: &[Port]) -> UnitStatus {
        let name = unit.name();
        let agent = self.agent.get(&name);
        let failed = agent.filter(|agent| agent.status == "error");
        // Juju shows a hook's failure as the workload's status, and the agent as idle.
        let mut workload = failed.or(self.workload.get(&name)).map(|status| self.info(status)).unwrap_or_default();
        if let Some(other) = failed.and_then(|failed| self.related_endpoint_of(failed, &unit.application)) {
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
            open_ports: ports.iter().map(format_port).collect(),
            public_address: self.addresses.get(&unit.machine).cloned().unwrap_or_default(),
            ..UnitStatus::default()
        }
    }
}

/// The constraints that each machine was created with: those of the application of its first unit, and the model's.
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

/// The severity of a status: Juju's order when it derives an application's status.
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

fn base(text: &str) -> Option<Base> {
    let (name, channel) = text.split_once('@')?;
    let channel = channel.split('/').next()?.to_owned();
    Some(Base { name: name.to_owned(), channel })
}
