//! An action's parameters: checked against the charm's JSON schema as in Juju, and completed with defaults.

mod defaults;
mod message;
mod order;
mod schema;
#[cfg(test)]
mod tests;
mod validator;

use jsonschema::Validator;
use ops_metadata::ActionMeta;
use serde_json::{Map, Value};
use thiserror::Error;

use crate::version::JujuVersion;

/// Why an action cannot run with its parameters, in Juju's words.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ParamsError {
    /// The schema forbids the parameters, for all these reasons.
    #[error("validation failed: {}", .0.join("; "))]
    Invalid(Vec<String>),
    /// The schema itself is invalid.
    #[error("{0}")]
    Schema(String),
    /// A map was given for a parameter whose schema has no `properties`. Juju fails when it looks for defaults in it.
    #[error("schema error caused a panic: interface conversion: interface {{}} is nil, not map[string]interface {{}}")]
    NoProperties,
}

/// The parameters that `action` gets if the user gives these. Juju checks them before it adds defaults, so a required
/// parameter must be given even if it has a default.
///
/// Before Juju 4, parameters that the charm does not define are passed on, unless its schema forbids them. Juju 4
/// refuses them, unless the schema allows them.
///
/// ```
/// use emulator::{JujuVersion, action_params};
/// use ops_metadata::CharmMeta;
/// use serde_json::json;
///
/// let yaml = "
/// name: app
/// summary: An app.
/// description: An app.
/// actions:
///   greet:
///     params: {name: {type: string}, times: {type: integer, minimum: 1, default: 1}}
///     required: [name]
/// ";
/// let meta = CharmMeta::parse(yaml)?;
/// let greet = &meta.actions["greet"];
/// let given = json!({"name": "you"});
/// let params = action_params::prepare(greet, given.as_object().unwrap(), JujuVersion::V3_6).unwrap();
/// assert_eq!(params["times"], 1);
/// let none = json!({"times": 0});
/// let error = action_params::prepare(greet, none.as_object().unwrap(), JujuVersion::V3_6).unwrap_err();
/// let missing = r#"validation failed: (root) : "name" property is missing and required, given {"times":0}; "#;
/// let small = r#"(root).times : must be greater than 1, given "0""#;
/// assert_eq!(error.to_string(), format!("{missing}{small}"));
/// # Ok::<(), ops_metadata::MetadataError>(())
/// ```
///
/// # Errors
/// The schema forbids the parameters, or cannot be used.
pub fn prepare(
    action: &ActionMeta,
    given: &Map<String, Value>,
    version: JujuVersion,
) -> Result<Map<String, Value>, ParamsError> {
    let mut schema = action.params_schema();
    if let (true, Value::Object(schema)) = (version.is_4(), &mut schema) {
        schema.entry("additionalProperties").or_insert(Value::Bool(false));
    }
    let schema = schema::normalize(&schema);
    let validator = compile(&schema)?;
    let document = schema::normalize_numbers(&Value::Object(given.clone()));
    let errors: Vec<_> = validator.iter_errors(&document).collect();
    let messages = order::sorted_messages(&schema, &document, &errors.iter().collect::<Vec<_>>());
    if !messages.is_empty() {
        return Err(ParamsError::Invalid(messages));
    }
    with_defaults(action, given)
}

/// The given parameters, unchecked, completed with defaults.
///
/// # Errors
/// A map was given for a parameter whose schema has no `properties`.
pub fn with_defaults(action: &ActionMeta, given: &Map<String, Value>) -> Result<Map<String, Value>, ParamsError> {
    let mut params = given.clone();
    defaults::insert(&mut params, &action.parameters)?;
    Ok(params)
}

/// Check that Juju can use an action's schema. Reading the charm checks everything but the patterns.
///
/// # Errors
/// A pattern is not a regular expression of Go.
pub fn check_schema(action: &ActionMeta) -> Result<(), ParamsError> {
    compile(&schema::normalize(&action.params_schema())).map(drop)
}

fn compile(schema: &Value) -> Result<Validator, ParamsError> {
    validator::build(schema).map_err(|error| ParamsError::Schema(message::schema_error(&error)))
}
