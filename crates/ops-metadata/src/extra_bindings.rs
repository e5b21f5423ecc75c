//! Endpoints that carry no relation, only an address.

use std::collections::{BTreeMap, BTreeSet};

use crate::{MetadataError, RelationMeta, node::Node};

/// Reads the names behind `extra-bindings`.
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
            return Err(binding.invalid("an endpoint of this name is already a relation's"));
        }
        names.insert(binding.key().to_owned());
    }
    if names.is_empty() {
        return Err(bindings.invalid("at least one name is needed; leave the key out where there is none"));
    }
    Ok(names)
}
