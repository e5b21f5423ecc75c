//! What one unit can see of Juju.

mod config_value;
mod goal_state;
mod model;
mod network;
mod payload;
mod port;
mod relation;
mod resource;
mod secret;
mod secret_id;
#[expect(clippy::module_inception, reason = "the folder is named after its main type, which has a file")]
mod state;
mod storage;
mod stored;
mod timestamp;

pub use config_value::ConfigValue;
pub use goal_state::{Goal, GoalState};
pub use model::{CloudCredential, CloudSpec, Model};
pub(crate) use network::default_network;
pub use ops::hookcmds::{Address, BindAddress, Network};
pub use ops::{Port, Rotate, SecretContent, SecretOwner};
pub use payload::Payload;
pub use port::OpenedPort;
pub use relation::{Databag, Relation, RelationId, RelationKind};
pub use resource::Resource;
pub use secret::Secret;
pub use secret_id::{InvalidSecretId, SecretId};
pub use state::State;
pub use storage::{Storage, StorageKind};
pub use stored::DeferredEvent;
pub use timestamp::{InvalidTimestamp, Timestamp};
