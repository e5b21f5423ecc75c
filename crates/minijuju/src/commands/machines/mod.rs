//! `juju machines` and `juju show-machine`.

pub mod output;

use std::collections::{BTreeMap, HashMap};
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;

use self::output::ModelMachines;
use crate::cli::{Arguments, ModelOption, Output, UtcOption};
use crate::client::{Client, print};
use crate::commands::status::{self, output::MachineStatus};
use crate::format::{Clock, Colours, Document, Tabular};
use crate::machine::MachineInfo;
use crate::store::model::{self, Model};
use crate::store::unit;
use crate::uniter::machine_id;

const MACHINES_HELP: &str = "\
Examples:
    juju machines
    juju machines --all";

/// List the machines, and the resources that they use on this computer.
#[derive(Debug, Clone, Args)]
#[command(alias = "list-machines", after_help = MACHINES_HELP)]
pub struct MachinesArgs {
    #[command(flatten)]
    pub times: UtcOption,
    /// Use ANSI color codes in output
    #[arg(long)]
    pub color: bool,
    /// Show the machines of every model
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    pub output: Output<Tabular>,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for MachinesArgs {}

/// Show details of machines.
#[derive(Debug, Clone, Args)]
pub struct ShowMachineArgs {
    /// The machines; by default all
    #[arg(value_name = "machine id")]
    pub machines: Vec<String>,
    #[command(flatten)]
    pub times: UtcOption,
    /// Use ANSI color codes in output
    #[arg(long)]
    pub color: bool,
    #[command(flatten)]
    pub output: Output<Document>,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for ShowMachineArgs {
    const USAGE: Option<&str> = Some("<machineID> ...");
}

/// Run `juju machines`.
pub fn list(client: &mut Client, args: &MachinesArgs) -> anyhow::Result<ExitCode> {
    let models = if args.all { model::all(client.store.db())? } else { vec![client.model()?] };
    let clock = args.times.clock();
    let instances = instances(client)?;
    let shown = models
        .iter()
        .map(|model| model_machines(client, model, &clock, &instances))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let colour = if args.color { Colours::On } else { Colours::on(&std::io::stdout()) };
    print(&output::machines(&shown, args.output.format(), colour), args.output.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// Run `juju show-machine`.
pub fn show(client: &mut Client, args: &ShowMachineArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let mut shown = model_machines(client, &model, &args.times.clock(), &instances(client)?)?;
    if let Some(missing) = args.machines.iter().find(|id| !shown.machines.contains_key(*id)) {
        bail!("machine {missing} not found");
    }
    shown.machines.retain(|id, _| args.machines.is_empty() || args.machines.contains(id));
    print(&output::show_machine(&shown, args.output.format()), args.output.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

fn instances(client: &Client) -> anyhow::Result<HashMap<String, MachineInfo>> {
    Ok(client.machines()?.list()?.into_iter().map(|machine| (machine.id.clone(), machine)).collect())
}

fn model_machines(
    client: &Client,
    model: &Model,
    clock: &Clock,
    instances: &HashMap<String, MachineInfo>,
) -> anyhow::Result<ModelMachines> {
    let status = status::read(client.store.db(), model, &client.machines()?, clock)?;
    let mut machines = BTreeMap::new();
    let units = unit::all(client.store.db(), &model.uuid)?;
    for (id, status) in status.machines {
        let found = instances.get(&machine_id(model, &id));
        let status = MachineStatus {
            units: units.iter().filter(|unit| unit.machine == id).map(unit::Unit::name).collect(),
            processes: found.and_then(|found| found.pid).map_or(Some(0), |pid| Some(process_count(pid))),
            disk_bytes: Some(found.map_or(0, |found| found.disk_usage)),
            ..status
        };
        machines.insert(id, status);
    }
    Ok(ModelMachines { model: model.name.clone(), machines })
}

/// The number of processes in the PID namespace of `init`.
fn process_count(init: u32) -> usize {
    let namespace = |pid: &str| std::fs::read_link(format!("/proc/{pid}/ns/pid")).ok();
    let Some(init_namespace) = namespace(&init.to_string()) else { return 0 };
    let Ok(entries) = std::fs::read_dir("/proc") else { return 0 };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| {
            name.bytes().all(|byte| byte.is_ascii_digit()) && namespace(name).as_ref() == Some(&init_namespace)
        })
        .count()
}
