//! Commands that Juju does not have.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

use super::command::Init;
use super::{ModelOption, NoPrompt, is_unit};

/// `minijuju fire`.
#[derive(Debug, Clone, Args)]
pub struct Fire {
    /// The unit
    pub unit: String,
    /// The event, as update-status
    pub event: String,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
}

impl Init for Fire {
    fn init(&mut self) -> Result<(), String> {
        if is_unit(&self.unit) { Ok(()) } else { Err(format!("unit name {:?} not valid", self.unit)) }
    }
}

/// `minijuju clean`.
#[derive(Debug, Clone, Args)]
pub struct Clean {
    #[allow(missing_docs)]
    #[command(flatten)]
    pub prompt: NoPrompt,
}

impl Init for Clean {}

/// `minijuju pack`.
#[derive(Debug, Clone, Args)]
pub struct Pack {
    /// The charm's project folder; the one we are in if there is none
    #[arg(value_name = "project")]
    pub project: Option<PathBuf>,
    /// Folder to put the .charm in; the one we are in if there is none
    #[arg(short = 'o', long, value_name = "folder")]
    pub output: Option<PathBuf>,
}

impl Init for Pack {}

/// `minijuju completion`.
#[derive(Debug, Clone, Args)]
pub struct Completion {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

impl Init for Completion {}
