//! All that Juju knows of a charm.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::Path,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    ActionMeta, Assumes, AssumesCondition, ConfigMeta, MetadataError, MetadataLinks, RelationMeta, RelationRole,
    RelationScope, ResourceMeta, StorageMeta, extra_bindings, juju_name, node::Node, yaml,
};

/// As which user Juju runs a charm's hooks. (A machine charm's run as root in any case.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CharmUser {
    /// As root.
    #[default]
    Root,
    /// As a user that may become root.
    Sudoer,
    /// As a user that may not.
    NonRoot,
}

/// All that Juju knows of a charm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CharmMeta {
    /// The charm's name.
    pub name: String,
    /// Its name for people; `title` in `charmcraft.yaml`, `display-name` in `metadata.yaml`.
    pub title: Option<String>,
    /// What it does, in one line; empty if the metadata does not say.
    pub summary: String,
    /// What it does; empty if the metadata does not say.
    pub description: String,
    /// Who maintains it.
    pub maintainers: Vec<String>,
    /// Where to learn more about it.
    pub links: MetadataLinks,
    /// Terms to which one has to agree before it is deployed.
    pub terms: Vec<String>,
    /// What it needs from Juju.
    pub assumes: Assumes,
    /// As which user its hooks run.
    pub charm_user: CharmUser,
    /// Whether its units live beside the units of another charm.
    pub subordinate: bool,
    /// Its endpoints by name, those of all roles.
    pub relations: BTreeMap<String, RelationMeta>,
    /// Its further endpoints, which carry no relation.
    pub extra_bindings: BTreeSet<String>,
    /// Its storages by name.
    pub storages: BTreeMap<String, StorageMeta>,
    /// Its resources by name.
    pub resources: BTreeMap<String, ResourceMeta>,
    /// Its options by name.
    pub config: BTreeMap<String, ConfigMeta>,
    /// Its actions by name.
    pub actions: BTreeMap<String, ActionMeta>,
}

impl CharmMeta {
    /// Reads the metadata of the charm in a folder: its project, or the charm unpacked.
    ///
    /// `charmcraft.yaml` tells all if it is there and names the charm. Otherwise `metadata.yaml` does, with
    /// `config.yaml` and `actions.yaml`; these two are also read where `charmcraft.yaml` has no section of that name.
    ///
    /// # Errors
    /// A file cannot be read, or Juju would refuse what it says.
    pub fn load(dir: &Path) -> Result<Self, MetadataError> {
        let project = read_file(dir, "charmcraft.yaml")?;
        let named = project.as_ref().is_some_and(|project| project.value.get("name").is_some());
        let metadata = if named { None } else { read_file(dir, "metadata.yaml")? };
        let Some(main) = metadata.as_ref().or(project.as_ref()) else {
            return Err(MetadataError::NotACharm { dir: dir.to_owned() });
        };
        let section_or_file = |section: &str, name| match &project {
            Some(project) if project.value.get(section).is_some() => Ok(None),
            _ => read_file(dir, name),
        };
        let (config, actions) =
            (section_or_file("config", "config.yaml")?, section_or_file("actions", "actions.yaml")?);
        Self::read(main, project.as_ref(), config.as_ref(), actions.as_ref())
    }

    /// Reads a `charmcraft.yaml`.
    ///
    /// # Errors
    /// It is not YAML, or Juju would refuse what it says.
    pub fn parse(charmcraft_yaml: &str) -> Result<Self, MetadataError> {
        let project = File::parse("charmcraft.yaml", charmcraft_yaml)?;
        Self::read(&project, Some(&project), None, None)
    }

    /// Reads the contents of a `metadata.yaml`, a `config.yaml` and an `actions.yaml`.
    ///
    /// # Errors
    /// One of them is not YAML, or Juju would refuse what it says.
    pub fn from_parts(metadata: &str, config: Option<&str>, actions: Option<&str>) -> Result<Self, MetadataError> {
        let part = |name, text: Option<&str>| text.map(|text| File::parse(name, text)).transpose();
        let (config, actions) = (part("config.yaml", config)?, part("actions.yaml", actions)?);
        Self::read(&File::parse("metadata.yaml", metadata)?, None, config.as_ref(), actions.as_ref())
    }

    /// The endpoints of one role.
    pub fn endpoints(&self, role: RelationRole) -> impl Iterator<Item = &RelationMeta> {
        self.relations.values().filter(move |relation| relation.role == role)
    }

    /// `project`: the `charmcraft.yaml`, for the sections that no file of their own tells.
    fn read(
        main: &File,
        project: Option<&File>,
        config: Option<&File>,
        actions: Option<&File>,
    ) -> Result<Self, MetadataError> {
        let (metadata, project) = (main.root(), project.map(File::root));
        if metadata.map()?.is_none() {
            return Err(metadata.invalid("there is nothing in it"));
        }
        let name = metadata.require("name")?;
        let charm = name.string()?;
        if !juju_name::is_charm_name(charm) {
            return Err(name.invalid(format!(
                "{charm:?} is not a charm's name: lower-case letters and digits, with single dashes between, beginning \
                 with a letter, and no part only digits"
            )));
        }
        let subordinate = metadata.boolean_at("subordinate")?;

        let mut relations = BTreeMap::new();
        for role in [RelationRole::Requires, RelationRole::Provides, RelationRole::Peer] {
            RelationMeta::read_all(role, &metadata, charm, subordinate, &mut relations)?;
        }
        let to_principal = |r: &RelationMeta| r.role == RelationRole::Requires && r.scope == RelationScope::Container;
        if subordinate && !relations.values().any(to_principal) {
            return Err(metadata.invalid(
                "a subordinate charm needs an endpoint under `requires` with `scope: container`, towards its principal",
            ));
        }

        let mut storages = BTreeMap::new();
        if let Some(section) = metadata.get("storage") {
            for node in section.entries()? {
                storages.insert(node.key().to_owned(), StorageMeta::read(&node)?);
            }
        }
        let mut resources = BTreeMap::new();
        if let Some(section) = metadata.get("resources") {
            for node in section.entries()? {
                resources.insert(node.key().to_owned(), ResourceMeta::read(&node)?);
            }
        }

        Ok(Self {
            name: charm.to_owned(),
            title: match metadata.string_at("title")? {
                None => metadata.string_at("display-name")?,
                title => title,
            },
            summary: metadata.string_at("summary")?.unwrap_or_default(),
            description: metadata.string_at("description")?.unwrap_or_default(),
            maintainers: read_maintainers(&metadata)?,
            links: MetadataLinks::read(&metadata)?,
            terms: metadata.strings_at("terms")?,
            assumes: match metadata.get("assumes") {
                None => Assumes::default(),
                Some(assumes) => Assumes::read(&assumes, AssumesCondition::AllOf)?,
            },
            charm_user: read_charm_user(&metadata)?,
            subordinate,
            extra_bindings: extra_bindings::read(&metadata, &relations)?,
            relations,
            storages,
            resources,
            config: read_config(project.as_ref(), config)?,
            actions: read_actions(project.as_ref(), actions, charm)?,
        })
    }
}

/// A file's name and content.
struct File {
    name: &'static str,
    value: Value,
}

impl File {
    fn parse(name: &'static str, text: &str) -> Result<Self, MetadataError> {
        Ok(Self { name, value: yaml::parse(name, text)? })
    }

    fn root(&self) -> Node<'_> {
        Node::root(self.name, &self.value)
    }
}

fn read_file(dir: &Path, name: &'static str) -> Result<Option<File>, MetadataError> {
    let path = dir.join(name);
    match fs::read_to_string(&path) {
        Ok(text) => File::parse(name, &text).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(MetadataError::Read { path, source }),
    }
}

fn read_config(project: Option<&Node<'_>>, file: Option<&File>) -> Result<BTreeMap<String, ConfigMeta>, MetadataError> {
    let mut options = BTreeMap::new();
    let root = file.map(File::root);
    let Some(config) = root.or_else(|| project?.get("config")) else { return Ok(options) };
    let entries = config.map()?;
    if root.is_some() && !entries.is_some_and(|entries| entries.contains_key("options")) {
        return Err(config.invalid("`options` is missing"));
    }
    if let Some(section) = config.get("options") {
        for node in section.entries()? {
            options.insert(node.key().to_owned(), ConfigMeta::read(&node)?);
        }
    }
    Ok(options)
}

fn read_actions(
    project: Option<&Node<'_>>,
    file: Option<&File>,
    charm: &str,
) -> Result<BTreeMap<String, ActionMeta>, MetadataError> {
    let mut actions = BTreeMap::new();
    let root = file.map(File::root);
    let Some(section) = root.or_else(|| project?.get("actions")) else { return Ok(actions) };
    for node in section.entries()? {
        actions.insert(node.key().to_owned(), ActionMeta::read(&node, charm)?);
    }
    Ok(actions)
}

fn read_maintainers(metadata: &Node<'_>) -> Result<Vec<String>, MetadataError> {
    let mut maintainers: Vec<String> = metadata.string_at("maintainer")?.into_iter().collect();
    maintainers.extend(metadata.strings_at("maintainers")?);
    if let Some(links) = metadata.get("links") {
        maintainers.extend(links.one_or_more_at("contact")?);
    }
    Ok(maintainers)
}

fn read_charm_user(metadata: &Node<'_>) -> Result<CharmUser, MetadataError> {
    let Some(user) = metadata.get("charm-user") else { return Ok(CharmUser::Root) };
    match user.value().as_str() {
        Some("root") => Ok(CharmUser::Root),
        Some("sudoer") => Ok(CharmUser::Sudoer),
        Some("non-root") => Ok(CharmUser::NonRoot),
        _ => Err(user.expected("`root`, `sudoer` or `non-root`")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{CharmMeta, ConfigType, Feature, ResourceType, StorageType};

    const HEAD: &str = "name: demo\nsummary: A demo.\ndescription: A demo.\n";

    fn parse(rest: &str) -> CharmMeta {
        CharmMeta::parse(&format!("{HEAD}{rest}")).unwrap()
    }

    fn refused(rest: &str) -> String {
        CharmMeta::parse(&format!("{HEAD}{rest}")).unwrap_err().to_string()
    }

    #[test]
    fn all_of_a_charm_is_read() {
        let meta = parse(
            "
title: A Demo
assumes: [juju >= 3.1, {any-of: [a, b]}]
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

        let database = &meta.relations["database"];
        assert_eq!((database.role, database.interface.as_str()), (RelationRole::Requires, "postgresql"));
        assert_eq!((database.limit, database.optional, database.scope), (Some(1), true, RelationScope::Global));
        assert_eq!(meta.relations["logs"].scope, RelationScope::Container);
        assert_eq!(meta.relations["website"].interface, "http");
        let peers: Vec<&str> = meta.endpoints(RelationRole::Peer).map(|r| r.name.as_str()).collect();
        assert_eq!(peers, ["replicas"]);
        assert!(meta.extra_bindings.contains("admin"));

        let data = &meta.storages["data"];
        assert_eq!(
            (data.storage_type, data.count(), data.minimum_size),
            (StorageType::Filesystem, (1, None), Some(1024))
        );
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
    fn what_was_read_can_be_kept() {
        let meta = parse("requires: {db: {interface: sql}}\nconfig: {options: {a: {type: int, default: 1}}}\n");
        let kept = serde_json::to_string(&meta).unwrap();
        assert_eq!(serde_json::from_str::<CharmMeta>(&kept).unwrap(), meta);
    }

    #[test]
    fn a_packed_charm_is_its_parts() {
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
                "charmcraft.yaml: actions.backup.params.a.$ref: Juju does not take references in an action's schema",
            ),
            (
                "actions: {backup: {params: {a: string}}}",
                "charmcraft.yaml: actions.backup.params.a: expected a mapping, found the string \"string\"",
            ),
            (
                "actions: {juju-run: {}}",
                "charmcraft.yaml: actions.juju-run: Juju keeps `juju` and names that begin with `juju-` for itself",
            ),
            (
                "subordinate: true",
                "charmcraft.yaml: the file: a subordinate charm needs an endpoint under `requires` with `scope: \
                 container`, towards its principal",
            ),
            (
                "peers: {juju-x: {interface: x}}",
                "charmcraft.yaml: peers.juju-x: Juju keeps `juju` and names that begin with `juju-` for itself",
            ),
            (
                "provides: {x: {interface: juju-info}}",
                "charmcraft.yaml: provides.x: Juju keeps the interface `juju-info` for itself: a charm can require it, \
                 not offer it",
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
                "assumes: [{one-of: [a]}]",
                "charmcraft.yaml: assumes.one-of: a group of features is `all-of` or `any-of`",
            ),
        ] {
            assert_eq!(refused(yaml), message);
        }
    }

    #[test]
    fn a_charm_needs_a_name_that_juju_takes() {
        let refused = |yaml: &str| CharmMeta::parse(yaml).unwrap_err().to_string();
        assert_eq!(refused("summary: x"), "charmcraft.yaml: the file: `name` is missing");
        assert_eq!(refused(""), "charmcraft.yaml: the file: there is nothing in it");
        assert_eq!(refused("- x"), "charmcraft.yaml: the file: expected a mapping, found a list");
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
    fn a_folder_is_read_by_what_is_in_it() {
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
        assert_eq!(CharmMeta::load(&dir).unwrap_err().to_string(), "config.yaml: the file: `options` is missing");
        fs::remove_dir_all(dir).unwrap();

        let dir = folder("packed", &[("metadata.yaml", HEAD)]);
        assert_eq!(CharmMeta::load(&dir).unwrap().name, "demo");
        fs::remove_dir_all(dir).unwrap();

        let dir = folder("nothing", &[]);
        assert!(
            CharmMeta::load(&dir).unwrap_err().to_string().ends_with("it has no charmcraft.yaml and no metadata.yaml")
        );
        fs::write(dir.join("metadata.yaml"), b"name: \xff").unwrap();
        assert!(
            CharmMeta::load(&dir)
                .unwrap_err()
                .to_string()
                .contains("metadata.yaml: stream did not contain valid UTF-8")
        );
        fs::remove_dir_all(dir).unwrap();
    }
}
