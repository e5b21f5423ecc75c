//! The code of `storage.md`.

use std::path::PathBuf;

use ops::{Charm, CollectStatusEvent, Framework, Model, Status, StorageAttachedEvent, StorageDetachingEvent};

use crate::{on, storages};

/// A charm that keeps files in storage.
#[derive(Debug, Default)]
pub struct FilesCharm {
    opened: Vec<PathBuf>,
}

impl Charm for FilesCharm {
    fn observe(framework: &mut Framework<Self>) {
        framework.observe(on::data_storage_attached(), Self::on_data_attached);
        framework.observe(on::data_storage_detaching(), Self::on_data_detaching);
        framework.observe(on::update_status(), Self::request_cache);
        framework.observe(on::collect_unit_status(), Self::on_collect_status);
    }
}

impl FilesCharm {
    fn on_data_attached(&mut self, event: &StorageAttachedEvent, _model: &Model) -> anyhow::Result<()> {
        self.opened.push(event.storage.location()?);
        Ok(())
    }

    fn on_data_detaching(&mut self, event: &StorageDetachingEvent, _model: &Model) -> anyhow::Result<()> {
        let location = event.storage.location()?;
        self.opened.retain(|opened| *opened != location);
        Ok(())
    }

    fn request_cache<E>(&mut self, _event: &E, model: &Model) -> anyhow::Result<()> {
        if model.storages(storages::CACHE)?.is_empty() {
            model.request_storage(storages::CACHE, 1)?;
        }
        Ok(())
    }

    fn on_collect_status(&mut self, event: &CollectStatusEvent, model: &Model) -> anyhow::Result<()> {
        match model.storages(storages::DATA)?.first() {
            Some(storage) => event.add_status(Status::active_with(format!("Files are in {storage}"))),
            None => event.add_status(Status::waiting("Waiting for storage data")),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ops_testing::{Context, State, Status, Storage, on};

    use super::FilesCharm;

    #[test]
    fn files_are_opened_and_closed_with_the_storage() {
        let mut ctx = Context::new(FilesCharm::default());
        let data = Storage::new("data").location("/srv/data");
        let state = State::default().with_storage(data.clone());
        let out = ctx.run(on::storage_attached(&data), state).unwrap();
        assert_eq!(ctx.charm().opened, [std::path::Path::new("/srv/data")]);
        assert_eq!(out.unit_status, Status::active_with("Files are in data/0"));

        ctx.run(on::storage_detaching(&data), out).unwrap();
        assert!(ctx.charm().opened.is_empty());
    }

    #[test]
    fn a_cache_is_requested_once() {
        let mut ctx = Context::new(FilesCharm::default());
        let state = State::default();
        ctx.run(on::update_status(), state.clone()).unwrap();
        assert_eq!(ctx.requested_storages("cache"), 1);
        ctx.run(on::update_status(), state.with_storage(Storage::new("cache"))).unwrap();
        assert_eq!(ctx.requested_storages("cache"), 0);
    }
}
