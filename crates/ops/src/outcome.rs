//! Failures that a charm expects, and that end a hook well.

use std::fmt;

use crate::entry::chain;
use crate::error::Error;
use crate::event::{EventName, Notice};
use crate::framework::Failure;
use crate::hookcmds::{self, EntityKind};
use crate::model::Model;
use crate::status::Status;

/// Turns a failure that a charm expects into a status, in one expression:
///
/// ```
/// use ops::{Model, OrStatus as _, Status};
/// # use ops::StartEvent;
/// # #[derive(serde::Deserialize)] struct Config {}
/// # struct Web;
/// # impl Web { fn restart(&self, _: &Config) -> std::io::Result<()> { Ok(()) } }
/// # struct MyCharm { web: Web }
///
/// # impl MyCharm {
/// fn on_start(&mut self, _event: &StartEvent, model: &Model) -> anyhow::Result<()> {
///     let config: Config = model.load_config().or_status(|error: &ops::Error| Status::blocked(error.to_string()))?;
///     self.web.restart(&config).or_status(Status::blocked("the web server does not start: see its journal"))?;
///     Ok(())
/// }
/// # }
/// ```
///
/// Where the error leaves the handler, at whatever depth it was made, the hook ends well: it is logged as a warning, and
/// the status is proposed, as in [`collect_unit_status`](crate::on::collect_unit_status): the worst of all that are
/// proposed in this hook is set. Where an action runs, the action has failed.
///
/// An error that has a status already keeps it, and [`Unit::reboot_now`](crate::Unit::reboot_now) still ends the process. A
/// hook command that failed is no status: where Juju itself fails, nobody who reads a status can put it right, so that the
/// hook fails, and Juju runs it again. What Juju refuses because of what a person has yet to do has errors of its own, and
/// those do become statuses: [`Error::SecretDenied`], [`Error::NotTrusted`], [`Error::NoResource`].
pub trait OrStatus<T, E> {
    /// The value; or else an error that ends the hook well, with this status of the unit: a [`Status`], or a function
    /// that makes it from the error.
    ///
    /// # Errors
    /// [`Error::Expected`], if there was no value; or the error that has a status already, or the failure of a hook command, as
    /// it was.
    fn or_status(self, status: impl ToStatus<E>) -> Result<T, Error>;
}

/// A status, or a function that makes one from an error.
pub trait ToStatus<E> {
    #[doc(hidden)]
    fn to_status(self, error: &E) -> Status;
}

impl<E> ToStatus<E> for Status {
    fn to_status(self, _: &E) -> Status {
        self
    }
}

impl<E, F: FnOnce(&E) -> Status> ToStatus<E> for F {
    fn to_status(self, error: &E) -> Status {
        self(error)
    }
}

impl<T, E: Into<anyhow::Error>> OrStatus<T, E> for Result<T, E> {
    fn or_status(self, status: impl ToStatus<E>) -> Result<T, Error> {
        self.map_err(|error| {
            let status = status.to_status(&error);
            let error = error.into();
            match Stays::of(&error) {
                Some(Stays::Failure) => error.downcast().unwrap_or_else(Error::Other),
                Some(Stays::Expected) => Error::Other(error),
                None => Expected::new(status, Some(error)).into(),
            }
        })
    }
}

/// Nothing is what the charm waits for.
impl<T> OrStatus<T, ()> for Option<T> {
    fn or_status(self, status: impl ToStatus<()>) -> Result<T, Error> {
        self.ok_or_else(|| Expected::new(status.to_status(&()), None).into())
    }
}

/// A failure that a charm expects, and the status that says so: the cause of [`Error::Expected`], so that it is found
/// behind every error that has that one as its own, or is transparent for it.
#[non_exhaustive]
pub struct Expected {
    /// The unit's status.
    pub status: Status,
    /// What failed, if anything did.
    pub source: Option<anyhow::Error>,
}

/// The status's message.
impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.status.message.is_empty() { "it has no message" } else { &self.status.message })
    }
}

/// Its cause is what failed; where the message has the text of that, the cause of that.
impl std::error::Error for Expected {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let failure: &(dyn std::error::Error + 'static) = self.source.as_deref()?;
        if self.status.message.contains(&failure.to_string()) { failure.source() } else { Some(failure) }
    }
}

/// As `Display`: what is in it is what it says.
impl fmt::Debug for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Expected {
    fn new(status: Status, source: Option<anyhow::Error>) -> Self {
        Self { status, source }
    }
}

/// An error that no status takes the place of.
enum Stays {
    Expected,
    Failure,
}

impl Stays {
    /// What comes first in the chain of causes counts.
    fn of(error: &anyhow::Error) -> Option<Self> {
        error.chain().find_map(|cause| match cause.downcast_ref() {
            Some(Expected { .. }) => Some(Self::Expected),
            None => cause.is::<hookcmds::Reason>().then_some(Self::Failure),
        })
    }
}

/// A handler failed: was it expected?
pub(crate) fn end_well(error: anyhow::Error, notice: &Notice, model: &Model) -> Result<(), Failure> {
    if model.is_rebooting() {
        return Err(Failure::Handler(error));
    }
    let expected = error.chain().find_map(|cause| cause.downcast_ref::<Expected>());
    let Some(status) = expected.map(|expected| expected.status.clone()) else { return Err(Failure::Handler(error)) };
    let why = chain(&*error);
    tracing::warn!("{why}");
    if matches!(notice.event, EventName::Action(_)) {
        hookcmds::action_fail(model.runner(), &why).map_err(Error::from)?;
    }
    model.propose(EntityKind::Unit, vec![status]);
    Ok(())
}
