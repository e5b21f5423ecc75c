//! Ingress by `HAProxy`: the interface `haproxy-route`, version 1.
//!
//! ```
//! use interfaces::haproxy_route::{Ready, Requirer};
//! use ops::{Charm, CustomRelation, Framework, Model};
//!
//! const ROUTE: Requirer = Requirer::new("haproxy-route", &[8080]).check_path("/health");
//!
//! struct ShopCharm;
//!
//! impl Charm for ShopCharm {
//!     fn observe(framework: &mut Framework<Self>) {
//!         framework.library(ROUTE);
//!         framework.observe(ROUTE.ready(), Self::on_ready);
//!     }
//! }
//!
//! impl ShopCharm {
//!     fn on_ready(&mut self, event: &CustomRelation<Ready>, _model: &Model) {
//!         println!("the shop is at {}", event.urls.join(" and "));
//!     }
//! }
//! ```

use ops::on::EventSource;
use ops::{
    Custom, CustomEvent, CustomRelation, Error, Framework, Library, Model, Relation, RelationBrokenEvent,
    RelationChangedEvent, on,
};
use serde::{Deserialize, Serialize};

/// Requests ingress to ports of this application.
#[derive(Clone, Copy, Debug)]
pub struct Requirer {
    endpoint: &'static str,
    ports: &'static [u16],
    paths: &'static [&'static str],
    hostname: Option<&'static str>,
    check_path: Option<&'static str>,
}

/// The application can be reached, at new URLs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Ready {
    /// The URLs.
    pub urls: Vec<String>,
}

impl CustomEvent for Ready {
    const NAME: &'static str = "ready";
}

/// The application can no longer be reached from outside.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Removed {}

impl CustomEvent for Removed {
    const NAME: &'static str = "removed";
}

/// What this application's leader writes.
#[derive(Serialize)]
struct AppData<'a> {
    service: String,
    ports: &'a [u16],
    paths: Option<&'a [&'a str]>,
    hostname: Option<&'a str>,
    check: Option<Check<'a>>,
}

#[derive(Serialize)]
struct Check<'a> {
    interval: u32,
    rise: u32,
    fall: u32,
    path: &'a str,
}

/// What the provider writes for its application.
#[derive(Deserialize)]
struct ProviderData {
    #[serde(default)]
    endpoints: Vec<String>,
}

impl Requirer {
    /// Request ingress at this endpoint, to these ports.
    #[must_use]
    pub const fn new(endpoint: &'static str, ports: &'static [u16]) -> Self {
        Self { endpoint, ports, paths: &[], hostname: None, check_path: None }
    }

    /// Route only these paths.
    #[must_use]
    pub const fn paths(mut self, paths: &'static [&'static str]) -> Self {
        self.paths = paths;
        self
    }

    /// Route this host name.
    #[must_use]
    pub const fn hostname(mut self, hostname: &'static str) -> Self {
        self.hostname = Some(hostname);
        self
    }

    /// Check this path once per minute: after two answers a unit counts as up, after three failures as down.
    #[must_use]
    pub const fn check_path(mut self, path: &'static str) -> Self {
        self.check_path = Some(path);
        self
    }

    /// The application can be reached, at new URLs.
    pub fn ready(&self) -> EventSource<CustomRelation<Ready>> {
        self.event()
    }

    /// The application can no longer be reached from outside.
    pub fn removed(&self) -> EventSource<Custom<Removed>> {
        self.event()
    }

    /// The URLs at which the application can be reached.
    ///
    /// # Errors
    /// The other side's data cannot be read, or a hook command failed.
    pub fn urls(&self, model: &Model) -> Result<Vec<String>, Error> {
        match model.relation(self.endpoint)? {
            Some(relation) => load_urls(&relation),
            None => Ok(Vec::new()),
        }
    }

    fn on_event<E>(&self, _event: &E, model: &Model) -> Result<(), Error> {
        self.write_request(model)
    }

    fn write_request(&self, model: &Model) -> Result<(), Error> {
        let Some(relation) = model.relation(self.endpoint)? else { return Ok(()) };
        if let Some(address) = relation.binding()?.ingress_address() {
            relation.unit_data().set("address", &format!("\"{address}\""))?;
        }
        if model.is_leader()? {
            relation.app_data().save(&AppData {
                // A name that is unique across models, because HAProxy serves several.
                service: format!("{}-{}", model.name(), model.app().name()),
                ports: self.ports,
                paths: Some(self.paths).filter(|paths| !paths.is_empty()),
                hostname: self.hostname,
                check: self.check_path.map(|path| Check { interval: 60, rise: 2, fall: 3, path }),
            })?;
        }
        Ok(())
    }

    fn on_changed(&self, event: &RelationChangedEvent, model: &Model) -> Result<(), Error> {
        let urls = match load_urls(&event.relation) {
            Ok(urls) => urls,
            Err(error) => return crate::skip_invalid_data(error),
        };
        if urls == model.stored::<Vec<String>>("urls")?.unwrap_or_default() {
            return Ok(());
        }
        if urls.is_empty() {
            return self.remove(model);
        }
        model.store("urls", &urls)?;
        self.ready().emit(model, &event.relation, &Ready { urls })
    }

    fn on_broken(&self, _event: &RelationBrokenEvent, model: &Model) -> Result<(), Error> {
        self.remove(model)
    }

    fn remove(&self, model: &Model) -> Result<(), Error> {
        model.forget("urls");
        self.removed().emit(model, &Removed {})
    }
}

fn load_urls(relation: &Relation) -> Result<Vec<String>, Error> {
    let Some(databag) = relation.remote_app_data()? else { return Ok(Vec::new()) };
    let ProviderData { endpoints } = databag.load()?;
    Ok(endpoints)
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
