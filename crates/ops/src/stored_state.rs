//! What a unit stores between hooks: deferred events, and the charm's own values.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::Error;
use crate::notice::Notice;

/// The file's version. Increase it when the format changes so that an older charm must not read it.
const VERSION: u32 = 1;

/// Where deferred events and stored values are kept: a file, or memory in tests.
pub trait StateStore {
    /// The content that was saved last; `None` if nothing was.
    ///
    /// # Errors
    /// It exists, but cannot be read.
    fn load(&self) -> io::Result<Option<String>>;

    /// Save the content atomically.
    ///
    /// # Errors
    /// It cannot be written. The previous content is kept.
    fn save(&self, text: &str) -> io::Result<()>;

    /// Its location, for error messages.
    fn path(&self) -> PathBuf;
}

/// A file in the charm's directory, like Ops' `.unit-state.db`.
#[derive(Clone, Debug)]
pub struct FileStore(PathBuf);

impl FileStore {
    /// The file in this folder, the charm's directory.
    #[must_use]
    pub fn in_dir(charm_dir: &Path) -> Self {
        Self(charm_dir.join(".unit-state.json"))
    }
}

impl StateStore for FileStore {
    fn load(&self) -> io::Result<Option<String>> {
        match fs::read_to_string(&self.0) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn save(&self, text: &str) -> io::Result<()> {
        atomic_file::replace(&self.0, text.as_bytes())
    }

    fn path(&self) -> PathBuf {
        self.0.clone()
    }
}

/// An event that a handler deferred.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Deferred {
    pub(crate) handler: String,
    #[serde(flatten)]
    pub(crate) notice: Notice,
}

/// The file's content.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Content {
    version: u32,
    #[serde(default)]
    deferred: Vec<Deferred>,
    #[serde(default)]
    stored: Map<String, Value>,
    /// The values that each library stored.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    libraries: BTreeMap<String, Map<String, Value>>,
}

/// The content, and whether it has changed since it was loaded.
pub(crate) struct StoredState {
    loaded: Content,
    content: RefCell<Content>,
}

impl StoredState {
    pub(crate) fn load(store: &dyn StateStore) -> Result<Self, Error> {
        let failed = |reason: String| Error::StateFile { path: store.path(), reason };
        let remedy = "move it away to continue without its deferred events and stored values";
        let damaged = |error: &dyn std::fmt::Display| failed(format!("is damaged ({error}): repair it, or {remedy}"));
        let text = store.load().map_err(|error| match error.kind() {
            // It is not UTF-8.
            io::ErrorKind::InvalidData => damaged(&error),
            _ => failed(format!("cannot be read: {error}")),
        })?;
        let mut loaded = Content { version: VERSION, ..Content::default() };
        if let Some(text) = text {
            // Check the version first: the rest may have another format.
            let value: Value = serde_json::from_str(&text).map_err(|error| damaged(&error))?;
            match value.get("version").and_then(Value::as_u64) {
                Some(version) if version == u64::from(VERSION) => {}
                Some(version) => {
                    return Err(failed(format!(
                        "has version {version}, and this charm reads version {VERSION}: \
                         refresh to a revision of the charm that reads it, or {remedy}"
                    )));
                }
                None => return Err(damaged(&"it has no version")),
            }
            loaded = serde_json::from_value(value).map_err(|error| damaged(&error))?;
        }
        Ok(Self { content: RefCell::new(loaded.clone()), loaded })
    }

    pub(crate) fn save(&self, store: &dyn StateStore) -> Result<(), Error> {
        let content = self.content.borrow();
        if *content == self.loaded {
            return Ok(());
        }
        let text = serde_json::to_string(&*content).map_err(io::Error::from);
        text.and_then(|text| store.save(&text))
            .map_err(|error| Error::StateFile { path: store.path(), reason: format!("cannot be written: {error}") })
    }

    pub(crate) fn get<T: DeserializeOwned>(&self, library: Option<&str>, key: &str) -> Result<Option<T>, Error> {
        let content = self.content.borrow();
        let stored = match library {
            Some(library) => content.libraries.get(library),
            None => Some(&content.stored),
        };
        let value = stored.and_then(|stored| stored.get(key)).map(T::deserialize).transpose();
        value.map_err(|source| Error::Stored { key: key.to_owned(), source })
    }

    pub(crate) fn set<T: Serialize>(&self, library: Option<&str>, key: &str, value: &T) -> Result<(), Error> {
        let value = serde_json::to_value(value).map_err(|source| Error::Stored { key: key.to_owned(), source })?;
        let mut content = self.content.borrow_mut();
        let stored = match library {
            Some(library) => content.libraries.entry(library.to_owned()).or_default(),
            None => &mut content.stored,
        };
        stored.insert(key.to_owned(), value);
        Ok(())
    }

    pub(crate) fn remove(&self, library: Option<&str>, key: &str) {
        let mut content = self.content.borrow_mut();
        let Some(library) = library else {
            content.stored.remove(key);
            return;
        };
        if let Some(stored) = content.libraries.get_mut(library) {
            stored.remove(key);
            if stored.is_empty() {
                content.libraries.remove(library);
            }
        }
    }

    pub(crate) fn deferred(&self) -> Vec<Deferred> {
        self.content.borrow().deferred.clone()
    }

    /// Remove an event that was handled, or can never be handled.
    pub(crate) fn remove_deferred(&self, finished: &Deferred) {
        let deferred = &mut self.content.borrow_mut().deferred;
        if let Some(index) = deferred.iter().position(|deferred| deferred == finished) {
            deferred.remove(index);
        }
    }

    pub(crate) fn any_deferred(&self) -> bool {
        !self.content.borrow().deferred.is_empty()
    }

    pub(crate) fn is_deferred(&self, handler: &str, notice: &Notice) -> bool {
        self.content.borrow().deferred.iter().any(|deferred| deferred.handler == handler && deferred.notice == *notice)
    }

    pub(crate) fn defer(&self, deferred: Deferred) {
        self.content.borrow_mut().deferred.push(deferred);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event_name::EventName;

    #[test]
    fn stored_values_and_deferred_events_persist() {
        let dir = tempfile::tempdir().unwrap();
        let store = FileStore::in_dir(dir.path());
        let state = StoredState::load(&store).unwrap();
        state.save(&store).unwrap();
        assert!(!store.path().exists(), "nothing to keep, no file");

        state.set(None, "backups", &3).unwrap();
        let deferred = Deferred { handler: "Charm::on_start".to_owned(), notice: Notice::new(EventName::Start) };
        state.defer(deferred.clone());
        state.save(&store).unwrap();

        let state = StoredState::load(&store).unwrap();
        assert_eq!(state.get::<u32>(None, "backups").unwrap(), Some(3));
        assert_eq!(state.get::<u32>(None, "restores").unwrap(), None);
        assert!(state.get::<String>(None, "backups").unwrap_err().to_string().contains("backups"));
        assert_eq!(state.deferred(), [deferred]);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "no other file is left");
    }

    #[test]
    fn the_error_for_a_damaged_file_has_a_remedy_and_the_file_is_unchanged() {
        let dir = tempfile::tempdir().unwrap();
        let store = FileStore::in_dir(dir.path());
        for (text, expected) in [
            (&b""[..], "is damaged"),
            (b"{\"version\": 1, \"defer", "is damaged"),
            (b"{\"version\": 1, \"deferred\": 7}", "is damaged"),
            (b"{\"version\": 1, \"stored\": {\"a\": \"\xff\"}}", "is damaged"),
            (b"[]", "no version"),
            (b"{\"version\": 2}", "has version 2, and this charm reads version 1"),
        ] {
            fs::write(store.path(), text).unwrap();
            let Err(error) = StoredState::load(&store) else { panic!("{text:?} loads") };
            let error = error.to_string();
            assert!(
                error.contains(".unit-state.json") && error.contains(expected) && error.contains("move it away"),
                "{error}"
            );
            assert_eq!(fs::read(store.path()).unwrap(), text);
        }
    }

    #[test]
    fn a_failed_save_is_an_error_and_leaves_no_other_file() {
        let dir = tempfile::tempdir().unwrap();
        let store = FileStore::in_dir(dir.path());
        fs::create_dir(store.path()).unwrap();
        assert!(store.save("new").is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
