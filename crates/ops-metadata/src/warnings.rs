//! Probable mistakes in a `charmcraft.yaml` that Juju would accept.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{spelling::nearest, yaml, yaml_scalar::YamlReader};

/// The keys of `charmcraft.yaml` that Charmcraft knows.
const PROJECT_KEYS: &[&str] = &[
    "actions",
    "adopt-info",
    "analysis",
    "assumes",
    "base",
    "bases",
    "build-base",
    "charm-libs",
    "charm-user",
    "charmhub",
    "config",
    "contact",
    "containers",
    "description",
    "devices",
    "extra-bindings",
    "issues",
    "license",
    "links",
    "maintainers",
    "name",
    "package-repositories",
    "parts",
    "peers",
    "platforms",
    "provides",
    "requires",
    "resources",
    "source-code",
    "storage",
    "subordinate",
    "summary",
    "terms",
    "title",
    "type",
    "version",
    "website",
];
const RELATION_KEYS: &[&str] = &["interface", "limit", "optional", "scope"];
const OPTION_KEYS: &[&str] = &["default", "description", "type"];
/// Juju's own keys, and JSON Schema's keywords for an object.
const ACTION_KEYS: &[&str] = &[
    "$schema",
    "additionalProperties",
    "allOf",
    "anyOf",
    "default",
    "definitions",
    "dependencies",
    "description",
    "enum",
    "execution-group",
    "id",
    "maxProperties",
    "minProperties",
    "not",
    "oneOf",
    "parallel",
    "params",
    "patternProperties",
    "properties",
    "required",
    "title",
    "type",
];
const RESOURCE_KEYS: &[&str] = &["auto-fetch", "description", "filename", "type", "upstream-source"];
const STORAGE_KEYS: &[&str] =
    &["description", "location", "minimum-size", "multiple", "properties", "read-only", "shared", "type"];

/// Probable mistakes in a `charmcraft.yaml`: keys that neither Charmcraft nor Juju knows, with the nearest known key,
/// and resources that would overwrite each other. Empty if the text is not YAML: parsing it reports that.
#[must_use]
pub fn warnings(charmcraft_yaml: &str) -> Vec<String> {
    let Ok(project) = yaml::parse("charmcraft.yaml", charmcraft_yaml, YamlReader::Charmcraft) else { return vec![] };
    let mut found = vec![];
    warn_of_unknown_keys(&project, "", PROJECT_KEYS, &mut found);
    warn_of_unknown_keys(&project["config"], "config.", &["options"], &mut found);
    for (section, known) in [
        ("peers", RELATION_KEYS),
        ("provides", RELATION_KEYS),
        ("requires", RELATION_KEYS),
        ("config.options", OPTION_KEYS),
        ("actions", ACTION_KEYS),
        ("resources", RESOURCE_KEYS),
        ("storage", STORAGE_KEYS),
    ] {
        let entries = section.split('.').fold(&project, |value, key| &value[key]);
        for (name, entry) in entries.as_object().into_iter().flatten() {
            warn_of_unknown_keys(entry, &format!("{section}.{name}."), known, &mut found);
        }
    }
    warn_of_equal_filenames(&project["resources"], &mut found);
    found
}

fn warn_of_unknown_keys(map: &Value, path: &str, known: &[&str], found: &mut Vec<String>) {
    for key in map.as_object().into_iter().flat_map(|map| map.keys()).filter(|key| !known.contains(&key.as_str())) {
        let hint =
            nearest(key, known.iter().copied()).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        found.push(format!("{path}{key}: neither Charmcraft nor Juju knows this key{hint}"));
    }
}

/// Juju puts a unit's resources into one folder, each under its file name.
fn warn_of_equal_filenames(resources: &Value, found: &mut Vec<String>) {
    let mut names: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, resource) in resources.as_object().into_iter().flatten() {
        let Some(filename) = resource["filename"].as_str() else { continue };
        if let Some(other) = names.insert(filename, name) {
            found.push(format!(
                "resources: {other} and {name} both have the filename {filename:?}: on a unit, one overwrites the other"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_keys_are_shown_with_the_nearest_known() {
        let text = "
name: demo
provide: {website: {interface: http}}
requires: {db: {interface: sql, optionnal: true}}
actions: {back-up: {description: x, parameters: {path: {type: string}}}}
config: {option: {}, options: {port: {type: int, defualt: 1}}}
storage: {data: {type: filesystem, read_only: true}}
frobnicate: 1
";
        assert_eq!(
            warnings(text),
            [
                "frobnicate: neither Charmcraft nor Juju knows this key",
                "provide: neither Charmcraft nor Juju knows this key; did you mean `provides`?",
                "config.option: neither Charmcraft nor Juju knows this key; did you mean `options`?",
                "requires.db.optionnal: neither Charmcraft nor Juju knows this key; did you mean `optional`?",
                "config.options.port.defualt: neither Charmcraft nor Juju knows this key; did you mean `default`?",
                "actions.back-up.parameters: neither Charmcraft nor Juju knows this key; did you mean `params`?",
                "storage.data.read_only: neither Charmcraft nor Juju knows this key; did you mean `read-only`?",
            ]
        );
    }

    #[test]
    fn resources_with_the_same_filename_are_shown() {
        let text = "resources: {a: {type: file, filename: x.tgz}, b: {type: file, filename: x.tgz}}";
        assert_eq!(
            warnings(text),
            [r#"resources: a and b both have the filename "x.tgz": on a unit, one overwrites the other"#]
        );
    }

    #[test]
    fn a_correct_project_has_no_warnings() {
        for text in
            ["", "name: demo\nactions: {ping: {description: x, required: [a], params: {a: {type: string}}}}\n", "{"]
        {
            assert_eq!(warnings(text), [""; 0]);
        }
    }
}
