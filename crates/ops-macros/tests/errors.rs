//! The compiler's messages for names that charmcraft.yaml does not define.

mod package;

use std::fs;

use package::Package;

/// The compiler's messages for a charm with this code.
fn compiler_errors(name: &str, charmcraft: &str, code: &str) -> String {
    let package = Package::new(name, name, code);
    fs::write(package.folder.join("charmcraft.yaml"), charmcraft).unwrap();
    package.refused(&[])
}

const CHARMCRAFT: &str = include_str!("charmcraft.yaml");

#[test]
fn a_misspelt_name_is_shown_with_the_nearest_in_charmcraft_yaml() {
    let message = compiler_errors(
        "misspelt-names",
        CHARMCRAFT,
        "
ops::charm!(\"charmcraft.yaml\");

fn main() {
    on::databse_relation_changed();
    on::backup_action();
    on::date_storage_attached();
    let _ = (endpoints::DATABSE, storages::DATE, resources::ARCIVE);
}
",
    );
    for (wrong, kind, right) in [
        ("databse_relation_changed", "function", "database_relation_changed"),
        ("backup_action", "function", "back_up_action"),
        ("date_storage_attached", "function", "data_storage_attached"),
        ("DATABSE", "constant", "DATABASE"),
        ("DATE", "constant", "DATA"),
        ("ARCIVE", "constant", "ARCHIVE"),
    ] {
        let error = message.split("\n\n").find(|error| error.contains(&format!("`{wrong}` in module")));
        let error = error.unwrap_or_else(|| panic!("there is no error about {wrong}:\n{message}"));
        assert!(error.contains("ops::charm!(\"charmcraft.yaml\");"), "{error}");
        assert!(error.contains(&format!("similarly named {kind} `{right}` defined here")), "{error}");
    }
}

#[test]
fn a_misspelt_option_is_shown_with_the_nearest_in_charmcraft_yaml() {
    let message = compiler_errors(
        "misspelt-option",
        CHARMCRAFT,
        "
#[ops::config]
struct Config {
    log_levle: String,
    port: bool,
}

fn main() {}
",
    );
    assert!(
        message.contains(r#"charmcraft.yaml defines no option "log_levle"; did you mean "log-level"?"#),
        "{message}"
    );
    assert!(message.contains(r#"charmcraft.yaml defines the option "port" as int"#), "{message}");
    assert!(message.contains("src/main.rs:4:5"), "{message}");
}

#[test]
fn a_charmcraft_yaml_that_juju_would_refuse_is_an_error() {
    let charmcraft = "name: demo\nrequires:\n  database: {}\n";
    let message = compiler_errors("refused-metadata", charmcraft, "ops::charm!(\"charmcraft.yaml\"); fn main() {}");
    assert!(message.contains("error: charmcraft.yaml: requires.database: `interface` is missing"), "{message}");
}

#[test]
fn a_missing_charmcraft_yaml_is_an_error() {
    let message = compiler_errors("missing-metadata", CHARMCRAFT, "ops::charm!(\"charm.yaml\"); fn main() {}");
    assert!(message.contains("error: cannot read ") && message.contains("charm.yaml: No such file"), "{message}");
}

#[test]
fn unknown_keys_and_resources_that_overwrite_each_other_are_warnings() {
    let charmcraft = "name: demo\nprovide: {web: {interface: http}}\n\
                      resources: {a: {type: file, filename: x}, b: {type: file, filename: x}}\n";
    for (name, code) in [
        ("unknown-key-charm", "ops::charm!(\"charmcraft.yaml\"); fn main() {}"),
        ("unknown-key-config", "#[ops::config] struct Config {} fn main() {}"),
    ] {
        let package = Package::new(name, name, code);
        fs::write(package.folder.join("charmcraft.yaml"), charmcraft).unwrap();
        // The second time the compiler does not run, and Cargo repeats its messages.
        for message in [package.warned(), package.warned()] {
            let key = "charmcraft.yaml: provide: neither Charmcraft nor Juju knows this key; did you mean `provides`?";
            assert!(message.contains(key), "{message}");
            assert!(message.contains("charmcraft.yaml: resources: a and b both have the filename \"x\""), "{message}");
        }
    }
}
