//! The commands: one file each, which does what [`cli`](crate::cli) parsed.

mod add_unit;
mod charms;
mod client;
mod deploy;
mod expose;
mod fire;
mod integrate;
mod model_config;
mod models;
mod own;
mod refresh;
mod remove;
mod resolved;
mod settings;
mod status;
mod summary;
mod units;

use std::env;
use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::cli::{self, Command, Invocation};
use client::Client;

/// Run the command that this process was started with.
pub fn main() -> ExitCode {
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
        eprintln!("ERROR {error:#}");
        ExitCode::FAILURE
    })
}

fn run(invocation: Invocation) -> anyhow::Result<ExitCode> {
    let Invocation { global, command, model, controller } = invocation;
    if let Command::Pack(args) = &command {
        return own::pack(global.quiet, args);
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
        Command::Fire(args) => fire::run(client, &args),
        Command::Clean(args) => own::clean(client, &args),
        _ => anyhow::bail!("not there yet"),
    }
}
