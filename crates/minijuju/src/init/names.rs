//! The names in a new charm, checked by the rules of Juju, Charmcraft and Rust.

use std::str::FromStr;

use super::InitError;

/// Juju's rule for names of charms, endpoints and actions.
const RULE: &str =
    "it must be lower-case letters, digits and hyphens, begin with a letter, and have a letter after each hyphen";

/// Rust's keywords, which cannot name a handler or a field.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
    "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super", "trait", "true",
    "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// What the charm manages on its machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Workload {
    None,
    /// A package of the distribution.
    Apt(String),
    /// A systemd unit.
    Systemd(String),
}

impl FromStr for Workload {
    type Err = InitError;

    fn from_str(text: &str) -> Result<Self, InitError> {
        const WORKLOAD: &str = "it must be apt:PACKAGE, systemd:UNIT or none";
        const PACKAGE: &str = "a package's name is lower-case letters, digits, `+`, `-` and `.`";
        const UNIT: &str = "a unit's name is letters, digits, and `:-_.@`";
        let invalid = |what, name: &str, rule| InitError::Name { what, name: name.to_owned(), rule };
        match text.split_once(':') {
            None if text == "none" => Ok(Self::None),
            // https://www.debian.org/doc/debian-policy/ch-controlfields.html#source
            Some(("apt", name))
                if is_name(name, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || "+-.".contains(c)) =>
            {
                Ok(Self::Apt(name.to_owned()))
            }
            Some(("apt", name)) => Err(invalid("package", name, PACKAGE)),
            // systemd.unit(5)
            Some(("systemd", name)) if is_name(name, |c| c.is_ascii_alphanumeric() || ":-_.@".contains(c)) => {
                let suffix = if name.contains('.') { "" } else { ".service" };
                Ok(Self::Systemd(format!("{name}{suffix}")))
            }
            Some(("systemd", name)) => Err(invalid("unit", name, UNIT)),
            _ => Err(invalid("workload", text, WORKLOAD)),
        }
    }
}

fn is_name(name: &str, is_allowed: impl Fn(char) -> bool) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(is_allowed)
}

/// A config option: `NAME` or `NAME:TYPE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConfigOption {
    pub(crate) name: String,
    pub(crate) option_type: OptionType,
}

/// The type of a config option in a new charm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OptionType {
    String,
    Int,
    Float,
    Boolean,
}

impl FromStr for ConfigOption {
    type Err = InitError;

    fn from_str(text: &str) -> Result<Self, InitError> {
        let (name, type_name) = text.split_once(':').unwrap_or((text, "string"));
        let option_type = match type_name {
            "string" => OptionType::String,
            "int" => OptionType::Int,
            "float" => OptionType::Float,
            "boolean" | "bool" => OptionType::Boolean,
            other => {
                let rule = "it must be string, int, float or boolean";
                return Err(InitError::Name { what: "type", name: other.to_owned(), rule });
            }
        };
        Ok(Self { name: check_name("option", name)?, option_type })
    }
}

/// An endpoint that the charm requires: `NAME:INTERFACE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) name: String,
    pub(crate) interface: String,
}

impl FromStr for Endpoint {
    type Err = InitError;

    fn from_str(text: &str) -> Result<Self, InitError> {
        let rule = "it must be ENDPOINT:INTERFACE, such as database:postgresql_client";
        let (name, interface) =
            text.split_once(':').ok_or(InitError::Name { what: "relation", name: text.to_owned(), rule })?;
        if !is_name(interface, |c| c.is_ascii_alphanumeric() || "-_".contains(c)) {
            return Err(InitError::Name { what: "interface", name: interface.to_owned(), rule });
        }
        Ok(Self { name: check_name("endpoint", name)?, interface: interface.to_owned() })
    }
}

/// Check that Juju accepts a name, and that a Rust handler can have it.
pub(super) fn check_name(what: &'static str, name: &str) -> Result<String, InitError> {
    let invalid = |rule| InitError::Name { what, name: name.to_owned(), rule };
    let words_are_valid = name.split('-').all(|word| {
        word.contains(|c: char| c.is_ascii_lowercase())
            && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    });
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !words_are_valid {
        return Err(invalid(RULE));
    }
    if KEYWORDS.contains(&name) {
        return Err(invalid("it is a keyword of Rust"));
    }
    Ok(name.to_owned())
}

/// `my-charm` in title case: `My Charm`, `MyCharm`.
pub(super) fn title_case(name: &str, separator: &str) -> String {
    let words = name.split('-').filter(|word| !word.is_empty());
    words.map(|word| word[..1].to_uppercase() + &word[1..]).collect::<Vec<_>>().join(separator)
}

/// A name as a Rust field or function.
pub(super) fn rust_name(name: &str) -> String {
    let rust_name = name.replace(|c: char| !c.is_alphanumeric(), "_");
    match rust_name.as_str() {
        // These cannot be raw identifiers.
        "crate" | "self" | "super" | "Self" | "_" | "" => format!("{rust_name}_"),
        word if KEYWORDS.contains(&word) => format!("r#{rust_name}"),
        _ => rust_name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_juju_refuses_are_refused_with_the_rule() {
        for name in ["", "Web", "9p", "a-", "-a", "a--b", "a-1", "my_charm", "../up", "ü", "a b"] {
            let error = check_name("charm", name).unwrap_err().to_string();
            assert_eq!(error, format!("charm {name:?} not valid: {RULE}"));
        }
        assert_eq!(check_name("charm", "my-charm2").unwrap(), "my-charm2");
    }

    #[test]
    fn a_keyword_of_rust_is_refused() {
        assert_eq!(
            check_name("option", "type").unwrap_err().to_string(),
            "option \"type\" not valid: it is a keyword of Rust"
        );
    }

    #[test]
    fn workloads_are_packages_units_or_none() {
        assert_eq!("none".parse::<Workload>().unwrap(), Workload::None);
        assert_eq!("apt:libc++1".parse::<Workload>().unwrap(), Workload::Apt("libc++1".to_owned()));
        assert_eq!("systemd:nginx".parse::<Workload>().unwrap(), Workload::Systemd("nginx.service".to_owned()));
        assert_eq!("systemd:a.timer".parse::<Workload>().unwrap(), Workload::Systemd("a.timer".to_owned()));
        for bad in ["apt", "apt:", "apt:-y", "apt:Nginx", "systemd:", "systemd:a b", "snap:lxd", ""] {
            assert!(bad.parse::<Workload>().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_option_has_a_type_and_an_endpoint_has_an_interface() {
        assert_eq!(
            "port:int".parse::<ConfigOption>().unwrap(),
            ConfigOption { name: "port".to_owned(), option_type: OptionType::Int }
        );
        assert!(
            "port:integer".parse::<ConfigOption>().unwrap_err().to_string().contains("string, int, float or boolean")
        );
        assert!("db".parse::<Endpoint>().unwrap_err().to_string().contains("ENDPOINT:INTERFACE"));
        assert_eq!("db:pgsql".parse::<Endpoint>().unwrap().interface, "pgsql");
    }
}
