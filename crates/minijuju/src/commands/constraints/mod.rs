//! Constraints on machines: kept and shown. A machine here is a view of this computer, whatever they ask for.

pub mod output;

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Args;

use self::output::Constraints as Shown;
use crate::cli::{Arguments, ModelOption, Output, boolean, check_application_name};
use crate::client::{Client, print};
use crate::format::ConstraintsFormat;
use crate::store::{application, model};

/// The constraints that Juju knows.
const KNOWN: [&str; 16] = [
    "allocate-public-ip",
    "arch",
    "container",
    "cores",
    "cpu-cores",
    "cpu-power",
    "image-id",
    "instance-role",
    "instance-type",
    "mem",
    "root-disk",
    "root-disk-source",
    "spaces",
    "tags",
    "virt-type",
    "zones",
];

/// The architectures that Juju supports.
const ARCHITECTURES: [&str; 5] = ["amd64", "arm64", "ppc64el", "s390x", "riscv64"];

/// Reads words of `KEY=VALUE`, several in a word or one in each; an empty value takes the constraint away.
pub fn read<'a>(words: impl IntoIterator<Item = &'a String>) -> Result<BTreeMap<String, String>, String> {
    let mut constraints = BTreeMap::new();
    for constraint in words.into_iter().flat_map(|word| word.split_whitespace()) {
        let Some((name, value)) = constraint.split_once('=') else {
            return Err(format!("malformed constraint {constraint:?}"));
        };
        if !KNOWN.contains(&name) {
            return Err(format!("unknown constraint {name:?}"));
        }
        let name = if name == "cpu-cores" { "cores" } else { name };
        check(name, value).map_err(|why| format!("bad {name:?} constraint: {why}"))?;
        let value = match (name, boolean(value)) {
            ("allocate-public-ip", Ok(value)) => value.to_string(),
            _ => value.to_owned(),
        };
        if constraints.insert(name.to_owned(), value).is_some() {
            return Err(format!("bad {name:?} constraint: already set"));
        }
    }
    Ok(constraints)
}

/// Checks a constraint's value, which may be empty.
fn check(name: &str, value: &str) -> Result<(), String> {
    let (fits, why) = match name {
        "arch" => (ARCHITECTURES.contains(&value), format!("{value:?} not recognized")),
        "cores" | "cpu-power" => {
            let fits = value.bytes().all(|byte| byte.is_ascii_digit()) && value.parse::<u64>().is_ok();
            (fits, "must be a non-negative integer".to_owned())
        }
        "mem" | "root-disk" => {
            let size = value.strip_suffix(['M', 'G', 'T', 'P']).unwrap_or(value);
            let fits = size.parse::<f64>().is_ok_and(|size| size >= 0.0);
            (fits, "must be a non-negative float with optional M/G/T/P suffix".to_owned())
        }
        "allocate-public-ip" => (boolean(value).is_ok(), "must be 'true' or 'false'".to_owned()),
        _ => (true, String::new()),
    };
    if fits || value.is_empty() { Ok(()) } else { Err(why) }
}

/// Show the constraints on an application's machines.
#[derive(Debug, Clone, Args)]
pub struct ConstraintsArgs {
    /// The application
    pub application: String,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub output: Output<ConstraintsFormat>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for ConstraintsArgs {
    const MISSING: &[&str] = &["no application name specified"];

    fn init(&mut self) -> Result<(), String> {
        check_application_name(&self.application)
    }
}

/// Set the constraints on an application's machines.
#[derive(Debug, Clone, Args)]
pub struct SetConstraintsArgs {
    /// The application
    pub application: String,
    /// Constraints on its machines
    #[arg(value_name = "constraint>=<value")]
    words: Vec<String>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
    /// The constraints.
    #[arg(skip)]
    pub constraints: BTreeMap<String, String>,
}

impl Arguments for SetConstraintsArgs {
    const MISSING: &[&str] = &["no application name specified"];

    fn init(&mut self) -> Result<(), String> {
        check_application_name(&self.application)?;
        self.constraints = read(&self.words)?;
        Ok(())
    }
}

/// Show the constraints on a model's machines.
#[derive(Debug, Clone, Args)]
pub struct ModelConstraintsArgs {
    #[allow(missing_docs)]
    #[command(flatten)]
    pub output: Output<ConstraintsFormat>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for ModelConstraintsArgs {}

/// Set the constraints on a model's machines.
#[derive(Debug, Clone, Args)]
pub struct SetModelConstraintsArgs {
    /// Constraints on the model's machines
    #[arg(value_name = "constraint>=<value")]
    words: Vec<String>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
    /// The constraints.
    #[arg(skip)]
    pub constraints: BTreeMap<String, String>,
}

impl Arguments for SetModelConstraintsArgs {
    fn init(&mut self) -> Result<(), String> {
        self.constraints = read(&self.words)?;
        Ok(())
    }
}

/// Run `juju constraints`.
pub fn show(client: &mut Client, args: &ConstraintsArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let found = client.application(&model, &args.application)?;
    print(&output::constraints(&Shown(found.constraints), args.output.format()), args.output.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// Run `juju set-constraints`.
pub fn set(client: &mut Client, args: &SetConstraintsArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let mut found = client.application(&model, &args.application)?;
    found.constraints = given(&args.constraints);
    client.write(|db| application::save(db, &model.uuid, &found))?;
    Ok(ExitCode::SUCCESS)
}

/// Run `juju model-constraints`.
pub fn show_model(client: &mut Client, args: &ModelConstraintsArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    print(&output::constraints(&Shown(model.constraints), args.output.format()), args.output.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// Run `juju set-model-constraints`.
pub fn set_model(client: &mut Client, args: &SetModelConstraintsArgs) -> anyhow::Result<ExitCode> {
    let mut model = client.model()?;
    model.constraints = given(&args.constraints);
    client.write(|db| model::save(db, &model))?;
    Ok(ExitCode::SUCCESS)
}

/// Constraints without those that an empty value takes away.
fn given(words: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    words.iter().filter(|(_, value)| !value.is_empty()).map(|(key, value)| (key.clone(), value.clone())).collect()
}
