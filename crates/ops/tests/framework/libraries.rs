//! Libraries in a charm.

use anyhow::Result;
use ops::on::EventSource;
use ops::{Custom, CustomEvent, CustomRelation, Framework, Library, Model, RelationChangedEvent, StartEvent, on};
use serde::{Deserialize, Serialize};

use crate::juju::Juju;

/// One end of a relation with a database.
#[derive(Clone, Copy)]
struct Database {
    endpoint: &'static str,
}

#[derive(Serialize, Deserialize)]
struct Created {
    user: String,
}

impl CustomEvent for Created {
    const NAME: &'static str = "created";
}

#[derive(Serialize, Deserialize)]
struct Ready;

impl CustomEvent for Ready {
    const NAME: &'static str = "ready";
}

impl Database {
    /// The database exists.
    fn created(&self) -> EventSource<CustomRelation<Created>> {
        self.event()
    }

    /// The database is ready.
    fn ready(&self) -> EventSource<Custom<Ready>> {
        self.event()
    }

    fn on_changed(&self, event: &RelationChangedEvent, model: &Model) -> Result<(), ops::Error> {
        assert_eq!(event.relation.endpoint(), self.endpoint);
        let changes: u32 = model.stored("changes")?.unwrap_or(0);
        model.store("changes", &(changes + 1))?;
        if changes == 0 {
            event.defer();
            return Ok(());
        }
        self.created().emit(model, &event.relation, &Created { user: format!("{} {changes}", self.endpoint) })?;
        model.emit(&Ready)
    }

    /// How often the data changed; called by the charm.
    fn changes(&self, model: &Model) -> Result<u32, ops::Error> {
        Ok(model.of(self).stored("changes")?.unwrap_or(0))
    }
}

impl Library for Database {
    fn name(&self) -> &str {
        self.endpoint
    }

    fn observe(&self, framework: &mut Framework<Self>) {
        framework.observe(on::relation_changed(self.endpoint), Self::on_changed);
    }

    fn refresh(&self, model: &Model) -> Result<()> {
        let refreshed: u32 = model.stored("refreshed")?.unwrap_or(0);
        Ok(model.store("refreshed", &(refreshed + 1))?)
    }
}

const DB: Database = Database { endpoint: "db" };
const WEB: Database = Database { endpoint: "web" };

/// A charm with two databases.
#[derive(Default)]
struct Client {
    events: Vec<String>,
    defers: bool,
}

impl ops::Charm for Client {
    fn observe(framework: &mut Framework<Self>) {
        framework.library(DB).refresh_on([on::start().into(), on::config_changed().into()]);
        framework.library(WEB).refresh_on([DB.ready().into(), on::storage_attached("data").into()]);
        framework.observe(DB.created(), Self::on_db_created);
        framework.observe(DB.ready(), Self::on_db_ready);
        framework.observe(WEB.created(), Self::on_web_created);
        framework.observe(on::start(), Self::on_start);
    }
}

impl Client {
    fn on_db_created(&mut self, event: &CustomRelation<Created>, _: &Model) {
        self.events.push(format!("db: {} of {}", event.user, event.relation));
        if self.defers {
            event.defer();
        }
    }

    fn on_db_ready(&mut self, _: &Custom<Ready>, _: &Model) {
        self.events.push("db is ready".to_owned());
    }

    fn on_web_created(&mut self, event: &CustomRelation<Created>, _: &Model) {
        self.events.push(format!("web: {} of {}", event.user, event.relation));
    }

    fn on_start(&mut self, _: &StartEvent, model: &Model) -> Result<()> {
        model.store("changes", &"the charm's own")?;
        self.events.push(format!("db {}, web {}", DB.changes(model)?, WEB.changes(model)?));
        Ok(())
    }
}

const DB_3: [(&str, &str); 3] = [("JUJU_RELATION_ID", "db:3"), ("JUJU_REMOTE_APP", "pg"), ("JUJU_REMOTE_UNIT", "pg/0")];
const WEB_4: [(&str, &str); 3] =
    [("JUJU_RELATION_ID", "web:4"), ("JUJU_REMOTE_APP", "pg"), ("JUJU_REMOTE_UNIT", "pg/0")];

fn juju() -> Juju {
    let juju = Juju::new();
    juju.answer("relation-ids db", r#"["db:3"]"#);
    juju.answer("relation-ids web", r#"["web:4"]"#);
    juju
}

fn events(juju: &Juju, path: &str, vars: &[(&str, &str)], defers: bool) -> Vec<String> {
    let mut charm = Client { defers, ..Client::default() };
    juju.dispatch(path, vars, &mut charm).unwrap();
    charm.events
}

#[test]
fn one_library_on_two_endpoints_has_separate_events_deferrals_and_stored_values() {
    let juju = juju();
    assert!(events(&juju, "hooks/db-relation-changed", &DB_3, false).is_empty(), "it is deferred");
    assert!(
        events(&juju, "hooks/web-relation-changed", &WEB_4, false).len() == 2,
        "the one of db comes again, web's waits"
    );
    let all = events(&juju, "hooks/start", &[], false);
    assert_eq!(all, ["web: web 1 of web:4", "db 2, web 2"]);
    assert_eq!(events(&juju, "hooks/start", &[], false), ["db 2, web 2"], "no key of the charm is a library's");
    let stored_state: serde_json::Value = serde_json::from_str(&juju.stored_state().unwrap()).unwrap();
    assert_eq!(stored_state["stored"], serde_json::json!({"changes": "the charm's own"}));
    assert_eq!(
        stored_state["libraries"],
        serde_json::json!({"db": {"changes": 2, "refreshed": 2}, "web": {"changes": 2, "refreshed": 1}})
    );
}

#[test]
fn a_library_refreshes_on_the_events_that_the_charm_names() {
    let juju = juju();
    for (hook, times) in [("hooks/start", 1), ("hooks/install", 1), ("hooks/config-changed", 2), ("hooks/start", 3)] {
        events(&juju, hook, &[], false);
        let stored_state: serde_json::Value = serde_json::from_str(&juju.stored_state().unwrap()).unwrap();
        assert_eq!(stored_state["libraries"]["db"]["refreshed"], times, "{hook}");
    }
}

#[test]
fn a_library_refreshes_on_another_library_s_event() {
    let juju = juju();
    events(&juju, "hooks/db-relation-changed", &DB_3, false);
    assert!(!juju.stored_state().unwrap().contains("refreshed"), "it is deferred");
    events(&juju, "hooks/install", &[], false);
    let stored_state: serde_json::Value = serde_json::from_str(&juju.stored_state().unwrap()).unwrap();
    assert_eq!(stored_state["libraries"]["web"]["refreshed"], 1);
}

#[test]
fn a_deferred_custom_event_whose_relation_is_gone_is_dropped() {
    let juju = juju();
    events(&juju, "hooks/db-relation-changed", &DB_3, false);
    let created = ["db: db 1 of db:3", "db is ready"];
    assert_eq!(events(&juju, "hooks/install", &[], true), created);
    assert_eq!(events(&juju, "hooks/install", &[], true), created[..1], "deferred, and back");
    juju.answer("relation-ids db", "[]");
    assert!(events(&juju, "hooks/install", &[], false).is_empty());
    juju.answer("relation-ids db", r#"["db:3"]"#);
    assert!(events(&juju, "hooks/install", &[], false).is_empty(), "it is not kept either");
}

#[test]
fn clashing_or_unregistered_names_are_an_error() {
    struct Twice;
    impl ops::Charm for Twice {
        fn observe(framework: &mut Framework<Self>) {
            framework.library(DB);
            framework.library(DB);
        }
    }
    struct Unregistered;
    impl ops::Charm for Unregistered {
        fn observe(framework: &mut Framework<Self>) {
            framework.observe(DB.ready(), |_: &Self, _: &Custom<Ready>, _: &Model| ());
        }
    }
    #[derive(Serialize, Deserialize)]
    struct OtherReady(String);
    impl CustomEvent for OtherReady {
        const NAME: &'static str = "ready";
    }
    struct Clash;
    impl ops::Charm for Clash {
        fn observe(framework: &mut Framework<Self>) {
            framework.observe(on::custom(), |_: &Self, _: &Custom<Ready>, _: &Model| ());
            framework.observe(on::custom(), |_: &Self, _: &Custom<OtherReady>, _: &Model| ());
        }
    }
    struct EmitsOther;
    impl ops::Charm for EmitsOther {
        fn observe(framework: &mut Framework<Self>) {
            framework.observe(on::start(), |_: &Self, _: &StartEvent, model: &Model| {
                model.emit(&OtherReady("it is not a Ready".to_owned()))
            });
            framework.observe(on::custom(), |_: &Self, _: &Custom<Ready>, _: &Model| assert_eq!(1, 2));
        }
    }
    let error = Juju::new().dispatch("hooks/install", &[], &mut Twice).unwrap_err();
    assert_eq!(error.to_string(), "two of the charm's libraries are named db");

    let error = Juju::new().dispatch("hooks/install", &[], &mut Unregistered).unwrap_err().to_string();
    assert!(error.starts_with("custom event db.ready is observed, but library db is not registered"), "{error}");

    let clash = "custom event ready has two types, but a name must have one";
    let error = Juju::new().dispatch("hooks/install", &[], &mut Clash).unwrap_err();
    assert_eq!(error.to_string(), clash);

    let error = Juju::new().dispatch("hooks/start", &[], &mut EmitsOther).unwrap_err();
    assert_eq!(error.to_string(), clash);
}

#[test]
fn a_library_can_change_its_fields_and_add_libraries() {
    struct Outer(u32);
    impl Library for Outer {
        fn name(&self) -> &'static str {
            "outer"
        }
        fn observe(&self, framework: &mut Framework<Self>) {
            framework.library(DB);
            framework.observe(on::start(), Self::on_start);
            framework.observe(on::start(), Self::on_start);
            framework.observe(DB.created(), Self::on_created);
        }
    }
    impl Outer {
        fn on_start(&mut self, _: &StartEvent, model: &Model) -> Result<()> {
            self.0 += 1;
            Ok(model.store("starts", &self.0)?)
        }
        fn on_created(&mut self, event: &CustomRelation<Created>, model: &Model) -> Result<()> {
            Ok(model.store("user", &event.user)?)
        }
    }
    struct App;
    impl ops::Charm for App {
        fn observe(framework: &mut Framework<Self>) {
            framework.library(Outer(0));
        }
    }
    let juju = juju();
    juju.dispatch("hooks/db-relation-changed", &DB_3, &mut App).unwrap();
    juju.dispatch("hooks/start", &[], &mut App).unwrap();
    let stored_state: serde_json::Value = serde_json::from_str(&juju.stored_state().unwrap()).unwrap();
    assert_eq!(stored_state["libraries"]["outer"], serde_json::json!({"starts": 2, "user": "db 1"}));
    assert_eq!(stored_state["libraries"]["db"]["changes"], 2);
}
