//! Extra bindings: endpoints without relations, only with addresses.

use std::collections::{BTreeMap, BTreeSet};

use crate::{MetadataError, RelationMeta, node::Node};

/// Read the names under `extra-bindings`.
pub(crate) fn read(
    metadata: &Node<'_>,
    relations: &BTreeMap<String, RelationMeta>,
) -> Result<BTreeSet<String>, MetadataError> {
    let mut names = BTreeSet::new();
    let Some(bindings) = metadata.get("extra-bindings") else { return Ok(names) };
    for binding in bindings.entries()? {
        if binding.key().is_empty() {
            return Err(bindings.invalid("a binding needs a name"));
        }
        if !binding.value().is_null() {
            return Err(binding.expected("nothing: an extra binding is only a name"));
        }
        if relations.contains_key(binding.key()) {
            return Err(binding.invalid("a relation already has an endpoint of this name"));
        }
        names.insert(binding.key().to_owned());
    }
    if names.is_empty() {
        return Err(bindings.invalid("at least one name is needed; remove the key if there is none"));
    }
    Ok(names)
}
