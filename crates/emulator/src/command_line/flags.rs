//! Flags and arguments, read as Juju's Go library reads them.

use super::failure::Failure;
use super::spec::{Kind, Spec};
use crate::Juju;
use crate::format::quote::quoted;
use crate::state::RelationId;

/// What stands on a command line.
#[derive(Debug)]
pub(crate) struct Flags<'a> {
    /// The value of each flag of the command that was given.
    values: Vec<Option<&'a str>>,
    /// What is not a flag, in order.
    pub(crate) args: Vec<&'a str>,
    /// `--help` was given.
    pub(crate) help: bool,
}

impl<'a> Flags<'a> {
    /// Read `args` for the command `spec`. Flags may stand anywhere before `--`.
    pub(crate) fn parse(spec: &Spec, args: &'a [String], juju: &Juju) -> Result<Self, Failure> {
        let mut flags = Self { values: vec![None; spec.flags.len()], args: Vec::new(), help: false };
        let mut rest = args.iter();
        while let Some(arg) = rest.next() {
            if let Some(long) = arg.strip_prefix("--") {
                if long.is_empty() {
                    flags.args.extend(rest.map(String::as_str));
                    break;
                }
                let (name, value) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
                if name.is_empty() {
                    return Err(Failure::usage(format!("empty option in argument {}", quoted(arg))));
                }
                flags.set(spec, name, value, &mut rest, juju)?;
            } else if arg.len() > 1 && arg.starts_with('-') {
                flags.set_short(spec, &arg[1..], &mut rest, juju)?;
            } else {
                flags.args.push(arg);
            }
            if flags.help {
                break;
            }
        }
        Ok(flags)
    }

    /// A group of flags of one letter: `-r5`, `-r 5`, `-ar5`.
    fn set_short(
        &mut self,
        spec: &Spec,
        group: &'a str,
        rest: &mut std::slice::Iter<'a, String>,
        juju: &Juju,
    ) -> Result<(), Failure> {
        let mut group = group;
        while let Some(letter) = group.chars().next() {
            let (name, after) = group.split_at(letter.len_utf8());
            let takes_value = find(spec, name).is_some_and(|index| !matches!(spec.flags[index].kind, Kind::Bool));
            let value = if after.is_empty() || !(takes_value || after.starts_with('=')) {
                None
            } else {
                // The sign between is a part of the value, unlike behind a long name.
                Some(after)
            };
            self.set(spec, name, value, rest, juju)?;
            if value.is_some() || self.help {
                break;
            }
            group = after;
        }
        Ok(())
    }

    fn set(
        &mut self,
        spec: &Spec,
        name: &str,
        value: Option<&'a str>,
        rest: &mut std::slice::Iter<'a, String>,
        juju: &Juju,
    ) -> Result<(), Failure> {
        let minus = |name: &str| if name.len() > 1 { format!("--{name}") } else { format!("-{name}") };
        let Some(index) = find(spec, name) else {
            if matches!(name, "help" | "h") {
                self.help = true;
                return Ok(());
            }
            return Err(Failure::usage(format!("option provided but not defined: {}", minus(name))));
        };
        let kind = spec.flags[index].kind;
        let value = match (kind, value) {
            (_, Some(value)) => value,
            (Kind::Bool, None) => "true",
            (_, None) => match rest.next() {
                Some(value) => value,
                None => return Err(Failure::usage(format!("option needs an argument: {}", minus(name)))),
            },
        };
        check(kind, value, juju).map_err(|reason| {
            Failure::usage(format!("invalid value {} for option {}: {reason}", quoted(value), minus(name)))
        })?;
        self.values[index] = Some(value);
        Ok(())
    }

    fn value(&self, spec: &Spec, name: &str) -> Option<&'a str> {
        find(spec, name).and_then(|index| self.values[index])
    }

    /// Whether a boolean flag was given.
    pub(crate) fn is_set(&self, spec: &Spec, name: &str) -> bool {
        self.value(spec, name).and_then(parse_bool).unwrap_or(false)
    }

    /// The value of a flag, or its default.
    pub(crate) fn text(&self, spec: &Spec, name: &str) -> &'a str {
        let default = || match find(spec, name).map(|index| spec.flags[index].kind) {
            Some(Kind::Text(default) | Kind::File(default) | Kind::Format(_, default)) => default,
            _ => "",
        };
        self.value(spec, name).unwrap_or_else(default)
    }

    /// The value of a flag that takes a number.
    pub(crate) fn number(&self, spec: &Spec, name: &str) -> i64 {
        self.value(spec, name).and_then(parse_number).unwrap_or(0)
    }

    /// The relation that was named, or that the hook is about.
    pub(crate) fn relation(&self, spec: &Spec, juju: &Juju) -> Option<RelationId> {
        match self.value(spec, "relation") {
            Some(value) => relation_id(value),
            None => juju.hook_relation().map(|relation| relation.id),
        }
    }

    /// The storage instance that was named, or that the hook is about.
    pub(crate) fn storage(&self, spec: &Spec, juju: &Juju) -> Option<String> {
        self.value(spec, "s").map(str::to_owned).or_else(|| juju.hook.storage.clone())
    }
}

fn find(spec: &Spec, name: &str) -> Option<usize> {
    spec.flags.iter().position(|flag| flag.names.contains(&name))
}

fn check(kind: Kind, value: &str, juju: &Juju) -> Result<(), String> {
    match kind {
        Kind::Bool if parse_bool(value).is_none() => {
            Err(format!("strconv.ParseBool: parsing {}: invalid syntax", quoted(value)))
        }
        Kind::Number if parse_number(value).is_none() => {
            Err(format!("strconv.ParseInt: parsing {}: invalid syntax", quoted(value)))
        }
        Kind::Format(formats, _) if !formats.contains(&value) => Err(format!("unknown format {}", quoted(value))),
        Kind::Relation => match relation_id(value) {
            None => Err("invalid relation id".to_owned()),
            Some(id) if juju.state.get_relation(id).is_none() => Err("relation not found".to_owned()),
            Some(_) => Ok(()),
        },
        Kind::Storage => juju.storage(value).map(drop),
        _ => Ok(()),
    }
}

fn parse_bool(value: &str) -> Option<bool> {
    match value {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

/// A whole number in any base that Go knows.
fn parse_number(value: &str) -> Option<i64> {
    let (sign, digits) = match value.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, value.strip_prefix('+').unwrap_or(value)),
    };
    let (base, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    i64::from_str_radix(digits, base).ok().map(|number| sign * number)
}

/// The number in `database:7` or `7`.
fn relation_id(value: &str) -> Option<RelationId> {
    value.rsplit(':').next().unwrap_or(value).parse().ok()
}

#[cfg(test)]
mod tests {
    use crate::Juju;
    use crate::tests::{answer, juju};

    fn error_of(juju: &mut Juju, line: &[&str]) -> (i32, String) {
        let output = answer(juju, line);
        (output.code, String::from_utf8(output.stderr).unwrap())
    }

    #[test]
    fn refuses_wrong_flags_as_juju_does() {
        let mut juju = juju();
        for (line, error) in [
            (&["config-get", "--nope"][..], "option provided but not defined: --nope"),
            (&["config-get", "-x"], "option provided but not defined: -x"),
            (&["config-get", "-ax"], "option provided but not defined: -x"),
            (&["config-get", "--format"], "option needs an argument: --format"),
            (&["config-get", "-o"], "option needs an argument: -o"),
            (&["config-get", "--format", "toml"], r#"invalid value "toml" for option --format: unknown format "toml""#),
            (
                &["config-get", "--all=maybe"],
                r#"invalid value "maybe" for option --all: strconv.ParseBool: parsing "maybe": invalid syntax"#,
            ),
            (
                &["config-get", "-a=false"],
                r#"invalid value "=false" for option -a: strconv.ParseBool: parsing "=false": invalid syntax"#,
            ),
            (&["config-get", "--=x"], r#"empty option in argument "--=x""#),
            (&["relation-list", "-r", "x"], r#"invalid value "x" for option -r: invalid relation id"#),
            (
                &["relation-list", "--relation", "db:77"],
                r#"invalid value "db:77" for option --relation: relation not found"#,
            ),
            (&["is-leader", "now", "please"], r#"unrecognized args: ["now" "please"]"#),
        ] {
            assert_eq!(error_of(&mut juju, line), (2, format!("ERROR {error}\n")), "{line:?}");
        }
    }

    #[test]
    fn takes_flags_anywhere_before_two_minuses() {
        let mut juju = juju();
        for line in [
            &["config-get", "slug", "--format", "json"][..],
            &["config-get", "--format=json", "slug"],
            &["config-get", "--format", "yaml", "slug", "--format=json"],
            &["config-get", "--all=false", "--format=json", "--", "slug"],
            &["config-get", "--format=json", "-o", "", "slug"],
        ] {
            assert_eq!(String::from_utf8(answer(&mut juju, line).stdout).unwrap(), "\"foo\"\n", "{line:?}");
        }
        assert_eq!(
            error_of(&mut juju, &["is-leader", "--", "--format"]),
            (2, "ERROR unrecognized args: [\"--format\"]\n".into())
        );
    }

    #[test]
    fn refuses_a_command_that_does_not_exist() {
        assert_eq!(
            error_of(&mut juju(), &["make-coffee"]),
            (1, "ERROR bad request: unknown command: make-coffee\n".into())
        );
    }
}
