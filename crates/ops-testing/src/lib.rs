//! State-transition tests for Juju charms, and the hook-command answers behind them.
//!
//! A hook is a transition on a unit's [`State`]: it starts with one, talks to Juju through hook commands, and ends with
//! a new one. [`Context`] runs a charm through such transitions in a test. [`answers`] is Juju's part in that: it answers
//! every hook command from a [`State`].

pub mod answers;
mod consistency;
mod context;
pub mod format;
pub mod on;
pub mod state;

pub use ops::Status;

pub use answers::{LogLine, Reboot};
pub use context::{Context, Error, Event, Manager, Result};
pub use state::{
    Address, BindAddress, CloudCredential, CloudSpec, ConfigValue, Databag, DeferredEvent, Goal, GoalState, Model,
    Network, Payload, Port, Protocol, Relation, RelationId, RelationKind, Resource, Secret, SecretContent, SecretId,
    SecretOwner, SecretRotate, State, Storage, StorageKind, Timestamp,
};
