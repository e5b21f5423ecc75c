//! Default values of missing parameters.

use serde_json::{Map, Value, map::Entry};

use super::ParamsError;

/// Insert missing defaults. A given map is completed; a missing one is created if it has a default inside.
pub(super) fn insert(params: &mut Map<String, Value>, properties: &Map<String, Value>) -> Result<(), ParamsError> {
    for (name, schema) in properties {
        let nested = schema.get("properties").and_then(Value::as_object);
        match params.entry(name.clone()) {
            Entry::Occupied(mut entry) => {
                if let Value::Object(value) = entry.get_mut() {
                    insert(value, nested.ok_or(ParamsError::NoProperties)?)?;
                }
            }
            Entry::Vacant(entry) => {
                if let Some(default) = schema.get("default") {
                    entry.insert(default.clone());
                } else if let Some(nested) = nested {
                    let mut defaults = Map::new();
                    insert(&mut defaults, nested)?;
                    if !defaults.is_empty() {
                        entry.insert(Value::Object(defaults));
                    }
                }
            }
        }
    }
    Ok(())
}
