//! Expected failures, which become statuses and let the hook succeed.

use crate::error::{Error, Expected};
use crate::hookcmds;
use crate::status::Status;

/// Turns an expected failure into a status, in one expression:
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
/// If a handler returns the error, from whatever depth, the hook succeeds: the error is logged as a warning, and the
/// status is proposed as in [`collect_unit_status`](crate::on::collect_unit_status), so the worst of all proposed
/// statuses is set. An action fails.
///
/// An error that already has a status keeps it, and [`Unit::reboot_now`](crate::Unit::reboot_now) still ends the
/// process. The failure of a hook command does not become a status: if Juju itself fails, no user can fix that, so the
/// hook fails and Juju runs it again. What Juju refuses until a user acts has errors of its own, which do become
/// statuses: [`Error::SecretDenied`], [`Error::NotTrusted`], [`Error::NoResource`].
pub trait OrStatus<T, E> {
    /// The value; or an error that lets the hook succeed with this status of the unit: a [`Status`], or a function
    /// that makes it from the error.
    ///
    /// # Errors
    /// [`Error::Expected`] if there was no value. An error that already has a status, and the failure of a hook
    /// command, are returned unchanged.
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
            match Unchanged::find(&error) {
                Some(Unchanged::HookCommand) => error.downcast().unwrap_or_else(Error::Other),
                Some(Unchanged::Expected) => Error::Other(error),
                None => Expected::new(status, Some(error)).into(),
            }
        })
    }
}

/// The status for `None`.
impl<T> OrStatus<T, ()> for Option<T> {
    fn or_status(self, status: impl ToStatus<()>) -> Result<T, Error> {
        self.ok_or_else(|| Expected::new(status.to_status(&()), None).into())
    }
}

/// An error that [`OrStatus`] returns unchanged.
enum Unchanged {
    /// It already has a status.
    Expected,
    /// A hook command failed.
    HookCommand,
}

impl Unchanged {
    /// The first such error in the chain of causes.
    fn find(error: &anyhow::Error) -> Option<Self> {
        error.chain().find_map(|cause| match cause.downcast_ref() {
            Some(Expected { .. }) => Some(Self::Expected),
            None => cause.is::<hookcmds::Reason>().then_some(Self::HookCommand),
        })
    }
}
