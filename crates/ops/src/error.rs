//! Errors between a charm and Juju.

use std::fmt;
use std::path::PathBuf;

use crate::env::EnvError;
use crate::event_name::{EventName, UndefinedEvent};
use crate::hookcmds;
use crate::load::LoadError;
use crate::status::{Status, StatusName};

/// An error between a charm and Juju. The source, if there is one, says why. `Debug` prints the line that the log
/// would show, for tests that unwrap.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A hook command failed.
    #[error(transparent)]
    HookCommand(#[from] hookcmds::Error),
    /// The environment is not that of a hook.
    #[error(transparent)]
    Env(#[from] EnvError),
    /// The charm's metadata cannot be read.
    #[error(transparent)]
    Metadata(#[from] ops_metadata::MetadataError),
    /// The charm observes an event, or Juju dispatches one, that its metadata does not define.
    #[error(transparent)]
    UndefinedEvent(#[from] UndefinedEvent),
    /// A config option does not fit the charm's type.
    #[error("config option {0}")]
    Config(LoadError),
    /// An action's parameter does not fit the charm's type.
    #[error("action {action}: parameter {error}")]
    ActionParameter {
        /// The action's name.
        action: String,
        /// The parameter, its value, and what is wrong.
        error: LoadError,
    },
    /// Juju does not accept an action's results.
    #[error("action {action}: its results cannot be set: {reason}")]
    ActionResults {
        /// The action's name.
        action: String,
        /// Why not.
        reason: String,
    },
    /// A databag's value does not fit the charm's type, or the charm's value does not fit a databag.
    #[error("relation {databag}: {error}")]
    RelationData {
        /// The relation and whose databag it is, such as `database:3, databag of postgresql/0`.
        databag: String,
        /// The key, its value, and what is wrong.
        error: LoadError,
    },
    /// Juju would refuse to read or write this databag.
    #[error("relation {relation}, databag of {entity}: {reason}")]
    RelationDataAccess {
        /// The endpoint and the ID, such as `database:3`.
        relation: String,
        /// The unit or application whose databag it is.
        entity: String,
        /// Why Juju would refuse it.
        reason: String,
    },
    /// There is no such relation.
    #[error("relation {endpoint}:{id} does not exist")]
    RelationNotFound {
        /// The endpoint.
        endpoint: String,
        /// The ID.
        id: u32,
    },
    /// The endpoint has several relations, but one was expected.
    #[error("endpoint {endpoint} has {count} relations, but the charm expects at most one")]
    TooManyRelatedApps {
        /// The endpoint.
        endpoint: String,
        /// The number of relations.
        count: usize,
    },
    /// The secret does not exist.
    #[error("secret {name} not found")]
    SecretNotFound {
        /// The ID or label.
        name: String,
    },
    /// The secret was not granted to this unit or its application.
    #[error("secret {name}: permission denied")]
    SecretDenied {
        /// The ID or label.
        name: String,
    },
    /// The secret's content does not fit what was asked for, or Juju would refuse it.
    #[error("secret {name}: {reason}")]
    SecretContent {
        /// The ID or label.
        name: String,
        /// What is wrong; never the content.
        reason: String,
    },
    /// Only a trusted application can read the cloud's credential: see `juju trust`.
    #[error("permission denied: the application is not trusted")]
    NotTrusted,
    /// The resource has no file yet: `juju attach-resource` attaches one.
    #[error("resource {name} is not attached")]
    NoResource {
        /// The resource's name.
        name: String,
    },
    /// Only the leader can do this.
    #[error("{unit} is not the leader, and only the leader can {what}")]
    NotLeader {
        /// This unit.
        unit: String,
        /// What the unit tried to do.
        what: &'static str,
    },
    /// A charm can only read and set this for its own unit and application.
    #[error("{what} of {entity}: a charm can only read and set it for its own unit and application")]
    NotOurs {
        /// The other unit or application.
        entity: String,
        /// What was requested.
        what: &'static str,
    },
    /// Only Juju can set this status.
    #[error("status {0} cannot be set by a charm: only Juju sets it")]
    InvalidStatus(StatusName),
    /// The charm's metadata does not define this.
    #[error("the charm's metadata defines no {kind} {name:?}")]
    Undefined {
        /// The kind, such as "endpoint".
        kind: &'static str,
        /// The undefined name.
        name: String,
    },
    /// Juju did not set a variable that belongs to the event.
    #[error("event {event}: {variable} is not set, but Juju sets it for this event")]
    EventData {
        /// The event.
        event: EventName,
        /// The environment variable.
        variable: &'static str,
    },
    /// A custom event's data cannot be written or read.
    #[error("custom event {name}: its data cannot be written or read")]
    CustomEvent {
        /// The event's name.
        name: String,
        /// Why.
        source: serde_json::Error,
    },
    /// Two types of custom events have the same name.
    #[error("custom event {name} has two types, but a name must have one")]
    CustomEventClash {
        /// The name.
        name: String,
    },
    /// Two libraries have the same name.
    #[error("two of the charm's libraries are named {name}")]
    LibraryClash {
        /// The name.
        name: String,
    },
    /// The charm observes an event of a library that it has not added.
    #[error(
        "custom event {event} is observed, but library {library} is not registered: add it with Framework::library"
    )]
    NoLibrary {
        /// The event.
        event: String,
        /// The library.
        library: String,
    },
    /// A failure that the charm expects: the hook succeeds, with a status. Made by [`OrStatus`](crate::OrStatus).
    #[error("{}", .0.status.name)]
    Expected(#[from] Expected),
    /// An error of a library's or of the charm's own that has a status already, or comes from a hook command that failed.
    #[error(transparent)]
    Other(anyhow::Error),
    /// A stored value cannot be written or read.
    #[error("stored state {key:?} cannot be written or read")]
    Stored {
        /// The key.
        key: String,
        /// Why.
        source: serde_json::Error,
    },
    /// The file with deferred events and stored state cannot be used.
    #[error("{}: {reason}", path.display())]
    StateFile {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// A hook command printed something unexpected.
    #[error("`{command}` printed {value:?}, which is not {expected}")]
    Unexpected {
        /// The hook command.
        command: &'static str,
        /// Its output.
        value: String,
        /// A description of the expected output.
        expected: &'static str,
    },
    /// The machine is rebooting: this is not a failure, but ends the process.
    #[error("the machine reboots, and Juju runs this hook again after that")]
    Rebooting,
    /// A handler failed.
    #[error("event {event}: {handler} failed")]
    Handler {
        /// The event.
        event: EventName,
        /// The handler.
        handler: String,
        /// Why.
        source: anyhow::Error,
    },
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&chain(self))
    }
}

/// An expected failure and its status. As the source of [`Error::Expected`], it is found in the chain of any error
/// that wraps it.
#[non_exhaustive]
pub struct Expected {
    /// The unit's status.
    pub status: Status,
    /// The error, if there is one.
    pub source: Option<anyhow::Error>,
}

/// The status's message.
impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.status.message.is_empty() { "it has no message" } else { &self.status.message })
    }
}

/// Its source is the error. If the message already contains that error's text, it is the source of the error.
impl std::error::Error for Expected {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let failure: &(dyn std::error::Error + 'static) = self.source.as_deref()?;
        if self.status.message.contains(&failure.to_string()) { failure.source() } else { Some(failure) }
    }
}

/// Same as `Display`, for tests that unwrap.
impl fmt::Debug for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Expected {
    pub(crate) fn new(status: Status, source: Option<anyhow::Error>) -> Self {
        Self { status, source }
    }
}

/// The error and its causes in one line.
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
