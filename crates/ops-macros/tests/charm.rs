//! The names and types that a charm gets from its charmcraft.yaml.

use ops::EventName;
use serde_json::json;

ops::charm!("tests/charmcraft.yaml");

#[test]
fn events_are_those_of_the_file() {
    for (name, event) in [
        (on::database_relation_created().name(), EventName::RelationCreated("database".into())),
        (on::database_relation_joined().name(), EventName::RelationJoined("database".into())),
        (on::database_relation_changed().name(), EventName::RelationChanged("database".into())),
        (on::database_relation_departed().name(), EventName::RelationDeparted("database".into())),
        (on::web_site_relation_broken().name(), EventName::RelationBroken("web-site".into())),
        (on::data_storage_attached().name(), EventName::StorageAttached("data".into())),
        (on::data_storage_detaching().name(), EventName::StorageDetaching("data".into())),
        (on::back_up_action().name(), EventName::Action("back-up".into())),
        (on::install().name(), EventName::Install),
    ] {
        assert_eq!(*name, event);
    }
}

#[test]
fn names_are_as_juju_writes_them() {
    assert_eq!((endpoints::DATABASE, endpoints::WEB_SITE, endpoints::ADMIN), ("database", "web-site", "admin"));
    assert_eq!((storages::DATA, resources::ARCHIVE), ("data", "archive"));
}

#[ops::config("tests/charmcraft.yaml")]
#[derive(Debug, PartialEq)]
struct AllOptions;

#[ops::config("tests/charmcraft.yaml")]
#[derive(Debug, PartialEq)]
struct SomeOptions {
    log_level: Level,
}

#[derive(Debug, PartialEq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Info,
}

#[test]
fn config_loads_into_its_type() {
    let all: AllOptions = serde_json::from_value(json!({"log-level": "info"})).unwrap();
    assert_eq!(all, AllOptions { log_level: "info".into(), port: None });
    let some: SomeOptions = serde_json::from_value(json!({"log-level": "info", "port": 1})).unwrap();
    assert_eq!(some, SomeOptions { log_level: Level::Info });
    assert!(serde_json::from_value::<SomeOptions>(json!({"log-level": "loud"})).is_err());
}
