//! What `deploy`, `refresh` and `add-unit` share: the number of units, their placement, and options without effect.

use super::storage::attach::check_ids;
use crate::cli::{UsageError, is_machine};

/// Why the name or revision of another charm is refused.
pub const NO_CHARMHUB: &str = "charms come from files, not from Charmhub";

/// Check a number of units and their placement.
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

/// Check `--attach-storage`, which works for one unit only.
pub fn check_attach_storage(storages: &[String], units: i64) -> Result<(), UsageError> {
    if !storages.is_empty() && units != 1 {
        return Err(UsageError::Rule("--attach-storage cannot be used with -n"));
    }
    check_ids(storages)
}

#[derive(Debug, thiserror::Error)]
#[error("space {0:?} not found")]
struct UnknownSpace(String);

/// Check `--bind`. There is only one space, so only `alpha` and `alpha endpoint=alpha` are valid.
pub fn check_bind(bind: &str) -> Result<(), UsageError> {
    let spaces = bind.split_whitespace().map(|word| word.split_once('=').map_or(word, |(_, space)| space));
    match spaces.into_iter().find(|space| *space != "alpha") {
        Some(space) => Err(UsageError::command(UnknownSpace(space.to_owned()))),
        None => Ok(()),
    }
}

/// Why a text is not a channel.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    #[error("channel is malformed and has too many components {0:?}")]
    TooManyComponents(String),
    #[error("{component} in channel {channel:?} not valid")]
    Component { component: &'static str, channel: String },
}

/// An error in the value of an option.
#[derive(Debug, thiserror::Error)]
#[error("error in {0}: {1}")]
pub struct OptionError(pub &'static str, pub ChannelError);

/// Check a channel: `[TRACK/]RISK[/BRANCH]`, or only a track.
pub fn check_channel(channel: &str) -> Result<(), ChannelError> {
    let is_risk = |word: &str| ["stable", "candidate", "beta", "edge"].contains(&word);
    let (track, risk, branch) = match channel.split('/').collect::<Vec<_>>()[..] {
        [one] if is_risk(one) => (None, Some(one), None),
        [track] => (Some(track), None, None),
        [one, branch] if is_risk(one) => (None, Some(one), Some(branch)),
        [track, risk] => (Some(track), Some(risk), None),
        [track, risk, branch] => (Some(track), Some(risk), Some(branch)),
        _ => return Err(ChannelError::TooManyComponents(channel.to_owned())),
    };
    let component = if risk.is_some_and(|risk| !is_risk(risk)) {
        "risk"
    } else if track == Some("") {
        "track"
    } else if branch == Some("") {
        "branch"
    } else {
        return Ok(());
    };
    Err(ChannelError::Component { component, channel: channel.to_owned() })
}
