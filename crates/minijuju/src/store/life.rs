use super::string_enum::string_enum;

string_enum! {
    /// The life of an application, unit, relation or storage. A dead one is removed from the database.
    #[derive(Default)]
    pub enum Life("life") {
        #[default]
        Alive = "alive",
        /// Being removed, as soon as nothing depends on it any longer.
        Dying = "dying",
    }
}

impl Life {
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
    pub fn is_alive(&self) -> bool {
        *self == Life::Alive
    }
}
