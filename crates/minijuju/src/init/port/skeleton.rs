//! Derives the Rust skeleton from a charm in Python.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use minijinja::{Value, context};
use ops_metadata::{ActionMeta, CharmMeta, ConfigMeta};

use super::events::{event_type, is_plain};
use super::python::{PythonCharm, Unknown};
use crate::init::names::{capitals, field};

/// A skeleton, written or about to be.
#[derive(Debug)]
pub(crate) struct Ported {
    pub(crate) folder: PathBuf,
    pub(crate) name: String,
    /// The charm's summary, in one sentence.
    pub(crate) summary: String,
    handlers: Vec<Handler>,
    observers: Vec<(String, String)>,
    options: Vec<(String, &'static str, bool)>,
    actions: Vec<Parameters>,
    action_count: usize,
    endpoints: Vec<String>,
    /// What could not be carried over, one line each.
    pub(crate) left: Vec<String>,
    class: String,
    doc: String,
}

/// A method that handles events.
#[derive(Debug)]
struct Handler {
    name: String,
    doc: String,
    place: String,
    /// The event's type; `None` if it handles several.
    event: Option<&'static str>,
    /// An event that a test can run.
    plain: Option<String>,
}

/// An action's parameters: the struct's name, and each field with its type.
#[derive(Debug)]
struct Parameters {
    action: String,
    name: String,
    fields: Vec<(String, String)>,
}

impl Ported {
    pub(super) fn new(meta: &CharmMeta, charm: PythonCharm, folder: PathBuf) -> Self {
        let place = |line: u32| format!("{}:{line}", charm.file);
        let line = |one: &Unknown| format!("{}: `{}`: {}", place(one.line), first_line(&one.text), one.why);
        let mut left: Vec<String> = charm.unknown.iter().map(line).collect();
        let mut observers = Vec::new();
        let mut handled: BTreeMap<&str, Vec<(&str, &'static str)>> = BTreeMap::new();
        for one in &charm.observers {
            let Some(kind) = event_type(&one.event, meta) else {
                left.push(format!(
                    "{}: `{}`: not an event of a machine charm with this metadata",
                    place(one.line),
                    one.event
                ));
                continue;
            };
            observers.push((one.event.clone(), rust_name(&one.handler)));
            handled.entry(&one.handler).or_default().push((&one.event, kind));
        }
        let mut handlers: Vec<(u32, Handler)> = Vec::new();
        for (name, events) in handled {
            let Some(method) = charm.methods.get(name) else {
                left.push(format!("{}: `{name}`: the method that it names is not in the class", charm.file));
                observers.retain(|(_, handler)| *handler != rust_name(name));
                continue;
            };
            let kinds: BTreeSet<&'static str> = events.iter().map(|(_, kind)| *kind).collect();
            handlers.push((
                method.line,
                Handler {
                    name: rust_name(name),
                    doc: sentence(&method.doc, || format!("Handle {}.", events[0].0.replace('_', "-"))),
                    place: place(method.line),
                    event: if kinds.len() == 1 { kinds.first().copied() } else { None },
                    plain: events.iter().map(|(event, _)| *event).find(|event| is_plain(event)).map(str::to_owned),
                },
            ));
        }
        handlers.sort_by_key(|(line, _)| *line);
        Self {
            folder,
            name: meta.name.clone(),
            summary: sentence(&meta.summary, || format!("The charm {}.", meta.name)),
            handlers: handlers.into_iter().map(|(_, handler)| handler).collect(),
            observers,
            options: meta.config.values().map(option).collect(),
            actions: meta.actions.values().filter_map(parameters).collect(),
            action_count: meta.actions.len(),
            endpoints: meta.relations.keys().cloned().collect(),
            left,
            class: charm.class,
            doc: charm.doc,
        }
    }

    /// How much was carried over, in words.
    pub(crate) fn counts(&self) -> String {
        let counts = [
            (self.handlers.len(), "handler"),
            (self.options.len(), "option"),
            (self.action_count, "action"),
            (self.endpoints.len(), "endpoint"),
        ];
        let some = counts.into_iter().filter(|(number, _)| *number > 0);
        let words = some.map(|(number, one)| format!("{number} {one}{}", if number == 1 { "" } else { "s" }));
        words.collect::<Vec<_>>().join(", ")
    }

    /// The values for the templates, besides those of every charm.
    pub(in crate::init) fn values(&self) -> Value {
        let events: BTreeSet<&str> = self.handlers.iter().filter_map(|handler| handler.event).collect();
        let mut imports: BTreeSet<&str> = events;
        imports.extend(["Charm", "Framework"]);
        if !self.handlers.is_empty() {
            imports.insert("Model");
        }
        context! {
            struct => rust_type(&self.class, &self.name),
            doc => sentence(&self.doc, || self.summary.clone()),
            imports => imports.into_iter().collect::<Vec<_>>(),
            uses_serde => !self.options.is_empty() || !self.actions.is_empty(),
            uses_json => self.actions.iter().flat_map(|one| &one.fields).any(|(_, rust)| rust.contains("serde_json")),
            runs_events => self.handlers.iter().any(|handler| handler.plain.is_some()),
            observers => self.observers.iter().map(|(event, handler)| context! { event, handler }).collect::<Vec<_>>(),
            handlers => self.handlers.iter().map(|one| context! {
                name => &one.name, doc => &one.doc, place => &one.place, event => one.event, plain => &one.plain,
            }).collect::<Vec<_>>(),
            options => self.options.iter().map(|(name, rust, given)| context! {
                name,
                example => match *rust {
                    "i64" => "1",
                    "f64" => "1.5",
                    "bool" => "true",
                    _ => "text",
                },
                field => field(name),
                rename => (field(name).trim_start_matches("r#") != name.replace('-', "_")).then_some(name),
                type => if *given { (*rust).to_owned() } else { format!("Option<{rust}>") },
            }).collect::<Vec<_>>(),
            parameters => self.actions.iter().map(|one| context! {
                action => &one.action,
                name => &one.name,
                fields => one.fields.iter().map(|(name, rust)| context! {
                    field => field(name),
                    rename => (field(name).trim_start_matches("r#") != name).then_some(name),
                    type => rust,
                }).collect::<Vec<_>>(),
            }).collect::<Vec<_>>(),
            endpoints => &self.endpoints,
            left => &self.left,
        }
    }
}

fn option(option: &ConfigMeta) -> (String, &'static str, bool) {
    (option.name.clone(), option.option_type.rust_type(), option.default.is_some())
}

/// An action's parameters, if it has any.
fn parameters(action: &ActionMeta) -> Option<Parameters> {
    let fields: Vec<(String, String)> = action
        .parameters
        .iter()
        .map(|(name, schema)| {
            let rust = match schema.get("type").and_then(serde_json::Value::as_str) {
                Some("string") => "String",
                Some("integer") => "i64",
                Some("number") => "f64",
                Some("boolean") => "bool",
                _ => "serde_json::Value",
            };
            let given = action.required.contains(name) || schema.get("default").is_some();
            (name.clone(), if given { rust.to_owned() } else { format!("Option<{rust}>") })
        })
        .collect();
    let name = capitals(&action.name.replace('_', "-"), "");
    (!fields.is_empty()).then(|| Parameters { action: action.name.clone(), name: format!("{name}Params"), fields })
}

/// A Python method's name, without leading underscores.
fn rust_name(name: &str) -> String {
    field(name.trim_start_matches('_'))
}

/// The name of the charm's struct: the class's name, if Rust accepts that.
fn rust_type(class: &str, charm: &str) -> String {
    let plain = class.starts_with(|c: char| c.is_ascii_uppercase()) && class.chars().all(|c| c.is_ascii_alphanumeric());
    if plain { class.to_owned() } else { format!("{}Charm", capitals(charm, "")) }
}

/// The first line of a text as a sentence, or a default.
fn sentence(text: &str, instead: impl Fn() -> String) -> String {
    let line = first_line(text).replace(['\\', '`'], "");
    if line.is_empty() {
        instead()
    } else if line.ends_with(['.', '!', '?']) {
        line
    } else {
        format!("{line}.")
    }
}

fn first_line(text: &str) -> String {
    text.trim().lines().next().unwrap_or_default().trim().to_owned()
}
