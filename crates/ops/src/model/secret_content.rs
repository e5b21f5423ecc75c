//! The content of secrets.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::load::load_plain;

/// The content of a secret: keys and values. It cannot be printed: `Debug` shows only the keys. Charms and tests use
/// the same type.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SecretContent(pub(super) BTreeMap<String, String>);

impl SecretContent {
    /// Create content from keys and values. Juju accepts keys of three or more lower-case letters, digits and single
    /// hyphens that start with a letter.
    pub fn new<K: Into<String>, V: Into<String>>(content: impl IntoIterator<Item = (K, V)>) -> Self {
        Self(content.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }

    /// The value of a key in clear text: take care where it goes.
    #[must_use]
    pub fn expose(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// All keys and values in clear text: take care where they go.
    pub fn expose_all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Load the content into the charm's own type, with plain text as values, as in
    /// [`Databag::load_plain`](crate::Databag::load_plain).
    ///
    /// # Errors
    /// [`Error::SecretContent`]: a key is missing, or does not fit the type. The error names the key, never the value.
    pub fn load<T: DeserializeOwned>(&self) -> Result<T, Error> {
        load_plain(&self.0).map_err(|error| Error::SecretContent {
            name: "with this content".to_owned(),
            reason: if self.0.contains_key(&error.name) {
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

    pub(super) fn check(&self, name: &str) -> Result<(), Error> {
        let invalid = |reason: String| Error::SecretContent { name: name.to_owned(), reason };
        if self.0.is_empty() {
            return Err(invalid("it has no keys, and Juju refuses an empty secret".to_owned()));
        }
        match self.keys().find(|key| !is_key(key)) {
            Some(key) => Err(invalid(format!(
                "Juju refuses key {key:?}: it must be three or more lower-case letters, digits and single \
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
        for (content, expected) in [
            (SecretContent::new([("username", "root"), ("port", "hunter2")]), "key port is not what the charm expects"),
            (SecretContent::new([("username", "root")]), "it has no key port"),
        ] {
            let error = content.load::<Credentials>().unwrap_err().to_string();
            assert!(error.ends_with(expected) && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn keys_that_juju_would_refuse_are_refused() {
        for key in ["password", "abc", "a-b-c", "key2", "a1-2"] {
            assert!(is_key(key), "{key}");
        }
        for key in ["", "ab", "Password", "1abc", "-abc", "abc-", "a--bc", "pass_word", "a-b"] {
            let error = SecretContent::new([(key, "hunter2")]).check("s").unwrap_err().to_string();
            assert!(error.contains("refuses key") && !error.contains("hunter2"), "{error}");
        }
        assert!(SecretContent::default().check("s").is_err());
    }
}
