//! Secrets.

use std::fmt;

use crate::error::Error;
use crate::hookcmds::{self, Expiry, NewSecret, Rotate, SecretGet, SecretInfo, SecretOwner};
use crate::model::relation::is_relation_gone;
use crate::model::{Application, Model, Relation, SecretContent, Unit};

/// A secret's metadata, set by its owner. An omitted field does not change.
///
/// ```
/// use std::time::Duration;
/// let update = ops::SecretUpdate::default().label("db-password").expire_in(Duration::from_secs(3600));
/// ```
#[must_use = "it says nothing until a secret is added or set with it"]
#[derive(Clone, Debug, Default)]
pub struct SecretUpdate {
    label: Option<String>,
    description: Option<String>,
    expire: Option<Expiry>,
    rotate: Option<Rotate>,
}

impl SecretUpdate {
    /// The owner's label for the secret, to find it again.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// The owner's description.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// When its latest revision expires.
    pub fn expire_at(mut self, time: std::time::SystemTime) -> Self {
        self.expire = Some(Expiry::At(time));
        self
    }

    /// How long from now until the latest revision expires.
    pub fn expire_in(mut self, span: std::time::Duration) -> Self {
        self.expire = Some(Expiry::In(span));
        self
    }

    /// How often it must be rotated.
    pub fn rotate(mut self, rotate: Rotate) -> Self {
        self.rotate = Some(rotate);
        self
    }

    fn to_new_secret<'a>(&'a self, owner: SecretOwner, content: Option<&'a SecretContent>) -> NewSecret<'a> {
        NewSecret {
            content: content.map(|content| &content.0),
            label: self.label.as_deref(),
            description: self.description.as_deref(),
            expire: self.expire,
            rotate: self.rotate,
            owner,
        }
    }
}

/// A secret that this unit or its application owns, or that was granted to it.
#[derive(Clone)]
pub struct Secret {
    model: Model,
    id: Option<String>,
    label: Option<String>,
}

impl Model {
    /// The secret with this ID, such as `secret:9m4e2mr0ui3e8a215n4g`. Does not ask Juju until it is used.
    #[must_use]
    pub fn secret(&self, id: &str) -> Secret {
        Secret { model: self.clone(), id: Some(id.to_owned()), label: None }
    }

    /// The secret with this label, which the charm gave it. Does not ask Juju until it is used.
    #[must_use]
    pub fn secret_with_label(&self, label: &str) -> Secret {
        Secret { model: self.clone(), id: None, label: Some(label.to_owned()) }
    }

    /// The secrets that this unit or its application owns.
    ///
    /// # Errors
    /// `secret-ids` failed.
    pub fn owned_secrets(&self) -> Result<Vec<Secret>, Error> {
        Ok(hookcmds::secret_ids(self.runner())?.iter().map(|id| self.secret(id)).collect())
    }

    pub(crate) fn secret_of_event(&self, id: &str, label: Option<&str>) -> Secret {
        Secret { model: self.clone(), id: Some(id.to_owned()), label: label.map(str::to_owned) }
    }
}

impl Unit {
    /// Add a secret that this unit owns.
    ///
    /// # Errors
    /// `secret-add` failed, Juju would refuse the content, or it is another unit.
    pub fn add_secret(&self, content: &SecretContent, update: &SecretUpdate) -> Result<Secret, Error> {
        self.require_ours("secrets")?;
        Secret::add(&self.model, SecretOwner::Unit, content, update)
    }
}

impl Application {
    /// Add a secret that the application owns.
    ///
    /// # Errors
    /// This unit is not the leader, `secret-add` failed, Juju would refuse the content, or it is another application.
    pub fn add_secret(&self, content: &SecretContent, update: &SecretUpdate) -> Result<Secret, Error> {
        self.require_ours("secrets")?;
        self.model.require_leader("add a secret that the application owns")?;
        Secret::add(&self.model, SecretOwner::Application, content, update)
    }
}

impl Secret {
    fn add(model: &Model, owner: SecretOwner, content: &SecretContent, update: &SecretUpdate) -> Result<Self, Error> {
        content.check(update.label.as_deref().unwrap_or("without a label"))?;
        let id = hookcmds::secret_add(model.runner(), &update.to_new_secret(owner, Some(content)))?;
        Ok(Self { model: model.clone(), id: Some(id), label: update.label.clone() })
    }

    /// The ID, such as `secret:9m4e2mr0ui3e8a215n4g`, with which another charm can read the secret. If only the label
    /// is known, asks Juju for the ID, which works only for the owner.
    ///
    /// # Errors
    /// [`Error::SecretNotFound`], or `secret-info-get` failed.
    pub fn id(&self) -> Result<String, Error> {
        match &self.id {
            Some(id) => Ok(id.clone()),
            None => Ok(format!("secret:{}", self.info()?.id)),
        }
    }

    /// The label, if it is known.
    #[must_use]
    pub fn label(&self) -> Option<&str> {
        self.label.as_deref()
    }

    /// Label a granted secret, to find it again and to recognize it in `secret-changed`. Takes effect with the next
    /// [`Secret::get`].
    #[must_use]
    pub fn with_label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// The content of the revision that this unit tracks.
    ///
    /// # Errors
    /// [`Error::SecretNotFound`], [`Error::SecretDenied`], or `secret-get` failed.
    pub fn get(&self) -> Result<SecretContent, Error> {
        self.content(SecretGet::Tracked)
    }

    /// The content of the latest revision, which this unit tracks from now on.
    ///
    /// # Errors
    /// As [`Secret::get`].
    pub fn refresh(&self) -> Result<SecretContent, Error> {
        self.content(SecretGet::Refresh)
    }

    /// The content of the latest revision, without tracking it.
    ///
    /// # Errors
    /// As [`Secret::get`].
    pub fn peek(&self) -> Result<SecretContent, Error> {
        self.content(SecretGet::Peek)
    }

    /// The content of this revision.
    ///
    /// # Errors
    /// As [`Secret::get`].
    pub fn content(&self, which: SecretGet) -> Result<SecretContent, Error> {
        let (runner, id, label) = (self.model.runner(), self.id.as_deref(), self.label.as_deref());
        let content = hookcmds::secret_get(runner, id, label, which);
        content.map(SecretContent).map_err(|error| match error {
            hookcmds::Error::Failed { stderr, .. } if stderr.contains("permission denied") => {
                Error::SecretDenied { name: self.name().to_owned() }
            }
            error => self.map_error(error),
        })
    }

    /// The secret's metadata. Only for the owner.
    ///
    /// # Errors
    /// [`Error::SecretNotFound`], even if neither this unit nor its application owns it; or `secret-info-get` failed.
    pub fn info(&self) -> Result<SecretInfo, Error> {
        hookcmds::secret_info_get(self.model.runner(), self.id.as_deref(), self.label.as_deref())
            .map_err(|error| self.map_error(error))
    }

    /// Add a revision with this content. Only for the owner.
    ///
    /// # Errors
    /// Juju would refuse the content, [`Error::SecretNotFound`], or `secret-set` failed.
    pub fn set_content(&self, content: &SecretContent) -> Result<(), Error> {
        content.check(self.name())?;
        self.set(&SecretUpdate::default(), Some(content))
    }

    /// Change the secret's metadata. Only for the owner.
    ///
    /// # Errors
    /// [`Error::SecretNotFound`], or `secret-set` failed.
    pub fn set_info(&self, update: &SecretUpdate) -> Result<(), Error> {
        self.set(update, None)
    }

    fn set(&self, update: &SecretUpdate, content: Option<&SecretContent>) -> Result<(), Error> {
        let id = self.id()?;
        // `secret-set` ignores the owner, which cannot change.
        hookcmds::secret_set(self.model.runner(), &id, &update.to_new_secret(SecretOwner::Application, content))
            .map_err(|error| self.map_error(error))
    }

    /// Give the remote application of a relation access to the secret. Only for the owner.
    ///
    /// # Errors
    /// [`Error::SecretNotFound`], [`Error::RelationNotFound`], or `secret-grant` failed.
    pub fn grant(&self, relation: &Relation) -> Result<(), Error> {
        self.grant_to(relation, None)
    }

    /// Give one remote unit of a relation access to the secret. Only for the owner.
    ///
    /// # Errors
    /// As [`Secret::grant`].
    pub fn grant_unit(&self, relation: &Relation, unit: &Unit) -> Result<(), Error> {
        self.grant_to(relation, Some(unit))
    }

    fn grant_to(&self, relation: &Relation, unit: Option<&Unit>) -> Result<(), Error> {
        let id = self.id()?;
        hookcmds::secret_grant(self.model.runner(), &id, relation.id(), unit.map(Unit::name))
            .map_err(|error| self.map_grant_error(relation, error))
    }

    /// Revoke a grant. Only for the owner.
    ///
    /// # Errors
    /// [`Error::SecretNotFound`], [`Error::RelationNotFound`], or `secret-revoke` failed.
    pub fn revoke(&self, relation: &Relation) -> Result<(), Error> {
        self.revoke_from(relation, None)
    }

    /// Revoke a unit's grant. Only for the owner.
    ///
    /// # Errors
    /// As [`Secret::revoke`].
    pub fn revoke_unit(&self, relation: &Relation, unit: &Unit) -> Result<(), Error> {
        self.revoke_from(relation, Some(unit))
    }

    fn revoke_from(&self, relation: &Relation, unit: Option<&Unit>) -> Result<(), Error> {
        let id = self.id()?;
        hookcmds::secret_revoke(self.model.runner(), &id, relation.id(), unit.map(Unit::name))
            .map_err(|error| self.map_grant_error(relation, error))
    }

    /// Remove one revision permanently. Only for the owner, usually in [`crate::SecretRemoveEvent`].
    ///
    /// # Errors
    /// [`Error::SecretNotFound`], or `secret-remove` failed.
    pub fn remove_revision(&self, revision: u32) -> Result<(), Error> {
        self.remove(Some(revision))
    }

    /// Remove all revisions, and thus the secret, permanently. Only for the owner.
    ///
    /// # Errors
    /// [`Error::SecretNotFound`], or `secret-remove` failed.
    pub fn remove_all_revisions(&self) -> Result<(), Error> {
        self.remove(None)
    }

    fn remove(&self, revision: Option<u32>) -> Result<(), Error> {
        let id = self.id()?;
        hookcmds::secret_remove(self.model.runner(), &id, revision).map_err(|error| self.map_error(error))
    }

    fn name(&self) -> &str {
        self.id.as_deref().or(self.label.as_deref()).unwrap_or_default()
    }

    /// The error for a hook command about this secret and a relation.
    fn map_grant_error(&self, relation: &Relation, error: hookcmds::Error) -> Error {
        if is_relation_gone(&error) { relation.map_error(error) } else { self.map_error(error) }
    }

    /// The error for a hook command about this secret: that it does not exist, or the command's own.
    fn map_error(&self, error: hookcmds::Error) -> Error {
        match error {
            hookcmds::Error::Failed { stderr, .. } if stderr.contains("not found") => {
                Error::SecretNotFound { name: self.name().to_owned() }
            }
            error => error.into(),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").field("id", &self.id).field("label", &self.label).finish_non_exhaustive()
    }
}
