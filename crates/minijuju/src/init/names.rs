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
            Some(("apt", name)) if is(name, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || "+-.".contains(c)) => {
                Ok(Self::Apt(name.to_owned()))
            }
            Some(("apt", name)) => Err(invalid("package", name, PACKAGE)),
            // systemd.unit(5)
            Some(("systemd", name)) if is(name, |c| c.is_ascii_alphanumeric() || ":-_.@".contains(c)) => {
                let suffix = if name.contains('.') { "" } else { ".service" };
                Ok(Self::Systemd(format!("{name}{suffix}")))
            }
            Some(("systemd", name)) => Err(invalid("unit", name, UNIT)),
            _ => Err(invalid("workload", text, WORKLOAD)),
        }
    }
}

fn is(name: &str, allowed: impl Fn(char) -> bool) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(allowed)
}

/// A config option: `NAME` or `NAME:TYPE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Opt {
    pub(crate) name: String,
    pub(crate) kind: OptKind,
}

/// The types of options in a new charm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OptKind {
    String,
    Int,
    Float,
    Boolean,
}

impl FromStr for Opt {
    type Err = InitError;

    fn from_str(text: &str) -> Result<Self, InitError> {
        let (name, kind) = text.split_once(':').unwrap_or((text, "string"));
        let kind = match kind {
            "string" => OptKind::String,
            "int" => OptKind::Int,
            "float" => OptKind::Float,
            "boolean" | "bool" => OptKind::Boolean,
            other => {
                let rule = "it must be string, int, float or boolean";
                return Err(InitError::Name { what: "type", name: other.to_owned(), rule });
            }
        };
        Ok(Self { name: checked("option", name)?, kind })
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
        if !is(interface, |c| c.is_ascii_alphanumeric() || "-_".contains(c)) {
            return Err(InitError::Name { what: "interface", name: interface.to_owned(), rule });
        }
        Ok(Self { name: checked("endpoint", name)?, interface: interface.to_owned() })
    }
}

/// A name that Juju accepts, and that a Rust handler can have.
pub(crate) fn checked(what: &'static str, name: &str) -> Result<String, InitError> {
    let invalid = |rule| InitError::Name { what, name: name.to_owned(), rule };
    let words_are_whole = name.split('-').all(|word| {
        word.contains(|c: char| c.is_ascii_lowercase())
            && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    });
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !words_are_whole {
        return Err(invalid(RULE));
    }
    if KEYWORDS.contains(&name) {
        return Err(invalid("it is a keyword of Rust"));
    }
    Ok(name.to_owned())
}

/// `my-charm` in capitals: `My Charm`, `MyCharm`.
pub(super) fn capitals(name: &str, between: &str) -> String {
    let words = name.split('-').filter(|word| !word.is_empty());
    words.map(|word| word[..1].to_uppercase() + &word[1..]).collect::<Vec<_>>().join(between)
}

/// A name as a Rust field or function.
pub(super) fn field(name: &str) -> String {
    let field = name.replace(|c: char| !c.is_alphanumeric(), "_");
    match field.as_str() {
        // These cannot be raw identifiers.
        "crate" | "self" | "super" | "Self" | "_" | "" => format!("{field}_"),
        word if KEYWORDS.contains(&word) => format!("r#{field}"),
        _ => field,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_juju_refuses_are_refused_with_the_rule() {
        for name in ["", "Web", "9p", "a-", "-a", "a--b", "a-1", "my_charm", "../up", "ü", "a b"] {
            let error = checked("charm", name).unwrap_err().to_string();
            assert_eq!(error, format!("charm {name:?} not valid: {RULE}"));
        }
        assert_eq!(checked("charm", "my-charm2").unwrap(), "my-charm2");
    }

    #[test]
    fn a_keyword_of_rust_is_refused() {
        assert_eq!(
            checked("option", "type").unwrap_err().to_string(),
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
    fn an_option_has_a_type_and_a_relation_an_interface() {
        assert_eq!("port:int".parse::<Opt>().unwrap(), Opt { name: "port".to_owned(), kind: OptKind::Int });
        assert!("port:integer".parse::<Opt>().unwrap_err().to_string().contains("string, int, float or boolean"));
        assert!("db".parse::<Endpoint>().unwrap_err().to_string().contains("ENDPOINT:INTERFACE"));
        assert_eq!("db:pgsql".parse::<Endpoint>().unwrap().interface, "pgsql");
    }
}
