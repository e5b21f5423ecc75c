//! A charm's metadata.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs, io,
    path::Path,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    ActionMeta, Assumes, AssumesCondition, ConfigMeta, MetadataError, MetadataLinks, RelationMeta, RelationRole,
    RelationScope, ResourceMeta, StorageMeta, extra_bindings, juju_name, node::Node, yaml, yaml_scalar::YamlReader,
};

/// The user as which a charm's code runs on Kubernetes. A machine charm always runs as root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum CharmUser {
    /// As root.
    #[default]
    Root,
    /// As a user that can become root.
    Sudoer,
    /// As a user that cannot become root.
    NonRoot,
}

impl fmt::Display for CharmUser {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Root => "root",
            Self::Sudoer => "sudoer",
            Self::NonRoot => "non-root",
        })
    }
}

/// Everything that Juju knows about a charm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CharmMeta {
    /// The charm's name.
    pub name: String,
    /// Its display name: `title` in `charmcraft.yaml`, `display-name` in `metadata.yaml`.
    pub title: Option<String>,
    /// A one-line summary; empty if not given.
    pub summary: String,
    /// Its description; empty if not given.
    pub description: String,
    /// Its maintainers, with e-mail addresses.
    pub maintainers: Vec<String>,
    /// Links to websites, sources, issues and documentation.
    pub links: MetadataLinks,
    /// Terms that the user must agree to before deployment.
    pub terms: Vec<String>,
    /// What it requires from Juju.
    pub assumes: Assumes,
    /// The user as which its hooks run.
    pub charm_user: CharmUser,
    /// Whether its units are deployed beside the units of another charm.
    pub subordinate: bool,
    /// Its endpoints of all roles, by name.
    pub relations: BTreeMap<String, RelationMeta>,
    /// Its extra bindings: endpoints without relations.
    pub extra_bindings: BTreeSet<String>,
    /// Its storages, by name.
    pub storages: BTreeMap<String, StorageMeta>,
    /// Its resources, by name.
    pub resources: BTreeMap<String, ResourceMeta>,
    /// Its options, by name.
    pub config: BTreeMap<String, ConfigMeta>,
    /// Its actions, by name.
    pub actions: BTreeMap<String, ActionMeta>,
}

impl CharmMeta {
    /// Read the metadata of a charm in a folder: a project, or an unpacked charm.
    ///
    /// If `charmcraft.yaml` exists and names the charm, it contains everything. Otherwise `metadata.yaml`,
    /// `config.yaml` and `actions.yaml` are read. The latter two are also read if `charmcraft.yaml` has no section of
    /// that name.
    ///
    /// # Errors
    /// A file cannot be read, or Juju would refuse its content.
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

    /// Parse a `charmcraft.yaml`.
    ///
    /// # Errors
    /// It is not YAML, or Juju would refuse its content.
    pub fn parse(charmcraft_yaml: &str) -> Result<Self, MetadataError> {
        let project = File::parse("charmcraft.yaml", charmcraft_yaml)?;
        Self::read(&project, Some(&project), None, None)
    }

    /// Parse the contents of a `metadata.yaml`, a `config.yaml` and an `actions.yaml`.
    ///
    /// # Errors
    /// One of them is not YAML, or Juju would refuse its content.
    pub fn from_parts(metadata: &str, config: Option<&str>, actions: Option<&str>) -> Result<Self, MetadataError> {
        let part = |name, text: Option<&str>| text.map(|text| File::parse(name, text)).transpose();
        let (config, actions) = (part("config.yaml", config)?, part("actions.yaml", actions)?);
        Self::read(&File::parse("metadata.yaml", metadata)?, None, config.as_ref(), actions.as_ref())
    }

    /// The endpoints of one role.
    pub fn endpoints(&self, role: RelationRole) -> impl Iterator<Item = &RelationMeta> {
        self.relations.values().filter(move |relation| relation.role == role)
    }

    /// `project` is the `charmcraft.yaml`, for the sections without a file of their own.
    fn read(
        main: &File,
        project: Option<&File>,
        config: Option<&File>,
        actions: Option<&File>,
    ) -> Result<Self, MetadataError> {
        let (metadata, project) = (main.root(), project.map(File::root));
        if metadata.map()?.is_none() {
            return Err(metadata.invalid("it is empty"));
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
        // Charmcraft reads this file, Juju the others.
        let reader = if name == "charmcraft.yaml" { YamlReader::Charmcraft } else { YamlReader::Juju };
        Ok(Self { name, value: yaml::parse(name, text, reader)? })
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
        Err(error) => Err(MetadataError::Read { path, error }),
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
