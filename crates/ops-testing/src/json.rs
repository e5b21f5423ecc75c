//! Databags with JSON values.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The fields of a struct as JSON, as [`ops::Databag::save`] writes them, for a relation's databags.
///
/// ```
/// # use ops_testing::{Relation, json};
/// # use serde_json::json as value;
/// let relation = Relation::new("database").remote_app_data(json(&value!({"address": "10.0.0.7", "ports": [5432]})));
/// assert_eq!(relation.remote_app_data["address"], "\"10.0.0.7\"");
/// assert_eq!(relation.remote_app_data["ports"], "[5432]");
/// ```
///
/// # Panics
/// If `data` is not a struct or map.
#[must_use]
pub fn json<T: Serialize>(data: &T) -> BTreeMap<String, String> {
    match serde_json::to_value(data) {
        Ok(Value::Object(fields)) => {
            let set = fields.into_iter().filter(|(_, value)| !value.is_null());
            set.map(|(key, value)| (key, value.to_string())).collect()
        }
        Ok(other) => panic!("a databag has keys, and this has none: {other}"),
        Err(error) => panic!("{}: {error}", std::any::type_name::<T>()),
    }
}

/// Load a databag with JSON values into a type: the reverse of [`json`]. A value that is not JSON is taken as a
/// string.
///
/// # Panics
/// If the databag does not fit the type.
#[must_use]
pub fn from_json<T: DeserializeOwned>(databag: &BTreeMap<String, String>) -> T {
    let value = |text: &String| serde_json::from_str(text).unwrap_or_else(|_| text.as_str().into());
    let fields: Map<String, Value> = databag.iter().map(|(key, text)| (key.clone(), value(text))).collect();
    serde_json::from_value(fields.into()).unwrap_or_else(|error| panic!("{databag:?}: {error}"))
}
