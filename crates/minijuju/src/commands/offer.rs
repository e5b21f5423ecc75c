//! `juju offer` and `juju remove-offer`.

use std::collections::BTreeSet;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;

use crate::charm;
use crate::cli::{Arguments, ControllerOption, OfferUrl, UsageError, is_application, is_model};
use crate::client::{Client, confirm, offers};
use crate::random;
use crate::store::model::Model;
use crate::store::offer::{self, Offer};
use crate::store::{application, cross_model, relation};

const OFFER_HELP: &str = "\
Details:
By default, the offer is named after the application, unless an offer name is explicitly specified.

Examples:
    juju offer mysql:db
    juju offer mymodel.mysql:db
    juju offer db2:db hosted-db2
    juju offer db2:db,log hosted-db2";

/// Offer application endpoints for use in other models.
#[derive(Debug, Clone, Args)]
#[command(after_help = OFFER_HELP)]
pub struct OfferArgs {
    /// The application with its endpoints, and its model unless that is the current one
    #[arg(value_name = "application-name:endpoint-name")]
    pub endpoints: String,
    /// The offer's name; by default the application's
    #[arg(value_name = "offer-name")]
    pub name: Option<String>,
    #[command(flatten)]
    pub controller: ControllerOption,
}

impl Arguments for OfferArgs {
    const USAGE: Option<&str> = Some("[model-name.]<application-name>:<endpoint-name>[,...] [offer-name]");
    const MISSING: &[&str] = &["an offer must at least specify application endpoint"];
}

/// Run `juju offer`.
pub fn offer(client: &mut Client, args: &OfferArgs) -> anyhow::Result<ExitCode> {
    let Some((target, endpoints)) = args.endpoints.split_once(':') else {
        bail!("endpoints must conform to format \"<application-name>:<endpoint-name>[,...]\" ");
    };
    let target = target.strip_prefix('/').unwrap_or(target);
    let (model_name, application) = target.split_once('.').map_or((None, target), |(model, name)| (Some(model), name));
    let model_name = model_name.filter(|name| !name.is_empty());
    if let Some(name) = model_name.and_then(|name| name.rsplit('/').next()).filter(|name| !is_model(name)) {
        bail!("model name {name:?} not valid");
    }
    if !is_application(application) {
        bail!("application name {application:?} not valid");
    }
    if endpoints.is_empty() {
        bail!("specify endpoints for {application}\" ");
    }
    let model = match model_name {
        Some(name) => client.find_model(name).context("getting model details")?,
        None => {
            current_model(client)?.context("no current model, use juju switch to select a model on which to operate")?
        }
    };
    let endpoints: Vec<String> = endpoints.split(',').map(str::to_owned).collect();
    let name = args.name.as_deref().unwrap_or(application);
    let db = client.store.db();
    let is_4 = model.juju.is_4();
    let offered = application::find(db, &model.uuid, application)?.with_context(|| {
        if is_4 {
            format!("application {application:?} not found in model {:?}", model.uuid)
        } else {
            format!("getting offered application {application}: application {application:?} not found")
        }
    })?;
    let existing = offer::find(db, &model.uuid, name)?;
    // Juju 4.0: `CreateOffer` in domain/crossmodelrelation/service/offer.go.
    let differs = |existing: &Offer| {
        let sorted = |endpoints: &[String]| endpoints.iter().cloned().collect::<BTreeSet<_>>();
        existing.application != application || sorted(&existing.endpoints) != sorted(&endpoints)
    };
    if is_4 && existing.as_ref().is_some_and(differs) {
        bail!("offer {name:?} already exists, updating offers is not supported");
    }
    let operation = match (is_4, &existing) {
        (true, _) => "creating",
        (false, Some(_)) => "cannot update application",
        (false, None) => "cannot add application",
    };
    let meta = charm::metadata(&offered)?;
    let check = || {
        if !is_application(name) {
            bail!("offer name {name:?} not valid");
        }
        for endpoint in &endpoints {
            let Some((_, container)) = offers::endpoint(&meta, endpoint) else {
                if is_4 {
                    bail!("{:?}: endpoint not found", endpoints.join(","));
                }
                bail!(
                    "getting relation endpoint for relation {endpoint:?} and application {application:?}: application \
                     {application:?} has no {endpoint:?} relation"
                );
            };
            if container {
                bail!("can only offer endpoints with global scope, provided scope \"container\"");
            }
        }
        Ok(())
    };
    check().with_context(|| format!("{operation} offer {name:?}"))?;
    let offer = Offer {
        model: model.uuid.clone(),
        name: name.to_owned(),
        uuid: existing.map_or_else(random::uuid, |existing| existing.uuid),
        application: application.to_owned(),
        endpoints,
    };
    client.write(|db| offer::save(db, &offer))?;
    client.progress.info(&format!(
        "Application {application:?} endpoints [{}] available at \"{}\"",
        offer.endpoints.join(", "),
        offers::url(&model.name, name)
    ));
    Ok(ExitCode::SUCCESS)
}

/// The current model, if there is one.
fn current_model(client: &Client) -> anyhow::Result<Option<Model>> {
    client.current()?.map(|name| client.find_model(&name)).transpose()
}

const REMOVE_OFFER_HELP: &str = "\
Details:
Offers to remove are specified by their URLs, or by their names, where they are of the current model.
With --force, the relations to the offer are removed, too.

Examples:
    juju remove-offer prod.hosted-mysql
    juju remove-offer prod.hosted-mysql --force
    juju remove-offer hosted-mysql";

/// Remove offers.
#[derive(Debug, Clone, Args)]
#[command(after_help = REMOVE_OFFER_HELP)]
pub struct RemoveOfferArgs {
    /// The offers
    #[arg(value_name = "offer-url")]
    pub offers: Vec<String>,
    /// Remove the offer as well as any relations to the offer
    #[arg(long)]
    pub force: bool,
    /// Do not prompt for confirmation
    #[arg(short = 'y', long)]
    pub yes: bool,
    #[command(flatten)]
    pub controller: ControllerOption,
}

impl Arguments for RemoveOfferArgs {
    const USAGE: Option<&str> = Some("<offer-url> ...");

    fn init(&mut self) -> Result<(), UsageError> {
        if self.offers.is_empty() {
            return Err(UsageError::Rule("no offers specified"));
        }
        Ok(())
    }
}

/// Run `juju remove-offer`.
pub fn remove(client: &mut Client, args: &RemoveOfferArgs) -> anyhow::Result<ExitCode> {
    let mut urls = Vec::new();
    for text in &args.offers {
        let url = match OfferUrl::parse(text) {
            Ok(url) => url,
            Err(_) => url_in_current_model(client, text)?,
        };
        urls.push(url);
    }
    if urls.iter().any(|url| url.source != urls[0].source) {
        bail!("all offer URLs must use the same controller");
    }
    let texts: Vec<String> = urls.iter().map(ToString::to_string).collect();
    let with_endpoint: Vec<String> =
        urls.iter().zip(&texts).filter(|(url, _)| url.has_endpoint()).map(|(_, text)| format!(" -{text}")).collect();
    if !with_endpoint.is_empty() {
        bail!("These offers contain endpoints. Only specify the offer name itself.\n{}", with_endpoint.join("\n"));
    }
    if args.force && !args.yes {
        let what = texts.join(", ");
        confirm(&format!(
            "WARNING! This command will remove offers: {what}\nThis includes all relations to those offers."
        ))
        .context("offer removal")?;
    }
    let mut errors = Vec::new();
    let mut changed_models = Vec::new();
    for url in &urls {
        match remove_one(client, url, args.force) {
            Ok(Some(model)) => changed_models.push(model),
            Ok(None) => {}
            Err(error) => errors.push(format!("{error:#}")),
        }
    }
    for model in changed_models {
        client.settle(&model)?;
    }
    if !errors.is_empty() {
        bail!(errors.join("\n"));
    }
    Ok(ExitCode::SUCCESS)
}

/// The URL of an offer in the current model.
pub fn url_in_current_model(client: &Client, name: &str) -> anyhow::Result<OfferUrl> {
    let model = match client.model_option() {
        Some(name) => client.find_model(name)?,
        None => current_model(client)?.context("No selected model.")?,
    };
    Ok(OfferUrl::parse(&format!("{}{name}", offers::url(&model.name, "")))?)
}

/// Remove an offer. Returns its model if relations ended with it.
fn remove_one(client: &mut Client, url: &OfferUrl, force: bool) -> anyhow::Result<Option<Model>> {
    let model = offers::model(client, url)?;
    let db = client.store.db();
    let is_4 = model.juju.is_4();
    let found = offer::find(db, &model.uuid, &url.offer)?.with_context(|| {
        if is_4 { format!("{:?}: offer not found", url.offer) } else { format!("offer {:?} not found", url.offer) }
    })?;
    let connections = cross_model::of_offer(db, &found.uuid)?;
    if !connections.is_empty() && !force {
        if is_4 {
            bail!("cannot delete offer {:?}, it has {} connections", found.uuid, connections.len());
        }
        let plural = if connections.len() == 1 { "" } else { "s" };
        bail!("cannot delete application offer {:?}: offer has {} relation{plural}", found.name, connections.len());
    }
    client.write(|db| {
        offer::remove(db, &found)?;
        connections.iter().try_for_each(|one| relation::end(db, &model.uuid, one.offerer.relation))
    })?;
    Ok(Some(model).filter(|_| !connections.is_empty()))
}
