//! State-transition tests of the charm.

use std::cell::Cell;
use std::path::Path;

use keyvalue_charm::server::Workload;
use keyvalue_charm::store::Store;
use keyvalue_charm::{KeyValueCharm, Name};
use ops_testing::{Context, Port, Relation, Resource, Rotate, Secret, State, Status, Storage, on};
use tempfile::TempDir;

/// A server that only pretends to run.
#[derive(Debug, Default)]
struct MockServer {
    port: Cell<Option<u16>>,
}

impl Workload for MockServer {
    fn port(&self, _: &Path) -> Option<u16> {
        self.port.get()
    }

    fn start(&self, _: &Path, port: u16) -> anyhow::Result<()> {
        self.port.set(Some(port));
        Ok(())
    }

    fn stop(&self, _: &Path) -> anyhow::Result<()> {
        self.port.set(None);
        Ok(())
    }
}

/// A charm, its storage's folder, and the state of a leader with that storage.
fn charm() -> (Context<KeyValueCharm<MockServer>>, TempDir, State) {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::new("data").location(folder.path().to_str().unwrap());
    let state = State::default().with_leader(true).with_storage(storage);
    (Context::new(KeyValueCharm { workload: MockServer::default() }), folder, state)
}

fn name(name: &str) -> Name {
    Name::try_from(name.to_owned()).unwrap()
}

/// A relation in which `shop` requests the namespace `orders`.
fn request() -> Relation {
    Relation::new("store").id(3).remote_app("shop").remote_app_data([("namespace", "\"orders\"")])
}

#[test]
fn the_leader_serves_on_the_configured_port_and_opens_it() {
    let (mut ctx, _folder, state) = charm();
    let out = ctx.run(on::start(), state.with_config("port", 7071)).unwrap();
    assert_eq!(ctx.charm().workload.port.get(), Some(7071));
    assert!(out.opened_ports.contains(&Port::tcp(7071)));
    assert_eq!(out.unit_status, Status::active());
    assert_eq!(out.app_status, Status::active_with("Serving 0 applications"));

    let out = ctx.run(on::config_changed(), out.with_config("port", 7072)).unwrap();
    assert_eq!(ctx.charm().workload.port.get(), Some(7072));
    assert_eq!(out.opened_ports, [Port::tcp(7072)].into());
}

#[test]
fn other_units_stand_by_until_they_lead() {
    let (mut ctx, _folder, state) = charm();
    let out = ctx.run(on::start(), state.with_leader(false)).unwrap();
    assert_eq!(ctx.charm().workload.port.get(), None);
    assert_eq!(out.unit_status, Status::active_with("Standing by"));

    let out = ctx.run(on::leader_elected(), out.with_leader(true)).unwrap();
    assert_eq!(ctx.charm().workload.port.get(), Some(7070));
    assert_eq!(out.unit_status, Status::active());
}

#[test]
fn an_invalid_port_blocks_the_unit() {
    let (mut ctx, _folder, state) = charm();
    let out = ctx.run(on::config_changed(), state.with_config("port", 70_000)).unwrap();
    assert_eq!(ctx.charm().workload.port.get(), None);
    assert_eq!(
        out.unit_status,
        Status::blocked("config option port is 70000: invalid value: integer `70000`, expected u16")
    );
}

#[test]
fn a_related_application_gets_an_answer_and_its_own_secret() {
    let (mut ctx, folder, state) = charm();
    let relation = request();
    let out = ctx.run(on::relation_changed(&relation), state.with_relation(relation.clone())).unwrap();

    let secret = out.get_secret_by_label("client-3").unwrap();
    let answer = &out.get_relation(3).unwrap().local_app_data;
    assert_eq!(answer["endpoint"], "\"192.0.2.0:7070\"");
    let id = secret.id.uri().replacen("secret:", "", 1);
    assert_eq!(answer["secret-id"], format!("\"secret://{}/{id}\"", out.model.uuid));
    assert_eq!(secret.rotate, Rotate::Monthly);
    assert!(secret.remote_grants[&3].contains("shop"));

    let content = secret.latest().unwrap();
    assert_eq!(content.expose("username"), Some("client-3"));
    let namespace =
        Store::new(folder.path()).namespace_of(&name("client-3"), content.expose("password").unwrap()).unwrap();
    assert_eq!(namespace, Some(name("orders")));
    assert_eq!(out.app_status, Status::active_with("Serving 1 applications"));

    // Another event changes nothing.
    let relation = out.get_relation(3).unwrap();
    let second = ctx.run(on::relation_changed(relation), out.clone()).unwrap();
    assert_eq!(second, out);
}

#[test]
fn a_missing_or_invalid_request_gets_no_answer() {
    for data in [vec![], vec![("namespace", "\"../etc\"")], vec![("namespace", "orders")]] {
        let (mut ctx, _folder, state) = charm();
        let relation = Relation::new("store").remote_app_data(data);
        let out = ctx.run(on::relation_changed(&relation), state.with_relation(relation.clone())).unwrap();
        assert!(out.secrets.is_empty());
        assert!(out.get_relation(relation.id).unwrap().local_app_data.is_empty());
        assert_eq!(out.unit_status, Status::active());
    }
}

#[test]
fn rotation_gives_the_user_another_password() {
    let (mut ctx, folder, state) = charm();
    let store = Store::new(folder.path());
    let relation = request();
    let out = ctx.run(on::relation_changed(&relation), state.with_relation(relation)).unwrap();
    let secret = out.get_secret_by_label("client-3").unwrap().clone();
    let old = secret.latest().unwrap().expose("password").unwrap().to_owned();

    for event in [on::secret_rotate(&secret), on::action("rotate-passwords")] {
        let out = ctx.run(event, out.clone()).unwrap();
        let secret = out.get_secret_by_label("client-3").unwrap();
        assert_eq!(secret.latest_revision(), 2);
        let new = secret.latest().unwrap().expose("password").unwrap();
        assert_ne!(new, old);
        assert!(store.namespace_of(&name("client-3"), new).unwrap().is_some());
        assert!(store.namespace_of(&name("client-3"), &old).unwrap().is_none());
    }
}

#[test]
fn the_next_leader_gives_the_users_of_the_last_one_new_passwords() {
    let (mut ctx, _folder, state) = charm();
    let relation = request();
    let out = ctx.run(on::relation_changed(&relation), state.with_relation(relation)).unwrap();

    let (mut ctx, folder, state) = charm();
    let out = ctx.run(on::leader_elected(), State { storages: state.storages, ..out }).unwrap();
    let secret = out.get_secret_by_label("client-3").unwrap();
    assert_eq!(secret.latest_revision(), 2);
    let password = secret.latest().unwrap().expose("password").unwrap();
    assert!(Store::new(folder.path()).namespace_of(&name("client-3"), password).unwrap().is_some());
}

#[test]
fn an_unused_revision_is_removed() {
    let (mut ctx, _folder, state) = charm();
    let secret = Secret::new([("username", "client-3"), ("password", "old")])
        .latest_content([("username", "client-3"), ("password", "new")])
        .owned_by_app()
        .label("client-3");
    let out = ctx.run(on::secret_remove(&secret, 1), state.with_secret(secret.clone())).unwrap();
    assert_eq!(ctx.removed_secret_revisions(), [(secret.id.clone(), Some(1))]);
    assert_eq!(out.get_secret(&secret.id).unwrap().revisions.len(), 1);
}

#[test]
fn an_application_that_leaves_loses_its_credentials() {
    let (mut ctx, folder, state) = charm();
    let relation = request();
    let out = ctx.run(on::relation_changed(&relation), state.with_relation(relation)).unwrap();
    let password =
        out.get_secret_by_label("client-3").unwrap().latest().unwrap().expose("password").unwrap().to_owned();

    let relation = out.get_relation(3).unwrap().clone();
    let out = ctx.run(on::relation_broken(&relation), out).unwrap();
    assert!(out.get_secret_by_label("client-3").is_none());
    assert!(Store::new(folder.path()).namespace_of(&name("client-3"), &password).unwrap().is_none());
    assert_eq!(out.app_status, Status::active_with("Serving 0 applications"));

    // One that had never requested anything leaves nothing.
    let relation = Relation::new("store");
    ctx.run(on::relation_broken(&relation), out.with_relation(relation.clone())).unwrap();
}

#[test]
fn a_unit_that_leaves_by_itself_leaves_the_credentials_to_the_next_leader() {
    let (mut ctx, _folder, state) = charm();
    let relation = request();
    let out = ctx.run(on::relation_changed(&relation), state.with_relation(relation)).unwrap();

    let relation = out.get_relation(3).unwrap().clone();
    let out = ctx.run(on::relation_departed(&relation).this_unit_departs(), out).unwrap();
    let relation = out.get_relation(3).unwrap().clone();
    let out = ctx.run(on::relation_broken(&relation), out).unwrap();
    assert!(out.get_secret_by_label("client-3").is_some());
}

#[test]
fn the_server_stops_before_its_storage_is_detached() {
    let (mut ctx, _folder, state) = charm();
    let out = ctx.run(on::start(), state).unwrap();
    let storage = out.storages[0].clone();
    ctx.run(on::storage_detaching(&storage), out).unwrap();
    assert_eq!(ctx.charm().workload.port.get(), None);
}

#[test]
fn without_storage_the_unit_waits() {
    let (mut ctx, _folder, _) = charm();
    let out = ctx.run(on::start(), State::default().with_leader(true)).unwrap();
    assert_eq!(out.unit_status, Status::waiting("Waiting for storage data"));
}

#[test]
fn import_stores_the_values_of_the_seed_in_a_namespace() {
    let (mut ctx, folder, state) = charm();
    let store = Store::new(folder.path());
    let seed = folder.path().join("seed.txt");
    std::fs::write(&seed, "colour=red\nsize=10 = 2*5\n").unwrap();
    store.set(&name("orders"), &name("colour"), "blue").unwrap();
    let state = state.with_resource(Resource::new("seed", seed.to_str().unwrap()));

    ctx.run(on::action("import").param("namespace", "orders"), state.clone()).unwrap();
    assert_eq!(ctx.action_results()["imported"], "1");
    assert_eq!(ctx.action_results()["skipped"], "1");
    assert_eq!(ctx.action_logs(), ["colour is there already"]);
    assert_eq!(store.get(&name("orders"), &name("colour")).unwrap().as_deref(), Some("blue"));
    assert_eq!(store.get(&name("orders"), &name("size")).unwrap().as_deref(), Some("10 = 2*5"));

    ctx.run(on::action("import").param("namespace", "orders").param("overwrite", true), state).unwrap();
    assert_eq!(store.get(&name("orders"), &name("colour")).unwrap().as_deref(), Some("red"));
}

#[test]
fn import_without_a_seed_names_the_command_that_attaches_it() {
    let (mut ctx, _folder, state) = charm();
    let error = ctx.run(on::action("import").param("namespace", "orders"), state).unwrap_err();
    assert!(error.to_string().contains("juju attach-resource keyvalue seed=FILE"), "{error}");
}

#[test]
fn import_names_an_invalid_namespace() {
    let (mut ctx, _folder, state) = charm();
    let error = ctx.run(on::action("import").param("namespace", "../etc"), state).unwrap_err();
    assert!(
        error.to_string().ends_with(
            "action import: parameter namespace is \"../etc\": it must be lower-case letters, digits and hyphens"
        ),
        "{error}"
    );
}
