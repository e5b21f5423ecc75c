//! Events that a charm emits itself.

use anyhow::Result;
use ops::{Custom, CustomEvent, Framework, Model, StartEvent, on};
use serde::{Deserialize, Serialize};

use crate::juju::Juju;

#[derive(Serialize, Deserialize)]
struct Ready {
    port: u16,
}

impl CustomEvent for Ready {
    const NAME: &'static str = "ready";
}

#[derive(Serialize, Deserialize)]
struct Announced;

impl CustomEvent for Announced {
    const NAME: &'static str = "announced";
}

#[derive(Default)]
struct Emitter {
    ran: Vec<String>,
    defers: bool,
}

impl ops::Charm for Emitter {
    fn observe(framework: &mut Framework<Self>) {
        framework.observe(on::start(), Self::on_start);
        framework.observe(on::start(), Self::on_start_too);
        framework.observe(on::custom(), Self::on_ready);
        framework.observe(on::custom(), Self::on_announced);
        framework.observe(on::collect_unit_status(), Self::on_collect_unit_status);
    }
}

impl Emitter {
    fn on_start(&mut self, _: &StartEvent, model: &Model) -> Result<()> {
        model.emit(&Ready { port: 1 })?;
        model.emit(&Ready { port: 2 })?;
        self.ran.push("start".to_owned());
        Ok(())
    }

    fn on_start_too(&mut self, _: &StartEvent, _: &Model) -> Result<()> {
        self.ran.push("start too".to_owned());
        Ok(())
    }

    fn on_ready(&mut self, event: &Custom<Ready>, model: &Model) -> Result<()> {
        self.ran.push(format!("ready on {}", event.port));
        if self.defers {
            event.defer();
        } else {
            model.emit(&Announced)?;
        }
        Ok(())
    }

    fn on_announced(&mut self, _: &Custom<Announced>, _: &Model) -> Result<()> {
        self.ran.push("announced".to_owned());
        Ok(())
    }

    fn on_collect_unit_status(&mut self, _: &ops::CollectStatusEvent, _: &Model) -> Result<()> {
        self.ran.push("statuses".to_owned());
        Ok(())
    }
}

#[test]
fn emitted_events_run_in_order_right_after_the_emitting_handler() {
    let mut charm = Emitter::default();
    let emitted = Juju::new().dispatch("hooks/start", &[], &mut charm).unwrap();
    assert_eq!(charm.ran, ["start", "ready on 1", "announced", "ready on 2", "announced", "start too", "statuses"]);
    let emitted: Vec<String> = emitted.iter().map(ToString::to_string).collect();
    assert_eq!(emitted, ["start", "ready", "announced", "ready", "announced", "collect_unit_status"]);
}

#[test]
fn a_deferred_custom_event_keeps_its_payload() {
    let juju = Juju::new();
    juju.dispatch("hooks/start", &[], &mut Emitter { defers: true, ..Emitter::default() }).unwrap();
    let mut charm = Emitter::default();
    juju.dispatch("hooks/install", &[], &mut charm).unwrap();
    assert_eq!(charm.ran, ["ready on 1", "announced", "ready on 2", "announced", "statuses"]);
}

#[test]
fn the_error_for_a_deferred_payload_of_another_type_names_the_event() {
    let juju = Juju::new();
    juju.set_stored_state(
        r#"{"version": 1, "deferred": [
            {"handler": "Emitter::on_ready", "event": "custom/ready", "payload": {"port": "http"}}
        ]}"#,
    );
    let error = ops::chain(&juju.dispatch("hooks/start", &[], &mut Emitter::default()).unwrap_err());
    assert!(error.starts_with("custom event ready: its data cannot be written or read: "), "{error}");
}

/// Emits the same event each time, and defers everything.
#[derive(Default)]
struct Reemitter {
    ran: Vec<String>,
}

impl ops::Charm for Reemitter {
    fn observe(framework: &mut Framework<Self>) {
        framework.observe(on::start(), Self::on_start);
        framework.observe(on::install(), Self::on_install);
        framework.observe(on::custom(), Self::on_ready);
        framework.observe(on::custom(), Self::on_announced);
    }
}

impl Reemitter {
    fn on_start(&mut self, event: &StartEvent, model: &Model) -> Result<()> {
        self.ran.push("start".to_owned());
        if model.stored::<bool>("quiet")?.is_none() {
            model.emit(&Ready { port: 1 })?;
        }
        event.defer();
        Ok(())
    }

    fn on_install(&mut self, event: &ops::InstallEvent, model: &Model) -> Result<()> {
        self.ran.push("install".to_owned());
        model.forget("quiet");
        event.defer();
        Ok(())
    }

    fn on_ready(&mut self, event: &Custom<Ready>, _: &Model) -> Result<()> {
        self.ran.push("ready".to_owned());
        event.defer();
        Ok(())
    }

    fn on_announced(&mut self, _: &Custom<Announced>, model: &Model) -> Result<()> {
        self.ran.push("announced".to_owned());
        Ok(model.emit(&Announced)?)
    }
}

#[test]
fn a_deferred_custom_event_that_is_emitted_again_is_not_queued_twice() {
    let juju = Juju::new();
    for _ in 0..3 {
        let mut charm = Reemitter::default();
        juju.dispatch("hooks/start", &[], &mut charm).unwrap();
        assert_eq!(charm.ran, ["start", "ready"]);
    }
}

#[test]
fn an_event_emitted_by_a_deferred_handler_is_queued_last() {
    let juju = Juju::new();
    juju.set_stored_state(r#"{"version": 1, "stored": {"quiet": true}}"#);
    for (hook, ran) in [
        ("hooks/start", ["start"].as_slice()),
        ("hooks/install", &["start", "install"]),
        ("hooks/stop", &["start", "ready", "install"]),
        ("hooks/stop", &["start", "install", "ready"]),
    ] {
        let mut charm = Reemitter::default();
        juju.dispatch(hook, &[], &mut charm).unwrap();
        assert_eq!(charm.ran, ran);
    }
}

#[test]
fn a_handler_that_emits_its_own_event_terminates() {
    struct Echo(u32);
    impl ops::Charm for Echo {
        fn observe(framework: &mut Framework<Self>) {
            framework.observe(on::start(), |_: &Self, _: &StartEvent, model: &Model| model.emit(&Announced));
            framework.observe(on::custom(), |charm: &mut Self, _: &Custom<Announced>, model: &Model| {
                charm.0 += 1;
                model.emit(&Announced)
            });
        }
    }

    let juju = Juju::new();
    juju.set_stored_state(
        r#"{"version": 1, "deferred": [
            {"handler": "Reemitter::on_announced", "event": "custom/announced", "payload": null}
        ]}"#,
    );
    let mut charm = Reemitter::default();
    juju.dispatch("hooks/stop", &[], &mut charm).unwrap();
    assert_eq!(charm.ran, ["announced"]);

    let mut echo = Echo(0);
    juju.dispatch("hooks/start", &[], &mut echo).unwrap();
    assert_eq!(echo.0, 1);
}
