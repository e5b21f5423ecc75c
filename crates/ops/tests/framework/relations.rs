//! Finding relations, and what is known about them without asking Juju.

use anyhow::Result;
use ops::{CollectStatusEvent, Error, Framework, Model, RelationBrokenEvent, RelationDepartedEvent, Status, on};

use crate::juju::{DB_3, Juju};

#[derive(Default)]
struct Client {
    saw: Vec<String>,
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
        let going = event.departing_unit.as_ref().map(ops::Unit::name);
        self.saw.push(format!("{} left, {going:?} goes", event.unit));
        Ok(())
    }

    fn on_broken(&mut self, event: &RelationBrokenEvent, model: &Model) -> Result<()> {
        assert_eq!(event.relation.app()?, event.app);
        assert!(!event.relation.is_active());
        let app = event.app.as_ref().map(ops::Application::name);
        self.saw.push(format!("{} with {app:?} is gone", event.relation));
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
fn a_relation_that_is_breaking_is_not_among_the_relations_any_more() {
    let juju = Juju::new();
    // Juju still lists it in this hook.
    juju.answer("relation-ids db", r#"["db:3"]"#);
    let mut charm = Client::default();
    juju.dispatch("hooks/db-relation-broken", &DB_3[..2], &mut charm).unwrap();
    assert_eq!(charm.saw, ["db:3 with Some(\"postgresql\") is gone"]);
    assert_eq!(juju.statuses(), ["unit blocked Relation db is missing"]);
    assert_eq!(juju.ran(), ["relation-ids db --format=json"], "the remote application is known from the event");
}

#[test]
fn the_other_relations_of_the_endpoint_stay() {
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
    assert_eq!(charm.saw, ["postgresql/0 left, Some(\"app/0\") goes"]);
}

#[test]
fn an_event_without_its_variable_names_the_variable() {
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

/// Runs a test's function in `start`.
struct Inside(fn(&Model) -> Result<()>);

impl ops::Charm for Inside {
    fn observe(framework: &mut Framework<Self>) {
        framework.observe(on::start(), Self::on_event);
    }
}

impl Inside {
    fn on_event<E>(&self, _: &E, model: &Model) -> Result<()> {
        (self.0)(model)
    }
}

#[test]
fn several_relations_where_the_charm_expects_one_are_an_error_that_counts_them() {
    let juju = Juju::new();
    juju.answer("relation-ids db", r#"["db:12", "db:3"]"#);
    let mut charm = Inside(|model| {
        let error = model.relation("db").unwrap_err();
        assert!(matches!(error, Error::TooManyRelatedApps { .. }));
        assert_eq!(error.to_string(), "endpoint db has 2 relations, but the charm expects at most one");
        let ids: Vec<u32> = model.relations("db")?.iter().map(ops::Relation::id).collect();
        assert_eq!(ids, [3, 12]);
        Ok(())
    });
    juju.dispatch("hooks/start", &[], &mut charm).unwrap();
}

#[test]
fn an_endpoint_that_the_metadata_lacks_and_a_relation_that_is_not_there_are_errors() {
    let juju = Juju::new();
    juju.answer("relation-ids web", "[]");
    let mut charm = Inside(|model| {
        let error = model.relations("database").unwrap_err();
        assert_eq!(error.to_string(), "the charm's metadata defines no relation \"database\"");
        let error = model.relation_by_id("web", 7).unwrap_err();
        assert!(matches!(error, Error::RelationNotFound { .. }));
        assert_eq!(error.to_string(), "relation web:7 does not exist");
        Ok(())
    });
    juju.dispatch("hooks/start", &[], &mut charm).unwrap();
}

#[test]
fn a_relation_that_goes_while_the_hook_runs_has_no_units_and_no_data() {
    let juju = Juju::new();
    juju.answer("relation-ids db", r#"["db:3"]"#);
    for gone in ["ERROR invalid value \"db:3\" for option -r: relation not found\n", "ERROR permission denied\n"] {
        juju.refuse("relation-list", 2, gone);
        juju.refuse("relation-get", 2, gone);
        juju.dispatch("hooks/start", &[], &mut Inside(nothing_is_left)).unwrap();
    }
}

#[test]
fn a_unit_that_lost_leadership_gets_juju_s_error_and_not_that_the_relation_is_gone() {
    let juju = Juju::new();
    juju.leader(true);
    juju.answer("relation-ids db", r#"["db:3"]"#);
    juju.refuse("relation-get", 1, "ERROR permission denied\n");
    let mut charm = Inside(|model| {
        let error = model.relation("db")?.unwrap().app_data().all().unwrap_err();
        assert!(ops::chain(&error).ends_with("ERROR permission denied"), "{error:?}");
        Ok(())
    });
    juju.dispatch("hooks/start", &[], &mut charm).unwrap();
}

fn nothing_is_left(model: &Model) -> Result<()> {
    let relation = model.relation("db")?.unwrap();
    assert_eq!(relation.app()?, None);
    assert!(relation.remote_app_data()?.is_none());
    assert_eq!(relation.units()?, []);
    assert!(relation.data(&model.unit_named("postgresql/0")).all()?.is_empty());
    Ok(())
}

#[test]
fn whatever_is_asked_about_a_relation_that_has_gone_names_the_relation() {
    let juju = Juju::new();
    juju.answer("relation-ids db", r#"["db:3"]"#);
    juju.answer("relation-get", "{}");
    let not_found = "ERROR invalid value \"db:3\" for option -r: relation not found\n";
    for (command, gone) in [
        ("relation-set", not_found),
        ("relation-model-get", "ERROR permission denied\n"),
        ("network-get --format=json -r", "ERROR relation 3 not found\n"),
    ] {
        juju.refuse(command, 2, gone);
    }
    let mut charm = Inside(|model| {
        let relation = model.relation("db")?.unwrap();
        for error in [
            relation.unit_data().set("port", "80").unwrap_err(),
            relation.remote_model_uuid().unwrap_err(),
            relation.binding().unwrap_err(),
        ] {
            assert_eq!(error.to_string(), "relation db:3 does not exist");
        }
        Ok(())
    });
    juju.dispatch("hooks/start", &[], &mut charm).unwrap();
}

#[test]
fn the_application_of_a_peer_relation_is_this_one_and_nothing_is_asked() {
    let juju = Juju::new();
    juju.answer("relation-ids cluster", r#"["cluster:1"]"#);
    let mut charm = Inside(|model| {
        let relation = model.relation("cluster")?.unwrap();
        assert!(relation.is_peer().unwrap());
        assert_eq!(relation.app()?, Some(model.app()));
        Ok(())
    });
    juju.dispatch("hooks/start", &[], &mut charm).unwrap();
    assert_eq!(juju.ran(), ["relation-ids cluster --format=json"]);
}

#[test]
fn units_applications_and_relations_can_be_kept_in_sets_and_sorted() {
    let juju = Juju::new();
    juju.answer("relation-ids db", r#"["db:12", "db:3"]"#);
    let mut charm = Inside(|model| {
        let units = ["b/1", "a/2", "b/1"].map(|name| model.unit_named(name));
        assert_eq!(std::collections::BTreeSet::from(units.clone()).first(), Some(&units[1]));
        assert_eq!(std::collections::HashSet::from(units).len(), 2);
        let apps = ["b", "a", "b"].map(|name| model.application(name));
        assert_eq!(std::collections::BTreeSet::from(apps).len(), 2);
        assert_eq!(model.relations("db")?.iter().max().map(ops::Relation::id), Some(12));
        Ok(())
    });
    juju.dispatch("hooks/start", &[], &mut charm).unwrap();
}
