//! Tests of the output of `juju status`.

mod sample;

use self::sample::*;
use super::oneline::status_oneline;
use super::output::{OfferStatus, RemoteApplicationStatus};
use super::summary::status_summary;
use super::tabular::{RelationLines, status_tabular};
use crate::commands::offers::output::OfferEndpoint;
use crate::format::{Colours, json, yaml};

#[test]
fn the_table_matches_the_tutorial() {
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
    assert_eq!(status_tabular(&tutorial(), RelationLines::Hidden, Colours::Off), table.replace("|\n", "\n"));
}

#[test]
fn consumed_offers_precede_the_applications_and_offers_follow_the_machines() {
    let end = |interface: &str, role: &str| OfferEndpoint { interface: interface.into(), role: role.into() };
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
    let table = status_tabular(&status, RelationLines::Hidden, Colours::Off);
    let at = |text: &str| table.find(text).unwrap_or_else(|| panic!("{text:?} in {table}"));
    let consumed = "\nSAAS  Status  Store     URL\nsql   active  minijuju  admin/prod.pg\n\nApp ";
    let offered = "\
\nOffer  Application  Charm      Rev  Connected  Endpoint  Interface  Role
proxy  tinyproxy    tinyproxy  0    1/2        http      web        provider
                                               log       syslog     requirer
";
    assert!(at(consumed) < at("\nMachine ") && at("\nMachine ") < at(offered), "{table}");
    let document = json(&status);
    for fragment in [
        r#""application-endpoints":{"sql":{"url":"minijuju:admin/prod.pg","endpoints":{"db":{"interface":"pg","role":"provider"}},"application-status":{"current":"active""#,
        r#""relations":{"db":["tinyproxy"]}}}"#,
        r#""offers":{"proxy":{"application":"tinyproxy","charm":"local:tinyproxy-0","total-connected-count":2,"active-connected-count":1,"endpoints":{"http":"#,
    ] {
        assert!(document.contains(fragment), "{fragment} in {document}");
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
    let printed = status_tabular(&busy(), RelationLines::Shown, Colours::Off);
    assert_eq!(printed, table.replace("|\n", "\n"), "{printed}");
}

#[test]
fn relations_are_shown_only_if_requested() {
    assert!(!status_tabular(&busy(), RelationLines::Hidden, Colours::Off).contains("Integration provider"));
}

#[test]
fn a_long_message_is_truncated() {
    let mut status = tutorial();
    let long = "x".repeat(117) + "ääää";
    status.applications.get_mut("tinyproxy").expect("it is there").status.message = long;
    let printed = status_tabular(&status, RelationLines::Hidden, Colours::Off);
    assert!(printed.contains(&format!("no       {}...\n", "x".repeat(117))), "{printed}");
}

#[test]
fn a_message_of_several_lines_keeps_the_table() {
    let mut status = tutorial();
    status.applications.get_mut("tinyproxy").expect("it is there").status.message = "one\ntwo\tthree".into();
    assert!(status_tabular(&status, RelationLines::Hidden, Colours::Off).contains("no       one two three\n"));
}

#[test]
fn an_empty_model_has_only_the_line_of_the_model() {
    let mut status = tutorial();
    status.applications.clear();
    status.machines.clear();
    assert_eq!(status_tabular(&status, RelationLines::Shown, Colours::Off).lines().count(), 2);
}

#[test]
fn colours_do_not_change_the_text() {
    let coloured = status_tabular(&busy(), RelationLines::Shown, Colours::On);
    assert!(coloured.contains("\u{1b}[32mactive"), "{coloured:?}");
    let mut plain = String::new();
    let mut rest = coloured.as_str();
    while let Some((text, code)) = rest.split_once('\u{1b}') {
        plain += text;
        rest = code.split_once('m').expect("a colour ends in m").1;
    }
    assert_eq!(plain + rest, status_tabular(&busy(), RelationLines::Shown, Colours::Off));
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
fn oneline_has_one_line_for_each_unit() {
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
fn the_summary_counts_machines_units_and_applications() {
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
