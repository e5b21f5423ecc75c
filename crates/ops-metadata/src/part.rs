//! The parts that Charmcraft builds a charm from.

use crate::{MetadataError, node::Node};

/// A part that Charmcraft builds a charm from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Part {
    /// The part's name.
    pub name: String,
    /// Its plugin: `rust`, `dump`, …
    pub plugin: String,
    /// Its source: a path or a URL.
    pub source: Option<String>,
    /// Which of its files go into the charm, as Charmcraft's file sets: paths, patterns, and `-` before exclusions.
    /// Empty for all files.
    pub files: Vec<String>,
    /// The files that it moves (`organize`): the path in the build, and the path in the charm.
    pub organize: Vec<(String, String)>,
    /// Whether it has scripts (`override-…`), which only Charmcraft can run.
    pub has_override_scripts: bool,
}

impl Part {
    /// Read `parts` of `charmcraft.yaml`.
    pub(crate) fn read_all(project: &Node<'_>) -> Result<Vec<Self>, MetadataError> {
        let Some(parts) = project.get("parts") else { return Ok(vec![]) };
        parts
            .entries()?
            .map(|part| {
                part.map()?;
                let mut files = part.strings_at("prime")?;
                if files.is_empty() {
                    files = part.strings_at("stage")?;
                }
                let mut organize = vec![];
                if let Some(section) = part.get("organize") {
                    for entry in section.entries()? {
                        organize.push((entry.key().to_owned(), entry.string()?.to_owned()));
                    }
                }
                let has_override_scripts =
                    part.entries()?.any(|entry| entry.key().starts_with("override-") && !entry.value().is_null());
                Ok(Self {
                    name: part.key().to_owned(),
                    // The default plugin is the one with the part's name.
                    plugin: part.string_at("plugin")?.unwrap_or_else(|| part.key().to_owned()),
                    source: part.string_at("source")?,
                    files,
                    organize,
                    has_override_scripts,
                })
            })
            .collect()
    }
}
