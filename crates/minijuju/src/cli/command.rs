//! Every command, by name.

use clap::Subcommand;

use super::help;
use super::{
    Actions, AddModel, AddSecret, AddStorage, AddUnit, AttachResource, CancelTask, Clean, Completion, Config,
    Constraints, Controllers, DebugLog, Deploy, DestroyModel, Exec, Expose, Fire, GrantSecret, Integrate, Machines,
    ModelConfig, ModelConstraints, Models, Operations, Pack, Refresh, RemoveApplication, RemoveRelation, RemoveSecret,
    RemoveUnit, Resolved, Resources, RevokeSecret, Run, ScaleApplication, Scp, Secrets, SetConstraints,
    SetModelConstraints, ShowAction, ShowApplication, ShowController, ShowMachine, ShowModel, ShowOperation,
    ShowSecret, ShowStorage, ShowTask, ShowUnit, Ssh, Status, Storage, Switch, Trust, Unexpose, UpdateSecret, Version,
    Whoami,
};

/// What a command checks of its words beyond their grammar, as Juju does before it runs anything.
pub(super) trait Init {
    /// Checks the words and settles what follows from them; the error is Juju's sentence.
    fn init(&mut self) -> Result<(), String> {
        Ok(())
    }
}

macro_rules! commands {
    ($($(#[$meta:meta])* $name:ident,)+) => {
        /// A command and its arguments.
        #[derive(Debug, Clone, Subcommand)]
        #[allow(clippy::large_enum_variant, reason = "there is one of them in a process")]
        pub enum Command {
            $($(#[$meta])* $name($name),)+
        }

        impl Command {
            pub(super) fn init(&mut self) -> Result<(), String> {
                match self {
                    $(Command::$name(arguments) => arguments.init(),)+
                }
            }
        }
    };
}

commands! {
    /// Add a model, and switch to it.
    #[command(after_help = help::ADD_MODEL)]
    AddModel,
    /// Destroy a model with its applications and machines.
    #[command(after_help = help::DESTROY_MODEL)]
    DestroyModel,
    /// List the models.
    #[command(alias = "list-models", after_help = help::MODELS)]
    Models,
    /// Show the current controller and model, or choose another.
    #[command(after_help = help::SWITCH)]
    Switch,
    /// Show what there is to know of a model.
    #[command(after_help = help::SHOW_MODEL)]
    ShowModel,
    /// Show or set a model's options.
    #[command(after_help = help::MODEL_CONFIG)]
    ModelConfig,
    /// Show the constraints on a model's machines.
    ModelConstraints,
    /// Set the constraints on a model's machines.
    SetModelConstraints,
    /// List the controllers: there is one, and it is this command.
    #[command(alias = "list-controllers")]
    Controllers,
    /// Show what there is to know of the controller.
    ShowController,
    /// Show the current controller, model and user.
    Whoami,
    /// Show the Juju version that this command stands in for.
    Version,
    /// Deploy a charm.
    #[command(after_help = help::DEPLOY)]
    Deploy,
    /// Replace an application's charm with another version of it.
    #[command(after_help = help::REFRESH)]
    Refresh,
    /// Show the model, its machines, applications and units.
    #[command(after_help = help::STATUS)]
    Status,
    /// Show, set or reset an application's options.
    #[command(after_help = help::CONFIG)]
    Config,
    /// Show the constraints on an application's machines.
    Constraints,
    /// Set the constraints on an application's machines.
    SetConstraints,
    /// Add units to an application.
    #[command(after_help = help::ADD_UNIT)]
    AddUnit,
    /// Remove units.
    #[command(after_help = help::REMOVE_UNIT)]
    RemoveUnit,
    /// Remove applications.
    #[command(after_help = help::REMOVE_APPLICATION)]
    RemoveApplication,
    /// Set the number of an application's units (containers only).
    #[command(hide = true)]
    ScaleApplication,
    /// List an application's actions.
    #[command(alias = "list-actions", after_help = help::ACTIONS)]
    Actions,
    /// Show one of an application's actions.
    ShowAction,
    /// Run an action on units.
    #[command(after_help = help::RUN)]
    Run,
    /// Run a command on units or machines.
    #[command(after_help = help::EXEC)]
    Exec,
    /// List what was run.
    #[command(alias = "list-operations")]
    Operations,
    /// Show what was run by one command.
    ShowOperation,
    /// Show what was run on one unit.
    ShowTask,
    /// Cancel tasks that wait or run.
    CancelTask,
    /// Open a shell, or run a command, on a unit's machine.
    #[command(after_help = help::SSH)]
    Ssh,
    /// Copy files to or from a unit's machine.
    #[command(after_help = help::SCP)]
    Scp,
    /// Show what there is to know of units.
    #[command(after_help = help::SHOW_UNIT)]
    ShowUnit,
    /// Show what there is to know of applications.
    ShowApplication,
    /// Show what the charms logged.
    #[command(after_help = help::DEBUG_LOG)]
    DebugLog,
    /// Take units out of error, and run their failed hook again.
    #[command(alias = "resolve", after_help = help::RESOLVED)]
    Resolved,
    /// Make an application reachable from anywhere.
    Expose,
    /// Undo expose.
    Unexpose,
    /// Relate two applications.
    #[command(alias = "relate", after_help = help::INTEGRATE)]
    Integrate,
    /// Remove the relation between two applications.
    RemoveRelation,
    /// Allow an application what needs credentials of the cloud.
    Trust,
    /// Add a secret for charms to use.
    #[command(after_help = help::ADD_SECRET)]
    AddSecret,
    /// Give a secret new content.
    UpdateSecret,
    /// Let applications read a secret.
    GrantSecret,
    /// Stop applications reading a secret.
    RevokeSecret,
    /// Remove a secret, or one revision of it.
    RemoveSecret,
    /// List the secrets.
    #[command(alias = "list-secrets")]
    Secrets,
    /// Show a secret.
    ShowSecret,
    /// Add storage to a unit.
    AddStorage,
    /// List the storage.
    #[command(alias = "list-storage")]
    Storage,
    /// Show what there is to know of storage.
    ShowStorage,
    /// List an application's resources.
    #[command(alias = "list-resources")]
    Resources,
    /// Give an application a resource.
    #[command(after_help = help::ATTACH_RESOURCE)]
    AttachResource,
    /// List the machines, with what they take up on this computer.
    #[command(alias = "list-machines", after_help = help::MACHINES)]
    Machines,
    /// Show what there is to know of machines.
    ShowMachine,
    /// Make an event happen on a unit (minijuju only).
    #[command(after_help = help::FIRE)]
    Fire,
    /// Stop and remove every machine, even after a crash (minijuju only).
    #[command(after_help = help::CLEAN)]
    Clean,
    /// Build the charm of a project folder and pack it (minijuju only).
    #[command(after_help = help::PACK)]
    Pack,
    /// Print the completions of a shell (minijuju only).
    #[command(after_help = help::COMPLETION)]
    Completion,
}
