//! An endpoint: one end of the relations that a charm can have.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::{MetadataError, juju_name, node::Node};

/// The role of an endpoint in a relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RelationRole {
    /// The charm uses what another application provides.
    Requires,
    /// The charm provides something to other applications.
    Provides,
    /// The units of one application talk to each other.
    Peer,
}

impl RelationRole {
    /// The key in `charmcraft.yaml` with the endpoints of this role.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Requires => "requires",
            Self::Provides => "provides",
            Self::Peer => "peers",
        }
    }
}

impl fmt::Display for RelationRole {
    /// Juju's word for it: `requirer`, `provider` or `peer`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Requires => "requirer",
            Self::Provides => "provider",
            Self::Peer => "peer",
        })
    }
}

/// Which units see each other in a relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RelationScope {
    /// All units of both applications.
    #[default]
    Global,
    /// Only the units on the same machine: a subordinate and its principal.
    Container,
}

impl fmt::Display for RelationScope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Global => "global",
            Self::Container => "container",
        })
    }
}

/// An endpoint in the metadata.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RelationMeta {
    /// The endpoint's name.
    pub name: String,
    /// Its role in relations.
    pub role: RelationRole,
    /// The protocol between both ends. Juju relates only endpoints with the same interface.
    pub interface: String,
    /// Which units see each other.
    pub scope: RelationScope,
    /// The maximum number of relations; `None` is unlimited.
    pub limit: Option<u32>,
    /// Whether the charm works without it. Only for users and charms: Juju treats every relation as optional.
    pub optional: bool,
}

impl RelationMeta {
    /// Read the endpoints of one role: the mapping under `requires`, `provides` or `peers`.
    pub(crate) fn read_all(
        role: RelationRole,
        metadata: &Node<'_>,
        charm: &str,
        subordinate: bool,
        relations: &mut BTreeMap<String, Self>,
    ) -> Result<(), MetadataError> {
        let Some(endpoints) = metadata.get(role.key()) else { return Ok(()) };
        for node in endpoints.entries()? {
            let relation = Self::read(role, &node)?;
            // A subordinate's endpoint for its principal's `juju-info` may have the reserved name.
            let to_principal =
                subordinate && role == RelationRole::Requires && relation.scope == RelationScope::Container;
            if !to_principal && juju_name::is_reserved(charm, &relation.name) {
                return Err(node.invalid("`juju` and names that start with `juju-` are reserved for Juju"));
            }
            if role != RelationRole::Requires && juju_name::is_reserved(charm, &relation.interface) {
                return Err(node.invalid(format!(
                    "the interface `{}` is reserved for Juju: a charm can require it, but not provide it",
                    relation.interface
                )));
            }
            if let Some(other) = relations.get(&relation.name) {
                return Err(node.invalid(format!("the endpoint is already defined under `{}`", other.role.key())));
            }
            relations.insert(relation.name.clone(), relation);
        }
        Ok(())
    }

    fn read(role: RelationRole, node: &Node<'_>) -> Result<Self, MetadataError> {
        let name = node.key().to_owned();
        if !juju_name::is_endpoint_name(&name) {
            return Err(node.invalid(
                "an endpoint's name is lower-case letters and digits, with single dashes or underscores between, and \
                 begins with a letter",
            ));
        }
        // Juju also accepts the short form `database: postgresql`.
        if node.value().is_string() {
            let interface = node.string()?.to_owned();
            return Ok(Self { name, role, interface, scope: RelationScope::Global, limit: None, optional: false });
        }
        node.map()?;
        let interface = node.require("interface")?.string()?.to_owned();
        let scope = match node.get("scope") {
            None => RelationScope::Global,
            Some(scope) => match scope.value().as_str() {
                Some("global") => RelationScope::Global,
                Some("container") => RelationScope::Container,
                _ => return Err(scope.expected("`global` or `container`")),
            },
        };
        let limit = match node.get("limit") {
            None => None,
            Some(limit) => {
                let number = limit.value().as_u64().and_then(|number| u32::try_from(number).ok());
                let number = number.ok_or_else(|| limit.expected("a number of relations"))?;
                // 0 means unlimited in Juju.
                (number != 0).then_some(number)
            }
        };
        Ok(Self { name, role, interface, scope, limit, optional: node.boolean_at("optional")? })
    }
}
