//! Parses command lines by the rules of Juju's library `gnuflag`, for hook commands and for `juju` itself.

use super::quoted;

/// Whether an option takes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionKind {
    /// It is a boolean: it takes no value, except `=true` and `=false`.
    Bool,
    /// It takes a value: after `=`, or the next word.
    Value,
}

/// Where options may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Anywhere before `--`.
    Interspersed,
    /// Before the first positional argument.
    OptionsFirst,
}

/// Why a command line was not parsed completely.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParseError {
    /// It asks for help.
    Help,
    /// An option is wrong.
    Invalid(OptionError),
}

/// What is wrong with an option, in Juju's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OptionError {
    /// The option does not exist.
    #[error("option provided but not defined: {0}")]
    Undefined(String),
    /// The option's value is missing.
    #[error("option needs an argument: {0}")]
    NeedsArgument(String),
    /// The option has no name.
    #[error("empty option in argument {}", quoted(.0))]
    EmptyName(String),
    /// The option does not accept this value.
    #[error("invalid value {} for option {option}: {reason}", quoted(.value))]
    InvalidValue {
        /// The value, as given.
        value: String,
        /// The option, with its hyphens.
        option: String,
        /// Why it is not accepted.
        reason: String,
    },
}

/// An option as written: `--all`, `-a`.
#[must_use]
pub fn dashed(name: &str) -> String {
    if name.chars().count() > 1 { format!("--{name}") } else { format!("-{name}") }
}

/// Parse `args`, and return the positional arguments.
///
/// `find` looks up options by name. `set` receives each given option with its name and its value (`true` for an option
/// without a value), and returns why it refuses a value.
///
/// # Errors
/// Help is requested, or an option is wrong.
pub fn parse<'a, O, E: ToString>(
    args: &'a [String],
    order: Order,
    find: impl Fn(&str) -> Option<(O, OptionKind)>,
    mut set: impl FnMut(O, &str, &'a str) -> Result<(), E>,
) -> Result<Vec<&'a str>, ParseError> {
    let mut positional: Vec<&str> = Vec::new();
    let mut rest = args.iter().map(String::as_str);
    let known = |name: &str| match find(name) {
        Some(option) => Ok(option),
        None if matches!(name, "help" | "h") => Err(ParseError::Help),
        None => Err(ParseError::Invalid(OptionError::Undefined(dashed(name)))),
    };
    let mut set_option = |(option, kind): (O, OptionKind),
                          name: &str,
                          value: Option<&'a str>,
                          next: &mut dyn FnMut() -> Option<&'a str>| {
        let value = match (value, kind) {
            (Some(value), _) => value,
            (None, OptionKind::Bool) => "true",
            (None, OptionKind::Value) => {
                next().ok_or_else(|| ParseError::Invalid(OptionError::NeedsArgument(dashed(name))))?
            }
        };
        set(option, name, value).map_err(|reason| {
            let reason = reason.to_string();
            ParseError::Invalid(OptionError::InvalidValue { value: value.to_owned(), option: dashed(name), reason })
        })
    };
    while let Some(arg) = rest.next() {
        if arg == "--" {
            positional.extend(rest);
            break;
        }
        if let Some(long) = arg.strip_prefix("--") {
            let (name, value) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
            if name.is_empty() {
                return Err(ParseError::Invalid(OptionError::EmptyName(arg.to_owned())));
            }
            set_option(known(name)?, name, value, &mut || rest.next())?;
        } else if arg.len() > 1 && arg.starts_with('-') {
            // A group of one-letter options: `-qr5`, `-r 5`.
            let mut group = &arg[1..];
            while let Some(letter) = group.chars().next() {
                let (name, after) = group.split_at(letter.len_utf8());
                let option = known(name)?;
                // Unlike after a long name, `=` belongs to the value here.
                let is_value = !after.is_empty() && (option.1 == OptionKind::Value || after.starts_with('='));
                set_option(option, name, is_value.then_some(after), &mut || rest.next())?;
                group = if is_value { "" } else { after };
            }
        } else {
            positional.push(arg);
            if order == Order::OptionsFirst {
                positional.extend(rest);
                break;
            }
        }
    }
    Ok(positional)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Options = Vec<(String, String)>;

    fn run(line: &str, order: Order) -> Result<(Options, String), ParseError> {
        let args: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let find = |name: &str| match name {
            "n" | "num-units" => Some(("num-units", OptionKind::Value)),
            "q" | "quiet" => Some(("quiet", OptionKind::Bool)),
            _ => None,
        };
        let mut options = Options::new();
        let words = parse(&args, order, find, |option, _, value| {
            options.push((option.to_owned(), value.to_owned()));
            if value == "bad" { Err("no good") } else { Ok(()) }
        })?
        .join(" ");
        Ok((options, words))
    }

    #[test]
    fn options_can_be_written_in_every_form() {
        for (line, options, words) in [
            ("a -n 3 b", &[("num-units", "3")][..], "a b"),
            ("-n3 --num-units=4", &[("num-units", "3"), ("num-units", "4")], ""),
            ("--num-units -1", &[("num-units", "-1")], ""),
            ("-qn5", &[("quiet", "true"), ("num-units", "5")], ""),
            ("--quiet=false -q=0", &[("quiet", "false"), ("quiet", "=0")], ""),
            ("a -- -n --what", &[], "a -n --what"),
            ("- -q", &[("quiet", "true")], "-"),
        ] {
            let options: Options = options.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
            assert_eq!(run(line, Order::Interspersed), Ok((options, words.to_owned())), "{line}");
        }
    }

    #[test]
    fn with_options_first_the_first_positional_argument_ends_the_options() {
        let options = vec![("quiet".to_owned(), "true".to_owned())];
        assert_eq!(run("-q unit/0 -n 3", Order::OptionsFirst), Ok((options, "unit/0 -n 3".to_owned())));
    }

    #[test]
    fn wrong_options_are_refused_in_jujus_words() {
        for (line, error) in [
            ("--foo=bar", "option provided but not defined: --foo"),
            ("-qx", "option provided but not defined: -x"),
            ("-n", "option needs an argument: -n"),
            ("--=x", r#"empty option in argument "--=x""#),
            ("--quiet=bad", r#"invalid value "bad" for option --quiet: no good"#),
        ] {
            match run(line, Order::Interspersed) {
                Err(ParseError::Invalid(found)) => assert_eq!(found.to_string(), error),
                other => panic!("{line}: {other:?}"),
            }
        }
        assert_eq!(run("a --help --foo", Order::Interspersed), Err(ParseError::Help));
        assert_eq!(run("-h", Order::Interspersed), Err(ParseError::Help));
    }
}
