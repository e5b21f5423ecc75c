//! Relations and subordinates in `juju status`.

use std::collections::BTreeMap;

use crate::commands::status::output::{ApplicationRelation, FullStatus, RelationStatus, UnitStatus};
use crate::store::endpoint::Role;
use crate::store::relation::Scope;

/// A relation of the model, with its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelationDetails {
    /// Two sides, or one for a peer relation.
    pub sides: Vec<RelationSide>,
    pub interface: String,
    pub scope: Scope,
    /// `joining`, `joined` or `broken`.
    pub status: String,
    /// Why.
    pub message: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelationSide {
    pub application: String,
    pub endpoint: String,
    pub role: Role,
}

impl FullStatus {
    /// Add relations to the list, and to the applications on both sides.
    pub fn add_relations(&mut self, relations: &[RelationDetails]) {
        for relation in relations {
            let Some(first) = relation.sides.first() else { continue };
            let side = |role: Role| relation.sides.iter().find(|side| side.role == role).unwrap_or(first);
            let (provider, requirer) = (side(Role::Provider), side(Role::Requirer));
            let kind = if relation.scope == Scope::Container {
                "subordinate"
            } else if provider.application == requirer.application {
                "peer"
            } else {
                "regular"
            };
            let end = |side: &RelationSide| format!("{}:{}", side.application, side.endpoint);
            self.relations.push(RelationStatus {
                provider: end(provider),
                requirer: end(requirer),
                interface: relation.interface.clone(),
                kind: kind.to_owned(),
                status: relation.status.clone(),
                message: relation.message.clone(),
            });
            for (index, side) in relation.sides.iter().enumerate() {
                // A peer relation's only side is also the other side.
                let other = &relation.sides[relation.sides.len() - 1 - index].application;
                let Some(application) = self.applications.get_mut(&side.application) else { continue };
                let others = application.relations.entry(side.endpoint.clone()).or_default();
                others.push(ApplicationRelation {
                    related_application: other.clone(),
                    interface: relation.interface.clone(),
                    scope: relation.scope,
                });
                others.sort_by(|a, b| a.related_application.cmp(&b.related_application));
            }
        }
    }

    /// Move subordinate units below their principals. `principals` maps a subordinate's name to its principal's.
    pub fn nest_subordinates(&mut self, principals: &BTreeMap<String, String>) {
        for (name, principal) in principals {
            let application_of = |unit: &str| unit.split('/').next().unwrap_or_default().to_owned();
            let Some(application) = self.applications.get_mut(&application_of(name)) else { continue };
            let principal_application = application_of(principal);
            if !application.subordinate_to.contains(&principal_application) {
                application.subordinate_to.push(principal_application);
                application.subordinate_to.sort();
            }
            let Some(unit) = application.units.remove(name) else { continue };
            if let Some(principal) = self.unit_mut(principal) {
                // Juju shows the machine only with the principal.
                let unit = UnitStatus { machine: String::new(), ..unit };
                principal.subordinates.insert(name.clone(), unit);
            }
        }
    }

    fn unit_mut(&mut self, name: &str) -> Option<&mut UnitStatus> {
        self.applications.get_mut(name.split('/').next()?)?.units.get_mut(name)
    }
}

#[cfg(test)]
mod tests {
    use super::super::output::ApplicationStatus;
    use super::*;

    fn side(application: &str, endpoint: &str, role: Role) -> RelationSide {
        RelationSide { application: application.into(), endpoint: endpoint.into(), role }
    }

    fn model() -> FullStatus {
        let application = |name: &str| ApplicationStatus {
            units: BTreeMap::from([(format!("{name}/0"), UnitStatus { machine: "0".into(), ..UnitStatus::default() })]),
            ..ApplicationStatus::default()
        };
        let names = ["db", "web", "log"];
        FullStatus {
            applications: names.iter().map(|name| ((*name).to_owned(), application(name))).collect(),
            ..FullStatus::default()
        }
    }

    #[test]
    fn a_relation_is_listed_for_both_applications() {
        let mut status = model();
        let relation = |sides: Vec<RelationSide>, scope: Scope| RelationDetails {
            sides,
            interface: "demo".into(),
            scope,
            status: "joined".into(),
            message: String::new(),
        };
        status.add_relations(&[
            relation(vec![side("web", "db", Role::Requirer), side("db", "database", Role::Provider)], Scope::Global),
            relation(vec![side("db", "peers", Role::Peer)], Scope::Global),
            relation(
                vec![side("web", "juju-info", Role::Provider), side("log", "host", Role::Requirer)],
                Scope::Container,
            ),
        ]);
        let lines: Vec<String> = status
            .relations
            .iter()
            .map(|relation| format!("{} {} {}", relation.provider, relation.requirer, relation.kind))
            .collect();
        assert_eq!(
            lines,
            ["db:database web:db regular", "db:peers db:peers peer", "web:juju-info log:host subordinate"]
        );
        let others = |application: &str, endpoint: &str| -> Vec<String> {
            let others = &status.applications[application].relations[endpoint];
            others.iter().map(|other| other.related_application.clone()).collect()
        };
        assert_eq!(others("web", "db"), ["db"]);
        assert_eq!(others("db", "database"), ["web"]);
        assert_eq!(others("db", "peers"), ["db"]);
        assert_eq!(others("log", "host"), ["web"]);
    }

    #[test]
    fn subordinates_are_below_their_principals() {
        let mut status = model();
        status.nest_subordinates(&BTreeMap::from([("log/0".to_owned(), "web/0".to_owned())]));
        assert_eq!(status.applications["log"].subordinate_to, ["web"]);
        assert!(status.applications["log"].units.is_empty());
        let below = &status.applications["web"].units["web/0"].subordinates["log/0"];
        assert!(below.machine.is_empty());
    }
}
