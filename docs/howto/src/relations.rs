//! The code of `relations.md`.

use ops::{
    Charm, CollectStatusEvent, Framework, Model, RelationBrokenEvent, RelationChangedEvent, RelationCreatedEvent,
    Status,
};
use serde::{Deserialize, Serialize};

use crate::{endpoints, on};

/// What this side of the interface writes.
#[derive(Debug, Serialize)]
struct Request {
    database: String,
}

/// What the other side writes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Database {
    endpoint: String,
    #[serde(default)]
    read_only_endpoints: Vec<String>,
}

/// A charm that uses a database.
#[derive(Debug, Default)]
pub struct SiteCharm {
    connected: Option<String>,
}

impl Charm for SiteCharm {
    fn observe(framework: &mut Framework<Self>) {
        framework.observe(on::database_relation_created(), Self::on_database_created);
        framework.observe(on::database_relation_changed(), Self::on_database_changed);
        framework.observe(on::database_relation_broken(), Self::on_database_broken);
        framework.observe(on::website_relation_joined(), Self::publish);
        framework.observe(on::config_changed(), Self::publish);
        framework.observe(on::collect_unit_status(), Self::on_collect_status);
    }
}

impl SiteCharm {
    fn on_database_created(&mut self, event: &RelationCreatedEvent, model: &Model) -> anyhow::Result<()> {
        if model.unit().is_leader()? {
            event.relation.app_data().save(&Request { database: model.app().name().to_owned() })?;
        }
        Ok(())
    }

    fn on_database_changed(&mut self, _event: &RelationChangedEvent, model: &Model) -> anyhow::Result<()> {
        if let Some(database) = database(model)? {
            let readers = database.read_only_endpoints.len();
            self.connected = Some(format!("{} and {readers} more", database.endpoint));
        }
        Ok(())
    }

    fn on_database_broken(&mut self, event: &RelationBrokenEvent, _model: &Model) -> anyhow::Result<()> {
        tracing::info!("{} is gone", event.relation);
        self.connected = None;
        Ok(())
    }

    fn on_collect_status(&mut self, event: &CollectStatusEvent, model: &Model) -> anyhow::Result<()> {
        if model.relation(endpoints::DATABASE)?.is_none() {
            event.add_status(Status::blocked("Relation database is missing"));
        } else if database(model)?.is_none() {
            event.add_status(Status::waiting("Waiting for the database"));
        }
        event.add_status(Status::active());
        Ok(())
    }

    fn publish<E>(&mut self, _event: &E, model: &Model) -> anyhow::Result<()> {
        for relation in model.relations(endpoints::WEBSITE)? {
            if let Some(address) = relation.binding()?.ingress_address() {
                relation.unit_data().update([("hostname", address.to_string()), ("port", "80".to_owned())])?;
            }
        }
        Ok(())
    }
}

/// The database. None while the other side has not written about it.
fn database(model: &Model) -> anyhow::Result<Option<Database>> {
    let Some(relation) = model.relation(endpoints::DATABASE)? else { return Ok(None) };
    let Some(data) = relation.remote_app_data()? else { return Ok(None) };
    Ok(data.load_if_complete()?)
}

#[cfg(test)]
mod tests {
    use ops_testing::{Context, Network, Relation, State, Status, on};

    use super::SiteCharm;

    #[test]
    fn the_leader_requests_a_database() {
        let mut ctx = Context::new(SiteCharm::default());
        let relation = Relation::new("database");
        let state = State::default().with_leader(true).with_relation(relation.clone());
        let out = ctx.run(on::relation_created(&relation), state).unwrap();
        assert_eq!(out.get_relation(relation.id).unwrap().local_app_data["database"], "\"demo\"");
        assert_eq!(out.unit_status, Status::waiting("Waiting for the database"));
    }

    #[test]
    fn the_database_is_used_when_it_has_an_endpoint() {
        let mut ctx = Context::new(SiteCharm::default());
        let relation = Relation::new("database")
            .remote_app("postgresql")
            .remote_app_data([("endpoint", "\"10.0.0.7:5432\""), ("read-only-endpoints", "[\"10.0.0.8:5432\"]")]);
        let state = State::default().with_relation(relation.clone());
        let out = ctx.run(on::relation_changed(&relation), state).unwrap();
        assert_eq!(ctx.charm().connected.as_deref(), Some("10.0.0.7:5432 and 1 more"));
        assert_eq!(out.unit_status, Status::active());

        let relation = out.get_relation(relation.id).unwrap().clone();
        let out = ctx.run(on::relation_broken(&relation), out).unwrap();
        assert_eq!(ctx.charm().connected, None);
        assert_eq!(out.unit_status, Status::blocked("Relation database is missing"));
    }

    #[test]
    fn data_that_does_not_fit_the_interface_fails_the_hook_with_its_name() {
        let mut ctx = Context::new(SiteCharm::default());
        let relation = Relation::new("database").id(3).remote_app("pg").remote_app_data([("endpoint", "5432")]);
        let state = State::default().with_relation(relation.clone());
        let error = ctx.run(on::relation_changed(&relation), state).unwrap_err().to_string();
        assert!(error.contains("relation database:3, databag of pg: endpoint is \"5432\": invalid type: "), "{error}");
    }

    #[test]
    fn each_website_gets_the_address_of_this_unit() {
        let mut ctx = Context::new(SiteCharm::default());
        let relation = Relation::new("website");
        let state = State::default().with_relation(relation.clone()).with_network("website", Network::new("10.0.0.5"));
        let out = ctx.run(on::relation_joined(&relation), state).unwrap();
        let data = &out.get_relation(relation.id).unwrap().local_unit_data;
        assert_eq!((data["hostname"].as_str(), data["port"].as_str()), ("10.0.0.5", "80"));
    }
}
