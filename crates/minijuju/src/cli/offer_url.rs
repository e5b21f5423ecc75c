//! Offer URLs: `[CONTROLLER:][USER/]MODEL.OFFER`. Juju 3.6: core/crossmodel/offerurl.go.

use std::fmt;

use super::names::{is_application, is_model};

/// An offer's location.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfferUrl {
    /// The controller; empty for this one.
    pub source: String,
    /// The model's owner; empty for the current user.
    pub user: String,
    pub model: String,
    /// The offer, with `:ENDPOINT` if one was given.
    pub offer: String,
}

/// Why a text is not an offer URL, in Juju's words.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum OfferUrlError {
    #[error("application offer URL has invalid form, must be [<user/]<model>.<appname>: {0:?}")]
    InvalidForm(String),
    #[error("application offer URL is missing model")]
    MissingModel,
    #[error("application offer URL is missing application")]
    MissingApplication,
    #[error("{what} name {word:?} not valid")]
    NotValid { what: &'static str, word: String },
}

/// What a URL must have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Required {
    /// A model and an offer.
    All,
    /// Nothing: the offer, or the model too, may be missing.
    None,
}

impl OfferUrl {
    /// Parse a URL that names a model and an offer.
    pub fn parse(text: &str) -> Result<OfferUrl, OfferUrlError> {
        Self::parse_requiring(text, Required::All)
    }

    /// Parse a URL that may lack the offer, or also the model.
    pub fn parse_partial(text: &str) -> Result<OfferUrl, OfferUrlError> {
        Self::parse_requiring(text, Required::None)
    }

    fn parse_requiring(text: &str, required: Required) -> Result<OfferUrl, OfferUrlError> {
        let invalid = || OfferUrlError::InvalidForm(text.to_owned());
        if text.starts_with(':') {
            return Err(invalid());
        }
        let (source, rest) = split_source(text);
        let rest = rest.strip_prefix('/').unwrap_or(rest);
        let (user, rest) = rest.split_once('/').filter(|(user, _)| !user.is_empty()).unwrap_or(("", rest));
        let (model, offer) = rest.split_once('.').unwrap_or((rest, ""));
        if model.contains('/') || offer.contains('/') {
            return Err(invalid());
        }
        if required == Required::All && model.is_empty() {
            return Err(OfferUrlError::MissingModel);
        }
        if required == Required::All && offer.is_empty() {
            return Err(OfferUrlError::MissingApplication);
        }
        let name = offer.split(':').next().unwrap_or_default();
        let check = |what, word: &str, is_valid: bool| {
            let error = OfferUrlError::NotValid { what, word: word.to_owned() };
            if word.is_empty() || is_valid { Ok(()) } else { Err(error) }
        };
        check("user", user, is_user(user))?;
        check("model", model, is_model(model))?;
        check("application", name, is_application(name))?;
        Ok(OfferUrl {
            source: source.to_owned(),
            user: user.to_owned(),
            model: model.to_owned(),
            offer: offer.to_owned(),
        })
    }

    /// Whether an endpoint follows the offer's name.
    pub fn has_endpoint(&self) -> bool {
        self.offer.contains(':')
    }
}

impl fmt::Display for OfferUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.source.is_empty() {
            write!(f, "{}:", self.source)?;
        }
        if !self.user.is_empty() {
            write!(f, "{}/", self.user)?;
        }
        write!(f, "{}.{}", self.model, self.offer)
    }
}

/// The controller in front of a URL, and the rest. A colon may also precede an endpoint.
fn split_source(text: &str) -> (&str, &str) {
    let is_endpoint = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match text.split_once(':') {
        Some((source, rest)) if rest.matches(':').count() == 1 => (source, rest),
        Some((source, rest)) if !rest.contains(':') && !is_endpoint(rest) => (source, rest),
        _ => ("", text),
    }
}

/// `fred`, `fred.bloggs@canonical`.
pub fn is_user(name: &str) -> bool {
    let is_part = |part: &str, also: &str| {
        part.starts_with(|c: char| c.is_ascii_alphanumeric())
            && part.ends_with(|c: char| c.is_ascii_alphanumeric())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || also.contains(c))
    };
    match name.split_once('@') {
        Some((name, domain)) => is_part(name, ".+-") && is_part(domain, ".-"),
        None => is_part(name, ".+-"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(source: &str, user: &str, model: &str, offer: &str) -> OfferUrl {
        OfferUrl { source: source.into(), user: user.into(), model: model.into(), offer: offer.into() }
    }

    #[test]
    fn an_offer_url_may_have_an_owner_a_controller_and_an_endpoint() {
        for (text, expected) in [
            ("prod.mysql", url("", "", "prod", "mysql")),
            ("fred/prod.mysql", url("", "fred", "prod", "mysql")),
            ("/fred/prod.mysql", url("", "fred", "prod", "mysql")),
            ("ctl:fred/prod.mysql", url("ctl", "fred", "prod", "mysql")),
            ("prod.mysql:db", url("", "", "prod", "mysql:db")),
            ("ctl:fred/prod.mysql:my-db", url("ctl", "fred", "prod", "mysql:my-db")),
        ] {
            assert_eq!(OfferUrl::parse(text), Ok(expected), "{text}");
        }
        assert_eq!(OfferUrl::parse("ctl:fred/prod.mysql").unwrap().to_string(), "ctl:fred/prod.mysql");
    }

    #[test]
    fn an_invalid_offer_url_is_refused_in_jujus_words() {
        for (text, message) in [
            ("mysql", "application offer URL is missing application"),
            ("mysql:db", "application offer URL is missing application"),
            (".mysql", "application offer URL is missing model"),
            (":a.b", r#"application offer URL has invalid form, must be [<user/]<model>.<appname>: ":a.b""#),
            ("a/b/c.d", r#"application offer URL has invalid form, must be [<user/]<model>.<appname>: "a/b/c.d""#),
            ("prod.Mysql", r#"application name "Mysql" not valid"#),
            ("PROD.mysql", r#"model name "PROD" not valid"#),
            ("-x/prod.mysql", r#"user name "-x" not valid"#),
        ] {
            let error = OfferUrl::parse(text).unwrap_err().to_string();
            assert_eq!(error, message, "{text}");
        }
        assert_eq!(OfferUrl::parse_partial("ctl:"), Ok(url("ctl", "", "", "")));
        assert_eq!(OfferUrl::parse_partial("fred/prod"), Ok(url("", "fred", "prod", "")));
    }
}
