//! `juju integrate` and `juju remove-relation`.

mod endpoints;

use std::net::IpAddr;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use ops_metadata::{CharmMeta, RelationRole};

use self::endpoints::{Candidate, candidates, infer_endpoints, infer_endpoints_by_juju_4, refusal, relation_key};
use crate::cli::{Arguments, ModelOption, OfferUrl, UsageError, is_application, is_number};
use crate::client::{Client, offers, summary};
use crate::store::application::Application;
use crate::store::endpoint::{Endpoint, Role};
use crate::store::model::Model;
use crate::store::offer::{self, Offer};
use crate::store::relation::{self, Relation, Scope};
use crate::store::{Db, Result as StoreResult};

/// Check `APPLICATION` or `APPLICATION:ENDPOINT`. Juju 3.6: `validateLocalEndpoint` in
/// cmd/juju/application/integrate.go.
fn check_endpoint(word: &str) -> Result<(), UsageError> {
    let (application, endpoint) = word.split_once(':').map_or((word, None), |(a, e)| (a, Some(e)));
    if application.is_empty() || endpoint.is_some_and(|endpoint| !is_endpoint_name(endpoint)) {
        return Err(UsageError::NotValid { what: "endpoint", word: word.to_owned() });
    }
    if !is_application(application) {
        return Err(UsageError::NotValid { what: "application name", word: application.to_owned() });
    }
    Ok(())
}

/// `db`, `my-db`, `my_db`.
fn is_endpoint_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.split(['-', '_']).all(|word| !word.is_empty() && word.chars().all(plain))
}

/// Check networks such as `192.0.2.0/24`.
fn check_networks(text: &str) -> Result<Vec<String>, UsageError> {
    let networks: Vec<String> = text.replace(' ', "").split(',').map(str::to_owned).collect();
    for network in &networks {
        let (address, bits) = network.split_once('/').unwrap_or((network, ""));
        let max_bits = match address.parse::<IpAddr>() {
            Ok(IpAddr::V4(_)) => 32,
            Ok(IpAddr::V6(_)) => 128,
            Err(_) => 0,
        };
        if !(is_number(bits) && bits.parse::<u8>().is_ok_and(|bits| bits <= max_bits)) || max_bits == 0 {
            return Err(UsageError::command(NetworkError::Invalid(network.clone())));
        }
        if network == "0.0.0.0/0" {
            return Err(UsageError::command(NetworkError::NotAllowed(network.clone())));
        }
    }
    Ok(networks)
}

/// Why `--via` does not name a network, in Go's and Juju's words.
#[derive(Debug, thiserror::Error)]
enum NetworkError {
    #[error("invalid CIDR address: {0}")]
    Invalid(String),
    #[error("CIDR {0:?} not allowed")]
    NotAllowed(String),
}

const INTEGRATE_HELP: &str = "\
Details:
An application of another model is named by its offer's URL, or by what `juju consume` called it.

Examples:
    juju integrate webapp db
    juju integrate webapp:database db:database
    juju integrate webapp othermodel.db";

/// Relate two applications.
#[derive(Debug, Clone, Args)]
#[command(alias = "relate", after_help = INTEGRATE_HELP)]
pub struct IntegrateArgs {
    /// Two applications, with endpoints where several fit
    #[arg(value_name = "application or endpoint")]
    pub endpoints: Vec<String>,
    /// For relations across models, the networks of outbound traffic
    #[arg(long, value_name = "networks")]
    pub via: Option<String>,
    #[command(flatten)]
    pub model: ModelOption,
    /// The offer, if one was named.
    #[arg(skip)]
    pub offer: Option<OfferUrl>,
}

impl Arguments for IntegrateArgs {
    const USAGE: Option<&str> = Some("<application>[:<endpoint>] <application>[:<endpoint>]");

    fn init(&mut self) -> Result<(), UsageError> {
        if self.endpoints.len() != 2 {
            return Err(UsageError::Rule("an integration must involve two applications"));
        }
        for word in &mut self.endpoints {
            // A word that cannot be an offer's URL belongs to this model.
            let Ok(url) = OfferUrl::parse(word) else {
                check_endpoint(word)?;
                continue;
            };
            if self.offer.is_some() {
                return Err(UsageError::Rule("providing more than one remote endpoints not supported"));
            }
            word.clone_from(&url.offer);
            self.offer = Some(url);
        }
        if let Some(via) = self.via.take().filter(|via| !via.is_empty()) {
            self.via = Some(check_networks(&via)?.join(","));
        }
        Ok(())
    }
}

/// Remove the relation between two applications.
#[derive(Debug, Clone, Args)]
pub struct RemoveRelationArgs {
    /// Two applications, with endpoints where several fit, or the relation's number
    #[arg(value_name = "endpoint or relation ID")]
    words: Vec<String>,
    /// Remove it whatever fails
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub model: ModelOption,
    #[arg(skip)]
    pub relation_id: Option<u64>,
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
            [_, _] => self.endpoints.clone_from(&self.words),
            _ => return Err(UsageError::Rule("a relation must involve two applications")),
        }
        Ok(())
    }
}

/// Run `juju integrate`.
pub fn integrate(client: &mut Client, args: &IntegrateArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    if let Some(url) = &args.offer {
        let found = offers::find(client, &OfferUrl { offer: offer_name(&url.offer).to_owned(), ..url.clone() })?;
        offers::consume(client, &model, &found, offer_name(&url.offer))?;
    }
    let [one, two] = args.endpoints.as_slice() else { bail!("an integration must involve two applications") };
    let (a_side, b_side) = if model.juju.is_4() {
        infer_endpoints_by_juju_4(client, &model, one, two).with_context(|| {
            format!(
                "adding relation between endpoints {one:?} and {two:?}: cannot relate endpoints {one:?} and {two:?}"
            )
        })?
    } else {
        infer_endpoints(&candidates(client, &model, one)?, &candidates(client, &model, two)?, &format!("{one} {two}"))?
    };
    let applications = [a_side.endpoint.application.clone(), b_side.endpoint.application.clone()];
    let cross_model = cross_model(client, &a_side, &b_side)?;
    if args.via.is_some() && cross_model.is_none() {
        bail!("integration via subnets for non cross model relations not supported");
    }
    let scope = if a_side.container || b_side.container { Scope::Container } else { Scope::Global };
    client.store.write(|db| {
        let sides = [a_side.endpoint.clone(), b_side.endpoint.clone()];
        let reason = refusal(&relation::all(db, &model.uuid)?, &[&a_side, &b_side], model.juju);
        if let (Some(reason), true) = (&reason, model.juju.is_4()) {
            bail!(
                "adding relation between endpoints {one:?} and {two:?}: cannot add relation {one:?}, {two:?}{reason}"
            );
        }
        if let Some(reason) = reason {
            bail!("cannot add relation {:?}{reason}", relation_key(&a_side, &b_side));
        }
        if let Some((local, remote, offer)) = &cross_model {
            let Some(saas) = &remote.saas else { return Ok(()) };
            let via = args.via.as_deref().unwrap_or_default();
            relation::add_cross_model(
                db,
                &model.uuid,
                (&local.endpoint, &local.interface),
                (saas, &remote.endpoint),
                offer,
                via,
            )?;
            return Ok(());
        }
        relation::add(db, &model.uuid, &a_side.interface, scope, &sides)?;
        Ok(())
    })?;
    client.settle(&model)?;
    for application in &applications {
        summary::print_units(client, &model, application)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// An offer's name, without the endpoint that may follow it.
fn offer_name(text: &str) -> &str {
    text.split(':').next().unwrap_or_default()
}

/// For a cross-model relation: the candidate of this model, the remote candidate, and the offer.
fn cross_model<'a>(
    client: &Client,
    one: &'a Candidate,
    two: &'a Candidate,
) -> anyhow::Result<Option<(&'a Candidate, &'a Candidate, Offer)>> {
    let (local, remote, saas) = match (&one.saas, &two.saas) {
        (None, None) => return Ok(None),
        (Some(saas), None) => (two, one, saas),
        (None, Some(saas)) => (one, two, saas),
        (Some(_), Some(_)) => bail!(
            "cannot add relation {:?}: cannot add relation between saas applications {:?} and {:?}",
            relation_key(one, two),
            one.endpoint.application,
            two.endpoint.application
        ),
    };
    if local.container {
        bail!(
            "cannot add relation {:?}: local endpoint must be globally scoped for remote relations",
            relation_key(one, two)
        );
    }
    if !saas.life.is_alive() {
        bail!(
            "SAAS application {:?} has been removed but termination has not completed.\nTo integrate with a new offer with \
             the same name, first run\n'juju remove-saas {} --force' to remove the SAAS record from this model.",
            saas.name,
            saas.name
        );
    }
    let Some(offer) = offer::find_by_uuid(client.store.db(), &saas.offer_uuid)? else {
        bail!(
            "Offer {:?} has been removed from the remote model.\nTo integrate with a new offer with the same name, first \
             run\n'juju remove-saas {}' to remove the SAAS record from this model.",
            saas.name,
            saas.name
        );
    };
    Ok(Some((local, remote, offer)))
}

/// Run `juju remove-relation`.
pub fn remove(client: &mut Client, args: &RemoveRelationArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let db = client.store.db();
    // Juju 4.0: `DestroyRelation` in apiserver/facades/client/application/application.go.
    let not_found = |in_juju_3: String| {
        if !model.juju.is_4() {
            return format!("{in_juju_3} not found");
        }
        let (endpoints, id) = (args.endpoints.join(" "), args.relation_id.unwrap_or_default());
        format!("relation with endpoints [{endpoints}] or id {id} not found")
    };
    let found = if let Some(id) = args.relation_id {
        let found = relation::find(db, &model.uuid, i64::try_from(id)?)?;
        found.with_context(|| not_found(format!("relation {id}")))?
    } else {
        let sides: Vec<(&str, Option<&str>)> = args
            .endpoints
            .iter()
            .map(|word| word.split_once(':').map_or((word.as_str(), None), |(name, end)| (name, Some(end))))
            .collect();
        let mut all = relation::all(db, &model.uuid)?;
        all.retain(|relation| sides.iter().all(|(name, endpoint)| relation.endpoint(name, *endpoint).is_some()));
        let words = args.endpoints.join(" ");
        match all.as_slice() {
            [] => bail!(not_found(format!("relation matching {words:?}"))),
            [_] => all.remove(0),
            _ if model.juju.is_4() => {
                let words: Vec<String> = args.endpoints.iter().map(|word| format!("{word:?}")).collect();
                bail!("endpoints [{}] are ambiguous, specify relation endpoints or id", words.join(" "))
            }
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

/// Add the peer relations in a charm's metadata.
pub fn add_peers(db: &Db, model: &Model, application: &Application, meta: &CharmMeta) -> StoreResult<()> {
    let existing: Vec<Relation> = relation::of_application(db, &model.uuid, &application.name)?;
    for peer in meta.endpoints(RelationRole::Peer) {
        if existing.iter().any(|relation| relation.endpoint(&application.name, Some(&peer.name)).is_some()) {
            continue;
        }
        let endpoint = Endpoint { application: application.name.clone(), name: peer.name.clone(), role: Role::Peer };
        relation::add(db, &model.uuid, &peer.interface, Scope::Global, &[endpoint])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_endpoint_is_refused_in_jujus_words() {
        for word in ["web", "web:db", "web:my-db", "my-web:my_db"] {
            assert!(check_endpoint(word).is_ok(), "{word}");
        }
        for (word, reason) in [
            (":db", r#"endpoint ":db" not valid"#),
            ("web:", r#"endpoint "web:" not valid"#),
            ("web:a:b", r#"endpoint "web:a:b" not valid"#),
            ("Web", r#"application name "Web" not valid"#),
        ] {
            assert_eq!(check_endpoint(word).unwrap_err().to_string(), reason);
        }
    }

    #[test]
    fn networks_have_an_address_and_a_prefix_length() {
        assert_eq!(check_networks("192.168.0.0/16, 10.0.0.0/8,fd00::/8").unwrap().len(), 3);
        for (text, reason) in [
            ("10.0.0.0", "invalid CIDR address: 10.0.0.0"),
            ("10.0.0.0/33", "invalid CIDR address: 10.0.0.0/33"),
            ("x/8", "invalid CIDR address: x/8"),
            ("0.0.0.0/0", r#"CIDR "0.0.0.0/0" not allowed"#),
        ] {
            assert_eq!(check_networks(text).unwrap_err().to_string(), reason);
        }
    }
}
