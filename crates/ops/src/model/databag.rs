//! Databags: the data that the sides of a relation exchange.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::Error;
use crate::hookcmds::{self, EntityKind};
use crate::load::{LoadError, load_encoded, load_plain, to_text};
use crate::model::relation::is_relation_gone;
use crate::model::{Application, Relation, Unit};

/// A unit or an application, which has a databag in a relation.
pub trait Entity {
    /// Its name.
    fn name(&self) -> &str;
    /// Whether it is a unit or an application.
    fn kind(&self) -> EntityKind;
}

impl Entity for Unit {
    fn name(&self) -> &str {
        Unit::name(self)
    }

    fn kind(&self) -> EntityKind {
        EntityKind::Unit
    }
}

impl Entity for Application {
    fn name(&self) -> &str {
        Application::name(self)
    }

    fn kind(&self) -> EntityKind {
        EntityKind::Application
    }
}

/// The keys that Juju sets in each unit's databag when it joins: its addresses.
const JUJU_KEYS: [&str; 3] = ["egress-subnets", "ingress-address", "private-address"];

/// The data that a unit or an application shares in a relation.
///
/// It is read once per hook, on first use. The databag of a relation that is gone is empty and cannot be written.
/// Changes can be read back in the same hook; the other side sees them when the hook has succeeded.
#[derive(Clone)]
pub struct Databag {
    relation: Relation,
    entity: String,
    kind: EntityKind,
}

impl Relation {
    /// The databag of a unit or an application. Does not ask Juju until it is read or written.
    #[must_use]
    pub fn data(&self, entity: &impl Entity) -> Databag {
        Databag::new(self.clone(), entity.name(), entity.kind())
    }

    /// The databag of this unit.
    #[must_use]
    pub fn unit_data(&self) -> Databag {
        self.data(&self.model.unit())
    }

    /// The databag of this unit's application.
    #[must_use]
    pub fn app_data(&self) -> Databag {
        self.data(&self.model.app())
    }

    /// The databag of the remote application. `None` if the relation is gone.
    ///
    /// # Errors
    /// As [`Relation::app`].
    pub fn remote_app_data(&self) -> Result<Option<Databag>, Error> {
        Ok(self.app()?.map(|app| self.data(&app)))
    }
}

impl Databag {
    fn new(relation: Relation, entity: &str, kind: EntityKind) -> Self {
        Self { relation, entity: entity.to_owned(), kind }
    }

    fn is_app(&self) -> bool {
        self.kind == EntityKind::Application
    }

    /// The value of a key.
    ///
    /// # Errors
    /// Juju would refuse to show this databag, or `relation-get` failed.
    pub fn get(&self, key: &str) -> Result<Option<String>, Error> {
        self.read(|bag| bag.get(key).cloned())
    }

    /// All keys and values.
    ///
    /// # Errors
    /// As [`Databag::get`].
    pub fn all(&self) -> Result<BTreeMap<String, String>, Error> {
        self.read(BTreeMap::clone)
    }

    /// Load the databag into the charm's own type. Each value must be JSON, as with Ops' `Relation.load`. Keys that
    /// the type does not use may hold anything.
    ///
    /// # Errors
    /// As [`Databag::get`]; or [`Error::RelationData`]: a value does not fit the type.
    pub fn load<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.read(load_encoded)?.map_err(|error| self.mismatch(error))
    }

    /// Load the databag into the charm's own type, with plain text as values, which interfaces without JSON use:
    /// strings are used as they are, numbers and `true` or `false` are parsed, and an enum is given by its variant's
    /// name.
    ///
    /// # Errors
    /// As [`Databag::load`].
    pub fn load_plain<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.read(load_plain)?.map_err(|error| self.mismatch(error))
    }

    /// As [`Databag::load_plain`], but `None` while a key is missing that the type needs.
    ///
    /// # Errors
    /// As [`Databag::load`].
    pub fn load_plain_if_complete<T: DeserializeOwned>(&self) -> Result<Option<T>, Error> {
        self.if_complete(self.read(load_plain)?)
    }

    /// As [`Databag::load`], but `None` while a key is missing that the type needs: the other side has not set it yet.
    ///
    /// # Errors
    /// As [`Databag::load`].
    pub fn load_if_complete<T: DeserializeOwned>(&self) -> Result<Option<T>, Error> {
        self.if_complete(self.read(load_encoded)?)
    }

    fn if_complete<T>(&self, loaded: Result<T, LoadError>) -> Result<Option<T>, Error> {
        match loaded {
            Ok(data) => Ok(Some(data)),
            Err(error) if error.value.is_null() && !self.read(|bag| bag.contains_key(&error.name))? => Ok(None),
            Err(error) => Err(self.mismatch(error)),
        }
    }

    /// Set a key. Does nothing if the key already has this value. An empty value removes the key, as in Juju.
    ///
    /// # Errors
    /// Juju would refuse it, or a hook command failed.
    pub fn set(&self, key: &str, value: &str) -> Result<(), Error> {
        self.update([(key, value)])
    }

    /// Remove all keys, except those that Juju sets for each unit.
    ///
    /// # Errors
    /// As [`Databag::set`].
    pub fn clear(&self) -> Result<(), Error> {
        let is_charms = |key: &String| !JUJU_KEYS.contains(&key.as_str());
        self.update(self.all()?.into_keys().filter(is_charms).map(|key| (key, String::new())))
    }

    /// Remove a key.
    ///
    /// # Errors
    /// As [`Databag::set`].
    pub fn remove(&self, key: &str) -> Result<(), Error> {
        self.set(key, "")
    }

    /// Set several keys at once. Only changes are written.
    ///
    /// # Errors
    /// As [`Databag::set`].
    pub fn update<K: Into<String>, V: Into<String>>(
        &self,
        data: impl IntoIterator<Item = (K, V)>,
    ) -> Result<(), Error> {
        self.check_write()?;
        let data = data.into_iter().map(|(key, value)| (key.into(), value.into()));
        let changed: BTreeMap<String, String> = self.read(|bag| {
            data.filter(|(key, value): &(String, String)| bag.get(key).map_or("", String::as_str) != value).collect()
        })?;
        if changed.is_empty() {
            return Ok(());
        }
        hookcmds::relation_set(self.relation.model.runner(), &self.relation.to_string(), self.kind, &changed)
            .map_err(|error| self.relation.map_error(error))?;
        let mut bags = self.relation.model.inner.databags.borrow_mut();
        let bag = bags.entry(self.key()).or_default();
        for (key, value) in changed {
            if value.is_empty() {
                bag.remove(&key)
            } else {
                bag.insert(key, value)
            };
        }
        Ok(())
    }

    /// Set the fields of a struct as plain text, for [`Databag::load_plain`]. Only changes are written. A field that
    /// is `None` removes its key. Other keys are not changed.
    ///
    /// # Errors
    /// As [`Databag::set`]; or a field is a list or a map, or `data` is not a struct.
    pub fn save_plain<T: Serialize>(&self, data: &T) -> Result<(), Error> {
        let mut plain = Vec::new();
        for (key, value) in self.fields(data)? {
            if value.is_array() || value.is_object() {
                let reason = "it is a list or a map, which cannot be plain text".to_owned();
                return Err(self.mismatch(LoadError { name: key, value, reason }));
            }
            let text = to_text(&value);
            plain.push((key, text));
        }
        self.update(plain)
    }

    /// Set the fields of a struct as JSON, as with Ops' `Relation.save`. Only changes are written. A field that is
    /// `None` removes its key. Other keys are not changed.
    ///
    /// # Errors
    /// As [`Databag::set`]; or `data` is not a struct or map.
    pub fn save<T: Serialize>(&self, data: &T) -> Result<(), Error> {
        let json = |value: Value| if value.is_null() { String::new() } else { value.to_string() };
        self.update(self.fields(data)?.into_iter().map(|(key, value)| (key, json(value))))
    }

    fn fields<T: Serialize>(&self, data: &T) -> Result<Map<String, Value>, Error> {
        let invalid = |reason: String| {
            self.mismatch(LoadError { name: std::any::type_name::<T>().to_owned(), value: Value::Null, reason })
        };
        match serde_json::to_value(data) {
            Ok(Value::Object(fields)) => Ok(fields),
            Ok(_) => Err(invalid("only the fields of a struct, or a map, can be saved".to_owned())),
            Err(error) => Err(invalid(error.to_string())),
        }
    }

    fn key(&self) -> (u32, String) {
        (self.relation.id(), self.entity.clone())
    }

    fn read<T>(&self, f: impl FnOnce(&BTreeMap<String, String>) -> T) -> Result<T, Error> {
        let model = &self.relation.model;
        if let Some(bag) = model.inner.databags.borrow().get(&self.key()) {
            return Ok(f(bag));
        }
        self.check_read()?;
        let bag = match hookcmds::relation_get(model.runner(), &self.relation.to_string(), &self.entity, self.kind) {
            Ok(bag) => bag,
            // Juju also denies access if this unit has just lost leadership.
            Err(error) if self.is_app() && self.entity == model.env().app_name() => {
                return Err(self.relation.map_own_app_error(error));
            }
            Err(error) if is_relation_gone(&error) => BTreeMap::new(),
            Err(error) => return Err(error.into()),
        };
        let result = f(&bag);
        model.inner.databags.borrow_mut().insert(self.key(), bag);
        Ok(result)
    }

    /// In Juju, units cannot read their own application's databag, except the leader, and peers.
    fn check_read(&self) -> Result<(), Error> {
        let model = &self.relation.model;
        if !self.is_app() || self.entity != model.env().app_name() || self.relation.is_peer()? || model.is_leader()? {
            return Ok(());
        }
        Err(self.refused(format!("{} is not the leader, and only the leader can read it", model.env().unit_name)))
    }

    /// In Juju, a unit can write its own databag, and the leader that of the application.
    fn check_write(&self) -> Result<(), Error> {
        let model = &self.relation.model;
        let env = model.env();
        let own_name = if self.is_app() { env.app_name() } else { &env.unit_name };
        if self.entity != own_name {
            return Err(
                self.refused(format!("only {} itself can write it, and this is {}", self.entity, env.unit_name))
            );
        }
        if self.is_app() && !model.is_leader()? {
            return Err(self.refused(format!("{} is not the leader, and only the leader can write it", env.unit_name)));
        }
        Ok(())
    }

    fn refused(&self, reason: String) -> Error {
        Error::RelationDataAccess { relation: self.relation.to_string(), entity: self.entity.clone(), reason }
    }

    fn mismatch(&self, error: LoadError) -> Error {
        Error::RelationData { databag: self.to_string(), error }
    }
}

/// Such as `database:3, databag of postgresql/0`.
impl fmt::Display for Databag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, databag of {}", self.relation, self.entity)
    }
}

impl fmt::Debug for Databag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Databag({} of {})", self.entity, self.relation)
    }
}
