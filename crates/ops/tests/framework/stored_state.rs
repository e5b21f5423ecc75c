//! Stored state is saved if the hook succeeds, and dropped if it fails.

use anyhow::{Result, bail};
use ops::{Error, Framework, Model, on};
use serde::{Deserialize, Serialize};

use crate::juju::Juju;

/// Runs a test's function in `start`.
struct Inside(fn(&Model) -> Result<()>);

impl ops::Charm for Inside {
    fn observe(framework: &mut Framework<Self>) {
        framework.observe(on::start(), |charm: &Self, _: &ops::StartEvent, model: &Model| (charm.0)(model));
    }
}

fn start(juju: &Juju, inside: fn(&Model) -> Result<()>) -> Result<(), Error> {
    juju.dispatch("hooks/start", &[], &mut Inside(inside)).map(drop)
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Cluster {
    nodes: Vec<String>,
}

#[test]
fn a_value_is_there_in_this_hook_and_in_the_next_until_it_is_forgotten() {
    let juju = Juju::new();
    start(&juju, |model| {
        assert_eq!(model.stored::<Cluster>("cluster")?, None);
        model.store("cluster", &Cluster { nodes: vec!["a".into()] })?;
        assert_eq!(model.stored("cluster")?, Some(Cluster { nodes: vec!["a".into()] }));
        Ok(())
    })
    .unwrap();
    start(&juju, |model| {
        assert_eq!(model.stored("cluster")?, Some(Cluster { nodes: vec!["a".into()] }));
        model.forget("cluster");
        Ok(())
    })
    .unwrap();
    start(&juju, |model| {
        assert_eq!(model.stored::<Cluster>("cluster")?, None);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_failed_hook_does_not_change_stored_values() {
    let juju = Juju::new();
    start(&juju, |model| Ok(model.store("kept", &1)?)).unwrap();
    start(&juju, |model| {
        model.forget("kept");
        model.store("new", &2)?;
        bail!("no")
    })
    .unwrap_err();
    start(&juju, |model| {
        assert_eq!(model.stored::<u32>("kept")?, Some(1));
        assert_eq!(model.stored::<u32>("new")?, None);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_status_that_cannot_be_set_keeps_nothing_either() {
    struct Proposing;
    impl ops::Charm for Proposing {
        fn observe(framework: &mut Framework<Self>) {
            framework.observe(on::start(), |_: &Self, _: &ops::StartEvent, model: &Model| model.store("key", &1));
            framework.observe(on::collect_unit_status(), |_: &Self, event: &ops::CollectStatusEvent, _: &Model| {
                event.add_status(ops::Status::active());
            });
        }
    }
    let juju = Juju::new();
    juju.refuse("status-set", 1, "ERROR connection is shut down");
    juju.dispatch("hooks/start", &[], &mut Proposing).unwrap_err();
    assert_eq!(juju.kept(), None);
}

#[test]
fn a_value_of_another_type_is_named() {
    let juju = Juju::new();
    start(&juju, |model| Ok(model.store("port", &"http")?)).unwrap();
    let error = start(&juju, |model| {
        model.stored::<u16>("port")?;
        Ok(())
    })
    .unwrap_err();
    let error = ops::chain(&error);
    assert!(
        error.contains("stored state \"port\" cannot be written or read: invalid type: string \"http\""),
        "{error}"
    );
}

#[test]
fn invalid_data_fails_the_hook_before_any_handler() {
    let juju = Juju::new();
    juju.keep("{");
    let error = start(&juju, |_| panic!("a handler ran")).unwrap_err();
    assert!(matches!(error, Error::StateFile { .. }));
    assert!(error.to_string().contains("is damaged") && error.to_string().contains("move it away"), "{error}");
    assert_eq!(juju.kept().as_deref(), Some("{"));
}
