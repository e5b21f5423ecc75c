//! Constraints on machines.

use std::collections::BTreeMap;

use clap::Args;

use super::command::Init;
use super::{ModelOption, Output};
use crate::format::ConstraintsFormat;

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

/// Reads words of `KEY=VALUE`, several in a word or one in each; an empty value takes the constraint away.
pub(super) fn read<'a>(words: impl IntoIterator<Item = &'a String>) -> Result<BTreeMap<String, String>, String> {
    let mut constraints = BTreeMap::new();
    for constraint in words.into_iter().flat_map(|word| word.split_whitespace()) {
        let Some((name, value)) = constraint.split_once('=') else {
            return Err(format!("malformed constraint {constraint:?}"));
        };
        if !KNOWN.contains(&name) {
            return Err(format!("unknown constraint {name:?}"));
        }
        let name = if name == "cpu-cores" { "cores" } else { name };
        if constraints.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(format!("bad {name:?} constraint: already set"));
        }
    }
    Ok(constraints)
}

/// `juju constraints`.
#[derive(Debug, Clone, Args)]
pub struct Constraints {
    /// The application
    pub application: String,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub output: Output<ConstraintsFormat>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
}

impl Init for Constraints {
    fn init(&mut self) -> Result<(), String> {
        super::deploy::application(&self.application)
    }
}

/// `juju set-constraints`.
#[derive(Debug, Clone, Args)]
pub struct SetConstraints {
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

impl Init for SetConstraints {
    fn init(&mut self) -> Result<(), String> {
        super::deploy::application(&self.application)?;
        self.constraints = read(&self.words)?;
        Ok(())
    }
}

/// `juju model-constraints`.
#[derive(Debug, Clone, Args)]
pub struct ModelConstraints {
    #[allow(missing_docs)]
    #[command(flatten)]
    pub output: Output<ConstraintsFormat>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
}

impl Init for ModelConstraints {}

/// `juju set-model-constraints`.
#[derive(Debug, Clone, Args)]
pub struct SetModelConstraints {
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

impl Init for SetModelConstraints {
    fn init(&mut self) -> Result<(), String> {
        self.constraints = read(&self.words)?;
        Ok(())
    }
}
