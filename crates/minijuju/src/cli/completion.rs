//! Completion scripts for shells.

use clap_complete::Shell;

use super::{Commands, root};

/// A completion script for a shell, for a program of this name.
#[must_use]
pub fn completion<C: Commands>(shell: Shell, program: &str) -> String {
    let mut root = root::<C>(program);
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut root, program, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}
