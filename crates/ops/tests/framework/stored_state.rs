//! Stored state is saved if the hook succeeds, and dropped if it fails.

use anyhow::bail;
use ops::{Error, Framework, Model, on};
use serde::{Deserialize, Serialize};

use crate::juju::Juju;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Cluster {
    nodes: Vec<String>,
}

#[test]
fn a_stored_value_persists_until_it_is_deleted() {
    let juju = Juju::new();
    juju.start(|model| {
        assert_eq!(model.stored::<Cluster>("cluster")?, None);
        model.store("cluster", &Cluster { nodes: vec!["a".into()] })?;
        assert_eq!(model.stored("cluster")?, Some(Cluster { nodes: vec!["a".into()] }));
        Ok(())
    })
    .unwrap();
    juju.start(|model| {
        assert_eq!(model.stored("cluster")?, Some(Cluster { nodes: vec!["a".into()] }));
        model.forget("cluster");
        Ok(())
    })
    .unwrap();
    juju.start(|model| {
        assert_eq!(model.stored::<Cluster>("cluster")?, None);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_failed_hook_does_not_change_stored_values() {
    let juju = Juju::new();
    juju.start(|model| Ok(model.store("kept", &1)?)).unwrap();
    juju.start(|model| {
        model.forget("kept");
        model.store("new", &2)?;
        bail!("no")
    })
    .unwrap_err();
    juju.start(|model| {
        assert_eq!(model.stored::<u32>("kept")?, Some(1));
        assert_eq!(model.stored::<u32>("new")?, None);
        Ok(())
    })
    .unwrap();
}

#[test]
fn nothing_is_saved_if_a_status_cannot_be_set() {
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
    juju.fail("status-set", 1, "ERROR connection is shut down");
    juju.dispatch("hooks/start", &[], &mut Proposing).unwrap_err();
    assert_eq!(juju.stored_state(), None);
}

#[test]
fn the_error_for_a_stored_value_of_another_type_names_it() {
    let juju = Juju::new();
    juju.start(|model| Ok(model.store("port", &"http")?)).unwrap();
    let error = juju
        .start(|model| {
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
fn damaged_stored_state_fails_the_hook_before_any_handler_runs() {
    let juju = Juju::new();
    juju.set_stored_state("{");
    let error = juju.start(|_| panic!("a handler ran")).unwrap_err();
    assert!(matches!(error, Error::StateFile { .. }));
    assert!(error.to_string().contains("is damaged") && error.to_string().contains("move it away"), "{error}");
    assert_eq!(juju.stored_state().as_deref(), Some("{"));
}
