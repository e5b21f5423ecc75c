//! The code of `leadership.md`.

use ops::{Charm, CollectStatusEvent, Framework, LeaderElectedEvent, Model, Status};

use crate::{endpoints, on};

/// A charm whose units share a token.
#[derive(Debug, Default)]
pub struct ClusterCharm;

impl Charm for ClusterCharm {
    fn observe(framework: &mut Framework<Self>) {
        framework.observe(on::leader_elected(), Self::on_leader_elected);
        framework.observe(on::collect_unit_status(), Self::on_collect_unit_status);
        framework.observe(on::collect_app_status(), Self::on_collect_app_status);
    }
}

impl ClusterCharm {
    fn on_leader_elected(&mut self, _event: &LeaderElectedEvent, model: &Model) -> anyhow::Result<()> {
        let Some(cluster) = model.relation(endpoints::CLUSTER)? else { return Ok(()) };
        if cluster.app_data().get("token")?.is_none() {
            cluster.app_data().set("token", "a new token")?;
        }
        Ok(())
    }

    fn on_collect_unit_status(&mut self, event: &CollectStatusEvent, model: &Model) -> anyhow::Result<()> {
        let token = match model.relation(endpoints::CLUSTER)? {
            Some(cluster) => cluster.app_data().get("token")?,
            None => None,
        };
        event.add_status(if token.is_some() { Status::active() } else { Status::waiting("Waiting for the leader") });
        Ok(())
    }

    fn on_collect_app_status(&mut self, event: &CollectStatusEvent, model: &Model) -> anyhow::Result<()> {
        let planned = model.app().planned_units()?;
        if planned % 2 == 0 {
            event.add_status(Status::blocked(format!("{planned} units cannot vote: add one, or remove one")));
        }
        event.add_status(Status::active());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ops_testing::{Context, Relation, State, Status, on};

    use super::ClusterCharm;

    #[test]
    fn the_first_leader_makes_the_token_and_the_next_keeps_it() {
        let mut ctx = Context::new(ClusterCharm);
        let state = State::default().with_leader(true).with_relation(Relation::peer("cluster"));
        let out = ctx.run(on::leader_elected(), state).unwrap();
        let cluster = &out.relations[0];
        assert_eq!(cluster.local_app_data["token"], "a new token");

        let cluster = Relation::peer("cluster").local_app_data([("token", "an old token")]);
        let out = ctx.run(on::leader_elected(), State::default().with_leader(true).with_relation(cluster)).unwrap();
        assert_eq!(out.relations[0].local_app_data["token"], "an old token");
    }

    #[test]
    fn other_units_read_the_token() {
        let mut ctx = Context::new(ClusterCharm);
        let cluster = Relation::peer("cluster").local_app_data([("token", "a token")]);
        let out = ctx.run(on::update_status(), State::default().with_relation(cluster)).unwrap();
        assert_eq!(out.unit_status, Status::active());
        assert_eq!(out.app_status, Status::unknown(), "only the leader says");

        let out = ctx.run(on::start(), State::default().with_relation(Relation::peer("cluster"))).unwrap();
        assert_eq!(out.unit_status, Status::waiting("Waiting for the leader"));
    }

    #[test]
    fn the_leader_sets_the_application_status() {
        let mut ctx = Context::new(ClusterCharm);
        let cluster = Relation::peer("cluster").local_app_data([("token", "a token")]);
        let state = State::default().with_leader(true).with_planned_units(2).with_relation(cluster);
        let out = ctx.run(on::update_status(), state).unwrap();
        assert_eq!(out.app_status, Status::blocked("2 units cannot vote: add one, or remove one"));
    }
}
