//! Relations.

use std::fmt;
use std::rc::Rc;

use ops_metadata::RelationRole;

use crate::error::Error;
use crate::event_name::EventName;
use crate::hookcmds;
use crate::model::{Application, Model, Unit};
use crate::notice::Notice;

/// A relation of this unit's application with another, or among its own units.
#[derive(Clone)]
pub struct Relation {
    pub(super) model: Model,
    endpoint: String,
    id: u32,
    active: bool,
}

impl Model {
    /// All relations of an endpoint, by ID. In `relation-broken`, the broken relation is not included.
    ///
    /// # Errors
    /// The metadata defines no such endpoint, or `relation-ids` failed.
    pub fn relations(&self, endpoint: &str) -> Result<Vec<Relation>, Error> {
        let ids = self.relation_ids(endpoint)?;
        Ok(ids.into_iter().map(|id| self.relation_handle(endpoint, id)).filter(Relation::is_active).collect())
    }

    /// The relation of an endpoint that has at most one. `None` if there is none, or in the relation's own
    /// `relation-broken`.
    ///
    /// # Errors
    /// There are several ([`Error::TooManyRelatedApps`]), the metadata defines no such endpoint, or `relation-ids`
    /// failed.
    pub fn relation(&self, endpoint: &str) -> Result<Option<Relation>, Error> {
        let mut relations = self.relations(endpoint)?;
        match relations.len() {
            0 | 1 => Ok(relations.pop()),
            count => Err(Error::TooManyRelatedApps { endpoint: endpoint.to_owned(), count }),
        }
    }

    /// The relation with this ID.
    ///
    /// # Errors
    /// There is none ([`Error::RelationNotFound`]), the metadata defines no such endpoint, or `relation-ids` failed.
    pub fn relation_by_id(&self, endpoint: &str, id: u32) -> Result<Relation, Error> {
        if self.relation_ids(endpoint)?.contains(&id) {
            Ok(self.relation_handle(endpoint, id))
        } else {
            Err(Error::RelationNotFound { endpoint: endpoint.to_owned(), id })
        }
    }

    fn relation_ids(&self, endpoint: &str) -> Result<Vec<u32>, Error> {
        Self::check_defined("relation", endpoint, self.meta()?.relations.contains_key(endpoint))?;
        if let Some(ids) = self.inner.relation_ids.borrow().get(endpoint) {
            return Ok(ids.clone());
        }
        let mut ids = Vec::new();
        for relation in hookcmds::relation_ids(self.runner(), endpoint)? {
            let id = relation.rsplit(':').next().and_then(|id| id.parse().ok());
            ids.push(id.ok_or(Error::Unexpected {
                command: "relation-ids",
                value: relation,
                expected: "a relation such as database:3",
            })?);
        }
        ids.sort_unstable();
        self.inner.relation_ids.borrow_mut().insert(endpoint.to_owned(), ids.clone());
        Ok(ids)
    }

    fn relation_handle(&self, endpoint: &str, id: u32) -> Relation {
        let env = self.env();
        let is_broken = matches!(env.event, EventName::RelationBroken(_))
            && env.relation.as_ref().is_some_and(|(_, broken_id)| *broken_id == id);
        Relation { model: self.clone(), endpoint: endpoint.to_owned(), id, active: !is_broken }
    }

    pub(crate) fn relation_of_event(&self, endpoint: &str, id: u32, notice: &Notice) -> Relation {
        if let Some(app) = &notice.remote_app {
            // Juju has already named it.
            self.inner.relation_apps.borrow_mut().entry(id).or_insert_with(|| Some(app.clone()));
        }
        self.relation_handle(endpoint, id)
    }
}

impl Relation {
    /// The endpoint, as in the charm's metadata.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The relation's ID, unique in the model.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Whether the relation persists: false in its own `relation-broken`.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.active
    }

    /// Whether it is a peer relation.
    ///
    /// # Errors
    /// The metadata cannot be read.
    pub fn is_peer(&self) -> Result<bool, Error> {
        Ok(self.model.meta()?.relations.get(&self.endpoint).is_some_and(|meta| meta.role == RelationRole::Peer))
    }

    /// The remote application; for a peer relation, this one. `None` if the relation is gone.
    ///
    /// # Errors
    /// `relation-list` failed.
    pub fn app(&self) -> Result<Option<Application>, Error> {
        if self.is_peer()? {
            return Ok(Some(self.model.app()));
        }
        if let Some(app) = self.model.inner.relation_apps.borrow().get(&self.id) {
            return Ok(app.as_deref().map(|name| self.model.application(name)));
        }
        let app = match hookcmds::relation_list_app(self.model.runner(), &self.to_string()) {
            Ok(app) => Some(app),
            Err(error) if is_relation_gone(&error) => None,
            Err(error) => return Err(error.into()),
        };
        self.model.inner.relation_apps.borrow_mut().insert(self.id, app.clone());
        Ok(app.map(|name| self.model.application(&name)))
    }

    /// The remote units that have joined; for a peer relation, the other units of this application. Empty if the
    /// relation is gone.
    ///
    /// # Errors
    /// `relation-list` failed.
    pub fn units(&self) -> Result<Vec<Unit>, Error> {
        let names = self.unit_names()?;
        Ok(names.iter().map(|name| self.model.unit_named(name)).collect())
    }

    fn unit_names(&self) -> Result<Rc<[String]>, Error> {
        if let Some(units) = self.model.inner.relation_units.borrow().get(&self.id) {
            return Ok(Rc::clone(units));
        }
        let units = match hookcmds::relation_list(self.model.runner(), &self.to_string()) {
            Ok(units) => units,
            Err(error) if is_relation_gone(&error) => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        let units: Rc<[String]> = units.into();
        self.model.inner.relation_units.borrow_mut().insert(self.id, Rc::clone(&units));
        Ok(units)
    }

    /// The UUID of the remote application's model, which differs from this one in a cross-model relation.
    ///
    /// # Errors
    /// [`Error::RelationNotFound`], or `relation-model-get` failed, which exists since Juju 3.6.2.
    pub fn remote_model_uuid(&self) -> Result<String, Error> {
        hookcmds::relation_model_get(self.model.runner(), &self.to_string()).map_err(|error| self.map_error(error))
    }
}

impl Relation {
    /// As [`Relation::map_error`], except that `permission denied` is not taken to mean that the relation is gone.
    pub(super) fn map_own_app_error(&self, error: hookcmds::Error) -> Error {
        match &error {
            hookcmds::Error::Failed { stderr, .. } if stderr.contains("permission denied") => error.into(),
            _ => self.map_error(error),
        }
    }

    /// The error for a hook command about this relation: that the relation is gone, or the command's own.
    pub(super) fn map_error(&self, error: hookcmds::Error) -> Error {
        if is_relation_gone(&error) {
            Error::RelationNotFound { endpoint: self.endpoint.clone(), id: self.id }
        } else {
            error.into()
        }
    }
}

/// Whether an error means that a relation is gone. Juju says "relation not found", and for `network-get` "relation 3
/// not found". If the agent still knows the relation but the controller does not, Juju says "permission denied", to
/// hide whether it ever existed ([operator#2709](https://github.com/canonical/operator/issues/2709)).
pub(super) fn is_relation_gone(error: &hookcmds::Error) -> bool {
    let hookcmds::Error::Failed { command, stderr, .. } = error else { return false };
    let about_relation =
        (command.starts_with("relation-") && !command.starts_with("relation-set")) || command.starts_with("network-");
    stderr.contains("relation not found")
        || about_relation && stderr.contains("permission denied")
        || command.starts_with("network-") && stderr.contains("relation ") && stderr.contains(" not found")
}

/// Formatted as in Juju: `database:3`.
impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.endpoint, self.id)
    }
}

impl fmt::Debug for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Relation({self})")
    }
}

impl PartialEq for Relation {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Relation {}

impl PartialOrd for Relation {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// By ID.
impl Ord for Relation {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.id.cmp(&other.id)
    }
}

impl std::hash::Hash for Relation {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}
