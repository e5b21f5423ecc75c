//! An application's charm: what its metadata says, and what its options come to.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use ops_metadata::{CharmMeta, ConfigMeta};
use serde_json::{Value, json};

use crate::store::application::Application;

/// The charm's metadata files, as JSON, from the unpacked charm in `folder`.
pub fn read_metadata(folder: &Path) -> io::Result<Value> {
    let read = |name: &str| match fs::read_to_string(folder.join(name)) {
        Ok(text) => Ok(Value::String(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Value::Null),
        Err(error) => Err(error),
    };
    Ok(json!({
        "metadata": read("metadata.yaml")?,
        "config": read("config.yaml")?,
        "actions": read("actions.yaml")?,
        "manifest": read("manifest.yaml")?,
        "version": read("version")?,
    }))
}

/// The metadata of an application's charm.
pub fn metadata(application: &Application) -> Result<CharmMeta, ops_metadata::MetadataError> {
    let part = |name: &str| application.metadata.get(name).and_then(Value::as_str);
    CharmMeta::from_parts(part("metadata").unwrap_or_default(), part("config"), part("actions"))
}

/// The options of a charm as the charm sees them: what was set, else the default; without those that have neither.
pub fn settings(options: &BTreeMap<String, ConfigMeta>, set: &BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    options
        .iter()
        .filter_map(|(name, option)| Some((name.clone(), set.get(name).or(option.default.as_ref())?.clone())))
        .collect()
}
