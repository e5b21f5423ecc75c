//! Tests of databases of the data platform.

mod schema;

use interfaces::database::{Database, Requirer};
use ops::{Charm, Error, Framework};
use ops_testing::{Context, Relation, Secret, State, on};

const METADATA: &str = include_str!("charmcraft.yaml");

const DATABASE: Requirer = Requirer::new("database", "shop").extra_user_roles("admin");

struct App;

impl Charm for App {
    fn observe(framework: &mut Framework<Self>) {
        framework.library(DATABASE);
    }
}

fn context() -> Context<App> {
    Context::with_metadata(App, METADATA).unwrap()
}

fn user() -> Secret {
    Secret::new([
        ("username", "relation-3"),
        ("password", "hunter2"),
        ("uris", "postgresql://x"),
        ("read-only-uris", "postgresql://y"),
    ])
    .untracked()
}

fn state_with_database(secret: &Secret) -> State {
    let relation = Relation::new("database").id(3).remote_app("postgresql").remote_app_data([
        ("database", "shop".to_owned()),
        // The Python library writes both names.
        ("resource", "shop".to_owned()),
        ("endpoints", "10.0.0.7:5432, 10.0.0.8:5432".to_owned()),
        ("version", "16.8".to_owned()),
        ("secret-user", secret.id.uri()),
        ("data", "{\"database\": \"shop\"}".to_owned()),
    ]);
    State::default().with_relation(relation).with_secret(secret.clone())
}

fn database(state: State) -> Result<Option<Database>, Error> {
    let mut ctx = context();
    let manager = ctx.manager(on::update_status(), state).unwrap();
    DATABASE.database(manager.model())
}

#[test]
fn the_leader_writes_a_request_that_fits_the_schema() {
    let relation = Relation::new("database").id(3);
    let state = State::default().with_relation(relation.clone());
    let out = context().run(on::relation_created(&relation), state.clone().with_leader(true)).unwrap();
    let data: Vec<(String, String)> = out.relation(3).local_app_data.clone().into_iter().collect();
    let expected = [
        ("database", "shop"),
        ("extra-user-roles", "admin"),
        ("requested-secrets", r#"["username","password","tls","tls-ca","uris","read-only-uris"]"#),
    ];
    assert_eq!(data, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
    schema::check(
        "postgresql_client-v0 requirer app",
        &out.relation(3).local_app_data,
        &["database", "requested-secrets"],
    );
    let out = context().run(on::relation_created(&relation), state).unwrap();
    assert!(out.relation(3).local_app_data.is_empty());
}

#[test]
fn the_credentials_are_read_from_the_provider_s_secret() {
    let state = state_with_database(&user());
    schema::check(
        "postgresql_client-v0 provider app",
        &state.relation(3).remote_app_data,
        &["endpoints", "secret-user"],
    );
    let mut ctx = context();
    let out = ctx.run(on::relation_changed(state.relation(3)), state).unwrap();
    assert_eq!(ctx.emitted(&DATABASE.changed())[0].name, "shop");
    assert!(!serde_json::to_string(&out.library_stored).unwrap().contains("hunter2"));
    let database = database(out.clone()).unwrap().unwrap();
    assert_eq!(database.endpoints, ["10.0.0.7:5432", "10.0.0.8:5432"]);
    assert_eq!((database.username.as_str(), database.password()), ("relation-3", "hunter2"));
    assert_eq!((database.version.as_deref(), database.uris()), (Some("16.8"), Some("postgresql://x")));
    assert_eq!(database.read_only_uris(), Some("postgresql://y"));
    assert!(!format!("{database:?}").contains("hunter2"));
    ctx.run(on::relation_changed(out.relation(3)), out.clone()).unwrap();
    assert!(ctx.emitted(&DATABASE.changed()).is_empty(), "it is known already");
}

#[test]
fn a_new_password_emits_an_event() {
    let state = state_with_database(&user());
    let mut ctx = context();
    let mut out = ctx.run(on::relation_changed(state.relation(3)), state).unwrap();
    let secret = out.secrets[0].clone().latest_content([("username", "relation-3"), ("password", "new")]);
    out.secrets = vec![secret.clone()];
    let out = ctx.run(on::secret_changed(&secret), out).unwrap();
    assert_eq!(ctx.emitted(&DATABASE.changed()).len(), 1);
    assert_eq!(database(out).unwrap().unwrap().password(), "new");
}

#[test]
fn other_secrets_of_the_charm_are_ignored() {
    let other = Secret::new([("key", "value")]).label("database-backup");
    let mut ctx = context();
    ctx.run(on::secret_changed(&other), state_with_database(&user()).with_secret(other.clone())).unwrap();
    assert!(ctx.hook_commands().is_empty(), "{:?}", ctx.hook_commands());
}

#[test]
fn a_secret_that_was_not_granted_is_an_error_but_does_not_fail_the_hook() {
    let state = state_with_database(&user().revoked());
    let mut ctx = context();
    let out = ctx.run(on::relation_changed(state.relation(3)), state).unwrap();
    assert!(ctx.emitted(&DATABASE.changed()).is_empty());
    let error = database(out).unwrap_err().to_string();
    assert!(error.contains("permission denied"), "{error}");
}

#[test]
fn a_secret_that_lacks_a_key_is_an_error_that_names_it_and_not_the_password() {
    let secret = Secret::new([("password", "hunter2")]).untracked();
    let state = state_with_database(&secret);
    context().run(on::relation_changed(state.relation(3)), state.clone()).unwrap();
    let error = database(state).unwrap_err().to_string();
    assert!(error.ends_with("it has no key username") && !error.contains("hunter2"), "{error}");
}

#[test]
fn credentials_are_read_from_a_provider_without_secrets() {
    let data =
        [("database", "shop"), ("endpoints", "10.0.0.7:5432"), ("username", "u"), ("password", "p"), ("tls", "True")];
    let relation = Relation::new("database").id(3).remote_app_data(data);
    schema::check(
        "postgresql_client-v0 provider app",
        &relation.remote_app_data,
        &["database", "username", "password"],
    );
    let database = database(State::default().with_relation(relation)).unwrap().unwrap();
    assert_eq!((database.username.as_str(), database.password(), database.tls), ("u", "p", true));
}

#[test]
fn tls_is_parsed_from_many_spellings_and_others_are_errors() {
    let read = |tls: &str, in_secret: bool| {
        let plain = [("endpoints", "10.0.0.7:5432"), ("username", "u"), ("password", "p")];
        let mut data: Vec<(&str, String)> = plain.map(|(key, value)| (key, value.to_owned())).to_vec();
        let secret = Secret::new([("tls", tls), ("tls-ca", "PEM")]).untracked();
        if in_secret {
            data.push(("secret-tls", secret.id.uri()));
        } else {
            data.push(("tls", tls.to_owned()));
        }
        let relation = Relation::new("database").id(3).remote_app("postgresql").remote_app_data(data);
        database(State::default().with_relation(relation).with_secret(secret)).map(|database| database.unwrap())
    };
    for in_secret in [true, false] {
        for (text, tls) in
            [("true", true), ("True", true), ("enabled", true), ("1", true), ("false", false), ("0", false)]
        {
            let database = read(text, in_secret).unwrap();
            assert_eq!((database.tls, database.tls_ca.is_some()), (tls, in_secret), "{text}");
        }
    }
    let error = read("perhaps", false).unwrap_err().to_string();
    assert!(error.starts_with("relation database:3, databag of postgresql: tls is "), "{error}");
    assert!(read("perhaps", true).unwrap_err().to_string().contains("tls"));
}

#[test]
fn the_requested_name_is_used_if_the_provider_writes_none() {
    let secret = user();
    let mut relation = state_with_database(&secret).relation(3).clone();
    relation.remote_app_data.retain(|key, _| !["database", "resource"].contains(&key.as_str()));
    let state = State::default().with_relation(relation).with_secret(secret);
    let mut ctx = context();
    let out = ctx.run(on::relation_changed(state.relation(3)), state.clone()).unwrap();
    assert_eq!(ctx.emitted(&DATABASE.changed())[0].name, "shop");
    assert_eq!(database(out).unwrap().unwrap().name, "shop");
}

/// Like `PgBouncer` and `MySQL` Router, which are subordinates.
#[test]
fn a_database_behind_a_subordinate_router_is_ready_when_the_router_is() {
    let secret = user();
    let state = state_with_database(&secret).change_relation(3, |relation| {
        let data = relation.remote_app_data.clone().into_iter().chain([("subordinated".to_owned(), "true".to_owned())]);
        relation.remote_app_data(data).remote_unit_data(0, [("state", "starting")])
    });
    schema::check("postgresql_client-v0 provider app", &state.relation(3).remote_app_data, &["endpoints"]);
    let mut ctx = context();
    let out = ctx.run(on::relation_changed(state.relation(3)), state).unwrap();
    assert!(ctx.emitted(&DATABASE.changed()).is_empty());
    assert_eq!(database(out.clone()).unwrap(), None);
    let ready = out.change_relation(3, |relation| relation.remote_unit_data(0, [("state", "ready")]));
    let out = ctx.run(on::relation_changed(ready.relation(3)), ready.clone()).unwrap();
    assert_eq!(ctx.emitted(&DATABASE.changed()).len(), 1);
    assert_eq!(database(out).unwrap().unwrap().username, "relation-3");
}

#[test]
fn a_database_without_endpoints_is_not_ready() {
    let relation = Relation::new("database").id(3).remote_app_data([("database", "shop")]);
    let state = State::default().with_relation(relation.clone());
    assert_eq!(database(state.clone()).unwrap(), None);
    let mut ctx = context();
    let out = ctx.run(on::relation_changed(&relation), state).unwrap();
    ctx.run(on::relation_broken(&relation), out).unwrap();
    assert_eq!(ctx.emitted(&DATABASE.removed()).len(), 1);
}
