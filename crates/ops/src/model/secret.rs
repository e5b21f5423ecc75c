//! Secrets.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::hookcmds::{self, Expiry, NewSecret, Rotate, SecretInfo, SecretOwner};
use crate::load::load_plain;
use crate::model::relation::is_gone;
use crate::model::{Model, Relation, Unit};

/// The content of a secret: keys and values. It cannot be printed: `Debug` shows the keys alone. Charms and tests use the
/// same type.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SecretContent(BTreeMap<String, String>);

impl SecretContent {
    /// Content from keys and values. Juju takes keys of three or more lower-case letters, digits and single hyphens that
    /// start with a letter.
    pub fn new<K: Into<String>, V: Into<String>>(content: impl IntoIterator<Item = (K, V)>) -> Self {
        Self(content.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }

    /// The value of a key, in the open: take care where it goes.
    #[must_use]
    pub fn expose(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// All keys with their values, in the open: take care where they go.
    pub fn expose_all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The content as the charm's own type, in which each value is plain text, as
    /// [`Databag::load_plain`](crate::Databag::load_plain) has it.
    ///
    /// # Errors
    /// [`Error::SecretContent`]: a key is not what the type says, or is not there. It names the key, and never the value.
    pub fn load<T: DeserializeOwned>(&self) -> Result<T, Error> {
        load_plain(&self.0).map_err(|error| Error::SecretContent {
            name: "with this content".to_owned(),
            why: if self.0.contains_key(&error.name) {
                format!("key {} is not what the charm expects", error.name)
            } else {
                format!("it has no key {}", error.name)
            },
        })
    }

    /// The keys.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether it has no keys.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn check(&self, name: &str) -> Result<(), Error> {
        let invalid = |why: String| Error::SecretContent { name: name.to_owned(), why };
        if self.0.is_empty() {
            return Err(invalid("it has no keys, and Juju takes no empty secret".to_owned()));
        }
        match self.keys().find(|key| !is_key(key)) {
            Some(key) => Err(invalid(format!(
                "Juju does not take key {key:?}: it must be three or more lower-case letters, digits and single \
                 hyphens, start with a letter, and end with a letter or digit"
            ))),
            None => Ok(()),
        }
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for SecretContent {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(content: I) -> Self {
        Self::new(content)
    }
}

/// Juju's rule: `^([a-z](?:-?[a-z0-9]){2,})$`.
fn is_key(key: &str) -> bool {
    let letters = key.chars().filter(|c| *c != '-').count();
    letters >= 3
        && key.starts_with(|c: char| c.is_ascii_lowercase())
        && key.ends_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && !key.contains("--")
}

impl fmt::Debug for SecretContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.keys().map(|key| (key, "…"))).finish()
    }
}

/// What an owner says about a secret, besides its content. What is left out stays as it is.
///
/// ```
/// use std::time::Duration;
/// let about = ops::SecretUpdate::default().label("db-password").expire_in(Duration::from_secs(3600));
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
    /// The owner's own name for the secret, by which its charm finds it again.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// What the secret is for.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// When its latest revision expires.
    pub fn expire_at(mut self, time: std::time::SystemTime) -> Self {
        self.expire = Some(Expiry::At(time));
        self
    }

    /// After how long, counted from now, its latest revision expires.
    pub fn expire_in(mut self, span: std::time::Duration) -> Self {
        self.expire = Some(Expiry::In(span));
        self
    }

    /// How often Juju asks for a new revision.
    pub fn rotate(mut self, rotate: Rotate) -> Self {
        self.rotate = Some(rotate);
        self
    }

    fn with<'a>(&'a self, owner: SecretOwner, content: Option<&'a SecretContent>) -> NewSecret<'a> {
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

/// Which revision of a secret to get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretGet {
    /// The one that this unit tracks: the latest when it was first read or last refreshed.
    Tracked,
    /// The latest, which this unit tracks from now on.
    Refresh,
    /// The latest, without tracking it.
    Peek,
}

/// A secret: one that this unit or its application owns, or one that it was granted.
#[derive(Clone)]
pub struct Secret {
    model: Model,
    id: Option<String>,
    label: Option<String>,
}

impl Model {
    /// The secret with this ID, such as `secret:9m4e2mr0ui3e8a215n4g`. Nothing is asked of Juju until it is used.
    #[must_use]
    pub fn secret(&self, id: &str) -> Secret {
        Secret { model: self.clone(), id: Some(id.to_owned()), label: None }
    }

    /// The secret that this charm gave this label to. Nothing is asked of Juju until it is used.
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

impl Secret {
    pub(super) fn add(
        model: &Model,
        owner: SecretOwner,
        content: &SecretContent,
        about: &SecretUpdate,
    ) -> Result<Self, Error> {
        content.check(about.label.as_deref().unwrap_or("without a label"))?;
        let id = hookcmds::secret_add(model.runner(), &about.with(owner, Some(content)))?;
        Ok(Self { model: model.clone(), id: Some(id), label: about.label.clone() })
    }

    /// The ID, such as `secret:9m4e2mr0ui3e8a215n4g`: what another charm needs to get the secret. Juju is asked for it if
    /// only the label is known, which works for the secret's owner.
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

    /// Give a secret that this unit was granted a label of its own, by which to find it again and to know it in
    /// `secret-changed` events. It becomes one with the next [`Secret::get`].
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

    /// The content of a revision.
    ///
    /// # Errors
    /// As [`Secret::get`].
    pub fn content(&self, which: SecretGet) -> Result<SecretContent, Error> {
        let content = hookcmds::secret_get(
            self.model.runner(),
            self.id.as_deref(),
            self.label.as_deref(),
            which == SecretGet::Refresh,
            which == SecretGet::Peek,
        );
        content.map(SecretContent).map_err(|error| match error {
            hookcmds::Error::Failed { stderr, .. } if stderr.contains("permission denied") => {
                Error::SecretDenied { name: self.name().to_owned(), why: stderr }
            }
            error => self.not_found(error),
        })
    }

    /// What Juju knows of the secret. Only for its owner.
    ///
    /// # Errors
    /// [`Error::SecretNotFound`], also if neither this unit nor its application owns it; or `secret-info-get` failed.
    pub fn info(&self) -> Result<SecretInfo, Error> {
        hookcmds::secret_info_get(self.model.runner(), self.id.as_deref(), self.label.as_deref())
            .map_err(|error| self.not_found(error))
    }

    /// Make a new revision with this content. Only for the owner.
    ///
    /// # Errors
    /// The content is not one that Juju takes, [`Error::SecretNotFound`], or `secret-set` failed.
    pub fn set_content(&self, content: &SecretContent) -> Result<(), Error> {
        content.check(self.name())?;
        self.set(&SecretUpdate::default(), Some(content))
    }

    /// Say something else about the secret. Only for the owner.
    ///
    /// # Errors
    /// [`Error::SecretNotFound`], or `secret-set` failed.
    pub fn set_info(&self, about: &SecretUpdate) -> Result<(), Error> {
        self.set(about, None)
    }

    fn set(&self, about: &SecretUpdate, content: Option<&SecretContent>) -> Result<(), Error> {
        let id = self.id()?;
        // `secret-set` ignores the owner, which cannot change.
        hookcmds::secret_set(self.model.runner(), &id, &about.with(SecretOwner::Application, content))
            .map_err(|error| self.not_found(error))
    }

    /// Let the application on the other side of a relation see the secret. Only for the owner.
    ///
    /// # Errors
    /// [`Error::SecretNotFound`], [`Error::RelationNotFound`], or `secret-grant` failed.
    pub fn grant(&self, relation: &Relation) -> Result<(), Error> {
        self.grant_to(relation, None)
    }

    /// Let one unit on the other side of a relation see the secret. Only for the owner.
    ///
    /// # Errors
    /// As [`Secret::grant`].
    pub fn grant_unit(&self, relation: &Relation, unit: &Unit) -> Result<(), Error> {
        self.grant_to(relation, Some(unit))
    }

    fn grant_to(&self, relation: &Relation, unit: Option<&Unit>) -> Result<(), Error> {
        let id = self.id()?;
        hookcmds::secret_grant(self.model.runner(), &id, relation.id(), unit.map(Unit::name))
            .map_err(|error| if is_gone(&error) { relation.error(error) } else { self.not_found(error) })
    }

    /// Take a grant back. Only for the owner.
    ///
    /// # Errors
    /// [`Error::SecretNotFound`], [`Error::RelationNotFound`], or `secret-revoke` failed.
    pub fn revoke(&self, relation: &Relation) -> Result<(), Error> {
        self.revoke_from(relation, None)
    }

    /// Take a unit's grant back. Only for the owner.
    ///
    /// # Errors
    /// As [`Secret::revoke`].
    pub fn revoke_unit(&self, relation: &Relation, unit: &Unit) -> Result<(), Error> {
        self.revoke_from(relation, Some(unit))
    }

    fn revoke_from(&self, relation: &Relation, unit: Option<&Unit>) -> Result<(), Error> {
        let id = self.id()?;
        hookcmds::secret_revoke(self.model.runner(), &id, relation.id(), unit.map(Unit::name))
            .map_err(|error| if is_gone(&error) { relation.error(error) } else { self.not_found(error) })
    }

    /// Remove one revision, for good. Only for the owner, as a rule in [`crate::SecretRemoveEvent`].
    ///
    /// # Errors
    /// [`Error::SecretNotFound`], or `secret-remove` failed.
    pub fn remove_revision(&self, revision: u32) -> Result<(), Error> {
        self.remove(Some(revision))
    }

    /// Remove all revisions, and so the secret, for good. Only for the owner.
    ///
    /// # Errors
    /// [`Error::SecretNotFound`], or `secret-remove` failed.
    pub fn remove_all_revisions(&self) -> Result<(), Error> {
        self.remove(None)
    }

    fn remove(&self, revision: Option<u32>) -> Result<(), Error> {
        let id = self.id()?;
        hookcmds::secret_remove(self.model.runner(), &id, revision).map_err(|error| self.not_found(error))
    }

    fn name(&self) -> &str {
        self.id.as_deref().or(self.label.as_deref()).unwrap_or_default()
    }

    fn not_found(&self, error: hookcmds::Error) -> Error {
        match error {
            hookcmds::Error::Failed { stderr, .. } if stderr.contains("not found") => {
                Error::SecretNotFound { name: self.name().to_owned(), why: stderr }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_cannot_be_printed() {
        let content = SecretContent::new([("password", "hunter2")]);
        assert_eq!(format!("{content:?}"), r#"{"password": "…"}"#);
        assert_eq!(content.expose("password"), Some("hunter2"));
    }

    #[test]
    fn content_loads_into_the_charm_s_own_type_and_no_error_shows_it() {
        #[derive(Debug, serde::Deserialize)]
        struct Credentials {
            username: String,
            port: u16,
        }
        let content = SecretContent::new([("username", "root"), ("port", "5432")]);
        let Credentials { username, port } = content.load().unwrap();
        assert_eq!((username.as_str(), port), ("root", 5432));
        for (content, says) in [
            (SecretContent::new([("username", "root"), ("port", "hunter2")]), "key port is not what the charm expects"),
            (SecretContent::new([("username", "root")]), "it has no key port"),
        ] {
            let error = content.load::<Credentials>().unwrap_err().to_string();
            assert!(error.ends_with(says) && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn keys_that_juju_refuses_are_refused_before_it_is_tried() {
        for key in ["password", "abc", "a-b-c", "key2", "a1-2"] {
            assert!(is_key(key), "{key}");
        }
        for key in ["", "ab", "Password", "1abc", "-abc", "abc-", "a--bc", "pass_word", "a-b"] {
            let error = SecretContent::new([(key, "hunter2")]).check("s").unwrap_err().to_string();
            assert!(error.contains("does not take key") && !error.contains("hunter2"), "{error}");
        }
        assert!(SecretContent::default().check("s").is_err());
    }
}
