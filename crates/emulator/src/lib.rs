//! Juju as one unit sees it: a [`State`], and the answers of hook commands.
//!
//! A hook is a transition on a unit's [`State`]: it starts with one, talks to Juju through hook commands, and ends
//! with a new one. [`Juju`] does Juju's part in this, byte for byte. It is used by `ops_testing`, which runs a charm's
//! handlers in unit tests, and by minijuju, which runs packed charms on machines.
//!
//! Charm authors use `ops_testing`, which re-exports what tests need from this crate.

pub mod action_params;
mod answer;
mod command_line;
mod commands;
pub mod format;
pub mod go;
mod hook;
mod juju;
pub mod name;
mod pending;
mod record;
pub mod state;
#[cfg(test)]
mod tests;
mod version;

pub use answer::Outcome;
pub use command_line::call::Call;
pub use commands::{COMMANDS, has_command, reads_stdin};
pub use hook::{Action, Hook};
pub use juju::Juju;
pub use ops::Status;
pub use record::{ActionRecord, LogLine, Reboot, Record};
pub use state::{
    Address, BindAddress, CloudCredential, CloudSpec, ConfigValue, Databag, DeferredEvent, Goal, GoalState, Model,
    Network, OpenedPort, Payload, Port, Relation, RelationId, RelationKind, Resource, Rotate, Secret, SecretContent,
    SecretId, SecretOwner, State, Storage, StorageKind, Timestamp,
};
pub use version::{JujuVersion, UnknownVersion};
