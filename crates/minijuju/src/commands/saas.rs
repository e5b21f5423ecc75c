//! `juju consume` and `juju remove-saas`: offers of other models that a model uses.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;

use crate::cli::{Arguments, ModelOption, OfferUrl, UsageError, is_application};
use crate::client::{Client, USER, offers};
use crate::store::Life;
use crate::store::relation;
use crate::store::saas::{self, Saas};

const CONSUME_HELP: &str = "\
Details:
The path to the remote offer is formatted as follows:

    [<controller name>:][<model owner>/]<model name>.<application name>

Examples:
    juju consume othermodel.mysql
    juju consume owner/othermodel.mysql
    juju consume othermodel.mysql sql";

/// Add a remote offer to the model.
#[derive(Debug, Clone, Args)]
#[command(after_help = CONSUME_HELP)]
pub struct ConsumeArgs {
    /// The offer
    #[arg(value_name = "remote offer path")]
    pub offer: String,
    /// Name in this model; by default the offer's name
    #[arg(value_name = "local application name")]
    pub alias: Option<String>,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for ConsumeArgs {
    const USAGE: Option<&str> = Some("<remote offer path> [<local application name>]");
    const MISSING: &[&str] = &["no remote offer specified"];

    fn init(&mut self) -> Result<(), UsageError> {
        match &self.alias {
            Some(alias) if !is_application(alias) => {
                Err(UsageError::Invalid { what: "application name", word: alias.clone() })
            }
            _ => Ok(()),
        }
    }
}

/// Run `juju consume`.
pub fn consume(client: &mut Client, args: &ConsumeArgs) -> anyhow::Result<ExitCode> {
    let mut url = OfferUrl::parse(&args.offer)?;
    if url.has_endpoint() {
        bail!("saas offer {:?} shouldn't include endpoint", args.offer);
    }
    let mut shown = args.offer.clone();
    if url.user.is_empty() {
        USER.clone_into(&mut url.user);
        shown = url.to_string();
    }
    let model = client.model()?;
    let found = offers::find(client, &url)?;
    let name = args.alias.as_deref().unwrap_or(&found.name);
    let local = OfferUrl { source: String::new(), ..url };
    offers::consume(client, &model, &found, name).with_context(|| format!("could not consume {local}"))?;
    client.progress.info(&format!("Added {shown} as {name}"));
    Ok(ExitCode::SUCCESS)
}

const REMOVE_SAAS_HELP: &str = "\
Details:
Removing a consumed (SAAS) application will terminate any relations that application has,
potentially leaving any related local applications in a non-functional state.

Examples:
    juju remove-saas hosted-mysql
    juju remove-saas -m test-model hosted-mariadb";

/// Remove consumed applications (SAAS) from the model.
#[derive(Debug, Clone, Args)]
#[command(after_help = REMOVE_SAAS_HELP)]
pub struct RemoveSaasArgs {
    /// The names in this model
    #[arg(value_name = "saas-application-name")]
    pub names: Vec<String>,
    /// Completely remove a SAAS and all its dependencies
    #[arg(long)]
    pub force: bool,
    /// Rush through SAAS removal without waiting for each individual step to complete
    #[arg(long = "no-wait")]
    pub no_wait: bool,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for RemoveSaasArgs {
    const USAGE: Option<&str> = Some("<saas-application-name> [<saas-application-name>...]");

    fn init(&mut self) -> Result<(), UsageError> {
        if self.names.is_empty() {
            return Err(UsageError::Rule("no SAAS application names specified"));
        }
        match self.names.iter().find(|name| !is_application(name)) {
            Some(name) => Err(UsageError::Invalid { what: "SAAS application name", word: name.clone() }),
            None => Ok(()),
        }
    }
}

/// Run `juju remove-saas`.
pub fn remove(client: &mut Client, args: &RemoveSaasArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    if args.no_wait && !args.force {
        bail!("--no-wait requires --force");
    }
    let mut failed = false;
    for name in &args.names {
        let Some(found) = saas::find(client.store.db(), &model.uuid, name)? else {
            // Juju 4.0 takes it for removed: `DestroyConsumedApplications` in
            // apiserver/facades/client/application/application.go.
            if model.juju.is_4() {
                continue;
            }
            client
                .progress
                .info(&format!("removing SAAS application {name} failed: saas application {name:?} not found"));
            failed = true;
            continue;
        };
        client.write(|db| {
            saas::save(db, &model.uuid, &Saas { life: Life::Dying, ..found })?;
            relation::end_all(db, &model.uuid, name)
        })?;
    }
    client.settle(&model)?;
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
