//! The charm's state file, in memory.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use ops::StateStore;
use serde::{Deserialize, Serialize};

use emulator::{DeferredEvent, State};

/// The content of the charm's state file.
#[derive(Serialize, Deserialize)]
struct Content {
    version: u32,
    #[serde(default)]
    deferred: Vec<DeferredEvent>,
    #[serde(default)]
    stored: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    libraries: BTreeMap<String, BTreeMap<String, serde_json::Value>>,
}

/// The charm's state file, in memory.
pub(super) struct MemoryStore(RefCell<Option<String>>);

impl MemoryStore {
    /// Create it with the stored values and deferred events of `state`.
    pub(super) fn new(state: &State) -> io::Result<Self> {
        if state.deferred.is_empty() && state.stored.is_empty() && state.library_stored.is_empty() {
            return Ok(Self(RefCell::new(None)));
        }
        let content = Content {
            version: 1,
            deferred: state.deferred.clone(),
            stored: state.stored.clone(),
            libraries: state.library_stored.clone(),
        };
        Ok(Self(RefCell::new(Some(serde_json::to_string(&content)?))))
    }

    /// Put the stored values and deferred events into `state`.
    pub(super) fn fill(&self, state: &mut State) -> io::Result<()> {
        if let Some(text) = &*self.0.borrow() {
            let content: Content = serde_json::from_str(text)?;
            state.deferred = content.deferred;
            state.stored = content.stored;
            state.library_stored = content.libraries;
        }
        Ok(())
    }
}

impl StateStore for MemoryStore {
    fn load(&self) -> io::Result<Option<String>> {
        Ok(self.0.borrow().clone())
    }

    fn save(&self, text: &str) -> io::Result<()> {
        *self.0.borrow_mut() = Some(text.to_owned());
        Ok(())
    }

    fn path(&self) -> PathBuf {
        "the State's deferred events and stored values".into()
    }
}
