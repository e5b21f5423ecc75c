//! The commands: one file each, which does what [`cli`](crate::cli) parsed.

mod action_params;
mod actions;
mod add_unit;
mod charms;
mod client;
mod config;
mod constraints;
mod controllers;
mod debug_log;
mod deploy;
mod expose;
mod fire;
mod integrate;
mod machine_exec;
mod machines;
mod model_config;
mod models;
mod operations;
mod own;
mod refresh;
mod remote;
mod remove;
mod resolved;
mod resources;
mod scp;
mod secrets;
mod settings;
mod show;
mod show_model;
mod ssh;
mod status;
mod storage;
mod summary;
mod tasks;
mod units;

use std::env;
use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::cli::{self, Command, Invocation};
use crate::format;
use crate::reason::reason;
use crate::store::Store;
use crate::store::database::data_folder;
use crate::uniter;
use client::Client;

/// Run the command that this process was started with.
pub fn main() -> ExitCode {
    if let Some(code) = help_if_asked() {
        return code;
    }
    let invocation = match cli::parse(env::args_os()) {
        Ok(invocation) => invocation,
        Err(stop) => {
            // Whoever closed these does not want to know.
            let _ = io::stdout().write_all(stop.stdout.as_bytes());
            let _ = io::stderr().write_all(stop.stderr.as_bytes());
            return ExitCode::from(stop.code);
        }
    };
    run(invocation).unwrap_or_else(|error| {
        eprint!("{}", format::error(&reason(&error), format::colour(&io::stderr(), false, false)));
        ExitCode::FAILURE
    })
}

/// Be a helper of another of these processes, if this one was started as that.
fn help_if_asked() -> Option<ExitCode> {
    let mut args = env::args_os().skip(1);
    let helped = match args.next()?.to_str()? {
        tasks::SETTLE => {
            let uuid = args.next()?.into_string().ok()?;
            let store = data_folder().and_then(|folder| Store::open(&folder)).map_err(anyhow::Error::from);
            // Nobody listens; what went wrong is in the model's statuses.
            store.and_then(|store| tasks::settle(store, &uuid)).is_ok()
        }
        uniter::UNPACK => {
            let (archive, to) = (args.next()?, args.next()?);
            uniter::unpack_here(archive.as_ref(), to.as_ref()).inspect_err(|why| eprintln!("{why}")).is_ok()
        }
        _ => return None,
    };
    Some(if helped { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn run(invocation: Invocation) -> anyhow::Result<ExitCode> {
    let Invocation { global, command, model, controller, program } = invocation;
    match &command {
        Command::Pack(args) => return own::pack(global.quiet, args),
        Command::Clean(args) => return own::clean(global.quiet, args),
        Command::Version(args) => return controllers::version(args),
        Command::Completion(args) => {
            client::print(&cli::completion(args.shell, &program), None)?;
            return Ok(ExitCode::SUCCESS);
        }
        _ => {}
    }
    let mut client = Client::new(global.quiet, model, controller.as_deref())?;
    let client = &mut client;
    match command {
        Command::AddModel(args) => models::add(client, &args),
        Command::DestroyModel(args) => models::destroy(client, &args),
        Command::Switch(args) => models::switch(client, &args),
        Command::Deploy(args) => deploy::run(client, &args),
        Command::Refresh(args) => refresh::run(client, &args),
        Command::Status(args) => status::run(client, &args),
        Command::AddUnit(args) => add_unit::run(client, &args),
        Command::RemoveUnit(args) => remove::units(client, &args),
        Command::RemoveApplication(args) => remove::applications(client, &args),
        Command::Resolved(args) => resolved::run(client, &args),
        Command::Expose(args) => expose::expose(client, &args),
        Command::Unexpose(args) => expose::unexpose(client, &args),
        Command::Trust(args) => expose::trust(client, &args),
        Command::Integrate(args) => integrate::integrate(client, &args),
        Command::RemoveRelation(args) => integrate::remove(client, &args),
        Command::Config(args) => config::run(client, &args),
        Command::ModelConfig(args) => model_config::run(client, &args),
        Command::Constraints(args) => constraints::show(client, &args),
        Command::SetConstraints(args) => constraints::set(client, &args),
        Command::ModelConstraints(args) => constraints::show_model(client, &args),
        Command::SetModelConstraints(args) => constraints::set_model(client, &args),
        Command::Controllers(args) => controllers::list(client, &args),
        Command::ShowController(args) => controllers::show(client, &args),
        Command::Whoami(args) => controllers::whoami(client, &args),
        Command::Models(args) => show_model::list(client, &args),
        Command::ShowModel(args) => show_model::show(client, &args),
        Command::DebugLog(args) => debug_log::run(client, &args),
        Command::Ssh(args) => ssh::run(client, &args),
        Command::Scp(args) => scp::run(client, &args),
        Command::Actions(args) => actions::list(client, &args),
        Command::ShowAction(args) => actions::show(client, &args),
        Command::Run(args) => tasks::run(client, &args),
        Command::Exec(args) => tasks::exec(client, &args, global.verbose),
        Command::Operations(args) => operations::list(client, &args),
        Command::ShowOperation(args) => operations::show(client, &args),
        Command::ShowTask(args) => operations::show_task(client, &args),
        Command::CancelTask(args) => operations::cancel(client, &args),
        Command::ShowUnit(args) => show::unit(client, &args),
        Command::ShowApplication(args) => show::application(client, &args),
        Command::Machines(args) => machines::list(client, &args),
        Command::ShowMachine(args) => machines::show(client, &args),
        Command::AddSecret(args) => secrets::add(client, &args),
        Command::UpdateSecret(args) => secrets::update(client, &args),
        Command::GrantSecret(args) => secrets::grant(client, &args),
        Command::RevokeSecret(args) => secrets::revoke(client, &args),
        Command::RemoveSecret(args) => secrets::remove(client, &args),
        Command::Secrets(args) => secrets::list(client, &args),
        Command::ShowSecret(args) => secrets::show(client, &args),
        Command::AddStorage(args) => storage::add(client, &args),
        Command::Storage(args) => storage::list(client, &args),
        Command::ShowStorage(args) => storage::show(client, &args),
        Command::Resources(args) => resources::list(client, &args),
        Command::AttachResource(args) => resources::attach(client, &args),
        Command::Fire(args) => fire::run(client, &args),
        // They need no data, and were answered above; `scale-application` is refused when it is read.
        Command::Pack(_)
        | Command::Clean(_)
        | Command::Version(_)
        | Command::Completion(_)
        | Command::ScaleApplication(_) => Ok(ExitCode::SUCCESS),
    }
}
