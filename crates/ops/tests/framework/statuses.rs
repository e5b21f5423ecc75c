//! Statuses are collected after every event, the application's only on the leader.

use anyhow::Result;
use ops::{CollectStatusEvent, Error, Framework, Model, Status, on};

use crate::juju::Juju;

struct Proposer;

impl ops::Charm for Proposer {
    fn observe(framework: &mut Framework<Self>) {
        framework.observe(on::collect_unit_status(), Self::propose_active);
        framework.observe(on::collect_unit_status(), Self::propose_waiting);
        framework.observe(on::collect_app_status(), Self::propose_app);
    }
}

impl Proposer {
    fn propose_active(&mut self, event: &CollectStatusEvent, _: &Model) -> Result<()> {
        event.add_status(Status::active());
        Ok(())
    }

    fn propose_waiting(&mut self, event: &CollectStatusEvent, _: &Model) -> Result<()> {
        event.add_status(Status::waiting("for a friend"));
        event.add_status(Status::waiting("for another"));
        Ok(())
    }

    fn propose_app(&mut self, event: &CollectStatusEvent, _: &Model) -> Result<()> {
        event.add_status(Status::blocked("no licence"));
        Ok(())
    }
}

#[test]
fn the_worst_proposed_status_is_set_once_for_the_unit_and_once_for_the_application() {
    let juju = Juju::new();
    juju.leader(true);
    juju.dispatch("hooks/update-status", &[], &mut Proposer).unwrap();
    assert_eq!(juju.statuses(), ["app blocked no licence", "unit waiting for a friend"]);
    assert_eq!(juju.commands(), ["is-leader --format=json"]);
}

#[test]
fn a_unit_that_is_not_the_leader_sets_no_application_status() {
    let juju = Juju::new();
    juju.leader(false);
    let emitted = juju.dispatch("hooks/update-status", &[], &mut Proposer).unwrap();
    assert_eq!(juju.statuses(), ["unit waiting for a friend"]);
    assert!(!emitted.contains(&ops::EventName::CollectAppStatus));
}

#[test]
fn is_leader_runs_only_if_the_application_s_status_is_observed() {
    struct UnitOnly;
    impl ops::Charm for UnitOnly {
        fn observe(framework: &mut Framework<Self>) {
            framework.observe(on::collect_unit_status(), Self::on_collect_status);
        }
    }
    impl UnitOnly {
        fn on_collect_status(&self, event: &CollectStatusEvent, _: &Model) {
            event.add_status(Status::active_with("ready"));
        }
    }
    let juju = Juju::new();
    juju.dispatch("hooks/update-status", &[], &mut UnitOnly).unwrap();
    assert_eq!(juju.commands(), [""; 0]);
    assert_eq!(juju.statuses(), ["unit active ready"]);
}

#[test]
fn unobserved_events_and_actions_collect_statuses_too() {
    let juju = Juju::new();
    juju.leader(false);
    for (path, vars) in [
        ("hooks/install", vec![]),
        ("hooks/db-relation-changed", crate::juju::DB_3.to_vec()),
        ("hooks/secret-changed", vec![("JUJU_SECRET_ID", "secret:9m4e2mr0ui3e8a215n4g")]),
        ("actions/backup", vec![("JUJU_ACTION_UUID", "1"), ("JUJU_ACTION_NAME", "backup")]),
        ("hooks/pre-series-upgrade", vec![]),
    ] {
        juju.dispatch(path, &vars, &mut Proposer).unwrap();
        assert_eq!(juju.statuses(), ["unit waiting for a friend"], "{path}");
    }
    juju.dispatch("hooks/collect-metrics", &[], &mut Proposer).unwrap();
    assert!(juju.statuses().is_empty());
}

fn ignore<C, E>(_: &C, _: &E, _: &Model) {}

#[test]
fn an_event_that_the_metadata_does_not_define_is_an_error_before_any_handler_runs() {
    struct Misspelt;
    impl ops::Charm for Misspelt {
        fn observe(framework: &mut Framework<Self>) {
            framework.observe(on::relation_changed("database"), ignore);
        }
    }
    struct Client;
    impl ops::Charm for Client {
        fn observe(framework: &mut Framework<Self>) {
            framework.observe(on::relation_changed("db"), ignore);
        }
    }
    let error = Juju::new().dispatch("hooks/install", &[], &mut Misspelt).unwrap_err();
    assert_eq!(
        error.to_string(),
        "event database_relation_changed: the charm's metadata defines no relation \"database\""
    );
    let error = Juju::new().dispatch("hooks/logs-storage-attached", &[], &mut Client).unwrap_err();
    assert_eq!(error.to_string(), "event logs_storage_attached: the charm's metadata defines no storage \"logs\"");
}

#[test]
fn leader_only_operations_are_refused_before_a_hook_command_runs() {
    let juju = Juju::new();
    juju.leader(false);
    juju.start(|model| {
        for error in [
            model.app().status().unwrap_err(),
            model.app().set_status(Status::active()).unwrap_err(),
            model
                .app()
                .add_secret(&ops::SecretContent::new([("key", "value")]), &ops::SecretUpdate::default())
                .unwrap_err(),
        ] {
            assert!(matches!(error, Error::NotLeader { .. }), "{error}");
            assert!(error.to_string().starts_with("app/0 is not the leader, and only the leader can "), "{error}");
        }
        Ok(())
    })
    .unwrap();
    assert_eq!(juju.commands(), ["is-leader --format=json"], "and the answer is cached");
}

#[test]
fn statuses_that_only_juju_sets_cannot_be_set() {
    Juju::new()
        .start(|model| {
            for status in [Status::error("no"), Status::unknown()] {
                assert!(matches!(model.unit().set_status(status), Err(Error::InvalidStatus(_))));
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn proposing_a_status_that_only_juju_sets_fails_the_hook_with_a_reason() {
    struct ErrorProposer;
    impl ops::Charm for ErrorProposer {
        fn observe(framework: &mut Framework<Self>) {
            framework.observe(on::collect_unit_status(), |_: &Self, event: &CollectStatusEvent, _: &Model| {
                event.add_status(Status::error("no"));
            });
        }
    }
    let error = Juju::new().dispatch("hooks/start", &[], &mut ErrorProposer).unwrap_err();
    assert_eq!(error.to_string(), "status error cannot be set by a charm: only Juju sets it");
}

#[test]
fn other_units_and_applications_cannot_be_read_or_set() {
    let juju = Juju::new();
    juju.start(|model| {
        let other = model.unit_named("postgresql/0");
        for error in [
            other.set_status(Status::active()).unwrap_err(),
            other.is_leader().unwrap_err(),
            other.opened_ports().unwrap_err(),
            other.app().planned_units().unwrap_err(),
            other.app().set_status(Status::active()).unwrap_err(),
        ] {
            assert!(matches!(error, Error::NotOurs { .. }), "{error}");
        }
        Ok(())
    })
    .unwrap();
    assert_eq!(juju.commands(), [""; 0]);
}
