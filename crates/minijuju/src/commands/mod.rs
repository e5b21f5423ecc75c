//! The commands. Each command or small family has a file, or a folder if it is long, with its arguments, help, work
//! and output.
//!
//! The table below registers them all: help, aliases, hints for misspelt commands and completion come from it.

mod actions;
mod add_model;
mod add_unit;
mod base;
mod basics;
mod bootstrap;
mod clean;
mod completion;
mod config;
mod constraints;
mod controllers;
mod debug_hooks;
mod debug_log;
mod deploy;
mod deployment;
mod destroy_model;
mod dev;
mod expose;
mod fire;
mod grant;
mod init;
mod integrate;
mod keep;
mod machines;
mod model_config;
mod models;
mod offer;
mod offers;
mod operations;
mod pack;
mod port;
mod refresh;
mod remove;
mod resolved;
mod resources;
mod run;
mod saas;
mod scale_application;
mod scp;
mod secrets;
mod show;
mod show_status_log;
mod ssh;
mod ssh_keys;
mod status;
mod storage;
mod suspend_relation;
mod switch;
mod unsupported;
mod version;
mod whoami;

use std::env;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Subcommand;

use crate::cli::{self, Arguments as _, Commands, Invocation, Session, UsageError};
use crate::client::{AfterOutput, Client};
use crate::format::{self, Colours};
use crate::log;
use crate::store::Store;
use crate::store::database::data_folder;
use crate::uniter;

/// Calls a command's function: with a client, which opens the data, or only with the session.
macro_rules! work {
    (client, $work:path, $session:ident, $arguments:ident) => {
        $work(&mut Client::new($session)?, $arguments)
    };
    (session, $work:path, $session:ident, $arguments:ident) => {
        $work($session, $arguments)
    };
}

/// Each line: a command's name, its variant with its arguments, the other parameter of its function, and the function.
macro_rules! commands {
    ($($name:literal $variant:ident($($arguments:ident)::+) => $with:ident $($work:ident)::+,)+) => {
        /// A command and its arguments.
        #[derive(Debug, Clone, Subcommand)]
        #[allow(clippy::large_enum_variant, reason = "there is one of them in a process")]
        pub enum Command {
            $(#[command(name = $name)] $variant($($arguments)::+),)+
        }

        impl Command {
            fn name(&self) -> &'static str {
                match self {
                    $(Command::$variant(_) => $name,)+
                }
            }
        }

        impl Commands for Command {
            fn missing(name: &str) -> &'static [&'static str] {
                match name {
                    $($name => <$($arguments)::+ as cli::Arguments>::MISSING,)+
                    _ => &[],
                }
            }

            fn usage(name: &str) -> Option<&'static str> {
                match name {
                    $($name => <$($arguments)::+ as cli::Arguments>::USAGE,)+
                    _ => None,
                }
            }

            fn options_anywhere(name: &str) -> bool {
                match name {
                    $($name => <$($arguments)::+ as cli::Arguments>::OPTIONS_ANYWHERE,)+
                    _ => true,
                }
            }

            fn init(&mut self) -> Result<(), UsageError> {
                match self {
                    $(Command::$variant(arguments) => arguments.init(),)+
                }
            }

            fn instead(name: &str) -> Option<&'static str> {
                unsupported::alternative(name)
            }

            fn basics(program: &str) -> String {
                basics::basics(program)
            }
        }

        fn run(command: &Command, session: &Session) -> anyhow::Result<ExitCode> {
            match command {
                $(Command::$variant(arguments) => work!($with, $($work)::+, session, arguments),)+
            }
        }
    };
}

commands! {
    "actions" Actions(actions::ActionsArgs) => client actions::list,
    "add-model" AddModel(add_model::AddModelArgs) => client add_model::add,
    "add-secret" AddSecret(secrets::args::AddSecretArgs) => client secrets::add,
    "add-ssh-key" AddSshKey(ssh_keys::AddSshKeyArgs) => client ssh_keys::add,
    "add-storage" AddStorage(storage::AddStorageArgs) => client storage::add,
    "add-unit" AddUnit(add_unit::AddUnitArgs) => client add_unit::run,
    "attach-resource" AttachResource(resources::AttachResourceArgs) => client resources::attach,
    "attach-storage" AttachStorage(storage::attach::AttachStorageArgs) => client storage::attach::attach,
    "base" Base(base::BaseArgs) => client base::run,
    "bootstrap" Bootstrap(bootstrap::BootstrapArgs) => client bootstrap::run,
    "cancel-task" CancelTask(operations::args::CancelTaskArgs) => client operations::cancel,
    "clean" Clean(clean::CleanArgs) => session clean::clean,
    "completion" Completion(completion::CompletionArgs) => session completion::run,
    "config" Config(config::ConfigArgs) => client config::run,
    "constraints" Constraints(constraints::ConstraintsArgs) => client constraints::show,
    "consume" Consume(saas::ConsumeArgs) => client saas::consume,
    "controllers" Controllers(controllers::ControllersArgs) => client controllers::list,
    "debug-code" DebugCode(debug_hooks::DebugCodeArgs) => client debug_hooks::debug_code,
    "debug-hooks" DebugHooks(debug_hooks::DebugHooksArgs) => client debug_hooks::debug_hooks,
    "debug-log" DebugLog(debug_log::DebugLogArgs) => client debug_log::run,
    "deploy" Deploy(deploy::DeployArgs) => client deploy::run,
    "destroy-model" DestroyModel(destroy_model::DestroyModelArgs) => client destroy_model::destroy,
    "detach-storage" DetachStorage(storage::attach::DetachStorageArgs) => client storage::attach::detach,
    "dev" Dev(dev::DevArgs) => session dev::dev,
    "exec" Exec(run::args::ExecArgs) => client run::exec,
    "expose" Expose(expose::ExposeArgs) => client expose::expose,
    "find-offers" FindOffers(offers::FindOffersArgs) => client offers::find,
    "fire" Fire(fire::FireArgs) => client fire::run,
    "grant" Grant(grant::GrantArgs) => client grant::grant,
    "grant-secret" GrantSecret(secrets::args::GrantSecretArgs) => client secrets::grant,
    "import-ssh-key" ImportSshKey(ssh_keys::ImportSshKeyArgs) => client ssh_keys::import,
    "init" Init(init::InitArgs) => session init::init,
    "integrate" Integrate(integrate::IntegrateArgs) => client integrate::integrate,
    "keep" Keep(keep::KeepArgs) => client keep::run,
    "machines" Machines(machines::MachinesArgs) => client machines::list,
    "model-config" ModelConfig(model_config::ModelConfigArgs) => client model_config::run,
    "model-constraints" ModelConstraints(constraints::ModelConstraintsArgs) => client constraints::show_model,
    "models" Models(models::ModelsArgs) => client models::list,
    "offer" Offer(offer::OfferArgs) => client offer::offer,
    "offers" Offers(offers::OffersArgs) => client offers::list,
    "operations" Operations(operations::args::OperationsArgs) => client operations::list,
    "pack" Pack(pack::PackArgs) => session pack::pack,
    "port" Port(port::PortArgs) => session port::port,
    "refresh" Refresh(refresh::RefreshArgs) => client refresh::run,
    "remove-application" RemoveApplication(remove::RemoveApplicationArgs) => client remove::applications,
    "remove-offer" RemoveOffer(offer::RemoveOfferArgs) => client offer::remove,
    "remove-relation" RemoveRelation(integrate::RemoveRelationArgs) => client integrate::remove,
    "remove-saas" RemoveSaas(saas::RemoveSaasArgs) => client saas::remove,
    "remove-secret" RemoveSecret(secrets::args::RemoveSecretArgs) => client secrets::remove,
    "remove-ssh-key" RemoveSshKey(ssh_keys::RemoveSshKeyArgs) => client ssh_keys::remove,
    "remove-storage" RemoveStorage(storage::attach::RemoveStorageArgs) => client storage::attach::remove,
    "remove-unit" RemoveUnit(remove::RemoveUnitArgs) => client remove::units,
    "resolved" Resolved(resolved::ResolvedArgs) => client resolved::run,
    "resources" Resources(resources::ResourcesArgs) => client resources::list,
    "resume-relation" ResumeRelation(suspend_relation::ResumeRelationArgs) => client suspend_relation::resume,
    "revoke" Revoke(grant::RevokeArgs) => client grant::revoke,
    "revoke-secret" RevokeSecret(secrets::args::RevokeSecretArgs) => client secrets::revoke,
    "run" Run(run::args::RunArgs) => client run::run,
    "scale-application" ScaleApplication(scale_application::ScaleApplicationArgs) => session scale_application::run,
    "scp" Scp(scp::ScpArgs) => client scp::run,
    "secrets" Secrets(secrets::args::SecretsArgs) => client secrets::list,
    "set-constraints" SetConstraints(constraints::SetConstraintsArgs) => client constraints::set,
    "set-model-constraints" SetModelConstraints(constraints::SetModelConstraintsArgs) => client constraints::set_model,
    "show-action" ShowAction(actions::ShowActionArgs) => client actions::show,
    "show-application" ShowApplication(show::ShowApplicationArgs) => client show::application,
    "show-controller" ShowController(controllers::ShowControllerArgs) => client controllers::show,
    "show-machine" ShowMachine(machines::ShowMachineArgs) => client machines::show,
    "show-model" ShowModel(models::ShowModelArgs) => client models::show,
    "show-offer" ShowOffer(offers::ShowOfferArgs) => client offers::show,
    "show-operation" ShowOperation(operations::args::ShowOperationArgs) => client operations::show,
    "show-secret" ShowSecret(secrets::args::ShowSecretArgs) => client secrets::show,
    "show-status-log" ShowStatusLog(show_status_log::ShowStatusLogArgs) => client show_status_log::run,
    "show-storage" ShowStorage(storage::ShowStorageArgs) => client storage::show,
    "show-task" ShowTask(operations::args::ShowTaskArgs) => client operations::show_task,
    "show-unit" ShowUnit(show::ShowUnitArgs) => client show::unit,
    "ssh" Ssh(ssh::SshArgs) => client ssh::run,
    "ssh-keys" SshKeys(ssh_keys::SshKeysArgs) => client ssh_keys::list,
    "status" Status(status::StatusArgs) => client status::run,
    "storage" Storage(storage::StorageArgs) => client storage::list,
    "suspend-relation" SuspendRelation(suspend_relation::SuspendRelationArgs) => client suspend_relation::suspend,
    "switch" Switch(switch::SwitchArgs) => client switch::switch,
    "trust" Trust(expose::TrustArgs) => client expose::trust,
    "unexpose" Unexpose(expose::UnexposeArgs) => client expose::unexpose,
    "update-secret" UpdateSecret(secrets::args::UpdateSecretArgs) => client secrets::update,
    "version" Version(version::VersionArgs) => session version::version,
    "whoami" Whoami(whoami::WhoamiArgs) => client whoami::whoami,
}

/// Run the command that this process was started as.
pub fn main() -> ExitCode {
    if let Some(code) = run_as_helper() {
        return code;
    }
    let Invocation { command, mut session } = match cli::parse::<Command>(env::args_os()) {
        Ok(invocation) => invocation,
        Err(early_exit) => {
            // The reader may have closed standard output.
            let _ = io::stdout().write_all(early_exit.stdout.as_bytes());
            let _ = io::stderr().write_all(early_exit.stderr.as_bytes());
            return ExitCode::from(early_exit.code);
        }
    };
    run_with_log(&command, &mut session).unwrap_or_else(|error| {
        if !error.is::<AfterOutput>() {
            let _ = io::stdout().write_all(session.empty_output().as_bytes());
        }
        let message = format::error(&format!("{error:#}"), Colours::on(&io::stderr()));
        eprint!("{}", format::escape_for(&io::stderr(), &message));
        ExitCode::FAILURE
    })
}

/// Run a command, with the log that its options ask for.
fn run_with_log(command: &Command, session: &mut Session) -> anyhow::Result<ExitCode> {
    let global = &mut session.global;
    // The log contains the steps.
    if global.debug {
        (global.quiet, global.verbose) = (true, false);
    }
    log::start(&log::Options {
        show_log: global.show_log,
        debug: global.debug,
        levels: global.logging_config.clone().or_else(|| env::var("JUJU_LOGGING_CONFIG").ok()),
        file: global.log_file.clone(),
    })?;
    let (program, version) = (&session.program, env!("CARGO_PKG_VERSION"));
    tracing::info!(target: "juju.cmd", "running {program} {} [minijuju {version}]", command.name());
    let done = run(command, session);
    match &done {
        Ok(_) => tracing::info!(target: "juju.cmd", "command finished"),
        Err(error) => tracing::debug!(target: "juju.cmd", "error stack: {error:?}"),
    }
    done
}

/// Run as a helper process, if another minijuju process started this one as that.
fn run_as_helper() -> Option<ExitCode> {
    let mut args = env::args_os().skip(1);
    let succeeded = match args.next()?.to_str()? {
        run::SETTLE => {
            let uuid = args.next()?.into_string().ok()?;
            let store = data_folder().and_then(|folder| Store::open(&folder)).map_err(anyhow::Error::from);
            // Nobody reads the result; errors are in the model's statuses.
            store.and_then(|store| run::settle(store, &uuid)).is_ok()
        }
        uniter::ANSWER_JUJU_EXEC => {
            let (uuid, machine) = (args.next()?.into_string().ok()?, args.next()?.into_string().ok()?);
            let store = data_folder().and_then(|folder| Store::open(&folder)).map_err(anyhow::Error::from);
            // The caller sees that something went wrong if it gets no answer.
            store.and_then(|store| run::answer(store, &uuid, &machine)).is_ok()
        }
        uniter::UNPACK_CHARM => {
            let (tag, archive) = (args.next()?.into_string().ok()?, args.next()?);
            uniter::unpack_charm(&tag, archive.as_ref()).inspect_err(|error| eprintln!("{error}")).is_ok()
        }
        uniter::debug::WAIT_FOR_DEBUGGER => {
            let mut word = || args.next()?.into_string().ok();
            let (model, unit, context) = (word()?, word()?, word()?);
            return Some(
                uniter::debug::wait_for_debugger(&model, &unit, &context, args.next()?.as_ref())
                    .unwrap_or(ExitCode::FAILURE),
            );
        }
        _ => return None,
    };
    Some(if succeeded { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[cfg(test)]
mod tests;
