//! The parts that Charmcraft makes a charm of.

use crate::{MetadataError, node::Node};

/// One of the parts that Charmcraft makes a charm of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The part's name.
    pub name: String,
    /// What makes it: `rust`, `dump`, …
    pub plugin: String,
    /// Where it is made from.
    pub source: Option<String>,
    /// What of it goes into the charm, as Charmcraft's file sets: paths, patterns, and `-` before what is left out. All
    /// of it if there is none.
    pub files: Vec<String>,
    /// What it puts elsewhere: the path where it is made, and the path in the charm (`organize`).
    pub moved: Vec<(String, String)>,
    /// Whether it has commands of its own (`override-…`), which only Charmcraft can run.
    pub customized: bool,
}

impl Part {
    /// Reads `parts` of `charmcraft.yaml`.
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
                let mut moved = vec![];
                if let Some(organize) = part.get("organize") {
                    for entry in organize.entries()? {
                        moved.push((entry.key().to_owned(), entry.string()?.to_owned()));
                    }
                }
                let customized =
                    part.entries()?.any(|entry| entry.key().starts_with("override-") && !entry.value().is_null());
                Ok(Self {
                    name: part.key().to_owned(),
                    // A part without a plugin is made by the plugin of its name.
                    plugin: part.string_at("plugin")?.unwrap_or_else(|| part.key().to_owned()),
                    source: part.string_at("source")?,
                    files,
                    moved,
                    customized,
                })
            })
            .collect()
    }
}
