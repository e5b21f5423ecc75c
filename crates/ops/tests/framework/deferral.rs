//! Deferred events: seen again before the next event, in order, by the handler that deferred them.

use anyhow::{Result, bail};
use ops::{
    ConfigChangedEvent, Deferrable, Framework, InstallEvent, Model, RelationChangedEvent, StartEvent,
    StorageAttachedEvent, on,
};

use crate::juju::{DB_3, Juju};

/// Records which handlers ran; defers and fails on request.
#[derive(Default)]
struct Recorder {
    ran: Vec<String>,
    defers: bool,
    fails: bool,
}

impl ops::Charm for Recorder {
    fn observe(framework: &mut Framework<Self>) {
        framework.observe(on::install(), Self::on_install);
        framework.observe(on::install(), Self::on_install_too);
        framework.observe(on::config_changed(), Self::on_config_changed);
        framework.observe(on::start(), Self::on_start);
        framework.observe(on::relation_changed("db"), Self::on_db_changed);
        framework.observe(on::storage_attached("data"), Self::on_data_attached);
    }
}

impl Recorder {
    fn on_install(&mut self, event: &InstallEvent, _: &Model) -> Result<()> {
        self.ran.push("install".to_owned());
        if self.defers {
            event.defer();
        }
        Ok(())
    }

    fn on_install_too(&mut self, _: &InstallEvent, _: &Model) -> Result<()> {
        self.ran.push("install too".to_owned());
        Ok(())
    }

    fn on_config_changed(&mut self, event: &ConfigChangedEvent, _: &Model) -> Result<()> {
        self.ran.push("config-changed".to_owned());
        if self.defers {
            event.defer();
        }
        Ok(())
    }

    fn on_start(&mut self, _: &StartEvent, model: &Model) -> Result<()> {
        self.ran.push("start".to_owned());
        model.store("started", &true)?;
        if self.fails {
            bail!("the workload does not start");
        }
        Ok(())
    }

    fn on_data_attached(&mut self, event: &StorageAttachedEvent, _: &Model) -> Result<()> {
        self.ran.push(event.storage.id());
        if self.defers {
            event.defer();
        }
        Ok(())
    }

    fn on_db_changed(&mut self, event: &RelationChangedEvent, _: &Model) -> Result<()> {
        let unit = event.unit.as_ref().map_or("app", |unit| unit.name());
        self.ran.push(format!("{} of {unit}", event.relation));
        if self.defers {
            event.defer();
        }
        Ok(())
    }
}

fn deferring() -> Recorder {
    Recorder { defers: true, ..Recorder::default() }
}

fn ran(juju: &Juju, path: &str, vars: &[(&str, &str)], mut charm: Recorder) -> Vec<String> {
    juju.dispatch(path, vars, &mut charm).unwrap();
    charm.ran
}

#[test]
fn a_deferred_event_runs_its_handler_again_before_the_next_event() {
    let juju = Juju::new();
    assert_eq!(ran(&juju, "hooks/install", &[], deferring()), ["install", "install too"]);
    assert_eq!(ran(&juju, "hooks/start", &[], Recorder::default()), ["install", "start"]);
    assert_eq!(ran(&juju, "hooks/start", &[], Recorder::default()), ["start"]);
}

#[test]
fn deferred_events_keep_their_order_however_often_they_are_deferred() {
    let juju = Juju::new();
    ran(&juju, "hooks/install", &[], deferring());
    assert_eq!(ran(&juju, "hooks/config-changed", &[], deferring()), ["install", "config-changed"]);
    for _ in 0..3 {
        assert_eq!(ran(&juju, "hooks/start", &[], deferring()), ["install", "config-changed", "start"]);
    }
    assert_eq!(ran(&juju, "hooks/start", &[], Recorder::default()), ["install", "config-changed", "start"]);
    assert_eq!(ran(&juju, "hooks/start", &[], Recorder::default()), ["start"]);
}

#[test]
fn an_event_that_is_deferred_already_is_not_queued_twice() {
    let juju = Juju::new();
    for _ in 0..3 {
        assert_eq!(ran(&juju, "hooks/config-changed", &[], deferring()), ["config-changed"]);
    }
    assert_eq!(ran(&juju, "hooks/start", &[], Recorder::default()), ["config-changed", "start"]);
}

#[test]
fn deferred_events_of_different_units_are_different_events() {
    let juju = Juju::new();
    juju.answer("relation-ids db", r#"["db:3"]"#);
    ran(&juju, "hooks/db-relation-changed", &DB_3, deferring());
    let other = [("JUJU_RELATION_ID", "db:3"), ("JUJU_REMOTE_APP", "postgresql"), ("JUJU_REMOTE_UNIT", "postgresql/1")];
    assert_eq!(
        ran(&juju, "hooks/db-relation-changed", &other, deferring()),
        ["db:3 of postgresql/0", "db:3 of postgresql/1"]
    );
    assert_eq!(
        ran(&juju, "hooks/start", &[], Recorder::default()),
        ["db:3 of postgresql/0", "db:3 of postgresql/1", "start"]
    );
}

#[test]
fn a_failed_hook_leaves_deferred_events_and_stored_state_as_they_were() {
    let juju = Juju::new();
    ran(&juju, "hooks/install", &[], deferring());
    let stored_state = juju.stored_state();

    let mut charm = Recorder { fails: true, ..Recorder::default() };
    let error = juju.dispatch("hooks/start", &[], &mut charm).unwrap_err();
    assert_eq!(ops::chain(&error), "event start: Recorder::on_start failed: the workload does not start");
    assert_eq!(charm.ran, ["install", "start"]);
    assert_eq!(juju.stored_state(), stored_state);
    assert!(juju.statuses().is_empty(), "no status is collected from a hook that failed");

    // Juju runs the hook again.
    assert_eq!(ran(&juju, "hooks/start", &[], Recorder::default()), ["install", "start"]);
}

#[test]
fn a_deferred_event_whose_relation_is_gone_is_dropped() {
    let juju = Juju::new();
    juju.answer("relation-ids db", r#"["db:3"]"#);
    ran(&juju, "hooks/db-relation-changed", &DB_3, deferring());

    juju.answer("relation-ids db", "[]");
    assert_eq!(ran(&juju, "hooks/start", &[], Recorder::default()), ["start"]);
    juju.answer("relation-ids db", r#"["db:3"]"#);
    assert_eq!(ran(&juju, "hooks/start", &[], Recorder::default()), ["start"], "it is not kept either");
}

#[test]
fn a_deferred_event_whose_storage_is_gone_is_dropped() {
    let juju = Juju::new();
    let attached = [("JUJU_STORAGE_ID", "data/0")];
    ran(&juju, "hooks/data-storage-attached", &attached, deferring());

    juju.answer("storage-list", r#"["data/0", "data/1"]"#);
    assert_eq!(ran(&juju, "hooks/start", &[], deferring()), ["data/0", "start"]);
    juju.answer("storage-list", r#"["data/1"]"#);
    assert_eq!(ran(&juju, "hooks/start", &[], Recorder::default()), ["start"]);
}

#[test]
fn a_handler_that_is_observed_twice_gets_its_deferred_event_twice() {
    struct Twice(u32);
    impl ops::Charm for Twice {
        fn observe(framework: &mut Framework<Self>) {
            framework.observe(on::install(), Self::on_install);
            framework.observe(on::install(), Self::on_install);
        }
    }
    impl Twice {
        fn on_install(&mut self, event: &InstallEvent, _: &Model) -> Result<()> {
            self.0 += 1;
            event.defer();
            Ok(())
        }
    }
    let juju = Juju::new();
    let mut charm = Twice(0);
    for hooks in 1..5 {
        juju.dispatch(if hooks == 1 { "hooks/install" } else { "hooks/start" }, &[], &mut charm).unwrap();
        assert_eq!(charm.0, 2 * hooks);
    }
}

#[test]
fn a_deferred_event_that_the_charm_no_longer_handles_is_dropped() {
    let juju = Juju::new();
    juju.set_stored_state(
        r#"{"version": 1, "deferred": [
            {"handler": "Recorder::on_gone", "event": "hooks/install"},
            {"handler": "Recorder::on_start", "event": "hooks/install"},
            {"handler": "Recorder::on_gone", "event": "hooks/old-relation-changed", "relation": ["old", 3]},
            {"handler": "Recorder::on_install", "event": "hooks/install"}
        ]}"#,
    );
    assert_eq!(ran(&juju, "hooks/start", &[], Recorder::default()), ["install", "start"]);
}

#[test]
fn deferred_events_wait_while_juju_refuses_hook_commands() {
    let juju = Juju::new();
    ran(&juju, "hooks/install", &[], deferring());
    for hook in ["hooks/collect-metrics", "hooks/meter-status-changed"] {
        assert!(ran(&juju, hook, &[], Recorder::default()).is_empty(), "{hook}");
    }
    assert_eq!(ran(&juju, "hooks/start", &[], Recorder::default()), ["install", "start"]);
}

/// A decorator that calls the handler when the charm is ready, and defers the event until then.
fn when_ready<C: Readiness + 'static, E: Deferrable>(
    handler: fn(&mut C, &E, &Model),
) -> impl Fn(&mut C, &E, &Model) + 'static {
    move |charm, event, model| if charm.is_ready() { handler(charm, event, model) } else { event.defer() }
}

trait Readiness {
    fn is_ready(&self) -> bool;
}

#[test]
fn each_use_of_a_decorator_has_its_own_deferred_events() {
    #[derive(Default)]
    struct Decorated {
        ready: bool,
        ran: Vec<&'static str>,
    }
    impl Readiness for Decorated {
        fn is_ready(&self) -> bool {
            self.ready
        }
    }
    impl ops::Charm for Decorated {
        fn observe(framework: &mut Framework<Self>) {
            framework.observe(on::install(), when_ready(|charm: &mut Self, _, _| charm.ran.push("install")));
            framework.observe(on::start(), when_ready(|charm: &mut Self, _, _| charm.ran.push("start")));
            framework.observe(on::start(), when_ready(|charm: &mut Self, _, _| charm.ran.push("start too")));
        }
    }
    let juju = Juju::new();
    for hook in ["hooks/install", "hooks/start"] {
        let mut charm = Decorated::default();
        juju.dispatch(hook, &[], &mut charm).unwrap();
        assert!(charm.ran.is_empty());
    }
    for ran in [&["install", "start", "start too"][..], &[]] {
        let mut charm = Decorated { ready: true, ..Decorated::default() };
        juju.dispatch("hooks/update-status", &[], &mut charm).unwrap();
        assert_eq!(charm.ran, ran);
    }
}

mod mysql {
    pub struct Requirer;
    impl Requirer {
        pub fn on_update(charm: &mut super::TwoRequirers, _: &ops::StartEvent, _: &ops::Model) {
            charm.ran.push("mysql");
        }
    }
}

mod pg {
    pub struct Requirer;
    impl Requirer {
        pub fn on_update(charm: &mut super::TwoRequirers, event: &ops::StartEvent, _: &ops::Model) {
            charm.ran.push("pg");
            if charm.defers {
                event.defer();
            }
        }
    }
}

#[derive(Default)]
struct TwoRequirers {
    ran: Vec<&'static str>,
    defers: bool,
}

impl TwoRequirers {
    fn on<const DEFERS: bool>(&mut self, event: &StartEvent, _: &Model) {
        self.ran.push(if DEFERS { "generic that defers" } else { "generic" });
        if DEFERS && self.defers {
            event.defer();
        }
    }
}

impl ops::Charm for TwoRequirers {
    fn observe(framework: &mut Framework<Self>) {
        framework.observe(on::start(), mysql::Requirer::on_update);
        framework.observe(on::start(), pg::Requirer::on_update);
        framework.observe(on::start(), Self::on::<false>);
        framework.observe(on::start(), Self::on::<true>);
    }
}

#[test]
fn observers_that_differ_only_in_module_or_type_parameters_are_distinct() {
    let juju = Juju::new();
    let mut charm = TwoRequirers { defers: true, ..TwoRequirers::default() };
    juju.dispatch("hooks/start", &[], &mut charm).unwrap();
    assert_eq!(charm.ran, ["mysql", "pg", "generic", "generic that defers"]);
    let mut charm = TwoRequirers::default();
    juju.dispatch("hooks/install", &[], &mut charm).unwrap();
    assert_eq!(charm.ran, ["pg", "generic that defers"]);
}
