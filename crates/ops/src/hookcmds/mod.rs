//! Juju's hook commands (also known as hook tools), one function each.
//!
//! A charm talks to Juju by running small programs that the unit agent puts first on the hook's `PATH`: `config-get`,
//! `status-set`, and so on. See [Juju's reference](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/).
//! Most charms need none of this: [`Model`](crate::Model) runs them when their answers are needed, and keeps the answers.
//!
//! [`Runner`] is the seam between a charm and Juju: in production it starts the process, in a unit test it answers from
//! a state in memory. Both see the same names, arguments and output.
//!
//! Each function fails as [`Command::output`] and [`Command::json`] do.

mod action;
mod config;
mod other;
mod port;
mod relation;
mod runner;
mod secret;
mod state;
mod status;
mod storage;
mod text;

/// Whose status or databag it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntityKind {
    /// A unit's.
    Unit,
    /// An application's.
    Application,
}

/// When the machine reboots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RebootTime {
    /// Once the hook has succeeded.
    AfterHook,
    /// At once, which stops the hook; Juju runs it again.
    Now,
}

pub use action::{action_fail, action_get, action_log, action_set};
pub use config::config_get;
pub use other::{
    Address, BindAddress, CloudCredential, CloudSpec, Goal, GoalState, LogLevel, Network, UnknownLogLevel,
    application_version_set, credential_get, goal_state, is_leader, juju_log, juju_reboot, network_get, resource_get,
};
pub use port::{InvalidPort, Port, close_port, open_port, opened_ports};
pub use relation::{relation_get, relation_ids, relation_list, relation_list_app, relation_model_get, relation_set};
pub use runner::{Command, Error, Output, ProcessRunner, Reason, Result, Runner};
pub use secret::{
    Expiry, NewSecret, Rotate, SecretInfo, SecretOwner, UnknownRotate, secret_add, secret_get, secret_grant,
    secret_ids, secret_info_get, secret_remove, secret_revoke, secret_set,
};
pub use state::{state_delete, state_get, state_set};
pub use status::{status_get, status_set};
pub use storage::{StorageInfo, storage_add, storage_get, storage_list};
