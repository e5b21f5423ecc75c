//! One charm on Juju 3.6 and on 4.0.

use ops::{ActionEvent, Charm, Framework, Model, StartEvent};
use ops_testing::{Context, Error, Relation, State, Storage, on};

const METADATA: &str = "
name: app
summary: An application.
description: An application.
requires:
  db: {interface: pg}
storage:
  data: {type: filesystem}
actions:
  act: {params: {known: {type: string}}}
";

/// Observes both events, and does nothing.
struct Asker;

impl Charm for Asker {
    fn observe(framework: &mut Framework<Self>) {
        framework.observe(ops::on::start(), Self::on_start);
        framework.observe(ops::on::action("act"), Self::on_act);
    }
}

impl Asker {
    fn on_start(&mut self, _: &StartEvent, _: &Model) {}

    fn on_act(&mut self, _: &ActionEvent, _: &Model) {}
}

fn context(version: &str) -> Context<Asker> {
    Context::with_metadata(Asker, METADATA).unwrap().juju_version(version)
}

#[test]
fn unknown_action_parameters_are_refused_since_juju_4() {
    let event = || on::action("act").param("known", "a").param("unknown", 1);
    context("3.6.8").run(event(), State::default()).unwrap();
    let error = context("4.0.15").run(event(), State::default()).unwrap_err();
    let Error::Inconsistent(wrong) = error else { panic!("{error}") };
    assert!(wrong[0].contains("additional property \"unknown\" is not allowed"), "{wrong:?}");
}

#[test]
fn databags_have_no_private_address_since_juju_4() {
    let state = || State::default().with_relation(Relation::new("db").id(1).remote_unit_data(0, [("a", "b")]));
    let keys = |version: &str| -> Vec<String> {
        let out = context(version).run(on::start(), state()).unwrap();
        out.relations[0].local_unit_data.keys().cloned().collect()
    };
    assert_eq!(keys("3.6.8"), ["egress-subnets", "ingress-address", "private-address"]);
    assert_eq!(keys("4.0.15"), ["egress-subnets", "ingress-address"]);
}

#[test]
fn storage_without_a_location_is_in_a_folder_with_a_uuid_since_juju_4() {
    let location = |version: &str, storage: Storage| -> String {
        let out = context(version).run(on::start(), State::default().with_storage(storage)).unwrap();
        out.storages[0].location.clone()
    };
    assert_eq!(location("3.6.8", Storage::new("data")), "/var/lib/juju/storage/data/0");
    let by_uuid = location("4.0.15", Storage::new("data"));
    let uuid = by_uuid.strip_prefix("/var/lib/juju/storage/").unwrap();
    assert_eq!(uuid.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12], "{by_uuid}");
    assert_eq!(location("4.0.15", Storage::new("data").location("/srv/data")), "/srv/data");
}

#[test]
fn the_charm_sees_the_version_of_the_context() {
    for version in ["3.6.8", "4.0.15", "4.0.2"] {
        let mut ctx = context(version);
        let manager = ctx.manager(on::start(), State::default()).unwrap();
        assert_eq!(manager.model().juju_version(), Some(version));
    }
}
