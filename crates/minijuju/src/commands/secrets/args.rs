//! The arguments of the commands about secrets.

use std::fmt;
use std::path::PathBuf;

use clap::{ArgAction, Args};

use crate::cli::{Arguments, ModelOption, Output, UsageError, integer};
use crate::format::{Document, Tabular};

/// One `KEY=VALUE` of a secret's content. `Debug` shows only the key.
#[derive(Clone, PartialEq, Eq)]
pub struct ContentEntry {
    /// The key, without suffix.
    pub key: String,
    pub value: SecretValue,
}

/// A secret's value as the command line gives it.
#[derive(Clone, PartialEq, Eq)]
pub enum SecretValue {
    /// `KEY=VALUE`.
    Text(String),
    /// `KEY#base64=VALUE`.
    Base64(String),
    /// `KEY#file=PATH`.
    File(PathBuf),
}

impl fmt::Debug for ContentEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContentEntry").field("key", &self.key).finish_non_exhaustive()
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretValue(…)")
    }
}

impl ContentEntry {
    fn parse(word: &str) -> Result<ContentEntry, UsageError> {
        let (key, value) = match word.split_once('=') {
            Some((key, value)) if !key.is_empty() && !value.trim_end_matches('=').is_empty() => (key, value),
            // Do not quote the whole word: what follows the key may be secret.
            Some((key, _)) => return Err(UsageError::NotValid { what: "key value", word: format!("{key}=") }),
            None => return Err(UsageError::Rule("key value without \"=\" not valid")),
        };
        let (key, value) = if let Some(key) = key.strip_suffix("#file") {
            (key, SecretValue::File(value.into()))
        } else if let Some(key) = key.strip_suffix("#base64") {
            (key, SecretValue::Base64(value.to_owned()))
        } else {
            (key, SecretValue::Text(value.to_owned()))
        };
        if is_key(key) {
            Ok(ContentEntry { key: key.to_owned(), value })
        } else {
            Err(UsageError::NotValid { what: "key", word: key.to_owned() })
        }
    }
}

/// At least three lowercase letters or digits that start with a letter, with single hyphens in between.
fn is_key(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_lowercase())
        && !key.ends_with('-')
        && !key.contains("--")
        && key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && key.chars().filter(|c| *c != '-').count() >= 3
}

/// The words of `add-secret` and `update-secret` with the content. `Debug` does not show them.
#[derive(Clone)]
struct Redacted(String);

impl fmt::Debug for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl std::str::FromStr for Redacted {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Redacted, Self::Err> {
        Ok(Redacted(text.to_owned()))
    }
}

/// The sources of a secret's content: first the file, then the words.
#[derive(Debug, Clone, Args)]
pub struct SecretSource {
    /// The content: key=value, key#base64=value or key#file=path
    #[arg(value_name = "key[#base64|#file]=value")]
    words: Vec<Redacted>,
    /// YAML file with the content
    #[arg(long, value_name = "file")]
    pub file: Option<PathBuf>,
    /// What the secret is for
    #[arg(long, value_name = "description")]
    pub info: Option<String>,
    /// The content in words.
    #[arg(skip)]
    pub content: Vec<ContentEntry>,
}

impl SecretSource {
    fn init(&mut self) -> Result<(), UsageError> {
        self.content = self.words.drain(..).map(|word| ContentEntry::parse(&word.0)).collect::<Result<_, _>>()?;
        Ok(())
    }
}

const ADD_SECRET_HELP: &str = "\
Details:
It prints the secret's ID. Applications can read the secret once it is granted to them.

Examples:
    juju add-secret api-key token=34ae35facd4
    juju add-secret tls key#file=./key.pem cert#file=./cert.pem
    juju add-secret api-key --file secret.yaml";

/// Add a secret for charms to use.
#[derive(Debug, Clone, Args)]
#[command(after_help = ADD_SECRET_HELP)]
pub struct AddSecretArgs {
    /// Name of the secret
    pub name: String,
    #[command(flatten)]
    pub source: SecretSource,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for AddSecretArgs {
    const USAGE: Option<&str> = Some("<name> [key[#base64|#file]=value...]");
    const MISSING: &[&str] = &["secret name needs to be supplied as the first argument"];

    fn init(&mut self) -> Result<(), UsageError> {
        self.source.init()?;
        if self.source.content.is_empty() && self.source.file.is_none() {
            return Err(UsageError::Rule("missing secret value or filename"));
        }
        Ok(())
    }
}

/// Give a secret new content.
#[derive(Debug, Clone, Args)]
pub struct UpdateSecretArgs {
    /// The secret: its ID or its name
    #[arg(value_name = "ID or name")]
    pub secret: String,
    #[command(flatten)]
    pub source: SecretSource,
    /// New name of the secret
    #[arg(long)]
    pub name: Option<String>,
    /// Remove revisions that are no longer used
    #[arg(long = "auto-prune", num_args = 0..=1, require_equals = true, default_missing_value = "true",
          value_name = "bool")]
    pub auto_prune: Option<bool>,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for UpdateSecretArgs {
    const USAGE: Option<&str> = Some("<ID>|<name> [key[#base64|#file]=value...]");
    const MISSING: &[&str] = &["missing secret URI"];

    fn init(&mut self) -> Result<(), UsageError> {
        self.source.init()
    }
}

/// A secret, and applications.
#[derive(Debug, Clone, Args)]
pub struct SecretAndApplications {
    /// The secret: its ID or its name
    #[arg(value_name = "ID or name")]
    pub secret: String,
    /// The applications, separated by commas
    #[arg(value_name = "applications", action = ArgAction::Set, value_delimiter = ',', num_args = 1,
          required = true)]
    pub applications: Vec<String>,
    #[command(flatten)]
    pub model: ModelOption,
}

impl SecretAndApplications {
    const USAGE: Option<&str> = Some("<ID>|<name> <application>[,<application>...]");
    const MISSING: &[&str] = &["missing secret URI or application name"];
}

/// Let applications read a secret.
#[derive(Debug, Clone, Args)]
pub struct GrantSecretArgs {
    #[command(flatten)]
    pub args: SecretAndApplications,
}

impl Arguments for GrantSecretArgs {
    const USAGE: Option<&str> = SecretAndApplications::USAGE;
    const MISSING: &[&str] = SecretAndApplications::MISSING;
}

/// Stop applications reading a secret.
#[derive(Debug, Clone, Args)]
pub struct RevokeSecretArgs {
    #[command(flatten)]
    pub args: SecretAndApplications,
}

impl Arguments for RevokeSecretArgs {
    const USAGE: Option<&str> = SecretAndApplications::USAGE;
    const MISSING: &[&str] = SecretAndApplications::MISSING;
}

/// Remove a secret, or one revision of it.
#[derive(Debug, Clone, Args)]
pub struct RemoveSecretArgs {
    /// The secret: its ID or its name
    #[arg(value_name = "ID or name")]
    pub secret: String,
    /// Remove this revision only
    #[arg(long, value_parser = integer)]
    pub revision: Option<i64>,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for RemoveSecretArgs {
    const USAGE: Option<&str> = Some("<ID>|<name>");
    const MISSING: &[&str] = &["missing secret URI"];
}

/// List the secrets.
#[derive(Debug, Clone, Args)]
#[command(alias = "list-secrets")]
pub struct SecretsArgs {
    /// Show the secrets of this owner: application-tinyproxy, unit-tinyproxy-0, model-testing
    #[arg(long)]
    pub owner: Option<String>,
    #[command(flatten)]
    pub output: Output<Tabular>,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for SecretsArgs {}

/// Show a secret.
#[derive(Debug, Clone, Args)]
pub struct ShowSecretArgs {
    /// The secret: its ID or its name
    #[arg(value_name = "ID or name")]
    pub secret: String,
    /// Show its content
    #[arg(long)]
    pub reveal: bool,
    /// Show its revisions
    #[arg(long)]
    pub revisions: bool,
    /// Show this revision
    #[arg(short = 'r', long, value_parser = integer)]
    pub revision: Option<i64>,
    #[command(flatten)]
    pub output: Output<Document>,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for ShowSecretArgs {
    const USAGE: Option<&str> = Some("<ID>|<name>");
    const MISSING: &[&str] = &["secret ID is required"];

    fn init(&mut self) -> Result<(), UsageError> {
        // For Juju, revision 0 means the latest.
        self.revision = self.revision.filter(|revision| *revision != 0);
        if self.revisions && self.reveal {
            return Err(UsageError::Rule("specify either --revisions or --reveal but not both"));
        }
        if self.revisions && self.revision.is_some_and(|revision| revision > 0) {
            return Err(UsageError::Rule("specify either --revisions or --revision but not both"));
        }
        if self.revision.is_some_and(|revision| revision < 0) {
            return Err(UsageError::Rule("revision must be a positive integer"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::Command;
    use crate::commands::tests::{self, assert_refused, command};

    fn parse(word: &str) -> Result<(String, SecretValue), String> {
        ContentEntry::parse(word).map(|word| (word.key, word.value)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_value_is_text_base64_or_in_a_file() {
        assert_eq!(parse("password=a=b"), Ok(("password".into(), SecretValue::Text("a=b".into()))));
        assert_eq!(parse("cert#base64=AA=="), Ok(("cert".into(), SecretValue::Base64("AA==".into()))));
        assert_eq!(parse("cert#file=./c.pem"), Ok(("cert".into(), SecretValue::File("./c.pem".into()))));
        assert_eq!(parse("ab=x"), Err(r#"key "ab" not valid"#.to_owned()));
        assert_eq!(parse("password="), Err(r#"key value "password=" not valid"#.to_owned()));
    }

    #[test]
    fn debug_output_never_shows_a_value() {
        let word = ContentEntry::parse("password=hunter2").expect("a word");
        assert!(!format!("{word:?} {:?} {:?}", word.value, Redacted("password=hunter2".into())).contains("hunter2"));
        assert!(!parse("hunter2").expect_err("refused").contains("hunter2"));
    }

    #[test]
    fn the_debug_output_of_add_secret_hides_the_content() {
        let invocation = tests::parse("add-secret api token=hunter2 cert#file=./c --info why");
        assert!(!format!("{invocation:?}").contains("hunter2"));
        let Command::AddSecret(add) = invocation.command else { panic!("not add-secret") };
        assert_eq!(add.name, "api");
        assert_eq!(add.source.content[0].value, SecretValue::Text("hunter2".into()));
        assert_eq!(add.source.info.as_deref(), Some("why"));
        assert_eq!(command!("grant-secret secret:abc a,b", GrantSecret).args.applications, ["a", "b"]);
        for (line, reason) in [
            ("add-secret", "secret name needs to be supplied as the first argument"),
            ("add-secret api", "missing secret value or filename"),
            ("show-secret x --reveal --revisions", "specify either --revisions or --reveal but not both"),
            ("grant-secret x", "missing secret URI or application name"),
        ] {
            assert_refused(line, reason, 2);
        }
    }
}
