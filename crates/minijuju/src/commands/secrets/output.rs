//! The output of `juju secrets` and `juju show-secret`. `Debug` never shows content.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use crate::format::{Colours, Document, Instant, Table, Tabular, ago, document, table_or};

/// A secret. `juju secrets` and `juju show-secret` print a map of secrets by ID (without `secret:`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SecretInfo {
    pub revision: u64,
    /// The SHA-256 of its content, if that is shown.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub checksum: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Instant>,
    /// How often the owner should rotate it (`never`, `daily`), for charms' secrets.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub rotation: String,
    /// When the next rotation is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotates: Option<Instant>,
    /// `tinyproxy`, `tinyproxy/0`, or `<model>` for the user's.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub owner: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The name of a user's secret.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The label of a charm's secret.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub label: String,
    pub created: Instant,
    /// When the latest revision was made.
    pub updated: Instant,
    /// The content, if it is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<SecretContent>,
    /// The revisions, if they are shown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub revisions: Vec<SecretRevision>,
    /// The grants, in `juju show-secret`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub access: Vec<SecretAccess>,
}

impl SecretInfo {
    /// A secret with the fields that every secret has.
    #[must_use]
    pub fn new(revision: u64, owner: impl Into<String>, created: Timestamp, updated: Timestamp) -> SecretInfo {
        SecretInfo {
            revision,
            checksum: String::new(),
            expires: None,
            rotation: String::new(),
            rotates: None,
            owner: owner.into(),
            description: String::new(),
            name: String::new(),
            label: String::new(),
            created: Instant(created),
            updated: Instant(updated),
            content: None,
            revisions: Vec::new(),
            access: Vec::new(),
        }
    }
}

/// The decoded content of a secret.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum SecretContent {
    Json {
        #[serde(rename = "Data")]
        data: BTreeMap<String, String>,
    },
    Yaml(BTreeMap<String, String>),
}

impl SecretContent {
    #[must_use]
    pub fn new(content: BTreeMap<String, String>, format: Document) -> Self {
        match format {
            Document::Json => Self::Json { data: content },
            Document::Yaml => Self::Yaml(content),
        }
    }
}

impl fmt::Debug for SecretContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Json { data: content } | Self::Yaml(content)) = self;
        f.debug_set().entries(content.keys()).finish()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SecretRevision {
    pub revision: u64,
    /// Where it is stored: `internal`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub backend: String,
    pub created: Instant,
    pub updated: Instant,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Instant>,
}

/// A grant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SecretAccess {
    /// The reader, such as `application-web` or `unit-web-0`.
    pub target: String,
    /// `model-…` for the user's secrets, `relation-…` for charms'.
    pub scope: String,
    /// `view`.
    pub role: String,
}

/// `juju secrets`: by ID, as of `now`.
#[must_use]
pub fn secrets(secrets: &BTreeMap<String, SecretInfo>, format: Tabular, now: Timestamp) -> String {
    table_or(secrets, format, || {
        let mut table = Table::new(Colours::Off);
        table.align_right(4);
        table.line(&["ID", "Name", "Owner", "Rotation", "Revision", "Last updated"]);
        let mut sorted: Vec<_> = secrets.iter().collect();
        sorted.sort_by(|(_, a), (_, b)| a.owner.cmp(&b.owner).then(b.revision.cmp(&a.revision)));
        for (id, secret) in sorted {
            let name = if secret.name.is_empty() { "-" } else { &secret.name };
            let (revision, age) = (secret.revision.to_string(), ago(secret.updated.0, now));
            table.cells(&[id, name, &secret.owner, &secret.rotation, &revision, &age]);
            table.write("\n");
        }
        table.finish()
    })
}

/// `juju show-secret`: by ID.
#[must_use]
pub fn show_secret(secrets: &BTreeMap<String, SecretInfo>, format: Document) -> String {
    document(secrets, format)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "d54q5o1p1l1s73b8n1rg";

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn secret(format: Document) -> SecretInfo {
        let content = BTreeMap::from([("token".to_owned(), "hunter2".to_owned())]);
        SecretInfo {
            name: "api".into(),
            rotation: "never".into(),
            content: Some(SecretContent::new(content, format)),
            access: vec![SecretAccess {
                target: "application-web".into(),
                scope: "model-m".into(),
                role: "view".into(),
            }],
            ..SecretInfo::new(2, "<model>", at("2026-11-22T08:00:00Z"), at("2026-11-22T08:15:01Z"))
        }
    }

    #[test]
    fn secrets_are_listed() {
        let all = BTreeMap::from([(ID.to_owned(), secret(Document::Yaml))]);
        assert_eq!(
            secrets(&all, Tabular::Tabular, at("2026-11-22T08:16:02Z")),
            "\
ID                    Name  Owner    Rotation  Revision  Last updated
d54q5o1p1l1s73b8n1rg  api   <model>  never            2  1 minute ago  
"
        );
    }

    #[test]
    fn json_nests_the_content_of_a_secret_in_data_and_yaml_does_not() {
        let shown = |format| show_secret(&BTreeMap::from([(ID.to_owned(), secret(format))]), format);
        assert_eq!(
            shown(Document::Yaml),
            "\
d54q5o1p1l1s73b8n1rg:
  revision: 2
  rotation: never
  owner: <model>
  name: api
  created: 2026-11-22T08:00:00Z
  updated: 2026-11-22T08:15:01Z
  content:
    token: hunter2
  access:
  - target: application-web
    scope: model-m
    role: view
"
        );
        assert!(shown(Document::Json).contains("\"content\":{\"Data\":{\"token\":\"hunter2\"}}"));
    }

    #[test]
    fn debug_output_never_shows_content() {
        for format in [Document::Yaml, Document::Json] {
            assert!(!format!("{:?}", secret(format)).contains("hunter2"));
        }
    }
}
