//! The code of `failures.md`.

use anyhow::ensure;
use ops::{Charm, CollectStatusEvent, Error, Framework, Model, OrStatus as _, Relation, Status};
use serde::Deserialize;

use crate::{endpoints, on};

#[derive(Deserialize)]
struct Config {
    slug: String,
}

/// A charm that needs a database.
#[derive(Debug, Default)]
pub struct DependentCharm {
    /// Where it is connected to.
    pub connected: Option<String>,
    /// Whether the database takes connections.
    pub up: bool,
}

impl Charm for DependentCharm {
    fn observe(framework: &mut Framework<Self>) {
        framework.observe(on::config_changed(), Self::reconcile);
        framework.observe(on::database_relation_changed(), Self::reconcile);
        framework.observe(on::collect_unit_status(), Self::on_collect_status);
    }
}

impl DependentCharm {
    fn reconcile<E>(&mut self, _event: &E, model: &Model) -> anyhow::Result<()> {
        let config: Config = model.load_config().or_status(|error: &Error| Status::blocked(error.to_string()))?;
        let database =
            model.relation(endpoints::DATABASE)?.or_status(Status::blocked("Relation database is missing"))?;
        let address = self.address(&database)?;
        self.connect(&address, &config.slug).or_status(Status::waiting("Waiting for the database to start"))?;
        Ok(())
    }

    /// At any depth: `?` passes the error up.
    fn address(&self, database: &Relation) -> Result<String, Error> {
        let Some(data) = database.remote_app_data()? else { return Ok(String::new()) };
        data.get("address")?.or_status(Status::waiting("Waiting for the database's address"))
    }

    fn connect(&mut self, address: &str, slug: &str) -> anyhow::Result<()> {
        ensure!(self.up, "{address} refuses connections");
        self.connected = Some(format!("{address}/{slug}"));
        Ok(())
    }

    fn on_collect_status(&mut self, event: &CollectStatusEvent, model: &Model) -> anyhow::Result<()> {
        if model.relation(endpoints::DATABASE)?.is_none() {
            event.add_status(Status::blocked("Relation database is missing"));
        }
        event.add_status(Status::active());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ops_testing::{Context, Relation, State, Status, on};

    use super::DependentCharm;

    #[test]
    fn a_missing_dependency_is_a_status_and_not_a_failed_hook() {
        let bare = Relation::new("database");
        let relation = Relation::new("database").remote_app_data([("address", "10.0.0.7")]);
        for (up, relation, status) in [
            (false, None, Status::blocked("Relation database is missing")),
            (false, Some(bare), Status::waiting("Waiting for the database's address")),
            (false, Some(relation.clone()), Status::waiting("Waiting for the database to start")),
            (true, Some(relation), Status::active()),
        ] {
            let mut ctx = Context::new(DependentCharm { up, ..DependentCharm::default() });
            let out = ctx.run(on::config_changed(), State::default().with_relations(relation)).unwrap();
            assert_eq!(out.unit_status, status);
            assert_eq!(ctx.charm().connected.is_some(), up);
        }
    }
}
