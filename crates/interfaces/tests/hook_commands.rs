//! A library runs no hook commands in hooks that do not concern it.

use std::collections::BTreeSet;

use interfaces::{certificate_transfer, cos_agent, database, haproxy_route, ingress, tls_certificates};
use ops::{Charm, Framework, Model};
use ops_testing::{Context, Relation, Secret, State, on};

const METADATA: &str = include_str!("charmcraft.yaml");

fn requests(_: &Model) -> anyhow::Result<Vec<tls_certificates::CertificateRequestAttributes>> {
    Ok(vec![tls_certificates::CertificateRequestAttributes::new("shop.example.com")])
}

fn certificates_to_provide(_: &Model) -> anyhow::Result<BTreeSet<String>> {
    Ok(BTreeSet::new())
}

struct App;

impl Charm for App {
    fn observe(framework: &mut Framework<Self>) {
        framework.library(tls_certificates::Requirer::new("certificates", requests));
        framework.library(tls_certificates::Provider::new("sign"));
        framework.library(database::Requirer::new("database", "shop"));
        framework.library(ingress::Requirer::new("ingress", 80));
        framework.library(haproxy_route::Requirer::new("route", &[80]));
        framework.library(certificate_transfer::Requirer::new("receive"));
        framework.library(certificate_transfer::Provider::new("send", certificates_to_provide));
        framework.library(cos_agent::Provider::new("cos-agent"));
    }
}

#[test]
fn a_library_runs_no_hook_command_in_a_hook_that_does_not_concern_it() {
    let other = Relation::new("other").id(9);
    let certificates = Relation::new("certificates").id(3);
    let (owned, granted) = (
        Secret::new([("key", "value")]).owned_by_unit().label("owned"),
        Secret::new([("key", "value")]).label("granted"),
    );
    let state = State::default()
        .with_relations([other.clone(), certificates])
        .with_secret(owned.clone())
        .with_secret(granted.clone())
        .with_leader(true);
    for event in [
        on::install(),
        on::start(),
        on::config_changed(),
        on::update_status(),
        on::upgrade_charm(),
        on::leader_elected(),
        on::relation_created(&other),
        on::relation_joined(&other),
        on::relation_changed(&other),
        on::relation_departed(&other),
        on::relation_broken(&other),
        on::secret_changed(&granted),
        on::secret_expired(&owned, 1),
        on::secret_remove(&owned, 1),
        on::secret_rotate(&owned),
        on::stop(),
        on::remove(),
    ] {
        let mut ctx = Context::with_metadata(App, METADATA).unwrap();
        let name = format!("{event:?}");
        ctx.run(event, state.clone()).unwrap();
        assert!(ctx.hook_commands().is_empty(), "{name}: {:?}", ctx.hook_commands());
    }
}
