//! The flags and arguments of a hook command.

use super::failure::{CommandResult, Failure};
use super::flag::{Flag, Kind, RELATION};
use crate::go::gnuflag::{self, OptionKind, Order, ParseError};
use crate::go::{parse_bool, parse_int, quoted};
use crate::juju::Juju;
use crate::state::{RelationId, Storage};

/// A parsed command line.
pub(crate) struct FlagSet<'a> {
    /// The command's flags.
    flags: &'static [Flag],
    /// The value of each flag, if it was given.
    values: Vec<Option<&'a str>>,
    /// The positional arguments.
    pub(crate) args: Vec<&'a str>,
    /// Whether `--help` was given.
    pub(crate) help: bool,
}

impl<'a> FlagSet<'a> {
    /// Parse the `args` of a command with these flags.
    pub(crate) fn parse(flags: &'static [Flag], args: &'a [String], juju: &Juju) -> Result<Self, Failure> {
        let mut values = vec![None; flags.len()];
        let option = |name: &str| {
            let index = find(flags, name)?;
            let kind = if matches!(flags[index].kind, Kind::Bool) { OptionKind::Bool } else { OptionKind::Value };
            Some((index, kind))
        };
        let args = gnuflag::parse(args, Order::Interspersed, option, |index: usize, _, value| {
            check(flags[index].kind, value, juju)?;
            values[index] = Some(value);
            Ok::<(), Failure>(())
        });
        match args {
            Ok(args) => Ok(Self { flags, values, args, help: false }),
            Err(ParseError::Help) => Ok(Self { flags, values, args: Vec::new(), help: true }),
            Err(ParseError::Invalid(error)) => Err(Failure::usage(error.to_string())),
        }
    }

    /// The value of a flag, and its kind.
    fn value(&self, flag: &Flag) -> (Option<&'a str>, Kind) {
        let index = find(self.flags, flag.names[0]);
        let index = index.unwrap_or_else(|| panic!("the command does not list its flag {}", flag.names[0]));
        (self.values[index], self.flags[index].kind)
    }

    /// Whether a boolean flag was given.
    pub(crate) fn is_set(&self, flag: &Flag) -> bool {
        self.value(flag).0.and_then(|value| parse_bool(value).ok()).unwrap_or(false)
    }

    /// The value of a flag, or its default.
    pub(crate) fn text(&self, flag: &Flag) -> &'a str {
        match self.value(flag) {
            (Some(value), _) => value,
            (None, Kind::Text(default) | Kind::File(default) | Kind::Format(_, default)) => default,
            (None, _) => "",
        }
    }

    /// The value of a numeric flag.
    pub(crate) fn number(&self, flag: &Flag) -> i64 {
        self.value(flag).0.and_then(|value| parse_int(value).ok()).unwrap_or(0)
    }

    /// The named relation, or the hook's.
    pub(crate) fn relation(&self, juju: &Juju) -> Option<RelationId> {
        match self.value(&RELATION).0 {
            Some(value) => relation_id(value),
            None => juju.hook_relation().map(|relation| relation.id),
        }
    }

    /// The ID of the storage instance in `flag`, or the hook's.
    pub(crate) fn storage(&self, flag: &Flag, juju: &Juju) -> Option<String> {
        self.value(flag).0.map(str::to_owned).or_else(|| juju.hook.storage.clone())
    }
}

fn find(flags: &[Flag], name: &str) -> Option<usize> {
    flags.iter().position(|flag| flag.names.contains(&name))
}

/// Check a flag's value.
fn check(kind: Kind, value: &str, juju: &Juju) -> CommandResult {
    match kind {
        Kind::Bool => parse_bool(value).map(drop).map_err(|error| Failure::usage(error.to_string())),
        Kind::Number => parse_int(value).map(drop).map_err(|error| Failure::usage(error.to_string())),
        Kind::Format(formats, _) if !formats.contains(&value) => {
            Err(Failure::usage(format!("unknown format {}", quoted(value))))
        }
        Kind::Relation => match relation_id(value) {
            None => Err(Failure::usage("invalid relation id")),
            Some(id) if juju.state.get_relation(id).is_none() => Err(Failure::usage("relation not found")),
            Some(_) => Ok(()),
        },
        Kind::Storage => find_storage(juju, value).map(drop),
        Kind::Text(_) | Kind::File(_) | Kind::Format(..) => Ok(()),
    }
}

/// The storage instance with this ID.
pub(crate) fn find_storage<'j>(juju: &'j Juju, id: &str) -> Result<&'j Storage, Failure> {
    let Some((name, index)) = id.split_once('/').and_then(|(name, index)| Some((name, index.parse::<u32>().ok()?)))
    else {
        return Err(Failure::run(format!("invalid storage ID {}", quoted(id))));
    };
    let attached = juju.state.get_storage(name, index);
    attached.ok_or_else(|| {
        Failure::run(if juju.hook.version.is_4() {
            format!("storage instance {} not found", quoted(id))
        } else {
            format!("storage attachment {id}:{} not found", juju.hook.unit)
        })
    })
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
    fn wrong_flags_are_refused_in_jujus_words() {
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
    fn flags_can_be_anywhere_before_a_double_hyphen() {
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
    fn an_unknown_command_is_refused() {
        assert_eq!(
            error_of(&mut juju(), &["make-coffee"]),
            (1, "ERROR bad request: unknown command: make-coffee\n".into())
        );
    }
}
