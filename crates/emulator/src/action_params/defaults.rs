//! Default values of missing parameters.

use serde_json::{Map, Value, map::Entry};

use super::ParamsError;

/// Insert missing defaults. A given map is completed; a missing one is created if it has a default inside.
pub(super) fn insert(into: &mut Map<String, Value>, properties: &Map<String, Value>) -> Result<(), ParamsError> {
    for (name, schema) in properties {
        let below = schema.get("properties").and_then(Value::as_object);
        match into.entry(name.clone()) {
            Entry::Occupied(mut given) => {
                if let Value::Object(given) = given.get_mut() {
                    insert(given, below.ok_or(ParamsError::NoProperties)?)?;
                }
            }
            Entry::Vacant(missing) => {
                if let Some(default) = schema.get("default") {
                    missing.insert(default.clone());
                } else if let Some(below) = below {
                    let mut made = Map::new();
                    insert(&mut made, below)?;
                    if !made.is_empty() {
                        missing.insert(Value::Object(made));
                    }
                }
            }
        }
    }
    Ok(())
}
