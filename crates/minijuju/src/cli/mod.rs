//! What can be said to minijuju: Juju 3.6's commands, options and refusals.
//!
//! [`parse`] turns the words of a command line into an [`Invocation`], or into the [`Stop`] that Juju would come to: help,
//! or an error in its words.

mod actions;
mod command;
mod config;
mod constraints;
mod deploy;
mod duration;
mod gnuflag;
mod help;
mod models;
mod names;
mod options;
mod own;
mod pairs;
mod parse;
mod relations;
mod resources;
mod secrets;
mod ssh;
mod status;
mod storage;
mod unknown;

pub use actions::{Actions, CancelTask, Exec, Operations, Run, ShowAction, ShowOperation, ShowTask};
pub use command::Command;
pub use config::{Config, ConfigAction, ConfigOptions, ModelConfig};
pub use constraints::{Constraints, ModelConstraints, SetConstraints, SetModelConstraints};
pub use deploy::{AddUnit, Deploy, Refresh, RemoveApplication, RemoveUnit, ScaleApplication};
pub(crate) use duration::parse as duration;
pub use help::completion;
pub use models::{AddModel, Controllers, DestroyModel, Models, ShowController, ShowModel, Switch, Version, Whoami};
pub use names::{is_application, is_machine, is_model, is_unit};
pub use options::{ControllerOption, Global, ModelIdentifier, ModelOption, NoPrompt, Output};
pub use own::{Clean, Completion, Fire, Pack};
pub use pairs::{ConfigSource, Pair};
pub use parse::{Invocation, Stop, parse};
pub use relations::{Expose, Integrate, RemoveRelation, Trust, Unexpose};
pub use resources::{AttachResource, Resources};
pub use secrets::{
    AddSecret, GrantSecret, RemoveSecret, RevokeSecret, SecretSource, SecretValue, SecretWord, Secrets, ShowSecret,
    UpdateSecret,
};
pub use ssh::{Scp, Ssh};
pub use status::{DebugLog, LogLevel, Machines, Resolved, ShowApplication, ShowMachine, ShowUnit, Status};
pub use storage::{AddStorage, ShowStorage, Storage};
