//! Juju's rules for options, and its error messages.
//!
//! Juju parses its command line with its own Go package, whose rules differ from clap's: switches take `=false`, the
//! last of several values counts, and a value may begin with a hyphen. So this module first normalizes the words by
//! those rules, from the same definitions, and clap then extracts the values.

use std::collections::HashMap;

use clap::{Arg, ArgAction, Command};
use emulator::go::gnuflag::{self, OptionKind, Order, ParseError};
use emulator::go::{InvalidSyntax, parse_bool};

/// A normalized command line.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct NormalizedLine {
    /// Options, one word each.
    pub options: Vec<String>,
    /// The positional words, in order.
    pub words: Vec<String>,
    /// How each option was written, by its long name.
    pub written: HashMap<String, String>,
}

/// Normalize words, with the options of all these commands.
///
/// # Errors
/// Help was requested, or the words are wrong.
pub(super) fn normalize(commands: &[&Command], words: &[String], order: Order) -> Result<NormalizedLine, ParseError> {
    let mut line = NormalizedLine::default();
    let option = |name: &str| {
        let argument = find_argument(commands, name)?;
        Some((argument, if takes_value(argument) { OptionKind::Value } else { OptionKind::Bool }))
    };
    let words = gnuflag::parse(words, order, option, |argument, name, value| line.add_option(argument, name, value))?;
    line.words = words.into_iter().map(str::to_owned).collect();
    Ok(line)
}

impl NormalizedLine {
    fn add_option(&mut self, argument: &Arg, name: &str, value: &str) -> Result<(), InvalidSyntax> {
        let long = argument.get_long().expect("every option has a long name");
        self.written.insert(long.to_owned(), gnuflag::dashed(name));
        if takes_value(argument) {
            if !matches!(argument.get_action(), ArgAction::Append) {
                self.remove_option(long);
            }
            self.options.push(format!("--{long}={value}"));
            return Ok(());
        }
        let on = parse_bool(value)?;
        self.remove_option(long);
        if !is_switch(argument) {
            self.options.push(format!("--{long}={on}"));
        } else if on {
            self.options.push(format!("--{long}"));
        }
        Ok(())
    }

    /// Drop earlier values of an option: the last one counts.
    fn remove_option(&mut self, long: &str) {
        self.options.retain(|option| {
            option.strip_prefix("--").is_none_or(|given| given != long && !given.starts_with(&format!("{long}=")))
        });
    }
}

fn is_switch(argument: &Arg) -> bool {
    matches!(argument.get_action(), ArgAction::SetTrue)
}

/// Whether an option always takes a value. Switches, and options whose value may be omitted, do not.
fn takes_value(argument: &Arg) -> bool {
    !is_switch(argument) && argument.get_num_args().is_none_or(|count| count.min_values() > 0)
}

fn find_argument<'a>(commands: &[&'a Command], name: &str) -> Option<&'a Arg> {
    let by_name = |argument: &&Arg| {
        argument.get_long() == Some(name)
            || argument.get_all_aliases().is_some_and(|aliases| aliases.contains(&name))
            // Juju also accepts a short option's letter after two hyphens.
            || argument.get_short().is_some_and(|short| name.chars().eq([short]))
    };
    commands.iter().flat_map(|command| command.get_arguments()).filter(|a| !a.is_positional()).find(by_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command() -> Command {
        let option = |name: &'static str| Arg::new(name).long(name);
        Command::new("demo")
            .arg(option("num-units").short('n'))
            .arg(option("config").action(ArgAction::Append))
            .arg(option("quiet").short('q').action(ArgAction::SetTrue))
            .arg(option("verbose").short('v').action(ArgAction::SetTrue))
            .arg(option("parallel").num_args(0..=1).require_equals(true))
            .arg(Arg::new("words").num_args(0..))
    }

    fn read(line: &str, order: Order) -> Result<(String, String), ParseError> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        normalize(&[&command(), &Command::new("root")], &words, order)
            .map(|line| (line.options.join(" "), line.words.join(" ")))
    }

    #[test]
    fn options_are_normalized() {
        for (line, options, words) in [
            ("a -n 3 b", "--num-units=3", "a b"),
            ("-n3 --config x=1 --config=y=2", "--num-units=3 --config=x=1 --config=y=2", ""),
            ("-n 1 -n 2", "--num-units=2", ""),
            ("--num-units -1", "--num-units=-1", ""),
            ("-qv", "--quiet --verbose", ""),
            ("-q --quiet=false", "", ""),
            ("--quiet=T", "--quiet", ""),
            ("--parallel=0", "--parallel=false", ""),
            ("--parallel a", "--parallel=true", "a"),
            ("a -- -n --what", "", "a -n --what"),
            ("- -q", "--quiet", "-"),
        ] {
            assert_eq!(read(line, Order::Interspersed), Ok((options.to_owned(), words.to_owned())), "{line}");
        }
    }

    #[test]
    fn options_after_the_first_word_of_ssh_are_not_parsed() {
        assert_eq!(read("-q unit/0 -n 3", Order::OptionsFirst), Ok(("--quiet".to_owned(), "unit/0 -n 3".to_owned())));
    }

    #[test]
    fn an_invalid_option_is_refused_in_jujus_words() {
        for (line, words) in [
            ("--foo", "option provided but not defined: --foo"),
            ("--foo=bar", "option provided but not defined: --foo"),
            ("-x", "option provided but not defined: -x"),
            ("-qx", "option provided but not defined: -x"),
            ("-n", "option needs an argument: -n"),
            ("--num-units", "option needs an argument: --num-units"),
            ("--=x", r#"empty option in argument "--=x""#),
            (
                "--quiet=maybe",
                r#"invalid value "maybe" for option --quiet: strconv.ParseBool: parsing "maybe": invalid syntax"#,
            ),
        ] {
            match read(line, Order::Interspersed) {
                Err(ParseError::Invalid(error)) => assert_eq!(error.to_string(), words, "{line}"),
                other => panic!("{line}: {other:?}"),
            }
        }
        assert_eq!(read("a --help", Order::Interspersed), Err(ParseError::Help));
        assert_eq!(read("-h", Order::Interspersed), Err(ParseError::Help));
    }
}
