//! Actions, which users run on units.

use std::cell::OnceCell;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::Error;
use crate::event::{Event, private};
use crate::event_name::EventName;
use crate::hookcmds;
use crate::load::{LoadError, load};
use crate::metadata::Metadata;
use crate::model::Model;
use crate::notice::Notice;

/// A user runs an action of the charm: `juju run UNIT ACTION`.
///
/// It cannot be deferred, because the user waits for it.
pub struct ActionEvent {
    name: String,
    id: String,
    model: Model,
    params: OnceCell<Map<String, Value>>,
}

/// A parameter or result does not fit its type.
pub type ActionError = LoadError;

impl ActionEvent {
    /// The action's name, as in the charm's metadata.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The ID of the action's task, as in `juju show-task ID`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The parameters, with defaults from the charm's metadata.
    ///
    /// # Errors
    /// `action-get` failed.
    pub fn params(&self) -> Result<&Map<String, Value>, Error> {
        if let Some(params) = self.params.get() {
            return Ok(params);
        }
        let params = hookcmds::action_get(self.model.runner())?;
        Ok(self.params.get_or_init(|| params))
    }

    /// The parameters as the charm's own type.
    ///
    /// # Errors
    /// `action-get` failed, or [`Error::ActionParameter`]: a parameter does not fit the type.
    pub fn load_params<T: DeserializeOwned>(&self) -> Result<T, Error> {
        load(self.params()?).map_err(|error| Error::ActionParameter { action: self.name.clone(), error })
    }

    /// Show a message to the user while the action runs.
    ///
    /// # Errors
    /// `action-log` failed.
    pub fn log(&self, message: &str) -> Result<(), Error> {
        Ok(hookcmds::action_log(self.model.runner(), message)?)
    }

    /// Set results: a map, or a struct that serializes to one. Nested maps become dotted keys. A further call adds to
    /// the results.
    ///
    /// # Errors
    /// The results are not a map, Juju would refuse a key, or `action-set` failed.
    pub fn set_results<T: Serialize>(&self, results: &T) -> Result<(), Error> {
        let invalid = |reason: String| Error::ActionResults { action: self.name.clone(), reason };
        let results = match serde_json::to_value(results) {
            Ok(Value::Object(map)) => map,
            Ok(other) => return Err(invalid(format!("they are not a map but {other}"))),
            Err(error) => return Err(invalid(error.to_string())),
        };
        let mut flat = Vec::new();
        flatten(None, &results, &mut flat);
        if let Some((key, _)) = flat.iter().find(|(key, _)| !is_result_key(key)) {
            return Err(invalid(format!(
                "{key:?} is not a key: Juju accepts lower-case letters, digits and hyphens, joined by dots, \
                 that start and end with a letter or digit"
            )));
        }
        if let Some(pair) = flat.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(invalid(format!("{:?} occurs twice", pair[0].0)));
        }
        if flat.is_empty() {
            return Ok(());
        }
        Ok(hookcmds::action_set(self.model.runner(), &flat)?)
    }

    /// Mark the action as failed. The handler continues, and its other effects are kept.
    ///
    /// # Errors
    /// `action-fail` failed.
    pub fn fail(&self, message: &str) -> Result<(), Error> {
        Ok(hookcmds::action_fail(self.model.runner(), message)?)
    }
}

impl std::fmt::Debug for ActionEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ActionEvent").field("name", &self.name).field("id", &self.id).finish_non_exhaustive()
    }
}

fn flatten(parent: Option<&str>, map: &Map<String, Value>, flat: &mut Vec<(String, String)>) {
    for (key, value) in map {
        let key = parent.map_or_else(|| key.clone(), |parent| format!("{parent}.{key}"));
        match value {
            Value::Object(map) => flatten(Some(&key), map, flat),
            Value::String(text) => flat.push((key, text.clone())),
            other => flat.push((key, other.to_string())),
        }
    }
    flat.sort();
}

/// Juju's rule for each part of a key: `^[a-z0-9](([a-z0-9-.]+)?[a-z0-9])?$`.
fn is_result_key(key: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    !key.is_empty()
        && key.split('.').all(|part| {
            part.starts_with(alphanumeric)
                && part.ends_with(alphanumeric)
                && part.chars().all(|c| alphanumeric(c) || c == '-')
        })
}

impl private::Sealed for ActionEvent {}

impl Event for ActionEvent {
    fn check(event: &EventName, meta: &Metadata) -> Result<(), Error> {
        meta.check_event(event)
    }

    fn load(notice: &Notice, model: &Model) -> Result<Self, Error> {
        let missing = |variable| Error::EventData { event: notice.event.clone(), variable };
        let EventName::Action(name) = &notice.event else { return Err(missing("JUJU_ACTION_NAME")) };
        let id = notice.action_id.clone().ok_or_else(|| missing("JUJU_ACTION_UUID"))?;
        Ok(Self { name: name.clone(), id, model: model.clone(), params: OnceCell::new() })
    }
}
