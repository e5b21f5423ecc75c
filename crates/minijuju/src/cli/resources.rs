//! Files that a charm comes with.

use clap::Args;

use super::command::Init;
use super::{ModelOption, Output, Pair, is_application, is_unit};
use crate::format::Tabular;

/// `juju resources`.
#[derive(Debug, Clone, Args)]
pub struct Resources {
    /// The application or unit
    #[arg(value_name = "application or unit")]
    pub target: String,
    /// Show what each unit has
    #[arg(long)]
    pub details: bool,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub output: Output<Tabular>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
}

impl Init for Resources {
    fn init(&mut self) -> Result<(), String> {
        if is_application(&self.target) || is_unit(&self.target) {
            Ok(())
        } else {
            Err(format!("{:?} is neither an application nor a unit", self.target))
        }
    }
}

/// `juju attach-resource`.
#[derive(Debug, Clone, Args)]
pub struct AttachResource {
    /// The application
    pub application: String,
    /// The resource and its file, as name=file
    #[arg(value_name = "resource name=resource")]
    word: String,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
    /// The resource and its file.
    #[arg(skip = Pair { name: String::new(), value: String::new() })]
    pub resource: Pair,
}

impl Init for AttachResource {
    fn init(&mut self) -> Result<(), String> {
        if !is_application(&self.application) {
            return Err(format!("application {:?} not valid", self.application));
        }
        self.resource = Pair::parse(&self.word)
            .map_err(|_| format!("expected name=path format for resource, got {:?}", self.word))?;
        Ok(())
    }
}
