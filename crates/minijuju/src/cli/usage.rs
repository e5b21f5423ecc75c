//! Errors in a command line.

use std::error::Error;

use super::names::ApplicationNameError;
use crate::program_name::with_program_name;

/// Why a command line is refused before anything runs. The texts are Juju's, where it has one.
#[derive(Debug, thiserror::Error)]
pub enum UsageError {
    /// A word is missing, or two options contradict each other. The command has its own message.
    #[error("{0}")]
    Rule(&'static str),
    #[error("unrecognized args: [{}]", join_quoted(.0, " "))]
    Unrecognized(Vec<String>),
    /// A word is not valid in its place.
    #[error("{what} {word:?} not valid")]
    NotValid { what: &'static str, word: String },
    /// Like `NotValid`, with Juju's other message.
    #[error("invalid {what} {word:?}")]
    Invalid { what: &'static str, word: String },
    /// A word is not one of the accepted kinds.
    #[error("{word:?} is {not}")]
    IsNot { word: String, not: &'static str },
    #[error("{what} {word:?} specified more than once")]
    Repeated { what: &'static str, word: String },
    /// An option of Juju makes no sense here.
    #[error("minijuju does not do {}: {}", join_quoted(.options, " and "), with_program_name(.reason))]
    Unsupported {
        /// The option, or several that belong together.
        options: Vec<&'static str>,
        /// The reason, or what to do instead.
        reason: &'static str,
    },
    #[error("{}", join_lines(.0))]
    Several(Vec<UsageError>),
    #[error(transparent)]
    ApplicationName(#[from] ApplicationNameError),
    /// An error that only one command has.
    #[error(transparent)]
    Command(Box<dyn Error + Send + Sync>),
}

impl UsageError {
    /// An error that only one command has.
    pub fn command(error: impl Error + Send + Sync + 'static) -> Self {
        Self::Command(Box::new(error))
    }
}

fn join_lines(errors: &[UsageError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn join_quoted(words: &[impl AsRef<str>], separator: &str) -> String {
    words.iter().map(|word| format!("{:?}", word.as_ref())).collect::<Vec<_>>().join(separator)
}

/// The value of an option, to check whether it was given.
pub trait OptionValue {
    fn is_given(&self) -> bool;
}

impl OptionValue for bool {
    fn is_given(&self) -> bool {
        *self
    }
}

impl<T> OptionValue for Option<T> {
    fn is_given(&self) -> bool {
        self.is_some()
    }
}

impl<T> OptionValue for Vec<T> {
    fn is_given(&self) -> bool {
        !self.is_empty()
    }
}

/// Refuse an option that makes no sense here, if it was given.
pub fn refuse_option(name: &'static str, option: &impl OptionValue, reason: &'static str) -> Result<(), UsageError> {
    if option.is_given() { Err(UsageError::Unsupported { options: vec![name], reason }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unsupported_option_is_refused_only_if_it_is_given() {
        assert!(refuse_option("--channel", &None::<String>, "").is_ok());
        assert!(refuse_option("--device", &Vec::<String>::new(), "").is_ok());
        let error = refuse_option("--channel", &Some("edge"), "charms come from files").unwrap_err();
        assert_eq!(error.to_string(), r#"minijuju does not do "--channel": charms come from files"#);
        let error = UsageError::Unsupported { options: vec!["--container", "--remote"], reason: "no" };
        assert_eq!(error.to_string(), r#"minijuju does not do "--container" and "--remote": no"#);
    }

    #[test]
    fn extra_words_are_quoted() {
        let error = UsageError::Unrecognized(vec!["a".to_owned(), "b c".to_owned()]);
        assert_eq!(error.to_string(), r#"unrecognized args: ["a" "b c"]"#);
    }
}
