//! snapd's information about an installed snap.

use serde_json::Value;

/// An installed snap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Info {
    /// Its name.
    pub name: String,
    /// The tracked channel, such as `latest/stable`; empty for a snap from a local file.
    pub tracking: String,
    /// The revision: a number, or `x1` for a snap from a local file.
    pub revision: String,
    /// The snap's version.
    pub version: String,
    /// Whether it has classic confinement.
    pub classic: bool,
    /// Whether it is in devmode.
    pub devmode: bool,
    /// Until when it is held, in RFC 3339; `None` if it is not held.
    pub hold: Option<String>,
    /// Its apps, including services, without the snap's name.
    pub apps: Vec<String>,
    /// Its services.
    pub services: Vec<Service>,
}

/// A service of a snap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Service {
    /// The service's name, without the snap's.
    pub name: String,
    /// Whether it starts with the machine.
    pub enabled: bool,
    /// Whether it is running.
    pub active: bool,
}

impl Info {
    /// An installed snap, to test how a charm handles it.
    #[must_use]
    pub fn new(name: &str, tracking: &str, revision: &str) -> Self {
        Self { name: name.into(), tracking: tracking.into(), revision: revision.into(), ..Self::default() }
    }

    pub(super) fn parse(value: &Value) -> Option<Self> {
        let text = |key: &str| value[key].as_str().map(str::to_owned);
        let services = value["apps"].as_array().into_iter().flatten().filter(|app| app["daemon"].is_string());
        Some(Self {
            name: text("name")?,
            tracking: text("tracking-channel").unwrap_or_default(),
            revision: text("revision")?,
            version: text("version").unwrap_or_default(),
            classic: value["confinement"] == "classic" && value["devmode"] != true,
            devmode: value["devmode"] == true,
            hold: text("hold"),
            apps: value["apps"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|app| app["name"].as_str().map(str::to_owned))
                .collect(),
            services: services
                .filter_map(|app| {
                    let is = |key: &str| app[key].as_bool().unwrap_or_default();
                    Some(Service { name: app["name"].as_str()?.into(), enabled: is("enabled"), active: is("active") })
                })
                .collect(),
        })
    }
}
