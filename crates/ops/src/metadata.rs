//! The charm's metadata, parsed on first use.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use ops_metadata::CharmMeta;

use crate::error::Error;
use crate::event_name::{EventName, UndefinedEvent};

/// The charm's metadata: parsed, or still in a folder.
///
/// Most hooks of most charms do not need it, and parsing YAML takes longer than everything else in a hook.
#[derive(Debug)]
pub struct Metadata {
    dir: PathBuf,
    parsed: OnceCell<Rc<CharmMeta>>,
}

impl Metadata {
    /// The metadata in this folder, to be parsed on first use.
    #[must_use]
    pub fn in_dir(dir: &Path) -> Self {
        Self { dir: dir.to_owned(), parsed: OnceCell::new() }
    }

    pub(crate) fn get(&self) -> Result<&CharmMeta, Error> {
        if let Some(meta) = self.parsed.get() {
            return Ok(meta);
        }
        let meta = CharmMeta::load(&self.dir)?;
        Ok(self.parsed.get_or_init(|| Rc::new(meta)))
    }

    /// Check that the metadata defines the event's relation, storage or action.
    pub(crate) fn check_event(&self, event: &EventName) -> Result<(), Error> {
        let (kind, name, defined) = match event {
            EventName::RelationCreated(endpoint)
            | EventName::RelationJoined(endpoint)
            | EventName::RelationChanged(endpoint)
            | EventName::RelationDeparted(endpoint)
            | EventName::RelationBroken(endpoint) => {
                ("relation", endpoint, self.get()?.relations.contains_key(endpoint))
            }
            EventName::StorageAttached(storage) | EventName::StorageDetaching(storage) => {
                ("storage", storage, self.get()?.storages.contains_key(storage))
            }
            EventName::Action(action) => ("action", action, self.get()?.actions.contains_key(action)),
            _ => return Ok(()),
        };
        if defined { Ok(()) } else { Err(UndefinedEvent { event: event.clone(), kind, name: name.clone() }.into()) }
    }
}

impl From<Rc<CharmMeta>> for Metadata {
    fn from(meta: Rc<CharmMeta>) -> Self {
        Self { dir: PathBuf::new(), parsed: OnceCell::from(meta) }
    }
}

impl From<CharmMeta> for Metadata {
    fn from(meta: CharmMeta) -> Self {
        Rc::new(meta).into()
    }
}
