//! The YAML files of a packed charm, derived from `charmcraft.yaml` as by Charmcraft.

use std::{fs, io, path::Path};

use serde_json::{Map, Value, json};

use crate::{
    CharmMeta, MetadataError, Part, Platform, node::Node, warnings::warnings, yaml, yaml_scalar::YamlReader,
    yaml_writer,
};

/// The keys of `charmcraft.yaml` that are copied to `metadata.yaml`.
const METADATA_KEYS: [&str; 16] = [
    "name",
    "summary",
    "description",
    "assumes",
    "charm-user",
    "containers",
    "devices",
    "extra-bindings",
    "peers",
    "provides",
    "requires",
    "resources",
    "storage",
    "subordinate",
    "terms",
    "maintainers",
];

/// The contents of a packed charm's YAML files.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CharmFiles {
    /// `metadata.yaml`.
    pub metadata: String,
    /// `config.yaml`, if the charm has options.
    pub config: Option<String>,
    /// `actions.yaml`, if the charm has actions.
    pub actions: Option<String>,
    /// `manifest.yaml`: how the charm was built, and for which bases. `None` without a `charmcraft.yaml`.
    pub manifest: Option<String>,
    /// The platform that the charm is built for. `None` without a `charmcraft.yaml`.
    pub platform: Option<Platform>,
    /// The parts that Charmcraft builds the charm from. Empty without a `charmcraft.yaml`.
    pub parts: Vec<Part>,
    /// Probable mistakes in `charmcraft.yaml`.
    pub warnings: Vec<String>,
    /// The metadata, as Juju reads it.
    pub meta: CharmMeta,
}

impl CharmFiles {
    /// Derive the files for the charm in a project folder, for one architecture by Juju's name (`amd64`).
    ///
    /// Files that the project itself contains are copied. `tool_version` and `started_at` are `charmcraft-version` and
    /// `charmcraft-started-at` in `manifest.yaml`.
    ///
    /// # Errors
    /// A file cannot be read, Juju would refuse the metadata, or the charm is not built for the architecture.
    pub fn from_project(dir: &Path, arch: &str, tool_version: &str, started_at: &str) -> Result<Self, MetadataError> {
        let meta = CharmMeta::load(dir)?;
        let read = |name: &str| match fs::read_to_string(dir.join(name)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(MetadataError::Read { path: dir.join(name), error }),
        };
        let (metadata, config, actions) = (read("metadata.yaml")?, read("config.yaml")?, read("actions.yaml")?);
        let Some(project) = read("charmcraft.yaml")? else {
            let metadata = metadata.ok_or_else(|| MetadataError::NotACharm { dir: dir.to_owned() })?;
            return Ok(Self {
                metadata,
                config,
                actions,
                manifest: read("manifest.yaml")?,
                platform: None,
                parts: vec![],
                warnings: vec![],
                meta,
            });
        };
        let warnings = warnings(&project);
        let project = yaml::parse("charmcraft.yaml", &project, YamlReader::Charmcraft)?;
        let project = Node::root("charmcraft.yaml", &project);
        if let Some(kind) = project.get("type")
            && kind.value() != "charm"
        {
            return Err(kind.expected("`charm`"));
        }
        let platform = Platform::read(&project, arch)?;
        let metadata = match metadata {
            Some(metadata) => metadata,
            None => yaml_writer::document(&split_metadata(&project)?),
        };
        let section = |key: &str| {
            let map = project.get(key).and_then(|node| node.value().as_object());
            map.filter(|map| !map.is_empty()).map(yaml_writer::document)
        };
        let config = config.or_else(|| section("config").filter(|_| !meta.config.is_empty()));
        let actions = actions.or_else(|| section("actions"));
        let manifest = Some(manifest(&platform, arch, tool_version, started_at));
        Ok(Self {
            metadata,
            config,
            actions,
            manifest,
            platform: Some(platform),
            parts: Part::read_all(&project)?,
            warnings,
            meta,
        })
    }
}

/// `metadata.yaml`, from `charmcraft.yaml`.
fn split_metadata(project: &Node<'_>) -> Result<Map<String, Value>, MetadataError> {
    let mut metadata = Map::new();
    for key in METADATA_KEYS {
        if let Some(node) = project.get(key) {
            metadata.insert(key.to_owned(), node.value().clone());
        }
    }
    // Charmcraft and Juju refuse a charm without them.
    for key in ["summary", "description"] {
        project.require(key)?;
    }
    if let Some(title) = project.get("title") {
        metadata.insert("display-name".to_owned(), title.value().clone());
    }
    if let Some(links) = project.get("links") {
        for link in links.entries()? {
            let (key, value) = match (link.key(), link.value()) {
                ("documentation", url) => ("docs", url.clone()),
                ("contact", Value::Array(contacts)) => ("maintainers", contacts.clone().into()),
                ("contact", contact) => ("maintainers", json!([contact])),
                (key @ ("issues" | "source" | "website"), url) => (key, url.clone()),
                _ => continue,
            };
            metadata.insert(key.to_owned(), value);
        }
    }
    Ok(metadata)
}

/// `manifest.yaml`. Juju reads only the bases in it.
fn manifest(platform: &Platform, arch: &str, tool_version: &str, started_at: &str) -> String {
    let bases: Vec<Value> = platform
        .bases
        .iter()
        .map(|base| json!({"name": base.name, "channel": base.channel, "architectures": [arch]}))
        .collect();
    // Charmcraft looks for Python and Ops in the charm, and writes this if it does not find them.
    let unknown = |name: &str| json!({"name": name, "result": "unknown"});
    let manifest = json!({
        "charmcraft-version": tool_version,
        "charmcraft-started-at": started_at,
        "bases": bases,
        "analysis": {"attributes": [unknown("language"), unknown("framework")]},
    });
    manifest.as_object().map(yaml_writer::document).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(name: &str, project: &[(&str, &str)]) -> Result<CharmFiles, MetadataError> {
        let dir = std::env::temp_dir().join(format!("ops-charm-files-{}-{name}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        for (name, text) in project {
            fs::write(dir.join(name), text).unwrap();
        }
        let files = CharmFiles::from_project(&dir, "amd64", "1.0", "1980-01-01T00:00:00Z");
        fs::remove_dir_all(dir).unwrap();
        files
    }

    const PROJECT: &str = "
type: charm
name: demo
title: A Demo
summary: A demo.
description: |
  A demo.

  In lines.
base: ubuntu@22.04
platforms: {amd64: }
parts: {demo: {plugin: rust, source: .}}
charm-libs: []
links:
  contact: me@example.com
  documentation: https://example.com/docs
  website: [https://example.com]
provides: {website: {interface: http}}
";

    #[test]
    fn keys_go_where_charmcraft_puts_them() {
        let more = "config: {options: {slug: {type: string, default: 'yes'}}}\nactions: {ping: {description: Ping.}}\n";
        let files = files("split", &[("charmcraft.yaml", &format!("{PROJECT}{more}"))]).unwrap();
        assert_eq!(
            files.metadata,
            "description: |\n  A demo.\n\n  In lines.\ndisplay-name: A Demo\ndocs: \"https://example.com/docs\"\n\
             maintainers:\n- \"me@example.com\"\nname: demo\nprovides:\n  website:\n    interface: http\nsummary: A demo.\n\
             website:\n- \"https://example.com\"\n"
        );
        let part = Part {
            name: "demo".into(),
            plugin: "rust".into(),
            source: Some(".".into()),
            files: vec![],
            organize: vec![],
            has_override_scripts: false,
        };
        assert_eq!(files.parts, [part]);
        assert_eq!(files.config.as_deref(), Some("options:\n  slug:\n    default: \"yes\"\n    type: string\n"));
        assert_eq!(files.actions.as_deref(), Some("ping:\n  description: Ping.\n"));
        assert_eq!(
            files.manifest.as_deref(),
            Some(
                "analysis:\n  attributes:\n  - name: language\n    result: unknown\n  - name: framework\n    \
                 result: unknown\nbases:\n- architectures:\n  - amd64\n  channel: \"22.04\"\n  name: ubuntu\n\
                 charmcraft-started-at: \"1980-01-01T00:00:00Z\"\ncharmcraft-version: \"1.0\"\n"
            )
        );
        let unpacked =
            CharmMeta::from_parts(&files.metadata, files.config.as_deref(), files.actions.as_deref()).unwrap();
        assert_eq!(unpacked, files.meta, "the packed charm is the project's charm");
    }

    #[test]
    fn words_that_charmcraft_reads_as_booleans_are_packed_as_booleans() {
        let text = PROJECT.replace("provides: {website: {interface: http}}", "subordinate: yes");
        let more = "requires: {host: {interface: juju-info, scope: container, optional: on}}\n\
                    config: {options: {b: {type: boolean, default: yes}, t: {type: boolean, default: 'true'}}}\n";
        let files = files("words", &[("charmcraft.yaml", &format!("{text}{more}"))]).unwrap();
        assert!(files.metadata.contains("subordinate: true\n"), "{}", files.metadata);
        assert!(files.metadata.contains("    optional: true\n"), "{}", files.metadata);
        let config = files.config.as_deref().unwrap();
        assert!(config.contains("  b:\n    default: true\n"), "{config}");
        assert!(files.meta.subordinate && files.meta.relations["host"].optional);
        let unpacked = CharmMeta::from_parts(&files.metadata, files.config.as_deref(), None).unwrap();
        assert_eq!(unpacked, files.meta, "Juju reads what Charmcraft read");
        assert_eq!(unpacked.config["b"].default, Some(true.into()));
        assert_eq!(unpacked.config["t"].default, Some(true.into()));
    }

    #[test]
    fn a_word_that_charmcraft_reads_as_a_boolean_is_not_a_string() {
        for (option, found) in [
            ("{type: string, default: no}", "the boolean false"),
            ("{type: string, default: 0123}", "the integer 83"),
            ("{type: boolean, default: 'yes'}", "the string \"yes\""),
            ("{type: boolean, default: y}", "the string \"y\""),
        ] {
            let text = format!("{PROJECT}config: {{options: {{s: {option}}}}}\n");
            let message = files("strings", &[("charmcraft.yaml", &text)]).unwrap_err().to_string();
            assert!(message.starts_with("charmcraft.yaml: config.options.s.default: expected "), "{message}");
            assert!(message.ends_with(&format!("found {found}")), "{message}");
        }
    }

    #[test]
    fn no_options_and_no_actions_make_no_files() {
        let files =
            files("empty", &[("charmcraft.yaml", &format!("{PROJECT}config: {{options: }}\nactions:\n"))]).unwrap();
        assert_eq!((files.config, files.actions), (None, None));
    }

    #[test]
    fn files_of_the_project_are_taken_as_they_are() {
        let metadata = "# ours\nname: demo\nsummary: x\ndescription: x\n";
        let files = files("metadata", &[("metadata.yaml", metadata), ("config.yaml", "options: {}\n")]).unwrap();
        assert_eq!((files.metadata.as_str(), files.config.as_deref()), (metadata, Some("options: {}\n")));
        assert_eq!((files.manifest, files.platform), (None, None));
    }

    #[test]
    fn an_invalid_charm_is_refused() {
        let bundle = files("bundle", &[("charmcraft.yaml", "type: bundle\nname: demo")]).unwrap_err();
        assert_eq!(bundle.to_string(), "charmcraft.yaml: type: expected `charm`, found the string \"bundle\"");
        let text = "name: demo\nbase: ubuntu@22.04\nplatforms: {amd64: }\nsummary: x";
        let terse = files("terse", &[("charmcraft.yaml", text)]).unwrap_err();
        assert_eq!(terse.to_string(), "charmcraft.yaml: `description` is missing");
    }
}
