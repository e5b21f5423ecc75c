//! `juju status` as a table.

use ops::EventName;

use crate::commands::status::output::{
    ApplicationStatus, FullStatus, MachineStatus, RelationStatus, StatusInfo, UnitStatus,
};
use crate::commands::status::ports;
use crate::commands::storage::output;
use crate::format::{Colours, Paint, Table, sorted, truncate};

/// The maximum length of messages, in bytes.
const MAX_MESSAGE_BYTES: usize = 120;

/// The maximum length of workload versions, in bytes.
const MAX_VERSION_BYTES: usize = 15;

/// Whether the table has the relations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelationLines {
    Shown,
    Hidden,
}

/// `juju status`: the model, its applications, units and machines; with `relations`, its relations; and its storage,
/// if included.
#[must_use]
pub fn status_tabular(status: &FullStatus, relations: RelationLines, colour: Colours) -> String {
    let mut table = Table::new(colour);
    model(&mut table, status);
    if !status.remote_applications.is_empty() {
        remote_applications(&mut table, status);
    }
    if !status.applications.is_empty() {
        applications(&mut table, status);
    }
    if !status.machines.is_empty() {
        machines(&mut table, status.machines.iter());
    }
    if !status.offers.is_empty() {
        offers(&mut table, status);
    }
    if relations == RelationLines::Shown && !status.relations.is_empty() {
        relation_lines(&mut table, &status.relations);
    }
    if let Some(storage) = status.storage.as_ref().filter(|storage| !storage.is_empty()) {
        output::status_lines(&mut table, storage);
    }
    table.finish()
}

fn model(table: &mut Table, status: &FullStatus) {
    let model = &status.model;
    let cloud = if model.region.is_empty() { model.cloud.clone() } else { format!("{}/{}", model.cloud, model.region) };
    let mut headers = vec!["Model", "Controller", "Cloud/Region", "Version"];
    let mut values = vec![model.name.as_str(), &model.controller, &cloud, &model.version];
    let timestamp = status.controller.as_ref().map(|controller| controller.timestamp.as_str()).unwrap_or_default();
    let notes = truncate(&model.status.message, MAX_MESSAGE_BYTES);
    for (header, value) in [("SLA", model.sla.as_str()), ("Timestamp", timestamp), ("Notes", &notes)] {
        if !value.is_empty() {
            headers.push(header);
            values.push(value);
        }
    }
    table.headers(&headers);
    table.cells(&values[..3]);
    if !model.version.is_empty() {
        table.cells(&values[3..4]);
    }
    table.line(&values[4..]);
}

fn remote_applications(table: &mut Table, status: &FullStatus) {
    table.further_headers(&["SAAS", "Status", "Store", "URL"]);
    for (name, remote) in sorted(&status.remote_applications) {
        table.cells(&[name]);
        table.status(&remote.status.current);
        let (store, url) = remote.url.split_once(':').unwrap_or(("local", &remote.url));
        table.line(&[store, url]);
    }
    table.flush();
}

fn offers(table: &mut Table, status: &FullStatus) {
    table.further_headers(&["Offer", "Application", "Charm", "Rev", "Connected", "Endpoint", "Interface", "Role"]);
    for (name, offer) in sorted(&status.offers) {
        let charm = offer.charm.split_once(':').map_or(offer.charm.as_str(), |(_, charm)| charm);
        let (charm, revision) = charm.rsplit_once('-').unwrap_or((charm, ""));
        let connected = format!("{}/{}", offer.active_connected, offer.total_connected);
        for (index, (endpoint, end)) in offer.endpoints.iter().enumerate() {
            let first = [name.as_str(), &offer.application, charm, revision, &connected];
            table.cells(&if index == 0 { first } else { [""; 5] });
            table.line(&[endpoint, &end.interface, &end.role]);
        }
    }
    table.flush();
}

fn applications(table: &mut Table, status: &FullStatus) {
    table.further_headers(&["App", "Version", "Status", "Scale", "Charm", "Channel", "Rev", "Exposed", "Message"]);
    table.align_right(3);
    table.align_right(6);
    for (name, application) in sorted(&status.applications) {
        let version = application.version.lines().next().unwrap_or_default();
        table.cells(&[name, &truncate(version, MAX_VERSION_BYTES)]);
        table.status(&application.status.current);
        let (running, requested) = scale(status, name, application);
        if running == requested {
            table.cells(&[&running.to_string()]);
        } else {
            table.painted(Paint::Warning, &format!("{running}/{requested}"));
        }
        table.cells(&[&application.charm_name, &application.charm_channel]);
        let paint = if application.can_upgrade_to.is_empty() { Paint::Plain } else { Paint::Warning };
        table.painted(paint, &application.charm_rev.to_string());
        let (exposed, paint) = if application.exposed { ("yes", Paint::Good) } else { ("no", Paint::Plain) };
        table.painted(paint, exposed);
        message(table, &application.status.message);
    }
    table.flush();
    let mut units: Vec<(&String, &UnitStatus)> =
        status.applications.values().flat_map(|application| &application.units).collect();
    units.sort_by(|a, b| crate::format::natural_compare(a.0, b.0));
    if units.is_empty() {
        return;
    }
    table.further_headers(&["Unit", "Workload", "Agent", "Machine", "Public address", "Ports", "Message"]);
    for (name, unit) in units {
        unit_line(table, name, unit, 0);
    }
    table.flush();
}

/// An application's scale: running units, and requested units.
fn scale(status: &FullStatus, name: &str, application: &ApplicationStatus) -> (usize, usize) {
    let up = |unit: &&UnitStatus| {
        unit.workload_status.current != "terminated"
            && matches!(unit.juju_status.current.as_str(), "executing" | "idle" | "running")
    };
    let units: Vec<&UnitStatus> = if application.subordinate_to.is_empty() {
        application.units.values().collect()
    } else {
        let principals = status.applications.values().flat_map(|application| application.units.values());
        let all = principals.flat_map(|unit| &unit.subordinates);
        all.filter(|(unit, _)| unit.split('/').next() == Some(name)).map(|(_, unit)| unit).collect()
    };
    (units.iter().copied().filter(up).count(), units.len())
}

fn unit_line(table: &mut Table, name: &str, unit: &UnitStatus, level: usize) {
    let agent = &unit.juju_status;
    let mut text = unit.workload_status.message.clone();
    if agent.current == "allocating" && text.is_empty() {
        text.clone_from(&agent.message);
    }
    if let Some(running_hook) = running_hook(agent) {
        text = format!("({running_hook}) {text}");
    }
    let leader = if unit.leader { "*" } else { "" };
    table.cells(&[&format!("{:1$}{name}{leader}", "", level * 2)]);
    table.status(&unit.workload_status.current);
    table.status(&agent.current);
    table.cells(&[&unit.machine]);
    table.painted(Paint::Info, &unit.public_address);
    for (piece, is_number) in ports::pieces(&unit.open_ports) {
        table.paint(if is_number { Paint::BrightMagenta } else { Paint::Plain }, &piece);
    }
    table.cells(&[""]);
    message(table, &text);
    for (name, subordinate) in sorted(&unit.subordinates) {
        unit_line(table, name, subordinate, level + 1);
    }
}

/// The hook or action in an agent's message.
fn running_hook(agent: &StatusInfo) -> Option<&str> {
    if agent.current != "executing" {
        return None;
    }
    let rest = agent.message.split_once("running ")?.1;
    match rest.strip_prefix("action ") {
        Some(action) => Some(action),
        None => rest.split_once(" hook").map(|(hook, _)| hook).filter(|hook| is_listed_hook(hook)),
    }
}

/// Whether Juju's table shows a hook: not those of relations, storage and secrets.
fn is_listed_hook(hook: &str) -> bool {
    matches!(
        EventName::from_dispatch_path(&format!("hooks/{hook}")),
        Ok(EventName::Install
            | EventName::Start
            | EventName::ConfigChanged
            | EventName::UpgradeCharm
            | EventName::Stop
            | EventName::Remove
            | EventName::LeaderElected
            | EventName::UpdateStatus
            | EventName::Other(_))
    )
}

/// Write the lines of machines, with their headings.
pub fn machines<'a>(table: &mut Table, machines: impl Iterator<Item = (&'a String, &'a MachineStatus)>) {
    table.further_headers(&["Machine", "State", "Address", "Inst id", "Base", "AZ", "Message"]);
    let mut machines: Vec<_> = machines.collect();
    machines.sort_by(|a, b| crate::format::natural_compare(a.0, b.0));
    for (id, machine) in machines {
        let (state, text) = state(machine);
        table.cells(&[id]);
        table.status(state);
        table.painted(Paint::Info, &machine.dns_name);
        let name = if machine.display_name.is_empty() { &machine.instance_id } else { &machine.display_name };
        let base = machine.base.as_ref().map(ToString::to_string).unwrap_or_default();
        let zone = machine.hardware.split(' ').find_map(|word| word.strip_prefix("availability-zone="));
        table.cells(&[name, &base, zone.unwrap_or_default()]);
        if text.is_empty() {
            table.write("\n");
        } else {
            message(table, text);
        }
    }
    table.flush();
}

/// A machine's state and message, from its agent and its instance, unless changing its profile failed.
pub fn state(machine: &MachineStatus) -> (&str, &str) {
    let modification = &machine.modification_status;
    if modification.current == "error" {
        (&modification.current, &modification.message)
    } else {
        (&machine.juju_status.current, &machine.machine_status.message)
    }
}

fn relation_lines(table: &mut Table, relations: &[RelationStatus]) {
    let mut relations: Vec<&RelationStatus> = relations.iter().collect();
    relations.sort_by(|a, b| (&a.provider, &a.requirer).cmp(&(&b.provider, &b.requirer)));
    table.further_headers(&["Integration provider", "Requirer", "Interface", "Type", "Message"]);
    for relation in relations {
        for side in [&relation.provider, &relation.requirer] {
            let (application, endpoint) = side.split_at(side.find(':').unwrap_or(side.len()));
            table.write(application);
            table.painted(Paint::Magenta, endpoint);
        }
        table.cells(&[&relation.interface, &relation.kind]);
        if relation.status != "joined" {
            let paint = match relation.status.as_str() {
                "suspended" => Paint::Warning,
                "broken" | "error" => Paint::Error,
                _ => Paint::Plain,
            };
            table.painted(paint, &relation.status);
            table.paint(Paint::Gray, &truncate(&relation.message, MAX_MESSAGE_BYTES));
        }
        table.write("\n");
    }
    table.flush();
}

/// Write a message, and end the line.
fn message(table: &mut Table, text: &str) {
    table.paint(Paint::Gray, &one_line(&truncate(text, MAX_MESSAGE_BYTES)));
    table.write("\n");
}

/// Replace line breaks and tabs, which would break the table.
fn one_line(text: &str) -> String {
    text.replace(['\n', '\t', '\r'], " ")
}
