//! `ops::charm!`: modules with the names in `charmcraft.yaml`.

use std::collections::BTreeMap;

use ops_metadata::CharmMeta;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::{Error, LitStr};

use crate::metadata::Metadata;

pub(crate) fn expand(input: TokenStream) -> Result<TokenStream, Error> {
    let path: LitStr = syn::parse2(input)
        .map_err(|error| Error::new(error.span(), "the path of charmcraft.yaml: `ops::charm!(\"charmcraft.yaml\")`"))?;
    let Metadata { meta, file, tracking } = Metadata::read(Some(&path))?;
    // For a misspelt name, the compiler shows where the nearest name comes from: the path in the invocation, which
    // names the file. The span stays that of macro-generated code, so that lints ignore it.
    let span = Span::call_site().located_at(path.span());
    let names = modules(&meta, &file, span).map_err(|error| Error::new(path.span(), error))?;
    Ok(quote_spanned! {span=> #tracking #names })
}

/// The events of relations.
const RELATION_EVENTS: [(&str, &str, &str); 5] = [
    ("relation_created", "RelationCreatedEvent", "was created"),
    ("relation_joined", "RelationJoinedEvent", "was joined by a remote unit"),
    ("relation_changed", "RelationChangedEvent", "has other data"),
    ("relation_departed", "RelationDepartedEvent", "was left by a remote unit"),
    ("relation_broken", "RelationBrokenEvent", "is gone"),
];

/// The events of storage.
const STORAGE_EVENTS: [(&str, &str, &str); 2] = [
    ("storage_attached", "StorageAttachedEvent", "is there"),
    ("storage_detaching", "StorageDetachingEvent", "will be detached"),
];

/// Two names of the charm would be the same identifier.
#[derive(Debug, thiserror::Error)]
#[error("{one:?} and {other:?} would both be `{identifier}`: rename one of them")]
struct NameCollision {
    one: String,
    other: String,
    identifier: String,
}

/// A name as an identifier: without hyphens.
pub(crate) fn underscored(name: &str) -> String {
    name.replace('-', "_")
}

fn modules(meta: &CharmMeta, file: &str, span: Span) -> Result<TokenStream, NameCollision> {
    let mut events = Functions { span, functions: BTreeMap::new() };
    for relation in meta.relations.values() {
        for (event, event_type, description) in RELATION_EVENTS {
            let doc = format!("A relation at the endpoint `{}` ({}) {description}.", relation.name, relation.interface);
            events.add(&relation.name, event, event_type, &doc)?;
        }
    }
    for storage in meta.storages.keys() {
        for (event, event_type, description) in STORAGE_EVENTS {
            let doc = format!("An instance of the storage `{storage}` {description}.");
            events.add(storage, event, event_type, &doc)?;
        }
    }
    for action in meta.actions.keys() {
        events.add(action, "action", "ActionEvent", &format!("A user runs the action `{action}`."))?;
    }
    let functions = events.functions.values().map(|(_, function)| function);

    let relations = meta.relations.values();
    let endpoints = relations.map(|r| (&r.name, format!("Endpoint: {} of interface `{}`.", r.role, r.interface)));
    let bindings = meta.extra_bindings.iter().map(|name| (name, "Endpoint that carries no relation.".to_owned()));
    let endpoints = constants(endpoints.chain(bindings), span)?;
    let storages = meta.storages.values().map(|s| (&s.name, format!("Storage: {}.", s.storage_type)));
    let storages = constants(storages, span)?;
    let resources = meta.resources.values().map(|r| (&r.name, format!("Resource: {}.", r.resource_type)));
    let resources = constants(resources, span)?;

    let [on_doc, endpoints_doc, storages_doc, resources_doc] = [
        "The events that this charm can observe",
        "The endpoints of this charm",
        "The storages of this charm",
        "The resources of this charm",
    ]
    .map(|what| format!("{what}, as `{file}` defines them."));
    Ok(quote_spanned! {span=>
        #[doc = #on_doc]
        #[allow(dead_code, unused_imports)]
        pub mod on {
            pub use ::ops::on::*;
            #(#functions)*
        }
        #[doc = #endpoints_doc]
        #[allow(dead_code)]
        pub mod endpoints { #endpoints }
        #[doc = #storages_doc]
        #[allow(dead_code)]
        pub mod storages { #storages }
        #[doc = #resources_doc]
        #[allow(dead_code)]
        pub mod resources { #resources }
    })
}

/// The functions of the module `on`, each with the name that it is about.
struct Functions {
    span: Span,
    functions: BTreeMap<String, (String, TokenStream)>,
}

impl Functions {
    fn add(&mut self, name: &str, event: &str, event_type: &str, doc: &str) -> Result<(), NameCollision> {
        let span = self.span;
        let function = identifier(&format!("{}_{event}", underscored(name)), span);
        let (source, event_type) = (format_ident!("{event}", span = span), format_ident!("{event_type}", span = span));
        let code = quote_spanned! {span=>
            #[doc = #doc]
            #[must_use]
            pub fn #function() -> ::ops::on::EventSource<::ops::#event_type> {
                ::ops::on::#source(#name)
            }
        };
        match self.functions.insert(function.to_string(), (name.to_owned(), code)) {
            Some((one, _)) => Err(NameCollision { one, other: name.to_owned(), identifier: format!("on::{function}") }),
            None => Ok(()),
        }
    }
}

/// A constant for each name.
fn constants<'a>(names: impl Iterator<Item = (&'a String, String)>, span: Span) -> Result<TokenStream, NameCollision> {
    let mut constants: BTreeMap<String, (&str, TokenStream)> = BTreeMap::new();
    for (name, doc) in names {
        let constant = identifier(&underscored(name).to_uppercase(), span);
        let code = quote_spanned! {span=>
            #[doc = #doc]
            pub const #constant: &str = #name;
        };
        if let Some((one, _)) = constants.insert(constant.to_string(), (name, code)) {
            return Err(NameCollision { one: one.to_owned(), other: name.clone(), identifier: constant.to_string() });
        }
    }
    Ok(constants.into_values().map(|(_, code)| code).collect())
}

/// Names of actions may start with a digit, and a resource may have any name.
fn identifier(name: &str, span: Span) -> Ident {
    let name: String = name.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    let name = if name.starts_with(|c: char| c.is_alphabetic()) { name } else { format!("_{name}") };
    syn::parse_str::<Ident>(&name).map_or_else(
        |_| format_ident!("{name}_", span = span),
        |mut identifier| {
            identifier.set_span(span);
            identifier
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(rest: &str) -> Result<String, NameCollision> {
        let meta = CharmMeta::parse(&format!("name: demo\n{rest}")).unwrap();
        modules(&meta, "charmcraft.yaml", Span::call_site()).map(|code| code.to_string())
    }

    #[test]
    fn the_events_and_their_types_are_those_of_ops() {
        let in_ops = |events: &[ops::EventName]| -> Vec<(String, &str)> {
            events.iter().map(|event| (event.to_string(), event.event_type().unwrap())).collect()
        };
        let generated = |name: &str, events: &[(&str, &'static str, &str)]| -> Vec<(String, &str)> {
            events.iter().map(|(event, kind, _)| (format!("{name}_{event}"), *kind)).collect()
        };
        assert_eq!(generated("db", &RELATION_EVENTS), in_ops(&ops::EventName::of_relation("db")));
        assert_eq!(generated("data", &STORAGE_EVENTS), in_ops(&ops::EventName::of_storage("data")));
    }

    #[test]
    fn names_become_identifiers() {
        let code = expanded(
            "requires: {my-db: {interface: sql}}\nactions: {2fast: {}}\n\
             resources: {a.tgz: {type: file, filename: a.tgz}, self: {type: oci-image}}\n",
        )
        .unwrap();
        for identifier in ["my_db_relation_changed", "_2fast_action", "A_TGZ", "SELF", "MY_DB : & str = \"my-db\""] {
            assert!(code.contains(identifier), "{identifier}: {code}");
        }
    }

    #[test]
    fn ambiguous_names_are_refused() {
        let message = expanded("requires: {my-db: {interface: a}, my_db: {interface: b}}\n").unwrap_err();
        assert_eq!(
            message.to_string(),
            r#""my-db" and "my_db" would both be `on::my_db_relation_created`: rename one of them"#
        );
        let bindings = expanded("requires: {my-db: {interface: a}}\nextra-bindings: {my_db: }\n").unwrap_err();
        assert_eq!(bindings.to_string(), r#""my-db" and "my_db" would both be `MY_DB`: rename one of them"#);
    }
}
