//! Two sample models: the tutorial's, and a larger one.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};

use crate::commands::status::output::{
    ApplicationRelation, ApplicationStatus, Base, ControllerStatus, FullStatus, MachineStatus, ModelStatus,
    NetworkInterface, RelationStatus, StatusInfo, UnitStatus,
};
use crate::commands::storage::output::CombinedStorage;
use crate::format::Clock;
use crate::store::relation::Scope;

pub(super) const SINCE: &str = "22 Nov 2026 09:01:38+08:00";

pub(super) fn map<V>(name: &str, value: V) -> BTreeMap<String, V> {
    BTreeMap::from([(name.to_owned(), value)])
}

pub(super) fn info(current: &str, message: &str) -> StatusInfo {
    StatusInfo::new(current, message, SINCE)
}

pub(super) fn agent(current: &str, message: &str) -> StatusInfo {
    StatusInfo { version: "3.6.8".into(), ..info(current, message) }
}

pub(super) fn ubuntu() -> Base {
    Base { name: "ubuntu".into(), channel: "22.04".into() }
}

pub(super) fn machine() -> MachineStatus {
    MachineStatus {
        juju_status: agent("started", ""),
        hostname: "juju-8e7bd9-0".into(),
        dns_name: "10.71.67.208".into(),
        ip_addresses: vec!["10.71.67.208".into()],
        instance_id: "juju-8e7bd9-0".into(),
        machine_status: info("running", "Running"),
        modification_status: info("applied", ""),
        base: Some(ubuntu()),
        network_interfaces: map(
            "eth0",
            NetworkInterface {
                ip_addresses: vec!["10.71.67.208".into()],
                mac_address: "00:16:3e:37:b6:2f".into(),
                gateway: "10.71.67.1".into(),
                space: "alpha".into(),
                is_up: true,
                ..NetworkInterface::default()
            },
        ),
        constraints: "arch=amd64".into(),
        hardware: "arch=amd64 cores=0 mem=0M virt-type=container".into(),
        ..MachineStatus::default()
    }
}

pub(super) fn unit() -> UnitStatus {
    UnitStatus {
        workload_status: info("active", ""),
        juju_status: agent("idle", ""),
        leader: true,
        machine: "0".into(),
        public_address: "10.71.67.208".into(),
        ..UnitStatus::default()
    }
}

pub(super) fn tinyproxy() -> ApplicationStatus {
    ApplicationStatus {
        charm: "local:tinyproxy-0".into(),
        base: Some(ubuntu()),
        charm_origin: "local".into(),
        charm_name: "tinyproxy".into(),
        status: info("active", ""),
        units: map("tinyproxy/0", unit()),
        version: "1.11.0".into(),
        endpoint_bindings: map("", "alpha".to_owned()),
        ..ApplicationStatus::default()
    }
}

/// The tutorial's model.
pub(super) fn tutorial() -> FullStatus {
    let now: Timestamp = "2026-11-22T01:01:38Z".parse().expect("a time");
    let clock = Clock::in_zone(TimeZone::fixed(offset(8)));
    assert_eq!(clock.since(now), SINCE);
    FullStatus {
        model: ModelStatus {
            name: "testing".into(),
            r#type: "iaas".into(),
            controller: "concierge-lxd".into(),
            cloud: "localhost".into(),
            region: "localhost".into(),
            version: "3.6.8".into(),
            status: info("available", ""),
            sla: "unsupported".into(),
        },
        machines: map("0", machine()),
        applications: map("tinyproxy", tinyproxy()),
        storage: Some(CombinedStorage::default()),
        controller: Some(ControllerStatus { timestamp: clock.time_of_day(now) }),
        ..FullStatus::default()
    }
}

/// Two related applications with a subordinate, in several states.
pub(super) fn busy() -> FullStatus {
    let mut status = tutorial();
    let logging = UnitStatus {
        workload_status: info("error", "hook failed: \"start\""),
        juju_status: agent("idle", ""),
        public_address: "10.71.67.208".into(),
        ..UnitStatus::default()
    };
    let tinyproxy = status.applications.get_mut("tinyproxy").expect("it is there");
    tinyproxy.exposed = true;
    tinyproxy.version = "1.11.0-with-a-tail\nand more".into();
    tinyproxy.units.insert(
        "tinyproxy/10".into(),
        UnitStatus {
            workload_status: info("waiting", "installing agent"),
            juju_status: info("allocating", ""),
            machine: "1".into(),
            ..UnitStatus::default()
        },
    );
    tinyproxy.units.insert(
        "tinyproxy/2".into(),
        UnitStatus {
            workload_status: info("maintenance", "reloading"),
            juju_status: agent("executing", "running config-changed hook"),
            leader: false,
            machine: "0".into(),
            open_ports: vec!["8001/tcp".into(), "8000/tcp".into(), "53/udp".into()],
            ..unit()
        },
    );
    let first = tinyproxy.units.get_mut("tinyproxy/0").expect("it is there");
    first.subordinates = map("logging/0", logging);
    status.applications.insert(
        "logging".into(),
        ApplicationStatus {
            charm: "local:logging-3".into(),
            charm_origin: "local".into(),
            charm_name: "logging".into(),
            charm_rev: 3,
            status: info("error", "hook failed: \"start\""),
            subordinate_to: vec!["tinyproxy".into()],
            relations: map(
                "info",
                vec![ApplicationRelation {
                    related_application: "tinyproxy".into(),
                    interface: "juju-info".into(),
                    scope: Scope::Container,
                }],
            ),
            ..ApplicationStatus::default()
        },
    );
    let pending = MachineStatus {
        juju_status: info("pending", ""),
        instance_id: "pending".into(),
        machine_status: info("pending", ""),
        base: Some(ubuntu()),
        ..MachineStatus::default()
    };
    status.machines.insert("1".into(), pending);
    status.relations = vec![
        RelationStatus {
            provider: "tinyproxy:peers".into(),
            requirer: "tinyproxy:peers".into(),
            interface: "proxy_peers".into(),
            kind: "peer".into(),
            status: "joined".into(),
            message: String::new(),
        },
        RelationStatus {
            provider: "tinyproxy:juju-info".into(),
            requirer: "logging:info".into(),
            interface: "juju-info".into(),
            kind: "subordinate".into(),
            status: "joining".into(),
            message: "soon".into(),
        },
    ];
    status
}
