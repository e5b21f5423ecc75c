//! Infers the endpoints of a relation between two applications.

use anyhow::{Context as _, bail};
use emulator::JujuVersion;
use ops_metadata::{RelationRole, RelationScope};

use crate::charm;
use crate::client::Client;
use crate::store::Life;
use crate::store::application;
use crate::store::endpoint::{Endpoint, Role};
use crate::store::model::Model;
use crate::store::relation::{Relation, Scope};
use crate::store::saas::{self, Saas};

/// An endpoint that could be one side of the relation.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub endpoint: Endpoint,
    pub interface: String,
    /// Its scope is `container`.
    pub container: bool,
    /// The charm's limit of relations at this endpoint.
    pub limit: Option<u32>,
    /// Every charm has it, without declaring it.
    pub implicit: bool,
    /// The application is a subordinate.
    pub subordinate: bool,
    /// The application is consumed from another model.
    pub saas: Option<Saas>,
}

/// Why these two endpoints cannot be related, given the existing relations: the text after the relation's key. Juju
/// 3.6: `AddRelation` in state/state.go. For an existing relation, Juju's client puts each part of the message on its
/// own line: cmd/juju/application/integrate.go.
pub fn refusal(existing: &[Relation], sides: &[&Candidate; 2], juju: JujuVersion) -> Option<String> {
    let same = |relation: &&Relation| sides.iter().all(|side| relation.endpoints.contains(&side.endpoint));
    if let Some(relation) = existing.iter().find(same) {
        if juju.is_4() {
            let [one, two] = sides.map(|side| format!("{}:{}", side.endpoint.application, side.endpoint.name));
            return Some(format!(": relation {one} {two}: already exists"));
        }
        let dying = if relation.life.is_alive() { "" } else { " is dying, but not yet removed" };
        let key = relation.key();
        return Some(format!(
            "\nrelation {key}{dying}: \n\nUse 'juju status --relations' to view the current relations."
        ));
    }
    sides.iter().find_map(|side| {
        // As on Juju, 0 means no limit.
        let (limit, endpoint) = (side.limit.filter(|&limit| limit > 0)?, &side.endpoint);
        let count = existing.iter().filter(|relation| relation.endpoints.contains(endpoint)).count();
        (count >= usize::try_from(limit).unwrap_or(usize::MAX)).then(|| {
            format!(
                ": establishing a new relation for {}:{} would exceed its maximum relation limit of {limit}",
                endpoint.application, endpoint.name
            )
        })
    })
}

/// The endpoints that `APPLICATION[:ENDPOINT]` can mean.
pub fn candidates(client: &Client, model: &Model, word: &str) -> anyhow::Result<Vec<Candidate>> {
    let (name, endpoint) = word.split_once(':').map_or((word, None), |(name, endpoint)| (name, Some(endpoint)));
    let db = client.store.db();
    if application::find(db, &model.uuid, name)?.is_none()
        && let Some(saas) = saas::find(db, &model.uuid, name)?
    {
        return saas_candidates(&saas, endpoint);
    }
    let meta = charm::metadata(&client.application(model, name)?)?;
    let mut candidates: Vec<Candidate> = meta
        .relations
        .values()
        .filter(|relation| relation.role != RelationRole::Peer)
        .map(|relation| Candidate {
            endpoint: Endpoint {
                application: name.to_owned(),
                name: relation.name.clone(),
                role: if relation.role == RelationRole::Provides { Role::Provider } else { Role::Requirer },
            },
            interface: relation.interface.clone(),
            container: relation.scope == RelationScope::Container,
            limit: relation.limit,
            implicit: false,
            subordinate: meta.subordinate,
            saas: None,
        })
        .collect();
    candidates.push(Candidate {
        endpoint: Endpoint { application: name.to_owned(), name: "juju-info".to_owned(), role: Role::Provider },
        interface: "juju-info".to_owned(),
        container: false,
        limit: None,
        implicit: true,
        subordinate: meta.subordinate,
        saas: None,
    });
    if let Some(endpoint) = endpoint {
        candidates.retain(|candidate| candidate.endpoint.name == endpoint);
        if candidates.is_empty() {
            bail!("application {name:?} has no {endpoint:?} relation");
        }
    }
    Ok(candidates)
}

/// The endpoints of a consumed application.
fn saas_candidates(saas: &Saas, endpoint: Option<&str>) -> anyhow::Result<Vec<Candidate>> {
    let offered = saas.endpoints.iter().filter(|offered| endpoint.is_none_or(|name| offered.name == name));
    let candidates: Vec<Candidate> = offered
        .map(|offered| Candidate {
            endpoint: Endpoint { application: saas.name.clone(), name: offered.name.clone(), role: offered.role },
            interface: offered.interface.clone(),
            container: false,
            limit: None,
            implicit: false,
            subordinate: false,
            saas: Some(saas.clone()),
        })
        .collect();
    match endpoint {
        Some(name) if candidates.is_empty() => bail!("saas application {:?} has no {name:?} relation", saas.name),
        _ => Ok(candidates),
    }
}

/// The only pair of compatible endpoints, by the rules of Juju 4: `inferEndpoints` in
/// domain/relation/state/relation.go.
pub fn infer_endpoints_by_juju_4(
    client: &Client,
    model: &Model,
    one: &str,
    two: &str,
) -> anyhow::Result<(Candidate, Candidate)> {
    let candidates = [one, two].map(|word| candidates(client, model, word).unwrap_or_default());
    let missing: Vec<&str> = [one, two]
        .into_iter()
        .zip(&candidates)
        .filter_map(|(word, candidates)| candidates.is_empty().then_some(word))
        .collect();
    if !missing.is_empty() {
        bail!("no candidates for {}: relation endpoint not found", missing.join(" and "));
    }
    infer_endpoints(&candidates[0], &candidates[1], &format!("{one} {two}")).map_err(|reason| {
        match reason.to_string().as_str() {
            "no relations found" => anyhow::anyhow!("no compatible endpoints found between applications"),
            _ => reason,
        }
    })
}

/// The only pair of compatible endpoints. Juju 3.6: `InferEndpoints` in state/state.go.
pub fn infer_endpoints(a: &[Candidate], b: &[Candidate], words: &str) -> anyhow::Result<(Candidate, Candidate)> {
    let mut pairs: Vec<(Candidate, Candidate)> = Vec::new();
    for one in a {
        for two in b {
            let scope_matches = !(one.container || two.container) || one.subordinate || two.subordinate;
            if one.interface == two.interface && one.endpoint.role != two.endpoint.role && scope_matches {
                pairs.push((one.clone(), two.clone()));
            }
        }
    }
    if pairs.len() < 2 {
        return pairs.pop().context("no relations found");
    }
    // Declared endpoints take precedence over implicit ones.
    let mut declared = pairs.iter().filter(|(one, two)| !one.implicit && !two.implicit);
    if let (Some(one), None) = (declared.next(), declared.next()) {
        return Ok(one.clone());
    }
    let mut keys: Vec<String> = pairs.iter().map(|(one, two)| format!("{:?}", relation_key(one, two))).collect();
    keys.sort();
    bail!("ambiguous relation: {words:?} could refer to {}", keys.join("; "))
}

/// The key of a relation between two endpoints.
pub fn relation_key(one: &Candidate, two: &Candidate) -> String {
    let relation = Relation {
        suspended: None,
        id: 0,
        life: Life::Alive,
        interface: String::new(),
        scope: Scope::Global,
        endpoints: vec![one.endpoint.clone(), two.endpoint.clone()],
    };
    relation.key()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(application: &str, name: &str, role: Role, interface: &str) -> Candidate {
        Candidate {
            endpoint: Endpoint { application: application.to_owned(), name: name.to_owned(), role },
            interface: interface.to_owned(),
            container: false,
            limit: None,
            implicit: name == "juju-info",
            subordinate: false,
            saas: None,
        }
    }

    #[test]
    fn endpoints_match_by_interface_and_opposite_role() {
        let web =
            [candidate("web", "db", Role::Requirer, "pg"), candidate("web", "juju-info", Role::Provider, "juju-info")];
        let pg =
            [candidate("pg", "data", Role::Provider, "pg"), candidate("pg", "juju-info", Role::Provider, "juju-info")];
        let (one, two) = infer_endpoints(&web, &pg, "web pg").unwrap();
        assert_eq!(relation_key(&one, &two), "web:db pg:data");
        assert_eq!(infer_endpoints(&pg, &pg, "pg pg").unwrap_err().to_string(), "no relations found");
    }

    #[test]
    fn a_relation_beyond_the_limit_of_an_endpoint_is_refused() {
        let (web, pg) = (candidate("web", "db", Role::Requirer, "pg"), candidate("pg", "data", Role::Provider, "pg"));
        let other = candidate("other", "data", Role::Provider, "pg");
        let limited = Candidate { limit: Some(1), ..web.clone() };
        let existing = [related(&web, &other, Life::Alive)];
        assert_eq!(refusal(&[], &[&limited, &pg], JujuVersion::V3_6), None);
        assert_eq!(refusal(&existing, &[&web, &pg], JujuVersion::V3_6), None);
        assert_eq!(refusal(&existing, &[&Candidate { limit: Some(0), ..web.clone() }, &pg], JujuVersion::V3_6), None);
        assert_eq!(
            refusal(&existing, &[&limited, &pg], JujuVersion::V3_6).unwrap(),
            ": establishing a new relation for web:db would exceed its maximum relation limit of 1"
        );
    }

    #[test]
    fn a_relation_that_exists_or_is_dying_is_refused() {
        let (web, pg) = (candidate("web", "db", Role::Requirer, "pg"), candidate("pg", "data", Role::Provider, "pg"));
        let exists = refusal(&[related(&web, &pg, Life::Alive)], &[&pg, &web], JujuVersion::V3_6).unwrap();
        let hint = "\n\nUse 'juju status --relations' to view the current relations.";
        assert_eq!(exists, format!("\nrelation web:db pg:data: {hint}"));
        assert_eq!(
            refusal(&[related(&web, &pg, Life::Dying)], &[&web, &pg], JujuVersion::V3_6).unwrap(),
            format!("\nrelation web:db pg:data is dying, but not yet removed: {hint}")
        );
    }

    fn related(one: &Candidate, two: &Candidate, life: Life) -> Relation {
        Relation {
            suspended: None,
            id: 0,
            life,
            interface: one.interface.clone(),
            scope: Scope::Global,
            endpoints: vec![one.endpoint.clone(), two.endpoint.clone()],
        }
    }

    #[test]
    fn an_ambiguous_relation_lists_its_candidates_in_order() {
        let web = [
            candidate("web", "ro", Role::Requirer, "pg"),
            candidate("web", "db", Role::Requirer, "pg"),
            candidate("web", "host", Role::Requirer, "juju-info"),
        ];
        let pg =
            [candidate("pg", "data", Role::Provider, "pg"), candidate("pg", "juju-info", Role::Provider, "juju-info")];
        assert_eq!(
            infer_endpoints(&web, &pg, "web pg").unwrap_err().to_string(),
            "ambiguous relation: \"web pg\" could refer to \"web:db pg:data\"; \"web:host pg:juju-info\"; \
             \"web:ro pg:data\""
        );
        let (one, two) = infer_endpoints(&web[1..], &pg, "web pg").unwrap();
        assert_eq!(relation_key(&one, &two), "web:db pg:data");
    }

    #[test]
    fn a_container_scoped_relation_needs_a_subordinate() {
        let log = candidate("log", "host", Role::Requirer, "juju-info");
        let log = Candidate { container: true, ..log };
        let pg = [candidate("pg", "juju-info", Role::Provider, "juju-info")];
        assert_eq!(
            infer_endpoints(std::slice::from_ref(&log), &pg, "log pg").unwrap_err().to_string(),
            "no relations found"
        );
        assert!(infer_endpoints(&[Candidate { subordinate: true, ..log }], &pg, "log pg").is_ok());
    }

    #[test]
    fn two_pairs_that_match_are_ambiguous_and_both_are_named() {
        let web = [candidate("web", "db", Role::Requirer, "pg"), candidate("web", "ro", Role::Requirer, "pg")];
        let pg = [candidate("pg", "data", Role::Provider, "pg")];
        let error = infer_endpoints(&web, &pg, "web pg").unwrap_err().to_string();
        assert_eq!(error, r#"ambiguous relation: "web pg" could refer to "web:db pg:data"; "web:ro pg:data""#);
    }

    #[test]
    fn an_implicit_endpoint_is_used_if_no_declared_one_matches() {
        let agent = [candidate("agent", "host", Role::Requirer, "juju-info")];
        let pg =
            [candidate("pg", "data", Role::Provider, "pg"), candidate("pg", "juju-info", Role::Provider, "juju-info")];
        let (one, two) = infer_endpoints(&agent, &pg, "agent pg").unwrap();
        assert_eq!(relation_key(&one, &two), "agent:host pg:juju-info");
    }
}
