//! The steps of a unit agent.

use crate::hook::Hook;

/// A step of a unit's agent.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    Run(Hook),
    /// Treat this failed hook as done, without running it.
    Skip(Hook),
    /// Run the action with this task number.
    Action(i64),
    /// Enter a relation without a hook: one at an implicit endpoint, or one that was suspended and is resumed.
    Enter(i64),
    /// Leave such a relation.
    Leave(i64),
    /// Unpack the application's charm while a hook is in error.
    UnpackCharm,
    /// Remove the unit, which has run its last hook.
    RemoveUnit,
}
