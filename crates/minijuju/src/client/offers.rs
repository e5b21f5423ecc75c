//! Offers, from the consumer's side.

use anyhow::{Context as _, bail};
use ops_metadata::{CharmMeta, RelationRole, RelationScope};

use super::{Client, USER};
use crate::charm;
use crate::cli::OfferUrl;
use crate::store::Life;
use crate::store::database::now;
use crate::store::endpoint::Role;
use crate::store::model::{self, Model};
use crate::store::offer::{self, Offer};
use crate::store::saas::{self, RemoteEndpoint, Saas};
use crate::store::{Db, application};

/// The URL of an offer as Juju shows it: with the owner, without the controller.
pub fn url(model: &str, offer: &str) -> OfferUrl {
    OfferUrl { source: String::new(), user: USER.to_owned(), model: model.to_owned(), offer: offer.to_owned() }
}

/// The model in a URL.
pub fn model(client: &Client, url: &OfferUrl) -> anyhow::Result<Model> {
    if ![super::CONTROLLER, ""].contains(&url.source.as_str()) {
        bail!("controller {} not found", url.source);
    }
    let owner = if url.user.is_empty() { USER } else { &url.user };
    let found = if owner == USER { model::find(client.store.db(), &url.model)? } else { None };
    found.with_context(|| format!("model \"{owner}/{}\" not found", url.model))
}

pub fn find(client: &Client, url: &OfferUrl) -> anyhow::Result<Offer> {
    if url.has_endpoint() {
        bail!("saas application {:?} shouldn't include endpoint", url.to_string());
    }
    let model = model(client, url)?;
    offer::find(client.store.db(), &model.uuid, &url.offer)?
        .with_context(|| format!("application offer {:?} not found", self::url(&model.name, &url.offer).to_string()))
}

/// An endpoint of a charm that can be offered, and whether its scope is `container`. Every charm has `juju-info`.
pub fn endpoint(meta: &CharmMeta, name: &str) -> Option<(RemoteEndpoint, bool)> {
    let Some(found) = meta.relations.get(name).filter(|relation| relation.role != RelationRole::Peer) else {
        let implicit = RemoteEndpoint { name: name.to_owned(), interface: name.to_owned(), role: Role::Provider };
        return (name == "juju-info").then_some((implicit, false));
    };
    let role = if found.role == RelationRole::Provides { Role::Provider } else { Role::Requirer };
    let endpoint = RemoteEndpoint { name: name.to_owned(), interface: found.interface.clone(), role };
    Some((endpoint, found.scope == RelationScope::Container))
}

/// The endpoints of an offer.
pub fn endpoints(db: &Db, offer: &Offer) -> anyhow::Result<Vec<RemoteEndpoint>> {
    let found = application::find(db, &offer.model, &offer.application)?;
    let meta = charm::metadata(&found.with_context(|| format!("application {:?} not found", offer.application))?)?;
    Ok(offer.endpoints.iter().filter_map(|name| Some(endpoint(&meta, name)?.0)).collect())
}

/// Let a model consume an offer under this name, unless it already does. Juju 3.6: `saveRemoteApplication` in
/// apiserver/facades/client/application/application.go.
pub fn consume(client: &mut Client, model: &Model, offer: &Offer, name: &str) -> anyhow::Result<()> {
    let db = client.store.db();
    let endpoints = endpoints(db, offer)?;
    let known = saas::find(db, &model.uuid, name)?;
    let mut old_endpoints = Vec::new();
    let mut since = now();
    if let Some(known) = known {
        if known.source_model != offer.model {
            bail!("saas application called {name:?} from a different model already exists");
        }
        if !known.life.is_alive() {
            bail!("saas application called {name:?} exists but is terminating");
        }
        // If its offer was removed, it is replaced.
        if offer::find_by_uuid(db, &known.offer_uuid)?.is_some() {
            let same_name = |old: &&RemoteEndpoint| endpoints.iter().any(|new| new.name == old.name);
            if let Some(changed) = known.endpoints.iter().filter(same_name).find(|old| !endpoints.contains(old)) {
                bail!("conflicting endpoint {}", changed.name);
            }
            old_endpoints = known.endpoints.into_iter().filter(|old| !endpoints.contains(old)).collect();
            since = known.since;
        }
    } else if application::find(db, &model.uuid, name)?.is_some() {
        if model.juju.is_4() {
            bail!("application {name:?} already exists");
        }
        bail!("cannot add saas application {name:?}: local application with same name already exists");
    }
    let source = model::find(db, &offer.model)?.map(|model| model.name).unwrap_or_default();
    let url = OfferUrl { source: super::CONTROLLER.to_owned(), ..url(&source, &offer.name) };
    let saas = Saas {
        name: name.to_owned(),
        offer_uuid: offer.uuid.clone(),
        source_model: offer.model.clone(),
        url: url.to_string(),
        endpoints: old_endpoints.into_iter().chain(endpoints).collect(),
        life: Life::Alive,
        since,
        terminated: None,
    };
    client.write(|db| saas::save(db, &model.uuid, &saas))
}
