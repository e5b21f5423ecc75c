//! Features of a context besides running one event: custom events, emitted events, charms that are constructed for
//! each run.

use std::collections::BTreeMap;

use ops::{Charm, Custom, CustomEvent, CustomRelation, Framework, Library, Model, StartEvent, UpdateStatusEvent};
use ops_testing::{Context, Relation, State, Status, from_json, json, on};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy)]
struct Database(&'static str);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Moved {
    to: String,
}

impl CustomEvent for Moved {
    const NAME: &'static str = "moved";
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Greeted;

impl CustomEvent for Greeted {
    const NAME: &'static str = "greeted";
}

impl Library for Database {
    fn name(&self) -> &str {
        self.0
    }

    fn observe(&self, framework: &mut Framework<Self>) {
        framework.observe(ops::on::relation_changed(self.0), Self::on_changed);
    }
}

impl Database {
    fn moved(&self) -> ops::on::EventSource<CustomRelation<Moved>> {
        self.event()
    }

    fn on_changed(&self, event: &ops::RelationChangedEvent, model: &Model) -> Result<(), ops::Error> {
        let Some(to) = event.relation.data(&event.app).get("address")? else { return Ok(()) };
        self.moved().emit(model, &event.relation, &Moved { to })
    }
}

const DB: Database = Database("db");

/// Counts in memory, and records what it saw.
#[derive(Debug, Default)]
struct App {
    unit: String,
    runs: u32,
}

impl Charm for App {
    fn observe(framework: &mut Framework<Self>) {
        framework.library(DB);
        framework.observe(DB.moved(), Self::on_moved);
        framework.observe(ops::on::custom(), Self::on_greeted);
        framework.observe(ops::on::start(), Self::on_start);
        framework.observe(ops::on::update_status(), Self::on_update_status);
    }
}

impl App {
    fn new(model: &Model) -> Self {
        Self { unit: model.unit().name().to_owned(), runs: 0 }
    }

    fn on_moved(&mut self, event: &CustomRelation<Moved>, model: &Model) -> Result<(), ops::Error> {
        model.unit().set_status(Status::active_with(format!("{} is at {}", event.relation.endpoint(), event.to)))
    }

    fn on_greeted(&self, _: &Custom<Greeted>, model: &Model) -> Result<(), ops::Error> {
        model.unit().set_status(Status::active_with("hello"))
    }

    fn on_start(&mut self, event: &StartEvent, _: &Model) {
        self.runs += 1;
        event.defer();
    }

    fn on_update_status(&mut self, _: &UpdateStatusEvent, model: &Model) -> anyhow::Result<()> {
        self.runs += 1;
        model.emit(&Greeted)?;
        let text = "1".repeat(200_000);
        for version in [text.as_str(), "1\0"] {
            model.unit().set_workload_version(version)?;
            let refused = ops::hookcmds::Command::new("application-version-set").arg(version).run(model.runner());
            let refused = ops::chain(&refused.unwrap_err());
            let reason = if version == text { "Argument list too long" } else { "nul byte found" };
            assert!(refused.contains(reason), "{refused}");
        }
        Ok(())
    }
}

const METADATA: &str = "
name: app
summary: An application.
description: An application.
requires:
  db: {interface: sql}
";

#[test]
fn a_custom_event_is_run_with_its_payload() {
    let mut ctx = Context::with_metadata(App::default(), METADATA).unwrap();
    let out = ctx.run(on::custom(ops::on::custom(), &Greeted), State::default()).unwrap();
    assert_eq!(out.unit_status, Status::active_with("hello"));

    let db = Relation::new("db");
    let state = State::default().with_relation(db.clone());
    let moved = on::custom_relation(DB.moved(), &db, &Moved { to: "10.0.0.9".to_owned() });
    assert_eq!(ctx.run(moved, state).unwrap().unit_status, Status::active_with("db is at 10.0.0.9"));
}

#[test]
fn the_payloads_of_emitted_events_can_be_read() {
    let mut ctx = Context::with_metadata(App::default(), METADATA).unwrap();
    let db = Relation::new("db").remote_app_data([("address", "a")]);
    ctx.run(on::relation_changed(&db), State::default().with_relation(db.clone())).unwrap();
    assert_eq!(ctx.emitted(&DB.moved()), [Moved { to: "a".to_owned() }]);
    ctx.run(on::update_status(), State::default()).unwrap();
    assert_eq!(ctx.emitted(&DB.moved()), []);
    assert_eq!(ctx.emitted(&ops::on::custom::<Greeted>()), [Greeted]);
}

#[test]
fn a_relation_of_the_resulting_state_is_changed_by_its_id() {
    let mut ctx = Context::with_metadata(App::default(), METADATA).unwrap();
    let relations: Vec<Relation> = (1..=50).map(|id| Relation::new("db").id(id)).collect();
    let out = ctx.run(on::start(), State::default().with_relations(relations)).unwrap();
    let out = out.change_relation(33, |relation| relation.remote_app_data([("address", "b")]));
    let out = ctx.run(on::relation_changed(out.relation(33)), out).unwrap();
    assert_eq!(out.unit_status, Status::active_with("db is at b"));
    assert_eq!(out.relations.len(), 50);
}

#[test]
fn a_charm_that_is_given_as_a_function_is_constructed_for_each_run() {
    let mut ctx = Context::with_metadata(App::default, METADATA).unwrap();
    for _ in 0..2 {
        ctx.run(on::start(), State::default()).unwrap();
        assert_eq!(ctx.charm().runs, 1);
    }
    let mut ctx = Context::with_metadata(App::new, METADATA).unwrap().unit_number(7);
    ctx.run(on::start(), State::default()).unwrap();
    assert_eq!(ctx.charm().unit, "app/7");
    // A charm that is given as a value is kept.
    let mut ctx = Context::with_metadata(App::default(), METADATA).unwrap();
    for runs in 1..3 {
        ctx.run(on::start(), State::default()).unwrap();
        assert_eq!(ctx.charm().runs, runs);
    }
}

#[test]
fn charm_and_model_can_be_used_together() {
    let mut ctx = Context::with_metadata(App::default, METADATA).unwrap();
    let mut manager = ctx.manager(on::start(), State::default()).unwrap();
    let (charm, model) = manager.charm_and_model();
    charm.unit = model.unit().name().to_owned();
    manager.run().unwrap();
    assert_eq!(ctx.charm().unit, "app/0");
}

#[test]
fn a_deferred_event_names_the_handler() {
    let mut ctx = Context::with_metadata(App::default, METADATA).unwrap();
    let deferred = ctx.deferred(on::start(), App::on_start);
    assert_eq!(deferred.handler, "App::on_start");
    let out = ctx.run(on::start(), State::default()).unwrap();
    assert_eq!(out.deferred, [deferred]);
    let wrong = std::panic::AssertUnwindSafe(|| ctx.deferred(on::start(), App::on_update_status));
    assert!(std::panic::catch_unwind(wrong).is_err(), "it does not handle this event");
}

#[test]
fn arguments_that_linux_refuses_are_refused() {
    let mut ctx = Context::with_metadata(App::default, METADATA).unwrap();
    let out = ctx.run(on::update_status(), State::default()).unwrap();
    assert_eq!(out.workload_version, "1?");
}

#[test]
fn databags_of_json_are_written_and_read_as_types() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Provided {
        address: String,
        ports: Vec<u16>,
        user: Option<String>,
    }
    let provided = Provided { address: "10.0.0.7".to_owned(), ports: vec![5432], user: None };
    let relation = Relation::new("db").remote_app_data(json(&provided)).remote_unit_data(0, json(&provided));
    let address = ("address".to_owned(), "\"10.0.0.7\"".to_owned());
    assert_eq!(relation.remote_app_data, BTreeMap::from([address, ("ports".to_owned(), "[5432]".to_owned())]));
    assert_eq!(from_json::<Provided>(&relation.remote_app_data), provided);
    assert_eq!(from_json::<Provided>(&relation.remote_units_data[&0]), provided, "beside what Juju sets");
}
