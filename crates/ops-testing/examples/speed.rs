//! Measures how long 1,000 runs take, with relations, secrets and storage in the state.

use std::time::Instant;

use ops::{Charm, Framework, Model, RelationChangedEvent, Status};
use ops_testing::{Context, Relation, Secret, State, Storage, on};

struct Reader;

impl Charm for Reader {
    fn observe(framework: &mut Framework<Self>) {
        framework.observe(ops::on::relation_changed("database"), Self::on_database_changed);
    }
}

impl Reader {
    fn on_database_changed(&mut self, event: &RelationChangedEvent, model: &Model) -> anyhow::Result<()> {
        let Some(unit) = &event.unit else { return Ok(()) };
        let host = event.relation.data(unit).get("host")?.unwrap_or_default();
        event.relation.unit_data().set("seen", &host)?;
        model.secret_with_label("password").get()?;
        model.unit().set_status(Status::active_with(host))?;
        Ok(())
    }
}

const METADATA: &str = "
name: reader
summary: Reads a database.
description: Reads a database.
requires:
  database: {interface: postgresql_client}
storage:
  data: {type: filesystem}
";

fn main() -> anyhow::Result<()> {
    let mut ctx = Context::with_metadata(Reader, METADATA)?;
    let relation = (0..3).fold(Relation::new("database"), |relation, unit| {
        relation.remote_unit_data(unit, [("host", format!("10.0.0.{unit}"))])
    });
    let state = State::default()
        .with_relation(relation.clone())
        .with_relation(Relation::new("database"))
        .with_secret(Secret::new([("password", "1234")]).label("password"))
        .with_storage(Storage::new("data"));
    let started = Instant::now();
    for _ in 0..1_000 {
        let out = ctx.run(on::relation_changed(&relation).remote_unit(1), state.clone())?;
        assert_eq!(out.unit_status.message, "10.0.0.1");
    }
    println!("1,000 runs took {:?}, with {} hook commands each", started.elapsed(), ctx.hook_commands().len());
    Ok(())
}
