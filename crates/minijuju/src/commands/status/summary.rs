//! `juju status --format summary`: counts.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use crate::commands::status::output::{FullStatus, UnitStatus};
use crate::commands::status::{ports, tabular};
use crate::format::{Colours, Paint, Table, sorted};

#[derive(Default)]
struct Counts {
    networks: Vec<(Ipv4Addr, u32)>,
    ports: BTreeSet<String>,
    units: BTreeMap<String, usize>,
}

impl Counts {
    /// Add an address's network, with the size of its class.
    fn add_address(&mut self, address: &str) {
        let Ok(address) = address.parse::<Ipv4Addr>() else { return };
        let bits = match address.octets()[0] {
            0..=127 => 8,
            128..=191 => 16,
            _ => 24,
        };
        let network = |of: Ipv4Addr, bits: u32| u32::from(of) >> (32 - bits);
        if !self.networks.iter().any(|(known, bits)| network(*known, *bits) == network(address, *bits)) {
            self.networks.push((address, bits));
        }
    }

    fn add_unit(&mut self, unit: &UnitStatus) {
        self.add_address(&unit.public_address);
        self.ports.extend(unit.open_ports.iter().cloned());
        *self.units.entry(unit.workload_status.current.clone()).or_default() += 1;
        for (_, subordinate) in sorted(&unit.subordinates) {
            self.add_unit(subordinate);
        }
    }
}

/// `juju status --format summary`.
#[must_use]
pub fn status_summary(status: &FullStatus, colour: Colours) -> String {
    let mut counts = Counts::default();
    let mut machines: BTreeMap<String, usize> = BTreeMap::new();
    for (_, machine) in sorted(&status.machines) {
        counts.add_address(&machine.dns_name);
        let (state, _) = tabular::state(machine);
        *machines.entry(if state.is_empty() { "pending" } else { state }.to_owned()).or_default() += 1;
    }
    for (_, application) in sorted(&status.applications) {
        for (_, unit) in sorted(&application.units) {
            counts.add_unit(unit);
        }
    }

    let mut table = Table::new(colour);
    let networks: Vec<String> = counts.networks.iter().map(|(address, bits)| format!("{address}/{bits}")).collect();
    write_key(&mut table, Paint::BoldBrightCyan, "Running on subnets");
    table.painted(Paint::Info, &networks.join(", "));
    table.write("\n");
    write_key(&mut table, Paint::BoldBrightCyan, " Utilizing ports");
    let opened: Vec<String> = counts.ports.into_iter().collect();
    for (piece, is_number) in ports::pieces(&opened) {
        table.paint(if is_number { Paint::BrightMagenta } else { Paint::Plain }, &piece);
    }
    table.cells(&[""]);
    table.write("\n");

    table.align_all_right();
    write_total(&mut table, "# Machines", status.machines.len());
    write_states(&mut table, &machines);
    write_total(&mut table, "# Units", counts.units.values().sum());
    write_states(&mut table, &counts.units);
    write_total(&mut table, "# Applications", status.applications.len());
    for (name, application) in sorted(&status.applications) {
        table.painted(Paint::BrightGreen, name);
        table.painted(Paint::Good, &format!("{}/1\texposed", u8::from(application.exposed)));
        table.write("\n");
    }
    write_blank_line(&mut table);
    write_total(&mut table, "# Remote", status.remote_applications.len());
    for (name, remote) in sorted(&status.remote_applications) {
        table.painted(Paint::BrightGreen, name);
        table.painted(Paint::Good, &remote.url);
        table.write("\n");
    }
    table.finish()
}

fn write_key(table: &mut Table, paint: Paint, key: &str) {
    table.paint(paint, key);
    table.painted(Paint::BoldBrightMagenta, ":");
}

fn write_total(table: &mut Table, what: &str, count: usize) {
    write_key(table, Paint::BoldBrightCyan, what);
    table.write("(");
    table.paint(Paint::Magenta, &count.to_string());
    table.write(")\t\n");
}

fn write_states(table: &mut Table, states: &BTreeMap<String, usize>) {
    for (state, count) in sorted(states) {
        let paint = match Paint::of_status(state) {
            Paint::Plain => Paint::Good,
            paint => paint,
        };
        write_key(table, paint, state);
        table.painted(Paint::Magenta, &format!(" {count} "));
        table.write("\n");
    }
    write_blank_line(table);
}

/// An empty line between two groups that does not end the columns.
fn write_blank_line(table: &mut Table) {
    table.painted(Paint::Good, " ");
    table.write("\n");
}
