//! Derives the Rust skeleton from a charm in Python.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use minijinja::{Value, context};
use ops_metadata::{ActionMeta, CharmMeta, ConfigMeta};

use super::events::{event_type, is_testable};
use super::python::{PythonCharm, UnknownCode};
use crate::init::names::{rust_name, title_case};

/// A skeleton, written or about to be.
#[derive(Debug)]
pub(crate) struct PortedCharm {
    pub(crate) folder: PathBuf,
    pub(crate) name: String,
    /// The charm's summary, in one sentence.
    pub(crate) summary: String,
    handlers: Vec<Handler>,
    observers: Vec<(String, String)>,
    options: Vec<OptionField>,
    actions: Vec<ActionParams>,
    action_count: usize,
    endpoints: Vec<String>,
    /// What could not be converted, one line each.
    pub(crate) unconverted: Vec<String>,
    class: String,
    doc: String,
}

/// A method that handles events.
#[derive(Debug)]
struct Handler {
    name: String,
    doc: String,
    /// Its line in the Python code: `src/charm.py:37`.
    source: String,
    /// The event's type; `None` if it handles several.
    event_type: Option<&'static str>,
    /// An event that a test can run with only a state.
    testable_event: Option<String>,
}

/// A config option as a field.
#[derive(Debug)]
struct OptionField {
    name: String,
    rust_type: &'static str,
    has_default: bool,
}

/// An action's parameters: the struct's name, and each field with its type.
#[derive(Debug)]
struct ActionParams {
    action: String,
    name: String,
    fields: Vec<(String, String)>,
}

impl PortedCharm {
    pub(super) fn new(meta: &CharmMeta, charm: PythonCharm, folder: PathBuf) -> Self {
        let source = |line: u32| format!("{}:{line}", charm.file);
        let line = |code: &UnknownCode| format!("{}: `{}`: {}", source(code.line), first_line(&code.text), code.reason);
        let mut unconverted: Vec<String> = charm.unknown.iter().map(line).collect();
        let mut observers = Vec::new();
        let mut handled: BTreeMap<&str, Vec<(&str, &'static str)>> = BTreeMap::new();
        for observer in &charm.observers {
            let Some(event_type) = event_type(&observer.event, meta) else {
                unconverted.push(format!(
                    "{}: `{}`: not an event of a machine charm with this metadata",
                    source(observer.line),
                    observer.event
                ));
                continue;
            };
            observers.push((observer.event.clone(), method_name(&observer.handler)));
            handled.entry(&observer.handler).or_default().push((&observer.event, event_type));
        }
        let mut handlers: Vec<(u32, Handler)> = Vec::new();
        for (name, events) in handled {
            let Some(method) = charm.methods.get(name) else {
                unconverted.push(format!("{}: `{name}`: the method that it names is not in the class", charm.file));
                observers.retain(|(_, handler)| *handler != method_name(name));
                continue;
            };
            let types: BTreeSet<&'static str> = events.iter().map(|(_, event_type)| *event_type).collect();
            handlers.push((
                method.line,
                Handler {
                    name: method_name(name),
                    doc: sentence(&method.doc, || format!("Handle {}.", events[0].0.replace('_', "-"))),
                    source: source(method.line),
                    event_type: if types.len() == 1 { types.first().copied() } else { None },
                    testable_event: events
                        .iter()
                        .map(|(event, _)| *event)
                        .find(|event| is_testable(event))
                        .map(str::to_owned),
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
            options: meta.config.values().map(option_field).collect(),
            actions: meta.actions.values().filter_map(action_params).collect(),
            action_count: meta.actions.len(),
            endpoints: meta.relations.keys().cloned().collect(),
            unconverted,
            class: charm.class,
            doc: charm.doc,
        }
    }

    /// How much was converted, in words.
    pub(crate) fn counts(&self) -> String {
        let counts = [
            (self.handlers.len(), "handler"),
            (self.options.len(), "option"),
            (self.action_count, "action"),
            (self.endpoints.len(), "endpoint"),
        ];
        let nonzero = counts.into_iter().filter(|(number, _)| *number > 0);
        let words = nonzero.map(|(number, noun)| format!("{number} {noun}{}", if number == 1 { "" } else { "s" }));
        words.collect::<Vec<_>>().join(", ")
    }

    /// The values for the templates, besides those of every project.
    pub(super) fn values(&self) -> Value {
        let events: BTreeSet<&str> = self.handlers.iter().filter_map(|handler| handler.event_type).collect();
        let mut imports: BTreeSet<&str> = events;
        imports.extend(["Charm", "Framework"]);
        if !self.handlers.is_empty() {
            imports.insert("Model");
        }
        let none: [&str; 0] = [];
        context! {
            workload => "",
            actions => none,
            relations => none,
            struct => struct_name(&self.class, &self.name),
            doc => sentence(&self.doc, || self.summary.clone()),
            imports => imports.into_iter().collect::<Vec<_>>(),
            uses_serde => !self.options.is_empty() || !self.actions.is_empty(),
            uses_json => self.actions.iter().flat_map(|params| &params.fields).any(|(_, rust)| rust.contains("serde_json")),
            runs_events => self.handlers.iter().any(|handler| handler.testable_event.is_some()),
            observers => self.observers.iter().map(|(event, handler)| context! { event, handler }).collect::<Vec<_>>(),
            handlers => self.handlers.iter().map(|handler| context! {
                name => &handler.name,
                doc => &handler.doc,
                source => &handler.source,
                event_type => handler.event_type,
                testable_event => &handler.testable_event,
            }).collect::<Vec<_>>(),
            options => self.options.iter().map(|OptionField { name, rust_type, has_default }| context! {
                name,
                example => match *rust_type {
                    "i64" => "1",
                    "f64" => "1.5",
                    "bool" => "true",
                    _ => "text",
                },
                field => rust_name(name),
                rename => (rust_name(name).trim_start_matches("r#") != name.replace('-', "_")).then_some(name),
                type => if *has_default { (*rust_type).to_owned() } else { format!("Option<{rust_type}>") },
            }).collect::<Vec<_>>(),
            parameters => self.actions.iter().map(|params| context! {
                action => &params.action,
                name => &params.name,
                fields => params.fields.iter().map(|(name, rust_type)| context! {
                    field => rust_name(name),
                    rename => (rust_name(name).trim_start_matches("r#") != name).then_some(name),
                    type => rust_type,
                }).collect::<Vec<_>>(),
            }).collect::<Vec<_>>(),
            endpoints => &self.endpoints,
            unconverted => &self.unconverted,
        }
    }
}

fn option_field(option: &ConfigMeta) -> OptionField {
    OptionField {
        name: option.name.clone(),
        rust_type: option.option_type.rust_type(),
        has_default: option.default.is_some(),
    }
}

/// An action's parameters, if it has any.
fn action_params(action: &ActionMeta) -> Option<ActionParams> {
    let fields: Vec<(String, String)> = action
        .parameters
        .iter()
        .map(|(name, schema)| {
            let rust_type = match schema.get("type").and_then(serde_json::Value::as_str) {
                Some("string") => "String",
                Some("integer") => "i64",
                Some("number") => "f64",
                Some("boolean") => "bool",
                _ => "serde_json::Value",
            };
            let is_set = action.required.contains(name) || schema.get("default").is_some();
            (name.clone(), if is_set { rust_type.to_owned() } else { format!("Option<{rust_type}>") })
        })
        .collect();
    let name = title_case(&action.name.replace('_', "-"), "");
    (!fields.is_empty()).then(|| ActionParams { action: action.name.clone(), name: format!("{name}Params"), fields })
}

/// A Python method's name, without leading underscores.
fn method_name(name: &str) -> String {
    rust_name(name.trim_start_matches('_'))
}

/// The name of the charm's struct: the class's name, if Rust accepts that.
fn struct_name(class: &str, charm: &str) -> String {
    let is_valid =
        class.starts_with(|c: char| c.is_ascii_uppercase()) && class.chars().all(|c| c.is_ascii_alphanumeric());
    if is_valid { class.to_owned() } else { format!("{}Charm", title_case(charm, "")) }
}

/// The first line of a text as a sentence, or a default.
fn sentence(text: &str, default: impl Fn() -> String) -> String {
    let line = first_line(text).replace(['\\', '`'], "");
    if line.is_empty() {
        default()
    } else if line.ends_with(['.', '!', '?']) {
        line
    } else {
        format!("{line}.")
    }
}

fn first_line(text: &str) -> String {
    text.trim().lines().next().unwrap_or_default().trim().to_owned()
}
