//! What `deploy`, `refresh` and `add-unit` have in common: how many units, where, and what has no meaning here.

use super::storage::attach::check_ids;
use crate::cli::{UsageError, is_machine};

/// Why another charm's name or revision is refused.
pub const FROM_FILES: &str = "charms come from files, not from Charmhub";

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

/// Checks `--attach-storage`, which is for one unit.
pub fn check_attached(storages: &[String], units: i64) -> Result<(), UsageError> {
    if !storages.is_empty() && units != 1 {
        return Err(UsageError::Rule("--attach-storage cannot be used with -n"));
    }
    check_ids(storages)
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

/// A channel is none.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// It has more parts than a channel can have.
    #[error("channel is malformed and has too many components {0:?}")]
    TooLong(String),
    /// One of its parts is not what is wanted there.
    #[error("{part} in channel {channel:?} not valid")]
    Part { part: &'static str, channel: String },
}

/// The value of an option is not what the option takes.
#[derive(Debug, thiserror::Error)]
#[error("error in {0}: {1}")]
pub struct InOption(pub &'static str, pub ChannelError);

/// Checks what Juju takes for a channel: `[TRACK/]RISK[/BRANCH]`, or a track.
pub fn check_channel(channel: &str) -> Result<(), ChannelError> {
    let is_risk = |word: &str| ["stable", "candidate", "beta", "edge"].contains(&word);
    let (track, risk, branch) = match channel.split('/').collect::<Vec<_>>()[..] {
        [one] if is_risk(one) => (None, Some(one), None),
        [track] => (Some(track), None, None),
        [one, branch] if is_risk(one) => (None, Some(one), Some(branch)),
        [track, risk] => (Some(track), Some(risk), None),
        [track, risk, branch] => (Some(track), Some(risk), Some(branch)),
        _ => return Err(ChannelError::TooLong(channel.to_owned())),
    };
    let part = if risk.is_some_and(|risk| !is_risk(risk)) {
        "risk"
    } else if track == Some("") {
        "track"
    } else if branch == Some("") {
        "branch"
    } else {
        return Ok(());
    };
    Err(ChannelError::Part { part, channel: channel.to_owned() })
}
