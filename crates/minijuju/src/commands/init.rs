//! `minijuju init`: a new charm's project.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;

use crate::cli::{Arguments, Session};
use crate::init::{self, ConfigOption, CrateSource, Endpoint, PartialPlan, Workload};

const INIT_HELP: &str = "\
Examples:
    minijuju init web --workload apt:nginx
    minijuju init web --workload systemd:nginx --config port:int
    minijuju init site --action backup --relation database:postgresql_client";

/// Write the project of a new charm, which passes its tests and deploys as it stands (minijuju only).
///
/// On a terminal it asks for what is not given.
#[derive(Debug, Clone, Args)]
#[command(after_help = INIT_HELP)]
pub struct InitArgs {
    /// The charm's name
    #[arg(value_name = "name")]
    name: Option<String>,
    /// Folder to write it to, which must be empty or missing; by default one with the charm's name
    #[arg(long, value_name = "folder")]
    path: Option<PathBuf>,
    /// What the charm manages: apt:PACKAGE, systemd:UNIT or none
    #[arg(long, value_name = "workload")]
    workload: Option<Workload>,
    /// A config option, and its type: string (the default), int, float, boolean
    #[arg(long = "config", value_name = "name:type")]
    options: Vec<ConfigOption>,
    /// An action
    #[arg(long = "action", value_name = "name", value_parser = init::check_action)]
    actions: Vec<String>,
    /// A relation that the charm requires
    #[arg(long = "relation", value_name = "endpoint:interface")]
    relations: Vec<Endpoint>,
    /// Where the charm gets the framework from: a version, a repository's URL, or a folder; by default from where this
    /// program came from
    #[arg(long, value_name = "source")]
    crates: Option<String>,
}

impl Arguments for InitArgs {}

/// Run `minijuju init`. It needs no data.
pub fn init(session: &Session, args: &InitArgs) -> anyhow::Result<ExitCode> {
    let args = args.clone();
    let crates = args.crates.as_deref().map_or_else(CrateSource::of_this_program, CrateSource::parse)?;
    let mut partial = PartialPlan {
        name: args.name,
        workload: args.workload,
        options: args.options,
        actions: args.actions,
        relations: args.relations,
    };
    if io::stdin().is_terminal() && io::stderr().is_terminal() {
        init::ask(&mut partial, &mut io::stdin().lock(), &mut io::stderr()).context("cannot ask")?;
    }
    let plan = partial.complete(crates)?;
    let folder = args.path.unwrap_or_else(|| PathBuf::from(&plan.name));
    init::write(&plan, &folder)?;
    if !session.global.quiet {
        let name = &plan.name;
        eprintln!("Wrote the charm {name} to {}. Next:", folder.display());
        eprintln!("    cd {}", folder.display());
        eprintln!("    cargo test");
        eprintln!("    {} deploy .", session.program);
    }
    Ok(ExitCode::SUCCESS)
}
