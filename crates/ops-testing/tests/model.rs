//! End-to-end tests of the model of `ops`: what a charm reads and changes through each of its objects.

use std::path::Path;
use std::time::Duration;

use ops::{Charm, Framework, Model, SecretContent, SecretUpdate, StartEvent};
use ops_testing::{
    CloudCredential, CloudSpec, Context, Error, Model as ModelState, Network, Port, Relation, Resource, Rotate, Secret,
    SecretOwner, State, Status, Storage, on,
};

/// Runs a test's function in `start`.
struct ScriptedCharm(fn(&Model) -> anyhow::Result<()>);

impl Charm for ScriptedCharm {
    fn observe(framework: &mut Framework<Self>) {
        framework.observe(ops::on::start(), Self::on_start);
    }
}

impl ScriptedCharm {
    fn on_start(&mut self, _: &StartEvent, model: &Model) -> anyhow::Result<()> {
        (self.0)(model)
    }
}

const METADATA: &str = "
name: app
summary: An application.
description: An application.
requires:
  db: {interface: postgresql_client}
peers:
  peers: {interface: peers}
storage:
  data: {type: filesystem, multiple: {range: 0-}}
resources:
  software: {type: file, filename: software.zip}
config:
  options:
    slug: {type: string, default: example}
    port: {type: int}
";

/// Run `start` with `state`, and `script` as the handler.
fn start(state: State, script: fn(&Model) -> anyhow::Result<()>) -> State {
    run(state, script).unwrap_or_else(|error| panic!("{error}"))
}

fn run(state: State, script: fn(&Model) -> anyhow::Result<()>) -> Result<State, Error> {
    Context::with_metadata(ScriptedCharm(script), METADATA)?.run(on::start(), state)
}

fn db() -> Relation {
    Relation::new("db").id(7).remote_app("postgresql").remote_unit_data(0, [("host", "10.0.0.1")])
}

#[test]
fn config_status_version_and_leadership() {
    let state = State::default().with_config("port", 8080).with_leader(true).with_planned_units(3);
    let out = start(state, |model| {
        assert_eq!(model.config()?["slug"], "example");
        assert_eq!(model.config()?["port"], 8080);
        assert!(model.is_leader()?);
        assert_eq!(model.app().planned_units()?, 3);
        assert_eq!(model.unit().status()?, Status::unknown());
        model.unit().set_status(Status::waiting("for it"))?;
        assert_eq!(model.unit().status()?, Status::waiting("for it"));
        model.app().set_status(Status::active_with("all of it"))?;
        assert_eq!(model.app().status()?, Status::active_with("all of it"));
        model.unit().set_workload_version("1.2")?;
        Ok(())
    });
    assert_eq!(out.unit_status, Status::waiting("for it"));
    assert_eq!(out.app_status, Status::active_with("all of it"));
    assert_eq!(out.workload_version, "1.2");
}

#[test]
fn relations() {
    let peers = Relation::peer("peers").remote_unit_data(1, [("seen", "yes")]).local_app_data([("key", "shared")]);
    let state = State::default().with_relation(db().remote_model_uuid("there")).with_relation(peers).with_leader(true);
    let out = start(state, |model| {
        let Some(db) = model.relation("db")? else { anyhow::bail!("no relation") };
        assert_eq!(db.id(), 7);
        assert_eq!(db.remote_model_uuid()?, "there");
        let (units, app) = (db.units()?, db.app()?);
        assert_eq!(units.iter().map(ops::Unit::name).collect::<Vec<_>>(), ["postgresql/0"]);
        assert_eq!(app.as_ref().map(ops::Application::name), Some("postgresql"));
        assert_eq!(db.data(&units[0]).get("host")?.as_deref(), Some("10.0.0.1"));
        db.unit_data().set("user", "app")?;
        db.unit_data().remove("egress-subnets")?;
        db.app_data().set("wants", "a database: {}\nplease")?;
        assert_eq!(db.app_data().get("wants")?.as_deref(), Some("a database: {}\nplease"));

        let Some(peers) = model.relation("peers")? else { anyhow::bail!("no peers") };
        assert_eq!(peers.units()?.len(), 1);
        assert_eq!(peers.app_data().get("key")?.as_deref(), Some("shared"));
        Ok(())
    });
    let db = out.get_relation(7).unwrap();
    assert_eq!(db.local_unit_data.keys().collect::<Vec<_>>(), ["ingress-address", "private-address", "user"]);
    assert_eq!(db.local_app_data["wants"], "a database: {}\nplease");
}

#[test]
fn granted_secrets() {
    let theirs = Secret::new([("password", "old")]).label("password").latest_content([("password", "new")]);
    let out = start(State::default().with_secret(theirs), |model| {
        let secret = model.secret_with_label("password");
        assert_eq!(secret.get()?.expose("password"), Some("old"));
        assert_eq!(secret.peek()?.expose("password"), Some("new"));
        assert_eq!(secret.get()?.expose("password"), Some("old"));
        assert_eq!(secret.refresh()?.expose("password"), Some("new"));
        assert!(!format!("{:?}", secret.get()?).contains("new"));
        let missing = model.secret("secret:aaaaaaaaaaaaaaaaaaa0").get().unwrap_err();
        assert!(matches!(missing, ops::Error::SecretNotFound { .. }), "{missing}");
        Ok(())
    });
    assert_eq!(out.get_secret_by_label("password").unwrap().tracked_revision, Some(2));
}

#[test]
fn owned_secrets() {
    let out = start(State::default().with_relation(db()), |model| {
        let about = SecretUpdate::default().label("mine").description("a password").expire_in(Duration::from_secs(90));
        let secret = model.unit().add_secret(&SecretContent::new([("password", "a: \"b\"\n")]), &about)?;
        assert_eq!(secret.get()?.expose("password"), Some("a: \"b\"\n"));
        assert_eq!(secret.info()?.label, "mine");
        assert_eq!(secret.info()?.revision, 1);
        secret.set_info(&SecretUpdate::default().rotate(ops::Rotate::Daily))?;
        let Some(db) = model.relation("db")? else { anyhow::bail!("no relation") };
        secret.grant(&db)?;
        assert_eq!(model.owned_secrets()?.len(), 1);
        Ok(())
    });
    let secret = out.get_secret_by_label("mine").unwrap();
    assert_eq!(secret.owner, Some(SecretOwner::Unit));
    assert_eq!(secret.latest().unwrap(), &[("password", "a: \"b\"\n")].into_iter().collect());
    assert_eq!(secret.description.as_deref(), Some("a password"));
    assert_eq!(secret.rotate, Rotate::Daily);
    assert!(secret.expire.is_some() && secret.next_rotate.is_some());
    assert_eq!(secret.remote_grants, [(7, ["postgresql".to_owned()].into())].into());

    let out = start(out, |model| {
        let secret = model.secret_with_label("mine");
        let info = secret.info()?;
        let secret = model.secret(&info.id);
        secret.set_content(&SecretContent::new([("password", "two")]))?;
        let Some(db) = model.relation("db")? else { anyhow::bail!("no relation") };
        secret.revoke(&db)?;
        Ok(())
    });
    let secret = out.get_secret_by_label("mine").unwrap();
    assert_eq!(secret.latest_revision(), 2);
    assert!(secret.remote_grants.is_empty());

    let out = start(out, |model| {
        let info = model.secret_with_label("mine").info()?;
        model.secret(&info.id).remove_revision(1)?;
        Ok(())
    });
    assert_eq!(out.get_secret_by_label("mine").unwrap().revisions.keys().collect::<Vec<_>>(), [&2]);
    let out = start(out, |model| {
        let info = model.secret_with_label("mine").info()?;
        model.secret(&info.id).remove_all_revisions()?;
        Ok(())
    });
    assert_eq!(out.secrets, []);
    start(State::default(), |model| {
        assert!(model.owned_secrets()?.is_empty());
        Ok(())
    });
}

#[test]
fn ports() {
    let out = start(State::default().with_opened_port(Port::tcp(80)), |model| {
        let unit = model.unit();
        assert_eq!(unit.opened_ports()?.len(), 1);
        unit.set_ports(["8000-8010/udp".parse()?, "icmp".parse()?])?;
        assert_eq!(unit.opened_ports()?.len(), 2);
        Ok(())
    });
    assert_eq!(out.opened_ports, [Port::icmp(), Port::udp_range(8000..=8010)].into());
}

#[test]
fn storages_and_resources() {
    let state = State::default()
        .with_storage(Storage::new("data").location("/srv/data"))
        .with_resource(Resource::new("software", "/srv/software.zip"));
    let mut ctx = Context::with_metadata(
        ScriptedCharm(|model| {
            let storages = model.storages("data")?;
            assert_eq!(storages.len(), 1);
            assert_eq!(storages[0].location()?, Path::new("/srv/data"));
            model.request_storage("data", 2)?;
            assert_eq!(model.resource("software")?, Path::new("/srv/software.zip"));
            Ok(())
        }),
        METADATA,
    )
    .unwrap();
    ctx.run(on::start(), state).unwrap();
    assert_eq!(ctx.requested_storages("data"), 2);
}

#[test]
fn networks_and_clouds() {
    let credential = CloudCredential {
        auth_type: "certificate".to_owned(),
        attributes: [("client-key".to_owned(), "hidden".to_owned())].into(),
        redacted: Vec::new(),
    };
    let model = ModelState { cloud_spec: Some(CloudSpec::new("lxd").credential(credential)), ..ModelState::default() };
    let state = State::default().with_network("db", Network::new("10.0.0.7")).with_model(model);
    start(state, |model| {
        let binding = model.binding("db")?;
        assert_eq!(binding.bind_address().map(|address| address.to_string()).as_deref(), Some("10.0.0.7"));
        assert_eq!(binding.ingress_address(), binding.bind_address());
        let other = model.binding("peers")?;
        assert_eq!(other.egress_subnets(), ["192.0.2.0/24"]);
        let spec = model.cloud_spec()?;
        assert_eq!(spec.credential.map(|credential| credential.auth_type).as_deref(), Some("certificate"));
        Ok(())
    });
    let error = run(State::default(), |model| Ok(model.cloud_spec().map(drop)?)).unwrap_err();
    assert!(error.to_string().contains("permission denied"), "{error}");
}

#[test]
fn changes_that_juju_refuses_at_the_end_of_a_hook_are_an_error() {
    // Directly, because the model would refuse it first.
    let error = run(State::default(), |model| Ok(ops::hookcmds::storage_add(model.runner(), "nonsense", 1)?));
    let error = error.unwrap_err();
    assert!(matches!(error, Error::Refused(_)), "{error}");
    let expected =
        "Juju refused the changes of the hook: adding storage nonsense for unit-app-0: storage \"nonsense\" not found";
    assert_eq!(error.to_string(), expected);
}
