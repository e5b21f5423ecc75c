//! `KEY=VALUE` words.

use std::path::PathBuf;

/// `NAME=VALUE`: a resource and its file, a storage and its size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The part before the first `=`.
    pub name: String,
    pub value: String,
}

impl Pair {
    /// Parse `NAME=VALUE` with both parts.
    pub fn parse(text: &str) -> Result<Pair, PairError> {
        match text.split_once('=') {
            Some((name, value)) if !name.is_empty() && !value.is_empty() => {
                Ok(Pair { name: name.to_owned(), value: value.to_owned() })
            }
            _ => Err(PairError::MissingNameOrValue(text.to_owned())),
        }
    }
}

/// Why a word is not a pair.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PairError {
    #[error("badly formatted name value pair: {0}")]
    MissingNameOrValue(String),
    #[error("expected \"key=value\", got {0:?}")]
    MissingKey(String),
    #[error("empty string")]
    Empty,
}

/// One `--config` of `juju deploy`, `juju refresh` or `juju add-model`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigSource {
    /// `--config KEY=VALUE`.
    Value(Pair),
    /// `--config KEY=@FILE`: the value is in the file.
    ValueFile { name: String, path: PathBuf },
    /// `--config FILE`: YAML with one mapping, or with one mapping per application.
    File(PathBuf),
}

impl ConfigSource {
    /// Parse the argument of one `--config`.
    pub fn parse(text: &str) -> Result<ConfigSource, PairError> {
        match text.split_once('=') {
            None if text.is_empty() => Err(PairError::Empty),
            None => Ok(ConfigSource::File(text.into())),
            Some(("", _)) => Err(PairError::MissingKey(text.to_owned())),
            Some((name, value)) => Ok(match value.strip_prefix('@') {
                Some(path) => ConfigSource::ValueFile { name: name.to_owned(), path: path.into() },
                None => ConfigSource::Value(Pair { name: name.to_owned(), value: value.to_owned() }),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_config_is_a_value_a_value_in_a_file_or_a_file() {
        let pair = |name: &str, value: &str| Pair { name: name.into(), value: value.into() };
        assert_eq!(ConfigSource::parse("slug=foo"), Ok(ConfigSource::Value(pair("slug", "foo"))));
        assert_eq!(ConfigSource::parse("slug="), Ok(ConfigSource::Value(pair("slug", ""))));
        assert_eq!(ConfigSource::parse("a=b=c"), Ok(ConfigSource::Value(pair("a", "b=c"))));
        assert_eq!(ConfigSource::parse("config.yaml"), Ok(ConfigSource::File("config.yaml".into())));
        assert_eq!(
            ConfigSource::parse("cert=@./cert.pem"),
            Ok(ConfigSource::ValueFile { name: "cert".into(), path: "./cert.pem".into() })
        );
        assert_eq!(ConfigSource::parse("=x").unwrap_err().to_string(), r#"expected "key=value", got "=x""#);
    }

    #[test]
    fn a_pair_needs_a_name_and_a_value() {
        assert!(Pair::parse("image=./x.tar").is_ok());
        assert_eq!(Pair::parse("image").unwrap_err().to_string(), "badly formatted name value pair: image");
        assert!(Pair::parse("image=").is_err());
    }
}
