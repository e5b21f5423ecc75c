use std::fmt;

use crate::{pathops, process};

/// Why an operation on services failed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// systemd allows no such name. It is not passed to `systemctl`, which would treat some of them as options or
    /// patterns.
    #[error("'{name}' is not the name of a unit")]
    Name {
        /// The invalid name.
        name: String,
    },
    /// The machine has no systemd, or was booted without it.
    #[error("systemd does not run on this machine: {reason}")]
    NotRunning {
        /// The message of `systemctl`, or why it could not run.
        reason: String,
    },
    /// The machine has no such unit.
    #[error("there is no unit {unit} on this machine")]
    UnitNotFound {
        /// The unit's name.
        unit: String,
    },
    /// An operation on the service failed.
    #[error("{0}")]
    Service(ServiceFailure),
    /// `systemctl` could not run, did not end in time, or failed for a reason that is not about one unit.
    #[error(transparent)]
    Program(#[from] process::Error),
    /// The output of `systemctl` could not be parsed.
    #[error("could not read the state of {unit}: systemctl printed {output:?}")]
    Output {
        /// The unit's name.
        unit: String,
        /// The output.
        output: String,
    },
    /// The unit's file could not be written or removed.
    #[error(transparent)]
    File(#[from] pathops::Error),
}

impl Error {
    /// The details about the failed service, if there are any.
    #[must_use]
    pub fn service(&self) -> Option<&ServiceFailure> {
        match self {
            Self::Service(failure) => Some(failure),
            _ => None,
        }
    }
}

/// A failed operation on a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceFailure {
    /// The operation, such as `restart`.
    pub operation: &'static str,
    /// The unit's name.
    pub unit: String,
    /// The reason: the message of `systemctl`, or the service's state.
    pub reason: String,
    /// The last lines of the unit's journal, oldest first.
    pub journal: Vec<String>,
}

/// One line, for the log: `failed to start web.service: …; its journal ends: … / …`.
impl fmt::Display for ServiceFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed to {} {}: {}", self.operation, self.unit, self.reason)?;
        if self.journal.is_empty() {
            f.write_str("; its journal is empty")
        } else {
            write!(f, "; its journal ends: {}", self.journal.join(" / "))
        }
    }
}
