//! Tests of the output of `juju status`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};

use super::oneline::status_oneline;
use super::output::{
    ApplicationRelation, ApplicationStatus, Base, ControllerStatus, FullStatus, MachineStatus, ModelStatus,
    NetworkInterface, OfferStatus, RelationStatus, RemoteApplicationStatus, RemoteEndpoint, StatusInfo, UnitStatus,
};
use super::summary::status_summary;
use super::tabular::status_tabular;
use crate::commands::storage::output::CombinedStorage;
use crate::format::{Clock, Colours, json, yaml};
use crate::store::relation::Scope;

const SINCE: &str = "22 Nov 2026 09:01:38+08:00";

fn map<V>(name: &str, value: V) -> BTreeMap<String, V> {
    BTreeMap::from([(name.to_owned(), value)])
}

fn info(current: &str, message: &str) -> StatusInfo {
    StatusInfo::new(current, message, SINCE)
}

fn agent(current: &str, message: &str) -> StatusInfo {
    StatusInfo { version: "3.6.8".into(), ..info(current, message) }
}

fn ubuntu() -> Base {
    Base { name: "ubuntu".into(), channel: "22.04".into() }
}

fn machine() -> MachineStatus {
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

fn unit() -> UnitStatus {
    UnitStatus {
        workload_status: info("active", ""),
        juju_status: agent("idle", ""),
        leader: true,
        machine: "0".into(),
        public_address: "10.71.67.208".into(),
        ..UnitStatus::default()
    }
}

fn tinyproxy() -> ApplicationStatus {
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
fn tutorial() -> FullStatus {
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
fn busy() -> FullStatus {
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

#[test]
fn the_table_is_the_tutorials() {
    // `|` marks the end of lines that end in spaces.
    let table = "\
Model    Controller     Cloud/Region         Version  SLA          Timestamp
testing  concierge-lxd  localhost/localhost  3.6.8    unsupported  09:01:38+08:00

App        Version  Status  Scale  Charm      Channel  Rev  Exposed  Message
tinyproxy  1.11.0   active      1  tinyproxy             0  no       |

Unit          Workload  Agent  Machine  Public address  Ports  Message
tinyproxy/0*  active    idle   0        10.71.67.208           |

Machine  State    Address       Inst id        Base          AZ  Message
0        started  10.71.67.208  juju-8e7bd9-0  ubuntu@22.04      Running
";
    assert_eq!(status_tabular(&tutorial(), false, Colours::Off), table.replace("|\n", "\n"));
}

#[test]
fn what_is_consumed_comes_first_and_what_is_offered_after_the_machines() {
    let end = |interface: &str, role: &str| RemoteEndpoint { interface: interface.into(), role: role.into() };
    let mut status = tutorial();
    status.remote_applications = map(
        "sql",
        RemoteApplicationStatus {
            url: "minijuju:admin/prod.pg".into(),
            endpoints: map("db", end("pg", "provider")),
            status: info("active", ""),
            relations: map("db", vec!["tinyproxy".to_owned()]),
            ..RemoteApplicationStatus::default()
        },
    );
    status.offers = map(
        "proxy",
        OfferStatus {
            application: "tinyproxy".into(),
            charm: "local:tinyproxy-0".into(),
            total_connected: 2,
            active_connected: 1,
            endpoints: [("log".to_owned(), end("syslog", "requirer")), ("http".to_owned(), end("web", "provider"))]
                .into(),
        },
    );
    let table = status_tabular(&status, false, Colours::Off);
    let at = |text: &str| table.find(text).unwrap_or_else(|| panic!("{text:?} in {table}"));
    let consumed = "\nSAAS  Status  Store     URL\nsql   active  minijuju  admin/prod.pg\n\nApp ";
    let offered = "\
\nOffer  Application  Charm      Rev  Connected  Endpoint  Interface  Role
proxy  tinyproxy    tinyproxy  0    1/2        http      web        provider
                                               log       syslog     requirer
";
    assert!(at(consumed) < at("\nMachine ") && at("\nMachine ") < at(offered), "{table}");
    let document = json(&status);
    for part in [
        r#""application-endpoints":{"sql":{"url":"minijuju:admin/prod.pg","endpoints":{"db":{"interface":"pg","role":"provider"}},"application-status":{"current":"active""#,
        r#""relations":{"db":["tinyproxy"]}}}"#,
        r#""offers":{"proxy":{"application":"tinyproxy","charm":"local:tinyproxy-0","total-connected-count":2,"active-connected-count":1,"endpoints":{"http":"#,
    ] {
        assert!(document.contains(part), "{part} in {document}");
    }
}

#[test]
fn the_table_shows_hooks_errors_and_subordinates() {
    let table = "\
Model    Controller     Cloud/Region         Version  SLA          Timestamp
testing  concierge-lxd  localhost/localhost  3.6.8    unsupported  09:01:38+08:00

App        Version          Status  Scale  Charm      Channel  Rev  Exposed  Message
logging                     error       1  logging               3  no       hook failed: \"start\"
tinyproxy  1.11.0-with-...  active    2/3  tinyproxy             0  yes      |

Unit          Workload     Agent       Machine  Public address  Ports                 Message
tinyproxy/0*  active       idle        0        10.71.67.208                          |
  logging/0   error        idle                 10.71.67.208                          hook failed: \"start\"
tinyproxy/2   maintenance  executing   0        10.71.67.208    8000-8001/tcp 53/udp  (config-changed) reloading
tinyproxy/10  waiting      allocating  1                                              installing agent

Machine  State    Address       Inst id        Base          AZ  Message
0        started  10.71.67.208  juju-8e7bd9-0  ubuntu@22.04      Running
1        pending                pending        ubuntu@22.04      |

Integration provider  Requirer         Interface    Type         Message
tinyproxy:juju-info   logging:info     juju-info    subordinate  joining  soon
tinyproxy:peers       tinyproxy:peers  proxy_peers  peer         |
";
    let printed = status_tabular(&busy(), true, Colours::Off);
    assert_eq!(printed, table.replace("|\n", "\n"), "{printed}");
}

#[test]
fn relations_are_shown_if_asked_for() {
    assert!(!status_tabular(&busy(), false, Colours::Off).contains("Integration provider"));
}

#[test]
fn a_long_message_is_cut() {
    let mut status = tutorial();
    let long = "x".repeat(117) + "ääää";
    status.applications.get_mut("tinyproxy").expect("it is there").status.message = long;
    let printed = status_tabular(&status, false, Colours::Off);
    assert!(printed.contains(&format!("no       {}...\n", "x".repeat(117))), "{printed}");
}

#[test]
fn a_message_of_several_lines_keeps_the_table() {
    let mut status = tutorial();
    status.applications.get_mut("tinyproxy").expect("it is there").status.message = "one\ntwo\tthree".into();
    assert!(status_tabular(&status, false, Colours::Off).contains("no       one two three\n"));
}

#[test]
fn an_empty_model_is_its_own_line() {
    let mut status = tutorial();
    status.applications.clear();
    status.machines.clear();
    assert_eq!(status_tabular(&status, true, Colours::Off).lines().count(), 2);
}

#[test]
fn colours_do_not_change_the_text() {
    let coloured = status_tabular(&busy(), true, Colours::On);
    assert!(coloured.contains("\u{1b}[32mactive"), "{coloured:?}");
    let mut plain = String::new();
    let mut rest = coloured.as_str();
    while let Some((text, code)) = rest.split_once('\u{1b}') {
        plain += text;
        rest = code.split_once('m').expect("a colour ends in m").1;
    }
    assert_eq!(plain + rest, status_tabular(&busy(), true, Colours::Off));
}

#[test]
fn json_has_jujus_names_in_jujus_order() {
    let since = format!("\"since\":\"{SINCE}\"");
    let expected = [
        r#"{"model":{"name":"testing","type":"iaas","controller":"concierge-lxd","cloud":"localhost","#,
        r#""region":"localhost","version":"3.6.8","model-status":{"current":"available",SINCE},"sla":"unsupported"},"#,
        r#""machines":{"0":{"juju-status":{"current":"started",SINCE,"version":"3.6.8"},"hostname":"juju-8e7bd9-0","#,
        r#""dns-name":"10.71.67.208","ip-addresses":["10.71.67.208"],"instance-id":"juju-8e7bd9-0","#,
        r#""machine-status":{"current":"running","message":"Running",SINCE},"#,
        r#""modification-status":{"current":"applied",SINCE},"base":{"name":"ubuntu","channel":"22.04"},"#,
        r#""network-interfaces":{"eth0":{"ip-addresses":["10.71.67.208"],"mac-address":"00:16:3e:37:b6:2f","#,
        r#""gateway":"10.71.67.1","space":"alpha","is-up":true}},"constraints":"arch=amd64","#,
        r#""hardware":"arch=amd64 cores=0 mem=0M virt-type=container"}},"#,
        r#""applications":{"tinyproxy":{"charm":"local:tinyproxy-0","base":{"name":"ubuntu","channel":"22.04"},"#,
        r#""charm-origin":"local","charm-name":"tinyproxy","charm-rev":0,"exposed":false,"#,
        r#""application-status":{"current":"active",SINCE},"units":{"tinyproxy/0":{"#,
        r#""workload-status":{"current":"active",SINCE},"juju-status":{"current":"idle",SINCE,"version":"3.6.8"},"#,
        r#""leader":true,"machine":"0","public-address":"10.71.67.208"}},"version":"1.11.0","#,
        r#""endpoint-bindings":{"":"alpha"}}},"storage":{},"controller":{"timestamp":"09:01:38+08:00"}}"#,
    ];
    assert_eq!(json(&tutorial()), expected.concat().replace("SINCE", &since) + "\n");
}

#[test]
fn yaml_is_the_same_document() {
    let printed = yaml(&tutorial());
    let (_, applications) = printed.split_once("applications:\n").expect("there are applications");
    assert_eq!(
        applications,
        "  \
  tinyproxy:
    charm: local:tinyproxy-0
    base:
      name: ubuntu
      channel: \"22.04\"
    charm-origin: local
    charm-name: tinyproxy
    charm-rev: 0
    exposed: false
    application-status:
      current: active
      since: 22 Nov 2026 09:01:38+08:00
    units:
      tinyproxy/0:
        workload-status:
          current: active
          since: 22 Nov 2026 09:01:38+08:00
        juju-status:
          current: idle
          since: 22 Nov 2026 09:01:38+08:00
          version: 3.6.8
        leader: true
        machine: \"0\"
        public-address: 10.71.67.208
    version: 1.11.0
    endpoint-bindings:
      \"\": alpha
storage: {}
controller:
  timestamp: 09:01:38+08:00
"
    );
}

#[test]
fn one_line_per_unit() {
    assert_eq!(
        status_oneline(&busy(), Colours::Off),
        "\
- tinyproxy/0: 10.71.67.208 (agent:idle, workload:active)
  - logging/0: 10.71.67.208 (agent:idle, workload:error)
- tinyproxy/2: 10.71.67.208 (agent:executing, workload:maintenance) 8000-8001/tcp 53/udp
- tinyproxy/10:  (agent:allocating, workload:waiting)
"
    );
    assert!(status_oneline(&busy(), Colours::On).starts_with("- \u{1b}[32mtinyproxy/0\u{1b}[0m: "));
}

#[test]
fn the_summary_counts() {
    let printed = status_summary(&busy(), Colours::Off);
    assert_eq!(
        printed,
        "\
Running on subnets:  10.71.67.208/8        |
 Utilizing ports:    8000-8001/tcp 53/udp  |
      # Machines:  (2)
         pending:   1 |
         started:   1 |
                 |
         # Units:  (4)
          active:   1 |
           error:   1 |
     maintenance:   1 |
         waiting:   1 |
                 |
  # Applications:  (2)
          logging  0/1  exposed
        tinyproxy  1/1  exposed
                 |
        # Remote:  (0)
"
        .replace("|\n", "\n"),
        "{printed}"
    );
}
