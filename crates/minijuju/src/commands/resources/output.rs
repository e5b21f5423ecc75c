//! The output of `juju resources`.

use serde::Serialize;

use crate::format::{Colours, Instant, Table, Tabular, table_or};

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ApplicationResources {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<ResourceInfo>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ResourceInfo {
    /// `APPLICATION/NAME`.
    #[serde(rename = "resourceid", skip_serializing_if = "String::is_empty")]
    pub id: String,
    #[serde(rename = "applicationId", skip_serializing_if = "String::is_empty")]
    pub application: String,
    pub name: String,
    /// `file`.
    pub r#type: String,
    /// The file's name on the unit.
    pub path: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Its revision; `-` if it was uploaded.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub revision: String,
    pub fingerprint: String,
    pub size: u64,
    /// `upload`.
    pub origin: String,
    /// Whether any unit has fetched it.
    pub used: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Instant>,
    /// The user who uploaded it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub username: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ApplicationDetails {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<DetailedResource>,
}

/// A resource as a unit has it, and as its application has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DetailedResource {
    #[serde(rename = "unitID")]
    pub unit_id: String,
    /// What the unit has; empty before it has fetched it.
    pub unit: ResourceInfo,
    /// What it gets when it fetches it again.
    pub expected: ResourceInfo,
    /// The number of bytes received; -1 if no download is in progress.
    pub progress: i64,
}

impl ResourceInfo {
    /// The upload time to the minute; `-` if it was not uploaded.
    fn shown_revision(&self) -> String {
        self.timestamp.map_or("-".to_owned(), |at| at.0.strftime("%Y-%m-%dT%H:%M").to_string())
    }
}

/// `juju resources APPLICATION`.
#[must_use]
pub fn resources(resources: &ApplicationResources, format: Tabular) -> String {
    table_or(resources, format, || {
        let mut table = Table::new(Colours::Off);
        table.line(&["Resource", "Supplied by", "Revision"]);
        let mut sorted: Vec<&ResourceInfo> = resources.resources.iter().collect();
        sorted.sort_by(|a, b| a.name.cmp(&b.name));
        for resource in sorted {
            let known = resource.used && !resource.username.is_empty();
            let origin = if known { &resource.username } else { &resource.origin };
            table.line(&[&resource.name, origin, &resource.shown_revision()]);
        }
        table.finish()
    })
}

/// `juju resources UNIT`.
#[must_use]
pub fn unit_resources(resources: &[ResourceInfo], format: Tabular) -> String {
    table_or(&resources, format, || {
        let mut table = Table::new(Colours::Off);
        table.line(&["Resource", "Revision"]);
        let mut sorted: Vec<&ResourceInfo> = resources.iter().collect();
        sorted.sort_by(|a, b| a.name.cmp(&b.name));
        for resource in sorted {
            table.line(&[&resource.name, &resource.shown_revision()]);
        }
        table.finish()
    })
}

/// `juju resources APPLICATION --details`.
#[must_use]
pub fn application_details(details: &ApplicationDetails, format: Tabular) -> String {
    table_or(details, format, || {
        let mut table = Table::new(Colours::Off);
        table.line(&["Unit", "Resource", "Revision", "Expected"]);
        for one in &details.resources {
            let revision = one.unit.shown_revision();
            table.line(&[&one.unit_id, &one.expected.name, &revision, &one.expected.shown_revision()]);
        }
        table.finish()
    })
}

/// `juju resources UNIT --details`.
#[must_use]
pub fn unit_details(details: &[DetailedResource], format: Tabular) -> String {
    table_or(&details, format, || {
        let mut table = Table::new(Colours::Off);
        table.line(&["Resource", "Revision", "Expected"]);
        for one in details {
            table.line(&[&one.expected.name, &one.unit.shown_revision(), &one.expected.shown_revision()]);
        }
        table.finish()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_listed() {
        let snapshot = ResourceInfo {
            name: "snapshot".into(),
            r#type: "file".into(),
            path: "snapshot.sql".into(),
            origin: "upload".into(),
            used: true,
            timestamp: Some(Instant("2026-11-22T08:15:01Z".parse().expect("a time"))),
            username: "admin".into(),
            ..ResourceInfo::default()
        };
        let image = ResourceInfo { name: "image".into(), origin: "upload".into(), ..ResourceInfo::default() };
        let all = ApplicationResources { resources: vec![snapshot, image] };
        assert_eq!(
            resources(&all, Tabular::Tabular),
            "\
Resource  Supplied by  Revision
image     upload       -
snapshot  admin        2026-11-22T08:15
"
        );
        assert!(unit_resources(&all.resources, Tabular::Tabular).ends_with("snapshot  2026-11-22T08:15\n"));
    }
}
