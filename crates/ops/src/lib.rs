//! Write Juju machine charms in Rust.

mod entry;
mod env;
mod error;
pub mod event;
mod framework;
pub mod hookcmds;
mod load;
mod log;
mod metadata;
mod model;
pub mod on;
mod status;
mod stored;
mod time;

pub use entry::{chain, main};
pub use env::{EnvError, HookEnv};
pub use error::Error;
pub use event::{
    ActionEvent, CollectStatusEvent, ConfigChangedEvent, Custom, CustomEvent, EventName, InstallEvent,
    LeaderElectedEvent, RelationBrokenEvent, RelationChangedEvent, RelationCreatedEvent, RelationDepartedEvent,
    RelationJoinedEvent, RemoveEvent, SecretChangedEvent, SecretExpiredEvent, SecretRemoveEvent, SecretRotateEvent,
    StartEvent, StopEvent, StorageAttachedEvent, StorageDetachingEvent, UndefinedEvent, UnknownEvent,
    UpdateStatusEvent, UpgradeCharmEvent,
};
pub use framework::{Charm, Dispatch, Framework};
pub use hookcmds::{CloudCredential, CloudSpec, GoalState, Port, Rotate, SecretInfo, SecretOwner};
pub use load::LoadError;
pub use log::subscriber as log_subscriber;
pub use metadata::Metadata;
pub use model::{
    Application, Binding, Databag, Entity, Model, Relation, Secret, SecretContent, SecretGet, SecretUpdate, Storage,
    Unit,
};
pub use ops_macros::{charm, config};
pub use ops_metadata::CharmMeta;
/// For the code that [`macro@config`] makes.
#[doc(hidden)]
pub use serde;
pub use status::{Status, StatusName, UnknownStatus};
pub use stored::{FileStore, StateStore};
