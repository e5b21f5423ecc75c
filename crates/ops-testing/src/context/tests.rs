//! Tests with a charm that does a bit of everything.

use anyhow::bail;
use ops::{
    ActionEvent, Charm, CollectStatusEvent, ConfigChangedEvent, CustomEvent, EventName, Framework, InstallEvent, Model,
    RelationChangedEvent, StartEvent, Status, StopEvent, UpdateStatusEvent, UpgradeCharmEvent, hookcmds::LogLevel,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{Context, Error, LogLine, Reboot, Relation, State, on};

#[derive(Debug, Default)]
struct TestCharm {
    started: u32,
}

#[derive(Serialize, Deserialize)]
struct Greeted {
    by: String,
}

impl CustomEvent for Greeted {
    const NAME: &'static str = "greeted";
}

impl Charm for TestCharm {
    fn observe(framework: &mut Framework<Self>) {
        framework.observe(ops::on::install(), Self::on_install);
        framework.observe(ops::on::start(), Self::on_start);
        framework.observe(ops::on::config_changed(), Self::on_config_changed);
        framework.observe(ops::on::update_status(), Self::on_update_status);
        framework.observe(ops::on::upgrade_charm(), Self::on_upgrade_charm);
        framework.observe(ops::on::stop(), Self::on_stop);
        framework.observe(ops::on::relation_changed("db"), Self::on_db_changed);
        framework.observe(ops::on::action("backup"), Self::on_backup);
        framework.observe(ops::on::custom::<Greeted>(), Self::on_greeted);
        framework.observe(ops::on::collect_unit_status(), Self::on_collect_unit_status);
    }
}

#[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "all handlers have one shape")]
impl TestCharm {
    fn on_install(&mut self, _: &InstallEvent, model: &Model) -> anyhow::Result<()> {
        model.unit().set_status(Status::maintenance("one"))?;
        model.unit().set_status(Status::maintenance("two"))?;
        model.unit().set_workload_version("1.0")?;
        tracing::warn!(size = 3, "it is installed");
        Ok(())
    }

    fn on_start(&mut self, event: &StartEvent, model: &Model) -> anyhow::Result<()> {
        self.started += 1;
        if model.config()?.get("slug").and_then(|slug| slug.as_str()) == Some("later") {
            event.defer();
        }
        let starts = model.stored::<u32>("starts")?.unwrap_or(0);
        model.store("starts", &(starts + 1))?;
        Ok(())
    }

    fn on_config_changed(&mut self, _: &ConfigChangedEvent, model: &Model) -> anyhow::Result<()> {
        model.unit().set_status(Status::maintenance("before"))?;
        model.store("kept", &true)?;
        bail!("the disk is full")
    }

    fn on_update_status(&mut self, _: &UpdateStatusEvent, model: &Model) -> anyhow::Result<()> {
        model.emit(&Greeted { by: "me".to_owned() })?;
        Ok(())
    }

    fn on_upgrade_charm(&mut self, _: &UpgradeCharmEvent, model: &Model) -> anyhow::Result<()> {
        model.unit().open_port("80".parse()?)?;
        model.unit().reboot_now()?;
        Ok(())
    }

    fn on_stop(&mut self, _: &StopEvent, _: &Model) -> anyhow::Result<()> {
        panic!("at the disk")
    }

    fn on_greeted(&mut self, event: &ops::Custom<Greeted>, _: &Model) -> anyhow::Result<()> {
        tracing::info!("greeted by {}", event.by);
        Ok(())
    }

    fn on_db_changed(&mut self, event: &RelationChangedEvent, _: &Model) -> anyhow::Result<()> {
        let relation = &event.relation;
        let Some(unit) = &event.unit else { bail!("no unit") };
        let host = relation.data(unit).get("host")?.unwrap_or_default();
        relation.unit_data().set("seen", &host)?;
        Ok(())
    }

    fn on_backup(&mut self, event: &ActionEvent, _: &Model) -> anyhow::Result<()> {
        event.log("half way")?;
        event.set_results(&json!({"size": "10G"}))?;
        if event.params()?["level"] == 9 {
            event.fail("too high")?;
        }
        Ok(())
    }

    fn on_collect_unit_status(&mut self, event: &CollectStatusEvent, _: &Model) -> anyhow::Result<()> {
        event.add_status(Status::active());
        Ok(())
    }
}

const METADATA: &str = "
name: app
summary: An application.
description: An application.
requires:
  db: {interface: pg}
config:
  options:
    slug: {type: string, default: example}
actions:
  backup:
    params:
      level: {type: integer, default: 3}
";

fn context() -> Context<TestCharm> {
    Context::with_metadata(TestCharm::default(), METADATA).unwrap()
}

#[test]
fn a_run_returns_the_state_and_records_logs_and_statuses() {
    let mut ctx = context();
    let before = State::default().with_workload_version("0.9");
    let out = ctx.run(on::install(), before).unwrap();
    assert_eq!(out, State::default().with_unit_status(Status::active()).with_workload_version("1.0"));
    let history = [Status::unknown(), Status::maintenance("one"), Status::maintenance("two")];
    assert_eq!(ctx.unit_status_history(), history);
    assert_eq!(ctx.app_status_history(), []);
    assert_eq!(ctx.workload_version_history(), ["0.9"]);
    assert_eq!(ctx.juju_log(), [LogLine::new(LogLevel::Warning, "it is installed size=3")]);
    assert_eq!(ctx.emitted_events(), [EventName::Install, EventName::CollectUnitStatus]);

    ctx.run(on::update_status(), State::default()).unwrap();
    assert_eq!(ctx.unit_status_history(), [Status::unknown()], "of the last run only");
    let custom = EventName::Custom("greeted".to_owned());
    assert_eq!(ctx.emitted_events(), [EventName::UpdateStatus, custom, EventName::CollectUnitStatus]);
    assert_eq!(ctx.juju_log(), [LogLine::new(LogLevel::Info, "greeted by me")]);
    assert_eq!(ctx.hook_commands(), ["juju-log", "status-set"]);
}

#[test]
fn a_failing_handler_is_an_error_with_its_reason() {
    let mut ctx = context();
    let error = ctx.run(on::config_changed(), State::default()).unwrap_err();
    assert!(matches!(error, Error::Charm(_)));
    assert!(error.to_string().contains("the disk is full"), "{error}");
    assert!(error.to_string().contains("config_changed"), "{error}");
    assert_eq!(ctx.unit_status_history(), [Status::unknown()]);
}

#[test]
fn a_panic_fails_the_test() {
    let mut ctx = context();
    let run = std::panic::AssertUnwindSafe(|| ctx.run(on::stop(), State::default()));
    assert!(std::panic::catch_unwind(run).is_err());
}

#[test]
fn databags_change_in_the_resulting_state() {
    let mut ctx = context();
    let db = Relation::new("db").remote_unit_data(0, [("host", "one")]).remote_unit_data(3, [("host", "two")]);
    let state = || State::default().with_relation(db.clone());
    let seen = |state: &State| state.get_relation(db.id).unwrap().local_unit_data["seen"].clone();
    assert_eq!(seen(&ctx.run(on::relation_changed(&db), state()).unwrap()), "one");
    assert_eq!(seen(&ctx.run(on::relation_changed(&db).remote_unit(3), state()).unwrap()), "two");
    let error = ctx.run(on::relation_changed(&db).of_app(), state()).unwrap_err();
    assert!(error.to_string().contains("no unit"), "{error}");
}

#[test]
fn actions_have_results_logs_and_failures() {
    let mut ctx = context();
    ctx.run(on::action("backup"), State::default()).unwrap();
    assert_eq!(json!(ctx.action_results()), json!({"size": "10G"}));
    assert_eq!(ctx.action_logs(), ["half way"]);
    assert_eq!(ctx.action_failure(), None);

    let error = ctx.run(on::action("backup").param("level", 9), State::default()).unwrap_err();
    let Error::ActionFailed { message, state } = error else { panic!("{error}") };
    assert_eq!(message, "too high");
    assert_eq!(state.unit_status, Status::active());
    assert_eq!(ctx.action_failure(), Some("too high"));
}

#[test]
fn deferred_events_and_stored_values_are_part_of_the_state() {
    let mut ctx = context();
    let deferred = ctx.deferred(on::start(), TestCharm::on_start);
    let out = ctx.run(on::start(), State::default().with_config("slug", "later")).unwrap();
    assert_eq!(out.deferred, std::slice::from_ref(&deferred));
    assert_eq!(out.stored, [("starts".to_owned(), json!(1))].into());
    let out = ctx.run(on::update_status(), State { config: [].into(), ..out }).unwrap();
    assert_eq!(out.deferred, []);
    assert_eq!(out.stored["starts"], 2);
    assert_eq!(ctx.charm().started, 2);

    let state = State::default().with_deferred(deferred).with_stored("starts", 41);
    assert_eq!(ctx.run(on::update_status(), state).unwrap().stored["starts"], 42);
}

#[test]
fn a_reboot_now_drops_what_the_hook_had_changed() {
    let mut ctx = context();
    let out = ctx.run(on::upgrade_charm(), State::default()).unwrap();
    assert_eq!(out, State::default());
    assert_eq!(ctx.reboot(), Some(Reboot::Now));
}

#[test]
fn a_manager_gives_access_before_the_handler_runs() {
    let mut ctx = context().app_name("other").unit_number(7).machine_id("3").availability_zone("z").juju_version("3.5");
    let mut manager = ctx.manager(on::start(), State::default().with_leader(true)).unwrap();
    assert_eq!(manager.model().unit().name(), "other/7");
    assert!(manager.model().unit().is_leader().unwrap());
    assert_eq!(manager.model().juju_version(), Some("3.5"));
    assert_eq!(manager.model().env().machine_id.as_deref(), Some("3"));
    assert_eq!(manager.model().env().availability_zone.as_deref(), Some("z"));
    manager.charm().started = 10;
    manager.run().unwrap();
    assert_eq!(ctx.charm().started, 11);
}

#[test]
fn a_thousand_runs_take_seconds() {
    let db = Relation::new("db").remote_unit_data(0, [("host", "one")]);
    let mut state = State::default().with_relation(db.clone()).with_leader(true);
    let mut ctx = context();
    let started = std::time::Instant::now();
    for _ in 0..1_000 {
        state = ctx.run(on::relation_changed(&db), state).unwrap();
        state.relations = vec![db.clone()];
    }
    let elapsed = started.elapsed();
    // A release build takes 0.3 s. The bound is for a debug build on a busy machine.
    assert!(elapsed.as_secs() < 5, "{elapsed:?}");
}
