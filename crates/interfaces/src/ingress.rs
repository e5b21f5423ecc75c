//! Ingress by a load balancer such as Traefik: the interface [`ingress`][interface], version 2.
//!
//! ```
//! use interfaces::ingress::{Ready, Requirer};
//! use ops::{Charm, CustomRelation, Framework, Model};
//!
//! const INGRESS: Requirer = Requirer::new("ingress", 8080).strip_prefix();
//!
//! struct ShopCharm;
//!
//! impl Charm for ShopCharm {
//!     fn observe(framework: &mut Framework<Self>) {
//!         framework.library(INGRESS);
//!         framework.observe(INGRESS.ready(), Self::on_ready);
//!     }
//! }
//!
//! impl ShopCharm {
//!     fn on_ready(&mut self, event: &CustomRelation<Ready>, _model: &Model) {
//!         println!("the shop is at {}", event.url);
//!     }
//! }
//! ```
//!
//! [interface]: https://github.com/canonical/charmlibs/tree/main/interfaces/ingress/interface/v2

use ops::on::EventSource;
use ops::{
    Custom, CustomEvent, CustomRelation, Error, Framework, Library, Model, Relation, RelationBrokenEvent,
    RelationChangedEvent, on,
};
use serde::{Deserialize, Serialize};

/// Requests ingress to a port of this application.
#[derive(Clone, Copy, Debug)]
pub struct Requirer {
    endpoint: &'static str,
    port: u16,
    strip_prefix: bool,
    redirect_https: bool,
    https: bool,
}

/// The application can be reached, at a new URL.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Ready {
    /// The URL.
    pub url: String,
}

impl CustomEvent for Ready {
    const NAME: &'static str = "ready";
}

/// The application can no longer be reached from outside.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Revoked {}

impl CustomEvent for Revoked {
    const NAME: &'static str = "revoked";
}

/// What this application's leader writes.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct AppData<'a> {
    model: &'a str,
    name: &'a str,
    port: u16,
    scheme: Option<&'a str>,
    strip_prefix: Option<bool>,
    redirect_https: Option<bool>,
}

/// What each unit writes.
#[derive(Serialize)]
struct UnitData {
    host: String,
    ip: Option<String>,
}

/// What the provider writes for its application.
#[derive(Deserialize)]
struct ProviderData {
    ingress: Option<IngressUrl>,
}

#[derive(Deserialize)]
struct IngressUrl {
    url: String,
}

impl Requirer {
    /// Request ingress at this endpoint, to this port.
    #[must_use]
    pub const fn new(endpoint: &'static str, port: u16) -> Self {
        Self { endpoint, port, strip_prefix: false, redirect_https: false, https: false }
    }

    /// Strip the path prefix that routes to this application.
    #[must_use]
    pub const fn strip_prefix(mut self) -> Self {
        self.strip_prefix = true;
        self
    }

    /// Redirect HTTP requests to HTTPS.
    #[must_use]
    pub const fn redirect_https(mut self) -> Self {
        self.redirect_https = true;
        self
    }

    /// Use HTTPS to connect to the port.
    #[must_use]
    pub const fn https(mut self) -> Self {
        self.https = true;
        self
    }

    /// The application can be reached, at a new URL.
    pub fn ready(&self) -> EventSource<CustomRelation<Ready>> {
        self.event()
    }

    /// The application can no longer be reached from outside.
    pub fn revoked(&self) -> EventSource<Custom<Revoked>> {
        self.event()
    }

    /// The URL at which the application can be reached, when it can.
    ///
    /// # Errors
    /// The other side's data cannot be read, or a hook command failed.
    pub fn url(&self, model: &Model) -> Result<Option<String>, Error> {
        match model.relation(self.endpoint)? {
            Some(relation) => load_url(&relation),
            None => Ok(None),
        }
    }

    fn on_event<E>(&self, _event: &E, model: &Model) -> Result<(), Error> {
        self.write_request(model)
    }

    fn write_request(&self, model: &Model) -> Result<(), Error> {
        let Some(relation) = model.relation(self.endpoint)? else { return Ok(()) };
        let address = relation.binding()?.ingress_address().map(|address| address.to_string());
        // Juju does not know whether the machine has a resolvable host name.
        let host = address.clone().unwrap_or_default();
        relation.unit_data().save(&UnitData { host, ip: address })?;
        if model.is_leader()? {
            relation.app_data().save(&AppData {
                model: model.name(),
                name: model.app().name(),
                port: self.port,
                scheme: self.https.then_some("https"),
                strip_prefix: self.strip_prefix.then_some(true),
                redirect_https: self.redirect_https.then_some(true),
            })?;
        }
        Ok(())
    }

    fn on_changed(&self, event: &RelationChangedEvent, model: &Model) -> Result<(), Error> {
        let url = match load_url(&event.relation) {
            Ok(url) => url,
            Err(error) => return crate::skip_invalid_data(error),
        };
        if url == model.stored("url")? {
            return Ok(());
        }
        match url {
            Some(url) => {
                model.store("url", &url)?;
                self.ready().emit(model, &event.relation, &Ready { url })
            }
            None => self.revoke(model),
        }
    }

    fn on_broken(&self, _event: &RelationBrokenEvent, model: &Model) -> Result<(), Error> {
        self.revoke(model)
    }

    fn revoke(&self, model: &Model) -> Result<(), Error> {
        model.forget("url");
        self.revoked().emit(model, &Revoked {})
    }
}

fn load_url(relation: &Relation) -> Result<Option<String>, Error> {
    let Some(databag) = relation.remote_app_data()? else { return Ok(None) };
    let ProviderData { ingress } = databag.load()?;
    Ok(ingress.map(|ingress| ingress.url))
}

impl Library for Requirer {
    fn name(&self) -> &str {
        self.endpoint
    }

    fn observe(&self, framework: &mut Framework<Self>) {
        framework.observe(on::relation_created(self.endpoint), Self::on_event);
        framework.observe(on::relation_changed(self.endpoint), Self::on_changed);
        framework.observe(on::relation_broken(self.endpoint), Self::on_broken);
    }

    fn refresh(&self, model: &Model) -> anyhow::Result<()> {
        Ok(self.write_request(model)?)
    }
}
