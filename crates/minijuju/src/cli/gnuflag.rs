//! Options as Juju reads them, with its words for mistakes.
//!
//! Juju reads its command line with a Go package of its own whose rules differ from clap's: switches take `=false`, the
//! last of several values counts, a value may begin with a hyphen. So the words are put into one plain form first, by
//! those rules and from the same definitions, and clap takes the values out.

use std::collections::HashMap;

use clap::{Arg, ArgAction, Command};

/// A command line in its plain form.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plain {
    /// Options, each one word.
    pub options: Vec<String>,
    /// The rest, in order.
    pub words: Vec<String>,
    /// What an option's long name was written as.
    pub written: HashMap<String, String>,
}

/// Why there is no plain form.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Help was asked for.
    Help,
    /// The version was asked for.
    Version,
    /// A mistake, in Juju's words.
    Mistake(String),
}

/// Puts words into their plain form, with the options of all these commands. Without `interspersed`, the first word that is not an option ends the options.
pub(super) fn plain(commands: &[&Command], words: &[String], interspersed: bool) -> Result<Plain, Refusal> {
    let mut plain = Plain::default();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        if word == "--" {
            plain.words.extend(rest.cloned());
            break;
        }
        if word == "-" || !word.starts_with('-') {
            plain.words.push(word.clone());
            if interspersed {
                continue;
            }
            plain.words.extend(rest.cloned());
            break;
        }
        if let Some(long) = word.strip_prefix("--") {
            let (name, value) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
            if name.is_empty() {
                return Err(Refusal::Mistake(format!("empty option in argument {word:?}")));
            }
            // Juju takes one letter after two hyphens for the short option, too.
            let mut value = value.map(str::to_owned);
            plain.option(find(commands, name)?, name, &mut value, &mut rest)?;
        } else {
            let mut letters = &word[1..];
            while let Some(letter) = letters.chars().next() {
                let name = &letters[..letter.len_utf8()];
                letters = &letters[letter.len_utf8()..];
                let argument = find(commands, name)?;
                // What follows a letter that takes a value is the value; after a switch, only `=` gives one.
                let mut value = if takes_value(argument) {
                    (!letters.is_empty()).then(|| letters.to_owned())
                } else {
                    letters.strip_prefix('=').map(str::to_owned)
                };
                if value.is_some() {
                    letters = "";
                }
                plain.option(argument, name, &mut value, &mut rest)?;
            }
        }
    }
    Ok(plain)
}

impl Plain {
    fn option<'a>(
        &mut self,
        argument: &Arg,
        name: &str,
        value: &mut Option<String>,
        rest: &mut impl Iterator<Item = &'a String>,
    ) -> Result<(), Refusal> {
        let long = argument.get_long().expect("every option has a long name");
        let dashed = dashed(name);
        self.written.insert(long.to_owned(), dashed.clone());
        if !takes_value(argument) {
            let text = value.take().unwrap_or_else(|| "true".to_owned());
            let on = boolean(&text)
                .map_err(|why| Refusal::Mistake(format!("invalid value {text:?} for option {dashed}: {why}")))?;
            self.forget(long);
            if is_switch(argument) {
                if on {
                    self.options.push(format!("--{long}"));
                }
            } else {
                self.options.push(format!("--{long}={on}"));
            }
            return Ok(());
        }
        let text = match value.take() {
            Some(text) => text,
            None => {
                rest.next().cloned().ok_or_else(|| Refusal::Mistake(format!("option needs an argument: {dashed}")))?
            }
        };
        if !matches!(argument.get_action(), ArgAction::Append) {
            self.forget(long);
        }
        self.options.push(format!("--{long}={text}"));
        Ok(())
    }

    /// Drops what was said before: the last counts.
    fn forget(&mut self, long: &str) {
        self.options.retain(|option| {
            option.strip_prefix("--").is_none_or(|said| said != long && !said.starts_with(&format!("{long}=")))
        });
    }
}

fn dashed(name: &str) -> String {
    if name.chars().count() > 1 { format!("--{name}") } else { format!("-{name}") }
}

fn is_switch(argument: &Arg) -> bool {
    matches!(argument.get_action(), ArgAction::SetTrue)
}

/// Whether an option takes a value in any case: switches, and options that stand for `true`, do not.
fn takes_value(argument: &Arg) -> bool {
    !is_switch(argument) && argument.get_num_args().is_none_or(|count| count.min_values() > 0)
}

fn find<'a>(commands: &[&'a Command], name: &str) -> Result<&'a Arg, Refusal> {
    let by_name = |argument: &&Arg| {
        argument.get_long() == Some(name)
            || argument.get_all_aliases().is_some_and(|aliases| aliases.contains(&name))
            || argument.get_short().is_some_and(|short| name.chars().eq([short]))
    };
    let mut options = commands.iter().flat_map(|command| command.get_arguments()).filter(|a| !a.is_positional());
    match options.find(by_name) {
        Some(argument) => Ok(argument),
        None if name == "h" || name == "help" => Err(Refusal::Help),
        None if name == "version" && commands.len() == 1 => Err(Refusal::Version),
        None => Err(Refusal::Mistake(format!("option provided but not defined: {}", dashed(name)))),
    }
}

/// Reads a switch's value as Go does.
pub fn boolean(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(format!("strconv.ParseBool: parsing {text:?}: invalid syntax")),
    }
}

/// Reads a number as Go does.
pub fn integer(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| format!("strconv.ParseInt: parsing {text:?}: invalid syntax"))
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

    fn read(line: &str, interspersed: bool) -> Result<(String, String), Refusal> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        plain(&[&command(), &Command::new("root")], &words, interspersed)
            .map(|plain| (plain.options.join(" "), plain.words.join(" ")))
    }

    #[test]
    fn options_come_into_one_form() {
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
            assert_eq!(read(line, true), Ok((options.to_owned(), words.to_owned())), "{line}");
        }
    }

    #[test]
    fn the_words_of_ssh_stay_together() {
        assert_eq!(read("-q unit/0 -n 3", false), Ok(("--quiet".to_owned(), "unit/0 -n 3".to_owned())));
    }

    #[test]
    fn mistakes_are_named_in_jujus_words() {
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
            assert_eq!(read(line, true), Err(Refusal::Mistake(words.to_owned())), "{line}");
        }
        assert_eq!(read("a --help", true), Err(Refusal::Help));
        assert_eq!(read("-h", true), Err(Refusal::Help));
    }
}
