//! The program that `dispatch` starts.

use std::path::Path;

/// The last line of a `dispatch` that is neither empty nor a comment. Charmcraft looks there too.
pub(super) fn last_line(dispatch: &str) -> &str {
    dispatch.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default().trim()
}

/// The binary that a `dispatch` starts: `my-charm` for `exec ./bin/my-charm`.
pub(super) fn binary(dispatch: &str) -> Option<&str> {
    let word = last_line(dispatch).split_whitespace().next_back()?.trim_matches(['"', '\'']);
    let name = word.strip_prefix("./").unwrap_or(word).strip_prefix("bin/")?;
    let is_valid = !name.is_empty() && !name.starts_with('-') && Path::new(name).file_name() == Some(name.as_ref());
    is_valid.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_of_the_last_line_is_the_entry_point() {
        assert_eq!(binary("#!/bin/sh\nexec ./bin/my-charm\n\n"), Some("my-charm"));
        assert_eq!(binary("#!/bin/sh\nFOO=1 exec \"./bin/my-charm\""), Some("my-charm"));
        assert_eq!(binary("exec bin/my-charm"), Some("my-charm"));
    }

    #[test]
    fn other_entry_points_are_not_binaries() {
        for dispatch in
            ["", "exec ./src/charm.py", "exec ./bin/", "exec ./bin/../x", "exec ./bin/a/b", "./bin/a \"$@\""]
        {
            assert_eq!(binary(dispatch), None, "{dispatch}");
        }
    }
}
