//! The charm: what it does on each event.

use std::fs;
use std::io::Read as _;
use std::net::SocketAddr;

use anyhow::Context as _;
use ops::{
    ActionEvent, Charm, CollectStatusEvent, Framework, Model, Port, Relation, RelationBrokenEvent,
    RelationDepartedEvent, Rotate, Secret, SecretContent, SecretRemoveEvent, SecretRotateEvent, SecretUpdate, Status,
    StorageDetachingEvent,
};
use serde::{Deserialize, Serialize};

use crate::interface::{Answer, Name, Request};
use crate::server::{Server, Workload};
use crate::store::Store;

ops::charm!("charmcraft.yaml");

/// The charm's config, checked against charmcraft.yaml when the charm is compiled.
#[ops::config]
#[derive(Debug)]
struct Config {
    port: u16,
}

/// Parameters of the `import` action.
#[derive(Debug, Deserialize)]
struct ImportParams {
    namespace: Name,
    overwrite: bool,
}

/// Results of the `import` action.
#[derive(Debug, Serialize)]
struct ImportResults {
    imported: usize,
    skipped: usize,
}

/// The stored value that says that this unit is being removed.
const LEAVING: &str = "leaving";

/// Runs a key-value store for related applications.
#[derive(Debug, Default)]
pub struct KeyValueCharm<W = Server> {
    /// What the charm manages.
    pub workload: W,
}

impl<W: Workload + 'static> Charm for KeyValueCharm<W> {
    fn observe(framework: &mut Framework<Self>) {
        // After each of these events, the same must hold.
        framework.observe(on::start(), Self::reconcile);
        framework.observe(on::config_changed(), Self::reconcile);
        framework.observe(on::leader_elected(), Self::reconcile);
        framework.observe(on::store_relation_changed(), Self::reconcile);

        framework.observe(on::store_relation_departed(), Self::on_store_departed);
        framework.observe(on::store_relation_broken(), Self::on_store_broken);
        framework.observe(on::secret_rotate(), Self::on_secret_rotate);
        framework.observe(on::secret_remove(), Self::on_secret_remove);
        framework.observe(on::data_storage_detaching(), Self::on_data_detaching);
        framework.observe(on::import_action(), Self::on_import);
        framework.observe(on::rotate_passwords_action(), Self::on_rotate_passwords);
        framework.observe(on::collect_unit_status(), Self::on_collect_unit_status);
        framework.observe(on::collect_app_status(), Self::on_collect_app_status);
    }
}

impl<W: Workload> KeyValueCharm<W> {
    /// On the leader, serve the store on the configured port, and admit applications that request it.
    fn reconcile<E>(&mut self, _event: &E, model: &Model) -> anyhow::Result<()> {
        let Some(store) = store(model)? else { return Ok(()) };
        let config: Config = match model.load_config() {
            Ok(config) => config,
            // The status says what is wrong with it.
            Err(ops::Error::Config(_)) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        if !model.unit().is_leader()? {
            return Ok(());
        }
        if self.workload.port(store.folder()) != Some(config.port) {
            self.workload.stop(store.folder())?;
            self.workload.start(store.folder(), config.port)?;
            tracing::info!("serving on port {}", config.port);
        }
        model.unit().set_ports([Port::tcp(config.port)])?;
        for relation in model.relations(endpoints::STORE)? {
            grant_access(&store, &relation, config.port, model)?;
        }
        Ok(())
    }

    /// A unit leaves on either side. If it is this one, the relation continues without it.
    fn on_store_departed(&mut self, event: &RelationDepartedEvent, model: &Model) -> anyhow::Result<()> {
        if event.departing_unit == Some(model.unit()) {
            model.store(LEAVING, &true)?;
        }
        Ok(())
    }

    /// The relation is gone: remove its credentials, unless it is this unit that leaves.
    fn on_store_broken(&mut self, event: &RelationBrokenEvent, model: &Model) -> anyhow::Result<()> {
        if let Some(store) = store(model)? {
            store.remove_user(&user_name(&event.relation)?)?;
        }
        if model.stored(LEAVING)? == Some(true) || !model.unit().is_leader()? {
            return Ok(());
        }
        match model.secret_with_label(user_name(&event.relation)?.as_str()).remove_all_revisions() {
            // It had never requested a namespace.
            Err(ops::Error::SecretNotFound { .. }) => Ok(()),
            result => Ok(result?),
        }
    }

    /// Juju says that it is time for a new password.
    fn on_secret_rotate(&mut self, event: &SecretRotateEvent, model: &Model) -> anyhow::Result<()> {
        let store = store(model)?.context("storage data is not attached")?;
        for relation in model.relations(endpoints::STORE)? {
            let user = user_name(&relation)?;
            if let (true, Some(namespace)) =
                (event.secret.label() == Some(user.as_str()), requested_namespace(&relation)?)
            {
                replace_password(&store, &user, &namespace, &event.secret)?;
            }
        }
        Ok(())
    }

    /// Nobody uses the old password any longer.
    fn on_secret_remove(&mut self, event: &SecretRemoveEvent, _model: &Model) -> anyhow::Result<()> {
        Ok(event.remove_revision()?)
    }

    /// The store cannot be served without its files.
    fn on_data_detaching(&mut self, event: &StorageDetachingEvent, _model: &Model) -> anyhow::Result<()> {
        self.workload.stop(&event.storage.location()?)
    }

    /// A user imports values into a namespace.
    fn on_import(&mut self, event: &ActionEvent, model: &Model) -> anyhow::Result<()> {
        let ImportParams { namespace, overwrite } = event.load_params()?;
        let Some(store) = store(model)? else { return Ok(event.fail("storage data is not attached")?) };
        let seed = match model.resource(resources::SEED) {
            Ok(path) => fs::read_to_string(path)?,
            Err(error) => {
                tracing::warn!("{}", ops::chain(&error));
                return Ok(event.fail("there is no seed: attach one with `juju attach-resource keyvalue seed=FILE`")?);
            }
        };
        let (mut imported, mut skipped) = (0, 0);
        for line in seed.lines() {
            let (key, value) = line.split_once('=').with_context(|| format!("seed: {line:?} is not key=value"))?;
            let key = Name::try_from(key.to_owned()).with_context(|| format!("seed: {key:?} is not a key"))?;
            if overwrite || store.get(&namespace, &key)?.is_none() {
                store.set(&namespace, &key, value)?;
                imported += 1;
            } else {
                event.log(&format!("{key} is there already"))?;
                skipped += 1;
            }
        }
        Ok(event.set_results(&ImportResults { imported, skipped })?)
    }

    /// A user requests new passwords.
    fn on_rotate_passwords(&mut self, event: &ActionEvent, model: &Model) -> anyhow::Result<()> {
        if !model.unit().is_leader()? {
            return Ok(event.fail("only the leader can do this")?);
        }
        let store = store(model)?.context("storage data is not attached")?;
        for relation in model.relations(endpoints::STORE)? {
            if let (Some(answer), Some(namespace)) = (sent_answer(&relation)?, requested_namespace(&relation)?) {
                replace_password(&store, &user_name(&relation)?, &namespace, &model.secret(&answer.secret_id))?;
                event.log(&format!("{relation} has a new password"))?;
            }
        }
        Ok(())
    }

    fn on_collect_unit_status(&mut self, event: &CollectStatusEvent, model: &Model) -> anyhow::Result<()> {
        if let Err(error) = model.load_config::<Config>() {
            event.add_status(Status::blocked(error.to_string()));
        }
        match store(model)? {
            None => event.add_status(Status::waiting("Waiting for storage data")),
            Some(_) if !model.unit().is_leader()? => event.add_status(Status::active_with("Standing by")),
            Some(store) if self.workload.port(store.folder()).is_none() => {
                event.add_status(Status::maintenance("Waiting for the store to start"));
            }
            Some(_) => event.add_status(Status::active()),
        }
        Ok(())
    }

    fn on_collect_app_status(&mut self, event: &CollectStatusEvent, model: &Model) -> anyhow::Result<()> {
        let mut clients = 0;
        for relation in model.relations(endpoints::STORE)? {
            clients += usize::from(sent_answer(&relation)?.is_some());
        }
        event.add_status(Status::active_with(format!("Serving {clients} applications")));
        Ok(())
    }
}

/// The store in the attached storage. `None` without storage.
fn store(model: &Model) -> anyhow::Result<Option<Store>> {
    match model.storages(storages::DATA)?.first() {
        Some(storage) => Ok(Some(Store::new(&storage.location()?))),
        None => Ok(None),
    }
}

/// The user of a relation, which is also the secret's label.
fn user_name(relation: &Relation) -> anyhow::Result<Name> {
    Name::try_from(format!("client-{}", relation.id()))
}

/// The other side's request. `None` if there is none yet.
fn requested_namespace(relation: &Relation) -> anyhow::Result<Option<Name>> {
    let Some(data) = relation.remote_app_data()? else { return Ok(None) };
    match data.load_if_complete::<Request>() {
        Ok(request) => Ok(request.map(|request| request.namespace)),
        // One application's mistake must not stop this unit from serving the others.
        Err(error @ ops::Error::RelationData { .. }) => {
            tracing::warn!("{error}");
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// This side's answer. `None` if there is none yet.
fn sent_answer(relation: &Relation) -> anyhow::Result<Option<Answer>> {
    Ok(relation.app_data().load_if_complete()?)
}

/// Let the remote application use the store, if it has requested that.
fn grant_access(store: &Store, relation: &Relation, port: u16, model: &Model) -> anyhow::Result<()> {
    let Some(namespace) = requested_namespace(relation)? else { return Ok(()) };
    let user = user_name(relation)?;
    let secret_id = if let Some(Answer { secret_id, .. }) = sent_answer(relation)? {
        if !store.has_user(&user) {
            // Another leader has answered, and its store is gone.
            replace_password(store, &user, &namespace, &model.secret(&secret_id))?;
        }
        secret_id
    } else {
        let password = random_password()?;
        let options = SecretUpdate::default().label(user.as_str()).rotate(Rotate::Monthly);
        let secret = model.app().add_secret(&credentials(&user, &password), &options)?;
        secret.grant(relation)?;
        store.set_user(&user, &namespace, &password)?;
        secret.id()?
    };
    let address = relation.binding()?.ingress_address().context("this unit has no address yet")?;
    Ok(relation.app_data().save(&Answer { endpoint: SocketAddr::new(address, port), secret_id })?)
}

fn replace_password(store: &Store, user: &Name, namespace: &Name, secret: &Secret) -> anyhow::Result<()> {
    let password = random_password()?;
    secret.set_content(&credentials(user, &password))?;
    Ok(store.set_user(user, namespace, &password)?)
}

fn credentials(user: &Name, password: &str) -> SecretContent {
    SecretContent::new([("username", user.as_str()), ("password", password)])
}

fn random_password() -> anyhow::Result<String> {
    let mut random = [0; 16];
    fs::File::open("/dev/urandom")?.read_exact(&mut random)?;
    Ok(format!("{:032x}", u128::from_be_bytes(random)))
}
