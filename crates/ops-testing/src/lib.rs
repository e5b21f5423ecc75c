//! State-transition tests for Juju charms.
//!
//! A hook is a transition on a unit's [`State`]: it starts with one, talks to Juju through hook commands, and ends
//! with a new one. [`Context`] runs a charm through such transitions in a test. The crate `emulator` does Juju's part:
//! it answers every hook command from a [`State`].
//!
//! A test chooses a state and an event, runs the charm, and checks the resulting state:
//!
//! ```
//! use ops::{Charm, Framework, Model, RelationChangedEvent};
//! use ops_testing::{Context, Relation, State, Status, on};
//!
//! struct App;
//!
//! impl Charm for App {
//!     fn observe(framework: &mut Framework<Self>) {
//!         framework.observe(ops::on::relation_changed("database"), Self::on_database_changed);
//!     }
//! }
//!
//! impl App {
//!     fn on_database_changed(&mut self, event: &RelationChangedEvent, model: &Model) -> anyhow::Result<()> {
//!         let Some(unit) = &event.unit else { return Ok(()) };
//!         match event.relation.data(unit).get("host")? {
//!             Some(host) => model.unit().set_status(Status::active_with(format!("uses {host}")))?,
//!             None => model.unit().set_status(Status::waiting("for the database's address"))?,
//!         }
//!         Ok(())
//!     }
//! }
//!
//! # let metadata = "
//! # name: app
//! # summary: An application.
//! # description: An application.
//! # requires:
//! #   database: {interface: postgresql_client}
//! # ";
//! // `Context::new` reads charmcraft.yaml.
//! let mut ctx = Context::with_metadata(App, metadata)?;
//! let database = Relation::new("database").remote_app("postgresql").remote_unit_data(0, [("host", "10.1.2.3")]);
//! let state = State::default().with_relation(database.clone());
//!
//! let out = ctx.run(on::relation_changed(&database), state)?;
//! assert_eq!(out.unit_status, Status::active_with("uses 10.1.2.3"));
//! # Ok::<(), ops_testing::Error>(())
//! ```
//!
//! If Juju could not produce a state, the test fails with a sentence that says why:
//!
//! ```
//! # use ops::{Charm, Framework};
//! # use ops_testing::{Context, State, on};
//! # struct App;
//! # impl Charm for App { fn observe(_: &mut Framework<Self>) {} }
//! # let metadata = "name: app\nsummary: An application.\ndescription: An application.\n";
//! # let mut ctx = Context::with_metadata(App, metadata)?;
//! let error = ctx.run(on::start(), State::default().with_config("slug", "foo")).unwrap_err();
//! assert!(error.to_string().contains("the metadata defines no config option \"slug\""));
//! # Ok::<(), ops_testing::Error>(())
//! ```

mod consistency;
mod context;
mod event;
mod json;
pub mod on;
mod unit;

pub use context::{CharmSource, Context, Error, Manager, Result};
pub use emulator::{
    Address, BindAddress, CloudCredential, CloudSpec, ConfigValue, Databag, DeferredEvent, Goal, GoalState, LogLine,
    Model, Network, OpenedPort, Payload, Port, Reboot, Relation, RelationId, RelationKind, Resource, Rotate, Secret,
    SecretContent, SecretId, SecretOwner, State, Status, Storage, StorageKind, Timestamp,
};
pub use event::Event;
pub use json::{from_json, json};
