//! The compiler's messages for wrong uses of the framework.

#[path = "../../ops-macros/tests/package/mod.rs"]
mod package;

use package::Package;

/// The compiler's errors for this program.
fn compile_errors(name: &str, code: &str) -> String {
    Package::new(name, name, code).refused(&[])
}

/// The error about the line with this comment.
fn error_at<'a>(message: &'a str, code: &str, comment: &str) -> &'a str {
    let line = 1 + code.lines().position(|line| line.contains(comment)).unwrap();
    let place = format!("src/main.rs:{line}:");
    let found = message.split("\n\n").find(|error| error.contains(&place) && error.contains("error["));
    found.unwrap_or_else(|| panic!("there is no error about line {line}, {comment}:\n{message}"))
}

#[test]
fn the_error_for_an_invalid_handler_describes_a_handler() {
    let code = "
use ops::{Framework, Model, StartEvent, StopEvent, on};

struct MyCharm;

impl MyCharm {
    fn on_stop(&mut self, _: &StopEvent, _: &Model) {}
    fn returns_bool(&mut self, _: &StartEvent, _: &Model) -> bool { true }
    fn returns_a_number(&self, _: &StartEvent, _: &Model) -> std::io::Result<u32> { Ok(1) }
    fn without_model(&mut self, _: &StartEvent) {}
}

fn observe(framework: &mut Framework<MyCharm>) {
    framework.observe(on::start(), MyCharm::on_stop); // another event
    framework.observe(on::start(), MyCharm::without_model); // no model
    framework.observe(on::start(), MyCharm::returns_bool); // a bool
    framework.observe(on::start(), MyCharm::returns_a_number); // a number
}

fn main() {
    observe(todo!());
    ops::main(5); // no charm
}
";
    let message = compile_errors("wrong-handlers", code);
    for (comment, expected) in [
        ("// another event", "MyCharm::on_stop}` does not handle this event for `MyCharm`"),
        ("// another event", "not a handler of `StartEvent`"),
        (
            "// another event",
            "such as `fn on_event(&mut self, event: &StartEvent, model: &Model) -> anyhow::Result<()>`",
        ),
        ("// no model", "MyCharm::without_model}` does not handle this event for `MyCharm`"),
        ("// a bool", "fn(&mut MyCharm, &StartEvent, &Model) -> bool"),
        ("// a bool", "it may also take `&self`, and return nothing, or `Result<(), _>` with any error"),
        ("// a number", "does not handle this event for `MyCharm`"),
        ("// no charm", "`{integer}` does not make a charm"),
        ("// no charm", "`ops::main` takes a function such as `MyCharm::default`, or one that takes a `&Model`"),
    ] {
        let error = error_at(&message, code, comment);
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn enums_that_juju_can_extend_need_a_wildcard_in_a_match() {
    let types = [
        "ops::StatusName",
        "ops::EventName",
        "ops::Error",
        "ops::EnvError",
        "ops::Port",
        "ops::Rotate",
        "ops::SecretOwner",
        "ops::SecretGet",
        "ops::hookcmds::EntityKind",
        "ops::hookcmds::Error",
        "ops::hookcmds::Expiry",
        "ops::hookcmds::RebootTime",
    ];
    let functions =
        types.iter().enumerate().map(|(at, it)| format!("fn of_{at}(it: {it}) {{ match it {{}} }} // {it};\n"));
    let code = functions.collect::<String>() + "fn main() {}\n";
    let message = compile_errors("without-a-rest", &code);
    for it in types {
        let error = error_at(&message, &code, &format!("// {it};"));
        let name = it.rsplit("::").next().unwrap();
        assert!(error.contains(&format!("the matched value is of type `{it}`")) || error.contains(name), "{error}");
        assert!(error.contains("marked as non-exhaustive") || error.contains("`_` not covered"), "{error}");
    }
}

#[test]
fn dropping_a_must_use_value_is_a_warning() {
    let code = "
use ops::{Framework, Port, SecretUpdate, Status, on};

struct MyCharm;

fn dropped(model: &ops::Model) {
    Status::active(); // a status
    SecretUpdate::default().label(\"a\"); // an update
    on::start(); // an event
    Port::tcp(80); // a port
    model.unit(); // a unit
    model.unit().set_status(Status::active()); // a result
}

fn main() {
    let _: fn(&ops::Model) = dropped;
    let _: Option<(Framework<MyCharm>, MyCharm)> = None;
}
";
    let message = Package::new("dropped", "dropped", code).warned();
    for comment in ["// a status", "// an update", "// an event", "// a port", "// a unit", "// a result"] {
        let line = 1 + code.lines().position(|line| line.contains(comment)).unwrap();
        let warning = message.split("\n\n").find(|warning| warning.contains(&format!("src/main.rs:{line}:")));
        let warning = warning.unwrap_or_else(|| panic!("there is no warning about line {line}, {comment}:\n{message}"));
        assert!(warning.contains("that must be used"), "{warning}");
    }
}
