//! Storage, and events about it.

use super::{Scene, listed, repeated};
use crate::context::Subject;
use emulator::Storage;

pub(super) fn check(scene: &Scene<'_>, wrong: &mut Vec<String>) {
    let storages = &scene.state.storages;
    let declared = &scene.meta.storages;
    for storage in storages {
        if !declared.contains_key(&storage.name) {
            wrong.push(format!("the metadata defines no storage {:?}: {}", storage.name, listed(declared.keys())));
        }
    }
    let ids: Vec<String> = storages.iter().map(Storage::id).collect();
    for id in repeated(&ids) {
        wrong.push(format!("storage {id} occurs twice: give each instance its own index"));
    }
    for (name, meta) in declared {
        let count = storages.iter().filter(|storage| storage.name == *name).count();
        if let (_, Some(most)) = meta.count()
            && count > most as usize
        {
            wrong.push(format!(
                "there are {count} instances of storage {name:?}, and its metadata allows {most}: attach fewer, or \
                 allow more with `multiple`"
            ));
        }
    }
    if let Subject::Storage(storage) = &scene.event.subject
        && !storages.contains(storage)
    {
        let (name, id) = (&scene.event.name, storage.id());
        wrong.push(format!("{name} is about storage {id}, which is not in the state: give both the same storage"));
    }
}
