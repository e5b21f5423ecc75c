//! The values of `--format`, by family of commands. The first of each is the default.

use clap::ValueEnum;

/// Of commands that print a table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
#[allow(clippy::enum_variant_names, reason = "the words of `--format`")]
pub enum Tabular {
    /// Columns for people.
    #[default]
    Tabular,
    /// One line of JSON.
    Json,
    /// YAML.
    Yaml,
}

/// Of `juju offers`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum OffersFormat {
    /// A line for each connection.
    #[default]
    Tabular,
    /// One line of JSON.
    Json,
    /// YAML.
    Yaml,
    /// A line for each endpoint.
    Summary,
}

/// Of commands that print a document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Document {
    /// YAML.
    #[default]
    Yaml,
    /// One line of JSON.
    Json,
}

impl From<Document> for Tabular {
    fn from(format: Document) -> Self {
        match format {
            Document::Yaml => Self::Yaml,
            Document::Json => Self::Json,
        }
    }
}

/// Of commands that print one value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
#[allow(clippy::enum_variant_names, reason = "the words of `--format`")]
pub enum Smart {
    /// Strings bare, the rest as YAML.
    #[default]
    Smart,
    /// One line of JSON.
    Json,
    /// YAML.
    Yaml,
}

/// Of commands that show what a task gave.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
#[allow(clippy::enum_variant_names, reason = "the words of `--format`")]
pub enum Plain {
    /// What came out, bare.
    #[default]
    Plain,
    /// One line of JSON.
    Json,
    /// YAML.
    Yaml,
}

/// Of `juju status`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum StatusFormat {
    /// Columns for people.
    #[default]
    Tabular,
    /// One line of JSON.
    Json,
    /// YAML.
    Yaml,
    /// One line per unit.
    Short,
    /// The same.
    Oneline,
    /// The same.
    Line,
    /// Counts.
    Summary,
}

/// Of `juju constraints` and `juju model-constraints`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ConstraintsFormat {
    /// `arch=amd64 mem=8192M`.
    #[default]
    Constraints,
    /// One line of JSON.
    Json,
    /// YAML.
    Yaml,
}
