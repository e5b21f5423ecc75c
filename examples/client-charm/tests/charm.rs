//! State-transition tests of the charm.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::SocketAddr;

use anyhow::bail;
use keyvalue_charm::Name;
use keyvalue_client_charm::ClientCharm;
use keyvalue_client_charm::store::Store;
use ops::SecretContent;
use ops_testing::{Context, Error, Relation, Secret, State, Status, on};

/// A store in memory that accepts one password.
#[derive(Debug, Default)]
struct MockStore {
    password: Option<&'static str>,
    values: RefCell<BTreeMap<Name, String>>,
}

impl MockStore {
    fn check(&self, endpoint: SocketAddr, credentials: &SecretContent) -> anyhow::Result<()> {
        assert_eq!(endpoint.to_string(), "10.0.0.7:7070");
        match self.password {
            Some(password) if credentials.expose("password") == Some(password) => Ok(()),
            Some(_) => bail!("wrong password"),
            None => bail!("no store there"),
        }
    }
}

impl Store for MockStore {
    fn get(&self, endpoint: SocketAddr, credentials: &SecretContent, key: &Name) -> anyhow::Result<Option<String>> {
        self.check(endpoint, credentials)?;
        Ok(self.values.borrow().get(key).cloned())
    }

    fn put(&self, endpoint: SocketAddr, credentials: &SecretContent, key: &Name, value: &str) -> anyhow::Result<()> {
        self.check(endpoint, credentials)?;
        self.values.borrow_mut().insert(key.clone(), value.to_owned());
        Ok(())
    }
}

fn charm(password: Option<&'static str>) -> Context<ClientCharm<MockStore>> {
    Context::new(ClientCharm { store: MockStore { password, ..MockStore::default() } })
}

fn credentials() -> Secret {
    Secret::new([("username", "client-3"), ("password", "old")])
}

/// A relation in which the store has answered.
fn answered(secret: &Secret) -> Relation {
    Relation::new("store").remote_app_data([
        ("endpoint", "\"10.0.0.7:7070\"".to_owned()),
        ("secret-id", format!("\"{}\"", secret.id.uri())),
    ])
}

/// The state of a leader whose store has answered, and the relation.
fn ready(secret: &Secret) -> (State, Relation) {
    let relation = answered(secret);
    (State::default().with_leader(true).with_relation(relation.clone()).with_secret(secret.clone()), relation)
}

#[test]
fn without_a_store_the_unit_is_blocked() {
    let out = charm(None).run(on::start(), State::default()).unwrap();
    assert_eq!(out.unit_status, Status::blocked("Relation store is missing"));
}

#[test]
fn the_leader_requests_the_configured_namespace() {
    let relation = Relation::new("store");
    let state = State::default().with_config("namespace", "orders").with_relation(relation.clone());
    let out = charm(None).run(on::relation_created(&relation), state.clone()).unwrap();
    assert!(out.get_relation(relation.id).unwrap().local_app_data.is_empty(), "it does not lead");
    assert_eq!(out.unit_status, Status::waiting("Waiting for the store"));

    let out = charm(None).run(on::relation_created(&relation), state.with_leader(true)).unwrap();
    assert_eq!(out.get_relation(relation.id).unwrap().local_app_data["namespace"], "\"orders\"");
}

#[test]
fn an_invalid_namespace_blocks_the_unit_and_is_not_requested() {
    let relation = Relation::new("store");
    let state = State::default().with_leader(true).with_config("namespace", "A B").with_relation(relation.clone());
    let out = charm(None).run(on::config_changed(), state).unwrap();
    assert!(out.get_relation(relation.id).unwrap().local_app_data.is_empty());
    assert_eq!(
        out.unit_status,
        Status::blocked("config option namespace is \"A B\": it must be lower-case letters, digits and hyphens")
    );
}

#[test]
fn when_the_store_has_answered_it_is_used_with_the_secret_s_credentials() {
    let mut ctx = charm(Some("old"));
    let (state, relation) = ready(&credentials());
    let out = ctx.run(on::relation_changed(&relation), state).unwrap();
    assert_eq!(ctx.charm().store.values.borrow().values().collect::<Vec<_>>(), ["hello"]);
    assert!(ctx.emitted_events().iter().any(|event| event.to_string() == "store_ready"));
    assert_eq!(out.unit_status, Status::active());
}

#[test]
fn a_store_that_does_not_answer_yet_is_tried_again_at_the_next_event() {
    let mut ctx = charm(None);
    let (state, relation) = ready(&credentials());
    let out = ctx.run(on::relation_changed(&relation), state).unwrap();
    assert_eq!(out.deferred.len(), 1);
    assert_eq!(out.unit_status, Status::waiting("Waiting for the store"));

    ctx.charm_mut().store.password = Some("old");
    let out = ctx.run(on::update_status(), out).unwrap();
    assert!(out.deferred.is_empty());
    assert_eq!(out.unit_status, Status::active());
}

#[test]
fn the_namespace_cannot_change_once_it_is_in_use() {
    let mut ctx = charm(Some("old"));
    let (state, relation) = ready(&credentials());
    let out = ctx.run(on::relation_changed(&relation), state).unwrap();

    let out = ctx.run(on::config_changed(), out.with_config("namespace", "other")).unwrap();
    assert_eq!(out.unit_status, Status::blocked("The namespace is main and cannot become other"));
    assert!(!out.get_relation(relation.id).unwrap().local_app_data.contains_key("namespace"));
}

#[test]
fn a_new_password_is_used_when_juju_says_that_there_is_one() {
    let mut ctx = charm(Some("new"));
    let secret = credentials().latest_content([("username", "client-3"), ("password", "new")]);
    let (state, _) = ready(&secret);
    let put = || on::action("put").param("key", "colour").param("value", "red");
    let error = ctx.run(put(), state.clone()).unwrap_err();
    assert!(error.to_string().contains("wrong password"), "{error}");

    let out = ctx.run(on::secret_changed(&secret), state).unwrap();
    assert_eq!(out.get_secret(&secret.id).unwrap().tracked_revision, Some(2));
    ctx.run(put(), out).unwrap();
}

#[test]
fn a_stored_value_can_be_read() {
    let mut ctx = charm(Some("old"));
    let (state, _) = ready(&credentials());
    let out = ctx.run(on::action("put").param("key", "colour").param("value", "dark red"), state).unwrap();
    let out = ctx.run(on::action("get").param("key", "colour"), out).unwrap();
    assert_eq!(ctx.action_results()["value"], "dark red");

    let error = ctx.run(on::action("get").param("key", "size"), out).unwrap_err();
    let Error::ActionFailed { message, .. } = error else { panic!("{error}") };
    assert_eq!(message, "there is no value for size");
}

#[test]
fn actions_fail_without_a_store() {
    for event in [on::action("get").param("key", "a"), on::action("put").param("key", "a").param("value", "b")] {
        let error = charm(None).run(event, State::default()).unwrap_err();
        assert_eq!(error.to_string(), "the action failed: there is no store yet");
    }
}
