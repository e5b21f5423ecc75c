//! What handlers return, and failures that the charm expects.

use std::io;

use anyhow::{Context as _, Result};
use ops::{
    ActionEvent, CollectStatusEvent, Framework, Model, OrStatus as _, RelationBrokenEvent, RelationCreatedEvent,
    RelationEvent, RelationJoinedEvent, StartEvent, Status, on,
};

use crate::juju::{DB_3, Juju};

#[derive(Debug, thiserror::Error)]
#[error("the port is taken")]
struct PortTaken;

#[derive(Debug, thiserror::Error)]
enum Wrapped {
    #[error("the web server")]
    Ops(#[from] ops::Error),
}

/// Does in each handler what a test says.
struct Charm(fn() -> Result<()>);

impl ops::Charm for Charm {
    fn observe(framework: &mut Framework<Self>) {
        framework.observe(on::install(), Self::nothing);
        framework.observe(on::stop(), Self::own_error);
        framework.observe(on::start(), Self::on_start);
        framework.observe(on::action("backup"), Self::on_backup);
        framework.observe(on::collect_unit_status(), Self::on_collect_status);
        framework.observe(on::relation_created("db"), Self::on_relation);
        framework.observe(on::relation_joined("db"), Self::on_relation);
        framework.observe(on::relation_broken("db"), Self::on_relation);
    }
}

impl Charm {
    fn nothing(&self, _: &ops::InstallEvent, _: &Model) {}

    fn own_error(&mut self, _: &ops::StopEvent, _: &Model) -> Result<(), PortTaken> {
        Err(PortTaken)
    }

    fn on_start(&self, _: &StartEvent, _: &Model) -> Result<()> {
        (self.0)()
    }

    fn on_backup(&self, event: &ActionEvent, _: &Model) -> Result<()> {
        event.log("here")?;
        (self.0)()
    }

    fn on_collect_status(&self, event: &CollectStatusEvent, _: &Model) {
        event.add_status(Status::waiting("for a friend"));
    }

    fn on_relation(&self, event: &impl RelationEvent, model: &Model) -> Result<()> {
        let names = (event.app().map(ops::Application::name), event.unit().map(ops::Unit::name));
        Ok(model.unit().set_status(Status::active_with(format!("{} {names:?}", event.relation())))?)
    }
}

#[test]
fn handlers_return_nothing_or_errors_of_their_own() {
    let juju = Juju::new();
    juju.dispatch("hooks/install", &[], &mut Charm(|| Ok(()))).unwrap();
    let error = juju.dispatch("hooks/stop", &[], &mut Charm(|| Ok(()))).unwrap_err();
    assert_eq!(ops::chain(&error), "event stop: Charm::own_error failed: the port is taken");
}

#[test]
fn one_handler_serves_all_events_of_a_relation() {
    let juju = Juju::new();
    for (hook, vars, says) in [
        ("created", &DB_3[..2], r#"db:3 (Some("postgresql"), None)"#),
        ("joined", &DB_3, r#"db:3 (Some("postgresql"), Some("postgresql/0"))"#),
        ("broken", &DB_3[..2], r#"db:3 (Some("postgresql"), None)"#),
    ] {
        juju.dispatch(&format!("hooks/db-relation-{hook}"), vars, &mut Charm(|| Ok(()))).unwrap();
        assert_eq!(juju.statuses()[0], format!("unit active {says}"));
    }
}

#[test]
fn a_broken_relation_whose_application_juju_does_not_say_is_handled() {
    let juju = Juju::new();
    let vars = [("JUJU_RELATION_ID", "db:3"), ("JUJU_REMOTE_APP", "")];
    juju.dispatch("hooks/db-relation-broken", &vars, &mut Charm(|| Ok(()))).unwrap();
    assert_eq!(juju.statuses()[0], "unit active db:3 (None, None)");
    // Of the types, for who reads them: the others always have one.
    let _: fn(&RelationCreatedEvent) -> &ops::Application = |event| &event.app;
    let _: fn(&RelationJoinedEvent) -> &ops::Application = |event| &event.app;
    let _: fn(&RelationBrokenEvent) -> Option<&ops::Application> = |event| event.app.as_ref();
}

fn taken() -> Result<(), PortTaken> {
    Err(PortTaken)
}

fn blocked() -> Status {
    Status::blocked("port 80 is taken")
}

/// What is done inside a handler, its status, and its line in the log.
type Expected = (fn() -> Result<()>, &'static str, &'static str);

#[test]
fn an_expected_failure_becomes_a_status_at_any_depth_and_the_hook_ends_well() {
    let juju = Juju::new();
    let inside: [Expected; 6] = [
        (|| Ok(taken().or_status(blocked())?), "port 80 is taken", "blocked: port 80 is taken: the port is taken"),
        (
            || taken().or_status(blocked()).context("could not start"),
            "port 80 is taken",
            "could not start: blocked: port 80 is taken: the port is taken",
        ),
        (
            || taken().or_status(blocked()).map_err(Wrapped::from).context("deep down").context("up here"),
            "port 80 is taken",
            "up here: deep down: the web server: blocked: port 80 is taken: the port is taken",
        ),
        (
            || Ok(taken().or_status(|error: &PortTaken| Status::blocked(error.to_string()))?),
            "the port is taken",
            "blocked: the port is taken",
        ),
        (
            || Ok(taken().or_status(blocked()).or_status(Status::blocked("an outer one"))?),
            "port 80 is taken",
            "blocked: port 80 is taken: the port is taken",
        ),
        (|| Ok(None.or_status(Status::blocked("no database"))?), "no database", "blocked: no database"),
    ];
    for (inside, status, log) in inside {
        juju.dispatch("hooks/start", &[], &mut Charm(inside)).unwrap();
        assert_eq!(juju.statuses(), [format!("unit blocked {status}")], "the worst of all");
        assert_eq!(juju.warnings(), [log]);
    }
}

#[test]
fn a_status_that_an_expected_failure_gives_is_one_of_those_that_are_proposed() {
    let juju = Juju::new();
    let charm = &mut Charm(|| Ok(taken().or_status(Status::active_with("degraded"))?));
    juju.dispatch("hooks/start", &[], charm).unwrap();
    assert_eq!(juju.statuses(), ["unit waiting for a friend"]);
}

#[test]
fn an_action_that_ends_with_a_status_has_failed() {
    let juju = Juju::new();
    juju.answer("action-", "");
    let charm = &mut Charm(|| Ok(taken().or_status(blocked())?));
    juju.dispatch("actions/backup", &[("JUJU_ACTION_UUID", "1")], charm).unwrap();
    let failed = "action-fail -- blocked: port 80 is taken: the port is taken";
    assert_eq!(juju.ran(), ["action-log -- here", failed]);
    assert_eq!(juju.statuses(), ["unit blocked port 80 is taken"]);
}

#[test]
fn what_is_not_expected_still_fails_the_hook() {
    let juju = Juju::new();
    let charm = &mut Charm(|| Err(io::Error::other("the disk is full"))?);
    let error = juju.dispatch("hooks/start", &[], charm).unwrap_err();
    assert_eq!(ops::chain(&error), "event start: Charm::on_start failed: the disk is full");
    assert!(juju.statuses().is_empty());
}
