//! An application's charm: its metadata, and the values of its options.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use emulator::JujuVersion;
use ops_metadata::{CharmMeta, ConfigMeta};
use serde_json::{Value, json};

use crate::store::application::Application;

/// The maximum size of a metadata file in bytes. Every command reads them; the largest of real charms have 0.1 MiB.
const MAX_METADATA_SIZE: u64 = 1 << 20;

/// The metadata files of the unpacked charm in `folder`, as JSON.
pub fn read_metadata(folder: &Path) -> io::Result<Value> {
    let read = |name: &str| match read_text(&folder.join(name)) {
        Ok(text) => Ok(Value::String(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Value::Null),
        Err(error) => Err(io::Error::new(error.kind(), format!("{name}: {error}"))),
    };
    Ok(json!({
        "metadata": read("metadata.yaml")?,
        "config": read("config.yaml")?,
        "actions": read("actions.yaml")?,
        "manifest": read("manifest.yaml")?,
        "version": read("version")?,
    }))
}

fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(MAX_METADATA_SIZE + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_METADATA_SIZE {
        return Err(io::Error::other(format!("it has more than {MAX_METADATA_SIZE} bytes, which is the limit")));
    }
    Ok(text)
}

/// The metadata of an application's charm.
pub fn metadata(application: &Application) -> Result<CharmMeta, ops_metadata::MetadataError> {
    let part = |name: &str| application.metadata.get(name).and_then(Value::as_str);
    CharmMeta::from_parts(part("metadata").unwrap_or_default(), part("config"), part("actions"))
}

/// The metadata of an application's charm as this version of Juju reads it. Juju 4 refuses parameters that an action
/// does not define, unless the charm allows them. Juju 4.0: domain/deployment/charm/actions.go.
pub fn metadata_for(application: &Application, juju: JujuVersion) -> Result<CharmMeta, ops_metadata::MetadataError> {
    let mut meta = metadata(application)?;
    if juju.is_4() {
        for action in meta.actions.values_mut() {
            // It may be a schema, not only a boolean.
            if !action.schema.contains_key("additionalProperties") {
                action.additional_properties.get_or_insert(false);
            }
        }
    }
    Ok(meta)
}

/// A charm's options as the charm sees them: the set value, else the default. Options with neither are left out.
pub fn settings(options: &BTreeMap<String, ConfigMeta>, set: &BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    options
        .iter()
        .filter_map(|(name, option)| Some((name.clone(), set.get(name).or(option.default.as_ref())?.clone())))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_error_for_a_metadata_file_that_is_too_large_names_it() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("metadata.yaml"), "name: a\nsummary: s\ndescription: d\n").unwrap();
        assert_eq!(read_metadata(folder.path()).unwrap()["config"], Value::Null);
        // A sparse file, which takes no space.
        File::create(folder.path().join("config.yaml")).unwrap().set_len(1 << 40).unwrap();
        let error = read_metadata(folder.path()).unwrap_err().to_string();
        assert_eq!(error, "config.yaml: it has more than 1048576 bytes, which is the limit");
    }
}
