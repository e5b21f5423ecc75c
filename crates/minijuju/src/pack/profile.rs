//! Cargo's profiles for a charm.

/// How to build a Rust charm's binary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Cargo's profile `release`: small and quick to start, as Charmcraft builds it.
    Release,
    /// Cargo's profile `dev`: built quickly after an edit, because it shares what `cargo test` has compiled.
    Dev,
}
