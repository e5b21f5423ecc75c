//! The code of `databases.md`.

use interfaces::database::Requirer;
use ops::{Charm, Framework, Model, OrStatus as _, Status};

use crate::endpoints;

const DATABASE: Requirer = Requirer::new(endpoints::POSTGRESQL, "shop");

/// A charm that uses a database.
#[derive(Debug, Default)]
pub struct ShopCharm {
    /// Where the workload finds it.
    pub url: String,
}

impl Charm for ShopCharm {
    fn observe(framework: &mut Framework<Self>) {
        framework.library(DATABASE);
        framework.observe(DATABASE.changed(), Self::reconcile);
        framework.observe(DATABASE.removed(), Self::reconcile);
    }
}

impl ShopCharm {
    fn reconcile<E>(&mut self, _event: &E, model: &Model) -> anyhow::Result<()> {
        let blocked = |error: &ops::Error| Status::blocked(format!("the database cannot be used: {error}"));
        let database = DATABASE.database(model).or_status(blocked)?;
        let database = database.or_status(Status::waiting("Waiting for a database"))?;
        let address = database.endpoints.first().map_or("", String::as_str);
        self.url = format!("postgresql://{}:{}@{address}/{}", database.username, database.password(), database.name);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ops_testing::{Context, Relation, Secret, State, Status, on};

    use super::ShopCharm;

    #[test]
    fn the_workload_gets_the_address_of_the_database() {
        let user = Secret::new([("username", "u"), ("password", "p")]).untracked();
        let relation = Relation::new("postgresql").id(3).remote_app_data([
            ("database", "shop".to_owned()),
            ("endpoints", "10.0.0.7:5432".to_owned()),
            ("secret-user", user.id.uri()),
        ]);
        let mut ctx = Context::new(ShopCharm::default());
        let state = State::default().with_relation(relation.clone()).with_secret(user);
        let out = ctx.run(on::relation_changed(&relation), state).unwrap();
        assert_eq!(ctx.charm().url, "postgresql://u:p@10.0.0.7:5432/shop");
        let out = ctx.run(on::relation_broken(&relation), out).unwrap();
        assert_eq!(out.unit_status, Status::waiting("Waiting for a database"));
    }
}
