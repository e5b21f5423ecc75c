//! Checks every sentence, and that possible states are accepted.

mod secrets;

use ops::{Charm, Framework};
use serde_json::Value;

use crate::{Context, Error, Event, Network, Port, Relation, Resource, Secret, State, Storage, on};

struct Idle;

impl Charm for Idle {
    fn observe(_: &mut Framework<Self>) {}
}

const METADATA: &str = "
name: app
summary: An application.
description: An application.
requires:
  db: {interface: pg}
  logs: {interface: syslog, scope: container}
peers:
  peers: {interface: peers}
extra-bindings:
  public:
storage:
  data: {type: filesystem}
resources:
  software: {type: file, filename: software.zip}
config:
  options:
    slug: {type: string}
    port: {type: int}
    ratio: {type: float}
    verbose: {type: boolean}
    token: {type: secret}
actions:
  backup:
    params:
      file: {type: string}
      level: {type: integer, default: 3}
    required: [file, level]
  restore:
    params:
      file: {type: string}
    additionalProperties: false
";

fn run(context: Context<Idle>, event: Event, state: State) -> Vec<String> {
    let mut context = context;
    match context.run(event, state) {
        Ok(_) => Vec::new(),
        Err(Error::Inconsistent(wrong)) => wrong,
        Err(other) => panic!("{other}"),
    }
}

fn context() -> Context<Idle> {
    Context::with_metadata(Idle, METADATA).unwrap()
}

#[track_caller]
fn refused(event: Event, state: State, sentence: &str) {
    assert_eq!(run(context(), event, state), [sentence]);
}

#[track_caller]
fn accepted(event: Event, state: State) {
    assert_eq!(run(context(), event, state), Vec::<String>::new());
}

#[test]
fn config() {
    let with = |name: &str, value: crate::ConfigValue| State::default().with_config(name, value);
    refused(
        on::start(),
        with("nonsense", 1.into()),
        "the metadata defines no config option \"nonsense\": there are port, ratio, slug, token and verbose",
    );
    refused(on::start(), with("slug", 1.into()), "config option \"slug\" is of type string: 1 is of type int");
    refused(on::start(), with("port", "80".into()), "config option \"port\" is of type int: 80 is of type string");
    refused(on::start(), with("port", 1.5.into()), "config option \"port\" is of type int: 1.5 is of type float");
    refused(
        on::start(),
        with("verbose", "yes".into()),
        "config option \"verbose\" is of type boolean: yes is of type string",
    );
    refused(
        on::start(),
        with("token", "secret:nonsense".into()),
        "config option \"token\" is of type secret: its value is `secret:` and 20 lower case letters and digits, as Secret's id.uri() gives it",
    );
    for (name, value) in [
        ("slug", "x".into()),
        ("port", 1.into()),
        ("ratio", 1.into()),
        ("ratio", 1.5.into()),
        ("verbose", true.into()),
        ("token", Secret::new([("k", "v")]).id.uri().into()),
    ] {
        accepted(on::start(), with(name, value));
    }
    let old = context().juju_version("3.3.1");
    let state = with("token", Secret::new([("k", "v")]).id.uri().into());
    assert_eq!(
        run(old, on::start(), state),
        ["config option \"token\" is of type secret, which Juju has since 3.4: this is 3.3.1"]
    );
}

#[test]
fn relations() {
    let with = |relation: Relation| State::default().with_relation(relation);
    refused(
        on::start(),
        with(Relation::new("nonsense").id(1)),
        "the metadata defines no endpoint \"nonsense\" for relation nonsense:1: there are db, logs and peers",
    );
    refused(
        on::start(),
        with(Relation::new("peers")),
        "a relation of endpoint \"peers\" is a peer relation: make it with Relation::peer",
    );
    refused(
        on::start(),
        with(Relation::new("logs")),
        "a relation of endpoint \"logs\" is one between a subordinate and its principal: make it with Relation::subordinate",
    );
    refused(
        on::start(),
        with(Relation::peer("db")),
        "a relation of endpoint \"db\" is one with another application: make it with Relation::new",
    );
    refused(
        on::start(),
        with(Relation::new("db").id(1)).with_relation(Relation::new("db").id(1)),
        "two relations have the id 1: each needs its own, which Relation::new gives it",
    );
    refused(
        on::start(),
        with(Relation::new("db").id(1).remote_app("A")),
        "relation db:1 is with \"A\", which is not an application's name",
    );
    refused(
        on::start(),
        with(Relation::peer("peers").id(1).remote_unit_data(0, [("a", "b")])),
        "peer relation peers:1 has data of unit 0 as another unit, but that is the unit under test: set it with local_unit_data",
    );
    accepted(
        on::start(),
        with(Relation::new("db"))
            .with_relation(Relation::new("db"))
            .with_relation(Relation::peer("peers").remote_unit_data(1, [("a", "b")]))
            .with_relation(Relation::subordinate("logs")),
    );
}

#[test]
fn relation_events() {
    let db = Relation::new("db").id(1).remote_unit_data(0, [("a", "b")]).remote_unit_data(1, [("a", "b")]);
    let state = || State::default().with_relation(db.clone());
    for event in [
        on::relation_created(&db),
        on::relation_joined(&db),
        on::relation_changed(&db).remote_unit(1),
        on::relation_changed(&db).of_app(),
        on::relation_departed(&db).remote_unit(0).departing_unit(1),
        on::relation_broken(&db),
    ] {
        accepted(event, state());
    }
    refused(
        on::relation_created(&db),
        State::default(),
        "db_relation_created is about relation db:1, which is not in the state (it is not there): give both the same relation",
    );
    let other = db.clone().remote_app("other");
    refused(
        on::relation_created(&db),
        State::default().with_relation(other),
        "db_relation_created is about relation db:1, which is not in the state (the one there with its id differs): give both the same relation",
    );
    refused(
        on::relation_changed(&db).remote_unit(7),
        state(),
        "db_relation_changed is about unit 7 at the other end of relation db:1, which has no such unit: add it with remote_unit_data(7, …)",
    );
    refused(
        on::relation_departed(&db).departing_unit(7),
        state(),
        "unit 7 cannot depart from relation db:1: it has not joined it",
    );
    let empty = Relation::new("db").id(1).without_units();
    let sentence = |event: &str| {
        format!(
            "db_relation_{event} is about a unit at the other end of relation db:1, which has no units: add one with remote_unit_data(0, …)"
        )
    };
    refused(on::relation_joined(&empty), State::default().with_relation(empty.clone()), &sentence("joined"));
    refused(on::relation_changed(&empty), State::default().with_relation(empty.clone()), &sentence("changed"));
    accepted(on::relation_changed(&empty).of_app(), State::default().with_relation(empty));
    let peers = Relation::peer("peers").remote_unit_data(1, [("a", "b")]);
    accepted(on::relation_departed(&peers).departing_unit(0), State::default().with_relation(peers));
    accepted(on::relation_departed(&db).this_unit_departs(), State::default().with_relation(db));
}

#[test]
fn storages() {
    let data = Storage::new("data");
    accepted(on::storage_attached(&data), State::default().with_storage(data.clone()));
    refused(
        on::storage_detaching(&data),
        State::default(),
        "data_storage_detaching is about storage data/0, which is not in the state: give both the same storage",
    );
    refused(
        on::start(),
        State::default().with_storage(Storage::new("disk")),
        "the metadata defines no storage \"disk\": there is only data",
    );
    let twice = State::default().with_storage(data.clone()).with_storage(data.clone());
    assert_eq!(
        run(context(), on::start(), twice),
        [
            "storage data/0 occurs twice: give each instance its own index",
            "there are 2 instances of storage \"data\", and its metadata allows 1: attach fewer, or allow more with `multiple`"
        ]
    );
}

#[test]
fn actions() {
    let backup = || on::action("backup").param("file", "a.tar").param("level", 3);
    accepted(backup(), State::default());
    refused(
        on::action("nonsense"),
        State::default(),
        "the metadata defines no action \"nonsense\": there are backup and restore",
    );
    // Even if a required parameter has a default, it must be given: Juju checks before it adds defaults.
    refused(
        on::action("backup").param("file", "a.tar"),
        State::default(),
        "Juju does not run action backup with these parameters: validation failed: \
         (root) : \"level\" property is missing and required, given {\"file\":\"a.tar\"}",
    );
    for (level, given) in [(Value::from("high"), "\"high\""), (1.5.into(), "1.5")] {
        refused(
            backup().param("level", level),
            State::default(),
            &format!(
                "Juju does not run action backup with these parameters: validation failed: \
                 (root).level : must be of type integer, given {given}"
            ),
        );
    }
    // JSON schema, and so Juju, accepts these.
    accepted(backup().param("level", 1.0), State::default());
    accepted(backup().param("undefined", 1), State::default());
    refused(
        on::action("restore").param("nonsense", 1),
        State::default(),
        "Juju does not run action restore with these parameters: validation failed: \
         (root) : additional property \"nonsense\" is not allowed, given {\"nonsense\":1}",
    );
}

#[test]
fn resources_networks_and_ports() {
    refused(
        on::start(),
        State::default().with_resource(Resource::new("x", "/x")),
        "the metadata defines no resource \"x\": there is only software",
    );
    let twice =
        State::default().with_resource(Resource::new("software", "/x")).with_resource(Resource::new("software", "/y"));
    refused(on::start(), twice, "resource \"software\" occurs twice: a resource is one file");
    accepted(
        on::start(),
        State::default()
            .with_network("db", Network::new("10.0.0.7"))
            // Scenario refuses it because the scope is `container`, but Juju answers `network-get` for it.
            .with_network("logs", Network::new("10.0.0.7"))
            .with_network("public", Network::new("10.0.0.7"))
            .with_network("", Network::new("10.0.0.7"))
            .with_network("juju-info", Network::new("10.0.0.7")),
    );
    refused(
        on::start(),
        State::default().with_network("x", Network::new("10.0.0.7")),
        "the metadata defines no endpoint or extra binding \"x\" for a network: there are db, logs, peers and public",
    );
    accepted(
        on::start(),
        State::default()
            .with_opened_port(Port::tcp(80))
            .with_endpoint_port("db", Port::tcp(80))
            .with_opened_port(Port::icmp()),
    );
    refused(
        on::start(),
        State::default().with_opened_port(Port::tcp(80)).with_opened_port(Port::tcp_range(70..=90)),
        "70-90/tcp and 80/tcp overlap: Juju refuses to open the second",
    );
    refused(
        on::start(),
        State::default().with_opened_port(Port::Tcp(9, 8)),
        "9-8/tcp cannot be open: a range goes from its first port to its last",
    );
    refused(
        on::start(),
        State::default().with_endpoint_port("x", Port::tcp(80)),
        "80/tcp is open for \"x\", which is not an endpoint in the metadata: there are db, logs and peers",
    );
}

#[test]
fn the_unit() {
    let sentence = "\"App\" is not a name that Juju gives to an application: it has lower case letters, digits and hyphens, starts with a letter, and no part behind a hyphen is a number";
    assert_eq!(run(context().app_name("App"), on::start(), State::default()), [sentence]);
    let sentence = "the charm is not a subordinate, so app/0 cannot be its principal unit: set `subordinate: true` in the metadata, or leave the principal unit out";
    assert_eq!(run(context().principal_unit("app/0"), on::start(), State::default()), [sentence]);
    assert_eq!(
        run(context().juju_version("three"), on::start(), State::default()),
        ["\"three\" is not a version of Juju: write it as 3.6.8"]
    );
    for version in ["3.6", "3.6.8", "3.7-beta1", "4.0-rc1.1"] {
        assert_eq!(run(context().juju_version(version), on::start(), State::default()), Vec::<String>::new());
    }
}

#[test]
fn checks_can_be_skipped() {
    let state = State::default().with_storage(Storage::new("disk"));
    assert_eq!(run(context().without_consistency_checks(), on::start(), state), Vec::<String>::new());
}

#[test]
fn one_error_lists_all_problems() {
    let state = State::default().with_config("nonsense", 1).with_storage(Storage::new("disk"));
    let error = context().run(on::start(), state).unwrap_err().to_string();
    let expected = "Juju could not produce this:\n- the metadata defines no config option \"nonsense\": there are port, ratio, slug, token and verbose\n- the metadata defines no storage \"disk\": there is only data";
    assert_eq!(error, expected);
}
