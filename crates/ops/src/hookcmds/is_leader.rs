//! `is-leader`.

use super::{Command, Result, Runner};

/// `is-leader`: whether this unit is the leader. If so, it stays the leader for at least 30 seconds.
pub fn is_leader(runner: &dyn Runner) -> Result<bool> {
    Command::new("is-leader").arg("--format=json").json(runner)
}
