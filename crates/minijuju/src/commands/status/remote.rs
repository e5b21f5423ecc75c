//! Cross-model relations in `juju status`: consumed and offered applications.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::output::{OfferStatus, RemoteApplicationStatus, StatusInfo};
use super::reader::Reader;
use crate::client::offers;
use crate::commands::offers::output::endpoints_by_name;
use crate::format::Clock;
use crate::machine::Machines;
use crate::store::model::Model;
use crate::store::relation::{self, Relation};
use crate::store::saas::{self, Saas};
use crate::store::unit::Unit;
use crate::store::{Db, application, cross_model, model, offer, unit};

/// The offers that a model consumes, by name.
pub fn consumed(
    db: &Db,
    model: &Model,
    machines: &Machines,
    clock: &Clock,
    relations: &[Relation],
) -> anyhow::Result<BTreeMap<String, RemoteApplicationStatus>> {
    let mut shown = BTreeMap::new();
    for found in saas::all(db, &model.uuid)? {
        let mut related: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for relation in relations {
            let Some(local) = relation.endpoint(&found.name, None) else { continue };
            let Some(other) = relation.related_endpoint(local) else { continue };
            let others = related.entry(local.name.clone()).or_default();
            others.push(other.application.clone());
            others.sort();
            others.dedup();
        }
        let status = status(db, &found, machines, clock)?;
        let remote = RemoteApplicationStatus {
            endpoints: endpoints_by_name(&found.endpoints),
            life: Some(found.life).filter(|life| !life.is_alive()),
            status,
            relations: related,
            url: found.url,
        };
        shown.insert(found.name, remote);
    }
    Ok(shown)
}

/// The status of a consumed application.
fn status(db: &Db, found: &Saas, machines: &Machines, clock: &Clock) -> anyhow::Result<StatusInfo> {
    let terminated = || {
        let since = found.terminated.and_then(|time| Timestamp::from_millisecond(time).ok());
        StatusInfo::new("terminated", "offer has been removed", since.map(|time| clock.since(time)).unwrap_or_default())
    };
    let Some(offer) = offer::find_by_uuid(db, &found.offer_uuid)? else { return Ok(terminated()) };
    let Some(source) = model::find(db, &offer.model)? else { return Ok(terminated()) };
    let Some(offered) = application::find(db, &offer.model, &offer.application)? else { return Ok(terminated()) };
    let units = unit::of_application(db, &offer.model, &offer.application)?;
    let reader = Reader::new(db, &source, machines, clock, &units)?;
    Ok(reader.application_status(&offered, &units.iter().collect::<Vec<&Unit>>()))
}

/// The offers of a model, by name.
pub fn offered(db: &Db, model: &Model) -> anyhow::Result<BTreeMap<String, OfferStatus>> {
    let mut shown = BTreeMap::new();
    for found in offer::all(db, &model.uuid)? {
        let connections = cross_model::of_offer(db, &found.uuid)?;
        let mut active = 0;
        for connection in &connections {
            let side = &connection.offerer;
            let Some(found) = relation::find(db, &side.model, side.relation)? else { continue };
            active += usize::from(relation::status(db, &side.model, &found)?.0 == "joined");
        }
        let charm = application::find(db, &model.uuid, &found.application)?.map(|application| application.charm_url());
        let offer = OfferStatus {
            charm: charm.unwrap_or_default(),
            total_connected: connections.len(),
            active_connected: active,
            endpoints: endpoints_by_name(&offers::endpoints(db, &found)?),
            application: found.application,
        };
        shown.insert(found.name, offer);
    }
    Ok(shown)
}

/// The relations that the status lists. Relations to an offer are only counted there.
pub fn listed_relations(db: &Db, model: &Model) -> anyhow::Result<Vec<Relation>> {
    let cross_model = cross_model::all(db, &model.uuid)?;
    let is_offered =
        |relation: &Relation| cross_model.iter().any(|one| one.offerer.is_relation(&model.uuid, relation.id));
    let mut all = relation::all(db, &model.uuid)?;
    all.retain(|relation| !is_offered(relation));
    Ok(all)
}
