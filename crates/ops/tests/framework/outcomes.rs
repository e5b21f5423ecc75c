//! What handlers return, and expected failures.

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

/// A library's error that is transparent for errors of Juju or the charm.
#[derive(Debug, thiserror::Error)]
enum Transparent {
    #[error(transparent)]
    Ops(#[from] ops::Error),
}

/// Runs a test's function in each handler.
struct Charm(fn() -> Result<()>);

impl ops::Charm for Charm {
    fn observe(framework: &mut Framework<Self>) {
        framework.observe(on::install(), Self::returns_nothing);
        framework.observe(on::stop(), Self::returns_own_error);
        framework.observe(on::start(), Self::on_start);
        framework.observe(on::action("backup"), Self::on_backup);
        framework.observe(on::collect_unit_status(), Self::on_collect_status);
        framework.observe(on::relation_created("db"), Self::on_relation);
        framework.observe(on::relation_joined("db"), Self::on_relation);
        framework.observe(on::relation_broken("db"), Self::on_relation);
    }
}

impl Charm {
    fn returns_nothing(&self, _: &ops::InstallEvent, _: &Model) {}

    fn returns_own_error(&mut self, _: &ops::StopEvent, _: &Model) -> Result<(), PortTaken> {
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
    assert_eq!(ops::chain(&error), "event stop: Charm::returns_own_error failed: the port is taken");
}

#[test]
fn one_handler_serves_all_events_of_a_relation() {
    let juju = Juju::new();
    for (hook, vars, expected) in [
        ("created", &DB_3[..2], r#"db:3 (Some("postgresql"), None)"#),
        ("joined", &DB_3, r#"db:3 (Some("postgresql"), Some("postgresql/0"))"#),
        ("broken", &DB_3[..2], r#"db:3 (Some("postgresql"), None)"#),
    ] {
        juju.dispatch(&format!("hooks/db-relation-{hook}"), vars, &mut Charm(|| Ok(()))).unwrap();
        assert_eq!(juju.statuses()[0], format!("unit active {expected}"));
    }
}

#[test]
fn relation_broken_without_a_remote_application_is_handled() {
    let juju = Juju::new();
    let vars = [("JUJU_RELATION_ID", "db:3"), ("JUJU_REMOTE_APP", "")];
    juju.dispatch("hooks/db-relation-broken", &vars, &mut Charm(|| Ok(()))).unwrap();
    assert_eq!(juju.statuses()[0], "unit active db:3 (None, None)");
    // The types of the others have no `Option`.
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

/// The code of a handler, the expected status, and the expected log line.
type Expected = (fn() -> Result<()>, &'static str, &'static str);

#[test]
fn an_expected_failure_at_any_depth_becomes_a_status_and_the_hook_succeeds() {
    let juju = Juju::new();
    let handlers: [Expected; 8] = [
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
        (
            || Ok(taken().or_status(blocked()).map_err(Transparent::from)?),
            "port 80 is taken",
            "blocked: port 80 is taken: the port is taken",
        ),
        (
            || {
                let taken = taken().or_status(blocked()).map_err(Transparent::from);
                Ok(taken.or_status(Status::blocked("an outer one"))?)
            },
            "port 80 is taken",
            "blocked: port 80 is taken: the port is taken",
        ),
        (|| Ok(None.or_status(Status::blocked("no database"))?), "no database", "blocked: no database"),
    ];
    for (handler, status, log) in handlers {
        juju.dispatch("hooks/start", &[], &mut Charm(handler)).unwrap();
        assert_eq!(juju.statuses(), [format!("unit blocked {status}")], "the worst of all");
        assert_eq!(juju.warnings(), [log]);
    }
}

#[test]
fn a_cause_is_printed_once() {
    let juju = Juju::new();
    juju.fail("config-get", 1, "");
    let handler = |model: &Model| config(model).map(drop).context("no config");
    let failed = juju.start(handler).unwrap_err();
    let with_cause: fn(&PortTaken) -> Status = |error| Status::blocked(format!("cannot start: {error}"));
    let expected = |status: Status| taken().or_status(status).unwrap_err();
    for (error, line) in [
        (
            failed,
            "event start: StartCharm::on_start failed: no config: `config-get --format=json` failed with exit code 1: it gave no reason",
        ),
        (taken().or_status(with_cause).unwrap_err(), "blocked: cannot start: the port is taken"),
        (expected(blocked()), "blocked: port 80 is taken: the port is taken"),
        (expected(Status::active()), "active: it has no message: the port is taken"),
    ] {
        assert_eq!(ops::chain(&error), line);
        assert_eq!(format!("{:#}", anyhow::Error::from(error)), line);
    }
}

#[test]
fn the_status_of_an_expected_failure_is_one_of_the_proposed_statuses() {
    let juju = Juju::new();
    let charm = &mut Charm(|| Ok(taken().or_status(Status::active_with("degraded"))?));
    juju.dispatch("hooks/start", &[], charm).unwrap();
    assert_eq!(juju.statuses(), ["unit waiting for a friend"]);
}

#[test]
fn an_expected_failure_in_an_action_fails_the_action() {
    let juju = Juju::new();
    juju.answer("action-", "");
    let charm = &mut Charm(|| Ok(taken().or_status(blocked())?));
    juju.dispatch("actions/backup", &[("JUJU_ACTION_UUID", "1")], charm).unwrap();
    let failed = "action-fail -- blocked: port 80 is taken: the port is taken";
    assert_eq!(juju.commands(), ["action-log -- here", failed]);
    assert_eq!(juju.statuses(), ["unit blocked port 80 is taken"]);
}

#[derive(Debug, serde::Deserialize)]
struct Config {
    #[serde(rename = "port")]
    _port: u16,
}

fn config(model: &Model) -> Result<Config, Transparent> {
    Ok(model.load_config()?)
}

#[test]
fn an_invalid_option_becomes_a_status_but_a_failed_config_get_fails_the_hook() {
    let handlers: [fn(&Model) -> Result<()>; 3] = [
        |model| model.load_config::<Config>().map(drop).or_status(Status::blocked("the option")).map_err(Into::into),
        |model| Ok(config(model).map(drop).or_status(Status::blocked("the option"))?),
        |model| {
            let config = config(model).context("no config").or_status(Status::blocked("the option"));
            Ok(config.map(drop).or_status(Status::blocked("an outer one"))?)
        },
    ];
    for handler in handlers {
        let juju = Juju::new();
        juju.answer("config-get", r#"{"port": "many"}"#);
        juju.start(handler).unwrap();
        assert_eq!(juju.statuses(), ["unit blocked the option"]);

        juju.fail("config-get", 1, "ERROR the controller is away\n");
        let error = juju.start(handler).unwrap_err();
        let (shown, error) = (format!("{error:?}"), ops::chain(&error));
        assert!(error.ends_with("failed with exit code 1: ERROR the controller is away"), "{error}");
        assert_eq!(shown, error, "a test that unwraps shows what the log would");
        assert_eq!(error.matches("the controller is away").count(), 1, "{error}");
        assert!(juju.statuses().is_empty());
    }
}

#[test]
fn refusals_that_a_user_can_fix_can_become_a_status() {
    for (command, refusal, handler) in [
        (
            "secret-get",
            "ERROR permission denied\n",
            (|model| Ok(model.secret("secret:x").get().map(drop).or_status(blocked())?)) as fn(&Model) -> Result<()>,
        ),
        ("secret-get", "ERROR secret \"x\" not found\n", |model| {
            Ok(model.secret("secret:x").get().map(drop).or_status(blocked())?)
        }),
        (
            "resource-get",
            "ERROR could not download resource: HTTP request failed: Get https://10.0.0.1: resource#app/seed not found\n",
            |model| Ok(model.resource("seed").map(drop).or_status(blocked())?),
        ),
        ("credential-get", "ERROR cannot access cloud credentials: permission denied\n", |model| {
            Ok(model.cloud_spec().map(drop).or_status(blocked())?)
        }),
    ] {
        let juju = Juju::new();
        juju.fail(command, 1, refusal);
        juju.start(handler).unwrap();
        assert_eq!(juju.statuses(), ["unit blocked port 80 is taken"], "{command}");
        juju.fail(command, 1, "ERROR the controller is away\n");
        juju.start(handler).unwrap_err();
    }
}

#[test]
fn a_reboot_wrapped_in_any_error_ends_the_process() {
    let handlers: [fn(&Model) -> Result<()>; 3] = [
        |model| Ok(model.unit().reboot_now().map(drop)?),
        |model| Ok(model.unit().reboot_now().map(drop).map_err(Transparent::from)?),
        |model| Ok(model.unit().reboot_now().map(drop).or_status(blocked())?),
    ];
    for handler in handlers {
        let juju = Juju::new();
        juju.answer("juju-reboot", "");
        let error = juju.start(handler).unwrap_err();
        assert!(matches!(error, ops::Error::Rebooting), "{error}");
        assert!(juju.statuses().is_empty());
    }
}

#[test]
fn an_unexpected_error_fails_the_hook() {
    let juju = Juju::new();
    let charm = &mut Charm(|| Err(io::Error::other("the disk is full"))?);
    let error = juju.dispatch("hooks/start", &[], charm).unwrap_err();
    assert_eq!(ops::chain(&error), "event start: Charm::on_start failed: the disk is full");
    assert!(juju.statuses().is_empty());
}
