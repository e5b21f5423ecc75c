//! Write [Juju] machine charms in Rust.
//!
//! A charm is a program that Juju runs on a machine each time something happens to an application: it is installed,
//! its config changes, another application is related to it. This crate calls the charm's handlers for these events,
//! and gives them access to Juju. It uses the names of [Ops], the library for charms in Python.
//!
//! This page develops a charm that writes a message of the day.
//!
//! # Handle an event
//!
//! A charm is a struct. It declares which events it observes and which of its methods handle them. A handler gets the
//! event and the [`Model`], which is everything that the unit can see of Juju.
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
//! That is a complete charm. A handler for the wrong type of event does not compile. If a handler returns an error or
//! panics, the failure is logged with all its causes, and Juju shows the unit in error and runs the hook again later.
//!
//! Juju starts the program again for each event, so nothing in `self` survives. Use it for what the charm works with,
//! so that tests can replace it.
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
//! [`macro@config`] turns a struct into the type of the config, and checks it against that file when the charm is
//! compiled. For rules that the file cannot express, use your own types:
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
//! Statuses are collected after every event: handlers propose some, and the worst is set. If `greeting` has two lines,
//! `juju status` shows `blocked` and `config option greeting is "…": it must be one line`.
//!
//! An error with a status ends its handler, but the hook succeeds ([`OrStatus`]). Both handlers load the config, but
//! Juju is asked only once: the model asks when it needs an answer, and caches it until the hook ends.
//!
//! # Use another application
//!
//! Another charm can provide a quote for each day, through a relation:
//!
//! ```yaml
//! requires:
//!   quotes:
//!     interface: quotes
//!     limit: 1
//! ```
//!
//! [`charm!`] reads the file when the charm is compiled, and defines a name for everything in it:
//! `on::quotes_relation_changed()`, `endpoints::QUOTES`. A misspelt name does not compile.
//! (`on::relation_changed("quotes")` works without the macro, but then a misspelt name is an error at the first
//! event.)
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
//! Databags are read when needed, and only changes are written. Messages of `tracing` appear in `juju debug-log`.
//!
//! # Run an action
//!
//! Users can ask a unit to do something: `juju run motd/0 preview greeting=Hello`.
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
//! A hook is a transition from one state of a unit to another, caused by an event. The crate `juju-ops-testing` runs a
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
//! `minijuju` runs the whole charm on a machine of its own, also without Juju: `minijuju deploy .`
//!
//! # What else there is
//!
//! - Units and applications: [`Unit`], [`Application`]. Leadership, statuses, ports, the workload's version, reboots.
//! - Relations: [`Relation`], [`Databag`], [`Binding`]. Secrets: [`Secret`], whose content cannot be printed by mistake.
//! - [`Storage`], resources ([`Model::resource`]), the cloud ([`Model::cloud_spec`]).
//! - What persists between hooks: [`Model::store`], deferred events, and custom events ([`CustomEvent`]).
//! - All [`hookcmds`], for what the model lacks.
//! - [`Error`]: each names the operation, its object, and the cause.
//!
//! The project's `docs/howto` has a guide for each topic. `docs/ops-in-python.md` maps the names of Ops to this crate.
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
mod event_name;
mod event_source;
mod framework;
mod handler;
pub mod hookcmds;
mod library;
mod load;
mod log;
mod metadata;
mod model;
mod notice;
pub mod on;
mod or_status;
mod status;
mod stored_state;
mod time;

pub use anyhow;
pub use build::Build;
pub use dispatch::Dispatch;
pub use entry::main;
pub use env::{EnvError, HookEnv};
pub use error::{Error, Expected, chain};
pub use event::{
    ActionEvent, CollectStatusEvent, ConfigChangedEvent, Custom, CustomEvent, CustomRelation, Deferrable, Emitted,
    InstallEvent, LeaderElectedEvent, RelationBrokenEvent, RelationChangedEvent, RelationCreatedEvent,
    RelationDepartedEvent, RelationEvent, RelationJoinedEvent, RemoveEvent, SecretChangedEvent, SecretExpiredEvent,
    SecretRemoveEvent, SecretRotateEvent, StartEvent, StopEvent, StorageAttachedEvent, StorageDetachingEvent,
    UpdateStatusEvent, UpgradeCharmEvent,
};
pub use event_name::{EventName, UndefinedEvent, UnknownEvent};
pub use framework::{Charm, Framework};
pub use handler::{Handler, Outcome};
pub use hookcmds::{CloudCredential, CloudSpec, GoalState, Port, Rotate, SecretInfo, SecretOwner};
pub use library::{Library, RefreshOn};
pub use load::LoadError;
pub use log::subscriber as log_subscriber;
pub use metadata::Metadata;
pub use model::{
    Application, Binding, Databag, Entity, Model, Relation, Secret, SecretContent, SecretGet, SecretUpdate, Storage,
    Unit,
};
pub use ops_macros::{charm, config};
pub use ops_metadata::CharmMeta;
pub use or_status::{OrStatus, ToStatus};
/// For the code that [`macro@config`] generates.
#[doc(hidden)]
pub use serde;
pub use status::{Status, StatusName, UnknownStatus};
pub use stored_state::{FileStore, StateStore};
