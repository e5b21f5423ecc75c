//! A call of a hook command.

use std::path::Path;

/// A call of a hook command by a charm.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// The command's name.
    pub name: &'a str,
    /// Its arguments, without the name.
    pub args: &'a [String],
    /// Its standard input; `None` counts as empty.
    pub stdin: Option<&'a [u8]>,
    /// The working directory.
    pub cwd: &'a Path,
    /// The root of the charm's file system: `/`, or for a charm on another machine the path of that machine's root,
    /// such as `/proc/4711/root`. Neither paths nor symbolic links lead out of it.
    pub root: &'a Path,
}
