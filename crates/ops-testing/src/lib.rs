//! State-transition tests for Juju charms, and the hook-command answers behind them.
//!
//! A hook is a transition on a unit's [`State`]: it starts with one, talks to Juju through hook commands, and ends with
//! a new one. [`answers`] is Juju's part in that: it answers every hook command from a [`State`].

pub mod answers;
pub mod format;
pub mod state;

pub use ops::Status;

pub use answers::LogLine;
pub use state::{
    Address, BindAddress, CloudCredential, CloudSpec, ConfigValue, Databag, Goal, GoalState, Model, Network, Payload,
    Port, Protocol, Relation, RelationId, RelationKind, Resource, Secret, SecretContent, SecretId, SecretOwner,
    SecretRotate, State, Storage, StorageKind, Timestamp,
};
