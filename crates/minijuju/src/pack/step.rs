//! The steps of packing, to report progress.

/// The current step of [`pack`](super::pack).
#[derive(Debug, Clone, Copy)]
pub enum Step<'a> {
    /// Cargo starts to build the charm's binary.
    Building {
        /// The binary's name.
        binary: &'a str,
    },
    /// Cargo prints something.
    Cargo {
        /// A line of its standard error.
        line: &'a str,
    },
    /// Something is probably a mistake, but the charm can be packed.
    Warning {
        text: &'a str,
    },
    Writing,
}
