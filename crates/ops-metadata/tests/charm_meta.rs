//! Reading metadata: valid and refused.

use std::fs;

use ops_metadata::{
    AssumesCondition, CharmMeta, CharmUser, ConfigType, Feature, RelationRole, RelationScope, ResourceType, StorageType,
};
use serde_json::json;

const HEAD: &str = "name: demo\nsummary: A demo.\ndescription: A demo.\n";

fn parse(rest: &str) -> CharmMeta {
    CharmMeta::parse(&format!("{HEAD}{rest}")).unwrap()
}

fn refused(rest: &str) -> String {
    CharmMeta::parse(&format!("{HEAD}{rest}")).unwrap_err().to_string()
}

#[test]
fn every_part_of_the_metadata_is_read() {
    let meta = parse(
        "
title: A Demo
assumes: [juju >= 3.1, {any-of: [aa, bb]}]
charm-user: sudoer
terms: [be-nice]
links:
  contact: me@example.com
  website: https://example.com
  issues: [https://example.com/issues]
  documentation: https://example.com/docs
requires:
  database: {interface: postgresql, limit: 1, optional: true}
  logs: {interface: syslog, scope: container}
provides:
  website: http
peers:
  replicas: {interface: demo-replicas}
extra-bindings:
  admin:
storage:
  data:
    type: filesystem
    location: /srv
    multiple: {range: 1-}
    minimum-size: 1G
    properties: [transient]
  disk: {type: block, read-only: yes, shared: true}
resources:
  archive: {type: file, filename: archive.tgz, description: Files.}
  image: {type: oci-image}
config:
  options:
    slug: {type: string, default: example, description: The path.}
    port: {type: int, default: 8000}
    ratio: {type: float, default: 1}
    debug: {type: boolean, default: off}
    key: {type: secret}
actions:
  backup:
    title: Back up
    description: Save the data.
    params:
      target: {type: string, default: /tmp}
    required: [target]
    additionalProperties: false
    parallel: true
    execution-group: slow
    minProperties: 1
  ping:
parts: {unknown: to us}
",
    );
    assert_eq!(meta.title.as_deref(), Some("A Demo"));
    assert_eq!(meta.maintainers, ["me@example.com"]);
    assert_eq!(meta.links.websites, ["https://example.com"]);
    assert_eq!(meta.links.issues, ["https://example.com/issues"]);
    assert_eq!(meta.links.documentation.as_deref(), Some("https://example.com/docs"));
    assert_eq!(meta.assumes.features[0], Feature::Name("juju >= 3.1".into()));
    assert!(
        matches!(&meta.assumes.features[1], Feature::Group(g) if g.condition == AssumesCondition::AnyOf && g.features.len() == 2)
    );
    assert_eq!(meta.charm_user, CharmUser::Sudoer);
    let words = [CharmUser::Root, CharmUser::Sudoer, CharmUser::NonRoot].map(|user| user.to_string());
    assert_eq!(words, ["root", "sudoer", "non-root"]);
    assert_eq!(AssumesCondition::AnyOf.to_string(), "any-of");

    let database = &meta.relations["database"];
    assert_eq!((database.role, database.interface.as_str()), (RelationRole::Requires, "postgresql"));
    assert_eq!((database.limit, database.optional, database.scope), (Some(1), true, RelationScope::Global));
    assert_eq!(meta.relations["logs"].scope, RelationScope::Container);
    assert_eq!(meta.relations["website"].interface, "http");
    let peers: Vec<&str> = meta.endpoints(RelationRole::Peer).map(|r| r.name.as_str()).collect();
    assert_eq!(peers, ["replicas"]);
    assert!(meta.extra_bindings.contains("admin"));

    let data = &meta.storages["data"];
    assert_eq!((data.storage_type, data.count(), data.minimum_size), (StorageType::Filesystem, (1, None), Some(1024)));
    let disk = &meta.storages["disk"];
    assert_eq!((disk.count(), disk.read_only, disk.shared), ((1, Some(1)), true, true));
    assert_eq!(meta.resources["archive"].filename.as_deref(), Some("archive.tgz"));
    assert_eq!(meta.resources["image"].resource_type, ResourceType::OciImage);

    assert_eq!(meta.config["slug"].default, Some(json!("example")));
    assert_eq!(meta.config["ratio"].default, Some(json!(1.0)));
    assert_eq!(meta.config["debug"].default, Some(json!(false)));
    assert_eq!((meta.config["key"].option_type, &meta.config["key"].default), (ConfigType::Secret, &None));

    let backup = &meta.actions["backup"];
    assert_eq!((backup.parallel, backup.execution_group.as_str()), (true, "slow"));
    assert_eq!(
        backup.params_schema(),
        json!({
            "title": "Back up", "description": "Save the data.", "type": "object", "required": ["target"],
            "properties": {"target": {"type": "string", "default": "/tmp"}}, "additionalProperties": false,
            "minProperties": 1,
        })
    );
    assert_eq!(
        meta.actions["ping"].params_schema(),
        json!({"title": "ping", "description": "No description", "type": "object", "properties": {}})
    );
}

#[test]
fn metadata_survives_serialization() {
    let meta = parse("requires: {db: {interface: sql}}\nconfig: {options: {a: {type: int, default: 1}}}\n");
    let text = serde_json::to_string(&meta).unwrap();
    assert_eq!(serde_json::from_str::<CharmMeta>(&text).unwrap(), meta);
}

#[test]
fn a_packed_charm_is_read_from_three_files() {
    let meta = CharmMeta::from_parts(
        "name: demo\ndisplay-name: A Demo\nmaintainer: me\ndocs: https://example.com\nconfig: not ours",
        Some("options: {slug: {type: string}}"),
        Some("backup: {description: Save.}"),
    )
    .unwrap();
    assert_eq!(meta.title.as_deref(), Some("A Demo"));
    assert_eq!(meta.maintainers, ["me"]);
    assert_eq!(meta.links.documentation.as_deref(), Some("https://example.com"));
    assert!(meta.config.contains_key("slug") && meta.actions.contains_key("backup"));
    assert!(CharmMeta::from_parts("name: demo", None, None).unwrap().config.is_empty());
}

#[test]
fn mistakes_name_file_key_and_reason() {
    for (yaml, message) in [
        ("requires: {db: {}}", "charmcraft.yaml: requires.db: `interface` is missing"),
        ("requires: {db: 1}", "charmcraft.yaml: requires.db: expected a mapping, found the integer 1"),
        ("requires: [db]", "charmcraft.yaml: requires: expected a mapping, found a list"),
        (
            "requires: {db: {interface: sql, scope: all}}",
            r#"charmcraft.yaml: requires.db.scope: expected `global` or `container`, found the string "all""#,
        ),
        (
            "requires: {db: {interface: sql, limit: -1}}",
            "charmcraft.yaml: requires.db.limit: expected a number of relations, found the integer -1",
        ),
        (
            "requires: {db: {interface: sql}}\nprovides: {db: {interface: sql}}",
            "charmcraft.yaml: provides.db: the endpoint is already defined under `requires`",
        ),
        (
            "config: {options: {port: {type: int, default: high}}}",
            "charmcraft.yaml: config.options.port.default: expected a whole number, because the option is of type \
                 int, found the string \"high\"",
        ),
        (
            "config: {options: {slug: {type: string, default: 1}}}",
            "charmcraft.yaml: config.options.slug.default: expected a string, because the option is of type string, \
                 found the integer 1",
        ),
        (
            "config: {options: {slug: {default: 1}}}",
            "charmcraft.yaml: config.options.slug: `type` is missing: one of `string`, `int`, `float`, `boolean` or \
                 `secret`",
        ),
        (
            "config: {options: {slug: {type: text}}}",
            "charmcraft.yaml: config.options.slug.type: expected `string`, `int`, `float`, `boolean` or `secret`, \
                 found the string \"text\"",
        ),
        (
            "config: {options: {key: {type: secret, default: hunter2}}}",
            "charmcraft.yaml: config.options.key.default: expected a secret's identifier (`secret:…`), because the \
                 option is of type secret, found the string \"hunter2\"",
        ),
        ("storage: {data: {}}", "charmcraft.yaml: storage.data: `type` is missing"),
        (
            "storage: {data: {type: block, location: /srv}}",
            "charmcraft.yaml: storage.data.location: only storage of type `filesystem` has a location",
        ),
        (
            "storage: {data: {type: block, properties: [fast]}}",
            "charmcraft.yaml: storage.data.properties: Juju knows the property `transient`, not \"fast\"",
        ),
    ] {
        assert_eq!(refused(yaml), message);
    }
}

#[test]
fn more_mistakes_name_file_key_and_reason() {
    for (yaml, message) in [
        (
            "resources: {archive: {type: file}}",
            "charmcraft.yaml: resources.archive: a resource of type `file` needs a `filename`",
        ),
        (
            "resources: {archive: {type: file, filename: a/b}}",
            "charmcraft.yaml: resources.archive: `filename` is a name, not a path: \"a/b\"",
        ),
        (
            "actions: {backup: {params: {a: {$ref: x}}}}",
            "charmcraft.yaml: actions.backup.params.a.$ref: Juju refuses references in an action's schema",
        ),
        (
            "actions: {backup: {params: {a: string}}}",
            "charmcraft.yaml: actions.backup.params.a: expected a mapping, found the string \"string\"",
        ),
        (
            "actions: {juju-run: {}}",
            "charmcraft.yaml: actions.juju-run: `juju` and names that start with `juju-` are reserved for Juju",
        ),
        (
            "subordinate: true",
            "charmcraft.yaml: a subordinate charm needs an endpoint under `requires` with `scope: \
                 container`, towards its principal",
        ),
        (
            "peers: {juju-x: {interface: x}}",
            "charmcraft.yaml: peers.juju-x: `juju` and names that start with `juju-` are reserved for Juju",
        ),
        (
            "provides: {x: {interface: juju-info}}",
            "charmcraft.yaml: provides.x: the interface `juju-info` is reserved for Juju: a charm can require \
                 it, but not provide it",
        ),
        (
            "extra-bindings: {admin: 1}",
            "charmcraft.yaml: extra-bindings.admin: expected nothing: an extra binding is only a name, found the \
                 integer 1",
        ),
        (
            "charm-user: nobody",
            "charmcraft.yaml: charm-user: expected `root`, `sudoer` or `non-root`, found the string \"nobody\"",
        ),
        (
            "assumes: [{any-of: [juju >= word]}]",
            "charmcraft.yaml: assumes.any-of: malformed feature expression \"juju >= word\": invalid version \"word\"",
        ),
        ("assumes: [{one-of: [a]}]", "charmcraft.yaml: assumes.one-of: a group of features is `all-of` or `any-of`"),
    ] {
        assert_eq!(refused(yaml), message);
    }
}

#[test]
fn a_charm_needs_a_name_that_juju_accepts() {
    let refused = |yaml: &str| CharmMeta::parse(yaml).unwrap_err().to_string();
    assert_eq!(refused("summary: x"), "charmcraft.yaml: `name` is missing");
    assert_eq!(refused(""), "charmcraft.yaml: it is empty");
    assert_eq!(refused("- x"), "charmcraft.yaml: expected a mapping, found a list");
    assert!(refused("name: My_Charm").starts_with(r#"charmcraft.yaml: name: "My_Charm" is not a charm's name"#));
}

#[test]
fn a_subordinate_may_require_juju_info_of_its_principal() {
    let meta = parse("subordinate: true\nrequires: {juju-info: {interface: juju-info, scope: container}}\n");
    assert!(meta.subordinate);
}

fn folder(name: &str, files: &[(&str, &str)]) -> std::path::PathBuf {
    let dir = std::env::temp_dir().join(format!("ops-metadata-{}-{name}", std::process::id()));
    fs::create_dir_all(&dir).unwrap();
    for (name, text) in files {
        fs::write(dir.join(name), text).unwrap();
    }
    dir
}

#[test]
fn a_folder_is_read_from_the_files_that_it_has() {
    let dir = folder("project", &[("charmcraft.yaml", HEAD), ("config.yaml", "options: {a: {type: int}}")]);
    let meta = CharmMeta::load(&dir).unwrap();
    assert!(meta.config.contains_key("a"), "options stand in a file of their own");
    fs::remove_dir_all(dir).unwrap();

    let dir = folder(
        "old-project",
        &[
            ("charmcraft.yaml", "type: charm\nactions: {ping: {}}"),
            ("metadata.yaml", HEAD),
            ("config.yaml", "options: {a: {type: int, default: x}}"),
        ],
    );
    let message = CharmMeta::load(&dir).unwrap_err().to_string();
    assert!(message.starts_with("config.yaml: options.a.default: expected a whole number"), "{message}");
    fs::write(dir.join("config.yaml"), "options: {a: {type: int}}").unwrap();
    let meta = CharmMeta::load(&dir).unwrap();
    assert!(meta.config.contains_key("a") && meta.actions.contains_key("ping"));
    fs::write(dir.join("config.yaml"), "").unwrap();
    assert_eq!(CharmMeta::load(&dir).unwrap_err().to_string(), "config.yaml: `options` is missing");
    fs::remove_dir_all(dir).unwrap();

    let dir = folder("packed", &[("metadata.yaml", HEAD)]);
    assert_eq!(CharmMeta::load(&dir).unwrap().name, "demo");
    fs::remove_dir_all(dir).unwrap();

    let dir = folder("nothing", &[]);
    assert!(CharmMeta::load(&dir).unwrap_err().to_string().ends_with("it has no charmcraft.yaml and no metadata.yaml"));
    fs::write(dir.join("metadata.yaml"), b"name: \xff").unwrap();
    assert!(
        CharmMeta::load(&dir).unwrap_err().to_string().contains("metadata.yaml: stream did not contain valid UTF-8")
    );
    fs::remove_dir_all(dir).unwrap();
}
