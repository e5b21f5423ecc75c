//! The charm's metadata, parsed on first use.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use ops_metadata::CharmMeta;

use crate::error::Error;

/// The charm's metadata: parsed, or still in a folder.
///
/// Most hooks of most charms do not need it, and parsing YAML takes longer than everything else in a hook.
#[derive(Debug)]
pub struct Metadata {
    dir: PathBuf,
    read: OnceCell<Rc<CharmMeta>>,
}

impl Metadata {
    /// The metadata in this folder, to be parsed on first use.
    #[must_use]
    pub fn in_dir(dir: &Path) -> Self {
        Self { dir: dir.to_owned(), read: OnceCell::new() }
    }

    pub(crate) fn get(&self) -> Result<&CharmMeta, Error> {
        if let Some(meta) = self.read.get() {
            return Ok(meta);
        }
        let meta = CharmMeta::load(&self.dir)?;
        Ok(self.read.get_or_init(|| Rc::new(meta)))
    }
}

impl From<Rc<CharmMeta>> for Metadata {
    fn from(meta: Rc<CharmMeta>) -> Self {
        Self { dir: PathBuf::new(), read: OnceCell::from(meta) }
    }
}

impl From<CharmMeta> for Metadata {
    fn from(meta: CharmMeta) -> Self {
        Rc::new(meta).into()
    }
}
