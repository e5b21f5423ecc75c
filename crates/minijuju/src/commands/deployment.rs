//! What `deploy`, `refresh` and `add-unit` have in common: how many units, where, and what has no meaning here.

use crate::cli::{UsageError, is_machine};

/// Why a channel or a revision is refused.
pub const FROM_FILES: &str = "charms come from files, not from Charmhub";

/// Why storage cannot be attached.
pub const STORAGE_GOES: &str = "storage goes with its unit";

/// Checks a number of units and where to put them.
pub fn check_placement(units: i64, to: &[String]) -> Result<(), UsageError> {
    if units < 1 {
        return Err(UsageError::Rule("--num-units must be a positive integer"));
    }
    let invalid = |word: String| Err(UsageError::Invalid { what: "--to parameter", word });
    if to.iter().any(String::is_empty) {
        return invalid(to.join(","));
    }
    to.iter().find(|machine| !is_machine(machine)).map_or(Ok(()), |machine| invalid(machine.clone()))
}

/// A space that there is not.
#[derive(Debug, thiserror::Error)]
#[error("space {0:?} not found")]
struct UnknownSpace(String);

/// Checks `--bind`. There is one space; `alpha` and `alpha endpoint=alpha` are the ways to say so.
pub fn check_bind(bind: &str) -> Result<(), UsageError> {
    let spaces = bind.split_whitespace().map(|word| word.split_once('=').map_or(word, |(_, space)| space));
    match spaces.into_iter().find(|space| *space != "alpha") {
        Some(space) => Err(UsageError::command(UnknownSpace(space.to_owned()))),
        None => Ok(()),
    }
}
