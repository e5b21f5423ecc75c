//! `juju offers`, `juju find-offers` and `juju show-offer`.

pub mod output;

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use jiff::Timestamp;

use self::output::{Connection, ConnectionStatus, FoundOffer, ListedOffer, ShownOffer, User, endpoints_by_name};
use crate::charm;
use crate::cli::{Arguments, ModelOption, OfferUrl, Output, UsageError};
use crate::client::{CONTROLLER, Client, USER, offers, print};
use crate::commands::offer::url_in_current_model;
use crate::format::{Colours, OffersFormat, Tabular, ago};
use crate::store::cross_model::{self, CrossModelRelation};
use crate::store::endpoint::Role;
use crate::store::model::{self, Model};
use crate::store::offer::{self, Offer};
use crate::store::relation;
use crate::store::{Db, application, machine, unit};

const OFFERS_HELP: &str = "\
Details:
The default tabular output shows each user connected (relating to) the offer, and the relation id of
the relation. The summary output shows one row per offer, with a count of active/total relations.

Examples:
    juju offers
    juju offers -m model
    juju offers --interface db2
    juju offers --application mysql
    juju offers hosted-mysql
    juju offers hosted-mysql --active-only";

/// List shared endpoints.
#[derive(Debug, Clone, Args)]
#[command(alias = "list-offers", after_help = OFFERS_HELP)]
pub struct OffersArgs {
    /// The offer to show
    #[arg(value_name = "offer-name")]
    pub name: Option<String>,
    /// Return results matching the application
    #[arg(long)]
    pub application: Option<String>,
    /// Return results matching the interface name
    #[arg(long)]
    pub interface: Option<String>,
    /// Return results where the user is allowed to consume the offer
    #[arg(long = "allowed-consumer", value_name = "user")]
    pub consumer: Option<String>,
    /// Return results where the user has a connection to the offer
    #[arg(long = "connected-user", value_name = "user")]
    pub connected: Option<String>,
    /// Only return results where the offer is in use
    #[arg(long = "active-only")]
    pub active: bool,
    #[command(flatten)]
    pub output: Output<OffersFormat>,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for OffersArgs {
    const USAGE: Option<&str> = Some("[<offer-name>]");
}

/// Run `juju offers`.
pub fn list(client: &mut Client, args: &OffersArgs) -> anyhow::Result<ExitCode> {
    let model = client.model()?;
    let mut shown = BTreeMap::new();
    for found in offer::all(client.store.db(), &model.uuid)? {
        let offered = offers::endpoints(client.store.db(), &found)?;
        let connections = connections(client.store.db(), &found)?;
        let matches = |wanted: &Option<String>, word: &str| wanted.as_ref().is_none_or(|wanted| wanted == word);
        let is_selected = matches(&args.name, &found.name)
            && matches(&args.application, &found.application)
            && args.interface.as_ref().is_none_or(|wanted| offered.iter().any(|end| end.interface == *wanted))
            && matches(&args.consumer, USER)
            && (args.connected.is_none() || !connections.is_empty() && matches(&args.connected, USER))
            && !(args.active && connections.is_empty());
        if !is_selected {
            continue;
        }
        let application = application::find(client.store.db(), &model.uuid, &found.application)?;
        shown.insert(
            found.name.clone(),
            ListedOffer {
                store: CONTROLLER.to_owned(),
                charm: application.map(|application| application.charm_url()).unwrap_or_default(),
                url: offers::url(&model.name, &found.name).to_string(),
                endpoints: endpoints_by_name(&offered),
                connections,
                users: users(),
                application: found.application,
            },
        );
    }
    let colour = Colours::on(&std::io::stdout());
    print(&output::offers(&shown, args.output.format(), colour), args.output.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// The access that users have to an offer: the only user, and everyone.
fn users() -> BTreeMap<String, User> {
    let user = |display_name: &str, access: &str| User { display_name: display_name.into(), access: access.into() };
    [(USER.to_owned(), user(USER, "admin")), ("everyone@external".to_owned(), user("", "read"))].into()
}

fn connections(db: &Db, offer: &Offer) -> anyhow::Result<Vec<Connection>> {
    let mut found = Vec::new();
    for cross_model in cross_model::of_offer(db, &offer.uuid)? {
        let (id, model) = (cross_model.offerer.relation, &cross_model.offerer.model);
        let Some(relation) = relation::find(db, model, id)? else { continue };
        let local = relation.endpoint(&offer.application, None);
        let (current, message) = relation::status(db, model, &relation)?;
        let since = Timestamp::from_millisecond(cross_model.since).map(|time| ago(time, Timestamp::now()));
        found.push(Connection {
            source_model_uuid: cross_model.consumer.model.clone(),
            username: USER.to_owned(),
            relation_id: id,
            endpoint: local.map(|side| side.name.clone()).unwrap_or_default(),
            status: ConnectionStatus { current: current.to_owned(), message, since: since.unwrap_or_default() },
            ingress_subnets: ingress(db, &cross_model)?,
        });
    }
    Ok(found)
}

/// The networks of the consuming side's traffic: those of `--via`, or its units' addresses if the units connect to the
/// offering side. Juju 3.6: `publishRelationIngress` in internal/worker/firewaller/firewaller.go.
fn ingress(db: &Db, cross_model: &CrossModelRelation) -> anyhow::Result<Vec<String>> {
    let consumer = &cross_model.consumer;
    if !cross_model.egress_subnets.is_empty() {
        return Ok(cross_model.egress_subnets.split(',').map(str::to_owned).collect());
    }
    let relation = relation::find(db, &consumer.model, consumer.relation)?;
    let consumer_connects = relation
        .and_then(|relation| relation.endpoint(&consumer.application, None).map(|side| side.role))
        .is_some_and(|role| role == Role::Requirer);
    if !consumer_connects {
        return Ok(Vec::new());
    }
    let mut networks = Vec::new();
    for name in relation::members(db, &consumer.model, consumer.relation)?.into_keys() {
        let Some(unit) = unit::find(db, &consumer.model, &name)? else { continue };
        let machine = machine::find(db, &consumer.model, &unit.machine)?;
        networks.extend(
            machine.filter(|machine| !machine.address.is_empty()).map(|machine| format!("{}/32", machine.address)),
        );
    }
    networks.sort();
    networks.dedup();
    Ok(networks)
}

const FIND_OFFERS_HELP: &str = "\
Examples:
    juju find-offers
    juju find-offers fred/prod
    juju find-offers --interface mysql
    juju find-offers --url fred/prod.db2
    juju find-offers --offer db2";

/// Find offered application endpoints.
#[derive(Debug, Clone, Args)]
#[command(after_help = FIND_OFFERS_HELP)]
pub struct FindOffersArgs {
    /// The offers' URL, or the start of it
    #[arg(value_name = "url", id = "word")]
    word: Option<String>,
    /// Return results matching the offer URL
    #[arg(long, value_name = "url")]
    pub url: Option<String>,
    /// Return results matching the interface name
    #[arg(long)]
    pub interface: Option<String>,
    /// Return results matching the offer name
    #[arg(long)]
    pub offer: Option<String>,
    #[command(flatten)]
    pub output: Output<Tabular>,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for FindOffersArgs {
    const USAGE: Option<&str> = Some("");

    fn init(&mut self) -> Result<(), UsageError> {
        if self.offer.is_some() && self.url.is_some() {
            return Err(UsageError::Rule("cannot specify both a URL term and offer term"));
        }
        if self.word.is_some() && self.url.is_some() {
            return Err(UsageError::Rule("URL term cannot be specified twice"));
        }
        self.url = self.url.take().or(self.word.take());
        Ok(())
    }
}

/// Run `juju find-offers`.
pub fn find(client: &mut Client, args: &FindOffersArgs) -> anyhow::Result<ExitCode> {
    let url = args.url.as_deref().map(OfferUrl::parse_partial).transpose()?.unwrap_or_default();
    let models: Vec<Model> =
        if url.model.is_empty() { model::all(client.store.db())? } else { vec![offers::model(client, &url)?] };
    let name = if url.offer.is_empty() { args.offer.clone().unwrap_or_default() } else { url.offer };
    let mut shown = BTreeMap::new();
    for model in models {
        for found in offer::all(client.store.db(), &model.uuid)? {
            let offered = offers::endpoints(client.store.db(), &found)?;
            let has_interface =
                args.interface.as_ref().is_none_or(|wanted| offered.iter().any(|end| end.interface == *wanted));
            if has_interface && found.name.contains(&name) {
                let offer =
                    FoundOffer { access: "admin".to_owned(), endpoints: endpoints_by_name(&offered), users: users() };
                shown.insert(format!("{CONTROLLER}:{}", offers::url(&model.name, &found.name)), offer);
            }
        }
    }
    if shown.is_empty() {
        bail!("no matching application offers found");
    }
    print(&output::find_offers(&shown, args.output.format()), args.output.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

const SHOW_OFFER_HELP: &str = "\
Details:
In addition to the URL of the offer, the description of the charm being offered is shown.

Examples:
    juju show-offer default.prod
    juju show-offer admin/default.prod";

/// Show extended information about the offered application.
#[derive(Debug, Clone, Args)]
#[command(after_help = SHOW_OFFER_HELP)]
pub struct ShowOfferArgs {
    /// The offer
    #[arg(value_name = "offer url")]
    pub urls: Vec<String>,
    #[command(flatten)]
    pub output: Output<Tabular>,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for ShowOfferArgs {
    const USAGE: Option<&str> = Some("[<controller>:]<offer url>");

    fn init(&mut self) -> Result<(), UsageError> {
        if self.urls.len() == 1 { Ok(()) } else { Err(UsageError::Rule("must specify endpoint URL")) }
    }
}

/// Run `juju show-offer`.
pub fn show(client: &mut Client, args: &ShowOfferArgs) -> anyhow::Result<ExitCode> {
    let text = args.urls.first().map(String::as_str).unwrap_or_default();
    let url = OfferUrl::parse(text).or_else(|_| url_in_current_model(client, text))?;
    let found = offers::find(client, &url)?;
    let db = client.store.db();
    let application = application::find(db, &found.model, &found.application)?;
    let description = match application {
        Some(application) => charm::metadata(&application)?.description,
        None => String::new(),
    };
    let shown = ShownOffer {
        description,
        access: "admin".to_owned(),
        endpoints: endpoints_by_name(&offers::endpoints(client.store.db(), &found)?),
        users: users(),
    };
    let model = offers::model(client, &url)?;
    let shown = BTreeMap::from([(format!("{CONTROLLER}:{}", offers::url(&model.name, &found.name)), shown)]);
    print(&output::show_offer(&shown, args.output.format()), args.output.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}
