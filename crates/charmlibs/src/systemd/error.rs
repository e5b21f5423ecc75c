//! What can go wrong with services.

use std::fmt;

use crate::{pathops, process};

/// Why a service is not as it should be.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// systemd has no such names, so it is not given to `systemctl`, which would take some of them as options or patterns.
    #[error("'{name}' is not the name of a unit")]
    Name {
        /// What was given.
        name: String,
    },
    /// The machine has no systemd, or was started without it.
    #[error("systemd does not run on this machine: {why}")]
    NotRunning {
        /// What `systemctl` said, or why it could not be run.
        why: String,
    },
    /// The machine has no such unit.
    #[error("there is no unit {unit} on this machine")]
    UnitNotFound {
        /// Its name.
        unit: String,
    },
    /// The service did not do what it was asked for.
    #[error("{0}")]
    Service(ServiceFailure),
    /// `systemctl` could not be run, did not end in time, or failed with something that is not about one unit.
    #[error(transparent)]
    Program(#[from] process::Error),
    /// `systemctl` printed something else than what was asked for.
    #[error("could not read the state of {unit}: systemctl printed {output:?}")]
    Output {
        /// The unit.
        unit: String,
        /// What it printed.
        output: String,
    },
    /// The unit's file could not be written, or removed.
    #[error(transparent)]
    File(#[from] pathops::Error),
}

impl Error {
    /// What is known of the service that failed.
    #[must_use]
    pub fn service(&self) -> Option<&ServiceFailure> {
        match self {
            Self::Service(failure) => Some(failure),
            _ => None,
        }
    }
}

/// A service that did not do what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceFailure {
    /// What was asked for, such as `restart`.
    pub doing: &'static str,
    /// The unit.
    pub unit: String,
    /// Why not: what `systemctl` said, or the state that the service is in.
    pub why: String,
    /// The last lines of the unit's journal, oldest first.
    pub journal: Vec<String>,
}

/// One line, for the log: `failed to start web.service: …; its journal ends: … / …`.
impl fmt::Display for ServiceFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed to {} {}: {}", self.doing, self.unit, self.why)?;
        if self.journal.is_empty() {
            f.write_str("; its journal is empty")
        } else {
            write!(f, "; its journal ends: {}", self.journal.join(" / "))
        }
    }
}
