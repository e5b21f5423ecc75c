//! Databases of Canonical's data platform: `PostgreSQL`, `MySQL`, `MongoDB` and others. This is version 0 of their
//! interfaces, such as [`postgresql_client`][interface], which all of their charms support.
//!
//! ```
//! use interfaces::database::{Changed, Requirer};
//! use ops::{Charm, CustomRelation, Framework, Model};
//!
//! const DATABASE: Requirer = Requirer::new("database", "shop");
//!
//! struct ShopCharm;
//!
//! impl Charm for ShopCharm {
//!     fn observe(framework: &mut Framework<Self>) {
//!         framework.library(DATABASE);
//!         framework.observe(DATABASE.changed(), Self::on_database);
//!     }
//! }
//!
//! impl ShopCharm {
//!     fn on_database(&mut self, _event: &CustomRelation<Changed>, model: &Model) -> anyhow::Result<()> {
//!         if let Some(database) = DATABASE.database(model)? {
//!             println!("{} at {}", database.name, database.endpoints.join(" and "));
//!             std::fs::write("/etc/shop/password", database.password())?;
//!         }
//!         Ok(())
//!     }
//! }
//! ```
//!
//! [interface]: https://github.com/canonical/charmlibs/tree/main/interfaces/postgresql_client/interface/v0

use std::collections::BTreeMap;

use ops::on::EventSource;
use ops::{
    Custom, CustomEvent, CustomRelation, Error, Framework, Library, Model, Relation, RelationBrokenEvent,
    RelationChangedEvent, RelationCreatedEvent, SecretChangedEvent, SecretContent, on,
};
use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize};

/// Requests a database and a user for it.
#[derive(Clone, Copy, Debug)]
pub struct Requirer {
    endpoint: &'static str,
    database: &'static str,
    extra_user_roles: Option<&'static str>,
    external_node_connectivity: bool,
}

/// The database was created, or its endpoints or users have changed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Changed {
    /// The database's name.
    pub name: String,
}

impl CustomEvent for Changed {
    const NAME: &'static str = "changed";
}

/// The relation was removed, and with it the access to the database.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Removed {}

impl CustomEvent for Removed {
    const NAME: &'static str = "removed";
}

/// A database that is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Database {
    /// Its name, which may differ from the requested one.
    pub name: String,
    /// Its endpoints: `HOST:PORT` each.
    pub endpoints: Vec<String>,
    /// Its read-only endpoints.
    pub read_only_endpoints: Vec<String>,
    /// The server's version.
    pub version: Option<String>,
    /// The user's name.
    pub username: String,
    /// Whether the server uses TLS.
    pub tls: bool,
    /// The CA certificate of the server's certificate.
    pub tls_ca: Option<String>,
    secret: SecretContent,
}

impl Database {
    /// The user's password in plain text: keep it secret.
    #[must_use]
    pub fn password(&self) -> &str {
        self.secret.expose("password").unwrap_or_default()
    }

    /// Connection URIs, if the provider gives them, with the password in clear text.
    #[must_use]
    pub fn uris(&self) -> Option<&str> {
        self.secret.expose("uris")
    }

    /// Like [`uris`](Self::uris), for read-only access.
    #[must_use]
    pub fn read_only_uris(&self) -> Option<&str> {
        self.secret.expose("read-only-uris")
    }
}

/// What the provider writes for its application. Values are plain text.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct ProviderData {
    database: Option<String>,
    // The name in newer libraries, which write both.
    resource: Option<String>,
    endpoints: Option<String>,
    read_only_endpoints: Option<String>,
    version: Option<String>,
    // A router beside each unit, such as PgBouncer: its data counts once it is ready.
    subordinated: Option<String>,
    secret_user: Option<String>,
    secret_tls: Option<String>,
    // For providers without secrets.
    username: Option<String>,
    password: Option<String>,
    uris: Option<String>,
    read_only_uris: Option<String>,
    tls: Option<Flag>,
    tls_ca: Option<String>,
}

/// The TLS data in a secret.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct TlsSecret {
    tls: Option<Flag>,
    tls_ca: Option<String>,
}

/// Yes or no, as charms of the data platform write it.
#[derive(Clone, Copy, Debug)]
struct Flag(bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.to_lowercase().as_str() {
            "true" | "enabled" | "yes" | "on" | "1" => Ok(Self(true)),
            "false" | "disabled" | "no" | "off" | "0" => Ok(Self(false)),
            _ => Err(de::Error::invalid_value(de::Unexpected::Str(&text), &"true or false")),
        }
    }
}

/// What the provider must write to secrets, not to the databag.
const REQUESTED_SECRETS: &str = r#"["username","password","tls","tls-ca","uris","read-only-uris"]"#;

impl Requirer {
    /// Request a database with this name at this endpoint.
    #[must_use]
    pub const fn new(endpoint: &'static str, database: &'static str) -> Self {
        Self { endpoint, database, extra_user_roles: None, external_node_connectivity: false }
    }

    /// Request these roles for the user, separated by commas.
    #[must_use]
    pub const fn extra_user_roles(mut self, roles: &'static str) -> Self {
        self.extra_user_roles = Some(roles);
        self
    }

    /// Request endpoints for clients outside the model.
    #[must_use]
    pub const fn external_node_connectivity(mut self) -> Self {
        self.external_node_connectivity = true;
        self
    }

    /// The database was created, or its endpoints or users have changed.
    pub fn changed(&self) -> EventSource<CustomRelation<Changed>> {
        self.event()
    }

    /// The relation was removed, and with it the access to the database.
    pub fn removed(&self) -> EventSource<Custom<Removed>> {
        self.event()
    }

    /// The database, when it is ready.
    ///
    /// # Errors
    /// A secret of the provider cannot be read: it was not granted, or lacks a key. Or a hook command failed.
    pub fn database(&self, model: &Model) -> Result<Option<Database>, Error> {
        match model.relation(self.endpoint)? {
            Some(relation) => self.load_database(model, &relation),
            None => Ok(None),
        }
    }

    fn load_database(&self, model: &Model, relation: &Relation) -> Result<Option<Database>, Error> {
        let Some(databag) = relation.remote_app_data()? else { return Ok(None) };
        let data: ProviderData = databag.load_plain()?;
        let Some(endpoints) = data.endpoints.filter(|text| !split_list(text).is_empty()) else { return Ok(None) };
        if data.subordinated.as_deref() == Some("true") && !is_router_ready(relation)? {
            return Ok(None);
        }
        // Some providers only write the name if it differs from the requested one.
        let name = data.database.or(data.resource).unwrap_or_else(|| self.database.to_owned());
        let user = match (&data.secret_user, data.username, data.password) {
            (Some(id), ..) => self.secret(model, relation, id, "user")?,
            (None, Some(username), Some(password)) => {
                let credentials = [
                    ("username", Some(username)),
                    ("password", Some(password)),
                    ("uris", data.uris),
                    ("read-only-uris", data.read_only_uris),
                ];
                SecretContent::new(credentials.into_iter().filter_map(|(key, value)| Some((key, value?))))
            }
            _ => return Ok(None),
        };
        let tls = match &data.secret_tls {
            Some(id) => self.secret(model, relation, id, "tls")?.load()?,
            None => TlsSecret::default(),
        };
        let UserSecret { username, .. } = user.load()?;
        Ok(Some(Database {
            name,
            endpoints: split_list(&endpoints),
            read_only_endpoints: data.read_only_endpoints.as_deref().map(split_list).unwrap_or_default(),
            version: data.version,
            username,
            tls: tls.tls.or(data.tls).is_some_and(|Flag(tls)| tls),
            tls_ca: tls.tls_ca.or(data.tls_ca),
            secret: user,
        }))
    }

    /// The content of a secret that the provider has granted. It gets a label, by which `secret-changed` is
    /// recognized.
    fn secret(&self, model: &Model, relation: &Relation, id: &str, kind: &str) -> Result<SecretContent, Error> {
        model.secret(id).with_label(self.label(relation, kind)).refresh()
    }

    fn label(&self, relation: &Relation, kind: &str) -> String {
        format!("{}.{}.{kind}.secret", self.endpoint, relation.id())
    }

    fn on_created(&self, event: &RelationCreatedEvent, model: &Model) -> Result<(), Error> {
        self.write_request(&event.relation, model)
    }

    fn write_request(&self, relation: &Relation, model: &Model) -> Result<(), Error> {
        if !model.is_leader()? {
            return Ok(());
        }
        let mut request = BTreeMap::from([("database", self.database), ("requested-secrets", REQUESTED_SECRETS)]);
        if let Some(roles) = self.extra_user_roles {
            request.insert("extra-user-roles", roles);
        }
        if self.external_node_connectivity {
            request.insert("external-node-connectivity", "true");
        }
        relation.app_data().update(request)
    }

    fn on_changed(&self, event: &RelationChangedEvent, model: &Model) -> Result<(), Error> {
        self.notify(&event.relation, model)
    }

    fn on_secret_changed(&self, event: &SecretChangedEvent, model: &Model) -> Result<(), Error> {
        let is_ours = event.secret.label().is_some_and(|label| is_secret_label(label, self.endpoint));
        match is_ours.then(|| model.relation(self.endpoint)).transpose()?.flatten() {
            // A new password, or another change that only the secret shows.
            Some(relation) => {
                model.forget("notified");
                self.notify(&relation, model)
            }
            None => Ok(()),
        }
    }

    /// Emit an event if anything has changed.
    fn notify(&self, relation: &Relation, model: &Model) -> Result<(), Error> {
        let database = match self.load_database(model, relation) {
            Ok(Some(database)) => database,
            Ok(None) => return Ok(()),
            Err(error) => return crate::skip_invalid_data(error),
        };
        let name = database.name.clone();
        let current = NotifiedState::from(database);
        if model.stored("notified")?.as_ref() != Some(&current) {
            model.store("notified", &current)?;
            self.changed().emit(model, relation, &Changed { name })?;
        }
        Ok(())
    }

    fn on_broken(&self, _event: &RelationBrokenEvent, model: &Model) -> Result<(), Error> {
        model.forget("notified");
        self.removed().emit(model, &Removed {})
    }
}

/// Whether the router beside this unit can be used.
fn is_router_ready(relation: &Relation) -> Result<bool, Error> {
    for unit in relation.units()? {
        if relation.data(&unit).get("state")?.as_deref() == Some("ready") {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The content of a user's secret.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct UserSecret {
    username: String,
    #[serde(rename = "password")]
    _password: String,
}

fn split_list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// `database.3.user.secret` is a label of endpoint `database`.
fn is_secret_label(label: &str, endpoint: &str) -> bool {
    label.strip_prefix(endpoint).is_some_and(|rest| rest.starts_with('.') && rest.ends_with(".secret"))
}

/// The last state that the charm was notified of, without the password, which is never stored.
#[derive(PartialEq, Serialize, Deserialize)]
struct NotifiedState {
    name: String,
    username: String,
    endpoints: Vec<String>,
    read_only_endpoints: Vec<String>,
    version: Option<String>,
    tls: bool,
    tls_ca: Option<String>,
}

impl From<Database> for NotifiedState {
    fn from(database: Database) -> Self {
        let Database { name, endpoints, read_only_endpoints, version, username, tls, tls_ca, secret: _ } = database;
        Self { name, username, endpoints, read_only_endpoints, version, tls, tls_ca }
    }
}

impl Library for Requirer {
    fn name(&self) -> &str {
        self.endpoint
    }

    fn observe(&self, framework: &mut Framework<Self>) {
        framework.observe(on::relation_created(self.endpoint), Self::on_created);
        framework.observe(on::relation_changed(self.endpoint), Self::on_changed);
        framework.observe(on::relation_broken(self.endpoint), Self::on_broken);
        framework.observe(on::secret_changed(), Self::on_secret_changed);
    }

    fn refresh(&self, model: &Model) -> anyhow::Result<()> {
        match model.relation(self.endpoint)? {
            Some(relation) => Ok(self.write_request(&relation, model)?),
            None => Ok(()),
        }
    }
}
