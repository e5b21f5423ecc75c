//! Juju's hook commands (also known as hook tools), one function each.
//!
//! A charm talks to Juju by running small programs that the unit agent puts first on the hook's `PATH`: `config-get`,
//! `status-set`, and so on. See [Juju's reference](https://documentation.ubuntu.com/juju/3.6/reference/hook-command/).
//! Most charms do not need this module: [`Model`](crate::Model) runs hook commands when it needs their answers, and
//! caches the answers.
//!
//! [`Runner`] is the interface between a charm and Juju: in production it starts a process, and in a unit test it
//! answers from a state in memory. Both get the same names and arguments, and return the same output.
//!
//! Each function returns the errors of [`Command::output`] and [`Command::json`].

mod action;
mod application_version;
mod config;
mod credential;
mod entity;
mod goal_state;
mod is_leader;
mod juju_log;
mod juju_reboot;
mod network;
mod port;
mod relation;
mod resource;
mod runner;
mod secret;
mod state;
mod status;
mod storage;
mod text;

pub use action::{action_fail, action_get, action_log, action_set};
pub use application_version::application_version_set;
pub use config::config_get;
pub use credential::{CloudCredential, CloudSpec, credential_get};
pub use entity::EntityKind;
pub use goal_state::{Goal, GoalState, goal_state};
pub use is_leader::is_leader;
pub use juju_log::{LogLevel, UnknownLogLevel, juju_log};
pub use juju_reboot::{RebootTime, juju_reboot};
pub use network::{Address, BindAddress, Network, network_get};
pub use port::{InvalidPort, Port, close_port, open_port, opened_ports};
pub use relation::{relation_get, relation_ids, relation_list, relation_list_app, relation_model_get, relation_set};
pub use resource::resource_get;
pub use runner::{Command, Error, Output, ProcessRunner, Reason, Result, Runner};
pub use secret::{
    Expiry, Interval, NewSecret, Rotate, SecretGet, SecretInfo, SecretOwner, UnknownRotate, secret_add, secret_get,
    secret_grant, secret_ids, secret_info_get, secret_remove, secret_revoke, secret_set,
};
pub use state::{state_delete, state_get, state_set};
pub use status::{status_get, status_set};
pub use storage::{StorageInfo, storage_add, storage_get, storage_list};
