//! Storage.

use clap::Args;

use super::command::Init;
use super::{ModelOption, Output, Pair, is_unit};
use crate::format::{Document, Tabular};

/// `juju add-storage`.
#[derive(Debug, Clone, Args)]
pub struct AddStorage {
    /// The unit
    pub unit: String,
    /// The storage, and how much of it: data, data=1G, data=2
    #[arg(value_name = "storage>[=<directive>")]
    words: Vec<String>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
    /// The storages and what is asked of them: `1G`, `2`, `rootfs,1G,2`, or `1` if nothing was said.
    #[arg(skip)]
    pub storages: Vec<Pair>,
}

impl Init for AddStorage {
    fn init(&mut self) -> Result<(), String> {
        if self.words.is_empty() {
            return Err("add-storage requires a unit and a storage directive".to_owned());
        }
        if !is_unit(&self.unit) {
            return Err(format!("unit name {:?} not valid", self.unit));
        }
        for word in &self.words {
            let (name, value) = word.split_once('=').unwrap_or((word, "1"));
            if name.is_empty() || value.is_empty() {
                return Err(format!("storage directive {word:?} not valid"));
            }
            if self.storages.iter().any(|storage| storage.name == name) {
                return Err(format!("storage {name:?} specified more than once"));
            }
            self.storages.push(Pair { name: name.to_owned(), value: value.to_owned() });
        }
        Ok(())
    }
}

/// `juju storage`.
#[derive(Debug, Clone, Args)]
pub struct Storage {
    #[arg(hide = true)]
    ids: Vec<String>,
    #[arg(long, hide = true)]
    filesystem: bool,
    #[arg(long, hide = true)]
    volume: bool,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub output: Output<Tabular>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
}

impl Init for Storage {
    fn init(&mut self) -> Result<(), String> {
        if self.filesystem && self.volume {
            return Err("--filesystem and --volume can not be used together".to_owned());
        }
        if self.filesystem || self.volume {
            return Err("minijuju does not do \"--filesystem\" and \"--volume\": \"juju storage\" shows all".to_owned());
        }
        if self.ids.is_empty() {
            Ok(())
        } else {
            Err("specifying IDs only supported with --filesystem and --volume options".to_owned())
        }
    }
}

/// `juju show-storage`.
#[derive(Debug, Clone, Args)]
pub struct ShowStorage {
    /// The storages, as data/0
    #[arg(value_name = "storage ID", required = true)]
    pub ids: Vec<String>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub output: Output<Document>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
}

impl Init for ShowStorage {}
