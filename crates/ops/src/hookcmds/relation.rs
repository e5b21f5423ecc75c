//! `relation-get`, `relation-ids`, `relation-list`, `relation-model-get` and `relation-set`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::text::yaml;
use super::{Command, EntityKind, Result, Runner};

/// `relation-ids`: the relations of an endpoint, such as `database:3`.
pub fn relation_ids(runner: &dyn Runner, endpoint: &str) -> Result<Vec<String>> {
    Command::new("relation-ids").args([endpoint, "--format=json"]).json(runner)
}

/// `relation-list`: the remote units of a relation such as `database:3`.
pub fn relation_list(runner: &dyn Runner, relation: &str) -> Result<Vec<String>> {
    Command::new("relation-list").args(["--format=json", "-r", relation]).json(runner)
}

/// `relation-list --app`: the remote application of a relation.
pub fn relation_list_app(runner: &dyn Runner, relation: &str) -> Result<String> {
    Command::new("relation-list").args(["--format=json", "--app", "-r", relation]).json(runner)
}

/// `relation-get`: the databag of a unit or an application.
pub fn relation_get(
    runner: &dyn Runner,
    relation: &str,
    entity: &str,
    kind: EntityKind,
) -> Result<BTreeMap<String, String>> {
    let mut command = Command::new("relation-get").args(["--format=json", "-r", relation]);
    if kind == EntityKind::Application {
        command = command.arg("--app");
    }
    command.args(["-", entity]).json_or_default(runner)
}

/// `relation-set`: write keys of this unit's or its application's databag. An empty value removes a key.
pub fn relation_set(
    runner: &dyn Runner,
    relation: &str,
    kind: EntityKind,
    data: &BTreeMap<String, String>,
) -> Result<()> {
    let mut command = Command::new("relation-set").args(["-r", relation]);
    if kind == EntityKind::Application {
        command = command.arg("--app");
    }
    // Not as arguments, because values can be long.
    command.args(["--file", "-"]).stdin(yaml(data)).run(runner)
}

/// `relation-model-get`: the UUID of the remote application's model.
pub fn relation_model_get(runner: &dyn Runner, relation: &str) -> Result<String> {
    #[derive(Deserialize)]
    struct Model {
        uuid: String,
    }
    let model: Model = Command::new("relation-model-get").args(["--format=json", "-r", relation]).json(runner)?;
    Ok(model.uuid)
}
