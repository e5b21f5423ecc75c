//! What can go wrong between a charm and Juju.

use std::fmt;
use std::path::PathBuf;

use crate::entry::chain;
use crate::env::EnvError;
use crate::event::{EventName, UndefinedEvent};
use crate::hookcmds;
use crate::load::LoadError;
use crate::outcome::Expected;

/// What can go wrong between a charm and Juju. The source, where there is one, says why. `Debug` is the line that the log would
/// show, for a test that unwraps.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A hook command failed.
    #[error(transparent)]
    HookCommand(#[from] hookcmds::Error),
    /// The environment is not one in which Juju runs a hook.
    #[error(transparent)]
    Env(#[from] EnvError),
    /// The charm's metadata cannot be read.
    #[error(transparent)]
    Metadata(#[from] ops_metadata::MetadataError),
    /// The charm observes an event, or Juju dispatches one, that its metadata does not define.
    #[error(transparent)]
    UndefinedEvent(#[from] UndefinedEvent),
    /// A config option is not what the charm's type says.
    #[error("config option {0}")]
    Config(LoadError),
    /// An action's parameter is not what the charm's type says.
    #[error("action {action}: parameter {error}")]
    ActionParameter {
        /// The action.
        action: String,
        /// The parameter, its value, and what is wrong.
        error: LoadError,
    },
    /// An action's results cannot be given to Juju.
    #[error("action {action}: its results cannot be set: {why}")]
    ActionResults {
        /// The action.
        action: String,
        /// Why not.
        why: String,
    },
    /// A databag's value is not what the charm's type says, or the other way round.
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
        /// Why.
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
    /// One relation was asked for, and there are more.
    #[error("endpoint {endpoint} has {count} relations where the charm expects one at the most")]
    TooManyRelatedApps {
        /// The endpoint.
        endpoint: String,
        /// How many there are.
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
    /// The secret's content cannot be what was asked for.
    #[error("secret {name}: {why}")]
    SecretContent {
        /// The ID or label.
        name: String,
        /// What is wrong; never the content.
        why: String,
    },
    /// Only an application that is trusted sees the cloud's credential: `juju trust` trusts it.
    #[error("permission denied: the application is not trusted")]
    NotTrusted,
    /// There is no file for the resource yet: `juju attach-resource` attaches one to the application.
    #[error("resource {name} is not attached")]
    NoResource {
        /// Its name.
        name: String,
    },
    /// Only the leader can do this.
    #[error("{unit} is not the leader, and only the leader can {what}")]
    NotLeader {
        /// This unit.
        unit: String,
        /// What it tried to do.
        what: &'static str,
    },
    /// Juju lets a charm read and set this for its own unit and application only.
    #[error("{what} of {entity}: Juju lets a charm read and set it for its own unit and application only")]
    NotOurs {
        /// The other unit or application.
        entity: String,
        /// What was asked for.
        what: &'static str,
    },
    /// Juju does not take this status from a charm.
    #[error("status {0} cannot be set by a charm: it is Juju's own")]
    InvalidStatus(crate::StatusName),
    /// The metadata has no such thing.
    #[error("the charm's metadata defines no {kind} {name:?}")]
    Undefined {
        /// What kind of thing.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// Juju did not say what the event is about.
    #[error("event {event}: {variable} is not set, and Juju sets it for this event")]
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
    #[error("custom event {name} is of two types: a name is that of one")]
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
    /// The charm observes an event of a library that takes no part.
    #[error("custom event {event} is observed, and library {library} takes no part: add it with Framework::library")]
    NoLibrary {
        /// The event.
        event: String,
        /// The library.
        library: String,
    },
    /// A failure that the charm expects, and that ends the hook well: [`OrStatus`](crate::OrStatus) makes it.
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
    #[error("{}: {why}", path.display())]
    StateFile {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do.
        why: String,
    },
    /// Juju printed something that cannot be what it stands for.
    #[error("`{command}` gave {value:?}, which is not {expected}")]
    Unexpected {
        /// The hook command.
        command: &'static str,
        /// What it printed.
        value: String,
        /// What was expected.
        expected: &'static str,
    },
    /// The machine reboots: not a failure, but the end of this process.
    #[error("the machine reboots, and Juju runs this hook again afterwards")]
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
