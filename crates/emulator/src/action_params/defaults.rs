//! Default values of parameters that were not given.

use serde_json::{Map, Value, map::Entry};

use super::ParamsError;

/// Insert what is missing. A map that was given is completed; one that was not is made if something in it has a default.
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
