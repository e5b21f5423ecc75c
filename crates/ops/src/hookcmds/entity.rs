//! Units and applications, which have statuses and databags.

/// Whether a status or databag belongs to a unit or an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EntityKind {
    /// A unit's.
    Unit,
    /// An application's.
    Application,
}
