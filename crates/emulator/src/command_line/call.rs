//! A hook command that was called.

use std::path::Path;

/// A hook command that a charm has called.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its arguments.
    pub args: &'a [String],
    /// What stands on its standard input; nothing reads as empty.
    pub stdin: Option<&'a [u8]>,
    /// The folder that it was called in.
    pub cwd: &'a Path,
    /// The root of the file system that the charm sees: `/`, or for a charm on another machine that machine's root as
    /// seen from here, such as `/proc/4711/root`. No path, and no symbolic link in it, leads out of it.
    pub root: &'a Path,
}
