//! Traits that the public types have in common.

use std::collections::{BTreeSet, HashSet};
use std::fmt::Display;
use std::hash::Hash;
use std::{fs, path::Path};

use ops::hookcmds::LogLevel;
use ops::{EventName, Framework, Model, Port, Rotate, SecretOwner, StartEvent, Status, StatusName, on};

/// Puts values into a set and a sorted set, and returns them as text.
fn sorted<T: Clone + Ord + Hash + Display>(values: &[T]) -> String {
    let set: HashSet<T> = values.iter().cloned().collect();
    let sorted: BTreeSet<T> = set.into_iter().collect();
    sorted.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[test]
fn values_can_be_sorted_put_in_sets_and_printed_in_juju_s_terms() {
    let ports = ["443/tcp", "icmp", "80/tcp", "80/tcp", "53-54/udp"].map(|port| port.parse::<Port>().unwrap());
    assert_eq!(sorted(&ports), "icmp, 80/tcp, 443/tcp, 53-54/udp");
    assert_eq!(
        sorted(&[Status::blocked("b"), Status::active(), Status::blocked("a")]),
        "active, blocked: a, blocked: b"
    );
    assert_eq!(sorted(&[StatusName::Error, StatusName::Active]), "active, error");
    assert_eq!(sorted(&[Rotate::Yearly, Rotate::Daily]), "daily, yearly");
    assert_eq!(sorted(&[SecretOwner::Unit, SecretOwner::Application]), "application, unit");
    assert_eq!(sorted(&[LogLevel::Error, LogLevel::Debug]), "DEBUG, ERROR");
    let names = [on::start().into(), on::relation_joined("db").into(), on::start().into()];
    assert_eq!(sorted::<EventName>(&names), "start, db_relation_joined");
}

/// The shape of charms from `cargo charm init`: tests can replace the workload.
struct Generic<W = Real>(W);

struct Real;

trait Workload: 'static {}
impl Workload for Real {}

impl Default for Generic {
    fn default() -> Self {
        Self(Real)
    }
}

impl<W: Workload> ops::Charm for Generic<W> {
    fn observe(framework: &mut Framework<Self>) {
        framework.observe(on::start(), Self::on_start);
    }
}

impl<W: Workload> Generic<W> {
    fn on_start(&self, _: &StartEvent, _: &Model) -> ops::anyhow::Result<()> {
        let _: &W = &self.0;
        ops::anyhow::bail!("anyhow is the framework's own")
    }
}

#[test]
fn a_charm_with_a_default_type_parameter_is_run_without_naming_it() {
    // Not called: outside a hook it would only fail.
    let _: fn() -> std::process::ExitCode = || ops::main(Generic::default);
    let error = crate::juju::Juju::new().dispatch("hooks/start", &[], &mut Generic::default()).unwrap_err();
    assert_eq!(ops::chain(&error), "event start: Generic::on_start failed: anyhow is the framework's own");
}

/// The sources of the crates that charms use.
fn sources(folder: &Path, all: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, all);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            all.push(fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn a_builder_s_methods_have_the_names_of_their_fields() {
    // `with_` is for methods that return a changed copy of something that is not a builder.
    const COPIES: [&str; 2] = ["State", "Secret"];
    let mut files = Vec::new();
    for name in ["ops", "ops-testing", "emulator", "charmlibs", "interfaces"] {
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name).join("src"), &mut files);
    }
    let mut count = 0;
    for file in files {
        let mut type_name = String::new();
        for line in file.lines() {
            if let Some(rest) = line.strip_prefix("impl ") {
                type_name = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned();
            }
            let Some(name) = line.trim_start().strip_prefix("pub ").and_then(|rest| rest.split_once("fn ")) else {
                continue;
            };
            if !line.contains("(mut self") {
                continue;
            }
            count += 1;
            let (_, name) = name;
            let prefixed =
                name.starts_with("set_") || name.starts_with("with_") && !COPIES.contains(&type_name.as_str());
            assert!(!prefixed, "{type_name}: {line}");
        }
    }
    assert!(count > 100, "{count}");
}

#[test]
fn only_builders_take_a_bool() {
    let mut files = Vec::new();
    for name in ["ops", "ops-metadata", "ops-testing", "charmlibs", "interfaces"] {
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name).join("src"), &mut files);
    }
    let mut count = 0;
    for file in files {
        // A function's head may be on several lines, up to its body.
        for head in file.split("pub fn ").chain(file.split("pub const fn ")).skip(1) {
            let head = head.split('{').next().unwrap_or_default();
            count += 1;
            // The name of a builder's method explains it: `.create_home(true)`.
            assert!(!head.contains(": bool") || head.contains("(mut self"), "pub fn {head}");
        }
    }
    assert!(count > 500, "{count}");
}
