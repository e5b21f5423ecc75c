//! Storage, and events about it.

use super::{Scenario, duplicates, listed};
use crate::event::Subject;
use emulator::Storage;

pub(super) fn check(scenario: &Scenario<'_>, problems: &mut Vec<String>) {
    let storages = &scenario.state.storages;
    let defined = &scenario.meta.storages;
    for storage in storages {
        if !defined.contains_key(&storage.name) {
            problems.push(format!("the metadata defines no storage {:?}: {}", storage.name, listed(defined.keys())));
        }
    }
    let ids: Vec<String> = storages.iter().map(Storage::id).collect();
    for id in duplicates(&ids) {
        problems.push(format!("storage {id} occurs twice: give each instance its own index"));
    }
    for (name, meta) in defined {
        let count = storages.iter().filter(|storage| storage.name == *name).count();
        if let (_, Some(max)) = meta.count()
            && count > max as usize
        {
            problems.push(format!(
                "there are {count} instances of storage {name:?}, and its metadata allows {max}: attach fewer, or \
                 allow more with `multiple`"
            ));
        }
    }
    if let Subject::Storage(storage) = &scenario.event.subject
        && !storages.contains(storage)
    {
        let (name, id) = (&scenario.event.name, storage.id());
        problems.push(format!("{name} is about storage {id}, which is not in the state: give both the same storage"));
    }
}
