//! Write [Juju] machine charms in Rust.
//!
//! A charm is a program that Juju runs on a machine each time something happens to an application: it is installed, its
//! config changes, another application is related to it. This crate brings what happens to the charm's handlers, and what
//! the charm says back to Juju. Its names are those of [Ops], the library that charms in Python use.
//!
//! This page grows one charm, which writes a message of the day.
//!
//! # Handle an event
//!
//! A charm is a struct. It says which events it observes and which of its methods handle them. A handler gets the event
//! and the [`Model`], which is all that the unit can see of Juju.
//!
//! ```no_run
//! use ops::{Charm, Framework, Model, StartEvent, Status, on};
//!
//! #[derive(Default)]
//! struct MotdCharm;
//!
//! impl Charm for MotdCharm {
//!     fn observe(framework: &mut Framework<Self>) {
//!         framework.observe(on::start(), Self::on_start);
//!     }
//! }
//!
//! impl MotdCharm {
//!     fn on_start(&mut self, _event: &StartEvent, model: &Model) -> anyhow::Result<()> {
//!         std::fs::write("/etc/motd", "Welcome\n")?;
//!         model.unit().set_status(Status::active())?;
//!         Ok(())
//!     }
//! }
//!
//! fn main() -> std::process::ExitCode {
//!     ops::main(MotdCharm::default)
//! }
//! ```
//!
//! That is a whole charm. A handler for another type of event does not compile. An error that leaves a handler is logged
//! with all its causes, and Juju shows the unit in error and runs the hook again later; so does a panic.
//!
//! Juju starts the program again for each event: nothing in `self` lives on. It keeps what the charm works with, so that a
//! test can replace it.
//!
//! # Read the config
//!
//! Options are defined in `charmcraft.yaml`:
//!
//! ```yaml
//! config:
//!   options:
//!     greeting:
//!       type: string
//!       default: Welcome
//!       description: How the message begins.
//! ```
//!
//! [`macro@config`] makes a struct of yours the type of the config, and checks it against that file when the charm is
//! compiled. What the file cannot say, say with a type of your own:
//!
//! ```
//! use ops::{CollectStatusEvent, ConfigChangedEvent, Error, Model, OrStatus as _, Status};
//! use serde::Deserialize;
//!
//! # /*
//! #[ops::config]
//! # */ #[ops::config("tests/guide/charmcraft.yaml")]
//! struct Config {
//!     greeting: Greeting,
//! }
//!
//! #[derive(Deserialize)]
//! #[serde(try_from = "String")]
//! struct Greeting(String);
//!
//! impl TryFrom<String> for Greeting {
//!     type Error = &'static str;
//!
//!     fn try_from(text: String) -> Result<Self, Self::Error> {
//!         if text.contains('\n') { Err("it must be one line") } else { Ok(Self(text)) }
//!     }
//! }
//!
//! # struct MotdCharm;
//! # impl ops::Charm for MotdCharm {
//! #     fn observe(framework: &mut ops::Framework<Self>) {
//! #         use ops::on;
//! // In MotdCharm::observe:
//! framework.observe(on::config_changed(), Self::on_config_changed);
//! framework.observe(on::collect_unit_status(), Self::on_collect_status);
//! #     }
//! # }
//!
//! impl MotdCharm {
//!     fn on_config_changed(&mut self, _event: &ConfigChangedEvent, model: &Model) -> anyhow::Result<()> {
//!         let config = config(model)?;
//!         Ok(std::fs::write("/etc/motd", config.greeting.0)?)
//!     }
//!
//!     fn on_collect_status(&mut self, event: &CollectStatusEvent, model: &Model) -> anyhow::Result<()> {
//!         config(model)?;
//!         event.add_status(Status::active());
//!         Ok(())
//!     }
//! }
//!
//! fn config(model: &Model) -> Result<Config, Error> {
//!     model.load_config().or_status(|error: &Error| Status::blocked(error.to_string()))
//! }
//! ```
//!
//! Statuses are collected after every event: each handler proposes some, and the worst is set. With `greeting` set to two
//! lines, `juju status` shows `blocked` and `config option greeting is "…": it must be one line`.
//!
//! An error that has a status ends its handler, and the hook well ([`OrStatus`]). Both handlers load the config, and Juju is
//! asked for it once: the model asks when an answer is needed, and keeps it
//! until the hook ends.
//!
//! # Use another application
//!
//! Let another charm bring a quote for each day. It is at the other end of a relation:
//!
//! ```yaml
//! requires:
//!   quotes:
//!     interface: quotes
//!     limit: 1
//! ```
//!
//! [`charm!`] reads the file when the charm is compiled, and makes a name of everything in it:
//! `on::quotes_relation_changed()`, `endpoints::QUOTES`. A misspelt one is an error of the compiler.
//! (`on::relation_changed("quotes")` does without the macro; then a misspelt name is an error when the first event comes.)
//!
//! ```
//! # /*
//! ops::charm!("charmcraft.yaml");
//! # */ ops::charm!("tests/guide/charmcraft.yaml");
//!
//! use ops::{Model, RelationChangedEvent};
//!
//! /// What the other application writes into its databag.
//! #[derive(serde::Deserialize)]
//! struct Quote {
//!     text: Option<String>,
//! }
//!
//! # struct MotdCharm;
//! # impl ops::Charm for MotdCharm {
//! #     fn observe(framework: &mut ops::Framework<Self>) {
//! // In MotdCharm::observe:
//! framework.observe(on::quotes_relation_changed(), Self::on_quotes_changed);
//! #     }
//! # }
//!
//! impl MotdCharm {
//!     fn on_quotes_changed(&mut self, event: &RelationChangedEvent, _model: &Model) -> anyhow::Result<()> {
//!         let quote: Quote = event.relation.data(&event.app).load()?;
//!         if let Some(text) = quote.text {
//!             tracing::info!("today it is {text:?}");
//!             std::fs::write("/etc/motd.d/quote", text)?;
//!         }
//!         Ok(())
//!     }
//! }
//!
//! /// In any other handler.
//! fn has_quotes(model: &Model) -> Result<bool, ops::Error> {
//!     Ok(model.relation(endpoints::QUOTES)?.is_some())
//! }
//! ```
//!
//! Databags are read when they are needed, and written as what changed. What `tracing` says goes to `juju debug-log`.
//!
//! # Run an action
//!
//! Operators can ask a unit to do something: `juju run motd/0 preview greeting=Hello`.
//!
//! ```
//! # ops::charm!("tests/guide/charmcraft.yaml");
//! use ops::{ActionEvent, Model};
//!
//! #[derive(serde::Deserialize)]
//! struct Preview {
//!     greeting: String,
//! }
//!
//! #[derive(serde::Serialize)]
//! struct Shown {
//!     message: String,
//! }
//!
//! # struct MotdCharm;
//! # impl ops::Charm for MotdCharm {
//! #     fn observe(framework: &mut ops::Framework<Self>) {
//! // In MotdCharm::observe:
//! framework.observe(on::preview_action(), Self::on_preview);
//! #     }
//! # }
//!
//! impl MotdCharm {
//!     fn on_preview(&mut self, event: &ActionEvent, _model: &Model) -> anyhow::Result<()> {
//!         let Preview { greeting } = event.load_params()?;
//!         if greeting.is_empty() {
//!             event.fail("a message needs a greeting")?;
//!             return Ok(());
//!         }
//!         event.set_results(&Shown { message: format!("{greeting}!") })?;
//!         Ok(())
//!     }
//! }
//! ```
//!
//! # Test it
//!
//! A hook is a transition: from the state of a unit, by an event, to another state. The crate `juju-ops-testing` runs a
//! charm through such transitions, in milliseconds, without Juju:
//!
//! ```
//! # use ops::{ActionEvent, Charm, CollectStatusEvent, Framework, Model};
//! # #[ops::config("tests/guide/charmcraft.yaml")]
//! # struct Config { greeting: Greeting }
//! # #[derive(serde::Deserialize)]
//! # #[serde(try_from = "String")]
//! # struct Greeting;
//! # impl TryFrom<String> for Greeting {
//! #     type Error = &'static str;
//! #     fn try_from(text: String) -> Result<Self, Self::Error> {
//! #         if text.contains('\n') { Err("it must be one line") } else { Ok(Self) }
//! #     }
//! # }
//! # #[derive(Default)]
//! # struct MotdCharm;
//! # impl Charm for MotdCharm {
//! #     fn observe(framework: &mut Framework<Self>) {
//! #         framework.observe(ops::on::action("preview"), Self::on_preview);
//! #         framework.observe(ops::on::collect_unit_status(), Self::on_collect_status);
//! #     }
//! # }
//! # impl MotdCharm {
//! #     fn on_preview(&mut self, event: &ActionEvent, _: &Model) -> anyhow::Result<()> {
//! #         let greeting = event.params()?["greeting"].as_str().unwrap_or_default();
//! #         Ok(event.set_results(&std::collections::BTreeMap::from([("message", format!("{greeting}!"))]))?)
//! #     }
//! #     fn on_collect_status(&mut self, event: &CollectStatusEvent, model: &Model) -> anyhow::Result<()> {
//! #         if let Err(error) = model.load_config::<Config>() {
//! #             event.add_status(ops::Status::blocked(error.to_string()));
//! #         }
//! #         Ok(())
//! #     }
//! # }
//! use ops_testing::{Context, State, Status, on};
//!
//! # /*
//! let mut ctx = Context::new(MotdCharm::default());
//! # */ let mut ctx = Context::with_metadata(MotdCharm::default(), include_str!("../tests/guide/charmcraft.yaml"))?;
//!
//! let out = ctx.run(on::config_changed(), State::default().with_config("greeting", "a\nb"))?;
//! assert_eq!(out.unit_status, Status::blocked(r#"config option greeting is "a\nb": it must be one line"#));
//!
//! ctx.run(on::action("preview").param("greeting", "Hello"), State::default())?;
//! assert_eq!(ctx.action_results()["message"], "Hello!");
//! # Ok::<(), ops_testing::Error>(())
//! ```
//!
//! The whole charm, on a machine of its own, runs on `minijuju`, which needs no Juju either: `minijuju deploy .`
//!
//! # What else there is
//!
//! - Units and applications: [`Unit`], [`Application`]. Leadership, statuses, ports, the workload's version, reboots.
//! - Relations: [`Relation`], [`Databag`], [`Binding`]. Secrets: [`Secret`], whose content cannot be printed by mistake.
//! - [`Storage`], resources ([`Model::resource`]), the cloud ([`Model::cloud_spec`]).
//! - What lives from hook to hook: [`Model::store`], events that are deferred, and events of the charm's own
//!   ([`CustomEvent`]).
//! - All [`hookcmds`], for what the model does not have.
//! - [`Error`]: each says what was being done, to what, and why it failed.
//!
//! The project's `docs/howto` has a guide for each topic, `docs/ops-in-python.md` says what each name of Ops is here, and
//! `examples` has a web server made of libraries, and two charms that work together.
//!
//! [Juju]: https://documentation.ubuntu.com/juju/3.6/
//! [Ops]: https://canonical.com/juju/docs/ops/latest/

mod build;
mod dispatch;
mod entry;
mod env;
mod error;
pub mod event;
mod framework;
mod handler;
pub mod hookcmds;
mod library;
mod load;
mod log;
mod metadata;
mod model;
pub mod on;
mod outcome;
mod status;
mod stored;
mod time;

pub use anyhow;
pub use build::Build;
pub use dispatch::Dispatch;
pub use entry::{chain, main};
pub use env::{EnvError, HookEnv};
pub use error::Error;
pub use event::{
    ActionEvent, CollectStatusEvent, ConfigChangedEvent, Custom, CustomEvent, CustomRelation, Deferrable, Emitted,
    EventName, InstallEvent, LeaderElectedEvent, RelationBrokenEvent, RelationChangedEvent, RelationCreatedEvent,
    RelationDepartedEvent, RelationEvent, RelationJoinedEvent, RemoveEvent, SecretChangedEvent, SecretExpiredEvent,
    SecretRemoveEvent, SecretRotateEvent, StartEvent, StopEvent, StorageAttachedEvent, StorageDetachingEvent,
    UndefinedEvent, UnknownEvent, UpdateStatusEvent, UpgradeCharmEvent,
};
pub use framework::{Charm, Framework, RefreshOn};
pub use handler::{Handler, Outcome};
pub use hookcmds::{CloudCredential, CloudSpec, GoalState, Port, Rotate, SecretInfo, SecretOwner};
pub use library::Library;
pub use load::LoadError;
pub use log::subscriber as log_subscriber;
pub use metadata::Metadata;
pub use model::{
    Application, Binding, Databag, Entity, Model, Relation, Secret, SecretContent, SecretGet, SecretUpdate, Storage,
    Unit,
};
pub use ops_macros::{charm, config};
pub use ops_metadata::CharmMeta;
pub use outcome::{Expected, OrStatus, ToStatus};
/// For the code that [`macro@config`] makes.
#[doc(hidden)]
pub use serde;
pub use status::{Status, StatusName, UnknownStatus};
pub use stored::{FileStore, StateStore};
