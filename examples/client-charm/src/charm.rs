//! The charm: what it does on each event.

use keyvalue_charm::{Name, Request};
use ops::{
    ActionEvent, Charm, CollectStatusEvent, Custom, Framework, Model, RelationChangedEvent, SecretChangedEvent, Status,
};
use serde::{Deserialize, Serialize};

use crate::store::{RemoteStore, Store, StoreReady, answer};

ops::charm!("charmcraft.yaml");

/// The charm's config, checked against charmcraft.yaml when the charm is compiled.
#[ops::config]
#[derive(Debug)]
struct Config {
    namespace: Name,
}

/// Parameters of the `put` action.
#[derive(Debug, Deserialize)]
struct PutParams {
    key: Name,
    value: String,
}

/// Parameters of the `get` action.
#[derive(Debug, Deserialize)]
struct GetParams {
    key: Name,
}

/// Results of the `get` action.
#[derive(Debug, Serialize)]
struct GetResults {
    value: String,
}

/// The stored value with the namespace in use. Another namespace would have none of the values.
const NAMESPACE: &str = "namespace";

/// Stores values in another application's key-value store.
#[derive(Debug, Default)]
pub struct ClientCharm<S = RemoteStore> {
    /// The store to use.
    pub store: S,
}

impl<S: Store + 'static> Charm for ClientCharm<S> {
    fn observe(framework: &mut Framework<Self>) {
        framework.observe(on::store_relation_created(), Self::request_namespace);
        framework.observe(on::config_changed(), Self::request_namespace);
        framework.observe(on::leader_elected(), Self::request_namespace);

        framework.observe(on::store_relation_changed(), Self::on_store_changed);
        framework.observe(on::custom(), Self::on_store_ready);
        framework.observe(on::secret_changed(), Self::on_secret_changed);

        framework.observe(on::put_action(), Self::on_put);
        framework.observe(on::get_action(), Self::on_get);
        framework.observe(on::collect_unit_status(), Self::on_collect_unit_status);
    }
}

impl<S: Store> ClientCharm<S> {
    /// On the leader, request the configured namespace.
    fn request_namespace<E>(&mut self, _event: &E, model: &Model) -> anyhow::Result<()> {
        let Some(relation) = model.relation(endpoints::STORE)? else { return Ok(()) };
        if let Namespace::Valid(namespace) = namespace(model)?
            && model.unit().is_leader()?
        {
            relation.app_data().save(&Request { namespace })?;
        }
        Ok(())
    }

    /// The store's application may have answered.
    fn on_store_changed(&mut self, _event: &RelationChangedEvent, model: &Model) -> anyhow::Result<()> {
        match answer(model, endpoints::STORE)? {
            Some(answer) => Ok(model.emit(&StoreReady { endpoint: answer.endpoint })?),
            None => Ok(()),
        }
    }

    /// The store is ready: write a greeting.
    fn on_store_ready(&mut self, event: &Custom<StoreReady>, model: &Model) -> anyhow::Result<()> {
        let (Some(answer), Namespace::Valid(namespace)) = (answer(model, endpoints::STORE)?, namespace(model)?) else {
            return Ok(());
        };
        let credentials = model.secret(&answer.secret_id).get()?;
        let key = Name::try_from(model.unit().name().replace('/', "-"))?;
        if let Err(error) = self.store.put(event.endpoint, &credentials, &key, "hello") {
            // It may still be starting, and Juju sends no event when it is ready.
            tracing::warn!("{error:#}: trying again at the next event");
            event.defer();
            return Ok(());
        }
        Ok(model.store(NAMESPACE, &namespace)?)
    }

    /// The password has changed: use the new one.
    fn on_secret_changed(&mut self, event: &SecretChangedEvent, _model: &Model) -> anyhow::Result<()> {
        event.secret.refresh()?;
        tracing::info!("using a new password");
        Ok(())
    }

    /// A user stores a value.
    fn on_put(&mut self, event: &ActionEvent, model: &Model) -> anyhow::Result<()> {
        let PutParams { key, value } = event.load_params()?;
        let Some(answer) = answer(model, endpoints::STORE)? else { return Ok(event.fail("there is no store yet")?) };
        let credentials = model.secret(&answer.secret_id).get()?;
        match self.store.put(answer.endpoint, &credentials, &key, &value) {
            Ok(()) => Ok(()),
            Err(error) => Ok(event.fail(&format!("{error:#}"))?),
        }
    }

    /// A user reads a value.
    fn on_get(&mut self, event: &ActionEvent, model: &Model) -> anyhow::Result<()> {
        let GetParams { key } = event.load_params()?;
        let Some(answer) = answer(model, endpoints::STORE)? else { return Ok(event.fail("there is no store yet")?) };
        let credentials = model.secret(&answer.secret_id).get()?;
        match self.store.get(answer.endpoint, &credentials, &key) {
            Ok(Some(value)) => Ok(event.set_results(&GetResults { value })?),
            Ok(None) => Ok(event.fail(&format!("there is no value for {key}"))?),
            Err(error) => Ok(event.fail(&format!("{error:#}"))?),
        }
    }

    fn on_collect_unit_status(&mut self, event: &CollectStatusEvent, model: &Model) -> anyhow::Result<()> {
        if let Namespace::Invalid(reason) = namespace(model)? {
            event.add_status(Status::blocked(reason));
        }
        if model.relation(endpoints::STORE)?.is_none() {
            event.add_status(Status::blocked("Relation store is missing"));
        } else if model.stored::<Name>(NAMESPACE)?.is_none() {
            event.add_status(Status::waiting("Waiting for the store"));
        }
        event.add_status(Status::active());
        Ok(())
    }
}

/// The configured namespace.
enum Namespace {
    /// The store accepts it.
    Valid(Name),
    /// The user must change it, for this reason.
    Invalid(String),
}

fn namespace(model: &Model) -> anyhow::Result<Namespace> {
    let configured = match model.load_config::<Config>() {
        Ok(config) => config.namespace,
        Err(error @ ops::Error::Config(_)) => return Ok(Namespace::Invalid(error.to_string())),
        Err(error) => return Err(error.into()),
    };
    Ok(match model.stored::<Name>(NAMESPACE)? {
        Some(used) if used != configured => {
            Namespace::Invalid(format!("The namespace is {used} and cannot become {configured}"))
        }
        _ => Namespace::Valid(configured),
    })
}
