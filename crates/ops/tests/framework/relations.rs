//! Finding relations, and what is known about them without asking Juju.

use anyhow::Result;
use ops::{CollectStatusEvent, Error, Framework, Model, RelationBrokenEvent, RelationDepartedEvent, Status, on};

use crate::juju::{DB_3, Juju};

#[derive(Default)]
struct Client {
    events: Vec<String>,
}

impl ops::Charm for Client {
    fn observe(framework: &mut Framework<Self>) {
        framework.observe(on::relation_departed("db"), Self::on_departed);
        framework.observe(on::relation_broken("db"), Self::on_broken);
        framework.observe(on::collect_unit_status(), Self::on_collect_unit_status);
    }
}

impl Client {
    fn on_departed(&mut self, event: &RelationDepartedEvent, _: &Model) -> Result<()> {
        let departing = event.departing_unit.as_ref().map(ops::Unit::name);
        self.events.push(format!("{} left, {departing:?} departs", event.unit));
        Ok(())
    }

    fn on_broken(&mut self, event: &RelationBrokenEvent, model: &Model) -> Result<()> {
        assert_eq!(event.relation.app()?, event.app);
        assert!(!event.relation.is_active());
        let app = event.app.as_ref().map(ops::Application::name);
        self.events.push(format!("{} with {app:?} is gone", event.relation));
        assert!(model.relations("db")?.is_empty());
        Ok(())
    }

    fn on_collect_unit_status(&mut self, event: &CollectStatusEvent, model: &Model) -> Result<()> {
        event.add_status(match model.relation("db")? {
            Some(_) => Status::active(),
            None => Status::blocked("Relation db is missing"),
        });
        Ok(())
    }
}

#[test]
fn in_relation_broken_the_relation_is_not_listed() {
    let juju = Juju::new();
    // Juju still lists it in this hook.
    juju.answer("relation-ids db", r#"["db:3"]"#);
    let mut charm = Client::default();
    juju.dispatch("hooks/db-relation-broken", &DB_3[..2], &mut charm).unwrap();
    assert_eq!(charm.events, ["db:3 with Some(\"postgresql\") is gone"]);
    assert_eq!(juju.statuses(), ["unit blocked Relation db is missing"]);
    assert_eq!(juju.commands(), ["relation-ids db --format=json"], "the remote application is known from the event");
}

#[test]
fn in_relation_broken_other_relations_of_the_endpoint_are_listed() {
    struct Other;
    impl ops::Charm for Other {
        fn observe(framework: &mut Framework<Self>) {
            framework.observe(on::relation_broken("db"), Self::on_broken);
        }
    }
    impl Other {
        fn on_broken(&self, _: &RelationBrokenEvent, model: &Model) {
            let left = model.relation("db").unwrap().unwrap();
            assert_eq!((left.id(), left.is_active()), (4, true));
        }
    }
    let juju = Juju::new();
    juju.answer("relation-ids db", r#"["db:3", "db:4"]"#);
    juju.dispatch("hooks/db-relation-broken", &DB_3[..2], &mut Other).unwrap();
}

#[test]
fn departed_names_the_remote_unit_and_the_departing_unit() {
    let juju = Juju::new();
    juju.answer("relation-ids db", r#"["db:3"]"#);
    let mut charm = Client::default();
    let mut vars = DB_3.to_vec();
    vars.push(("JUJU_DEPARTING_UNIT", "app/0"));
    juju.dispatch("hooks/db-relation-departed", &vars, &mut charm).unwrap();
    assert_eq!(charm.events, ["postgresql/0 left, Some(\"app/0\") departs"]);
}

#[test]
fn the_error_for_a_missing_variable_of_an_event_names_it() {
    let juju = Juju::new();
    for (vars, missing) in
        [(&DB_3[..0], "JUJU_RELATION_ID"), (&DB_3[..1], "JUJU_REMOTE_APP"), (&DB_3[..2], "JUJU_REMOTE_UNIT")]
    {
        let error = juju.dispatch("hooks/db-relation-departed", vars, &mut Client::default()).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("event db_relation_departed: {missing} is not set, but Juju sets it for this event")
        );
    }
}

#[test]
fn several_relations_where_one_is_expected_are_an_error_with_their_number() {
    let juju = Juju::new();
    juju.answer("relation-ids db", r#"["db:12", "db:3"]"#);
    juju.start(|model| {
        let error = model.relation("db").unwrap_err();
        assert!(matches!(error, Error::TooManyRelatedApps { .. }));
        assert_eq!(error.to_string(), "endpoint db has 2 relations, but the charm expects at most one");
        let ids: Vec<u32> = model.relations("db")?.iter().map(ops::Relation::id).collect();
        assert_eq!(ids, [3, 12]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn undefined_endpoints_and_missing_relations_are_errors() {
    let juju = Juju::new();
    juju.answer("relation-ids web", "[]");
    juju.start(|model| {
        let error = model.relations("database").unwrap_err();
        assert_eq!(error.to_string(), "the charm's metadata defines no relation \"database\"");
        let error = model.relation_by_id("web", 7).unwrap_err();
        assert!(matches!(error, Error::RelationNotFound { .. }));
        assert_eq!(error.to_string(), "relation web:7 does not exist");
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_relation_removed_during_the_hook_has_no_units_and_no_data() {
    let juju = Juju::new();
    juju.answer("relation-ids db", r#"["db:3"]"#);
    for stderr in ["ERROR invalid value \"db:3\" for option -r: relation not found\n", "ERROR permission denied\n"] {
        juju.fail("relation-list", 2, stderr);
        juju.fail("relation-get", 2, stderr);
        juju.start(assert_removed).unwrap();
    }
}

#[test]
fn permission_denied_after_losing_leadership_is_not_relation_not_found() {
    let juju = Juju::new();
    juju.leader(true);
    juju.answer("relation-ids db", r#"["db:3"]"#);
    juju.fail("relation-get", 1, "ERROR permission denied\n");
    juju.start(|model| {
        let error = model.relation("db")?.unwrap().app_data().all().unwrap_err();
        assert!(ops::chain(&error).ends_with("ERROR permission denied"), "{error:?}");
        Ok(())
    })
    .unwrap();
}

fn assert_removed(model: &Model) -> Result<()> {
    let relation = model.relation("db")?.unwrap();
    assert_eq!(relation.app()?, None);
    assert!(relation.remote_app_data()?.is_none());
    assert_eq!(relation.units()?, []);
    assert!(relation.data(&model.unit_named("postgresql/0")).all()?.is_empty());
    Ok(())
}

#[test]
fn errors_about_a_removed_relation_name_it() {
    let juju = Juju::new();
    juju.answer("relation-ids db", r#"["db:3"]"#);
    juju.answer("relation-get", "{}");
    let not_found = "ERROR invalid value \"db:3\" for option -r: relation not found\n";
    for (command, stderr) in [
        ("relation-set", not_found),
        ("relation-model-get", "ERROR permission denied\n"),
        ("network-get --format=json -r", "ERROR relation 3 not found\n"),
    ] {
        juju.fail(command, 2, stderr);
    }
    juju.start(|model| {
        let relation = model.relation("db")?.unwrap();
        for error in [
            relation.unit_data().set("port", "80").unwrap_err(),
            relation.remote_model_uuid().unwrap_err(),
            relation.binding().unwrap_err(),
        ] {
            assert_eq!(error.to_string(), "relation db:3 does not exist");
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn the_application_of_a_peer_relation_is_known_without_a_hook_command() {
    let juju = Juju::new();
    juju.answer("relation-ids cluster", r#"["cluster:1"]"#);
    juju.start(|model| {
        let relation = model.relation("cluster")?.unwrap();
        assert!(relation.is_peer().unwrap());
        assert_eq!(relation.app()?, Some(model.app()));
        Ok(())
    })
    .unwrap();
    assert_eq!(juju.commands(), ["relation-ids cluster --format=json"]);
}

#[test]
fn units_applications_and_relations_can_be_sorted_and_put_in_sets() {
    let juju = Juju::new();
    juju.answer("relation-ids db", r#"["db:12", "db:3"]"#);
    juju.start(|model| {
        let units = ["b/1", "a/2", "b/1"].map(|name| model.unit_named(name));
        assert_eq!(std::collections::BTreeSet::from(units.clone()).first(), Some(&units[1]));
        assert_eq!(std::collections::HashSet::from(units).len(), 2);
        let apps = ["b", "a", "b"].map(|name| model.application(name));
        assert_eq!(std::collections::BTreeSet::from(apps).len(), 2);
        assert_eq!(model.relations("db")?.iter().max().map(ops::Relation::id), Some(12));
        Ok(())
    })
    .unwrap();
}
