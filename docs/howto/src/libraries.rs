//! The code of `libraries.md`.

use ops::on::EventSource;
use ops::{
    Charm, CustomEvent, CustomRelation, Framework, Library, Model, RelationBrokenEvent, RelationChangedEvent,
    RelationCreatedEvent, on,
};
use serde::{Deserialize, Serialize};

use crate::endpoints;

/// The requirer's end of the interface `sql`.
#[derive(Clone, Copy, Debug)]
pub struct SqlRequirer {
    endpoint: &'static str,
}

/// The database is there, or it has moved.
#[derive(Debug, Serialize, Deserialize)]
pub struct DatabaseReady {
    /// Where it is.
    pub address: String,
}

impl CustomEvent for DatabaseReady {
    const NAME: &'static str = "ready";
}

/// The database is gone.
#[derive(Debug, Serialize, Deserialize)]
pub struct DatabaseRemoved;

impl CustomEvent for DatabaseRemoved {
    const NAME: &'static str = "removed";
}

/// What the provider writes.
#[derive(Deserialize)]
struct ProviderData {
    address: String,
}

impl SqlRequirer {
    /// The library on this endpoint, whose interface is `sql`.
    #[must_use]
    pub const fn new(endpoint: &'static str) -> Self {
        Self { endpoint }
    }

    /// The database is there, or it has moved.
    pub fn ready(&self) -> EventSource<CustomRelation<DatabaseReady>> {
        self.event()
    }

    /// The database is gone.
    pub fn removed(&self) -> EventSource<CustomRelation<DatabaseRemoved>> {
        self.event()
    }

    /// Where the database is, as the charm was last told.
    ///
    /// # Errors
    /// What was stored cannot be read.
    pub fn address(&self, model: &Model) -> Result<Option<String>, ops::Error> {
        model.of(self).stored("address")
    }

    fn on_created(&self, event: &RelationCreatedEvent, model: &Model) -> Result<(), ops::Error> {
        if model.is_leader()? {
            event.relation.app_data().set("database", model.app().name())?;
        }
        Ok(())
    }

    fn on_changed(&self, event: &RelationChangedEvent, model: &Model) -> Result<(), ops::Error> {
        let data = event.relation.data(&event.app);
        let Some(ProviderData { address }) = data.load_if_complete()? else { return Ok(()) };
        if self.address(model)?.as_ref() != Some(&address) {
            model.store("address", &address)?;
            self.ready().emit(model, &event.relation, &DatabaseReady { address })?;
        }
        Ok(())
    }

    fn on_broken(&self, event: &RelationBrokenEvent, model: &Model) -> Result<(), ops::Error> {
        model.forget("address");
        self.removed().emit(model, &event.relation, &DatabaseRemoved)
    }
}

impl Library for SqlRequirer {
    fn name(&self) -> &str {
        self.endpoint
    }

    fn observe(&self, framework: &mut Framework<Self>) {
        framework.observe(on::relation_created(self.endpoint), Self::on_created);
        framework.observe(on::relation_changed(self.endpoint), Self::on_changed);
        framework.observe(on::relation_broken(self.endpoint), Self::on_broken);
    }

    fn refresh(&self, model: &Model) -> anyhow::Result<()> {
        if let Some(relation) = model.relation(self.endpoint)?
            && model.is_leader()?
        {
            relation.app_data().set("database", model.app().name())?;
        }
        Ok(())
    }
}

const DATABASE: SqlRequirer = SqlRequirer::new(endpoints::DATABASE);
const REPORTS: SqlRequirer = SqlRequirer::new(endpoints::REPORTS);

/// A charm that uses two databases.
#[derive(Debug, Default)]
pub struct ShopCharm {
    connected: Vec<String>,
}

impl Charm for ShopCharm {
    fn observe(framework: &mut Framework<Self>) {
        framework.library(DATABASE).refresh_on([on::leader_elected().into()]);
        framework.library(REPORTS);
        framework.observe(DATABASE.ready(), Self::on_database_ready);
        framework.observe(REPORTS.ready(), Self::on_reports_ready);
        framework.observe(REPORTS.removed(), Self::on_reports_removed);
    }
}

impl ShopCharm {
    fn on_database_ready(&mut self, event: &CustomRelation<DatabaseReady>, model: &Model) -> anyhow::Result<()> {
        if REPORTS.address(model)?.is_none() {
            event.defer();
            return Ok(());
        }
        self.connected.push(format!("database at {}", event.address));
        Ok(())
    }

    fn on_reports_ready(&mut self, event: &CustomRelation<DatabaseReady>, _model: &Model) {
        self.connected.push(format!("reports at {}", event.address));
    }

    fn on_reports_removed(&mut self, event: &CustomRelation<DatabaseRemoved>, _model: &Model) {
        tracing::info!("{} is gone", event.relation);
        self.connected.clear();
    }
}

#[cfg(test)]
mod tests {
    use ops_testing::{Context, Relation, State, on};

    use super::ShopCharm;

    fn relation(endpoint: &str, address: &str) -> Relation {
        Relation::new(endpoint).remote_app_data([("address", format!("\"{address}\""))])
    }

    #[test]
    fn each_database_has_its_events_and_its_values() {
        let mut ctx = Context::new(ShopCharm::default());
        let (database, reports) = (relation("database", "10.0.0.7"), relation("reports", "10.0.0.8"));
        let state = State::default().with_relation(database.clone()).with_relation(reports.clone());

        let out = ctx.run(on::relation_changed(&database), state).unwrap();
        assert_eq!(out.library_stored["database"]["address"], "10.0.0.7");
        assert_eq!(out.deferred.len(), 1);
        let out = ctx.run(on::relation_changed(&reports), out).unwrap();
        assert_eq!(ctx.charm().connected, ["reports at 10.0.0.8"]);
        let out = ctx.run(on::update_status(), out).unwrap();
        assert_eq!(ctx.charm().connected, ["reports at 10.0.0.8", "database at 10.0.0.7"]);

        let out = ctx.run(on::relation_broken(&reports), out).unwrap();
        assert!(ctx.charm().connected.is_empty());
        assert!(!out.library_stored.contains_key("reports"));
    }

    #[test]
    fn a_new_leader_requests_a_database() {
        let mut ctx = Context::new(ShopCharm::default());
        let database = Relation::new("database");
        let state = State::default().with_relation(database.clone());
        let out = ctx.run(on::relation_created(&database), state).unwrap();
        assert!(out.get_relation(database.id).unwrap().local_app_data.is_empty());
        let out = ctx.run(on::leader_elected(), out.with_leader(true)).unwrap();
        assert_eq!(out.get_relation(database.id).unwrap().local_app_data["database"], "demo");
    }
}
