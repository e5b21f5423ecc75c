//! The output of `juju version`.

use serde::Serialize;

use crate::format::{Smart, smart};

/// `juju version --all`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct VersionDetail {
    /// `3.6.8-ubuntu-amd64`.
    pub version: String,
    /// The commit that it was built from.
    #[serde(rename = "git-commit", skip_serializing_if = "String::is_empty")]
    pub git_commit: String,
    /// `clean` or `dirty`.
    #[serde(rename = "git-tree-state", skip_serializing_if = "String::is_empty")]
    pub git_tree_state: String,
    pub compiler: String,
    /// Whether it is an official release of Juju.
    pub official: bool,
    /// The kind of build, if it is not Juju's own.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub grade: String,
}

/// `juju version`.
#[must_use]
pub fn version(detail: &VersionDetail, format: Smart) -> String {
    smart(detail.version.as_str(), format)
}

/// `juju version --all`.
#[must_use]
pub fn all(detail: &VersionDetail, format: Smart) -> String {
    smart(detail, format)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_version_is_printed_unless_all_is_requested() {
        let detail = VersionDetail {
            version: "3.6.8-ubuntu-amd64".into(),
            compiler: "rustc".into(),
            ..VersionDetail::default()
        };
        assert_eq!(version(&detail, Smart::Smart), "3.6.8-ubuntu-amd64\n");
        assert_eq!(version(&detail, Smart::Json), "\"3.6.8-ubuntu-amd64\"\n");
        assert_eq!(all(&detail, Smart::Smart), "version: 3.6.8-ubuntu-amd64\ncompiler: rustc\nofficial: false\n");
    }
}
