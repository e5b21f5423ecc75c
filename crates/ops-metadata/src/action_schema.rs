//! Checks the JSON schema of an action's parameters. Juju parses it at deployment, and refuses a charm with an invalid
//! schema, in the words of its library. Only the syntax of patterns is left to the code that runs them.

use serde_json::Value;

use crate::{MetadataError, node::Node};

const TYPES: &[&str] = &["array", "boolean", "integer", "number", "null", "object", "string"];

/// Refuse what Juju's JSON schema library refuses in the schema at this place.
pub(crate) fn check(schema: &Node<'_>) -> Result<(), MetadataError> {
    if !schema.value().is_object() {
        return Err(schema.expected("a mapping"));
    }
    for keyword in schema.entries()? {
        check_keyword(&keyword)?;
    }
    for (bound, exclusive) in [("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")] {
        if schema.value().get(exclusive).is_some() && schema.value().get(bound).is_none() {
            return Err(schema.invalid(format!("{exclusive} cannot be used without {bound}")));
        }
    }
    // Juju does not compare the bounds of a list.
    for (min, max) in [("minimum", "maximum"), ("minLength", "maxLength"), ("minProperties", "maxProperties")] {
        let number = |name| schema.value()[name].as_f64();
        if number(max).is_some_and(|max| number(min) > Some(max)) {
            return Err(schema.invalid(format!("{min} cannot be greater than {max}")));
        }
    }
    Ok(())
}

/// Refuse what Juju's JSON schema library refuses for one keyword.
pub(crate) fn check_keyword(node: &Node<'_>) -> Result<(), MetadataError> {
    let (keyword, value) = (node.key(), node.value());
    let refuse = |what: &str| Err(node.invalid(format!("{keyword} must be {what}")));
    match keyword {
        "title" | "description" | "$id" if !value.is_string() => refuse("of type string"),
        "type" => check_type(node),
        "properties" => match value {
            Value::Object(_) => check_each(node),
            _ => refuse("of type object"),
        },
        "definitions" | "patternProperties" => match value {
            Value::Object(_) => check_each(node),
            _ if keyword == "definitions" => refuse("of type array of schemas"),
            _ => refuse("of type schema"),
        },
        "additionalProperties" | "additionalItems" => match value {
            Value::Bool(_) => Ok(()),
            Value::Object(_) => check(node),
            _ => refuse("of type boolean/schema"),
        },
        "items" => match value {
            Value::Object(_) => check(node),
            Value::Array(items) if items.iter().all(Value::is_object) => check_items(node),
            _ => refuse("of type schema/array of schemas"),
        },
        "dependencies" => check_dependencies(node),
        "multipleOf" | "minimum" | "maximum" => match value.as_f64() {
            None => refuse("of a number"),
            Some(number) if keyword == "multipleOf" && number <= 0.0 => refuse("strictly greater than 0"),
            Some(_) => Ok(()),
        },
        "exclusiveMinimum" | "uniqueItems" if !value.is_boolean() => refuse("of a boolean"),
        "exclusiveMaximum" if !value.is_boolean() => refuse("of a number"),
        "minLength" | "maxLength" | "minProperties" | "maxProperties" | "minItems" | "maxItems" => match value.as_f64()
        {
            Some(number) if number.fract() == 0.0 && number < 0.0 => refuse("greater than or equal to 0"),
            Some(number) if number.fract() == 0.0 => Ok(()),
            _ => refuse("of an integer"),
        },
        "pattern" if !value.is_string() => refuse("of a string"),
        "required" => match value {
            Value::Array(names) if !names.iter().all(Value::is_string) => {
                Err(node.invalid("required items must be string"))
            }
            Value::Array(names) => check_unique(node, names),
            _ => refuse("of an array"),
        },
        "enum" => match value {
            Value::Array(items) => check_unique(node, items),
            _ => refuse("of an array"),
        },
        "oneOf" | "anyOf" | "allOf" => match value {
            Value::Array(_) => check_items(node),
            _ if keyword == "allOf" => Err(node.invalid("anyOf must be of an array")),
            _ => refuse("of an array"),
        },
        "not" => match value {
            Value::Object(_) => check(node),
            _ => refuse("of an object"),
        },
        _ => Ok(()),
    }
}

fn check_type(node: &Node<'_>) -> Result<(), MetadataError> {
    match node.value() {
        Value::String(name) if TYPES.contains(&name.as_str()) => Ok(()),
        Value::String(name) => Err(node.invalid(format!("{name} is not a valid type"))),
        // Juju ignores unknown names in a list.
        Value::Array(names) if names.iter().all(Value::is_string) => Ok(()),
        _ => Err(node.invalid("type must be of type string/array of strings")),
    }
}

fn check_dependencies(node: &Node<'_>) -> Result<(), MetadataError> {
    if !node.value().is_object() {
        return Err(node.invalid("dependencies must be of type object"));
    }
    for dependency in node.entries()? {
        match dependency.value() {
            Value::Array(names) if names.iter().all(Value::is_string) => {}
            Value::Object(_) => check(&dependency)?,
            _ => return Err(dependency.invalid("dependency must be of type schema or array of strings")),
        }
    }
    Ok(())
}

fn check_each(node: &Node<'_>) -> Result<(), MetadataError> {
    node.entries()?.try_for_each(|schema| check(&schema))
}

fn check_items(node: &Node<'_>) -> Result<(), MetadataError> {
    node.items()?.try_for_each(|schema| check(&schema))
}

fn check_unique(node: &Node<'_>, items: &[Value]) -> Result<(), MetadataError> {
    let repeated = items.iter().enumerate().any(|(index, item)| items[..index].contains(item));
    if repeated { Err(node.invalid(format!("{} items must be unique", node.key()))) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The messages of Juju 3.6's library for invalid schemas.
    #[test]
    fn schemas_that_juju_refuses_at_deployment_are_refused_in_its_words() {
        for (schema, expected) in [
            (json!({"type": "foo"}), "foo is not a valid type"),
            (json!({"type": 5}), "type must be of type string/array of strings"),
            (json!({"type": [5]}), "type must be of type string/array of strings"),
            (json!({"minimum": "1"}), "minimum must be of a number"),
            (json!({"minLength": -1}), "minLength must be greater than or equal to 0"),
            (json!({"minLength": 1.5}), "minLength must be of an integer"),
            (json!({"maxProperties": "a"}), "maxProperties must be of an integer"),
            (json!({"pattern": 5}), "pattern must be of a string"),
            (json!({"required": true}), "required must be of an array"),
            (json!({"required": ["a", "a"]}), "required items must be unique"),
            (json!({"required": [1]}), "required items must be string"),
            (json!({"enum": "a"}), "enum must be of an array"),
            (json!({"enum": [1, 1]}), "enum items must be unique"),
            (json!({"items": 5}), "items must be of type schema/array of schemas"),
            (json!({"items": [1]}), "items must be of type schema/array of schemas"),
            (json!({"additionalProperties": "no"}), "additionalProperties must be of type boolean/schema"),
            (json!({"additionalItems": 5}), "additionalItems must be of type boolean/schema"),
            (json!({"exclusiveMinimum": true}), "exclusiveMinimum cannot be used without minimum"),
            (json!({"exclusiveMinimum": 1, "minimum": 1}), "exclusiveMinimum must be of a boolean"),
            (json!({"maximum": 1, "minimum": 5}), "minimum cannot be greater than maximum"),
            (json!({"maxLength": 1, "minLength": 5}), "minLength cannot be greater than maxLength"),
            (json!({"maxProperties": 1, "minProperties": 3}), "minProperties cannot be greater than maxProperties"),
            (json!({"minItems": -1}), "minItems must be greater than or equal to 0"),
            (json!({"uniqueItems": "yes"}), "uniqueItems must be of a boolean"),
            (json!({"multipleOf": 0}), "multipleOf must be strictly greater than 0"),
            (json!({"anyOf": {}}), "anyOf must be of an array"),
            (json!({"allOf": {}}), "anyOf must be of an array"),
            (json!({"oneOf": 5}), "oneOf must be of an array"),
            (json!({"not": []}), "not must be of an object"),
            (json!({"properties": []}), "properties must be of type object"),
            (json!({"patternProperties": 5}), "patternProperties must be of type schema"),
            (json!({"dependencies": 5}), "dependencies must be of type object"),
            (json!({"dependencies": {"a": 5}}), "dependency must be of type schema or array of strings"),
            (json!({"dependencies": {"a": [1]}}), "dependency must be of type schema or array of strings"),
            (json!({"definitions": 5}), "definitions must be of type array of schemas"),
            (json!({"definitions": {"a": {"type": "foo"}}}), "foo is not a valid type"),
            (json!({"title": 5}), "title must be of type string"),
            (json!({"description": 5}), "description must be of type string"),
            (json!({"$id": 5}), "$id must be of type string"),
            (json!({"anyOf": [5]}), "expected a mapping, found the integer 5"),
            (json!({"properties": {"a": null}}), "expected a mapping, found nothing"),
            (json!("string"), r#"expected a mapping, found the string "string""#),
        ] {
            let error = check(&Node::root("charmcraft.yaml", &schema)).expect_err(&schema.to_string()).to_string();
            assert!(error.ends_with(&format!(": {expected}")), "{schema}: {error}");
        }
    }

    #[test]
    fn schemas_that_juju_accepts_are_accepted() {
        for schema in [
            json!({}),
            json!({"type": "integer", "minimum": 1, "exclusiveMinimum": true, "default": "anything", "format": 5}),
            json!({"type": ["foo", "string", "string"]}),
            json!({"required": [], "enum": [], "anyOf": [], "minItems": 5, "maxItems": 1}),
            json!({"items": [{"type": "string"}], "additionalItems": {"type": "integer"}}),
            json!({"properties": {"type": {"type": "string"}, "required": {"default": true}}}),
        ] {
            check(&Node::root("charmcraft.yaml", &schema)).unwrap();
        }
    }

    #[test]
    fn the_error_names_the_place() {
        let schema = json!({"properties": {"count": {"minimum": "1"}}});
        let error = check(&Node::root("charmcraft.yaml", &schema)).unwrap_err().to_string();
        assert_eq!(error, "charmcraft.yaml: properties.count.minimum: minimum must be of a number");
    }
}
