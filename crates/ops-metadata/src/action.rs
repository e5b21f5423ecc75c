//! Actions, which users can run on units.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{MetadataError, action_schema, juju_name, node::Node};

/// An action in the metadata.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ActionMeta {
    /// The action's name.
    pub name: String,
    /// Its title; empty if not given.
    pub title: String,
    /// Its description; empty if not given.
    pub description: String,
    /// Its parameters: a JSON schema for each, by name.
    pub parameters: Map<String, Value>,
    /// The required parameters.
    pub required: Vec<String>,
    /// Whether it accepts parameters that are not in `parameters`. `None` means Juju's default: yes before Juju 4, no
    /// since then.
    pub additional_properties: Option<bool>,
    /// Whether it may run in parallel with other actions of the same unit.
    pub parallel: bool,
    /// Actions of the same group do not run in parallel. The empty name is a group too.
    pub execution_group: String,
    /// All other JSON schema keywords for the parameters as a whole.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub schema: Map<String, Value>,
}

impl ActionMeta {
    /// The JSON schema against which Juju checks the parameters, as `juju actions --schema` shows it.
    #[must_use]
    pub fn params_schema(&self) -> Value {
        let mut schema = self.schema.clone();
        let or_default = |text: &str, default: &str| Value::from(if text.is_empty() { default } else { text });
        schema.insert("title".into(), or_default(&self.title, &self.name));
        schema.insert("description".into(), or_default(&self.description, "No description"));
        schema.entry("type").or_insert_with(|| json!("object"));
        schema.insert("properties".into(), Value::Object(self.parameters.clone()));
        if !self.required.is_empty() {
            schema.insert("required".into(), json!(self.required));
        }
        if let Some(additional) = self.additional_properties {
            schema.insert("additionalProperties".into(), additional.into());
        }
        Value::Object(schema)
    }

    pub(crate) fn read(node: &Node<'_>, charm: &str) -> Result<Self, MetadataError> {
        let name = node.key().to_owned();
        if !juju_name::is_action_name(&name) {
            return Err(node.invalid(
                "an action's name is lower-case letters, digits and dashes, with no dash at the beginning or the end",
            ));
        }
        if juju_name::is_reserved(charm, &name) {
            return Err(node.invalid("`juju` and names that start with `juju-` are reserved for Juju"));
        }
        refuse_references(node)?;
        let mut action = Self {
            title: node.string_at("title")?.unwrap_or_default(),
            description: node.string_at("description")?.unwrap_or_default(),
            parameters: Map::new(),
            required: node.strings_at("required")?,
            additional_properties: None,
            parallel: node.boolean_at("parallel")?,
            execution_group: node.string_at("execution-group")?.unwrap_or_default(),
            schema: Map::new(),
            name,
        };
        for entry in node.entries()? {
            match (entry.key(), entry.value()) {
                ("title" | "description" | "parallel" | "execution-group", _) => {}
                ("required", _) => action_schema::check_keyword(&entry)?,
                ("additionalProperties", Value::Bool(value)) => action.additional_properties = Some(*value),
                ("params", _) => {
                    for parameter in entry.entries()? {
                        action_schema::check(&parameter)?;
                        action.parameters.insert(parameter.key().to_owned(), parameter.value().clone());
                    }
                }
                (key, value) => {
                    action_schema::check_keyword(&entry)?;
                    action.schema.insert(key.to_owned(), value.clone());
                }
            }
        }
        Ok(action)
    }
}

/// Juju refuses schemas with references.
fn refuse_references(node: &Node<'_>) -> Result<(), MetadataError> {
    match node.value() {
        Value::Object(_) => {
            for entry in node.entries()? {
                if matches!(entry.key(), "$ref" | "$schema") {
                    return Err(entry.invalid("Juju refuses references in an action's schema"));
                }
                refuse_references(&entry)?;
            }
        }
        Value::Array(_) => {
            for item in node.items()? {
                refuse_references(&item)?;
            }
        }
        _ => {}
    }
    Ok(())
}
