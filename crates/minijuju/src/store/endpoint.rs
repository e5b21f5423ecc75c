//! The endpoints of relations.

use super::string_enum::string_enum;

string_enum! {
    /// The role of an endpoint in a relation.
    pub enum Role("relation role") {
        Provider = "provider",
        Requirer = "requirer",
        Peer = "peer",
    }
}

/// An application's endpoint in a relation.
#[derive(Clone, Debug, PartialEq)]
pub struct Endpoint {
    pub application: String,
    /// The endpoint's name in its charm.
    pub name: String,
    pub role: Role,
}
