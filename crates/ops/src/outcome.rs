//! Failures that a charm expects, and that end a hook well.

use crate::entry::chain;
use crate::error::Error;
use crate::event::{EventName, Notice};
use crate::framework::Failure;
use crate::hookcmds;
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
/// proposed in this hook is set. Where an action runs, the action has failed. [`Unit::reboot_now`](crate::Unit::reboot_now)
/// and an error that has a status already stay what they are.
pub trait OrStatus<T, E> {
    /// The value; or else an error that ends the hook well, with this status of the unit: a [`Status`], or a function
    /// that makes it from the error.
    ///
    /// # Errors
    /// [`Error::Status`], if there was no value.
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
            match error.into().downcast() {
                Ok(error @ (Error::Status { .. } | Error::Rebooting)) => error,
                Ok(error) => Error::Status { status, source: Some(error.into()) },
                Err(source) => Error::Status { status, source: Some(source) },
            }
        })
    }
}

/// Nothing is what the charm waits for.
impl<T> OrStatus<T, ()> for Option<T> {
    fn or_status(self, status: impl ToStatus<()>) -> Result<T, Error> {
        self.ok_or_else(|| Error::Status { status: status.to_status(&()), source: None })
    }
}

/// A handler failed: was it expected?
pub(crate) fn end_well(error: anyhow::Error, notice: &Notice, model: &Model) -> Result<(), Failure> {
    let expected = error.chain().find_map(|cause| match cause.downcast_ref() {
        Some(Error::Status { status, .. }) => Some(status.clone()),
        _ => None,
    });
    let Some(status) = expected else { return Err(Failure::Handler(error)) };
    let why = chain(&*error);
    tracing::warn!("{why}");
    if matches!(notice.event, EventName::Action(_)) {
        hookcmds::action_fail(model.runner(), &why).map_err(Error::from)?;
    }
    model.propose(false, vec![status]);
    Ok(())
}
