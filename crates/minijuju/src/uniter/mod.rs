//! The unit agent: which hook comes next, its environment, its process and its effects.

mod action_run;
mod agent_status;
mod changes;
mod charm_folder;
mod context_processes;
pub mod debug;
mod emulator_state;
mod environment;
mod hook_run;
mod interrupt;
mod juju_exec;
mod keep;
mod leadership;
mod listener;
mod locks;
mod process;
mod program;
mod relations;
mod remote_state;
mod resolver;
mod schedule;
mod scope;
mod script;
mod secrets;
mod session;
mod settle;
mod step;
mod storage;
pub mod storage_archive;
mod unit_snapshot;
mod worker;

pub use charm_folder::{UNPACK_CHARM, remove_all as remove_folders, unpack_charm};
pub use context_processes::kill_context;
pub use environment::{NO_PROXY, context_id};
pub use juju_exec::{ANSWER_JUJU_EXEC, params as juju_exec_params};
pub use keep::keep;
pub use leadership::after_addition;
pub use locks::{Locks, agent_lock};
pub use script::{RunBy, Script};
pub use settle::{BusyUnits, recover, settle, stop_hooks};
pub use storage::{
    CountChange, Directive, add_initial as add_initial_storage, add_missing as add_missing_storage,
    attach as attach_storage, check_count, insert as insert_storage,
};
pub use worker::machine_id;
