//! The output of `juju machines` and `juju show-machine`: Juju's fields, and the resources that machines use.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::commands::status::output::MachineStatus;
use crate::commands::status::tabular;
use crate::format::{Colours, Document, Paint, Table, Tabular, document, sorted, table_or};

/// The machines of one model.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ModelMachines {
    pub model: String,
    /// By ID.
    pub machines: BTreeMap<String, MachineStatus>,
}

/// `juju machines`, for one or more models.
#[must_use]
pub fn machines(models: &[ModelMachines], format: Tabular, colour: Colours) -> String {
    if let [model] = models {
        return table_or(model, format, || lines(models, false, colour));
    }
    table_or(&models, format, || lines(models, true, colour))
}

fn lines(models: &[ModelMachines], with_model: bool, colour: Colours) -> String {
    let mut table = Table::new(colour);
    if with_model {
        table.paint(Paint::Bold, "Model\t");
    }
    table.headers(&["Machine", "State", "Address", "Inst id", "Base", "Units", "Processes", "Disk", "Message"]);
    let first = usize::from(with_model);
    table.align_right(first + 6);
    table.align_right(first + 7);
    for model in models {
        for (id, machine) in sorted(&model.machines) {
            let (state, message) = tabular::state(machine);
            if with_model {
                table.cells(&[&model.model]);
            }
            table.cells(&[id]);
            table.status(state);
            table.painted(Paint::Info, &machine.dns_name);
            let base = machine.base.as_ref().map(ToString::to_string).unwrap_or_default();
            table.cells(&[&machine.instance_id, &base, &machine.units.join(",")]);
            table.cells(&[&machine.processes.unwrap_or(0).to_string(), &size(machine.disk_bytes.unwrap_or(0))]);
            table.paint(Paint::Gray, message);
            table.write("\n");
        }
    }
    table.finish()
}

/// `juju show-machine`.
#[must_use]
pub fn show_machine(machines: &ModelMachines, format: Document) -> String {
    document(machines, format)
}

/// A human-readable size: `12 MiB`.
fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} KiB", bytes / 1024),
        1_048_576..1_073_741_824 => format!("{} MiB", bytes >> 20),
        _ => format!("{}.{} GiB", bytes >> 30, ((bytes % (1 << 30)) * 10) >> 30),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::status::output::{Base, StatusInfo};

    fn testing() -> ModelMachines {
        let machine = |id: &str, address: &str| MachineStatus {
            juju_status: StatusInfo::new("started", "", ""),
            machine_status: StatusInfo::new("running", "Running", ""),
            dns_name: address.into(),
            instance_id: format!("juju-8e7bd9-{id}"),
            base: Some(Base { name: "ubuntu".into(), channel: "22.04".into() }),
            units: vec![format!("tinyproxy/{id}")],
            processes: Some(3),
            disk_bytes: Some(12 << 20),
            ..MachineStatus::default()
        };
        let machines = [("10".to_owned(), machine("10", "10.9.0.12")), ("2".to_owned(), machine("2", "10.9.0.4"))];
        ModelMachines { model: "testing".into(), machines: machines.into() }
    }

    #[test]
    fn machines_are_listed_with_their_disk_use() {
        let table = "\
Machine  State    Address    Inst id         Base          Units         Processes    Disk  Message
2        started  10.9.0.4   juju-8e7bd9-2   ubuntu@22.04  tinyproxy/2           3  12 MiB  Running
10       started  10.9.0.12  juju-8e7bd9-10  ubuntu@22.04  tinyproxy/10          3  12 MiB  Running
";
        assert_eq!(machines(&[testing()], Tabular::Tabular, Colours::Off), table);
        let both = machines(&[testing(), testing()], Tabular::Tabular, Colours::Off);
        assert!(both.starts_with("Model    Machine  State") && both.contains("testing  2        started"), "{both}");
    }

    #[test]
    fn the_document_of_a_machine_adds_its_resources_to_jujus_fields() {
        let printed = show_machine(&testing(), Document::Yaml);
        assert!(printed.starts_with("model: testing\nmachines:\n  \"2\":\n    juju-status:\n      current: started\n"));
        assert!(printed.contains("    units:\n    - tinyproxy/2\n    processes: 3\n    disk-bytes: 12582912\n"));
    }

    #[test]
    fn sizes_are_human_readable() {
        for (bytes, text) in [(5, "5 B"), (5000, "4 KiB"), (12 << 20, "12 MiB"), (3 << 29, "1.5 GiB")] {
            assert_eq!(size(bytes), text);
        }
    }
}
