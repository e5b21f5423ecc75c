//! The life of what a model holds.

use super::word::words;

words! {
    /// Where an application, a unit, a relation or a storage is in its life. Once dead, it is removed.
    #[derive(Default)]
    pub enum Life("life") {
        #[default]
        Alive = "alive",
        /// It was removed, and ends as soon as nothing holds it.
        Dying = "dying",
    }
}

impl Life {
    /// Whether it is alive.
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
    pub fn is_alive(&self) -> bool {
        *self == Life::Alive
    }
}
