//! `juju grant` and `juju revoke`: access control. minijuju has one user, with all access.

use std::process::ExitCode;

use anyhow::bail;
use clap::Args;

use crate::cli::{Arguments, ControllerOption, ModelIdentifier, OfferUrl, UsageError, is_model, is_user};
use crate::client::{Client, USER, offers};
use crate::store::offer;

const USAGE: &str = "<user name> <permission> [<model name> ... | <offer url> ...]";

const GRANT_HELP: &str = "\
Details:
minijuju has one user, `admin`, with all access to all models and offers, and any model may consume any
offer. So there is nothing to grant. The arguments are checked as Juju does.

Access levels are read, write and admin for models, read, consume and admin for offers, login and superuser
for the controller.

Examples:
    juju grant joe read mymodel
    juju grant jim consume fred/prod.hosted-mysql";

/// Grant access to a model, the controller or an offer.
#[derive(Debug, Clone, Args)]
#[command(after_help = GRANT_HELP)]
pub struct GrantArgs {
    #[command(flatten)]
    args: AccessArgs,
}

impl Arguments for GrantArgs {
    const USAGE: Option<&str> = Some(USAGE);

    fn init(&mut self) -> Result<(), UsageError> {
        self.args.init()
    }
}

const REVOKE_HELP: &str = "\
Details:
The only user, `admin`, keeps all access, because nobody else could restore it.

Examples:
    juju revoke joe read mymodel
    juju revoke sam consume fred/prod.hosted-mysql";

/// Revoke access to a model, the controller or an offer.
#[derive(Debug, Clone, Args)]
#[command(after_help = REVOKE_HELP)]
pub struct RevokeArgs {
    #[command(flatten)]
    args: AccessArgs,
}

impl Arguments for RevokeArgs {
    const USAGE: Option<&str> = Some(USAGE);

    fn init(&mut self) -> Result<(), UsageError> {
        self.args.init()
    }
}

/// The arguments of both commands.
#[derive(Debug, Clone, Args)]
struct AccessArgs {
    /// The user, the access, and the models or the offers
    #[arg(value_name = "user name")]
    words: Vec<String>,
    #[command(flatten)]
    controller: ControllerOption,
    #[arg(skip)]
    access: Access,
}

impl AccessArgs {
    fn init(&mut self) -> Result<(), UsageError> {
        self.access = Access::parse(&self.words)?;
        Ok(())
    }
}

/// A user's access to something.
#[derive(Debug, Clone, Default)]
struct Access {
    user: String,
    level: String,
    target: AccessTarget,
}

/// What the access is for.
#[derive(Debug, Clone, Default)]
enum AccessTarget {
    #[default]
    Controller,
    Models(Vec<String>),
    Offers(Vec<OfferUrl>),
}

/// The levels of access.
const MODEL_LEVELS: [&str; 3] = ["read", "write", "admin"];
const OFFER_LEVELS: [&str; 3] = ["read", "consume", "admin"];
const CONTROLLER_LEVELS: [&str; 2] = ["login", "superuser"];

/// Why access is refused, in Juju's words.
#[derive(Debug, thiserror::Error)]
enum AccessError {
    #[error(
        "You have specified a controller access permission {0:?}.\nIf you intended to change controller access, do not \
         specify any model names or offer URLs.\nSee 'juju help grant'."
    )]
    ControllerLevel(String),
    #[error(
        "You have specified a model access permission {0:?}.\nIf you intended to change model access, you need to specify \
         one or more model names.\nSee 'juju help grant'."
    )]
    ModelLevel(String),
    #[error("{level:?} {what} access not valid")]
    InvalidLevel { level: String, what: &'static str },
    #[error("invalid username: {0:?}")]
    InvalidUser(String),
}

impl Access {
    /// Parse the arguments. Juju 3.6: `accessCommand.Init` in cmd/juju/model/grantrevoke.go.
    fn parse(words: &[String]) -> Result<Self, UsageError> {
        let [user, rest @ ..] = words else { return Err(UsageError::Rule("no user specified")) };
        let [level, names @ ..] = rest else { return Err(UsageError::Rule("no permission level specified")) };
        let (mut models, mut urls) = (Vec::new(), Vec::new());
        for name in names {
            if let Ok(url) = OfferUrl::parse(name) {
                urls.push(url);
            } else if is_model(&ModelIdentifier::parse(name).model) {
                models.push(name.clone());
            } else {
                return Err(UsageError::NotValid { what: "model name", word: name.clone() });
            }
        }
        let target = match (models.is_empty(), urls.is_empty()) {
            (true, true) => AccessTarget::Controller,
            (false, true) => AccessTarget::Models(models),
            (true, false) => AccessTarget::Offers(urls),
            (false, false) => {
                return Err(UsageError::Rule("either specify model names or offer URLs but not both"));
            }
        };
        let error = match &target {
            AccessTarget::Controller if MODEL_LEVELS.contains(&level.as_str()) => {
                Some(AccessError::ModelLevel(level.clone()))
            }
            AccessTarget::Models(_) | AccessTarget::Offers(_) if CONTROLLER_LEVELS.contains(&level.as_str()) => {
                Some(AccessError::ControllerLevel(level.clone()))
            }
            target if !target.levels().contains(&level.as_str()) => {
                Some(AccessError::InvalidLevel { level: level.clone(), what: target.kind() })
            }
            _ if !is_user(user) => Some(AccessError::InvalidUser(user.clone())),
            AccessTarget::Controller | AccessTarget::Models(_) | AccessTarget::Offers(_) => None,
        };
        match error {
            Some(error) => Err(UsageError::command(error)),
            None => Ok(Self { user: user.clone(), level: level.clone(), target }),
        }
    }

    /// Check that the models or offers exist.
    fn check(&self, client: &Client) -> anyhow::Result<()> {
        match &self.target {
            AccessTarget::Controller => {}
            AccessTarget::Models(names) => {
                for name in names {
                    client.find_model(name)?;
                }
            }
            AccessTarget::Offers(urls) => {
                for url in urls {
                    let model = offers::model(client, url)?;
                    if offer::find(client.store.db(), &model.uuid, &url.offer)?.is_none() {
                        bail!("application offer {:?} not found", url.offer);
                    }
                }
            }
        }
        Ok(())
    }

    /// The user, if it is not the only one.
    fn other_user(&self) -> Option<&str> {
        (self.user != USER && self.user != format!("{USER}@local")).then_some(self.user.as_str())
    }
}

impl AccessTarget {
    fn levels(&self) -> &'static [&'static str] {
        match self {
            AccessTarget::Controller => &CONTROLLER_LEVELS,
            AccessTarget::Models(_) => &MODEL_LEVELS,
            AccessTarget::Offers(_) => &OFFER_LEVELS,
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            AccessTarget::Controller => "controller",
            AccessTarget::Models(_) => "model",
            AccessTarget::Offers(_) => "offer",
        }
    }
}

/// Run `juju grant`.
pub fn grant(client: &mut Client, args: &GrantArgs) -> anyhow::Result<ExitCode> {
    let access = &args.args.access;
    access.check(client)?;
    match access.other_user() {
        None => bail!("user already has {:?} access or greater", access.level),
        Some(user) if user.contains('@') => bail!(
            "could not grant {} access: user {user:?} is not a local user, and minijuju has only local users",
            access.target.kind()
        ),
        // Juju 3.6: `CreateOfferAccess` in state/applicationofferuser.go.
        Some(user) => bail!(
            "could not grant {} access: user {user:?} does not exist locally: user {user:?} not found",
            access.target.kind()
        ),
    }
}

/// Run `juju revoke`.
pub fn revoke(client: &mut Client, args: &RevokeArgs) -> anyhow::Result<ExitCode> {
    let access = &args.args.access;
    access.check(client)?;
    let kind = access.target.kind();
    match access.other_user() {
        None => bail!("could not revoke {kind} access: {USER:?} is the only user, and keeps all access"),
        Some(user) => bail!("could not revoke {kind} access: user {user:?} not found"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &str) -> Result<Access, String> {
        let words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
        Access::parse(&words).map_err(|error| error.to_string())
    }

    #[test]
    fn access_is_to_models_offers_or_the_controller() {
        assert!(
            matches!(parse("joe read m admin/n").unwrap().target, AccessTarget::Models(names) if names == ["m", "admin/n"])
        );
        assert!(
            matches!(parse("joe consume there.db").unwrap().target, AccessTarget::Offers(urls) if urls[0].offer == "db")
        );
        assert!(matches!(parse("joe superuser").unwrap().target, AccessTarget::Controller));
    }

    #[test]
    fn invalid_arguments_are_refused_in_jujus_words() {
        for (words, reason) in [
            ("", "no user specified"),
            ("joe", "no permission level specified"),
            ("joe read m there.db", "either specify model names or offer URLs but not both"),
            ("joe read X", r#"model name "X" not valid"#),
            ("joe consume m", r#""consume" model access not valid"#),
            ("joe write there.db", r#""write" offer access not valid"#),
            ("joe jump", r#""jump" controller access not valid"#),
            ("-joe read m", r#"invalid username: "-joe""#),
        ] {
            assert_eq!(parse(words).unwrap_err(), reason, "{words}");
        }
        assert!(parse("joe login m").unwrap_err().starts_with("You have specified a controller access permission"));
        assert!(parse("joe read").unwrap_err().starts_with("You have specified a model access permission"));
    }
}
