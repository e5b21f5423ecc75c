//! The unit agent: which hook comes next, its environment, its process and its effects.

mod action_run;
mod agent_status;
mod changes;
mod charm_folder;
pub mod contents;
pub mod debug;
mod environment;
mod hook_run;
mod interrupt;
mod juju_exec;
mod keep;
mod leadership;
mod listener;
mod locks;
mod orphans;
mod process;
mod program;
mod relations;
mod resolver;
mod schedule;
mod scope;
mod script;
mod secrets;
mod session;
mod settle;
mod state;
mod step;
mod storage;
mod unit_view;
mod view;
mod worker;

pub use charm_folder::{PLACE_CHARM, place_charm, remove_all as remove_folders};
pub use environment::{NO_PROXY, context_id};
pub use juju_exec::{ANSWER_JUJU_EXEC, params as juju_exec_params};
pub use keep::keep;
pub use leadership::after_addition;
pub use locks::{Locks, agent_lock};
pub use orphans::kill as kill_context;
pub use script::{RunBy, Script};
pub use settle::{BusyUnits, recover, settle, stop_hooks};
pub use storage::{
    CountChange, Directive, add_initial as add_initial_storage, add_missing as add_missing_storage,
    attach as attach_storage, check_count, insert as insert_storage,
};
pub use worker::machine_id;
