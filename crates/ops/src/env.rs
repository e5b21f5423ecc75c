//! The environment of a hook.

use std::path::PathBuf;

use crate::event_name::{EventName, UnknownEvent};

/// The `JUJU_*` environment variables with which Juju dispatches an event.
///
/// See [Juju's reference](https://documentation.ubuntu.com/juju/3.6/reference/hook/#hook-execution).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HookEnv {
    /// The event (`JUJU_DISPATCH_PATH`).
    pub event: EventName,
    /// This unit, such as `tinyproxy/0` (`JUJU_UNIT_NAME`).
    pub unit_name: String,
    /// The model's name (`JUJU_MODEL_NAME`).
    pub model_name: String,
    /// The model's UUID (`JUJU_MODEL_UUID`).
    pub model_uuid: String,
    /// The version of the Juju agent, such as `3.6.8` (`JUJU_VERSION`).
    pub juju_version: Option<String>,
    /// The charm's directory (`JUJU_CHARM_DIR`); by default the working directory.
    pub charm_dir: PathBuf,
    /// The machine, such as `0` (`JUJU_MACHINE_ID`).
    pub machine_id: Option<String>,
    /// The machine's availability zone (`JUJU_AVAILABILITY_ZONE`).
    pub availability_zone: Option<String>,
    /// The principal unit of a subordinate (`JUJU_PRINCIPAL_UNIT`).
    pub principal_unit: Option<String>,
    /// Whether log lines also go to standard error (`JUJU_DEBUG` is set).
    pub debug: bool,
    /// The endpoint and ID of the relation that the event is about (`JUJU_RELATION_ID`).
    pub relation: Option<(String, u32)>,
    /// The remote application of a relation event (`JUJU_REMOTE_APP`).
    pub remote_app: Option<String>,
    /// The remote unit of a relation event (`JUJU_REMOTE_UNIT`).
    pub remote_unit: Option<String>,
    /// The unit that is leaving a relation (`JUJU_DEPARTING_UNIT`).
    pub departing_unit: Option<String>,
    /// The storage instance that the event is about, such as `data/0` (`JUJU_STORAGE_ID`).
    pub storage_id: Option<String>,
    /// The secret that the event is about (`JUJU_SECRET_ID`).
    pub secret_id: Option<String>,
    /// The label of that secret, if this charm gave it one (`JUJU_SECRET_LABEL`).
    pub secret_label: Option<String>,
    /// The revision of that secret (`JUJU_SECRET_REVISION`).
    pub secret_revision: Option<u32>,
    /// The ID of the action's task (`JUJU_ACTION_UUID`).
    pub action_id: Option<String>,
    /// The model's HTTP proxy for charms (`JUJU_CHARM_HTTP_PROXY`).
    pub http_proxy: Option<String>,
    /// The model's HTTPS proxy for charms (`JUJU_CHARM_HTTPS_PROXY`).
    pub https_proxy: Option<String>,
    /// The model's FTP proxy for charms (`JUJU_CHARM_FTP_PROXY`).
    pub ftp_proxy: Option<String>,
    /// Hosts and networks to reach without a proxy, separated by commas (`JUJU_CHARM_NO_PROXY`).
    pub no_proxy: Option<String>,
}

/// Why the environment is not that of a hook.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnvError {
    /// `JUJU_DISPATCH_PATH` is not set: Juju did not start this process.
    #[error("JUJU_DISPATCH_PATH is not set: only Juju, or a stand-in for it, can start a charm")]
    OutsideJuju,
    /// Another variable is not set.
    #[error("{0} is not set, and Juju sets it for every hook")]
    Missing(&'static str),
    /// A variable has an unexpected value.
    #[error("{name} is {value:?}, which is not {expected}")]
    Invalid {
        /// The variable's name.
        name: &'static str,
        /// Its value.
        value: String,
        /// A description of the expected value.
        expected: &'static str,
    },
    /// The event's name is unknown.
    #[error("JUJU_DISPATCH_PATH: {0}")]
    Event(UnknownEvent),
}

impl HookEnv {
    /// The environment of an event for this unit, with only the variables that every event has. For programs that
    /// dispatch events themselves.
    pub fn new(event: EventName, unit_name: impl Into<String>) -> Self {
        Self {
            event,
            unit_name: unit_name.into(),
            model_name: String::new(),
            model_uuid: String::new(),
            juju_version: None,
            charm_dir: ".".into(),
            machine_id: None,
            availability_zone: None,
            principal_unit: None,
            debug: false,
            relation: None,
            remote_app: None,
            remote_unit: None,
            departing_unit: None,
            storage_id: None,
            secret_id: None,
            secret_label: None,
            secret_revision: None,
            action_id: None,
            http_proxy: None,
            https_proxy: None,
            ftp_proxy: None,
            no_proxy: None,
        }
    }

    /// Read the environment of this process.
    ///
    /// # Errors
    /// A variable is missing or has an unexpected value.
    pub fn from_process() -> Result<Self, EnvError> {
        Self::from_vars(|name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
    }

    /// Read an environment, variable by variable.
    ///
    /// # Errors
    /// As [`HookEnv::from_process`].
    pub fn from_vars(var: impl Fn(&str) -> Option<String>) -> Result<Self, EnvError> {
        // Juju leaves some variables empty if they do not apply.
        let optional = |name: &str| var(name).filter(|value| !value.is_empty());
        let required = |name: &'static str| optional(name).ok_or(EnvError::Missing(name));
        let dispatch_path = optional("JUJU_DISPATCH_PATH").ok_or(EnvError::OutsideJuju)?;
        let remote_unit = optional("JUJU_REMOTE_UNIT");
        let unit_name = required("JUJU_UNIT_NAME")?;
        if !is_unit_name(&unit_name) {
            return Err(EnvError::Invalid {
                name: "JUJU_UNIT_NAME",
                value: unit_name,
                expected: "the name of a unit, such as tinyproxy/0",
            });
        }
        Ok(Self {
            event: EventName::from_dispatch_path(&dispatch_path).map_err(EnvError::Event)?,
            unit_name,
            model_name: required("JUJU_MODEL_NAME")?,
            model_uuid: required("JUJU_MODEL_UUID")?,
            juju_version: optional("JUJU_VERSION"),
            charm_dir: optional("JUJU_CHARM_DIR").unwrap_or_else(|| ".".to_owned()).into(),
            machine_id: optional("JUJU_MACHINE_ID"),
            availability_zone: optional("JUJU_AVAILABILITY_ZONE"),
            principal_unit: optional("JUJU_PRINCIPAL_UNIT"),
            debug: var("JUJU_DEBUG").is_some(),
            relation: optional("JUJU_RELATION_ID").map(relation_id).transpose()?,
            // Not every version of Juju sets it, but the unit's name contains it.
            remote_app: optional("JUJU_REMOTE_APP")
                .or_else(|| remote_unit.as_deref().and_then(|unit| unit.split('/').next()).map(str::to_owned)),
            remote_unit,
            departing_unit: optional("JUJU_DEPARTING_UNIT"),
            storage_id: optional("JUJU_STORAGE_ID"),
            secret_id: optional("JUJU_SECRET_ID"),
            secret_label: optional("JUJU_SECRET_LABEL"),
            secret_revision: optional("JUJU_SECRET_REVISION").map(secret_revision).transpose()?,
            action_id: optional("JUJU_ACTION_UUID"),
            http_proxy: optional("JUJU_CHARM_HTTP_PROXY"),
            https_proxy: optional("JUJU_CHARM_HTTPS_PROXY"),
            ftp_proxy: optional("JUJU_CHARM_FTP_PROXY"),
            no_proxy: optional("JUJU_CHARM_NO_PROXY"),
        })
    }

    /// This unit's number: 0 of `tinyproxy/0`.
    #[must_use]
    pub fn unit_number(&self) -> u32 {
        self.unit_name.rsplit('/').next().and_then(|number| number.parse().ok()).unwrap_or_default()
    }

    /// This unit's application.
    #[must_use]
    pub fn app_name(&self) -> &str {
        self.unit_name.split('/').next().unwrap_or(&self.unit_name)
    }
}

fn is_unit_name(name: &str) -> bool {
    name.split_once('/').is_some_and(|(app, number)| !app.is_empty() && number.parse::<u32>().is_ok())
}

/// `database:3` is endpoint `database`, ID 3.
fn relation_id(value: String) -> Result<(String, u32), EnvError> {
    match value.rsplit_once(':').map(|(endpoint, id)| (endpoint.to_owned(), id.parse())) {
        Some((endpoint, Ok(id))) => Ok((endpoint, id)),
        _ => Err(EnvError::Invalid {
            name: "JUJU_RELATION_ID",
            value,
            expected: "an endpoint and a number, such as database:3",
        }),
    }
}

fn secret_revision(value: String) -> Result<u32, EnvError> {
    value.parse().map_err(|_| EnvError::Invalid { name: "JUJU_SECRET_REVISION", value, expected: "a number" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(vars: &[(&str, &str)]) -> Result<HookEnv, EnvError> {
        HookEnv::from_vars(|name| vars.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned()))
    }

    const INSTALL: [(&str, &str); 4] = [
        ("JUJU_DISPATCH_PATH", "hooks/install"),
        ("JUJU_UNIT_NAME", "tinyproxy/0"),
        ("JUJU_MODEL_NAME", "testing"),
        ("JUJU_MODEL_UUID", "cdac5656-2423-4388-8f30-41854b4cca7d"),
    ];

    fn with<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        more.iter().chain(&INSTALL).copied().collect()
    }

    #[test]
    fn a_lifecycle_hook_needs_four_variables() {
        let env = read(&INSTALL).unwrap();
        assert_eq!(env.event, EventName::Install);
        assert_eq!((env.app_name(), env.unit_number()), ("tinyproxy", 0));
        assert_eq!(env.charm_dir, PathBuf::from("."));
        assert!(!env.debug);
        for missing in &INSTALL[1..] {
            let rest: Vec<_> = INSTALL.iter().filter(|var| *var != missing).copied().collect();
            let error = read(&rest).unwrap_err().to_string();
            assert!(error.starts_with(missing.0) && error.contains("not set"), "{error}");
        }
        assert!(matches!(read(&INSTALL[1..]), Err(EnvError::OutsideJuju)));
    }

    #[test]
    fn an_empty_variable_counts_as_not_set() {
        let env = read(&with(&[("JUJU_PRINCIPAL_UNIT", ""), ("JUJU_RELATION_ID", ""), ("JUJU_DEBUG", "")])).unwrap();
        assert_eq!(env.principal_unit, None);
        assert_eq!(env.relation, None);
        // Ops only checks whether this one is set.
        assert!(env.debug);
    }

    #[test]
    fn the_model_s_proxies_are_those_that_juju_gives_to_charms() {
        let env = read(&with(&[
            ("JUJU_CHARM_HTTP_PROXY", "http://squid:3128"),
            ("JUJU_CHARM_HTTPS_PROXY", "http://squid:3129"),
            ("JUJU_CHARM_FTP_PROXY", ""),
            ("JUJU_CHARM_NO_PROXY", "127.0.0.1,localhost"),
        ]))
        .unwrap();
        assert_eq!(env.http_proxy.as_deref(), Some("http://squid:3128"));
        assert_eq!(env.https_proxy.as_deref(), Some("http://squid:3129"));
        assert_eq!(env.ftp_proxy, None);
        assert_eq!(env.no_proxy.as_deref(), Some("127.0.0.1,localhost"));
    }

    #[test]
    fn a_relation_event_names_its_relation() {
        let env = read(&with(&[
            ("JUJU_DISPATCH_PATH", "hooks/database-relation-changed"),
            ("JUJU_RELATION_ID", "database:3"),
            ("JUJU_REMOTE_UNIT", "postgresql/1"),
        ]))
        .unwrap();
        assert_eq!(env.event, EventName::RelationChanged("database".to_owned()));
        assert_eq!(env.relation, Some(("database".to_owned(), 3)));
        assert_eq!(env.remote_app.as_deref(), Some("postgresql"));
    }

    #[test]
    fn errors_about_invalid_variables_name_them() {
        for (name, value) in [
            ("JUJU_RELATION_ID", "database"),
            ("JUJU_RELATION_ID", "database:x"),
            ("JUJU_SECRET_REVISION", "first"),
            ("JUJU_UNIT_NAME", "tinyproxy"),
            ("JUJU_DISPATCH_PATH", "hooks/nonsense"),
        ] {
            let error = read(&with(&[(name, value)])).unwrap_err().to_string();
            assert!(error.starts_with(name) && error.contains(value.trim_start_matches("hooks/")), "{error}");
        }
    }
}
