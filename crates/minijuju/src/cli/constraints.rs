//! Constraints on machines.

use std::collections::BTreeMap;

use clap::Args;

use super::command::Init;
use super::{ModelOption, Output, gnuflag};
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

/// The architectures that Juju supports.
const ARCHITECTURES: [&str; 5] = ["amd64", "arm64", "ppc64el", "s390x", "riscv64"];

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
        check(name, value).map_err(|why| format!("bad {name:?} constraint: {why}"))?;
        let value = match (name, gnuflag::boolean(value)) {
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
        "allocate-public-ip" => (gnuflag::boolean(value).is_ok(), "must be 'true' or 'false'".to_owned()),
        _ => (true, String::new()),
    };
    if fits || value.is_empty() { Ok(()) } else { Err(why) }
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
