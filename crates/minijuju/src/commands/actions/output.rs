//! The output of `juju actions` and `juju show-action`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;

use crate::format::{Colours, Table, Tabular, json, sorted, table_or, yaml};

/// `juju actions`: descriptions by name.
#[must_use]
pub fn actions(descriptions: &BTreeMap<String, String>, format: Tabular) -> String {
    let or_placeholder = |text: &str| if text.is_empty() { "No description".to_owned() } else { text.to_owned() };
    let descriptions: BTreeMap<String, String> =
        descriptions.iter().map(|(name, text)| (name.clone(), or_placeholder(text))).collect();
    table_or(&descriptions, format, || {
        let mut table = Table::new(Colours::Off);
        table.line(&["Action", "Description"]);
        for (name, description) in sorted(&descriptions) {
            let lines: Vec<&str> = description.trim().lines().collect();
            table.line(&[name, &lines.join("\n\t")]);
        }
        table.finish()
    })
}

/// `juju actions --schema`: JSON schemas of the parameters, by action.
#[must_use]
pub fn action_schemas(schemas: &BTreeMap<String, Value>, format: Tabular) -> String {
    match format {
        Tabular::Json => json(schemas),
        Tabular::Yaml | Tabular::Tabular => yaml(schemas),
    }
}

/// A parameter in `juju show-action`.
#[derive(Serialize)]
struct Argument<'a> {
    r#type: Option<&'a Value>,
    description: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<&'a Value>,
}

/// `juju show-action`: the description and the parameters of an action.
#[must_use]
pub fn show_action(description: &str, schema: &Value) -> String {
    let properties = schema.get("properties").and_then(Value::as_object);
    let arguments: BTreeMap<&String, Argument> = properties
        .into_iter()
        .flatten()
        .map(|(name, property)| {
            let field = |field: &str| property.get(field);
            let argument =
                Argument { r#type: field("type"), description: field("description"), default: field("default") };
            (name, argument)
        })
        .collect();
    let mut out = String::new();
    _ = writeln!(out, "{description}\n\nArguments\n{}", yaml(&arguments));
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn actions_are_listed_with_their_descriptions() {
        let descriptions = BTreeMap::from([
            ("backup".to_owned(), "Take a backup.\nSecond line.\n".to_owned()),
            ("do-2".to_owned(), String::new()),
            ("do-10".to_owned(), "Ten.".to_owned()),
        ]);
        assert_eq!(
            actions(&descriptions, Tabular::Tabular),
            "\
Action  Description
backup  Take a backup.
        Second line.
do-2    No description
do-10   Ten.
"
        );
        assert!(actions(&descriptions, Tabular::Yaml).starts_with("backup: |\n  Take a backup.\n  Second line.\n"));
    }

    #[test]
    fn an_action_is_shown_with_its_arguments() {
        let schema = json!({"properties": {"level": {"type": "integer", "description": "How hard", "default": 3}}});
        assert_eq!(
            show_action("Take a backup.", &schema),
            "Take a backup.\n\nArguments\nlevel:\n  type: integer\n  description: How hard\n  default: 3\n\n"
        );
        assert_eq!(show_action("x", &json!({})), "x\n\nArguments\n{}\n\n");
    }

    #[test]
    fn schemas_are_documents() {
        let schemas = BTreeMap::from([("backup".to_owned(), json!({"type": "object", "title": "backup"}))]);
        assert_eq!(action_schemas(&schemas, Tabular::Yaml), "backup:\n  title: backup\n  type: object\n");
    }
}
