//! `juju integrate` and `juju remove-relation`.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use emulator::JujuVersion;
use ops_metadata::{CharmMeta, RelationRole, RelationScope};

use crate::charm;
use crate::cli::{Arguments, ModelOption, UsageError, is_application, is_number, refuse};
use crate::client::{Client, summary};
use crate::store::Life;
use crate::store::application::Application;
use crate::store::model::Model;
use crate::store::relation::Role;
use crate::store::relation::Scope;
use crate::store::relation::{self, Endpoint, Relation};
use crate::store::{Db, Result as StoreResult};

/// Something in another model is named.
#[derive(Debug, thiserror::Error)]
#[error("minijuju does not do offers from other models: {0:?}")]
struct NoOffers(String);

/// Checks `APPLICATION` or `APPLICATION:ENDPOINT`.
fn endpoint(word: &str) -> Result<(), UsageError> {
    let (application, endpoint) = word.split_once(':').map_or((word, None), |(a, e)| (a, Some(e)));
    if is_application(application) && endpoint.is_none_or(|endpoint| !endpoint.is_empty()) {
        Ok(())
    } else if application.contains('/') || application.contains('.') {
        Err(UsageError::command(NoOffers(word.to_owned())))
    } else {
        Err(UsageError::NotValid { what: "endpoint", word: word.to_owned() })
    }
}

const INTEGRATE_HELP: &str = "\
Examples:
    juju integrate webapp db
    juju integrate webapp:database db:database";

/// Relate two applications.
#[derive(Debug, Clone, Args)]
#[command(alias = "relate", after_help = INTEGRATE_HELP)]
pub struct IntegrateArgs {
    /// Two applications, with their endpoints where that is not plain
    #[arg(value_name = "application or endpoint")]
    pub endpoints: Vec<String>,
    #[arg(long, hide = true)]
    via: Option<String>,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for IntegrateArgs {
    const USAGE: Option<&str> = Some("<application>[:<endpoint>] <application>[:<endpoint>]");

    fn init(&mut self) -> Result<(), UsageError> {
        if self.endpoints.len() != 2 {
            return Err(UsageError::Rule("an integration must involve two applications"));
        }
        refuse("--via", &self.via, "there are no relations across models")?;
        self.endpoints.iter().try_for_each(|word| endpoint(word))
    }
}

/// Remove the relation between two applications.
#[derive(Debug, Clone, Args)]
pub struct RemoveRelationArgs {
    /// Two applications, with their endpoints where that is not plain, or the relation's number
    #[arg(value_name = "endpoint or relation ID")]
    words: Vec<String>,
    /// Remove it whatever fails
    #[arg(long)]
    pub force: bool,
    #[allow(missing_docs)]
    #[command(flatten)]
    pub model: ModelOption,
    /// The relation's number, if that was given.
    #[arg(skip)]
    pub relation_id: Option<u64>,
    /// The two sides, if they were given.
    #[arg(skip)]
    pub endpoints: Vec<String>,
}

impl Arguments for RemoveRelationArgs {
    const USAGE: Option<&str> =
        Some("<application1>[:<relation name1>] <application2>[:<relation name2>] | <relation-id>");

    fn init(&mut self) -> Result<(), UsageError> {
        match self.words.as_slice() {
            [id] if is_number(id) => self.relation_id = id.parse().ok(),
            [id] => return Err(UsageError::NotValid { what: "relation ID", word: id.clone() }),
            [_, _] => {
                self.words.iter().try_for_each(|word| endpoint(word))?;
                self.endpoints.clone_from(&self.words);
            }
            _ => return Err(UsageError::Rule("a relation must involve two applications")),
        }
        Ok(())
    }
}

/// An endpoint that could be one side of a relation.
#[derive(Clone, Debug)]
struct Candidate {
    endpoint: Endpoint,
    interface: String,
    container: bool,
    /// How many relations the charm allows there.
    limit: Option<u32>,
    /// Every charm has it, without saying so.
    implicit: bool,
    /// The application is a subordinate.
    subordinate: bool,
}

/// Run `juju integrate`.
pub fn integrate(client: &mut Client, args: &IntegrateArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let [one, two] = args.endpoints.as_slice() else { bail!("an integration must involve two applications") };
    let (a_side, b_side) = if model.juju.is_4() {
        choose_by_4(client, &model, one, two).with_context(|| {
            format!(
                "adding relation between endpoints {one:?} and {two:?}: cannot relate endpoints {one:?} and {two:?}"
            )
        })?
    } else {
        choose(&candidates(client, &model, one)?, &candidates(client, &model, two)?, &format!("{one} {two}"))?
    };
    let applications = [a_side.endpoint.application.clone(), b_side.endpoint.application.clone()];
    let scope = if a_side.container || b_side.container { Scope::Container } else { Scope::Global };
    client.store.write(|db| {
        let sides = [a_side.endpoint.clone(), b_side.endpoint.clone()];
        let why = refusal(&relation::all(db, &model.uuid)?, &[&a_side, &b_side], model.juju);
        if let (Some(why), true) = (&why, model.juju.is_4()) {
            bail!("adding relation between endpoints {one:?} and {two:?}: cannot add relation {one:?}, {two:?}{why}");
        }
        if let Some(why) = why {
            bail!("cannot add relation {:?}{why}", key(&a_side, &b_side));
        }
        relation::add(db, &model.uuid, &a_side.interface, scope, &sides)?;
        Ok(())
    })?;
    client.settle(&model)?;
    for application in &applications {
        summary::units(client, &model, application)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Run `juju remove-relation`.
pub fn remove(client: &mut Client, args: &RemoveRelationArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let db = client.store.db();
    let found = if let Some(id) = args.relation_id {
        relation::find(db, &model.uuid, i64::try_from(id)?)?.with_context(|| format!("relation {id} not found"))?
    } else {
        let named: Vec<(&str, Option<&str>)> = args
            .endpoints
            .iter()
            .map(|word| word.split_once(':').map_or((word.as_str(), None), |(name, end)| (name, Some(end))))
            .collect();
        let mut all = relation::all(db, &model.uuid)?;
        all.retain(|relation| named.iter().all(|(name, endpoint)| relation.side(name, *endpoint).is_some()));
        let words = args.endpoints.join(" ");
        match all.as_slice() {
            [] => bail!("relation matching {words:?} not found"),
            [_] => all.remove(0),
            _ => {
                let keys: Vec<String> = all.iter().map(|relation| format!("{:?}", relation.key())).collect();
                bail!("ambiguous relation: {words:?} could refer to {}", keys.join("; "))
            }
        }
    };
    if found.is_peer() {
        bail!("cannot destroy relation {:?}: is a peer relation", found.key());
    }
    client.write(|db| relation::end(db, &model.uuid, found.id))?;
    client.settle(&model)?;
    Ok(ExitCode::SUCCESS)
}

/// Add the peer relations that a charm says an application has.
pub fn add_peers(db: &Db, model: &Model, application: &Application, meta: &CharmMeta) -> StoreResult<()> {
    let there: Vec<Relation> = relation::of(db, &model.uuid, &application.name)?;
    for peer in meta.endpoints(RelationRole::Peer) {
        if there.iter().any(|relation| relation.side(&application.name, Some(&peer.name)).is_some()) {
            continue;
        }
        let endpoint = Endpoint { application: application.name.clone(), name: peer.name.clone(), role: Role::Peer };
        relation::add(db, &model.uuid, &peer.interface, Scope::Global, &[endpoint])?;
    }
    Ok(())
}

/// Why these two cannot be related, beside the relations that are there: what follows the relation's key.
/// Juju 3.6: `AddRelation` in state/state.go, and its client, which has each part of what it was told on a line of its own if
/// the relation is there: cmd/juju/application/integrate.go.
fn refusal(there: &[Relation], sides: &[&Candidate; 2], juju: JujuVersion) -> Option<String> {
    let same = |relation: &&Relation| sides.iter().all(|side| relation.endpoints.contains(&side.endpoint));
    if let Some(relation) = there.iter().find(same) {
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
        // As on Juju, 0 is no limit.
        let (limit, endpoint) = (side.limit.filter(|&limit| limit > 0)?, &side.endpoint);
        let count = there.iter().filter(|relation| relation.endpoints.contains(endpoint)).count();
        (count >= usize::try_from(limit).unwrap_or(usize::MAX)).then(|| {
            format!(
                ": establishing a new relation for {}:{} would exceed its maximum relation limit of {limit}",
                endpoint.application, endpoint.name
            )
        })
    })
}

/// What `APPLICATION[:ENDPOINT]` can stand for.
fn candidates(client: &Client, model: &Model, word: &str) -> anyhow::Result<Vec<Candidate>> {
    let (name, endpoint) = word.split_once(':').map_or((word, None), |(name, endpoint)| (name, Some(endpoint)));
    let meta = charm::metadata(&client.application(model, name)?)?;
    let mut found: Vec<Candidate> = meta
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
        })
        .collect();
    found.push(Candidate {
        endpoint: Endpoint { application: name.to_owned(), name: "juju-info".to_owned(), role: Role::Provider },
        interface: "juju-info".to_owned(),
        container: false,
        limit: None,
        implicit: true,
        subordinate: meta.subordinate,
    });
    if let Some(endpoint) = endpoint {
        found.retain(|candidate| candidate.endpoint.name == endpoint);
        if found.is_empty() {
            bail!("application {name:?} has no {endpoint:?} relation");
        }
    }
    Ok(found)
}

/// The one pair of endpoints that fits, by Juju 4: `inferEndpoints` in domain/relation/state/relation.go.
fn choose_by_4(client: &Client, model: &Model, one: &str, two: &str) -> anyhow::Result<(Candidate, Candidate)> {
    let found = [one, two].map(|word| candidates(client, model, word).unwrap_or_default());
    let missing: Vec<&str> =
        [one, two].into_iter().zip(&found).filter_map(|(word, found)| found.is_empty().then_some(word)).collect();
    if !missing.is_empty() {
        bail!("no candidates for {}: relation endpoint not found", missing.join(" and "));
    }
    choose(&found[0], &found[1], &format!("{one} {two}")).map_err(|why| match why.to_string().as_str() {
        "no relations found" => anyhow::anyhow!("no compatible endpoints found between applications"),
        _ => why,
    })
}

/// The one pair of endpoints that fits. Juju 3.6: `InferEndpoints` in state/state.go.
fn choose(a: &[Candidate], b: &[Candidate], words: &str) -> anyhow::Result<(Candidate, Candidate)> {
    let mut fits: Vec<(Candidate, Candidate)> = Vec::new();
    for one in a {
        for two in b {
            let scope_fits = !(one.container || two.container) || one.subordinate || two.subordinate;
            if one.interface == two.interface && one.endpoint.role != two.endpoint.role && scope_fits {
                fits.push((one.clone(), two.clone()));
            }
        }
    }
    if fits.len() < 2 {
        return fits.pop().context("no relations found");
    }
    // What the charms say goes before what every charm has.
    let mut said = fits.iter().filter(|(one, two)| !one.implicit && !two.implicit);
    if let (Some(one), None) = (said.next(), said.next()) {
        return Ok(one.clone());
    }
    let mut keys: Vec<String> = fits.iter().map(|(one, two)| format!("{:?}", key(one, two))).collect();
    keys.sort();
    bail!("ambiguous relation: {words:?} could refer to {}", keys.join("; "))
}

fn key(one: &Candidate, two: &Candidate) -> String {
    let relation = Relation {
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
        }
    }

    #[test]
    fn endpoints_fit_by_interface_and_opposite_role() {
        let web =
            [candidate("web", "db", Role::Requirer, "pg"), candidate("web", "juju-info", Role::Provider, "juju-info")];
        let pg =
            [candidate("pg", "data", Role::Provider, "pg"), candidate("pg", "juju-info", Role::Provider, "juju-info")];
        let (one, two) = choose(&web, &pg, "web pg").unwrap();
        assert_eq!(key(&one, &two), "web:db pg:data");
        assert_eq!(choose(&pg, &pg, "pg pg").unwrap_err().to_string(), "no relations found");
    }

    #[test]
    fn no_more_relations_are_made_than_the_charm_allows() {
        let (web, pg) = (candidate("web", "db", Role::Requirer, "pg"), candidate("pg", "data", Role::Provider, "pg"));
        let other = candidate("other", "data", Role::Provider, "pg");
        let limited = Candidate { limit: Some(1), ..web.clone() };
        let there = [related(&web, &other, Life::Alive)];
        assert_eq!(refusal(&[], &[&limited, &pg], JujuVersion::V3_6), None);
        assert_eq!(refusal(&there, &[&web, &pg], JujuVersion::V3_6), None);
        assert_eq!(refusal(&there, &[&Candidate { limit: Some(0), ..web.clone() }, &pg], JujuVersion::V3_6), None);
        assert_eq!(
            refusal(&there, &[&limited, &pg], JujuVersion::V3_6).unwrap(),
            ": establishing a new relation for web:db would exceed its maximum relation limit of 1"
        );
    }

    #[test]
    fn a_relation_that_is_there_or_not_yet_gone_is_not_made_again() {
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
            id: 0,
            life,
            interface: one.interface.clone(),
            scope: Scope::Global,
            endpoints: vec![one.endpoint.clone(), two.endpoint.clone()],
        }
    }

    #[test]
    fn all_that_an_ambiguous_relation_could_be_is_named_in_order() {
        let web = [
            candidate("web", "ro", Role::Requirer, "pg"),
            candidate("web", "db", Role::Requirer, "pg"),
            candidate("web", "host", Role::Requirer, "juju-info"),
        ];
        let pg =
            [candidate("pg", "data", Role::Provider, "pg"), candidate("pg", "juju-info", Role::Provider, "juju-info")];
        assert_eq!(
            choose(&web, &pg, "web pg").unwrap_err().to_string(),
            "ambiguous relation: \"web pg\" could refer to \"web:db pg:data\"; \"web:host pg:juju-info\"; \
             \"web:ro pg:data\""
        );
        let (one, two) = choose(&web[1..], &pg, "web pg").unwrap();
        assert_eq!(key(&one, &two), "web:db pg:data");
    }

    #[test]
    fn a_relation_within_a_container_takes_a_subordinate() {
        let log = candidate("log", "host", Role::Requirer, "juju-info");
        let log = Candidate { container: true, ..log };
        let pg = [candidate("pg", "juju-info", Role::Provider, "juju-info")];
        assert_eq!(choose(std::slice::from_ref(&log), &pg, "log pg").unwrap_err().to_string(), "no relations found");
        assert!(choose(&[Candidate { subordinate: true, ..log }], &pg, "log pg").is_ok());
    }

    #[test]
    fn two_fits_are_ambiguous_and_both_are_named() {
        let web = [candidate("web", "db", Role::Requirer, "pg"), candidate("web", "ro", Role::Requirer, "pg")];
        let pg = [candidate("pg", "data", Role::Provider, "pg")];
        let error = choose(&web, &pg, "web pg").unwrap_err().to_string();
        assert_eq!(error, r#"ambiguous relation: "web pg" could refer to "web:db pg:data"; "web:ro pg:data""#);
    }

    #[test]
    fn an_implicit_endpoint_serves_where_no_other_fits() {
        let agent = [candidate("agent", "host", Role::Requirer, "juju-info")];
        let pg =
            [candidate("pg", "data", Role::Provider, "pg"), candidate("pg", "juju-info", Role::Provider, "juju-info")];
        let (one, two) = choose(&agent, &pg, "agent pg").unwrap();
        assert_eq!(key(&one, &two), "agent:host pg:juju-info");
    }
}
