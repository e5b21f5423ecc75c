//! Constraints on machines. They are stored and shown, but have no effect: a machine is a view of this computer.

pub mod output;

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Args;

use self::output::Constraints;
use crate::cli::{Arguments, ModelOption, Output, UsageError, boolean, check_application_name};
use crate::client::{Client, print};
use crate::format::ConstraintsFormat;
use crate::store::{application, model};

/// The constraints that Juju knows.
const CONSTRAINTS: [&str; 16] = [
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

/// Why words are not constraints.
#[derive(Debug, thiserror::Error)]
pub enum ConstraintError {
    #[error("malformed constraint {0:?}")]
    Malformed(String),
    #[error("unknown constraint {0:?}")]
    Unknown(String),
    #[error("bad {name:?} constraint: {reason}")]
    Value { name: String, reason: ValueError },
}

/// Why a constraint cannot have a value.
#[derive(Debug, thiserror::Error)]
pub enum ValueError {
    #[error("{0:?} not recognized")]
    Architecture(String),
    #[error("must be a non-negative integer")]
    Count,
    #[error("must be a non-negative float with optional M/G/T/P suffix")]
    Size,
    #[error("must be 'true' or 'false'")]
    Bool,
    /// The constraint was already given.
    #[error("already set")]
    Repeated,
}

/// Parse `KEY=VALUE`, one or more per word. An empty value removes the constraint.
pub fn parse<'a>(words: impl IntoIterator<Item = &'a String>) -> Result<BTreeMap<String, String>, ConstraintError> {
    let mut constraints = BTreeMap::new();
    for constraint in words.into_iter().flat_map(|word| word.split_whitespace()) {
        let Some((name, value)) = constraint.split_once('=') else {
            return Err(ConstraintError::Malformed(constraint.to_owned()));
        };
        if !CONSTRAINTS.contains(&name) {
            return Err(ConstraintError::Unknown(name.to_owned()));
        }
        let name = if name == "cpu-cores" { "cores" } else { name };
        let value_error = |reason| ConstraintError::Value { name: name.to_owned(), reason };
        check_value(name, value).map_err(value_error)?;
        let value = match (name, boolean(value)) {
            ("allocate-public-ip", Ok(value)) => value.to_string(),
            _ => value.to_owned(),
        };
        if constraints.insert(name.to_owned(), value).is_some() {
            return Err(value_error(ValueError::Repeated));
        }
    }
    Ok(constraints)
}

/// Check a constraint's value, which may be empty.
fn check_value(name: &str, value: &str) -> Result<(), ValueError> {
    if value.is_empty() {
        return Ok(());
    }
    let count = || value.bytes().all(|byte| byte.is_ascii_digit()) && value.parse::<u64>().is_ok();
    let size = || {
        let size = value.strip_suffix(['M', 'G', 'T', 'P']).unwrap_or(value);
        size.parse::<f64>().is_ok_and(|size| size >= 0.0)
    };
    match name {
        "arch" if !ARCHITECTURES.contains(&value) => Err(ValueError::Architecture(value.to_owned())),
        "cores" | "cpu-power" if !count() => Err(ValueError::Count),
        "mem" | "root-disk" if !size() => Err(ValueError::Size),
        "allocate-public-ip" if boolean(value).is_err() => Err(ValueError::Bool),
        _ => Ok(()),
    }
}

/// Show the constraints on an application's machines.
#[derive(Debug, Clone, Args)]
pub struct ConstraintsArgs {
    /// The application
    pub application: String,
    #[command(flatten)]
    pub output: Output<ConstraintsFormat>,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for ConstraintsArgs {
    const USAGE: Option<&str> = Some("<application>");
    const MISSING: &[&str] = &["no application name specified"];

    fn init(&mut self) -> Result<(), UsageError> {
        Ok(check_application_name(&self.application)?)
    }
}

/// Set the constraints on an application's machines.
#[derive(Debug, Clone, Args)]
pub struct SetConstraintsArgs {
    /// The application
    pub application: String,
    /// Constraints on its machines
    #[arg(value_name = "constraint")]
    words: Vec<String>,
    #[command(flatten)]
    pub model: ModelOption,
    #[arg(skip)]
    pub constraints: BTreeMap<String, String>,
}

impl Arguments for SetConstraintsArgs {
    const USAGE: Option<&str> = Some("<application> <constraint>=<value> ...");
    const MISSING: &[&str] = &["no application name specified"];

    fn init(&mut self) -> Result<(), UsageError> {
        check_application_name(&self.application)?;
        self.constraints = parse(&self.words).map_err(UsageError::command)?;
        Ok(())
    }
}

/// Show the constraints on a model's machines.
#[derive(Debug, Clone, Args)]
pub struct ModelConstraintsArgs {
    #[command(flatten)]
    pub output: Output<ConstraintsFormat>,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for ModelConstraintsArgs {}

/// Set the constraints on a model's machines.
#[derive(Debug, Clone, Args)]
pub struct SetModelConstraintsArgs {
    /// Constraints on the model's machines
    #[arg(value_name = "constraint")]
    words: Vec<String>,
    #[command(flatten)]
    pub model: ModelOption,
    #[arg(skip)]
    pub constraints: BTreeMap<String, String>,
}

impl Arguments for SetModelConstraintsArgs {
    const USAGE: Option<&str> = Some("<constraint>=<value> ...");

    fn init(&mut self) -> Result<(), UsageError> {
        self.constraints = parse(&self.words).map_err(UsageError::command)?;
        Ok(())
    }
}

/// Run `juju constraints`.
pub fn show(client: &mut Client, args: &ConstraintsArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let application = client.application_unquoted(&model, &args.application)?;
    print(
        &output::constraints(&Constraints(application.constraints), args.output.format()),
        args.output.output.as_deref(),
    )?;
    Ok(ExitCode::SUCCESS)
}

/// Run `juju set-constraints`.
pub fn set(client: &mut Client, args: &SetConstraintsArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let mut application = client.application_unquoted(&model, &args.application)?;
    application.constraints = without_empty_values(&args.constraints);
    client.write(|db| application::save(db, &model.uuid, &application))?;
    Ok(ExitCode::SUCCESS)
}

/// Run `juju model-constraints`.
pub fn show_model(client: &mut Client, args: &ModelConstraintsArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    print(&output::constraints(&Constraints(model.constraints), args.output.format()), args.output.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// Run `juju set-model-constraints`.
pub fn set_model(client: &mut Client, args: &SetModelConstraintsArgs) -> anyhow::Result<ExitCode> {
    let mut model = client.model()?;
    model.constraints = without_empty_values(&args.constraints);
    client.write(|db| model::save(db, &model))?;
    Ok(ExitCode::SUCCESS)
}

/// The constraints that have a value.
fn without_empty_values(words: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    words.iter().filter(|(_, value)| !value.is_empty()).map(|(key, value)| (key.clone(), value.clone())).collect()
}
